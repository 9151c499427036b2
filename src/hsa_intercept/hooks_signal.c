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

static inline struct vqueue *vqueue_of_doorbell(hsa_signal_t signal)
{
	const amd_signal_t *s = (const amd_signal_t *)(uintptr_t)signal.handle;

	if (__builtin_expect(s->kind == AMD_SIGNAL_KIND_DOORBELL || s->kind == AMD_SIGNAL_KIND_LEGACY_DOORBELL, 0))
		/* hsa_queue_t is the first member of amd_queue_t. */
		return vqueue_find((uintptr_t)s->queue_ptr);
	if (__builtin_expect(atomic_load_explicit(&vqueue_soft_doorbells, memory_order_relaxed) != 0, 0))
		return vqueue_find((uintptr_t)signal.handle);
	return NULL;
}

#define STORE_HOOK(name)                                                                                               \
	static __attribute__((hot)) void name(hsa_signal_t signal, hsa_signal_value_t value)                           \
	{                                                                                                              \
		struct vqueue *vq = vqueue_of_doorbell(signal);                                                        \
                                                                                                                       \
		if (!vq || !gate_doorbell(&vq->gate, (uint64_t)value))                                                 \
			next.name(signal, value);                                                                      \
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
