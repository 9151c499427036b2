/* SPDX-License-Identifier: MIT */
/*
 * Inside the vector ALU: operand types, the operation table and the row buffers that an operation
 * works on. Written by valu_exec.c from registers and modifiers, read and filled by the operation
 * kernels, all within one instruction.
 *
 * The files that include this header are compiled once per host instruction set (VALU_VARIANT);
 * valu.c picks one at run time.
 */
#ifndef SIM_GCN_VALU_LANES_H
#define SIM_GCN_VALU_LANES_H

#include <math.h>
#include <string.h>

#include "sim/gcn/valu.h"

#define VALU_PASTE2(a, b) valu_##a##_##b
#define VALU_PASTE(a, b)  VALU_PASTE2(a, b)
/* A symbol of this variant. */
#define VALU(name) VALU_PASTE(VALU_VARIANT, name)

/* A row register seen as floats. The rows are uint32_t objects, hence may_alias. */
typedef float valu_f32 __attribute__((may_alias));

/**
 * enum valu_type - how an operand is fetched, modified and stored
 *
 * F types take neg/abs and follow the denormal bits of MODE, N types take neg/abs only, B and I
 * types are bits. PK types are pairs: an operation with a PK destination runs once for each half.
 */
enum valu_type {
	T_NO,
	T_B16,
	T_B32,
	T_B64,
	T_I64,
	T_B128,
	T_F16,
	T_F32,
	T_F64,
	T_N16,
	T_N32,
	T_N64,
	T_PKB16,
	T_PKF16,
	T_PKF32,
	T_MIX,	/* f32, or one half of an f16 pair, as op_sel and op_sel_hi say */
	T_MASK, /* one bit per lane in an SGPR pair or VCC */
};

enum {
	VALU_SDST = 1 << 0,	 /* writes mask_out to sdst */
	VALU_CMPX = 1 << 1,	 /* ... and to EXEC */
	VALU_ACC = 1 << 2,	 /* source 2 is the destination's old value */
	VALU_ICLAMP = 1 << 5,	 /* the kernel saturates when lanes->clamp is set */
	VALU_FTZ = 1 << 6,	 /* flushes denormals whatever MODE says */
	VALU_KEEP = 1 << 7,	 /* 16-bit result leaves the other half of the register alone */
	VALU_HIGH = 1 << 8,	 /* 16-bit result goes to the high half */
	VALU_VCC = 1 << 9,	 /* reads VCC as mask_in without naming it */
	VALU_AGPR_SRC = 1 << 10, /* source 0 is an accumulation register */
	VALU_AGPR_DST = 1 << 11,
	VALU_EXACT = 1 << 12, /* result is exact or has its own rounding: the rounding mode does not
				 matter */
	VALU_PICK = 1 << 13,  /* packed 64-bit move: half i of the result comes from source i */
	VALU_NOCLAMP = 1 << 14, /* clamp has no meaning (comparisons, conversions to integers):
				   accepted and ignored */
};

/**
 * struct valu_lanes - operands and results of one instruction, a row of 64 lanes per dword
 * @s, @h:      low and high dword of each source; for PK sources the low and high element, each in
 * the low bits
 * @d:          result rows, filled for all lanes (the caller stores the active ones)
 * @mask_in:    carry in, or the select mask
 * @mask_out:   carry out, or the comparison; bits of inactive lanes are ignored
 * @exec:       active lanes, for the few kernels that look across lanes
 * @clamp:      integer kernels saturate
 * @flush:      the part flushes denormals in dot products
 */
struct valu_lanes {
	const uint32_t *s[3];
	const uint32_t *h[3];
	uint32_t *d[4];
	uint64_t mask_in;
	uint64_t mask_out;
	uint64_t exec;
	uint32_t mode;
	bool clamp;
	bool flush;
};

typedef void (*valu_kernel_fn)(struct valu_lanes *l);

struct valu_op {
	valu_kernel_fn kernel;
	uint8_t dst;	/* enum valu_type; T_NO where only a mask results */
	uint8_t src[3]; /* enum valu_type */
	uint16_t flags;
};

/* Every operation, indexed by enum gcn_op; kernel is NULL where the unit lacks it. */
extern const struct valu_op VALU(ops)[GCN_OP_COUNT];

gcn_exec_fn VALU(lookup)(const struct gcn_inst *in);
/* FP8 and BF8 of gfx942, exact. */
float VALU(fp8_to_f32)(uint32_t v);
float VALU(bf8_to_f32)(uint32_t v);
int VALU(exec_simple)(struct gcn_wave *w, const struct gcn_inst *in);
int VALU(exec_full)(struct gcn_wave *w, const struct gcn_inst *in);
gcn_exec_fn VALU(lane_lookup)(const struct gcn_inst *in);
gcn_exec_fn VALU(mfma_lookup)(const struct gcn_inst *in);

#define VALU_OP(op, fn, d, a, b, c, fl) void VALU(k_##fn)(struct valu_lanes * l);
#include "sim/gcn/valu_ops.def"
#undef VALU_OP

/* Opens a kernel, by its name in the operation table. */
#define KERNEL2(name) void VALU(k_##name)(struct valu_lanes * l)
#define KERNEL(name) KERNEL2(name)

/*
 * The loop over lanes. No lane's result depends on another's: rows that are written are buffers of
 * their own, or the row that is read, at the same lane. GCC needs to be told, since the rows'
 * addresses come from memory.
 */
#if defined(__clang__)
#define LANES for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
#else
#define LANES _Pragma("GCC ivdep") for (unsigned i = 0; i < GCN_WAVE_LANES; i++)
#endif

/* One bit per lane of a 32-lane half, so that mask loops vectorise without variable shifts. */
extern const uint32_t VALU(lane_bit)[GCN_WAVE_LANES];

static inline uint32_t valu_mask_half(uint64_t mask, unsigned lane)
{
	return lane < 32 ? (uint32_t)mask : (uint32_t)(mask >> 32);
}

/* Row of 0 or ~0 from a lane mask. */
static inline void valu_mask_to_row(uint64_t mask, uint32_t *restrict row)
{
	uint32_t lo = (uint32_t)mask, hi = (uint32_t)(mask >> 32);

	for (unsigned i = 0; i < 32; i++)
		row[i] = lo & VALU(lane_bit)[i] ? ~0u : 0;
	for (unsigned i = 0; i < 32; i++)
		row[32 + i] = hi & VALU(lane_bit)[i] ? ~0u : 0;
}

/* Lane mask from a row of zero or non-zero. */
static inline uint64_t valu_row_to_mask(const uint32_t *restrict row)
{
	uint32_t lo = 0, hi = 0;

	for (unsigned i = 0; i < 32; i++)
		lo |= row[i] ? VALU(lane_bit)[i] : 0;
	for (unsigned i = 0; i < 32; i++)
		hi |= row[32 + i] ? VALU(lane_bit)[i] : 0;
	return (uint64_t)hi << 32 | lo;
}

static inline float valu_as_f32(uint32_t v)
{
	float f;

	memcpy(&f, &v, sizeof(f));
	return f;
}

static inline uint32_t valu_f32_bits(float f)
{
	uint32_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

static inline double valu_as_f64(uint64_t v)
{
	double f;

	memcpy(&f, &v, sizeof(f));
	return f;
}

static inline uint64_t valu_f64_bits(double f)
{
	uint64_t v;

	memcpy(&v, &f, sizeof(v));
	return v;
}

static inline uint64_t valu_pair(uint32_t lo, uint32_t hi)
{
	return (uint64_t)hi << 32 | lo;
}

/* MODE fields (GCN3/CDNA ISA documents, "MODE register"). */
#define VALU_MODE_ROUND_F32(m)	    ((m)&3)
#define VALU_MODE_ROUND_F16_F64(m)  ((m) >> 2 & 3)
#define VALU_MODE_DENORM_F32(m)	    ((m) >> 4 & 3) /* bit 0: keep inputs, bit 1: keep outputs */
#define VALU_MODE_DENORM_F16_F64(m) ((m) >> 6 & 3)
#define VALU_MODE_DX10_CLAMP	    (1u << 8)
#define VALU_MODE_IEEE		    (1u << 9)
#define VALU_MODE_FP16_OVFL	    (1u << 23)
#define VALU_MODE_GPR_IDX	    (1u << 27)

enum { VALU_ROUND_NEAREST, VALU_ROUND_UP, VALU_ROUND_DOWN, VALU_ROUND_ZERO };

#endif
