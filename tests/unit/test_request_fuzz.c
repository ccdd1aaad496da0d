/* SPDX-License-Identifier: MIT */
/* test_request_fuzz.c - lines to the control socket with bytes changed at
 * random: they are refused in words that can be shown, or mean the same when
 * they are written anew.  The rounds are few and seeded; COHORT_FUZZ_ROUNDS
 * asks for more. */
#include "check.h"
#include "control/request.h"
#include "control/verb.h"
#include "mutation.h"

#define ROUNDS    20000
#define EDITS_MAX 5

static const char *const seeds[] = {
	"ping",
	"status form=json\r",
	"connections service=a\\x20b sort=bytes limit=20 reverse=on",
	"connections peer=10.0.0.0/8 idle-over=5m worker=1 closed=on",
	"connections peer=::1 form=lines",
	"close id=4711-12",
	"close peer=2001:db8::/32 service=echo",
	"scale workers=4",
	"suspend service=echo",
	"log-level level=debug",
	"stop now=on",
	"reload a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=1 k=2 l=3 m=4 n=5",
};

static const char *const words[] = {
	" ",
	"=",
	"\\",
	"\\x",
	"\\x00",
	"\\xff",
	"\\n",
	"\t",
	"\x1b[2J",
	"\r",
	"\xc3",
	"\x80",
	"form=json",
	" form=",
	"/0",
	"/129",
	"::",
	"-1",
	"99999999999999999999",
	"0x10",
	"on",
	"all=on",
	"-",
	"workers=",
	"id=",
	"limit=",
	"peer=",
	"idle-over=",
	"1h",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct mutation_pieces pieces = {words, COUNT(words)};

static void check_words(const struct error *error)
{
	const unsigned char *byte = (const unsigned char *)error->text;

	CHECK(*byte != '\0');
	for (; *byte; byte++)
		if (*byte < ' ' || *byte > '~')
			break;
	CHECK(*byte == '\0');
}

/* A verb takes it, or says why not. */
static int check_verb(const struct request *request)
{
	struct error error = {0};
	const struct verb *verb = verb_find(verbs, request->verb, &error);

	if (verb != NULL && verb_check(verb, request, &error) == 0)
		return 1;
	check_words(&error);
	return 0;
}

static void check_again(const struct request *request)
{
	struct text line = {0};
	struct request again;
	struct error error;
	unsigned i;

	request_begin(&line, request->verb);
	for (i = 0; i < request->argument_count; i++)
		request_add(&line, request->arguments[i].key,
			    request->arguments[i].value);
	if (request_end(&line, &error) == 0) {
		/* What is escaped is as long as it needs to be: it fits. */
		REQUIRE(request_parse(&again, line.bytes, line.size - 1,
				      &error) == 0);
		check_string(again.verb, request->verb);
		REQUIRE(again.argument_count == request->argument_count);
		for (i = 0; i < request->argument_count; i++) {
			check_string(again.arguments[i].key,
				     request->arguments[i].key);
			check_string(again.arguments[i].value,
				     request->arguments[i].value);
		}
	}
	text_release(&line);
}

static void check_round(struct random *random, unsigned *read_count,
			unsigned *good_count)
{
	unsigned i, edits = random_below(random, EDITS_MAX);
	struct mutation_sample sample;
	struct request request;
	struct error error = {0};
	char *bytes;

	mutation_begin(&sample, seeds[random_below(random, COUNT(seeds))]);
	for (i = 0; i < edits; i++)
		mutation_edit(&sample, random, &pieces);
	/* In memory that ends with it. */
	bytes = malloc(sample.size + (sample.size == 0));
	REQUIRE(bytes != NULL);
	memcpy(bytes, sample.bytes, sample.size);
	if (request_parse(&request, bytes, sample.size, &error) == 0) {
		(*read_count)++;
		*good_count += (unsigned)check_verb(&request);
		check_again(&request);
	} else {
		check_words(&error);
	}
	free(bytes);
}

int main(void)
{
	long i, rounds = mutation_rounds(ROUNDS);
	struct random random = {.state = 1879};
	unsigned read_count = 0, good_count = 0;

	for (i = 0; i < rounds; i++)
		check_round(&random, &read_count, &good_count);
	/* All ways must have been gone. */
	CHECK(good_count > 0 && good_count < read_count && read_count < rounds);
	return check_result();
}
