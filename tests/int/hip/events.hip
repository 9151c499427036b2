/* SPDX-License-Identifier: MIT */
/*
 * Events: what they wait for, and that the times between them are possible ones.
 * A time is compared only with what bounds it on any machine: the cycles a kernel waited, and the
 * host's clock around it.
 */
#include "busy.h"
#include "check.h"
#include <time.h>

__global__ static void busy_kernel(unsigned *done, uint64_t cycles)
{
	busy_wait(cycles);
	*done += 1;
}

static double host_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void elapsed_time_lies_between_kernel_and_host_time(void **state)
{
	hipEvent_t start, stop;
	unsigned *done = device_new<unsigned>(1);
	uint64_t cycles_per_ms = busy_cycles_per_ms();
	hip_ok(hipEventCreate(&start));
	hip_ok(hipEventCreate(&stop));
	hip_ok(hipMemset(done, 0, sizeof(*done)));
	for (unsigned ms = 1; ms <= 8; ms *= 2) {
		float elapsed = -1;
		hip_ok(hipDeviceSynchronize());
		double before = host_ms();
		hip_ok(hipEventRecord(start, NULL));
		busy_kernel<<<1, 1>>>(done, ms * cycles_per_ms);
		launch_ok();
		hip_ok(hipEventRecord(stop, NULL));
		hip_ok(hipEventSynchronize(stop));
		double around = host_ms() - before;
		hip_ok(hipEventElapsedTime(&elapsed, start, stop));
		/* The GPU's and the host's clock are compared with a tolerance of 1 %. */
		if ((double)elapsed < ms * 0.99 || (double)elapsed > around * 1.01 + 0.1) {
			print_error("kernel of %u ms: elapsed %g ms, host %g ms\n", ms,
				(double)elapsed, around);
			fail();
		}
	}
	hip_ok(hipEventDestroy(start));
	hip_ok(hipEventDestroy(stop));
	hip_ok(hipFree(done));
}

static void times_between_consecutive_events_add_up(void **state)
{
	const int count = 6;
	hipEvent_t events[count];
	hipStream_t stream;
	unsigned *done = device_new<unsigned>(1);
	uint64_t cycles = busy_cycles_per_ms() / 4;
	float sum = 0, part, all;
	hip_ok(hipStreamCreate(&stream));
	for (int i = 0; i < count; i++) {
		hip_ok(hipEventCreate(&events[i]));
		if (i > 0)
			busy_kernel<<<1, 1, 0, stream>>>(done, cycles);
		hip_ok(hipEventRecord(events[i], stream));
	}
	hip_ok(hipStreamSynchronize(stream));
	for (int i = 1; i < count; i++) {
		hip_ok(hipEventElapsedTime(&part, events[i - 1], events[i]));
		assert_true(part >= 0.24f);
		sum += part;
	}
	hip_ok(hipEventElapsedTime(&all, events[0], events[count - 1]));
	assert_true(all >= sum * 0.999f - 0.01f && all <= sum * 1.001f + 0.01f);
	for (int i = 0; i < count; i++)
		hip_ok(hipEventDestroy(events[i]));
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(done));
}

static void an_event_is_ready_only_when_what_precedes_it_is_done(void **state)
{
	hipEvent_t event;
	hipError_t e;
	unsigned *done;
	hip_ok(hipHostMalloc(
		(void **)&done, sizeof(*done), hipHostMallocMapped | hipHostMallocCoherent));
	*done = 0;
	hip_ok(hipEventCreateWithFlags(&event, hipEventDisableTiming));
	for (int i = 0; i < 5; i++)
		busy_kernel<<<1, 1>>>(done, busy_cycles_per_ms() / 2);
	launch_ok();
	hip_ok(hipEventRecord(event, NULL));
	while ((e = hipEventQuery(event)) == hipErrorNotReady)
		;
	hip_ok(e);
	same(*(volatile unsigned *)done, 5u);
	(void)hipGetLastError();
	hip_ok(hipEventDestroy(event));
	hip_ok(hipHostFree(done));
}

static void blocking_events_wake_the_host(void **state)
{
	hipEvent_t event;
	unsigned *done = device_new<unsigned>(1), got = 0;
	hip_ok(hipMemset(done, 0, sizeof(*done)));
	hip_ok(hipEventCreateWithFlags(&event, hipEventBlockingSync));
	for (unsigned i = 1; i <= 20; i++) {
		busy_kernel<<<1, 1>>>(done, i % 2 ? 1000 : busy_cycles_per_ms());
		launch_ok();
		hip_ok(hipEventRecord(event, NULL));
		hip_ok(hipEventSynchronize(event));
	}
	hip_ok(hipMemcpy(&got, done, sizeof(got), hipMemcpyDeviceToHost));
	same(got, 20u);
	hip_ok(hipEventDestroy(event));
	hip_ok(hipFree(done));
}

static void an_event_can_be_recorded_again(void **state)
{
	hipEvent_t event;
	hipStream_t a, b;
	unsigned *done = device_new<unsigned>(1), got = 0;
	hip_ok(hipMemset(done, 0, sizeof(*done)));
	hip_ok(hipEventCreate(&event));
	hip_ok(hipStreamCreate(&a));
	hip_ok(hipStreamCreate(&b));
	for (unsigned i = 0; i < 10; i++) {
		hipStream_t stream = i % 2 ? a : b;
		busy_kernel<<<1, 1, 0, stream>>>(done, 30000);
		launch_ok();
		hip_ok(hipEventRecord(event, stream));
		hip_ok(hipEventSynchronize(event));
	}
	hip_ok(hipMemcpy(&got, done, sizeof(got), hipMemcpyDeviceToHost));
	same(got, 10u);
	hip_ok(hipStreamDestroy(a));
	hip_ok(hipStreamDestroy(b));
	hip_ok(hipEventDestroy(event));
	hip_ok(hipFree(done));
}

static void times_of_events_without_timing_are_refused(void **state)
{
	hipEvent_t a, b;
	float ms;
	hip_ok(hipEventCreateWithFlags(&a, hipEventDisableTiming));
	hip_ok(hipEventCreateWithFlags(&b, hipEventDisableTiming));
	hip_ok(hipEventRecord(a, NULL));
	hip_ok(hipEventRecord(b, NULL));
	hip_ok(hipEventSynchronize(b));
	assert_true(hipEventElapsedTime(&ms, a, b) != hipSuccess);
	(void)hipGetLastError();
	hip_ok(hipEventDestroy(a));
	hip_ok(hipEventDestroy(b));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elapsed_time_lies_between_kernel_and_host_time),
		cmocka_unit_test(times_between_consecutive_events_add_up),
		cmocka_unit_test(an_event_is_ready_only_when_what_precedes_it_is_done),
		cmocka_unit_test(blocking_events_wake_the_host),
		cmocka_unit_test(an_event_can_be_recorded_again),
		cmocka_unit_test(times_of_events_without_timing_are_refused),
	};
	return hip_test_main(tests);
}
