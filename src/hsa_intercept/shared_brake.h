/* SPDX-License-Identifier: MIT */
/*
 * Brakes that the daemon can close: their signals lie in the page that the process shares with it (struct ipc_brake), where GPUs read them, so that
 * a process that does not get a processor, or is stopped, is held all the same. A queue keeps its brake for its life, whoever decides: packets
 * in the ring may wait for it.
 */
#ifndef SHARED_BRAKE_H
#define SHARED_BRAKE_H

#include "src/aql/track.h"
#include "src/ipc/page.h"

/** shared_brakes_offer() - from here on brakes may be taken of @page, which is never unmapped; once */
void shared_brakes_offer(struct ipc_page *page);
/** shared_brakes_start() - a runtime has started, to which the memory is not known; in OnLoad */
void shared_brakes_start(void);
/**
 * shared_brake_take() - a brake for a queue's life
 * @signal_p, @handle_p: as gate_brake_share() wants them
 * Context: queue creation; calls the HSA runtime, hold no lock.
 * Return: its number, from 1; 0: there is none, or GPUs cannot read such memory here.
 */
uint32_t shared_brake_take(struct track_signal **signal_p, uint64_t *handle_p);
/** shared_brake_give() - no packet processor knows it any more; 0 is allowed */
void shared_brake_give(uint32_t number);
/**
 * shared_brakes_revoke() - a daemon that was given up for not answering may go on, and can close nothing any more; nor can another
 *
 * The memory is replaced by other at the same address, in which each brake is as it was.
 * Context: under the scheduler's lock.
 */
void shared_brakes_revoke(void);
/** shared_brakes_told() - whether the daemon is to be told which brake a queue has */
bool shared_brakes_told(void);
/** shared_brakes_fork_child() - they are the parent's */
void shared_brakes_fork_child(void);

#endif
