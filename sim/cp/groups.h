/* SPDX-License-Identifier: MIT */
/*
 * The workgroups of a queue's dispatches: on which CU each runs, stepping them, saving and
 * restoring them. Written and read under the engine lock.
 *
 * Model time: a group starts when and where a slot is free, and steps in the order of the groups'
 * clocks, so that groups that wait for each other advance together. No group runs more than
 * GROUPS_AHEAD_NS ahead of the host: what it waits for may come from there.
 */
#ifndef SIM_CP_GROUPS_H
#define SIM_CP_GROUPS_H

#include "sim/cp/engine.h"

#define GROUPS_AHEAD_NS 100000u
/* Wave-instructions per turn of a queue: some 25 us, the time in which others wait. */
#define GROUPS_STEP 512u

/** groups_place() - put waiting groups of all queues of @gpu on CUs, as far as there is room */
void groups_place(struct cp_gpu *gpu, uint64_t now_ns);
/** groups_step() - run a queue's groups for one turn; an instruction or memory fault stops the
 * queue */
void groups_step(struct cp_queue *q, struct cp_turn *turn);
/** groups_save() - take a queue's groups off their CUs; they keep their state and stand still */
void groups_save(struct cp_queue *q, uint64_t now_ns);
/** groups_shift() - the groups on CUs stood still for @cycles */
void groups_shift(struct cp_queue *q, uint64_t cycles);
/** groups_drop() - free all groups of a queue, wherever they are */
void groups_drop(struct cp_queue *q);

#endif
