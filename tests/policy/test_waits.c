/* SPDX-License-Identifier: MIT */
/*
 * Queues that wait for each other: claims are inherited, nothing dead-locks, jobs that run as one
 * do so. The shapes are those that made schedulers of single queues hang (XSched issue 30:
 * multi-stream programs under per-queue suspension; barrier packets waiting for held queues;
 * collectives whose ranks run one at a time).
 */
#include "tests/policy/exec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const uint64_t len_100us[] = {100 * US};
static const uint64_t len_1ms[] = {1 * MS};

static void holder_inherits_the_waiters_priority(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *mid = exec_queue(x, NULL, 0);
	struct exec_queue *high = exec_queue(x, NULL, 0);

	exec_hint(mid, SCHED_HINT_PRIORITY, 5);
	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	exec_endless(mid, len_100us, 1);
	exec_submit(low, MS, 10);
	exec_run(x, 5 * MS);
	assert_int_equal(low->done, 0);
	exec_submit_after(high, MS, low, 3);
	exec_run(x, 10 * MS);
	/* Three kernels of the low queue, the high one's, and then the middle one again. */
	assert_int_equal(high->done, 1);
	assert_true(high->last_done_ns <= 5 * MS + 4 * MS + 600 * US);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_uint_in_range(low->done, 3, 4);
	exec_free(x);
}

static void inheritance_is_transitive_across_jobs_and_gpus(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 2, SCHED_UNLIMITED);
	struct exec_queue *chain[4], *mid[2], *high = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	for (int g = 0; g < 2; g++) {
		mid[g] = exec_queue(x, NULL, g);
		exec_hint(mid[g], SCHED_HINT_PRIORITY, 5);
		exec_endless(mid[g], len_100us, 1);
	}
	for (int i = 0; i < 4; i++) {
		chain[i] = exec_queue(x, NULL, i % 2);
		if (i)
			exec_submit_after(chain[i], MS, chain[i - 1], 1);
		else
			exec_submit(chain[i], MS, 1);
	}
	exec_run(x, 20 * MS);
	assert_int_equal(chain[0]->done, 0);
	exec_submit_after(high, MS, chain[3], 1);
	exec_run(x, 10 * MS);
	assert_int_equal(high->done, 1);
	assert_true(high->last_done_ns <= 20 * MS + 5 * MS + 5 * 300 * US);
	exec_free(x);
}

static void claim_ends_with_the_wait(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *mid = exec_queue(x, NULL, 0);
	struct exec_queue *high = exec_queue(x, NULL, 0);

	x->check = false;
	exec_hint(mid, SCHED_HINT_PRIORITY, 5);
	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	sched_queue_ready(low->sched, 0);
	sched_queue_ready(mid->sched, 0);
	sched_queue_ready(high->sched, 0);
	assert_int_equal(sched_queue_waits(high->sched, low->sched, 0), 0);
	assert_int_equal(sched_queue_waits(high->sched, low->sched, 0), 0);
	assert_int_equal(low->gate, SCHED_GATE_RUN);
	assert_int_equal(mid->gate, SCHED_GATE_HOLD);
	sched_queue_wait_done(high->sched, low->sched, 0);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_int_equal(high->gate, SCHED_GATE_RUN);
	sched_queue_waits(high->sched, low->sched, 0);
	sched_queue_idle(high->sched, 0);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	assert_int_equal(mid->gate, SCHED_GATE_RUN);
	exec_free(x);
}

static void change_of_the_waiters_hint_reaches_the_holder(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *mid = exec_queue(x, NULL, 0);
	struct exec_queue *waiter = exec_queue(x, NULL, 0);

	x->check = false;
	exec_hint(mid, SCHED_HINT_PRIORITY, 5);
	sched_queue_ready(low->sched, 0);
	sched_queue_ready(mid->sched, 0);
	sched_queue_ready(waiter->sched, 0);
	sched_queue_waits(waiter->sched, low->sched, 0);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	exec_hint(waiter, SCHED_HINT_PRIORITY, 6);
	assert_int_equal(low->gate, SCHED_GATE_RUN);
	exec_hint(waiter, SCHED_HINT_PRIORITY, 4);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	exec_free(x);
}

static void suspended_queue_runs_for_one_that_waits(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		struct exec *x = exec_new(policy, 1, 50 * US);
		struct exec_queue *a = exec_queue(x, NULL, 0), *b = exec_queue(x, NULL, 0);
		exec_submit(a, MS, 5);
		assert_int_equal(sched_queue_suspend(a->sched, 3, 0), 0);
		exec_run(x, 10 * MS);
		assert_int_equal(a->done, 0);
		exec_submit_after(b, MS, a, 3);
		exec_run(x, 50 * MS);
		assert_int_equal(b->done, 1);
		assert_int_equal(a->gate, SCHED_GATE_HOLD);
		assert_uint_in_range(a->done, 3, 4);
		exec_free(x);
	}
}

static void suspended_waiter_lends_nothing(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *low = exec_queue(x, NULL, 0), *mid = exec_queue(x, NULL, 0);
	struct exec_queue *high = exec_queue(x, NULL, 0);

	exec_hint(mid, SCHED_HINT_PRIORITY, 5);
	exec_hint(high, SCHED_HINT_PRIORITY, 10);
	exec_endless(mid, len_100us, 1);
	exec_submit(low, MS, 1);
	exec_submit_after(high, MS, low, 1);
	assert_int_equal(sched_queue_suspend(high->sched, 1, 0), 0);
	exec_run(x, 50 * MS);
	assert_int_equal(low->done, 0);
	sched_queue_resume(high->sched, x->now_ns);
	exec_run(x, 5 * MS);
	assert_int_equal(high->done, 1);
	exec_free(x);
}

static void cycles_are_harmless(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		struct exec *x = exec_new(policy, 1, 50 * US);
		struct exec_queue *q[5], *other = exec_queue(x, NULL, 0);
		x->check = false;
		for (int i = 0; i < 5; i++) {
			q[i] = exec_queue(x, NULL, 0);
			exec_hint(q[i], SCHED_HINT_PRIORITY, i);
			sched_queue_ready(q[i]->sched, 0);
		}
		for (int i = 0; i < 5; i++) {
			assert_int_equal(
				sched_queue_waits(q[i]->sched, q[(i + 1) % 5]->sched, 0), 0);
			sched_queue_suspend(q[i]->sched, 1, 0);
			assert_null(sched_check(x->sched));
		}
		/* Their program is dead; that of the others is not. */
		exec_submit(other, MS, 10);
		exec_run(x, 20 * MS);
		assert_int_equal(other->done, 10);
		for (int i = 0; i < 5; i++) {
			sched_queue_resume(q[i]->sched, x->now_ns);
			assert_null(sched_check(x->sched));
		}
		exec_submit(other, MS, 10);
		exec_run(x, 200 * MS);
		assert_int_equal(other->done, 20);
		exec_free(x);
	}
}

static void two_suspended_queues_do_not_release_each_other(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *holder = exec_queue(x, NULL, 0), *waiter = exec_queue(x, NULL, 0);

	assert_int_equal(sched_queue_suspend(holder->sched, 1, 0), 0);
	assert_int_equal(sched_queue_suspend(waiter->sched, 1, 0), 0);
	exec_submit(holder, MS, 1);
	exec_submit_after(waiter, MS, holder, 1);
	exec_run(x, 10 * MS);
	assert_int_equal(holder->done, 0);
	sched_queue_resume(waiter->sched, x->now_ns);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

/* A queue ends while its job's unit has a claim and a payer by it, and then the payer ends. */
static void lent_claim_ends_with_the_queue_it_was_lent_to(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "holder");
	struct exec_queue *stays = exec_queue(x, job, 0), *ends = exec_queue(x, job, 0);
	struct exec_queue *waiter = exec_queue(x, NULL, 0), *other = exec_queue(x, NULL, 0);

	exec_endless(other, len_1ms, 1);
	exec_endless(stays, len_1ms, 1);
	exec_submit(ends, MS, 100);
	exec_run(x, 100 * MS);
	exec_submit_after(waiter, MS, ends, 100);
	exec_run(x, MS);
	exec_queue_end(ends);
	exec_queue_end(waiter);
	exec_run(x, 100 * MS);
	assert_uint_in_range(stays->gpu_ns / MS, 45, 110);
	sched_job_close(job);
	exec_free(x);
}

static void self_and_too_many_waits_fail(void **state)
{
	struct exec *x = exec_new(NULL, 1, SCHED_UNLIMITED);
	struct exec *y = exec_new(NULL, 1, SCHED_UNLIMITED);
	struct exec_queue *q = exec_queue(x, NULL, 0), *foreign = exec_queue(y, NULL, 0);

	assert_int_equal(sched_queue_waits(q->sched, q->sched, 0), -EINVAL);
	assert_int_equal(sched_queue_waits(q->sched, foreign->sched, 0), -EINVAL);
	for (int i = 0; i < SCHED_WAITS_MAX; i++)
		assert_int_equal(sched_queue_waits(q->sched, exec_queue(x, NULL, 0)->sched, 0), 0);
	assert_int_equal(sched_queue_waits(q->sched, exec_queue(x, NULL, 0)->sched, 0), -ENOSPC);
	exec_free(x);
	exec_free(y);
}

/* XSched issue 30: streams of one program that wait for each other's events, under every policy,
 * beside others. */
static void streams_with_events_finish_under_every_policy(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
		struct sched_job *job = exec_job(x, "streams");
		struct exec_queue *s[4], *busy = exec_queue(x, NULL, 0);
		exec_endless(busy, len_1ms, 1);
		for (int i = 0; i < 4; i++) {
			s[i] = exec_queue(x, job, 0);
			exec_hint(s[i], SCHED_HINT_PRIORITY, 2 - i);
			exec_hint(s[i], SCHED_HINT_DEADLINE, 1000000);
			exec_hint(s[i], SCHED_HINT_LAXITY, 1000);
		}
		/* A ring: each round of a stream follows the round of its neighbour. */
		exec_submit(s[0], 50 * US, 1);
		for (uint64_t round = 1; round < 50; round++)
			for (int i = 0; i < 4; i++)
				if (i || round > 1)
					exec_submit_after(s[i], 50 * US, s[(i + 3) % 4],
						i ? round : round - 1);
		exec_submit_after(s[0], 50 * US, s[3], 49);
		exec_run(x, 20 * SEC);
		/* The last stream's priority is below the busy queue's: it comes through by what
		 * waits for it. */
		for (int i = 0; i < 4; i++)
			assert_int_equal(s[i]->done, s[i]->count);
		assert_null(sched_fault(x->sched));
		sched_job_close(job);
		exec_free(x);
	}
}

/* A queue that holds its place because of something the core is not told does not keep it for ever.
 */
static void unknown_wait_does_not_block_others(void **state)
{
	static const struct sched_policy *const turns[] = {
		&sched_policy_up, &sched_policy_pup, &sched_policy_fair, &sched_policy_kedf};

	for (int i = 0; i < 4; i++) {
		struct exec *x = exec_new(turns[i], 1, SCHED_UNLIMITED);
		struct exec_queue *other = exec_queue(x, NULL, 0);
		struct exec_queue *stuck = exec_queue(x, NULL, 0);
		x->check = false;
		sched_queue_ready(stuck->sched, 0);
		exec_endless(other, len_1ms, 1);
		exec_run(x, 10 * SEC);
		assert_true(other->gpu_ns >= 3 * SEC);
		exec_free(x);
	}
}

static void waiting_queue_takes_no_turn(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *other = exec_queue(x, NULL, 0), *holder = exec_queue(x, NULL, 0);
	struct exec_queue *waiter = exec_queue(x, NULL, 0);

	/* The holder has nothing yet: its program submits later. */
	exec_endless(other, len_1ms, 1);
	exec_submit_after(waiter, MS, holder, 1);
	exec_run(x, SEC);
	assert_int_equal(other->gpu_ns, SEC);
	exec_submit(holder, MS, 1);
	exec_run(x, 50 * MS);
	assert_int_equal(waiter->done, 1);
	exec_free(x);
}

static void waiting_queue_is_held_while_it_is_outranked(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 1, SCHED_UNLIMITED);
	struct exec_queue *holder = exec_queue(x, NULL, 0), *waiter = exec_queue(x, NULL, 0);
	struct exec_queue *high = exec_queue(x, NULL, 0);

	/* Or it would go on beside the high one as soon as the signal it waits for comes. */
	exec_hint(high, SCHED_HINT_PRIORITY, 1);
	exec_submit_after(waiter, MS, holder, 1);
	exec_run(x, MS);
	assert_int_equal(waiter->gate, SCHED_GATE_RUN);
	exec_submit(high, MS, 3);
	assert_int_equal(waiter->gate, SCHED_GATE_HOLD);
	exec_run(x, 4 * MS);
	assert_int_equal(waiter->gate, SCHED_GATE_RUN);
	exec_submit(holder, MS, 1);
	assert_true(exec_drain(x, SEC));
	exec_free(x);
}

static void holder_uses_the_waiters_turn(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 1, SCHED_UNLIMITED);
	struct exec_queue *other = exec_queue(x, NULL, 0), *holder = exec_queue(x, NULL, 0);
	struct exec_queue *waiter = exec_queue(x, NULL, 0);

	exec_submit(holder, MS, 1000);
	exec_submit_after(waiter, MS, holder, 1000);
	exec_endless(other, len_1ms, 1);
	exec_run(x, 900 * MS);
	/* It has its own turns and the waiter's, and no more: two thirds. */
	assert_uint_in_range(holder->gpu_ns / MS, 585, 615);
	exec_free(x);
}

/* --- jobs that run as one */

static void ranks_on_two_gpus_run_together(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		struct exec *x = exec_new(policy, 2, SCHED_UNLIMITED);
		struct sched_job *job = exec_job(x, "ranks");
		struct exec_queue *rank[2], *busy[2];
		x->slots = policy == &sched_policy_fifo || policy == &sched_policy_hpf ||
					   policy == &sched_policy_lax
				   ? 2
				   : 1;
		sched_job_unit_set(job, true, 0);
		for (int g = 0; g < 2; g++) {
			busy[g] = exec_queue(x, NULL, g);
			exec_endless(busy[g], len_100us, 1);
			rank[g] = exec_queue(x, job, g);
			/* Collectives: kernel i of one rank runs only beside kernel i of the other.
			 */
			for (int i = 0; i < 100; i++) {
				struct exec_kernel *k = exec_submit(rank[g], 100 * US, 1);
				k->collective = i + 1;
				k->parts = 2;
			}
		}
		exec_run(x, 2 * SEC);
		assert_int_equal(rank[0]->done, 100);
		assert_int_equal(rank[1]->done, 100);
		assert_true(busy[0]->gpu_ns > SEC && busy[1]->gpu_ns > SEC);
		assert_null(sched_fault(x->sched));
		sched_job_close(job);
		exec_free(x);
	}
}

static void part_of_a_job_that_runs_as_one_waits_for_the_rest(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 2, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "ranks");
	struct exec_queue *rank[2], *high = exec_queue(x, NULL, 1), *low = exec_queue(x, NULL, 0);

	exec_hint(high, SCHED_HINT_PRIORITY, 9);
	exec_hint(low, SCHED_HINT_PRIORITY, -9);
	sched_job_unit_set(job, true, 0);
	for (int g = 0; g < 2; g++) {
		rank[g] = exec_queue(x, job, g);
		exec_submit(rank[g], MS, 10);
	}
	exec_submit(low, MS, 50);
	assert_int_equal(rank[0]->gate, SCHED_GATE_RUN);
	assert_int_equal(low->gate, SCHED_GATE_HOLD);
	exec_submit(high, MS, 5);
	/* One GPU is taken by a higher claim: the other does not stay empty. */
	assert_int_equal(rank[1]->gate, SCHED_GATE_HOLD);
	assert_int_equal(rank[0]->gate, SCHED_GATE_HOLD);
	assert_int_equal(rank[0]->reason, SCHED_BECAUSE_JOB);
	assert_int_equal(low->gate, SCHED_GATE_RUN);
	assert_true(exec_drain(x, SEC));
	sched_job_close(job);
	exec_free(x);
}

static void queues_apart_are_not_of_what_runs_as_one(void **state)
{
	struct exec *x = exec_new(&sched_policy_hpf, 2, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "ranks");
	struct exec_queue *high = exec_queue(x, NULL, 1);
	struct exec_queue *rank[] = {exec_queue(x, job, 0), exec_queue(x, job, 1)}, *apart[] = {exec_queue(x, job, 0), exec_queue(x, job, 0)};

	exec_hint(high, SCHED_HINT_PRIORITY, 9);
	/* Whichever comes first. */
	sched_queue_apart(apart[0]->sched, 0);
	sched_job_unit_set(job, true, 0);
	sched_queue_apart(apart[1]->sched, 0);
	for (int i = 0; i < 2; i++) {
		exec_submit(rank[i], MS, 10);
		exec_submit(apart[i], MS, 10);
	}
	exec_submit(high, MS, 5);
	assert_int_equal(rank[0]->gate, SCHED_GATE_HOLD);
	assert_int_equal(apart[0]->gate, SCHED_GATE_RUN);
	assert_int_equal(apart[1]->gate, SCHED_GATE_RUN);
	/* A policy for jobs knows one. */
	assert_int_equal(sched_policy_set(x->sched, "pup", x->now_ns), 0);
	assert_true(rank[0]->gate == apart[0]->gate && rank[0]->gate == apart[1]->gate);
	assert_true(exec_drain(x, SEC));
	sched_job_close(job);
	exec_free(x);
}

static void two_jobs_that_run_as_one_do_not_block_each_other(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		struct exec *x = exec_new(policy, 3, SCHED_UNLIMITED);
		struct sched_job *a = exec_job(x, "a"), *b = exec_job(x, "b");
		struct exec_queue *qa[3], *qb[3], *solo[3];
		sched_job_unit_set(a, true, 0);
		sched_job_unit_set(b, true, 0);
		for (int g = 0; g < 3; g++) {
			qa[g] = exec_queue(x, a, g);
			qb[g] = exec_queue(x, b, 2 - g);
			solo[g] = exec_queue(x, NULL, g);
			exec_submit(solo[g], 50 * US * (uint64_t)(g + 1), 2000);
			exec_submit(qa[g], 300 * US, 300);
			exec_submit(qb[g], 200 * US * (uint64_t)(g + 1), 300);
		}
		assert_true(exec_drain(x, 10 * SEC));
		assert_null(sched_fault(x->sched));
		sched_job_close(a);
		sched_job_close(b);
		exec_free(x);
	}
}

static void two_jobs_that_run_as_one_share_by_weight(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 2, SCHED_UNLIMITED);
	struct sched_job *a = exec_job(x, "a"), *b = exec_job(x, "b");
	struct exec_queue *qa[2], *qb[2];

	sched_job_unit_set(a, true, 0);
	sched_job_unit_set(b, true, 0);
	assert_int_equal(sched_job_hint_set(a, SCHED_HINT_WEIGHT, 300, 0), 0);
	for (int g = 0; g < 2; g++) {
		qa[g] = exec_queue(x, a, g);
		qb[g] = exec_queue(x, b, g);
		exec_endless(qa[g], len_1ms, 1);
		exec_endless(qb[g], len_1ms, 1);
	}
	exec_run(x, 10 * SEC);
	for (int g = 0; g < 2; g++)
		assert_uint_in_range((uint64_t)exec_share(qa[g]->gpu_ns, qb[g]->gpu_ns), 73, 77);
	sched_job_close(a);
	sched_job_close(b);
	exec_free(x);
}

static void marking_a_running_job_takes_effect(void **state)
{
	struct exec *x = exec_new(&sched_policy_fair, 2, SCHED_UNLIMITED);
	struct sched_job *job = exec_job(x, "late");
	struct exec_queue *q[2], *other = exec_queue(x, NULL, 1);

	exec_endless(other, len_1ms, 1);
	for (int g = 0; g < 2; g++) {
		q[g] = exec_queue(x, job, g);
		exec_endless(q[g], len_1ms, 1);
	}
	exec_run(x, SEC);
	assert_int_equal(q[0]->gpu_ns, SEC);
	sched_job_unit_set(job, true, x->now_ns);
	uint64_t before = q[0]->gpu_ns;
	exec_run(x, SEC);
	/* It is held on GPU 0 whenever it is on GPU 1. */
	assert_uint_in_range((q[0]->gpu_ns - before) / MS, 450, 560);
	sched_job_unit_set(job, false, x->now_ns);
	before = q[0]->gpu_ns;
	exec_run(x, SEC);
	assert_int_equal((q[0]->gpu_ns - before) / MS, 1000);
	sched_job_close(job);
	exec_free(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holder_inherits_the_waiters_priority),
		cmocka_unit_test(inheritance_is_transitive_across_jobs_and_gpus),
		cmocka_unit_test(claim_ends_with_the_wait),
		cmocka_unit_test(change_of_the_waiters_hint_reaches_the_holder),
		cmocka_unit_test(suspended_queue_runs_for_one_that_waits),
		cmocka_unit_test(suspended_waiter_lends_nothing),
		cmocka_unit_test(cycles_are_harmless),
		cmocka_unit_test(two_suspended_queues_do_not_release_each_other),
		cmocka_unit_test(lent_claim_ends_with_the_queue_it_was_lent_to),
		cmocka_unit_test(self_and_too_many_waits_fail),
		cmocka_unit_test(streams_with_events_finish_under_every_policy),
		cmocka_unit_test(unknown_wait_does_not_block_others),
		cmocka_unit_test(waiting_queue_takes_no_turn),
		cmocka_unit_test(waiting_queue_is_held_while_it_is_outranked),
		cmocka_unit_test(holder_uses_the_waiters_turn),
		cmocka_unit_test(ranks_on_two_gpus_run_together),
		cmocka_unit_test(part_of_a_job_that_runs_as_one_waits_for_the_rest),
		cmocka_unit_test(queues_apart_are_not_of_what_runs_as_one),
		cmocka_unit_test(two_jobs_that_run_as_one_do_not_block_each_other),
		cmocka_unit_test(two_jobs_that_run_as_one_share_by_weight),
		cmocka_unit_test(marking_a_running_job_takes_effect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
