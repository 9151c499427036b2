/* SPDX-License-Identifier: MIT */
/*
 * The table that the client library finds (common/api_table.h): what users may ask, in the terms of control.h, errors translated.
 * Constant; called by any thread of the program.
 */
#include <errno.h>
#include <string.h>

#include "src/common/api_table.h"
#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/observe.h"

extern const struct xsched_hsa_api xsched_hsa_api_v1 __attribute__((visibility("default")));

static const enum sched_hint hints[] = {
	[XSCHED_HSA_PRIORITY] = SCHED_HINT_PRIORITY,
	[XSCHED_HSA_SHARE] = SCHED_HINT_UTILIZATION,
	[XSCHED_HSA_TIMESLICE_US] = SCHED_HINT_TIMESLICE,
	[XSCHED_HSA_DEADLINE_US] = SCHED_HINT_DEADLINE,
	[XSCHED_HSA_LAXITY_US] = SCHED_HINT_LAXITY,
	[XSCHED_HSA_LAXITY_PRIORITY] = SCHED_HINT_LAXITY_PRIORITY,
	[XSCHED_HSA_CRITICAL_PRIORITY] = SCHED_HINT_CRITICAL_PRIORITY,
	[XSCHED_HSA_K_DEADLINE] = SCHED_HINT_KDEADLINE,
	[XSCHED_HSA_WEIGHT] = SCHED_HINT_WEIGHT,
	[XSCHED_HSA_AGEING_US] = SCHED_HINT_AGEING,
	[XSCHED_HSA_WINDOW_US] = SCHED_HINT_WINDOW,
	[XSCHED_HSA_LEVEL] = SCHED_HINT_LEVEL,
};
#define HINTS (sizeof(hints) / sizeof(hints[0]))

_Static_assert(HINTS == SCHED_HINTS, "a hint that the public header does not name");
_Static_assert(XSCHED_HSA_UNSET == SCHED_HINT_UNSET && XSCHED_HSA_NONE == SCHED_NONE &&
		       XSCHED_HSA_NO_EXECUTE == SCHED_PRIORITY_NO_EXECUTE, "values of the public header");

static int status_of(int error)
{
	switch (error) {
	case 0:
		return XSCHED_HSA_OK;
	case -ESHUTDOWN:
		return XSCHED_HSA_NOT_SCHEDULED;
	case -EINVAL:
		return XSCHED_HSA_INVALID_ARGUMENT;
	case -ERANGE:
		return XSCHED_HSA_OUT_OF_RANGE;
	case -ENOENT:
		return XSCHED_HSA_NOT_FOUND;
	case -EPERM:
		return XSCHED_HSA_NOT_PERMITTED;
	case -ETIMEDOUT:
		return XSCHED_HSA_TIMEOUT;
	case -ENOMEM:
		return XSCHED_HSA_NO_MEMORY;
	case -ENOTSUP:
		return XSCHED_HSA_UNSUPPORTED;
	default:
		return XSCHED_HSA_FAILED;
	}
}

/* The virtual queue of @queue, NULL for the process. */
static int target(const void *queue, struct vqueue **vq_p)
{
	*vq_p = NULL;
	if (!squeue_running())
		return -ESHUTDOWN;
	return queue ? control_queue(queue, vq_p) : 0;
}

static int api_scheduled(void)
{
	return squeue_running() ? XSCHED_HSA_OK : XSCHED_HSA_NOT_SCHEDULED;
}

struct list {
	const void **queues;
	size_t capacity, count;
};

static void list_add(struct squeue *q, void *ctx)
{
	struct list *list = ctx;

	if (!q->added)
		return;
	if (list->count < list->capacity)
		list->queues[list->count] = q->vq->queue;
	list->count++;
}

static int api_queues(const void **queues, size_t capacity, size_t *count_p)
{
	struct list list = {.queues = queues, .capacity = capacity};

	if (!count_p || (capacity && !queues))
		return XSCHED_HSA_INVALID_ARGUMENT;
	int error = control_each(list_add, &list);
	if (!error)
		*count_p = list.count;
	return status_of(error);
}

static int api_hint_set(const void *queue, int hint, int64_t value)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	if (!error)
		error = (unsigned)hint < HINTS ? control_hint_set(vq, hints[hint], value) : -EINVAL;
	return status_of(error);
}

static int api_hint_get(const void *queue, int hint, int64_t *value_p)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	if (!error)
		error = (unsigned)hint < HINTS && value_p ? control_hint_get(vq, hints[hint], value_p) : -EINVAL;
	return status_of(error);
}

static int api_window_packets(const void *queue, uint32_t packets)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	return status_of(error ? error : control_window_pkts(vq, packets));
}

static int api_suspend(const void *queue, int level)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	return status_of(error ? error : control_suspend(vq, level));
}

static int api_resume(const void *queue)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	return status_of(error ? error : control_resume(vq));
}

static int api_wait_idle(const void *queue, uint64_t timeout_ns)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	return status_of(error ? error : control_wait_idle(vq, timeout_ns));
}

static int api_wait_in_flight(const void *queue, uint64_t timeout_ns)
{
	struct vqueue *vq;
	int error = target(queue, &vq);

	return status_of(error ? error : control_wait_published(vq, timeout_ns));
}

static int api_policy_set(const char *name)
{
	return name ? status_of(control_policy_set(name)) : XSCHED_HSA_INVALID_ARGUMENT;
}

static int api_policy_get(char *name, size_t size)
{
	return name && size ? status_of(control_policy_get(name, size)) : XSCHED_HSA_INVALID_ARGUMENT;
}

static void stats_of_queue(const struct control_stats *from, struct xsched_hsa_stats *s)
{
	*s = (struct xsched_hsa_stats){
		.queues = 1,
		.queue_id = from->queue_id,
		.node = from->node,
		.state = from->suspended ? XSCHED_HSA_SUSPENDED : from->held ? XSCHED_HSA_HELD :
			from->window_ns != SCHED_UNLIMITED ? XSCHED_HSA_RUNNING : XSCHED_HSA_FREE,
		.level = (uint32_t)from->level,
		/* A queue that nothing limits has neither. */
		.window_packets = from->window_ns != SCHED_UNLIMITED ? from->window_pkts : 0,
		.window_ns = from->window_pkts ? SCHED_UNLIMITED : from->window_ns,
		.submitted = from->reserved,
		.published = from->published,
		.completed = from->complete,
		.packets = from->packets,
		.dispatches = from->dispatches,
		.gpu_ns = from->gpu_ns,
		.held_ns = from->held_ns,
		.holds = from->holds,
	};
}

/* Of all queues, but those that go meanwhile. */
static int stats_of_process(struct xsched_hsa_stats *s)
{
	const void *queues[VQUEUE_MAX];
	struct list list = {.queues = queues, .capacity = VQUEUE_MAX};
	int error = control_each(list_add, &list);

	*s = (struct xsched_hsa_stats){.window_ns = SCHED_UNLIMITED};
	for (size_t i = 0; i < list.count && !error; i++) {
		struct control_stats one;
		struct vqueue *vq;

		if (control_queue(queues[i], &vq) || control_stats_get(vq, &one))
			continue;
		s->queues++;
		s->submitted += one.reserved;
		s->published += one.published;
		s->completed += one.complete;
		s->packets += one.packets;
		s->dispatches += one.dispatches;
		s->gpu_ns += one.gpu_ns;
		s->held_ns += one.held_ns;
		s->holds += one.holds;
	}
	return error;
}

static int api_stats_get(const void *queue, struct xsched_hsa_stats *stats)
{
	struct xsched_hsa_stats s;
	struct control_stats one;
	struct vqueue *vq;

	if (!stats || stats->size < offsetof(struct xsched_hsa_stats, queue_id))
		return XSCHED_HSA_INVALID_ARGUMENT;
	int error = target(queue, &vq);
	if (!error && vq) {
		error = control_stats_get(vq, &one);
		if (!error)
			stats_of_queue(&one, &s);
	} else if (!error) {
		error = stats_of_process(&s);
	}
	if (error)
		return status_of(error);
	/* A program may have been built with an earlier or a later header. */
	uint32_t given = stats->size, filled = given < sizeof(s) ? given : (uint32_t)sizeof(s);
	s.size = filled;
	memset(stats, 0, given);
	memcpy(stats, &s, filled);
	return XSCHED_HSA_OK;
}

static int api_observe_end(const void **queue_p)
{
	const hsa_queue_t *queue = observe_end();

	if (!queue)
		return XSCHED_HSA_NOT_FOUND;
	*queue_p = queue;
	return XSCHED_HSA_OK;
}

const struct xsched_hsa_api xsched_hsa_api_v1 = {
	.size = sizeof(xsched_hsa_api_v1),
	.version = XSCHED_HSA_API_VERSION,
	.scheduled = api_scheduled,
	.queues = api_queues,
	.hint_set = api_hint_set,
	.hint_get = api_hint_get,
	.window_packets = api_window_packets,
	.suspend = api_suspend,
	.resume = api_resume,
	.wait_idle = api_wait_idle,
	.wait_in_flight = api_wait_in_flight,
	.policy_set = api_policy_set,
	.policy_get = api_policy_get,
	.stats_get = api_stats_get,
	.observe_begin = observe_begin,
	.observe_end = api_observe_end,
};
