/* SPDX-License-Identifier: MIT */
/*
 * Units: what the policy orders, their claims, turns and accounts. The core's public calls and the
 * decisions of decide.c change them here; policies write the claims.
 */
#include "src/sched/core.h"

static bool before_claim(const struct tree_node *a, const struct tree_node *b)
{
	return claim_before(&list_entry(a, const struct sched_unit, at)->claim,
		&list_entry(b, const struct sched_unit, at)->claim);
}

struct sched_unit *unit_first(const struct tree *set)
{
	return tree_entry(tree_first(set), struct sched_unit, at);
}

struct sched_unit *unit_last(const struct tree *set)
{
	return tree_entry(tree_last(set), struct sched_unit, at);
}

bool unit_runs(const struct sched_unit *u)
{
	return u->in && (u->in == &u->gpu->run || u->in == &u->gpu->blocked_run);
}

void unit_init(struct sched_unit *u, struct sched_gpu *gpu, struct sched_job *job)
{
	*u = (struct sched_unit){
		.gpu = gpu,
		.job = job,
		.lent = CLAIM_NONE,
		.timer_ns = SCHED_NEVER,
		.turn_end_ns = SCHED_NEVER,
	};
	list_init(&u->watch);
	list_init(&u->over);
	list_init(&u->siblings);
	list_init(&u->queues);
}

void unit_put(struct sched_unit *u, struct tree *set)
{
	if (u->in == set)
		return;
	if (u->in)
		tree_remove(u->in, &u->at);
	u->in = set;
	if (set)
		tree_insert(set, &u->at);
	gpu_dirty(u->gpu);
}

static void unit_park(struct sched_unit *u, bool parked)
{
	if (u->parked == parked)
		return;
	u->parked = parked;
	u->gpu->nparked += parked ? 1 : -1;
	gpu_dirty(u->gpu);
}

void unit_timer(struct sched_unit *u, uint64_t when_ns)
{
	struct sched *s = u->gpu->sched;

	if (u->timer_ns == when_ns)
		return;
	if (u->timer_ns != SCHED_NEVER)
		tree_remove(&s->timers, &u->timer);
	u->timer_ns = when_ns;
	if (when_ns != SCHED_NEVER)
		tree_insert(&s->timers, &u->timer);
}

void unit_leave(struct sched_unit *u)
{
	unit_put(u, NULL);
	unit_park(u, false);
	unit_timer(u, SCHED_NEVER);
	watch_stop(u);
	list_remove(&u->over);
	u->lingering = false;
}

void unit_place(struct sched_unit *u)
{
	const struct sched_claim *claim = claim_before(&u->lent, &u->base) ? &u->lent : &u->base;

	if (!claim_before(claim, &u->claim) && !claim_before(&u->claim, claim))
		return;
	if (u->in)
		tree_remove(u->in, &u->at);
	u->claim = *claim;
	if (u->in)
		tree_insert(u->in, &u->at);
	gpu_dirty(u->gpu);
}

static void unit_own_claim(struct sched_unit *u, struct sched_claim *claim)
{
	struct sched *s = u->gpu->sched;

	*claim = (struct sched_claim){.seq = u->seq};
	if (s->policy->claim)
		s->policy->claim(s, u, claim);
	claim->seq = u->seq;
}

void unit_reclaim(struct sched_unit *u)
{
	unit_own_claim(u, &u->base);
	unit_place(u);
	if (u->blocked)
		inherit_unit_later(u);
}

static void unit_wake_timer(struct sched_unit *u)
{
	struct sched *s = u->gpu->sched;

	uint64_t when_ns = s->policy->wake_ns ? s->policy->wake_ns(s, u) : SCHED_NEVER;
	unit_timer(u, when_ns > s->now_ns ? when_ns : s->now_ns + 1);
}

/* Whose account @u's use goes to: a unit that runs in another's place uses that one's turn. */
static struct sched_unit *unit_payer(struct sched_unit *u)
{
	return u->donor && claim_before(&u->lent, &u->base) ? u->donor : u;
}

static void unit_charge(struct sched_unit *u, uint64_t ns)
{
	struct sched *s = u->gpu->sched;
	struct sched_unit *payer = unit_payer(u);

	if (!s->policy->charge || !ns)
		return;
	s->policy->charge(s, payer, ns);
	/* During a turn the claim that it came with stands; one that waits is moved at once. */
	if (payer == u && (u->in || u->parked) && u->in != &u->gpu->run)
		unit_reclaim(u);
}

void unit_ran(struct sched_unit *u, uint64_t ns)
{
	uint64_t advance = u->advance_ns < ns ? u->advance_ns : ns;

	u->used_ns += ns;
	u->advance_ns -= advance;
	unit_charge(u, ns - advance);
}

void unit_refund(struct sched_unit *u, uint64_t ns)
{
	struct sched *s = u->gpu->sched;
	struct sched_unit *payer = unit_payer(u);

	if (!s->policy->refund) {
		u->advance_ns += ns;
		return;
	}
	s->policy->refund(s, payer, ns);
	if ((payer->in || payer->parked) && payer->in != &payer->gpu->run)
		unit_reclaim(payer);
}

/*
 * Computes a claim anew and takes it if it is no better. Within one decision a unit that lost its
 * place never gets a better claim, or two could take turns without end; claims that grow with time
 * do so by their timer.
 */
static void unit_worsen(struct sched_unit *u)
{
	struct sched_claim base;

	unit_own_claim(u, &base);
	if (!claim_before(&u->base, &base))
		return;
	u->base = base;
	unit_place(u);
	if (u->blocked)
		inherit_unit_later(u);
}

/*
 * Ends the accounting of a turn. A unit that held its place and used little of it (its kernel is
 * still running, or it waits for something unknown) pays half of the turn in advance, or it would
 * be first again at once; what it then reports is set off against that.
 */
static void unit_account(struct sched_unit *u, bool whole)
{
	struct sched *s = u->gpu->sched;
	struct sched_unit *payer = unit_payer(u);
	uint64_t had = s->now_ns - u->turn_ns;

	if (u->slice_ns != SCHED_NEVER) {
		uint64_t least = (had < u->slice_ns ? had : u->slice_ns) / 2;
		if (u->used_ns < least && u->ready) {
			u->advance_ns += least - u->used_ns;
			unit_charge(u, least - u->used_ns);
		}
	}
	u->had_ns = whole ? 0 : sched_add_ns(u->had_ns, had);
	u->turn_ns = s->now_ns;
	u->wait_ns = s->now_ns;
	u->waited_ns = 0;
	u->used_ns = 0;
	if (s->policy->stopped)
		s->policy->stopped(s, u, whole);
	if (payer != u)
		unit_worsen(payer);
}

static void unit_arm_turn(struct sched_unit *u)
{
	struct sched *s = u->gpu->sched;

	u->slice_ns = s->policy->slice_ns ? s->policy->slice_ns(s, u)
					  : (uint64_t)u->hint[SCHED_HINT_TIMESLICE] * 1000;
	u->turn_end_ns = SCHED_NEVER;
	if (u->slice_ns != SCHED_NEVER) {
		uint64_t least = u->slice_ns / 8;
		uint64_t left = u->had_ns + least < u->slice_ns ? u->slice_ns - u->had_ns : least;
		u->turn_end_ns = sched_add_ns(s->now_ns, left);
		if (u->gpu->slice_max_ns < u->slice_ns)
			u->gpu->slice_max_ns = u->slice_ns;
	}
	unit_timer(u, u->turn_end_ns);
}

void unit_promote(struct sched_unit *u)
{
	struct sched *s = u->gpu->sched;

	unit_park(u, false);
	unit_put(u, &u->gpu->run);
	watch_stop(u);
	u->waited_ns = s->now_ns - u->wait_ns;
	u->turn_ns = s->now_ns;
	u->used_ns = 0;
	unit_arm_turn(u);
	u->gpu->promoted = true;
	unit_touch(u);
}

/* A unit comes to wait: those whose turn was over, had anybody waited, make room. */
static void unit_waits(struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;

	if (u->as_one) {
		unit_put(u, NULL);
		unit_park(u, true);
	} else {
		unit_put(u, &g->wait);
	}
	watch_start(u);
	unit_wake_timer(u);
	unit_touch(u);
	while (!list_empty(&g->over)) {
		struct sched_unit *over = list_entry(g->over.next, struct sched_unit, over);
		list_remove(&over->over);
		unit_turn_over(over, true);
	}
}

void unit_demote(struct sched_unit *u)
{
	list_remove(&u->over);
	if (u->lingering) {
		unit_leave(u);
		unit_touch(u);
		return;
	}
	unit_account(u, false);
	unit_worsen(u);
	unit_waits(u);
}

void unit_turn_over(struct sched_unit *u, bool whole)
{
	struct sched *s = u->gpu->sched;
	struct sched_unit *payer = unit_payer(u);

	unit_account(u, whole);
	if (whole) {
		u->seq = ++s->seq;
		if (payer != u) {
			payer->seq = ++s->seq;
			unit_reclaim(payer);
		}
	}
	unit_reclaim(u);
	unit_arm_turn(u);
	gpu_dirty(u->gpu);
}

/* @u, which runs, has nothing to run any more. Returns whether its place is kept for a moment. */
static bool unit_linger(struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;
	struct sched *s = g->sched;
	struct sched_unit *next = unit_first(&g->wait);
	struct sched_claim claim;

	if (!s->policy->linger || u->in != &g->run || u->as_one || !next)
		return false;
	unit_own_claim(u, &claim);
	if (!claim_before(&claim, &next->claim))
		return false;
	/* One part in a hundred of the time may be spent so, saved up for at most ten times. */
	uint64_t saved = g->linger_left_ns + (s->now_ns - g->linger_at_ns) / 100;
	g->linger_at_ns = s->now_ns;
	g->linger_left_ns = saved < 10 * s->linger_ns ? saved : 10 * s->linger_ns;
	if (g->linger_left_ns < s->linger_ns)
		return false;
	g->linger_left_ns -= s->linger_ns;
	u->lingering = true;
	unit_timer(u, sched_add_ns(s->now_ns, s->linger_ns));
	return true;
}

static void unit_run_dry(struct sched_unit *u)
{
	if (unit_linger(u))
		return;
	if (u->in == &u->gpu->run)
		unit_account(u, false);
	u->had_ns = 0;
	u->advance_ns = 0;
	unit_leave(u);
	unit_touch(u);
}

void unit_update(struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;
	struct sched *s = g->sched;

	if (!u->ready && !u->blocked) {
		if ((u->in || u->parked) && !u->lingering)
			unit_run_dry(u);
		return;
	}
	if (u->lingering) {
		u->lingering = false;
		g->linger_left_ns += u->timer_ns > s->now_ns ? u->timer_ns - s->now_ns : 0;
		unit_timer(u, u->turn_end_ns);
	} else if (!u->in && !u->parked) {
		u->ready_ns = s->now_ns;
		u->wait_ns = s->now_ns;
		u->seq = ++s->seq;
		u->had_ns = 0;
		if (s->policy->ready)
			s->policy->ready(s, u);
		unit_reclaim(u);
		unit_touch(u);
	}
	bool runs = u->in == &g->run;
	bool waits = u->in == &g->wait || u->parked;
	if (u->ready && !runs && !waits) {
		u->wait_ns = s->now_ns;
		unit_waits(u);
	} else if (!u->ready && (runs || waits)) {
		if (runs) {
			unit_account(u, false);
			unit_reclaim(u);
		}
		watch_stop(u);
		list_remove(&u->over);
		unit_park(u, false);
		unit_put(u, &g->blocked_wait);
		unit_wake_timer(u);
		unit_touch(u);
	} else if (!u->ready && !u->in) {
		unit_put(u, &g->blocked_wait);
		unit_wake_timer(u);
	}
}

void unit_count(struct sched_queue *q)
{
	struct sched_unit *u = q->unit;
	bool can = q->ready && !queue_stopped(q);
	bool blocked = can && q->nwaits;

	queue_touch(q);
	if (can == q->counted && blocked == q->counted_blocked)
		return;
	if (q->counted) {
		u->ready -= !q->counted_blocked;
		u->blocked -= q->counted_blocked;
	}
	q->counted = can;
	q->counted_blocked = blocked;
	u->ready += can && !blocked;
	u->blocked += blocked;
	unit_update(u);
}

void unit_due(struct sched_unit *u)
{
	struct sched_gpu *g = u->gpu;

	unit_timer(u, SCHED_NEVER);
	if (u->lingering) {
		u->lingering = false;
		unit_account(u, false);
		u->had_ns = 0;
		u->advance_ns = 0;
		unit_leave(u);
		unit_touch(u);
	} else if (u->in != &g->run) {
		unit_reclaim(u);
		gpu_dirty(g);
		unit_wake_timer(u);
	} else if (!gpu_waiting(g) && !u->as_one && gpu_width(g->sched) != SCHED_WIDTH_ALL) {
		/* Nobody needs its place yet. Where places are not counted, a turn is more than a
		 * place. */
		list_append(&g->over, &u->over);
	} else if (u->as_one) {
		/* The parts of a job that runs as one end their turn together. */
		list_for_each(node, &u->job->units) {
			struct sched_unit *part = list_entry(node, struct sched_unit, siblings);
			if (part->in == &part->gpu->run)
				unit_turn_over(part, true);
		}
	} else {
		unit_turn_over(u, true);
	}
}

static bool before_ceiling(const struct tree_node *a, const struct tree_node *b)
{
	return list_entry(a, const struct sched_unit, by_ceiling)->ceiling >
	       list_entry(b, const struct sched_unit, by_ceiling)->ceiling;
}

void unit_sets_init(struct sched_gpu *g)
{
	uint64_t *steps = &g->sched->steps;

	tree_init(&g->run, before_claim, steps);
	tree_init(&g->wait, before_claim, steps);
	tree_init(&g->blocked_run, before_claim, steps);
	tree_init(&g->blocked_wait, before_claim, steps);
	tree_init(&g->by_ceiling, before_ceiling, steps);
}

void unit_hints(struct sched_unit *u)
{
	struct sched *s = u->gpu->sched;
	bool known = !list_empty(&u->queues);

	for (int h = 0; h < SCHED_HINTS; h++) {
		const struct sched_hints *job = &u->job->hints;
		int64_t value = SCHED_HINT_UNSET;
		/* A queue's own word counts more than its job's, but not where the job is scheduled
		 * as a whole. */
		bool whole = u->uses;
		if (whole)
			value = job->value[h];
		if (value == SCHED_HINT_UNSET) {
			list_for_each(node, &u->queues) {
				int64_t own = list_entry(node, struct sched_queue, in_unit)
						      ->hints.value[h];
				if (own == SCHED_HINT_UNSET)
					continue;
				if (value == SCHED_HINT_UNSET || sched_hint_stronger(h, own, value))
					value = own;
			}
		}
		if (value == SCHED_HINT_UNSET)
			value = job->value[h];
		if (value == SCHED_HINT_UNSET)
			value = s->hints.value[h];
		u->hint[h] = value == SCHED_HINT_UNSET ? sched_hint_info(h)->preset : value;
	}
	if (known)
		tree_remove(&u->gpu->by_ceiling, &u->by_ceiling);
	u->ceiling = s->policy->ceiling ? s->policy->ceiling(s, u) : 0;
	if (known)
		tree_insert(&u->gpu->by_ceiling, &u->by_ceiling);
	if (u->in || u->parked)
		unit_reclaim(u);
}

void unit_add(struct sched_queue *q)
{
	struct sched_unit *u = q->unit;
	bool first = list_empty(&u->queues);

	if (first) {
		u->ceiling = 0;
		tree_insert(&u->gpu->by_ceiling, &u->by_ceiling);
	}
	list_append(&u->queues, &q->in_unit);
	u->as_one = u->uses && u->job->as_one;
	if (first && u->as_one)
		list_append(&u->job->units, &u->siblings);
	unit_hints(u);
	gpu_refresh(u->gpu);
}

void unit_drop(struct sched_queue *q)
{
	struct sched_unit *u = q->unit;

	list_remove(&q->in_unit);
	unit_lend(u);
	if (list_empty(&u->queues)) {
		unit_leave(u);
		list_remove(&u->siblings);
		u->as_one = false;
		tree_remove(&u->gpu->by_ceiling, &u->by_ceiling);
	} else {
		unit_hints(u);
	}
	gpu_refresh(u->gpu);
}
