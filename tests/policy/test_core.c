/* SPDX-License-Identifier: MIT */
/* The core itself: policies that are minimal, complete or wrong, lifetimes, gates, hints, clocks,
 * cost. */
#include "tests/policy/exec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const uint64_t len_1ms[] = {1 * MS};
static const uint64_t len_100us[] = {100 * US};

/* --- policies as tables */

static void minimal(void **state)
{
	static const struct sched_policy policy = {.name = "minimal"};
	struct exec *x = exec_new(&policy, 1, SCHED_UNLIMITED);
	struct exec_queue *q[4];

	for (int i = 0; i < 4; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_endless(q[i], len_1ms, 1);
	}
	exec_run(x, 4 * SEC);
	/* Only a name: everybody has turns of the default time slice. */
	for (int i = 0; i < 4; i++)
		assert_uint_in_range(q[i]->gpu_ns / MS, 990, 1010);
	assert_string_equal(sched_policy_name(x->sched), "minimal");
	exec_free(x);
}

struct calls {
	unsigned width, slice, together, claim, ceiling, floor, wake, ready, charge, stopped, owed;
};
static struct calls calls;

static uint32_t count_width(const struct sched *s)
{
	calls.width++;
	return 2;
}

static uint64_t count_slice(const struct sched *s, const struct sched_unit *u)
{
	calls.slice++;
	return MS;
}

static bool count_together(const struct sched_unit *first, const struct sched_unit *u)
{
	calls.together++;
	return true;
}

static void count_claim(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	calls.claim++;
}

static int64_t count_ceiling(const struct sched *s, const struct sched_unit *u)
{
	calls.ceiling++;
	return 0;
}

static int64_t count_floor(const struct sched *s, const struct sched_unit *u)
{
	calls.floor++;
	return 0;
}

static uint64_t count_wake(struct sched *s, struct sched_unit *u)
{
	calls.wake++;
	return sched_now(s) + MS;
}

static void count_ready(struct sched *s, struct sched_unit *u)
{
	calls.ready++;
}

static void count_charge(struct sched *s, struct sched_unit *u, uint64_t ns)
{
	calls.charge++;
}

static void count_stopped(struct sched *s, struct sched_unit *u, bool whole)
{
	calls.stopped++;
}

static bool count_owed(const struct sched *s, const struct sched_unit *u)
{
	calls.owed++;
	return false;
}

static void maximal(void **state)
{
	static struct sched_policy policy = {
		.name = "maximal",
		.about = "all operations",
		.grain = SCHED_PER_JOB,
		.strict = true,
		.linger = true,
		.uses = ~0u,
		.width = count_width,
		.slice_ns = count_slice,
		.together = count_together,
		.claim = count_claim,
		.ceiling = count_ceiling,
		.wake_ns = count_wake,
		.ready = count_ready,
		.charge = count_charge,
		.stopped = count_stopped,
		.owed = count_owed,
	};
	calls = (struct calls){0};
	struct exec *x = exec_new(&policy, 1, SCHED_UNLIMITED);
	struct exec_queue *q[4];

	for (int i = 0; i < 4; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_submit(q[i], MS, 100);
	}
	assert_true(exec_drain(x, SEC));
	assert_true(calls.width && calls.slice && calls.together && calls.claim && calls.ceiling);
	assert_true(calls.wake && calls.ready && calls.charge && calls.stopped);
	assert_int_equal(calls.ready, 4);
	exec_free(x);

	/* Without limit to the width the rest is asked for as well. */
	policy.width = sched_width_all;
	policy.together = sched_same_rank;
	policy.floor = count_floor;
	x = exec_new(&policy, 1, SCHED_UNLIMITED);
	exec_submit(exec_queue(x, NULL, 0), MS, 1);
	exec_submit(exec_queue(x, NULL, 0), MS, 1);
	assert_true(exec_drain(x, SEC));
	assert_true(calls.floor);
	exec_free(x);
}

static void no_name_fails(void **state)
{
	static const struct sched_policy nameless, empty = {.name = ""};
	struct exec *x = exec_new(NULL, 1, SCHED_UNLIMITED);

	assert_int_equal(sched_policy_install(x->sched, &nameless, 0), -EINVAL);
	assert_int_equal(sched_policy_install(x->sched, &empty, 0), -EINVAL);
	assert_int_equal(sched_policy_set(x->sched, "none", 0), -ENOENT);
	assert_string_equal(sched_policy_name(x->sched), "hpf");
	exec_free(x);
}

static void newest_first(struct sched *s, struct sched_unit *u, struct sched_claim *claim)
{
	claim->rank = (int64_t)u->ready_ns;
}

static void starving_policy_fails(void **state)
{
	static const struct sched_policy policy = {.name = "lifo", .claim = newest_first};
	struct exec *x = exec_new(&policy, 1, SCHED_UNLIMITED);
	struct exec_queue *old = exec_queue(x, NULL, 0), *newer = exec_queue(x, NULL, 0);

	exec_submit(old, MS, 10);
	exec_run(x, MS);
	exec_endless(newer, len_1ms, 1);
	exec_run(x, 1900 * MS);
	assert_null(sched_fault(x->sched));
	exec_run(x, 200 * MS);
	const struct sched_fault *fault = sched_fault(x->sched);
	assert_non_null(fault);
	assert_string_equal(fault->policy, "lifo");
	assert_non_null(strstr(fault->text, "unserved"));
	assert_ptr_equal(fault->owner, old);
	assert_uint_in_range(fault->when_ns / MS, 2000, 2100);
	assert_string_equal(sched_policy_name(x->sched), "fifo");
	exec_run(x, 100 * MS);
	assert_int_equal(old->done, 10);
	/* Choosing again forgets the fault. */
	assert_int_equal(sched_policy_set(x->sched, "fair", x->now_ns), 0);
	assert_null(sched_fault(x->sched));
	exec_free(x);
}

static uint32_t width_none(const struct sched *s)
{
	return 0;
}

static void zero_width_fails(void **state)
{
	static const struct sched_policy policy = {.name = "shut", .width = width_none};
	struct exec *x = exec_new(&policy, 1, SCHED_UNLIMITED);

	x->check = false;
	struct exec_queue *q = exec_queue(x, NULL, 0);
	exec_submit(q, MS, 1);
	exec_run(x, 3 * SEC);
	assert_non_null(sched_fault(x->sched));
	assert_int_equal(q->done, 1);
	exec_free(x);
}

static void endless_slice_fails(void **state)
{
	static const struct sched_policy policy = {.name = "greedy", .slice_ns = sched_slice_none};
	struct exec *x = exec_new(&policy, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_endless(a, len_1ms, 1);
	exec_submit(b, MS, 1);
	exec_run(x, 3 * SEC);
	assert_non_null(sched_fault(x->sched));
	assert_int_equal(b->done, 1);
	exec_free(x);
}

/* --- gates */

static void lone_queue_is_free(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
		struct exec_queue *q = exec_queue(x, NULL, 0);
		assert_int_equal(q->gate, SCHED_GATE_FREE);
		assert_int_equal(q->effects, 1);
		exec_submit(q, MS, 10);
		assert_true(exec_drain(x, SEC));
		assert_int_equal(q->effects, 1);
		assert_int_equal(sched_next_ns(x->sched), SCHED_NEVER);
		exec_free(x);
	}
}

static void lone_queue_is_followed_if_all_are(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
		struct exec_queue *q = exec_queue(x, NULL, 0);
		exec_submit(q, MS, 10);
		sched_follow_set(x->sched, true, x->now_ns);
		assert_int_equal(q->gate, SCHED_GATE_RUN);
		assert_true(q->window_ns == SCHED_UNLIMITED);
		assert_true(exec_drain(x, SEC));
		assert_int_equal(sched_next_ns(x->sched), SCHED_NEVER);
		/* From its beginning on, too. */
		struct exec_queue *other = exec_queue(x, NULL, 0);
		exec_queue_end(q);
		assert_int_not_equal(other->gate, SCHED_GATE_FREE);
		exec_submit(other, MS, 10);
		assert_true(exec_drain(x, SEC));
		sched_follow_set(x->sched, false, x->now_ns);
		assert_int_equal(other->gate, SCHED_GATE_FREE);
		exec_free(x);
	}
}

static void second_queue_ends_freedom_and_its_end_restores_it(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0);

	exec_submit(a, MS, 10);
	struct exec_queue *b = exec_queue(x, NULL, 0);
	assert_int_equal(a->gate, SCHED_GATE_RUN);
	assert_int_equal(a->window_ns, 200 * US);
	assert_int_equal(b->gate, SCHED_GATE_HOLD);
	exec_queue_end(b);
	assert_int_equal(a->gate, SCHED_GATE_FREE);
	exec_free(x);
}

static void new_highest_priority_limits_the_one_before(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *mid = exec_queue(x, NULL, 0);
	struct exec_queue *idle = exec_queue(x, NULL, 0);

	exec_hint(low, SCHED_HINT_PRIORITY, -1);
	exec_hint(mid, SCHED_HINT_PRIORITY, 1);
	exec_hint(idle, SCHED_HINT_PRIORITY, 1);
	exec_submit(mid, MS, 10);
	assert_int_equal(mid->window_ns, SCHED_UNLIMITED);
	assert_int_equal(idle->gate, SCHED_GATE_RUN);
	struct exec_queue *high = exec_queue(x, NULL, 0);
	exec_hint(high, SCHED_HINT_PRIORITY, 2);
	assert_int_equal(mid->window_ns, 200 * US);
	assert_int_equal(idle->gate, SCHED_GATE_HOLD);
	exec_queue_end(high);
	assert_int_equal(mid->window_ns, SCHED_UNLIMITED);
	assert_int_equal(idle->gate, SCHED_GATE_RUN);
	exec_free(x);
}

static void level_wanted_follows_the_gpu(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *q = exec_queue(x, NULL, 0);

	assert_int_equal(q->level, 2);
	sched_gpu_cost_set(x->gpus[0], 50 * US);
	assert_int_equal(q->level, 3);
	exec_hint(q, SCHED_HINT_LEVEL, 1);
	assert_int_equal(q->level, 1);
	exec_free(x);
}

static void effects_are_sent_only_when_they_change(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_endless(low, len_100us, 1);
	unsigned low_before = low->effects, high_before = high->effects;
	for (int i = 0; i < 10; i++) {
		exec_run(x, 5 * MS);
		exec_submit(high, MS, 1);
	}
	exec_run(x, 5 * MS);
	assert_int_equal(low->effects - low_before, 20);
	assert_int_equal(high->effects - high_before, 0);
	/* What makes no difference is not sent, to a held queue either. */
	exec_submit(high, MS, 1);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	low_before = low->effects;
	sched_queue_ready(low->sched, x->now_ns);
	exec_hint(low, SCHED_HINT_WINDOW, 300);
	exec_hint(low, SCHED_HINT_PRIORITY, -1);
	assert_int_equal(low->effects, low_before);
	exec_free(x);
}

static void window_hint_is_obeyed(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0);

	exec_queue(x, NULL, 0);
	exec_hint(a, SCHED_HINT_WINDOW, 1500);
	exec_submit(a, MS, 10);
	assert_int_equal(a->window_ns, 1500 * US);
	exec_hint(a, SCHED_HINT_WINDOW, 50);
	assert_int_equal(a->window_ns, 50 * US);
	exec_free(x);
}

struct recorder {
	struct sched_queue *again;
	int holds, runs;
	int depth, depth_max;
	bool hold_after_run, reenter;
	uint64_t now_ns;
};

static void record(void *ctx, void *owner, const struct sched_effect *effect)
{
	struct recorder *r = ctx;

	if (++r->depth > r->depth_max)
		r->depth_max = r->depth;
	r->runs += effect->gate != SCHED_GATE_HOLD;
	r->holds += effect->gate == SCHED_GATE_HOLD;
	r->hold_after_run |= effect->gate == SCHED_GATE_HOLD && r->runs;
	if (r->reenter && owner == r && effect->gate == SCHED_GATE_HOLD) {
		r->reenter = false;
		sched_queue_ready(r->again, r->now_ns);
	}
	r->depth--;
}

static void victims_are_held_before_others_run(void **state)
{
	static const struct sched_ops ops = {.effect = record};
	struct recorder r = {0};
	struct sched *s;
	struct sched_gpu *gpu;
	struct sched_job *job;
	struct sched_queue *low[8], *mid, *high;

	assert_int_equal(sched_new(NULL, &ops, &r, &s), 0);
	assert_int_equal(sched_gpu_new(s, SCHED_UNLIMITED, &gpu), 0);
	assert_int_equal(sched_job_new(s, NULL, &job), 0);
	assert_int_equal(sched_queue_new(gpu, job, NULL, 0, &mid), 0);
	for (int i = 0; i < 8; i++)
		assert_int_equal(sched_queue_new(gpu, job, NULL, 0, &low[i]), 0);
	assert_int_equal(sched_queue_new(gpu, job, NULL, 0, &high), 0);
	sched_queue_hint_set(mid, SCHED_HINT_PRIORITY, 1, 0);
	sched_queue_hint_set(high, SCHED_HINT_PRIORITY, 2, 0);
	for (int i = 0; i < 8; i++)
		sched_queue_ready(low[i], 0);
	r = (struct recorder){0};
	sched_queue_ready(mid, 0);
	assert_int_equal(r.holds, 8);
	assert_int_equal(r.runs, 1);
	assert_false(r.hold_after_run);
	sched_free(s);
}

static void effect_may_call_the_core(void **state)
{
	static const struct sched_ops ops = {.effect = record};
	struct recorder r = {0};
	struct sched *s;
	struct sched_gpu *gpu;
	struct sched_job *job;
	struct sched_queue *a, *b;
	struct sched_queue_stats stats;

	assert_int_equal(sched_new(NULL, &ops, &r, &s), 0);
	assert_int_equal(sched_policy_set(s, "up", 0), 0);
	assert_int_equal(sched_gpu_new(s, SCHED_UNLIMITED, &gpu), 0);
	assert_int_equal(sched_job_new(s, NULL, &job), 0);
	assert_int_equal(sched_queue_new(gpu, job, &r, 0, &a), 0);
	/* It was free and busy without a report; that ends, and its answer is "ready". */
	r = (struct recorder){.again = a, .reenter = true};
	assert_int_equal(sched_queue_new(gpu, job, NULL, 0, &b), 0);
	assert_false(r.reenter);
	assert_int_equal(r.depth_max, 1);
	sched_queue_stats(a, &stats);
	assert_int_equal(stats.state, SCHED_STATE_RUNNING);
	assert_int_equal(stats.gate, SCHED_GATE_RUN);
	assert_null(sched_check(s));
	sched_job_close(job);
	sched_free(s);
}

/* --- lifetimes */

static void queues_may_end_in_any_state(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 1, 50 * US);
		struct exec_queue *running = exec_queue(x, NULL, 0), *held = exec_queue(x, NULL, 0);
		struct exec_queue *waited_on = exec_queue(x, NULL, 0),
				  *waiting = exec_queue(x, NULL, 0);
		struct exec_queue *suspended = exec_queue(x, NULL, 0),
				  *other = exec_queue(x, NULL, 0);

		exec_hint(running, SCHED_HINT_PRIORITY, 5);
		exec_submit(running, MS, 10);
		exec_submit(held, MS, 10);
		exec_submit(suspended, MS, 10);
		exec_submit(waited_on, MS, 10);
		exec_submit_after(waiting, MS, waited_on, 10);
		exec_submit(other, MS, 10);
		assert_int_equal(sched_queue_suspend(suspended->sched, 3, x->now_ns), 0);
		exec_run(x, 2 * MS);
		exec_queue_end(running);
		exec_queue_end(held);
		exec_queue_end(suspended);
		exec_queue_end(waited_on);
		waiting->waits_told = false;
		assert_true(exec_drain(x, SEC));
		assert_int_equal(waiting->done, 1);
		assert_int_equal(other->done, 10);
		exec_free(x);
	}
}

static void policy_changes_under_load(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 2, 50 * US);
	struct exec_queue *q[8];

	for (int i = 0; i < 8; i++) {
		q[i] = exec_queue(x, NULL, i % 2);
		exec_hint(q[i], SCHED_HINT_PRIORITY, i);
		exec_hint(q[i], SCHED_HINT_DEADLINE, 1000 * (8 - i));
		exec_submit(q[i], 300 * US, 400);
	}
	exec_submit_after(q[0], MS, q[3], 400);
	exec_submit_after(q[4], MS, q[6], 400);
	for (unsigned i = 0; i < 40; i++) {
		const struct sched_policy *policy = sched_policy_at(i % 8);
		assert_int_equal(sched_policy_set(x->sched, policy->name, x->now_ns), 0);
		assert_null(sched_check(x->sched));
		exec_run(x, 7 * MS);
	}
	assert_true(exec_drain(x, 2 * SEC));
	exec_free(x);
}

static void policy_change_takes_effect_at_once(void **state)
{
	struct exec *x = exec_new(&sched_policy_fifo, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_submit(low, MS, 10);
	exec_submit(high, MS, 10);
	assert_int_equal(low->gate, SCHED_GATE_FREE);
	assert_int_equal(sched_policy_set(x->sched, "hpf", x->now_ns), 0);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_int_equal(high->gate, SCHED_GATE_RUN);
	exec_free(x);
}

static void jobs_of_one_name_are_one(void **state)
{
	struct exec *x = exec_new(&sched_policy_pup, 1, SCHED_UNLIMITED);
	struct sched_job *a = exec_job(x, "ranks"), *b = exec_job(x, "ranks"),
			 *c = exec_job(x, NULL);
	struct sched_job *d = exec_job(x, "");

	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(c, d);
	sched_job_close(a);
	struct exec_queue *q = exec_queue(x, b, 0);
	sched_job_close(b);
	exec_submit(q, MS, 1);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void suspended_queue_waits_and_others_do_not(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
	struct sched_queue_stats stats;

	exec_submit(a, MS, 10);
	exec_submit(b, MS, 10);
	assert_int_equal(sched_queue_suspend(a->sched, 0, 0), -EINVAL);
	assert_int_equal(sched_queue_suspend(a->sched, 4, 0), -EINVAL);
	assert_int_equal(sched_queue_suspend(a->sched, 1, x->now_ns), 0);
	assert_int_equal(a->reason, SCHED_BECAUSE_SUSPENDED);
	exec_run(x, 100 * MS);
	assert_int_equal(a->done, 0);
	assert_int_equal(b->done, 10);
	sched_queue_stats(a->sched, &stats);
	assert_int_equal(stats.state, SCHED_STATE_SUSPENDED);
	sched_queue_resume(a->sched, x->now_ns);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

/* --- hints */

static void hints_have_ranges_scopes_and_defaults(void **state)
{
	struct exec *x = exec_new(NULL, 1, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "j");
	struct exec_queue *q = exec_queue(x, job, 0);

	assert_int_equal(sched_hint_find("priority"), SCHED_HINT_PRIORITY);
	assert_int_equal(sched_hint_find("share"), SCHED_HINT_UTILIZATION);
	assert_int_equal(sched_hint_find("prio"), -ENOENT);
	for (int h = 0; h < SCHED_HINTS; h++) {
		const struct sched_hint_info *info = sched_hint_info(h);
		assert_int_equal(sched_hint_find(info->name), h);
		assert_int_equal(sched_queue_hint_get(q->sched, h), info->preset);
		assert_int_equal(sched_hint_set(x->sched, h, info->max + 1, 0), -ERANGE);
		assert_int_equal(sched_hint_set(x->sched, h, info->min - 1, 0), -ERANGE);
		assert_int_equal(sched_hint_set(x->sched, h, info->max, 0), 0);
		assert_int_equal(sched_queue_hint_get(q->sched, h), info->max);
		if (!(info->scope & SCHED_SCOPE_QUEUE)) {
			assert_int_equal(sched_queue_hint_set(q->sched, h, info->min, 0), -EPERM);
			assert_int_equal(sched_job_hint_set(job, h, info->min, 0), -EPERM);
			continue;
		}
		assert_int_equal(sched_job_hint_set(job, h, info->min, 0), 0);
		assert_int_equal(sched_queue_hint_get(q->sched, h), info->min);
		assert_int_equal(sched_queue_hint_set(q->sched, h, info->max - 1, 0), 0);
		assert_int_equal(sched_queue_hint_get(q->sched, h), info->max - 1);
		assert_int_equal(sched_queue_hint_set(q->sched, h, SCHED_HINT_UNSET, 0), 0);
		assert_int_equal(sched_queue_hint_get(q->sched, h), info->min);
	}
	assert_int_equal(sched_queue_hint_set(q->sched, SCHED_HINTS, 0, 0), -ENOENT);
	assert_null(sched_hint_info(SCHED_HINTS));
	sched_job_close(job);
	exec_free(x);
}

static void job_as_a_unit_takes_its_strongest_hint(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "j");
	struct exec_queue *a = exec_queue(x, job, 0), *b = exec_queue(x, job, 0);
	struct exec_queue *other = exec_queue(x, NULL, 0);

	exec_hint(a, SCHED_HINT_WEIGHT, 50);
	exec_hint(b, SCHED_HINT_WEIGHT, 300);
	exec_endless(a, len_100us, 1);
	exec_endless(b, len_100us, 1);
	exec_endless(other, len_100us, 1);
	exec_run(x, 10 * SEC);
	assert_uint_in_range(other->gpu_ns / MS, 2400, 2600);
	sched_job_close(job);
	exec_free(x);
}

static void no_deadline_claims_least(void **state)
{
	assert_true(sched_hint_stronger(SCHED_HINT_PRIORITY, 5, 3));
	assert_true(sched_hint_stronger(SCHED_HINT_DEADLINE, 5, 9));
	assert_true(sched_hint_stronger(SCHED_HINT_DEADLINE, 5, SCHED_NONE));
	assert_false(sched_hint_stronger(SCHED_HINT_DEADLINE, SCHED_NONE, 5));
	assert_false(sched_hint_stronger(SCHED_HINT_LAXITY, SCHED_NONE, SCHED_NONE));
}

static void hints_end_with_their_queue(void **state)
{
	struct exec *x = exec_new(NULL, 1, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "j");

	for (int i = 0; i < 10; i++) {
		struct exec_queue *q = exec_queue(x, job, 0);
		assert_int_equal(sched_queue_hint_get(q->sched, SCHED_HINT_PRIORITY), 0);
		exec_hint(q, SCHED_HINT_PRIORITY, 77);
		exec_queue_end(q);
	}
	sched_job_close(job);
	exec_free(x);
}

/* --- clocks */

static void clock_that_stands_still_loses_nobody(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
		struct exec_queue *q[4];
		for (int k = 0; k < 4; k++) {
			q[k] = exec_queue(x, NULL, 0);
			exec_submit(q[k], MS, 1);
		}
		for (int k = 0; k < 1000; k++)
			sched_tick(x->sched, 0);
		assert_null(sched_check(x->sched));
		assert_true(exec_drain(x, SEC));
		exec_free(x);
	}
}

static void clock_that_goes_back_counts_as_standing(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_run(x, SEC);
	exec_submit(a, MS, 1);
	exec_submit(b, MS, 1);
	sched_tick(x->sched, 5);
	sched_queue_idle(a->sched, 7);
	sched_queue_ready(a->sched, 0);
	assert_null(sched_check(x->sched));
	assert_true(sched_next_ns(x->sched) >= SEC);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void nothing_is_decided_within_a_batch(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	sched_queue_ready(low->sched, x->now_ns);
	assert_int_equal(low->gate, SCHED_GATE_RUN);
	unsigned before = low->effects + high->effects;
	sched_batch_begin(x->sched);
	sched_queue_ready(high->sched, x->now_ns);
	sched_queue_idle(high->sched, x->now_ns);
	sched_queue_ready(high->sched, x->now_ns);
	assert_int_equal(low->effects + high->effects, before);
	sched_batch_end(x->sched, x->now_ns);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_int_equal(high->gate, SCHED_GATE_RUN);
	sched_batch_begin(x->sched);
	sched_queue_idle(high->sched, x->now_ns);
	sched_queue_ready(high->sched, x->now_ns);
	before = low->effects + high->effects;
	sched_batch_end(x->sched, x->now_ns);
	/* It was as if nothing had been. */
	assert_int_equal(low->effects + high->effects, before);
	exec_free(x);
}

static void clock_that_jumps_is_no_stall(void **state)
{
	const struct sched_policy *policy;

	for (unsigned i = 0; (policy = sched_policy_at(i)); i++) {
		struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
		struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
		struct exec_queue *c = exec_queue(x, NULL, 0);
		exec_hint(a, SCHED_HINT_PRIORITY, 1);
		exec_submit(a, 10 * MS, 10);
		exec_submit(b, 10 * MS, 10);
		exec_submit(c, 10 * MS, 10);
		exec_run(x, 15 * MS);
		x->now_ns += 24 * 3600 * SEC;
		sched_tick(x->sched, x->now_ns);
		assert_null(sched_fault(x->sched));
		assert_null(sched_check(x->sched));
		assert_true(exec_drain(x, SEC));
		assert_null(sched_fault(x->sched));
		exec_free(x);
	}
}

static void absurd_gpu_time_does_not_starve(void **state)
{
	struct exec *x = exec_new(&sched_policy_up, 1, SCHED_UNLIMITED);
	struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);

	exec_submit(a, MS, 10);
	exec_submit(b, MS, 10);
	sched_queue_ran(a->sched, UINT64_MAX, x->now_ns);
	assert_int_equal(sched_gpu_ns(x->gpus[0]), 3600 * SEC);
	for (int i = 0; i < 100000; i++)
		sched_queue_ran(a->sched, UINT64_MAX, x->now_ns);
	assert_null(sched_check(x->sched));
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal),
		cmocka_unit_test(maximal),
		cmocka_unit_test(no_name_fails),
		cmocka_unit_test(starving_policy_fails),
		cmocka_unit_test(zero_width_fails),
		cmocka_unit_test(endless_slice_fails),
		cmocka_unit_test(lone_queue_is_free),
		cmocka_unit_test(lone_queue_is_followed_if_all_are),
		cmocka_unit_test(second_queue_ends_freedom_and_its_end_restores_it),
		cmocka_unit_test(new_highest_priority_limits_the_one_before),
		cmocka_unit_test(level_wanted_follows_the_gpu),
		cmocka_unit_test(effects_are_sent_only_when_they_change),
		cmocka_unit_test(window_hint_is_obeyed),
		cmocka_unit_test(victims_are_held_before_others_run),
		cmocka_unit_test(effect_may_call_the_core),
		cmocka_unit_test(queues_may_end_in_any_state),
		cmocka_unit_test(policy_changes_under_load),
		cmocka_unit_test(policy_change_takes_effect_at_once),
		cmocka_unit_test(jobs_of_one_name_are_one),
		cmocka_unit_test(suspended_queue_waits_and_others_do_not),
		cmocka_unit_test(hints_have_ranges_scopes_and_defaults),
		cmocka_unit_test(job_as_a_unit_takes_its_strongest_hint),
		cmocka_unit_test(no_deadline_claims_least),
		cmocka_unit_test(hints_end_with_their_queue),
		cmocka_unit_test(clock_that_stands_still_loses_nobody),
		cmocka_unit_test(clock_that_goes_back_counts_as_standing),
		cmocka_unit_test(nothing_is_decided_within_a_batch),
		cmocka_unit_test(clock_that_jumps_is_no_stall),
		cmocka_unit_test(absurd_gpu_time_does_not_starve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
