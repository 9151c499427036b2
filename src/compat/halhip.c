/* SPDX-License-Identifier: MIT */
/*
 * libhalhip: XSched's HIP platform: names a stream's hardware queue for libpreempt. Links no HIP; uses the one that the program has
 * loaded.
 */
#include "include/xsched-compat/xsched/hip/hal.h"

#include "include/xsched_hsa.h"
#include "src/client/loaded.h"
#include "src/compat/objects.h"

/* hip_runtime_api.h, HIP 5.2 to 7.2. */
#define HIP_SUCCESS	    0
#define HIP_ERROR_NOT_READY 600

typedef int (*stream_fn)(void *stream);

static bool synchronize(void *stream)
{
	stream_fn call = (stream_fn)loaded_find("libamdhip64.so", "hipStreamSynchronize", NULL);

	return call && call(stream) == HIP_SUCCESS;
}

static bool is_idle(void *stream, bool *idle_p)
{
	stream_fn call = (stream_fn)loaded_find("libamdhip64.so", "hipStreamQuery", NULL);
	int error = call ? call(stream) : -1;

	*idle_p = error == HIP_SUCCESS;
	return error == HIP_SUCCESS || error == HIP_ERROR_NOT_READY;
}

static const struct compat_stream_ops ops = {.synchronize = synchronize, .is_idle = is_idle};

__attribute__((visibility("default"))) XResult HipQueueCreate(HwQueueHandle *hwq, hipStream_t stream)
{
	const void *queue;

	if (!hwq)
		return kXSchedErrorInvalidValue;
	switch (xsched_hsa_stream_queue(stream, &queue)) {
	case XSCHED_HSA_OK:
		return xsched_hsa_compat_hwq_new(stream, queue, &ops, hwq);
	case XSCHED_HSA_NOT_FOUND:
		return kXSchedErrorNotFound;
	default:
		return kXSchedErrorNotSupported;
	}
}
