/* SPDX-License-Identifier: MIT */
/* ask.c - one question and its answer. */
#include "ask.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"

#define TAIL_BYTES 64 /* of the last line, to see how it went */

/* Where the answer goes. */
struct sink {
	int (*out)(void *context, const char *bytes, size_t size);
	void *context;
	struct error *error;
};

static int give(const struct sink *sink, const char *bytes, size_t size)
{
	if (size == 0 || sink->out(sink->context, bytes, size) == 0)
		return 0;
	return error_set_errno(sink->error, "cannot write the answer");
}

static enum exit_status complain_ill(const struct wire *wire,
				     struct error *error)
{
	error_set(error, "what answers at %s is not Cohort", wire->path);
	return EXIT_NO_SERVER;
}

static enum exit_status complain_cut(const struct wire *wire,
				     struct error *error)
{
	error_set(error, "the server at %s ended in the midst of its answer",
		  wire->path);
	return EXIT_FAILED;
}

/* ---- Lines ---- */

static enum exit_status end_lines(const struct answer *answer,
				  enum answer_state state,
				  const struct wire *wire, struct error *error)
{
	if (state == ANSWER_ENDED)
		return EXIT_DONE;
	if (state == ANSWER_ILL)
		return complain_ill(wire, error);
	if (state == ANSWER_GOES_ON)
		return complain_cut(wire, error);
	error_set(error, "%s",
		  answer->words.bytes != NULL ? answer->words.bytes : "failed");
	return (enum exit_status)answer->status;
}

static enum exit_status read_lines(struct wire *wire, struct answer *answer,
				   const struct sink *sink)
{
	enum answer_state state = ANSWER_GOES_ON;
	char *line;

	while (state == ANSWER_GOES_ON) {
		line = wire_line(wire);
		if (line != NULL) {
			state = answer_take(answer, line);
			continue;
		}
		if (give(sink, answer->out.bytes, answer->out.size) < 0)
			return EXIT_FAILED;
		answer->out.size = 0;
		if (wire->has_ended)
			break;
		if (wire_wait(wire, sink->error) < 0)
			return EXIT_FAILED;
	}
	if (give(sink, answer->out.bytes, answer->out.size) < 0)
		return EXIT_FAILED;
	return end_lines(answer, state, wire, sink->error);
}

/* ---- JSON ---- */

/* The beginning of the last line that has begun. */
struct tail {
	char bytes[TAIL_BYTES];
	size_t size;
	bool is_whole; /* its end has come */
};

static void note(struct tail *tail, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (tail->is_whole)
			tail->size = 0;
		tail->is_whole = bytes[i] == '\n';
		if (tail->size < TAIL_BYTES - 1 && !tail->is_whole)
			tail->bytes[tail->size++] = bytes[i];
	}
	tail->bytes[tail->size] = '\0';
}

/* Failures are in the answer: there is nothing to add. */
static enum exit_status end_json(const struct tail *tail,
				 const struct wire *wire, struct error *error)
{
	static const char good[] = "{\"ok\":true";
	static const char bad[] = "{\"ok\":false,\"status\":";
	int status;

	error->text[0] = '\0';
	if (tail->is_whole && strncmp(tail->bytes, good, sizeof(good) - 1) == 0)
		return EXIT_DONE;
	if (!tail->is_whole || strncmp(tail->bytes, bad, sizeof(bad) - 1) != 0)
		return tail->size > 0 && tail->bytes[0] != '{'
			       ? complain_ill(wire, error)
			       : complain_cut(wire, error);
	status = atoi(tail->bytes + sizeof(bad) - 1);
	return status > 0 && status < 126 ? (enum exit_status)status
					  : EXIT_FAILED;
}

static enum exit_status pass_json(struct wire *wire, struct tail *tail,
				  const struct sink *sink)
{
	const char *bytes;
	size_t size;

	while (!wire->has_ended) {
		if (wire_wait(wire, sink->error) < 0)
			return EXIT_FAILED;
		size = wire_bytes(wire, &bytes);
		note(tail, bytes, size);
		if (give(sink, bytes, size) < 0)
			return EXIT_FAILED;
	}
	return end_json(tail, wire, sink->error);
}

static enum exit_status read_json(struct wire *wire, const struct sink *sink)
{
	struct tail tail = {.size = 0};
	enum exit_status status = pass_json(wire, &tail, sink);

	/* An object follows that says what has gone wrong. */
	if (status != EXIT_DONE && tail.size > 0 && !tail.is_whole)
		sink->out(sink->context, "\n", 1);
	return status;
}

enum exit_status ask(const struct arguments *options,
		     const struct layout_style *style,
		     int (*out)(void *context, const char *bytes, size_t size),
		     void *context, struct error *error)
{
	const struct sink sink = {out, context, error};
	struct answer answer;
	const struct wire_bounds bounds = {options->timeout_ms, options->wake};
	struct wire wire;
	enum exit_status status = wire_open(&wire, options->socket,
					    &options->request, &bounds, error);

	if (status != EXIT_DONE)
		return status;
	if (options->is_json) {
		status = read_json(&wire, &sink);
	} else {
		answer_init(&answer, style, options->is_exact);
		status = read_lines(&wire, &answer, &sink);
		answer_release(&answer);
	}
	wire_close(&wire);
	return status;
}
