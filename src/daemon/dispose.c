/* SPDX-License-Identifier: MIT */
/* Closing descriptors that clients sent; see dispose.h. */
#include "src/daemon/dispose.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/daemon/connection.h"
#include "src/daemon/dlog.h"

#define THREADS_MAX 64u
/* Of one user. */
#define COUNT_MAX 256u
#define LATE_MAX  8u
#define LATE_NS	  1000000000u

struct owed {
	struct owed *next;
	int fd;
	uid_t uid;
	uint64_t since_ns;
	bool taken; /* by a thread that closes it */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct owed *all;
static unsigned threads;

static struct owed *owed_take(void)
{
	for (struct owed *o = all; o; o = o->next) {
		if (o->taken)
			continue;
		o->taken = true;
		return o;
	}
	return NULL;
}

static void owed_free(struct owed *done)
{
	struct owed **link = &all;

	while (*link != done)
		link = &(*link)->next;
	*link = done->next;
	free(done);
}

static void *closer(void *arg)
{
	struct owed *o;

	(void)arg;
	pthread_mutex_lock(&lock);
	while ((o = owed_take())) {
		pthread_mutex_unlock(&lock);
		close(o->fd);
		pthread_mutex_lock(&lock);
		owed_free(o);
	}
	threads--;
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Must hold the lock. */
static void closer_start(void)
{
	pthread_attr_t attributes;
	pthread_t thread;

	if (threads >= THREADS_MAX || pthread_attr_init(&attributes))
		return;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 65536);
	/* Without one the next descriptor's thread closes this one too. */
	threads += !pthread_create(&thread, &attributes, closer, NULL);
	pthread_attr_destroy(&attributes);
}

void dispose_fd(int fd, uid_t uid)
{
	struct owed *o;

	/* Only memory has seals; closing it asks nobody. */
	if (fcntl(fd, F_GET_SEALS) >= 0) {
		close(fd);
		return;
	}
	o = malloc(sizeof(*o));
	if (!o) {
		dlog_warning("no memory: descriptor %d of user %u stays open", fd, (unsigned)uid);
		return;
	}
	pthread_mutex_lock(&lock);
	*o = (struct owed){.next = all, .fd = fd, .uid = uid, .since_ns = server_now_ns()};
	all = o;
	closer_start();
	pthread_mutex_unlock(&lock);
}

bool dispose_is_behind(uid_t uid)
{
	unsigned count = 0, late = 0;
	uint64_t now_ns = server_now_ns();

	pthread_mutex_lock(&lock);
	for (const struct owed *o = all; o; o = o->next) {
		count += o->uid == uid;
		late += o->uid == uid && now_ns - o->since_ns > LATE_NS;
	}
	pthread_mutex_unlock(&lock);
	return count >= COUNT_MAX || late >= LATE_MAX;
}
