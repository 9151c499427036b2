/* SPDX-License-Identifier: MIT */
/* Threads that run for a few microseconds and must do so at once. Called by them; read by the kernel. */
#ifndef COMMON_PROMPT_H
#define COMMON_PROMPT_H

/**
 * prompt_thread() - ask the kernel to let the calling thread run soon whenever it wakes, for short times
 *
 * A shorter slice than others' (sched_setattr(2), Linux 6.12 or later) is no greater share of a processor, and needs no privilege; nice -10 does,
 * and is taken where it is to be had. Threads with a policy other than SCHED_OTHER are left as they are. The thread's timers run out
 * within a microsecond.
 */
void prompt_thread(void);

#endif
