/* SPDX-License-Identifier: MIT */
/*
 * Order within and across streams: events, chains and rings of streams, the default stream,
 * priorities. Kernels pass a number on and fold their own name into it, so that any other order
 * gives another number.
 */
#include "busy.h"
#include "check.h"

#define STREAMS 4

/* A value that tells in which order it was folded: not commutative. */
static __host__ __device__ unsigned fold(unsigned value, unsigned name)
{
	return value * 31u + name;
}

__global__ static void fold_kernel(unsigned *value, unsigned name, uint64_t cycles)
{
	busy_wait(cycles);
	*value = fold(*value, name);
}

__global__ static void copy_kernel(const unsigned *from, unsigned *to)
{
	*to = *from;
}

static unsigned *new_value(void)
{
	unsigned *p = device_new<unsigned>(1);
	hip_ok(hipMemset(p, 0, sizeof(unsigned)));
	/* Newer HIP does not wait, and a non-blocking stream does not wait for the default stream. */
	hip_ok(hipDeviceSynchronize());
	return p;
}

static unsigned value_of(unsigned *p)
{
	unsigned v = 0;
	hip_ok(hipMemcpy(&v, p, sizeof(v), hipMemcpyDeviceToHost));
	hip_ok(hipFree(p));
	return v;
}

static void kernels_of_a_stream_run_in_order(void **state)
{
	hipStream_t stream;
	unsigned *p = new_value(), want = 0;
	hip_ok(hipStreamCreate(&stream));
	for (unsigned i = 0; i < 200; i++) {
		fold_kernel<<<1, 1, 0, stream>>>(p, i, i % 3 * 1000);
		want = fold(want, i);
	}
	launch_ok();
	hip_ok(hipStreamSynchronize(stream));
	same(value_of(p), want);
	hip_ok(hipStreamDestroy(stream));
}

static void a_chain_across_streams_keeps_its_order(void **state)
{
	hipStream_t streams[STREAMS];
	hipEvent_t events[STREAMS];
	unsigned *p = new_value(), want = 0;
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipStreamCreateWithFlags(&streams[i], hipStreamNonBlocking));
		hip_ok(hipEventCreateWithFlags(&events[i], hipEventDisableTiming));
		if (i > 0)
			hip_ok(hipStreamWaitEvent(streams[i], events[i - 1], 0));
		/* The first are the slowest, so that a missing wait shows. */
		fold_kernel<<<1, 1, 0, streams[i]>>>(p, i + 1, (STREAMS - i) * 100000);
		launch_ok();
		hip_ok(hipEventRecord(events[i], streams[i]));
		want = fold(want, i + 1);
	}
	hip_ok(hipStreamSynchronize(streams[STREAMS - 1]));
	same(value_of(p), want);
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipEventDestroy(events[i]));
		hip_ok(hipStreamDestroy(streams[i]));
	}
}

static void a_ring_of_streams_keeps_its_order(void **state)
{
	hipStream_t streams[STREAMS];
	hipEvent_t events[STREAMS];
	unsigned *p = new_value(), want = 0;
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipStreamCreateWithFlags(&streams[i], hipStreamNonBlocking));
		hip_ok(hipEventCreateWithFlags(&events[i], hipEventDisableTiming));
	}
	for (unsigned step = 0; step < 25 * STREAMS; step++) {
		unsigned i = step % STREAMS;
		if (step > 0)
			hip_ok(hipStreamWaitEvent(streams[i], events[(step - 1) % STREAMS], 0));
		fold_kernel<<<1, 1, 0, streams[i]>>>(p, step, step % 5 == 0 ? 20000 : 0);
		launch_ok();
		hip_ok(hipEventRecord(events[i], streams[i]));
		want = fold(want, step);
	}
	hip_ok(hipDeviceSynchronize());
	same(value_of(p), want);
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipEventDestroy(events[i]));
		hip_ok(hipStreamDestroy(streams[i]));
	}
}

static void streams_fan_out_and_join(void **state)
{
	hipStream_t first, branch[STREAMS];
	hipEvent_t start, done[STREAMS];
	unsigned *p = new_value(), *copies = device_new<unsigned>(STREAMS), got[STREAMS],
		 want[STREAMS];
	hip_ok(hipMemset(copies, 0xff, STREAMS * sizeof(unsigned)));
	hip_ok(hipStreamCreateWithFlags(&first, hipStreamNonBlocking));
	hip_ok(hipEventCreate(&start));
	fold_kernel<<<1, 1, 0, first>>>(p, 42, 300000);
	launch_ok();
	hip_ok(hipEventRecord(start, first));
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipStreamCreateWithFlags(&branch[i], hipStreamNonBlocking));
		hip_ok(hipEventCreate(&done[i]));
		hip_ok(hipStreamWaitEvent(branch[i], start, 0));
		copy_kernel<<<1, 1, 0, branch[i]>>>(p, copies + i);
		launch_ok();
		fold_kernel<<<1, 1, 0, branch[i]>>>(copies + i, i, (STREAMS - i) * 50000);
		launch_ok();
		hip_ok(hipEventRecord(done[i], branch[i]));
		hip_ok(hipStreamWaitEvent(first, done[i], 0));
		want[i] = fold(fold(0, 42), i);
	}
	hip_ok(hipMemcpyAsync(got, copies, sizeof(got), hipMemcpyDeviceToHost, first));
	hip_ok(hipStreamSynchronize(first));
	equal(got, want, STREAMS);
	for (unsigned i = 0; i < STREAMS; i++) {
		hip_ok(hipStreamDestroy(branch[i]));
		hip_ok(hipEventDestroy(done[i]));
	}
	hip_ok(hipStreamDestroy(first));
	hip_ok(hipEventDestroy(start));
	hip_ok(hipFree(copies));
	hip_ok(hipFree(p));
}

static void the_default_stream_orders_itself_with_blocking_streams(void **state)
{
	hipStream_t a, b;
	unsigned *p = new_value(), want = 0;
	hip_ok(hipStreamCreate(&a));
	hip_ok(hipStreamCreate(&b));
	for (unsigned i = 0; i < 10; i++) {
		fold_kernel<<<1, 1, 0, a>>>(p, 3 * i, 20000);
		fold_kernel<<<1, 1>>>(p, 3 * i + 1, 10000);
		fold_kernel<<<1, 1, 0, b>>>(p, 3 * i + 2, 0);
		fold_kernel<<<1, 1>>>(p, 100, 0);
		want = fold(fold(fold(fold(want, 3 * i), 3 * i + 1), 3 * i + 2), 100);
	}
	launch_ok();
	same(value_of(p), want);
	hip_ok(hipStreamDestroy(a));
	hip_ok(hipStreamDestroy(b));
}

static void a_query_says_ready_only_when_the_stream_is_done(void **state)
{
	hipStream_t stream;
	unsigned *done;
	hipError_t e;
	hip_ok(hipHostMalloc((void **)&done, sizeof(*done), 0));
	*done = 0;
	hip_ok(hipStreamCreate(&stream));
	same((int)hipStreamQuery(stream), (int)hipSuccess);
	fold_kernel<<<1, 1, 0, stream>>>(done, 7, 1000000);
	launch_ok();
	while ((e = hipStreamQuery(stream)) == hipErrorNotReady)
		;
	hip_ok(e);
	same(*(volatile unsigned *)done, 7u);
	(void)hipGetLastError();
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipHostFree(done));
}

static void a_stream_can_be_destroyed_while_it_works(void **state)
{
	unsigned *p = new_value();
	hipStream_t stream;
	hip_ok(hipStreamCreate(&stream));
	for (unsigned i = 0; i < 10; i++)
		fold_kernel<<<1, 1, 0, stream>>>(p, i, 50000);
	launch_ok();
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipDeviceSynchronize());
	unsigned want = 0;
	for (unsigned i = 0; i < 10; i++)
		want = fold(want, i);
	same(value_of(p), want);
}

static void streams_of_every_priority_work(void **state)
{
	int least = 0, greatest = 0;
	hip_ok(hipDeviceGetStreamPriorityRange(&least, &greatest));
	assert_true(greatest <= least);
	for (int priority = greatest; priority <= least; priority++) {
		hipStream_t stream;
		unsigned *p = new_value();
		int got = 99;
		hip_ok(hipStreamCreateWithPriority(&stream, hipStreamNonBlocking, priority));
		hip_ok(hipStreamGetPriority(stream, &got));
		same(got, priority);
		fold_kernel<<<1, 1, 0, stream>>>(p, 5, 1000);
		launch_ok();
		hip_ok(hipStreamSynchronize(stream));
		same(value_of(p), 5u);
		hip_ok(hipStreamDestroy(stream));
	}
}

static void a_stream_can_be_bound_to_compute_units(void **state)
{
	hipStream_t stream;
	uint32_t mask[1] = {0x0000000f}, got[32] = {0}; /* as many as any GPU has */
	unsigned *p = new_value(), want = 0;
	hip_ok(hipExtStreamCreateWithCUMask(&stream, 1, mask));
	hip_ok(hipExtStreamGetCUMask(stream, 32, got));
	same(got[0], mask[0]);
	for (unsigned i = 0; i < 20; i++) {
		fold_kernel<<<1, 1, 0, stream>>>(p, i, 100);
		want = fold(want, i);
	}
	launch_ok();
	hip_ok(hipStreamSynchronize(stream));
	same(value_of(p), want);
	hip_ok(hipStreamDestroy(stream));
}

static void more_streams_than_hardware_queues_make_progress(void **state)
{
	const unsigned count = 24;
	hipStream_t streams[count];
	std::vector<unsigned> want(count, 0);
	unsigned *p = device_new<unsigned>(count);
	hip_ok(hipMemset(p, 0, count * sizeof(unsigned)));
	for (unsigned i = 0; i < count; i++)
		hip_ok(hipStreamCreateWithFlags(&streams[i], hipStreamNonBlocking));
	for (unsigned round = 0; round < 8; round++)
		for (unsigned i = 0; i < count; i++) {
			fold_kernel<<<1, 1, 0, streams[i]>>>(p + i, round * count + i, 2000);
			want[i] = fold(want[i], round * count + i);
		}
	launch_ok();
	hip_ok(hipDeviceSynchronize());
	std::vector<unsigned> got = host_copy_of(p, count);
	equal(got.data(), want.data(), count);
	for (unsigned i = 0; i < count; i++)
		hip_ok(hipStreamDestroy(streams[i]));
	hip_ok(hipFree(p));
}

__global__ static void wait_for_flag(volatile unsigned *flag, unsigned *seen)
{
	while (*flag == 0)
		;
	*seen = *flag;
}

static void a_kernel_that_waits_for_the_host_does_not_block_other_streams(void **state)
{
	hipStream_t waiting, other;
	unsigned *flag, *p = new_value();
	hip_ok(hipHostMalloc(
		(void **)&flag, 2 * sizeof(unsigned), hipHostMallocMapped | hipHostMallocCoherent));
	flag[0] = flag[1] = 0;
	hip_ok(hipStreamCreateWithFlags(&waiting, hipStreamNonBlocking));
	hip_ok(hipStreamCreateWithFlags(&other, hipStreamNonBlocking));
	wait_for_flag<<<1, 1, 0, waiting>>>(flag, flag + 1);
	launch_ok();
	fold_kernel<<<1, 1, 0, other>>>(p, 9, 0);
	launch_ok();
	hip_ok(hipStreamSynchronize(other));
	same((int)hipStreamQuery(waiting), (int)hipErrorNotReady);
	(void)hipGetLastError();
	*(volatile unsigned *)flag = 1234;
	hip_ok(hipStreamSynchronize(waiting));
	same(*(volatile unsigned *)(flag + 1), 1234u);
	same(value_of(p), 9u);
	hip_ok(hipStreamDestroy(waiting));
	hip_ok(hipStreamDestroy(other));
	hip_ok(hipHostFree(flag));
}

static void a_stream_waits_for_a_value_in_memory(void **state)
{
	int offered = 0;
	uint64_t *signal;
	hipStream_t stream;
	unsigned *p = new_value();
	hip_ok(hipDeviceGetAttribute(&offered, hipDeviceAttributeCanUseStreamWaitValue, 0));
	if (!offered) {
		print_message("the device cannot wait for values\n");
		skip();
	}
	hip_ok(hipExtMallocWithFlags((void **)&signal, 8, hipMallocSignalMemory));
	*signal = 0;
	hip_ok(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking));
	hip_ok(hipStreamWaitValue64(stream, signal, 5, hipStreamWaitValueGte, ~0ull));
	fold_kernel<<<1, 1, 0, stream>>>(p, 6, 0);
	launch_ok();
	hip_ok(hipStreamWriteValue64(stream, signal, 77, 0));
	same((int)hipStreamQuery(stream), (int)hipErrorNotReady);
	(void)hipGetLastError();
	*(volatile uint64_t *)signal = 5;
	hip_ok(hipStreamSynchronize(stream));
	same(value_of(p), 6u);
	same(*(volatile uint64_t *)signal, (uint64_t)77);
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(signal));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_of_a_stream_run_in_order),
		cmocka_unit_test(a_chain_across_streams_keeps_its_order),
		cmocka_unit_test(a_ring_of_streams_keeps_its_order),
		cmocka_unit_test(streams_fan_out_and_join),
		cmocka_unit_test(the_default_stream_orders_itself_with_blocking_streams),
		cmocka_unit_test(a_query_says_ready_only_when_the_stream_is_done),
		cmocka_unit_test(a_stream_can_be_destroyed_while_it_works),
		cmocka_unit_test(streams_of_every_priority_work),
		cmocka_unit_test(a_stream_can_be_bound_to_compute_units),
		cmocka_unit_test(more_streams_than_hardware_queues_make_progress),
		cmocka_unit_test(a_kernel_that_waits_for_the_host_does_not_block_other_streams),
		cmocka_unit_test(a_stream_waits_for_a_value_in_memory),
	};
	return hip_test_main(tests);
}
