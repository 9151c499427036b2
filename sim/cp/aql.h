/* SPDX-License-Identifier: MIT */
/*
 * The packet processor of an AQL queue. The ring, write_dispatch_id and dependency signals are
 * written by the application (and by kernels); read_dispatch_id and the headers of completed
 * packets are written here.
 */
#ifndef SIM_CP_AQL_H
#define SIM_CP_AQL_H

#include "sim/cp/engine.h"

/** aql_init() - a new queue: takes read_dispatch_id from memory. Return: 0; -EFAULT. */
int aql_init(struct cp_queue *q);
/** aql_map() - the queue was unmapped and is mapped again: write_dispatch_id is read anew, its
 * groups go on */
void aql_map(struct cp_queue *q, uint64_t now_ns);
/** aql_unmap() - take its groups off the GPU; model time of the queue stands still from @now_ns on
 */
void aql_unmap(struct cp_queue *q, uint64_t now_ns);
/** aql_pause() - all of it stood still for @ns from @begin_ns on, on its CUs */
void aql_pause(struct cp_queue *q, uint64_t begin_ns, uint64_t ns);
/** aql_busy() - whether there are packets that are not complete */
bool aql_busy(const struct cp_queue *q);
/** aql_doorbell() - it rang: read write_dispatch_id */
void aql_doorbell(struct cp_queue *q, uint64_t now_ns);
/**
 * aql_packets() - complete what has ended, and take on packets as far as order, barriers and
 * dependencies allow
 *
 * read_dispatch_id passes a packet only when it and all before it are complete.
 * Source: HSA Platform System Architecture 1.2, 2.8 and 2.9.
 */
void aql_packets(struct cp_queue *q, struct cp_turn *turn);
/** aql_fini() - free what is in flight, untouched by the memory of the queue. Must be unmapped. */
void aql_fini(struct cp_queue *q);

#endif
