/* SPDX-License-Identifier: MIT */
/* Scratch wave slots, first fit; see slots.h. */
#include "sim/cp/slots.h"

#include <errno.h>

int slots_take(struct slots *s, uint32_t n)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		if (s->used[i / 64] == UINT64_MAX) {
			run = 0;
			i |= 63;
			continue;
		}
		run = s->used[i / 64] >> (i % 64) & 1 ? 0 : run + 1;
		if (run < n)
			continue;
		uint32_t first = i + 1 - n;
		for (uint32_t k = first; k <= i; k++)
			s->used[k / 64] |= UINT64_C(1) << (k % 64);
		return (int)first;
	}
	return -EAGAIN;
}

void slots_give(struct slots *s, uint32_t first, uint32_t n)
{
	for (uint32_t k = first; k < first + n; k++)
		s->used[k / 64] &= ~(UINT64_C(1) << (k % 64));
}
