/* SPDX-License-Identifier: MIT */
/*
 * Host threads that use HIP side by side: each with streams and memory that it makes and frees
 * again and again, on one stream together, and with a context of their own. Failures are counted
 * per thread and reported by the main one.
 */
#include "busy.h"
#include "check.h"
#include <pthread.h>

#define THREADS 4
#define COUNT	2000

__global__ static void add_one(unsigned *data, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		data[i] += 1;
}

__global__ static void count_atomically(unsigned *counter, uint64_t cycles)
{
	busy_wait(cycles);
	atomicAdd(counter, 1u);
}

struct job {
	pthread_t thread;
	unsigned number;
	hipStream_t stream;
	unsigned *data;
	int failed_line;
	hipError_t error;
};

/* In a thread: notes the first failure and leaves. */
#define job_ok(call)                                                                               \
	do {                                                                                       \
		job->error = (call);                                                               \
		if (job->error != hipSuccess) {                                                    \
			job->failed_line = __LINE__;                                               \
			return NULL;                                                               \
		}                                                                                  \
	} while (0)

static void all_threads(struct job *jobs, void *(*run)(void *))
{
	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i].number = i;
		jobs[i].failed_line = 0;
		assert_int_equal(pthread_create(&jobs[i].thread, NULL, run, &jobs[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(jobs[i].thread, NULL);
	for (unsigned i = 0; i < THREADS; i++) {
		if (jobs[i].failed_line == 0)
			continue;
		print_error("thread %u: line %d: %s\n", i, jobs[i].failed_line,
			hipGetErrorName(jobs[i].error));
		fail();
	}
}

static void *make_use_free(void *arg)
{
	struct job *job = (struct job *)arg;
	std::vector<unsigned> got(COUNT);
	for (unsigned round = 0; round < 12; round++) {
		const unsigned launches = 1 + (round + job->number) % 4;
		job_ok(hipStreamCreate(&job->stream));
		job_ok(hipMalloc((void **)&job->data, COUNT * sizeof(unsigned)));
		job_ok(hipMemsetAsync(job->data, 0, COUNT * sizeof(unsigned), job->stream));
		for (unsigned i = 0; i < launches; i++)
			add_one<<<(COUNT + 127) / 128, 128, 0, job->stream>>>(job->data, COUNT);
		job_ok(hipGetLastError());
		job_ok(hipMemcpyAsync(got.data(), job->data, COUNT * sizeof(unsigned),
			hipMemcpyDeviceToHost, job->stream));
		job_ok(hipStreamSynchronize(job->stream));
		for (unsigned v : got)
			if (v != launches)
				job_ok(hipErrorUnknown);
		job_ok(hipFree(job->data));
		job_ok(hipStreamDestroy(job->stream));
	}
	return NULL;
}

static void threads_make_and_free_streams_and_memory(void **state)
{
	struct job jobs[THREADS];
	all_threads(jobs, make_use_free);
}

static void *launch_together(void *arg)
{
	struct job *job = (struct job *)arg;
	for (unsigned i = 0; i < 150; i++) {
		count_atomically<<<1, 1, 0, job->stream>>>(job->data, i % 10 == 0 ? 5000 : 0);
		job_ok(hipGetLastError());
		if (i % 50 == 49)
			job_ok(hipStreamSynchronize(job->stream));
	}
	return NULL;
}

static void threads_share_a_stream(void **state)
{
	struct job jobs[THREADS];
	std::vector<unsigned> zero(1, 0);
	unsigned *counter = device_copy_of(zero);
	hipStream_t stream;
	hip_ok(hipStreamCreate(&stream));
	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i].stream = stream;
		jobs[i].data = counter;
	}
	all_threads(jobs, launch_together);
	hip_ok(hipStreamSynchronize(stream));
	same(host_copy_of(counter, 1)[0], 150u * THREADS);
	hip_ok(hipStreamDestroy(stream));
	hip_ok(hipFree(counter));
}

static void threads_share_the_default_stream(void **state)
{
	struct job jobs[THREADS];
	std::vector<unsigned> zero(1, 0);
	unsigned *counter = device_copy_of(zero);
	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i].stream = NULL;
		jobs[i].data = counter;
	}
	all_threads(jobs, launch_together);
	hip_ok(hipDeviceSynchronize());
	same(host_copy_of(counter, 1)[0], 150u * THREADS);
	hip_ok(hipFree(counter));
}

static void *synchronise_often(void *arg)
{
	struct job *job = (struct job *)arg;
	hipEvent_t event;
	job_ok(hipStreamCreateWithFlags(&job->stream, hipStreamNonBlocking));
	job_ok(hipEventCreateWithFlags(
		&event, job->number % 2 ? hipEventBlockingSync : hipEventDisableTiming));
	for (unsigned i = 0; i < 60; i++) {
		count_atomically<<<1, 1, 0, job->stream>>>(
			job->data, (i + job->number) % 3 * 20000);
		job_ok(hipEventRecord(event, job->stream));
		if (i % 3 == 0)
			job_ok(hipDeviceSynchronize());
		else if (i % 3 == 1)
			job_ok(hipEventSynchronize(event));
		else
			job_ok(hipStreamSynchronize(job->stream));
	}
	job_ok(hipEventDestroy(event));
	job_ok(hipStreamDestroy(job->stream));
	return NULL;
}

static void threads_wait_in_every_way(void **state)
{
	struct job jobs[THREADS];
	std::vector<unsigned> zero(1, 0);
	unsigned *counter = device_copy_of(zero);
	for (unsigned i = 0; i < THREADS; i++)
		jobs[i].data = counter;
	all_threads(jobs, synchronise_often);
	same(host_copy_of(counter, 1)[0], 60u * THREADS);
	hip_ok(hipFree(counter));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_make_and_free_streams_and_memory),
		cmocka_unit_test(threads_share_a_stream),
		cmocka_unit_test(threads_share_the_default_stream),
		cmocka_unit_test(threads_wait_in_every_way),
	};
	return hip_test_main(tests);
}
