/* SPDX-License-Identifier: MIT */
/*
 * The instruction decoder: one encoding to a struct gcn_inst. Reads the generated opcode tables; its results are kept by
 * sim/gcn/code.c and executed by the units.
 *
 * Source: AMD "Vega" 7nm, "Instinct MI200" and "Instinct MI300" ISA documents, chapter "Microcode Formats".
 */
#include <errno.h>
#include <string.h>

#include "sim/gcn/wave.h"

enum { GCN_ISAS = GCN_ISA_GFX942 + 1 };

#include "sim/gcn/ops_table.inc"

#define OP_LOOKUP(table, isa, number)                                                              \
	((number) < sizeof((table)[0]) / sizeof((table)[0][0]) ? (table)[isa][number] : 0)

static inline uint32_t field(uint32_t word, unsigned low, unsigned bits)
{
	return word >> low & ((1u << bits) - 1);
}

static inline int32_t sign_extend(uint32_t value, unsigned bits)
{
	return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

static inline uint16_t vgpr(uint32_t number)
{
	return (uint16_t)(GCN_SRC_VGPR0 + number);
}

/* A VGPR, or the accumulation register of that number where the encoding's ACC bit says so. */
static inline uint16_t vgpr_or_agpr(uint32_t number, bool acc)
{
	return (uint16_t)((acc ? GCN_SRC_AGPR0 : GCN_SRC_VGPR0) + number);
}

static bool op_has_prefix(uint16_t op, const char *prefix)
{
	return !strncmp(op_names[op], prefix, strlen(prefix));
}

const char *gcn_op_name(enum gcn_op op)
{
	return op > GCN_OP_NONE && op < GCN_OP_COUNT ? op_names[op] : "unknown";
}

/* Takes the literal behind the first @dwords dwords, which some operand wants. */
static int take_literal(struct gcn_inst *in, const uint32_t *words, unsigned count)
{
	if (count <= in->dwords)
		return -ENODATA;
	in->literal = words[in->dwords++];
	return 0;
}

static int decode_scalar(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];
	bool literal = false;

	in->dwords = 1;
	if (w >> 23 == 0x17f) {
		in->format = GCN_FMT_SOPP;
		in->op = OP_LOOKUP(ops_sopp, isa, field(w, 16, 7));
		in->imm = (int16_t)w;
	} else if (w >> 23 == 0x17e) {
		in->format = GCN_FMT_SOPC;
		in->op = OP_LOOKUP(ops_sopc, isa, field(w, 16, 7));
		in->src[0] = (uint16_t)field(w, 0, 8);
		in->src[1] = (uint16_t)field(w, 8, 8);
		if (in->op == GCN_S_SET_GPR_IDX_ON) {
			in->imm = in->src[1];
			in->src[1] = GCN_SRC_NONE;
		}
		literal = in->src[0] == GCN_SRC_LITERAL || in->src[1] == GCN_SRC_LITERAL;
	} else if (w >> 23 == 0x17d) {
		in->format = GCN_FMT_SOP1;
		in->op = OP_LOOKUP(ops_sop1, isa, field(w, 8, 8));
		in->dst = (uint16_t)field(w, 16, 7);
		in->src[0] = (uint16_t)field(w, 0, 8);
		literal = in->src[0] == GCN_SRC_LITERAL;
	} else if (w >> 28 == 0xb) {
		in->format = GCN_FMT_SOPK;
		in->op = OP_LOOKUP(ops_sopk, isa, field(w, 23, 5));
		in->dst = (uint16_t)field(w, 16, 7);
		in->imm = (int16_t)w;
		literal = in->op == GCN_S_SETREG_IMM32_B32;
	} else {
		in->format = GCN_FMT_SOP2;
		in->op = OP_LOOKUP(ops_sop2, isa, field(w, 23, 7));
		in->dst = (uint16_t)field(w, 16, 7);
		in->src[0] = (uint16_t)field(w, 0, 8);
		in->src[1] = (uint16_t)field(w, 8, 8);
		literal = in->src[0] == GCN_SRC_LITERAL || in->src[1] == GCN_SRC_LITERAL;
	}
	if (!in->op)
		return -EILSEQ;
	return literal ? take_literal(in, words, count) : 0;
}

static int decode_smem(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];

	in->format = GCN_FMT_SMEM;
	in->op = OP_LOOKUP(ops_smem, isa, field(w, 18, 8));
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;
	in->dst = in->data = (uint16_t)field(w, 6, 7);
	in->saddr = (uint16_t)(field(w, 0, 6) * 2);
	in->glc = field(w, 16, 1);
	/* IMM and SOFFSET_EN: an immediate, a register, or both. Without either, the register's number stands
	 * where the immediate would. */
	if (field(w, 17, 1))
		in->imm = sign_extend(words[1], 21);
	if (field(w, 14, 1))
		in->soffset = (uint16_t)field(words[1], 25, 7);
	else if (!field(w, 17, 1))
		in->soffset = (uint16_t)field(words[1], 0, 7);
	return 0;
}

static void decode_sdwa(uint32_t w, struct gcn_inst *in)
{
	in->modifier = GCN_MOD_SDWA;
	in->src[0] = (uint16_t)(field(w, 0, 8) + (field(w, 23, 1) ? 0 : GCN_SRC_VGPR0));
	in->sdwa_src_sel[0] = (uint8_t)field(w, 16, 3);
	in->sdwa_src_sel[1] = (uint8_t)field(w, 24, 3);
	in->sdwa_sext = (uint8_t)(field(w, 19, 1) | field(w, 27, 1) << 1);
	in->neg = (uint8_t)(field(w, 20, 1) | field(w, 28, 1) << 1);
	in->abs = (uint8_t)(field(w, 21, 1) | field(w, 29, 1) << 1);
	if (in->format != GCN_FMT_VOP1 && field(w, 31, 1))
		in->src[1] = (uint16_t)(in->src[1] - GCN_SRC_VGPR0);
	if (in->format == GCN_FMT_VOPC) {
		if (field(w, 15, 1))
			in->sdst = (uint16_t)field(w, 8, 7);
		return;
	}
	in->sdwa_dst_sel = (uint8_t)field(w, 8, 3);
	in->sdwa_dst_unused = (uint8_t)field(w, 11, 2);
	in->clamp = field(w, 13, 1);
	in->omod = (uint8_t)field(w, 14, 2);
}

static void decode_dpp(uint32_t w, struct gcn_inst *in)
{
	in->modifier = GCN_MOD_DPP;
	in->src[0] = vgpr(field(w, 0, 8));
	in->dpp_ctrl = (uint16_t)field(w, 8, 9);
	in->dpp_bound_ctrl = field(w, 19, 1);
	in->neg = (uint8_t)(field(w, 20, 1) | field(w, 22, 1) << 1);
	in->abs = (uint8_t)(field(w, 21, 1) | field(w, 23, 1) << 1);
	in->dpp_bank_mask = (uint8_t)field(w, 24, 4);
	in->dpp_row_mask = (uint8_t)field(w, 28, 4);
}

/* Carry in, and what else a short form reads from VCC. */
static bool reads_vcc(uint16_t op)
{
	return op == GCN_V_CNDMASK_B32 || op == GCN_V_ADDC_CO_U32 || op == GCN_V_SUBB_CO_U32 ||
	       op == GCN_V_SUBBREV_CO_U32;
}

/* Carry out: a scalar destination beside the vector one. */
static bool writes_carry(uint16_t op)
{
	return op == GCN_V_ADD_CO_U32 || op == GCN_V_SUB_CO_U32 || op == GCN_V_SUBREV_CO_U32 ||
	       op == GCN_V_ADDC_CO_U32 || op == GCN_V_SUBB_CO_U32 || op == GCN_V_SUBBREV_CO_U32;
}

static bool is_vop3b(uint16_t op)
{
	return writes_carry(op) || op == GCN_V_DIV_SCALE_F32 || op == GCN_V_DIV_SCALE_F64 ||
	       op == GCN_V_MAD_U64_U32 || op == GCN_V_MAD_I64_I32;
}

static bool writes_sgpr(uint16_t op)
{
	return op == GCN_V_READFIRSTLANE_B32 || op == GCN_V_READLANE_B32;
}

static int decode_vop12c(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];
	bool literal = false;

	in->dwords = 1;
	in->src[0] = (uint16_t)field(w, 0, 9);
	if (w >> 25 == 0x3f) {
		in->format = GCN_FMT_VOP1;
		in->op = OP_LOOKUP(ops_vop1, isa, field(w, 9, 8));
		in->dst = (uint16_t)(field(w, 17, 8) + (writes_sgpr(in->op) ? 0 : GCN_SRC_VGPR0));
	} else if (w >> 25 == 0x3e) {
		in->format = GCN_FMT_VOPC;
		in->op = OP_LOOKUP(ops_vopc, isa, field(w, 17, 8));
		in->src[1] = vgpr(field(w, 9, 8));
		in->sdst = GCN_SRC_VCC;
	} else {
		in->format = GCN_FMT_VOP2;
		in->op = OP_LOOKUP(ops_vop2, isa, field(w, 25, 6));
		in->dst = vgpr(field(w, 17, 8));
		in->src[1] = vgpr(field(w, 9, 8));
		if (reads_vcc(in->op))
			in->src[2] = GCN_SRC_VCC;
		if (writes_carry(in->op))
			in->sdst = GCN_SRC_VCC;
	}
	switch (in->op) {
	case GCN_OP_NONE:
		return -EILSEQ;
	case GCN_V_MADMK_F32:
	case GCN_V_MADMK_F16:
	case GCN_V_FMAMK_F32:
		in->src[2] = in->src[1];
		in->src[1] = GCN_SRC_LITERAL;
		literal = true;
		break;
	case GCN_V_MADAK_F32:
	case GCN_V_MADAK_F16:
	case GCN_V_FMAAK_F32:
		in->src[2] = GCN_SRC_LITERAL;
		literal = true;
		break;
	case GCN_V_ACCVGPR_MOV_B32:
		in->dst = (uint16_t)(in->dst - GCN_SRC_VGPR0 + GCN_SRC_AGPR0);
		if (in->src[0] >= GCN_SRC_VGPR0)
			in->src[0] = (uint16_t)(in->src[0] - GCN_SRC_VGPR0 + GCN_SRC_AGPR0);
		break;
	default:
		break;
	}
	if (in->src[0] == GCN_SRC_SDWA || in->src[0] == GCN_SRC_DPP) {
		if (count < 2)
			return -ENODATA;
		in->dwords = 2;
		if (in->src[0] == GCN_SRC_SDWA)
			decode_sdwa(words[1], in);
		else
			decode_dpp(words[1], in);
		return 0;
	}
	return literal || in->src[0] == GCN_SRC_LITERAL ? take_literal(in, words, count) : 0;
}

static int decode_vop3(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0], opcode = field(w, 16, 10);

	in->format = GCN_FMT_VOP3;
	in->op = OP_LOOKUP(ops_vop3, isa, opcode);
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;
	for (unsigned i = 0; i < 3; i++)
		in->src[i] = (uint16_t)field(words[1], 9 * i, 9);
	in->neg = (uint8_t)field(words[1], 29, 3);
	in->omod = (uint8_t)field(words[1], 27, 2);
	in->clamp = field(w, 15, 1);
	if (is_vop3b(in->op)) {
		in->sdst = (uint16_t)field(w, 8, 7);
	} else {
		in->abs = (uint8_t)field(w, 8, 3);
		in->op_sel = (uint8_t)field(w, 11, 4);
	}
	if (opcode < 0x100)
		in->sdst = (uint16_t)field(w, 0, 8);
	else if (writes_sgpr(in->op))
		in->dst = (uint16_t)field(w, 0, 8);
	else
		in->dst = vgpr(field(w, 0, 8));
	return 0;
}

static int decode_vop3p(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];

	in->op = OP_LOOKUP(ops_vop3p, isa, field(w, 16, 7));
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;
	for (unsigned i = 0; i < 3; i++)
		in->src[i] = (uint16_t)field(words[1], 9 * i, 9);
	in->dst = vgpr(field(w, 0, 8));
	if (op_has_prefix(in->op, "v_mfma_") || op_has_prefix(in->op, "v_smfmac_") ||
		op_has_prefix(in->op, "v_accvgpr_")) {
		bool acc_cd = field(w, 15, 1);

		in->format = GCN_FMT_MAI;
		/* v_accvgpr_write_b32 reads a VGPR whatever its ACC bits say: assemblers set them. */
		for (unsigned i = 0; i < 2 && in->op != GCN_V_ACCVGPR_WRITE_B32; i++)
			if (in->src[i] >= GCN_SRC_VGPR0 && field(words[1], 27 + i, 1))
				in->src[i] = (uint16_t)(in->src[i] + GCN_SRC_AGPR0 - GCN_SRC_VGPR0);
		/* v_smfmac_* take their index register, always a VGPR, as the third source. */
		if (acc_cd && in->src[2] >= GCN_SRC_VGPR0 && !op_has_prefix(in->op, "v_smfmac_"))
			in->src[2] = (uint16_t)(in->src[2] + GCN_SRC_AGPR0 - GCN_SRC_VGPR0);
		if (acc_cd || in->op == GCN_V_ACCVGPR_WRITE_B32)
			in->dst = (uint16_t)(in->dst + GCN_SRC_AGPR0 - GCN_SRC_VGPR0);
		if (op_has_prefix(in->op, "v_accvgpr_"))
			return 0;
		in->mai_cbsz = (uint8_t)field(w, 8, 3);
		in->mai_abid = (uint8_t)field(w, 11, 4);
		in->mai_blgp = (uint8_t)field(words[1], 29, 3);
		return 0;
	}
	in->format = GCN_FMT_VOP3P;
	in->neg_hi = (uint8_t)field(w, 8, 3);
	in->op_sel = (uint8_t)field(w, 11, 3);
	in->op_sel_hi = (uint8_t)(field(words[1], 27, 2) | field(w, 14, 1) << 2);
	in->clamp = field(w, 15, 1);
	in->neg = (uint8_t)field(words[1], 29, 3);
	return 0;
}

static int decode_ds(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];
	bool acc = isa != GCN_ISA_GFX906 && field(w, 25, 1);

	in->format = GCN_FMT_DS;
	in->op = OP_LOOKUP(ops_ds, isa, field(w, 17, 8));
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;
	in->imm = (int32_t)field(w, 0, 16);
	in->offset0 = (uint8_t)field(w, 0, 8);
	in->offset1 = (uint8_t)field(w, 8, 8);
	in->gds = field(w, 16, 1);
	in->addr = vgpr(field(words[1], 0, 8));
	in->data = vgpr_or_agpr(field(words[1], 8, 8), acc);
	in->data2 = vgpr_or_agpr(field(words[1], 16, 8), acc);
	in->dst = vgpr_or_agpr(field(words[1], 24, 8), acc);
	/* Global wave sync has no address: its data stands in that field. */
	if (op_has_prefix(in->op, "ds_gws_"))
		in->data = vgpr_or_agpr(field(words[1], 0, 8), acc);
	return 0;
}

static int decode_flat(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	enum { SEG_FLAT, SEG_SCRATCH, SEG_GLOBAL };
	enum { SADDR_OFF = 0x7f };
	uint32_t w = words[0], number = field(w, 18, 7);
	bool bit13 = field(w, 13, 1);

	switch (field(w, 14, 2)) {
	case SEG_FLAT:
		in->format = GCN_FMT_FLAT;
		in->op = OP_LOOKUP(ops_flat, isa, number);
		break;
	case SEG_SCRATCH:
		in->format = GCN_FMT_SCRATCH;
		in->op = OP_LOOKUP(ops_scratch, isa, number);
		break;
	case SEG_GLOBAL:
		in->format = GCN_FMT_GLOBAL;
		in->op = OP_LOOKUP(ops_global, isa, number);
		break;
	default:
		break;
	}
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;

	bool acc = isa != GCN_ISA_GFX906 && field(words[1], 23, 1);
	uint32_t saddr = field(words[1], 16, 7);

	in->imm = in->format == GCN_FMT_FLAT ? (int32_t)field(w, 0, 12) : sign_extend(w, 13);
	in->glc = field(w, 16, 1);
	in->slc = field(w, 17, 1);
	in->addr = vgpr(field(words[1], 0, 8));
	in->data = vgpr_or_agpr(field(words[1], 8, 8), acc);
	in->dst = vgpr_or_agpr(field(words[1], 24, 8), acc);
	if (in->format != GCN_FMT_FLAT && saddr != SADDR_OFF)
		in->saddr = (uint16_t)saddr;
	/* Bit 13 is LDS before gfx940; there, in scratch instructions, it says that the VGPR address is used. Before,
	 * either of the two addresses is. */
	if (isa != GCN_ISA_GFX942)
		in->lds = bit13;
	else
		in->lds = strstr(op_names[in->op], "_load_lds_") != NULL;
	if (in->format == GCN_FMT_SCRATCH &&
		(isa == GCN_ISA_GFX942 ? !bit13 : in->saddr != GCN_SRC_NONE))
		in->addr = GCN_SRC_NONE;
	return 0;
}

static int decode_mubuf(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	uint32_t w = words[0];

	in->format = GCN_FMT_MUBUF;
	in->op = OP_LOOKUP(ops_mubuf, isa, field(w, 18, 7));
	if (!in->op)
		return -EILSEQ;
	if (count < 2)
		return -ENODATA;
	in->dwords = 2;
	in->imm = (int32_t)field(w, 0, 12);
	in->offen = field(w, 12, 1);
	in->idxen = field(w, 13, 1);
	in->glc = field(w, 14, 1);
	in->lds = field(w, 16, 1);
	in->slc = field(w, 17, 1);
	in->addr = vgpr(field(words[1], 0, 8));
	in->data = in->dst = vgpr_or_agpr(field(words[1], 8, 8), isa != GCN_ISA_GFX906 && field(words[1], 23, 1));
	in->saddr = (uint16_t)(field(words[1], 16, 5) * 4);
	in->soffset = (uint16_t)field(words[1], 24, 8);
	return 0;
}

int gcn_decode(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in)
{
	int result = -EILSEQ;

	if (count < 1)
		return -ENODATA;
	memset(in, 0, sizeof(*in));
	in->dst = in->sdst = in->src[0] = in->src[1] = in->src[2] = GCN_SRC_NONE;
	in->addr = in->data = in->data2 = in->saddr = in->soffset = GCN_SRC_NONE;

	uint32_t w = words[0];

	if (w >> 31 == 0)
		result = decode_vop12c(isa, words, count, in);
	else if (w >> 30 == 2)
		result = decode_scalar(isa, words, count, in);
	else if (w >> 23 == 0x1a7)
		result = decode_vop3p(isa, words, count, in);
	else
		switch (w >> 26) {
		case 0x30:
			result = decode_smem(isa, words, count, in);
			break;
		case 0x34:
			result = decode_vop3(isa, words, count, in);
			break;
		case 0x36:
			result = decode_ds(isa, words, count, in);
			break;
		case 0x37:
			result = decode_flat(isa, words, count, in);
			break;
		case 0x38:
			result = decode_mubuf(isa, words, count, in);
			break;
		default:
			break;
		}
	if (result)
		return result;
	gcn_inst_cost(in);
	if (in->format == GCN_FMT_SOPP)
		in->exec = gcn_branch_exec(in);
	else if (in->format == GCN_FMT_SMEM)
		in->exec = gcn_smem_exec(in);
	else if (in->format < GCN_FMT_SOPP)
		in->exec = gcn_salu_exec(in);
	else if (in->format <= GCN_FMT_MAI)
		in->exec = gcn_valu_exec(in);
	else
		in->exec = gcn_memory_exec(in);
	return 0;
}
