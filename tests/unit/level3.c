/* SPDX-License-Identifier: MIT */
/* What scheduled queues ask of level 3, with a mechanism that does what the test says: the functions of src/cwsr that the library calls. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cwsr/cwsr.h"
#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/rounds.h"
#include "tests/unit/decider_rig.h"

#ifndef XS_CWSR
int main(void)
{
	print_message("skipped: configured with --disable-cwsr\n");
	return 77;
}
#else

/* ---- the mechanism ---- */

struct cwsr_queue {
	struct squeue *owner;
	_Atomic int asked; /* -1: not since the latest answer */
	unsigned requests;
	bool tracked, suspended;
	struct cwsr_queue_stats stats;
};
static struct cwsr_queue hw[RIG_QUEUES];
static struct cwsr_ops ops;
static int refuse;
static _Atomic uint64_t cost_ns;

int cwsr_start(const struct cwsr_config *c, const struct cwsr_ops *o)
{
	ops = *o;
	return 0;
}

void cwsr_stop(void)
{
}

void cwsr_fork_child(void)
{
}

struct cwsr_queue *cwsr_queue_track(const void *ring_base, uint64_t ring_bytes, void *owner)
{
	struct cwsr_queue *q = hw;

	while (q->tracked)
		q++;
	*q = (struct cwsr_queue){.owner = owner, .asked = -1, .tracked = true};
	return q;
}

void cwsr_queue_forget(struct cwsr_queue *q)
{
	if (q)
		q->tracked = false;
}

int cwsr_request(struct cwsr_queue *q, bool suspend)
{
	assert_true(q->tracked);
	if (suspend && refuse)
		return refuse;
	q->asked = suspend;
	q->requests++;
	return 0;
}

int cwsr_request_later(struct cwsr_queue *q, bool suspend)
{
	return cwsr_request(q, suspend);
}

/* The pacer may be kept in a call of the driver's. */
static _Atomic int serving; /* 1: its next call is to be kept; 2: it is */

static _Atomic bool continued; /* it was called with the first queue's waves to be continued */

void cwsr_serve(void)
{
	const struct timespec pause = {.tv_nsec = 100000};

	if (hw[0].asked == false)
		continued = true;
	if (!pacer_is_self() || serving != 1)
		return;
	serving = 2;
	while (serving)
		nanosleep(&pause, NULL);
}

static void pacer_keep(struct vqueue *served)
{
	const struct timespec pause = {.tv_nsec = 100000};

	serving = 1;
	assert_int_equal(control_suspend(served, 3), 0);
	while (serving != 2)
		nanosleep(&pause, NULL);
}

struct cwsr_queue_stats cwsr_queue_stats_get(const struct cwsr_queue *q)
{
	return q->stats;
}

void cwsr_gpu_info_each(void (*fn)(const struct cwsr_gpu_info *i, void *ctx), void *ctx)
{
}

void cwsr_prepare(struct cwsr_queue *q)
{
}

uint64_t cwsr_cost_ns(const struct cwsr_queue *q)
{
	return cost_ns;
}

static void answer(bool suspended, int error)
{
	hw[0].stats.saves += suspended && !hw[0].suspended;
	hw[0].suspended = suspended;
	ops.done(ops.ctx, hw[0].owner, suspended, error);
}

/* ---- the tests ---- */

static hsa_queue_t *queue;
static struct vqueue *vq;

/* One queue with a packet in flight. */
static int setup(void **state)
{
	refuse = 0;
	cost_ns = SCHED_UNLIMITED;
	rig_runtime_start();
	assert_int_equal(control_window_pkts(NULL, 4), 0);
	queue = rig_create(0);
	assert_int_equal(control_queue(queue, &vq), 0);
	rig_submit(queue);
	return 0;
}

static int teardown(void **state)
{
	control_resume(NULL);
	rig_complete(queue);
	rig_destroy(queue);
	rig_runtime_stop();
	return 0;
}

static struct control_stats stats(void)
{
	struct control_stats s;

	assert_int_equal(control_stats_get(vq, &s), 0);
	return s;
}

static void waves_are_saved_and_continued(void **state)
{
	assert_int_equal(control_suspend(vq, 1), 0);
	assert_int_equal(hw[0].requests, 0);
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(hw[0].asked, true);
	/* Only what was done counts. */
	assert_int_equal(stats().saves, 0);
	answer(true, 0);
	assert_int_equal(stats().saves, 1);
	assert_int_equal(control_resume(vq), 0);
	assert_int_equal(hw[0].asked, false);
	answer(false, 0);
	assert_int_equal(hw[0].requests, 2);
	assert_int_equal(stats().saves, 1);
}

static _Atomic unsigned rings, rings_too_soon;

static void ring_expected(const hsa_queue_t *rung)
{
	if (rung != queue)
		return;
	rings++;
	rings_too_soon += !continued;
}

static void ring_set(void (*ring)(const hsa_queue_t *rung))
{
	squeue_lock();
	rig_ring = ring;
	squeue_unlock();
}

/* A doorbell may take as long as the driver. */
static void waves_are_continued_before_the_doorbell_is_rung(void **state)
{
	for (int i = 0; i < 20; i++) {
		assert_int_equal(control_suspend(vq, 3), 0);
		answer(true, 0);
		rig_submit(queue);
		rings = rings_too_soon = 0;
		continued = false;
		ring_set(ring_expected);
		assert_int_equal(control_resume(vq), 0);
		rig_await_published(queue, 2 + i);
		/* Whoever published rings before it gives the lock back. */
		ring_set(NULL);
		assert_int_equal(hw[0].asked, false);
		answer(false, 0);
		assert_int_not_equal(rings, 0);
		assert_int_equal(rings_too_soon, 0);
		rig_complete(queue);
	}
}

/* Saved waves are in flight, and do not go on. */
static void who_suspends_need_not_wait_for_the_end(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(control_wait_published(vq, 1000000), -ETIMEDOUT);
	answer(true, 0);
	assert_int_equal(control_wait_published(vq, UINT64_C(10000000000)), 0);
	assert_int_equal(control_wait_idle(vq, 1000000), -ETIMEDOUT);
}

static void a_suspension_at_a_lower_level_lets_waves_go_on(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(true, 0);
	rig_submit(queue);
	assert_int_equal(control_suspend(vq, 1), 0);
	assert_int_equal(hw[0].asked, false);
	answer(false, 0);
	assert_true(stats().held);
	assert_int_equal(rig_published(queue), 1);
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(hw[0].asked, true);
	answer(true, 0);
}

static void a_save_that_a_resumption_overtook_counts(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(control_resume(vq), 0);
	/* Both were done before either was told. */
	hw[0].stats = (struct cwsr_queue_stats){.saves = 1, .saved_ns = 5000};
	squeue_lock();
	uint64_t progress_ns = squeue_of(vq)->drain.progress_ns;
	squeue_unlock();
	answer(false, 0);
	assert_int_equal(stats().saves, 1);
	squeue_lock();
	assert_true(squeue_of(vq)->drain.progress_ns >= progress_ns + 5000);
	squeue_unlock();
}

static void what_the_runtime_needed_is_asked_for_again(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(true, 0);
	hw[0].asked = -1;
	answer(false, -EBUSY);
	assert_int_equal(hw[0].asked, true);
	answer(true, 0);
	assert_int_equal(stats().saves, 2);
	assert_int_equal(hw[0].requests, 2);
}

static void what_cannot_be_saved_is_not_asked_for_for_ever(void **state)
{
	const int errors[] = {-ESRCH, -EOPNOTSUPP};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(control_suspend(vq, 3), 0);
		assert_int_equal(hw[0].asked, true);
		hw[0].asked = -1;
		answer(false, errors[i]);
		assert_int_equal(hw[0].asked, -1);
		assert_int_equal(control_resume(vq), 0);
		assert_int_equal(hw[0].asked, -1);
	}
	/* Each decision tries once. */
	assert_int_equal(hw[0].requests, 2);
	refuse = -EOPNOTSUPP;
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(control_resume(vq), 0);
	assert_int_equal(hw[0].requests, 2);
}

static void an_answer_to_an_earlier_question_changes_no_later_one(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(true, 0);
	/* The runtime needed it; before that is told, others ask twice. */
	assert_int_equal(control_resume(vq), 0);
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(false, -EBUSY);
	assert_int_equal(hw[0].asked, true);
	answer(true, 0);
	assert_int_equal(control_resume(vq), 0);
	assert_int_equal(hw[0].asked, false);
	answer(false, 0);
	/* The other way round. */
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(control_resume(vq), 0);
	answer(true, 0);
	assert_int_equal(hw[0].asked, false);
	answer(false, 0);
	/* And one that says "impossible" to what was asked before the latest was served. */
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_int_equal(control_resume(vq), 0);
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(false, -ESRCH);
	assert_int_equal(control_resume(vq), 0);
	hw[0].asked = -1;
	answer(true, 0);
	assert_int_equal(hw[0].asked, false);
	answer(false, 0);
}

/* In the pacer's place; the pacer has rounds of its own, which change nothing here. */
static uint64_t next_round_ns(void)
{
	return round_all(pacer_now_ns());
}

static void nothing_is_looked_for_while_waves_are_saved(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	assert_true(next_round_ns() != PACER_NEVER);
	answer(true, 0);
	assert_true(next_round_ns() == PACER_NEVER);
	assert_int_equal(control_resume(vq), 0);
	answer(false, 0);
	assert_true(next_round_ns() != PACER_NEVER);
}

static void time_that_waves_were_saved_is_not_taken_for_running(void **state)
{
	assert_int_equal(control_suspend(vq, 3), 0);
	next_round_ns();
	squeue_lock();
	struct squeue *q = squeue_of(vq);
	uint64_t progress_ns = q->drain.progress_ns;
	squeue_unlock();
	answer(true, 0);
	/* An hour, not waited for. */
	hw[0].stats.saved_ns += UINT64_C(3600000000000);
	assert_int_equal(control_resume(vq), 0);
	answer(false, 0);
	squeue_lock();
	uint64_t later_ns = q->drain.progress_ns;
	squeue_unlock();
	assert_true(later_ns >= progress_ns + UINT64_C(3600000000000));
}

static int refuses(struct squeue *q, uint64_t now_ns)
{
	return -ENOSPC;
}

static void a_queue_that_no_decider_takes_runs(void **state)
{
	struct decider full = decider_local;

	full.name = "full";
	full.add = refuses;
	assert_int_equal(control_suspend(vq, 3), 0);
	answer(true, 0);
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 1);
	squeue_lock();
	decider_switch(&full);
	squeue_unlock();
	assert_int_equal(hw[0].asked, false);
	rig_await_published(queue, 2);
	answer(false, 0);
	squeue_lock();
	decider_switch(&decider_local);
	squeue_unlock();
}

static hsa_queue_t *low, *high;
static struct vqueue *vq_low, *vq_high;

/* Beside the queue of all tests two more, of which the second comes first. */
static void rivals_create(void)
{
	low = rig_create(1);
	high = rig_create(2);
	assert_int_equal(control_policy_set("hpf"), 0);
	assert_int_equal(control_hint_set(vq, SCHED_HINT_PRIORITY, SCHED_PRIORITY_NO_EXECUTE), 0);
	assert_int_equal(control_queue(low, &vq_low), 0);
	assert_int_equal(control_queue(high, &vq_high), 0);
	assert_int_equal(control_hint_set(vq_high, SCHED_HINT_PRIORITY, 1), 0);
	next_round_ns();
}

static void rivals_destroy(void)
{
	rig_complete(low);
	rig_complete(high);
	rig_destroy(low);
	rig_destroy(high);
	assert_int_equal(control_hint_set(vq, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET), 0);
	assert_int_equal(control_policy_set("fifo"), 0);
}

/* Until the time limit, if it is lost. */
static void await_low_asked(void)
{
	struct timespec pause = {.tv_nsec = 100000};

	for (bool asked = false; !asked; nanosleep(&pause, NULL)) {
		squeue_lock();
		asked = squeue_of(vq_low)->asked;
		squeue_unlock();
	}
}

/*
 * A gate was open for a moment, and before anybody looked what it let through, somebody of a higher priority came. The lock keeps rounds of
 * the pacer away until then.
 */
static void what_nobody_looked_at_is_found_later(void **state)
{
	cost_ns = 1000;
	rivals_create();
	squeue_lock();
	rig_submit(low);
	decider_now()->ready(squeue_of(vq_low), pacer_now_ns());
	assert_int_equal(rig_published(low), 1);
	rig_submit(high);
	decider_now()->ready(squeue_of(vq_high), pacer_now_ns());
	assert_int_equal(squeue_of(vq_low)->decision.gate, SCHED_GATE_HOLD);
	squeue_unlock();
	await_low_asked();
	rivals_destroy();
}

static bool in_time;

/* The driver may take as long for the doorbell as for waves: who rings has the gate meanwhile. */
static void ring_slowly(const hsa_queue_t *rung)
{
	const struct timespec pause = {.tv_nsec = 100000};

	for (int i = 0; rung == high && i < 1000 && !in_time; i++) {
		nanosleep(&pause, NULL);
		in_time = atomic_load(&hw[1].asked) == true;
	}
}

static void waves_are_stopped_while_the_doorbell_is_rung(void **state)
{
	struct timespec pause = {.tv_nsec = 100000};
	uint64_t until_ns;

	cost_ns = 1;
	rivals_create();
	rig_submit(low);
	/* Until it is seen to take longer than that. */
	do {
		nanosleep(&pause, NULL);
		squeue_lock();
		until_ns = squeue_of(vq_low)->active ? squeue_of(vq_low)->drain.end_ns : UINT64_MAX;
		squeue_unlock();
	} while (until_ns >= pacer_now_ns());
	rig_ring = ring_slowly;
	in_time = false;
	/* A pacer that is in the middle of a round waits for the gate: not each time. */
	for (int i = 0; i < 20 && !in_time; i++) {
		atomic_store(&hw[1].asked, -1);
		rig_submit(high);
		rig_complete(high);
		next_round_ns();
	}
	rig_ring = NULL;
	assert_true(in_time);
	rivals_destroy();
}

static bool looks_itself(bool stirred)
{
	struct squeue *q = squeue_of(vq_high);

	atomic_store(&q->began_ns, 0);
	atomic_store(&q->stirred, stirred);
	squeue_busy(vq_high);
	return !atomic_load(&q->kicked);
}

static void who_rings_leaves_it_to_the_pacer_that_was_woken(void **state)
{
	rivals_create();
	rig_submit(low);
	pacer_keep(vq);
	next_round_ns();
	/* It runs for longer than a nanosecond, and for less than a minute. */
	squeue_of(vq_low)->cost_ns = 1;
	assert_true(looks_itself(false));
	assert_false(looks_itself(true));
	squeue_of(vq_low)->cost_ns = UINT64_C(60) * 1000000000;
	assert_true(looks_itself(true));
	squeue_of(vq_low)->cost_ns = 1;
	assert_false(looks_itself(true));
	rig_complete(low);
	next_round_ns();
	assert_true(looks_itself(true));
	serving = 0;
	assert_int_equal(control_resume(vq), 0);
	rivals_destroy();
}

/* Between the doorbell and the pacer's round the packet completed, and the thread that rang saw it. */
static void who_was_rung_for_and_is_idle_again_holds_nobody(void **state)
{
	cost_ns = 1;
	rivals_create();
	rig_submit(low);
	next_round_ns();
	squeue_lock();
	atomic_store(&squeue_of(vq_high)->kicked, false);
	atomic_store(&squeue_of(vq_high)->stirred, true);
	squeue_unlock();
	next_round_ns();
	squeue_lock();
	enum sched_gate gate = squeue_of(vq_low)->decision.gate;
	squeue_unlock();
	assert_int_equal(gate, SCHED_GATE_RUN);
	rivals_destroy();
}

/* It was held while its kernel was to end soon, and that was so, but nobody has looked since. */
static void who_has_come_to_its_end_is_not_stopped(void **state)
{
	/* Long against what the host may take to get to the second submission. */
	const struct timespec twice = {.tv_nsec = 600000000};

	cost_ns = 300000000;
	rivals_create();
	rig_submit(low);
	next_round_ns();
	squeue_lock();
	rig_submit(high);
	decider_now()->ready(squeue_of(vq_high), pacer_now_ns());
	struct sched_effect held = squeue_of(vq_low)->decision;
	rig_complete_locked(low);
	nanosleep(&twice, NULL);
	squeue_unlock();
	assert_int_equal(held.gate, SCHED_GATE_HOLD);
	assert_int_equal(held.level, 2);
	next_round_ns();
	assert_int_equal(hw[1].asked, -1);
	rivals_destroy();
}

static uint64_t told_cost_ns(void)
{
	squeue_lock();
	uint64_t told_ns = squeue_of(vq)->cost_ns;
	squeue_unlock();
	return told_ns;
}

static void a_cost_is_told_when_it_becomes_known(void **state)
{
	next_round_ns();
	assert_true(told_cost_ns() == SCHED_UNLIMITED);
	cost_ns = 12345;
	next_round_ns();
	assert_int_equal(told_cost_ns(), 12345);
}

static void a_cost_is_told_again_when_it_is_clearly_another(void **state)
{
	const struct {
		uint64_t is_ns, told_ns;
	} row[] = {{1000, 1000}, {1250, 1000}, {750, 1000}, {1251, 1251}, {939, 1251}, {938, 938}, {SCHED_UNLIMITED, SCHED_UNLIMITED}, {1, 1},
		{2, 2}, {UINT64_MAX - 1, UINT64_MAX - 1}};

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cost_ns = row[i].is_ns;
		next_round_ns();
		assert_int_equal(told_cost_ns(), row[i].told_ns);
	}
}

/* Under a daemon, which has just heard of the queue. */
static uint32_t slot;

static int setup_told(void **state)
{
	cost_ns = UINT64_C(10) * 1000000000;
	rig_daemon_start(RIG_WELCOME);
	rig_runtime_start();
	queue = rig_create(0);
	slot = rig_daemon_next(IPC_QUEUE_NEW).queue_new.slot;
	return control_queue(queue, &vq);
}

static int teardown_told(void **state)
{
	rig_complete(queue);
	rig_destroy(queue);
	rig_runtime_stop();
	rig_daemon_stop();
	return 0;
}

/* A packet runs, and the daemon decides to hold its queue. Return: whether something was told since. */
static bool hold_while_it_runs(void)
{
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_RUN, 1, SCHED_BECAUSE_TURN, 1000000));
	rig_submit(queue);
	rig_await_published(queue, 1);
	rig_round(0);
	atomic_store(&rig_daemon_page()->dirty, 0);
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_HOLD, 1, SCHED_BECAUSE_OUTRANKED, 0));
	rig_round(0);
	return atomic_exchange(&rig_daemon_page()->dirty, 0);
}

static bool kicks_after(unsigned seconds)
{
	rig_round((int64_t)seconds * 1000000000);
	return atomic_exchange(&rig_daemon_page()->dirty, 0);
}

static void what_outlasts_what_was_expected_is_told_once(void **state)
{
	const struct ipc_slot *s = &rig_daemon_page()->slot[slot];

	assert_false(hold_while_it_runs());
	assert_true(drain_is_brief(atomic_load(&s->most_ns), cost_ns));
	assert_false(kicks_after(1));
	assert_true(kicks_after(20));
	assert_true(atomic_load(&rig_daemon_page()->changed[slot / 64]) & UINT64_C(1) << slot % 64);
	assert_false(kicks_after(30));
}

/* When it decided, the daemon may have seen what was told before. */
static void it_is_told_whatever_was_told_last(void **state)
{
	cost_ns = 1000;
	assert_true(hold_while_it_runs());
	assert_false(drain_is_brief(atomic_load(&rig_daemon_page()->slot[slot].most_ns), cost_ns));
	assert_false(kicks_after(20));
}

static void the_hardware_queue_is_left_alone_when_the_queue_goes(void **state)
{
	hsa_queue_t *other = rig_create(1);
	struct vqueue *vq_other;

	assert_int_equal(control_queue(other, &vq_other), 0);
	assert_int_equal(control_suspend(vq_other, 3), 0);
	assert_int_equal(hw[1].asked, true);
	assert_true(hw[1].tracked);
	rig_destroy(other);
	assert_false(hw[1].tracked);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waves_are_saved_and_continued, setup, teardown),
		cmocka_unit_test_setup_teardown(waves_are_continued_before_the_doorbell_is_rung, setup, teardown),
		cmocka_unit_test_setup_teardown(who_suspends_need_not_wait_for_the_end, setup, teardown),
		cmocka_unit_test_setup_teardown(a_suspension_at_a_lower_level_lets_waves_go_on, setup, teardown),
		cmocka_unit_test_setup_teardown(a_save_that_a_resumption_overtook_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_runtime_needed_is_asked_for_again, setup, teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_saved_is_not_asked_for_for_ever, setup, teardown),
		cmocka_unit_test_setup_teardown(an_answer_to_an_earlier_question_changes_no_later_one, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_looked_for_while_waves_are_saved, setup, teardown),
		cmocka_unit_test_setup_teardown(time_that_waves_were_saved_is_not_taken_for_running, setup, teardown),
		cmocka_unit_test_setup_teardown(a_queue_that_no_decider_takes_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(what_nobody_looked_at_is_found_later, setup, teardown),
		cmocka_unit_test_setup_teardown(waves_are_stopped_while_the_doorbell_is_rung, setup, teardown),
		cmocka_unit_test_setup_teardown(who_rings_leaves_it_to_the_pacer_that_was_woken, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_rung_for_and_is_idle_again_holds_nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(who_has_come_to_its_end_is_not_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cost_is_told_when_it_becomes_known, setup, teardown),
		cmocka_unit_test_setup_teardown(a_cost_is_told_again_when_it_is_clearly_another, setup, teardown),
		cmocka_unit_test_setup_teardown(the_hardware_queue_is_left_alone_when_the_queue_goes, setup, teardown),
	};

	const struct CMUnitTest told[] = {
		cmocka_unit_test_setup_teardown(what_outlasts_what_was_expected_is_told_once, setup_told, teardown_told),
		cmocka_unit_test_setup_teardown(it_is_told_whatever_was_told_last, setup_told, teardown_told),
	};
	int status;

	alarm(120);
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	/* A process has a daemon, or none, for good. */
	pid_t pid = fork();
	if (!pid) {
		rig_daemon_path();
		return cmocka_run_group_tests_name("level3, under a daemon", told, NULL, NULL);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	setenv("XSCHED_HSA_SOCKET", "off", 1);
	return cmocka_run_group_tests_name("level3", tests, NULL, NULL) || status;
}
#endif
