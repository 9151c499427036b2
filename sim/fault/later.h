/* SPDX-License-Identifier: MIT */
/*
 * Things to be done at a later time, on a thread of the simulator's own that holds no lock. Asked for by whoever cannot
 * wait, or holds locks that the thing itself takes.
 */
#ifndef SIM_FAULT_LATER_H
#define SIM_FAULT_LATER_H

#include <stdint.h>

/**
 * later() - call @call(@arg) in @ns nanoseconds
 * Context: any thread, any lock. Return: 0; -ENOMEM, then it is never called.
 */
int later(uint64_t ns, void (*call)(uint32_t arg), uint32_t arg);
/** later_fork_child() - in a forked child: forget what the parent has to do */
void later_fork_child(void);

#endif
