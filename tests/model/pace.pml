/* SPDX-License-Identifier: MIT */
/*
 * A model for Spin of how a limited queue is refilled: track and gate_pace() (src/aql), squeue_busy() and round_all()
 * (src/hsa_intercept), and the pacer's sleep. pace.sh checks it, and then one broken variant after another (BREAK_...), each of
 * which must fail.
 *
 * Checked in every interleaving: never more than the window is in flight; nothing is published by a closed gate; and everything is
 * completed in the end: no wake-up is lost when a queue goes idle, is held, or sleeps just as a doorbell comes.
 *
 * The queue is scheduled as under a policy: held when idle, let run when it has something. Order: sequentially consistent, as are the
 * accesses of the code to kicks, asleep and kicked; the rest is the gate owner's. Not modelled: what gate.pml checks (slots,
 * headers, the short path, modes beside open and closed), and time: a timed sleep ends when there is something
 * that the look before did not find.
 */
#ifndef PACKETS
#define PACKETS 2 /* per producer */
#endif
#ifndef WINDOW
#define WINDOW 1
#endif
#define PRODUCERS 2
#define TOTAL     (PRODUCERS * PACKETS)
#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define MIN(a, b) ((a) < (b) -> (a) : (b))

/* struct gate, and its track's progress */
byte doorbells, shadow, published, complete;
bool closed = true, watched;

/* struct squeue */
bool kicked, looked_at; /* active: looked_at; the former is a word of Promela's */

/* The pacer. */
byte kicks;
bool asleep, in_futex;

byte done; /* packets that the packet processor has completed */
byte ended;

/* FUTEX_WAKE */
inline wake()
{
	in_futex = false
}

inline pacer_kick()
{
#ifdef BREAK_KICK_ORDER
	see_asleep = asleep;
	kicks++;
#else
	kicks++;
	see_asleep = asleep;
#endif
	if
	:: see_asleep -> wake()
	:: else
	fi;
	see_asleep = false
}

/* squeue_busy() */
inline busy()
{
#ifdef BREAK_KICKED_ORDER
	pacer_kick();
	kicked = true
#else
	kicked = true;
	pacer_kick()
#endif
}

/* watch() */
inline watch(end)
{
	if
	:: !watched && (end) > complete ->
		watched = true;
		busy()
	:: else
	fi
}

/* serve(), with publish(). Only the owner's accesses to what others change are steps. */
inline serve()
{
	see_done = done;
	if
	:: closed ->
		see_shadow = shadow;
		d_step {
			complete = see_done
		};
#ifndef BREAK_WATCH_CLOSED
		watch(see_shadow)
#endif
	:: else ->
		see_shadow = shadow;
		d_step {
			complete = see_done;
			end = MAX(published, MIN(see_shadow, complete + WINDOW))
		};
		watch(end);
		d_step {
			assert(!closed);
			published = end;
			assert(published - done <= WINDOW)
		}
	fi;
	d_step {
		end = 0;
		see_done = 0;
		see_shadow = 0
	}
}

/* gate_disown() */
inline disown()
{
	do
	:: rings = doorbells;
	   serve();
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
	od
}

/* gate_leave_be() */
inline leave_be()
{
	d_step {
		rings = doorbells;
		if
		:: rings == 1 -> doorbells = 0; rings = 0
		:: else
		fi
	};
	if
	:: rings != 0 -> disown()
	:: else
	fi
}

#define OWN doorbells == 0 -> doorbells = 1
#define OWNER_LOCALS byte rings, end, see_done, see_shadow; bool see_asleep

proctype producer()
{
	byte n;
	bool owner;
	OWNER_LOCALS;

	do
	:: n < PACKETS ->
		n++;
		shadow++;
		d_step {
			owner = (doorbells == 0);
			doorbells++
		};
		if
		:: owner -> disown()
		:: else
		fi
	:: else -> break
	od;
	ended++
}

/* An effect: SCHED_GATE_RUN. follow() comes first. */
inline gate_open()
{
#if !defined(BREAK_FOLLOW) && !defined(BREAK_FOLLOW_OPEN)
	busy();
#endif
	d_step { OWN };
	closed = false;
	/* gate_open(), or gate_open_unserved() where waves were saved */
	if
	:: disown()
	:: leave_be()
	fi
}

/* An effect: SCHED_GATE_HOLD. */
inline gate_close()
{
	d_step { OWN };
	closed = true;
	disown();
#ifndef BREAK_FOLLOW
	busy()
#endif
}

/* look(), with gate_pace() */
inline look()
{
	d_step { OWN };
	serve();
	see_shadow = shadow;
	d_step {
		is_busy = (complete < (closed -> see_shadow : published));
		in_flight = (published > complete);
		found = complete;
#ifndef BREAK_WATCHED
#ifndef BREAK_WATCHED_LATE
		watched = is_busy;
#endif
#endif
		see_shadow = 0
	};
	disown();
#ifdef BREAK_WATCHED_LATE
	watched = is_busy;
#endif
#ifndef BREAK_ACTIVE
	looked_at = is_busy;
#endif
	/* report(), and what the policy makes of it */
	if
	:: is_busy && closed -> gate_open()
	:: !is_busy && !closed -> gate_close()
	:: else
	fi;
	/* next_look_ns() */
	timed = is_busy && in_flight;
	d_step {
		is_busy = false;
		in_flight = false
	}
}

active proctype pacer()
{
	byte seen, found;
	bool is_busy, in_flight, timed, see_kicked;
	OWNER_LOCALS;

	do
	:: timed = false;
#ifndef BREAK_SEEN_LATE
	   seen = kicks;
#endif
	   /* round_all() */
#ifdef BREAK_KICKED_LATE
	   see_kicked = kicked;
#else
	   d_step {
		see_kicked = kicked;
		kicked = false
	   };
#endif
	   if
	   :: see_kicked || looked_at -> look()
	   :: else
	   fi;
#ifdef BREAK_KICKED_LATE
	   kicked = false;
#endif
	   see_kicked = false;
#ifdef BREAK_SEEN_LATE
	   seen = kicks;
#endif
	   /* pause_until() */
	   asleep = true;
	   if
	   :: kicks == seen ->
		/* FUTEX_WAIT compares before it sleeps, in one step. */
#ifdef BREAK_COMPARE
		in_futex = true;
#else
		d_step { in_futex = (kicks == seen) };
#endif
end_asleep:
		if
		:: !in_futex
		:: timed && done > found -> in_futex = false
		fi
	   :: else
	   fi;
	   asleep = false
	od
}

proctype processor()
{
	do
	:: done < published -> done++
	:: done == TOTAL -> break
	od
}

/* Only when nobody else can go on. */
active proctype judge()
{
	timeout;
	assert(ended == PRODUCERS);
	assert(done == TOTAL);
	/* It is known too, and nobody looks any more. */
	assert(complete == TOTAL);
	assert(!looked_at)
}

init {
	atomic {
		run producer();
		run producer();
		run processor()
	}
}
