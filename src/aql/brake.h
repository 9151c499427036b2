/* SPDX-License-Identifier: MIT */
/*
 * Brakes: barrier packets of ours between the application's, at which packets that are published and have not started can be stopped. All
 * brakes of a queue wait for one signal, which is 0 while the gate is open, so that the packet processor passes them, and 1 while it is closed.
 *
 * A brake lies in a slot that a producer reserved in front of its own packets, for which an application that shares its
 * queue's write index among threads is prepared: whoever reserves may find that others did so in between. The producer writes it, into a
 * slot that the packet processor has left; it becomes visible like any packet.
 */
#ifndef AQL_BRAKE_H
#define AQL_BRAKE_H

#include <stdint.h>

#include "src/aql/gate.h"

/**
 * brake_reserve() - reserve @count packets in the shadow of a gate in a mode with GATE_BRAKED, behind a brake if one is due
 * @from_p: where the reservation begins, with the brake if there is one
 * Context: inside a producer section.
 * Return: the index of the first of the @count packets.
 */
uint64_t brake_reserve(struct gate *g, uint64_t count, uint64_t *from_p);

#endif
