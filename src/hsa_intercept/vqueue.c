/* SPDX-License-Identifier: MIT */
/*
 * Registry of virtual queues; see vqueue.h. Queues live in a static array and are never freed, so that a hook that found one may
 * use it without a reference.
 *
 * Locks: the registry lock, then the scheduler's (squeue_common.c), then a gate's ownership (aql/gate.c). Neither is held across fork, nor while calling ROCr
 * functions other than index and doorbell stores.
 */
#include "src/hsa_intercept/vqueue.h"

#include <errno.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "src/aql/arrival.h"
#include "src/common/barrier.h"
#include "src/common/log.h"
#include "src/hsa_intercept/squeue.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/report.h"

struct next next;
struct vqueue_cell vqueue_map[VQUEUE_MAP_SIZE];
_Atomic uint32_t vqueue_soft_doorbells;

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vqueue *queues[VQUEUE_MAX];
static unsigned queue_count; /* entries of queues[] ever used */
static unsigned alias_count; /* cells of aliases; queues take at most half of the map, aliases a quarter */

/* Of GPUs by their node; two that shared one would wait for each other's decisions, and no more. */
static struct arrivals arrivals[64];

static struct vqueue *vqueue_of(struct gate *g)
{
	return (struct vqueue *)g;
}

static void op_store(struct gate *g, uint64_t write_index)
{
	next.store_screlease(vqueue_of(g)->queue, write_index);
}

static void op_ring(struct gate *g, uint64_t value)
{
	doorbell_barrier();
	next.signal_store_screlease(vqueue_of(g)->doorbell, (hsa_signal_value_t)value);
}

static uint64_t op_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void op_foreign(struct gate *g, uint64_t real)
{
	log_warning("queue %lu: its write index was moved to %lu by another writer; the queue is no longer scheduled",
		(unsigned long)vqueue_of(g)->queue->id, (unsigned long)real);
}

static void op_stir(struct gate *g)
{
	squeue_stir(vqueue_of(g));
}

static void op_busy(struct gate *g)
{
	squeue_busy(vqueue_of(g));
}

/* Through the next entry: another tool below us, or a kind of queue whose index is more than a word in memory. */
static const struct gate_ops chained_ops = {
	.store = op_store,
	.ring = op_ring,
	.now_ns = op_now_ns,
	.foreign = op_foreign,
	.busy = op_busy,
	.stir = op_stir,
};

/* ROCr's own entry on a hardware queue stores the index in amd_queue_t and does nothing else, in every release. */
static const struct gate_ops direct_ops = {
	.ring = op_ring,
	.now_ns = op_now_ns,
	.foreign = op_foreign,
	.busy = op_busy,
	.stir = op_stir,
};

static void op_store_nothing(struct gate *g, uint64_t write_index)
{
}

static void op_ring_nothing(struct gate *g, uint64_t value)
{
}

/* An inactivated queue's doorbell may by now be another's. */
static const struct gate_ops inactive_ops = {
	.store = op_store_nothing,
	.ring = op_ring_nothing,
	.now_ns = op_now_ns,
};

bool vqueue_store_is_native;

/* Must hold the registry lock. */
static void cell_add(uintptr_t key, struct vqueue *vq)
{
	uint32_t i = vqueue_hash(key);

	while (atomic_load_explicit(&vqueue_map[i].key, memory_order_relaxed) > VQUEUE_DELETED)
		i = (i + 1) % VQUEUE_MAP_SIZE;
	atomic_store_explicit(&vqueue_map[i].vq, vq, memory_order_relaxed);
	/* Release: the cell's queue. Pairs with the acquire in vqueue_find(). */
	atomic_store_explicit(&vqueue_map[i].key, key, memory_order_release);
}

/* Must hold the registry lock. */
static void cell_clear(uint32_t i)
{
	uint32_t after = (i + 1) % VQUEUE_MAP_SIZE;

	/* Release: whoever reads what a later cell_add() puts here has seen this. */
	atomic_store_explicit(&vqueue_map[i].key, VQUEUE_DELETED, memory_order_release);
	/* A run of cells that ends here needs no markers: lookups may stop. Left behind, they would fill the map. */
	if (atomic_load_explicit(&vqueue_map[after].key, memory_order_relaxed))
		return;
	for (; atomic_load_explicit(&vqueue_map[i].key, memory_order_relaxed) == VQUEUE_DELETED;
		i = (i + VQUEUE_MAP_SIZE - 1) % VQUEUE_MAP_SIZE)
		atomic_store_explicit(&vqueue_map[i].key, 0, memory_order_relaxed);
}

/* Clear the cell of @key, or with 0 every cell that leads to @vq. Must hold the registry lock. Return: how many. */
static unsigned cells_remove(const struct vqueue *vq, uintptr_t key)
{
	unsigned removed = 0;

	for (uint32_t i = 0; i < VQUEUE_MAP_SIZE; i++) {
		uintptr_t have = atomic_load_explicit(&vqueue_map[i].key, memory_order_relaxed);

		if (have <= VQUEUE_DELETED || (key && have != key) ||
			atomic_load_explicit(&vqueue_map[i].vq, memory_order_relaxed) != vq)
			continue;
		cell_clear(i);
		removed++;
	}
	return removed;
}

/* No key and no thread leads to @vq any more; its gate is detached. Must hold the registry lock. */
static void vqueue_drop(struct vqueue *vq)
{
	alias_count -= cells_remove(vq, 0) - (vq->soft ? 2 : 1);
	section_forget(&vq->gate);
	/* Nobody will look at it any more. */
	gate_decided(&vq->gate);
	if (vq->soft)
		atomic_fetch_sub_explicit(&vqueue_soft_doorbells, 1, memory_order_relaxed);
	vq->in_use = false;
}

static bool doorbell_is_soft(hsa_signal_t doorbell)
{
	const amd_signal_t *s = (const amd_signal_t *)(uintptr_t)doorbell.handle;

	return s->kind != AMD_SIGNAL_KIND_DOORBELL && s->kind != AMD_SIGNAL_KIND_LEGACY_DOORBELL;
}

/* Must hold the registry lock. NULL when there is no room. */
static struct vqueue *vqueue_take(void)
{
	for (unsigned i = 0; i < queue_count; i++)
		if (!queues[i]->in_use)
			return queues[i];
	if (queue_count == VQUEUE_MAX)
		return NULL;
	struct vqueue *vq = aligned_alloc(64, (sizeof(*vq) + 63) / 64 * 64);
	if (vq) {
		vq->in_use = false;
		queues[queue_count++] = vq;
	}
	return vq;
}

int vqueue_attach(hsa_queue_t *queue, hsa_agent_t agent, uint32_t node, bool shared, bool gated)
{
	amd_queue_t *aq = (amd_queue_t *)queue;
	int error = 0;

	pthread_mutex_lock(&registry_lock);
	struct vqueue *vq = vqueue_find((uintptr_t)queue);
	if (vq && vq->queue == queue && (queue->type & HSA_QUEUE_TYPE_COOPERATIVE)) {
		/* Cooperative queues are one per GPU: every creation returns the same. */
		vq->refs++;
		goto unlock;
	}
	if (vq) {
		/* What was here is gone without a call of ours, and its memory with it. What was made to schedule it
		 * stays: nobody can tell when the packet processor was done with its signals. */
		squeue_lost(vq);
		gate_abandon(&vq->gate);
		vqueue_drop(vq);
	}
	vq = vqueue_take();
	if (!vq) {
		error = -ENOSPC;
		goto unlock;
	}
	error = gate_init(&vq->gate, queue->base_address, queue->size, (_Atomic uint64_t *)&aq->write_dispatch_id,
		(const _Atomic uint64_t *)&aq->read_dispatch_id,
		vqueue_store_is_native && !doorbell_is_soft(queue->doorbell_signal) ? &direct_ops : &chained_ops);
	if (error)
		goto unlock;
	vq->gate.arrivals = &arrivals[node % (sizeof(arrivals) / sizeof(arrivals[0]))];
	vq->queue = queue;
	vq->doorbell = queue->doorbell_signal;
	vq->agent = agent;
	vq->node = node;
	vq->squeue = NULL;
	vq->first_index = aq->write_dispatch_id;
	vq->refs = 1;
	vq->shared = shared && queue->type == HSA_QUEUE_TYPE_MULTI;
	vq->soft = doorbell_is_soft(queue->doorbell_signal);
	vq->inactive = false;
	vq->in_use = true;
	if (gated)
		gate_engage(&vq->gate);
	cell_add((uintptr_t)queue, vq);
	if (vq->soft) {
		cell_add((uintptr_t)vq->doorbell.handle, vq);
		atomic_fetch_add_explicit(&vqueue_soft_doorbells, 1, memory_order_relaxed);
	}
	log_debug("queue %lu: %u packets, %s", (unsigned long)queue->id, queue->size, gated ? "gated" : "in bypass");
unlock:
	pthread_mutex_unlock(&registry_lock);
	return error;
}

int vqueue_alias(hsa_queue_t *alias)
{
	const amd_signal_t *s = (const amd_signal_t *)(uintptr_t)alias->doorbell_signal.handle;

	int error = 0;

	pthread_mutex_lock(&registry_lock);
	struct vqueue *vq = vqueue_find((uintptr_t)s->queue_ptr);
	if (!vq) {
		error = -ENOENT;
	} else if (vqueue_find((uintptr_t)alias) != vq) {
		if (alias_count == VQUEUE_MAX) {
			error = -ENOSPC;
		} else {
			cell_add((uintptr_t)alias, vq);
			alias_count++;
		}
	}
	pthread_mutex_unlock(&registry_lock);
	return error;
}

void vqueue_unalias(hsa_queue_t *alias)
{
	pthread_mutex_lock(&registry_lock);
	struct vqueue *vq = vqueue_find((uintptr_t)alias);
	if (vq && vq->queue != alias) {
		alias_count -= cells_remove(vq, (uintptr_t)alias);
		section_forget(&vq->gate);
	}
	pthread_mutex_unlock(&registry_lock);
}

/* Wait until the packet processor has taken all that is published, as long as it makes progress. */
static void drain(struct vqueue *vq, uint64_t until_ns)
{
	const struct timespec nap = {.tv_nsec = 100000};

	while (atomic_load_explicit(vq->gate.dev_read, memory_order_acquire) <
			atomic_load_explicit(vq->gate.real_write, memory_order_relaxed) &&
		op_now_ns() < until_ns)
		nanosleep(&nap, NULL);
}

/* Let everything through. Return: whether packets had been held back, or what is published may have been stopped. */
static bool release(struct vqueue *vq)
{
	bool held = gate_backlog(&vq->gate) ||
		    (gate_mode_now(&vq->gate) == GATE_CLOSED &&
			    atomic_load_explicit(vq->gate.dev_read, memory_order_acquire) <
				    atomic_load_explicit(vq->gate.real_write, memory_order_relaxed));

	gate_track(&vq->gate, NULL);
	gate_open(&vq->gate);
	return held;
}

struct squeue *vqueue_detach(hsa_queue_t *queue, uint32_t drain_ms)
{
	pthread_mutex_lock(&registry_lock);
	struct vqueue *vq = vqueue_find((uintptr_t)queue);
	if (!vq || vq->queue != queue || --vq->refs) {
		pthread_mutex_unlock(&registry_lock);
		return NULL;
	}
	bool inactive = vq->inactive;
	pthread_mutex_unlock(&registry_lock);

	squeue_gone(vq);
	/* Natively the hardware would have had these packets long ago. */
	if (release(vq) && !inactive)
		drain(vq, op_now_ns() + drain_ms * 1000000ull);

	pthread_mutex_lock(&registry_lock);
	struct squeue *local = NULL;
	/* A cooperative queue may have been handed out again meanwhile, and even been given back. */
	if (vq->in_use && vq->queue == queue && !vq->refs) {
		gate_detach(&vq->gate);
		report_queue_gone(vq);
		local = vq->squeue;
		vq->squeue = NULL;
		vqueue_drop(vq);
	}
	pthread_mutex_unlock(&registry_lock);
	return local;
}

void vqueue_inactivate(hsa_queue_t *queue)
{
	pthread_mutex_lock(&registry_lock);
	struct vqueue *vq = vqueue_find((uintptr_t)queue);
	if (vq) {
		gate_retire(&vq->gate, &inactive_ops);
		vq->inactive = true;
	}
	pthread_mutex_unlock(&registry_lock);
}

void vqueue_lock(void)
{
	pthread_mutex_lock(&registry_lock);
}

void vqueue_unlock(void)
{
	pthread_mutex_unlock(&registry_lock);
}

void vqueue_for_each_locked(void (*fn)(struct vqueue *vq, void *ctx), void *ctx)
{
	for (unsigned i = 0; i < queue_count; i++)
		if (queues[i]->in_use)
			fn(queues[i], ctx);
}

void vqueue_for_each(void (*fn)(struct vqueue *vq, void *ctx), void *ctx)
{
	pthread_mutex_lock(&registry_lock);
	vqueue_for_each_locked(fn, ctx);
	pthread_mutex_unlock(&registry_lock);
}

static void open_one(struct vqueue *vq, void *ctx)
{
	bool *held = ctx;

	if (release(vq))
		*held = true;
}

static void drain_one(struct vqueue *vq, void *ctx)
{
	drain(vq, *(uint64_t *)ctx);
}

void vqueue_open_all(uint32_t drain_ms)
{
	uint64_t until_ns = op_now_ns() + drain_ms * 1000000ull;
	bool held = false;

	/* First all, then wait: packets of one queue may wait for another's. */
	vqueue_for_each(open_one, &held);
	if (held)
		vqueue_for_each(drain_one, &until_ns);
}

static void forget_one(struct vqueue *vq, void *ctx)
{
	gate_detach(&vq->gate);
	report_queue_gone(vq);
	vqueue_drop(vq);
}

void vqueue_forget_all(void)
{
	vqueue_for_each(forget_one, NULL);
}

static void close_one(struct vqueue *vq, void *ctx)
{
	gate_close(&vq->gate);
}

static void engage_one(struct vqueue *vq, void *ctx)
{
	gate_engage(&vq->gate);
}

static void bypass_one(struct vqueue *vq, void *ctx)
{
	gate_bypass(&vq->gate);
}

void vqueue_gate_close_all(void)
{
	vqueue_for_each(close_one, NULL);
}

void vqueue_gate_open_all(void)
{
	bool held;

	vqueue_for_each(open_one, &held);
}

void vqueue_gate_engage_all(void)
{
	vqueue_for_each(engage_one, NULL);
}

void vqueue_gate_bypass_all(void)
{
	vqueue_for_each(bypass_one, NULL);
}

void vqueue_fork_child(void)
{
	/* The lock may have been held by a thread that the child does not have. */
	registry_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	/* So may the list have been caught while it grew. */
	for (unsigned i = 0; i < queue_count; i++)
		if (queues[i])
			gate_abandon(&queues[i]->gate);
	section_fork_child();
}
