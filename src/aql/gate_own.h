/* SPDX-License-Identifier: MIT */
/*
 * The gate from inside: what its files share. gate.c has ownership, moves and publication; gate_mode.c and gate_pace.c stand on it.
 * Nobody else includes this.
 */
#ifndef AQL_GATE_OWN_H
#define AQL_GATE_OWN_H

#include "src/aql/gate.h"

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/**
 * gate_own() - take ownership: nobody else publishes, or changes the mode
 * Context: as gate_engage(); may wait for a publishing, which takes nanoseconds.
 */
void gate_own(struct gate *g);
/**
 * gate_disown() - give it up, when everything that was rung for is served
 * @own_to:    see struct section_slot
 * @own_rings: how many of the counted rings are the owner's (0 when it came by gate_own())
 */
void gate_disown(struct gate *g, uint64_t own_to, uint32_t own_rings);
/** gate_leave_be() - give it up without a look at what waits, unless somebody rang meanwhile */
void gate_leave_be(struct gate *g);

/*
 * What follows is for the owner.
 *
 * gate_mode_set()    - the mode is @mode, with GATE_BRAKED where brakes are added
 * gate_move()        - change between native and gated modes. On return every producer acts on the side that @target names.
 * gate_closed()      - what gate_close() does; without @brakes: gate_close_loose()
 * gate_serve()       - act on doorbells, as the mode says; @rung: at least one came
 * gate_advance()     - the packet processor sees the packets from @from to below @end
 * gate_held_record() - the span that packets waited is over, or nobody will trace its end
 */
void gate_mode_set(struct gate *g, enum gate_mode mode);
void gate_move(struct gate *g, enum gate_mode target);
void gate_closed(struct gate *g, bool brakes);
void gate_serve(struct gate *g, uint64_t own_to, bool rung);
void gate_advance(struct gate *g, uint64_t from, uint64_t end);
void gate_held_record(struct gate *g);

#endif
