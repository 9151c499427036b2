/* SPDX-License-Identifier: MIT */
/*
 * A clock for engines of several processes that waits for all of them: it moves on by a tick when each has had its turns, so
 * what they do in model time does not depend on when the host runs them. Written by a thread of the test, read by its
 * children.
 */
#ifndef TESTS_UNIT_CP_CLOCK_H
#define TESTS_UNIT_CP_CLOCK_H

#include <stdbool.h>
#include <sys/types.h>

#define CP_CLOCK_TICK_NS 50000u

/** cp_clock_start() - make the clock and start it; before the first fork. Return: whether that worked. */
bool cp_clock_start(void);
/** cp_clock_leave() - the engine of process @pid has ended, or is about to: do not wait for it */
void cp_clock_leave(pid_t pid);

#endif
