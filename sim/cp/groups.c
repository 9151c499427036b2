/* SPDX-License-Identifier: MIT */
/* Workgroups on compute units; see groups.h. */
#include "sim/cp/groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/clock.h"
#include "sim/cp/dispatch.h"
#include "sim/cp/kernel_name.h"
#include "sim/cp/signal.h"
#include "sim/share/arbiter.h"

static int groups_reserve(struct cp_groups *s)
{
	if (s->resident_count + s->saved_count < s->capacity)
		return 0;
	size_t capacity = s->capacity ? s->capacity * 2 : 64;
	struct cp_group **resident = realloc(s->resident, capacity * sizeof(*resident));
	if (!resident)
		return -ENOMEM;
	s->resident = resident;
	struct cp_group **saved = realloc(s->saved, capacity * sizeof(*saved));
	if (!saved)
		return -ENOMEM;
	s->saved = saved;
	uint64_t *ends = realloc(s->ends, capacity * sizeof(*ends));
	if (!ends)
		return -ENOMEM;
	s->ends = ends;
	s->capacity = capacity;
	return 0;
}

static void sift_down(struct cp_groups *s, size_t i)
{
	struct cp_group *g = s->resident[i];

	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= s->resident_count)
			break;
		if (child + 1 < s->resident_count &&
			s->resident[child + 1]->clock < s->resident[child]->clock)
			child++;
		if (s->resident[child]->clock >= g->clock)
			break;
		s->resident[i] = s->resident[child];
		i = child;
	}
	s->resident[i] = g;
}

static void resident_add(struct cp_groups *s, struct cp_group *g)
{
	size_t i = s->resident_count++;

	while (i > 0 && s->resident[(i - 1) / 2]->clock > g->clock) {
		s->resident[i] = s->resident[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->resident[i] = g;
}

static void resident_remove_first(struct cp_groups *s)
{
	s->resident[0] = s->resident[--s->resident_count];
	if (s->resident_count)
		sift_down(s, 0);
}

/* A group comes to a CU, at shader cycle @at. Must hold the GPU's lock, as all that changes what is shared here. */
static void account_placed(struct cp_queue *q, struct cp_group *g, uint64_t at)
{
	const struct cp_dispatch *d = g->dispatch;
	struct share_queue *e = q->entry;

	g->evictions = q->gpu->shared->evictions[share_self()];
	g->since = at;

	e->units += d->units;
	e->demand -= d->units < e->demand ? d->units : e->demand;
	e->resident_bytes += d->state_bytes;
}

/* It leaves, for whatever reason; its CU is free from shader cycle @at on. */
static void account_left(struct cp_queue *q, const struct cp_group *g, uint64_t at)
{
	const struct cp_dispatch *d = g->dispatch;

	/* While this process was stopped others took it. */
	if (g->evictions != q->gpu->shared->evictions[share_self()])
		return;
	cu_pool_release(&q->gpu->shared->pool, share_self(), (uint32_t)g->cu, &d->need, at);
	q->entry->units -= d->units;
	arbiter_gives_back(q->entry, d->units, at > g->since ? at - g->since : 0);
	q->entry->resident_bytes -= d->state_bytes;
}

/* When a group that found its place at shader cycle @cycles starts. */
static uint64_t start_cycles(const struct cp_queue *q, uint64_t cycles)
{
	uint32_t khz = q->gpu->machine.shader_khz;
	uint64_t ns = cp_cycles_to_ns(cycles, khz), start = cp_queue_start_ns(q, ns);

	return start == ns ? cycles : cp_ns_to_cycles(start, khz);
}

/* Before which the queue's next group cannot start for want of a part. */
static uint64_t part_cycles(const struct cp_groups *s, uint64_t now_cycles)
{
	return !s->limited			? 0
	       : s->ends_first < s->ends_count ? s->ends[s->ends_first]
						: now_cycles;
}

static void part_taken(struct cp_groups *s)
{
	if (s->ends_first < s->ends_count)
		s->ends_first++;
}

static bool place_saved(struct cp_queue *q, uint64_t now_cycles)
{
	struct cp_groups *s = &q->aql.groups;
	struct cp_group *g = s->saved[s->saved_count - 1];
	uint64_t start;

	int cu = cu_pool_place(&q->gpu->shared->pool, share_self(), q->cu_mask, &g->dispatch->need,
		now_cycles, s->limited, &start);
	if (cu < 0)
		return false;
	start = start_cycles(q, start);
	if (start < g->saved_at)
		start = g->saved_at;
	g->cu = cu;
	g->clock += start - g->saved_at;
	if (g->waves) {
		gcn_group_add_cycles(g->waves, start - g->saved_at);
		g->clock = gcn_group_cycles(g->waves);
	}
	s->saved_count--;
	s->saved_units -= g->dispatch->units;
	q->entry->saved_bytes -= g->dispatch->state_bytes;
	part_taken(s);
	account_placed(q, g, start);
	resident_add(s, g);
	return true;
}

static void next_id(struct cp_dispatch *d)
{
	for (int i = 0; i < 3; i++) {
		if (++d->next_id[i] < d->groups[i])
			return;
		d->next_id[i] = 0;
	}
}

static bool place_new(struct cp_queue *q, uint64_t now_cycles)
{
	struct cp_dispatch *d = q->aql.placing;
	uint64_t part = part_cycles(&q->aql.groups, now_cycles);
	struct cp_group *g = NULL;
	int slot = -1;
	uint64_t start;

	if (d->scratch) {
		slot = slots_take(&q->aql.scratch, d->need.waves);
		if (slot < 0)
			return false;
	}
	int cu = cu_pool_place(
		&q->gpu->shared->pool, share_self(), q->cu_mask, &d->need,
		d->start_cycles > part ? d->start_cycles : part, q->aql.groups.limited, &start);
	if (cu < 0)
		goto give_slot;
	g = groups_reserve(&q->aql.groups) ? NULL : calloc(1, sizeof(*g));
	if (!g) {
		sim_log(SIM_LOG_ERROR,
			"queue %u: no memory for a workgroup; it waits until there is", q->id);
		goto release_cu;
	}
	g->dispatch = d;
	memcpy(g->id, d->next_id, sizeof(g->id));
	g->cu = cu;
	g->scratch_slot = slot;
	/* One that executes nothing is next looked at when it ends. */
	start = start_cycles(q, start);
	g->clock = start + d->declared_cycles;
	part_taken(&q->aql.groups);
	account_placed(q, g, start);
	resident_add(&q->aql.groups, g);
	next_id(d);
	if (++d->placed == d->total)
		q->aql.placing = NULL;
	return true;

release_cu:
	cu_pool_release(&q->gpu->shared->pool, share_self(), (uint32_t)cu, &d->need, start);
give_slot:
	if (slot >= 0)
		slots_give(&q->aql.scratch, (uint32_t)slot, d->need.waves);
	return false;
}

/* What the queue's waiting groups would take, as far as an empty GPU has it. */
static uint64_t demand_of(const struct cp_queue *q)
{
	const struct cp_dispatch *d = q->aql.placing;
	uint64_t all = (uint64_t)q->gpu->shared->pool.count * SHARE_CU_UNITS;
	uint64_t demand = q->aql.groups.saved_units;

	if (d && d->total - d->placed < all / d->units)
		demand += (d->total - d->placed) * d->units;
	else if (d)
		demand = all;
	return demand < all ? demand : all;
}

/* Whether @q may have another group on a CU while there is not enough for all. */
static bool has_part(const struct cp_queue *q, uint64_t level, uint64_t now_ns)
{
	const struct cp_groups *s = &q->aql.groups;
	const struct cp_dispatch *d =
		s->saved_count ? s->saved[s->saved_count - 1]->dispatch : q->aql.placing;
	uint64_t part = level * q->entry->weight, units = q->entry->units;

	return units < part &&
	       (units + d->units <= part ||
		       !arbiter_comes_last(
			       q->gpu->share, q->gpu->index, q->entry, level, now_ns));
}

/* Whether @q comes before @other: by priority, then who has less, then whose turn it is. */
static bool comes_before(const struct cp_queue *q, const struct cp_queue *other)
{
	const struct share_queue *a = q->entry, *b = other->entry;

	if (a->weight != b->weight)
		return a->weight > b->weight;
	if (a->units != b->units)
		return a->units < b->units;
	return arbiter_behind(q->gpu->shared, b, a);
}

/* The queue whose turn it is, of those below their part. */
static struct cp_queue *next_to_place(const struct cp_gpu *gpu, uint64_t level, uint64_t now_ns)
{
	struct cp_queue *best = NULL;

	for (struct cp_queue *q = cp_engine_queues(); q; q = q->next) {
		if (q->gpu != gpu || q->type != CP_QUEUE_AQL || q->aql.place_failed ||
			(!q->aql.groups.saved_count && !q->aql.placing))
			continue;
		if (level != UINT64_MAX && !has_part(q, level, now_ns))
			continue;
		if (!best || comes_before(q, best))
			best = q;
	}
	return best;
}

/* Note what keeps the queue's groups waiting. */
static void groups_limit(struct cp_queue *q, uint64_t level, uint64_t now_ns)
{
	struct cp_groups *s = &q->aql.groups;
	bool waits = s->saved_count || q->aql.placing;

	s->limited = waits && level != UINT64_MAX && !has_part(q, level, now_ns);
	s->ends_first = s->ends_count = 0;
}

void groups_place(struct cp_gpu *gpu, uint64_t now_ns)
{
	uint64_t now_cycles = cp_ns_to_cycles(now_ns, gpu->machine.shader_khz);
	struct cp_queue *q;
	bool yields = false;

	gpu->place = gpu->waiting = false;
	/* Before the lock: what changes after it is seen by the next look. */
	gpu->changes_seen = atomic_load(&gpu->shared->changes);
	share_gpu_lock_places(gpu->shared);
	cp_gpu_catch_up(gpu, now_ns);
	for (q = cp_engine_queues(); q; q = q->next)
		if (q->gpu == gpu && q->type == CP_QUEUE_AQL) {
			q->entry->demand = cp_queue_runs(q) ? demand_of(q) : 0;
			q->aql.place_failed = !q->entry->demand;
		}
	uint64_t level = arbiter_level(gpu->share, gpu->index, now_ns);
	while ((q = next_to_place(gpu, level, now_ns)) != NULL) {
		bool placed = q->aql.groups.saved_count ? place_saved(q, now_cycles)
						       : place_new(q, now_cycles);
		q->aql.place_failed = !placed;
		bool exceeds = placed && level != UINT64_MAX && q->entry->units > level * q->entry->weight;
		if (placed)
			arbiter_given(gpu->shared, q->entry, exceeds);
		yields |= exceeds || (placed && !q->entry->demand);
	}
	/* Others may have let it go first. */
	if (yields && level != UINT64_MAX)
		atomic_fetch_add(&gpu->shared->changes, 1);
	for (q = cp_engine_queues(); q; q = q->next) {
		if (q->gpu != gpu || q->type != CP_QUEUE_AQL)
			continue;
		gpu->waiting |= q->entry->demand != 0;
		groups_limit(q, level, now_ns);
	}
	uint64_t hungry = arbiter_hungry(gpu->share, gpu->index, level);
	share_gpu_unlock(gpu->shared);
	for (; hungry; hungry &= hungry - 1)
		share_wake(gpu->share, (uint32_t)__builtin_ctzll(hungry), now_ns);
}

static void group_free(struct cp_queue *q, struct cp_group *g)
{
	if (g->scratch_slot >= 0)
		slots_give(&q->aql.scratch, (uint32_t)g->scratch_slot, g->dispatch->need.waves);
	if (g->waves)
		gcn_group_free(g->waves);
	free(g);
}

/* The first of the heap has ended. */
static void group_end(struct cp_queue *q)
{
	struct cp_group *g = q->aql.groups.resident[0];
	struct cp_dispatch *d = g->dispatch;

	resident_remove_first(&q->aql.groups);
	share_gpu_lock_places(q->gpu->shared);
	account_left(q, g, g->clock);
	atomic_fetch_add(&q->gpu->shared->changes, 1);
	share_gpu_unlock(q->gpu->shared);
	q->gpu->place = true;
	if (g->clock > d->end_cycles)
		d->end_cycles = g->clock;
	if (q->aql.groups.limited && q->aql.groups.ends_count < q->aql.groups.capacity)
		q->aql.groups.ends[q->aql.groups.ends_count++] = g->clock;
	d->ended++;
	sim_count(&sim_stats.workgroups, 1);
	group_free(q, g);
}

static void group_fault(struct cp_queue *q, struct cp_group *g, const struct gcn_fault *fault)
{
	char name[128];

	kernel_name(q->gpu->index, g->dispatch->gcn.kernel_object, name, sizeof(name));
	switch (fault->kind) {
	case GCN_FAULT_MEMORY:
		sim_log(SIM_LOG_WARNING, "kernel %s: %s at 0x%llx faults", name, fault->text,
			(unsigned long long)fault->pc);
		queue_fault(q, fault->va, fault->write);
		return;
	case GCN_FAULT_UNKNOWN_INSTRUCTION:
		sim_count(&sim_stats.errors_instruction, 1);
		sim_log(SIM_LOG_ERROR, "kernel %s: unknown or unsupported instruction %s at 0x%llx",
			name, fault->text, (unsigned long long)fault->pc);
		queue_stop(q, QUEUE_ERROR_ILLEGAL_INSTRUCTION);
		return;
	case GCN_FAULT_APERTURE:
		sim_log(SIM_LOG_WARNING,
			"kernel %s: %s at 0x%llx: address 0x%llx is outside its aperture", name,
			fault->text, (unsigned long long)fault->pc, (unsigned long long)fault->va);
		queue_stop(q, QUEUE_ERROR_APERTURE);
		return;
	case GCN_FAULT_TRAP:
		sim_log(SIM_LOG_WARNING, "kernel %s: s_trap %u at 0x%llx", name, fault->code,
			(unsigned long long)fault->pc);
		queue_stop(q, QUEUE_ERROR_TRAP);
		return;
	case GCN_FAULT_DEADLOCK:
		sim_log(SIM_LOG_ERROR,
			"kernel %s: its waves wait at a barrier for ever; queue %u hangs", name,
			q->id);
		q->halted = true;
		return;
	case GCN_FAULT_NONE:
		break;
	}
	sim_log(SIM_LOG_ERROR, "kernel %s: a fault without a cause; queue %u hangs", name, q->id);
	q->halted = true;
}

void groups_step(struct cp_queue *q, struct cp_turn *turn)
{
	struct cp_groups *s = &q->aql.groups;
	uint32_t khz = q->gpu->machine.shader_khz;
	uint64_t limit = cp_ns_to_cycles(turn->now_ns + GROUPS_AHEAD_NS, khz);
	uint64_t ran = 0;

	while (s->resident_count && ran < GROUPS_STEP) {
		struct cp_group *g = s->resident[0];
		struct gcn_fault fault = {0};

		if (g->clock > limit) {
			cp_turn_wake(turn, cp_cycles_to_ns(g->clock, khz) - GROUPS_AHEAD_NS / 2);
			break;
		}
		turn->progress = true;
		if (g->dispatch->declared_cycles) {
			ran++;
			group_end(q);
			continue;
		}
		if (!g->waves) {
			g->waves = gcn_group_new(&g->dispatch->gcn, g->id,
				g->scratch_slot < 0 ? 0 : (uint32_t)g->scratch_slot, g->clock);
			if (!g->waves) {
				sim_log(SIM_LOG_ERROR,
					"queue %u: no memory for the waves of a workgroup", q->id);
				queue_stop(q, QUEUE_ERROR_REGISTERS);
				break;
			}
		}
		uint64_t before = gcn_group_instructions(g->waves);
		gcn_group_limit(g->waves, limit);
		enum gcn_stop stop =
			gcn_group_run(g->waves, GROUPS_STEP - (uint32_t)ran, &fault);
		uint64_t steps = gcn_group_instructions(g->waves) - before;
		g->clock = gcn_group_cycles(g->waves);
		ran += steps ? steps : 1;
		sim_count(&sim_stats.wave_instructions, steps);
		if (stop == GCN_STOP_DONE) {
			group_end(q);
		} else if (stop == GCN_STOP_FAULT) {
			group_fault(q, g, &fault);
			break;
		} else {
			sift_down(s, 0);
		}
	}
}

void groups_save(struct cp_queue *q, uint64_t now_ns)
{
	struct cp_groups *s = &q->aql.groups;
	uint64_t now = cp_ns_to_cycles(now_ns, q->gpu->machine.shader_khz);

	share_gpu_lock_places(q->gpu->shared);
	for (size_t i = 0; i < s->resident_count; i++) {
		struct cp_group *g = s->resident[i];
		/* One that has not started holds a slot that becomes free later. */
		uint64_t free_at = !g->waves && !g->dispatch->declared_cycles && g->clock > now
					   ? g->clock
					   : now;
		account_left(q, g, free_at);
		g->cu = -1;
		g->saved_at = now;
		s->saved[s->saved_count++] = g;
		s->saved_units += g->dispatch->units;
		q->entry->saved_bytes += g->dispatch->state_bytes;
	}
	s->resident_count = 0;
	q->entry->demand = 0;
	q->entry->returns = demand_of(q);
	atomic_fetch_add(&q->gpu->shared->changes, 1);
	share_gpu_unlock(q->gpu->shared);
	q->gpu->place = true;
}

void groups_shift(struct cp_queue *q, uint64_t cycles)
{
	struct cp_groups *s = &q->aql.groups;

	/* All by the same: the heap stays one. */
	for (size_t i = 0; i < s->resident_count; i++) {
		s->resident[i]->clock += cycles;
		s->resident[i]->since += cycles;
		if (s->resident[i]->waves)
			gcn_group_add_cycles(s->resident[i]->waves, cycles);
	}
}

void groups_drop(struct cp_queue *q)
{
	struct cp_groups *s = &q->aql.groups;

	for (size_t i = 0; i < s->saved_count; i++)
		group_free(q, s->saved[i]);
	free(s->saved);
	free(s->resident);
	free(s->ends);
	memset(s, 0, sizeof(*s));
}
