/* SPDX-License-Identifier: MIT */
/*
 * The vector ALU as the rest of the compute-unit model sees it, beside gcn_valu_exec() in wave.h:
 * what instructions cost. Read by the decoder when it fills struct gcn_inst.
 */
#ifndef SIM_GCN_VALU_H
#define SIM_GCN_VALU_H

#include "sim/gcn/wave.h"

/**
 * gcn_valu_cycles() - shader cycles that a vector instruction keeps its SIMD busy
 * @in:  decoded instruction of a VOP or MAI format; exec need not be set
 *
 * A SIMD is 16 lanes wide, so a wave takes one pass of four cycles. Transcendentals and 32-bit
 * multiplications take four passes, f64 arithmetic and 64-bit shifts two (one on gfx90a and gfx942
 * at best: the model charges all parts alike). MFMA take the cycles of CDNA2 where that has the
 * instruction, else of CDNA3.
 *
 * Return: 4 and more.
 * Source: AMD "Vega" 7nm and CDNA ISA documents; pass counts of MFMA from the CDNA2/CDNA3 ISA
 * documents, "Matrix Arithmetic Instructions" (as tabulated by AMD's matrix instruction
 * calculator).
 */
unsigned gcn_valu_cycles(const struct gcn_inst *in);

/*
 * gcn_valu_exec() for hosts of any kind, and for those with AVX2 and FMA. It calls the right one;
 * both are visible so that tests can compare them.
 */
gcn_exec_fn valu_base_lookup(const struct gcn_inst *in);
gcn_exec_fn valu_avx2_lookup(const struct gcn_inst *in);
/** gcn_valu_has_avx2() - whether valu_avx2_lookup() may be used on this host */
bool gcn_valu_has_avx2(void);

#endif
