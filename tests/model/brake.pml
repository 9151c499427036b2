/* SPDX-License-Identifier: MIT */
/*
 * A model for Spin of brakes that the daemon closes: decide_write() and machine_leave() (src/daemon), take() (src/hsa_intercept/remote.c),
 * brakes_open() and brakes_set() (src/aql/brake.c), and the pacer's sleep. brake.sh checks it, and then one broken variant after another
 * (BREAK_...), each of which must fail.
 *
 * Checked in every interleaving: while the process sleeps and the last decision holds a queue with brakes, they are closed; when nothing
 * moves any more, brakes are closed if and only if the last decision holds the queue, and one that lets it run is in force; and a brake whose queue is
 * gone, which is another's next, is open.
 *
 * Order: sequentially consistent, as are the accesses of the code. Not modelled: packets, and the owner of the gate (brake_race.c in
 * tests/unit has both); time: a sleep that ends by itself does so at any moment, and only so often.
 */
#ifndef DECISIONS
#define DECISIONS 4
#endif
#ifndef LOOKS
#define LOOKS 1 /* sleeps that end by themselves */
#endif

#define HOLDS 0
#define RUNS  1 /* with brakes */
#define LOOSE 2 /* runs without */

#define KIND(w) ((w) & 3)

/* struct ipc_page, with one slot and one brake */
byte word = RUNS; /* 4 * sequence + kind */
bool decided, asleep;
byte kicks;
byte number = 1;  /* slot.brake */
bit value;        /* brake.value */

bool in_futex;
bool deciding;    /* the daemon is within a decision */

/* The process: its gate, and the decision in force. */
bool closed, braked = true, gone;
byte taken = RUNS;

proctype daemon()
{
	byte n, kind, see;
	bool wake, see_asleep;

	do
	:: n < DECISIONS && !gone ->
		n++;
		deciding = true;
		if
		:: kind = HOLDS
		:: kind = RUNS
		:: kind = LOOSE
		fi;
#ifdef BREAK_CLOSE_FIRST
		if
		:: kind == HOLDS && number -> value = 1
		:: else
		fi;
#endif
#ifdef BREAK_BIT_FIRST
		decided = true;
#endif
		word = 4 * n + kind;
		wake = true;
		if
		:: kind == HOLDS ->
			see = number;
			if
			:: see ->
#ifndef BREAK_CLOSE_FIRST
				value = 1;
#endif
#ifndef BREAK_RECHECK
				if
				:: number == see -> wake = false
				:: else -> value = 0
				fi
#else
				wake = false
#endif
			:: else -> wake = false
			fi;
		:: else
		fi;
#ifdef BREAK_NOT_WOKEN
		wake = false;
#endif
#ifndef BREAK_BIT_FIRST
		decided = true;
#endif
#ifdef BREAK_KICK_ORDER
		see_asleep = asleep;
		kicks++;
#else
		kicks++;
		see_asleep = asleep;
#endif
		if
		:: see_asleep && wake -> in_futex = false
		:: else
		fi;
		d_step {
			deciding = false;
			see = 0;
			see_asleep = false
		}
	:: else -> break
	od
}

/* brakes_open() */
inline open_brakes()
{
	value = 0;
#ifndef BREAK_OPEN
	if
	:: KIND(word) == HOLDS -> value = 1
	:: else
	fi
#endif
}

/* take() */
inline take()
{
	w = word;
	if
	:: w != taken ->
		repeated = KIND(w) == KIND(taken);
		taken = w;
		if
		:: repeated
		:: !repeated && KIND(w) == HOLDS ->
			closed = true;
			if
			:: braked -> value = 1
			:: else
			fi
		:: !repeated && KIND(w) != HOLDS ->
			/* squeue_limit() */
			if
			:: KIND(w) == LOOSE && braked ->
				braked = false;
				value = 0
			:: KIND(w) == RUNS -> braked = true
			:: else
			fi;
			if
			:: closed ->
				closed = false;
				open_brakes()
			:: else
			fi
		fi;
		if
		:: KIND(w) != HOLDS ->
#ifdef BREAK_SETTLE_FIRST
			open_brakes();
			number = braked
#else
			number = braked;
#ifndef BREAK_SETTLE
			open_brakes()
#endif
#endif
		:: else
		fi
	:: else
	fi;
	w = 0
}

proctype pacer()
{
	byte seen, w, looks;
	bool repeated, bit_taken;

end:
	do
	:: !gone ->
	   /* remote_remove() */
	   gone = true;
#ifdef BREAK_GONE_ORDER
	   value = 0;
	   number = 0
#else
	   number = 0;
	   value = 0
#endif
	:: seen = kicks;
	   d_step {
		bit_taken = decided;
		decided = false
	   };
	   if
	   :: bit_taken && !gone -> take()
	   :: else
	   fi;
	   asleep = true;
	   d_step {
		if
		:: kicks == seen -> in_futex = true
		:: else
		fi
	   };
endwait:
	   if
	   :: !in_futex
	   :: in_futex && looks < LOOKS ->
		looks++;
		in_futex = false
	   fi;
	   asleep = false
	od
}

#define QUIET (in_futex && !deciding)

proctype watch()
{
	/* At any moment. */
	if
	:: d_step {
		QUIET && !gone && KIND(word) == HOLDS && number ->
		assert(value)
	   }
	:: timeout && gone ->
		assert(!value)
	:: timeout && !gone ->
		assert(KIND(word) != HOLDS || !number || value);
		assert(KIND(word) == HOLDS || (taken == word && !closed && !value))
	fi
}

init
{
	atomic {
		run daemon();
		run pacer();
		run watch()
	}
}
