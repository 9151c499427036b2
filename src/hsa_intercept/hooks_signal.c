/* SPDX-License-Identifier: MIT */
/*
 * The four signal stores that can ring a doorbell. Every signal store of the program passes here, so a signal that is no
 * doorbell is told apart by its kind, on a cache line the store is about to touch anyway.
 */
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>

#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/vqueue.h"

/* The gate behind a doorbell that this thread did not use last, NULL for any other signal. */
static __attribute__((noinline)) struct gate *gate_look_up(hsa_signal_t signal)
{
	const amd_signal_t *s = (const amd_signal_t *)(uintptr_t)signal.handle;
	struct vqueue *vq = NULL;

	if (s->kind == AMD_SIGNAL_KIND_DOORBELL || s->kind == AMD_SIGNAL_KIND_LEGACY_DOORBELL)
		/* hsa_queue_t is the first member of amd_queue_t. */
		vq = vqueue_find((uintptr_t)s->queue_ptr);
	else if (atomic_load_explicit(&vqueue_soft_doorbells, memory_order_relaxed))
		vq = vqueue_find((uintptr_t)signal.handle);
	return vq ? &vq->gate : NULL;
}

/* Any signal but the doorbell that this thread rang last. */
static __attribute__((noinline)) void store_elsewhere(
	hsa_signal_t signal, hsa_signal_value_t value, signal_store_fn native)
{
	struct gate *g = gate_look_up(signal);

	if (!g || !gate_doorbell(g, (uint64_t)value))
		native(signal, value);
}

#define STORE_HOOK(name)                                                                                               \
	static __attribute__((hot)) void name(hsa_signal_t signal, hsa_signal_value_t value)                           \
	{                                                                                                              \
		struct section_slot *self = section_self;                                                              \
                                                                                                                       \
		if (!self || atomic_load_explicit(&self->cached_doorbell, memory_order_relaxed) != signal.handle) {    \
			store_elsewhere(signal, value, next.name);                                                     \
			return;                                                                                        \
		}                                                                                                      \
		struct gate *g = atomic_load_explicit(&self->cached_gate, memory_order_relaxed);                       \
                                                                                                                       \
		if (gate_mode_is_native(atomic_load_explicit(&g->mode, memory_order_acquire)))                         \
			next.name(signal, value);                                                                      \
		else                                                                                                   \
			gate_doorbell_gated(g, (uint64_t)value);                                                       \
	}
STORE_HOOK(signal_store_relaxed)
STORE_HOOK(signal_store_screlease)
STORE_HOOK(signal_silent_store_relaxed)
STORE_HOOK(signal_silent_store_screlease)

#define ROW(name)                                                                                                      \
	{                                                                                                              \
		"hsa_" #name, CORE_hsa_##name, 0, (void *)name, (void **)&next.name                                    \
	}
const struct hook hooks_signal[] = {
	ROW(signal_store_relaxed), ROW(signal_store_screlease), ROW(signal_silent_store_relaxed),
	ROW(signal_silent_store_screlease), {0},
};
