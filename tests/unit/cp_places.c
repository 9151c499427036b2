/* SPDX-License-Identifier: MIT */
/* Where workgroups go: wave slots of compute units in model time, and scratch slots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/share/cu.h"
#include "sim/cp/slots.h"

static const struct sim_device device = {
	.simd_count = 8,
	.simd_per_cu = 4,
	.waves_per_simd = 2,
	.lds_kib = 64,
	.vgprs_per_simd = 512,
};
static const uint32_t all[CU_MASK_WORDS] = {~0u};

enum { ME = 3, OTHER = 60 }; /* processes */

static struct cu_pool *two_cus(void)
{
	struct cu_pool *pool = calloc(1, sizeof(*pool));

	assert_non_null(pool);
	assert_int_equal(cu_pool_init(pool, &device), 0);
	return pool;
}

static void groups_spread_over_the_cus(void **state)
{
	struct cu_pool *pool = two_cus();
	struct cu_need need = {.waves = 1};
	uint64_t start;

	int a = cu_pool_place(pool, ME, all, &need, 100, false, &start);
	int b = cu_pool_place(pool, ME, all, &need, 100, false, &start);
	assert_int_not_equal(a, b);
	assert_int_equal(start, 100);
	free(pool);
}

static void packed_groups_fill_one_cu_first(void **state)
{
	struct cu_pool *pool = two_cus();
	struct cu_need need = {.waves = 1};
	uint64_t start;

	int a = cu_pool_place(pool, ME, all, &need, 100, false, &start);
	assert_int_equal(cu_pool_place(pool, ME, all, &need, 100, true, &start), a);
	assert_int_equal(cu_pool_place(pool, ME, all, &need, 100, true, &start), a);
	assert_int_equal(start, 100);
	free(pool);
}

static void each_resource_limits_alone(void **state)
{
	static const struct cu_need needs[] = {
		{.waves = 4},
		{.waves = 1, .vgpr_rows = 1024},
		{.waves = 1, .lds_bytes = 32768},
	};
	uint64_t start;

	for (int i = 0; i < 3; i++) {
		struct cu_pool *pool = two_cus();
		for (int k = 0; k < 4; k++)
			assert_true(cu_pool_place(pool, ME, all, &needs[i], 0, false, &start) >= 0);
		assert_int_equal(cu_pool_place(pool, ME, all, &needs[i], 0, false, &start), -EAGAIN);
		cu_pool_release(pool, ME, 1, &needs[i], 70);
		assert_int_equal(cu_pool_place(pool, ME, all, &needs[i], 0, false, &start), 1);
		free(pool);
	}
}

static void a_group_starts_when_its_last_slot_becomes_free(void **state)
{
	struct cu_pool *pool = two_cus();
	const uint32_t first[CU_MASK_WORDS] = {1};
	struct cu_need four = {.waves = 4}, six = {.waves = 6}, two = {.waves = 2};
	uint64_t start;

	assert_int_equal(cu_pool_place(pool, ME, first, &four, 0, false, &start), 0);
	assert_int_equal(cu_pool_place(pool, ME, first, &four, 0, false, &start), 0);
	/* released out of order */
	cu_pool_release(pool, ME, 0, &four, 900);
	cu_pool_release(pool, ME, 0, &four, 500);
	assert_int_equal(cu_pool_place(pool, ME, first, &two, 100, false, &start), 0);
	assert_int_equal(start, 500);
	assert_int_equal(cu_pool_place(pool, ME, first, &six, 100, false, &start), 0);
	assert_int_equal(start, 900);
	free(pool);
}

static void a_group_starts_when_its_lds_and_registers_are_free(void **state)
{
	struct cu_pool *pool = two_cus();
	const uint32_t first[CU_MASK_WORDS] = {1};
	struct cu_need half = {1, 1024, 32768}, lds = {1, 0, 32769}, rows = {1, 1025, 0}, wave = {1, 0, 0};
	uint64_t start;

	for (int i = 0; i < 2; i++)
		assert_int_equal(cu_pool_place(pool, ME, first, &half, 0, false, &start), 0);
	cu_pool_release(pool, ME, 0, &half, 900);
	cu_pool_release(pool, ME, 0, &half, 500);
	assert_int_equal(cu_pool_place(pool, ME, first, &wave, 100, false, &start), 0);
	assert_int_equal(start, 100);
	assert_int_equal(cu_pool_place(pool, ME, first, &half, 100, false, &start), 0);
	assert_int_equal(start, 500);
	cu_pool_release(pool, ME, 0, &half, 600);
	assert_int_equal(cu_pool_place(pool, ME, first, &lds, 100, false, &start), 0);
	assert_int_equal(start, 900);
	cu_pool_release(pool, ME, 0, &lds, 950);
	assert_int_equal(cu_pool_place(pool, ME, first, &rows, 100, false, &start), 0);
	assert_int_equal(start, 900);
	free(pool);
}

/* Of hundreds of times at which a little became free; what is free longest is one piece in the end. */
static void nothing_of_a_cu_is_lost_in_many_pieces(void **state)
{
	struct cu_pool *pool = two_cus();
	const uint32_t first[CU_MASK_WORDS] = {1};
	struct cu_need little = {1, 1, 16}, all_of_it = {8, 2048, 65536};
	uint64_t start;

	for (uint64_t at = 1000; at < 1500; at += 2) {
		for (int i = 0; i < 2; i++)
			assert_int_equal(cu_pool_place(pool, ME, first, &little, 0, false, &start), 0);
		cu_pool_release(pool, ME, 0, &little, at);
		cu_pool_release(pool, ME, 0, &little, at + 1);
	}
	assert_int_equal(cu_pool_place(pool, ME, first, &all_of_it, 0, false, &start), 0);
	assert_int_equal(start, 1499);
	cu_pool_release(pool, ME, 0, &all_of_it, 2000);
	assert_int_equal(cu_pool_place(pool, ME, first, &all_of_it, 0, false, &start), 0);
	assert_int_equal(start, 2000);
	assert_int_equal(cu_pool_place(pool, ME, first, &little, 0, false, &start), -EAGAIN);
	free(pool);
}

static void the_cu_that_is_free_first_is_taken(void **state)
{
	struct cu_pool *pool = two_cus();
	struct cu_need whole = {.waves = 8};
	uint64_t start;

	assert_true(cu_pool_place(pool, ME, all, &whole, 0, false, &start) >= 0);
	assert_true(cu_pool_place(pool, ME, all, &whole, 0, false, &start) >= 0);
	cu_pool_release(pool, ME, 0, &whole, 800);
	cu_pool_release(pool, ME, 1, &whole, 300);
	assert_int_equal(cu_pool_place(pool, ME, all, &whole, 0, false, &start), 1);
	assert_int_equal(start, 300);
	assert_int_equal(cu_pool_place(pool, ME, all, &whole, 0, false, &start), 0);
	assert_int_equal(start, 800);
	free(pool);
}

static void the_mask_is_obeyed(void **state)
{
	struct cu_pool *pool = two_cus();
	const uint32_t second[CU_MASK_WORDS] = {2};
	struct cu_need whole = {.waves = 8};
	uint64_t start;

	assert_int_equal(cu_pool_place(pool, ME, second, &whole, 0, false, &start), 1);
	assert_int_equal(cu_pool_place(pool, ME, second, &whole, 0, false, &start), -EAGAIN);
	free(pool);
}

static void an_empty_cu_takes_as_many_groups_as_its_scarcest_resource(void **state)
{
	struct cu_pool *pool = two_cus();

	assert_int_equal(cu_pool_per_cu(pool, &(struct cu_need){8, 2048, 65536}), 1);
	assert_int_equal(cu_pool_per_cu(pool, &(struct cu_need){3, 0, 0}), 2);
	assert_int_equal(cu_pool_per_cu(pool, &(struct cu_need){1, 1025, 0}), 1);
	assert_int_equal(cu_pool_per_cu(pool, &(struct cu_need){1, 0, 16384}), 4);
	free(pool);
}

static void a_dead_process_gives_everything_back(void **state)
{
	struct cu_pool *pool = two_cus();
	struct cu_need need = {.waves = 4, .vgpr_rows = 1024, .lds_bytes = 32768}, whole = {8, 2048, 65536};
	uint64_t start;

	for (int i = 0; i < 3; i++)
		assert_true(cu_pool_place(pool, OTHER, all, &need, 0, false, &start) >= 0);
	int mine = cu_pool_place(pool, ME, all, &need, 0, false, &start);
	assert_true(mine >= 0);
	cu_pool_repair(pool, OTHER, 700);
	int cu = cu_pool_place(pool, ME, all, &whole, 0, false, &start);
	assert_int_equal(cu, !mine);
	assert_int_equal(start, 700);
	assert_int_equal(cu_pool_place(pool, ME, all, &need, 0, false, &start), mine);
	assert_int_equal(cu_pool_place(pool, ME, all, &need, 0, false, &start), -EAGAIN);
	free(pool);
}

static void what_a_dead_process_left_half_done_is_put_right(void **state)
{
	struct cu_pool *pool = two_cus();
	struct cu_need need = {.waves = 2}, whole = {.waves = 8};
	uint64_t start;

	int mine = cu_pool_place(pool, ME, all, &need, 0, false, &start);
	/* died between counting and taking */
	pool->cu[!mine].slots.free = 1;
	pool->cu[mine].rows.free = 0;
	cu_pool_repair(pool, SHARE_PROCESSES, 50);
	assert_int_equal(cu_pool_place(pool, ME, all, &whole, 0, false, &start), !mine);
	cu_pool_release(pool, ME, (uint32_t)mine, &need, 60);
	assert_int_equal(cu_pool_place(pool, ME, all, &whole, 0, false, &start), mine);
	free(pool);
}

static void devices_without_cus_are_refused(void **state)
{
	struct cu_pool *pool = two_cus();
	struct sim_device bad = device;

	bad.simd_count = 3;
	assert_int_equal(cu_pool_init(pool, &bad), -EINVAL);
	bad = device;
	bad.waves_per_simd = 17;
	assert_int_equal(cu_pool_init(pool, &bad), -EINVAL);
	bad = device;
	bad.simd_count = (CU_MAX + 1) * 4;
	assert_int_equal(cu_pool_init(pool, &bad), -EINVAL);
	free(pool);
}

static void scratch_slots_are_consecutive_and_reused(void **state)
{
	static struct slots s = {.count = 130};

	for (int i = 0; i < 43; i++)
		assert_int_equal(slots_take(&s, 3), i * 3);
	assert_int_equal(slots_take(&s, 3), -EAGAIN); /* one is left */
	slots_give(&s, 63, 3);			      /* across a word */
	slots_give(&s, 9, 3);
	assert_int_equal(slots_take(&s, 4), -EAGAIN);
	slots_give(&s, 12, 3);
	assert_int_equal(slots_take(&s, 4), 9);
	assert_int_equal(slots_take(&s, 3), 63);
	assert_int_equal(slots_take(&s, 1), 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_spread_over_the_cus),
		cmocka_unit_test(a_group_starts_when_its_lds_and_registers_are_free),
		cmocka_unit_test(nothing_of_a_cu_is_lost_in_many_pieces),
		cmocka_unit_test(packed_groups_fill_one_cu_first),
		cmocka_unit_test(each_resource_limits_alone),
		cmocka_unit_test(a_group_starts_when_its_last_slot_becomes_free),
		cmocka_unit_test(the_cu_that_is_free_first_is_taken),
		cmocka_unit_test(the_mask_is_obeyed),
		cmocka_unit_test(an_empty_cu_takes_as_many_groups_as_its_scarcest_resource),
		cmocka_unit_test(a_dead_process_gives_everything_back),
		cmocka_unit_test(what_a_dead_process_left_half_done_is_put_right),
		cmocka_unit_test(devices_without_cus_are_refused),
		cmocka_unit_test(scratch_slots_are_consecutive_and_reused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
