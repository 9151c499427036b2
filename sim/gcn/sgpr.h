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

/**
 * gcn_hwreg_read() - the bits that an s_getreg immediate selects: register 5:0, offset 10:6, size less one 15:11
 * Return: 0; -1 after recording a fault when the model lacks the register (hwreg.c).
 */
int gcn_hwreg_read(struct gcn_wave *w, uint16_t selector, uint32_t *value_p);
/** gcn_hwreg_write() - set those bits; result as gcn_hwreg_read() */
int gcn_hwreg_write(struct gcn_wave *w, uint16_t selector, uint32_t value);
/** gcn_hwreg_status() - the STATUS register: SCC and what else of it the model has */
uint32_t gcn_hwreg_status(const struct gcn_wave *w);

#endif
