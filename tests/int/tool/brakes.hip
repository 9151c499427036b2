/* SPDX-License-Identifier: MIT */
/*
 * Kernels that the GPU can see and that have not started stop when their queue is suspended at level 2, and run to their end at level 1;
 * in both cases all come, in order, when it is resumed. level2.sh sets the window.
 */
extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
}

#include "../hip/busy.h"
#include "include/xsched_hsa.h"

#define KERNELS 100u

/* Counts if it is its turn. */
static __global__ void step(uint64_t cycles, uint32_t number, volatile uint32_t *count)
{
	busy_wait(cycles);
	if (*count == number)
		*count = number + 1;
}

static volatile uint32_t *count; /* host memory */
static uint64_t ms;

static int setup(void **state)
{
	(void)state;
	if (hipHostMalloc((void **)&count, 4096, hipHostMallocCoherent) != hipSuccess)
		return -1;
	ms = busy_cycles_per_ms();
	return ms ? 0 : -1;
}

static struct xsched_hsa_stats stats(void)
{
	struct xsched_hsa_stats s = {.size = sizeof(s)};

	assert_int_equal(xsched_hsa_stats_get(xsched_hsa_process(), &s), XSCHED_HSA_OK);
	return s;
}

/* Suspend the process at @level while kernels of 1 ms run. Return: packets that the GPU can see and has not completed, when none runs any more. */
static uint64_t left_behind(int level)
{
	*count = 0;
	for (uint32_t i = 0; i < KERNELS; i++)
		step<<<1, 1>>>(ms, i, count);
	assert_int_equal(hipGetLastError(), hipSuccess);
	while (*count < 5)
		usleep(500);
	assert_int_equal(xsched_hsa_suspend(xsched_hsa_process(), level), XSCHED_HSA_OK);
	assert_int_equal(xsched_hsa_wait_in_flight(xsched_hsa_process(), UINT64_C(60000000000)), XSCHED_HSA_OK);
	struct xsched_hsa_stats s = stats();
	uint32_t stopped = *count;
	usleep(50000);
	assert_int_equal(*count, stopped);
	assert_uint_in_range(stopped, 5, KERNELS - 1);
	assert_int_equal(xsched_hsa_resume(xsched_hsa_process()), XSCHED_HSA_OK);
	assert_int_equal(hipDeviceSynchronize(), hipSuccess);
	assert_int_equal(*count, KERNELS);
	return s.published - s.completed;
}

static void level_2_stops_what_is_published(void **state)
{
	(void)state;
	if (getenv("XSCHED_HSA_LEVEL"))
		assert_int_equal(left_behind(2), 0);
	else
		assert_true(left_behind(2) >= 4);
}

static void level_1_lets_it_run_to_its_end(void **state)
{
	(void)state;
	assert_int_equal(left_behind(1), 0);
}

int main(void)
{
	if (!getenv("XSCHED_HSA_WINDOW_US")) {
		printf("skipped: without a window nothing is stopped; level2.sh sets one\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(level_2_stops_what_is_published),
		cmocka_unit_test(level_1_lets_it_run_to_its_end),
		cmocka_unit_test(level_2_stops_what_is_published),
	};
	return cmocka_run_group_tests_name("brakes", tests, setup, NULL);
}
