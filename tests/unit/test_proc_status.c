/* SPDX-License-Identifier: MIT */
/* test_proc_status.c - a child that runs, is stopped, is traced, is gone. */
#include "process/proc_status.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

int main(void)
{
	siginfo_t info;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	CHECK(!proc_status_is_stopped(pid));
	CHECK(!proc_status_is_traced(pid));
	CHECK(!proc_status_is_dead(pid));
	CHECK(!proc_status_is_younger(pid, clock_now_ms()));
	CHECK(proc_status_is_younger(pid, clock_now_ms() - 3600000));
	kill(pid, SIGSTOP);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid);
	CHECK(proc_status_is_stopped(pid));
	CHECK(!proc_status_is_traced(pid));
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0) {
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(proc_status_is_traced(pid));
		CHECK(proc_status_is_stopped(pid));
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	}
	kill(pid, SIGKILL);
	CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	CHECK(proc_status_is_dead(pid));
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!proc_status_is_stopped(pid));
	CHECK(!proc_status_is_traced(pid));
	CHECK(!proc_status_is_dead(pid));
	return check_result();
}
