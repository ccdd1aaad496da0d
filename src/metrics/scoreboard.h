/* SPDX-License-Identifier: MIT */
/* scoreboard.h - shared memory in which each worker counts, for others to read.
 *
 * The supervisor creates one scoreboard before it forks; a worker is given a
 * page, of which it is the only writer.  Pages are whole memory pages apart,
 * so no two workers share a cache line.  When the supervisor reaps a worker it
 * folds the page's counters into totals kept by service name and frees the
 * page: nothing counted is ever lost, also not with a SIGKILL.  The totals lie
 * behind the pages, with what else the supervisor publishes (board.h): another
 * process takes a snapshot of all of it (snapshot.h).
 *
 * A child inherits no mapping but the page that is lent to it: what a worker
 * or a plug-in overwrites by mistake is nobody else's.
 *
 * A page says which layout it has (version and column counts), so that
 * another build can fold what it does not know in full.  All cells are 64 bits
 * wide and written with relaxed atomic stores; a reader sees each cell whole,
 * not the page as one. */
#ifndef COHORT_METRICS_SCOREBOARD_H
#define COHORT_METRICS_SCOREBOARD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"
#include "cohort.h"
#include "metrics/board.h"

#define SCOREBOARD_LAYOUT       1
#define SCOREBOARD_PAGES        1024 /* workers alive at once, all told */
#define SCOREBOARD_SERVICES     256
#define SCOREBOARD_SERVICE_NAME 64

/* Buckets of the histograms, the last of which has no bound; the bounds of the
 * others, which belong to them. */
#define SCOREBOARD_LAG_BUCKETS      13
#define SCOREBOARD_DURATION_BUCKETS 11
extern const int64_t scoreboard_lag_bounds_us[SCOREBOARD_LAG_BUCKETS - 1];
extern const int64_t
	scoreboard_duration_bounds_ms[SCOREBOARD_DURATION_BUCKETS - 1];

/* Why a connection was not taken up: it is closed at once. */
enum scoreboard_rejection {
	SCOREBOARD_REJECTED_RESOURCE, /* memory, descriptors, watches */
	SCOREBOARD_REJECTED_LIMIT,
	SCOREBOARD_REJECTED_LIMIT_SOURCE,
	SCOREBOARD_REJECTED_DENIED,
	SCOREBOARD_REJECTIONS,
};
/* The same reason among all: whoever is rejected is closed with it, too. */
extern const enum cohort_reason
	scoreboard_rejection_reasons[SCOREBOARD_REJECTIONS];

/* Cells of a worker as a whole. */
enum scoreboard_cell {
	SCOREBOARD_SLOT,
	SCOREBOARD_PID,
	SCOREBOARD_GENERATION,
	SCOREBOARD_STARTED_MS,    /* monotonic */
	SCOREBOARD_HEARTBEAT_MS,  /* monotonic; stored each turn */
	SCOREBOARD_CALLBACK,      /* enum scoreboard_callback */
	SCOREBOARD_CALLBACK_ID,   /* of the transport; 0: of none */
	SCOREBOARD_CALLBACK_MS,   /* since when, monotonic, turn's time */
	SCOREBOARD_TURNS,         /* of the loop; a counter */
	SCOREBOARD_LOG_DROPPED,   /* a counter */
	SCOREBOARD_ACCEPT_EMFILE, /* accept errors by errno: counters */
	SCOREBOARD_ACCEPT_ENFILE,
	SCOREBOARD_ACCEPT_ENOBUFS,
	SCOREBOARD_ACCEPT_ENOMEM,
	SCOREBOARD_ACCEPT_ECONNABORTED,
	SCOREBOARD_ACCEPT_OTHER,
	SCOREBOARD_ACCEPTING,        /* it takes new connections */
	SCOREBOARD_CALLBACK_SERVICE, /* index; while a plug-in is opened: of it */
	/* Turns of the loop by how long they took from the end of one wait to
	 * the next: so long a client that was ready may have waited for the
	 * others.  A counter per bucket, not cumulated, and the sum. */
	SCOREBOARD_LAG,
	SCOREBOARD_LAG_SUM_US = SCOREBOARD_LAG + SCOREBOARD_LAG_BUCKETS,
	SCOREBOARD_BUSY_POLL_US, /* spent spinning instead of waiting */
	SCOREBOARD_CELLS,
};

/* Cells of one service in one worker. */
enum scoreboard_service_cell {
	SCOREBOARD_ACCEPTED, /* counters … */
	SCOREBOARD_RECEIVED_BYTES,
	SCOREBOARD_SENT_BYTES,
	SCOREBOARD_WRITE_PAUSES, /* the peer did not read */
	SCOREBOARD_READ_PAUSES,  /* the protocol paused reading */
	SCOREBOARD_CLOSED,       /* COHORT_REASONS of them */
	SCOREBOARD_LIVE = SCOREBOARD_CLOSED + COHORT_REASONS, /* a gauge */
	SCOREBOARD_QUEUED_BYTES,                              /* a gauge */
	/* Of outgoing transports, which count in none of the above but the
	 * pauses and the queued bytes. */
	SCOREBOARD_CONNECTED,      /* counters … */
	SCOREBOARD_CONNECT_FAILED, /* ended before it was connected */
	SCOREBOARD_OUT_RECEIVED_BYTES,
	SCOREBOARD_OUT_SENT_BYTES,
	SCOREBOARD_OUT_CLOSED, /* of those that were connected */
	SCOREBOARD_OUT_LIVE,   /* a gauge: connected, not closed */
	/* Of accepted ones: counters. */
	SCOREBOARD_REJECTED, /* SCOREBOARD_REJECTIONS of them */
	/* How long they lived: a counter per bucket, not cumulated, and the
	 * sum; without those that died with a worker. */
	SCOREBOARD_DURATION = SCOREBOARD_REJECTED + SCOREBOARD_REJECTIONS,
	SCOREBOARD_DURATION_SUM_MS =
		SCOREBOARD_DURATION + SCOREBOARD_DURATION_BUCKETS,
	SCOREBOARD_SERVICE_CELLS,
};

/* What a worker is doing, by the protocol's callbacks. */
enum scoreboard_callback {
	SCOREBOARD_IN_NONE,
	SCOREBOARD_IN_CONNECTION_MADE,
	SCOREBOARD_IN_DATA_RECEIVED,
	SCOREBOARD_IN_EOF_RECEIVED,
	SCOREBOARD_IN_PAUSE_WRITING,
	SCOREBOARD_IN_RESUME_WRITING,
	SCOREBOARD_IN_DRAINING,
	SCOREBOARD_IN_TIMEOUT,
	SCOREBOARD_IN_CONNECTION_LOST,
	SCOREBOARD_IN_WORKER_START,
	SCOREBOARD_IN_WORKER_DRAINING,
	SCOREBOARD_IN_WORKER_STOP,
	SCOREBOARD_IN_TIMER,
	SCOREBOARD_IN_FRAME_RECEIVED,
	SCOREBOARD_IN_BUFFER_GET,
	SCOREBOARD_IN_BUFFER_UPDATED,
	SCOREBOARD_IN_FILE_SENT,
	SCOREBOARD_IN_POSTED,
	SCOREBOARD_IN_LOAD, /* in the constructors of a plug-in */
	SCOREBOARD_CALLBACKS,
};
extern const char *const scoreboard_callback_names[SCOREBOARD_CALLBACKS];

enum scoreboard_kind {
	SCOREBOARD_KIND_LABEL,   /* who the page belongs to, and what it does */
	SCOREBOARD_KIND_COUNTER, /* folded into the totals */
	SCOREBOARD_KIND_GAUGE,   /* gone with the worker */
};
/* The name and kind of each cell: the table behind totals, dumps and, later,
 * metrics. */
struct scoreboard_column {
	const char *name;
	enum scoreboard_kind kind;
};
extern const struct scoreboard_column scoreboard_columns[SCOREBOARD_CELLS];
extern const struct scoreboard_column
	scoreboard_service_columns[SCOREBOARD_SERVICE_CELLS];

struct scoreboard_page; /* opaque: a header, the cells, services × cells */
struct scoreboard;      /* opaque */

/* Why workers had to be replaced: a row of totals each. */
enum scoreboard_restart {
	SCOREBOARD_RESTART_CRASH,   /* a crash signal */
	SCOREBOARD_RESTART_KILLED,  /* KILL or TERM from outside */
	SCOREBOARD_RESTART_EXIT,    /* exited by itself, non-zero */
	SCOREBOARD_RESTART_LEAVE,   /* asked to leave by TERM */
	SCOREBOARD_RESTART_STARTUP, /* failed before READY */
	SCOREBOARD_RESTART_HUNG,    /* ended by the watchdog */
	SCOREBOARD_RESTART_PLUGIN,  /* crash or exit in a plug-in's callback */
	SCOREBOARD_RESTARTS,
};
extern const char *const scoreboard_restart_names[SCOREBOARD_RESTARTS];

/* Supervisor, once.  The memory is backed lazily: only touched pages cost. */
struct scoreboard *scoreboard_open(struct error *error);
void scoreboard_close(struct scoreboard *board);

/* ---- Another process reads it ---- */

/* Supervisor: a descriptor of the memory that cannot be written through (if
 * /proc is there), the caller's to pass on; -1 with errno. */
int scoreboard_open_reader(const struct scoreboard *board);
/* The other process: map `fd`, which it takes, for reading: for snapshot_take
 * and snapshot_closed alone.  NULL with words. */
struct scoreboard *scoreboard_map_reader(int fd, struct error *error);

/* ---- Hand-over: another build goes on with the same memory ---- */

/* The descriptor of the memory, and the bytes from one page to the next, which
 * the other build has to share. */
int scoreboard_descriptor(const struct scoreboard *board);
size_t scoreboard_stride(void);
/* Map `fd`, which it takes; all pages are free.  Nothing is written: whoever
 * goes on with it calls scoreboard_take_over first, retakes the pages of
 * those who live, reads the totals back, and calls scoreboard_settle; in
 * between nobody else sees anything.  NULL with words. */
struct scoreboard *scoreboard_adopt(int fd, struct error *error);
int scoreboard_take_over(struct scoreboard *board); /* 0, or -1/errno */
void scoreboard_settle(struct scoreboard *board);

/* Page `index` is of a worker that nobody here knows: it counts, but is shown as
 * nobody's, until it is swept.  scoreboard_settle does so with the pages that
 * live and were not retaken. */
void scoreboard_leave(struct scoreboard *board, unsigned index);
/* Fold those of them whose process does not live any more, by its pid and
 * its start (monotonic); their number. */
unsigned scoreboard_sweep(struct scoreboard *board,
			  bool (*is_alive)(pid_t pid, int64_t started_ms));
unsigned scoreboard_index(const struct scoreboard *board,
			  const struct scoreboard_page *page);
/* Any page, also of somebody else's; NULL: there is none of that number. */
struct scoreboard_page *scoreboard_at(const struct scoreboard *board,
				      unsigned index);
/* The page of a worker that lives on; NULL: it cannot be. */
struct scoreboard_page *scoreboard_retake(struct scoreboard *board,
					  unsigned index);
/* What retired workers have counted, and the supervisor's own counters: a line
 * each, `total NAME VALUE SERVICE`, `slot_total SLOT VALUE SERVICE`,
 * `worker_total NAME VALUE`, `restarts CAUSE VALUE`, `board NAME VALUE`; and
 * one such line read back, 0, or -1: ill.  A name that this build does not know
 * is left out.  Where the memory has a larger number already, that one stays:
 * the text of a supervisor that was killed may be older. */
void scoreboard_export(const struct scoreboard *board, struct text *out);
int scoreboard_import(struct scoreboard *board, const char *line);

/* A zeroed page for a worker about to be forked, with the names of its
 * services (at most SCOREBOARD_SERVICES of them, of less than
 * SCOREBOARD_SERVICE_NAME bytes) and its slot and generation; NULL if all are
 * taken or there is no memory.  Names that were never seen before get their
 * row of totals here, the only allocation: taking again for known services
 * and folding need no heap.  The child calls scoreboard_own first, which
 * stores pid, start time and a first heartbeat. */
struct scoreboard_page *scoreboard_take(struct scoreboard *board, unsigned slot,
					unsigned generation,
					const char *const *services,
					unsigned service_count);
void scoreboard_own(struct scoreboard_page *page, pid_t pid, int64_t now_ms);

/* Around the fork of its worker, which inherits this page; other children
 * inherit nothing.  0, or -1 with errno: it would not. */
int scoreboard_lend(struct scoreboard_page *page);
void scoreboard_end_lending(struct scoreboard_page *page);
/* In the child: the rest is not there, which those who look on (valgrind) do not
 * know by themselves: they take a fork for a copy. */
void scoreboard_keep_only(struct scoreboard_page *page);

/* Its worker has been reaped: add its counters to the totals (its live
 * connections are counted as closed by worker_exit), free the page.  A header
 * that the dying worker wrote over is logged, and the counts are left out. */
void scoreboard_fold(struct scoreboard *board, struct scoreboard_page *page);

/* The cells of a page, and of one of its services: the latter for its worker
 * only, who has not written over the header that says where they are. */
uint64_t *scoreboard_cells(struct scoreboard_page *page);
uint64_t *scoreboard_service(struct scoreboard_page *page, unsigned service);
/* Does the page say what this build can read?  A worker of another one may have
 * a layout that we do not know, or somebody has written over it. */
bool scoreboard_is_readable(const struct scoreboard_page *page);
/* … for anybody else: its worker may have written anything there.  0 if the
 * page is not readable, or has no such service or cell. */
uint64_t scoreboard_peek(const struct scoreboard_page *page, unsigned service,
			 enum scoreboard_service_cell cell);

/* Its worker: remember a connection that was closed (`slot`, `pid` are filled
 * in).  Costs a copy, no system call. */
void scoreboard_note_closed(struct scoreboard_page *page,
			    const struct board_closed *closed);

/* One writer per page: plain adds made visible whole. */
static inline void scoreboard_store(uint64_t *cell, uint64_t value)
{
	__atomic_store_n(cell, value, __ATOMIC_RELAXED);
}
static inline void scoreboard_add(uint64_t *cell, uint64_t value)
{
	__atomic_store_n(cell, *cell + value, __ATOMIC_RELAXED);
}
static inline uint64_t scoreboard_load(const uint64_t *cell)
{
	return __atomic_load_n(cell, __ATOMIC_RELAXED);
}

/* Its worker: another observation for a histogram of `bucket_count` cells with
 * their bounds, and the sum behind them. */
void scoreboard_observe(uint64_t *cells, const int64_t *bounds,
			unsigned bucket_count, int64_t value);

/* Supervisor: count a restart. */
void scoreboard_count_restart(struct scoreboard *board,
			      enum scoreboard_restart cause);

/* Totals: retired pages plus living ones.  The first is for a service cell,
 * of the service with that name; the second for a worker cell (counters
 * only); the third for restarts. */
uint64_t scoreboard_total(const struct scoreboard *board, const char *service,
			  enum scoreboard_service_cell cell);
uint64_t scoreboard_worker_total(const struct scoreboard *board,
				 enum scoreboard_cell cell);
uint64_t scoreboard_restart_total(const struct scoreboard *board,
				  enum scoreboard_restart cause);

#endif
