/* SPDX-License-Identifier: MIT */
/*
 * Hints by the program: it chooses a policy, gives one stream a priority and a window, and prints what the library tells of its queues.
 * The same program runs where nothing schedules it; the calls then say so.
 */
#include "example.h"

#include <xsched_hsa.h>

#define KERNELS 50u

static void say(const char *what, int status)
{
	printf("  %-34s %s\n", what, xsched_hsa_strerror(status));
}

int main()
{
	static const char *const states[] = {"free", "running within a window", "held", "suspended"};
	const uint64_t ms = cycles_per_ms();
	uint32_t *important_count = counter_new(), *other_count = counter_new();
	hipStream_t important, other;
	const void *queues[16];
	size_t count = 0;

	check(hipStreamCreateWithFlags(&important, hipStreamNonBlocking), "hipStreamCreate");
	check(hipStreamCreateWithFlags(&other, hipStreamNonBlocking), "hipStreamCreate");

	say("policy hpf:", xsched_hsa_policy_set("hpf"));
	say("priority 10 for one stream:", xsched_hsa_hint_set(xsched_hsa_stream(important), XSCHED_HSA_PRIORITY, 10));
	say("a window of 500 us for the other:", xsched_hsa_hint_set(xsched_hsa_stream(other), XSCHED_HSA_WINDOW_US, 500));

	for (unsigned i = 0; i < KERNELS; i++)
		work<<<1, 1, 0, other>>>(ms, other_count);
	for (unsigned i = 0; i < KERNELS; i++)
		work<<<1, 1, 0, important>>>(ms, important_count);
	check(hipStreamSynchronize(important), "important kernels");
	printf("  when the important stream was done, the other had run %u of %u kernels\n", *(volatile uint32_t *)other_count,
		KERNELS);

	if (xsched_hsa_queues(queues, 16, &count) == XSCHED_HSA_OK) {
		for (size_t i = 0; i < count && i < 16; i++) {
			struct xsched_hsa_stats stats = {};

			stats.size = sizeof(stats);
			if (xsched_hsa_stats_get(xsched_hsa_queue(queues[i]), &stats) != XSCHED_HSA_OK)
				continue;
			printf("  queue %lu: %s; %lu packets submitted, %lu shown to the GPU; held for %.1f ms\n",
				(unsigned long)stats.queue_id, states[stats.state & 3], (unsigned long)stats.submitted,
				(unsigned long)stats.published, (double)stats.held_ns / 1e6);
		}
	}
	check(hipStreamSynchronize(other), "other kernels");
	bool right = expect("important stream", KERNELS, *important_count);
	right &= expect("other stream", KERNELS, *other_count);
	return right ? 0 : 1;
}
