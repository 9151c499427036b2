/* SPDX-License-Identifier: MIT */
/* Dependencies between queues as their packets tell them: what a barrier waits for, and who will complete it. Reads rings only. */
#ifndef AQL_DEPEND_H
#define AQL_DEPEND_H

#include "src/aql/gate.h"

#define AQL_DEPENDS_MAX 5u

/**
 * aql_depend_head() - the signals that the packet of @index waits for
 * Context: any thread; a hint. The packet may be consumed, and its slot written anew, meanwhile.
 * Return: how many; 0 for a packet that waits for none, or that is not complete.
 */
unsigned aql_depend_head(const struct aql_ring *ring, uint64_t index, uint64_t signals[AQL_DEPENDS_MAX]);
/**
 * aql_depend_completes() - whether a packet of @g that was not consumed completes @signal
 * Context: any thread; a snapshot. Packets may be written meanwhile.
 */
bool aql_depend_completes(struct gate *g, uint64_t signal);

#endif
