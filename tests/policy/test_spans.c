/* SPDX-License-Identifier: MIT */
/* What queues are charged for kernels that overlap on the GPU. Ticks are 10 ns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/sched/core.h"
#include "tests/policy/exec.h"

static struct exec *x;
static struct exec_queue *a, *b;

static void start(const struct sched_policy *policy)
{
	x = exec_new(policy, 2, SCHED_UNLIMITED);
	a = exec_queue(x, NULL, 0);
	b = exec_queue(x, NULL, 0);
}

static int teardown(void **state)
{
	assert_null(sched_check(x->sched));
	exec_free(x);
	return 0;
}

/* @alone_us: 0: not known */
static void span(struct exec_queue *q, uint64_t start_us, uint64_t end_us, uint64_t alone_us)
{
	struct gpu_span s = {
		.start_ts = 100 * start_us,
		.end_ts = 100 * end_us,
		.ns = (end_us - start_us) * US,
		.alone_ns = alone_us * US,
	};

	sched_queue_spans(q->sched, &s, 1, x->now_ns);
}

static uint64_t charged_us(const struct exec_queue *q)
{
	struct sched_queue_stats stats;

	sched_queue_stats(q->sched, &stats);
	/* What is given back is taken off what comes next. */
	return (stats.gpu_ns - q->sched->refund_ns + US / 2) / US;
}

static void what_overlaps_nothing_is_charged_whole(void **state)
{
	start(&sched_policy_up);
	span(a, 0, 100, 10);
	span(b, 100, 300, 10);
	span(a, 300, 301, 10);
	assert_int_equal(charged_us(a), 101);
	assert_int_equal(charged_us(b), 200);
}

static void the_wait_for_one_that_began_before_is_its_own(void **state)
{
	start(&sched_policy_up);
	span(a, 0, 1000, 0);
	span(b, 500, 1100, 0);
	assert_int_equal(charged_us(a), 1000);
	assert_int_equal(charged_us(b), 100);
}

static void the_order_of_reports_does_not_matter(void **state)
{
	start(&sched_policy_up);
	span(b, 500, 1100, 0);
	assert_int_equal(charged_us(b), 600);
	span(a, 0, 1000, 0);
	assert_int_equal(charged_us(a), 1000);
	assert_int_equal(charged_us(b), 100);
	/* And what is counted never goes back. */
	span(b, 2000, 2300, 0);
	assert_int_equal(charged_us(b), 400);
	assert_int_equal(sched_gpu_ns(x->gpus[0]), 1600 * US);
	span(b, 2300, 2600, 0);
	assert_int_equal(sched_gpu_ns(x->gpus[0]), 1700 * US);
}

static void a_wait_for_several_in_a_row_is_theirs(void **state)
{
	start(&sched_policy_up);
	span(a, 0, 400, 0);
	span(a, 400, 800, 0);
	span(b, 100, 900, 0);
	assert_int_equal(charged_us(b), 100);
	/* And if it is told of before them. */
	span(b, 2100, 2900, 0);
	span(a, 2400, 2800, 0);
	assert_int_equal(charged_us(b), 900);
	span(a, 2000, 2400, 0);
	assert_int_equal(charged_us(b), 200);
}

static void one_that_goes_on_longer_runs_beside_others(void **state)
{
	start(&sched_policy_up);
	span(b, 100, 200, 0);
	span(a, 0, 1000, 0);
	assert_int_equal(charged_us(a), 1000);
	assert_int_equal(charged_us(b), 100);
}

static void whoever_overlaps_pays_what_it_takes_alone(void **state)
{
	start(&sched_policy_up);
	/* Its groups wait for places that the other gives up late; and it is over before the other. */
	span(b, 100, 1000, 50);
	assert_int_equal(charged_us(b), 900);
	span(a, 0, 1050, 1000);
	assert_int_equal(charged_us(b), 50);
	assert_int_equal(charged_us(a), 1000);
	/* It never pays more than the time it had. */
	span(b, 2000, 2100, 500);
	span(a, 1900, 2200, 500);
	assert_int_equal(charged_us(b), 150);
	assert_int_equal(charged_us(a), 1300);
}

static void other_gpus_are_no_others(void **state)
{
	start(&sched_policy_up);
	struct exec_queue *elsewhere = exec_queue(x, NULL, 1);
	span(a, 0, 1000, 0);
	span(elsewhere, 500, 1100, 10);
	assert_int_equal(charged_us(elsewhere), 600);
}

static void a_queue_that_went_had_its_time(void **state)
{
	start(&sched_policy_up);
	struct exec_queue *gone = exec_queue(x, NULL, 0);
	span(gone, 0, 1000, 0);
	span(gone, 1000, 1100, 0);
	sched_queue_free(gone->sched, x->now_ns);
	gone->sched = NULL;
	span(b, 500, 1200, 0);
	assert_int_equal(charged_us(b), 100);
	/* Nothing is given back to it. */
	span(a, 0, 950, 0);
	assert_int_equal(charged_us(a), 950);
}

static void nonsense_counts_nothing(void **state)
{
	start(&sched_policy_up);
	struct gpu_span spans[] = {{10, 10, MS, 0}, {20, 10, MS, 0}, {UINT64_MAX, 0, MS, MS}};
	sched_queue_spans(a->sched, spans, 3, x->now_ns);
	assert_int_equal(charged_us(a), 0);
}

/* The account of a policy follows, whoever reports first. */
static void vtime_is_given_back(void **state, const struct sched_policy *policy)
{
	start(policy);
	exec_submit(a, 10 * SEC, 1);
	exec_submit(b, 10 * SEC, 1);
	exec_run(x, MS);
	uint64_t before = b->sched->unit->data.vtime;
	span(b, 500, 11100, 0);
	assert_true(b->sched->unit->data.vtime > before);
	span(a, 0, 11000, 0);
	uint64_t late = b->sched->unit->data.vtime - before;
	teardown(state);

	start(policy);
	exec_submit(a, 10 * SEC, 1);
	exec_submit(b, 10 * SEC, 1);
	exec_run(x, MS);
	before = b->sched->unit->data.vtime;
	span(a, 0, 11000, 0);
	span(b, 500, 11100, 0);
	assert_uint_in_range(late, b->sched->unit->data.vtime - before, b->sched->unit->data.vtime - before + 100);
}

static void up_gives_back(void **state)
{
	vtime_is_given_back(state, &sched_policy_up);
}

static void pup_gives_back(void **state)
{
	vtime_is_given_back(state, &sched_policy_pup);
}

static void fair_gives_back(void **state)
{
	vtime_is_given_back(state, &sched_policy_fair);
}

/* Random spans in random order: the sum is at most the time that any kernel ran, for kernels none of which contains another. */
static void nothing_is_charged_twice(void **state)
{
	start(&sched_policy_up);
	srandom(1);
	for (int round = 0; round < 200; round++) {
		struct {
			struct exec_queue *q;
			uint64_t start, end;
		} s[16];
		uint64_t t = 100000 * (uint64_t)(round + 1), end = t, covered = 0;
		uint64_t sum = charged_us(a) + charged_us(b);

		for (int i = 0; i < 16; i++) {
			s[i].q = random() % 2 ? a : b;
			s[i].start = t += (uint64_t)random() % 50 + 1;
			s[i].end = (s[i].start > end ? s[i].start : end) + (uint64_t)random() % 50 + 1;
			/* Queues run their kernels one after the other. */
			for (int j = 0; j < i; j++)
				if (s[j].q == s[i].q && s[j].end > s[i].start)
					s[i].start = s[j].end;
			t = s[i].start;
			if (s[i].end <= s[i].start)
				s[i].end = s[i].start + 1;
			covered += s[i].end - (s[i].start > end || i == 0 ? s[i].start : end);
			end = s[i].end;
		}
		for (int i = 15; i > 0; i--) {
			int j = (int)((unsigned long)random() % (unsigned)(i + 1));
			struct exec_queue *q = s[i].q;
			uint64_t from = s[i].start, to = s[i].end;
			s[i] = s[j];
			s[j].q = q;
			s[j].start = from;
			s[j].end = to;
		}
		for (int i = 0; i < 16; i++)
			span(s[i].q, s[i].start, s[i].end, 0);
		sum = charged_us(a) + charged_us(b) - sum;
		assert_uint_in_range(sum, covered - 16, covered + 16);
	}
}

#define CASE(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_overlaps_nothing_is_charged_whole),
		CASE(the_wait_for_one_that_began_before_is_its_own),
		CASE(the_order_of_reports_does_not_matter),
		CASE(a_wait_for_several_in_a_row_is_theirs),
		CASE(one_that_goes_on_longer_runs_beside_others),
		CASE(whoever_overlaps_pays_what_it_takes_alone),
		CASE(other_gpus_are_no_others),
		CASE(a_queue_that_went_had_its_time),
		CASE(nonsense_counts_nothing),
		CASE(up_gives_back),
		CASE(pup_gives_back),
		CASE(fair_gives_back),
		CASE(nothing_is_charged_twice),
	};

	return cmocka_run_group_tests_name("spans", tests, NULL, NULL);
}
