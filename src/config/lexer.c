/* SPDX-License-Identifier: MIT */
/* lexer.c - words, semicolons and braces of a configuration text. */
#include "config/lexer.h"

#include <stdio.h>
#include <string.h>

#include "config/variables.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* ---- Where we are ---------------------------------------------------- */

static int peek(const struct lexer *lexer)
{
	if (lexer->offset >= lexer->size)
		return -1;
	return (unsigned char)lexer->source->text[lexer->offset];
}

static bool is_blank(int byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool ends_word(int byte)
{
	return byte < 0 || is_blank(byte) || byte == ';' || byte == '{' ||
	       byte == '}';
}

/* The column counts characters, not bytes; each byte is looked at once. */
static struct position position(struct lexer *lexer)
{
	const char *text = lexer->source->text;

	for (; lexer->column_offset < lexer->offset; lexer->column_offset++)
		if (((unsigned char)text[lexer->column_offset] & 0xc0) != 0x80)
			lexer->column++;
	return (struct position){
		.source = lexer->source,
		.offset = lexer->offset,
		.line = lexer->line,
		.column = lexer->column,
	};
}

static void new_line(struct lexer *lexer)
{
	lexer->offset++;
	lexer->line++;
	lexer->column_offset = lexer->offset;
	lexer->column = 1;
}

static size_t line_left(const struct lexer *lexer)
{
	const char *at = lexer->source->text + lexer->offset;
	size_t size = lexer->size - lexer->offset;
	const char *end = memchr(at, '\n', size);

	return end ? (size_t)(end - at) : size;
}

void lexer_open(struct lexer *lexer, struct reading *reading,
		const struct config_source *source)
{
	const char *nul = memchr(source->text, '\0', source->size);

	memset(lexer, 0, sizeof(*lexer));
	lexer->reading = reading;
	lexer->source = source;
	lexer->size = nul ? (size_t)(nul - source->text) : source->size;
	lexer->line = 1;
	lexer->column = 1;
	if (lexer->size >= strlen(BYTE_ORDER_MARK) &&
	    memcmp(source->text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		lexer->offset = strlen(BYTE_ORDER_MARK);
	lexer->column_offset = lexer->offset;
}

void lexer_close(struct lexer *lexer)
{
	text_release(&lexer->word);
}

/* ---- Pieces of a word ------------------------------------------------ */

static int ill(struct lexer *lexer, const char *words)
{
	struct position where = position(lexer);

	return complain(&lexer->reading->complaints, &where, "%s", words);
}

static int ill_byte(struct lexer *lexer, int byte)
{
	struct position where = position(lexer);

	return complain(&lexer->reading->complaints, &where,
			"a control character (byte %d) stands here; if it is "
			"meant, write it as \\x%02x",
			byte, (unsigned)byte);
}

static bool is_control(int byte)
{
	return (byte >= 0 && byte < ' ' && !is_blank(byte)) || byte == 0x7f;
}

static int hex_digit(int byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *found;

	if (byte <= 0)
		return -1;
	if (byte >= 'A' && byte <= 'F')
		byte += 'a' - 'A';
	found = strchr(digits, byte);
	return found ? (int)(found - digits) : -1;
}

/* At the x of \xHH; the byte, or 0 if it is ill. */
static int hex_byte(struct lexer *lexer)
{
	const char *at = lexer->source->text + lexer->offset;
	int high, low;

	if (lexer->size - lexer->offset < 3)
		return 0;
	high = hex_digit((unsigned char)at[1]);
	low = hex_digit((unsigned char)at[2]);
	if (high < 0 || low < 0)
		return 0;
	lexer->offset += 2;
	return high * 16 + low;
}

static bool is_letter_or_digit(int byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

static int read_escape(struct lexer *lexer)
{
	static const char letters[] = "nrt";
	static const char meant[] = "\n\r\t";
	const char *found;
	char byte;
	int next;

	struct position where = position(lexer);

	lexer->offset++;
	next = peek(lexer);
	found = next > 0 ? strchr(letters, next) : NULL;
	if (found)
		byte = meant[found - letters];
	else if (next == 'x')
		byte = (char)hex_byte(lexer);
	else if (is_letter_or_digit(next) || next <= ' ')
		byte = next == ' ' ? ' ' : '\0';
	else
		byte = (char)next;
	if (byte == '\0')
		return complain(
			&lexer->reading->complaints, &where,
			"unknown escape: after a backslash stands n, r, t, "
			"xHH (not 00) or a character that is meant as itself");
	lexer->offset++;
	text_append_bytes(&lexer->word, &byte, 1);
	return 0;
}

/* At the $ of ${. */
static int read_variable(struct lexer *lexer)
{
	const char *at = lexer->source->text + lexer->offset;
	size_t size = line_left(lexer);
	const char *end = memchr(at, '}', size);
	struct error error;

	if (!end)
		return ill(lexer,
			   "'${' is not closed on this line; in single "
			   "quotes it is itself");
	size = (size_t)(end - at);
	if (variables_expand(lexer->reading, at + 2, size - 2, &lexer->word,
			     &error) < 0)
		return ill(lexer, error.text);
	lexer->offset += size + 1;
	return 0;
}

static bool is_variable(const struct lexer *lexer)
{
	const char *at = lexer->source->text + lexer->offset;

	return lexer->size - lexer->offset >= 2 && at[0] == '$' && at[1] == '{';
}

/* The bytes from here that mean themselves, `special` and control characters
 * excepted. */
static void read_plain(struct lexer *lexer, const char *special)
{
	size_t begin = lexer->offset;
	int byte;

	do {
		lexer->offset++;
		byte = peek(lexer);
	} while (byte > 0 && !is_control(byte) && !strchr(special, byte));
	text_append_bytes(&lexer->word, lexer->source->text + begin,
			  lexer->offset - begin);
}

/* One step inside of a piece whose special characters are `special`. */
static int read_step(struct lexer *lexer, const char *special)
{
	int byte = peek(lexer);

	if (is_control(byte))
		return ill_byte(lexer, byte);
	if (byte == '\\' && strchr(special, '\\'))
		return read_escape(lexer);
	if (is_variable(lexer) && strchr(special, '$'))
		return read_variable(lexer);
	read_plain(lexer, special);
	return 0;
}

/* After an error within quotes: beyond them, if they are closed. */
static int skip_quoted(struct lexer *lexer, int quote)
{
	int byte = peek(lexer);

	while (byte >= 0 && byte != '\n' && byte != quote) {
		lexer->offset++;
		byte = peek(lexer);
	}
	if (byte == quote)
		lexer->offset++;
	return -1;
}

static int read_quoted(struct lexer *lexer)
{
	int quote = peek(lexer);
	const char *special = quote == '"' ? "\"\\$\n" : "'\n";
	struct position begin = position(lexer);
	int byte;

	lexer->offset++;
	while ((byte = peek(lexer)) != quote) {
		if (byte < 0 && lexer->size < lexer->source->size)
			return -1; /* the NUL byte will be complained about */
		if (byte < 0 || byte == '\n')
			return complain(&lexer->reading->complaints, &begin,
					"this quote is not closed on its line");
		if (read_step(lexer, special) < 0)
			return skip_quoted(lexer, quote);
	}
	lexer->offset++;
	return 0;
}

/* After an error: not to be thrown off by the rest of the word. */
static enum token skip_word(struct lexer *lexer)
{
	while (!ends_word(peek(lexer)))
		lexer->offset++;
	return TOKEN_BAD;
}

static enum token read_word(struct lexer *lexer)
{
	static const char special[] = " \t\r\n;{}\"'\\$";
	int byte;

	lexer->word.size = 0;
	text_append_bytes(&lexer->word, "", 0);
	while (!ends_word(byte = peek(lexer))) {
		int status = byte == '"' || byte == '\''
				     ? read_quoted(lexer)
				     : read_step(lexer, special);
		if (status < 0)
			return skip_word(lexer);
	}
	lexer->end = position(lexer);
	return TOKEN_WORD;
}

/* ---- Tokens ---------------------------------------------------------- */

/* A mark is a comment to every build that does not know it. */
static bool is_mark(const struct lexer *lexer)
{
	return lexer->reading->is_canonical &&
	       lexer->size - lexer->offset >= strlen(CONFIG_MARK) &&
	       memcmp(lexer->source->text + lexer->offset, CONFIG_MARK,
		      strlen(CONFIG_MARK)) == 0;
}

static void skip_mark(struct lexer *lexer)
{
	lexer->offset += strlen(CONFIG_MARK);
	lexer->is_marked = true;
}

static void skip_blanks(struct lexer *lexer)
{
	lexer->is_marked = false;
	for (;;) {
		int byte = peek(lexer);

		if (byte == '\n')
			new_line(lexer);
		else if (byte == '#' && is_mark(lexer))
			skip_mark(lexer);
		else if (byte == '#')
			lexer->offset += line_left(lexer);
		else if (is_blank(byte))
			lexer->offset++;
		else
			return;
	}
}

static enum token at_end(struct lexer *lexer)
{
	if (!lexer->is_broken && lexer->size < lexer->source->size) {
		ill(lexer,
		    "a NUL byte: this is not a configuration (reading stops "
		    "here)");
		lexer->is_broken = true;
	}
	return TOKEN_END;
}

enum token lexer_next(struct lexer *lexer)
{
	int byte;

	if (complaints_is_full(&lexer->reading->complaints))
		lexer->is_broken = true;
	if (lexer->is_broken)
		return TOKEN_END;
	skip_blanks(lexer);
	lexer->where = position(lexer);
	byte = peek(lexer);
	if (byte < 0)
		return at_end(lexer);
	if (byte != ';' && byte != '{' && byte != '}')
		return read_word(lexer);
	lexer->offset++;
	return byte == ';'   ? TOKEN_SEMICOLON
	       : byte == '{' ? TOKEN_OPEN
			     : TOKEN_CLOSE;
}
