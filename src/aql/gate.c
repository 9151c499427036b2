/* SPDX-License-Identifier: MIT */
/*
 * The gate: who owns it, how it moves between modes, and what it publishes; see gate.h and gate_own.h. Every doorbell passes here.
 *
 * Ownership is one word: whoever moves `doorbells` from 0 owns the gate, everybody else adds one and leaves, and the owner starts over
 * until it can move the word it last saw back to 0: no doorbell is lost, and no thread waits to ring.
 *
 * Lock order: gate ownership > nothing. A thread inside a producer section never takes ownership; an owner may wait for sections.
 */
#include "src/aql/arrival.h"
#include "src/aql/brake.h"
#include "src/aql/gate_own.h"
#include "src/common/barrier.h"
#include "src/common/probe.h"

/* A valid header beyond every doorbell value seen belongs to a producer that has not rung yet. Its body may still be
 * in the making (some clients copy packets header first), so it is trusted only after this long. */
#define GATE_SETTLE_NS 1000

void gate_mode_set(struct gate *g, enum gate_mode mode)
{
	uint32_t braked = g->brake_ns && (mode == GATE_OPEN || mode == GATE_CLOSED) ? GATE_BRAKED : 0;

	/* Release: the indices that go with the mode are in place. Pairs with gate_enter() and gate_mode_now(). */
	atomic_store_explicit(&g->mode, mode | braked, memory_order_release);
}

uint32_t gate_enter_slow(struct gate *g)
{
	struct section_slot *self = section_self ? section_self : section_claim();
	unsigned turns = 0;

	/* gate_enter_marked() left it so; the mover waits for it. */
	if (self)
		atomic_store_explicit(&self->busy, NULL, memory_order_release);

	for (;; turns++) {
		uint32_t mode;

		if (self) {
			atomic_store_explicit(&self->busy, g, memory_order_relaxed);
			atomic_signal_fence(memory_order_seq_cst);
			/* Acquire: as in gate_enter_marked(). */
			mode = atomic_load_explicit(&g->mode, memory_order_acquire);
			if (mode != GATE_MOVING)
				return mode;
			atomic_store_explicit(&self->busy, NULL, memory_order_release);
		} else {
			/* Sequentially consistent, both: either the mover sees the count, or we see its mode. */
			atomic_fetch_add(&g->producers, 1);
			mode = atomic_load(&g->mode);
			if (mode != GATE_MOVING)
				return mode;
			atomic_fetch_sub_explicit(&g->producers, 1, memory_order_release);
		}
		/* The mover needs microseconds. */
		section_pause(turns);
	}
}

/* Let the packet processor see packets below @write_index. Must own the gate. */
static inline void real_store(struct gate *g, uint64_t write_index)
{
	if (__builtin_expect(g->chained, 0))
		g->ops->store(g, write_index);
	else
		/* Release: the packets below. Pairs with the packet processor, which fetches them behind the index. */
		atomic_store_explicit(g->real_write, write_index, memory_order_release);
}

void gate_own(struct gate *g)
{
	for (unsigned turns = 0;; turns++) {
		uint32_t none = 0;

		/* Acquire: the previous owner's fields. Pairs with the release in gate_disown(). */
		if (atomic_compare_exchange_weak_explicit(
			    &g->doorbells, &none, 1, memory_order_acquire, memory_order_relaxed))
			return;
		section_pause(turns);
	}
}

void gate_move(struct gate *g, enum gate_mode target)
{
	bool was_native = gate_mode_is_native(gate_mode_now(g));

	g->open_below = 0;
	atomic_store(&g->mode, GATE_MOVING);
	section_fence();
	section_wait(g);
	/* Acquire: pairs with the release in gate_leave(). */
	for (unsigned turns = 64; atomic_load_explicit(&g->producers, memory_order_acquire); turns++)
		section_pause(turns);

	/* Nobody reserves now. Relaxed: producers published their reservations by leaving their sections. */
	uint64_t real = atomic_load_explicit(g->real_write, memory_order_relaxed);

	if (was_native && !gate_mode_is_native(target)) {
		atomic_store_explicit(&g->shadow, real, memory_order_relaxed);
		/* What passed natively was not counted. */
		g->stats.packets += g->published - g->base;
		g->published = g->base = real;
		g->rung = max_u64(g->rung, real);
	} else if (!was_native && gate_mode_is_native(target)) {
		uint64_t shadow = atomic_load_explicit(&g->shadow, memory_order_relaxed);

		/* What remains are packets reserved but not yet written: their producers will ring natively. */
		if (shadow > real)
			real_store(g, shadow);
	}
	gate_mode_set(g, target);
}

void gate_held_record(struct gate *g)
{
	if (g->held_since_ns && g->track && g->track->trail)
		trail_held(g->track->trail, g->held_since_ns,
			atomic_load_explicit(&g->shadow, memory_order_relaxed) - g->published);
}

/*
 * Wait until the packets in [@from, limit) that look valid can be trusted: their producers ring, or they have
 * stood for GATE_SETTLE_NS. Return: the end of what is trusted.
 */
static uint64_t settle(struct gate *g, uint64_t from, uint64_t limit, struct aql_scan *scan)
{
	struct aql_scan stood = {0};
	uint64_t end = aql_ring_scan(&g->ring, from, limit, &stood);
	uint64_t start_ns = g->ops->now_ns();

	do {
		/* Acquire: the ringing producer's packets. Pairs with the release in gate_doorbell(). */
		uint64_t aside = atomic_load_explicit(&g->rung_aside, memory_order_acquire);

		if (aside > from) {
			g->rung = max_u64(g->rung, aside);
			return aql_ring_scan(&g->ring, from, min_u64(limit, aside), scan);
		}
		for (int i = 0; i < 8; i++)
			spin_pause();
	} while (g->ops->now_ns() - start_ns < GATE_SETTLE_NS);
	scan->dispatches += stood.dispatches;
	return end;
}

/* Another agent wrote the real index: what it and our producers reserved overlaps, so stand aside from now on. */
static void foreign_writer(struct gate *g, uint64_t real)
{
	brakes_end(g);
	g->track = NULL;
	gate_move(g, GATE_DETACHED);
	/* Everything reserved through the shadow is visible now; ring for it, since its producers rang already. */
	uint64_t write = atomic_load_explicit(g->real_write, memory_order_relaxed);

	if (write)
		g->ops->ring(g, write - 1);
	if (g->ops->foreign)
		g->ops->foreign(g, real);
}

/* A tracked queue has packets that are not known to be complete. Must own the gate. */
static void watch(struct gate *g, uint64_t end)
{
	if (g->watched || end <= g->track->complete)
		return;
	g->watched = true;
	g->became_busy = true;
	if (g->arrivals && g->ops->busy && !atomic_exchange_explicit(&g->arrives, true, memory_order_relaxed))
		arrival_begin(g->arrivals, g->ops->now_ns());
	if (g->ops->stir)
		g->ops->stir(g);
}

bool gate_decided(struct gate *g)
{
	return atomic_load_explicit(&g->arrives, memory_order_relaxed) &&
	       atomic_exchange_explicit(&g->arrives, false, memory_order_relaxed) && arrival_end(g->arrivals);
}

void gate_advance(struct gate *g, uint64_t from, uint64_t end)
{
	g->published = end;
	g->lets_go = false;
	g->stats.publishes++;
	PROBE3(publish, g->id, from, end);
	real_store(g, end);
	g->ops->ring(g, end - 1);
}

/* Whether nothing more may become visible although the gate is open. Must own the gate, which is tracked. */
static bool is_withheld(struct gate *g)
{
	g->barred_ns = 0;
	/* Relaxed: nothing is read behind it. */
	if (g->word && !(atomic_load_explicit(g->word, memory_order_relaxed) & g->word_mask))
		return true;
	if (g->arrivals && track_is_limited(g->track))
		g->barred_ns = arrival_bars_ns(g->arrivals, atomic_load_explicit(&g->arrives, memory_order_relaxed), g->ops->now_ns);
	return g->barred_ns != 0;
}

/* Let the packet processor see what is complete. Must own the gate, in mode OPEN. @own_to: see struct section_slot;
 * @rung: as for gate_serve(). */
static void publish(struct gate *g, uint64_t own_to, bool rung)
{
	/* Relaxed: only we store it while the gate is open; anything else is what we look for. */
	uint64_t real = atomic_load_explicit(g->real_write, memory_order_relaxed);

	if (__builtin_expect(real != g->published, 0)) {
		foreign_writer(g, real);
		return;
	}
	/* Acquire: a slot is examined only after the reservation and the consumption before it. Pairs with the producers'
	 * additions and the packet processor's stores. */
	uint64_t shadow = atomic_load_explicit(&g->shadow, memory_order_acquire);
	uint64_t read = atomic_load_explicit(g->dev_read, memory_order_acquire);
	/* A reservation may exceed the ring; its slots beyond one lap still hold older packets. */
	g->open_below = read + g->ring.mask + 1;
	uint64_t limit = min_u64(shadow, g->open_below);
	uint64_t trusted = max_u64(g->rung, own_to);
	struct aql_scan scan = {0};

	if (g->track) {
		/* Every doorbell passes here. */
		g->open_below = 0;
		track_reap(g->track, read);
		limit = min_u64(limit, track_room(g->track));
		g->withheld = is_withheld(g);
		if (g->withheld)
			limit = real;
	}
	uint64_t end = limit > real ? aql_ring_scan(&g->ring, real, min_u64(limit, trusted), &scan) : real;

	if (end >= trusted && end < limit && aql_ring_type(&g->ring, end) != AQL_PACKET_INVALID)
		end = settle(g, end, limit, &scan);
	if (g->track) {
		scan.dispatches = 0;
		if (g->brake_ns)
			g->track->brake_due = atomic_load_explicit(&g->brake_due, memory_order_relaxed);
		end = track_admit(g->track, real, end, &scan);
		if (g->brake_ns && end != real)
			brakes_adapt(g);
		if (__builtin_expect(g->track->trail && end != real, 0))
			trail_published(g->track->trail, end, end - g->track->complete, g->ops->now_ns());
		watch(g, g->withheld ? shadow : end);
	}
	if (end != real) {
		g->dispatches += scan.dispatches;
		gate_advance(g, real, end);
	} else if (__builtin_expect(read < g->base, 0) && rung) {
		/* The ring was for a packet that was visible before the gate left bypass. */
		g->ops->ring(g, real - 1);
	}
}

void gate_serve(struct gate *g, uint64_t own_to, bool rung)
{
	/* Acquire: the packets of the threads that found the gate owned. Pairs with the release in gate_doorbell(). */
	g->rung = max_u64(g->rung, atomic_load_explicit(&g->rung_aside, memory_order_acquire));

	switch (gate_mode_now(g)) {
	case GATE_OPEN:
		publish(g, own_to, rung);
		break;
	case GATE_CLOSED:
		if (g->track) {
			track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
			watch(g, atomic_load_explicit(&g->shadow, memory_order_relaxed));
		}
		if (!g->held_since_ns && atomic_load_explicit(&g->shadow, memory_order_relaxed) > g->published)
			g->held_since_ns = g->ops->now_ns();
		if (rung && atomic_load_explicit(g->dev_read, memory_order_relaxed) < g->base)
			g->ops->ring(g, g->published - 1);
		break;
	default:
		/* The gate went native after the thread looked. A value beyond what was reserved goes no further. */
		if (rung && g->rung)
			g->ops->ring(g, min_u64(g->rung, atomic_load_explicit(g->real_write, memory_order_relaxed)) - 1);
		break;
	}
}

__attribute__((noinline)) void gate_disown(struct gate *g, uint64_t own_to, uint32_t own_rings)
{
	void (*busy)(struct gate *g) = NULL;

	for (;;) {
		/* Acquire: pairs with the addition of a thread that rang while we owned the gate. */
		uint32_t rings = atomic_load_explicit(&g->doorbells, memory_order_acquire);
		/* Relaxed: asked for before the word was counted up. */
		if (__builtin_expect(atomic_load_explicit(&g->closes, memory_order_relaxed), 0)) {
			atomic_store_explicit(&g->closes, false, memory_order_relaxed);
			g->stats.doorbells--;
			gate_closed(g, true);
		}
		uint64_t counted = g->stats.doorbells;

		gate_serve(g, own_to, rings > 1 || own_rings);
		g->stats.doorbells = counted + rings - 1 + own_rings;
		if (g->became_busy)
			busy = g->ops->busy;
		g->became_busy = false;
		/* Release: our fields, for the next owner. Acquire on failure: the load above starts over. */
		if (atomic_compare_exchange_strong_explicit(
			    &g->doorbells, &rings, 0, memory_order_release, memory_order_relaxed))
			break;
		/* More rang; the word counts them all since the gate was taken. */
		g->stats.doorbells = counted;
	}
	if (busy)
		busy(g);
}

void gate_leave_be(struct gate *g)
{
	uint32_t rings = 1;

	/* Release: our fields, for the next owner. */
	if (!atomic_compare_exchange_strong_explicit(&g->doorbells, &rings, 0, memory_order_release, memory_order_relaxed))
		gate_disown(g, 0, 0);
}

/*
 * What nearly every doorbell is: the gate is open, and the packet rung for is the next and the only one that waits. Must own the gate.
 * Return: whether it was so, and the packet is published.
 */
static inline bool publish_next(struct gate *g, uint64_t value)
{
	/* Acquire: as in publish(). */
	if (g->published != value || value >= g->open_below ||
		atomic_load_explicit(&g->shadow, memory_order_acquire) != value + 1 ||
		atomic_load_explicit(g->real_write, memory_order_relaxed) != value)
		return false;
	enum aql_packet_type type = aql_ring_type(&g->ring, value);

	if (type == AQL_PACKET_INVALID)
		return false;
	if (type == AQL_PACKET_DISPATCH)
		g->dispatches++;
	g->singles++;
	g->published = value + 1;
	PROBE3(publish, g->id, value, value + 1);
	real_store(g, value + 1);
	g->ops->ring(g, value);
	return true;
}

/* The gate is owned by another thread: leave it word. Return: whether it had gone by then, and we own the gate. */
static __attribute__((noinline)) bool ring_aside(struct gate *g, uint64_t value)
{
	uint64_t aside = atomic_load_explicit(&g->rung_aside, memory_order_relaxed);

	/* Release: our packets are complete for whoever sees the value. Pairs with gate_serve() and settle(). */
	while (aside < value + 1 && !atomic_compare_exchange_weak_explicit(
					    &g->rung_aside, &aside, value + 1, memory_order_release, memory_order_relaxed))
		;
	/* Release: the value above, for the owner that sees the count. Acquire: in case we own it now. */
	return atomic_fetch_add_explicit(&g->doorbells, 1, memory_order_acq_rel) == 0;
}

/* Must own the gate by one doorbell, for @value. */
static __attribute__((noinline)) void doorbell_slow(struct gate *g, uint64_t value)
{
	struct section_slot *self = section_self;
	uint64_t own_to = 0;

	if (self && self->reserved_gate == g->id && value >= self->reserved_from && value < self->reserved_to)
		own_to = self->reserved_to;
	g->rung = max_u64(g->rung, value + 1);
	gate_disown(g, own_to, 1);
}

void gate_doorbell_gated(struct gate *g, uint64_t value)
{
	uint32_t rings = 0;

	PROBE2(doorbell, g->id, value);
	/* Acquire: the previous owner's fields. Pairs with the release in gate_disown(). */
	if (!atomic_compare_exchange_strong_explicit(
		    &g->doorbells, &rings, 1, memory_order_acquire, memory_order_relaxed) &&
		!ring_aside(g, value))
		return;
	if (!publish_next(g, value)) {
		doorbell_slow(g, value);
		return;
	}
	rings = 1;
	/* Release: our fields, for the next owner. */
	if (!atomic_compare_exchange_strong_explicit(
		    &g->doorbells, &rings, 0, memory_order_release, memory_order_relaxed))
		gate_disown(g, 0, 0);
}
