/* SPDX-License-Identifier: MIT */
/* Decoding of kernel dispatch packets; see dispatch.h. */
#include "sim/cp/dispatch.h"

#include <errno.h>
#include <hsa/amd_hsa_queue.h>
#include <stddef.h>
#include <stdlib.h>

#include "sim/common/log.h"
#include "sim/cp/clock.h"
#include "sim/cp/cwsr.h"
#include "sim/cp/declared.h"
#include "sim/cp/signal.h"
#include "sim/kfd/gpuvm.h"

#define WORKGROUP_MAX 1024

/* COMPUTE_TMPRING_SIZE of gfx9: WAVES 11:0, WAVESIZE 24:12 in units of 1 KiB (AMD register
 * reference, gc_9_0). */
static uint32_t tmpring_waves(uint32_t reg)
{
	return reg & 0xfff;
}

static uint32_t tmpring_wave_bytes(uint32_t reg)
{
	return (reg >> 12 & 0x1fff) * 1024;
}

static int check_geometry(const hsa_kernel_dispatch_packet_t *p)
{
	unsigned dims = p->setup & 3;
	uint64_t items = (uint64_t)p->workgroup_size_x * p->workgroup_size_y * p->workgroup_size_z;

	if (!dims || !items || !p->grid_size_x || !p->grid_size_y || !p->grid_size_z)
		return QUEUE_ERROR_DIM;
	if (items > WORKGROUP_MAX)
		return QUEUE_ERROR_GROUP_SIZE;
	return 0;
}

static int take_scratch(struct cp_queue *q, struct cp_dispatch *d)
{
	const amd_queue_t *aq = gpuvm_host(q->gpu->index,
		q->rptr_va - offsetof(amd_queue_t, read_dispatch_id), sizeof(*aq), false);
	uint64_t wave_bytes =
		((uint64_t)d->gcn.private_segment_bytes * GCN_WAVE_LANES + 1023) & ~UINT64_C(1023);

	if (!aq)
		return QUEUE_ERROR_CODE;
	d->gcn.scratch_va = aq->scratch_backing_memory_location;
	d->gcn.scratch_wave_bytes = tmpring_wave_bytes(aq->compute_tmpring_size);
	for (int i = 0; i < 4; i++)
		d->gcn.scratch_rsrc[i] = aq->scratch_resource_descriptor[i];
	if (!d->gcn.private_segment_bytes)
		return 0;
	if (!tmpring_waves(aq->compute_tmpring_size) || d->gcn.scratch_wave_bytes < wave_bytes)
		return QUEUE_ERROR_SCRATCH;
	/* WAVES counts per XCC: the backing memory is what all of them share. */
	uint64_t count = aq->scratch_backing_memory_byte_size / d->gcn.scratch_wave_bytes;
	if (count > SLOTS_MAX)
		count = SLOTS_MAX;
	if (count < d->need.waves)
		return QUEUE_ERROR_SCRATCH;
	q->aql.scratch.count = (uint32_t)count;
	d->scratch = true;
	return 0;
}

static int check_need(struct cp_queue *q, struct cp_dispatch *d)
{
	const struct cu_need *limit = &q->gpu->shared->pool.limit;

	d->need.waves = d->gcn.waves_per_group;
	d->need.vgpr_rows = d->need.waves * (d->gcn.vgprs + d->gcn.agprs);
	d->need.lds_bytes = d->gcn.group_segment_bytes;
	d->state_bytes = cwsr_group_bytes(&d->gcn);
	if (d->need.lds_bytes > limit->lds_bytes)
		return QUEUE_ERROR_GROUP_MEMORY;
	if (d->need.waves > limit->waves)
		return QUEUE_ERROR_GROUP_SIZE;
	if (d->need.vgpr_rows > limit->vgpr_rows)
		return QUEUE_ERROR_REGISTERS;
	d->units = SHARE_CU_UNITS / cu_pool_per_cu(&q->gpu->shared->pool, &d->need);
	return 0;
}

/* A kernel with a declared duration is one group to a CU, which it fills. */
static bool declare(struct cp_queue *q, struct cp_dispatch *d)
{
	const struct cu_pool *pool = &q->gpu->shared->pool;
	uint64_t ns;
	uint32_t cus;

	if (!declared_find(q->gpu->index, d->gcn.kernel_object, &ns, &cus))
		return false;
	if (!cus || cus > pool->count)
		cus = pool->count;
	d->declared_cycles = cp_ns_to_cycles(ns, q->gpu->machine.shader_khz);
	d->need = pool->limit;
	d->units = SHARE_CU_UNITS;
	d->state_bytes =
		(uint64_t)pool->limit.vgpr_rows * GCN_WAVE_LANES * 4 + pool->limit.lds_bytes;
	d->groups[0] = cus;
	d->groups[1] = d->groups[2] = 1;
	d->total = cus;
	return true;
}

int dispatch_new(struct cp_queue *q, uint64_t index, const hsa_kernel_dispatch_packet_t *p,
	uint64_t start_ns, struct cp_dispatch **d_p, uint64_t *fault_va_p)
{
	struct gcn_fault fault = {0};
	int r = check_geometry(p);

	if (r)
		return r;
	if (!p->kernel_object)
		return QUEUE_ERROR_CODE;
	struct cp_dispatch *d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	struct gcn_dispatch *g = &d->gcn;
	g->machine = &q->gpu->machine;
	g->packet_va = q->ring_va + index * sizeof(*p) % q->ring_bytes;
	g->queue_va = q->rptr_va - offsetof(amd_queue_t, read_dispatch_id);
	g->kernarg_va = (uint64_t)(uintptr_t)p->kernarg_address;
	g->kernel_object = p->kernel_object;
	g->dispatch_id = index;
	g->grid_size[0] = p->grid_size_x;
	g->grid_size[1] = p->grid_size_y;
	g->grid_size[2] = p->grid_size_z;
	g->group_size[0] = p->workgroup_size_x;
	g->group_size[1] = p->workgroup_size_y;
	g->group_size[2] = p->workgroup_size_z;
	g->group_segment_bytes = p->group_segment_size;
	g->private_segment_bytes = p->private_segment_size;
	if (declare(q, d))
		goto start;
	r = gcn_dispatch_init(g, &fault);
	if (r == -EFAULT) {
		*fault_va_p = fault.va;
		goto free_dispatch;
	}
	if (r) {
		sim_log(SIM_LOG_WARNING, "queue %u: kernel object 0x%llx: %s", q->id,
			(unsigned long long)p->kernel_object, fault.text);
		r = QUEUE_ERROR_CODE;
		goto free_dispatch;
	}
	r = check_need(q, d);
	if (!r)
		r = take_scratch(q, d);
	if (r)
		goto free_dispatch;

	d->total = 1;
	for (int i = 0; i < 3; i++) {
		d->groups[i] = (g->grid_size[i] - 1) / g->group_size[i] + 1;
		d->total *= d->groups[i];
	}
start:
	d->start_cycles = cp_ns_to_cycles(start_ns, g->machine->shader_khz);
	d->end_cycles = d->start_cycles;
	*d_p = d;
	return 0;

free_dispatch:
	free(d);
	return r;
}

void dispatch_free(struct cp_dispatch *d)
{
	free(d);
}
