/* SPDX-License-Identifier: MIT */
/*
 * The objects behind XSched's handles: hardware queues (struct hwq), their XQueues, and commands. Made and used by the program's threads through
 * libpreempt and libhalhip, under one lock that is not held while anything is waited for or called back.
 */
#ifndef COMPAT_OBJECTS_H
#define COMPAT_OBJECTS_H

#include <stdbool.h>

#include "include/xsched-compat/xsched/types.h"

/** struct compat_stream_ops - how a platform acts on its streams; each returns true on success */
struct compat_stream_ops {
	bool (*synchronize)(void *stream);
	bool (*is_idle)(void *stream, bool *idle_p);
};

/** struct compat_hwq - a copy of a hardware queue's entry */
struct compat_hwq {
	void *stream;
	const void *queue; /* hsa_queue_t */
	const struct compat_stream_ops *ops;
	uint64_t first_packet; /* submitted before XQueueCreate() */
	bool has_xqueue;
	int level;
};

#pragma GCC visibility push(default)
/**
 * xsched_hsa_compat_hwq_new() - name @stream, whose hardware queue is @queue; what is there is returned
 * Return: kXSchedSuccess, or kXSchedErrorUnknown without memory.
 */
XResult xsched_hsa_compat_hwq_new(
	void *stream, const void *queue, const struct compat_stream_ops *ops, HwQueueHandle *hwq_p);
#pragma GCC visibility pop

/** compat_hwq_get() - look @handle up. An XQueue has the handle of its hardware queue. @xqueue: only if it has one. */
bool compat_hwq_get(uint64_t handle, bool xqueue, struct compat_hwq *hwq_p);
/** compat_hwq_change() - set what XQueueCreate() and the like change: has_xqueue, level, first_packet. Return: false: gone */
bool compat_hwq_change(uint64_t handle, const struct compat_hwq *hwq);
/** compat_hwq_remove() - forget it. Return: false: it was not there, or has an XQueue (@busy_p) */
bool compat_hwq_remove(uint64_t handle, bool *busy_p);

/** compat_command_new() - Return: a handle, 0 without memory */
HwCommandHandle compat_command_new(LaunchCallback launch, void *data);
/** compat_command_take() - end a command that was not submitted yet. Return: false: there is none of that name */
bool compat_command_take(HwCommandHandle command, LaunchCallback *launch_p, void **data_p);
/** compat_command_was() - whether a command of that name ever was */
bool compat_command_was(HwCommandHandle command);

#endif
