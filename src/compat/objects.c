/* SPDX-License-Identifier: MIT */
/* The objects behind XSched's handles; see objects.h. Handles count up and are never used again. */
#include "src/compat/objects.h"

#include <pthread.h>
#include <stdlib.h>

struct hwq {
	struct hwq *next;
	uint64_t handle;
	struct compat_hwq is;
};

struct command {
	struct command *next;
	HwCommandHandle handle;
	LaunchCallback launch;
	void *data;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct hwq *hwqs;
static struct command *commands;
static uint64_t last_hwq, last_command;

/* The link to the entry of @handle, or to the end. Must hold the lock. */
static struct hwq **find(uint64_t handle)
{
	struct hwq **link = &hwqs;

	while (*link && (*link)->handle != handle)
		link = &(*link)->next;
	return link;
}

XResult xsched_hsa_compat_hwq_new(
	void *stream, const void *queue, const struct compat_stream_ops *ops, HwQueueHandle *hwq_p)
{
	XResult result = kXSchedSuccess;
	struct hwq *hwq;

	pthread_mutex_lock(&lock);
	for (hwq = hwqs; hwq; hwq = hwq->next)
		if (hwq->is.stream == stream)
			break;
	if (!hwq) {
		hwq = calloc(1, sizeof(*hwq));
		if (hwq) {
			hwq->handle = ++last_hwq;
			hwq->next = hwqs;
			hwqs = hwq;
		}
	}
	if (hwq) {
		/* A stream of the same address may be another by now. */
		hwq->is.stream = stream;
		hwq->is.queue = queue;
		hwq->is.ops = ops;
		*hwq_p = hwq->handle;
	} else {
		result = kXSchedErrorUnknown;
	}
	pthread_mutex_unlock(&lock);
	return result;
}

bool compat_hwq_get(uint64_t handle, bool xqueue, struct compat_hwq *hwq_p)
{
	pthread_mutex_lock(&lock);
	const struct hwq *hwq = *find(handle);
	bool found = hwq && (!xqueue || hwq->is.has_xqueue);
	if (found)
		*hwq_p = hwq->is;
	pthread_mutex_unlock(&lock);
	return found;
}

bool compat_hwq_change(uint64_t handle, const struct compat_hwq *changed)
{
	pthread_mutex_lock(&lock);
	struct hwq *hwq = *find(handle);
	if (hwq) {
		hwq->is.has_xqueue = changed->has_xqueue;
		hwq->is.level = changed->level;
		hwq->is.first_packet = changed->first_packet;
	}
	pthread_mutex_unlock(&lock);
	return hwq != NULL;
}

bool compat_hwq_remove(uint64_t handle, bool *busy_p)
{
	pthread_mutex_lock(&lock);
	struct hwq **link = find(handle), *hwq = *link;
	*busy_p = hwq && hwq->is.has_xqueue;
	bool removed = hwq && !*busy_p;
	if (removed) {
		*link = hwq->next;
		free(hwq);
	}
	pthread_mutex_unlock(&lock);
	return removed;
}

HwCommandHandle compat_command_new(LaunchCallback launch, void *data)
{
	struct command *command = malloc(sizeof(*command));
	HwCommandHandle handle = 0;

	if (!command)
		return 0;
	pthread_mutex_lock(&lock);
	handle = ++last_command;
	*command = (struct command){.next = commands, .handle = handle, .launch = launch, .data = data};
	commands = command;
	pthread_mutex_unlock(&lock);
	return handle;
}

bool compat_command_take(HwCommandHandle handle, LaunchCallback *launch_p, void **data_p)
{
	struct command *found = NULL;

	pthread_mutex_lock(&lock);
	for (struct command **link = &commands; *link && !found; link = &(*link)->next) {
		if ((*link)->handle != handle)
			continue;
		found = *link;
		*link = found->next;
		break;
	}
	pthread_mutex_unlock(&lock);
	if (!found)
		return false;
	*launch_p = found->launch;
	*data_p = found->data;
	free(found);
	return true;
}

bool compat_command_was(HwCommandHandle handle)
{
	pthread_mutex_lock(&lock);
	bool was = handle && handle <= last_command;
	pthread_mutex_unlock(&lock);
	return was;
}
