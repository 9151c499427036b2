/* SPDX-License-Identifier: MIT */
/*
 * The twelve write-index entry points. While a queue is in bypass they call the next table entry; otherwise the application's
 * write index is the gate's shadow. Orders: the shadow's are the real index's, so one form serves all.
 */
#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/vqueue.h"

#define HOT __attribute__((hot))

static inline struct gate *gate_of(const hsa_queue_t *queue)
{
	struct vqueue *vq = vqueue_find((uintptr_t)queue);

	return vq ? &vq->gate : NULL;
}

/* Acquire and release in all forms: a release publishes nothing before the doorbell, and x86 has no weaker addition. */
#define ADD_HOOK(order)                                                                                                \
	static HOT uint64_t add_##order(const hsa_queue_t *queue, uint64_t count)                                      \
	{                                                                                                              \
		struct gate *g = gate_of(queue);                                                                       \
		uint64_t index;                                                                                        \
                                                                                                                       \
		if (!g)                                                                                                \
			return next.add_##order(queue, count);                                                         \
		if (gate_mode_is_native(gate_enter(g))) {                                                              \
			index = next.add_##order(queue, count);                                                        \
		} else {                                                                                               \
			index = atomic_fetch_add_explicit(&g->shadow, count, memory_order_acq_rel);                    \
			gate_note(g, index, count);                                                                    \
		}                                                                                                      \
		gate_leave(g);                                                                                         \
		return index;                                                                                          \
	}
ADD_HOOK(scacq_screl)
ADD_HOOK(scacquire)
ADD_HOOK(relaxed)
ADD_HOOK(screlease)

#define CAS_HOOK(order)                                                                                                \
	static HOT uint64_t cas_##order(const hsa_queue_t *queue, uint64_t expected, uint64_t value)                   \
	{                                                                                                              \
		struct gate *g = gate_of(queue);                                                                       \
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
		struct gate *g = gate_of(queue);                                                                       \
                                                                                                                       \
		if (!g) {                                                                                              \
			next.store_##order(queue, value);                                                              \
			return;                                                                                        \
		}                                                                                                      \
		if (gate_mode_is_native(gate_enter(g))) {                                                              \
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
		struct gate *g = gate_of(queue);                                                                       \
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
