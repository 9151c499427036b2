/* SPDX-License-Identifier: MIT */
/*
 * Exceptions as the debug interface reports them: bits of enum kfd_dbg_trap_exception_code for every queue, GPU and the
 * process. Raised by the command processor and the driver, read and cleared by DBG_TRAP. One mutex guards all of it; it is
 * the last of any lock order, so whoever raises one may hold the engine lock.
 */
#ifndef SIM_KFD_EXCEPTION_H
#define SIM_KFD_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

struct kfd_hsa_memory_exception_data;

/**
 * kfd_queue_exception() - queue @queue_id raised exceptions
 * @mask: KFD_EC_MASK() of each
 * Return: whether a debugger takes them; if not, the runtime is to be told through the save area's header.
 * Source: Linux 6.12, amdkfd/kfd_debug.c kfd_set_dbg_ev_from_interrupt().
 */
bool kfd_queue_exception(uint32_t queue_id, uint64_t mask);
/** kfd_gpu_exception() - the same of GPU @gpu; @data may be NULL, else it is kept for QUERY_EXCEPTION_INFO */
bool kfd_gpu_exception(uint32_t gpu, uint64_t mask, const struct kfd_hsa_memory_exception_data *data);
/** kfd_process_exception() - the same of the process itself */
bool kfd_process_exception(uint64_t mask);

/** kfd_exceptions_enable() - a debugger is there. @fd: gets a '.' for what is in @mask; the caller closes it after disable */
void kfd_exceptions_enable(int fd, uint64_t mask);
/** kfd_exceptions_disable() - it is gone; everything that was raised is forgotten, EC_QUEUE_NEW too */
void kfd_exceptions_disable(void);
/** kfd_exceptions_subscribe() - it wants to hear of @mask from now on, and at once if one of them is raised */
void kfd_exceptions_subscribe(uint64_t mask);
/** kfd_queue_exceptions_set() - what a new queue begins with */
void kfd_queue_exceptions_set(uint32_t queue_id, uint64_t mask);
/** kfd_queue_exceptions() - what is raised. @clear: bits to take away afterwards */
uint64_t kfd_queue_exceptions(uint32_t queue_id, uint64_t clear);
uint64_t kfd_gpu_exceptions(uint32_t gpu, uint64_t clear);
uint64_t kfd_process_exceptions(uint64_t clear);
/** kfd_exceptions_subscribed() - what the debugger wants to hear of */
uint64_t kfd_exceptions_subscribed(void);
/** kfd_gpu_memory_exception() - where GPU @gpu faulted. Return: whether there is one. @clear: forget it */
bool kfd_gpu_memory_exception(uint32_t gpu, struct kfd_hsa_memory_exception_data *data, bool clear);
void kfd_exceptions_fork_child(void);

#endif
