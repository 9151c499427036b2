/* SPDX-License-Identifier: MIT */
/*
 * Reference results for vector instructions, one lane at a time. Written by gcn_valu_ref.c, read by
 * the vector ALU's tests.
 */
#ifndef TESTS_UNIT_GCN_VALU_REF_H
#define TESTS_UNIT_GCN_VALU_REF_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct valu_ref - one instruction's reference
 * @signature: see gcn_valu_ref.def
 * @fn:        the result's bits from the sources' bits; the lane mask result, if any, through the
 * pointer
 */
struct valu_ref {
	const char *mnemonic;
	const char *signature;
	uint64_t (*fn)(uint64_t a, uint64_t b, uint64_t c, unsigned lane, bool *m);
};

extern const struct valu_ref valu_refs[];
extern const unsigned valu_ref_count;

const struct valu_ref *valu_ref_find(const char *mnemonic);

/** valu_ref_compare() - result of a v_cmp_ or v_cmpx_ instruction; false in @known when @mnemonic
 * is none */
bool valu_ref_compare(const char *mnemonic, uint64_t a, uint64_t b, bool *known);

/* IEEE minimum of formats of 16, 32 or 64 bits, quieting signalling NaN. */
uint64_t ieee_min(uint64_t a, uint64_t b, int width);
uint64_t ieee_max(uint64_t a, uint64_t b, int width);

#endif
