/* SPDX-License-Identifier: MIT */
/*
 * Signals as the packet processor completes and reports through them. amd_signal_t is written here
 * and by the host and waves at any time.
 */
#ifndef SIM_CP_SIGNAL_H
#define SIM_CP_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/cp/engine.h"

/*
 * Values of queue_inactive_signal by which the packet processor tells the runtime why it stopped.
 * Source: ROCr 5.2.3, AqlQueue::DynamicScratchHandler.
 */
enum {
	QUEUE_ERROR_SCRATCH = 1,
	QUEUE_ERROR_DIM = 2,
	QUEUE_ERROR_GROUP_MEMORY = 4,
	QUEUE_ERROR_CODE = 8,
	QUEUE_ERROR_PACKET = 32,
	QUEUE_ERROR_GROUP_SIZE = 64,
	QUEUE_ERROR_REGISTERS = 128,
	QUEUE_ERROR_VENDOR_PACKET = 256,
	QUEUE_ERROR_SCRATCH_RECLAIM = 512,
	QUEUE_ERROR_APERTURE = 0x20000000,
	QUEUE_ERROR_ILLEGAL_INSTRUCTION = 0x40000000,
};
#define QUEUE_ERROR_TRAP INT64_C(0x80000000)

/**
 * signal_complete() - complete a packet: timestamps, decrement, event
 * @handle:   completion signal; 0: there is none, nothing is done
 * @start_ns: modelled start and end; stored only if the queue profiles
 * Return: 0; -EFAULT when the signal is not mapped.
 */
int signal_complete(struct cp_queue *q, uint64_t handle, uint64_t start_ns, uint64_t end_ns);
/** signal_store() - store a value and raise the signal's event. Return: 0; -EFAULT. */
int signal_store(struct cp_queue *q, uint64_t handle, int64_t value);
/** signal_load() - read a signal's value. Return: 0; -EFAULT. */
int signal_load(struct cp_queue *q, uint64_t handle, int64_t *value_p);

/**
 * queue_stop() - an error: nothing of the queue runs any more, and the runtime learns why
 * @code: QUEUE_ERROR_*
 *
 * Reported in the header of the context save area when the runtime asked for it there
 * (kfd_ioctl.h 1.13, struct kfd_context_save_area_header), else through queue_inactive_signal.
 */
void queue_stop(struct cp_queue *q, int64_t code);
/** queue_fault() - a memory access fault; the queue stops, the process's memory events are raised
 */
void queue_fault(struct cp_queue *q, uint64_t va, bool write);

#endif
