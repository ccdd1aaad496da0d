/* SPDX-License-Identifier: MIT */
/* test_proc_status.c - a child that runs, is stopped, is traced, is gone. */
#include "process/proc_status.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

int main(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	CHECK(!proc_status_is_stopped(pid));
	CHECK(!proc_status_is_traced(pid));
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
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(!proc_status_is_stopped(pid));
	CHECK(!proc_status_is_traced(pid));
	return check_result();
}
