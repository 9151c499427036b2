/* SPDX-License-Identifier: MIT */
/*
 * Producer sections: let the one who moves a gate between its modes wait until no producer is between reading the mode and
 * acting on it, while producers pay two plain stores. Each thread has a slot that only it writes; the mover reads all slots.
 *
 * The producer's "store slot, then load mode" needs a full fence against the mover's "store mode, then load slots". Only
 * the mover executes one, on every CPU, by membarrier(2). Where that is refused, and for threads beyond the number of slots, producers
 * use a counter in the gate with sequentially consistent order instead.
 */
#ifndef AQL_SECTION_H
#define AQL_SECTION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECTION_SLOTS 512

struct gate;

/* One thread's slot, on a cache line of its own. */
struct section_slot {
	_Atomic(const struct gate *) busy; /* writer: the owning thread; reader: gate movers */
	_Atomic bool taken;                /* claimed by compare-and-swap, released at thread exit */

	/* The gate this thread used last and the two handles it is known by, so that most packets need no look-up. Writer: the
	 * owning thread; section_forget() clears it for all. */
	_Atomic uintptr_t cached_queue, cached_doorbell;
	_Atomic(struct gate *) cached_gate;

	/* The owning thread's latest reservation of more than one packet, merged while contiguous: its packets are complete when
	 * that thread rings a doorbell, whatever value it rings with. Used by the owning thread alone. */
	uint64_t reserved_gate; /* gate.id */
	uint64_t reserved_from, reserved_to;
} __attribute__((aligned(64)));

extern _Thread_local struct section_slot *section_self __attribute__((tls_model("initial-exec")));

/** section_leave() - the thread of @self acts on no write index any more */
static inline void section_leave(struct section_slot *self)
{
	/* Release: the mover that sees the section ended sees its effects. Pairs with section_wait(). */
	atomic_store_explicit(&self->busy, NULL, memory_order_release);
}

/**
 * section_init() - once per process, before the first gate; any number of calls
 * Return: 0; a negative errno when thread exit cannot be observed (producers then use the slow path).
 */
int section_init(void);
/**
 * section_claim() - give the calling thread a slot if one is free; called when section_self is NULL
 * Return: the slot, or NULL: use the gate's counter.
 */
struct section_slot *section_claim(void);
/** section_note() - the thread of @self reserved @count packets from @from in the shadow of gate @id */
void section_note(struct section_slot *self, uint64_t id, uint64_t from, uint64_t count);
/** section_note_and_leave() - both, and return @from: one call in tail position */
uint64_t section_note_and_leave(struct section_slot *self, uint64_t id, uint64_t from, uint64_t count);
/** section_fence() - full fence on every CPU that runs this process */
void section_fence(void);
/** section_wait() - until no thread's slot is busy on @g; call after the mode was stored and section_fence() */
void section_wait(const struct gate *g);
/** section_forget() - no thread finds @g by its cache any more; when the queue is destroyed */
void section_forget(const struct gate *g);
/** section_fork_child() - in a forked child: the parent's other threads are gone, and so are their sections */
void section_fork_child(void);

/**
 * section_pause() - let time pass before looking again at what another thread is about to do
 * @turn: how often the caller has looked; from 0
 * Context: may sleep for some microseconds.
 */
void section_pause(unsigned turn);

#endif
