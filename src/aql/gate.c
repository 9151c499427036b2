/* SPDX-License-Identifier: MIT */
/*
 * The gate; see gate.h. Ownership is one word: whoever moves `doorbells` from 0 owns the gate, everybody else adds one and leaves, and
 * the owner starts over until it can move the word it last saw back to 0: no doorbell is lost, and no thread waits to ring.
 *
 * Lock order: gate ownership > nothing. A thread inside a producer section never takes ownership; an owner may wait for sections.
 */
#include "src/aql/gate.h"

#include <errno.h>
#include <string.h>

#include "src/aql/brake.h"
#include "src/common/barrier.h"
#include "src/common/probe.h"

/* A valid header beyond every doorbell value seen belongs to a producer that has not rung yet. Its body may still be
 * in the making (some clients copy packets header first), so it is trusted only after this long. */
#define GATE_SETTLE_NS 1000
/* One look in so many comes right behind a completion. */
#define LOOKS 16u

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void mode_set(struct gate *g, enum gate_mode mode)
{
	uint32_t braked = g->brake_ns && (mode == GATE_OPEN || mode == GATE_CLOSED) ? GATE_BRAKED : 0;

	/* Release: the indices that go with the mode are in place. Pairs with gate_enter() and gate_mode_now(). */
	atomic_store_explicit(&g->mode, mode | braked, memory_order_release);
}

int gate_init(struct gate *g, const void *slots, uint32_t size_pkts, _Atomic uint64_t *real_write,
	const _Atomic uint64_t *dev_read, const struct gate_ops *ops)
{
	static _Atomic uint64_t last_id;

	if (!size_pkts || (size_pkts & (size_pkts - 1)))
		return -EINVAL;
	section_init();
	*g = (struct gate){
		.mode = GATE_BYPASS,
		.id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1,
		.ring = {.app_slots = slots, .mask = size_pkts - 1},
		.real_write = real_write,
		.dev_read = dev_read,
		.ops = ops,
		.chained = ops->store != NULL,
	};
	return 0;
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
			mode = gate_mode_now(g);
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

static void gate_own(struct gate *g)
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

/*
 * Change between native and gated modes. Must own the gate. On return every producer acts on the side that @target names.
 */
static void gate_move(struct gate *g, enum gate_mode target)
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
	mode_set(g, target);
}

/* The span that packets waited is over, or nobody will trace its end. Must own the gate. */
static void held_record(struct gate *g)
{
	if (g->held_since_ns && g->track && g->track->trail)
		trail_held(g->track->trail, g->held_since_ns,
			atomic_load_explicit(&g->shadow, memory_order_relaxed) - g->published);
}

static void held_end(struct gate *g)
{
	if (!g->held_since_ns)
		return;
	held_record(g);
	g->stats.held_ns += g->ops->now_ns() - g->held_since_ns;
	g->held_since_ns = 0;
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
	if (g->ops->stir)
		g->ops->stir(g);
}

/* The packet processor sees the packets from @from to below @end. Must own the gate. */
static void advance(struct gate *g, uint64_t from, uint64_t end)
{
	g->published = end;
	g->stats.publishes++;
	PROBE3(publish, g->id, from, end);
	real_store(g, end);
	g->ops->ring(g, end - 1);
}

/* Let the packet processor see what is complete. Must own the gate, in mode OPEN. @own_to: see struct section_slot;
 * @rung: as for serve(). */
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
		/* Relaxed: nothing is read behind it. */
		g->withheld = g->word && !(atomic_load_explicit(g->word, memory_order_relaxed) & g->word_mask);
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
		advance(g, real, end);
	} else if (__builtin_expect(read < g->base, 0) && rung) {
		/* The ring was for a packet that was visible before the gate left bypass. */
		g->ops->ring(g, real - 1);
	}
}

/* Act on doorbells. Must own the gate; @rung: at least one doorbell came. */
static void serve(struct gate *g, uint64_t own_to, bool rung)
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

/* Give up ownership. @own_rings: how many of the counted rings are the owner's (0 when it came by gate_own()). */
static __attribute__((noinline)) void gate_disown(struct gate *g, uint64_t own_to, uint32_t own_rings)
{
	void (*busy)(struct gate *g) = NULL;

	for (;;) {
		/* Acquire: pairs with the addition of a thread that rang while we owned the gate. */
		uint32_t rings = atomic_load_explicit(&g->doorbells, memory_order_acquire);
		uint64_t counted = g->stats.doorbells;

		serve(g, own_to, rings > 1 || own_rings);
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

	/* Release: our packets are complete for whoever sees the value. Pairs with serve() and settle(). */
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

void gate_engage(struct gate *g)
{
	gate_own(g);
	if (gate_mode_now(g) == GATE_BYPASS)
		gate_move(g, GATE_OPEN);
	gate_disown(g, 0, 0);
}

void gate_open(struct gate *g)
{
	gate_own(g);
	if (gate_mode_now(g) == GATE_CLOSED) {
		held_end(g);
		if (g->track) {
			/* What ran until now did so beside others. */
			track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
			track_opened(g->track, g->ops->now_ns());
		}
		mode_set(g, GATE_OPEN);
		brakes_set(g, false);
	}
	gate_disown(g, 0, 0);
}

static void close_with(struct gate *g, bool brakes)
{
	gate_own(g);
	g->open_below = 0;
	if (gate_mode_now(g) == GATE_OPEN) {
		mode_set(g, GATE_CLOSED);
		brakes_set(g, brakes);
		if (g->track) {
			track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
			track_closed(g->track, g->ops->now_ns());
		}
	} else if (gate_mode_now(g) == GATE_BYPASS) {
		gate_move(g, GATE_CLOSED);
	} else if (gate_mode_now(g) == GATE_CLOSED) {
		brakes_set(g, brakes);
	}
	gate_disown(g, 0, 0);
}

void gate_close(struct gate *g)
{
	close_with(g, true);
}

void gate_close_loose(struct gate *g)
{
	close_with(g, false);
}

static void go_native(struct gate *g, enum gate_mode target)
{
	gate_own(g);
	uint32_t mode = gate_mode_now(g);

	held_end(g);
	brakes_end(g);
	g->track = NULL;
	if (mode == GATE_OPEN || mode == GATE_CLOSED) {
		mode_set(g, GATE_OPEN);
		serve(g, 0, false);
		/* Unless the last look found a foreign writer. */
		if (gate_mode_now(g) == GATE_OPEN)
			gate_move(g, target);
	} else if (mode == GATE_BYPASS) {
		mode_set(g, target);
	}
	gate_disown(g, 0, 0);
}

void gate_bypass(struct gate *g)
{
	go_native(g, GATE_BYPASS);
}

void gate_detach(struct gate *g)
{
	go_native(g, GATE_DETACHED);
}

void gate_retire(struct gate *g, const struct gate_ops *ops)
{
	gate_own(g);
	g->open_below = 0;
	if (gate_mode_now(g) == GATE_OPEN)
		mode_set(g, GATE_CLOSED);
	g->ops = ops;
	g->chained = true;
	brakes_end(g);
	g->track = NULL;
	gate_disown(g, 0, 0);
}

void gate_abandon(struct gate *g)
{
	atomic_store_explicit(&g->mode, GATE_DETACHED, memory_order_relaxed);
	atomic_store_explicit(&g->doorbells, 0, memory_order_relaxed);
	atomic_store_explicit(&g->producers, 0, memory_order_relaxed);
}

bool gate_track(struct gate *g, struct track *track)
{
	gate_own(g);
	bool tracked = track && !gate_mode_is_native(gate_mode_now(g));

	held_record(g);
	brakes_end(g);
	g->track = tracked ? track : NULL;
	g->watched = false;
	g->open_below = 0;
	if (!gate_mode_is_native(gate_mode_now(g)))
		mode_set(g, gate_mode_now(g));
	if (tracked)
		/* Acquire: as in publish(). */
		track_begin(track, atomic_load_explicit(g->dev_read, memory_order_acquire), g->published);
	gate_disown(g, 0, 0);
	return tracked;
}

void gate_trail(struct gate *g, struct track *track, struct trail *trail)
{
	gate_own(g);
	if (g->track == track && track->trail) {
		track_reap(track, atomic_load_explicit(g->dev_read, memory_order_acquire));
		held_record(g);
	}
	track->trail = trail;
	gate_disown(g, 0, 0);
}

void gate_limit(struct gate *g, uint32_t count, uint64_t budget_ns, uint64_t refill_ns)
{
	gate_own(g);
	if (g->track)
		track_limit_set(g->track, count, budget_ns, refill_ns);
	gate_disown(g, 0, 0);
}

void gate_brake(struct gate *g, uint64_t ns, uint64_t ahead_ns)
{
	gate_own(g);
	if (g->track && g->track->may_mark && (ns || g->brake_ns)) {
		brakes_begin(g, ns, ahead_ns);
		mode_set(g, gate_mode_now(g));
	}
	gate_disown(g, 0, 0);
}

void gate_word(struct gate *g, const _Atomic uint64_t *word, uint64_t mask)
{
	gate_own(g);
	g->word = word;
	g->word_mask = mask;
	g->withheld = false;
	gate_disown(g, 0, 0);
}

void gate_saved(struct gate *g, uint64_t ns)
{
	gate_own(g);
	if (g->track) {
		/* What completed before is none of it. */
		track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
		track_saved(g->track, ns);
	}
	gate_disown(g, 0, 0);
}

/* Add a barrier packet of ours behind the last, if there is room and nothing else is reserved. Must own the gate. Return: whether there is one. */
static bool mark_end(struct gate *g)
{
	uint64_t index = g->published;

	if (!g->track->may_mark || atomic_load(&g->own_index) || track_sees_end(g->track) || g->track->complete >= index ||
		index - atomic_load_explicit(g->dev_read, memory_order_acquire) >= g->ring.mask)
		return false;
	/* Acquire and release: as a producer's reservation. */
	if (!atomic_compare_exchange_strong_explicit(
		    &g->shadow, &(uint64_t){index}, index + 1, memory_order_acq_rel, memory_order_relaxed))
		return false;
	track_marker_write(g->track, index);
	g->rung = max_u64(g->rung, index + 1);
	return true;
}

/* It runs nothing, so a closed gate lets it through. Must own the gate. */
static void publish_mark(struct gate *g)
{
	struct aql_scan scan = {0};
	uint64_t from = g->published, end = track_admit(g->track, from, from + 1, &scan);

	if (end != from)
		advance(g, from, end);
}

void gate_pace(struct gate *g, unsigned flags, struct gate_pace *pace_p)
{
	*pace_p = (struct gate_pace){0};
	gate_own(g);
	if (g->track) {
		uint64_t complete = g->track->complete;

		/* What can be seen needs no packet that shows it. */
		track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
		if (flags & GATE_PACE_MARK && gate_mode_now(g) == GATE_OPEN)
			mark_end(g);
		else if (flags & GATE_PACE_MARK && gate_mode_now(g) == GATE_CLOSED && mark_end(g))
			publish_mark(g);
		if (flags & GATE_PACE_EXTRA && gate_mode_now(g) == GATE_OPEN && g->track->complete == complete &&
			track_may_exceed(g->track) && atomic_load_explicit(&g->shadow, memory_order_relaxed) > g->published)
			g->track->extra++;
		track_clock(g->track, g->ops->now_ns());
	}
	if (!(flags & GATE_PACE_SEE))
		serve(g, 0, false);
	struct track *t = g->track;
	if (t) {
		/* What was just published to an idle GPU begins now. */
		if (!t->head_ns)
			track_clock(t, g->ops->now_ns());
		uint64_t reserved = atomic_load_explicit(&g->shadow, memory_order_relaxed);
		bool at_brake = t->complete < g->published && t->notes[t->complete & t->ring.mask].brake && brakes_hold(g);
		uint64_t settles_ns = at_brake ? brakes_settle_ns(g, g->ops->now_ns()) : 0;
		bool stands = at_brake && !settles_ns;

		*pace_p = (struct gate_pace){
			.tracked = true,
			.busy = t->complete <
				(flags & GATE_PACE_SEE || gate_mode_now(g) == GATE_CLOSED || g->withheld ? reserved : g->published),
			.complete = t->complete,
			.published = g->published,
			.reserved = reserved,
			.ran_ns = t->ran_ns,
			.ran_unknown = t->ran_unknown,
			.next_ns = track_look_ns(t),
			.head = track_head(t),
			.stands = stands,
			.settles_ns = settles_ns,
			.flight_ns = t->flight_ns,
			.stop_ns = stands ? 0 : track_stop_ns(t),
			.step_ns = brakes_step_ns(g),
			.since_ns = t->head_ns,
			.passed_ns = t->passed_ns,
			.last_ts = t->last_ts,
			.mean_ns = t->times.mean_ns,
			.span_count = t->span_count,
			.oldest = track_oldest(t),
		};
		/* With more to publish, completions by themselves are of no interest, except to compare the clocks once in LOOKS. */
		uint64_t room_ns = reserved > g->published ? track_room_ns(t) : 0;
		if (room_ns && t->looks++ % LOOKS != LOOKS - 1)
			pace_p->next_ns = room_ns;
		/* Nor are they where there is much in flight. */
		else if (!room_ns && g->brake_ns && gate_mode_now(g) == GATE_OPEN)
			pace_p->next_ns = t->flight_ns;
		memcpy(pace_p->spans, t->spans, t->span_count * sizeof(t->spans[0]));
		t->ran_ns = t->ran_unknown = 0;
		t->span_count = 0;
		/* What comes later is told by ops->busy. */
		g->watched = pace_p->busy;
	}
	uint32_t rings = 1;
	/* Release: our fields, for the next owner. */
	if (!(flags & GATE_PACE_SEE) || !atomic_compare_exchange_strong_explicit(
						&g->doorbells, &rings, 0, memory_order_release, memory_order_relaxed))
		gate_disown(g, 0, 0);
}

uint64_t gate_backlog(struct gate *g)
{
	uint64_t waiting = 0;

	gate_own(g);
	if (!gate_mode_is_native(gate_mode_now(g))) {
		uint64_t shadow = atomic_load_explicit(&g->shadow, memory_order_relaxed);

		waiting = shadow > g->published ? shadow - g->published : 0;
	}
	gate_disown(g, 0, 0);
	return waiting;
}

void gate_stats_get(struct gate *g, struct gate_stats *stats_p)
{
	gate_own(g);
	*stats_p = g->stats;
	stats_p->packets += g->published - g->base;
	stats_p->dispatches = g->dispatches;
	stats_p->doorbells += g->singles;
	stats_p->publishes += g->singles;
	if (g->held_since_ns)
		stats_p->held_ns += g->ops->now_ns() - g->held_since_ns;
	gate_disown(g, 0, 0);
}
