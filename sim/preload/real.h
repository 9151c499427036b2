/* SPDX-License-Identifier: MIT */
/* The C library's functions behind the interposed ones. Each use keeps the address it found; any thread may be first. */
#ifndef SIM_PRELOAD_REAL_H
#define SIM_PRELOAD_REAL_H

#include <stdatomic.h>

#define EXPORT __attribute__((visibility("default")))

/**
 * real_function() - the next definition of @name after ours, looked up on first use so that nothing has to happen before the
 * program's own libraries are initialised. Never NULL; errno is left alone.
 */
void *real_function(_Atomic(void *) *cache, const char *name);

/* REAL(open)(path, flags): the function of that name and type, not ours. */
#define REAL(fn)                                                                                                       \
	((__typeof__(&(fn)))({                                                                                         \
		static _Atomic(void *) real_cache;                                                                     \
		real_function(&real_cache, #fn);                                                                       \
	}))

#endif
