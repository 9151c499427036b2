/* SPDX-License-Identifier: MIT */
/*
 * A word that threads of one process sleep on. The word belongs to the caller, who writes it before waking; only waiters
 * of the same process are reached.
 */
#ifndef SIM_FUTEX_H
#define SIM_FUTEX_H

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/**
 * futex_wait_until() - sleep while *@word is @expected
 * @deadline: CLOCK_MONOTONIC, absolute; NULL to wait without end
 * Return: 0 when woken (perhaps for no reason); -EAGAIN when the word differed; -ETIMEDOUT; -EINTR after a signal handler.
 */
static inline int futex_wait_until(_Atomic uint32_t *word, uint32_t expected,
	const struct timespec *deadline)
{
	long r = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL,
		FUTEX_BITSET_MATCH_ANY);

	return r < 0 ? -errno : 0;
}

/** futex_wake() - wake at most @count waiters of *@word */
static inline void futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

#endif
