/* SPDX-License-Identifier: MIT */
/* Decisions within the process: by settings, by what users ask before and after the first queue. Settings are read once: a child for each. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/aql/arrival.h"
#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/decider.h"
#include "tests/unit/decider_rig.h"

static struct vqueue *vqueue_of(const hsa_queue_t *queue)
{
	struct vqueue *vq;

	assert_int_equal(control_queue(queue, &vq), 0);
	return vq;
}

static struct control_stats stats(const hsa_queue_t *queue)
{
	struct control_stats s;

	assert_int_equal(control_stats_get(vqueue_of(queue), &s), 0);
	return s;
}

static void assert_policy(const char *name)
{
	char got[16];

	assert_int_equal(control_policy_get(got, sizeof(got)), 0);
	assert_string_equal(got, name);
}

static void without_settings_nothing_is_scheduled(void)
{
	rig_runtime_start();
	hsa_queue_t *queue = rig_create(0);

	assert_null(vqueue_of(queue)->squeue);
	assert_int_equal(rig_mode(queue), GATE_BYPASS);
	assert_int_equal(rig_daemon_connections(), 0);
	rig_destroy(queue);
	rig_runtime_stop();
}

static void settings_choose_the_policy_and_hints(void)
{
	int64_t value;

	rig_runtime_start();
	assert_policy("up");
	hsa_queue_t *a = rig_create(0), *b = rig_create(1);
	assert_policy("up");
	assert_int_equal(control_hint_get(vqueue_of(a), SCHED_HINT_UTILIZATION, &value), 0);
	assert_int_equal(value, 30);
	/* Two may have to stop each other. */
	assert_true(rig_mode(a) != GATE_BYPASS && rig_mode(b) != GATE_BYPASS);
	rig_destroy(b);
	assert_int_equal(rig_mode(a), GATE_BYPASS);
	rig_destroy(a);
	rig_runtime_stop();
}

/* Of two queues one has its turn; the other shows the GPU nothing. */
static void one_of_two_is_held(void)
{
	rig_runtime_start();
	hsa_queue_t *a = rig_create(0), *b = rig_create(1);

	rig_submit(a);
	rig_round(0);
	rig_await_published(a, 1);
	rig_submit(b);
	assert_int_equal(rig_published(b), 0);
	assert_true(stats(b).held);
	assert_int_equal(stats(b).level, 1);
	rig_complete(a);
	rig_await_published(b, 1);
	rig_complete(b);
	rig_destroy(a);
	rig_destroy(b);
	rig_runtime_stop();
}

/* A first packet of @queue has come and gone. */
static void begin(hsa_queue_t *queue)
{
	rig_submit(queue);
	rig_await_published(queue, 1);
	rig_complete(queue);
	assert_int_equal(control_wait_idle(vqueue_of(queue), UINT64_C(60000000000)), 0);
}

/* Two queues, of which the low one, of @type, has to make room; its first packet, which is reserved before anything is decided, has gone. */
static void rivals_create(hsa_queue_type32_t type, hsa_queue_t **low_p, hsa_queue_t **high_p)
{
	rig_runtime_start();
	*low_p = rig_create_on(0, 0, type);
	*high_p = rig_create(1);
	assert_int_equal(control_hint_set(vqueue_of(*low_p), SCHED_HINT_PRIORITY, -1), 0);
	begin(*low_p);
}

static void rivals_destroy(hsa_queue_t *low, hsa_queue_t *high)
{
	rig_destroy(low);
	rig_destroy(high);
	rig_runtime_stop();
}

/* What is published and has not started stops at the brake in front of it. */
static void what_is_published_stops_at_a_brake(void)
{
	hsa_queue_t *low, *high;

	rivals_create(HSA_QUEUE_TYPE_MULTI, &low, &high);
	rig_submit(low);
	rig_submit(low);
	rig_await_published(low, 3);
	assert_int_equal(rig_visible(low), 5);
	rig_submit(high);
	rig_await_published(high, 1);
	rig_mode_await(low, GATE_CLOSED);
	rig_complete(low);
	assert_int_equal(control_wait_published(vqueue_of(low), UINT64_C(60000000000)), 0);
	assert_int_equal(stats(low).complete, 1);
	assert_int_equal(stats(low).published, 5);
	assert_int_equal(control_wait_idle(vqueue_of(low), 1000000), -ETIMEDOUT);
	rig_complete(high);
	rig_mode_await(low, GATE_OPEN);
	rig_complete(low);
	assert_int_equal(control_wait_idle(vqueue_of(low), UINT64_C(60000000000)), 0);
	assert_int_equal(stats(low).complete, 5);
	rivals_destroy(low, high);
}

/* While the doorbell of @rings_long is rung, what @completes has in flight completes, and the pacer looks. */
static _Atomic(hsa_queue_t *) rings_long;
static hsa_queue_t *completes;
static uint64_t published_meanwhile;
static _Thread_local bool may_ring_long; /* the pacer rings too, for a gate that it was looking at */

static void ring_long(const hsa_queue_t *queue)
{
	if (queue != atomic_load(&rings_long) || !may_ring_long)
		return;
	atomic_store(&rings_long, NULL);
	/* However long this takes. */
	atomic_store(&vqueue_of(queue)->gate.arrivals->until_ns, UINT64_MAX);
	rig_complete(completes);
	rig_round(0);
	published_meanwhile = rig_published(completes);
}

/* Nobody is about to look at @queue, which has nothing to run: who looked while its doorbell is rung would wait for that. */
static void await_quiet(const hsa_queue_t *queue)
{
	const struct timespec pause = {.tv_nsec = 100000};
	const struct squeue *q = vqueue_of(queue)->squeue;
	bool quiet;

	do {
		nanosleep(&pause, NULL);
		squeue_lock();
		quiet = !q->active && !atomic_load(&q->kicked);
		squeue_unlock();
	} while (!quiet);
}

/* @queue arrives; meanwhile a kernel of @other completes. rig_ring is ring_long(). */
static void arrive(hsa_queue_t *queue, hsa_queue_t *other)
{
	completes = other;
	may_ring_long = true;
	atomic_store(&rings_long, queue);
	for (;;) {
		await_quiet(queue);
		rig_submit(queue);
		if (!atomic_load(&rings_long))
			return;
		rig_complete(queue);
		assert_int_equal(control_wait_idle(vqueue_of(queue), UINT64_C(60000000000)), 0);
	}
}

static void nothing_more_of_the_low_one_goes_while_the_high_one_arrives(void)
{
	hsa_queue_t *low, *high;

	rig_ring = ring_long;
	rivals_create(HSA_QUEUE_TYPE_MULTI, &low, &high);
	begin(high);
	for (int i = 0; i < 4; i++)
		rig_submit(low);
	rig_await_published(low, 3);
	arrive(high, low);
	assert_int_equal(published_meanwhile, 3);
	/* Nor behind it: by then it is held. */
	rig_round(0);
	assert_int_equal(rig_mode(low), GATE_CLOSED);
	assert_int_equal(rig_published(low), 3);
	rig_complete(high);
	rig_await_published(low, 5);
	rig_complete(low);
	rivals_destroy(low, high);
}

static void who_arrives_on_another_gpu_keeps_nobody_waiting(void)
{
	rig_ring = ring_long;
	rig_runtime_start();
	hsa_queue_t *a = rig_create_on(0, 0, HSA_QUEUE_TYPE_MULTI), *b = rig_create_on(1, 1, HSA_QUEUE_TYPE_MULTI);

	begin(a);
	begin(b);
	for (int i = 0; i < 4; i++)
		rig_submit(a);
	rig_await_published(a, 3);
	arrive(b, a);
	assert_int_equal(published_meanwhile, 5);
	rig_complete(a);
	rig_complete(b);
	rig_destroy(a);
	rig_destroy(b);
	rig_runtime_stop();
}

static void what_waited_goes_when_the_decision_lets_it(void)
{
	rig_ring = ring_long;
	rig_runtime_start();
	hsa_queue_t *a = rig_create(0), *b = rig_create(1);

	begin(a);
	begin(b);
	for (int i = 0; i < 4; i++)
		rig_submit(a);
	rig_await_published(a, 3);
	arrive(b, a);
	assert_int_equal(published_meanwhile, 3);
	rig_await_published(a, 5);
	rig_complete(a);
	rig_complete(b);
	rig_destroy(a);
	rig_destroy(b);
	rig_runtime_stop();
}

static uint64_t brakes(const hsa_queue_t *queue)
{
	return vqueue_of(queue)->squeue->track.stats.brakes;
}

static void level_1_has_no_brakes(void)
{
	hsa_queue_t *low, *high;

	rivals_create(HSA_QUEUE_TYPE_MULTI, &low, &high);
	rig_submit(low);
	rig_await_published(low, 2);
	assert_int_equal(brakes(low), 0);
	rig_complete(low);
	/* Asked for later, they are there from then on. */
	assert_int_equal(control_hint_set(vqueue_of(low), SCHED_HINT_LEVEL, 2), 0);
	rig_submit(low);
	rig_await_published(low, 3);
	rig_complete(low);
	rig_submit(low);
	rig_await_published(low, 4);
	assert_true(brakes(low) > 0);
	rig_complete(low);
	rivals_destroy(low, high);
}

/* Who reserves without looking whether others did finds what it expects. */
static void a_queue_of_one_producer_has_no_brakes(void)
{
	hsa_queue_t *low, *high;

	rivals_create(HSA_QUEUE_TYPE_SINGLE, &low, &high);
	rig_submit(low);
	rig_await_published(low, 2);
	assert_int_equal(brakes(low), 0);
	rig_complete(low);
	rivals_destroy(low, high);
}

/* Its second packet, which is published, is behind a brake. */
static hsa_queue_t *suspended_at_a_brake(void)
{
	rig_runtime_start();
	hsa_queue_t *a = rig_create(0);

	begin(a);
	rig_submit(a);
	rig_await_published(a, 2);
	assert_int_equal(control_suspend(vqueue_of(a), 2), 0);
	return a;
}

/* Suspended at level 1, it has what is published done; at level 2 not. */
static void users_say_whether_brakes_hold(void)
{
	hsa_queue_t *a = suspended_at_a_brake();

	rig_complete(a);
	assert_int_equal(control_wait_idle(vqueue_of(a), 1000000), -ETIMEDOUT);
	assert_int_equal(control_wait_published(vqueue_of(a), UINT64_C(60000000000)), 0);
	assert_int_equal(control_suspend(vqueue_of(a), 1), 0);
	assert_int_equal(control_wait_published(vqueue_of(a), 1000000), -ETIMEDOUT);
	rig_complete(a);
	assert_int_equal(control_wait_idle(vqueue_of(a), UINT64_C(60000000000)), 0);
	assert_int_equal(control_resume(vqueue_of(a)), 0);
	rig_destroy(a);
	rig_runtime_stop();
}

static _Atomic bool completing;

static void *complete_later(void *queue)
{
	usleep(100000);
	atomic_store(&completing, true);
	rig_complete(queue);
	return NULL;
}

/* What stood at a brake when its queue is destroyed would natively have run. */
static void the_end_of_a_queue_waits_for_what_was_stopped(void)
{
	pthread_t thread;

	hsa_queue_t *a = suspended_at_a_brake();

	assert_int_equal(pthread_create(&thread, NULL, complete_later, a), 0);
	rig_destroy(a);
	assert_true(atomic_load(&completing));
	pthread_join(thread, NULL);
	rig_runtime_stop();
}

/* Kernels of one launch on two GPUs wait for each other: what stops one stops the other. Other queues go on. */
static void cooperative_queues_are_one_on_all_gpus(void)
{
	rig_runtime_start();
	hsa_queue_t *part[] = {rig_create_on(0, 0, HSA_QUEUE_TYPE_COOPERATIVE), rig_create_on(1, 1, HSA_QUEUE_TYPE_COOPERATIVE)};
	hsa_queue_t *other = rig_create_on(2, 1, HSA_QUEUE_TYPE_MULTI), *urgent = rig_create_on(3, 0, HSA_QUEUE_TYPE_MULTI);

	assert_int_equal(control_hint_set(vqueue_of(other), SCHED_HINT_PRIORITY, -1), 0);
	assert_int_equal(control_hint_set(vqueue_of(urgent), SCHED_HINT_PRIORITY, 1), 0);
	rig_submit(part[0]);
	rig_submit(part[1]);
	rig_await_published(part[0], 1);
	rig_await_published(part[1], 1);
	rig_submit(other);
	assert_int_equal(rig_published(other), 0);
	rig_submit(urgent);
	rig_await_published(urgent, 1);
	rig_mode_await(part[0], GATE_CLOSED);
	rig_mode_await(part[1], GATE_CLOSED);
	rig_submit(part[1]);
	assert_int_equal(rig_published(part[1]), 1);
	assert_int_equal(stats(part[1]).reason, SCHED_BECAUSE_JOB);
	rig_await_published(other, 1);
	rig_complete(other);
	rig_complete(part[0]);
	rig_complete(part[1]);
	rig_complete(urgent);
	rig_await_published(part[1], 2);
	rig_complete(part[1]);
	/* Alone on its GPU, it is a queue like others. */
	rig_destroy(part[0]);
	rig_submit(part[1]);
	rig_await_published(part[1], 3);
	rig_submit(urgent);
	rig_await_published(urgent, 2);
	assert_int_equal(rig_mode(part[1]), GATE_OPEN);
	rig_complete(part[1]);
	rig_complete(urgent);
	rig_destroy(part[1]);
	rig_destroy(other);
	rig_destroy(urgent);
	rig_runtime_stop();
}

/* Under a policy for jobs a process has one turn for all its queues. */
static void a_cooperative_queue_takes_no_turns_with_the_others(void)
{
	rig_runtime_start();
	hsa_queue_t *a = rig_create_on(0, 0, HSA_QUEUE_TYPE_COOPERATIVE), *b = rig_create(1);

	rig_submit(a);
	rig_submit(b);
	assert_int_equal(rig_published(a), 1);
	assert_int_equal(rig_published(b), 1);
	rig_complete(a);
	rig_complete(b);
	rig_destroy(a);
	rig_destroy(b);
	rig_runtime_stop();
}

static void what_users_ask_counts_before_and_after_the_first_queue(void)
{
	int64_t value;

	rig_runtime_start();
	assert_int_equal(control_policy_set("no such"), -ENOENT);
	assert_int_equal(control_policy_set("a name that is longer than any policy's"), -ENOENT);
	assert_policy("fifo");
	assert_int_equal(control_policy_set("hpf"), 0);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_PRIORITY, 4), 0);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_KDEADLINE, 3), 0);
	hsa_queue_t *a = rig_create(0);
	assert_policy("hpf");
	assert_int_equal(control_hint_get(vqueue_of(a), SCHED_HINT_PRIORITY, &value), 0);
	assert_int_equal(value, 4);
	assert_int_equal(rig_mode(a), GATE_BYPASS);
	/* Not executed. */
	assert_int_equal(control_hint_set(vqueue_of(a), SCHED_HINT_PRIORITY, SCHED_PRIORITY_NO_EXECUTE), 0);
	rig_submit(a);
	assert_int_equal(rig_published(a), 0);
	assert_int_equal(stats(a).reason, SCHED_BECAUSE_NO_EXECUTE);
	assert_int_equal(control_hint_set(vqueue_of(a), SCHED_HINT_PRIORITY, SCHED_HINT_UNSET), 0);
	assert_int_equal(rig_published(a), 1);
	rig_complete(a);
	/* Packets, then time, then neither. */
	assert_int_equal(control_window_pkts(vqueue_of(a), 2), 0);
	for (int i = 0; i < 4; i++)
		rig_submit(a);
	assert_int_equal(rig_published(a), 3);
	assert_int_equal(stats(a).window_pkts, 2);
	assert_int_equal(control_window_pkts(vqueue_of(a), 0), 0);
	assert_int_equal(rig_published(a), 5);
	assert_true(stats(a).window_ns == SCHED_UNLIMITED);
	assert_int_equal(control_hint_set(vqueue_of(a), SCHED_HINT_WINDOW, 50), 0);
	assert_int_equal(stats(a).window_ns, 50000);
	assert_int_equal(control_hint_set(vqueue_of(a), SCHED_HINT_WINDOW, SCHED_HINT_UNSET), 0);
	assert_true(stats(a).window_ns == SCHED_UNLIMITED);
	assert_int_equal(rig_mode(a), GATE_BYPASS);
	rig_complete(a);
	rig_destroy(a);
	rig_runtime_stop();
	/* Another runtime of the same process begins with the settings. */
	rig_runtime_start();
	assert_int_equal(control_hint_get(NULL, SCHED_HINT_PRIORITY, &value), 0);
	assert_int_equal(value, 0);
	rig_runtime_stop();
}

static void a_suspended_process_stays_so_for_queues_to_come(void)
{
	rig_runtime_start();
	assert_int_equal(control_suspend(NULL, 2), 0);
	hsa_queue_t *a = rig_create(0), *b = rig_create(1);

	rig_submit(a);
	rig_submit(b);
	assert_int_equal(rig_published(a) + rig_published(b), 0);
	assert_int_equal(stats(b).reason, SCHED_BECAUSE_SUSPENDED);
	assert_int_equal(stats(b).level, 2);
	assert_int_equal(stats(b).holds, 1);
	assert_int_equal(control_resume(vqueue_of(a)), 0);
	assert_int_equal(rig_published(a), 1);
	assert_int_equal(rig_published(b), 0);
	assert_int_equal(control_resume(NULL), 0);
	assert_int_equal(rig_published(b), 1);
	rig_complete(a);
	rig_complete(b);
	hsa_queue_t *c = rig_create(2);
	rig_submit(c);
	assert_int_equal(rig_published(c), 1);
	rig_complete(c);
	rig_destroy(a);
	rig_destroy(b);
	rig_destroy(c);
	rig_runtime_stop();
}

static void queues_that_were_there_are_scheduled_from_the_first_call_on(void)
{
	rig_runtime_start();
	hsa_queue_t *a = rig_create(0);

	rig_submit(a);
	assert_null(vqueue_of(a)->squeue);
	assert_int_equal(control_suspend(NULL, 1), 0);
	rig_submit(a);
	assert_int_equal(rig_published(a), 1);
	assert_int_equal(stats(a).reserved, 2);
	assert_int_equal(control_wait_idle(vqueue_of(a), 1000000), -ETIMEDOUT);
	rig_complete(a);
	assert_int_equal(control_wait_published(vqueue_of(a), UINT64_C(60000000000)), 0);
	/* Given back to who decides now, it is still suspended. */
	struct decider same = decider_local;
	squeue_lock();
	decider_switch(&same);
	squeue_unlock();
	assert_int_equal(rig_published(a), 1);
	assert_int_equal(control_resume(NULL), 0);
	assert_int_equal(rig_published(a), 2);
	rig_complete(a);
	rig_destroy(a);
	rig_runtime_stop();
	assert_int_equal(control_suspend(NULL, 1), -ESHUTDOWN);
}

static void a_socket_of_the_name_off_is_none(void)
{
	rig_daemon_path();
	rig_daemon_start(RIG_WELCOME);
	setenv("XSCHED_HSA_SOCKET", "off", 1);
	rig_runtime_start();
	hsa_queue_t *queue = rig_create(0);

	assert_string_equal(rig_decider(), "this process");
	rig_submit(queue);
	rig_complete(queue);
	rig_destroy(queue);
	rig_runtime_stop();
	assert_int_equal(rig_daemon_connections(), 0);
	rig_daemon_stop();
}

/* A child runs @test alone: an assertion that fails ends the child, and is told with its place. */
static void in_child(const char *settings[][2], struct CMUnitTest test)
{
	int status;
	pid_t child = fork();

	if (!child) {
		alarm(60);
		setenv("XSCHED_HSA_SOCKET", "off", 1);
		for (; (*settings)[0]; settings++)
			setenv((*settings)[0], (*settings)[1], 1);
		cmocka_set_test_filter(NULL);
		_exit(_cmocka_run_group_tests("child", &test, 1, NULL, NULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define CHILD_TEST(test, ...)                                                                \
	static void test##_in_child(void **state)                                            \
	{                                                                                    \
		test();                                                                      \
	}                                                                                    \
	static void test##_(void **state)                                                    \
	{                                                                                    \
		static const char *settings[][2] = {__VA_ARGS__ __VA_OPT__(,) {NULL, NULL}}; \
		in_child(settings, (struct CMUnitTest)cmocka_unit_test(test##_in_child));    \
	}
CHILD_TEST(without_settings_nothing_is_scheduled)
CHILD_TEST(settings_choose_the_policy_and_hints, {"XSCHED_HSA_POLICY", "up"}, {"XSCHED_HSA_SHARE", "30"})
CHILD_TEST(one_of_two_is_held, {"XSCHED_HSA_POLICY", "up"}, {"XSCHED_HSA_LEVEL", "1"}, {"XSCHED_HSA_TIMESLICE_US", "10000000"})
CHILD_TEST(what_is_published_stops_at_a_brake, {"XSCHED_HSA_POLICY", "hpf"})
CHILD_TEST(nothing_more_of_the_low_one_goes_while_the_high_one_arrives, {"XSCHED_HSA_POLICY", "hpf"}, {"XSCHED_HSA_LEVEL", "1"}, {"XSCHED_HSA_WINDOW", "2"})
CHILD_TEST(who_arrives_on_another_gpu_keeps_nobody_waiting, {"XSCHED_HSA_LEVEL", "1"}, {"XSCHED_HSA_WINDOW", "2"})
CHILD_TEST(what_waited_goes_when_the_decision_lets_it, {"XSCHED_HSA_LEVEL", "1"}, {"XSCHED_HSA_WINDOW", "2"})
CHILD_TEST(level_1_has_no_brakes, {"XSCHED_HSA_POLICY", "hpf"}, {"XSCHED_HSA_LEVEL", "1"})
CHILD_TEST(a_queue_of_one_producer_has_no_brakes, {"XSCHED_HSA_POLICY", "hpf"})
CHILD_TEST(users_say_whether_brakes_hold, {"XSCHED_HSA_WINDOW_US", "200"})
CHILD_TEST(the_end_of_a_queue_waits_for_what_was_stopped, {"XSCHED_HSA_WINDOW_US", "200"}, {"XSCHED_HSA_DRAIN_MS", "60000"})
CHILD_TEST(cooperative_queues_are_one_on_all_gpus, {"XSCHED_HSA_POLICY", "hpf"}, {"XSCHED_HSA_LEVEL", "1"})
CHILD_TEST(a_cooperative_queue_takes_no_turns_with_the_others, {"XSCHED_HSA_POLICY", "pup"}, {"XSCHED_HSA_TIMESLICE_US", "10000000"})
CHILD_TEST(what_users_ask_counts_before_and_after_the_first_queue)
CHILD_TEST(a_suspended_process_stays_so_for_queues_to_come)
CHILD_TEST(queues_that_were_there_are_scheduled_from_the_first_call_on)
CHILD_TEST(a_socket_of_the_name_off_is_none, {"XSCHED_HSA_POLICY", "fifo"})

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_settings_nothing_is_scheduled_),
		cmocka_unit_test(settings_choose_the_policy_and_hints_),
		cmocka_unit_test(one_of_two_is_held_),
		cmocka_unit_test(what_is_published_stops_at_a_brake_),
		cmocka_unit_test(nothing_more_of_the_low_one_goes_while_the_high_one_arrives_),
		cmocka_unit_test(who_arrives_on_another_gpu_keeps_nobody_waiting_),
		cmocka_unit_test(what_waited_goes_when_the_decision_lets_it_),
		cmocka_unit_test(level_1_has_no_brakes_),
		cmocka_unit_test(a_queue_of_one_producer_has_no_brakes_),
		cmocka_unit_test(users_say_whether_brakes_hold_),
		cmocka_unit_test(the_end_of_a_queue_waits_for_what_was_stopped_),
		cmocka_unit_test(cooperative_queues_are_one_on_all_gpus_),
		cmocka_unit_test(a_cooperative_queue_takes_no_turns_with_the_others_),
		cmocka_unit_test(what_users_ask_counts_before_and_after_the_first_queue_),
		cmocka_unit_test(a_suspended_process_stays_so_for_queues_to_come_),
		cmocka_unit_test(queues_that_were_there_are_scheduled_from_the_first_call_on_),
		cmocka_unit_test(a_socket_of_the_name_off_is_none_),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("local", tests, NULL, NULL);
}
