/* SPDX-License-Identifier: MIT */
/* The state of waves as a context save writes it, for readers outside the simulator; see gcn_group_state(). */
#include <string.h>

#include "sim/gcn/group.h"

enum { ROW_BYTES = 4 * GCN_WAVE_LANES, SGPRS = 112, HWREGS = 16 };

static void put64(uint32_t *out, uint64_t value)
{
	out[0] = (uint32_t)value;
	out[1] = (uint32_t)(value >> 32);
}

static uint8_t *put(uint8_t *out, const void *from, size_t bytes)
{
	memcpy(out, from, bytes);
	return out + bytes;
}

uint32_t gcn_wave_state_bytes(const struct gcn_dispatch *d)
{
	return (d->vgprs + d->agprs) * ROW_BYTES + (SGPRS + HWREGS) * 4;
}

static void wave_state(const struct gcn_wave *w, uint8_t *out)
{
	uint32_t sgpr[SGPRS] = {0}, hw[HWREGS] = {0};

	memcpy(sgpr, w->sgpr, GCN_SRC_FLAT_SCRATCH * sizeof(sgpr[0]));
	put64(&sgpr[GCN_SRC_FLAT_SCRATCH], w->flat_scratch);
	put64(&sgpr[GCN_SRC_XNACK_MASK], w->xnack_mask);
	put64(&sgpr[GCN_SRC_VCC], w->vcc);
	memcpy(&sgpr[GCN_SRC_TTMP0], w->trap_sgprs, (SGPRS - GCN_SRC_TTMP0) * sizeof(sgpr[0]));
	hw[0] = w->m0;
	put64(&hw[1], w->pc);
	put64(&hw[3], w->exec);
	/* STATUS: SCC, EXECZ, VCCZ */
	hw[5] = w->scc | (w->exec == 0) << 9 | (w->vcc == 0) << 10;
	put64(&hw[7], w->xnack_mask);
	hw[9] = w->mode;
	out = put(out, w->vgpr, w->group->dispatch->vgprs * ROW_BYTES);
	if (w->group->dispatch->agprs)
		out = put(out, w->agpr, w->group->dispatch->agprs * ROW_BYTES);
	out = put(out, sgpr, sizeof(sgpr));
	put(out, hw, sizeof(hw));
}

void gcn_group_state(const struct gcn_group *g, uint8_t *out)
{
	uint32_t bytes = gcn_wave_state_bytes(g->dispatch);

	for (uint32_t i = 0; i < g->dispatch->waves_per_group; i++) {
		if (i < g->wave_count)
			wave_state(&g->wave[i], out + i * bytes);
		else
			memset(out + i * bytes, 0, bytes);
	}
	if (g->lds)
		memcpy(out + g->dispatch->waves_per_group * bytes, g->lds, g->dispatch->group_segment_bytes);
}
