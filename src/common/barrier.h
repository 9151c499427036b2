/* SPDX-License-Identifier: MIT */
/*
 * Memory order towards devices, one function for each use. Order between threads is C11 acquire and release at the
 * accesses themselves.
 */
#ifndef COMMON_BARRIER_H
#define COMMON_BARRIER_H

/**
 * doorbell_barrier() - what a packet processor reads is visible before its doorbell rings
 *
 * x86 orders ordinary stores, but a doorbell or a ring may be mapped write-combining, which only a store fence orders.
 */
static inline void doorbell_barrier(void)
{
	__builtin_ia32_sfence();
}

/** spin_pause() - a turn of a loop that waits for another thread for some tens of nanoseconds */
static inline void spin_pause(void)
{
	__builtin_ia32_pause();
}

#endif
