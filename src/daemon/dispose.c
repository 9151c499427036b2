/* SPDX-License-Identifier: MIT */
/* Closing descriptors that clients sent; see dispose.h. */
#include "src/daemon/dispose.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

#define CLOSING_MAX 64u

static _Atomic unsigned closing; /* writers: the daemon's thread and those that close */

static void *closer(void *arg)
{
	close((int)(intptr_t)arg);
	atomic_fetch_sub(&closing, 1);
	return NULL;
}

void dispose_fd(int fd)
{
	pthread_attr_t attributes;
	pthread_t thread;

	/* Only memory has seals; closing it asks nobody. */
	if (fcntl(fd, F_GET_SEALS) >= 0) {
		close(fd);
		return;
	}
	if (atomic_fetch_add(&closing, 1) >= CLOSING_MAX || pthread_attr_init(&attributes)) {
		atomic_fetch_sub(&closing, 1);
		return;
	}
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 65536);
	if (pthread_create(&thread, &attributes, closer, (void *)(intptr_t)fd))
		atomic_fetch_sub(&closing, 1);
	pthread_attr_destroy(&attributes);
}
