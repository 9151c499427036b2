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
 * Orders the write index (ordinary memory) before the doorbell (uncached): x86 does, so only the compiler is held back.
 * Packets may lie in write-combining memory. They are flushed there by the locked instruction with which each producer
 * takes or joins the gate behind its packets (AMD64 Architecture Programmer's Manual, volume 2, "Write-Combining Buffers").
 */
static inline void doorbell_barrier(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/** spin_pause() - a turn of a loop that waits for another thread for some tens of nanoseconds */
static inline void spin_pause(void)
{
	__builtin_ia32_pause();
}

#endif
