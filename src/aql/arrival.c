/* SPDX-License-Identifier: MIT */
/* Arrivals; see arrival.h. */
#include "src/aql/arrival.h"

#include <stdatomic.h>

/* Writers: anyone. */
static _Atomic uint32_t undecided;
static _Atomic uint64_t until_ns; /* when the latest bars nobody any more */
static _Atomic bool barred; /* somebody was since an arrival ended */

void arrival_begin(uint64_t now_ns)
{
	atomic_store(&until_ns, now_ns + ARRIVAL_MAX_NS);
	atomic_fetch_add(&undecided, 1);
}

bool arrival_end(void)
{
	atomic_fetch_sub(&undecided, 1);
	/* Sequentially consistent, as the store and the load below: either who is barred sees the end, or we see that somebody was. */
	return atomic_exchange(&barred, false);
}

uint64_t arrival_bars_ns(bool own, uint64_t (*now_ns)(void))
{
	/* Relaxed: one that is seen too late came too late. */
	if (__builtin_expect(atomic_load_explicit(&undecided, memory_order_relaxed) <= own, 1))
		return 0;
	uint64_t at_ns = now_ns();

	if (atomic_load(&until_ns) <= at_ns)
		return 0;
	atomic_store(&barred, true);
	uint64_t end_ns = atomic_load(&until_ns);

	return atomic_load(&undecided) > own && end_ns > at_ns ? end_ns - at_ns : 0;
}
