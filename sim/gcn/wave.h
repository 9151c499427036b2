/* SPDX-License-Identifier: MIT */
/*
 * Inside the compute-unit model: wave state and decoded instructions. Written and read only by sim/gcn, by the one thread
 * that steps the group.
 */
#ifndef SIM_GCN_WAVE_H
#define SIM_GCN_WAVE_H

#include "sim/gcn/gcn.h"
#include "sim/gcn/ops.h" /* generated: enum gcn_op, one value per mnemonic (GCN_V_ADD_F32 ...) */

enum gcn_format {
	GCN_FMT_SOP1, GCN_FMT_SOP2, GCN_FMT_SOPC, GCN_FMT_SOPK, GCN_FMT_SOPP, GCN_FMT_SMEM,
	GCN_FMT_VOP1, GCN_FMT_VOP2, GCN_FMT_VOPC, GCN_FMT_VOP3, GCN_FMT_VOP3P, GCN_FMT_MAI,
	GCN_FMT_DS, GCN_FMT_FLAT, GCN_FMT_GLOBAL, GCN_FMT_SCRATCH, GCN_FMT_MUBUF,
};

/* Which part of the compute unit an instruction keeps busy (cost.c). */
enum gcn_unit {
	GCN_UNIT_BRANCH, GCN_UNIT_SALU, GCN_UNIT_VALU, GCN_UNIT_SMEM, GCN_UNIT_LDS, GCN_UNIT_VMEM, GCN_UNIT_FLAT,
	GCN_UNIT_COUNT,
};

/* Operand codes: the hardware's 9-bit source encoding, extended upwards for accumulation registers. */
enum {
	GCN_SRC_SGPR0 = 0,        /* 0..101 */
	GCN_SRC_FLAT_SCRATCH = 102,
	GCN_SRC_XNACK_MASK = 104,
	GCN_SRC_VCC = 106,
	GCN_SRC_TTMP0 = 108,
	GCN_SRC_M0 = 124,
	GCN_SRC_EXEC = 126,
	GCN_SRC_ZERO = 128,       /* 128..208: integers 0..64, -1..-16 */
	GCN_SRC_SHARED_BASE = 235,
	GCN_SRC_F_HALF = 240,     /* 240..248: 0.5 -0.5 1 -1 2 -2 4 -4 1/(2*pi) */
	GCN_SRC_SDWA = 249,
	GCN_SRC_DPP = 250,
	GCN_SRC_VCCZ = 251,
	GCN_SRC_EXECZ = 252,
	GCN_SRC_SCC = 253,
	GCN_SRC_LDS_DIRECT = 254,
	GCN_SRC_LITERAL = 255,
	GCN_SRC_VGPR0 = 256,      /* 256..511 */
	GCN_SRC_AGPR0 = 512,      /* 512..767 */
	GCN_SRC_NONE = 0xffff,
};

struct gcn_wave;
struct gcn_inst;

/**
 * typedef gcn_exec_fn - execute one decoded instruction
 *
 * pc already points behind the instruction. Returns 0; a negative value after gcn_wave_fault() recorded why; GCN_YIELD when
 * the wave cannot go on now (it ended, waits at a barrier, is halted) or should not, as its clock is past the group's limit;
 * GCN_LATER when it is past the limit and nothing was executed: pc is at the instruction again. Registers and memory are
 * unchanged by an instruction that faulted only if the hardware promises so.
 */
typedef int (*gcn_exec_fn)(struct gcn_wave *w, const struct gcn_inst *in);
#define GCN_YIELD 1
#define GCN_LATER 2

struct gcn_inst {
	gcn_exec_fn exec;    /* NULL: known to the decoder, but not modelled */
	uint16_t op;         /* enum gcn_op */
	uint8_t format;      /* enum gcn_format */
	uint8_t dwords;      /* encoded length, 1..3 */
	uint8_t unit;        /* enum gcn_unit */
	uint16_t cycles;     /* issue cost added to the wave's clock; the unit is busy as long */
	uint16_t latency;    /* until a result can be waited for (memory), after issue */
	uint16_t dst;        /* operand code of the (vector) destination, SOP destination or SMEM data */
	uint16_t sdst;       /* VOP3b / VOPC scalar destination (GCN_SRC_VCC in the short forms) */
	/*
	 * Operand codes; SDWA and DPP already resolved to the VGPR or SGPR they stand for. Implied operands are filled in:
	 * VCC as carry in, the literal of madmk (source 1) and madak (source 2). The accumulator of v_mac, v_fmac and
	 * v_dot*c is the destination, not a source.
	 */
	uint16_t src[3];
	uint32_t literal;
	int32_t imm;         /* simm16 (sign-extended), memory offset (sign-extended where signed) */

	/* VOP3, VOP3P, SDWA, DPP */
	uint8_t neg, abs;    /* bit i: source i. VOP3P: neg = neg_lo, neg_hi below */
	uint8_t neg_hi;
	uint8_t op_sel, op_sel_hi; /* bits 0..2 sources, bit 3 destination */
	uint8_t omod;        /* 0 none, 1 *2, 2 *4, 3 /2 */
	bool clamp;
	uint8_t modifier;    /* 0, GCN_MOD_SDWA, GCN_MOD_DPP */
	uint8_t sdwa_dst_sel, sdwa_dst_unused, sdwa_src_sel[2]; /* hardware encodings */
	uint8_t sdwa_sext;   /* bit i: source i */
	uint16_t dpp_ctrl;   /* 9 bits */
	uint8_t dpp_row_mask, dpp_bank_mask;
	bool dpp_bound_ctrl;
	uint8_t mai_cbsz, mai_abid, mai_blgp;

	/* memory formats */
	uint16_t addr;       /* operand code: VGPR address (FLAT, DS, MUBUF vaddr) */
	uint16_t data, data2;/* operand codes of data VGPRs or AGPRs */
	uint16_t saddr;      /* SGPR base / SMEM base / MUBUF resource, or GCN_SRC_NONE */
	uint16_t soffset;    /* operand code, or GCN_SRC_NONE */
	uint8_t offset0, offset1; /* DS two-address forms */
	bool glc, slc, lds, gds, offen, idxen, addr64;
};

enum { GCN_MOD_NONE, GCN_MOD_SDWA, GCN_MOD_DPP };

#define GCN_VM_OUTSTANDING   64 /* what vmcnt can count */
#define GCN_LGKM_OUTSTANDING 16 /* what lgkmcnt can count */

#define GCN_MODE_GPR_IDX_EN (1u << 27)

struct gcn_wave {
	struct gcn_group *group;
	const struct gcn_machine *machine;
	uint64_t pc;
	uint64_t exec;
	uint64_t vcc;
	uint64_t flat_scratch;
	uint64_t xnack_mask;
	uint32_t m0;
	uint32_t mode;       /* MODE register: fp_round 3:0, fp_denorm 7:4, dx10_clamp 8, ieee 9, ... */
	bool scc;
	bool ended;
	bool at_barrier;
	bool halted;
	bool gws_waits;      /* has arrived at a barrier of global wave sync, in this generation of it */
	uint32_t gws_generation;
	uint8_t simd;        /* of the compute unit, 0..3 */
	uint64_t cycles;     /* shader clock of this wave */
	/* Clock at which the n-th last memory operation is done, by issue number modulo the array's size. */
	uint64_t vm_done[GCN_VM_OUTSTANDING], lgkm_done[GCN_LGKM_OUTSTANDING];
	uint32_t vm_issued, lgkm_issued;
	struct gcn_poll *poll; /* of a wave that read its clock; see poll.c */
	uint64_t poll_pc;      /* where it did last */
	bool poll_ahead;       /* its clock was moved ahead there, which may have to be undone */
	uint64_t instructions;
	uint32_t hw_id;      /* what s_getreg(HW_REG_HW_ID) returns */
	uint32_t index;      /* within the group */
	uint64_t scratch_va; /* this wave's scratch */
	uint32_t trap_sgprs[16]; /* ttmp0..15 */
	uint32_t sgpr[104];
	/*
	 * Rows of 64-byte aligned lanes. nvgprs and nagprs are what the dispatch allocated; the memory behind always
	 * has room for every number an instruction can name, operands of several registers included.
	 */
	uint32_t nvgprs, nagprs;
	uint32_t (*vgpr)[GCN_WAVE_LANES];
	uint32_t (*agpr)[GCN_WAVE_LANES];
	struct gcn_fault *fault; /* where gcn_wave_fault() writes; valid while running */
};

/** gcn_wave_fault() - record a fault of the current instruction; always returns -1 */
int gcn_wave_fault(struct gcn_wave *w, enum gcn_fault_kind kind, uint64_t va, bool write, const char *text);

/* Scalar operands (sgpr.c). 64-bit forms take an even code. Literals and inline constants included. */
uint32_t gcn_scalar_read32(const struct gcn_wave *w, uint16_t code, uint32_t literal);
uint64_t gcn_scalar_read64(const struct gcn_wave *w, uint16_t code, uint32_t literal);
void gcn_scalar_write32(struct gcn_wave *w, uint16_t code, uint32_t value);
void gcn_scalar_write64(struct gcn_wave *w, uint16_t code, uint64_t value);

/*
 * Which function executes an opcode, NULL where the unit does not have it. The decoder asks once per decoded
 * instruction; @in is complete but for exec.
 */
gcn_exec_fn gcn_salu_exec(const struct gcn_inst *in);   /* SOP1, SOP2, SOPC, SOPK */
gcn_exec_fn gcn_branch_exec(const struct gcn_inst *in); /* SOPP */
gcn_exec_fn gcn_smem_exec(const struct gcn_inst *in);
gcn_exec_fn gcn_memory_exec(const struct gcn_inst *in); /* DS, FLAT*, MUBUF */
gcn_exec_fn gcn_valu_exec(const struct gcn_inst *in);   /* VOP*, MAI, with SDWA and DPP */

/** gcn_inst_cost() - fill in unit, cycles and latency of a decoded instruction (cost.c) */
void gcn_inst_cost(struct gcn_inst *in);
/** gcn_valu_cycles() - issue cost of a vector instruction */
unsigned gcn_valu_cycles(const struct gcn_inst *in);

/** gcn_rows() - the row of lanes that a VGPR or AGPR operand code names; further registers follow */
static inline uint32_t (*gcn_rows(const struct gcn_wave *w, uint16_t code))[GCN_WAVE_LANES]
{
	return code >= GCN_SRC_AGPR0 ? w->agpr + (code - GCN_SRC_AGPR0) : w->vgpr + (code - GCN_SRC_VGPR0);
}

/**
 * gcn_decode() - decode the instruction at @words
 * @count: dwords that may be read, 1..3
 * Return: 0; -EILSEQ when nothing is encoded so; -ENODATA when more dwords are needed.
 */
int gcn_decode(enum gcn_isa isa, const uint32_t *words, unsigned count, struct gcn_inst *in);
/** gcn_op_name() - mnemonic as llvm-mc spells it, without encoding suffix */
const char *gcn_op_name(enum gcn_op op);

#endif
