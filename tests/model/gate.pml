/* SPDX-License-Identifier: MIT */
/*
 * A model of the gate (src/aql/gate.c, section.c) for Spin: producers, one mover and the packet processor, each atomic access of the
 * code one step. gate.sh checks it, and then one broken variant after another (BREAK_...), each of which must fail.
 *
 * Checked in every interleaving: no index is handed out twice; the real write index never goes back, and stands still while a
 * gate_close() has returned and nothing opened the gate, and from when the owner closed it for gate_close_soon(), which it does before anybody
 * owns the gate again; no doorbell beyond it; the packet processor finds in each slot the
 * packet of that index, so it takes each once and in order; nobody waits for ever; and when all have rung and the gate is
 * at last open or native, every packet has been taken: no doorbell is lost.
 *
 * Order: statements are sequentially consistent but for what x86 reorders and the code has no fence for: the store that begins a
 * section may become visible after the load of the mode. Not modelled: bodies of packets, the application's own writes to the
 * real index (foreign_writer()), time (settle() may always run out), fork.
 */
#ifndef PACKETS
#define PACKETS 2 /* per producer */
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef MOVES
#define MOVES 2 /* before the last, which opens */
#endif
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef COUNTED
#define COUNTED false /* whether the second producer has no section slot */
#endif
#ifndef START
#define START BYPASS
#endif
#define TOTAL     (PRODUCERS * PACKETS)

#define BYPASS   0
#define DETACHED 1
#define OPEN     2
#define CLOSED   3
#define MOVING   4
#define NATIVE(m) ((m) <= DETACHED)
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))

/* struct gate */
byte mode = START, doorbells, shadow, rung_aside, producers;
byte published, base, rung, open_below;
bool closes;

/* section_slot.busy as others see it, and whether the owner's store is still in its CPU's buffer. */
bool busy[PRODUCERS], busy_buffered[PRODUCERS];

/* The hardware queue. A slot holds 0 (INVALID) or the index of its packet, plus one. */
byte real, dev_read, slot[SLOTS];
bool bell;

/* What only the properties look at. */
bool handed_out[TOTAL], held, asked;
byte ended;

/* A reservation, an atomic addition. */
inline take(counter)
{
	index = counter;
	counter++;
	assert(!handed_out[index]);
	handed_out[index] = true
}

/* ops->ring() */
inline hw_ring(value)
{
	d_step {
		assert(value < real);
		bell = true
	}
}

inline real_store(value)
{
	assert(value >= real);
	assert(!held);
	real = value
}

/* aql_ring_scan(). In one step: a header once valid stays so until it is published. */
inline scan(first)
{
	end = first;
	do
	:: end < bound && slot[end % SLOTS] != 0 -> end++
	:: else -> break
	od
}

/* What is of no use any more would only multiply the states. */
inline forget()
{
	d_step {
		end = 0;
		from = 0;
		limit = 0;
		bound = 0;
		see_shadow = 0;
		see_read = 0
	}
}

inline publish(any_rung)
{
	d_step {
		assert(real == published);
		see_shadow = shadow
	};
	d_step {
		see_read = dev_read;
		open_below = see_read + SLOTS;
#ifdef BREAK_LAP
		limit = see_shadow;
#else
		limit = MIN(see_shadow, open_below);
#endif
		bound = MIN(limit, rung)
	};
	d_step {
#ifdef BREAK_HEADER
		end = MAX(published, bound);
#else
		scan(published);
#endif
		from = end;
		if
		:: end >= rung && end < limit -> bound = limit; scan(from)
		:: else
		fi
	};
	if
	:: end > from -> /* settle() */
		d_step {
			if
			:: rung_aside > from ->
				rung = MAX(rung, rung_aside);
				bound = MIN(limit, rung);
				scan(from)
			:: else
			fi
		}
	:: else
	fi;
	if
	:: end != published ->
		d_step {
			published = end;
			real_store(end)
		};
		hw_ring(end - 1)
#ifndef BREAK_BASE_OPEN
	:: end == published && see_read < base && (any_rung) -> hw_ring(published - 1)
#endif
	:: else
	fi;
	forget()
}

/* The mode is the owner's to change, so its look at it is no step. */
inline serve(came)
{
	d_step { rung = MAX(rung, rung_aside) };
	if
	:: mode == OPEN -> publish(came)
	:: mode == CLOSED ->
		if
#ifndef BREAK_BASE_CLOSED
		:: (came) && dev_read < base -> hw_ring(published - 1)
#endif
		:: else
		fi
	:: else ->
		if
#ifndef BREAK_GONE_NATIVE
		:: (came) && rung ->
			/* A value beyond what was reserved goes no further. */
			bound = MIN(rung, real);
			hw_ring(bound - 1);
			bound = 0
#endif
		:: else
		fi
	fi
}

/* Of gate_disown(): what gate_close_soon() asked for. */
inline close_asked()
{
	d_step {
		if
		:: closes ->
			closes = false;
			open_below = 0;
			if
			:: mode == OPEN -> mode = CLOSED; held = true
			:: else
			fi
		:: else
		fi
	}
}

/* gate_disown() */
inline disown(own_rings)
{
	do
	::
#ifdef BREAK_CLOSES_FIRST
	   close_asked();
#endif
	   rings = doorbells;
#ifndef BREAK_CLOSES_FIRST
	   close_asked();
#endif
	   serve(rings > 1 || own_rings);
#ifdef BREAK_RECHECK
	   doorbells = 0;
	   break
#else
	   d_step {
		if
		:: doorbells == rings -> doorbells = 0; rings = 0
		:: else
		fi
	   };
	   if
	   :: rings == 0 -> break
	   :: else
	   fi
#endif
	od
}

/* gate_doorbell_gated() */
inline doorbell_gated(value)
{
	d_step {
		if
		:: doorbells == 0 -> doorbells = 1; owner = true
		:: else -> owner = false
		fi
	};
	if
	:: owner
	:: else -> /* ring_aside() */
		d_step { rung_aside = MAX(rung_aside, value + 1) };
		d_step {
			owner = (doorbells == 0);
			doorbells++
		}
	fi;
	if
	:: owner ->
		/* publish_next() */
		d_step {
			if
			:: published == value && value < open_below && shadow == value + 1 ->
				assert(real == published);
				published = value + 1;
				real_store(value + 1);
				owner = false
			:: else
			fi
		};
		if
		:: owner -> /* doorbell_slow() */
			rung = MAX(rung, value + 1);
			disown(true)
		:: else ->
			hw_ring(value);
#ifdef BREAK_RECHECK_NEXT
			doorbells = 0
#else
			d_step {
				if
				:: doorbells == 1 -> doorbells = 0
				:: else -> owner = true
				fi
			};
			if
			:: owner -> disown(false)
			:: else
			fi
#endif
		fi
	:: else
	fi
}

/* gate_own() */
#define OWN doorbells == 0 -> doorbells = 1; assert(!asked || mode != OPEN); asked = false

#define OWNER_LOCALS byte rings, end, from, limit, bound, see_shadow, see_read

/* gate_enter(): @counted threads have no section slot. */
inline enter()
{
	do
	:: if
	   :: counted -> producers++
	   :: else -> busy_buffered[p] = true
	   fi;
	   see_mode = mode;
	   if
	   :: see_mode != MOVING -> break
	   :: else ->
		if
		:: counted -> producers--
		:: else -> d_step { busy_buffered[p] = false; busy[p] = false }
		fi;
		mode != MOVING
	   fi
	od
}

inline leave()
{
	if
	:: counted -> producers--
	:: else -> busy[p] = false
	fi
}

proctype producer(byte p; bool counted)
{
	byte index, see_mode, n;
	bool owner;
	OWNER_LOCALS;

	do
	:: n < PACKETS ->
		n++;
		enter();
		/* hooks_index.c, add: a locked instruction, which empties the store buffer. */
		atomic {
			if
			:: busy_buffered[p] -> busy_buffered[p] = false; busy[p] = true
			:: else
			fi;
			if
			:: NATIVE(see_mode) -> assert(!held); take(real)
			:: else -> take(shadow)
			fi
		};
		leave();
		/* The application waits until the slot is free, writes the packet and rings. */
		d_step {
			index < dev_read + SLOTS;
			assert(slot[index % SLOTS] == 0);
			slot[index % SLOTS] = index + 1
		};
		if
		:: NATIVE(mode) -> hw_ring(index)
		:: else -> doorbell_gated(index)
		fi;
		atomic {
			index = 0;
			see_mode = 0;
			owner = false
		}
	:: else -> break
	od;
	ended++
}

/* section_fence(): membarrier(2) empties every CPU's store buffer. Then section_wait(). */
inline exclude()
{
#ifndef BREAK_FENCE
	d_step {
		if
		:: busy_buffered[0] -> busy_buffered[0] = false; busy[0] = true
		:: else
		fi;
#if PRODUCERS > 1
		if
		:: busy_buffered[1] -> busy_buffered[1] = false; busy[1] = true
		:: else
		fi
#endif
	}
#endif
#ifndef BREAK_WAIT
	!busy[0];
#if PRODUCERS > 1
	!busy[1];
#endif
#endif
#ifndef BREAK_WAIT_COUNTED
	producers == 0;
#endif
}

/* gate_move() */
inline move(was_native, to)
{
	d_step {
		open_below = 0;
		mode = MOVING
	};
	exclude();
	/* Nobody reserves now. */
	d_step {
		if
		:: was_native && !NATIVE(to) ->
#ifndef BREAK_TAKE_OVER
			shadow = real;
#endif
			published = real;
			base = real;
			rung = MAX(rung, real)
		:: !was_native && NATIVE(to) ->
			if
#ifndef BREAK_HAND_OVER
			:: shadow > real -> real_store(shadow)
#endif
			:: else
			fi
		:: else
		fi
	};
	mode = to
}

inline gate_engage()
{
	d_step { OWN };
	if
	:: mode == BYPASS -> move(true, OPEN)
	:: else
	fi;
	disown(false)
}

inline gate_open()
{
	d_step {
		OWN;
		held = false;
		if
		:: mode == CLOSED -> mode = OPEN
		:: else
		fi
	};
	disown(false)
}

inline gate_close()
{
	d_step {
		OWN;
#ifndef BREAK_OPEN_BELOW
		open_below = 0
#endif
	};
	if
	:: mode == OPEN -> mode = CLOSED
	:: mode == BYPASS -> move(true, CLOSED)
	:: else
	fi;
	disown(false);
	held = (mode == CLOSED)
}

inline gate_close_soon()
{
	if
	:: NATIVE(mode) -> gate_close()
	:: else ->
		d_step {
			if
			:: doorbells == 0 -> doorbells = 1; owner = true
			:: else -> owner = false
			fi
		};
		if
		:: owner ->
			d_step {
				open_below = 0;
				if
				:: mode == OPEN -> mode = CLOSED
				:: else
				fi
			};
			disown(false);
			held = (mode == CLOSED)
		:: else ->
			closes = true;
			asked = true;
#ifndef BREAK_CLOSES_COUNT
			d_step {
				owner = (doorbells == 0);
				doorbells++
			};
			if
			:: owner -> disown(false)
			:: else
			fi
#endif
		fi;
		owner = false
	fi
}

/* gate_bypass(), gate_detach() */
inline go_native(target)
{
	d_step { OWN };
	if
	:: mode == OPEN || mode == CLOSED ->
		d_step {
			held = false;
			mode = OPEN
		};
		serve(false);
		move(false, target)
	:: mode == BYPASS -> mode = target
	:: else
	fi;
	disown(false)
}

proctype mover()
{
	byte n;
	bool owner;
	OWNER_LOCALS;

	do
	:: n < MOVES ->
		n++;
		if
		:: gate_engage()
		:: gate_open()
		:: gate_close()
		:: gate_close_soon()
		:: go_native(BYPASS)
		fi
	:: else -> break
	od;
	if
	:: gate_open()
	:: go_native(BYPASS)
	:: go_native(DETACHED)
	fi;
	ended++
}

/* Looks at the write index when a doorbell rang, and takes packets until it meets an INVALID one. */
proctype processor()
{
	do
	:: bell ->
		bell = false;
		do
		:: d_step {
			dev_read < real && slot[dev_read % SLOTS] != 0 ->
			assert(slot[dev_read % SLOTS] == dev_read + 1);
			slot[dev_read % SLOTS] = 0
		   };
		   dev_read++
		:: else -> break
		od
	:: dev_read == TOTAL -> break
	od
}

/* Only when nobody else can go on. */
active proctype judge()
{
	timeout;
	assert(ended == PRODUCERS + 1);
	assert(dev_read == TOTAL)
}

init {
	atomic {
		run producer(0, false);
#if PRODUCERS > 1
		run producer(1, COUNTED);
#endif
		run mover();
		run processor()
	}
}
