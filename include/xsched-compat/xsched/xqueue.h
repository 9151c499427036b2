/* SPDX-License-Identifier: MIT */
/*
 * XSched's queues over those that xsched-hsa schedules. An XQueue stands for the hardware queue of one HIP stream, which streams may
 * share. Work needs not be submitted through it: all of a stream is scheduled, however it was launched.
 *
 * Common results: kXSchedErrorInvalidValue for a null pointer, kXSchedErrorNotFound for a handle that is none,
 * kXSchedErrorNotSupported when nothing schedules the process.
 */
#ifndef XSCHED_XQUEUE_H
#define XSCHED_XQUEUE_H

#include "xsched/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * XQueueCreate() - the XQueue of @hwq; a second call returns the same
 * @level: the strongest preemption level to use; what cannot be had is replaced by the next lower one
 * @flags: kQueueCreateFlagNone; kXSchedErrorNotSupported for others
 */
XResult XQueueCreate(XQueueHandle *xq, HwQueueHandle hwq, int64_t level, int64_t flags);
/** XQueueDestroy() - resume it, wait for all it has, and forget it; its hints end */
XResult XQueueDestroy(XQueueHandle xq);
XResult XQueueGet(XQueueHandle *xq, HwQueueHandle hwq);
XResult XQueueSetPreemptLevel(XQueueHandle xq, int64_t level);
/** XQueueSetLaunchConfig() - @threshold packets in flight at most; not above 0: as before. @batch_size has no counterpart here. */
XResult XQueueSetLaunchConfig(XQueueHandle xq, int64_t threshold, int64_t batch_size);
/**
 * XQueueSubmit() - launch a command, which belongs to the library from here on
 *
 * The command's callback is called before this returns; what it launches is scheduled. Its result is returned.
 */
XResult XQueueSubmit(XQueueHandle xq, HwCommandHandle hw_cmd);
/** XQueueWait() - wait for a submitted command, and for what the stream has besides */
XResult XQueueWait(XQueueHandle xq, HwCommandHandle hw_cmd);
XResult XQueueWaitAll(XQueueHandle xq);
XResult XQueueQuery(XQueueHandle xq, XQueueState *state);
/** XQueueSuspend() - kQueueSuspendFlagWaitAll and WaitIdle wait before, SyncHwQueue waits after for what the GPU has */
XResult XQueueSuspend(XQueueHandle xq, int64_t flags);
/** XQueueResume() - kXSchedErrorNotSupported with kQueueResumeFlagDropCommands: packets cannot be taken back */
XResult XQueueResume(XQueueHandle xq, int64_t flags);
/** XQueueProfileHwCommandCount() - packets submitted to the hardware queue since XQueueCreate() */
XResult XQueueProfileHwCommandCount(XQueueHandle xq, int64_t *count);

/** HwQueueDestroy() - forget @hwq; kXSchedErrorNotAllowed while an XQueue uses it. The stream is the program's. */
XResult HwQueueDestroy(HwQueueHandle hwq);
/** HwQueueLaunch() - kXSchedErrorNotSupported: nothing of a stream passes the scheduler by */
XResult HwQueueLaunch(HwQueueHandle hwq, HwCommandHandle hw_cmd);
/** HwQueueSynchronize() - wait for what the GPU has of it, not for what is held back */
XResult HwQueueSynchronize(HwQueueHandle hwq);
XResult HwCommandCreateCallback(HwCommandHandle *hw_cmd, LaunchCallback launch, void *data);
/** HwCommandDestroy() - of one that was not submitted */
XResult HwCommandDestroy(HwCommandHandle hw_cmd);

#ifdef __cplusplus
}
#endif
#endif
