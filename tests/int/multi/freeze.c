/* SPDX-License-Identifier: MIT */
/*
 * freeze PID ADDRESS: the threads of a process get no processor, while its (simulated) GPU goes on: all but the one that executes its packets
 * are stopped. A line of standard input each time: "count" has the 32-bit number at ADDRESS printed, "go" lets all go on and ends. Exit
 * status 77 where that is not permitted.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define GPU_THREAD  "kfdsim-cp"
#define THREADS_MAX 256

static pid_t threads[THREADS_MAX];
static unsigned count;

static bool is_gpu(pid_t pid, pid_t tid)
{
	char path[64], name[32] = "";

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)pid, (int)tid);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(name, sizeof(name), f))
		name[0] = 0;
	if (f)
		fclose(f);
	name[strcspn(name, "\n")] = 0;
	return !strcmp(name, GPU_THREAD);
}

static bool stop(pid_t tid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, tid, NULL, NULL)) {
		if (errno == ESRCH)
			return true;
		perror("freeze: PTRACE_SEIZE");
		exit(errno == EPERM ? 77 : 1);
	}
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) || waitpid(tid, &status, __WALL) != tid) {
		perror("freeze: a thread does not stop");
		return false;
	}
	threads[count++] = tid;
	return true;
}

static bool stop_all(pid_t pid)
{
	char path[32];
	struct dirent *entry;
	bool stopped = true;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *dir = opendir(path);
	if (!dir) {
		perror(path);
		return false;
	}
	while (stopped && count < THREADS_MAX && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (isdigit((unsigned char)entry->d_name[0]) && !is_gpu(pid, tid))
			stopped = stop(tid);
	}
	closedir(dir);
	return stopped;
}

int main(int argc, char **argv)
{
	char line[32];

	if (argc != 3) {
		fprintf(stderr, "usage: freeze PID ADDRESS\n");
		return 2;
	}
	pid_t pid = (pid_t)strtol(argv[1], NULL, 10);
	uint32_t value = 0;
	struct iovec here = {.iov_base = &value, .iov_len = sizeof(value)},
		     there = {.iov_base = (void *)(uintptr_t)strtoull(argv[2], NULL, 0), .iov_len = sizeof(value)};

	if (!stop_all(pid))
		return 1;
	printf("frozen %u\n", count);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "go\n")) {
		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(value)) {
			perror("freeze: reading the number");
			return 1;
		}
		printf("%" PRIu32 "\n", value);
		fflush(stdout);
	}
	for (unsigned i = 0; i < count; i++)
		ptrace(PTRACE_DETACH, threads[i], NULL, NULL);
	printf("gone on\n");
	return 0;
}
