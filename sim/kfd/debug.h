/* SPDX-License-Identifier: MIT */
/*
 * The parts of the debug interface that the queue ioctls and the two debug ioctls share. Called under
 * kfd_process.mutex.
 */
#ifndef SIM_KFD_DEBUG_H
#define SIM_KFD_DEBUG_H

#include "sim/kfd/process.h"

/** kfd_debug_suspend() - SUSPEND_QUEUES. Return: how many are suspended; -EFAULT, -ENOMEM. */
int kfd_debug_suspend(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_suspend_queues_args *a);
/** kfd_debug_resume() - RESUME_QUEUES; an array at 0 means all. Return: how many were told to run; -EFAULT, -ENOMEM. */
int kfd_debug_resume(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_resume_queues_args *a);
/** kfd_debug_snapshot() - GET_QUEUE_SNAPSHOT. Return: 0; -EINVAL, -EFAULT. */
int kfd_debug_snapshot(struct kfd_process *p, struct kfd_ioctl_dbg_trap_queue_snapshot_args *a);
/**
 * kfd_debug_wait_resumed() - sleep until the debugger has resumed queue @q, without the mutex meanwhile
 * Return: 0, and @q is as it was; -EINVAL when somebody else destroyed it; -EINTR.
 */
int kfd_debug_wait_resumed(struct kfd_process *p, struct kfd_queue *q);
/** kfd_debug_one_process() - whether the GPU can have only one debug-active process (kfd_debug.h, kfd_dbg_is_per_vmid_supported()) */
bool kfd_debug_one_process(const struct sim_device *d);
/** kfd_debug_deactivate() - what DISABLE and the end of the runtime undo: suspended queues run again */
void kfd_debug_deactivate(struct kfd_process *p);
/** kfd_debug_gws() - whether a GPU can debug queues that have global wave sync */
bool kfd_debug_gws(const struct sim_device *d);
/** kfd_queue_report() - tell the runtime of exceptions through the header of the queue's save area; it may have asked not to */
void kfd_queue_report(const struct kfd_queue *q, uint64_t mask);
/** kfd_debug_fork_child() - forget the parent's session */
void kfd_debug_fork_child(struct kfd_process *p);

#endif
