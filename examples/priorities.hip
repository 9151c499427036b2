/* SPDX-License-Identifier: MIT */
/*
 * Priorities within a process: four threads with a stream each do the same work at the same time; one stream has a high
 * priority. Which thread is done first? Nothing here knows of the library: priorities are HIP's own.
 *
 * Run it as it is, and with HSA_TOOLS_LIB=.../libxsched_hsa.so XSCHED_HSA_POLICY=hpf.
 */
#include "example.h"

#include <atomic>
#include <thread>

#define THREADS 4u
#define KERNELS 60u

int main()
{
	const uint64_t ms = cycles_per_ms();
	std::vector<std::thread> threads;
	std::atomic<unsigned> waiting{0};
	double done[THREADS];
	uint32_t *count[THREADS];
	int least, greatest;
	bool right = true;

	check(hipDeviceGetStreamPriorityRange(&least, &greatest), "hipDeviceGetStreamPriorityRange");
	for (unsigned i = 0; i < THREADS; i++) {
		count[i] = counter_new();
		threads.emplace_back([&, i] {
			hipStream_t stream;

			check(hipStreamCreateWithPriority(&stream, hipStreamNonBlocking, i == 0 ? greatest : least), "stream");
			for (waiting++; waiting < THREADS;)
				std::this_thread::yield();
			double start = now_ms();
			for (unsigned k = 0; k < KERNELS; k++)
				work<<<1, 1, 0, stream>>>(ms, count[i]);
			check(hipStreamSynchronize(stream), "kernels");
			done[i] = now_ms() - start;
			check(hipStreamDestroy(stream), "hipStreamDestroy");
		});
	}
	for (auto &thread : threads)
		thread.join();
	printf("%u threads, %u kernels of 1 ms each:\n", THREADS, KERNELS);
	for (unsigned i = 0; i < THREADS; i++) {
		printf("  thread %u, %s priority: done after %.0f ms\n", i, i == 0 ? "high" : "low", done[i]);
		right &= expect("thread", KERNELS, *count[i]);
	}
	return right ? 0 : 1;
}
