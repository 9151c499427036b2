/* SPDX-License-Identifier: MIT */
/*
 * Scratch wave slots of one queue: which parts of its backing memory running groups use. Written
 * and read by the engine thread, under the engine lock.
 */
#ifndef SIM_CP_SLOTS_H
#define SIM_CP_SLOTS_H

#include <stdint.h>

#define SLOTS_MAX 16384 /* 512 CUs of 32 waves */

struct slots {
	uint32_t count; /* wave slots in the backing memory */
	uint64_t used[SLOTS_MAX / 64];
};

/**
 * slots_take() - occupy @n consecutive slots
 * Return: the first; -EAGAIN when no such run is free.
 */
int slots_take(struct slots *s, uint32_t n);
void slots_give(struct slots *s, uint32_t first, uint32_t n);

#endif
