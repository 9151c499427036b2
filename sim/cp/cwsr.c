/* SPDX-License-Identifier: MIT */
/*
 * The save area of a queue. Header first; the control stack, which grows down to its end at
 * ctl_stack_bytes, with one entry of two dwords (offset and size of its state) to a workgroup;
 * behind it the state, growing up. The state is written when the queue is taken off the GPU; header
 * and control stack, as by the driver, when it is asked for them: it keeps the stack in memory of
 * its own until then.
 *
 * Source: kfd_ioctl.h 1.13, struct kfd_context_save_area_header; Linux 6.12,
 * amdkfd/kfd_mqd_manager_v9.c get_wave_state(); gcn_group_save() for the state. The entries of the
 * control stack are the simulator's own: their format is not public.
 */
#include "sim/cp/cwsr.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "kfd_ioctl.h"
#include "sim/cp/dispatch.h"
#include "sim/kfd/gpuvm.h"

#define CTL_ENTRY_BYTES 8u
#define WAVE_BYTES	128u /* of a wave: hardware registers and trap temporaries */

uint64_t cwsr_group_bytes(const struct gcn_dispatch *d)
{
	return (uint64_t)d->waves_per_group *
		       ((d->vgprs + d->agprs) * GCN_WAVE_LANES * 4 + d->sgprs * 4 + WAVE_BYTES) +
	       d->group_segment_bytes;
}

enum part { STATE, STACK };

/* Write the state of the saved groups behind the control stack, as far as there is room, or what
 * the stack says of it. Return: bytes of state; groups in *@groups_p. */
static uint64_t put_groups(
	const struct cp_queue *q, uint8_t *area, enum part part, uint32_t *groups_p)
{
	uint64_t at = q->ctl_stack_bytes;
	uint32_t groups = 0;

	for (size_t i = 0; i < q->aql.groups.saved_count; i++) {
		const struct gcn_group *g = q->aql.groups.saved[i]->waves;

		/* One that has not begun is launched again, not restored. */
		size_t bytes = g ? gcn_group_save_bytes(g) : 0;
		if (!bytes)
			continue;
		uint64_t entries = CTL_ENTRY_BYTES * (groups + UINT64_C(1));
		if (at + bytes > q->save_bytes ||
			entries + sizeof(struct kfd_context_save_area_header) > q->ctl_stack_bytes)
			break;
		const uint32_t entry[2] = {(uint32_t)(at - q->ctl_stack_bytes), (uint32_t)bytes};
		if (part == STATE)
			gcn_group_save(g, area + at);
		else
			memcpy(area + q->ctl_stack_bytes - entries, entry, sizeof(entry));
		groups++;
		at += bytes;
	}
	*groups_p = groups;
	return at - q->ctl_stack_bytes;
}

static uint8_t *area_of(const struct cp_queue *q)
{
	return q->type == CP_QUEUE_AQL && q->save_va && q->save_bytes >= q->ctl_stack_bytes
		       ? gpuvm_host(q->gpu->index, q->save_va, q->save_bytes, true)
		       : NULL;
}

void cwsr_save(const struct cp_queue *q)
{
	uint8_t *area = q->aql.groups.saved_count ? area_of(q) : NULL;
	uint32_t groups;

	if (area)
		put_groups(q, area, STATE, &groups);
}

int cp_queue_wave_state(struct cp_queue *q, uint32_t *ctl_stack_used_p, uint32_t *save_used_p)
{
	uint32_t groups = 0;
	int r = 0;

	cp_engine_lock();
	uint8_t *area = area_of(q);
	struct kfd_context_save_area_header *h = (void *)area;
	if (q->mapped) {
		r = -EBUSY;
	} else if (!area || q->ctl_stack_bytes < sizeof(*h)) {
		r = -EFAULT;
	} else {
		uint64_t bytes = put_groups(q, area, STACK, &groups);
		*ctl_stack_used_p = groups * CTL_ENTRY_BYTES;
		*save_used_p = (uint32_t)bytes;
		h->wave_state.control_stack_offset =
			(uint32_t)q->ctl_stack_bytes - groups * CTL_ENTRY_BYTES;
		h->wave_state.control_stack_size = groups * CTL_ENTRY_BYTES;
		h->wave_state.wave_state_offset = (uint32_t)(q->ctl_stack_bytes + bytes);
		h->wave_state.wave_state_size = (uint32_t)bytes;
	}
	cp_engine_unlock();
	return r;
}
