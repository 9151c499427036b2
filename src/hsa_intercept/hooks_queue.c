/* SPDX-License-Identifier: MIT */
/* Queue creation and destruction: where virtual queues come from and go. */
#include <errno.h>
#include <string.h>

#include "src/common/config.h"
#include "src/common/log.h"
#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/squeue.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/trace.h"
#include "src/hsa_intercept/vqueue.h"

/* Set in OnLoad, before the tables are patched. */
static uint32_t drain_ms;
static bool start_gated;

void hooks_queue_configure(const struct config *c)
{
	drain_ms = c->drain_ms;
	/* In bypass nobody looks at the packets; a report that counts them needs the gate in their way. */
	start_gated = c->stats[0] != 0;
}

/* @queue stays native; said once where it may be said of every further one. */
static void not_scheduled(const hsa_queue_t *queue, int error)
{
	static _Atomic bool said;

	if (error != -ENOSPC)
		log_warning("queue %lu is not scheduled: %s", (unsigned long)queue->id,
			error == -ENOENT ? "its hardware queue was created behind our back" : strerror(-error));
	else if (!atomic_exchange(&said, true))
		log_warning("queue %lu and others are not scheduled: the process has more queues than can be tracked",
			(unsigned long)queue->id);
}

static void attach(hsa_queue_t *queue, hsa_agent_t agent, hsa_queue_type32_t asked)
{
	uint32_t node = 0;

	trace_start_setting();
	/* For reports; a GPU that does not tell is shown as node 0. */
	next.agent_get_info(agent, HSA_AGENT_INFO_NODE, &node);
	int error = vqueue_attach(queue, agent, node, asked == HSA_QUEUE_TYPE_MULTI, start_gated);

	if (error)
		not_scheduled(queue, error);
	else
		squeue_new(vqueue_find((uintptr_t)queue));
}

static hsa_status_t queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	hsa_status_t status =
		next.queue_create(agent, size, type, callback, data, private_segment_size, group_segment_size, queue);

	if (status == HSA_STATUS_SUCCESS)
		attach(*queue, agent, type);
	return status;
}

static hsa_status_t queue_intercept_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type,
	queue_error_fn callback, void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	hsa_status_t status = next.queue_intercept_create(
		agent, size, type, callback, data, private_segment_size, group_segment_size, queue);

	if (status == HSA_STATUS_SUCCESS)
		attach(*queue, agent, type);
	return status;
}

static hsa_status_t queue_destroy(hsa_queue_t *queue)
{
	struct squeue *local = queue ? vqueue_detach(queue, drain_ms) : NULL;
	hsa_status_t status = next.queue_destroy(queue);

	squeue_free(local);
	return status;
}

static hsa_status_t queue_inactivate(hsa_queue_t *queue)
{
	struct vqueue *vq = queue ? vqueue_find((uintptr_t)queue) : NULL;

	/* No packet is to be processed from here on, so none needs to become visible either. */
	if (vq) {
		squeue_gone(vq);
		vqueue_inactivate(queue);
	}
	return next.queue_inactivate(queue);
}

static hsa_status_t queue_set_priority(hsa_queue_t *queue, hsa_amd_queue_priority_t priority)
{
	hsa_status_t status = next.queue_set_priority(queue, priority);
	struct vqueue *vq = vqueue_find((uintptr_t)queue);

	if (status == HSA_STATUS_SUCCESS && vq)
		squeue_priority(vq, (int)priority - HSA_AMD_QUEUE_PRIORITY_NORMAL);
	return status;
}

/* Hands out a handle of its own onto a hardware queue that several share. */
static hsa_status_t counted_acquire(hsa_agent_t agent, uint32_t type, uint32_t priority, queue_error_fn callback, void *data,
	uint64_t flags, hsa_queue_t **queue)
{
	hsa_status_t status = next.counted_acquire(agent, type, priority, callback, data, flags, queue);

	int error = status == HSA_STATUS_SUCCESS ? vqueue_alias(*queue) : 0;

	if (error)
		not_scheduled(*queue, error);
	return status;
}

static hsa_status_t counted_release(hsa_queue_t *queue)
{
	vqueue_unalias(queue);
	return next.counted_release(queue);
}

static hsa_status_t amd_queue_create(hsa_agent_t agent, void *descs, uint32_t count)
{
	static _Atomic bool said;

	if (!atomic_exchange(&said, true))
		log_warning("queues from hsa_amd_queue_create are not scheduled: no released header describes its "
			    "arguments");
	return next.amd_queue_create(agent, descs, count);
}

const struct hook hooks_queue[] = {
	{"hsa_queue_create", CORE_hsa_queue_create, 0, (void *)queue_create, (void **)&next.queue_create},
	{"hsa_queue_destroy", CORE_hsa_queue_destroy, 0, (void *)queue_destroy, (void **)&next.queue_destroy},
	{"hsa_queue_inactivate", CORE_hsa_queue_inactivate, 0, (void *)queue_inactivate, (void **)&next.queue_inactivate},
	{"hsa_amd_queue_intercept_create", 0, AMD_hsa_amd_queue_intercept_create, (void *)queue_intercept_create,
		(void **)&next.queue_intercept_create},
	{"hsa_amd_queue_set_priority", 0, AMD_hsa_amd_queue_set_priority, (void *)queue_set_priority,
		(void **)&next.queue_set_priority},
	{"hsa_amd_counted_queue_acquire", 0, AMD_hsa_amd_counted_queue_acquire, (void *)counted_acquire,
		(void **)&next.counted_acquire},
	{"hsa_amd_counted_queue_release", 0, AMD_hsa_amd_counted_queue_release, (void *)counted_release,
		(void **)&next.counted_release},
	{"hsa_amd_queue_create", 0, AMD_hsa_amd_queue_create, (void *)amd_queue_create, (void **)&next.amd_queue_create},
	{0},
};
