/* SPDX-License-Identifier: MIT */
/* How a gate comes to be, and the modes that it is asked for; see gate.h. The owner of the gate writes, and reads for the counters. */
#include <errno.h>

#include "src/aql/brake.h"
#include "src/aql/gate_own.h"

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

static void held_end(struct gate *g)
{
	if (!g->held_since_ns)
		return;
	gate_held_record(g);
	g->stats.held_ns += g->ops->now_ns() - g->held_since_ns;
	g->held_since_ns = 0;
}

void gate_engage(struct gate *g)
{
	gate_own(g);
	if (gate_mode_now(g) == GATE_BYPASS)
		gate_move(g, GATE_OPEN);
	gate_disown(g, 0, 0);
}

/* Must own the gate. */
static void opened(struct gate *g)
{
	if (gate_mode_now(g) != GATE_CLOSED)
		return;
	held_end(g);
	if (g->track) {
		/* What ran until now did so beside others. */
		track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
		track_opened(g->track, g->ops->now_ns());
	}
	gate_mode_set(g, GATE_OPEN);
	brakes_open(g);
}

void gate_open(struct gate *g)
{
	gate_own(g);
	opened(g);
	brakes_ring(g);
	gate_disown(g, 0, 0);
}

void gate_open_unserved(struct gate *g)
{
	gate_own(g);
	opened(g);
	gate_leave_be(g);
}

void gate_closed(struct gate *g, bool brakes)
{
	g->open_below = 0;
	if (gate_mode_now(g) == GATE_OPEN) {
		gate_mode_set(g, GATE_CLOSED);
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
}

static void close_with(struct gate *g, bool brakes)
{
	gate_own(g);
	gate_closed(g, brakes);
	gate_disown(g, 0, 0);
}

void gate_close(struct gate *g)
{
	close_with(g, true);
}

void gate_close_soon(struct gate *g)
{
	uint32_t none = 0;

	/* Native doorbells own nothing. */
	if (gate_mode_now(g) != GATE_OPEN && gate_mode_now(g) != GATE_CLOSED) {
		gate_close(g);
		return;
	}
	/* Acquire: the previous owner's fields. Pairs with the release in gate_disown(). */
	if (atomic_compare_exchange_strong_explicit(&g->doorbells, &none, 1, memory_order_acquire, memory_order_relaxed)) {
		gate_closed(g, true);
		gate_disown(g, 0, 0);
		return;
	}
	brakes_hold_now(g);
	atomic_store_explicit(&g->closes, true, memory_order_relaxed);
	/* The owner counts it as a doorbell, and takes it out again. Release: the request; acquire: in case we own it now. */
	if (atomic_fetch_add_explicit(&g->doorbells, 1, memory_order_acq_rel))
		return;
	g->stats.doorbells++;
	gate_disown(g, 0, 0);
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
		gate_mode_set(g, GATE_OPEN);
		gate_serve(g, 0, false);
		/* Unless the last look found a foreign writer. */
		if (gate_mode_now(g) == GATE_OPEN)
			gate_move(g, target);
	} else if (mode == GATE_BYPASS) {
		gate_mode_set(g, target);
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
		gate_mode_set(g, GATE_CLOSED);
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
	gate_decided(g);
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
