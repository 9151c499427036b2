/* SPDX-License-Identifier: MIT */
/*
 * The one table through which the client library reaches the tool library: the tool library exports it, the client looks it up by
 * name. Entries are only ever added at the end; @size says which are there. A queue NULL is the process.
 */
#ifndef COMMON_API_TABLE_H
#define COMMON_API_TABLE_H

#include "include/xsched_hsa.h"

#define API_TABLE_SYMBOL "xsched_hsa_api_v1"

/**
 * struct xsched_hsa_api - functions as in xsched_hsa.h, with the queue for the target
 * @size:    of the tool library's table
 * @version: XSCHED_HSA_API_VERSION of the tool library
 * @observe_begin: from here on note to which queue the calling thread submits
 * @observe_end:   no longer. @queue_p: of the last packet. OK; NOT_FOUND: none was submitted to a queue of ours.
 */
struct xsched_hsa_api {
	uint32_t size;
	uint32_t version;
	int (*scheduled)(void);
	int (*queues)(const void **queues, size_t capacity, size_t *count_p);
	int (*hint_set)(const void *queue, int hint, int64_t value);
	int (*hint_get)(const void *queue, int hint, int64_t *value_p);
	int (*window_packets)(const void *queue, uint32_t packets);
	int (*suspend)(const void *queue, int level);
	int (*resume)(const void *queue);
	int (*wait_idle)(const void *queue, uint64_t timeout_ns);
	int (*wait_in_flight)(const void *queue, uint64_t timeout_ns);
	int (*policy_set)(const char *name);
	int (*policy_get)(char *name, size_t size);
	int (*stats_get)(const void *queue, struct xsched_hsa_stats *stats);
	void (*observe_begin)(void);
	int (*observe_end)(const void **queue_p);
};

#endif
