/* SPDX-License-Identifier: MIT */
/* Each policy does what it claims: scripts of arrivals on a virtual clock. */
#include "tests/policy/exec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t len_5us[] = {5 * US};
static const uint64_t len_100us[] = {100 * US};
static const uint64_t len_1ms[] = {1 * MS};
static const uint64_t len_20ms[] = {20 * MS};
static const uint64_t len_mixed[] = {5 * US, 700 * US, 20 * MS, 50 * US, 3 * MS, 10 * US};

static void assert_share(uint64_t part, uint64_t rest, double percent)
{
	double share = exec_share(part, rest);

	if (share < percent - 1 || share > percent + 1)
		fail_msg("share is %.2f %%, not %.2f %%", share, percent);
}

static void fifo_holds_nobody(void **state)
{
	struct exec *x = exec_new(&sched_policy_fifo, 1, SCHED_UNLIMITED);
	struct exec_queue *q[3];

	for (int i = 0; i < 3; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_submit(q[i], MS, 10);
		assert_int_equal(q[i]->gate, SCHED_GATE_FREE);
	}
	assert_true(exec_drain(x, SEC));
	assert_int_equal(x->now_ns, 30 * MS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(q[i]->effects, 1);
	exec_free(x);
}

static void hpf_high_runs_first(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	exec_submit(low, 100 * US, 1000);
	exec_run(x, 5 * MS);
	exec_submit(high, MS, 10);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_int_equal(low->reason, SCHED_BECAUSE_OUTRANKED);
	exec_run(x, 11 * MS);
	/* It had to let finish what was in the window of 200 us, and no more. */
	assert_int_equal(high->done, 10);
	assert_true(high->last_done_ns <= 5 * MS + 10 * MS + 200 * US);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(x->now_ns, 110 * MS);
	exec_free(x);
}

static void hpf_equals_run_together(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
	struct exec_queue *low = exec_queue(x, NULL, 0);

	exec_hint(low, SCHED_HINT_PRIORITY, -5);
	exec_submit(low, MS, 1);
	exec_submit(a, MS, 5);
	exec_submit(b, MS, 5);
	assert_int_equal(a->gate, SCHED_GATE_RUN);
	assert_int_equal(b->gate, SCHED_GATE_RUN);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void hpf_top_priority_is_not_windowed_and_need_not_ask(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	assert_int_equal(high->gate, SCHED_GATE_RUN);
	assert_int_equal(high->window_ns, SCHED_UNLIMITED);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	exec_submit(low, MS, 1);
	assert_int_equal(low->gate, SCHED_GATE_RUN);
	assert_int_equal(low->window_ns, 200 * US);
	exec_free(x);
}

static void hpf_without_ageing_lets_low_priority_wait(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_endless(high, len_1ms, 1);
	exec_submit(low, MS, 1);
	exec_run(x, 10 * SEC);
	assert_int_equal(low->done, 0);
	assert_null(sched_fault(x->sched));
	exec_free(x);
}

static void hpf_ageing_serves_everybody(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 100);
	exec_hint(low, SCHED_HINT_AGEING, 1000);
	exec_endless(high, len_1ms, 1);
	exec_endless(low, len_1ms, 1);
	exec_run(x, 99 * MS);
	assert_int_equal(low->done, 0);
	exec_run(x, 8 * MS);
	assert_true(low->done > 0);
	assert_int_equal(high->gate, SCHED_GATE_RUN);
	exec_run(x, 10 * SEC);
	/* Per period of 100 ms of waiting it shares one slice of 5 ms. */
	assert_uint_in_range(low->gpu_ns / MS, 150, 600);
	exec_free(x);
}

static void hpf_ageing_counts_waiting_only(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	exec_hint(low, SCHED_HINT_AGEING, 1000);
	exec_endless(low, len_100us, 1);
	exec_run(x, SEC);
	/* It has run all the time; looking at its hints again makes it no older. */
	exec_hint(low, SCHED_HINT_WINDOW, 300);
	exec_submit(high, MS, 1);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	exec_free(x);
}

static void hpf_no_execute_is_never_run(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *q = exec_queue(x, NULL, 0);

	exec_hint(q, SCHED_HINT_PRIORITY, SCHED_PRIORITY_NO_EXECUTE);
	exec_submit(q, MS, 1);
	assert_int_equal(q->reason, SCHED_BECAUSE_NO_EXECUTE);
	exec_run(x, 10 * SEC);
	assert_int_equal(q->done, 0);
	exec_hint(q, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void hpf_preempts_running_waves_when_that_is_sooner(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, 50 * US);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_submit(low, 20 * MS, 2);
	exec_run(x, 5 * MS);
	unsigned before = low->effects;
	exec_submit(high, MS, 1);
	assert_int_equal(low->preempted, 1);
	assert_int_equal(low->effects - before, 1);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(high->last_done_ns, 6 * MS);
	assert_int_equal(low->last_done_ns, 41 * MS);
	exec_free(x);
}

static void hpf_does_not_preempt_what_is_nearly_done(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, 50 * US);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_submit(low, 20 * MS, 1);
	exec_run(x, 19970 * US);
	exec_submit(high, MS, 1);
	assert_int_equal(low->preempted, 0);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(high->last_done_ns, 21 * MS);
	exec_free(x);
}

/* What is seen of a queue's progress from outside. */
static struct overrun {
	uint64_t since_ns, until_ns;
	bool unknown;
	int level, most; /* the highest of a hold */
	enum sched_gate gate;
} overruns[2];

static void overrun_effect(void *ctx, void *owner, const struct sched_effect *effect)
{
	struct overrun *q = owner;

	q->level = effect->level;
	q->gate = effect->gate;
	if (effect->gate == SCHED_GATE_HOLD && q->most < effect->level)
		q->most = effect->level;
}

/* As the library estimates: until the expected end, then as long again as so far. */
static uint64_t overrun_drain(void *ctx, void *owner, uint64_t now_ns)
{
	struct overrun *q = owner;

	if (q->unknown)
		return SCHED_DRAIN_UNKNOWN;
	if (!q->until_ns)
		return 0;
	return q->until_ns > now_ns ? q->until_ns - now_ns : now_ns - q->since_ns;
}

static const struct sched_ops overrun_ops = {.effect = overrun_effect, .drain_ns = overrun_drain};

/* A queue of which little is expected runs at 0, and one of a higher priority comes at 1 ms. */
static struct sched *overrun_begin(
	uint64_t cost_ns, int64_t low_level, struct sched_gpu **gpu_p, struct sched_queue *queues[2])
{
	struct sched *s;
	struct sched_job *job;

	memset(overruns, 0, sizeof(overruns));
	assert_int_equal(sched_new(NULL, &overrun_ops, NULL, &s), 0);
	assert_int_equal(sched_policy_set(s, "hpf", 0), 0);
	assert_int_equal(sched_gpu_new(s, cost_ns, gpu_p), 0);
	assert_int_equal(sched_job_new(s, NULL, &job), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(sched_queue_new(*gpu_p, job, &overruns[i], 0, &queues[i]), 0);
	assert_int_equal(sched_queue_hint_set(queues[1], SCHED_HINT_PRIORITY, 1, 0), 0);
	assert_int_equal(sched_queue_hint_set(queues[0], SCHED_HINT_LEVEL, low_level, 0), 0);
	sched_queue_ready(queues[0], 0);
	assert_int_equal(overruns[0].gate, SCHED_GATE_RUN);
	overruns[0].since_ns = 900 * US;
	overruns[0].until_ns = 1020 * US;
	sched_queue_ready(queues[1], MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_HOLD);
	assert_true(overruns[0].level < 3);
	return s;
}

static void what_drains_longer_than_expected_is_stopped_at_level_3(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);
	uint64_t now_ns = MS;

	while (overruns[0].level < 3) {
		uint64_t next_ns = sched_next_ns(s);

		assert_true(next_ns > now_ns && next_ns <= now_ns + 51 * US);
		now_ns = next_ns;
		sched_tick(s, now_ns);
	}
	/* It was expected to end before; at the first look beyond that it is known to take longer than stopping it. */
	assert_true(now_ns > 1020 * US && now_ns < 1110 * US);
	/* Then there is nothing more to look for, soon. */
	assert_true(sched_next_ns(s) > now_ns + 51 * US);
	assert_null(sched_check(s));
	sched_free(s);
}

/* Stopping what has just come to its end would cost as much as it gains. */
static void an_end_that_is_near_is_waited_for(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);
	uint64_t now_ns = sched_next_ns(s);

	overruns[0].until_ns = now_ns + 48 * US;
	sched_tick(s, now_ns);
	assert_true(sched_next_ns(s) > now_ns + 58 * US);
	assert_true(sched_next_ns(s) < now_ns + 70 * US);
	/* What is said meanwhile of another makes nobody look. */
	now_ns = sched_next_ns(s);
	sched_queue_ran(queues[1], 10 * US, now_ns);
	assert_true(overruns[0].level < 3);
	sched_tick(s, now_ns);
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

/* The owner of the gate has not looked since it was open. */
static void what_is_not_known_yet_is_looked_at_again_and_more_and_more_rarely(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);
	uint64_t now_ns = MS;
	unsigned looks = 0;

	overruns[0].unknown = true;
	/* Its owner told what it knew before. */
	sched_queue_idle(queues[0], now_ns);
	for (; now_ns < 100 * MS; looks++)
		now_ns = sched_tick(s, now_ns);
	assert_true(overruns[0].level < 3);
	assert_true(looks < 20);
	overruns[0].unknown = false;
	sched_queue_ready(queues[0], now_ns);
	sched_tick(s, sched_next_ns(s));
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

/* Nobody takes a place anew when a queue loses its own. */
static void what_loses_its_place_beside_who_runs_is_stopped(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s;
	struct sched_job *job;

	memset(overruns, 0, sizeof(overruns));
	assert_int_equal(sched_new(NULL, &overrun_ops, NULL, &s), 0);
	assert_int_equal(sched_policy_set(s, "hpf", 0), 0);
	assert_int_equal(sched_gpu_new(s, 50 * US, &gpu), 0);
	assert_int_equal(sched_job_new(s, NULL, &job), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sched_queue_new(gpu, job, &overruns[i], 0, &queues[i]), 0);
		sched_queue_ready(queues[i], 0);
	}
	overruns[0].unknown = true;
	sched_queue_hint_set(queues[0], SCHED_HINT_PRIORITY, -1, MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_HOLD);
	overruns[0] = (struct overrun){.since_ns = 0, .until_ns = MS, .level = overruns[0].level};
	sched_tick(s, sched_next_ns(s));
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

static void a_suspension_at_a_lower_level_lets_waves_go_on(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);

	/* It is alone but for one that has nothing to do. */
	sched_queue_idle(queues[1], MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_RUN);
	assert_int_equal(sched_queue_suspend(queues[0], 3, MS), 0);
	assert_int_equal(overruns[0].level, 3);
	assert_int_equal(sched_queue_suspend(queues[0], 2, MS), 0);
	assert_int_equal(overruns[0].gate, SCHED_GATE_HOLD);
	assert_int_equal(overruns[0].level, 2);
	assert_int_equal(sched_queue_suspend(queues[0], 3, MS), 0);
	assert_int_equal(overruns[0].level, 3);
	/* That is no way to be beside who outranks it. */
	sched_queue_ready(queues[1], 2 * MS);
	overruns[0].until_ns = 100 * MS;
	assert_int_equal(sched_queue_suspend(queues[0], 1, 3 * MS), 0);
	assert_int_equal(overruns[0].level, 3);
	sched_queue_resume(queues[0], 4 * MS);
	sched_queue_idle(queues[1], 4 * MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_RUN);
	assert_null(sched_check(s));
	sched_free(s);
}

static void who_is_waited_for_keeps_its_waves(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);

	sched_queue_idle(queues[1], MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_RUN);
	overruns[0].until_ns = 100 * MS;
	overruns[0].most = 0;
	/* It is told before there is something to run, so that nothing is stopped and let go again. */
	assert_int_equal(sched_queue_waits(queues[1], queues[0], 2 * MS), 0);
	sched_queue_ready(queues[1], 2 * MS);
	for (uint64_t now_ns = 2 * MS; now_ns < 10 * MS; now_ns += 100 * US)
		sched_tick(s, now_ns);
	assert_int_equal(overruns[0].gate, SCHED_GATE_RUN);
	assert_int_equal(overruns[0].most, 0);
	/* As soon as it waits no more, it comes first. */
	sched_queue_wait_done(queues[1], NULL, 10 * MS);
	assert_int_equal(overruns[0].gate, SCHED_GATE_HOLD);
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

static void nothing_is_looked_for_where_waves_are_not_to_be_stopped(void **state)
{
	const struct {
		uint64_t cost_ns;
		int64_t level;
	} cases[] = {{50 * US, 1}, {50 * US, 2}, {SCHED_UNLIMITED, 3}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sched_queue *queues[2];
		struct sched_gpu *gpu;
		struct sched *s = overrun_begin(cases[i].cost_ns, cases[i].level, &gpu, queues);

		assert_true(sched_next_ns(s) > 2 * MS);
		for (uint64_t now_ns = MS; now_ns < 100 * MS; now_ns += 100 * US)
			sched_tick(s, now_ns);
		assert_true(overruns[0].level < 3);
		sched_free(s);
	}
}

static void stopping_that_is_dearer_than_waiting_is_not_done(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(10 * MS, 3, &gpu, queues);

	for (uint64_t now_ns = MS; now_ns < 10 * MS; now_ns += 100 * US)
		sched_tick(s, now_ns);
	assert_true(overruns[0].level < 3);
	sched_tick(s, 12 * MS);
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

static void no_timer_is_left_when_nothing_drains(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);

	assert_true(sched_next_ns(s) <= MS + 51 * US);
	overruns[0].until_ns = 0;
	sched_queue_idle(queues[0], 1010 * US);
	sched_queue_idle(queues[1], 1010 * US);
	assert_int_equal(sched_next_ns(s), SCHED_NEVER);
	sched_free(s);
}

static void equals_that_drain_are_not_looked_for(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(50 * US, 3, &gpu, queues);

	/* Of the same rank they would have turns: nobody's waves are stopped, however long they take. */
	assert_int_equal(sched_policy_set(s, "up", 1010 * US), 0);
	overruns[0].until_ns = overruns[1].until_ns = 1030 * US;
	for (uint64_t now_ns = 1010 * US; now_ns < 50 * MS;) {
		uint64_t next_ns = sched_tick(s, now_ns);

		/* A turn's end, not every 50 us. */
		assert_true(next_ns > now_ns + 200 * US);
		now_ns = next_ns;
	}
	sched_free(s);
}

static void a_cost_that_becomes_known_stops_what_drains(void **state)
{
	struct sched_queue *queues[2];
	struct sched_gpu *gpu;
	struct sched *s = overrun_begin(SCHED_UNLIMITED, 3, &gpu, queues);

	overruns[0].until_ns = 100 * MS;
	sched_tick(s, 2 * MS);
	assert_true(overruns[0].level < 3);
	sched_gpu_cost_set(gpu, 50 * US);
	assert_int_equal(overruns[0].level, 3);
	sched_free(s);
}

static void level_hint_1_keeps_running_waves(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, 50 * US);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(low, SCHED_HINT_LEVEL, 1);
	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_submit(low, 20 * MS, 2);
	exec_run(x, 5 * MS);
	exec_submit(high, MS, 1);
	assert_int_equal(low->preempted, 0);
	assert_int_equal(low->level, 1);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(high->last_done_ns, 21 * MS);
	exec_free(x);
}

static void shares(const struct sched_policy *policy, const uint64_t *a_lens, size_t a_count,
	const uint64_t *b_lens, size_t b_count, int64_t a_share, int64_t b_share)
{
	struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	x->check = false;
	exec_hint(a, SCHED_HINT_UTILIZATION, a_share);
	exec_hint(b, SCHED_HINT_UTILIZATION, b_share);
	exec_endless(a, a_lens, a_count);
	exec_endless(b, b_lens, b_count);
	exec_run(x, 30 * SEC);
	assert_share(a->gpu_ns, b->gpu_ns, 100.0 * (double)a_share / (double)(a_share + b_share));
	assert_int_equal(x->wasted_ns[0], 0);
	exec_free(x);
}

static void up_shares_75_25_of_short_kernels(void **state)
{
	shares(&sched_policy_up, len_5us, 1, len_100us, 1, 75, 25);
}

static void up_shares_75_25_of_long_kernels(void **state)
{
	shares(&sched_policy_up, len_20ms, 1, len_20ms, 1, 75, 25);
}

static void up_shares_hold_when_kernels_differ_a_thousandfold(void **state)
{
	shares(&sched_policy_up, len_5us, 1, len_20ms, 1, 75, 25);
	shares(&sched_policy_up, len_5us, 1, len_20ms, 1, 50, 50);
	shares(&sched_policy_up, len_20ms, 1, len_5us, 1, 90, 10);
	shares(&sched_policy_up, len_mixed, 6, len_mixed, 5, 60, 40);
}

static void a_turn_begins_when_the_gpu_is_had(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	x->check = false;
	exec_endless(a, len_20ms, 1);
	exec_endless(b, len_5us, 1);
	exec_run(x, 10 * SEC);
	/* What a has published lasts four turns of b's, which begins only then: and in one go until it has had as much as a. */
	assert_share(a->gpu_ns, b->gpu_ns, 50);
	assert_uint_in_range(b->effects, 2 * 10 * SEC / (40 * MS) / 2, 2 * 10 * SEC / (40 * MS) + 4);
	exec_free(x);
}

static void a_turn_that_never_begins_ends(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0), *c = exec_queue(x, NULL, 0);

	exec_submit(a, 1000 * SEC, 1);
	exec_run(x, MS);
	exec_submit(b, MS, 1);
	exec_submit(c, MS, 1);
	exec_run(x, 2 * SEC);
	/* Nothing runs behind such a kernel, but everybody's gate was open. */
	assert_true(b->effects >= 2 && c->effects >= 2);
	assert_null(sched_fault(x->sched));
	exec_free(x);
}

static void pup_shares_90_10(void **state)
{
	shares(&sched_policy_pup, len_1ms, 1, len_20ms, 1, 90, 10);
	shares(&sched_policy_pup, len_mixed, 6, len_5us, 1, 90, 10);
}

static void pup_counts_all_queues_of_a_job(void **state)
{
	struct exec *x = exec_new(&sched_policy_pup, 1, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "many");
	struct exec_queue *many[4], *one = exec_queue(x, NULL, 0);
	uint64_t sum = 0;

	for (int i = 0; i < 4; i++) {
		many[i] = exec_queue(x, job, 0);
		exec_endless(many[i], len_1ms, 1);
	}
	exec_endless(one, len_1ms, 1);
	exec_run(x, 10 * SEC);
	for (int i = 0; i < 4; i++)
		sum += many[i]->gpu_ns;
	assert_share(one->gpu_ns, sum, 50);
	assert_int_equal(sched_job_gpu_ns(job, NULL), sum);
	assert_int_equal(sched_job_gpu_ns(job, x->gpus[0]), sum);
	exec_free(x);
}

static void up_gives_all_to_who_is_left(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_hint(a, SCHED_HINT_UTILIZATION, 90);
	exec_hint(b, SCHED_HINT_UTILIZATION, 10);
	exec_submit(a, MS, 100);
	exec_submit(b, MS, 500);
	assert_true(exec_drain(x, SEC));
	/* Work conserving but for the 1 % that may be kept for one that runs dry. */
	assert_uint_in_range(x->now_ns, 600 * MS, 606 * MS);
	exec_free(x);
}

static void up_sleeper_does_not_save_up(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_endless(a, len_1ms, 1);
	exec_submit(b, MS, 1);
	exec_run(x, 20 * SEC);
	uint64_t before = a->gpu_ns;
	exec_endless(b, len_1ms, 1);
	exec_run(x, SEC);
	/* At most twenty turns of 5 ms are made up for. */
	assert_uint_in_range((a->gpu_ns - before) / MS, 440, 500);
	exec_free(x);
}

static void up_newcomer_starts_even(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0);

	exec_endless(a, len_1ms, 1);
	exec_queue(x, NULL, 0);
	exec_run(x, 20 * SEC);
	struct exec_queue *b = exec_queue(x, NULL, 0);
	uint64_t before = a->gpu_ns;
	exec_endless(b, len_1ms, 1);
	exec_run(x, SEC);
	assert_uint_in_range((a->gpu_ns - before) / MS, 490, 510);
	exec_free(x);
}

static void up_utilization_0_gets_what_is_left(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_hint(b, SCHED_HINT_UTILIZATION, 0);
	exec_submit(a, MS, 50);
	exec_submit(b, MS, 50);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(a->last_done_ns, 50 * MS);
	assert_uint_in_range(b->last_done_ns, 100 * MS, 101 * MS);
	exec_free(x);
}

static void up_queue_without_hint_runs(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_hint(a, SCHED_HINT_UTILIZATION, 50);
	exec_endless(a, len_1ms, 1);
	exec_endless(b, len_1ms, 1);
	exec_run(x, 10 * SEC);
	assert_share(b->gpu_ns, a->gpu_ns, 100.0 * 100 / 150);
	exec_free(x);
}

static void up_closed_loop_client_keeps_its_share(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	/* After every kernel of 20 ms it needs 50 us to submit the next: less than the 1 % that may
	 * be kept free. */
	a->closed_loop_ns = 50 * US;
	b->closed_loop_ns = 50 * US;
	exec_hint(a, SCHED_HINT_UTILIZATION, 75);
	exec_hint(b, SCHED_HINT_UTILIZATION, 25);
	exec_endless(a, len_20ms, 1);
	exec_endless(b, len_20ms, 1);
	exec_run(x, 60 * SEC);
	assert_share(a->gpu_ns, b->gpu_ns, 75);
	assert_true(x->busy_ns[0] >= 59 * SEC);
	exec_free(x);
}

static void gpus_are_domains_of_their_own(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 2, SCHED_UNLIMITED);
		struct sched_job *job = exec_job(x, "both");
		struct exec_queue *a0 = exec_queue(x, job, 0), *a1 = exec_queue(x, job, 1);
		struct exec_queue *b1 = exec_queue(x, NULL, 1);
		exec_endless(a0, len_1ms, 1);
		exec_endless(a1, len_1ms, 1);
		exec_endless(b1, len_1ms, 1);
		exec_run(x, 2 * SEC);
		/* What happens on GPU 1 costs nothing on GPU 0. */
		assert_int_equal(a0->gpu_ns, 2 * SEC);
		assert_int_equal(a0->gate, SCHED_GATE_FREE);
		assert_int_equal(x->wasted_ns[0] + x->wasted_ns[1], 0);
		sched_job_close(job);
		exec_free(x);
	}
}

static void kedf_earliest_deadline_runs_first(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, SCHED_UNLIMITED);
	struct exec_queue *late = exec_queue(x, NULL, 0), *soon = exec_queue(x, NULL, 0);
	struct exec_queue *never = exec_queue(x, NULL, 0);

	exec_hint(late, SCHED_HINT_DEADLINE, 100000);
	exec_hint(soon, SCHED_HINT_DEADLINE, 20000);
	exec_submit(never, 100 * US, 100);
	exec_submit(late, 100 * US, 100);
	exec_run(x, 2 * MS);
	exec_submit(soon, 100 * US, 100);
	assert_true(exec_drain(x, SEC));
	assert_true(soon->last_done_ns <= 2 * MS + 10 * MS + 200 * US);
	assert_true(soon->last_done_ns < late->last_done_ns);
	assert_true(late->last_done_ns < never->last_done_ns);
	assert_int_equal(x->now_ns, 30 * MS);
	exec_free(x);
}

static void kedf_k_run_at_once(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, SCHED_UNLIMITED);
	struct exec_queue *q[4];
	int run = 0;

	assert_int_equal(sched_hint_set(x->sched, SCHED_HINT_KDEADLINE, 2, 0), 0);
	for (int i = 0; i < 4; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_hint(q[i], SCHED_HINT_DEADLINE, 1000 * (4 - i));
		exec_submit(q[i], MS, 4);
	}
	for (int i = 0; i < 4; i++)
		run += q[i]->gate == SCHED_GATE_RUN;
	assert_int_equal(run, 2);
	assert_int_equal(q[2]->gate, SCHED_GATE_RUN);
	assert_int_equal(q[3]->gate, SCHED_GATE_RUN);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void kedf_equal_deadlines_take_turns(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, SCHED_UNLIMITED);
	struct exec_queue *q[3];

	for (int i = 0; i < 3; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_endless(q[i], len_1ms, 1);
	}
	exec_run(x, 3 * SEC);
	for (int i = 0; i < 3; i++)
		assert_share(q[i]->gpu_ns, 3 * SEC - q[i]->gpu_ns, 100.0 / 3);
	exec_free(x);
}

static void kedf_interrupted_turn_is_not_begun_anew(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
	struct exec_queue *urgent = exec_queue(x, NULL, 0);

	exec_hint(urgent, SCHED_HINT_DEADLINE, 1000);
	exec_endless(a, len_100us, 1);
	exec_endless(b, len_100us, 1);
	/* Nobody ever has 5 ms at a stretch. */
	for (int i = 0; i < 500; i++) {
		exec_run(x, 4 * MS);
		exec_submit(urgent, 100 * US, 1);
	}
	assert_uint_in_range((uint64_t)exec_share(a->gpu_ns, b->gpu_ns), 40, 60);
	exec_free(x);
}

static void kedf_preempts_for_an_earlier_deadline(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, 50 * US);
	struct exec_queue *late = exec_queue(x, NULL, 0), *soon = exec_queue(x, NULL, 0);

	exec_hint(soon, SCHED_HINT_DEADLINE, 2000);
	exec_submit(late, 20 * MS, 1);
	exec_run(x, MS);
	exec_submit(soon, MS, 1);
	assert_int_equal(late->preempted, 1);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(soon->last_done_ns, 2 * MS);
	exec_free(x);
}

static void kedf_preempts_what_an_earlier_turn_left_running(void **state)
{
	struct exec *x = exec_new(&sched_policy_kedf, 1, 50 * US);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
	struct exec_queue *urgent = exec_queue(x, NULL, 0);

	exec_hint(urgent, SCHED_HINT_DEADLINE, 1000);
	exec_submit(a, 20 * MS, 1);
	exec_submit(b, MS, 5);
	exec_run(x, 6 * MS);
	/* Its turn is over and its kernel is not: among equals that is no reason to save waves. */
	assert_int_equal(a->gate, SCHED_GATE_HOLD);
	assert_int_equal(a->preempted, 0);
	exec_submit(urgent, MS, 1);
	assert_int_equal(a->preempted, 1);
	assert_true(exec_drain(x, SEC));
	assert_int_equal(urgent->last_done_ns, 7 * MS);
	exec_free(x);
}

static void lax_rises_when_its_laxity_has_passed(void **state)
{
	struct exec *x = exec_new(&sched_policy_lax, 1, SCHED_UNLIMITED);
	struct exec_queue *lax = exec_queue(x, NULL, 0), *other = exec_queue(x, NULL, 0);

	exec_hint(lax, SCHED_HINT_LAXITY, 10000);
	exec_hint(lax, SCHED_HINT_LAXITY_PRIORITY, -10);
	exec_hint(lax, SCHED_HINT_CRITICAL_PRIORITY, 10);
	exec_submit(other, 100 * US, 1000);
	exec_submit(lax, MS, 3);
	exec_run(x, 9900 * US);
	assert_int_equal(lax->gate, SCHED_GATE_HOLD);
	exec_run(x, 100 * US);
	assert_int_equal(lax->gate, SCHED_GATE_RUN);
	assert_int_equal(other->gate, SCHED_GATE_HOLD);
	assert_true(exec_drain(x, SEC));
	assert_true(lax->last_done_ns <= 13200 * US);
	assert_int_equal(x->now_ns, 103 * MS);
	exec_free(x);
}

static void lax_is_windowed_as_long_as_others_may_outrank_it(void **state)
{
	struct exec *x = exec_new(&sched_policy_lax, 1, SCHED_UNLIMITED);
	struct exec_queue *lax = exec_queue(x, NULL, 0), *other = exec_queue(x, NULL, 0);

	exec_hint(lax, SCHED_HINT_LAXITY, 10000);
	exec_hint(other, SCHED_HINT_LAXITY_PRIORITY, 5);
	exec_submit(lax, MS, 10);
	assert_int_equal(lax->window_ns, 200 * US);
	exec_free(x);
}

static void lax_without_laxity_never_rises(void **state)
{
	struct exec *x = exec_new(&sched_policy_lax, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_hint(a, SCHED_HINT_LAXITY_PRIORITY, 5);
	exec_endless(a, len_1ms, 1);
	exec_submit(b, MS, 1);
	exec_run(x, SEC);
	assert_int_equal(b->done, 0);
	exec_free(x);
}

static void fair_shares_by_weight(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
	struct exec_queue *c = exec_queue(x, NULL, 0);

	exec_hint(a, SCHED_HINT_WEIGHT, 300);
	exec_hint(b, SCHED_HINT_WEIGHT, 200);
	exec_endless(a, len_mixed, 6);
	exec_endless(b, len_20ms, 1);
	exec_endless(c, len_5us, 1);
	x->check = false;
	exec_run(x, 30 * SEC);
	assert_share(a->gpu_ns, b->gpu_ns + c->gpu_ns, 50);
	assert_share(c->gpu_ns, a->gpu_ns + b->gpu_ns, 100.0 / 6);
	exec_free(x);
}

static void fair_sleeper_wakes_into_a_turn(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *busy = exec_queue(x, NULL, 0), *sleeper = exec_queue(x, NULL, 0);

	exec_endless(busy, len_100us, 1);
	for (int i = 0; i < 20; i++) {
		exec_run(x, 50 * MS);
		exec_submit(sleeper, 100 * US, 1);
	}
	exec_run(x, 50 * MS);
	/* One turn of the other, its window, and its own kernel are the most it waits. */
	assert_true(sleeper->latency_max_ns <= 5 * MS + 400 * US);
	exec_free(x);
}

static void fair_debt_is_no_stall(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	/* One kernel of 20 ms is its share of 200 s. */
	exec_hint(a, SCHED_HINT_WEIGHT, 1);
	exec_hint(b, SCHED_HINT_WEIGHT, 10000);
	exec_endless(a, len_20ms, 1);
	exec_run(x, 5 * MS);
	exec_endless(b, len_1ms, 1);
	exec_run(x, 10 * SEC);
	assert_null(sched_fault(x->sched));
	assert_true(a->gpu_ns <= 60 * MS);
	exec_free(x);
}

static void mlfq_short_work_overtakes_long_work(void **state)
{
	struct exec *x = exec_new(&sched_policy_mlfq, 1, SCHED_UNLIMITED);
	struct exec_queue *shell = exec_queue(x, NULL, 0);

	for (int i = 0; i < 3; i++)
		exec_endless(exec_queue(x, NULL, 0), len_100us, 1);
	exec_run(x, SEC);
	for (int i = 0; i < 10; i++) {
		exec_submit(shell, MS, 2);
		exec_run(x, 200 * MS);
	}
	assert_int_equal(shell->done, 20);
	assert_true(shell->latency_max_ns <= 2 * MS + 200 * US);
	exec_free(x);
}

static void mlfq_nobody_starves(void **state)
{
	struct exec *x = exec_new(&sched_policy_mlfq, 1, SCHED_UNLIMITED);
	static const uint64_t lens[] = {9 * MS};
	struct exec_queue *sunk = exec_queue(x, NULL, 0);

	exec_endless(sunk, len_1ms, 1);
	exec_run(x, SEC);
	/* Together they could use the GPU alone, and each sleeps long enough to stay on top. */
	for (int i = 0; i < 20; i++) {
		struct exec_queue *lively = exec_queue(x, NULL, 0);
		lively->closed_loop_ns = 100 * MS;
		exec_endless(lively, lens, 1);
	}
	for (int i = 0; i < 10; i++) {
		uint64_t before = sunk->gpu_ns;
		exec_run(x, 2 * SEC);
		assert_true(sunk->gpu_ns > before);
	}
	assert_null(sched_fault(x->sched));
	exec_free(x);
}

static void latency_order_of_three_high_among_sixteen(void **state)
{
	double mean[4]; /* alone, 1 high, 3 high, native */
	static const int high[] = {1, 1, 3, 0}, low[] = {0, 15, 13, 16};

	for (int run = 0; run < 4; run++) {
		struct exec *x = exec_new(
			run == 3 ? &sched_policy_fifo : &sched_policy_hpf, 1, SCHED_UNLIMITED);
		struct exec_queue *first = NULL;
		for (int i = 0; i < high[run] + low[run]; i++) {
			struct exec_queue *q = exec_queue(x, NULL, 0);
			if (!first)
				first = q;
			exec_hint(q, SCHED_HINT_PRIORITY, i < high[run] ? 10 : 0);
			q->closed_loop_ns = 100 * US;
			exec_endless(q, len_1ms, 1);
		}
		exec_run(x, 5 * SEC);
		mean[run] = (double)first->latency_sum_ns / (double)(first->gpu_ns / MS);
		exec_free(x);
	}
	assert_true(mean[0] < mean[1]);
	assert_true(mean[1] < mean[2]);
	assert_true(mean[2] < mean[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fifo_holds_nobody),
		cmocka_unit_test(hpf_high_runs_first),
		cmocka_unit_test(hpf_equals_run_together),
		cmocka_unit_test(hpf_top_priority_is_not_windowed_and_need_not_ask),
		cmocka_unit_test(hpf_without_ageing_lets_low_priority_wait),
		cmocka_unit_test(hpf_ageing_serves_everybody),
		cmocka_unit_test(hpf_ageing_counts_waiting_only),
		cmocka_unit_test(hpf_no_execute_is_never_run),
		cmocka_unit_test(hpf_preempts_running_waves_when_that_is_sooner),
		cmocka_unit_test(hpf_does_not_preempt_what_is_nearly_done),
		cmocka_unit_test(what_drains_longer_than_expected_is_stopped_at_level_3),
		cmocka_unit_test(what_is_not_known_yet_is_looked_at_again_and_more_and_more_rarely),
		cmocka_unit_test(what_loses_its_place_beside_who_runs_is_stopped),
		cmocka_unit_test(a_suspension_at_a_lower_level_lets_waves_go_on),
		cmocka_unit_test(who_is_waited_for_keeps_its_waves),
		cmocka_unit_test(nothing_is_looked_for_where_waves_are_not_to_be_stopped),
		cmocka_unit_test(stopping_that_is_dearer_than_waiting_is_not_done),
		cmocka_unit_test(an_end_that_is_near_is_waited_for),
		cmocka_unit_test(no_timer_is_left_when_nothing_drains),
		cmocka_unit_test(equals_that_drain_are_not_looked_for),
		cmocka_unit_test(a_cost_that_becomes_known_stops_what_drains),
		cmocka_unit_test(level_hint_1_keeps_running_waves),
		cmocka_unit_test(up_shares_75_25_of_short_kernels),
		cmocka_unit_test(up_shares_75_25_of_long_kernels),
		cmocka_unit_test(up_shares_hold_when_kernels_differ_a_thousandfold),
		cmocka_unit_test(a_turn_begins_when_the_gpu_is_had),
		cmocka_unit_test(a_turn_that_never_begins_ends),
		cmocka_unit_test(pup_shares_90_10),
		cmocka_unit_test(pup_counts_all_queues_of_a_job),
		cmocka_unit_test(up_gives_all_to_who_is_left),
		cmocka_unit_test(up_sleeper_does_not_save_up),
		cmocka_unit_test(up_newcomer_starts_even),
		cmocka_unit_test(up_utilization_0_gets_what_is_left),
		cmocka_unit_test(up_queue_without_hint_runs),
		cmocka_unit_test(up_closed_loop_client_keeps_its_share),
		cmocka_unit_test(gpus_are_domains_of_their_own),
		cmocka_unit_test(kedf_earliest_deadline_runs_first),
		cmocka_unit_test(kedf_k_run_at_once),
		cmocka_unit_test(kedf_equal_deadlines_take_turns),
		cmocka_unit_test(kedf_interrupted_turn_is_not_begun_anew),
		cmocka_unit_test(kedf_preempts_for_an_earlier_deadline),
		cmocka_unit_test(kedf_preempts_what_an_earlier_turn_left_running),
		cmocka_unit_test(lax_rises_when_its_laxity_has_passed),
		cmocka_unit_test(lax_is_windowed_as_long_as_others_may_outrank_it),
		cmocka_unit_test(lax_without_laxity_never_rises),
		cmocka_unit_test(fair_shares_by_weight),
		cmocka_unit_test(fair_sleeper_wakes_into_a_turn),
		cmocka_unit_test(fair_debt_is_no_stall),
		cmocka_unit_test(mlfq_short_work_overtakes_long_work),
		cmocka_unit_test(mlfq_nobody_starves),
		cmocka_unit_test(latency_order_of_three_high_among_sixteen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
