/* SPDX-License-Identifier: MIT */
/*
 * Waves that wait by reading their clock: loops like "while (clock64() < end)". Executing each turn
 * of such a loop would cost the host more time than the loop takes on the GPU, so turns are left
 * out. Called when a wave reads its clock.
 *
 * When a wave comes back to the same read without having touched memory in between, its clock is
 * moved ahead, as if that read had taken longer, twice as far each time. If the loop then ends, the
 * wave is put back to where it was before and moved half as far, down to one turn of the loop: so
 * the loop ends where it would have ended, within one turn. What a wave does between two such reads
 * changes nothing but its own registers, and these are kept.
 *
 * A clock may be moved past the group's limit, but no wave reads it there: so what comes behind the loop does not happen before its
 * time, and a wave that is suspended within the loop is still in it.
 */
#include "sim/gcn/poll.h"

#include <stdlib.h>
#include <string.h>

enum {
	TURN_INSTRUCTIONS = 256, /* a longer turn is not worth it, or not a loop */
	/* Some programs take differences of the clock modulo 2^20, which is all that some GPUs
	   have. */
	JUMP_MAX = 1 << 19,
};

struct gcn_poll {
	uint64_t cycles, instructions; /* of the wave at the last one */
	uint32_t vm_issued, lgkm_issued;
	uint64_t jump;	/* last time's, in cycles */
	uint64_t turn;	/* what a turn takes by itself */
	bool found_end; /* a jump went too far: they become shorter */
	/* The wave as it was before the jump; its rows of registers follow. */
	struct gcn_wave wave;
	uint64_t simd_busy; /* of the group, for the wave's SIMD */
	uint32_t turns; /* of the group's waves */
	uint8_t rows[];
};

static size_t row_bytes(const struct gcn_wave *w)
{
	return (w->nvgprs + w->nagprs) * sizeof(w->vgpr[0]);
}

static void keep(struct gcn_wave *w, uint64_t pc)
{
	struct gcn_poll *p = w->poll;
	size_t vgprs = w->nvgprs * sizeof(w->vgpr[0]);

	p->wave = *w;
	p->wave.pc = pc;
	memcpy(p->rows, w->vgpr, vgprs);
	if (w->nagprs)
		memcpy(p->rows + vgprs, w->agpr, w->nagprs * sizeof(w->agpr[0]));
	p->simd_busy = w->group->simd_busy[w->simd];
	p->turns = w->group->turns;
	w->poll_ahead = true;
}

static struct gcn_poll *poll_of(struct gcn_wave *w)
{
	if (!w->poll)
		w->poll = calloc(1, sizeof(*w->poll) + row_bytes(w));
	return w->poll;
}

/* Whether the wave only came around a loop since the last read, at which it stood at @pc as it does
 * now. */
static bool came_around(const struct gcn_wave *w, const struct gcn_poll *p, uint64_t pc)
{
	return w->poll_pc == pc && w->instructions - p->instructions <= TURN_INSTRUCTIONS &&
	       w->vm_issued == p->vm_issued &&
	       w->lgkm_issued == p->lgkm_issued + 1; /* the read itself */
}

bool gcn_poll_clock(struct gcn_wave *w, const struct gcn_inst *in)
{
	uint64_t pc = w->pc - 4u * in->dwords;
	struct gcn_poll *p = poll_of(w);

	if (!p) /* without memory, each turn is executed */
		return true;
	if (w->poll_ahead && w->exec != p->wave.exec) {
		/* The loop goes on for some lanes only: it ended for others. */
		gcn_poll_back(w);
		w->pc += 4u * in->dwords;
	}
	if (w->cycles > w->group->limit) {
		w->pc = pc;
		return false;
	}
	w->poll_ahead = false;
	if (!came_around(w, p, pc)) {
		p->jump = 0;
		p->found_end = false;
	} else if (!p->jump && !p->found_end) {
		p->turn = p->jump = w->cycles - p->cycles;
	} else if (p->found_end) {
		p->jump = p->jump / 2 > p->turn ? p->jump / 2 : 0;
	} else {
		p->jump = p->jump * 2 < JUMP_MAX ? p->jump * 2 : JUMP_MAX;
	}
	if (p->jump)
		keep(w, pc);
	w->cycles += p->jump;
	w->poll_pc = pc;
	p->cycles = w->cycles;
	p->instructions = w->instructions;
	p->vm_issued = w->vm_issued;
	p->lgkm_issued = w->lgkm_issued;
	return true;
}

bool gcn_poll_harmless(const struct gcn_wave *w, const struct gcn_inst *in)
{
	if (w->instructions - w->poll->instructions > TURN_INSTRUCTIONS || !in->exec)
		return false;
	switch (in->unit) {
	case GCN_UNIT_SALU:
	case GCN_UNIT_VALU:
		return true;
	case GCN_UNIT_SMEM:
		return in->op == GCN_S_MEMTIME || in->op == GCN_S_MEMREALTIME;
	case GCN_UNIT_BRANCH:
		return in->op == GCN_S_NOP || in->op == GCN_S_WAITCNT || in->op == GCN_S_SLEEP ||
		       in->op == GCN_S_BRANCH ||
		       (in->op >= GCN_S_CBRANCH_CDBGSYS && in->op <= GCN_S_CBRANCH_VCCZ);
	default:
		return false;
	}
}

void gcn_poll_back(struct gcn_wave *w)
{
	struct gcn_poll *p = w->poll;
	struct gcn_fault *fault = w->fault;
	size_t vgprs = w->nvgprs * sizeof(w->vgpr[0]);

	*w = p->wave;
	w->fault = fault;
	w->poll = p;
	w->poll_ahead = false;
	memcpy(w->vgpr, p->rows, vgprs);
	if (w->nagprs)
		memcpy(w->agpr, p->rows + vgprs, w->nagprs * sizeof(w->agpr[0]));
	/* Unless others had their turns since: theirs counts. */
	if (p->turns == w->group->turns)
		w->group->simd_busy[w->simd] = p->simd_busy;
	/* The read is next, and finds this as if it had come around once more. */
	p->found_end = true;
	p->instructions = w->instructions;
	p->vm_issued = w->vm_issued;
	p->lgkm_issued = w->lgkm_issued - 1;
}

void gcn_poll_interrupt(struct gcn_wave *w)
{
	if (!w->poll_ahead || w->cycles <= w->group->limit)
		return;
	gcn_poll_back(w);
	/* That was not the loop's end. */
	w->poll->found_end = false;
	w->poll->jump = w->poll->turn;
}

void gcn_poll_shift(struct gcn_wave *w, uint64_t cycles)
{
	if (!w->poll)
		return;
	w->poll->cycles += cycles;
	gcn_wave_shift(&w->poll->wave, cycles);
}

void gcn_poll_free(struct gcn_wave *w)
{
	free(w->poll);
	w->poll = NULL;
}
