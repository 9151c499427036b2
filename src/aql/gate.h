/* SPDX-License-Identifier: MIT */
/*
 * The gate: a virtual queue over a hardware queue. Producers (application threads) reserve slots of the real ring through a shadow
 * write index; the owner of the gate (whoever rings, opens or moves it) lets the packet processor see them by advancing the real write
 * index. The packet processor reads the real indices and the ring, and advances the read index.
 *
 * Modes. BYPASS: nothing limits the queue, producers use the real write index and this code stands aside. OPEN: producers use the
 * shadow, a doorbell publishes at once. CLOSED: packets collect behind the gate. MOVING: producers wait some microseconds while shadow
 * and real index are exchanged. DETACHED: bypass for good (another writer of the real index was seen, a forked child, the
 * queue is being destroyed).
 */
#ifndef AQL_GATE_H
#define AQL_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/aql/ring.h"
#include "src/aql/section.h"
#include "src/aql/track.h"

enum gate_mode { GATE_BYPASS, GATE_DETACHED, GATE_OPEN, GATE_CLOSED, GATE_MOVING };

/* Beside the mode, open or closed: reservations pass brake_reserve(). */
#define GATE_BRAKED 8u

struct gate;

/**
 * struct gate_ops - how a gate acts on its hardware queue
 * @store:   store @write_index in the real write index; NULL: the gate may store it in memory itself
 * @ring:    ring the doorbell with @value, which is below the real write index
 * @now_ns:  a monotonic clock; called only while packets are held back, not yet trusted, or tracked
 * @foreign: another writer moved the real index to @real; the gate has detached itself. May be NULL.
 * @busy:    a tracked queue has packets; gate_pace() is to be called until it finds it not busy. May be NULL.
 * @stir:    @busy will follow, behind the doorbell that may take long: what is slow to begin can begin now. May be NULL.
 *
 * Context: any application thread, the gate owned by it; must not block or call back into the gate. @busy: any thread that called into the gate,
 *          which it does not own any more.
 */
struct gate_ops {
	void (*store)(struct gate *g, uint64_t write_index);
	void (*ring)(struct gate *g, uint64_t value);
	uint64_t (*now_ns)(void);
	void (*foreign)(struct gate *g, uint64_t real);
	void (*busy)(struct gate *g);
	void (*stir)(struct gate *g);
};

/* What a gate counted. */
struct gate_stats {
	uint64_t packets;    /* published */
	uint64_t dispatches; /* of these, kernel dispatches */
	uint64_t doorbells;  /* rung by the application while not bypassed */
	uint64_t publishes;  /* times the real index was advanced */
	uint64_t held_ns;    /* time that packets waited behind the closed gate */
};

struct gate {
	_Atomic uint32_t doorbells;  /* 0: nobody owns the gate; else rings since it was taken; writer: all */
	_Atomic uint32_t mode;       /* enum gate_mode, with GATE_BRAKED; writer: owner */
	_Atomic uint64_t shadow;     /* the application's write index; writer: producers */
	_Atomic uint64_t rung_aside; /* 1 + largest doorbell value of threads that found the gate owned */
	_Atomic bool closes;         /* the owner is to close it, see gate_close_soon(); writer: all */
	_Atomic bool own_index;      /* somebody stores the index: nothing is added between what it counts; writer: producers */
	_Atomic uint32_t producers;  /* sections of threads without a slot; writer: producers */

	/* The owner's, on a line of their own. */
	uint64_t published __attribute__((aligned(64))); /* real write index as last stored */
	uint64_t base;               /* packets below were visible to the hardware before the gate left bypass */
	uint64_t rung;               /* 1 + largest doorbell value seen */
	uint64_t open_below;         /* slots below were free when last looked; 0 unless the gate is open */
	uint64_t singles;            /* doorbells that published the one packet they rang for */
	uint64_t held_since_ns;      /* 0: no packet waits */
	uint64_t dispatches;         /* kernel dispatches published */
	struct track *track;         /* NULL: nothing limits or watches the queue */
	const _Atomic uint64_t *word; /* see gate_word() */
	uint64_t word_mask;
	bool withheld;               /* the word or an arrival had it so at the latest look */
	uint64_t barred_ns;          /* for how long at most, by an arrival */
	_Atomic bool arrives;        /* see arrival.h; writers: owner, gate_decided() */
	bool watched;                /* ops->busy was called, and gate_pace() did not find the queue idle since */
	bool lets_go;                /* brakes were opened, and nobody has rung for it yet */
	bool became_busy;            /* ops->busy is to be called as soon as the gate is not owned */
	struct gate_stats stats;     /* without singles; packets until the latest base, dispatches not used */

	/* See brake.h. */
	uint64_t brake_ns;                /* time between two; 0: none are added. The owner's */
	_Atomic uint64_t brake_since_ns;  /* when they were last made to hold; writers: owner, brakes_hold_now() */
	_Atomic uint64_t brake_handle;    /* signal that the next waits for; 0: none; writer: owner */
	struct track_signal *_Atomic brake_signal; /* the same, for us; writer: owner */
	struct track_signal *brake_shared; /* see gate_brake_share(); NULL: none. The owner's */
	_Atomic uint64_t brake_due;       /* index from which the next reservation begins with one; writers: producers, owner */
	_Atomic uint32_t brake_every;     /* packets between two; writer: owner */
	_Atomic uint16_t brake_header;    /* of the next; writer: owner */

	/* Constant. */
	uint64_t id;                 /* of all gates there ever were in the process; from 1 */
	struct aql_ring ring;
	_Atomic uint64_t *real_write;          /* written by the owner, in bypass by producers */
	bool chained;                          /* the real index is stored through ops->store */
	const _Atomic uint64_t *dev_read;      /* written by the packet processor */
	const struct gate_ops *ops;            /* until gate_retire() */
	struct arrivals *arrivals;             /* those of its GPU, see arrival.h; set behind gate_init(). NULL: it bars nobody, and nobody bars it */
};

/**
 * gate_init() - a gate in bypass
 * @slots:      ring base, borrowed; @size_pkts slots (a power of two)
 * @real_write: the queue's write index in memory; @dev_read: its read index
 * Return: 0; -EINVAL when @size_pkts is no power of two.
 */
int gate_init(struct gate *g, const void *slots, uint32_t size_pkts, _Atomic uint64_t *real_write,
	const _Atomic uint64_t *dev_read, const struct gate_ops *ops);

/**
 * gate_engage() - leave bypass, with the gate open: packets pass one by one under our eyes
 * gate_close() - hold packets back from here on, those behind a brake too; returns when no packet is being published any more
 * gate_close_soon() - the same, without waiting for a doorbell that is being rung: the packets of that one may still be published, and
 *               stop at a brake as well. Not together with gate_open() in another thread, since it may not be seen which was later.
 * gate_close_loose() - as gate_close(), but what is published goes on, if it was stopped before too
 * gate_open() - let packets through again; publishes what waits. A gate in bypass stays there.
 * gate_open_unserved() - the same, but what waits stays until the next doorbell or gate_pace(): for who has something to do first
 * gate_bypass() - open, and take the gate out of the packets' way; packets reserved so far become visible
 * gate_detach() - gate_bypass() for good
 *
 * Context: any thread that is not inside a producer section of @g; may wait some microseconds for producers. Each is
 *          idempotent; on a detached gate none has any effect.
 */
void gate_engage(struct gate *g);
void gate_open(struct gate *g);
void gate_open_unserved(struct gate *g);
void gate_close(struct gate *g);
void gate_close_soon(struct gate *g);
void gate_close_loose(struct gate *g);
void gate_bypass(struct gate *g);
void gate_detach(struct gate *g);
/**
 * gate_retire() - the hardware queue processes no packet any more: close an open gate, and act through @ops from here on
 * @ops: as in gate_init(); with a store whatever the gate had before
 */
void gate_retire(struct gate *g, const struct gate_ops *ops);
/** gate_abandon() - detach without touching anything shared: in a forked child, where the queue is not ours */
void gate_abandon(struct gate *g);

/**
 * gate_doorbell_gated() - the application rings @value, and the gate was seen not to be native
 * Context: application thread. No system call, lock or allocation while the gate is open.
 */
void gate_doorbell_gated(struct gate *g, uint64_t value);

/**
 * gate_track() - follow the completion of packets from here on, as @track; NULL: no longer, and publish what it held back
 *
 * Only a gate that is open or closed can be tracked; with bypass or detachment tracking ends.
 * Context: as gate_engage().
 * Return: whether the gate is tracked.
 */
bool gate_track(struct gate *g, struct track *track);
/**
 * gate_trail() - have what happens to packets recorded from here on, while the gate is tracked as @track
 * @trail: borrowed; NULL: no longer, and what is known by now is recorded
 * Context: as gate_engage(). On return the trail before is not used any more.
 */
void gate_trail(struct gate *g, struct track *track, struct trail *trail);
/** gate_limit() - limits of a tracked gate, see track_limit_set(); publishes what they admit */
void gate_limit(struct gate *g, uint32_t count, uint64_t budget_ns, uint64_t refill_ns, uint64_t spread_ns);

/**
 * gate_word() - while a gate is tracked, publish nothing as long as all bits of @mask in @word are 0
 * @word: borrowed; written by whoever decides, of this process or another: who rings sees the change before any thread here was woken. What
 *        was held back is published by the next gate_pace(). NULL: no longer.
 * Context: as gate_engage(). On return the word before is not used any more.
 */
void gate_word(struct gate *g, const _Atomic uint64_t *word, uint64_t mask);

/**
 * gate_brake() - while the gate is tracked, have packets stopped too that are published and have not started when it closes
 *
 * From here on brakes are added between packets, see brake.h; a closed gate stops the packet processor at the next of them.
 * @ns:       estimated time that packets between two of them should take together, unless a single one takes longer; 0: add no more
 * @ahead_ns: time budget for what is in flight, instead of a smaller one of gate_limit()
 * Context: as gate_engage(). The tracked queue must be one that several may reserve in (track.may_mark), else there will be none.
 */
void gate_brake(struct gate *g, uint64_t ns, uint64_t ahead_ns);

/**
 * gate_brake_share() - somebody else may set track.brake of the tracker-to-be, too: who decides, of this process or another, so that packets stop
 *               whichever thread here is awake
 * @signal: borrowed until no packet in the ring waits for it; NULL: nobody else sets it
 *
 * Who sets it stores a word of gate_word() first that publishes nothing.
 * Context: as gate_engage(); while the gate is not tracked.
 */
void gate_brake_share(struct gate *g, struct track_signal *signal);
/**
 * gate_brake_settle() - a shared signal holds nobody any more, unless the gate is closed or its word says to hold
 * Context: as gate_engage(); when who shares it has decided to let packets through, or decides no more.
 */
void gate_brake_settle(struct gate *g);

/** gate_saved() - the queue's running waves were saved for @ns, and go on; context: as gate_engage() */
void gate_saved(struct gate *g, uint64_t ns);

enum gate_pace_flag {
	GATE_PACE_MARK = 1,  /* the end of the queue may need a marker to be seen */
	GATE_PACE_EXTRA = 2, /* nothing has completed for long: admit one packet more if no signal of ours can tell */
	GATE_PACE_SEE = 4,   /* publish nothing: what completed may change what may be published */
};

/* What gate_pace() found. */
struct gate_pace {
	bool tracked;        /* the rest is valid */
	bool busy;           /* packets are in flight, or held back by the closed gate or the word */
	uint64_t complete, published, reserved;
	uint64_t head;       /* the first packet in flight that is no brake, or @published */
	bool stands;         /* at a brake: nothing in flight runs until the gate opens */
	uint64_t settles_ns; /* until that can be told of the brake at the head; 0: it can, or there is none */
	uint64_t barred_ns;  /* for how long at most packets wait for the decision about another queue; 0: none do */
	uint64_t ran_ns, ran_unknown; /* since the call before; see struct track */
	uint32_t span_count;
	uint64_t next_ns;    /* estimated time from the latest completion until the next, or until something can be published */
	uint64_t since_ns;   /* from when next_ns, flight_ns and stop_ns count: the first packet in flight began; 0: not known */
	uint64_t flight_ns;  /* estimate for what is published and not complete */
	uint64_t stop_ns;    /* the same up to the next brake */
	uint64_t step_ns;    /* estimate from one brake to the next; 0: there are none */
	uint64_t most_ns;    /* as of track_most_ns() */
	uint64_t passed_ns;  /* of it, by the clock */
	uint64_t last_ts;    /* when the latest kernel ended, in ticks */
	uint32_t mean_ns;    /* of all kernels of the queue; 0: not known */
	const struct track_signal *oldest; /* see track_oldest() */
	struct gpu_span spans[TRACK_SPANS]; /* since the call before, span_count of them */
};

/**
 * gate_pace() - see what completed, and publish what that makes room for
 *
 * With GATE_PACE_SEE packets that wait to be published make the queue busy, as behind a closed gate.
 * @flags: GATE_PACE_*
 * Context: one thread at a time, as gate_engage().
 */
void gate_pace(struct gate *g, unsigned flags, struct gate_pace *pace_p);

/**
 * gate_decided() - whose turn it is has been decided since ops->busy, or will not be
 * Context: any thread.
 * Return: whether packets of other gates waited for it that gate_pace() would publish now.
 */
bool gate_decided(struct gate *g);

/** gate_backlog() - packets reserved but not visible to the hardware; a snapshot */
uint64_t gate_backlog(struct gate *g);
/** gate_stats_get() - a consistent copy of the counters; any thread */
void gate_stats_get(struct gate *g, struct gate_stats *stats_p);

/* ---- producer sections, inline because every packet passes here ---- */

uint32_t gate_enter_slow(struct gate *g);

/**
 * gate_enter_marked() - the first half of gate_enter(), for a thread that has a slot
 * Return: the mode. On GATE_MOVING the section has not begun: call gate_enter().
 */
static inline uint32_t gate_enter_marked(struct gate *g, struct section_slot *self)
{
	atomic_store_explicit(&self->busy, g, memory_order_relaxed);
	/* The mover's membarrier is the other half of this fence. */
	atomic_signal_fence(memory_order_seq_cst);
	/* Acquire: shadow and real index are as the mover left them. Pairs with the release in gate_move(). */
	return atomic_load_explicit(&g->mode, memory_order_acquire);
}

/**
 * gate_enter() - begin to act on the write index
 * Return: the mode, which holds until gate_leave(): GATE_BYPASS or GATE_DETACHED: use the real index; else the shadow.
 */
static inline uint32_t gate_enter(struct gate *g)
{
	struct section_slot *self = section_self;

	if (__builtin_expect(self != NULL, 1)) {
		uint32_t mode = gate_enter_marked(g, self);

		if (__builtin_expect(mode != GATE_MOVING, 1))
			return mode;
	}
	return gate_enter_slow(g);
}

/** gate_leave() - end of the section */
static inline void gate_leave(struct gate *g)
{
	struct section_slot *self = section_self;

	if (__builtin_expect(self != NULL, 1))
		section_leave(self);
	else
		/* Release: as above. Pairs with the acquire in gate_move(). */
		atomic_fetch_sub_explicit(&g->producers, 1, memory_order_release);
}

static inline bool gate_mode_is_native(uint32_t mode)
{
	return mode <= GATE_DETACHED;
}

/** gate_mode_now() - a snapshot of enum gate_mode; any thread */
static inline enum gate_mode gate_mode_now(const struct gate *g)
{
	/* Acquire: pairs with the release in gate_mode_set(). */
	return (enum gate_mode)(atomic_load_explicit(&g->mode, memory_order_acquire) & ~GATE_BRAKED);
}

/**
 * gate_doorbell() - the application rings @value
 * Return: true when the gate took care of it; false in bypass: ring natively.
 * Context: as gate_doorbell_gated().
 */
static inline bool gate_doorbell(struct gate *g, uint64_t value)
{
	if (gate_mode_is_native(atomic_load_explicit(&g->mode, memory_order_acquire)))
		return false;
	gate_doorbell_gated(g, value);
	return true;
}

/**
 * gate_note() - the calling thread reserved @count packets from @from in the shadow
 *
 * A single packet is rung for by its own index; only of more than one is it worth remembering whose they are.
 * Context: inside a producer section.
 */
static inline void gate_note(struct gate *g, uint64_t from, uint64_t count)
{
	if (__builtin_expect(count != 1, 0) && section_self)
		section_note(section_self, g->id, from, count);
}

#endif
