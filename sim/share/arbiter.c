/* SPDX-License-Identifier: MIT */
/* Shares of a GPU, its slots and its scheduler's cycles; see arbiter.h. */
#include "sim/share/arbiter.h"

#include <assert.h>
#include <string.h>

/* ---------------------------------------------------------------- compute units */

uint32_t arbiter_weight(const struct sim_device *d, uint32_t priority)
{
	uint32_t bias = d->priority_bias;

	return priority >= 11 ? bias * bias : priority >= 7 ? bias : 1;
}

static uint64_t wish(const struct share *s, const struct share_queue *q, uint64_t now_ns)
{
	if (!q->owner)
		return 0;
	return q->units + (q->demand && share_responds(s, q->owner - 1, now_ns) ? q->demand : 0);
}

uint64_t arbiter_level(const struct share *s, uint32_t gpu, uint64_t now_ns)
{
	const struct share_gpu *g = &s->gpu[gpu];
	uint64_t capacity = (uint64_t)g->pool.count * SHARE_CU_UNITS, total = 0, level = 0;

	for (uint32_t i = 0; i < g->queue_end; i++)
		total += wish(s, &g->queue[i], now_ns);
	if (total <= capacity)
		return UINT64_MAX;
	/* Each round serves those below the level fully, which raises it for the rest. */
	for (bool raised = true; raised;) {
		uint64_t left = capacity, weights = 0;

		for (uint32_t i = 0; i < g->queue_end; i++) {
			const struct share_queue *q = &g->queue[i];
			uint64_t w = wish(s, q, now_ns);

			if (!w)
				continue;
			if (w <= level * q->weight)
				left -= w < left ? w : left;
			else
				weights += q->weight;
		}
		uint64_t next = weights ? left / weights : level;
		raised = next > level;
		level = next > level ? next : level;
	}
	return level;
}

void arbiter_init(struct share_gpu *g, const struct sim_device *d)
{
	g->behind = (uint64_t)g->pool.count * SHARE_CU_UNITS * (ARBITER_BEHIND_NS / 1000 * d->shader_mhz / 1024);
}

static uint64_t had(const struct share_gpu *g, const struct share_queue *q)
{
	return q->had + g->behind < g->had ? g->had - g->behind : q->had;
}

bool arbiter_behind(const struct share_gpu *g, const struct share_queue *q, const struct share_queue *other)
{
	uint64_t own = had(g, q), its = had(g, other);

	return own != its ? own > its : q->exceeded > other->exceeded;
}

void arbiter_given(struct share_gpu *g, struct share_queue *q, bool exceeds)
{
	q->had = had(g, q);
	if (q->had > g->had)
		g->had = q->had;
	if (exceeds)
		q->exceeded = ++g->exceeded;
}

void arbiter_gives_back(struct share_queue *q, uint64_t units, uint64_t cycles)
{
	q->had += units * (cycles / 1024) / q->weight;
}

bool arbiter_comes_last(const struct share *s, uint32_t gpu, const struct share_queue *q,
	uint64_t level, uint64_t now_ns)
{
	const struct share_gpu *g = &s->gpu[gpu];

	for (uint32_t i = 0; i < g->queue_end; i++) {
		const struct share_queue *other = &g->queue[i];
		uint64_t its = other->units * q->weight, own = q->units * other->weight;

		if (other->owner && other->demand && other->weight >= q->weight &&
			other->units < level * other->weight &&
			(its < own || (its == own && arbiter_behind(g, q, other))) &&
			share_responds(s, other->owner - 1, now_ns))
			return true;
	}
	return false;
}

static_assert(SHARE_PROCESSES <= 64, "a bit for each");

uint64_t arbiter_hungry(const struct share *s, uint32_t gpu, uint64_t level)
{
	const struct share_gpu *g = &s->gpu[gpu];
	uint64_t hungry = 0;

	for (uint32_t i = 0; i < g->queue_end; i++) {
		const struct share_queue *q = &g->queue[i];

		if (q->owner && q->demand && (level == UINT64_MAX || q->units < level * q->weight))
			hungry |= UINT64_C(1) << (q->owner - 1);
	}
	return hungry;
}

/* ---------------------------------------------------------------- hardware queue slots */

static bool wants_slot(const struct share_queue *q)
{
	return q->owner && q->listed && q->type == SHARE_COMPUTE;
}

/* Take @q into a slice with @*queues of @*processes already. Return: whether it fits. */
static bool slice_takes(const struct share_queue *q, const struct sim_device *d, uint64_t *members,
	uint32_t *queues)
{
	uint64_t with = *members | UINT64_C(1) << (q->owner - 1);

	if (*queues == d->cp_queues || (uint32_t)__builtin_popcountll(with) > d->cp_processes)
		return false;
	*members = with;
	++*queues;
	return true;
}

_Static_assert(SHARE_PROCESSES <= 64, "processes of a slice are bits of one word");

/* Whether a queue that has a slot, or one that has none, has something to do. A GPU would have finished the work of a process
 * that is stopped. Without the lock it is a guess: queues may come and go meanwhile. */
static bool slice_busy(const struct share *s, uint32_t gpu, bool slot, uint64_t now_ns)
{
	const struct share_gpu *g = &s->gpu[gpu];

	for (uint32_t i = 0; i < g->queue_end; i++) {
		const struct share_queue *q = &g->queue[i];
		/* Once: it may be the index of nobody when it is read again. */
		uint32_t owner = __atomic_load_n(&q->owner, __ATOMIC_RELAXED);

		if (owner && wants_slot(q) && atomic_load(&q->slot) == slot && atomic_load(&q->busy) &&
			share_responds(s, owner - 1, now_ns))
			return true;
	}
	return false;
}

static void slot_set(
	struct share *s, uint32_t gpu, struct share_queue *q, bool slot, uint64_t now_ns)
{
	if (atomic_load(&q->slot) == slot)
		return;
	atomic_store(&q->slot, slot);
	/* All of a slice at once, whichever process sees it first: it would find the places of the others free. */
	q->demand = slot ? q->returns : 0;
	/* Before the wake-up: who is awake looks at this first. */
	atomic_fetch_add(&s->gpu[gpu].scheduler.slices, 1);
	share_wake(s, q->owner - 1, now_ns);
}

/* The slice that begins with the first listed queue at or behind @first, around the end. */
static void slice_begin(struct share *s, uint32_t gpu, uint32_t first, uint64_t now_ns)
{
	const struct sim_device *d = sim_machine_get()->gpu[gpu].device;
	struct share_gpu *g = &s->gpu[gpu];
	uint64_t members = 0;
	uint32_t queues = 0;
	bool open = true;

	for (uint32_t n = 0; n < g->queue_end; n++) {
		uint32_t i = (first + n) % g->queue_end;
		struct share_queue *q = &g->queue[i];

		if (!wants_slot(q))
			continue;
		if (open && !queues)
			g->scheduler.slice_first = i;
		open = open && slice_takes(q, d, &members, &queues);
		if (open)
			g->scheduler.slice_last = i;
		slot_set(s, gpu, q, open, now_ns);
	}
}

bool arbiter_slots_due(const struct share *s, uint32_t gpu, uint64_t now_ns)
{
	return now_ns >= atomic_load(&s->gpu[gpu].scheduler.slice_end_ns) || !slice_busy(s, gpu, true, now_ns);
}

void arbiter_slots(struct share *s, uint32_t gpu, uint64_t now_ns)
{
	const struct sim_device *d = sim_machine_get()->gpu[gpu].device;
	struct share_gpu *g = &s->gpu[gpu];
	struct share_scheduler *h = &g->scheduler;
	uint64_t members = 0;
	uint32_t queues = 0;
	bool fits = true;

	for (uint32_t i = 0; i < g->queue_end; i++)
		if (wants_slot(&g->queue[i]))
			fits = fits && slice_takes(&g->queue[i], d, &members, &queues);
	bool was_short = atomic_exchange(&h->short_of_slots, !fits);
	bool next = !fits && was_short && slice_busy(s, gpu, false, now_ns) &&
		    (now_ns >= atomic_load(&h->slice_end_ns) || !slice_busy(s, gpu, true, now_ns));
	if (fits) {
		for (uint32_t i = 0; i < g->queue_end; i++)
			if (wants_slot(&g->queue[i]))
				slot_set(s, gpu, &g->queue[i], true, now_ns);
	} else {
		if (next)
			arbiter_cycle(g, d, true, d->grace_kclk, now_ns);
		slice_begin(s, gpu,
			next	    ? h->slice_last + 1
			: was_short ? h->slice_first
				    : 0,
			now_ns);
		if (next || !was_short)
			atomic_store(&h->slice_end_ns, now_ns + d->quantum_ms * UINT64_C(1000000));
	}
}

/* ---------------------------------------------------------------- cycles */

static uint64_t save_ns(const struct sim_device *d, const struct share_queue *q, uint64_t bytes)
{
	return bytes * 1000 / (q->host_save ? d->save_host_mb_s : d->save_vram_mb_s);
}

struct arbiter_cycle arbiter_cycle(struct share_gpu *g, const struct sim_device *d, bool map,
	uint32_t grace_kclk, uint64_t now_ns)
{
	struct share_scheduler *h = &g->scheduler;
	bool hws = d->scheduler == SIM_SCHEDULER_HWS;
	uint64_t save = 0, restore = 0, begin = now_ns;
	struct arbiter_cycle cycle = {0};

	for (uint32_t i = 0; i < g->queue_end; i++) {
		const struct share_queue *q = &g->queue[i];

		if (!q->owner || (!hws && !q->changing))
			continue;
		cycle.saved_bytes += q->resident_bytes;
		save += save_ns(d, q, q->resident_bytes);
		if (!q->changing || map)
			restore += save_ns(d, q, q->resident_bytes);
		if (q->changing && map)
			restore += save_ns(d, q, q->saved_bytes);
	}
	if (hws && atomic_load(&h->pause_end_ns) > begin)
		begin = atomic_load(&h->pause_end_ns); /* one at a time */
	uint64_t grace = grace_kclk ? grace_kclk : 1;  /* the processor takes 0 for no limit, so the
							  driver does not give it */
	cycle.begin_ns = begin;
	cycle.unmapped_ns = begin + d->cycle_us * UINT64_C(500) + save +
			    (hws && cycle.saved_bytes ? grace * 1000000 / d->shader_mhz : 0);
	cycle.end_ns = cycle.unmapped_ns + d->cycle_us * UINT64_C(500) + restore;
	if (!hws)
		return cycle;
	atomic_fetch_add(&h->cycles, 1);
	atomic_store(&h->pause_begin_ns, cycle.begin_ns);
	atomic_store(&h->pause_end_ns, cycle.end_ns);
	/* Last: engines look at the rest, under the lock, when this has changed. */
	atomic_fetch_add(&h->paused_ns, cycle.end_ns - cycle.begin_ns);
	return cycle;
}
