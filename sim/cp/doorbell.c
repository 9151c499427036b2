/* SPDX-License-Identifier: MIT */
/* Doorbell wake-up through userfaultfd; see doorbell.h. Source: userfaultfd(2),
 * ioctl_userfaultfd(2), Linux 6.1. */
#include "sim/cp/doorbell.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sim/common/log.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

#define WATCH_MAX 64 /* mappings: one per GPU and open of the device */

struct watch {
	uint64_t start, bytes;
	uint32_t gpu;
	bool registered;
};

/* All of it under the engine lock. */
static struct {
	int fd; /* -1: not tried yet or refused */
	bool tried, warned;
	struct watch watch[WATCH_MAX];
	unsigned count;
} bell = {.fd = -1};

static void bell_open(void)
{
	struct uffdio_api api = {.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
			    UFFD_FEATURE_EXACT_ADDRESS};

	bell.tried = true;
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
	if (fd < 0)
		return;
	if (ioctl(fd, UFFDIO_API, &api) < 0) {
		close(fd);
		return;
	}
	bell.fd = fd;
}

static bool bell_protect(const struct watch *w, bool on)
{
	struct uffdio_writeprotect arg = {
		.range = {.start = w->start, .len = w->bytes},
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};
	int r;

	do
		r = ioctl(bell.fd, UFFDIO_WRITEPROTECT, &arg);
	while (r < 0 && errno == EAGAIN);
	return r == 0;
}

int doorbell_watch(void *addr, size_t bytes, uint32_t gpu)
{
	struct watch *w = NULL;

	if (!bell.tried)
		bell_open();
	for (unsigned i = 0; i < bell.count; i++)
		if (bell.watch[i].start == (uintptr_t)addr || !bell.watch[i].bytes)
			w = &bell.watch[i];
	if (!w) {
		if (bell.count == WATCH_MAX) {
			sim_log(SIM_LOG_ERROR, "more than %d doorbell mappings in one process",
				WATCH_MAX);
			return -ENOMEM;
		}
		w = &bell.watch[bell.count++];
	}
	struct uffdio_register reg = {
		.range = {.start = (uintptr_t)addr, .len = bytes},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	w->start = (uintptr_t)addr;
	w->bytes = bytes;
	w->gpu = gpu;
	w->registered = bell.fd >= 0 && ioctl(bell.fd, UFFDIO_REGISTER, &reg) == 0;
	if (!w->registered && !bell.warned) {
		bell.warned = true;
		sim_log(SIM_LOG_WARNING,
			"userfaultfd is not usable here (%s): doorbells are polled, which costs "
			"CPU time and latency",
			strerror(errno));
	}
	return 0;
}

void doorbell_forget(void *addr)
{
	for (unsigned i = 0; i < bell.count; i++) {
		struct watch *w = &bell.watch[i];
		if (w->start != (uintptr_t)addr || !w->bytes)
			continue;
		struct uffdio_range range = {.start = w->start, .len = w->bytes};
		if (w->registered)
			ioctl(bell.fd, UFFDIO_UNREGISTER, &range);
		memset(w, 0, sizeof(*w));
	}
}

bool doorbell_arm(void)
{
	bool all = bell.fd >= 0;

	if (bell.fd < 0)
		return false;
	for (unsigned i = 0; i < bell.count; i++) {
		struct watch *w = &bell.watch[i];
		if (!w->bytes)
			continue;
		/* Fails when the mapping is gone without notice: nobody can ring there. */
		if (w->registered && !bell_protect(w, true) && errno != ENOENT)
			w->registered = false;
		all &= w->registered;
	}
	return all;
}

bool doorbell_stopped(void)
{
	struct pollfd fd = {.fd = bell.fd, .events = POLLIN};

	return bell.fd >= 0 && poll(&fd, 1, 0) > 0;
}

unsigned doorbell_stops(struct doorbell_stop *stops, unsigned count)
{
	struct uffd_msg msg;
	unsigned n = 0;

	while (bell.fd >= 0 && n < count && read(bell.fd, &msg, sizeof(msg)) == sizeof(msg)) {
		uint64_t at = msg.arg.pagefault.address;

		for (unsigned i = 0; i < bell.count; i++) {
			const struct watch *w = &bell.watch[i];
			if (at < w->start || at - w->start >= w->bytes)
				continue;
			stops[n++] = (struct doorbell_stop){
				w->gpu, (uint32_t)(at - w->start) & ~7u};
			break;
		}
	}
	return n;
}

bool doorbell_disarm(void)
{
	struct uffd_msg msg[16];
	bool any = false;

	if (bell.fd < 0)
		return false;
	/* Messages are taken before protection is lifted, not after: a thread that faulted just
	 * before may queue itself only now, and the kernel lets it wait as long as the page is
	 * read-only for whatever reason. Were its message taken after the wake-up, nothing would
	 * ever tell of it. */
	do {
		while (read(bell.fd, msg, sizeof(msg)) > 0)
			any = true;
		for (unsigned i = 0; i < bell.count; i++)
			if (bell.watch[i].registered)
				bell_protect(
					&bell.watch[i], false); /* also wakes who was stopped */
	} while (doorbell_stopped());
	return any;
}

int doorbell_fd(void)
{
	return bell.fd;
}

void doorbell_fork_child(void)
{
	if (bell.fd >= 0)
		close(bell.fd);
	memset(&bell, 0, sizeof(bell));
	bell.fd = -1;
}
