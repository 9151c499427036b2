/* SPDX-License-Identifier: MIT */
/* Interrupts from the GPU to the driver's events: raised by sim/cp, waited for through WAIT_EVENTS. */
#ifndef SIM_KFD_EVENT_H
#define SIM_KFD_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/** kfd_interrupt() - an end-of-packet or s_sendmsg interrupt for signal event @event_id; unknown ids are ignored, as
 *  the driver does. Wakes all waiters. Any thread. */
void kfd_interrupt(uint32_t event_id);
/** kfd_event_raise() - set signal event @event_id as the driver itself does, without an id in the event's slot; unknown ids
 *  are ignored. Any thread. Source: Linux 6.12, amdkfd/kfd_debug.c, kfd_send_exception_to_runtime(). */
void kfd_event_raise(uint32_t event_id);
/** kfd_vm_fault() - a memory access fault of GPU @gpu at @va: raises the process's memory exception events */
void kfd_vm_fault(uint32_t gpu, uint64_t va, bool write);
/** kfd_memory_exception_signal() - tell the process of a memory fault on GPU @gpu that a debugger has seen first */
void kfd_memory_exception_signal(uint32_t gpu);
/** kfd_hw_exception() - the GPU hung or was reset: raises the hardware exception events */
void kfd_hw_exception(uint32_t gpu, bool memory_lost);
/** kfd_clock_ns() - the clock behind GET_CLOCK_COUNTERS: system (BOOTTIME) ns; the GPU counter is derived from it */
uint64_t kfd_clock_ns(void);
/** kfd_gpu_counter() - GPU timestamp counter (sim_device.counter_khz) at @clock_ns */
uint64_t kfd_gpu_counter(uint32_t gpu, uint64_t clock_ns);

#endif
