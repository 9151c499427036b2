/* SPDX-License-Identifier: MIT */
/* What the HSA programs share: the agents and memory of the first GPU, queues and packets. Header
 * only: one program each. */
#ifndef TESTS_INT_HSA_COMMON_H
#define TESTS_INT_HSA_COMMON_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define OK(call)                                                                                   \
	do {                                                                                       \
		hsa_status_t status_ = (call);                                                     \
		const char *text_ = "?";                                                           \
		if (status_ != HSA_STATUS_SUCCESS && status_ != HSA_STATUS_INFO_BREAK) {           \
			hsa_status_string(status_, &text_);                                        \
			fail_msg("%s: 0x%x %s", #call, status_, text_);                            \
		}                                                                                  \
	} while (0)

struct gpu {
	hsa_agent_t cpu, gpu;
	hsa_amd_memory_pool_t system; /* fine grained, of the CPU */
	hsa_amd_memory_pool_t kernarg;
	hsa_amd_memory_pool_t vram;
};

static struct gpu dev;

static inline hsa_status_t find_pool(hsa_amd_memory_pool_t pool, void *data)
{
	hsa_agent_t *agent = data;
	hsa_amd_segment_t segment;
	uint32_t flags;

	OK(hsa_amd_memory_pool_get_info(pool, HSA_AMD_MEMORY_POOL_INFO_SEGMENT, &segment));
	if (segment != HSA_AMD_SEGMENT_GLOBAL)
		return HSA_STATUS_SUCCESS;
	OK(hsa_amd_memory_pool_get_info(pool, HSA_AMD_MEMORY_POOL_INFO_GLOBAL_FLAGS, &flags));
	if (agent->handle == dev.gpu.handle) {
		if (flags & HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_COARSE_GRAINED)
			dev.vram = pool;
		return HSA_STATUS_SUCCESS;
	}
	if (flags & HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_KERNARG_INIT)
		dev.kernarg = pool;
	else if (flags & HSA_AMD_MEMORY_POOL_GLOBAL_FLAG_FINE_GRAINED)
		dev.system = pool;
	return HSA_STATUS_SUCCESS;
}

static inline hsa_status_t find_agent(hsa_agent_t agent, void *data)
{
	hsa_device_type_t type;

	OK(hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type));
	if (type == HSA_DEVICE_TYPE_CPU && !dev.cpu.handle)
		dev.cpu = agent;
	if (type == HSA_DEVICE_TYPE_GPU && !dev.gpu.handle)
		dev.gpu = agent;
	return HSA_STATUS_SUCCESS;
}

static inline int gpu_setup(void **state)
{
	OK(hsa_init());
	OK(hsa_iterate_agents(find_agent, NULL));
	assert_int_not_equal(dev.gpu.handle, 0);
	OK(hsa_amd_agent_iterate_memory_pools(dev.cpu, find_pool, &dev.cpu));
	OK(hsa_amd_agent_iterate_memory_pools(dev.gpu, find_pool, &dev.gpu));
	if (!dev.system.handle)
		dev.system = dev.kernarg;
	assert_int_not_equal(dev.vram.handle, 0);
	return 0;
}

static inline int gpu_teardown(void **state)
{
	return hsa_shut_down() != HSA_STATUS_SUCCESS;
}

/* Memory of @pool that CPU and GPU can reach. */
static inline void *gpu_alloc(hsa_amd_memory_pool_t pool, size_t bytes)
{
	hsa_agent_t both[2] = {dev.cpu, dev.gpu};
	void *p;

	OK(hsa_amd_memory_pool_allocate(pool, bytes, 0, &p));
	OK(hsa_amd_agents_allow_access(2, both, NULL, p));
	return p;
}

static inline hsa_signal_t signal_new(hsa_signal_value_t value)
{
	hsa_signal_t s;

	OK(hsa_signal_create(value, 0, NULL, &s));
	return s;
}

/* Wait until the signal is below @value: for ever, as far as the test harness lets it. */
static inline void signal_wait_below(hsa_signal_t s, hsa_signal_value_t value)
{
	while (hsa_signal_wait_scacquire(s, HSA_SIGNAL_CONDITION_LT, value, UINT64_MAX,
		       HSA_WAIT_STATE_BLOCKED) >= value)
		;
}

/* Reserve a slot, waiting for room; the packet's type is still invalid. */
static inline void *packet_reserve(hsa_queue_t *q, uint64_t *index_p)
{
	uint64_t index = hsa_queue_add_write_index_scacq_screl(q, 1);

	while (index - hsa_queue_load_read_index_scacquire(q) >= q->size)
		;
	char *p = (char *)q->base_address + index % q->size * 64;
	memset(p + 2, 0, 62);
	*index_p = index;
	return p;
}

static inline void packet_publish(
	hsa_queue_t *q, uint64_t index, void *p, unsigned type, bool barrier)
{
	uint16_t header =
		(uint16_t)(type << HSA_PACKET_HEADER_TYPE |
			   (unsigned)barrier << HSA_PACKET_HEADER_BARRIER |
			   HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE |
			   HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE);

	/* Release: the body first. Pairs with the packet processor. */
	atomic_store_explicit((_Atomic uint16_t *)p, header, memory_order_release);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
}

/* A barrier packet of @type with up to two dependencies. */
static inline void barrier_put(
	hsa_queue_t *q, unsigned type, hsa_signal_t a, hsa_signal_t b, hsa_signal_t done)
{
	uint64_t index;
	hsa_barrier_and_packet_t *p = packet_reserve(q, &index);

	p->dep_signal[0] = a;
	p->dep_signal[3] = b;
	p->completion_signal = done;
	packet_publish(q, index, p, type, true);
}

static const hsa_signal_t no_signal;

#endif
