/* SPDX-License-Identifier: MIT */
/* A tool library that only counts what it is asked; see tests/unit/client.c. */
#include "src/common/api_table.h"
#include "tests/unit/client_fake.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT extern struct fake_tool fake_tool;
struct fake_tool fake_tool;

static int seen(const void *queue)
{
	fake_tool.calls++;
	fake_tool.last_queue = queue;
	return queue && queue == fake_tool.gone ? XSCHED_HSA_NOT_FOUND : XSCHED_HSA_OK;
}

static int scheduled(void)
{
	return fake_tool.status;
}

static int queues(const void **list, size_t capacity, size_t *count_p)
{
	*count_p = 0;
	return seen(NULL);
}

static int hint_set(const void *queue, int hint, int64_t value)
{
	return seen(queue);
}

static int hint_get(const void *queue, int hint, int64_t *value_p)
{
	*value_p = 0;
	return seen(queue);
}

static int window_packets(const void *queue, uint32_t packets)
{
	return seen(queue);
}

static int suspend(const void *queue, int level)
{
	return seen(queue);
}

static int resume(const void *queue)
{
	return seen(queue);
}

static int wait(const void *queue, uint64_t timeout_ns)
{
	return seen(queue);
}

static int policy_set(const char *name)
{
	return seen(NULL);
}

static int policy_get(char *name, size_t size)
{
	return seen(NULL);
}

static int stats_get(const void *queue, struct xsched_hsa_stats *stats)
{
	return seen(queue);
}

static void observe_begin(void)
{
	fake_tool.submitted = NULL;
}

static int observe_end(const void **queue_p)
{
	if (!fake_tool.submitted)
		return XSCHED_HSA_NOT_FOUND;
	*queue_p = fake_tool.submitted;
	return XSCHED_HSA_OK;
}

EXPORT extern struct xsched_hsa_api xsched_hsa_api_v1;
struct xsched_hsa_api xsched_hsa_api_v1 = {
	.size = sizeof(xsched_hsa_api_v1),
	.version = XSCHED_HSA_API_VERSION,
	.scheduled = scheduled,
	.queues = queues,
	.hint_set = hint_set,
	.hint_get = hint_get,
	.window_packets = window_packets,
	.suspend = suspend,
	.resume = resume,
	.wait_idle = wait,
	.wait_in_flight = wait,
	.policy_set = policy_set,
	.policy_get = policy_get,
	.stats_get = stats_get,
	.observe_begin = observe_begin,
	.observe_end = observe_end,
};
