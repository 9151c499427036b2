/* SPDX-License-Identifier: MIT */
/*
 * The image of a group that a context save leaves in memory. Reads the group's waves and LDS; the command processor puts the
 * result into the queue's save area.
 *
 * Source: Linux amdkfd, cwsr_trap_handler_gfx9.asm, for the order and the sizes of what is saved of a wave.
 */
#include <string.h>

#include "sim/gcn/group.h"
#include "sim/gcn/sgpr.h"

enum { SPECIAL_SGPRS = 6, HWREG_DWORDS = 16, TTMP_DWORDS = 16 };

static size_t wave_bytes(const struct gcn_wave *w)
{
	return ((size_t)w->nvgprs + w->nagprs) * sizeof(w->vgpr[0]) +
	       4ull * (w->group->dispatch->sgprs + HWREG_DWORDS + TTMP_DWORDS);
}

size_t gcn_group_save_bytes(const struct gcn_group *g)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < g->wave_count; i++)
		if (!g->wave[i].ended)
			bytes += wave_bytes(&g->wave[i]);
	return bytes ? bytes + g->lds_bytes : 0;
}

static uint8_t *put(uint8_t *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	return to + bytes;
}

static uint8_t *save_sgprs(uint8_t *to, const struct gcn_wave *w)
{
	const uint64_t special[] = {w->flat_scratch, w->xnack_mask, w->vcc};
	uint32_t count = w->group->dispatch->sgprs - SPECIAL_SGPRS;

	uint32_t named = count < GCN_SGPR_LIMIT ? count : GCN_SGPR_LIMIT;

	to = put(to, w->sgpr, 4ull * named);
	/* A descriptor may allocate more than an instruction can name. */
	memset(to, 0, 4ull * (count - named));
	to += 4ull * (count - named);
	return put(to, special, sizeof(special));
}

static uint8_t *save_hwregs(uint8_t *to, const struct gcn_wave *w)
{
	const uint32_t hwreg[HWREG_DWORDS] = {
		w->m0,
		(uint32_t)w->pc,
		(uint32_t)(w->pc >> 32),
		(uint32_t)w->exec,
		(uint32_t)(w->exec >> 32),
		gcn_hwreg_status(w),
		0, /* TRAPSTS */
		(uint32_t)w->xnack_mask,
		(uint32_t)(w->xnack_mask >> 32),
		w->mode,
	};

	return put(to, hwreg, sizeof(hwreg));
}

void gcn_group_save(const struct gcn_group *g, void *to)
{
	uint8_t *at = to;
	bool first = true;

	for (uint32_t i = 0; i < g->wave_count; i++) {
		const struct gcn_wave *w = &g->wave[i];

		if (w->ended)
			continue;
		at = put(at, w->vgpr, w->nvgprs * sizeof(w->vgpr[0]));
		if (w->nagprs)
			at = put(at, w->agpr, w->nagprs * sizeof(w->agpr[0]));
		at = save_sgprs(at, w);
		at = save_hwregs(at, w);
		at = put(at, w->trap_sgprs, sizeof(w->trap_sgprs));
		if (first && g->lds_bytes)
			at = put(at, g->lds, g->lds_bytes);
		first = false;
	}
}
