/* SPDX-License-Identifier: MIT */
/*
 * Queues as a debugger handles them: suspended together, listed, resumed. Called by DBG_TRAP and DESTROY_QUEUE under
 * kfd_process.mutex.
 *
 * Source: Linux 6.12, amdkfd/kfd_device_queue_manager.c (suspend_queues, resume_queues, wait_on_destroy_queue),
 * kfd_process_queue_manager.c (pqm_get_queue_snapshot).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/futex.h"
#include "sim/common/log.h"
#include "sim/kfd/debug.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/usercopy.h"
#include "sim/share/share.h"

#define NEW_QUEUE KFD_EC_MASK(EC_QUEUE_NEW)
/* Both bits are marks in the caller's array; the header's shift a signed 1. */
#define MARK_ERROR (UINT32_C(1) << KFD_DBG_QUEUE_ERROR_BIT)
#define MARK_INVALID (UINT32_C(1) << KFD_DBG_QUEUE_INVALID_BIT)
/* What one kernel allocation holds. */
#define IDS_MAX ((4u << 20) / sizeof(uint32_t))

/* The caller's array, every entry marked invalid until its queue is found. */
static int ids_read(uint64_t va, uint32_t count, uint32_t **ids_p)
{
	if (count > IDS_MAX)
		return -ENOMEM;
	uint32_t *ids = calloc(count ? count : 1, sizeof(*ids));
	if (!ids)
		return -ENOMEM;
	int r = user_read(ids, va, count * sizeof(*ids));
	if (r) {
		free(ids);
		return r;
	}
	for (uint32_t i = 0; i < count; i++)
		ids[i] |= MARK_INVALID;
	*ids_p = ids;
	return 0;
}

/* The first entry that names the queue; NULL if none does. */
static uint32_t *ids_find(uint32_t *ids, uint32_t count, uint32_t queue_id)
{
	for (uint32_t i = 0; i < count; i++)
		if ((ids[i] & ~MARK_INVALID) == queue_id)
			return &ids[i];
	return NULL;
}

struct batch {
	struct kfd_queue *queue[KFD_PROCESS_QUEUES];
	struct cp_queue *cp[KFD_PROCESS_QUEUES];
	uint32_t *mark[KFD_PROCESS_QUEUES]; /* in the caller's array, NULL if there is none */
	uint32_t count;
};

static void batch_add(struct batch *b, struct kfd_queue *q, uint32_t *mark)
{
	b->queue[b->count] = q;
	b->cp[b->count] = q->cp;
	b->mark[b->count++] = mark;
}

static void batch_mark_failed(const struct batch *b)
{
	for (uint32_t i = 0; i < b->count; i++)
		if (b->mark[i])
			*b->mark[i] |= MARK_ERROR;
}

static void wave_states_write(struct kfd_process *p)
{
	uint32_t stack, save;

	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++) {
		struct kfd_queue *q = p->queues[i];

		if (q && q->suspended && q->type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL &&
			cp_queue_wave_state(q->cp, &stack, &save))
			sim_log(SIM_LOG_INFO, "queue %u: its save area cannot be written", q->id);
	}
}

static uint32_t suspend_on(struct kfd_process *p, uint32_t gpu, uint32_t *ids,
	const struct kfd_ioctl_dbg_trap_suspend_queues_args *a, struct batch *b)
{
	b->count = 0;
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++) {
		struct kfd_queue *q = p->queues[i];
		uint32_t *id = q && q->gpu == gpu ? ids_find(ids, a->num_queues, q->id) : NULL;

		/* One that the debugger has not seen yet, or that is going away, stays marked. */
		if (!id || (!q->suspended && (q->destroying || kfd_queue_exceptions(q->id, 0) & NEW_QUEUE)))
			continue;
		*id &= ~MARK_INVALID;
		q->suspended = true;
		batch_add(b, q, id);
	}
	if (!b->count)
		return 0;
	if (p->gpus[gpu].reset || cp_queues_suspend(b->cp, b->count, a->grace_period)) {
		batch_mark_failed(b);
		return 0;
	}
	for (uint32_t i = 0; i < b->count; i++)
		kfd_queue_exceptions(b->queue[i]->id, a->exception_mask);
	return b->count;
}

int kfd_debug_suspend(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_suspend_queues_args *a)
{
	struct batch *b = malloc(sizeof(*b));
	uint32_t *ids, total = 0;
	int r = b ? ids_read(a->queue_array_ptr, a->num_queues, &ids) : -ENOMEM;

	if (r) {
		free(b);
		return r;
	}
	for (uint32_t gpu = 0; gpu < p->gpu_count; gpu++)
		total += suspend_on(p, gpu, ids, a, b);
	if (total)
		wave_states_write(p);
	if (user_write(a->queue_array_ptr, ids, a->num_queues * sizeof(*ids)))
		sim_log(SIM_LOG_INFO, "SUSPEND_QUEUES: the array of queues cannot be written");
	free(ids);
	free(b);
	return (int)total;
}

/* @ids NULL: all queues of the GPU. */
static uint32_t resume_on(struct kfd_process *p, uint32_t gpu, uint32_t *ids, uint32_t count, struct batch *b)
{
	b->count = 0;
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++) {
		struct kfd_queue *q = p->queues[i];
		uint32_t *id = q && q->gpu == gpu && ids ? ids_find(ids, count, q->id) : NULL;

		if (!q || q->gpu != gpu || (ids && !id))
			continue;
		q->suspended = false;
		if (id)
			*id &= ~MARK_INVALID;
		batch_add(b, q, id);
	}
	if (!b->count)
		return 0;
	if (p->gpus[gpu].reset || cp_queues_resume(b->cp, b->count)) {
		batch_mark_failed(b);
		return 0;
	}
	return b->count;
}

static uint32_t resume(struct kfd_process *p, uint32_t *ids, uint32_t count, struct batch *b)
{
	uint32_t total = 0;

	for (uint32_t gpu = 0; gpu < p->gpu_count; gpu++)
		total += resume_on(p, gpu, ids, count, b);
	/* Relaxed: sleepers look again under the mutex. */
	atomic_fetch_add_explicit(&p->debug.resumes, 1, memory_order_relaxed);
	futex_wake(&p->debug.resumes, INT32_MAX);
	return total;
}

int kfd_debug_resume(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_resume_queues_args *a)
{
	struct batch *b = malloc(sizeof(*b));
	uint32_t *ids = NULL;
	int r = !b ? -ENOMEM : a->queue_array_ptr ? ids_read(a->queue_array_ptr, a->num_queues, &ids) : 0;

	if (!r) {
		r = (int)resume(p, ids, a->num_queues, b);
		if (ids && user_write(a->queue_array_ptr, ids, a->num_queues * sizeof(*ids)))
			sim_log(SIM_LOG_INFO, "RESUME_QUEUES: the array of queues cannot be written");
	}
	free(ids);
	free(b);
	return r;
}

void kfd_debug_deactivate(struct kfd_process *p)
{
	const struct kfd_ioctl_dbg_trap_resume_queues_args all = {0};

	kfd_debug_resume(p, &all);
	p->debug.flags = 0;
	for (uint32_t i = 0; i < p->gpu_count; i++)
		if (kfd_debug_one_process(p->gpus[i].sim->device))
			share_debug_give(i);
}

int kfd_debug_wait_resumed(struct kfd_process *p, struct kfd_queue *q)
{
	uint32_t id = q->id;
	uint64_t serial = q->serial;

	q->destroying = true;
	while (p->debug.enabled && q->suspended) {
		uint32_t seen = atomic_load_explicit(&p->debug.resumes, memory_order_relaxed);

		pthread_mutex_unlock(&p->mutex);
		int r = futex_wait_until(&p->debug.resumes, seen, NULL);
		pthread_mutex_lock(&p->mutex);
		q = p->queues[id];
		if (!q || q->serial != serial)
			return -EINVAL;
		if (r == -EINTR)
			return r;
	}
	return 0;
}

int kfd_debug_snapshot(struct kfd_process *p, struct kfd_ioctl_dbg_trap_queue_snapshot_args *a)
{
	uint32_t stride = a->entry_size, room = a->num_queues, count = 0;
	uint64_t to = a->snapshot_buf_ptr;
	int r = 0;

	a->num_queues = 0;
	if (!stride)
		return -EINVAL;
	if (a->entry_size > sizeof(struct kfd_queue_snapshot_entry))
		a->entry_size = sizeof(struct kfd_queue_snapshot_entry);
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES && !r; i++) {
		const struct kfd_queue *q = p->queues[i];

		if (!q)
			continue;
		if (count < room) {
			/* By engine or not: the snapshot knows them as one type. */
			bool sdma = q->type == KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID;
			const struct kfd_queue_snapshot_entry entry = {
				.exception_status = kfd_queue_exceptions(q->id, a->exception_mask),
				.ring_base_address = q->ring_va,
				.write_pointer_address = q->wptr_va,
				.read_pointer_address = q->rptr_va,
				.ctx_save_restore_address = q->save_va,
				.queue_id = q->id,
				.gpu_id = p->gpus[q->gpu].sim->gpu_id,
				.ring_size = q->ring_bytes,
				.queue_type = sdma ? KFD_IOC_QUEUE_TYPE_SDMA : q->type,
				.ctx_save_restore_area_size = q->save_bytes,
			};

			r = user_write(to, &entry, a->entry_size);
			to += stride;
		}
		count += !r;
	}
	a->num_queues = count;
	return r;
}

void kfd_queue_report(const struct kfd_queue *q, uint64_t mask)
{
	struct kfd_context_save_area_header header;
	uint64_t payload;

	if (!q->save_va || user_read(&header, q->save_va, sizeof(header)) || !header.err_payload_addr ||
		user_read(&payload, header.err_payload_addr, sizeof(payload)))
		return;
	payload |= mask;
	if (user_write(header.err_payload_addr, &payload, sizeof(payload)))
		return;
	struct kfd_ioctl_set_event_args event = {.event_id = header.err_event_id};
	kfd_op_set_event(&kfd_process, &event);
}
