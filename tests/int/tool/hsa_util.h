/* SPDX-License-Identifier: MIT */
/* What the C programs on HSA share: the first GPU, and barrier packets, which need no kernel. */
#ifndef HSA_UTIL_H
#define HSA_UTIL_H

#include <hsa/hsa.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BARRIER_HEADER (HSA_PACKET_TYPE_BARRIER_AND | 1 << HSA_PACKET_HEADER_BARRIER)

static inline hsa_status_t hsa_util_pick_gpu(hsa_agent_t agent, void *ctx)
{
	hsa_device_type_t type;

	if (hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type) == HSA_STATUS_SUCCESS && type == HSA_DEVICE_TYPE_GPU) {
		*(hsa_agent_t *)ctx = agent;
		return HSA_STATUS_INFO_BREAK;
	}
	return HSA_STATUS_SUCCESS;
}

/* Starts the runtime; ends the program with 77 where there is no GPU. */
static inline hsa_agent_t hsa_util_start(void)
{
	hsa_agent_t gpu = {0};

	if (hsa_init() != HSA_STATUS_SUCCESS || (hsa_iterate_agents(hsa_util_pick_gpu, &gpu), !gpu.handle)) {
		printf("skipped: no GPU\n");
		exit(77);
	}
	return gpu;
}

/* Write a barrier packet into a reserved slot, header last; the slot must be free. */
static inline void hsa_util_write_barrier(hsa_queue_t *q, uint64_t index, hsa_signal_t completion)
{
	hsa_barrier_and_packet_t *slot = (hsa_barrier_and_packet_t *)q->base_address + index % q->size;

	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	slot->completion_signal = completion;
	__atomic_store_n(&slot->header, BARRIER_HEADER, __ATOMIC_RELEASE);
}

/* The same for a kernel of one work-item without arguments. */
static inline void hsa_util_write_dispatch(hsa_queue_t *q, uint64_t index, uint64_t object, hsa_signal_t completion)
{
	hsa_kernel_dispatch_packet_t *slot = (hsa_kernel_dispatch_packet_t *)q->base_address + index % q->size;

	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	slot->setup = 1 << HSA_KERNEL_DISPATCH_PACKET_SETUP_DIMENSIONS;
	slot->workgroup_size_x = slot->workgroup_size_y = slot->workgroup_size_z = 1;
	slot->grid_size_x = slot->grid_size_y = slot->grid_size_z = 1;
	slot->kernel_object = object;
	slot->completion_signal = completion;
	__atomic_store_n(&slot->header, (uint16_t)(HSA_PACKET_TYPE_KERNEL_DISPATCH | 1 << HSA_PACKET_HEADER_BARRIER),
		__ATOMIC_RELEASE);
}

static inline void hsa_util_wait_free(hsa_queue_t *q, uint64_t index)
{
	while (index - hsa_queue_load_read_index_scacquire(q) >= q->size)
		;
}

static inline uint64_t hsa_util_submit(hsa_queue_t *q, hsa_signal_t completion)
{
	uint64_t index = hsa_queue_add_write_index_screlease(q, 1);

	hsa_util_wait_free(q, index);
	hsa_util_write_barrier(q, index, completion);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
	return index;
}

/* Wait at most ten seconds for @signal to become 0. */
static inline bool hsa_util_done(hsa_signal_t signal)
{
	uint64_t hz;

	hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &hz);
	return hsa_signal_wait_scacquire(signal, HSA_SIGNAL_CONDITION_LT, 1, 10 * hz, HSA_WAIT_STATE_BLOCKED) < 1;
}

#endif
