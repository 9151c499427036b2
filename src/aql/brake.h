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

/*
 * For the gate; its owner calls them, where nothing else is said while it is tracked.
 *
 * brakes_begin() - add some from here on, as gate_brake() was asked; 0: no more, but those that are there go on to count
 * brakes_end()   - no more, and those that are there hold nobody; tracked or not, before the track goes
 * brakes_set()   - whether they hold; rings for a queue that they let go. Nothing without brakes.
 * brakes_open() - they do not, unless they are shared and the gate's word says to hold; see gate_brake_share(). Does not ring.
 * brakes_ring() - for a queue that was let go since the latest ring: a packet processor that has waited for long may look no more by
 *                 itself than at a queue that is idle
 * brakes_hold_now() - they hold; in any thread, while another owns the gate, which closes it
 * brakes_hold()  - whether they do
 * brakes_settle_ns() - how long from @now_ns until one that is at the head is sure to be where the packet processor stopped, and has not just passed
 * brakes_adapt() - put the next ones where what is known of the packets by now says
 * brakes_step_ns() - estimated time from one to the next; 0: none are added
 */
void brakes_begin(struct gate *g, uint64_t ns, uint64_t ahead_ns);
void brakes_end(struct gate *g);
void brakes_set(struct gate *g, bool hold);
void brakes_open(struct gate *g);
void brakes_ring(struct gate *g);
void brakes_hold_now(struct gate *g);
bool brakes_hold(const struct gate *g);
uint64_t brakes_settle_ns(const struct gate *g, uint64_t now_ns);
void brakes_adapt(struct gate *g);
uint64_t brakes_step_ns(const struct gate *g);

#endif
