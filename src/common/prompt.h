/* SPDX-License-Identifier: MIT */
/* Threads that run for a few microseconds and must do so at once. Called by them; read by the kernel. */
#ifndef COMMON_PROMPT_H
#define COMMON_PROMPT_H

#include <pthread.h>

/**
 * prompt_thread() - ask the kernel to let the calling thread run soon whenever it wakes, for short times
 *
 * A shorter slice than others' (sched_setattr(2), Linux 6.12 or later) is no greater share of a processor, and needs no privilege; nice -10 does,
 * and is taken where it is to be had. Threads with a policy other than SCHED_OTHER are left as they are. The thread's timers run out
 * within a microsecond.
 */
void prompt_thread(void);

/**
 * prompt_create() - pthread_create(), for a thread that others wait for
 *
 * Under SCHED_FIFO its priority is one above the creator's, where that is allowed: else a thread that waits for it awake, on the one processor
 * that both may use, would do so for ever. Under SCHED_RR they take turns.
 *
 * Return: 0; an error of pthread_create(), negative.
 */
int prompt_create(pthread_t *thread_p, void *(*run)(void *arg), void *arg);

#endif
