/* SPDX-License-Identifier: MIT */
/*
 * The vector ALU's front: picks the build for this host's instruction set, and knows what
 * instructions cost. Asked by the decoder once per decoded instruction.
 */
#include "sim/gcn/valu.h"

bool gcn_valu_has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

gcn_exec_fn gcn_valu_exec(const struct gcn_inst *in)
{
	return gcn_valu_has_avx2() ? valu_avx2_lookup(in) : valu_base_lookup(in);
}

enum { PASS = 4 }; /* 64 lanes through a SIMD of 16 */

static unsigned mfma_cycles(enum gcn_op op)
{
	switch (op) {
	case GCN_V_MFMA_F32_4X4X1F32:
	case GCN_V_MFMA_F32_4X4X4F16:
	case GCN_V_MFMA_F32_4X4X2BF16:
	case GCN_V_MFMA_F32_4X4X4BF16_1K:
	case GCN_V_MFMA_I32_4X4X4I8:
		return 8;
	case GCN_V_MFMA_F64_4X4X4F64:
	case GCN_V_MFMA_F32_16X16X8_XF32:
	case GCN_V_MFMA_I32_16X16X32_I8:
	case GCN_V_MFMA_F32_16X16X32_BF8_BF8:
	case GCN_V_MFMA_F32_16X16X32_BF8_FP8:
	case GCN_V_MFMA_F32_16X16X32_FP8_BF8:
	case GCN_V_MFMA_F32_16X16X32_FP8_FP8:
	case GCN_V_SMFMAC_F32_16X16X32_F16:
	case GCN_V_SMFMAC_F32_16X16X32_BF16:
	case GCN_V_SMFMAC_I32_16X16X64_I8:
	case GCN_V_SMFMAC_F32_16X16X64_BF8_BF8:
	case GCN_V_SMFMAC_F32_16X16X64_BF8_FP8:
	case GCN_V_SMFMAC_F32_16X16X64_FP8_BF8:
	case GCN_V_SMFMAC_F32_16X16X64_FP8_FP8:
		return 16;
	case GCN_V_MFMA_F32_32X32X1F32:
	case GCN_V_MFMA_F32_32X32X2F32:
	case GCN_V_MFMA_F32_32X32X4F16:
	case GCN_V_MFMA_F32_32X32X8F16:
	case GCN_V_MFMA_F32_32X32X2BF16:
	case GCN_V_MFMA_F32_32X32X4BF16:
	case GCN_V_MFMA_F32_32X32X4BF16_1K:
	case GCN_V_MFMA_F32_32X32X8BF16_1K:
	case GCN_V_MFMA_I32_32X32X4I8:
	case GCN_V_MFMA_I32_32X32X8I8:
		return 64;
	default: /* 16x16 of CDNA2, f64 16x16x4, 32x32 of CDNA3 */
		return 32;
	}
}

unsigned gcn_valu_cycles(const struct gcn_inst *in)
{
	switch (in->op) {
	case GCN_V_RCP_F16:
	case GCN_V_RCP_F32:
	case GCN_V_RCP_F64:
	case GCN_V_RCP_IFLAG_F32:
	case GCN_V_RSQ_F16:
	case GCN_V_RSQ_F32:
	case GCN_V_RSQ_F64:
	case GCN_V_SQRT_F16:
	case GCN_V_SQRT_F32:
	case GCN_V_SQRT_F64:
	case GCN_V_EXP_F16:
	case GCN_V_EXP_F32:
	case GCN_V_LOG_F16:
	case GCN_V_LOG_F32:
	case GCN_V_SIN_F16:
	case GCN_V_SIN_F32:
	case GCN_V_COS_F16:
	case GCN_V_COS_F32:
	case GCN_V_MUL_LO_U32:
	case GCN_V_MUL_HI_U32:
	case GCN_V_MUL_HI_I32:
	case GCN_V_MAD_U64_U32:
	case GCN_V_MAD_I64_I32:
	case GCN_V_QSAD_PK_U16_U8:
	case GCN_V_MQSAD_PK_U16_U8:
	case GCN_V_MQSAD_U32_U8:
		return 4 * PASS;
	case GCN_V_ADD_F64:
	case GCN_V_MUL_F64:
	case GCN_V_FMA_F64:
	case GCN_V_FMAC_F64:
	case GCN_V_MIN_F64:
	case GCN_V_MAX_F64:
	case GCN_V_DIV_SCALE_F64:
	case GCN_V_DIV_FMAS_F64:
	case GCN_V_DIV_FIXUP_F64:
	case GCN_V_LDEXP_F64:
	case GCN_V_TRIG_PREOP_F64:
	case GCN_V_LSHLREV_B64:
	case GCN_V_LSHRREV_B64:
	case GCN_V_ASHRREV_I64:
		return 2 * PASS;
	case GCN_V_ACCVGPR_READ_B32:
	case GCN_V_ACCVGPR_WRITE_B32:
		return PASS;
	default:
		return in->format == GCN_FMT_MAI ? mfma_cycles((enum gcn_op)in->op) : PASS;
	}
}
