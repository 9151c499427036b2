/* SPDX-License-Identifier: MIT */
/* The pacer's thread: when it has rounds, and that it ends. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/pacer.h"

static _Atomic uint64_t rounds, every_ns, early;
static _Atomic bool blocked;

static uint64_t round_count(uint64_t now_ns)
{
	static uint64_t due_ns;
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	atomic_store(&blocked, sigismember(&mask, SIGTERM) && sigismember(&mask, SIGPROF));
	if (rounds && every_ns != PACER_NEVER && now_ns < due_ns)
		atomic_fetch_add(&early, 1);
	atomic_fetch_add(&rounds, 1);
	due_ns = every_ns == PACER_NEVER ? 0 : now_ns + every_ns;
	return every_ns == PACER_NEVER ? PACER_NEVER : due_ns;
}

static void start(uint64_t every)
{
	rounds = early = 0;
	every_ns = every;
	assert_int_equal(pacer_start(round_count), 0);
}

static void wait_for_rounds(uint64_t count)
{
	while (atomic_load(&rounds) < count)
		sched_yield();
}

static void rounds_come_no_earlier_than_due(void **state)
{
	start(200000);
	wait_for_rounds(20);
	pacer_stop();
	assert_int_equal(early, 0);
	assert_true(pacer_refill_ns() > 0);
}

static _Atomic bool slow;

/* What is due is a refill, which takes a millisecond. */
static uint64_t round_fill(uint64_t now_ns)
{
	const struct timespec ring = {.tv_nsec = 1000000};

	if (atomic_load(&slow)) {
		nanosleep(&ring, NULL);
		pacer_filled();
	}
	atomic_fetch_add(&rounds, 1);
	return pacer_now_ns() + 100000;
}

static void what_a_refill_takes_counts(void **state)
{
	rounds = 0;
	atomic_store(&slow, true);
	assert_int_equal(pacer_start(round_fill), 0);
	wait_for_rounds(60);
	pacer_stop();
	assert_true(pacer_refill_ns() >= 1000000);
	atomic_store(&slow, false);
}

static void short_waits_are_kept_too(void **state)
{
	start(2000);
	wait_for_rounds(200);
	pacer_stop();
	assert_int_equal(early, 0);
}

static void every_kick_is_followed_by_a_round(void **state)
{
	start(PACER_NEVER);
	wait_for_rounds(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t before = atomic_load(&rounds);

		/* A lost kick shows as a wait for ever. */
		pacer_kick();
		wait_for_rounds(before + 1);
	}
	pacer_stop();
}

static void without_kicks_nothing_happens(void **state)
{
	start(PACER_NEVER);
	wait_for_rounds(1);
	usleep(20000);
	assert_int_equal(rounds, 1);
	pacer_stop();
	assert_int_equal(rounds, 1);
}

static void the_programs_signals_are_not_for_the_pacer(void **state)
{
	start(PACER_NEVER);
	wait_for_rounds(1);
	assert_true(blocked);
	pacer_stop();
}

static void it_can_be_started_and_stopped_any_number_of_times(void **state)
{
	pacer_stop();
	for (int i = 0; i < 20; i++) {
		start(PACER_NEVER);
		assert_int_equal(pacer_start(round_count), 0);
		pacer_stop();
		pacer_stop();
	}
}

static _Atomic bool sleeps;

static uint64_t round_until_told(uint64_t now_ns)
{
	atomic_fetch_add(&rounds, 1);
	return atomic_load(&sleeps) ? PACER_NEVER : now_ns;
}

static void it_ends_however_early_it_is_stopped(void **state)
{
	char text[256];
	FILE *said = tmpfile();
	int before = dup(STDERR_FILENO);

	/* One that did not end is waited for, and said. */
	assert_non_null(said);
	dup2(fileno(said), STDERR_FILENO);
	for (unsigned i = 0; i < 10000; i++) {
		atomic_store(&rounds, 0);
		atomic_store(&sleeps, false);
		assert_int_equal(pacer_start(round_until_told), 0);
		wait_for_rounds(1 + i % 8);
		atomic_store(&sleeps, true);
		pacer_stop();
	}
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(said);
	bool any = fgets(text, sizeof(text), said);
	fclose(said);
	if (any)
		fail_msg("%s", text);
}

static _Atomic uint32_t kicks, asleep;
static _Atomic uint64_t looks_ns;

static void words_may_change_while_the_pacer_sleeps(void **state)
{
	start(PACER_NEVER);
	wait_for_rounds(1);
	/* Asleep, or about to be. */
	sched_yield();
	pacer_words_set(&kicks, &asleep, &looks_ns);
	for (int i = 0; i < 1000; i++) {
		uint64_t before = atomic_load(&rounds);

		pacer_kick();
		wait_for_rounds(before + 1);
	}
	assert_true(kicks >= 1000);
	pacer_stop();
}

/* Return: @looks_ns of a pacer that sleeps behind its @count-th round. */
static uint64_t sleeping(uint64_t count)
{
	wait_for_rounds(count);
	while (!atomic_load(&asleep))
		sched_yield();
	return atomic_load(&looks_ns);
}

/* On the words of the test before. */
static void others_can_tell_until_when_it_sleeps(void **state)
{
	uint64_t from_ns = pacer_now_ns();

	start(UINT64_C(3600000000000));
	uint64_t until_ns = sleeping(1);
	assert_true(until_ns >= from_ns + every_ns && until_ns <= pacer_now_ns() + every_ns);
	pacer_prompt(true);
	assert_int_equal(sleeping(2), 0);
	pacer_prompt(true);
	pacer_prompt(false);
	assert_true(sleeping(3) >= until_ns);
	pacer_stop();
	start(PACER_NEVER);
	assert_int_equal(sleeping(1), 0);
	pacer_stop();
}

static void a_forked_child_stops_nothing_and_can_exit(void **state)
{
	int status;

	start(PACER_NEVER);
	wait_for_rounds(1);
	pid_t child = fork();
	if (child == 0) {
		alarm(20);
		pacer_fork_child();
		pacer_kick();
		pacer_stop();
		_exit(7);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	pacer_kick();
	wait_for_rounds(2);
	pacer_stop();
}

/* One processor, and on it a thread that goes on for as long as it waits. */
static void a_real_time_thread_may_wait_for_it_awake(void **state)
{
	struct sched_param param = {.sched_priority = 1};
	int status;

	pid_t child = fork();
	if (child == 0) {
		cpu_set_t here;

		alarm(20);
		CPU_ZERO(&here);
		CPU_SET(sched_getcpu(), &here);
		if (sched_setaffinity(0, sizeof(here), &here) || sched_setscheduler(0, SCHED_FIFO, &param))
			_exit(77);
		start(PACER_NEVER);
		while (!atomic_load(&rounds))
			;
		for (uint64_t i = 2; i < 10; i++) {
			pacer_kick();
			while (atomic_load(&rounds) < i)
				;
		}
		pacer_stop();
		_exit(7);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	/* It may not be allowed. */
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void)
{
	alarm(600);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rounds_come_no_earlier_than_due),
		cmocka_unit_test(what_a_refill_takes_counts),
		cmocka_unit_test(short_waits_are_kept_too),
		cmocka_unit_test(every_kick_is_followed_by_a_round),
		cmocka_unit_test(without_kicks_nothing_happens),
		cmocka_unit_test(the_programs_signals_are_not_for_the_pacer),
		cmocka_unit_test(it_can_be_started_and_stopped_any_number_of_times),
		cmocka_unit_test(it_ends_however_early_it_is_stopped),
		cmocka_unit_test(words_may_change_while_the_pacer_sleeps),
		cmocka_unit_test(others_can_tell_until_when_it_sleeps),
		cmocka_unit_test(a_forked_child_stops_nothing_and_can_exit),
		cmocka_unit_test(a_real_time_thread_may_wait_for_it_awake),
	};
	return cmocka_run_group_tests_name("pacer", tests, NULL, NULL);
}
