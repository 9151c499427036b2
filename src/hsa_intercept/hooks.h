/* SPDX-License-Identifier: MIT */
/* The functions we put into the HSA API tables. Each chains through `next`. */
#ifndef HOOKS_H
#define HOOKS_H

#include "src/hsa_intercept/hsa_slots.h"

struct config;

/* One row per patched entry: where it is, what replaces it, where the previous value is kept. */
struct hook {
	const char *name;
	unsigned core_slot;           /* 0: an AMD extension */
	enum hsa_amd_entry amd_entry;
	void *function;
	void **next;
};

/* Terminated by a row without a name. */
extern const struct hook hooks_index[];  /* hooks_index.c: write index */
extern const struct hook hooks_signal[]; /* hooks_signal.c: doorbells */
extern const struct hook hooks_queue[];  /* hooks_queue.c: creation and destruction */
extern const struct hook hooks_executable[]; /* kernel_names.c: where kernels come from and go */

/** hooks_queue_configure() - what the queue entry points need to know; before the tables are patched */
void hooks_queue_configure(const struct config *c);

#endif
