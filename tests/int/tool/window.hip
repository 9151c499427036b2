/* SPDX-License-Identifier: MIT */
/*
 * Two streams of different priority under the scheduler of the library: what the low one has in flight stays within its window, it is
 * held while the high one works, and it is not held when the high one waits for it. scheduled.sh sets policy and
 * window and reads the report.
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

#define LOW_KERNELS 200u

static __global__ void step(uint64_t cycles, volatile uint32_t *count)
{
	busy_wait(cycles);
	*count = *count + 1;
}

/* Runs until the host says so. */
static __global__ void occupy(volatile uint32_t *started, volatile uint32_t *leave)
{
	*started = 1;
	while (!*leave)
		;
}

static hipStream_t low, high;
static volatile uint32_t *shared; /* host memory: low count, high count, started, leave */
static uint64_t ms;

static int setup(void **state)
{
	int least, greatest;
	(void)state;

	if (hipDeviceGetStreamPriorityRange(&least, &greatest) != hipSuccess ||
		hipStreamCreateWithPriority(&low, hipStreamNonBlocking, least) != hipSuccess ||
		hipStreamCreateWithPriority(&high, hipStreamNonBlocking, greatest) != hipSuccess ||
		hipHostMalloc((void **)&shared, 4096, hipHostMallocCoherent) != hipSuccess)
		return -1;
	ms = busy_cycles_per_ms();
	return ms ? 0 : -1;
}

static void fill_low(void)
{
	for (unsigned i = 0; i < LOW_KERNELS; i++)
		step<<<1, 1, 0, low>>>(ms, &shared[0]);
	assert_int_equal(hipGetLastError(), hipSuccess);
}

static void low_is_held_while_high_works(void **state)
{
	(void)state;
	shared[0] = shared[2] = shared[3] = 0;
	fill_low();
	occupy<<<1, 1, 0, high>>>(&shared[2], &shared[3]);
	assert_int_equal(hipGetLastError(), hipSuccess);
	while (!shared[2])
		usleep(100);
	/* As soon as what is in flight has run out, nothing moves; if low were not held it would reach its end here. */
	uint32_t before, count = shared[0];
	do {
		before = count;
		usleep(100000);
		count = shared[0];
	} while (count != before);
	shared[3] = 1;
	assert_int_equal(hipStreamSynchronize(high), hipSuccess);
	assert_uint_in_range(count, 0, LOW_KERNELS - 1);
	assert_int_equal(hipStreamSynchronize(low), hipSuccess);
	assert_int_equal(shared[0], LOW_KERNELS);
}

static void high_passes_low(void **state)
{
	(void)state;
	shared[0] = shared[1] = 0;
	fill_low();
	for (unsigned i = 1; i <= 5; i++) {
		step<<<1, 1, 0, high>>>(ms / 100, &shared[1]);
		assert_int_equal(hipStreamSynchronize(high), hipSuccess);
		assert_int_equal(shared[1], i);
	}
	assert_uint_in_range(shared[0], 0, LOW_KERNELS - 1);
	assert_int_equal(hipStreamSynchronize(low), hipSuccess);
	assert_int_equal(shared[0], LOW_KERNELS);
}

static void high_that_waits_for_low_lends_it_its_turn(void **state)
{
	hipEvent_t event;
	(void)state;

	shared[0] = shared[1] = 0;
	assert_int_equal(hipEventCreateWithFlags(&event, hipEventDisableTiming), hipSuccess);
	fill_low();
	assert_int_equal(hipEventRecord(event, low), hipSuccess);
	assert_int_equal(hipStreamWaitEvent(high, event, 0), hipSuccess);
	step<<<1, 1, 0, high>>>(ms / 100, &shared[1]);
	assert_int_equal(hipStreamSynchronize(high), hipSuccess);
	assert_int_equal(shared[0], LOW_KERNELS);
	assert_int_equal(shared[1], 1);
	assert_int_equal(hipEventDestroy(event), hipSuccess);
}

int main(void)
{
	if (!getenv("XSCHED_HSA_POLICY")) {
		printf("skipped: nothing holds streams back unless a policy is set; scheduled.sh sets one\n");
		return 77;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_is_held_while_high_works),
		cmocka_unit_test(high_passes_low),
		cmocka_unit_test(high_that_waits_for_low_lends_it_its_turn),
	};
	return cmocka_run_group_tests_name("window", tests, setup, NULL);
}
