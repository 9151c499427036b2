/* SPDX-License-Identifier: MIT */
/*
 * Context save: how large the state of waves is, and writing it to a queue's save area. The area
 * belongs to the application and is read by debuggers; the simulator itself continues waves from
 * its own memory.
 */
#ifndef SIM_CP_CWSR_H
#define SIM_CP_CWSR_H

#include "sim/cp/engine.h"

/** cwsr_group_bytes() - state of one workgroup of a dispatch: registers of its waves and LDS */
uint64_t cwsr_group_bytes(const struct gcn_dispatch *d);
/** cwsr_save() - write the state of an AQL queue's groups, which are off their CUs, to its save
 * area, if it has one. Must hold the engine lock. */
void cwsr_save(const struct cp_queue *q);

#endif
