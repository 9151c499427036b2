/* SPDX-License-Identifier: MIT */
/*
 * Transparent scheduling: a program that knows nothing of the library. Its background stream has a long queue of kernels; meanwhile
 * short urgent ones go, one by one, to a stream of high priority. How long does an urgent one take?
 *
 * Run it as it is, and with HSA_TOOLS_LIB=.../libxsched_hsa.so XSCHED_HSA_POLICY=hpf.
 */
#include "example.h"

#define BACKGROUND 200u
#define URGENT	   10u

int main()
{
	const uint64_t ms = cycles_per_ms();
	uint32_t *background_count = counter_new(), *urgent_count = counter_new();
	hipStream_t background, urgent;
	std::vector<double> took;
	int least, greatest;
	bool right;

	check(hipDeviceGetStreamPriorityRange(&least, &greatest), "hipDeviceGetStreamPriorityRange");
	check(hipStreamCreateWithPriority(&background, hipStreamNonBlocking, least), "background stream");
	check(hipStreamCreateWithPriority(&urgent, hipStreamNonBlocking, greatest), "urgent stream");

	double start = now_ms();
	for (unsigned i = 0; i < BACKGROUND; i++)
		work<<<1, 1, 0, background>>>(ms, background_count);
	for (unsigned i = 0; i < URGENT; i++) {
		double before = now_ms();
		work<<<1, 1, 0, urgent>>>(ms / 10, urgent_count);
		check(hipStreamSynchronize(urgent), "urgent kernel");
		took.push_back(now_ms() - before);
	}
	uint32_t behind = BACKGROUND - *(volatile uint32_t *)background_count;
	check(hipStreamSynchronize(background), "background kernels");
	std::sort(took.begin(), took.end());
	printf("%u urgent kernels of 0.1 ms beside %u background kernels of 1 ms:\n", URGENT, BACKGROUND);
	printf("  an urgent kernel took %.2f ms (median), %.2f ms (longest)\n", took[URGENT / 2], took[URGENT - 1]);
	printf("  when the last had run, %u background kernels were still to run; all took %.0f ms\n", behind, now_ms() - start);
	right = expect("background", BACKGROUND, *background_count);
	right &= expect("urgent", URGENT, *urgent_count);
	return right ? 0 : 1;
}
