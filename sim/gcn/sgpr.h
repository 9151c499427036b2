/* SPDX-License-Identifier: MIT */
/*
 * Scalar operands for the hot paths of sim/gcn: general registers inline, everything else through sgpr.c. Read by the
 * scalar and the memory unit.
 */
#ifndef SIM_GCN_SGPR_H
#define SIM_GCN_SGPR_H

#include "sim/gcn/wave.h"

#define GCN_SGPR_LIMIT 102 /* codes below are general registers on every ISA here */

static inline uint32_t sgpr_read32(const struct gcn_wave *w, uint16_t code, uint32_t literal)
{
	return code < GCN_SGPR_LIMIT ? w->sgpr[code] : gcn_scalar_read32(w, code, literal);
}

static inline uint64_t sgpr_read64(const struct gcn_wave *w, uint16_t code, uint32_t literal)
{
	if (code < GCN_SGPR_LIMIT - 1)
		return w->sgpr[code] | (uint64_t)w->sgpr[code + 1] << 32;
	return gcn_scalar_read64(w, code, literal);
}

static inline void sgpr_write32(struct gcn_wave *w, uint16_t code, uint32_t value)
{
	if (code < GCN_SGPR_LIMIT)
		w->sgpr[code] = value;
	else
		gcn_scalar_write32(w, code, value);
}

static inline void sgpr_write64(struct gcn_wave *w, uint16_t code, uint64_t value)
{
	if (code < GCN_SGPR_LIMIT - 1) {
		w->sgpr[code] = (uint32_t)value;
		w->sgpr[code + 1] = (uint32_t)(value >> 32);
	} else {
		gcn_scalar_write64(w, code, value);
	}
}

#endif
