/* SPDX-License-Identifier: MIT */
/* What has to be so before level 3 is used: what sysfs says, the self-test, and queues whose creation was not seen. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "src/cwsr/probe.h"
#include "tests/unit/cwsr_fake.h"

static int begin(void **state)
{
	fake_begin(CWSR_MECHANISM_UPDATE);
	return 0;
}

static int end(void **state)
{
	fake_end();
	return 0;
}

static const char *why_not(void)
{
	static struct cwsr_gpu_info info;

	assert_null(fake_track(FAKE_GPU, NULL));
	assert_int_equal(cwsr_gpu_info_get(FAKE_GPU, &info), 0);
	assert_false(info.usable);
	return info.why;
}

/* ---- what sysfs says ---- */

static void without_saving_of_waves_it_is_off(void **state)
{
	fake.cwsr_enable = "0";
	assert_non_null(strstr(why_not(), "cwsr_enable"));
}

static void where_it_cannot_be_known_it_is_off(void **state)
{
	fake.cwsr_enable = NULL;
	assert_non_null(strstr(why_not(), "cwsr_enable cannot be read"));
}

static void another_major_version_is_off(void **state)
{
	fake.major = 2;
	assert_non_null(strstr(why_not(), "version 2.17"));
}

static void gpus_are_off_where_it_was_not_tried_unless_asked_for(void **state)
{
	const struct cwsr_config any = {.mechanism = CWSR_MECHANISM_UPDATE, .any_target = true};
	static const uint32_t tried[] = {90006, 90008, 90010, 90402, 90500};

	fake.target = 110000;
	assert_non_null(strstr(why_not(), "gfx11.0.0"));
	cwsr_stop();
	fake_start(&any, &fake_cwsr_ops);
	struct cwsr_queue *q = fake_track(FAKE_GPU, NULL);
	assert_non_null(q);
	cwsr_queue_forget(q);
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		cwsr_stop();
		fake_begin(CWSR_MECHANISM_UPDATE);
		fake.target = tried[i];
		q = fake_track(FAKE_GPU, NULL);
		assert_non_null(q);
		cwsr_queue_forget(q);
	}
}

static void a_gpu_that_the_topology_does_not_have_is_off(void **state)
{
	struct cwsr_gpu_info info;

	assert_null(fake_track(999, NULL));
	assert_int_equal(cwsr_gpu_info_get(999, &info), 0);
	assert_non_null(strstr(info.why, "topology"));
}

static void queues_without_save_area_or_of_other_types_are_not_tracked(void **state)
{
	uint32_t id = fake_create_unseen(FAKE_GPU);

	fake.q[id].save_bytes = 0;
	assert_null(cwsr_queue_track(fake_ring(id), 0x4000, NULL));
	fake.q[id].type = KFD_IOC_QUEUE_TYPE_SDMA;
	assert_null(cwsr_queue_track(fake_ring(id), 0x4000, NULL));
	assert_null(cwsr_queue_track(fake_ring(17), 0x4000, NULL));
}

/* ---- queues whose creation was not seen ---- */

static void a_queue_is_found_by_its_ring_in_a_snapshot(void **state)
{
	uint32_t other = fake_create_unseen(FAKE_GPU), id = fake_create_unseen(FAKE_GPU + 1);
	struct cwsr_queue *q = cwsr_queue_track(fake_ring(id), 0x4000, &fake.q[id]);

	assert_non_null(q);
	assert_int_equal(cwsr_queue_gpu(q), FAKE_GPU + 1);
	assert_string_equal(fake.log, "open;enable;snapshot;disable;");
	/* Looking must not take the mark by which a debugger knows new queues. */
	assert_true(fake.q[other].is_new);
	cwsr_request(q, true);
	fake_round();
	assert_false(fake_runs(id));
	/* From here on ROCr's calls are seen. */
	assert_int_equal(fake_update(id, 100, 11), 0);
	assert_false(fake_runs(id));
	cwsr_queue_forget(q);
	assert_true(fake_runs(id));
	assert_int_equal(fake.q[id].priority, 11);
}

static void beside_a_debugger_only_the_snapshot_is_taken(void **state)
{
	uint32_t id = fake_create_unseen(FAKE_GPU);

	fake.session = true; /* somebody else's */
	struct cwsr_queue *q = cwsr_queue_track(fake_ring(id), 0x4000, &fake.q[id]);
	assert_non_null(q);
	assert_string_equal(fake.log, "open;enable;snapshot;");
	assert_true(fake.session);
	fake.session = false;
	cwsr_queue_forget(q);
}

static void without_debug_interface_sysfs_tells_if_it_is_unambiguous(void **state)
{
	fake_fail(CWSR_CALL_DBG_ENABLE, EPERM, 0, 100);
	fake.sysfs_queues = true;
	uint32_t known = fake_create(FAKE_GPU), id = fake_create_unseen(FAKE_GPU);
	struct cwsr_queue *q = cwsr_queue_track(fake_ring(id), 0x4000, &fake.q[id]);

	assert_int_not_equal(known, id);
	assert_non_null(q);
	cwsr_request(q, true);
	fake_round();
	assert_false(fake_runs(id));
	assert_true(fake_runs(known));
	cwsr_queue_forget(q);
	uint32_t a = fake_create_unseen(FAKE_GPU);
	fake_create_unseen(FAKE_GPU);
	assert_null(cwsr_queue_track(fake_ring(a), 0x4000, NULL));
}

static void sysfs_alone_is_not_enough_where_a_save_area_is_not_certain(void **state)
{
	fake.minor = 11;
	fake.sysfs_queues = true;
	uint32_t id = fake_create_unseen(FAKE_GPU);

	assert_null(cwsr_queue_track(fake_ring(id), 0x4000, NULL));
}

/* ---- the self-test ---- */

static struct {
	uint32_t id, submitted, opened, closed;
	int error;           /* of opening */
	bool runs_on, stuck; /* what is wrong with the GPU */
	void *owner;
} own;

static int test_open(void *ctx, void *owner, struct cwsr_test_queue *t_p)
{
	if (own.error)
		return own.error;
	own.id = fake_create(FAKE_GPU);
	own.opened++;
	own.owner = owner;
	*t_p = (struct cwsr_test_queue){fake_ring(own.id), 0x4000, NULL};
	return 0;
}

static void test_submit(void *ctx, struct cwsr_test_queue *t)
{
	own.submitted++;
}

static bool test_done(void *ctx, struct cwsr_test_queue *t)
{
	return own.submitted && !own.stuck && (own.runs_on || fake_runs(own.id));
}

static void test_close(void *ctx, struct cwsr_test_queue *t)
{
	assert_true(fake_runs(own.id));
	own.closed++;
	fake_destroy(own.id);
}

static struct cwsr_queue *begin_test(struct cwsr_config c, uint32_t *id_p)
{
	struct cwsr_ops ops = fake_cwsr_ops;

	ops.test_open = test_open;
	ops.test_submit = test_submit;
	ops.test_done = test_done;
	ops.test_close = test_close;
	memset(&own, 0, sizeof(own));
	cwsr_stop();
	fake.call_ns = 10000;
	fake_start(&c, &ops);
	struct cwsr_queue *q = fake_track(FAKE_GPU, id_p);
	assert_non_null(q);
	return q;
}

static void the_first_suspension_waits_for_a_test_on_a_queue_of_our_own(void **state)
{
	const struct cwsr_config c = {.mechanism = CWSR_MECHANISM_UPDATE, .budget_ns = 10000};
	struct cwsr_gpu_info info;
	uint32_t id;
	struct cwsr_queue *q = begin_test(c, &id);

	cwsr_request(q, true);
	fake_round();
	assert_int_equal(own.opened, 1);
	assert_int_equal(own.closed, 1);
	assert_int_equal(own.submitted, 1);
	assert_ptr_equal(own.owner, &fake.q[id]);
	/* The null probe, a stop, a start; only then the program's. */
	assert_ptr_equal(strstr(fake.log, "update 1 100 7;update 1 0 7;update 1 100 7;"), fake.log);
	assert_string_equal(fake_told, "q0 suspended;");
	assert_int_equal(cwsr_gpu_info_get(FAKE_GPU, &info), 0);
	assert_true(info.tested);
	assert_int_equal(info.suspend.p50_ns, 10000);
	assert_int_equal(info.resume.p99_ns, 10000);
	assert_int_equal(info.suspend.count, CWSR_TEST_CYCLES);
	cwsr_request(q, false);
	fake_round();
	cwsr_request(q, true);
	fake_round();
	assert_int_equal(own.opened, 1);
	cwsr_queue_forget(q);
}

static void the_test_can_be_had_before(void **state)
{
	const struct cwsr_config c = {.mechanism = CWSR_MECHANISM_UPDATE};
	struct cwsr_queue *q = begin_test(c, NULL);

	cwsr_prepare(q);
	cwsr_prepare(q);
	assert_true(cwsr_cost_ns(q) == UINT64_MAX);
	fake_round();
	fake_round();
	assert_int_equal(own.opened, 1);
	assert_int_equal(cwsr_cost_ns(q), 20000);
	assert_true(fake_runs(0));
	/* What is dearer is forgotten with time, what the test found is not. */
	fake.call_ns = 30000;
	cwsr_request(q, true);
	fake_round();
	assert_int_equal(cwsr_cost_ns(q), 22500);
	fake.now_ns += UINT64_C(1000000000000);
	assert_int_equal(cwsr_cost_ns(q), 20000);
	cwsr_queue_forget(q);
}

static void the_debug_interface_is_tested_if_it_is_asked_for(void **state)
{
	const struct cwsr_config c = {.mechanism = CWSR_MECHANISM_DEBUG};
	struct cwsr_queue *q = begin_test(c, NULL);
	struct cwsr_gpu_info info;

	cwsr_request(q, true);
	fake_round();
	assert_non_null(strstr(fake.log, "suspend 1;resume 1;"));
	assert_int_equal(cwsr_gpu_info_get(FAKE_GPU, &info), 0);
	assert_true(info.tested && info.debug);
	assert_string_equal(fake_told, "q0 suspended;");
	cwsr_queue_forget(q);
}

/* The test fails, and with it the request that led to it: the program's queue was never stopped. */
static void assert_off(struct cwsr_queue *q, const char *why)
{
	struct cwsr_gpu_info info;

	cwsr_request(q, true);
	fake_round();
	assert_string_equal(fake_told, "q0 runs -95;");
	assert_null(strstr(fake.log, "update 0 "));
	assert_int_equal(cwsr_gpu_info_get(FAKE_GPU, &info), 0);
	assert_false(info.usable);
	assert_non_null(strstr(info.why, why));
	assert_int_equal(own.opened, own.closed);
	assert_int_equal(cwsr_request(q, true), -EOPNOTSUPP);
	assert_true(cwsr_cost_ns(q) == UINT64_MAX);
	cwsr_queue_forget(q);
}

static const struct cwsr_config tested = {.mechanism = CWSR_MECHANISM_UPDATE, .budget_ns = 10000};

static void without_a_queue_of_our_own_it_is_off(void **state)
{
	struct cwsr_queue *q = begin_test(tested, NULL);

	own.error = -ENOMEM;
	assert_off(q, "no queue of our own");
}

static void a_gpu_that_runs_on_is_off(void **state)
{
	struct cwsr_queue *q = begin_test(tested, NULL);

	own.runs_on = true;
	assert_off(q, "a suspended queue ran on");
}

static void a_gpu_that_does_not_go_on_is_off(void **state)
{
	struct cwsr_queue *q = begin_test(tested, NULL);

	own.stuck = true;
	assert_off(q, "a resumed queue did not go on");
}

static void a_gpu_that_takes_longer_than_the_budget_is_off(void **state)
{
	struct cwsr_queue *q = begin_test(tested, NULL);

	fake.call_ns = 10001;
	assert_off(q, "the budget is 10 us");
}

static void a_driver_that_fails_in_the_test_is_off(void **state)
{
	/* The null probe, stop, start, and one of the measured calls. */
	for (int after = 0; after < 8; after++) {
		struct cwsr_queue *q = begin_test(tested, NULL);

		fake.log[0] = 0;
		fake_fail(CWSR_CALL_UPDATE_QUEUE, EIO, after, 1);
		assert_off(q, strerror(EIO));
		cwsr_stop();
		fake_begin(CWSR_MECHANISM_UPDATE);
	}
}

static void quantiles_are_of_sorted_values(void **state)
{
	uint64_t ns[200];

	for (uint64_t i = 0; i < 200; i++)
		ns[i] = 200 - i;
	struct cwsr_times t = cwsr_times_of(ns, 200);
	assert_int_equal(t.p50_ns, 100);
	assert_int_equal(t.p99_ns, 198);
	assert_int_equal(t.count, 200);
	assert_int_equal(cwsr_times_of(ns, 0).count, 0);
	assert_int_equal(cwsr_times_of(ns, 1).p99_ns, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_saving_of_waves_it_is_off),
		TEST(where_it_cannot_be_known_it_is_off),
		TEST(another_major_version_is_off),
		TEST(gpus_are_off_where_it_was_not_tried_unless_asked_for),
		TEST(a_gpu_that_the_topology_does_not_have_is_off),
		TEST(queues_without_save_area_or_of_other_types_are_not_tracked),
		TEST(a_queue_is_found_by_its_ring_in_a_snapshot),
		TEST(beside_a_debugger_only_the_snapshot_is_taken),
		TEST(without_debug_interface_sysfs_tells_if_it_is_unambiguous),
		TEST(sysfs_alone_is_not_enough_where_a_save_area_is_not_certain),
		TEST(the_first_suspension_waits_for_a_test_on_a_queue_of_our_own),
		TEST(the_test_can_be_had_before),
		TEST(the_debug_interface_is_tested_if_it_is_asked_for),
		TEST(without_a_queue_of_our_own_it_is_off),
		TEST(a_gpu_that_runs_on_is_off),
		TEST(a_gpu_that_does_not_go_on_is_off),
		TEST(a_gpu_that_takes_longer_than_the_budget_is_off),
		TEST(a_driver_that_fails_in_the_test_is_off),
		cmocka_unit_test(quantiles_are_of_sorted_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
