/* SPDX-License-Identifier: MIT */
/* Reading what clients write into their pages: each field once, and believed only as far as it can be; see state.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <inttypes.h>

/* Return: false when it cannot be: the client was ended. */
static bool take_gpu_ns(struct queue *q, uint64_t gpu_ns)
{
	struct machine_client *c = q->client;
	uint64_t now_ns = c->machine->now_ns, lived_ns = now_ns - q->since_ns;

	if (gpu_ns == q->gpu_seen_ns)
		return true;
	if (gpu_ns < q->gpu_seen_ns) {
		client_end(c, EINVAL, "slot %u: the GPU time went back from %" PRIu64 " ns to %" PRIu64 " ns", q->slot,
			q->gpu_seen_ns, gpu_ns);
		return false;
	}
	/* Packets may run at once, and may have started before the queue was told of; so the bound is for all of its time. */
	if ((gpu_ns - q->gpu_base_ns > BELIEVED_BEFORE_NS) &&
		(gpu_ns - q->gpu_base_ns - BELIEVED_BEFORE_NS) / BELIEVED_PARALLEL > lived_ns) {
		client_end(c, EINVAL, "slot %u: %" PRIu64 " ns of GPU time within %" PRIu64 " ns cannot be", q->slot,
			gpu_ns - q->gpu_base_ns, lived_ns);
		return false;
	}
	uint64_t ran_ns = gpu_ns - q->gpu_seen_ns;
	q->gpu_seen_ns = gpu_ns;
	sched_queue_ran(q->sched, ran_ns, now_ns);
	return true;
}

/*
 * A held queue's kernel ended: whoever began behind it has waited for that. What is passed on is not checked: it can only lower what others
 * say they used, which they could say anyway.
 */
static void pass_end(struct queue *q)
{
	struct ipc_slot *from = &q->client->page->slot[q->slot];
	uint64_t start_ts = atomic_load_explicit(&from->start_ts, memory_order_relaxed);
	uint64_t end_ts = atomic_load_explicit(&from->end_ts, memory_order_relaxed);

	if (end_ts == q->end_ts)
		return;
	q->end_ts = end_ts;
	if (q->now.gate != SCHED_GATE_HOLD)
		return;
	list_for_each(at, &q->gpu->members)
	{
		struct queue *other = list_entry(at, struct queue, of_gpu);

		if (other->client == q->client || other->now.gate == SCHED_GATE_HOLD)
			continue;
		struct ipc_slot *slot = &other->client->page->slot[other->slot];
		atomic_store_explicit(&slot->other_start_ts, start_ts, memory_order_relaxed);
		atomic_store_explicit(&slot->other_end_ts, end_ts, memory_order_relaxed);
	}
}

bool look_queue(struct queue *q)
{
	struct machine_client *c = q->client;
	struct ipc_slot *slot = &c->page->slot[q->slot];
	/* Acquire: what was written before it is seen as well. Pairs with the release of the process's store. */
	uint32_t ready = atomic_load_explicit(&slot->ready, memory_order_acquire);
	uint64_t gpu_ns = atomic_load_explicit(&slot->gpu_ns, memory_order_relaxed);

	if (ready > 1) {
		client_end(c, EINVAL, "slot %u: ready is %u, neither 0 nor 1", q->slot, ready);
		return false;
	}
	if (!take_gpu_ns(q, gpu_ns))
		return false;
	pass_end(q);
	if (q->ready == (ready != 0))
		return true;
	q->ready = ready;
	queue_count(q);
	if (ready)
		sched_queue_ready(q->sched, c->machine->now_ns);
	else
		sched_queue_idle(q->sched, c->machine->now_ns);
	return true;
}

void look_page(struct machine_client *c)
{
	struct ipc_page *page = c->page;

	/* First: what changes from here on is announced by another kick. Pairs with the exchange in the process, which sets its
	 * bit in @changed before. */
	atomic_store(&page->dirty, 0);
	for (uint32_t word = 0; word * 64 < c->slot_end; word++) {
		if (!atomic_load(&page->changed[word]))
			continue;
		for (uint64_t bits = atomic_exchange(&page->changed[word], 0); bits; bits &= bits - 1) {
			struct queue *q = c->slots[word * 64 + (uint32_t)__builtin_ctzll(bits)];

			if (q && !look_queue(q))
				return;
		}
	}
}
