/* SPDX-License-Identifier: MIT */
/*
 * Completion tracking: how far a queue's packets have completed, and how much may be in flight. Signals of our own are filled into
 * empty completion slots of packets before they become visible; the packet processor decrements and stamps them. All fields
 * belong to the owner of the gate.
 *
 * A packet counts as complete when its own signal is 0 and those before it are, when a later packet's is that has the barrier bit, or when the read
 * index has passed it: the packet processor may lag in advancing that index, and does so only for completed packets. The
 * application's signals are neither changed nor read.
 */
#ifndef AQL_TRACK_H
#define AQL_TRACK_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/aql/ring.h"
#include "src/aql/times.h"
#include "src/aql/trail.h"
#include "src/common/span.h"

#define TRACK_SIGNALS   64u
#define TRACK_FLIGHT    (TRACK_SIGNALS - 2) /* as many can be in packets */
#define TRACK_SPANS     32u
#define TRACK_SPARE     0u /* the signal of this number is never in a packet */
#define TRACK_BRAKE     1u /* for this one brakes wait, until it is 0; see brake.h */
#define TRACK_UNLIMITED UINT64_MAX

/* The memory of an HSA signal as the packet processor writes it. Source: amd_hsa_signal.h, amd_signal_t. */
struct track_signal {
	int64_t kind;
	_Atomic int64_t value; /* decremented with release order at completion */
	uint64_t event_mailbox_ptr;
	uint32_t event_id, reserved1;
	uint64_t start_ts, end_ts; /* valid when the value is 0 and the queue is profiled, else 0 */
};
static_assert(offsetof(struct track_signal, value) == 8 && offsetof(struct track_signal, start_ts) == 32 &&
		      offsetof(struct track_signal, end_ts) == 40,
	"amd_signal_t");

/* What is remembered of the packet that was last admitted to a ring slot. */
struct track_note {
	uint32_t estimate_ns;
	bool known;  /* the estimate comes from measurements */
	bool steady; /* which differed little */
	bool brief;  /* a barrier that waits for no signal of others: it completes at once when it is the first in flight */
	bool brake;  /* see brake.h */
	bool barrier; /* it begins when all before it have completed */
	bool seen;   /* its signal of ours was, though not those of all before it */
	uint8_t own; /* 1 + number of our signal; 0: none */
	uint16_t like; /* equal for dispatches of one key, and seldom for others; 0: no dispatch */
};

struct track_stats {
	uint64_t own;           /* signals filled in */
	uint64_t brakes;        /* packets at which others can be stopped */
	uint64_t markers;       /* packets added to see the end of a queue */
	uint64_t max_in_flight; /* packets visible and not known to be complete */
};

struct track {
	/* Constant. */
	struct aql_packet *slots; /* the ring, as in the gate */
	struct aql_ring ring;
	struct track_note *notes; /* one per slot; borrowed */
	struct track_signal *signals[TRACK_SIGNALS];
	struct track_signal *brake; /* for this one brakes wait: until another is put there, before the gate is tracked, signals[TRACK_BRAKE] */
	uint64_t brake_handle;    /* what their packets say of it: the packet processor may know another address */
	bool may_mark;            /* others may reserve in the queue beside its producer */

	/* Progress. */
	uint64_t complete, admitted;  /* packets below are complete; visible to the packet processor */
	uint64_t flight_ns;           /* estimate for the packets between */
	uint64_t since;               /* packets since the last own signal */
	uint64_t marker;              /* 1 + index of the latest marker */
	uint64_t brake_due;           /* from this index on the next reservation begins with a brake; UINT64_MAX: none does */
	bool blind;                   /* a kernel completed of which nothing is known, before or after */
	bool barrier;                 /* the latest kernel dispatch waits for what is before it */
	uint64_t head_ns;             /* since when the first packet in flight is known to be that, but for brief ones; 0: not known */
	bool first;                   /* that packet came when nothing was in flight, and did not begin when what was before it ended */
	uint64_t clock_ts, clock_ns;  /* a timestamp, and when it was at the latest by our clock */
	uint32_t looks;               /* for which completions did not count; see gate_pace() */
	uint64_t closed_ns;           /* when it was closed last */
	uint64_t stood_ns;            /* how long that was, as far as head_ns has been put off for it, and not for saved waves since */
	uint64_t passed_ns;           /* of flight_ns, by the clock and the estimates */

	/* Our signals: each is free, in flight (in the order of packets) or given up, that is in a packet that completed without it. */
	uint64_t free, given_up;      /* bit sets */
	struct {
		uint64_t index, key;
	} packet[TRACK_SIGNALS];      /* of the signal of that number */
	uint8_t flight[TRACK_SIGNALS];
	uint32_t flight_first, flight_count;

	/* Limits. */
	uint32_t count;               /* packets in flight; 0: by time */
	uint64_t budget_ns;           /* estimated time in flight; TRACK_UNLIMITED */
	uint64_t refill_ns;           /* what it takes to notice a completion and to publish, but for one time in twenty or so */
	uint64_t spread_ns;           /* how far it is from its average, which is @refill_ns less twice this */
	uint64_t ahead_ns;            /* with brakes: the same for what may be in flight, however small the budget; 0: without */
	uint64_t bare_ns;             /* estimate for the packets behind the latest brake that was admitted, and those that are complete */
	uint64_t most_from;           /* the longest @bare_ns of the packets from here on, and of those before; see track_most_ns() */
	uint64_t most_ns[2];
	uint32_t extra;               /* packets allowed beyond, until something completes */

	uint64_t saved_ns;            /* that waves in flight stood still, since the latest completion */
	uint64_t doubt_from, doubt_to; /* packets from and below: other queues may have run beside them */

	_Atomic uint32_t tick_q16;    /* nanoseconds of a timestamp tick, times 65536; writer: whoever measured it */
	uint64_t last_ts;             /* when the latest packet ended that showed it */
	struct gpu_span spans[TRACK_SPANS]; /* kernels that were measured, since last taken */
	uint32_t span_count;
	uint64_t ran_ns, ran_unknown; /* estimated time of others, and packets without an estimate, since last taken */
	uint16_t like;                /* of the latest dispatch that was measured, as in struct track_note, */
	uint64_t like_ns;             /* and how long it took; 0: none was */
	struct aql_times times;
	struct track_stats stats;
	struct trail *trail;          /* NULL: nobody traces the queue; see gate_trail() */
};

/**
 * track_init() - a tracker without limits
 * @slots:   the ring, @size_pkts slots (a power of two); only completion slots of packets not yet visible, and
 *           markers, are written
 * @notes:   @size_pkts entries, zeroed; borrowed
 * @signals: TRACK_SIGNALS signals that nothing else uses; borrowed
 */
void track_init(struct track *t, struct aql_packet *slots, uint32_t size_pkts, struct track_note *notes,
	struct track_signal *const *signals, bool may_mark);
/** track_begin() - from now on; packets below @published are visible, those below @read complete */
void track_begin(struct track *t, uint64_t read, uint64_t published);
/**
 * track_limit_set() - @count packets in flight, or by time with 0
 * @budget_ns: a packet is admitted when what is in flight before it is estimated to take no longer
 * @refill_ns: what it takes to notice and to publish; a smaller budget would leave the GPU idle, and counts as this
 * @spread_ns: the mean deviation of that, of which @refill_ns has two
 */
void track_limit_set(struct track *t, uint32_t count, uint64_t budget_ns, uint64_t refill_ns, uint64_t spread_ns);

/** track_is_limited() - whether there are limits */
bool track_is_limited(const struct track *t);

/** track_closed(), track_opened() - nothing more becomes visible from @now_ns on, since others are to run; and again */
void track_closed(struct track *t, uint64_t now_ns);
void track_opened(struct track *t, uint64_t now_ns);
/** track_reap() - take note of what completed; @read is the read index. Return: whether anything did. */
bool track_reap(struct track *t, uint64_t read);
/** track_brake_every() - how many packets there should be between brakes that are @ns apart */
uint32_t track_brake_every(const struct track *t, uint64_t ns);
/** track_head() - the first packet in flight that is no brake, or track.admitted */
uint64_t track_head(const struct track *t);
/** track_stop_ns() - estimated time from a completion until the next brake, or until nothing is in flight */
uint64_t track_stop_ns(const struct track *t);
/** track_most_ns() - no less than the longest estimated time from one brake to the next, or to the end, of what is in flight */
uint64_t track_most_ns(const struct track *t);
/** track_saved() - what was in flight stood still for @ns */
void track_saved(struct track *t, uint64_t ns);
/** track_room() - a bound on the index up to which track_admit() will admit now */
uint64_t track_room(const struct track *t);
/**
 * track_clock() - what is in flight runs, by the clock: the time that passed since the latest completion makes room in a time budget
 * @now_ns: of a monotonic clock; call after track_reap()
 */
void track_clock(struct track *t, uint64_t now_ns);
/**
 * track_admit() - prepare packets that are about to become visible
 * @from, @end: complete packets; @from is the first that is not visible
 * @scan:       what was admitted is counted there
 * Return: the end of what the limits admit.
 */
uint64_t track_admit(struct track *t, uint64_t from, uint64_t end, struct aql_scan *scan);

/** track_sees_end() - whether the last visible packet has a signal of ours */
bool track_sees_end(const struct track *t);
/** track_marker_write() - write a barrier packet into the reserved slot of @index; it will carry one of our signals */
void track_marker_write(struct track *t, uint64_t index);
/** track_may_exceed() - whether nothing completing for long may mean that what is in flight waits for what is not */
bool track_may_exceed(const struct track *t);
/** track_oldest() - the own signal that will show the next completion, NULL when none is in flight */
const struct track_signal *track_oldest(const struct track *t);
/** track_next_ns() - estimated time from a completion until that signal */
uint64_t track_next_ns(const struct track *t);
/** track_look_ns() - estimated time from a completion until a look is worth while: a little later, if the GPU has work meanwhile */
uint64_t track_look_ns(const struct track *t);
/**
 * track_room_ns() - estimated time from a completion until a time budget is worth filling up again: when what is in flight will just last
 * until that is done. 0: there is none, or nothing is known of the kernel that runs.
 */
uint64_t track_room_ns(const struct track *t);

#endif
