/* SPDX-License-Identifier: MIT */
/* The packet processor; see aql.h. */
#include "sim/cp/aql.h"

#include <errno.h>
#include <hsa/amd_hsa_queue.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <stddef.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/clock.h"
#include "sim/cp/cwsr.h"
#include "sim/cp/dispatch.h"
#include "sim/cp/groups.h"
#include "sim/cp/pm4.h"
#include "sim/cp/signal.h"
#include "sim/fault/fault.h"
#include "sim/kfd/gpuvm.h"

#define PACKET_BYTES 64u
#define FORMAT_PM4_IB                                                                              \
	1u /* AMD_AQL_FORMAT_PM4_IB of ROCr; the public header names only BARRIER_VALUE */
#define PACKETS_PER_TURN 64

/* What happens to the packet at the head of the unread ones. */
enum fetch {
	FETCH_TAKEN,
	FETCH_WAIT_EARLIER, /* until packets before it are complete or launched */
	FETCH_WAIT_MEMORY,  /* until somebody writes a signal or the header */
	FETCH_STOPPED,	    /* an error */
};

union packet {
	_Atomic uint16_t header;
	hsa_kernel_dispatch_packet_t dispatch;
	hsa_barrier_and_packet_t barrier;
	hsa_amd_vendor_packet_header_t vendor;
	hsa_amd_barrier_value_packet_t barrier_value;
	struct aql_pm4_ib_packet pm4_ib;
};
_Static_assert(sizeof(union packet) == PACKET_BYTES, "AQL packet");
_Static_assert(offsetof(hsa_kernel_dispatch_packet_t, completion_signal) == 56, "AQL packet");
_Static_assert(offsetof(hsa_barrier_and_packet_t, completion_signal) == 56, "AQL packet");
_Static_assert(offsetof(hsa_amd_barrier_value_packet_t, completion_signal) == 56, "AQL packet");
_Static_assert(sizeof(hsa_barrier_and_packet_t) == sizeof(hsa_barrier_or_packet_t), "same layout");

static amd_queue_t *aql_queue(struct cp_queue *q)
{
	return gpuvm_host(q->gpu->index, q->rptr_va - offsetof(amd_queue_t, read_dispatch_id),
		sizeof(amd_queue_t), true);
}

static union packet *aql_slot(struct cp_queue *q, uint64_t index)
{
	uint64_t va = q->ring_va + index * PACKET_BYTES % q->ring_bytes;
	union packet *p = gpuvm_host(q->gpu->index, va, PACKET_BYTES, true);

	if (!p)
		queue_fault(q, va, false);
	return p;
}

static struct aql_entry *aql_entry(struct cp_queue *q, uint64_t index)
{
	return &q->aql.window[index % AQL_WINDOW];
}

int aql_init(struct cp_queue *q)
{
	_Atomic uint64_t *read = gpuvm_host(q->gpu->index, q->rptr_va, sizeof(*read), true);

	if (!read)
		return -EFAULT;
	/* Relaxed: the runtime set it before it asked for the queue. */
	q->aql.read = atomic_load_explicit(read, memory_order_relaxed);
	q->aql.fetch = q->aql.limit = q->aql.read;
	return 0;
}

/* Packets from @from on came at @now_ns. Where arrivals are put together, the later time counts: nothing starts before it came. */
static void aql_arrive(struct cp_queue *q, uint64_t from, uint64_t now_ns)
{
	struct aql_state *a = &q->aql;

	if (a->arrivals == AQL_ARRIVALS)
		a->arrival[(a->first_arrival + a->arrivals - 1) % AQL_ARRIVALS].ns = now_ns;
	else {
		uint32_t i = (a->first_arrival + a->arrivals++) % AQL_ARRIVALS;
		a->arrival[i].from = from;
		a->arrival[i].ns = now_ns;
	}
}

/* When the packet at @index came, or 0; packets are asked for in order. */
static uint64_t aql_arrived_ns(struct cp_queue *q, uint64_t index)
{
	struct aql_state *a = &q->aql;

	while (a->arrivals > 1 && a->arrival[(a->first_arrival + 1) % AQL_ARRIVALS].from <= index) {
		a->first_arrival = (a->first_arrival + 1) % AQL_ARRIVALS;
		a->arrivals--;
	}
	return a->arrivals && a->arrival[a->first_arrival].from <= index ? a->arrival[a->first_arrival].ns : 0;
}

void aql_doorbell(struct cp_queue *q, uint64_t now_ns)
{
	_Atomic uint64_t *write = gpuvm_host(q->gpu->index, q->wptr_va, sizeof(*write), false);

	if (!write) {
		queue_fault(q, q->wptr_va, false);
		return;
	}
	/* Acquire: pairs with the application's release of the index; headers are acquired one by
	 * one. */
	uint64_t limit = atomic_load_explicit(write, memory_order_acquire);
	if (limit > q->aql.limit) {
		aql_arrive(q, q->aql.limit, now_ns);
		q->aql.limit = limit;
	}
}

/* What is in flight and was not over at @then_ns happens @ns later. */
static void aql_shift(struct cp_queue *q, uint64_t then_ns, uint64_t ns)
{
	uint32_t khz = q->gpu->machine.shader_khz;
	uint64_t then = cp_ns_to_cycles(then_ns, khz), shift = cp_ns_to_cycles(ns, khz);

	for (uint64_t i = q->aql.read; i < q->aql.fetch; i++) {
		struct cp_dispatch *d = aql_entry(q, i)->dispatch;
		if (d && d->end_cycles > then)
			d->end_cycles += shift;
		if (d && d->start_cycles > then)
			d->start_cycles += shift;
	}
}

void aql_map(struct cp_queue *q, uint64_t now_ns)
{
	if (q->aql.unmapped_ns && now_ns > q->aql.unmapped_ns)
		aql_shift(q, q->aql.unmapped_ns, now_ns - q->aql.unmapped_ns);
	q->aql.unmapped_ns = 0;
	q->gpu->place = true;
	aql_doorbell(q, now_ns);
}

void aql_pause(struct cp_queue *q, uint64_t begin_ns, uint64_t ns)
{
	aql_shift(q, begin_ns, ns);
	groups_shift(q, cp_ns_to_cycles(ns, q->gpu->machine.shader_khz));
}

bool aql_busy(const struct cp_queue *q)
{
	return q->aql.read < q->aql.limit;
}

void aql_unmap(struct cp_queue *q, uint64_t now_ns)
{
	q->aql.unmapped_ns = now_ns;
	groups_save(q, now_ns);
	cwsr_save(q);
}

void aql_fini(struct cp_queue *q)
{
	struct aql_state *a = &q->aql;

	groups_drop(q);
	for (uint64_t i = a->read; i < a->fetch; i++)
		dispatch_free(aql_entry(q, i)->dispatch);
	a->fetch = a->read;
	a->placing = NULL;
}

/* Model time at which the packet at @index can start when everything before it that matters ended
 * at @after_ns. */
static uint64_t aql_start_ns(struct cp_queue *q, uint64_t index, uint64_t after_ns, uint64_t now_ns)
{
	uint64_t start = after_ns, arrived = aql_arrived_ns(q, index);

	if (start < arrived)
		start = arrived;
	if (now_ns > CP_LAG_MAX_NS && start < now_ns - CP_LAG_MAX_NS)
		start = now_ns - CP_LAG_MAX_NS;
	return cp_queue_start_ns(q, start);
}

static void aql_complete(struct cp_queue *q, uint64_t index, uint64_t end_ns)
{
	struct aql_entry *e = aql_entry(q, index);

	dispatch_free(e->dispatch);
	e->dispatch = NULL;
	e->done = true;
	if (end_ns > q->aql.last_end_ns)
		q->aql.last_end_ns = end_ns;
	if (signal_complete(q, e->signal, e->start_ns, end_ns) < 0)
		queue_fault(q, e->signal, true);
	union packet *p = aql_slot(q, index);
	if (p) {
		/* Release: nothing of the packet is read any more. Pairs with the producer that
		 * sees the read index pass it. */
		atomic_store_explicit(&p->header, HSA_PACKET_TYPE_INVALID << HSA_PACKET_HEADER_TYPE,
			memory_order_release);
	}
}

/* Single-use scratch goes back to the runtime as soon as its dispatch has ended. */
static void aql_scratch_used(struct cp_queue *q)
{
	amd_queue_t *aq = aql_queue(q);

	if (!aq || !(aq->queue_properties & AMD_QUEUE_PROPERTIES_USE_SCRATCH_ONCE))
		return;
	q->aql.hold = AQL_HOLD_SCRATCH_RECLAIM;
	if (signal_store(q, aq->queue_inactive_signal.handle, QUEUE_ERROR_SCRATCH_RECLAIM) < 0)
		queue_fault(q, aq->queue_inactive_signal.handle, true);
}

static void aql_retire(struct cp_queue *q, struct cp_turn *turn)
{
	struct aql_state *a = &q->aql;
	uint64_t read = a->read;

	for (uint64_t i = a->read; i < a->fetch; i++) {
		struct aql_entry *e = aql_entry(q, i);
		struct cp_dispatch *d = e->dispatch;
		if (e->done || !d || d->ended < d->total)
			continue;
		uint64_t end_ns = cp_cycles_to_ns(d->end_cycles, q->gpu->machine.shader_khz);
		if (end_ns > turn->now_ns) {
			cp_turn_wake(turn, end_ns);
			continue;
		}
		bool scratch = d->scratch;
		aql_complete(q, i, end_ns);
		turn->progress = true;
		if (scratch)
			aql_scratch_used(q);
	}
	while (read < a->fetch && aql_entry(q, read)->done)
		read++;
	if (read == a->read || q->halted)
		return;
	a->read = read;
	amd_queue_t *aq = aql_queue(q);
	if (!aq) {
		queue_fault(q, q->rptr_va, true);
		return;
	}
	/* Release: the packets' effects and headers come first. Pairs with
	 * hsa_queue_load_read_index_scacquire(). */
	atomic_store_explicit(
		(_Atomic uint64_t *)&aq->read_dispatch_id, read, memory_order_release);
}

static enum fetch aql_stop(struct cp_queue *q, int64_t code)
{
	sim_count(&sim_stats.errors_packet, 1);
	queue_stop(q, code);
	return FETCH_STOPPED;
}

/* A packet is on its way: what waits for it is in the window. */
static struct aql_entry *aql_take(
	struct cp_queue *q, enum aql_kind kind, uint64_t signal, uint64_t start_ns)
{
	struct aql_entry *e = aql_entry(q, q->aql.fetch++);

	*e = (struct aql_entry){.kind = kind, .signal = signal, .start_ns = start_ns};
	return e;
}

static enum fetch fetch_dispatch(
	struct cp_queue *q, const union packet *p, bool barrier, struct cp_turn *turn)
{
	struct aql_state *a = &q->aql;
	struct cp_dispatch *d;
	uint64_t fault_va, index = a->fetch;
	uint64_t start = aql_start_ns(q, index, a->last_end_ns, turn->now_ns);

	if (!barrier && index > a->read) {
		/* It overlaps those before it: it starts when it could be launched. */
		start = aql_start_ns(q, index, aql_entry(q, index - 1)->start_ns, turn->now_ns);
	}
	int r = dispatch_new(q, index, &p->dispatch, start, &d, &fault_va);
	if (r && a->read < index)
		return FETCH_WAIT_EARLIER; /* errors and requests are about the packet at the read
					      index */
	if (r == QUEUE_ERROR_SCRATCH) {
		amd_queue_t *aq = aql_queue(q);
		if (a->scratch_asked == index + 1) {
			sim_log(SIM_LOG_ERROR,
				"queue %u: the runtime provides less scratch than the packet's %u "
				"bytes",
				q->id, p->dispatch.private_segment_size);
			return aql_stop(q, QUEUE_ERROR_GROUP_MEMORY);
		}
		a->scratch_asked = index + 1;
		a->hold = AQL_HOLD_SCRATCH;
		if (!aq || signal_store(q, aq->queue_inactive_signal.handle, QUEUE_ERROR_SCRATCH) <
				   0) {
			queue_fault(q, q->rptr_va, true);
			return FETCH_STOPPED;
		}
		return FETCH_WAIT_MEMORY;
	}
	if (r == -EFAULT) {
		queue_fault(q, fault_va, false);
		return FETCH_STOPPED;
	}
	if (r == -ENOMEM) {
		sim_log(SIM_LOG_ERROR, "queue %u: no memory for a dispatch", q->id);
		return aql_stop(q, QUEUE_ERROR_CODE);
	}
	if (r)
		return aql_stop(q, r);
	aql_take(q, AQL_DISPATCH, p->dispatch.completion_signal.handle, start)->dispatch = d;
	/* One that hangs gets no group on the GPU, and so never ends. */
	if (!fault_dispatch(q->gpu->index, q->id))
		a->placing = d;
	q->gpu->place = true;
	sim_count(&sim_stats.packets_dispatch, 1);
	sim_count(&sim_stats.dispatches, 1);
	return FETCH_TAKEN;
}

/* Return: 1 satisfied, 0 not yet, -EFAULT. */
static int barrier_satisfied(struct cp_queue *q, const hsa_barrier_and_packet_t *p, bool any)
{
	bool some = false;

	for (int i = 0; i < 5; i++) {
		int64_t value;
		if (!p->dep_signal[i].handle)
			continue;
		if (signal_load(q, p->dep_signal[i].handle, &value) < 0) {
			queue_fault(q, p->dep_signal[i].handle, false);
			return -EFAULT;
		}
		some = true;
		if (any && !value)
			return 1;
		if (!any && value)
			return 0;
	}
	return !any || !some;
}

static int value_satisfied(struct cp_queue *q, const hsa_amd_barrier_value_packet_t *p)
{
	int64_t value;

	if (!p->signal.handle)
		return 1;
	if (signal_load(q, p->signal.handle, &value) < 0) {
		queue_fault(q, p->signal.handle, false);
		return -EFAULT;
	}
	value &= p->mask;
	switch (p->cond) {
	case HSA_SIGNAL_CONDITION_EQ:
		return value == p->value;
	case HSA_SIGNAL_CONDITION_NE:
		return value != p->value;
	case HSA_SIGNAL_CONDITION_LT:
		return value < p->value;
	case HSA_SIGNAL_CONDITION_GTE:
		return value >= p->value;
	default:
		return -EINVAL;
	}
}

static enum fetch fetch_done(struct cp_queue *q, uint64_t signal, struct cp_turn *turn)
{
	uint64_t index = q->aql.fetch;
	uint64_t start = aql_start_ns(q, index, q->aql.last_end_ns, turn->now_ns);

	aql_take(q, AQL_BARRIER, signal, start);
	aql_complete(q, index, start);
	return FETCH_TAKEN;
}

/* What lies behind a packet that waited has not been able to start before now. */
static void aql_waiting(struct cp_queue *q, struct cp_turn *turn)
{
	q->aql.arrivals = 0;
	aql_arrive(q, q->aql.fetch, turn->now_ns);
}

static enum fetch fetch_barrier(struct cp_queue *q, int satisfied, uint64_t signal,
	_Atomic uint64_t *counter, struct cp_turn *turn)
{
	if (satisfied == -EINVAL)
		return q->aql.read < q->aql.fetch ? FETCH_WAIT_EARLIER
						  : aql_stop(q, QUEUE_ERROR_VENDOR_PACKET);
	if (satisfied < 0)
		return FETCH_STOPPED;
	if (!satisfied) {
		aql_waiting(q, turn);
		return FETCH_WAIT_MEMORY;
	}
	sim_count(counter, 1);
	return fetch_done(q, signal, turn);
}

static enum fetch fetch_vendor(struct cp_queue *q, union packet *p, struct cp_turn *turn)
{
	uint64_t fault_va;

	switch (p->vendor.AmdFormat) {
	case HSA_AMD_PACKET_TYPE_BARRIER_VALUE:
		return fetch_barrier(q, value_satisfied(q, &p->barrier_value),
			p->barrier_value.completion_signal.handle, &sim_stats.packets_barrier_value,
			turn);
	case FORMAT_PM4_IB:
		if (q->aql.read < q->aql.fetch)
			return FETCH_WAIT_EARLIER;
		int r = pm4_run_ib(q, &p->pm4_ib, turn->now_ns, &fault_va);
		if (r == -EFAULT) {
			queue_fault(q, fault_va, true);
			return FETCH_STOPPED;
		}
		if (r)
			return aql_stop(q, QUEUE_ERROR_VENDOR_PACKET);
		sim_count(&sim_stats.packets_pm4_ib, 1);
		return fetch_done(q, p->pm4_ib.completion_signal, turn);
	default:
		if (q->aql.read < q->aql.fetch)
			return FETCH_WAIT_EARLIER;
		sim_log(SIM_LOG_WARNING,
			"queue %u: vendor packet of unknown format %u at index %llu", q->id,
			p->vendor.AmdFormat, (unsigned long long)q->aql.fetch);
		return aql_stop(q, QUEUE_ERROR_VENDOR_PACKET);
	}
}

static enum fetch aql_fetch(struct cp_queue *q, struct cp_turn *turn)
{
	struct aql_state *a = &q->aql;
	uint64_t index = a->fetch;

	union packet *p = aql_slot(q, index);
	if (!p)
		return FETCH_STOPPED;
	/* Acquire: the packet is complete when its type is. Pairs with the producer's release of
	 * the header. */
	uint16_t header = atomic_load_explicit(&p->header, memory_order_acquire);
	unsigned type = header >> HSA_PACKET_HEADER_TYPE & 0xff;
	bool barrier = header >> HSA_PACKET_HEADER_BARRIER & 1;

	if (type == HSA_PACKET_TYPE_INVALID) {
		aql_waiting(q, turn);
		return FETCH_WAIT_MEMORY;
	}
	if (barrier && a->read < index)
		return FETCH_WAIT_EARLIER;
	switch (type) {
	case HSA_PACKET_TYPE_KERNEL_DISPATCH:
		return fetch_dispatch(q, p, barrier, turn);
	case HSA_PACKET_TYPE_BARRIER_AND:
	case HSA_PACKET_TYPE_BARRIER_OR: {
		bool any = type == HSA_PACKET_TYPE_BARRIER_OR;
		return fetch_barrier(q, barrier_satisfied(q, &p->barrier, any),
			p->barrier.completion_signal.handle,
			any ? &sim_stats.packets_barrier_or : &sim_stats.packets_barrier_and, turn);
	}
	case HSA_PACKET_TYPE_VENDOR_SPECIFIC:
		return fetch_vendor(q, p, turn);
	default:
		if (a->read < index)
			return FETCH_WAIT_EARLIER;
		sim_count(&sim_stats.packets_invalid, 1);
		sim_log(SIM_LOG_WARNING, "queue %u: malformed packet of type %u at index %llu",
			q->id, type, (unsigned long long)index);
		return aql_stop(q, QUEUE_ERROR_PACKET);
	}
}

/* Return: whether the queue has to wait. */
static bool aql_held(struct cp_queue *q, struct cp_turn *turn)
{
	int64_t value;

	if (q->aql.hold == AQL_HOLD_NONE)
		return false;
	amd_queue_t *aq = aql_queue(q);
	if (!aq || signal_load(q, aq->queue_inactive_signal.handle, &value) < 0) {
		queue_fault(q, q->rptr_va, false);
		return true;
	}
	if (value) {
		/* The runtime stores -1 when it could not help: the queue stays as it is. */
		turn->poll = value != -1;
		aql_waiting(q, turn);
		return true;
	}
	q->aql.hold = AQL_HOLD_NONE;
	return false;
}

void aql_packets(struct cp_queue *q, struct cp_turn *turn)
{
	struct aql_state *a = &q->aql;

	aql_retire(q, turn);
	if (q->halted || aql_held(q, turn))
		return;
	for (int n = 0; n < PACKETS_PER_TURN; n++) {
		uint64_t limit = a->limit;
		uint64_t size = q->ring_bytes / PACKET_BYTES;

		/* Slots beyond one ring's length are not packets of their own yet. */
		if (limit > a->read + size)
			limit = a->read + size;
		/* Launch order: the groups of one dispatch are placed before those of the next. */
		if (a->fetch >= limit || a->fetch - a->read == AQL_WINDOW || a->placing)
			return;
		enum fetch f = aql_fetch(q, turn);
		if (f == FETCH_WAIT_MEMORY)
			turn->poll = true;
		if (f != FETCH_TAKEN)
			return;
		turn->progress = true;
		aql_retire(q, turn);
		if (q->halted || q->aql.hold)
			return;
	}
}
