/* SPDX-License-Identifier: MIT */
/*
 * The control thread of level 3, xsched-cwsr: runs rounds when asked or when due, and sleeps otherwise. Any thread wakes it.
 */
#ifndef CWSR_CONTROL_H
#define CWSR_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/** typedef control_round_fn - do what is due; returns when to be called again, CLOCK_MONOTONIC; UINT64_MAX: when asked */
typedef uint64_t (*control_round_fn)(void);

/** control_begin() - rounds may be asked for; NULL: there is no thread, and waking does nothing */
void control_begin(control_round_fn round);
/**
 * control_wake() - have a round soon; the first call starts the thread, with every signal blocked
 * Context: any thread; a system call only if the thread sleeps.
 * Return: 0; a negative errno: there is no thread and will be none.
 */
int control_wake(void);
/** control_kick() - the same, of a thread that runs; otherwise nothing */
void control_kick(void);
/** control_stopping() - whether the thread is asked to end */
bool control_stopping(void);
/** control_end() - end the thread; waits for it for at most @ns */
void control_end(uint64_t ns);
/** control_fork_child() - the child has no thread */
void control_fork_child(void);

#endif
