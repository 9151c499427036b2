/* SPDX-License-Identifier: MIT */
/*
 * Matrix multiply-accumulate (MFMA), dense and 4:2 sparse, driven by one table. Reads and writes
 * the wave's vector and accumulation registers; EXEC does not matter.
 *
 * A (M x K) and B (K x N) of every block are spread over the 64 lanes with K * M * blocks / 64
 * consecutive elements of K in a lane; C and D hold four consecutive rows in four registers (one
 * row in a register pair for f64).
 *
 * Products are accumulated one by one along K with fused multiply-adds to nearest even, starting
 * from C. The order of the hardware's additions, and so its last bit, is not documented. On gfx90a
 * the f16 and bf16 forms flush denormals of all operands and of the result (PyTorch's numerical
 * accuracy notes state it for MI200); gfx942 keeps them. XF32 operands are rounded to 10 mantissa
 * bits, to nearest even.
 *
 * Source: AMD CDNA2 and CDNA3 ISA documents, "Matrix Arithmetic Instructions"; register layouts,
 * CBSZ/ABID/BLGP and the sparse index as AMD's matrix instruction calculator describes them.
 */
#include "sim/gcn/valu_fetch.h"
#include "sim/gcn/valu_half.h"
#include "sim/gcn/valu_mfma.h"

enum { MAX_INPUT = 1024, MAX_ROWS = 32 }; /* elements of A or B; registers of C or D */

const struct valu_mfma VALU(mfma_table)[] = {
	/* op, M, N, K, blocks, A and B, C and D, modifiers */
	{GCN_V_MFMA_F32_32X32X1F32, 32, 32, 1, 2, M_F32, M_F32, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_16X16X1F32, 16, 16, 1, 4, M_F32, M_F32, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_4X4X1F32, 4, 4, 1, 16, M_F32, M_F32, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_32X32X2F32, 32, 32, 2, 1, M_F32, M_F32, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_16X16X4F32, 16, 16, 4, 1, M_F32, M_F32, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_32X32X4F16, 32, 32, 4, 2, M_F16, M_F16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_16X16X4F16, 16, 16, 4, 4, M_F16, M_F16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_4X4X4F16, 4, 4, 4, 16, M_F16, M_F16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_32X32X8F16, 32, 32, 8, 1, M_F16, M_F16, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_16X16X16F16, 16, 16, 16, 1, M_F16, M_F16, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_32X32X2BF16, 32, 32, 2, 2, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_16X16X2BF16, 16, 16, 2, 4, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_4X4X2BF16, 4, 4, 2, 16, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_32X32X4BF16, 32, 32, 4, 1, M_BF16, M_BF16, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_16X16X8BF16, 16, 16, 8, 1, M_BF16, M_BF16, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_32X32X4BF16_1K, 32, 32, 4, 2, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_16X16X4BF16_1K, 16, 16, 4, 4, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_4X4X4BF16_1K, 4, 4, 4, 16, M_BF16, M_BF16, M_F32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_F32_32X32X8BF16_1K, 32, 32, 8, 1, M_BF16, M_BF16, M_F32, M_BLGP},
	{GCN_V_MFMA_F32_16X16X16BF16_1K, 16, 16, 16, 1, M_BF16, M_BF16, M_F32, M_BLGP},
	{GCN_V_MFMA_I32_32X32X4I8, 32, 32, 4, 2, M_I8, M_I8, M_I32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_I32_16X16X4I8, 16, 16, 4, 4, M_I8, M_I8, M_I32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_I32_4X4X4I8, 4, 4, 4, 16, M_I8, M_I8, M_I32, M_CBSZ | M_BLGP},
	{GCN_V_MFMA_I32_32X32X8I8, 32, 32, 8, 1, M_I8, M_I8, M_I32, M_BLGP},
	{GCN_V_MFMA_I32_16X16X16I8, 16, 16, 16, 1, M_I8, M_I8, M_I32, M_BLGP},
	{GCN_V_MFMA_I32_32X32X16_I8, 32, 32, 16, 1, M_I8, M_I8, M_I32, 0},
	{GCN_V_MFMA_I32_16X16X32_I8, 16, 16, 32, 1, M_I8, M_I8, M_I32, 0},
	{GCN_V_MFMA_F64_16X16X4F64, 16, 16, 4, 1, M_F64, M_F64, M_F64, 0},
	{GCN_V_MFMA_F64_4X4X4F64, 4, 4, 4, 4, M_F64, M_F64, M_F64, 0},
	{GCN_V_MFMA_F32_16X16X8_XF32, 16, 16, 8, 1, M_XF32, M_XF32, M_F32, 0},
	{GCN_V_MFMA_F32_32X32X4_XF32, 32, 32, 4, 1, M_XF32, M_XF32, M_F32, 0},
	{GCN_V_MFMA_F32_16X16X32_BF8_BF8, 16, 16, 32, 1, M_BF8, M_BF8, M_F32, 0},
	{GCN_V_MFMA_F32_16X16X32_BF8_FP8, 16, 16, 32, 1, M_BF8, M_FP8, M_F32, 0},
	{GCN_V_MFMA_F32_16X16X32_FP8_BF8, 16, 16, 32, 1, M_FP8, M_BF8, M_F32, 0},
	{GCN_V_MFMA_F32_16X16X32_FP8_FP8, 16, 16, 32, 1, M_FP8, M_FP8, M_F32, 0},
	{GCN_V_MFMA_F32_32X32X16_BF8_BF8, 32, 32, 16, 1, M_BF8, M_BF8, M_F32, 0},
	{GCN_V_MFMA_F32_32X32X16_BF8_FP8, 32, 32, 16, 1, M_BF8, M_FP8, M_F32, 0},
	{GCN_V_MFMA_F32_32X32X16_FP8_BF8, 32, 32, 16, 1, M_FP8, M_BF8, M_F32, 0},
	{GCN_V_MFMA_F32_32X32X16_FP8_FP8, 32, 32, 16, 1, M_FP8, M_FP8, M_F32, 0},
	{GCN_V_SMFMAC_F32_16X16X32_F16, 16, 16, 32, 1, M_F16, M_F16, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X16_F16, 32, 32, 16, 1, M_F16, M_F16, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_16X16X32_BF16, 16, 16, 32, 1, M_BF16, M_BF16, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X16_BF16, 32, 32, 16, 1, M_BF16, M_BF16, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_I32_16X16X64_I8, 16, 16, 64, 1, M_I8, M_I8, M_I32, M_SPARSE},
	{GCN_V_SMFMAC_I32_32X32X32_I8, 32, 32, 32, 1, M_I8, M_I8, M_I32, M_SPARSE},
	{GCN_V_SMFMAC_F32_16X16X64_BF8_BF8, 16, 16, 64, 1, M_BF8, M_BF8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_16X16X64_BF8_FP8, 16, 16, 64, 1, M_BF8, M_FP8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_16X16X64_FP8_BF8, 16, 16, 64, 1, M_FP8, M_BF8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_16X16X64_FP8_FP8, 16, 16, 64, 1, M_FP8, M_FP8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X32_BF8_BF8, 32, 32, 32, 1, M_BF8, M_BF8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X32_BF8_FP8, 32, 32, 32, 1, M_BF8, M_FP8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X32_FP8_BF8, 32, 32, 32, 1, M_FP8, M_BF8, M_F32, M_SPARSE},
	{GCN_V_SMFMAC_F32_32X32X32_FP8_FP8, 32, 32, 32, 1, M_FP8, M_FP8, M_F32, M_SPARSE},
};
const unsigned VALU(mfma_count) = sizeof(VALU(mfma_table)) / sizeof(VALU(mfma_table)[0]);

static const struct valu_mfma *find(unsigned op)
{
	for (unsigned i = 0; i < VALU(mfma_count); i++)
		if (VALU(mfma_table)[i].op == op)
			return &VALU(mfma_table)[i];
	return NULL;
}

static unsigned element_bits(enum valu_matrix_type type)
{
	static const uint8_t bits[] = {[M_F32] = 32,
		[M_XF32] = 32,
		[M_F16] = 16,
		[M_BF16] = 16,
		[M_I8] = 8,
		[M_FP8] = 8,
		[M_BF8] = 8,
		[M_F64] = 64,
		[M_I32] = 32};

	return bits[type];
}

/* Elements that one operand keeps in a lane, and the registers for them. */
static unsigned per_lane(unsigned outer, unsigned k, unsigned blocks)
{
	return k * outer * blocks / GCN_WAVE_LANES;
}

static unsigned registers(unsigned elements, unsigned bits)
{
	return elements * bits <= 32 ? 1 : elements * bits / 32;
}

/* The matrices of one instruction: [block][k][row or column], and the accumulators as they lie in
 * registers. */
union elements {
	float f[MAX_INPUT];
	double d[MAX_INPUT];
	int32_t i[MAX_INPUT];
};

union accumulators {
	uint32_t u[MAX_ROWS][GCN_WAVE_LANES];
	float f[MAX_ROWS][GCN_WAVE_LANES];
	int32_t i[MAX_ROWS][GCN_WAVE_LANES];
	double d[MAX_ROWS / 2][GCN_WAVE_LANES];
};

static float flush(float f, bool on)
{
	return on && fabsf(f) < 0x1p-126f ? copysignf(0, f) : f;
}

static float element_f32(enum valu_matrix_type type, uint32_t v, bool flushes)
{
	switch (type) {
	case M_F16:
		if (flushes && !(v & 0x7c00))
			v &= 0x8000;
		return valu_f16_to_f32(v);
	case M_BF16:
		return flush(valu_bf16_to_f32(v), flushes);
	case M_FP8:
		return VALU(fp8_to_f32)(v);
	case M_BF8:
		return VALU(bf8_to_f32)(v);
	case M_XF32:
		if ((v & 0x7f800000) != 0x7f800000)
			v += 0xfff + (v >> 13 & 1);
		else if (v & 0x1fff)
			v |= 1u << 22; /* a NaN stays one */
		return valu_as_f32(v & ~0x1fffu);
	default:
		return valu_as_f32(v);
	}
}

/* Reads one element from the registers of lane @lane. */
static void unpack(enum valu_matrix_type type, uint32_t (*rows)[GCN_WAVE_LANES], unsigned lane,
	unsigned element, bool flushes, union elements *out, unsigned at)
{
	unsigned bits = element_bits(type);

	if (type == M_F64) {
		out->d[at] = valu_as_f64(valu_pair(rows[0][lane], rows[1][lane]));
	} else {
		uint32_t v = rows[element * bits / 32][lane] >> (element * bits % 32);

		if (type == M_I8)
			out->i[at] = (int8_t)v;
		else
			out->f[at] =
				element_f32(type, bits == 32 ? v : v & ((1u << bits) - 1), flushes);
	}
}

/* The lane whose B a lane uses. */
static unsigned blgp_lane(unsigned lane, unsigned blgp)
{
	switch (blgp) {
	case 1: /* the first or the second half for both */
		return lane % 32;
	case 2:
		return lane % 32 + 32;
	case 3: /* rotate down by 16 */
		return (lane + 16) % 64;
	case 4: /* one quarter for all */
	case 5:
	case 6:
	case 7:
		return lane % 16 + 16 * (blgp - 4);
	default:
		return lane;
	}
}

/* Where row @i, column 0 of block @b lies among the accumulators. */
static void place(const struct valu_mfma *m, unsigned i, unsigned b, unsigned *reg, unsigned *lane)
{
	unsigned height = m->cd == M_F64 ? 1 : 4, strips = GCN_WAVE_LANES / m->n;
	unsigned strip_lanes = (unsigned)m->n * m->m / height;
	unsigned blocks = strip_lanes >= GCN_WAVE_LANES ? 1 : GCN_WAVE_LANES / strip_lanes;

	*reg = b * (m->m * m->n / GCN_WAVE_LANES) + i / (height * strips) * height + i % height;
	*lane = b % blocks * m->n + i / height % strips * blocks * m->n;
}

/* The product of one element of A with a row of B, added to a row of the accumulators. */
static void accumulate(const struct valu_mfma *m, const union elements *a, unsigned ai,
	const union elements *b, unsigned bi, union accumulators *acc, unsigned reg, unsigned lane)
{
	if (m->cd == M_F64) {
		for (unsigned j = 0; j < m->n; j++)
			acc->d[reg][lane + j] = fma(a->d[ai], b->d[bi + j], acc->d[reg][lane + j]);
	} else if (m->cd == M_I32) {
		for (unsigned j = 0; j < m->n; j++)
			acc->u[reg][lane + j] += (uint32_t)(a->i[ai] * b->i[bi + j]);
	} else {
		const float av = a->f[ai], *restrict bv = &b->f[bi];
		float *restrict cv = &acc->f[reg][lane];

		for (unsigned j = 0; j < m->n; j++)
			cv[j] = fmaf(av, bv[j], cv[j]);
	}
}

static void load_accumulators(const struct valu_mfma *m, uint32_t (*rows)[GCN_WAVE_LANES],
	unsigned count, uint64_t constant, bool flushes, union accumulators *acc)
{
	if (m->cd == M_F64) {
		for (unsigned r = 0; r < count / 2; r++)
			LANES acc->d[r][i] = valu_as_f64(
				rows ? valu_pair(rows[2 * r][i], rows[2 * r + 1][i]) : constant);
		return;
	}
	for (unsigned r = 0; r < count; r++)
		LANES acc->u[r][i] = rows ? rows[r][i] : (uint32_t)constant;
	for (unsigned r = 0; flushes && r < count; r++)
		LANES acc->f[r][i] = flush(acc->f[r][i], true);
}

static void store_accumulators(const struct valu_mfma *m, uint32_t (*rows)[GCN_WAVE_LANES],
	unsigned count, bool flushes, union accumulators *acc)
{
	if (m->cd == M_F64) {
		for (unsigned r = 0; r < count / 2; r++)
			LANES
			{
				uint64_t v = valu_f64_bits(acc->d[r][i]);

				rows[2 * r][i] = (uint32_t)v;
				rows[2 * r + 1][i] = (uint32_t)(v >> 32);
			}
		return;
	}
	for (unsigned r = 0; flushes && r < count; r++)
		LANES acc->f[r][i] = flush(acc->f[r][i], true);
	memcpy(rows, acc->u, count * sizeof(*rows));
}

static int exec_mfma(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct valu_mfma *m = find(in->op);
	const bool sparse = m->flags & M_SPARSE;
	const unsigned kc = sparse ? m->k / 2 : m->k; /* stored elements along K of A */
	const unsigned a_lane = per_lane(m->m, kc, m->blocks),
		       b_lane = per_lane(m->n, m->k, m->blocks);
	const unsigned cd_rows =
		(unsigned)m->m * m->n * m->blocks / GCN_WAVE_LANES * (m->cd == M_F64 ? 2 : 1);
	const bool flushes = w->machine->isa == GCN_ISA_GFX90A && (m->a == M_F16 || m->a == M_BF16);
	const unsigned a_block = (unsigned)m->m * kc, b_block = (unsigned)m->n * m->k;
	const unsigned c_code = sparse ? in->dst : in->src[2];
	uint32_t(*a_rows)[GCN_WAVE_LANES], (*b_rows)[GCN_WAVE_LANES],
		(*c_rows)[GCN_WAVE_LANES] = NULL;
	uint32_t(*d_rows)[GCN_WAVE_LANES], (*index)[GCN_WAVE_LANES] = NULL;
	uint64_t constant = 0;
	union elements a, b;
	union accumulators acc;

	a_rows = valu_rows(w, in->src[0], registers(a_lane, element_bits(m->a)));
	b_rows = a_rows ? valu_rows(w, in->src[1], registers(b_lane, element_bits(m->b))) : NULL;
	d_rows = b_rows ? valu_rows(w, in->dst, cd_rows) : NULL;
	if (!d_rows)
		return -1;
	if (c_code >= GCN_SRC_VGPR0) {
		c_rows = valu_rows(w, c_code, cd_rows);
		if (!c_rows)
			return -1;
	} else {
		constant = m->cd == M_F64 ? gcn_scalar_read64(w, (uint16_t)c_code, 0)
					  : gcn_scalar_read32(w, (uint16_t)c_code, 0);
	}
	if (sparse) {
		index = valu_rows(w, in->src[2], 1);
		if (!index)
			return -1;
	}

	for (unsigned blk = 0; blk < m->blocks; blk++) {
		unsigned from = in->mai_cbsz && !sparse
					? (blk >> in->mai_cbsz << in->mai_cbsz) + in->mai_abid
					: blk;

		for (unsigned k = 0; k < kc; k++)
			for (unsigned i = 0; i < m->m; i++)
				unpack(m->a, a_rows,
					from * m->m + k / a_lane * m->m * m->blocks + i, k % a_lane,
					flushes, &a, blk * a_block + k * m->m + i);
		for (unsigned k = 0; k < m->k; k++)
			for (unsigned j = 0; j < m->n; j++)
				unpack(m->b, b_rows,
					blgp_lane(blk * m->n + k / b_lane * m->n * m->blocks + j,
						m->flags & M_BLGP ? in->mai_blgp : 0),
					k % b_lane, flushes, &b, blk * b_block + k * m->n + j);
	}
	load_accumulators(m, c_rows, cd_rows, constant, flushes, &acc);

	for (unsigned blk = 0; blk < m->blocks; blk++)
		for (unsigned i = 0; i < m->m; i++) {
			unsigned reg, lane;

			place(m, i, blk, &reg, &lane);
			for (unsigned s = 0; s < kc; s++) {
				unsigned k = s;

				if (sparse) {
					/* Two of each four along K are stored; two bits say which.
					 * ABID picks the set of indices in the register unless CBSZ
					 * is set. */
					unsigned e = s % a_lane,
						 set = in->mai_cbsz ? 0 : in->mai_abid;
					uint32_t bits = index[0][s / a_lane * m->m + i] >>
							(2 * (set * a_lane + e));

					k = s / a_lane * b_lane + e / 2 * 4 + (bits & 3);
				}
				accumulate(m, &a, blk * a_block + s * m->m + i, &b,
					blk * b_block + k * m->n, &acc, reg, lane);
			}
		}
	store_accumulators(m, d_rows, cd_rows, flushes, &acc);
	return 0;
}

gcn_exec_fn VALU(mfma_lookup)(const struct gcn_inst *in)
{
	const struct valu_mfma *m = find(in->op);

	if (!m || in->src[0] < GCN_SRC_VGPR0 || in->src[1] < GCN_SRC_VGPR0)
		return NULL;
	if (m->flags & M_SPARSE) {
		unsigned sets = 16 / per_lane(m->m, m->k / 2, 1);

		if (in->src[2] < GCN_SRC_VGPR0 || in->mai_blgp ||
			(!in->mai_cbsz && in->mai_abid >= sets))
			return NULL;
		return exec_mfma;
	}
	if (in->mai_blgp && !(m->flags & M_BLGP))
		return NULL;
	if (in->mai_cbsz || in->mai_abid)
		if (!(m->flags & M_CBSZ) || 1u << in->mai_cbsz > m->blocks ||
			in->mai_abid >= 1u << in->mai_cbsz)
			return NULL;
	return exec_mfma;
}
