/* SPDX-License-Identifier: MIT */
/* What the driver does with hardware queues; see cp.h. Called by ioctls, on the program's threads.
 */
#include "sim/cp/cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/aql.h"
#include "sim/cp/doorbell.h"
#include "sim/cp/engine.h"
#include "sim/cp/groups.h"
#include "sim/cp/sdma.h"
#include "sim/kfd/event.h"
#include "sim/share/arbiter.h"

#define SPIN_NS 60000u /* a sleep may take that much longer */

static void queue_map(struct cp_queue *q, uint64_t ns)
{
	q->mapped = true;
	sim_count(&sim_stats.cycles_map, 1);
	if (q->type == CP_QUEUE_AQL)
		aql_map(q, ns);
	else
		sdma_doorbell(q, ns);
}

static void queue_unmap(struct cp_queue *q, uint64_t ns)
{
	q->mapped = false;
	sim_count(&sim_stats.cycles_unmap, 1);
	if (q->type == CP_QUEUE_AQL)
		aql_unmap(q, ns);
}

void cp_queue_remap(struct cp_queue *q, uint64_t ns)
{
	bool map = q->active && !q->suspended &&
		   (q->type != CP_QUEUE_AQL || atomic_load(&q->entry->slot));

	if (map && !q->mapped)
		queue_map(q, ns);
	else if (!map && q->mapped)
		queue_unmap(q, ns);
}

/* Whether the queue is on the run list. Must hold the GPU's lock. */
static void queue_list(struct cp_queue *q)
{
	struct share_queue *entry = q->entry;

	entry->listed = q->active && !q->suspended;
	/* Who was given back its slot asks for room before its engine has looked; without a slot there is nothing that would take that back. */
	if (entry->listed || !entry->demand)
		return;
	entry->demand = 0;
	atomic_fetch_add(&q->gpu->shared->changes, 1);
}

/*
 * Bring queues of one GPU, whose state was changed, onto the run list or off it, in one cycle of
 * the scheduler. Must hold the engine lock.
 *
 * Return: when the driver goes on, to be waited for without the lock.
 */
static uint64_t queues_cycle(
	struct cp_queue *const *queues, unsigned count, bool map, uint32_t grace_kclk)
{
	struct cp_gpu *gpu = queues[0]->gpu;
	uint64_t now = kfd_clock_ns();

	share_gpu_lock(gpu->shared);
	cp_gpu_catch_up(gpu, now);
	for (unsigned i = 0; i < count; i++)
		queues[i]->entry->changing = true;
	struct arbiter_cycle cycle = arbiter_cycle(gpu->shared, gpu->device, map,
		grace_kclk == CP_GRACE_DEFAULT ? gpu->device->grace_kclk : grace_kclk, now);
	for (unsigned i = 0; i < count; i++) {
		queues[i]->entry->changing = false;
		queue_list(queues[i]);
	}
	arbiter_slots(gpu->share, gpu->index, now);
	share_gpu_unlock(gpu->shared);

	/* Also those that stay: their groups may come back elsewhere. */
	for (unsigned i = 0; i < count; i++)
		if (queues[i]->mapped)
			queue_unmap(queues[i], cycle.begin_ns);
	share_gpu_lock(gpu->shared);
	cp_gpu_catch_up(gpu, now);
	share_gpu_unlock(gpu->shared);
	for (unsigned i = 0; i < count; i++) {
		queues[i]->held_ns = cycle.end_ns;
		cp_queue_remap(queues[i], cycle.end_ns);
	}
	sim_count(&sim_stats.cycles_scheduler, 1);
	sim_count(&sim_stats.cycles_stopped_ns, cycle.end_ns - cycle.begin_ns);
	sim_count(&sim_stats.cycles_saved_bytes, cycle.saved_bytes);
	return cycle.unmapped_ns;
}

/* The driver's wait for the fence; the program's thread is in the ioctl. */
static void wait_until(uint64_t ns)
{
	uint64_t now = kfd_clock_ns();

	if (now + SPIN_NS < ns) {
		uint64_t left = ns - now - SPIN_NS;
		struct timespec t = {.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000)};
		while (nanosleep(&t, &t) < 0 && errno == EINTR)
			;
	}
	while (kfd_clock_ns() < ns)
		__builtin_ia32_pause();
}

static enum share_queue_type share_type(const struct cp_queue_args *args)
{
	return args->type == CP_QUEUE_AQL ? SHARE_COMPUTE
	       : args->xgmi		  ? SHARE_SDMA_XGMI
					  : SHARE_SDMA;
}

int cp_queue_create(const struct cp_queue_args *args, struct cp_queue **q_p)
{
	struct cp_queue *q = calloc(1, sizeof(*q));
	uint64_t until = 0;
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
	q->doorbell_offset = args->doorbell_offset;
	q->priority = args->priority;
	q->save_va = args->save_va;
	q->save_bytes = args->save_bytes;
	q->ctl_stack_bytes = args->ctl_stack_bytes;
	memset(q->cu_mask, 0xff, sizeof(q->cu_mask));
	/* Before the lock is taken: the page may be protected, and the engine thread then has to
	 * lift that. Relaxed: nobody rings before the driver has told which doorbell it is. */
	atomic_store_explicit(q->doorbell, CP_DOORBELL_IDLE, memory_order_relaxed);

	cp_engine_lock();
	r = cp_engine_gpu(args->gpu, &q->gpu);
	if (!r && q->gpu->lost)
		r = -EIO;
	if (r)
		goto unlock;
	r = q->type == CP_QUEUE_AQL ? aql_init(q) : sdma_init(q);
	if (r) {
		sim_log(SIM_LOG_ERROR, "queue %u: its read pointer 0x%llx is not mapped", q->id,
			(unsigned long long)q->rptr_va);
		goto unlock;
	}
	q->entry =
		share_queue_new(q->gpu->share, args->gpu, q->id, share_type(args), q->ring_bytes);
	if (!q->entry) {
		r = -EPERM; /* as the driver, when a GPU has as many queues as it can */
		goto unlock;
	}
	q->entry->weight = arbiter_weight(q->gpu->device, q->priority);
	q->entry->host_save = !args->save_in_vram;
	r = cp_engine_add(q);
	if (r)
		goto free_entry;
	q->gpu->queues++;
	q->active = args->percent && q->ring_va && q->ring_bytes;
	if (q->active)
		until = queues_cycle(&q, 1, true, CP_GRACE_DEFAULT);
	cp_engine_unlock();
	wait_until(until);
	*q_p = q;
	return 0;

free_entry:
	share_queue_free(q->gpu->share, args->gpu, q->entry);
unlock:
	cp_engine_unlock();
	free(q);
	return r;
}

int cp_queue_update(struct cp_queue *q, uint64_t ring_va, uint32_t ring_bytes, uint32_t percent,
	uint32_t priority)
{
	uint64_t until;

	cp_engine_lock();
	if (q->gpu->lost) {
		cp_engine_unlock();
		return -EIO;
	}
	q->active = percent && ring_va && ring_bytes;
	q->ring_va = ring_va;
	q->ring_bytes = ring_bytes;
	if (q->priority != priority) {
		cp_engine_remove(q);
		q->priority = priority;
		cp_engine_add(q); /* cannot fail: the thread runs */
		q->entry->weight = arbiter_weight(q->gpu->device, priority);
	}
	q->entry->ring_bytes = ring_bytes;
	until = queues_cycle(&q, 1, q->active && !q->suspended, CP_GRACE_DEFAULT);
	cp_engine_unlock();
	wait_until(until);
	return 0;
}

/* Return: how many of the queues change; they are moved to the front of @changed. -EINVAL, -EIO. */
static int to_change(
	struct cp_queue *const *queues, unsigned count, bool suspend, struct cp_queue **changed)
{
	int n = 0;

	for (unsigned i = 0; i < count; i++) {
		if (queues[i]->gpu != queues[0]->gpu)
			return -EINVAL;
		if (queues[i]->suspended != suspend)
			changed[n++] = queues[i];
	}
	return count && queues[0]->gpu->lost ? -EIO : n;
}

static int queues_suspend(
	struct cp_queue *const *queues, unsigned count, bool suspend, uint32_t grace_kclk)
{
	struct cp_queue **changed = calloc(count ? count : 1, sizeof(*changed));
	uint64_t until = 0;

	if (!changed)
		return -ENOMEM;
	cp_engine_lock();
	int n = to_change(queues, count, suspend, changed);
	for (int i = 0; i < n; i++)
		changed[i]->suspended = suspend;
	if (n > 0)
		until = queues_cycle(changed, (unsigned)n, !suspend, grace_kclk);
	cp_engine_unlock();
	wait_until(until);
	free(changed);
	return n < 0 ? n : 0;
}

int cp_queues_suspend(struct cp_queue *const *queues, unsigned count, uint32_t grace_kclk)
{
	return queues_suspend(queues, count, true, grace_kclk);
}

int cp_queues_resume(struct cp_queue *const *queues, unsigned count)
{
	return queues_suspend(queues, count, false, CP_GRACE_DEFAULT);
}

void cp_queue_destroy(struct cp_queue *q)
{
	uint64_t until = 0;

	cp_engine_lock();
	bool listed = q->active && !q->suspended;
	q->active = false;
	if (listed && !q->gpu->lost)
		until = queues_cycle(&q, 1, false, CP_GRACE_DEFAULT);
	cp_queue_remap(q, kfd_clock_ns());
	cp_engine_remove(q);
	if (q->type == CP_QUEUE_AQL)
		aql_fini(q);
	share_queue_free(q->gpu->share, q->gpu->index, q->entry);
	if (!--q->gpu->queues)
		q->gpu->lost = false;
	cp_engine_unlock();
	wait_until(until);
	free(q);
}

int cp_queue_cu_mask(struct cp_queue *q, const uint32_t *mask, uint32_t bits)
{
	uint32_t words[CU_MASK_WORDS] = {0};
	uint64_t until = 0;
	bool any = false;
	int r = -EINVAL;

	if (!bits || bits % 32 || bits > CU_MASK_WORDS * 32)
		return -EINVAL;
	memcpy(words, mask, bits / 8);
	cp_engine_lock();
	for (uint32_t i = 0; i < q->gpu->shared->pool.count; i++)
		any |= words[i / 32] >> (i % 32) & 1;
	if (any && q->gpu->lost) {
		r = -EIO;
	} else if (any) {
		r = 0;
		memcpy(q->cu_mask, words, sizeof(words));
		until = queues_cycle(&q, 1, q->active && !q->suspended, CP_GRACE_DEFAULT);
	}
	cp_engine_unlock();
	wait_until(until);
	return r;
}

void cp_gpu_reset(uint32_t gpu)
{
	cp_engine_lock();
	for (struct cp_queue *q = cp_engine_queues(); q; q = q->next) {
		if (q->gpu->index != gpu)
			continue;
		q->gpu->lost = true;
		q->halted = true;
		q->active = false;
		share_gpu_lock(q->gpu->shared);
		queue_list(q);
		share_gpu_unlock(q->gpu->shared);
		cp_queue_remap(q, kfd_clock_ns());
		if (q->type == CP_QUEUE_AQL)
			groups_drop(q);
	}
	cp_engine_unlock();
}

int cp_doorbells_watch(void *addr, size_t bytes, uint32_t gpu)
{
	cp_engine_lock();
	int r = doorbell_watch(addr, bytes, gpu);
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
