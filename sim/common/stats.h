/* SPDX-License-Identifier: MIT */
/*
 * Counters of one simulated process, written by any thread with relaxed additions, read once when the process
 * ends and written as JSON to the file of --stats.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include <stdatomic.h>
#include <stdint.h>

/* name in the JSON (dots nest), member */
#define SIM_STATS(X)                                                                                                   \
	X("packets.kernel_dispatch", packets_dispatch)                                                                 \
	X("packets.barrier_and", packets_barrier_and)                                                                  \
	X("packets.barrier_or", packets_barrier_or)                                                                    \
	X("packets.barrier_value", packets_barrier_value)                                                              \
	X("packets.pm4_ib", packets_pm4_ib)                                                                            \
	X("packets.sdma", packets_sdma)                                                                                \
	X("packets.invalid", packets_invalid)                                                                          \
	X("dispatches", dispatches)                                                                                    \
	X("workgroups", workgroups)                                                                                    \
	X("wave_instructions", wave_instructions)                                                                      \
	X("signals", signals)                                                                                          \
	X("interrupts", interrupts)                                                                                    \
	X("doorbell_wakeups", doorbell_wakeups)                                                                        \
	X("cycles.map", cycles_map)                                                                                    \
	X("cycles.unmap", cycles_unmap)                                                                                \
	X("cycles.scheduler", cycles_scheduler)                                                                        \
	X("cycles.stopped_ns", cycles_stopped_ns)                                                                      \
	X("cycles.saved_bytes", cycles_saved_bytes)                                                                    \
	X("errors.vm_fault", errors_vm_fault)                                                                          \
	X("errors.instruction", errors_instruction)                                                                    \
	X("errors.packet", errors_packet)

struct sim_stats {
#define SIM_STATS_MEMBER(name, member) _Atomic uint64_t member;
	SIM_STATS(SIM_STATS_MEMBER)
#undef SIM_STATS_MEMBER
	_Atomic uint64_t ioctls[256];        /* KFD ioctls by number */
	_Atomic uint64_t ioctl_errors[256];
};

extern struct sim_stats sim_stats;

/**
 * sim_stats_write() - write the counters to @path as one JSON object
 * @path:       "%p" stands for the process id
 * @ioctl_name: "CREATE_QUEUE" for a number; NULL for one that has no name, which is then written as "0x7f"
 *
 * {"packets": {"kernel_dispatch": n, ...}, "dispatches": n, ..., "ioctls": {"CREATE_QUEUE": {"calls": n, "errors": m}}}; ioctls
 * that were never called are left out.
 *
 * Return: 0; -errno when the file cannot be written; -ENOMEM.
 */
int sim_stats_write(const char *path, const char *(*ioctl_name)(uint32_t nr));

static inline void sim_count(_Atomic uint64_t *counter, uint64_t n)
{
	/* Relaxed: a statistic, ordered with nothing. */
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
