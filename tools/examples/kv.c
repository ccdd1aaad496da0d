/* SPDX-License-Identifier: MIT */
/* kv.c - a key-value store in memory.
 *
 * Requests and answers are frames with a length of 4 bytes, most significant
 * first, in front:
 *
 *	GET key         OK value, or NONE
 *	SET key value   OK, or FULL; the value is all that follows the blank
 *	DEL key         OK, or NONE
 *
 * and ERROR to anything else.  Keys have 1 to 63 bytes without a blank, values
 * 0 to 1024.
 *
 * A client may be served by any worker, so the store has to be one for all: it
 * is a table in memory that main() shares with every process forked from it,
 * under a mutex that is held for the time of a memcpy.  A worker that is killed
 * meanwhile leaves an entry half written: whoever comes next drops that one
 * (the mutex says that its owner died).  The store survives its workers, reload
 * included, but not the program: an upgrade in place (USR2) begins with an empty
 * one while older connections still see theirs.
 *
 * Memory is bounded: 4096 buckets of 4 entries; FULL comes when a key's bucket
 * is, and nothing is ever thrown out for it. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cohort.h"

#define KEY_MAX      63
#define VALUE_MAX    1024
#define BUCKETS      4096
#define BUCKET_SLOTS 4

struct entry {
	bool is_used;
	unsigned char key_size;
	unsigned short value_size;
	char key[KEY_MAX];
	char value[VALUE_MAX];
};

struct store {
	pthread_mutex_t mutex;
	struct entry *in_work; /* what the owner of the mutex writes to */
	struct entry entries[BUCKETS][BUCKET_SLOTS];
};

static struct store *store;

/* ---- The store -------------------------------------------------------- */

static struct store *store_new(void)
{
	struct store *new = mmap(NULL, sizeof(*new), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t kind;

	if (new == MAP_FAILED)
		return NULL;
	if (pthread_mutexattr_init(&kind) != 0 ||
	    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED) != 0 ||
	    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) != 0 ||
	    pthread_mutex_init(&new->mutex, &kind) != 0) {
		munmap(new, sizeof(*new));
		return NULL;
	}
	return new;
}

static bool store_lock(void)
{
	int error = pthread_mutex_lock(&store->mutex);

	if (error == EOWNERDEAD) {
		if (store->in_work != NULL)
			store->in_work->is_used = false;
		store->in_work = NULL;
		error = pthread_mutex_consistent(&store->mutex);
	}
	return error == 0;
}

static void store_unlock(void)
{
	pthread_mutex_unlock(&store->mutex);
}

/* FNV-1a. */
static struct entry *bucket_of(const char *key, size_t size)
{
	uint32_t hash = 2166136261U;
	size_t i;

	for (i = 0; i < size; i++)
		hash = (hash ^ (unsigned char)key[i]) * 16777619U;
	return store->entries[hash % BUCKETS];
}

static struct entry *find(const char *key, size_t size)
{
	struct entry *entry = bucket_of(key, size);
	struct entry *end = entry + BUCKET_SLOTS;

	for (; entry < end; entry++)
		if (entry->is_used && entry->key_size == size &&
		    memcmp(entry->key, key, size) == 0)
			return entry;
	return NULL;
}

static struct entry *find_free(const char *key, size_t size)
{
	struct entry *entry = bucket_of(key, size);
	struct entry *end = entry + BUCKET_SLOTS;

	for (; entry < end; entry++)
		if (!entry->is_used)
			return entry;
	return NULL;
}

/* ---- Requests --------------------------------------------------------- */

struct request {
	const char *key;
	size_t key_size;
	const char *value; /* NULL: none was given */
	size_t value_size;
};

static void reply(struct cohort_transport *t, const char *words)
{
	cohort_write_frame(t, NULL, words, strlen(words));
}

/* The answer leaves after the mutex: a write is a system call. */
static void run_get(struct cohort_transport *t, const struct request *request)
{
	char answer[3 + VALUE_MAX] = "OK ";
	const struct entry *entry;
	size_t size = 0;

	if (!store_lock()) {
		cohort_abort(t);
		return;
	}
	entry = find(request->key, request->key_size);
	if (entry != NULL) {
		memcpy(answer + 3, entry->value, entry->value_size);
		size = 3 + (size_t)entry->value_size;
	}
	store_unlock();
	if (size == 0)
		reply(t, "NONE");
	else
		cohort_write_frame(t, NULL, answer, size);
}

/* In this order, whatever the compiler thinks: it may end between any two. */
static void fill(struct entry *entry, const struct request *request)
{
	store->in_work = entry;
	atomic_signal_fence(memory_order_seq_cst);
	memcpy(entry->key, request->key, request->key_size);
	entry->key_size = (unsigned char)request->key_size;
	memcpy(entry->value, request->value, request->value_size);
	entry->value_size = (unsigned short)request->value_size;
	entry->is_used = true;
	atomic_signal_fence(memory_order_seq_cst);
	store->in_work = NULL;
}

static void run_set(struct cohort_transport *t, const struct request *request)
{
	struct entry *entry;

	if (!store_lock()) {
		cohort_abort(t);
		return;
	}
	entry = find(request->key, request->key_size);
	if (entry == NULL)
		entry = find_free(request->key, request->key_size);
	if (entry != NULL)
		fill(entry, request);
	store_unlock();
	reply(t, entry != NULL ? "OK" : "FULL");
}

static void run_del(struct cohort_transport *t, const struct request *request)
{
	struct entry *entry;

	if (!store_lock()) {
		cohort_abort(t);
		return;
	}
	entry = find(request->key, request->key_size);
	if (entry != NULL)
		entry->is_used = false;
	store_unlock();
	reply(t, entry != NULL ? "OK" : "NONE");
}

static const struct verb {
	const char *name; /* and the blank: 4 bytes */
	void (*run)(struct cohort_transport *t, const struct request *request);
	bool wants_value;
} verbs[] = {
	{"GET ", run_get, false},
	{"SET ", run_set, true},
	{"DEL ", run_del, false},
};

#define NAME_BYTES 4

static bool parse(const char *text, size_t size, struct request *request)
{
	const char *blank = memchr(text, ' ', size);

	memset(request, 0, sizeof(*request));
	request->key = text;
	request->key_size = size;
	if (blank != NULL) {
		request->key_size = (size_t)(blank - text);
		request->value = blank + 1;
		request->value_size = size - request->key_size - 1;
	}
	return request->key_size >= 1 && request->key_size <= KEY_MAX &&
	       request->value_size <= VALUE_MAX;
}

static void frame_received(struct cohort_transport *t, void *session,
			   const void *frame, size_t size)
{
	const struct verb *verb = verbs;
	const char *text = frame;
	struct request request;

	(void)session;
	for (; verb < verbs + sizeof(verbs) / sizeof(verbs[0]); verb++) {
		if (size < NAME_BYTES ||
		    memcmp(text, verb->name, NAME_BYTES) != 0)
			continue;
		if (!parse(text + NAME_BYTES, size - NAME_BYTES, &request) ||
		    verb->wants_value != (request.value != NULL))
			break;
		verb->run(t, &request);
		return;
	}
	reply(t, "ERROR");
}

static const struct cohort_framing framing = {
	.kind = COHORT_FRAMING_LENGTH,
	.length_size = 4,
	.limit = 4096,
};

static const struct cohort_protocol protocol = {
	.name = "kv",
	.framing = &framing,
	.frame_received = frame_received,
	.holds_reading = true,
};

int main(int argc, char **argv)
{
	store = store_new();
	if (store == NULL) {
		perror("kv: no shared memory");
		return 1;
	}
	return cohort_main(argc, argv, &protocol);
}
