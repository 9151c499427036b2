/* SPDX-License-Identifier: MIT */
/* See real.h. */
#include "sim/preload/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#include "sim/common/log.h"

void *real_function(_Atomic(void *) *cache, const char *name)
{
	/* Relaxed: every thread finds the same address, and what it points to is code. */
	void *found = atomic_load_explicit(cache, memory_order_relaxed);
	int saved = errno;

	if (found)
		return found;
	found = dlsym(RTLD_NEXT, name);
	if (!found) {
		sim_log(SIM_LOG_ERROR, "no %s() behind the simulator's: the C library is not one it knows", name);
		_exit(127);
	}
	atomic_store_explicit(cache, found, memory_order_relaxed);
	errno = saved;
	return found;
}
