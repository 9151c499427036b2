/* SPDX-License-Identifier: MIT */
/*
 * Workgroups: making them, stepping their waves in turn, barriers and clocks. Called by the command processor, which owns
 * the groups.
 *
 * Clocks. A wave's own clock advances by what its instructions cost and by what it waits for. Waves of a group are spread over
 * the four SIMDs; two waves on one SIMD overlap their waiting but not their vector instructions, and all waves share the LDS and
 * the memory pipeline. So a phase (from one barrier to the next, or to the end) takes as long as its slowest wave, or as the
 * busiest unit was busy, whichever is longer; at a barrier all clocks move to that time. The clocks do not depend on the
 * order in which the waves are stepped, nor on the slices.
 */
#include "sim/gcn/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/gcn/code.h"
#include "sim/gcn/poll.h"

enum {
	VGPR_ROWS = 256 + 16, /* the last operand of several registers may begin at 255 */
	AGPR_ROWS = 256 + 32, /* a matrix accumulator takes up to 32 */
	WAVE_SLICE = 64,      /* instructions of one wave before the next wave's turn */
	LDS_GRANULE = 512,
	ALIGNMENT = 64,
};

int gcn_wave_fault(struct gcn_wave *w, enum gcn_fault_kind kind, uint64_t va, bool write, const char *text)
{
	w->fault->kind = kind;
	w->fault->va = va;
	w->fault->write = write;
	snprintf(w->fault->text, sizeof(w->fault->text), "%s", text);
	return -1;
}

/* Registers start as zeros, so that a kernel that reads one it never wrote does the same thing each time. */
static int allocate_registers(struct gcn_group *g, const struct gcn_dispatch *d)
{
	size_t row = sizeof(uint32_t[GCN_WAVE_LANES]), agpr_rows = d->machine->isa == GCN_ISA_GFX906 ? 0 : AGPR_ROWS;
	size_t wave_bytes = (VGPR_ROWS + agpr_rows) * row;

	g->registers = aligned_alloc(ALIGNMENT, wave_bytes * g->wave_count);
	if (!g->registers)
		return -1;
	for (uint32_t i = 0; i < g->wave_count; i++) {
		struct gcn_wave *w = &g->wave[i];
		uint8_t *base = (uint8_t *)g->registers + wave_bytes * i;

		w->vgpr = (void *)base;
		w->agpr = (void *)(base + VGPR_ROWS * row);
		memset(w->vgpr, 0, d->vgprs * row);
		memset(w->agpr, 0, agpr_rows ? d->agprs * row : 0);
	}
	return 0;
}

struct gcn_group *gcn_group_new(const struct gcn_dispatch *d, const uint32_t group_id[3], uint32_t scratch_slot,
	uint64_t start_cycles)
{
	uint32_t waves = (gcn_group_items(d, group_id) + GCN_WAVE_LANES - 1) / GCN_WAVE_LANES;
	struct gcn_group *g = calloc(1, sizeof(*g) + waves * sizeof(g->wave[0]));

	if (!g)
		return NULL;
	g->dispatch = d;
	memcpy(g->id, group_id, sizeof(g->id));
	g->wave_count = waves;
	g->phase_start = start_cycles;
	g->limit = UINT64_MAX;
	/* A generation that the machine does not have: the first access clears the translations. */
	g->tlb.generation = ~*d->machine->vm_generation;
	g->lds_bytes = (d->group_segment_bytes + LDS_GRANULE - 1) / LDS_GRANULE * LDS_GRANULE;
	if (g->lds_bytes) {
		g->lds = calloc(1, g->lds_bytes);
		if (!g->lds)
			goto free_group;
	}
	if (waves && allocate_registers(g, d))
		goto free_group;
	for (uint32_t i = 0; i < waves; i++) {
		g->wave[i].group = g;
		g->wave[i].index = i;
		gcn_wave_init(&g->wave[i], d, scratch_slot + i, start_cycles);
	}
	return g;

free_group:
	gcn_group_free(g);
	return NULL;
}

void gcn_group_free(struct gcn_group *g)
{
	if (!g)
		return;
	for (uint32_t i = 0; i < g->wave_count; i++)
		gcn_poll_free(&g->wave[i]);
	free(g->registers);
	free(g->lds);
	free(g);
}

static uint64_t busiest(const uint64_t *busy, unsigned count)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < count; i++)
		if (busy[i] > most)
			most = busy[i];
	return most;
}

/* When the present phase is over, as far as it got. */
static uint64_t phase_end(const struct gcn_group *g)
{
	uint64_t end = g->phase_start + busiest(g->simd_busy, GCN_SIMDS);
	uint64_t units = g->phase_start + busiest(g->unit_busy, GCN_UNIT_COUNT);

	if (units > end)
		end = units;
	for (uint32_t i = 0; i < g->wave_count; i++)
		if (g->wave[i].cycles > end)
			end = g->wave[i].cycles;
	return end;
}

void gcn_group_barrier_check(struct gcn_group *g)
{
	if (g->at_barrier == 0 || g->at_barrier + g->ended < g->wave_count)
		return;
	g->phase_start = phase_end(g);
	memset(g->simd_busy, 0, sizeof(g->simd_busy));
	memset(g->unit_busy, 0, sizeof(g->unit_busy));
	for (uint32_t i = 0; i < g->wave_count; i++) {
		struct gcn_wave *w = &g->wave[i];

		if (!w->at_barrier)
			continue;
		w->at_barrier = false;
		w->cycles = g->phase_start;
	}
	g->at_barrier = 0;
}

static bool runnable(const struct gcn_wave *w)
{
	return !w->ended && !w->at_barrier && !w->halted;
}

/* Charges an instruction: to the wave's clock, to the unit, and its result's time to the counters s_waitcnt reads. */
static inline void charge(struct gcn_group *g, struct gcn_wave *w, const struct gcn_inst *in)
{
	w->cycles += in->cycles;
	w->instructions++;
	if (in->unit == GCN_UNIT_VALU) {
		g->simd_busy[w->simd] += in->cycles;
		return;
	}
	if (!in->latency)
		return;

	uint64_t done = w->cycles + in->latency;

	if (in->unit == GCN_UNIT_VMEM || in->unit == GCN_UNIT_FLAT) {
		w->vm_done[w->vm_issued++ % GCN_VM_OUTSTANDING] = done;
		g->unit_busy[GCN_UNIT_VMEM] += in->cycles;
	}
	if (in->unit != GCN_UNIT_VMEM) {
		/* Scalar loads and LDS answer in their own order; the counter is taken to fall in order. */
		uint64_t last = w->lgkm_issued ? w->lgkm_done[(w->lgkm_issued - 1) % GCN_LGKM_OUTSTANDING] : 0;

		w->lgkm_done[w->lgkm_issued++ % GCN_LGKM_OUTSTANDING] = done > last ? done : last;
		if (in->unit == GCN_UNIT_LDS)
			g->unit_busy[GCN_UNIT_LDS] += in->cycles;
	}
}

static int unknown_instruction(struct gcn_wave *w, const struct gcn_code_page *page, unsigned index)
{
	char text[64];
	unsigned next = index + 1 < page->word_count ? index + 1 : index;

	snprintf(text, sizeof(text), "encoding 0x%08x 0x%08x", page->words[index], page->words[next]);
	return gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, w->pc, false, text);
}

/* One wave, up to @budget instructions. Returns 0, or -1 on a fault; what was spent is added to *@spent_p. Not inlined: its loop is
 * slower among the variables of its caller. */
static __attribute__((noinline)) int run_wave(struct gcn_group *g, struct gcn_wave *w, uint32_t budget, uint32_t *spent_p)
{
	uint64_t epoch = gcn_code_epoch(w->machine), page_va = GCN_TLB_EMPTY;
	struct gcn_code_page *page = NULL;
	uint32_t spent = 0;
	int result = 0;

	/* A turn of a waiting loop is not left half done: its end decides what the clock shows. */
	while (spent < budget || gcn_poll_open(w)) {
		uint64_t pc = w->pc;

		if ((pc & ~(uint64_t)(GCN_PAGE_BYTES - 1)) != page_va) {
			page = pc % 4 ? NULL : gcn_code_page(w->machine, pc, epoch);
			if (!page && w->poll_ahead) {
				gcn_poll_back(w);
				continue;
			}
			if (!page) {
				result = gcn_wave_fault(w, GCN_FAULT_MEMORY, pc, false, "instruction fetch");
				w->fault->pc = pc;
				break;
			}
			page_va = page->va;
		}

		unsigned index = (unsigned)(pc % GCN_PAGE_BYTES / 4);
		const struct gcn_inst *in = &page->inst[index];

		if (__builtin_expect(!in->dwords, 0)) {
			in = gcn_code_inst(page, index);
			if (!in && w->poll_ahead) {
				gcn_poll_back(w);
				continue;
			}
			if (!in) {
				result = unknown_instruction(w, page, index);
				w->fault->pc = pc;
				break;
			}
		}
		if (__builtin_expect(w->poll_ahead, 0) && !gcn_poll_harmless(w, in)) {
			gcn_poll_back(w);
			continue;
		}
		if (__builtin_expect(!in->exec, 0)) {
			result = gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, pc, false,
				gcn_op_name((enum gcn_op)in->op));
			w->fault->pc = pc;
			break;
		}
		w->pc = pc + 4u * in->dwords;
		result = in->exec(w, in);
		if (__builtin_expect(result < 0 || result == GCN_LATER, 0)) {
			if (result < 0)
				w->fault->pc = w->pc = pc;
			break;
		}
		charge(g, w, in);
		spent++;
		if (__builtin_expect(result, 0))
			break;
	}
	*spent_p += spent;
	return result < 0 ? -1 : 0;
}

enum gcn_stop gcn_group_run(struct gcn_group *g, uint32_t budget, struct gcn_fault *fault)
{
	uint32_t spent = 0, idle = 0;
	bool later = false; /* a wave that could go on is past the limit */

	memset(fault, 0, sizeof(*fault));
	while (g->ended < g->wave_count) {
		struct gcn_wave *w = &g->wave[g->next];

		if (spent >= budget)
			return GCN_STOP_SLICE;
		g->next = (g->next + 1) % g->wave_count;
		if (!runnable(w) || w->cycles > g->limit) {
			later |= runnable(w);
			if (++idle < g->wave_count)
				continue;
			if (later)
				return GCN_STOP_SLICE;
			w->fault = fault;
			gcn_wave_fault(w, GCN_FAULT_DEADLOCK, 0, false, "every wave left is halted");
			fault->pc = w->pc;
			return GCN_STOP_FAULT;
		}
		idle = 0;
		later = false;
		g->turns++;
		w->fault = fault;
		if (run_wave(g, w, budget - spent < WAVE_SLICE ? budget - spent : WAVE_SLICE, &spent))
			return GCN_STOP_FAULT;
	}
	return GCN_STOP_DONE;
}

void gcn_group_limit(struct gcn_group *g, uint64_t cycles)
{
	g->limit = cycles;
}

uint64_t gcn_group_cycles(const struct gcn_group *g)
{
	return phase_end(g);
}

void gcn_wave_shift(struct gcn_wave *w, uint64_t cycles)
{
	w->cycles += cycles;
	for (unsigned j = 0; j < GCN_VM_OUTSTANDING; j++)
		w->vm_done[j] += cycles;
	for (unsigned j = 0; j < GCN_LGKM_OUTSTANDING; j++)
		w->lgkm_done[j] += cycles;
}

void gcn_group_add_cycles(struct gcn_group *g, uint64_t cycles)
{
	g->phase_start += cycles;
	for (uint32_t i = 0; i < g->wave_count; i++) {
		struct gcn_wave *w = &g->wave[i];

		if (w->ended)
			continue;
		gcn_poll_interrupt(w);
		gcn_wave_shift(w, cycles);
		gcn_poll_shift(w, cycles);
	}
}

uint64_t gcn_group_instructions(const struct gcn_group *g)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < g->wave_count; i++)
		count += g->wave[i].instructions;
	return count;
}
