/* SPDX-License-Identifier: MIT */
/*
 * libpreempt: XSched's XQueue, HwQueue and XHint functions over the client library. Called by programs written for XSched; all state is
 * the tool library's, but for handles (objects.c).
 */
#include "include/xsched-compat/xsched/xsched.h"

#include "include/xsched_hsa.h"
#include "src/compat/objects.h"

#define EXPORT __attribute__((visibility("default")))

static XResult result_of(int status)
{
	switch (status) {
	case XSCHED_HSA_OK:
		return kXSchedSuccess;
	case XSCHED_HSA_INVALID_ARGUMENT:
	case XSCHED_HSA_OUT_OF_RANGE:
		return kXSchedErrorInvalidValue;
	case XSCHED_HSA_NOT_FOUND:
		return kXSchedErrorNotFound;
	case XSCHED_HSA_NOT_PERMITTED:
		return kXSchedErrorNotAllowed;
	case XSCHED_HSA_NOT_SCHEDULED:
	case XSCHED_HSA_UNSUPPORTED:
		return kXSchedErrorNotSupported;
	default:
		return kXSchedErrorUnknown;
	}
}

/* NULL for those that are not there. */
static const char *policy_name(XPolicyType policy)
{
	switch (policy) {
	case kPolicyHighestPriorityFirst:
		return "hpf";
	case kPolicyUtilizationPartition:
		return "up";
	case kPolicyProcessUtilizationPartition:
		return "pup";
	case kPolicyKEarliestDeadlineFirst:
		return "kedf";
	case kPolicyLaxity:
		return "lax";
	case kPolicyCompletelyFairScheduler:
		return "fair";
	case kPolicyMultiLevelFeedbackQueue:
		return "mlfq";
	default:
		return NULL;
	}
}

static XResult hint(XQueueHandle xq, int which, int64_t value)
{
	struct compat_hwq hwq;

	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	return result_of(xsched_hsa_hint_set(xsched_hsa_queue(hwq.queue), which, value));
}

EXPORT XResult XHintSetScheduler(XSchedulerType scheduler, XPolicyType policy)
{
	const char *name = policy_name(policy);

	switch (scheduler) {
	case kSchedulerAppManaged:
		return result_of(xsched_hsa_policy_set("fifo"));
	case kSchedulerLocal:
		return name ? result_of(xsched_hsa_policy_set(name)) : kXSchedErrorNotSupported;
	case kSchedulerGlobal:
		return result_of(xsched_hsa_scheduled());
	default:
		return kXSchedErrorInvalidValue;
	}
}

EXPORT XResult XHintPriority(XQueueHandle xq, Priority prio)
{
	return hint(xq, XSCHED_HSA_PRIORITY, prio);
}

EXPORT XResult XHintUtilization(XQueueHandle xq, Utilization util)
{
	return hint(xq, XSCHED_HSA_SHARE, util);
}

EXPORT XResult XHintTimeslice(Timeslice ts_us)
{
	return result_of(xsched_hsa_hint_set(xsched_hsa_process(), XSCHED_HSA_TIMESLICE_US, ts_us));
}

EXPORT XResult XHintLaxity(XQueueHandle xq, Laxity lax_us, Priority lax_prio, Priority crit_prio)
{
	/* All or nothing: neither priority counts before there is a laxity. */
	XResult result = hint(xq, XSCHED_HSA_LAXITY_PRIORITY, lax_prio);

	if (result == kXSchedSuccess)
		result = hint(xq, XSCHED_HSA_CRITICAL_PRIORITY, crit_prio);
	return result == kXSchedSuccess ? hint(xq, XSCHED_HSA_LAXITY_US, lax_us) : result;
}

EXPORT XResult XHintDeadline(XQueueHandle xq, Deadline ddl_us)
{
	return hint(xq, XSCHED_HSA_DEADLINE_US, ddl_us);
}

EXPORT XResult XHintKDeadline(size_t k)
{
	int64_t value = k > INT32_MAX ? INT32_MAX : (int64_t)k;

	return result_of(xsched_hsa_hint_set(xsched_hsa_process(), XSCHED_HSA_K_DEADLINE, value));
}

static XResult stats_of(const struct compat_hwq *hwq, struct xsched_hsa_stats *stats)
{
	*stats = (struct xsched_hsa_stats){.size = sizeof(*stats)};
	return result_of(xsched_hsa_stats_get(xsched_hsa_queue(hwq->queue), stats));
}

EXPORT XResult XQueueCreate(XQueueHandle *xq, HwQueueHandle hwq_handle, int64_t level, int64_t flags)
{
	struct xsched_hsa_stats stats;
	struct compat_hwq hwq;

	if (!xq || level < kPreemptLevelBlock || level > kPreemptLevelInterrupt)
		return kXSchedErrorInvalidValue;
	if (flags != kQueueCreateFlagNone)
		return kXSchedErrorNotSupported;
	if (!compat_hwq_get(hwq_handle, false, &hwq))
		return kXSchedErrorNotFound;
	if (!hwq.has_xqueue) {
		XResult result = stats_of(&hwq, &stats);

		if (result == kXSchedSuccess)
			result = result_of(xsched_hsa_hint_set(xsched_hsa_queue(hwq.queue), XSCHED_HSA_LEVEL, level));
		if (result != kXSchedSuccess)
			return result;
		hwq.has_xqueue = true;
		hwq.level = (int)level;
		hwq.first_packet = stats.submitted;
		if (!compat_hwq_change(hwq_handle, &hwq))
			return kXSchedErrorNotFound;
	}
	*xq = hwq_handle;
	return kXSchedSuccess;
}

EXPORT XResult XQueueGet(XQueueHandle *xq, HwQueueHandle hwq_handle)
{
	struct compat_hwq hwq;

	if (!xq)
		return kXSchedErrorInvalidValue;
	if (!compat_hwq_get(hwq_handle, true, &hwq))
		return kXSchedErrorNotFound;
	*xq = hwq_handle;
	return kXSchedSuccess;
}

EXPORT XResult XQueueDestroy(XQueueHandle xq)
{
	struct xsched_hsa_target queue;
	struct compat_hwq hwq;

	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	queue = xsched_hsa_queue(hwq.queue);
	/* The stream may be gone already, and its queue with it: then there is nothing to undo. */
	xsched_hsa_resume(queue);
	for (int which = XSCHED_HSA_PRIORITY; which <= XSCHED_HSA_LEVEL; which++)
		if (which != XSCHED_HSA_K_DEADLINE)
			xsched_hsa_hint_set(queue, which, XSCHED_HSA_UNSET);
	xsched_hsa_window_packets(queue, 0);
	hwq.ops->synchronize(hwq.stream);
	hwq.has_xqueue = false;
	compat_hwq_change(xq, &hwq);
	return kXSchedSuccess;
}

EXPORT XResult XQueueSetPreemptLevel(XQueueHandle xq, int64_t level)
{
	struct compat_hwq hwq;

	if (level < kPreemptLevelBlock || level > kPreemptLevelInterrupt)
		return kXSchedErrorInvalidValue;
	XResult result = hint(xq, XSCHED_HSA_LEVEL, level);
	if (result == kXSchedSuccess && compat_hwq_get(xq, true, &hwq)) {
		hwq.level = (int)level;
		compat_hwq_change(xq, &hwq);
	}
	return result;
}

EXPORT XResult XQueueSetLaunchConfig(XQueueHandle xq, int64_t threshold, int64_t batch_size)
{
	struct compat_hwq hwq;

	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	if (threshold > 0 && batch_size > threshold)
		return kXSchedErrorInvalidValue;
	if (threshold <= 0)
		return kXSchedSuccess;
	return result_of(xsched_hsa_window_packets(
		xsched_hsa_queue(hwq.queue), threshold > UINT32_MAX ? UINT32_MAX : (uint32_t)threshold));
}

EXPORT XResult XQueueSubmit(XQueueHandle xq, HwCommandHandle command)
{
	struct compat_hwq hwq;
	LaunchCallback launch;
	void *data;

	if (!compat_hwq_get(xq, true, &hwq) || !compat_command_take(command, &launch, &data))
		return kXSchedErrorNotFound;
	return launch(xq, data);
}

EXPORT XResult XQueueWaitAll(XQueueHandle xq)
{
	struct compat_hwq hwq;

	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	return hwq.ops->synchronize(hwq.stream) ? kXSchedSuccess : kXSchedErrorHardware;
}

EXPORT XResult XQueueWait(XQueueHandle xq, HwCommandHandle command)
{
	return compat_command_was(command) ? XQueueWaitAll(xq) : kXSchedErrorNotFound;
}

EXPORT XResult XQueueQuery(XQueueHandle xq, XQueueState *state)
{
	struct compat_hwq hwq;
	bool idle;

	if (!state)
		return kXSchedErrorInvalidValue;
	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	if (!hwq.ops->is_idle(hwq.stream, &idle))
		return kXSchedErrorHardware;
	*state = idle ? kQueueStateIdle : kQueueStateReady;
	return kXSchedSuccess;
}

EXPORT XResult XQueueSuspend(XQueueHandle xq, int64_t flags)
{
	struct compat_hwq hwq;

	if (flags & ~(int64_t)(kQueueSuspendFlagSyncHwQueue | kQueueSuspendFlagWaitAll | kQueueSuspendFlagWaitIdle) &&
		flags != kQueueSuspendFlagMaskAll)
		return kXSchedErrorInvalidValue;
	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	if (flags & (kQueueSuspendFlagWaitAll | kQueueSuspendFlagWaitIdle) && !hwq.ops->synchronize(hwq.stream))
		return kXSchedErrorHardware;
	XResult result = result_of(xsched_hsa_suspend(xsched_hsa_queue(hwq.queue), hwq.level));
	if (result == kXSchedSuccess && flags & kQueueSuspendFlagSyncHwQueue)
		result = HwQueueSynchronize(xq);
	return result;
}

EXPORT XResult XQueueResume(XQueueHandle xq, int64_t flags)
{
	struct compat_hwq hwq;

	if (flags != kQueueResumeFlagNone)
		return kXSchedErrorNotSupported;
	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	return result_of(xsched_hsa_resume(xsched_hsa_queue(hwq.queue)));
}

EXPORT XResult XQueueProfileHwCommandCount(XQueueHandle xq, int64_t *count)
{
	struct xsched_hsa_stats stats;
	struct compat_hwq hwq;

	if (!count)
		return kXSchedErrorInvalidValue;
	if (!compat_hwq_get(xq, true, &hwq))
		return kXSchedErrorNotFound;
	XResult result = stats_of(&hwq, &stats);
	if (result == kXSchedSuccess)
		*count = (int64_t)(stats.submitted - hwq.first_packet);
	return result;
}

EXPORT XResult HwQueueDestroy(HwQueueHandle hwq)
{
	bool busy;

	if (compat_hwq_remove(hwq, &busy))
		return kXSchedSuccess;
	return busy ? kXSchedErrorNotAllowed : kXSchedErrorNotFound;
}

EXPORT XResult HwQueueLaunch(HwQueueHandle hwq, HwCommandHandle hw_cmd)
{
	(void)hwq;
	(void)hw_cmd;
	return kXSchedErrorNotSupported;
}

EXPORT XResult HwQueueSynchronize(HwQueueHandle handle)
{
	struct compat_hwq hwq;

	if (!compat_hwq_get(handle, false, &hwq))
		return kXSchedErrorNotFound;
	return result_of(xsched_hsa_wait_in_flight(xsched_hsa_queue(hwq.queue), UINT64_MAX));
}

EXPORT XResult HwCommandCreateCallback(HwCommandHandle *command, LaunchCallback launch, void *data)
{
	if (!command || !launch)
		return kXSchedErrorInvalidValue;
	HwCommandHandle handle = compat_command_new(launch, data);
	if (!handle)
		return kXSchedErrorUnknown;
	*command = handle;
	return kXSchedSuccess;
}

EXPORT XResult HwCommandDestroy(HwCommandHandle command)
{
	LaunchCallback launch;
	void *data;

	return compat_command_take(command, &launch, &data) ? kXSchedSuccess : kXSchedErrorNotFound;
}
