/* SPDX-License-Identifier: MIT */
/* test_config_fuzz.c - a configuration with bytes changed at random is read or
 * refused, never crashed on; what is read is canonical.  The rounds are few
 * and seeded; COHORT_FUZZ_ROUNDS asks for more. */
#include "config_fixture.h"
#include "mutation.h"

#define ROUNDS    3000
#define EDITS_MAX 6

static const char *const seeds[] = {
	"workers 4; # four\nlog stderr format=text level=info;\n"
	"service a.b {\n\tlisten 127.0.0.1:1; listen [::1]:2;\n"
	"\tlisten 'unix:/x y' mode=0660 owner=0;\n"
	"\tprotocol sample { flag on; string \"a\\n\\x41\\$b\"; size 4k; }\n"
	"\tkeepalive 1800s:15s:5; tos 16; user_timeout 5s;\n}\n",
	"service \"q\" { listen fd:3; write_high 8k; write_low 1k; }\n"
	"respawn_delay 1s:2s; max_open_files 4096; chroot /;\n"
	"service r { listen *:0; listen *:0; backlog 5; quickack auto; }\n",
	"service s { listen *:0; protocol sample { choice 'deep blue';\n"
	"\taddress [::1]:80; row a:1 weight=5 spare 'label=x y';\n"
	"\trow unix:/x colour=red; row b.c:65535 patience=5s; } }\n",
	("\xef\xbb\xbfservice gr { listen *:9; idle_timeout off; }\r\n"
	 "pid_file 'gr\xc3\xb6\xc3\x9f\x65'; drain_timeout 1h;\r\n"),
};

static const char *const words[] = {
	"{",        "}",        ";",      "\"",
	"'",        "\\",       "#",      "\n",
	"${",       "${X:-y}",  "\\x4",   "\xc3",
	"\x80",     "service",  "listen", "protocol ",
	"workers ", "include ", "mode=",  "off",
	"row ",     "weight=",  ":",      "99999999999999999999",
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct mutation_pieces pieces = {words, COUNT(words)};

/* Text that is refused comes with complaints that can be shown. */
static void check_complaints(const struct outcome *outcome)
{
	const unsigned char *byte =
		(const unsigned char *)words_of(&outcome->complaints);

	CHECK(*byte != '\0');
	for (; *byte; byte++)
		if ((*byte < ' ' && *byte != '\n') || *byte == 0x7f)
			break;
	CHECK(*byte == '\0');
}

static void check_parse(const struct mutation_sample *sample,
			unsigned *good_count)
{
	struct outcome outcome, again;

	parse(&outcome, sample->bytes, sample->size);
	if (outcome.config) {
		(*good_count)++;
		parse(&again, words_of(&outcome.canonical),
		      outcome.canonical.size);
		check_string(words_of(&again.canonical),
			     words_of(&outcome.canonical));
		outcome_release(&again);
	} else {
		check_complaints(&outcome);
	}
	outcome_release(&outcome);
}

/* An -o text, where variables and includes are read as well; without a host
 * that would have to be asked for. */
static void check_override(struct mutation_sample *sample)
{
	const char *const environment[] = {"X=x ;", NULL};
	const char *const overrides[] = {sample->bytes};
	struct outcome outcome;

	sample->bytes[sample->size] = '\0';
	if (strstr(sample->bytes, "listen") || strstr(sample->bytes, "user"))
		return;
	load(&outcome, (struct config_request){
			       .overrides = overrides,
			       .override_count = 1,
			       .environment = environment,
		       });
	if (!outcome.config)
		check_complaints(&outcome);
	outcome_release(&outcome);
}

static void check_round(struct random *random, unsigned *good_count)
{
	static const char override[] =
		"workers 2; backlog ${X:-5}; pid_file \"${X}\"; include a*;"
		"service default { nodelay on; protocol sample { flag on; } }";
	unsigned i, edits = 1 + random_below(random, EDITS_MAX);
	const char *seed = seeds[random_below(random, COUNT(seeds))];
	struct mutation_sample sample, other;

	mutation_begin(&sample, seed);
	mutation_begin(&other, override);
	for (i = 0; i < edits; i++) {
		mutation_edit(&sample, random, &pieces);
		mutation_edit(&other, random, &pieces);
	}
	check_parse(&sample, good_count);
	check_override(&other);
}

int main(void)
{
	long i, rounds = mutation_rounds(ROUNDS);
	struct random random = {.state = 4711};
	unsigned good_count = 0;

	enter_directory();
	for (i = 0; i < rounds; i++)
		check_round(&random, &good_count);
	/* Both ways must have been gone. */
	CHECK(good_count > 0 && good_count < rounds);
	leave_directory();
	return check_result();
}
