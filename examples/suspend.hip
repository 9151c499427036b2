/* SPDX-License-Identifier: MIT */
/*
 * Suspension by hand: a stream is suspended in the middle of its work, nothing of it runs meanwhile, and it goes on where it was. Without the
 * library the work just runs through.
 */
#include "example.h"

#include <xsched_hsa.h>

#define KERNELS	   100u
#define SECONDS(n) ((uint64_t)(n) * 1000000000u)

int main()
{
	const uint64_t ms = cycles_per_ms();
	uint32_t *count = counter_new();
	volatile uint32_t *seen = count;
	hipStream_t stream;
	const void *queue;

	check(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking), "hipStreamCreate");
	/* From here on the stream is known by its hardware queue, which other streams may share. */
	int status = xsched_hsa_stream_queue(stream, &queue);
	if (status == XSCHED_HSA_NOT_SCHEDULED)
		printf("not scheduled: %u kernels run through\n", KERNELS);
	else if (status != XSCHED_HSA_OK)
		return fprintf(stderr, "FAILED: the stream's queue: %s\n", xsched_hsa_strerror(status)), 1;
	const bool scheduled = status == XSCHED_HSA_OK;

	/* So that not all of it is on the GPU when the suspension comes. */
	if (scheduled)
		status = xsched_hsa_window_packets(xsched_hsa_queue(queue), 4);
	for (unsigned i = 0; i < KERNELS; i++)
		work<<<1, 1, 0, stream>>>(ms, count);
	while (*seen < 10)
		;
	if (scheduled) {
		status = xsched_hsa_suspend(xsched_hsa_queue(queue), 1);
		if (status == XSCHED_HSA_OK)
			status = xsched_hsa_wait_in_flight(xsched_hsa_queue(queue), SECONDS(30));
		if (status != XSCHED_HSA_OK)
			return fprintf(stderr, "FAILED: suspend: %s\n", xsched_hsa_strerror(status)), 1;
		uint32_t before = *seen;
		printf("suspended after %u of %u kernels\n", before, KERNELS);
		status = xsched_hsa_wait_idle(xsched_hsa_queue(queue), SECONDS(1) / 5);
		printf("0.2 s later: %u kernels have run; idle? %s; hipStreamQuery says \"%s\"\n", *seen, xsched_hsa_strerror(status),
			hipGetErrorString(hipStreamQuery(stream)));
		if (*seen != before || before == KERNELS || status != XSCHED_HSA_TIMEOUT) {
			fprintf(stderr, "FAILED: expected no kernel to run while suspended, and some to be left\n");
			return 1;
		}
		status = xsched_hsa_resume(xsched_hsa_queue(queue));
		if (status != XSCHED_HSA_OK)
			return fprintf(stderr, "FAILED: resume: %s\n", xsched_hsa_strerror(status)), 1;
	}
	check(hipStreamSynchronize(stream), "hipStreamSynchronize");
	printf("done: %u kernels have run\n", *seen);
	return expect("stream", KERNELS, *seen) ? 0 : 1;
}
