/* SPDX-License-Identifier: MIT */
/* The report of XSCHED_HSA_STATS: what passed through each queue, as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include "src/hsa_intercept/vqueue.h"

/**
 * report_queue_gone() - keep a queue's counters for the report when the application destroys it
 * Context: under the registry lock; allocates.
 */
void report_queue_gone(struct vqueue *vq);
/**
 * report_write() - write the report
 * @path: file to create or replace, "%p" in it stands for the process id; empty: nothing happens
 *
 * Context: exit or unload. A file that cannot be written is logged.
 */
void report_write(const char *path);

#endif
