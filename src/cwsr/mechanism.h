/* SPDX-License-Identifier: MIT */
/*
 * How queues are suspended and resumed: UPDATE_QUEUE with percentage 0 and back, or the debug interface. Everything here must
 * hold the lock of kfd_queues.h; it writes the held state of queues and what is known of their GPU.
 */
#ifndef CWSR_MECHANISM_H
#define CWSR_MECHANISM_H

#include "src/cwsr/gpu.h"
#include "src/cwsr/kfd_queues.h"

/**
 * cwsr_suspend() - stop queues and save their waves
 * @q, @count: queues of @g that are not held
 * @error: for each 0 (it is held), or a negative errno (it runs on); what follows for queue, GPU and process was done
 *
 * Context: blocks until the driver has done so, normally some tens of microseconds; when the GPU hangs, seconds.
 */
void cwsr_suspend(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error);
/**
 * cwsr_resume() - let queues go on where they were, with the priority and CU mask that the program set meanwhile
 * @q, @count: queues of @g that are held; none is afterwards
 * @error: for each 0 or a negative errno
 */
void cwsr_resume(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error);
/**
 * cwsr_resume_owed() - try once more to resume queues where that failed
 * Return: whether there are some left, to be tried again soon. After CWSR_OWED_MAX attempts a queue is given up, and that is said.
 */
bool cwsr_resume_owed(void);
#define CWSR_OWED_MAX 100u
#define CWSR_OWED_NS  10000000u
/** cwsr_null_probe() - tell the driver what it knows about a queue. Return: 0 or a negative errno */
int cwsr_null_probe(struct kfd_queue *q);

/** cwsr_session_end() - resume what the debug interface holds, and leave it; before the runtime ends. Any number of calls. */
void cwsr_session_end(void);
/**
 * cwsr_snapshot_find() - ask the debug interface for the queue with that ring
 * @fd: a descriptor of /dev/kfd of this process
 * @q_p: what kfd_queues_add() needs, but for percentage and priority
 * Context: where we have no session, one is begun and ended.
 * Return: 0; -ENOENT: no such queue; or another negative errno.
 */
int cwsr_snapshot_find(int fd, uint64_t ring_va, struct kfd_queue *q_p);

#endif
