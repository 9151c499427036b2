/* SPDX-License-Identifier: MIT */
/*
 * Global wave sync instructions. Used by the memory unit's table of instructions.
 */
#ifndef SIM_GCN_GWS_H
#define SIM_GCN_GWS_H

#include "sim/gcn/wave.h"

/** gcn_gws_exec() - which function executes a DS instruction on global memory (gds); NULL when it is not modelled */
gcn_exec_fn gcn_gws_exec(const struct gcn_inst *in);

#endif
