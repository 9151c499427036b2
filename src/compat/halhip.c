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

/* Call @function of the HIP there is. Return: its hipError_t; -1: there is none. */
static int call(const char *function, void *stream)
{
	void *handle;
	stream_fn hip = (stream_fn)loaded_hold("libamdhip64.so", function, &handle);

	if (!hip)
		return -1;
	int error = hip(stream);
	loaded_release(handle);
	return error;
}

static bool synchronize(void *stream)
{
	return call("hipStreamSynchronize", stream) == HIP_SUCCESS;
}

static bool is_idle(void *stream, bool *idle_p)
{
	int error = call("hipStreamQuery", stream);

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
