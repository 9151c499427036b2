/* SPDX-License-Identifier: MIT */
/*
 * The order contract: whatever waits for a stream returns, or runs, only after all that was queued
 * before is done. Many kernels of about a millisecond leave a mark each in pinned memory; every way
 * to wait then counts the marks. Included by the programs that run it, alone or with a hand on the
 * gates.
 */
#ifndef TESTS_INT_HIP_ORDER_H
#define TESTS_INT_HIP_ORDER_H

#include "busy.h"
#include "check.h"
#include <stdlib.h>
#include <time.h>

#define MAX_KERNELS 4096

static unsigned kernels = 50;
static unsigned kernel_us = 1000;

/* One mark per kernel: 0, then the kernel's number + 1. Written by the GPU, read by the host and by
 * counting kernels. */
static unsigned *marks;
static uint64_t cycles;

__global__ static void mark_kernel(unsigned *marks, unsigned number, uint64_t cycles)
{
	/* A kernel that starts before its predecessor is done leaves no mark, so that wrong order is
	 * found as well. */
	bool first = number == 0 || ((volatile unsigned *)marks)[number - 1] == number;
	busy_wait(cycles);
	if (first)
		((volatile unsigned *)marks)[number] = number + 1;
	__threadfence_system();
}

__global__ static void count_kernel(const unsigned *marks, unsigned count, unsigned *result)
{
	unsigned found = 0;
	for (unsigned i = 0; i < count; i++)
		found += ((const volatile unsigned *)marks)[i] == i + 1;
	*result = found;
	__threadfence_system();
}

static unsigned marks_now(void)
{
	unsigned found = 0;
	for (unsigned i = 0; i < kernels; i++)
		found += ((volatile unsigned *)marks)[i] == i + 1;
	return found;
}

static void queue_kernels(hipStream_t stream)
{
	memset(marks, 0, MAX_KERNELS * sizeof(*marks));
	for (unsigned i = 0; i < kernels; i++)
		mark_kernel<<<1, 1, 0, stream>>>(marks, i, cycles);
	launch_ok();
}

static hipStream_t stream_new(unsigned flags)
{
	hipStream_t stream;
	hip_ok(hipStreamCreateWithFlags(&stream, flags));
	return stream;
}

static unsigned *result_new(void)
{
	unsigned *result;
	hip_ok(hipHostMalloc(
		(void **)&result, sizeof(*result), hipHostMallocMapped | hipHostMallocCoherent));
	*result = ~0u;
	return result;
}

/* @result must hold the full count; frees both. */
static void counted_all(unsigned *result, hipStream_t stream)
{
	same(*(volatile unsigned *)result, kernels);
	hip_ok(hipHostFree(result));
	hip_ok(hipStreamDestroy(stream));
}

static void device_synchronize_returns_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	queue_kernels(stream);
	hip_ok(hipDeviceSynchronize());
	same(marks_now(), kernels);
	hip_ok(hipStreamDestroy(stream));
}

static void stream_synchronize_returns_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	queue_kernels(stream);
	hip_ok(hipStreamSynchronize(stream));
	same(marks_now(), kernels);
	hip_ok(hipStreamDestroy(stream));
}

static void stream_query_is_ready_only_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	hipError_t e;
	queue_kernels(stream);
	while ((e = hipStreamQuery(stream)) == hipErrorNotReady)
		;
	hip_ok(e);
	same(marks_now(), kernels);
	(void)hipGetLastError();
	hip_ok(hipStreamDestroy(stream));
}

/* A copy on the default stream waits for that stream and for all blocking ones. */
static void memcpy_returns_after_all_of_the_default_stream(void **state)
{
	std::vector<unsigned> got(MAX_KERNELS);
	unsigned *device = device_new<unsigned>(MAX_KERNELS);
	hip_ok(hipMemset(device, 0, MAX_KERNELS * sizeof(unsigned)));
	memset(marks, 0, MAX_KERNELS * sizeof(*marks));
	for (unsigned i = 0; i < kernels; i++)
		mark_kernel<<<1, 1>>>(device, i, cycles);
	launch_ok();
	hip_ok(hipMemcpy(got.data(), device, kernels * sizeof(unsigned), hipMemcpyDeviceToHost));
	for (unsigned i = 0; i < kernels; i++)
		same(got[i], i + 1);
	hip_ok(hipFree(device));
}

static void memcpy_returns_after_all_of_a_blocking_stream(void **state)
{
	hipStream_t stream = stream_new(hipStreamDefault);
	unsigned *device = device_new<unsigned>(1), got = 0;
	hip_ok(hipMemset(device, 0x5a, sizeof(unsigned)));
	hip_ok(hipDeviceSynchronize());
	queue_kernels(stream);
	hip_ok(hipMemcpy(&got, device, sizeof(got), hipMemcpyDeviceToHost));
	same(marks_now(), kernels);
	same(got, 0x5a5a5a5au);
	hip_ok(hipFree(device));
	hip_ok(hipStreamDestroy(stream));
}

static void stream_wait_event_holds_the_other_stream(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking),
		    other = stream_new(hipStreamNonBlocking);
	hipEvent_t event;
	unsigned *result = result_new();
	hip_ok(hipEventCreateWithFlags(&event, hipEventDisableTiming));
	queue_kernels(stream);
	hip_ok(hipEventRecord(event, stream));
	hip_ok(hipStreamWaitEvent(other, event, 0));
	count_kernel<<<1, 1, 0, other>>>(marks, kernels, result);
	launch_ok();
	hip_ok(hipStreamSynchronize(other));
	hip_ok(hipEventDestroy(event));
	hip_ok(hipStreamDestroy(other));
	counted_all(result, stream);
}

static void count_marks(void *result)
{
	*(volatile unsigned *)result = marks_now();
}

static void host_function_runs_after_all(void **state)
{
	need_host_functions();
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	unsigned *result = result_new();
	queue_kernels(stream);
	hip_ok(hipLaunchHostFunc(stream, count_marks, result));
	hip_ok(hipStreamSynchronize(stream));
	counted_all(result, stream);
}

static void count_marks_callback(hipStream_t stream, hipError_t status, void *result)
{
	count_marks(result);
}

static void callback_runs_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	unsigned *result = result_new();
	queue_kernels(stream);
	hip_ok(hipStreamAddCallback(stream, count_marks_callback, result, 0));
	hip_ok(hipStreamSynchronize(stream));
	counted_all(result, stream);
}

static void graph_runs_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipGraphNode_t node;
	hipKernelNodeParams p;
	unsigned *result = result_new();
	void *arguments[] = {&marks, &kernels, &result};
	memset((void *)&p, 0, sizeof(p));
	p.func = (void *)count_kernel;
	p.gridDim = dim3(1);
	p.blockDim = dim3(1);
	p.kernelParams = arguments;
	hip_ok(hipGraphCreate(&graph, 0));
	hip_ok(hipGraphAddKernelNode(&node, graph, NULL, 0, &p));
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	queue_kernels(stream);
	hip_ok(hipGraphLaunch(exec, stream));
	hip_ok(hipStreamSynchronize(stream));
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	counted_all(result, stream);
}

static void host_node_of_a_graph_runs_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	hipGraph_t graph;
	hipGraphExec_t exec;
	hipGraphNode_t node;
	unsigned *result = result_new();
	hipHostNodeParams p = {count_marks, result};
	hip_ok(hipGraphCreate(&graph, 0));
	hip_ok(hipGraphAddHostNode(&node, graph, NULL, 0, &p));
	hip_ok(hipGraphInstantiate(&exec, graph, NULL, NULL, 0));
	queue_kernels(stream);
	hip_ok(hipGraphLaunch(exec, stream));
	hip_ok(hipStreamSynchronize(stream));
	hip_ok(hipGraphExecDestroy(exec));
	hip_ok(hipGraphDestroy(graph));
	counted_all(result, stream);
}

static void event_synchronize_returns_after_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	hipEvent_t event;
	hip_ok(hipEventCreateWithFlags(&event, hipEventBlockingSync));
	queue_kernels(stream);
	hip_ok(hipEventRecord(event, stream));
	hip_ok(hipEventSynchronize(event));
	same(marks_now(), kernels);
	hip_ok(hipEventDestroy(event));
	hip_ok(hipStreamDestroy(stream));
}

static double host_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* At least what the kernels waited by their own clock, at most what passed on the host; 1 % between
 * the clocks. */
static void elapsed_time_covers_all(void **state)
{
	hipStream_t stream = stream_new(hipStreamNonBlocking);
	hipEvent_t start, stop;
	float elapsed = -1;
	hip_ok(hipEventCreate(&start));
	hip_ok(hipEventCreate(&stop));
	double before = host_ms();
	hip_ok(hipEventRecord(start, stream));
	queue_kernels(stream);
	hip_ok(hipEventRecord(stop, stream));
	hip_ok(hipEventSynchronize(stop));
	double around = host_ms() - before;
	hip_ok(hipEventElapsedTime(&elapsed, start, stop));
	double least = kernels * (double)kernel_us / 1e3;
	if ((double)elapsed < least * 0.99 || (double)elapsed > around * 1.01 + 0.1) {
		print_error("elapsed: expected between %g and %g ms, got %g\n", least, around,
			(double)elapsed);
		fail();
	}
	same(marks_now(), kernels);
	hip_ok(hipEventDestroy(start));
	hip_ok(hipEventDestroy(stop));
	hip_ok(hipStreamDestroy(stream));
}

/* Every way to wait. */
#define ORDER_TESTS                                                                                \
	cmocka_unit_test(device_synchronize_returns_after_all),                                    \
		cmocka_unit_test(stream_synchronize_returns_after_all),                            \
		cmocka_unit_test(stream_query_is_ready_only_after_all),                            \
		cmocka_unit_test(memcpy_returns_after_all_of_the_default_stream),                  \
		cmocka_unit_test(memcpy_returns_after_all_of_a_blocking_stream),                   \
		cmocka_unit_test(stream_wait_event_holds_the_other_stream),                        \
		cmocka_unit_test(host_function_runs_after_all),                                    \
		cmocka_unit_test(callback_runs_after_all), cmocka_unit_test(graph_runs_after_all), \
		cmocka_unit_test(host_node_of_a_graph_runs_after_all),                             \
		cmocka_unit_test(event_synchronize_returns_after_all),                             \
		cmocka_unit_test(elapsed_time_covers_all)

/**
 * order_start() - take KERNELS and MICROSECONDS from the first two of @argc arguments, and make the marks
 * @usage: of the program, for a message about a wrong number
 * Return: 0; otherwise the status to end the program with.
 */
static int order_start(int argc, char **argv, const char *usage)
{
	if (argc > 1)
		kernels = (unsigned)strtoul(argv[1], NULL, 0);
	if (argc > 2)
		kernel_us = (unsigned)strtoul(argv[2], NULL, 0);
	if (kernels == 0 || kernels > MAX_KERNELS) {
		fprintf(stderr, "usage: %s [KERNELS (1..%d) [MICROSECONDS]]%s\n", argv[0],
			MAX_KERNELS, usage);
		return 2;
	}
	if (gpu_missing(1))
		return TEST_SKIPPED;
	cycles = busy_cycles_per_ms() * kernel_us / 1000;
	if (hipHostMalloc((void **)&marks, MAX_KERNELS * sizeof(*marks),
		    hipHostMallocMapped | hipHostMallocCoherent) != hipSuccess) {
		fprintf(stderr, "no pinned memory\n");
		return 1;
	}
	return 0;
}

#endif
