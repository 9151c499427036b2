/* SPDX-License-Identifier: MIT */
/*
 * Device partition: two streams that never run dry share the GPU as they are told, here 75 % and 25 %, or as the arguments say:
 * partition [SHARE SHARE [SECONDS]]. The shares are hints to the policy "up"; without the library nobody takes them.
 */
#include "example.h"

#include <thread>
#include <xsched_hsa.h>

#define BATCH 64u

struct client {
	hipStream_t stream;
	int share;
	uint32_t *count;
	uint32_t launched;
	uint32_t in_time; /* completed when the time was over */
};

/* Keeps two batches queued, more than it can run in a turn, until the time is over. */
static void run(struct client *c, uint64_t cycles, double until)
{
	hipEvent_t done[2];
	unsigned batch = 0;

	for (hipEvent_t &event : done)
		check(hipEventCreateWithFlags(&event, hipEventDisableTiming), "hipEventCreate");
	for (; now_ms() < until; batch++) {
		for (unsigned i = 0; i < BATCH; i++)
			work<<<1, 1, 0, c->stream>>>(cycles, c->count);
		c->launched += BATCH;
		check(hipEventRecord(done[batch % 2], c->stream), "hipEventRecord");
		if (batch)
			check(hipEventSynchronize(done[(batch + 1) % 2]), "hipEventSynchronize");
	}
	check(hipStreamSynchronize(c->stream), "hipStreamSynchronize");
	for (hipEvent_t event : done)
		check(hipEventDestroy(event), "hipEventDestroy");
}

int main(int argc, char **argv)
{
	struct client clients[2] = {};
	bool right = true;

	clients[0].share = argc > 2 ? atoi(argv[1]) : 75;
	clients[1].share = argc > 2 ? atoi(argv[2]) : 25;
	const double seconds = argc > 3 ? atof(argv[3]) : 2;
	const uint64_t ms = cycles_per_ms();
	for (struct client &c : clients) {
		check(hipStreamCreateWithFlags(&c.stream, hipStreamNonBlocking), "hipStreamCreate");
		c.count = counter_new();
	}

	int status = xsched_hsa_policy_set("up");
	for (struct client &c : clients)
		if (status == XSCHED_HSA_OK)
			status = xsched_hsa_hint_set(xsched_hsa_stream(c.stream), XSCHED_HSA_SHARE, c.share);
	if (status != XSCHED_HSA_OK && status != XSCHED_HSA_NOT_SCHEDULED) {
		fprintf(stderr, "partition: %s\n", xsched_hsa_strerror(status));
		return 1;
	}

	const double until = now_ms() + 1000 * seconds;
	std::thread first(run, &clients[0], ms / 2, until), second(run, &clients[1], ms / 2, until);
	std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
	for (struct client &c : clients)
		c.in_time = *(volatile uint32_t *)c.count;
	first.join();
	second.join();

	const uint32_t sum = clients[0].in_time + clients[1].in_time;
	printf("two streams, kernels of 0.5 ms for %g s%s:\n", seconds,
		status == XSCHED_HSA_NOT_SCHEDULED ? " (not scheduled: no partition)" : "");
	for (struct client &c : clients) {
		printf("  asked for %d %%: %u kernels, %.1f %%\n", c.share, c.in_time, 100.0 * c.in_time / (sum ? sum : 1));
		right &= expect("stream", c.launched, *c.count);
	}
	/* Shares are of work that is there: who runs dry leaves its turn to the other. */
	if (status == XSCHED_HSA_OK && sum * 0.5 < 900 * seconds)
		printf("  the GPU was idle for %.0f %% of the time: this host could not keep both streams filled\n",
			100 - sum * 0.05 / seconds);
	return right ? 0 : 1;
}
