/* SPDX-License-Identifier: MIT */
/* Brakes; see brake.h. Those that are reserved run in producer sections, the rest as the owner of the gate. */
#include "src/aql/brake.h"

/* Of a barrier-AND packet, the word with the first signal it waits for. Source: hsa.h, hsa_barrier_and_packet_t. */
#define SIGNAL_WORD 1

/* A packet processor that read 0 before needs less than this until it is seen to have passed. */
#define SETTLE_NS 20000u

/* @index is reserved for it, and its slot free. */
static void brake_write(struct gate *g, uint64_t index, uint64_t handle)
{
	struct aql_packet *slot = (struct aql_packet *)&g->ring.app_slots[index & g->ring.mask];

	/* Relaxed: whoever looks for what a queue waits for may read packets that are written anew meanwhile. */
	for (unsigned i = 1; i < sizeof(*slot) / sizeof(uint64_t); i++)
		__atomic_store_n((uint64_t *)slot + i, i == SIGNAL_WORD ? handle : 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->setup, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->body[0], 0, __ATOMIC_RELAXED);
	/* No fences: nothing is read or written for it. Release: the body. Pairs with aql_ring_type(). */
	atomic_store_explicit((_Atomic uint16_t *)&slot->header,
		atomic_load_explicit(&g->brake_header, memory_order_relaxed), memory_order_release);
}

uint64_t brake_reserve(struct gate *g, uint64_t count, uint64_t *from_p)
{
	uint64_t handle = atomic_load_explicit(&g->brake_handle, memory_order_relaxed);
	uint64_t shadow = atomic_load_explicit(&g->shadow, memory_order_relaxed);

	/* Adding nothing is a way to ask where the index is. */
	while (handle && count && shadow >= atomic_load_explicit(&g->brake_due, memory_order_relaxed)) {
		/* Acquire: the packet processor is done with the slot. What would have room without a brake has it with one. */
		if (shadow + count > atomic_load_explicit(g->dev_read, memory_order_acquire) + g->ring.mask)
			break;
		/* Acquire and release: as any reservation. */
		if (!atomic_compare_exchange_weak_explicit(
			    &g->shadow, &shadow, shadow + 1 + count, memory_order_acq_rel, memory_order_relaxed))
			continue;
		/* Others that reserve meanwhile may add one more. */
		atomic_store_explicit(&g->brake_due,
			shadow + 1 + atomic_load_explicit(&g->brake_every, memory_order_relaxed), memory_order_relaxed);
		brake_write(g, shadow, handle);
		*from_p = shadow;
		return shadow + 1;
	}
	*from_p = atomic_fetch_add_explicit(&g->shadow, count, memory_order_acq_rel);
	return *from_p;
}

static struct track_signal *brake_signal(const struct gate *g)
{
	return atomic_load_explicit(&g->brake_signal, memory_order_relaxed);
}

bool brakes_hold(const struct gate *g)
{
	const struct track_signal *s = brake_signal(g);

	return s && atomic_load_explicit(&s->value, memory_order_relaxed);
}

void brakes_ring(struct gate *g)
{
	if (!g->lets_go)
		return;
	g->lets_go = false;
	uint64_t end = gate_mode_is_native(gate_mode_now(g)) ? atomic_load_explicit(g->real_write, memory_order_relaxed) : g->published;

	if (end && atomic_load_explicit(g->dev_read, memory_order_relaxed) < end)
		g->ops->ring(g, end - 1);
}

/* Brakes that wait for @s hold nobody; NULL is allowed. */
static void signal_open(struct gate *g, struct track_signal *s)
{
	/* Sequentially consistent, both: pairs with brakes_hold_now(), and with who shares it. */
	if (s && atomic_load(&s->value) && atomic_exchange(&s->value, 0))
		g->lets_go = true;
}

/* Those that were reserved before none was added any more may wait for the shared one still. Somebody has to ring for what was let go. */
static void release(struct gate *g, struct track_signal *s)
{
	signal_open(g, s);
	if (s != g->brake_shared)
		signal_open(g, g->brake_shared);
}

void brakes_set(struct gate *g, bool hold)
{
	struct track_signal *s = brake_signal(g);

	if (!hold) {
		release(g, s);
		brakes_ring(g);
		return;
	}
	if (!s)
		return;
	/* A shared one that holds already may do so since just now. */
	if (!atomic_load_explicit(&s->value, memory_order_relaxed) || s == g->brake_shared)
		atomic_store_explicit(&g->brake_since_ns, g->ops->now_ns(), memory_order_relaxed);
	/* Relaxed: whoever passes or stops at one reads nothing of ours behind it. */
	atomic_store_explicit(&s->value, 1, memory_order_relaxed);
}

void brakes_open(struct gate *g)
{
	release(g, brake_signal(g));
	/* Sequentially consistent: who decided to hold before that exchange stored the word before its 1. */
	if (g->brake_shared && g->word && !(atomic_load(g->word) & g->word_mask))
		atomic_store_explicit(&g->brake_shared->value, 1, memory_order_relaxed);
}

void brakes_hold_now(struct gate *g)
{
	struct track_signal *s = brake_signal(g);

	if (!s || atomic_load_explicit(&s->value, memory_order_relaxed))
		return;
	atomic_store_explicit(&g->brake_since_ns, g->ops->now_ns(), memory_order_relaxed);
	/* Sequentially consistent, both: the owner may end them. Either that is seen here, or its store of 0 comes behind this one. */
	atomic_store(&s->value, 1);
	if (atomic_load(&g->brake_signal) != s)
		atomic_store_explicit(&s->value, 0, memory_order_relaxed);
}

uint64_t brakes_settle_ns(const struct gate *g, uint64_t now_ns)
{
	uint64_t end_ns = atomic_load_explicit(&g->brake_since_ns, memory_order_relaxed) + SETTLE_NS;

	return brakes_hold(g) && end_ns > now_ns ? end_ns - now_ns : 0;
}

void brakes_adapt(struct gate *g)
{
	atomic_store_explicit(&g->brake_every, track_brake_every(g->track, g->brake_ns), memory_order_relaxed);
	/* Where a kernel may start beside those before it, it still can. */
	atomic_store_explicit(&g->brake_header,
		(uint16_t)(AQL_PACKET_BARRIER_AND | (g->track->barrier ? AQL_HEADER_BARRIER_BIT : 0)), memory_order_relaxed);
}

void brakes_begin(struct gate *g, uint64_t ns, uint64_t ahead_ns)
{
	struct track_signal *s = g->track->brake;

	if (s != brake_signal(g)) {
		signal_open(g, s);
		brakes_ring(g);
		atomic_store_explicit(&g->brake_signal, s, memory_order_relaxed);
		atomic_store_explicit(&g->brake_handle, g->track->brake_handle, memory_order_relaxed);
	}
	if (!ns || !g->brake_ns)
		atomic_store_explicit(&g->brake_due, ns ? 0 : UINT64_MAX, memory_order_relaxed);
	g->brake_ns = ns;
	g->track->ahead_ns = ns ? ahead_ns : 0;
	brakes_adapt(g);
}

void brakes_end(struct gate *g)
{
	g->brake_ns = 0;
	atomic_store_explicit(&g->brake_due, UINT64_MAX, memory_order_relaxed);
	if (g->track) {
		g->track->brake_due = UINT64_MAX;
		g->track->ahead_ns = 0;
	}
	struct track_signal *s = brake_signal(g);
	atomic_store_explicit(&g->brake_handle, 0, memory_order_relaxed);
	/* Sequentially consistent, both, and in this order: pairs with brakes_hold_now(). */
	atomic_store(&g->brake_signal, NULL);
	release(g, s);
	brakes_ring(g);
}

uint64_t brakes_step_ns(const struct gate *g)
{
	return g->brake_ns ? track_brake_every(g->track, g->brake_ns) * (uint64_t)g->track->times.mean_ns : 0;
}
