/* SPDX-License-Identifier: MIT */
/*
 * A program written for XSched's HIP platform: it includes XSched's headers and links -lhalhip -lpreempt, which are xsched-hsa's here.
 * Two streams become XQueues; the one of higher priority passes the other; one is suspended and resumed.
 */
#include "example.h"

#include <xsched/hip/hal.h>
#include <xsched/xsched.h>

#define KERNELS 50u

struct launch {
	hipStream_t stream;
	uint64_t cycles;
	uint32_t *count;
};

static void must(XResult result, const char *what)
{
	if (result == kXSchedSuccess)
		return;
	fprintf(stderr, "FAILED: %s: XResult %d\n", what, (int)result);
	exit(1);
}

static XResult launch(HwQueueHandle, void *data)
{
	const struct launch *l = (const struct launch *)data;

	work<<<1, 1, 0, l->stream>>>(l->cycles, l->count);
	return hipGetLastError() == hipSuccess ? kXSchedSuccess : kXSchedErrorHardware;
}

int main()
{
	const uint64_t ms = cycles_per_ms();
	struct launch l[2] = {{nullptr, ms, counter_new()}, {nullptr, ms, counter_new()}};
	HwQueueHandle hwq[2];
	XQueueHandle xq[2];
	XQueueState state;

	for (int i = 0; i < 2; i++) {
		check(hipStreamCreateWithFlags(&l[i].stream, hipStreamNonBlocking), "hipStreamCreate");
		XResult result = HipQueueCreate(&hwq[i], l[i].stream);
		if (result == kXSchedErrorNotSupported) {
			printf("nothing schedules this process; XSched's calls say NotSupported\n");
			return 0;
		}
		must(result, "HipQueueCreate");
		must(XQueueCreate(&xq[i], hwq[i], kPreemptLevelBlock, kQueueCreateFlagNone), "XQueueCreate");
		must(XQueueSetLaunchConfig(xq[i], 8, 4), "XQueueSetLaunchConfig");
	}
	must(XHintSetScheduler(kSchedulerLocal, kPolicyHighestPriorityFirst), "XHintSetScheduler");
	must(XHintPriority(xq[0], PRIORITY_MIN), "XHintPriority");
	must(XHintPriority(xq[1], PRIORITY_MAX), "XHintPriority");

	/* Commands are callbacks; plain launches into the stream would be scheduled as well. */
	for (int i = 0; i < 2; i++) {
		for (unsigned k = 0; k < KERNELS; k++) {
			HwCommandHandle command;

			must(HwCommandCreateCallback(&command, launch, &l[i]), "HwCommandCreateCallback");
			must(XQueueSubmit(xq[i], command), "XQueueSubmit");
		}
	}
	must(XQueueWaitAll(xq[1]), "XQueueWaitAll");
	printf("when the high XQueue was done, the low one had run %u of %u kernels\n", *(volatile uint32_t *)l[0].count, KERNELS);
	must(XQueueWaitAll(xq[0]), "XQueueWaitAll");
	bool right = expect("low XQueue", KERNELS, *l[0].count) && expect("high XQueue", KERNELS, *l[1].count);

	must(XQueueSuspend(xq[0], kQueueSuspendFlagSyncHwQueue), "XQueueSuspend");
	launch(hwq[0], &l[0]);
	must(XQueueQuery(xq[0], &state), "XQueueQuery");
	right &= expect("suspended XQueue", KERNELS, *(volatile uint32_t *)l[0].count) && state == kQueueStateReady;
	must(XQueueResume(xq[0], kQueueResumeFlagNone), "XQueueResume");
	must(XQueueWaitAll(xq[0]), "XQueueWaitAll");
	must(XQueueQuery(xq[0], &state), "XQueueQuery");
	right &= expect("resumed XQueue", KERNELS + 1, *l[0].count) && state == kQueueStateIdle;
	printf("suspended: nothing ran; resumed: its kernel ran\n");

	for (int i = 0; i < 2; i++) {
		must(XQueueDestroy(xq[i]), "XQueueDestroy");
		must(HwQueueDestroy(hwq[i]), "HwQueueDestroy");
	}
	printf("%s\n", right ? "all kernels ran once" : "FAILED");
	return right ? 0 : 1;
}
