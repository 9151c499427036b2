/* SPDX-License-Identifier: MIT */
/* Completion tracking; see track.h. Everything here runs as the owner of the gate. */
#include "src/aql/track.h"

#include <string.h>

#include "src/aql/depend.h"

/* Packets that run no kernel: what the packet processor needs for one. */
#define SMALL_NS 1000u
/* The most packets looked at for one publication by a time budget; what remains is looked at when something completes. */
#define ROOM_MAX 256u
/* Packets between own signals where nothing limits the queue. No multiple of what kernels that take turns repeat after, as a rule. */
#define STEP_MAX 17u
/* Timestamps are in ticks of the GPU's reference clock, 100 MHz on every GFX9 GPU, until measured. */
#define TICK_Q16 (10u << 16)
/* Formats of AMD's vendor packets (low byte of the second half-word) that end in a completion signal: PM4 in an indirect
 * buffer, barrier on a value, extended dispatch. Source: hsa_ext_amd.h, hsa_amd_packet_type_t. */
#define VENDOR_FIRST 1
#define VENDOR_LAST  3

static uint64_t handle_of(const struct track_signal *s)
{
	return (uint64_t)(uintptr_t)s;
}

void track_init(struct track *t, struct aql_packet *slots, uint32_t size_pkts, struct track_note *notes,
	struct track_signal *const *signals, bool may_mark)
{
	*t = (struct track){
		.slots = slots,
		.ring = {.app_slots = slots, .mask = size_pkts - 1},
		.notes = notes,
		.may_mark = may_mark,
		.free = ~(UINT64_C(1) << TRACK_SPARE | UINT64_C(1) << TRACK_BRAKE),
		.brake_due = UINT64_MAX,
		.barrier = true,
		.budget_ns = TRACK_UNLIMITED,
		.tick_q16 = TICK_Q16,
	};
	memcpy(t->signals, signals, sizeof(t->signals));
	t->brake = t->signals[TRACK_BRAKE];
	t->brake_handle = handle_of(t->brake);
}

void track_begin(struct track *t, uint64_t read, uint64_t published)
{
	t->complete = read < published ? read : published;
	t->admitted = published;
	t->flight_ns = t->since = t->saved_ns = 0;
	t->head_ns = t->passed_ns = 0;
	t->extra = 0;
	/* What passed while nobody looked; the slots' signals of earlier laps stay known. */
	for (uint64_t i = t->complete; i < published; i++) {
		t->notes[i & t->ring.mask].estimate_ns = 0;
		t->notes[i & t->ring.mask].known = false;
	}
}

void track_limit_set(struct track *t, uint32_t count, uint64_t budget_ns, uint64_t refill_ns, uint64_t spread_ns)
{
	t->count = count;
	t->budget_ns = budget_ns;
	t->refill_ns = refill_ns;
	t->spread_ns = spread_ns;
}

void track_closed(struct track *t, uint64_t now_ns)
{
	t->closed_ns = now_ns;
	/* The first in flight has the GPU already, unless its waves were saved meanwhile. */
	t->doubt_from = t->complete + (t->complete < t->admitted && !t->saved_ns);
	t->doubt_to = UINT64_MAX;
}

/* The first brake from @index on that is in flight, or track.admitted. */
static uint64_t brake_from(const struct track *t, uint64_t index)
{
	while (index < t->admitted && !t->notes[index & t->ring.mask].brake)
		index++;
	return index;
}

void track_opened(struct track *t, uint64_t now_ns)
{
	uint64_t at = brake_from(t, t->complete);

	/* What is in flight yet had no part of the GPU while others ran, or little. */
	t->stood_ns = 0;
	if (t->head_ns && t->head_ns < now_ns) {
		uint64_t from_ns = t->closed_ns > t->head_ns ? t->closed_ns : t->head_ns;

		t->stood_ns = now_ns > from_ns ? now_ns - from_ns : 0;
		t->head_ns += t->stood_ns;
		t->passed_ns = 0;
	}
	/* It may have stood there since others ran, however long. */
	if (at == t->complete && at < t->admitted)
		t->head_ns = 0;
	/* The next may find the GPU still busy with what others have in flight. */
	t->doubt_to = at + 1;
}

uint32_t track_brake_every(const struct track *t, uint64_t ns)
{
	uint64_t packets = t->times.mean_ns ? ns / t->times.mean_ns : 1;

	return packets < 1 ? 1 : packets > ROOM_MAX ? ROOM_MAX : (uint32_t)packets;
}

uint64_t track_head(const struct track *t)
{
	uint64_t index = t->complete;

	while (index < t->admitted && t->notes[index & t->ring.mask].brake)
		index++;
	return index;
}

uint64_t track_stop_ns(const struct track *t)
{
	uint64_t ns = 0, at = brake_from(t, track_head(t));

	for (uint64_t i = t->complete; i < at; i++)
		ns += t->notes[i & t->ring.mask].estimate_ns;
	return ns < t->flight_ns ? ns : t->flight_ns;
}

uint64_t track_most_ns(const struct track *t)
{
	return t->most_ns[0] > t->most_ns[1] ? t->most_ns[0] : t->most_ns[1];
}

/* The packet of @index was admitted. */
static void note_most(struct track *t, uint64_t index)
{
	/* Of what is before, nothing is in flight any more but what came since. */
	if (t->complete >= t->most_from) {
		t->most_ns[1] = t->most_ns[0];
		t->most_ns[0] = 0;
		t->most_from = index;
	}
	if (t->most_ns[0] < t->bare_ns)
		t->most_ns[0] = t->bare_ns;
}

void track_saved(struct track *t, uint64_t ns)
{
	if (t->complete == t->admitted)
		return;
	t->saved_ns += ns;
	/* That it was closed meanwhile has been counted. */
	uint64_t stood_ns = ns < t->stood_ns ? ns : t->stood_ns;
	t->stood_ns -= stood_ns;
	if (t->head_ns)
		t->head_ns += ns - stood_ns;
	/* What the driver took for it is not in @ns. */
	if (t->doubt_from > t->complete)
		t->doubt_from = t->complete;
	if (t->doubt_to <= t->complete)
		t->doubt_to = t->complete + 1;
}

bool track_is_limited(const struct track *t)
{
	return t->count || t->budget_ns != TRACK_UNLIMITED;
}

static uint16_t like_of(uint64_t key)
{
	/* Multiplier: 2^64 divided by the golden ratio. */
	return key ? (uint16_t)(key * UINT64_C(11400714819323198485) >> 48 | 1) : 0;
}

/*
 * @s: the signal of ours that showed it, or NULL.
 * Return: an estimate of its GPU time, if it was not @measured.
 */
static uint64_t complete_next(struct track *t, bool measured, const struct track_signal *s)
{
	uint64_t estimate_ns = 0;

	const struct track_note *note = &t->notes[t->complete++ & t->ring.mask];

	t->flight_ns -= note->estimate_ns < t->flight_ns ? note->estimate_ns : t->flight_ns;
	t->first = false;
	/* It did not have the GPU: the next is the first that may. */
	if (note->brief && t->doubt_to == t->complete)
		t->doubt_to++;
	/* Nothing tells when a brief one ended, and it is seen late; what is behind it has been the first since then. */
	if (!note->brief)
		t->head_ns = 0;
	else if (t->head_ns)
		t->head_ns += note->estimate_ns;
	/* Beyond a window there may be many, and what was expected when they were admitted old. */
	measured |= note->seen;
	if (!measured && !track_is_limited(t) && t->like_ns && note->like == t->like)
		estimate_ns = t->like_ns;
	else if (!measured && note->known)
		estimate_ns = note->estimate_ns;
	else if (!measured) {
		t->ran_unknown++;
		t->blind = true;
	}
	if (__builtin_expect(t->trail != NULL, 0))
		trail_complete(t->trail, t->complete - 1, s ? s->start_ts : 0, s ? s->end_ts : 0,
			t->admitted - t->complete);
	return estimate_ns;
}

static uint64_t ticks_ns(const struct track *t, uint64_t from, uint64_t to)
{
	uint64_t ticks = to - from;

	/* Without profiling there are none; a nonsensical span is no measurement. */
	if (!from || to <= from || ticks > UINT64_C(1) << 40)
		return 0;
	return ticks * atomic_load_explicit(&t->tick_q16, memory_order_relaxed) >> 16;
}

/*
 * A kernel whose signal @s is ours completed.
 * @ns:         its length; 0 if the timestamps tell nothing
 * @between_ns: estimate for packets without one that completed since the signal before; they ran between the two
 * @alone_ns:   what this one was expected to take; 0: not known
 */
static void span_add(struct track *t, const struct track_signal *s, uint64_t ns, uint64_t between_ns, uint64_t alone_ns)
{
	struct gpu_span span = {.start_ts = s->start_ts, .end_ts = s->end_ts, .ns = ns, .alone_ns = alone_ns};

	if (!ns || s->end_ts <= t->last_ts) {
		t->ran_ns += between_ns;
		return;
	}
	if (s->start_ts < t->last_ts) {
		/* Beside the one before. */
		span.start_ts = t->last_ts;
		span.ns = ticks_ns(t, t->last_ts, s->end_ts);
	} else if (t->last_ts) {
		uint64_t gap_ns = ticks_ns(t, t->last_ts, s->start_ts);

		if (between_ns >= gap_ns) {
			span.start_ts = t->last_ts;
			between_ns = gap_ns;
		} else {
			span.start_ts -= (between_ns << 16) / atomic_load_explicit(&t->tick_q16, memory_order_relaxed);
		}
		span.ns += between_ns;
		span.alone_ns += alone_ns ? between_ns : 0;
	} else {
		t->ran_ns += between_ns;
	}
	struct gpu_span *last = t->span_count ? &t->spans[t->span_count - 1] : NULL;
	if (last && span_join(last, &span))
		return;
	if (t->span_count < TRACK_SPANS)
		t->spans[t->span_count++] = span;
	else
		t->ran_ns += span.ns;
}

/* Of our clock and the GPU's, at most one part in so many; crystals are better than a tenth of that. */
#define DRIFT 8192u

/* The packet of @index has completed. Return: those below have too. A kernel without the barrier bit may overtake others. */
static uint64_t proven(const struct track *t, uint64_t index)
{
	uint64_t below = index;

	while (below > t->complete && !t->notes[below & t->ring.mask].barrier)
		below--;
	while (below < index && t->notes[below & t->ring.mask].seen)
		below++;
	return below;
}

bool track_reap(struct track *t, uint64_t read)
{
	uint64_t before = t->complete;

	while (t->flight_count) {
		unsigned n = t->flight[t->flight_first];
		uint64_t index = t->packet[n].index, key = t->packet[n].key, ns = 0, between_ns = 0;
		/* Acquire: the timestamps. Pairs with the packet processor's decrement. */
		bool signalled = atomic_load_explicit(&t->signals[n]->value, memory_order_acquire) <= 0;

		/* A producer that wrote its body late took our signal out of the packet again. */
		if (!signalled && read <= index)
			break;
		bool counts = index >= t->complete, doubtful = index >= t->doubt_from && index < t->doubt_to;

		if (signalled && key)
			ns = ticks_ns(t, t->signals[n]->start_ts, t->signals[n]->end_ts);
		uint64_t ran_ns = ns > t->saved_ns ? ns - t->saved_ns : 1;
		if (ns && !doubtful) {
			t->like = like_of(key);
			t->like_ns = ran_ns;
		}
		uint64_t below = read > index ? index : proven(t, index);
		while (t->complete < below)
			between_ns += complete_next(t, false, NULL);
		if (signalled && key && counts) {
			const struct track_note *note = &t->notes[index & t->ring.mask];

			span_add(t, t->signals[n], ns, between_ns, note->steady ? note->estimate_ns : 0);
			between_ns = 0;
		} else if (signalled && !key) {
			uint64_t gap_ns = ticks_ns(t, t->last_ts, t->signals[n]->end_ts);

			between_ns = gap_ns && gap_ns < between_ns ? gap_ns : between_ns;
		}
		if (ns)
			aql_times_learn(&t->times, key, ran_ns, doubtful);
		if (counts && below == index)
			between_ns += complete_next(t, ns != 0, signalled ? t->signals[n] : NULL);
		else if (counts)
			t->notes[index & t->ring.mask].seen = true;
		t->saved_ns = 0;
		t->ran_ns += between_ns;
		if (signalled && t->signals[n]->end_ts)
			t->last_ts = t->signals[n]->end_ts;
		if (signalled)
			t->free |= UINT64_C(1) << n;
		else
			t->given_up |= UINT64_C(1) << n;
		t->flight_first = (t->flight_first + 1) % TRACK_SIGNALS;
		t->flight_count--;
	}
	while (t->complete < read && t->complete < t->admitted)
		t->ran_ns += complete_next(t, false, NULL);
	if (t->complete == before)
		return false;
	t->extra = 0;
	t->passed_ns = 0;
	return true;
}

enum barrier { BARRIER_NONE, BARRIER_WAITS, BARRIER_BRIEF, BARRIER_BRAKE };

/* Whether the packet is a barrier, and one that waits for nothing, or for nothing but our brake signal. */
static enum barrier barrier_kind(const struct track *t, uint64_t index)
{
	uint64_t signals[AQL_DEPENDS_MAX];
	enum aql_packet_type type = aql_ring_type(&t->ring, index);

	if (type != AQL_PACKET_BARRIER_AND && type != AQL_PACKET_BARRIER_OR)
		return BARRIER_NONE;
	unsigned count = aql_depend_head(&t->ring, index, signals);
	if (count == 1 && type == AQL_PACKET_BARRIER_AND && signals[0] == t->brake_handle)
		return BARRIER_BRAKE;
	return count ? BARRIER_WAITS : BARRIER_BRIEF;
}

/* Whether the next packet would lie far behind a brake: those that were reserved before there were any have none between them. A window and a half
 * is not far: the mean does not divide every row of kernels evenly. */
static bool is_bare(const struct track *t)
{
	return t->bare_ns > t->budget_ns + t->budget_ns / 2 && barrier_kind(t, t->admitted) != BARRIER_BRAKE;
}

/* What may be in flight before a packet that is admitted. */
static uint64_t ahead_max_ns(const struct track *t)
{
	uint64_t budget_ns = t->ahead_ns > t->budget_ns && !is_bare(t) ? t->ahead_ns : t->budget_ns;

	return budget_ns > t->refill_ns ? budget_ns : t->refill_ns;
}

static bool has_room(const struct track *t, uint64_t index)
{
	uint64_t in_flight = index - t->complete;

	if (!track_is_limited(t))
		return true;
	if (t->count)
		return in_flight < t->count + t->extra;
	return in_flight <= t->extra || t->flight_ns <= ahead_max_ns(t) + t->passed_ns;
}

/*
 * When the latest timestamp was, by our clock. Each completion that is seen says when at the latest; the least such distance of the clocks
 * holds, and is given up slowly, since clocks drift apart. Return: 0 if there is no new timestamp.
 */
static uint64_t stamp_ns(struct track *t, uint64_t now_ns)
{
	uint64_t passed_ns = ticks_ns(t, t->clock_ts, t->last_ts);

	if (t->last_ts == t->clock_ts)
		return 0;
	uint64_t ns = passed_ns && t->clock_ts ? t->clock_ns + passed_ns + passed_ns / DRIFT : now_ns;
	t->clock_ts = t->last_ts;
	t->clock_ns = ns < now_ns ? ns : now_ns;
	return t->clock_ns;
}

void track_clock(struct track *t, uint64_t now_ns)
{
	const struct track_note *head = &t->notes[t->complete & t->ring.mask];
	uint64_t ended_ns = stamp_ns(t, now_ns);

	if (t->complete == t->admitted)
		return;
	/* What was in flight behind it began when it ended, however late that was seen. */
	if (!t->head_ns && ended_ns && !t->first)
		t->head_ns = ended_ns;
	if (!t->head_ns || t->head_ns > now_ns) {
		t->head_ns = now_ns;
		return;
	}
	/* Nothing beyond the next signal of ours has passed, since we would have seen it, nor beyond the first packet where only
	 * the read index tells. What of an unknown kernel has cannot be said. */
	uint64_t most_ns = !head->known ? 0 : t->flight_count ? track_next_ns(t) : head->estimate_ns;

	t->passed_ns = now_ns - t->head_ns < most_ns ? now_ns - t->head_ns : most_ns;
}

/*
 * What is left of a kernel of @kernel_ns, which is longer than a window, when the next one is to be published. Too early, and who is urgent
 * may wait for that as well; too late, and the GPU is idle. With deviations like those of a Laplace distribution of mean 0, refills that come
 * x spreads after their average are late by half a spread times e^-x on average: no more than 1 % of the kernel.
 */
static uint64_t long_left_ns(const struct track *t, uint64_t kernel_ns)
{
	uint64_t left_ns = t->refill_ns - 2 * t->spread_ns;

	for (uint64_t late_ns = 50 * t->spread_ns; late_ns > kernel_ns; late_ns = late_ns * 3 / 8)
		left_ns += t->spread_ns;
	return left_ns;
}

uint64_t track_room_ns(const struct track *t)
{
	uint64_t most_ns = ahead_max_ns(t);
	const struct track_note *head = &t->notes[t->complete & t->ring.mask];

	if (t->count || t->budget_ns == TRACK_UNLIMITED || t->complete == t->admitted || !head->known)
		return 0;
	/* Early enough for the refill to come while the GPU still has work; no earlier, since each look costs a wake-up. Kernels longer than the
	 * window cost one each in any case. */
	bool is_long = head->estimate_ns >= most_ns;
	uint64_t left_ns = is_long ? long_left_ns(t, head->estimate_ns) : 2 * t->refill_ns;
	uint64_t most_left_ns = most_ns - most_ns / (is_long ? 16 : 4);

	/* Where much may be in flight, half of it is left: it need not take what it is estimated to take. */
	if (left_ns < t->ahead_ns / 2)
		left_ns = t->ahead_ns / 2;

	if (left_ns > most_left_ns)
		left_ns = most_left_ns;
	return t->flight_ns > left_ns ? t->flight_ns - left_ns : 1;
}

uint64_t track_room(const struct track *t)
{
	if (!track_is_limited(t))
		return t->trail ? t->admitted + TRACK_FLIGHT : UINT64_MAX;
	if (t->count)
		return t->complete + t->count + t->extra;
	return has_room(t, t->admitted) ? t->admitted + ROOM_MAX : t->admitted;
}

/* Every how many packets a signal is filled in: twice per window, so that the second half runs while the first is refilled. */
static uint64_t step(const struct track *t)
{
	uint64_t packets = t->count;

	if (t->trail)
		return 1;
	if (!track_is_limited(t))
		return STEP_MAX;
	if (packets)
		return packets < 2 ? 1 : packets / 2;
	packets = 1 + (t->times.mean_ns ? ahead_max_ns(t) / t->times.mean_ns : 1);
	/* An odd number: of two kernels that take turns both are measured. */
	return packets < 4 ? 1 : packets < 2 * STEP_MAX ? (packets / 2 - 1) | 1 : STEP_MAX;
}

/* A signal given up is safe to use again when the packet processor decremented it after all, or is a lap past its packet. */
static void collect(struct track *t)
{
	for (unsigned n = 0; n < TRACK_SIGNALS; n++) {
		if (!(t->given_up & UINT64_C(1) << n))
			continue;
		if (atomic_load_explicit(&t->signals[n]->value, memory_order_acquire) > 0 &&
			t->complete <= t->packet[n].index + t->ring.mask + 1)
			continue;
		t->given_up &= ~(UINT64_C(1) << n);
		t->free |= UINT64_C(1) << n;
	}
}

/* Return: whether @slot now has a signal of ours, for the packet of @index. */
static bool arm(struct track *t, struct aql_packet *slot, uint64_t index, uint64_t key)
{
	if (!t->free)
		collect(t);
	if (!t->free)
		return false;
	unsigned n = (unsigned)__builtin_ctzll(t->free);
	struct track_signal *s = t->signals[n];

	t->free &= ~(UINT64_C(1) << n);
	s->start_ts = s->end_ts = 0;
	/* Relaxed, both: the packet processor sees them behind the write index, which is stored with release order. */
	atomic_store_explicit(&s->value, 1, memory_order_relaxed);
	__atomic_store_n(&slot->completion_signal, handle_of(s), __ATOMIC_RELAXED);
	t->packet[n].index = index;
	t->packet[n].key = key;
	t->flight[(t->flight_first + t->flight_count++) % TRACK_SIGNALS] = (uint8_t)n;
	t->notes[index & t->ring.mask].own = (uint8_t)(n + 1);
	if (!t->notes[index & t->ring.mask].brake)
		t->since = 0;
	t->stats.own++;
	return true;
}

/* Whether the packet ends in a completion slot that the packet processor looks at. */
static bool has_completion(enum aql_packet_type type, const struct aql_packet *slot)
{
	switch (type) {
	case AQL_PACKET_DISPATCH:
	case AQL_PACKET_BARRIER_AND:
	case AQL_PACKET_BARRIER_OR:
		return true;
	case AQL_PACKET_VENDOR:
		return (slot->setup & 0xff) >= VENDOR_FIRST && (slot->setup & 0xff) <= VENDOR_LAST;
	default:
		return false;
	}
}

/* Whether a brake is behind the packet, as far as can be known: what is beyond @end may not have been written. */
static bool brake_follows(const struct track *t, uint64_t index, uint64_t end)
{
	return index + 1 < end ? barrier_kind(t, index + 1) == BARRIER_BRAKE : index + 1 >= t->brake_due;
}

/* A traced queue has no more packets in flight than there are signals, unless those in flight seem to wait for others. */
static bool must_wait_for_signal(struct track *t, uint64_t index)
{
	if (!t->free)
		collect(t);
	return !t->free && t->flight_count && index - t->complete >= TRACK_FLIGHT + t->extra;
}

bool track_may_exceed(const struct track *t)
{
	return !track_oldest(t) || (t->trail && !track_is_limited(t));
}

uint64_t track_admit(struct track *t, uint64_t from, uint64_t end, struct aql_scan *scan)
{
	uint64_t every = step(t), index;
	uint64_t now_ns = t->trail && from < end ? t->trail->now_ns() : 0;

	for (index = from; index < end; index++) {
		struct aql_packet *slot = &t->slots[index & t->ring.mask];
		struct track_note *note = &t->notes[index & t->ring.mask];
		enum aql_packet_type type = aql_ring_type(&t->ring, index);
		uint64_t key = 0, estimate_ns = SMALL_NS, signal;
		bool measured = true, steady = true;

		if (type == AQL_PACKET_DISPATCH) {
			key = aql_times_key(slot);
			t->barrier = AQL_HEADER_BARRIER(slot->header);
			estimate_ns = aql_times_get(&t->times, key, &steady);
			measured = estimate_ns != 0;
			if (!measured)
				estimate_ns = t->times.mean_ns;
		}
		bool known = estimate_ns != 0;
		/* Nothing beside it, until we know; one more, so that the GPU has work, where that does no harm, or we may never know. */
		if (!known && t->budget_ns != TRACK_UNLIMITED)
			estimate_ns = ahead_max_ns(t) < UINT32_MAX ? ahead_max_ns(t) + !(t->blind || t->ahead_ns) : UINT32_MAX;
		if (!has_room(t, index))
			break;

		signal = __atomic_load_n(&slot->completion_signal, __ATOMIC_RELAXED);
		/* A producer that writes that word once only left ours of the lap before. */
		if (signal && note->own && signal == handle_of(t->signals[note->own - 1])) {
			__atomic_store_n(&slot->completion_signal, 0, __ATOMIC_RELAXED);
			signal = 0;
		}
		if (t->trail && !signal && has_completion(type, slot) && must_wait_for_signal(t, index))
			break;
		enum barrier kind = barrier_kind(t, index);
		bool brake = kind == BARRIER_BRAKE;

		*note = (struct track_note){.estimate_ns = brake ? 0 : (uint32_t)estimate_ns,
			.barrier = AQL_HEADER_BARRIER(slot->header), .known = known, .steady = known && steady, .like = like_of(key), .brief = kind >= BARRIER_BRIEF, .brake = brake};
		t->since += !brake;
		/* Before a brake and at it, it is to be seen whether the queue stands there. */
		if (!signal && has_completion(type, slot) &&
			(t->since >= every || !measured || !note->barrier || t->marker == index + 1 || brake || brake_follows(t, index, end)))
			arm(t, slot, index, key);
		t->flight_ns += note->estimate_ns;
		t->bare_ns = brake ? 0 : t->bare_ns + note->estimate_ns;
		note_most(t, index);
		t->stats.brakes += brake;
		scan->dispatches += type == AQL_PACKET_DISPATCH;
		if (t->trail)
			trail_packet(t->trail, index, brake ? TRAIL_BRAKE : (uint8_t)type, aql_times_kernel(key), now_ns);
		t->first |= t->complete == t->admitted;
		t->admitted = index + 1;
	}
	if (t->stats.max_in_flight < t->admitted - t->complete)
		t->stats.max_in_flight = t->admitted - t->complete;
	return index;
}

bool track_sees_end(const struct track *t)
{
	if (!t->flight_count)
		return false;
	unsigned n = t->flight[(t->flight_first + t->flight_count - 1) % TRACK_SIGNALS];

	return t->packet[n].index + 1 == t->admitted && t->notes[t->packet[n].index & t->ring.mask].barrier;
}

void track_marker_write(struct track *t, uint64_t index)
{
	struct aql_packet *slot = &t->slots[index & t->ring.mask];

	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	t->marker = index + 1;
	t->stats.markers++;
	/* No fences: it says only that what is before it completed. Release: the body. Pairs with aql_ring_type(). */
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, (uint16_t)(AQL_PACKET_BARRIER_AND | AQL_HEADER_BARRIER_BIT),
		memory_order_release);
}

const struct track_signal *track_oldest(const struct track *t)
{
	return t->flight_count ? t->signals[t->flight[t->flight_first]] : NULL;
}

uint64_t track_next_ns(const struct track *t)
{
	uint64_t packets = t->admitted - t->complete;

	if (!packets)
		return 0;
	if (t->flight_count) {
		uint64_t ahead = t->packet[t->flight[t->flight_first]].index + 1 - t->complete;

		/* Every packet has a signal then; look as often as if every second half of a window had. */
		if (t->trail && ahead < packets / 2)
			ahead = packets / 2;
		return t->flight_ns / packets * (ahead < packets ? ahead : packets);
	}
	return t->flight_ns;
}

uint64_t track_look_ns(const struct track *t)
{
	uint64_t next_ns = track_next_ns(t), spare_ns = t->flight_ns > next_ns ? t->flight_ns - next_ns : 0;

	/* A look that comes just before the signal is for nothing. Most of the time is needed to answer it. */
	if (track_is_limited(t) && !t->count && spare_ns > ahead_max_ns(t))
		spare_ns = ahead_max_ns(t);
	return next_ns + spare_ns / 8;
}
