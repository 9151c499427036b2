/* SPDX-License-Identifier: MIT */
/* Tracked gates: limits, and looks at what completed; see gate.h. The owner of the gate writes its tracker and reads it. */
#include <string.h>

#include "src/aql/brake.h"
#include "src/aql/gate_own.h"

/* One look in so many comes right behind a completion. */
#define LOOKS 16u

bool gate_track(struct gate *g, struct track *track)
{
	gate_own(g);
	bool tracked = track && !gate_mode_is_native(gate_mode_now(g));

	gate_held_record(g);
	brakes_end(g);
	g->track = tracked ? track : NULL;
	g->watched = false;
	g->open_below = 0;
	if (!gate_mode_is_native(gate_mode_now(g)))
		gate_mode_set(g, gate_mode_now(g));
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
		gate_held_record(g);
	}
	track->trail = trail;
	gate_disown(g, 0, 0);
}

void gate_limit(struct gate *g, uint32_t count, uint64_t budget_ns, uint64_t refill_ns, uint64_t spread_ns)
{
	gate_own(g);
	if (g->track)
		track_limit_set(g->track, count, budget_ns, refill_ns, spread_ns);
	gate_disown(g, 0, 0);
}

void gate_brake(struct gate *g, uint64_t ns, uint64_t ahead_ns)
{
	gate_own(g);
	if (g->track && g->track->may_mark && (ns || g->brake_ns)) {
		brakes_begin(g, ns, ahead_ns);
		gate_mode_set(g, gate_mode_now(g));
	}
	gate_disown(g, 0, 0);
}

void gate_brake_share(struct gate *g, struct track_signal *signal)
{
	gate_own(g);
	g->brake_shared = signal;
	gate_disown(g, 0, 0);
}

void gate_brake_settle(struct gate *g)
{
	gate_own(g);
	if (gate_mode_now(g) != GATE_CLOSED) {
		bool held = g->brake_shared && atomic_load(&g->brake_shared->value);

		brakes_open(g);
		brakes_ring(g);
		/* As if it had been closed, for who knows when. */
		if (held && g->track) {
			track_reap(g->track, atomic_load_explicit(g->dev_read, memory_order_acquire));
			track_closed(g->track, g->ops->now_ns());
			track_opened(g->track, g->ops->now_ns());
		}
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
		gate_advance(g, from, end);
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
	if (!(flags & GATE_PACE_SEE)) {
		gate_serve(g, 0, false);
		brakes_ring(g);
	}
	struct track *t = g->track;
	if (t) {
		/* What was just published to an idle GPU begins now. */
		if (!t->head_ns)
			track_clock(t, g->ops->now_ns());
		uint64_t reserved = atomic_load_explicit(&g->shadow, memory_order_relaxed);
		bool at_brake = t->complete < g->published && t->notes[t->complete & t->ring.mask].brake && brakes_hold(g) &&
				gate_mode_now(g) == GATE_CLOSED;
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
			.barred_ns = gate_mode_now(g) == GATE_OPEN && g->withheld ? g->barred_ns : 0,
			.flight_ns = t->flight_ns,
			.stop_ns = stands ? 0 : track_stop_ns(t),
			.step_ns = brakes_step_ns(g),
			.most_ns = track_most_ns(t),
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
	if (flags & GATE_PACE_SEE)
		gate_leave_be(g);
	else
		gate_disown(g, 0, 0);
}
