/* SPDX-License-Identifier: MIT */
/* resolver.c - a thread that asks getaddrinfo(3).
 *
 * A request is in the queue, then in the thread's hands, then in the inbox, and
 * freed by whoever sees that it is cancelled, or after its answer.  The loop's
 * thread is the only one that asks, cancels and ends it. */
#include "net/resolver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "net/resolver_known.h"

struct resolver_request {
	struct list node; /* of resolver->queue, if it is in there */
	struct inbox_letter letter;
	resolver_answer *answer;
	void *context;
	struct address *addresses; /* RESOLVER_ADDRESSES of them */
	int count;                 /* -1: failed */
	int error;
	bool is_queued;
	bool is_cancelled;
	char word[]; /* HOST:PORT */
};

struct resolver {
	struct inbox *inbox;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* of what follows, and of requests' states */
	pthread_cond_t changed;
	struct list queue;
	struct list known; /* the thread's own */
	bool is_busy;      /* the thread may be a long time */
	bool is_ended;     /* nobody wants answers */
	bool is_left;      /* … and the thread has to free it */
};

static void free_request(struct resolver_request *request)
{
	free(request->addresses);
	free(request);
}

static void free_memory(struct resolver *resolver)
{
	resolver_known_release(&resolver->known);
	pthread_cond_destroy(&resolver->changed);
	pthread_mutex_destroy(&resolver->lock);
	free(resolver);
}

/* ---- The thread ------------------------------------------------------ */

static void look_up(struct resolver_request *request)
{
	struct error error;

	request->count = address_resolve(request->addresses, RESOLVER_ADDRESSES,
					 request->word, &error);
	if (request->count < 0 && error.number == E2BIG)
		request->count = RESOLVER_ADDRESSES;
	else if (request->count < 0)
		request->error = error.number != 0 ? error.number : EINVAL;
}

static void resolve(struct resolver *resolver, struct resolver_request *request)
{
	const struct resolver_known *known = resolver_known_find(
		&resolver->known, request->word, clock_now_ms());
	struct resolver_known answer;

	request->addresses =
		calloc(RESOLVER_ADDRESSES, sizeof(*request->addresses));
	if (request->addresses == NULL) {
		request->error = ENOMEM;
		return;
	}
	if (known == NULL) {
		look_up(request);
		answer = (struct resolver_known){
			.count = request->count,
			.error = request->error,
			.addresses = request->addresses,
		};
		resolver_known_add(&resolver->known, request->word, &answer,
				   clock_now_ms());
		return;
	}
	request->count = known->count;
	request->error = known->error;
	if (known->count > 0)
		memcpy(request->addresses, known->addresses,
		       (size_t)known->count * sizeof(*known->addresses));
}

/* Under the lock, which is given away while there is something to do. */
static void serve_first(struct resolver *resolver)
{
	struct resolver_request *request =
		list_entry(resolver->queue.next, struct resolver_request, node);

	list_remove(&request->node);
	request->is_queued = false;
	resolver->is_busy = true;
	pthread_mutex_unlock(&resolver->lock);
	resolve(resolver, request);
	pthread_mutex_lock(&resolver->lock);
	resolver->is_busy = false;
	/* The inbox is there as long as this has not ended. */
	if (resolver->is_ended || request->is_cancelled ||
	    inbox_post(resolver->inbox, &request->letter) < 0)
		free_request(request);
}

static void *run(void *argument)
{
	struct resolver *resolver = argument;
	bool is_left;

	prctl(PR_SET_NAME, "resolver");
	pthread_mutex_lock(&resolver->lock);
	while (!resolver->is_ended) {
		if (list_is_empty(&resolver->queue))
			pthread_cond_wait(&resolver->changed, &resolver->lock);
		else
			serve_first(resolver);
	}
	is_left = resolver->is_left;
	pthread_mutex_unlock(&resolver->lock);
	if (is_left)
		free_memory(resolver);
	return NULL;
}

/* 0, or an errno.  The signals are those of the loop's thread alone. */
static int start_thread(struct resolver *resolver)
{
	sigset_t all, before;
	int number;

	if (resolver->has_thread)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	number = pthread_create(&resolver->thread, NULL, run, resolver);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	resolver->has_thread = number == 0;
	return number;
}

/* ---- The loop's side ------------------------------------------------- */

static void deliver(struct inbox_letter *letter)
{
	struct resolver_request *request =
		list_entry(letter, struct resolver_request, letter);
	struct address *addresses = request->addresses;

	if (!request->is_cancelled && request->count > 0) {
		request->addresses = NULL;
		request->answer(request->context, addresses,
				(unsigned)request->count, 0);
	} else if (!request->is_cancelled) {
		request->answer(request->context, NULL, 0, request->error);
	}
	free_request(request);
}

struct resolver *resolver_new(struct inbox *inbox)
{
	struct resolver *resolver = calloc(1, sizeof(*resolver));

	if (resolver == NULL)
		return NULL;
	resolver->inbox = inbox;
	pthread_mutex_init(&resolver->lock, NULL);
	pthread_cond_init(&resolver->changed, NULL);
	list_init(&resolver->queue);
	list_init(&resolver->known);
	return resolver;
}

static struct resolver_request *
new_request(const char *word, resolver_answer *answer, void *context)
{
	size_t size = strlen(word) + 1;
	struct resolver_request *request = calloc(1, sizeof(*request) + size);

	if (request == NULL)
		return NULL;
	memcpy(request->word, word, size);
	request->letter.run = deliver;
	request->answer = answer;
	request->context = context;
	request->count = -1;
	request->is_queued = true;
	return request;
}

struct resolver_request *resolver_ask(struct resolver *resolver,
				      const char *word, resolver_answer *answer,
				      void *context)
{
	struct resolver_request *request;
	int number = start_thread(resolver);

	if (number != 0) {
		errno = number;
		return NULL;
	}
	request = new_request(word, answer, context);
	if (request == NULL)
		return NULL;
	pthread_mutex_lock(&resolver->lock);
	list_append(&resolver->queue, &request->node);
	pthread_cond_signal(&resolver->changed);
	pthread_mutex_unlock(&resolver->lock);
	return request;
}

void resolver_cancel(struct resolver *resolver,
		     struct resolver_request *request)
{
	bool is_queued;

	pthread_mutex_lock(&resolver->lock);
	is_queued = request->is_queued;
	if (is_queued)
		list_remove(&request->node);
	request->is_cancelled = true;
	pthread_mutex_unlock(&resolver->lock);
	if (is_queued)
		free_request(request);
}

static void free_queue(struct resolver *resolver)
{
	struct list *node, *following;

	list_for_each_safe (node, following, &resolver->queue)
		free_request(list_entry(node, struct resolver_request, node));
	list_init(&resolver->queue);
}

void resolver_free(struct resolver *resolver)
{
	bool is_busy;

	if (resolver == NULL)
		return;
	pthread_mutex_lock(&resolver->lock);
	resolver->is_ended = true;
	is_busy = resolver->is_busy;
	resolver->is_left = is_busy;
	free_queue(resolver);
	pthread_cond_signal(&resolver->changed);
	if (is_busy)
		pthread_detach(resolver->thread);
	pthread_mutex_unlock(&resolver->lock);
	if (is_busy)
		return;
	if (resolver->has_thread)
		pthread_join(resolver->thread, NULL);
	free_memory(resolver);
}
