/* SPDX-License-Identifier: MIT */
/* Reading what clients write into their pages: each field once, and believed only as far as it can be; see state.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <inttypes.h>

/*
 * What @q used since it was last looked at.
 * Return: false when it cannot be: the client was ended.
 */
static bool gpu_ns_new(const struct queue *q, uint64_t *new_p)
{
	struct machine_client *c = q->client;
	uint64_t lived_ns = c->machine->now_ns - q->since_ns;
	uint64_t gpu_ns = atomic_load_explicit(&c->page->slot[q->slot].gpu_ns, memory_order_relaxed);

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
	*new_p = gpu_ns - q->gpu_seen_ns;
	return true;
}

/*
 * Kernels whose times are known. When they were is not checked: it can only lower what others are charged for, and these would
 * have to share a GPU with a client that says so.
 * Return: false: the client was ended.
 */
static bool look_spans(struct machine_client *c)
{
	struct ipc_page *page = c->page;
	uint64_t before = c->spans_seen;
	struct {
		uint64_t slot;
		struct gpu_span span;
	} got[IPC_SPANS];
	/* Acquire: the spans, and the GPU time that counts them. Pairs with the process's release. */
	uint64_t end = atomic_load_explicit(&page->span_count, memory_order_acquire);
	uint64_t first = end - c->spans_seen <= IPC_SPANS ? c->spans_seen : end - IPC_SPANS;

	for (uint64_t n = first; n != end; n++) {
		const struct ipc_span *from = &page->spans[n % IPC_SPANS];

		got[n - first].slot = atomic_load_explicit(&from->slot, memory_order_relaxed);
		got[n - first].span.start_ts = atomic_load_explicit(&from->start_ts, memory_order_relaxed);
		got[n - first].span.end_ts = atomic_load_explicit(&from->end_ts, memory_order_relaxed);
		got[n - first].span.ns = atomic_load_explicit(&from->ns, memory_order_relaxed);
		got[n - first].span.alone_ns = atomic_load_explicit(&from->alone_ns, memory_order_relaxed);
	}
	c->spans_seen = end;
	/* Those that the process may have written over meanwhile count by their GPU time alone. */
	atomic_thread_fence(memory_order_acquire);
	uint64_t later = atomic_load_explicit(&page->span_count, memory_order_relaxed) + IPC_SPANS_NEW - first;
	for (uint64_t i = later > IPC_SPANS ? later - IPC_SPANS : 0; i < end - first; i++) {
		struct queue *q = got[i].slot < IPC_SLOTS ? c->slots[got[i].slot] : NULL;
		uint64_t new_ns;

		/* Without time it is none. */
		if (!q || !got[i].span.ns)
			continue;
		if (!gpu_ns_new(q, &new_ns))
			return false;
		if (got[i].span.ns > new_ns)
			got[i].span.ns = new_ns;
		q->gpu_seen_ns += got[i].span.ns;
		sched_queue_spans(q->sched, &got[i].span, 1, c->machine->now_ns);
	}
	client_charge(c, (end - before < IPC_SPANS ? end - before : IPC_SPANS) * WEIGHT_SPAN);
	return !c->ended;
}

/* GPU time that no span tells of. Return: false: the client was ended. */
static bool look_ran(struct queue *q)
{
	uint64_t ran_ns;

	if (!gpu_ns_new(q, &ran_ns))
		return false;
	q->gpu_seen_ns += ran_ns;
	if (ran_ns)
		sched_queue_ran(q->sched, ran_ns, q->client->machine->now_ns);
	return true;
}

bool look_queue(struct queue *q)
{
	struct machine_client *c = q->client;
	struct ipc_slot *slot = &c->page->slot[q->slot];
	/* Acquire: what was written before it is seen as well. Pairs with the release of the process's store. */
	uint32_t ready = atomic_load_explicit(&slot->ready, memory_order_acquire);

	if (ready > 1) {
		client_end(c, EINVAL, "slot %u: ready is %u, neither 0 nor 1", q->slot, ready);
		return false;
	}
	if (!look_ran(q))
		return false;
	if (q->brief && ready && queue_took(q)) {
		q->brief = false;
		sched_queue_drains(q->sched, c->machine->now_ns);
	}
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

bool look_last(struct queue *q)
{
	/* @dirty stays: the kick finds what it announces. */
	return look_spans(q->client) && look_ran(q);
}

void look_page(struct machine_client *c)
{
	struct ipc_page *page = c->page;
	uint64_t slots = 0;

	/* First: what changes from here on is announced by another kick. Pairs with the exchange in the process, which sets its
	 * bit in @changed before. */
	atomic_store(&page->dirty, 0);
	if (!look_spans(c))
		return;
	for (uint32_t word = 0; word * 64 < c->slot_end; word++) {
		if (!atomic_load(&page->changed[word]))
			continue;
		for (uint64_t bits = atomic_exchange(&page->changed[word], 0); bits; bits &= bits - 1) {
			struct queue *q = c->slots[word * 64 + (uint32_t)__builtin_ctzll(bits)];

			if (q && !look_queue(q))
				return;
			slots++;
		}
	}
	/* The kick itself was for one of them. */
	client_charge(c, slots ? slots - 1 : 0);
}
