/* SPDX-License-Identifier: MIT */
/* Leaving out turns of loops that only wait for the clock; see poll.c. Used by the one thread that
 * steps the group. */
#ifndef SIM_GCN_POLL_H
#define SIM_GCN_POLL_H

#include "sim/gcn/group.h"

/**
 * gcn_poll_clock() - the wave is about to read its clock by @in: perhaps move the clock ahead
 * Return: whether it may; else it is past its group's limit, and stands before @in.
 */
bool gcn_poll_clock(struct gcn_wave *w, const struct gcn_inst *in);
/** gcn_poll_harmless() - while w->poll_ahead: whether executing @in can be undone by
 * gcn_poll_back() */
bool gcn_poll_harmless(const struct gcn_wave *w, const struct gcn_inst *in);
/** gcn_poll_back() - undo everything since the clock was moved ahead: the wave stands before that
 * read again */
void gcn_poll_back(struct gcn_wave *w);
/** gcn_poll_open() - whether the wave is in the midst of a turn that may have to be undone */
static inline bool gcn_poll_open(const struct gcn_wave *w)
{
	return w->poll_ahead && w->pc != w->poll_pc;
}
/** gcn_poll_interrupt() - the wave is about to stand still: if its clock was moved past the group's limit, undo that */
void gcn_poll_interrupt(struct gcn_wave *w);
/** gcn_poll_shift() - the wave stood still for @cycles */
void gcn_poll_shift(struct gcn_wave *w, uint64_t cycles);
void gcn_poll_free(struct gcn_wave *w);

#endif
