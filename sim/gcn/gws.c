/* SPDX-License-Identifier: MIT */
/*
 * Global wave sync: barriers among the waves of a whole grid, which cooperative launches use. The resources belong to the
 * machine, are set by ds_gws_init and shared by all groups that run on it.
 *
 * Source: AMD "Instinct MI200" ISA document, DS_GWS_INIT and DS_GWS_BARRIER; LLVM's selection of llvm.amdgcn.ds.gws.barrier for
 * the resource number.
 */
#include <pthread.h>

#include "sim/gcn/gws.h"
#include "sim/gcn/group.h"

#define EXEC_FN(name) static int name(struct gcn_wave *w, const struct gcn_inst *in)

enum { POLL_CYCLES = 64 };

/* Groups of one machine may run on several threads. */
static pthread_mutex_t gws_lock = PTHREAD_MUTEX_INITIALIZER;

/* The resource an instruction names: M0 21:16 plus the offset; NULL after a fault where the machine has none. */
static struct gcn_gws *resource(struct gcn_wave *w, const struct gcn_inst *in)
{
	if (!w->machine->gws) {
		gcn_wave_fault(w, GCN_FAULT_UNKNOWN_INSTRUCTION, 0, false, gcn_op_name((enum gcn_op)in->op));
		return NULL;
	}
	return &w->machine->gws[((w->m0 >> 16 & 0x3f) + (uint32_t)in->imm) % GCN_GWS_RESOURCES];
}

/* The data of the first active lane; lane 0's when none is active. */
static uint32_t operand(const struct gcn_wave *w, const struct gcn_inst *in)
{
	return gcn_rows(w, in->data)[0][w->exec ? __builtin_ctzll(w->exec) : 0];
}

EXEC_FN(x_init)
{
	struct gcn_gws *r = resource(w, in);

	if (!r)
		return -1;
	pthread_mutex_lock(&gws_lock);
	r->missing = operand(w, in);
	r->generation++;
	r->latest = 0;
	pthread_mutex_unlock(&gws_lock);
	return 0;
}

/*
 * A wave that waits executes the instruction again and again, which moves its clock on, so that the groups it waits for get
 * their turn. The last to arrive starts the next generation.
 */
EXEC_FN(x_barrier)
{
	struct gcn_gws *r = resource(w, in);
	bool waits = true;

	if (!r)
		return -1;
	pthread_mutex_lock(&gws_lock);
	if (w->gws_waits) {
		waits = w->gws_generation == r->generation;
		if (!waits && w->cycles < r->released)
			w->cycles = r->released;
	} else {
		if (w->cycles > r->latest)
			r->latest = w->cycles;
		w->gws_generation = r->generation;
		if (r->missing == 0) {
			r->missing = operand(w, in);
			r->released = w->cycles = r->latest;
			r->latest = 0;
			r->generation++;
			waits = false;
		} else {
			r->missing--;
		}
	}
	pthread_mutex_unlock(&gws_lock);
	w->gws_waits = waits;
	if (waits) {
		w->pc -= 4u * in->dwords;
		w->cycles += POLL_CYCLES;
	}
	return GCN_YIELD;
}

gcn_exec_fn gcn_gws_exec(const struct gcn_inst *in)
{
	if (in->op == GCN_DS_GWS_INIT)
		return x_init;
	return in->op == GCN_DS_GWS_BARRIER ? x_barrier : NULL;
}
