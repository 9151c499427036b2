/* SPDX-License-Identifier: MIT */
/*
 * Properties that hold for any arrivals: nothing is lost, nobody starves beyond the bound, the GPU
 * is not left idle, shares are exact, a decision's cost grows with the logarithm. Arrivals are
 * random, their seeds fixed.
 */
#include "tests/policy/exec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;

/* Splitmix64; Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014. */
static uint64_t draw(uint64_t below)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = seed;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

static uint64_t random_len(void)
{
	static const uint64_t lens[] = {5 * US, 20 * US, 100 * US, 700 * US, 3 * MS, 20 * MS};

	return lens[draw(draw(4) ? 4 : 6)];
}

static void random_hints(struct exec_queue *q)
{
	exec_hint(q, SCHED_HINT_PRIORITY, (int64_t)draw(5) - 2);
	exec_hint(q, SCHED_HINT_UTILIZATION, 1 + (int64_t)draw(100));
	exec_hint(q, SCHED_HINT_WEIGHT, 1 + (int64_t)draw(400));
	if (draw(2))
		exec_hint(q, SCHED_HINT_DEADLINE, (int64_t)draw(50000));
	if (draw(2))
		exec_hint(q, SCHED_HINT_LAXITY, (int64_t)draw(50000));
	if (draw(4) == 0)
		exec_hint(q, SCHED_HINT_AGEING, 1000);
	if (draw(4) == 0)
		exec_hint(q, SCHED_HINT_LEVEL, 1 + (int64_t)draw(3));
}

/* Bursts into random queues of a few jobs on two GPUs, with events between queues and suspensions.
 */
static void random_load(const struct sched_policy *policy, uint64_t with)
{
	enum { QUEUES = 12 };
	seed = with;
	struct exec *x = exec_new(policy, 2, draw(2) ? 50 * US : SCHED_UNLIMITED);
	struct exec_queue *q[QUEUES];
	struct sched_job *jobs[3];
	bool suspended[QUEUES] = {false};

	for (int i = 0; i < 3; i++)
		jobs[i] = exec_job(x, NULL);
	sched_job_unit_set(jobs[2], true, 0);
	for (int i = 0; i < QUEUES; i++) {
		q[i] = exec_queue(x, i < 9 ? jobs[i % 3] : NULL, (int)draw(2));
		if (draw(4) == 0)
			sched_queue_apart(q[i]->sched, 0);
		random_hints(q[i]);
	}
	for (int round = 0; round < 60; round++) {
		int i = (int)draw(QUEUES), k = (int)draw(QUEUES);
		if (draw(4) == 0 && k < i)
			exec_submit_after(q[i], random_len(), q[k], q[k]->count);
		exec_submit(q[i], random_len(), 1 + draw(20));
		if (draw(8) == 0) {
			suspended[k] = !suspended[k];
			if (suspended[k])
				sched_queue_suspend(q[k]->sched, 1 + (int)draw(3), x->now_ns);
			else
				sched_queue_resume(q[k]->sched, x->now_ns);
		}
		if (draw(16) == 0)
			random_hints(q[k]);
		exec_run(x, draw(2) ? draw(200 * US) : draw(20 * MS));
	}
	for (int i = 0; i < QUEUES; i++)
		if (suspended[i])
			sched_queue_resume(q[i]->sched, x->now_ns);
	if (!exec_drain(x, 20 * SEC))
		fail_msg("policy %s, seed %llu: work was lost", policy->name,
			(unsigned long long)with);
	if (sched_fault(x->sched))
		fail_msg("policy %s, seed %llu: %s", policy->name, (unsigned long long)with,
			sched_fault(x->sched)->text);
	for (int i = 0; i < 3; i++)
		sched_job_close(jobs[i]);
	exec_free(x);
}

static void no_packet_is_lost_under_random_load(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++)
		for (uint64_t with = 1; with <= 100; with++)
			random_load(policy, with);
}

static void gpu_is_not_left_idle(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		for (uint64_t with = 1; with <= 5; with++) {
			seed = with;
			struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
			struct exec_queue *q[6];
			for (int i = 0; i < 6; i++) {
				q[i] = exec_queue(x, NULL, 0);
				random_hints(q[i]);
			}
			for (int round = 0; round < 100; round++) {
				exec_submit(q[draw(6)], random_len(), 1 + draw(10));
				exec_run(x, draw(4 * MS));
			}
			assert_true(exec_drain(x, 20 * SEC));
			/* Those that keep the GPU for one that runs dry may spend 1 % so; the
			 * others nothing. */
			uint64_t allowed = policy->linger ? x->now_ns / 100 : 0;
			if (x->wasted_ns[0] > allowed)
				fail_msg("%s left the GPU idle for %llu us", policy->name,
					(unsigned long long)(x->wasted_ns[0] / US));
			exec_free(x);
		}
	}
}

/* Longest time a queue went without completing anything, over all queues. */
static uint64_t longest_wait(
	const struct sched_policy *policy, int queues, const uint64_t *lens, size_t count)
{
	struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
	struct exec_queue *q[32];
	uint64_t last[32] = {0}, longest = 0, done[32] = {0};

	x->check = false;
	for (int i = 0; i < queues; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_endless(q[i], lens, count);
	}
	for (int step = 0; step < 4000; step++) {
		exec_run(x, MS);
		for (int i = 0; i < queues; i++) {
			if (q[i]->gpu_ns != done[i])
				last[i] = x->now_ns;
			done[i] = q[i]->gpu_ns;
			if (x->now_ns - last[i] > longest)
				longest = x->now_ns - last[i];
		}
	}
	exec_free(x);
	return longest;
}

static void nobody_starves_among_equals(void **state)
{
	static const uint64_t mixed[] = {5 * US, 20 * MS, 100 * US, 3 * MS};
	static const struct sched_policy *const turns[] = {&sched_policy_up, &sched_policy_pup,
		&sched_policy_fair, &sched_policy_kedf, &sched_policy_hpf, &sched_policy_lax};

	for (int p = 0; p < 6; p++) {
		/* Each of the others has one turn of 5 ms, longer by the longest kernel, before it,
		 * and once more what was in flight from an earlier turn, or what it was ahead of
		 * them; then its own kernel. */
		uint64_t turn = 5 * MS + 20 * MS;
		uint64_t bound = 2 * 15 * turn + turn;
		uint64_t longest = longest_wait(turns[p], 16, mixed, 4);
		if (longest > bound)
			fail_msg("%s: %llu ms", turns[p]->name, (unsigned long long)(longest / MS));
	}
	/* The lowest level's turn is 80 ms. */
	assert_true(longest_wait(&sched_policy_mlfq, 16, mixed, 4) <= 15 * 100 * MS + 25 * MS);
}

static void shares_are_exact_for_random_kernels_and_shares(void **state)
{
	static const struct sched_policy *const sharing[] = {&sched_policy_up, &sched_policy_pup};

	for (uint64_t with = 1; with <= 6; with++) {
		seed = with;
		struct exec *x =
			exec_new(sharing[with % 2], 1, draw(2) ? 50 * US : SCHED_UNLIMITED);
		struct exec_queue *q[4];
		uint64_t lens[4][8];
		int64_t share[4], sum = 0;
		uint64_t total = 0;

		x->check = false;
		for (int i = 0; i < 4; i++) {
			for (int k = 0; k < 8; k++)
				lens[i][k] = random_len() + draw(1000);
			share[i] = 5 + (int64_t)draw(96);
			sum += share[i];
			q[i] = exec_queue(x, NULL, 0);
			exec_hint(q[i], SCHED_HINT_UTILIZATION, share[i]);
			exec_endless(q[i], lens[i], 1 + draw(8));
		}
		exec_run(x, 60 * SEC);
		for (int i = 0; i < 4; i++)
			total += q[i]->gpu_ns;
		for (int i = 0; i < 4; i++) {
			double want = 100.0 * (double)share[i] / (double)sum;
			double got = exec_share(q[i]->gpu_ns, total - q[i]->gpu_ns);
			if (got < want - 1 || got > want + 1)
				fail_msg("seed %llu: %.2f %% instead of %.2f %%",
					(unsigned long long)with, got, want);
		}
		assert_int_equal(x->wasted_ns[0], 0);
		exec_free(x);
	}
}

/* Steps per event with @n queues, all ready, of which one after another runs dry, comes back,
 * reports. */
static uint64_t steps_per_event(const struct sched_policy *policy, int n)
{
	struct exec *x = exec_new(policy, 1, SCHED_UNLIMITED);
	struct exec_queue **q = calloc((size_t)n, sizeof(*q));
	uint64_t events = 0, now = 0;

	assert_non_null(q);
	seed = 7;
	x->check = false;
	for (int i = 0; i < n; i++) {
		q[i] = exec_queue(x, NULL, 0);
		exec_hint(q[i], SCHED_HINT_PRIORITY, (int64_t)draw(500) - 250);
		exec_hint(q[i], SCHED_HINT_DEADLINE, (int64_t)draw(1000000));
		sched_queue_ready(q[i]->sched, now);
	}
	uint64_t before = sched_steps(x->sched);
	for (int i = 0; i < 4000; i++) {
		struct sched_queue *some = q[draw((uint64_t)n)]->sched;
		now += 50 * US;
		sched_queue_ran(some, 40 * US, now);
		sched_queue_idle(some, now);
		sched_queue_ready(some, now);
		sched_tick(x->sched, now);
		events += 4;
	}
	uint64_t steps = (sched_steps(x->sched) - before) / events;
	assert_null(sched_check(x->sched));
	free(q);
	exec_free(x);
	return steps;
}

static void decision_cost_grows_with_the_logarithm(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		uint64_t small = steps_per_event(policy, 16), large = steps_per_event(policy, 1024);
		/* log2(1024) / log2(16) is 2.5; a cost that grew with n would grow 64-fold. */
		if (large > 4 * small + 16 || large > 200)
			fail_msg("%s: %llu steps with 16 queues, %llu with 1024", policy->name,
				(unsigned long long)small, (unsigned long long)large);
	}
}

static void equal_calls_decide_equally(void **state)
{
	const struct sched_policy *policy;

	for (unsigned p = 0; (policy = sched_policy_at(p)); p++) {
		uint64_t first[3];
		for (int run = 0; run < 2; run++) {
			seed = 99;
			struct exec *x = exec_new(policy, 1, 50 * US);
			struct exec_queue *q[5];
			uint64_t sum[3] = {0};
			for (int i = 0; i < 5; i++) {
				q[i] = exec_queue(x, NULL, 0);
				random_hints(q[i]);
				exec_submit(q[i], random_len(), 50);
			}
			assert_true(exec_drain(x, 100 * SEC));
			for (int i = 0; i < 5; i++) {
				sum[0] += (uint64_t)(i + 1) * q[i]->latency_sum_ns;
				sum[1] += q[i]->effects;
			}
			sum[2] = sched_steps(x->sched);
			if (run)
				assert_memory_equal(sum, first, sizeof(sum));
			memcpy(first, sum, sizeof(sum));
			exec_free(x);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_packet_is_lost_under_random_load),
		cmocka_unit_test(gpu_is_not_left_idle),
		cmocka_unit_test(nobody_starves_among_equals),
		cmocka_unit_test(shares_are_exact_for_random_kernels_and_shares),
		cmocka_unit_test(decision_cost_grows_with_the_logarithm),
		cmocka_unit_test(equal_calls_decide_equally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
