/* SPDX-License-Identifier: MIT */
/*
 * SOPP instructions: branches, barriers, waiting, messages, the program's end. Reads and writes the wave's pc, clock and state
 * flags.
 *
 * Source: AMD "Instinct MI200" ISA document, "SOPP Instructions"; LLVM AMDGPUUsage, "Trap Handler ABI".
 */
#include <stdio.h>

#include "sim/gcn/group.h"

#define EXEC_FN(name) static int name(struct gcn_wave *w, const struct gcn_inst *in)

#define BRANCH_OP(name, condition)                                                                 \
	EXEC_FN(name)                                                                              \
	{                                                                                          \
		if (condition)                                                                     \
			w->pc += (uint64_t)(int64_t)in->imm * 4;                                   \
		return 0;                                                                          \
	}
BRANCH_OP(x_branch, true)
BRANCH_OP(x_cbranch_scc0, !w->scc)
BRANCH_OP(x_cbranch_scc1, w->scc)
BRANCH_OP(x_cbranch_vccz, !w->vcc)
BRANCH_OP(x_cbranch_vccnz, w->vcc)
BRANCH_OP(x_cbranch_execz, !w->exec)
BRANCH_OP(x_cbranch_execnz, w->exec)

EXEC_FN(x_nothing)
{
	(void)w;
	(void)in;
	return 0;
}

EXEC_FN(x_nop)
{
	/* The first cycle is the issue's own. */
	w->cycles += (uint64_t)(in->imm & 15);
	return 0;
}

EXEC_FN(x_sleep)
{
	w->cycles += 64ull * ((uint32_t)in->imm & 0x7f);
	/* Many of these would be far ahead before the wave's turn ends. */
	return w->cycles > w->group->limit && !w->poll_ahead ? GCN_YIELD : 0;
}

static void wait_until(struct gcn_wave *w, uint64_t cycles)
{
	if (w->cycles < cycles)
		w->cycles = cycles;
}

/* Lets the clock reach the end of all but the @left youngest operations. */
static void wait_vm(struct gcn_wave *w, uint32_t left)
{
	if (w->vm_issued > left)
		wait_until(w, w->vm_done[(w->vm_issued - left - 1) % GCN_VM_OUTSTANDING]);
}

static void wait_lgkm(struct gcn_wave *w, uint32_t left)
{
	if (w->lgkm_issued > left)
		wait_until(w, w->lgkm_done[(w->lgkm_issued - left - 1) % GCN_LGKM_OUTSTANDING]);
}

EXEC_FN(x_waitcnt)
{
	uint32_t imm = (uint32_t)in->imm;

	wait_vm(w, (imm & 15) | (imm >> 14 & 3) << 4);
	if ((imm >> 8 & 15) != 15)
		wait_lgkm(w, imm >> 8 & 15);
	return 0;
}

EXEC_FN(x_endpgm)
{
	(void)in;
	/* The wave's resources are held until its stores are done. */
	wait_vm(w, 0);
	wait_lgkm(w, 0);
	w->ended = true;
	w->group->ended++;
	gcn_group_barrier_check(w->group);
	return GCN_YIELD;
}

EXEC_FN(x_barrier)
{
	(void)in;
	w->at_barrier = true;
	w->group->at_barrier++;
	gcn_group_barrier_check(w->group);
	return GCN_YIELD;
}

EXEC_FN(x_sethalt)
{
	w->halted = in->imm & 1;
	return w->halted ? GCN_YIELD : 0;
}

EXEC_FN(x_trap)
{
	enum { TRAP_DEBUG = 3 };
	char text[32];

	/* llvm.debugtrap: without a debugger the runtime's trap handler returns at once. */
	if ((in->imm & 0xff) == TRAP_DEBUG)
		return 0;
	snprintf(text, sizeof(text), "s_trap %d", in->imm & 0xff);
	w->fault->code = (uint32_t)in->imm & 0xff;
	return gcn_wave_fault(w, GCN_FAULT_TRAP, 0, false, text);
}

EXEC_FN(x_sendmsg)
{
	enum { MSG_INTERRUPT = 1, EVENT_BITS = 0xffffff };
	char text[40];

	if ((in->imm & 15) == MSG_INTERRUPT) {
		if (w->machine->interrupt)
			w->machine->interrupt(w->machine->ctx, w->m0 & EVENT_BITS);
		return 0;
	}
	snprintf(text, sizeof(text), "s_sendmsg, message %d", in->imm & 15);
	return gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, 0, false, text);
}

EXEC_FN(x_sendmsghalt)
{
	int result = x_sendmsg(w, in);

	if (result)
		return result;
	w->halted = true;
	return GCN_YIELD;
}

EXEC_FN(x_set_gpr_idx_off)
{
	(void)in;
	w->mode &= ~GCN_MODE_GPR_IDX_EN;
	return 0;
}

EXEC_FN(x_set_gpr_idx_mode)
{
	w->m0 = (w->m0 & ~0xf000u) | ((uint32_t)in->imm & 15) << 12;
	return 0;
}

gcn_exec_fn gcn_branch_exec(const struct gcn_inst *in)
{
	switch (in->op) {
	case GCN_S_NOP:
		return x_nop;
	case GCN_S_ENDPGM:
	case GCN_S_ENDPGM_SAVED:
	case GCN_S_ENDPGM_ORDERED_PS_DONE:
		return x_endpgm;
	case GCN_S_BRANCH:
		return x_branch;
	case GCN_S_CBRANCH_SCC0:
		return x_cbranch_scc0;
	case GCN_S_CBRANCH_SCC1:
		return x_cbranch_scc1;
	case GCN_S_CBRANCH_VCCZ:
		return x_cbranch_vccz;
	case GCN_S_CBRANCH_VCCNZ:
		return x_cbranch_vccnz;
	case GCN_S_CBRANCH_EXECZ:
		return x_cbranch_execz;
	case GCN_S_CBRANCH_EXECNZ:
		return x_cbranch_execnz;
	case GCN_S_BARRIER:
		return x_barrier;
	case GCN_S_WAITCNT:
		return x_waitcnt;
	case GCN_S_SLEEP:
		return x_sleep;
	case GCN_S_SETHALT:
		return x_sethalt;
	case GCN_S_SENDMSG:
		return x_sendmsg;
	case GCN_S_SENDMSGHALT:
		return x_sendmsghalt;
	case GCN_S_TRAP:
		return x_trap;
	case GCN_S_SET_GPR_IDX_OFF:
		return x_set_gpr_idx_off;
	case GCN_S_SET_GPR_IDX_MODE:
		return x_set_gpr_idx_mode;
	/* Hints, counters and traces. Code memory is compared with what was decoded anyway (code.c). */
	case GCN_S_WAKEUP:
	case GCN_S_SETPRIO:
	case GCN_S_ICACHE_INV:
	case GCN_S_INCPERFLEVEL:
	case GCN_S_DECPERFLEVEL:
	case GCN_S_TTRACEDATA:
		return x_nothing;
	default:
		return NULL;
	}
}
