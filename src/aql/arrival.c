/* SPDX-License-Identifier: MIT */
/* Arrivals; see arrival.h. */
#include "src/aql/arrival.h"

void arrival_begin(struct arrivals *a, uint64_t now_ns)
{
	atomic_store(&a->until_ns, now_ns + ARRIVAL_MAX_NS);
	atomic_fetch_add(&a->undecided, 1);
}

bool arrival_end(struct arrivals *a)
{
	atomic_fetch_sub(&a->undecided, 1);
	/* Sequentially consistent, as the store and the load below: either who is barred sees the end, or we see that somebody was. */
	return atomic_exchange(&a->barred, false);
}

uint64_t arrival_bars_ns(struct arrivals *a, bool own, uint64_t (*now_ns)(void))
{
	/* Relaxed: one that is seen too late came too late. */
	if (__builtin_expect(atomic_load_explicit(&a->undecided, memory_order_relaxed) <= own, 1))
		return 0;
	uint64_t at_ns = now_ns();

	if (atomic_load(&a->until_ns) <= at_ns)
		return 0;
	atomic_store(&a->barred, true);
	uint64_t end_ns = atomic_load(&a->until_ns);

	return atomic_load(&a->undecided) > own && end_ns > at_ns ? end_ns - at_ns : 0;
}
