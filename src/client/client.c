/* SPDX-License-Identifier: MIT */
/*
 * The client library: functions of xsched_hsa.h over the tool library's table. Called by programs; holds nothing but the table's
 * address.
 */
#include "include/xsched_hsa.h"

#include <stdatomic.h>
#include <stdbool.h>

#include "src/client/loaded.h"
#include "src/client/tool.h"

const struct xsched_hsa_api *client_tool(void)
{
	static const struct xsched_hsa_api *_Atomic known;
	static _Atomic unsigned long long adds;
	/* Acquire and release order nothing: the table is constant. The tool library is never unmapped. */
	const struct xsched_hsa_api *api = atomic_load_explicit(&known, memory_order_relaxed);

	if (api)
		return api;
	api = loaded_find("libxsched_hsa", API_TABLE_SYMBOL, &adds);
	if (api)
		atomic_store_explicit(&known, api, memory_order_relaxed);
	return api;
}

static bool is_there(const struct xsched_hsa_api *api, const void *queue)
{
	int64_t priority;

	if (api->hint_get(queue, XSCHED_HSA_PRIORITY, &priority) == XSCHED_HSA_OK)
		return true;
	client_stream_resumed(queue);
	return false;
}

/* The queue of @target, NULL for the process. */
static int resolve(struct xsched_hsa_target target, const struct xsched_hsa_api **api_p, const void **queue_p)
{
	const struct xsched_hsa_api *api = client_tool();

	*api_p = api;
	*queue_p = NULL;
	if (!api || api->scheduled() != XSCHED_HSA_OK)
		return XSCHED_HSA_NOT_SCHEDULED;
	switch (target.kind) {
	case XSCHED_HSA_PROCESS:
		return XSCHED_HSA_OK;
	case XSCHED_HSA_QUEUE:
		*queue_p = target.handle;
		return target.handle ? XSCHED_HSA_OK : XSCHED_HSA_INVALID_ARGUMENT;
	case XSCHED_HSA_STREAM:
		*queue_p = client_stream_suspended_queue(target.handle);
		if (*queue_p && is_there(api, *queue_p))
			return XSCHED_HSA_OK;
		return client_stream_queue(api, target.handle, queue_p);
	}
	return XSCHED_HSA_INVALID_ARGUMENT;
}

int xsched_hsa_scheduled(void)
{
	const struct xsched_hsa_api *api = client_tool();

	return api ? api->scheduled() : XSCHED_HSA_NOT_SCHEDULED;
}

int xsched_hsa_queues(const void **queues, size_t capacity, size_t *count_p)
{
	const struct xsched_hsa_api *api = client_tool();

	return api ? api->queues(queues, capacity, count_p) : XSCHED_HSA_NOT_SCHEDULED;
}

int xsched_hsa_stream_queue(const void *stream, const void **queue_p)
{
	const struct xsched_hsa_api *api;
	const void *queue;

	if (!queue_p)
		return XSCHED_HSA_INVALID_ARGUMENT;
	int status = resolve(xsched_hsa_stream(stream), &api, &queue);
	if (status == XSCHED_HSA_OK)
		*queue_p = queue;
	return status;
}

int xsched_hsa_hint_set(struct xsched_hsa_target target, int hint, int64_t value)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->hint_set(queue, hint, value) : status;
}

int xsched_hsa_hint_get(struct xsched_hsa_target target, int hint, int64_t *value_p)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->hint_get(queue, hint, value_p) : status;
}

int xsched_hsa_window_packets(struct xsched_hsa_target target, uint32_t packets)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->window_packets(queue, packets) : status;
}

int xsched_hsa_suspend(struct xsched_hsa_target target, int level)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	if (status == XSCHED_HSA_OK)
		status = api->suspend(queue, level);
	if (status == XSCHED_HSA_OK && target.kind == XSCHED_HSA_STREAM)
		client_stream_suspended(target.handle, queue);
	return status;
}

int xsched_hsa_resume(struct xsched_hsa_target target)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	if (status == XSCHED_HSA_OK)
		status = api->resume(queue);
	if (status == XSCHED_HSA_OK)
		client_stream_resumed(queue);
	return status;
}

int xsched_hsa_wait_idle(struct xsched_hsa_target target, uint64_t timeout_ns)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->wait_idle(queue, timeout_ns) : status;
}

int xsched_hsa_wait_in_flight(struct xsched_hsa_target target, uint64_t timeout_ns)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->wait_in_flight(queue, timeout_ns) : status;
}

int xsched_hsa_policy_set(const char *name)
{
	const struct xsched_hsa_api *api = client_tool();

	return api ? api->policy_set(name) : XSCHED_HSA_NOT_SCHEDULED;
}

int xsched_hsa_policy_get(char *name, size_t size)
{
	const struct xsched_hsa_api *api = client_tool();

	return api ? api->policy_get(name, size) : XSCHED_HSA_NOT_SCHEDULED;
}

int xsched_hsa_stats_get(struct xsched_hsa_target target, struct xsched_hsa_stats *stats)
{
	const struct xsched_hsa_api *api;
	const void *queue;
	int status = resolve(target, &api, &queue);

	return status == XSCHED_HSA_OK ? api->stats_get(queue, stats) : status;
}

const char *xsched_hsa_strerror(int status)
{
	switch (status) {
	case XSCHED_HSA_OK:
		return "no error";
	case XSCHED_HSA_NOT_SCHEDULED:
		return "nothing schedules this process";
	case XSCHED_HSA_INVALID_ARGUMENT:
		return "invalid argument";
	case XSCHED_HSA_OUT_OF_RANGE:
		return "the value is out of range";
	case XSCHED_HSA_NOT_FOUND:
		return "no such queue, stream or policy";
	case XSCHED_HSA_NOT_PERMITTED:
		return "not for a single queue, or a daemon decides";
	case XSCHED_HSA_TIMEOUT:
		return "the time is over";
	case XSCHED_HSA_NO_MEMORY:
		return "out of memory";
	case XSCHED_HSA_UNSUPPORTED:
		return "not supported here";
	case XSCHED_HSA_FAILED:
		return "failed";
	}
	return "no such status";
}
