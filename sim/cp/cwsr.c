/* SPDX-License-Identifier: MIT */
/*
 * The save area of a queue. Header first; the control stack, which grows down to its end at ctl_stack_bytes, with one entry of two
 * dwords to a wave; behind it the waves' state, growing up. The driver writes the header when it is asked for the state, so the
 * rest is written then as well: before, nobody can tell where it is.
 *
 * Source: kfd_ioctl.h 1.13, struct kfd_context_save_area_header; Linux 6.12, amdkfd/kfd_mqd_manager_v9.c get_wave_state() and
 * cwsr_trap_handler_gfx9.asm (order of a wave's state: VGPRs, accumulation VGPRs, SGPRs, hardware registers, LDS with the
 * first wave). The entries of the control stack are the simulator's own: their format is not public.
 */
#include "sim/cp/cwsr.h"

#include <errno.h>
#include <stddef.h>

#include "kfd_ioctl.h"
#include "sim/cp/dispatch.h"
#include "sim/kfd/gpuvm.h"

#define CTL_ENTRY_BYTES 8u

uint64_t cwsr_group_bytes(const struct gcn_dispatch *d)
{
	return d->waves_per_group * gcn_wave_state_bytes(d) + d->group_segment_bytes;
}

/* One entry per wave: group and wave in the order of the state, and the wave's size in units of 256 bytes. */
static void put_control(uint32_t *entry, uint32_t group, uint32_t wave, uint64_t bytes)
{
	entry[0] = group << 8 | wave;
	entry[1] = (uint32_t)(bytes / 256);
}

/* Write what fits of the saved groups behind the control stack. Return: bytes; waves in *@waves_p. */
static uint64_t put_groups(const struct cp_queue *q, uint8_t *area, uint32_t *waves_p)
{
	uint64_t at = q->ctl_stack_bytes;
	uint32_t waves = 0;

	for (size_t i = 0; i < q->aql.groups.saved_count; i++) {
		const struct cp_group *g = q->aql.groups.saved[i];
		const struct gcn_dispatch *d = &g->dispatch->gcn;

		if (!g->waves)
			continue; /* it has not begun: it is launched again, not restored */
		uint64_t bytes = cwsr_group_bytes(d), entries = CTL_ENTRY_BYTES * (waves + d->waves_per_group);
		if (at + bytes > q->save_bytes ||
			entries + sizeof(struct kfd_context_save_area_header) > q->ctl_stack_bytes)
			break;
		gcn_group_state(g->waves, area + at);
		for (uint32_t w = 0; w < d->waves_per_group; w++) {
			waves++;
			put_control((uint32_t *)(void *)(area + q->ctl_stack_bytes - CTL_ENTRY_BYTES * waves),
				(uint32_t)i, w, gcn_wave_state_bytes(d));
		}
		at += bytes;
	}
	*waves_p = waves;
	return at - q->ctl_stack_bytes;
}

int cp_queue_wave_state(struct cp_queue *q, uint32_t *ctl_stack_used_p, uint32_t *save_used_p)
{
	uint32_t waves = 0;
	int r = 0;

	cp_engine_lock();
	uint8_t *area = q->save_va && q->save_bytes >= q->ctl_stack_bytes
				? gpuvm_host(q->gpu->index, q->save_va, q->save_bytes, true) : NULL;
	struct kfd_context_save_area_header *h = (void *)area;
	if (q->mapped) {
		r = -EBUSY;
	} else if (q->type != CP_QUEUE_AQL || !area || q->ctl_stack_bytes < sizeof(*h)) {
		r = -EFAULT;
	} else {
		uint64_t bytes = put_groups(q, area, &waves);
		*ctl_stack_used_p = waves * CTL_ENTRY_BYTES;
		*save_used_p = (uint32_t)bytes;
		h->wave_state.control_stack_offset = (uint32_t)q->ctl_stack_bytes - waves * CTL_ENTRY_BYTES;
		h->wave_state.control_stack_size = waves * CTL_ENTRY_BYTES;
		h->wave_state.wave_state_offset = (uint32_t)(q->ctl_stack_bytes + bytes);
		h->wave_state.wave_state_size = (uint32_t)bytes;
	}
	cp_engine_unlock();
	return r;
}
