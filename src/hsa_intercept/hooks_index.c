/* SPDX-License-Identifier: MIT */
/*
 * The twelve write-index entry points. While a queue is in bypass they call the next table entry; otherwise the application's
 * write index is the gate's shadow. Orders: the shadow's are the real index's, so one form serves all.
 */
#include "src/aql/brake.h"
#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/observe.h"
#include "src/hsa_intercept/vqueue.h"

#define HOT __attribute__((hot))

_Thread_local struct observation observe_self __attribute__((tls_model("initial-exec")));

void observe_begin(void)
{
	observe_self = (struct observation){.on = true};
	/* Else a packet for the queue that was used last would not be seen. */
	if (section_self)
		atomic_store_explicit(&section_self->cached_queue, 0, memory_order_relaxed);
}

const hsa_queue_t *observe_end(void)
{
	observe_self.on = false;
	return observe_self.queue;
}

/* Look the queue up, and remember it for the thread's next packet. @writes: packets are reserved. */
static __attribute__((noinline)) struct gate *gate_look_up(const hsa_queue_t *queue, bool writes)
{
	struct vqueue *vq = vqueue_find((uintptr_t)queue);
	struct section_slot *self = section_self;

	if (!vq)
		return NULL;
	if (__builtin_expect(observe_self.on, 0)) {
		/* Not remembered, so that the next comes here too. */
		if (writes)
			observe_self.queue = vq->queue;
		return &vq->gate;
	}
	if (self) {
		atomic_store_explicit(&self->cached_gate, &vq->gate, memory_order_relaxed);
		atomic_store_explicit(&self->cached_doorbell, vq->doorbell.handle, memory_order_relaxed);
		atomic_store_explicit(&self->cached_queue, (uintptr_t)queue, memory_order_relaxed);
	}
	return &vq->gate;
}

static struct gate *gate_of(const hsa_queue_t *queue, bool writes)
{
	struct section_slot *self = section_self;

	if (self && atomic_load_explicit(&self->cached_queue, memory_order_relaxed) == (uintptr_t)queue)
		return atomic_load_explicit(&self->cached_gate, memory_order_relaxed);
	return gate_look_up(queue, writes);
}

/* The calling thread is in a section of @g, whose @mode is not native. */
static uint64_t add_shadow(struct gate *g, uint32_t mode, uint64_t count)
{
	uint64_t from, index;

	if (mode & GATE_BRAKED)
		index = brake_reserve(g, count, &from);
	else
		index = from = atomic_fetch_add_explicit(&g->shadow, count, memory_order_acq_rel);
	/* With the brake, so that reservations that follow each other are seen to. */
	if (count != 1)
		gate_note(g, from, index - from + count);
	return index;
}

/* A queue that this thread did not use last, or none of ours, or one that is being moved. */
static __attribute__((noinline)) uint64_t add_slow(const hsa_queue_t *queue, uint64_t count, add_index_fn native)
{
	struct gate *g = gate_look_up(queue, true);
	uint64_t index;

	if (!g)
		return native(queue, count);
	uint32_t mode = gate_enter(g);
	index = gate_mode_is_native(mode) ? native(queue, count) : add_shadow(g, mode, count);
	gate_leave(g);
	return index;
}

/* The section of @self has begun, unless the gate is being moved. */
static __attribute__((noinline)) uint64_t add_unusual(
	const hsa_queue_t *queue, uint64_t count, struct section_slot *self, add_index_fn native, struct gate *g, uint32_t mode)
{
	if (mode == GATE_MOVING)
		return add_slow(queue, count, native);
	uint64_t index = add_shadow(g, mode, count);

	section_leave(self);
	return index;
}

/* In bypass, the section of @self begun. Arguments in this order stay in the registers they came in. */
static __attribute__((noinline)) uint64_t add_native(
	const hsa_queue_t *queue, uint64_t count, struct section_slot *self, add_index_fn native)
{
	uint64_t index = native(queue, count);

	section_leave(self);
	return index;
}

/*
 * The one entry that every packet passes, so it is laid out to need no stack frame: everything unusual is a call in tail position.
 * Acquire and release in all forms: a release publishes nothing before the doorbell, and x86 has no weaker addition.
 */
#define ADD_HOOK(order)                                                                                                \
	static HOT uint64_t add_##order(const hsa_queue_t *queue, uint64_t count)                                      \
	{                                                                                                              \
		struct section_slot *self = section_self;                                                              \
                                                                                                                       \
		if (__builtin_expect(!self || atomic_load_explicit(&self->cached_queue, memory_order_relaxed) !=       \
						      (uintptr_t)queue, 0))                                            \
			return add_slow(queue, count, next.add_##order);                                               \
		struct gate *g = atomic_load_explicit(&self->cached_gate, memory_order_relaxed);                       \
		uint32_t mode = gate_enter_marked(g, self);                                                            \
                                                                                                                       \
		if (__builtin_expect(gate_mode_is_native(mode), 0))                                                    \
			return add_native(queue, count, self, next.add_##order);                                       \
		if (__builtin_expect(mode >= GATE_MOVING, 0))                                                          \
			return add_unusual(queue, count, self, next.add_##order, g, mode);                             \
		uint64_t index = atomic_fetch_add_explicit(&g->shadow, count, memory_order_acq_rel);                   \
		if (__builtin_expect(count != 1, 0))                                                                   \
			return section_note_and_leave(self, g->id, index, count);                                      \
		section_leave(self);                                                                                   \
		return index;                                                                                          \
	}
ADD_HOOK(scacq_screl)
ADD_HOOK(scacquire)
ADD_HOOK(relaxed)
ADD_HOOK(screlease)

#define CAS_HOOK(order)                                                                                                \
	static HOT uint64_t cas_##order(const hsa_queue_t *queue, uint64_t expected, uint64_t value)                   \
	{                                                                                                              \
		struct gate *g = gate_of(queue, true);                                                                 \
		uint64_t seen = expected;                                                                              \
                                                                                                                       \
		if (!g)                                                                                                \
			return next.cas_##order(queue, expected, value);                                               \
		if (gate_mode_is_native(gate_enter(g)))                                                                \
			seen = next.cas_##order(queue, expected, value);                                               \
		else if (atomic_compare_exchange_strong_explicit(                                                      \
				 &g->shadow, &seen, value, memory_order_acq_rel, memory_order_acquire))                \
			gate_note(g, expected, value - expected);                                                      \
		gate_leave(g);                                                                                         \
		return seen;                                                                                           \
	}
CAS_HOOK(scacq_screl)
CAS_HOOK(scacquire)
CAS_HOOK(relaxed)
CAS_HOOK(screlease)

#define STORE_HOOK(order)                                                                                              \
	static HOT void store_##order(const hsa_queue_t *queue, uint64_t value)                                        \
	{                                                                                                              \
		struct gate *g = gate_of(queue, true);                                                                 \
                                                                                                                       \
		if (!g) {                                                                                              \
			next.store_##order(queue, value);                                                              \
			return;                                                                                        \
		}                                                                                                      \
		bool native = gate_mode_is_native(gate_enter(g));                                                      \
                                                                                                                       \
		/* Before the first store, so that no marker comes between it and the next. */                         \
		if (!atomic_load_explicit(&g->own_index, memory_order_relaxed))                                        \
			atomic_store(&g->own_index, true);                                                             \
		if (native) {                                                                                          \
			next.store_##order(queue, value);                                                              \
		} else {                                                                                               \
			uint64_t from = atomic_load_explicit(&g->shadow, memory_order_relaxed);                        \
                                                                                                                       \
			atomic_store_explicit(&g->shadow, value, memory_order_release);                                \
			if (value > from)                                                                              \
				gate_note(g, from, value - from);                                                      \
		}                                                                                                      \
		gate_leave(g);                                                                                         \
	}
STORE_HOOK(relaxed)
STORE_HOOK(screlease)

#define LOAD_HOOK(order)                                                                                               \
	static HOT uint64_t load_##order(const hsa_queue_t *queue)                                                     \
	{                                                                                                              \
		struct gate *g = gate_of(queue, false);                                                                \
		uint64_t index;                                                                                        \
                                                                                                                       \
		if (!g)                                                                                                \
			return next.load_##order(queue);                                                               \
		if (gate_mode_is_native(gate_enter(g)))                                                                \
			index = next.load_##order(queue);                                                              \
		else                                                                                                   \
			index = atomic_load_explicit(&g->shadow, memory_order_acquire);                                \
		gate_leave(g);                                                                                         \
		return index;                                                                                          \
	}
LOAD_HOOK(scacquire)
LOAD_HOOK(relaxed)

#define ROW(kind, order)                                                                                               \
	{                                                                                                              \
		"hsa_queue_" #kind "_write_index_" #order, CORE_hsa_queue_##kind##_write_index_##order, 0,             \
			(void *)kind##_##order, (void **)&next.kind##_##order                                          \
	}
const struct hook hooks_index[] = {
	ROW(load, scacquire), ROW(load, relaxed), ROW(store, relaxed), ROW(store, screlease), ROW(cas, scacq_screl),
	ROW(cas, scacquire), ROW(cas, relaxed), ROW(cas, screlease), ROW(add, scacq_screl), ROW(add, scacquire),
	ROW(add, relaxed), ROW(add, screlease), {0},
};
