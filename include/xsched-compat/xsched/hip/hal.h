/* SPDX-License-Identifier: MIT */
/* XSched's interface for HIP. Include HIP's own header first, or leave the stream's type opaque. */
#ifndef XSCHED_HIP_HAL_H
#define XSCHED_HIP_HAL_H

#include "xsched/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As HIP's header has it; C11 and C++ let a typedef be repeated. */
typedef struct ihipStream_t *hipStream_t;

/**
 * HipQueueCreate() - name a stream's hardware queue; a second call for the stream returns the same
 * @stream: also NULL, the default stream, and hipStreamPerThread
 *
 * Return: kXSchedSuccess; kXSchedErrorInvalidValue; kXSchedErrorNotFound: no such stream;
 *         kXSchedErrorNotSupported: nothing schedules the process, or the stream is being captured.
 */
XResult HipQueueCreate(HwQueueHandle *hwq, hipStream_t stream);

#ifdef __cplusplus
}
#endif
#endif
