/* SPDX-License-Identifier: MIT */
/*
 * Which queue a thread submits to. Written by the write-index hooks of the thread that asked (hooks_index.c), read by the same thread.
 */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <hsa/hsa.h>
#include <stdbool.h>

struct vqueue;

struct observation {
	bool on;
	const hsa_queue_t *queue; /* the latest; NULL: none so far */
};

extern _Thread_local struct observation observe_self __attribute__((tls_model("initial-exec")));

/** observe_begin() - note queues from here on; packets of this thread pass the slow path meanwhile */
void observe_begin(void);
/** observe_end() - no longer. Return: the queue that the thread last reserved packets in, or NULL */
const hsa_queue_t *observe_end(void);

#endif
