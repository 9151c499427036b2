/* SPDX-License-Identifier: MIT */
/*
 * One process with a queue that is suspended and resumed: what faults.sh and processes.sh do to it from outside.
 *
 *   lv3_process cycles          suspend and resume a counting kernel 40 times, whatever the driver answers; the count must be right.
 *                               Says how level 3 stands afterwards: "usable update", "usable debug" or "off", and how often it failed
 *   lv3_process hold            suspend a kernel that never ends, say so with the process's number, and wait for the end
 *   lv3_process work            run a counting kernel each time a line comes in, and say so
 *   lv3_process exit|_exit|shut end the program while a kernel that never ends is suspended
 */
#include "tests/int/cwsr/lv3.h"

static const struct cwsr_ops ops = {.done = lane_done,
	.test_open = test_open,
	.test_submit = test_submit,
	.test_done = test_done,
	.test_close = test_close};

static void say(const char *text)
{
	printf("%s\n", text);
	fflush(stdout);
}

static void say_state(struct lane *l, int failures)
{
	struct cwsr_gpu_info info = {0};

	if (l->cwsr)
		cwsr_gpu_info_get(cwsr_queue_gpu(l->cwsr), &info);
	printf("%s, failed %d times\n", !info.usable ? "off" : info.debug ? "usable debug" : "usable update", failures);
}

static void cycles(void)
{
	struct arguments *a = arguments_new(300);
	hsa_signal_t done = signal_new(1);
	struct lane l;
	int failures = 0;

	lane_open(&l, 0);
	lane_start(&l, gpus[0].generate, a, done);
	for (int i = 0; l.cwsr && i < 40; i++) {
		failures += lane_ask(&l, true) != 0;
		lane_ask(&l, false);
	}
	signal_wait_below(done, 1);
	check_generated(a, 1);
	say_state(&l, failures);
	lane_close(&l);
	hsa_signal_destroy(done);
	arguments_free(a);
}

static struct lane held;

static void hold(void)
{
	struct arguments *a = arguments_new(0);

	lane_open(&held, 0);
	lane_start(&held, gpus[0].endless, a, signal_new(1));
	wait_progress(a);
	assert_int_equal(lane_ask(&held, true), 0);
	printf("suspended %d\n", (int)getpid());
	fflush(stdout);
}

static void work(void)
{
	char line[64];
	struct lane l;

	lane_open(&l, 0);
	say("ready");
	while (fgets(line, sizeof(line), stdin)) {
		struct arguments *a = arguments_new(20);
		hsa_signal_t done = signal_new(1);

		lane_start(&l, gpus[0].generate, a, done);
		signal_wait_below(done, 1);
		check_generated(a, 1);
		say("done");
		hsa_signal_destroy(done);
		arguments_free(a);
	}
	lane_close(&l);
}

static const char *mode;

static void program(void **state)
{
	if (!strcmp(mode, "cycles")) {
		cycles();
	} else if (!strcmp(mode, "work")) {
		work();
	} else {
		hold();
		if (!strcmp(mode, "hold"))
			pause();
		else if (!strcmp(mode, "exit"))
			exit(0);
		else if (!strcmp(mode, "_exit"))
			_exit(0);
		/* As the tool library does in OnUnload. */
		cwsr_stop();
		assert_int_equal(atomic_load(&held.suspended), 1);
	}
}

static int setup(void **state)
{
	lv3_config();
	return lv3_setup(&ops);
}

static int teardown(void **state)
{
	cwsr_stop();
	return gpu_teardown(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(program)};

	mode = argc > 1 ? argv[1] : "cycles";
	return cmocka_run_group_tests(tests, setup, teardown);
}
