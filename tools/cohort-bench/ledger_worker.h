/* SPDX-License-Identifier: MIT */
/* ledger_worker.h - whether the worker that served a connection still lives.
 *
 * A process that dies is marked as exiting before the kernel closes its
 * descriptors (kernel/exit.c: exit_signals(), then exit_files()), so when a
 * connection ends because of its worker's death the mark is already there:
 * one look at /proc/PID/stat tells it from a worker that closed or reset the
 * connection and lives on, whatever that one does later.  Only where /proc
 * says nothing (hidepid) the death has to be waited for. */
#ifndef COHORT_BENCH_LEDGER_WORKER_H
#define COHORT_BENCH_LEDGER_WORKER_H

enum ledger_fate {
	LEDGER_FATE_ALIVE,
	LEDGER_FATE_DEAD,   /* gone, a zombie, or on its way out */
	LEDGER_FATE_UNSURE, /* the pid exists, and no more is known of it */
};

enum ledger_fate ledger_worker_fate(int pid);

/* The same from the text of /proc/PID/stat; UNSURE if it cannot be read. */
enum ledger_fate ledger_worker_fate_of(const char *stat);

#endif
