/* SPDX-License-Identifier: MIT */
/*
 * How processes on one simulated machine find the memory they share. Each has it open as a memfd,
 * and a datagram socket whose abstract name tells machine, process and descriptor:
 * "kfdsim/UID/MACHINE/PID/FD". A new process reads the names in /proc/net/unix and opens
 * /proc/PID/fd/FD of any of them; the same sockets take wake-ups. Both go with the process, so
 * there is nothing to clean up. Who comes first is settled by another abstract name, which one
 * process can have at a time.
 *
 * Source: unix(7), abstract sockets; proc(5), /proc/PID/fd and /proc/net/unix; Linux 6.1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "sim/common/sys.h"
#include "sim/share/share.h"

#define WAIT_TRIES 2000 /* of 1 ms, for others that come at the same time */
#define LIST_BYTES (1u << 20)
/* What stays open is above what programs use, so that dup2() and loops that close everything rarely meet it. */
#define FD_BASE 700
#define NAME_TRIES 64
#define MEMORY "kfdsim-machine:" /* and the machine's name */

struct address {
	struct sockaddr_un name;
	socklen_t bytes;
};

static struct address address_of(const char *machine, int32_t pid, int fd)
{
	struct address a = {.name = {.sun_family = AF_UNIX}};
	/* sun_path[0] stays 0: abstract */
	int n = snprintf(a.name.sun_path + 1, sizeof(a.name.sun_path) - 1, "kfdsim/%u/%s/%d/%d",
		(unsigned)getuid(), machine, (int)pid, fd);

	if (n > (int)sizeof(a.name.sun_path) - 2)
		n = (int)sizeof(a.name.sun_path) - 2;
	a.bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	return a;
}

/* Return: the descriptor moved to @least or above; where it was if it cannot be. */
static int move_up(int fd, int least)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, least);

	if (high >= 0)
		sys_close(fd);
	return high >= 0 ? high : fd;
}

/* Return: a socket bound to @a; -errno. */
static int bound_socket(const struct address *a)
{
	int s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0)
		return -errno;
	if (bind(s, (const struct sockaddr *)&a->name, a->bytes) == 0)
		return s;
	int r = -errno;
	sys_close(s);
	return r;
}

/* Only one process at a time gets past here; the socket says that this one has. Return: it; -errno.
 */
static int settle(const char *machine)
{
	struct address a = address_of(machine, 0, 0);
	int s = -EADDRINUSE;

	for (int i = 0; i < WAIT_TRIES && s == -EADDRINUSE; i++) {
		if (i)
			nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
		s = bound_socket(&a);
	}
	return s;
}

static char *read_names(void)
{
	int fd = sys_openat(AT_FDCWD, "/proc/net/unix", O_RDONLY | O_CLOEXEC, 0);
	char *text = fd < 0 ? NULL : malloc(LIST_BYTES);
	size_t used = 0;
	ssize_t n = 1;

	while (text && n > 0 && used < LIST_BYTES - 1) {
		n = read(fd, text + used, LIST_BYTES - 1 - used);
		used += n > 0 ? (size_t)n : 0;
	}
	if (text)
		text[used] = 0;
	if (fd >= 0)
		sys_close(fd);
	return text;
}

/* The file behind a name may be another: numbers of processes are used again, and have another meaning in other containers. */
static bool is_memory(const char *path, const char *machine)
{
	char target[256], expected[128];
	long n = sys_readlink(path, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = 0;
	snprintf(expected, sizeof(expected), "/memfd:" MEMORY "%s (deleted)", machine);
	return !strcmp(target, expected);
}

/* Return: the memory of somebody who is there; -ENOENT; -ENOMEM, -errno. */
static int open_existing(const char *machine, size_t bytes)
{
	char prefix[sizeof(((struct sockaddr_un *)0)->sun_path) + 8], path[64];
	char *names = read_names();
	int fd = -ENOENT;

	if (!names)
		return -ENOMEM;
	snprintf(prefix, sizeof(prefix), "@kfdsim/%u/%s/", (unsigned)getuid(), machine);
	for (char *at = strstr(names, prefix); at && fd < 0; at = strstr(at + 1, prefix)) {
		struct stat st;
		int pid, number;

		if (sscanf(at + strlen(prefix), "%d/%d", &pid, &number) != 2 || !pid)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, number);
		if (!is_memory(path, machine))
			continue;
		fd = sys_openat(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
		if (fd >= 0 && (sys_fstat(fd, &st) || st.st_size != (off_t)bytes)) {
			sys_close(fd);
			fd = -ENOENT;
		}
	}
	free(names);
	return fd < 0 ? -ENOENT : fd;
}

static int create(const char *machine, size_t bytes)
{
	char name[128];

	snprintf(name, sizeof(name), MEMORY "%s", machine ? machine : "");
	int fd = sys_memfd(name, MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) == 0)
		return fd;
	int r = -errno;
	sys_close(fd);
	return r;
}

/* A socket with this process's name; @*fd_p moves if a process of another container, with this one's number there, has that name. */
static int bind_own(const char *machine, int *fd_p)
{
	int wake = -EADDRINUSE;

	for (int i = 0; i < NAME_TRIES && wake == -EADDRINUSE; i++) {
		if (i)
			*fd_p = move_up(*fd_p, *fd_p + 1);
		struct address a = address_of(machine, getpid(), *fd_p);
		wake = bound_socket(&a);
	}
	return wake < 0 ? wake : move_up(wake, FD_BASE);
}

int share_meet(const char *name, size_t bytes, int (*join)(int fd), int *wake_p)
{
	int first = -1, wake = -1, fd = -ENOENT;

	if (name) {
		first = settle(name);
		if (first < 0)
			return first;
		fd = open_existing(name, bytes);
	}
	if (fd == -ENOENT)
		fd = create(name, bytes);
	if (fd < 0)
		goto settled;
	fd = move_up(fd, FD_BASE);
	if (name)
		wake = bind_own(name, &fd);
	int r = name && wake < 0 ? wake : join(fd);
	if (r < 0) {
		if (wake >= 0)
			sys_close(wake);
		sys_close(fd);
		fd = r;
	} else {
		*wake_p = wake;
	}
settled:
	if (first >= 0)
		sys_close(first);
	return fd;
}

void share_meet_wake(int wake, const char *name, int32_t pid, int fd)
{
	struct address a = address_of(name, pid, fd);

	/* Its buffer is full when it has wake-ups enough; it is gone when it died. */
	(void)sendto(wake, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&a.name,
		a.bytes);
}
