/* SPDX-License-Identifier: MIT */
/*
 * Queue ioctls of the simulated driver. They check what the driver checks, under kfd_process.mutex, and hand the queue to
 * the command processor.
 *
 * Source of checks and error codes: Linux 6.12 and 7.2, amdkfd/kfd_chardev.c, kfd_process_queue_manager.c, kfd_queue.c.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "sim/common/log.h"
#include "sim/kfd/debug.h"
#include "sim/kfd/event.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "sim/kfd/usercopy.h"

#define PAGE_BYTES 4096u
#define EOP_BYTES 4096u
#define CU_MASK_MAX_BITS 1024u
#define MMAP_TYPE_DOORBELL (UINT64_C(3) << 62)
#define MMAP_GPU_SHIFT 46
/* Linux 6.12; before, a queue that hangs costs the whole GPU. */
#define QUEUE_RESET_MINOR 17u
/* The kernel's own code, which escapes to user space for a queue type it does not know. */
#define KERNEL_ENOTSUPP 524

static struct kfd_queue *queue_find(struct kfd_process *p, uint32_t id)
{
	return id < KFD_PROCESS_QUEUES ? p->queues[id] : NULL;
}

static bool is_compute(const struct kfd_queue *q)
{
	return q->type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL;
}

/* Checks and corrections common to CREATE_QUEUE and UPDATE_QUEUE. */
static int check_properties(uint64_t ring_va, uint32_t *ring_bytes, uint32_t percent, uint32_t priority)
{
	if ((percent & 0xff) > KFD_MAX_QUEUE_PERCENTAGE || priority > KFD_MAX_QUEUE_PRIORITY)
		return -EINVAL;
	if (ring_va && !user_range_ok(ring_va, sizeof(uint64_t)))
		return -EFAULT;
	if (*ring_bytes & (*ring_bytes - 1))
		return -EINVAL;
	if (*ring_bytes < KFD_MIN_QUEUE_RING_SIZE)
		*ring_bytes = KFD_MIN_QUEUE_RING_SIZE;
	return 0;
}

/* From KFD 1.17 on the driver holds on to the queue's buffers, and so demands that each is exactly one mapping. */
static int check_buffers(struct kfd_process *p, uint32_t gpu, const struct kfd_ioctl_create_queue_args *a,
	bool compute)
{
	const struct sim_device *d = p->gpus[gpu].sim->device;
	struct kfd_save_area area = kfd_save_area_of(d);

	if (sim_machine_get()->kfd_minor < 17)
		return 0;
	if (!kfd_bo_mapped_at(p, gpu, a->write_pointer_address & ~(uint64_t)(PAGE_BYTES - 1), PAGE_BYTES) ||
		!kfd_bo_mapped_at(p, gpu, a->read_pointer_address & ~(uint64_t)(PAGE_BYTES - 1), PAGE_BYTES)) {
		sim_log(SIM_LOG_WARNING, "CREATE_QUEUE: read or write pointer is not in a one-page mapping");
		return -EINVAL;
	}
	if (!kfd_bo_mapped_at(p, gpu, a->ring_base_address, a->ring_size)) {
		sim_log(SIM_LOG_WARNING, "CREATE_QUEUE: the ring of 0x%x bytes is not exactly one mapping",
			a->ring_size);
		return -EINVAL;
	}
	if (!compute)
		return 0;
	if (a->eop_buffer_address && (a->eop_buffer_size != EOP_BYTES ||
			!kfd_bo_mapped_at(p, gpu, a->eop_buffer_address, EOP_BYTES))) {
		sim_log(SIM_LOG_WARNING, "CREATE_QUEUE: the EOP buffer is not exactly one mapping of 0x%x bytes",
			EOP_BYTES);
		return -EINVAL;
	}
	uint64_t total = (uint64_t)(area.save_bytes + area.debug_bytes) * d->xcc_count;
	if (a->ctl_stack_size != area.ctl_stack_bytes || a->ctx_save_restore_size != area.save_bytes ||
		!kfd_bo_mapped_at(p, gpu, a->ctx_save_restore_address, total)) {
		sim_log(SIM_LOG_WARNING, "CREATE_QUEUE: save area: control stack 0x%x, size 0x%x, want 0x%x, 0x%x "
			"in one mapping of 0x%llx bytes", a->ctl_stack_size, a->ctx_save_restore_size,
			area.ctl_stack_bytes, area.save_bytes, (unsigned long long)total);
		return -EINVAL;
	}
	return 0;
}

/* The counter of queues that share @type's engines, and how many fit. */
static uint32_t *type_counter(struct kfd_gpu *g, uint32_t type, uint32_t *limit_p)
{
	const struct sim_device *d = g->sim->device;

	if (type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL) {
		*limit_p = KFD_GPU_QUEUES;
		return &g->compute_queues;
	}
	if (type == KFD_IOC_QUEUE_TYPE_SDMA_XGMI) {
		*limit_p = d->sdma_xgmi_engines * d->sdma_queues_per_engine;
		return &g->xgmi_queues;
	}
	*limit_p = d->sdma_engines * d->sdma_queues_per_engine;
	if (type == KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID)
		*limit_p += d->sdma_xgmi_engines * d->sdma_queues_per_engine;
	return &g->sdma_queues;
}

static int doorbell_new(struct kfd_gpu *g)
{
	for (uint32_t w = 0; w < KFD_PROCESS_QUEUES / 64; w++)
		if (~g->doorbells_used[w]) {
			uint32_t bit = (uint32_t)__builtin_ctzll(~g->doorbells_used[w]);

			g->doorbells_used[w] |= UINT64_C(1) << bit;
			return (int)(w * 64 + bit);
		}
	return -EBUSY;
}

static void doorbell_free(struct kfd_gpu *g, uint32_t doorbell)
{
	g->doorbells_used[doorbell / 64] &= ~(UINT64_C(1) << doorbell % 64);
}

static int check_type(struct kfd_gpu *g, const struct kfd_ioctl_create_queue_args *a)
{
	const struct sim_device *d = g->sim->device;

	switch (a->queue_type) {
	case KFD_IOC_QUEUE_TYPE_COMPUTE_AQL:
	case KFD_IOC_QUEUE_TYPE_SDMA:
	case KFD_IOC_QUEUE_TYPE_SDMA_XGMI:
		return 0;
	case KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID:
		if (sim_machine_get()->kfd_minor < 17)
			return -KERNEL_ENOTSUPP;
		return a->sdma_engine_id < d->sdma_engines + d->sdma_xgmi_engines ? 0 : -EINVAL;
	case KFD_IOC_QUEUE_TYPE_COMPUTE:
		sim_log(SIM_LOG_WARNING, "CREATE_QUEUE: the simulator has AQL and SDMA queues, no PM4 queues");
		return -EINVAL;
	default:
		return -KERNEL_ENOTSUPP;
	}
}

/* Runtimes put the area into VRAM, or into memory that migrates there (SVM), or pin memory of the host for it. */
static bool save_in_vram(struct kfd_process *p, uint32_t gpu, const struct kfd_ioctl_create_queue_args *a)
{
	const struct kfd_bo *bo = kfd_bo_at(p, gpu, a->ctx_save_restore_address);

	return !bo || bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM;
}

int kfd_op_create_queue(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_create_queue_args *a = data;
	uint32_t limit, id = 0;
	int r = check_properties(a->ring_base_address, &a->ring_size, a->queue_percentage, a->queue_priority);

	if (r)
		return r;
	if (!user_range_ok(a->read_pointer_address, 4) || !user_range_ok(a->write_pointer_address, 4) ||
		!user_range_ok(a->eop_buffer_address, 4) || !user_range_ok(a->ctx_save_restore_address, 4))
		return -EFAULT;
	struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);
	if (!g)
		return -EINVAL;
	r = check_type(g, a);
	if (r)
		return r;
	if (!kfd_gpu_bound(g))
		return -ESRCH;
	if (g->reset)
		return -EIO;
	bool compute = a->queue_type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL;
	uint32_t gpu = kfd_gpu_index(p, g);
	r = check_buffers(p, gpu, a, compute);
	if (r)
		return r;
	if (g->compute_queues + g->sdma_queues + g->xgmi_queues >= KFD_GPU_QUEUES)
		return -ENOSPC;
	uint32_t *counter = type_counter(g, a->queue_type, &limit);
	if (*counter >= limit)
		return -ENOMEM;
	while (id < KFD_PROCESS_QUEUES && p->queues[id])
		id++;
	uint8_t *doorbells = kfd_doorbells_get(p, gpu);
	struct kfd_queue *q = calloc(1, sizeof(*q));
	if (id == KFD_PROCESS_QUEUES || !doorbells || !q) {
		free(q);
		return -ENOMEM;
	}
	int doorbell = doorbell_new(g);
	if (doorbell < 0) {
		free(q);
		return doorbell;
	}
	*q = (struct kfd_queue){.id = id, .gpu = gpu, .type = a->queue_type, .serial = ++p->queue_serial,
		.ring_va = a->ring_base_address, .rptr_va = a->read_pointer_address,
		.wptr_va = a->write_pointer_address, .save_va = a->ctx_save_restore_address,
		.save_bytes = a->ctx_save_restore_size,
		.ring_bytes = a->ring_size, .percent = a->queue_percentage & 0xff,
		.priority = a->queue_priority, .doorbell = (uint32_t)doorbell};
	const struct cp_queue_args args = {.gpu = gpu, .queue_id = id,
		.type = compute ? CP_QUEUE_AQL : CP_QUEUE_SDMA, .ring_va = q->ring_va,
		.ring_bytes = q->ring_bytes, .rptr_va = a->read_pointer_address,
		.wptr_va = a->write_pointer_address,
		.doorbell = (uint64_t *)(void *)(doorbells + (uint32_t)doorbell * 8),
		.doorbell_offset = (uint32_t)doorbell * 8,
		.percent = q->ring_va ? q->percent : 0, .priority = q->priority,
		.save_va = a->ctx_save_restore_address, .save_bytes = a->ctx_save_restore_size,
		.ctl_stack_bytes = a->ctl_stack_size, .save_in_vram = save_in_vram(p, gpu, a),
		.xgmi = a->queue_type == KFD_IOC_QUEUE_TYPE_SDMA_XGMI};
	/* No index is all ones, so the first packet's ring, of value 0, is seen. Relaxed: nobody has the address yet. */
	atomic_store_explicit((_Atomic uint64_t *)args.doorbell, UINT64_MAX, memory_order_relaxed);
	r = cp_queue_create(&args, &q->cp);
	if (r) {
		doorbell_free(g, q->doorbell);
		free(q);
		return r;
	}
	p->queues[id] = q;
	/* Every queue is new to a debugger until it has listed them. */
	kfd_queue_exceptions_set(id, KFD_EC_MASK(EC_QUEUE_NEW));
	p->queue_count++;
	++*counter;
	a->queue_id = id;
	a->doorbell_offset = MMAP_TYPE_DOORBELL | (uint64_t)a->gpu_id << MMAP_GPU_SHIFT | q->doorbell * 8;
	return 0;
}

int kfd_op_destroy_queue(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_destroy_queue_args *a = data;
	struct kfd_queue *q = queue_find(p, a->queue_id);
	uint32_t limit;

	if (!q)
		return -EINVAL;
	int r = kfd_debug_wait_resumed(p, q);
	if (r)
		return r;
	struct kfd_gpu *g = &p->gpus[q->gpu];
	cp_queue_destroy(q->cp);
	p->queues[q->id] = NULL;
	kfd_queue_exceptions_set(q->id, 0);
	p->queue_count--;
	--*type_counter(g, q->type, &limit);
	if (q->gws)
		g->gws_assigned = false;
	doorbell_free(g, q->doorbell);
	free(q);
	/* With the last of them the process leaves the reset behind. */
	if (!g->compute_queues && !g->sdma_queues && !g->xgmi_queues)
		g->reset = false;
	return 0;
}

/* What keeps the driver from changing a queue on the hardware. */
static int check_changeable(const struct kfd_process *p, const struct kfd_queue *q)
{
	const struct kfd_gpu *g = &p->gpus[q->gpu];

	if (g->reset)
		return -EIO;
	return g->queue_reset ? -EACCES : 0;
}

int kfd_op_update_queue(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_update_queue_args *a = data;
	int r = check_properties(a->ring_base_address, &a->ring_size, a->queue_percentage, a->queue_priority);

	if (r)
		return r;
	struct kfd_queue *q = queue_find(p, a->queue_id);
	if (!q)
		return -EFAULT;
	if (a->ring_base_address && sim_machine_get()->kfd_minor >= 17 &&
		!kfd_bo_mapped_at(p, q->gpu, a->ring_base_address, a->ring_size))
		return -EFAULT;
	/* As the driver, before the hardware is asked: after an error the new values stay. */
	q->ring_va = a->ring_base_address;
	q->ring_bytes = a->ring_size;
	q->percent = a->queue_percentage & 0xff;
	q->priority = a->queue_priority;
	r = check_changeable(p, q);
	if (r)
		return r;
	return cp_queue_update(q->cp, q->ring_va, q->ring_bytes, q->ring_va ? q->percent : 0, q->priority);
}

int kfd_op_set_cu_mask(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_set_cu_mask_args *a = data;
	uint32_t mask[CU_MASK_MAX_BITS / 32], bits = a->num_cu_mask;

	if (!bits || bits % 32)
		return -EINVAL;
	if (bits > CU_MASK_MAX_BITS)
		bits = CU_MASK_MAX_BITS;
	int r = user_read(mask, a->cu_mask_ptr, bits / 8);
	if (r)
		return r;
	struct kfd_queue *q = queue_find(p, a->queue_id);
	if (!q)
		return -EFAULT;
	r = check_changeable(p, q);
	if (r)
		return r;
	return is_compute(q) ? cp_queue_cu_mask(q->cp, mask, bits) : 0;
}

int kfd_op_get_wave_state(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_queue_wave_state_args *a = data;
	struct kfd_queue *q = queue_find(p, a->queue_id);

	if (!q)
		return -EFAULT;
	/* Only a queue that is not mapped has its waves in memory. */
	if (!is_compute(q) || (q->ring_va && q->percent && !q->suspended))
		return -EINVAL;
	return cp_queue_wave_state(q->cp, &a->ctl_stack_used_size, &a->save_area_used_size);
}

int kfd_op_alloc_gws(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_alloc_queue_gws_args *a = data;
	struct kfd_queue *q = queue_find(p, a->queue_id);

	if (!q)
		return -EINVAL;
	struct kfd_gpu *g = &p->gpus[q->gpu];
	if (!g->sim->device->num_gws)
		return -ENODEV;
	if (p->debug.enabled && !kfd_debug_gws(g->sim->device))
		return -EBUSY;
	if (a->num_gws && g->gws_assigned)
		return -EBUSY;
	if (!a->num_gws && !g->gws_assigned)
		return -EINVAL;
	q->gws = a->num_gws != 0;
	g->gws_assigned = q->gws;
	a->first_gws = 0;
	return 0;
}

uint32_t kfd_queue_list(struct kfd_queue_info *info, uint32_t count)
{
	struct kfd_process *p = &kfd_process;
	uint32_t n = 0;

	pthread_mutex_lock(&p->mutex);
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++) {
		const struct kfd_queue *q = p->queues[i];

		if (!q)
			continue;
		/* sysfs shows the kernel's own numbering: 0 compute, 1 SDMA, 3 SDMA over XGMI. */
		uint32_t type = is_compute(q) ? 0 : q->type == KFD_IOC_QUEUE_TYPE_SDMA_XGMI ? 3 : 1;
		if (n < count)
			info[n] = (struct kfd_queue_info){q->id, p->gpus[q->gpu].sim->gpu_id, type,
				q->ring_bytes};
		n++;
	}
	pthread_mutex_unlock(&p->mutex);
	return n;
}

uint32_t kfd_vram_lost(uint32_t gpu)
{
	/* Relaxed: a counter that stands for itself. */
	return atomic_load_explicit(&kfd_process.gpus[gpu].vram_lost, memory_order_relaxed);
}

void kfd_gpu_reset(uint32_t gpu)
{
	struct kfd_process *p = &kfd_process;

	pthread_mutex_lock(&p->mutex);
	bool exists = gpu < p->gpu_count;
	if (exists) {
		struct kfd_gpu *g = &p->gpus[gpu];

		g->reset = g->compute_queues || g->sdma_queues || g->xgmi_queues;
		/* Relaxed: see kfd_vram_lost(). */
		atomic_fetch_add_explicit(&g->vram_lost, 1, memory_order_relaxed);
		cp_gpu_reset(gpu);
	}
	pthread_mutex_unlock(&p->mutex);
	if (!exists)
		return;
	/* Said first: the process may end upon the exception. */
	sim_log(SIM_LOG_WARNING, "GPU %u: hung, reset, its memory is lost", gpu);
	kfd_gpu_exception(gpu, KFD_EC_MASK(EC_DEVICE_FATAL_HALT), NULL);
	kfd_hw_exception(gpu, true);
}

void kfd_queue_reset(uint32_t queue_id)
{
	const uint64_t mask = KFD_EC_MASK(EC_QUEUE_PREEMPTION_ERROR);
	struct kfd_process *p = &kfd_process;

	pthread_mutex_lock(&p->mutex);
	struct kfd_queue *q = queue_find(p, queue_id);
	uint32_t gpu = q ? q->gpu : 0;
	bool alone = sim_machine_get()->kfd_minor >= QUEUE_RESET_MINOR;
	if (q && alone) {
		sim_log(SIM_LOG_WARNING, "GPU %u: queue %u hung, reset", gpu, queue_id);
		p->gpus[gpu].queue_reset = true;
		cp_queue_update(q->cp, q->ring_va, q->ring_bytes, 0, q->priority);
		if (!kfd_queue_exception(queue_id, mask))
			kfd_queue_report(q, mask);
	}
	pthread_mutex_unlock(&p->mutex);
	if (q && !alone)
		kfd_gpu_reset(gpu);
	else if (q)
		kfd_hw_exception(gpu, false);
}
