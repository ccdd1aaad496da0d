/* SPDX-License-Identifier: MIT */
/* http_request.c - a request's head, line by line. */
#include "control/http_request.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define BAD_REQUEST     400
#define TARGET_TOO_LONG 414
#define HEAD_TOO_LARGE  431
#define WRONG_VERSION   505

/* What a tchar of RFC 9110 is beside letters and digits. */
static const char token_signs[] = "!#$%&'*+-.^_`|~";

static bool is_letter_or_digit(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

static bool is_token(const char *word)
{
	const char *byte;

	for (byte = word; *byte != '\0'; byte++)
		if (!is_letter_or_digit(*byte) &&
		    strchr(token_signs, *byte) == NULL)
			return false;
	return byte != word;
}

/* End `text` at the first `sign`; what is behind it, or NULL. */
static char *cut(char *text, char sign)
{
	char *found = strchr(text, sign);

	if (found == NULL)
		return NULL;
	*found = '\0';
	return found + 1;
}

/* ---- The request line ------------------------------------------------ */

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Resolve %XX in place.  A NUL would end the path early: refused. */
static int decode(char *path)
{
	char *out = path;

	for (; *path != '\0'; path++) {
		int high, low;

		if (*path != '%') {
			*out++ = *path;
			continue;
		}
		high = hex_value(path[1]);
		low = high < 0 ? -1 : hex_value(path[2]);
		if (low < 0 || (high | low) == 0)
			return BAD_REQUEST;
		*out++ = (char)(high << 4 | low);
		path += 2;
	}
	*out = '\0';
	return 0;
}

/* Of `http://host/path` the path, as a proxy would send it; NULL: there is no
 * host.  Without a path it is what stands behind the host: "" or "?query". */
static char *skip_authority(char *target)
{
	static const char *const schemes[] = {"http://", "https://"};
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t scheme = strlen(schemes[i]), host;

		if (strncasecmp(target, schemes[i], scheme) != 0)
			continue;
		host = strcspn(target + scheme, "/?");
		return host != 0 ? target + scheme + host : NULL;
	}
	return NULL;
}

static int parse_target(struct http_reader *reader, char *target)
{
	const char *byte;
	char *query;

	for (byte = target; *byte != '\0'; byte++)
		if (*byte <= ' ' || *byte > '~' || *byte == '#')
			return BAD_REQUEST;
	if (*target != '/')
		target = skip_authority(target);
	if (target == NULL)
		return BAD_REQUEST;
	query = cut(target, '?');
	reader->request.query = query != NULL ? query : "";
	reader->request.path = *target != '\0' ? target : "/";
	return decode(target);
}

/* A higher minor version is served as 1.1 (RFC 9110, 2.5). */
static int parse_version(struct http_reader *reader, const char *version)
{
	if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8 ||
	    version[6] != '.' || version[5] < '0' || version[5] > '9' ||
	    version[7] < '0' || version[7] > '9')
		return BAD_REQUEST;
	if (version[5] != '1')
		return WRONG_VERSION;
	reader->is_1_0 = version[7] == '0';
	return 0;
}

/* METHOD SP TARGET SP VERSION.  What another method is aimed at does not
 * matter: it is not allowed. */
static int parse_first(struct http_reader *reader, char *line)
{
	char *target = cut(line, ' ');
	char *version = target != NULL ? cut(target, ' ') : NULL;
	int status;

	if (version == NULL || *target == '\0' || !is_token(line))
		return BAD_REQUEST;
	reader->has_line = true;
	reader->is_head = strcmp(line, "HEAD") == 0;
	reader->is_allowed = reader->is_head || strcmp(line, "GET") == 0;
	status = parse_version(reader, version);
	if (status != 0 || !reader->is_allowed)
		return status;
	return parse_target(reader, target);
}

/* ---- Headers --------------------------------------------------------- */

static int take_host(struct http_reader *reader, char *value)
{
	reader->host_count++;
	if (reader->host_count > 1 || strpbrk(value, " \t/\\?#@,") != NULL)
		return BAD_REQUEST;
	reader->host = value;
	return 0;
}

static bool is_word(const char *item, size_t size, const char *word)
{
	return size == strlen(word) && strncasecmp(item, word, size) == 0;
}

static int take_connection(struct http_reader *reader, char *value)
{
	while (*value != '\0') {
		size_t size = strcspn(value, ", \t");

		if (is_word(value, size, "close"))
			reader->wants_close = true;
		if (is_word(value, size, "keep-alive"))
			reader->wants_keep = true;
		value += size;
		value += strspn(value, ", \t");
	}
	return 0;
}

static int take_length(struct http_reader *reader, char *value)
{
	uint64_t length = 0;

	if (reader->has_length || text_parse_number(value, &length) < 0)
		return BAD_REQUEST;
	reader->has_length = true;
	reader->has_body = reader->has_body || length > 0;
	return 0;
}

static int take_coding(struct http_reader *reader, char *value)
{
	(void)value;
	reader->has_coding = true;
	reader->has_body = true;
	return 0;
}

/* Further ones are joined with a comma (RFC 9110, 5.3): there is room, for the
 * name of the header stood there. */
static int take_accept(struct http_reader *reader, char *value)
{
	size_t size = strlen(value);

	if (reader->accept_end == NULL) {
		reader->request.accept = value;
		reader->accept_end = value + size;
		return 0;
	}
	*reader->accept_end++ = ',';
	memmove(reader->accept_end, value, size + 1);
	reader->accept_end += size;
	return 0;
}

static const struct header {
	const char *name;
	int (*take)(struct http_reader *reader, char *value);
} headers[] = {
	{"host", take_host},
	{"connection", take_connection},
	{"content-length", take_length},
	{"transfer-encoding", take_coding},
	{"accept", take_accept},
};

static char *trim(char *value)
{
	size_t size;

	value += strspn(value, " \t");
	size = strlen(value);
	while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
		size--;
	value[size] = '\0';
	return value;
}

/* A line that is folded (RFC 9112, 5.2) begins with a blank, which is no part
 * of a name. */
static int parse_header(struct http_reader *reader, char *line)
{
	char *value = cut(line, ':');
	size_t i;

	if (value == NULL || !is_token(line))
		return BAD_REQUEST;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (strcasecmp(line, headers[i].name) == 0)
			return headers[i].take(reader, trim(value));
	return 0;
}

/* ---- The whole ------------------------------------------------------- */

static int finish(struct http_reader *reader)
{
	if (!reader->is_1_0 && reader->host_count == 0)
		return BAD_REQUEST;
	/* Two that disagree about where a body ends (RFC 9112, 6.1). */
	if (reader->has_coding && (reader->has_length || reader->is_1_0))
		return BAD_REQUEST;
	/* Behind a body that is not read no request can be found. */
	reader->keeps_alive = !reader->has_body && !reader->wants_close &&
			      (!reader->is_1_0 || reader->wants_keep);
	return 0;
}

static enum http_progress refuse(struct http_reader *reader, int status)
{
	reader->status = status;
	reader->keeps_alive = false;
	return HTTP_REFUSED;
}

/* A line without its LF and the CR before that.  A sender may put empty ones
 * before a request (RFC 9112, 2.2). */
static enum http_progress take_line(struct http_reader *reader, char *line,
				    size_t size)
{
	int status = 0;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	line[size] = '\0';
	if (strchr(line, '\r') != NULL)
		return refuse(reader, BAD_REQUEST);
	if (size == 0) {
		if (!reader->has_line)
			return HTTP_PARTIAL;
		status = finish(reader);
		return status != 0 ? refuse(reader, status) : HTTP_WHOLE;
	}
	status = reader->has_line ? parse_header(reader, line)
				  : parse_first(reader, line);
	return status != 0 ? refuse(reader, status) : HTTP_PARTIAL;
}

/* Control characters have no place in a head: who begins with one speaks
 * another protocol, and need not wait for a line's end to be told. */
static bool may_stand(char byte)
{
	return byte == '\t' || byte == '\r' ||
	       ((unsigned char)byte >= ' ' && byte != 0x7f);
}

void http_reader_init(struct http_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
	reader->request.path = "";
	reader->request.query = "";
	reader->request.accept = "";
	reader->host = "";
}

enum http_progress http_reader_take(struct http_reader *reader, char *bytes,
				    size_t size)
{
	while (reader->scanned < size) {
		size_t end = reader->scanned;
		enum http_progress progress;

		if (bytes[end] != '\n' && !may_stand(bytes[end]))
			return refuse(reader, BAD_REQUEST);
		reader->scanned++;
		if (bytes[end] != '\n')
			continue;
		progress = take_line(reader, bytes + reader->line,
				     end - reader->line);
		reader->line = reader->size = reader->scanned;
		if (progress != HTTP_PARTIAL)
			return progress;
	}
	if (size < HTTP_REQUEST_BYTES)
		return HTTP_PARTIAL;
	return refuse(reader,
		      reader->has_line ? HEAD_TOO_LARGE : TARGET_TOO_LONG);
}
