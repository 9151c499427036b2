/* SPDX-License-Identifier: MIT */
/* Declared kernel times; see declared.h and cp_kernel_time_declare(). */
#include "sim/cp/declared.h"

#include <errno.h>
#include <fnmatch.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cp/cp.h"
#include "sim/cp/kernel_name.h"
#include "sim/kfd/gpuvm.h"

#define NAME_BYTES    512
#define CACHE_KERNELS 64

struct declaration {
	struct declaration *next;
	uint64_t ns;
	uint32_t cus;
	char pattern[];
};

/* In the order of declaration; entries stay for ever, so readers need no lock. */
static _Atomic(struct declaration *) first;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What was found for a kernel, as long as no code was loaded or freed since. Of the engine thread.
 */
static struct {
	uint64_t object;
	uint32_t gpu, generation;
	const struct declaration *last; /* that was known then */
	const struct declaration *found;
} cache[CACHE_KERNELS];

int cp_kernel_time_declare(const char *pattern, uint64_t duration_ns, uint32_t cus)
{
	size_t bytes = strlen(pattern) + 1;
	struct declaration *d = calloc(1, sizeof(*d) + bytes);

	if (!d)
		return -ENOMEM;
	memcpy(d->pattern, pattern, bytes);
	/* 0 would mean that it executes. */
	d->ns = duration_ns ? duration_ns : 1;
	d->cus = cus;
	pthread_mutex_lock(&lock);
	/* The newest comes first; declared_find() takes the last match. */
	d->next = atomic_load_explicit(&first, memory_order_relaxed);
	/* Release: what it holds is visible to who finds it. Pairs with declared_find(). */
	atomic_store_explicit(&first, d, memory_order_release);
	pthread_mutex_unlock(&lock);
	return 0;
}

static const struct declaration *find(const struct declaration *d, uint32_t gpu, uint64_t object)
{
	const struct declaration *found = NULL;
	char name[NAME_BYTES];

	kernel_name(gpu, object, name, sizeof(name));
	for (; d; d = d->next)
		if (!strcmp(d->pattern, name) || !fnmatch(d->pattern, name, 0))
			found = d;
	return found;
}

bool declared_find(uint32_t gpu, uint64_t object, uint64_t *ns_p, uint32_t *cus_p)
{
	/* Acquire: pairs with cp_kernel_time_declare(). */
	const struct declaration *d = atomic_load_explicit(&first, memory_order_acquire);
	size_t i = object / 64 % CACHE_KERNELS;

	if (!d)
		return false;
	/* Relaxed: memory that was freed and used again since passed through the ioctls and a
	 * doorbell. */
	uint32_t generation = atomic_load_explicit(gpuvm_generation(gpu), memory_order_relaxed);
	if (cache[i].object != object || cache[i].gpu != gpu || cache[i].generation != generation ||
		cache[i].last != d) {
		cache[i].found = find(d, gpu, object);
		cache[i].object = object;
		cache[i].gpu = gpu;
		cache[i].generation = generation;
		cache[i].last = d;
	}
	if (!cache[i].found)
		return false;
	*ns_p = cache[i].found->ns;
	*cus_p = cache[i].found->cus;
	return true;
}
