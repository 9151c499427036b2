/* SPDX-License-Identifier: MIT */
/* What the driver does with hardware queues; see cp.h. Called by ioctls, on the program's threads.
 */
#include "sim/cp/cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/aql.h"
#include "sim/cp/doorbell.h"
#include "sim/cp/engine.h"
#include "sim/cp/sdma.h"
#include "sim/kfd/event.h"

static void queue_map(struct cp_queue *q)
{
	q->mapped = true;
	sim_count(&sim_stats.cycles_map, 1);
	if (q->type == CP_QUEUE_AQL)
		aql_map(q, kfd_clock_ns());
	else
		sdma_doorbell(q, kfd_clock_ns());
}

static void queue_unmap(struct cp_queue *q)
{
	q->mapped = false;
	sim_count(&sim_stats.cycles_unmap, 1);
	if (q->type == CP_QUEUE_AQL)
		aql_unmap(q, kfd_clock_ns());
}

/* Map or unmap, as what is wanted of the queue says. Return: 0; -EIO. */
static int queue_follow(struct cp_queue *q)
{
	bool map = q->wanted && !q->suspended;

	if (q->gpu->lost)
		return -EIO;
	if (q->mapped && !map)
		queue_unmap(q);
	if (!q->mapped && map)
		queue_map(q);
	return 0;
}

int cp_queue_create(const struct cp_queue_args *args, struct cp_queue **q_p)
{
	struct cp_queue *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->id = args->queue_id;
	q->type = args->type;
	q->ring_va = args->ring_va;
	q->ring_bytes = args->ring_bytes;
	q->rptr_va = args->rptr_va;
	q->wptr_va = args->wptr_va;
	q->doorbell = (_Atomic uint64_t *)args->doorbell;
	q->priority = args->priority;
	q->save_va = args->save_va;
	memset(q->cu_mask, 0xff, sizeof(q->cu_mask));
	/* Before the lock is taken: the page may be protected, and the engine thread then has to
	 * lift that. Relaxed: nobody rings before the driver has told which doorbell it is. */
	atomic_store_explicit(q->doorbell, CP_DOORBELL_IDLE, memory_order_relaxed);

	cp_engine_lock();
	r = cp_engine_gpu(args->gpu, &q->gpu);
	if (r)
		goto unlock;
	r = q->gpu->lost ? -EIO : q->type == CP_QUEUE_AQL ? aql_init(q) : sdma_init(q);
	if (r == -EIO)
		goto unlock;
	if (r) {
		sim_log(SIM_LOG_ERROR, "queue %u: its read pointer 0x%llx is not mapped", q->id,
			(unsigned long long)q->rptr_va);
		goto unlock;
	}
	r = cp_engine_add(q);
	if (r)
		goto unlock;
	q->wanted = args->percent && q->ring_va && q->ring_bytes;
	queue_follow(q); /* a lost GPU was found before */
	cp_engine_unlock();
	*q_p = q;
	return 0;

unlock:
	cp_engine_unlock();
	free(q);
	return r;
}

int cp_queue_update(struct cp_queue *q, uint64_t ring_va, uint32_t ring_bytes, uint32_t percent,
	uint32_t priority)
{
	cp_engine_lock();
	q->wanted = percent && ring_va && ring_bytes;
	q->ring_va = ring_va;
	q->ring_bytes = ring_bytes;
	if (q->priority != priority) {
		cp_engine_remove(q);
		q->priority = priority;
		cp_engine_add(q); /* cannot fail: the thread runs */
	}
	int r = queue_follow(q);
	cp_engine_unlock();
	return r;
}

static int queues_set_suspended(struct cp_queue *const *queues, unsigned count, bool suspended)
{
	int r = 0;

	cp_engine_lock();
	for (unsigned i = 1; i < count; i++)
		if (queues[i]->gpu != queues[0]->gpu)
			r = -EINVAL;
	for (unsigned i = 0; i < count && !r; i++) {
		queues[i]->suspended = suspended;
		r = queue_follow(queues[i]);
	}
	cp_engine_unlock();
	return r;
}

int cp_queues_suspend(struct cp_queue *const *queues, unsigned count, uint32_t grace_kclk)
{
	(void)grace_kclk; /* costs of a cycle are not modelled here */
	return queues_set_suspended(queues, count, true);
}

int cp_queues_resume(struct cp_queue *const *queues, unsigned count)
{
	return queues_set_suspended(queues, count, false);
}

int cp_queue_wave_state(struct cp_queue *q, uint32_t *ctl_stack_used_p, uint32_t *save_used_p)
{
	int r = 0;

	cp_engine_lock();
	if (q->mapped)
		r = -EBUSY;
	cp_engine_unlock();
	if (!r) {
		*ctl_stack_used_p = 0;
		*save_used_p = 0;
	}
	return r;
}

void cp_gpu_reset(uint32_t index)
{
	struct cp_gpu *gpu;

	cp_engine_lock();
	if (!cp_engine_gpu(index, &gpu)) {
		for (struct cp_queue *q = cp_engine_queues(); q; q = q->next) {
			if (q->gpu != gpu)
				continue;
			if (q->mapped)
				queue_unmap(q);
			q->halted = true;
			gpu->lost = true;
		}
	}
	cp_engine_unlock();
}

/* With the last queue of a GPU the reset is over. */
static void gpu_forget_reset(struct cp_gpu *gpu)
{
	for (struct cp_queue *q = cp_engine_queues(); q; q = q->next)
		if (q->gpu == gpu)
			return;
	gpu->lost = false;
}

void cp_queue_destroy(struct cp_queue *q)
{
	cp_engine_lock();
	if (q->mapped)
		queue_unmap(q);
	cp_engine_remove(q);
	gpu_forget_reset(q->gpu);
	if (q->type == CP_QUEUE_AQL)
		aql_fini(q);
	cp_engine_unlock();
	free(q);
}

int cp_queue_cu_mask(struct cp_queue *q, const uint32_t *mask, uint32_t bits)
{
	uint32_t words[CU_MASK_WORDS] = {0};
	bool any = false;

	if (!bits || bits % 32 || bits > CU_MASK_WORDS * 32)
		return -EINVAL;
	memcpy(words, mask, bits / 8);
	cp_engine_lock();
	for (uint32_t i = 0; i < q->gpu->pool.count; i++)
		any |= words[i / 32] >> (i % 32) & 1;
	if (any) {
		memcpy(q->cu_mask, words, sizeof(words));
		if (q->mapped) { /* what runs elsewhere moves */
			queue_unmap(q);
			queue_map(q);
		}
	}
	cp_engine_unlock();
	return any ? 0 : -EINVAL;
}

int cp_doorbells_watch(void *addr, size_t bytes)
{
	cp_engine_lock();
	int r = doorbell_watch(addr, bytes);
	cp_engine_unlock();
	return r;
}

void cp_doorbells_forget(void *addr)
{
	cp_engine_lock();
	doorbell_forget(addr);
	cp_engine_unlock();
}

void cp_fork_child(void)
{
	cp_engine_fork_child();
}
