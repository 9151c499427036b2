/* SPDX-License-Identifier: MIT */
/* Command buffers in PM4 format that a vendor AQL packet points to. Written by the runtime, read
 * here. */
#ifndef SIM_CP_PM4_H
#define SIM_CP_PM4_H

#include <stdint.h>

#include "sim/cp/engine.h"

/* Vendor packet of format AMD_AQL_FORMAT_PM4_IB. Source: ROCr 5.2.3, AqlQueue::ExecutePM4. */
struct aql_pm4_ib_packet {
	uint16_t header;
	uint8_t format;
	uint8_t reserved0;
	uint32_t ib_jump[4];
	uint32_t dw_cnt_remain;
	uint32_t reserved[8];
	uint64_t completion_signal;
};
_Static_assert(sizeof(struct aql_pm4_ib_packet) == 64, "AQL packet");

/**
 * pm4_run_ib() - execute the indirect buffer of a vendor packet
 * Return: 0; -EINVAL for a command that is malformed or not modelled (logged); -EFAULT when memory
 * is not mapped, its address is then in @fault_va_p. Source: PM4 type-3 packets of gfx9, soc15d.h
 * of the amdgpu kernel driver.
 */
int pm4_run_ib(struct cp_queue *q, const struct aql_pm4_ib_packet *p, uint64_t now_ns,
	uint64_t *fault_va_p);

#endif
