/* SPDX-License-Identifier: MIT */
/* Signals of our own; see own_signals.h. */
#include "src/hsa_intercept/own_signals.h"

#include <assert.h>
#include <errno.h>
#include <hsa/amd_hsa_signal.h>

#include "src/hsa_intercept/next.h"

static_assert(offsetof(amd_signal_t, value) == offsetof(struct track_signal, value) &&
		      offsetof(amd_signal_t, start_ts) == offsetof(struct track_signal, start_ts) &&
		      offsetof(amd_signal_t, end_ts) == offsetof(struct track_signal, end_ts),
	"struct track_signal");

/* A span of 10 ms at 100 MHz: long enough that rounding does not count. */
#define SPAN_TICKS 1000000u

int own_signals_new(struct track_signal *signals[TRACK_SIGNALS])
{
	if (!next.amd_signal_create || !next.signal_destroy)
		return -ENOTSUP;
	for (unsigned i = 0; i < TRACK_SIGNALS; i++) {
		hsa_signal_t s;

		if (next.amd_signal_create(1, 0, NULL, HSA_AMD_SIGNAL_AMD_GPU_ONLY, &s) != HSA_STATUS_SUCCESS) {
			while (i--)
				next.signal_destroy((hsa_signal_t){(uint64_t)(uintptr_t)signals[i]});
			return -ENOMEM;
		}
		/* A handle is the address of the signal's amd_signal_t, in every release. */
		signals[i] = (struct track_signal *)(uintptr_t)s.handle;
	}
	return 0;
}

void own_signals_free(struct track_signal *const signals[TRACK_SIGNALS])
{
	for (unsigned i = 0; i < TRACK_SIGNALS; i++)
		next.signal_destroy((hsa_signal_t){(uint64_t)(uintptr_t)signals[i]});
}

uint32_t own_signals_tick_q16(hsa_agent_t agent, struct track_signal *spare, uint64_t ts)
{
	hsa_amd_profiling_dispatch_time_t time;
	uint64_t frequency = 0;

	if (!next.get_dispatch_time || !next.system_get_info || ts <= SPAN_TICKS)
		return 0;
	spare->start_ts = ts - SPAN_TICKS;
	spare->end_ts = ts;
	if (next.get_dispatch_time(agent, (hsa_signal_t){(uint64_t)(uintptr_t)spare}, &time) != HSA_STATUS_SUCCESS ||
		next.system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &frequency) != HSA_STATUS_SUCCESS ||
		time.end <= time.start || !frequency)
		return 0;
	double ns = (double)(time.end - time.start) * 1e9 / (double)frequency;
	double q16 = ns * 65536 / SPAN_TICKS;

	return q16 >= 1 && q16 < UINT32_MAX ? (uint32_t)(q16 + 0.5) : 0;
}
