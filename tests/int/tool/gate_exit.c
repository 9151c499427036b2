/* SPDX-License-Identifier: MIT */
/*
 * The end of a process with packets behind the gate, fork, and a runtime that starts again. gate_exit MODE: return, exit, shutdown,
 * restart, restart-natively, fork, fork-first.
 * Runs with the test build of the tool library.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/int/tool/hsa_util.h"
#include "tests/int/tool/test_hooks.h"

#define PACKETS 50

static hsa_signal_t done;
static bool check_at_end;

static void fail(const char *what)
{
	fprintf(stderr, "FAILED: %s\n", what);
	_exit(1);
}

/* Registered before the runtime starts, so that it runs after the library's own handler. */
static void at_end(void)
{
	if (check_at_end && hsa_signal_load_scacquire(done) != 0)
		fail("packets behind the gate were lost when the process ended");
}

static hsa_queue_t *start(void)
{
	hsa_agent_t gpu = hsa_util_start();
	hsa_queue_t *q;

	if (hsa_queue_create(gpu, 128, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q) != HSA_STATUS_SUCCESS ||
		hsa_signal_create(PACKETS, 0, NULL, &done) != HSA_STATUS_SUCCESS)
		fail("no queue or no signal");
	return q;
}

static void hold(hsa_queue_t *q)
{
	test_hooks_find().close();
	for (int i = 0; i < PACKETS; i++)
		hsa_util_submit(q, done);
	if (hsa_signal_load_scacquire(done) != PACKETS)
		fail("packets passed the closed gate");
}

static int child_status(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		fail("waitpid");
	return status;
}

static void fork_with_a_backlog(hsa_queue_t *q)
{
	hold(q);
	pid_t child = fork();
	if (child == 0) {
		/* The queue's memory is not even mapped here; ending must neither touch it nor hang. */
		exit(0);
	}
	if (child_status(child) != 0)
		fail("the forked child did not end well");
	if (hsa_signal_load_scacquire(done) != PACKETS)
		fail("the forked child released the parent's packets");
	test_hooks_find().open();
	if (!hsa_util_done(done))
		fail("the parent's packets did not run after a fork");
}

static void fork_before_the_runtime_starts(void)
{
	pid_t child = fork();

	check_at_end = true;
	hold(start());
	if (child == 0)
		exit(0);
	if (child_status(child) != 0)
		fail("the child's packets were lost");
}

/* ROCr 6 leaves the queue to the driver, which then refuses RUNTIME_ENABLE. */
static void start_again(void)
{
	if (hsa_init() == HSA_STATUS_SUCCESS)
		return;
	printf("skipped: this runtime does not start again where a queue was left behind\n");
	exit(77);
}

/* Without the library. */
static void restart_natively(void)
{
	for (int i = 0; i < 3; i++) {
		hsa_shut_down();
		start_again();
		start();
		hsa_shut_down();
	}
	hsa_shut_down();
}

/* The runtime frees queues that the program left behind, and starts again with new ones, perhaps where the old were. */
static void restart(hsa_queue_t *q)
{
	for (int i = 0; i < 3; i++) {
		hold(q);
		hsa_shut_down();
		start_again();
		q = start();
		hsa_shut_down();
	}
	hold(q);
	test_hooks_find().open();
	if (!hsa_util_done(done))
		fail("packets were lost after the runtime started again");
	hsa_shut_down();
}

int main(int argc, char **argv)
{
	const char *mode = argc == 2 ? argv[1] : "";

	atexit(at_end);
	if (!strcmp(mode, "fork-first")) {
		fork_before_the_runtime_starts();
		return 0;
	}
	hsa_queue_t *q = start();
	if (!strcmp(mode, "fork")) {
		fork_with_a_backlog(q);
		return 0;
	}
	if (!strcmp(mode, "restart")) {
		restart(q);
		return 0;
	}
	if (!strcmp(mode, "restart-natively")) {
		restart_natively();
		return 0;
	}
	hold(q);
	if (!strcmp(mode, "shutdown")) {
		/* OnUnload runs while signals still exist; afterwards they are gone. */
		hsa_shut_down();
		return 0;
	}
	check_at_end = true;
	if (!strcmp(mode, "return"))
		return 0;
	if (!strcmp(mode, "exit"))
		exit(0);
	fprintf(stderr, "usage: gate_exit return|exit|shutdown|restart|restart-natively|fork|fork-first\n");
	check_at_end = false;
	return 2;
}
