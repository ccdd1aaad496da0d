/* SPDX-License-Identifier: MIT */
/* service_post.c - work posted to a worker from any thread. */
#include <errno.h>
#include <stdlib.h>

#include "net/service.h"

struct posted {
	struct inbox_letter letter;
	struct service *service;
	void (*run)(struct cohort_worker *w, void *argument);
	void *argument;
};

static void run_posted(struct inbox_letter *letter)
{
	struct posted *posted = list_entry(letter, struct posted, letter);
	struct service *service = posted->service;

	service_enter(service, SCOREBOARD_IN_POSTED);
	posted->run(service_public(service), posted->argument);
	service_leave(service);
	free(posted);
}

int cohort_post(struct cohort_worker *w,
		void (*run)(struct cohort_worker *w, void *argument),
		void *argument)
{
	struct service *service = service_required(w, __func__);
	struct posted *posted;

	service_require((const void *)(uintptr_t)run, "the function", __func__);
	posted = calloc(1, sizeof(*posted));
	if (posted == NULL)
		return -1;
	posted->letter.run = run_posted;
	posted->service = service;
	posted->run = run;
	posted->argument = argument;
	if (inbox_post(&service->worker->inbox, &posted->letter) == 0)
		return 0;
	free(posted);
	errno = ESHUTDOWN;
	return -1;
}
