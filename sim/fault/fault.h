/* SPDX-License-Identifier: MIT */
/*
 * Faults that the user planned (--fault), as the simulator's parts ask for them: each place where something may fail asks
 * whether it is to. The plan is read when the driver is first opened; each fault counts its occasions, in this process.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/fault/parse.h"

/* One --fault each, separated by spaces. */
#define SIM_ENV_FAULTS "KFDSIM_FAULTS"

/** fault_begin() - read the plan from the environment; the first call counts, times begin then */
void fault_begin(void);
/** fault_ioctl() - before an ioctl is carried out; sleeps if it is to be slow. Return: 0; -errno with which it is to fail. */
int fault_ioctl(uint32_t nr);
/**
 * fault_event() - before an interrupt becomes an event
 * @delay_ns_p: set for FAULT_EVENT_LATE
 * Return: FAULT_NONE, or FAULT_EVENT_*.
 */
enum fault_kind fault_event(uint64_t *delay_ns_p);
/**
 * fault_dispatch() - a kernel dispatch of queue @queue on GPU @gpu is about to start; also counts for resets
 * Context: the engine thread, with its lock. Return: whether the kernel is never to end.
 */
bool fault_dispatch(uint32_t gpu, uint32_t queue);
/** fault_doorbells_planned() - whether any doorbell may be lost: each then has to be seen as one. Any thread; cheap. */
bool fault_doorbells_planned(void);
/** fault_doorbell() - a doorbell was found. Return: whether it is to be lost. */
bool fault_doorbell(uint32_t gpu, uint32_t queue);
/** fault_vm() - whether accesses of GPU @gpu to @va are to fault. Any thread; cheap without such a plan. */
bool fault_vm(uint32_t gpu, uint64_t va);
/** fault_forget() - forget what is planned; fault_begin() reads it anew. While nobody asks for faults. */
void fault_forget(void);
/** fault_fork_child() - in a forked child: no occasion has passed */
void fault_fork_child(void);

#endif
