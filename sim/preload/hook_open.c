/* SPDX-License-Identifier: MIT */
/* open() and its kin: paths of the simulated tree are answered here, all others by the C library. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/sys.h"
#include "sim/preload/real.h"
#include "sim/preload/tree.h"

/* What fortified programs call; the C library's headers declare them only while they fortify. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

/* Open @path if it is the simulator's. Return: whether it is; then *@fd_p is open()'s result, with errno. */
static bool tree_opens(int dir, const char *path, int flags, int *fd_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;

	if (!tree_path(dir, path, !(flags & O_NOFOLLOW), canonical) || tree_lookup(canonical, &e) == TREE_FOREIGN)
		return false;
	int r = tree_open(canonical, &e, flags);
	free(e.text);
	if (r < 0) {
		errno = -r;
		r = -1;
	}
	*fd_p = r;
	return true;
}

static bool needs_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

static mode_t mode_of(int flags, va_list args)
{
	return needs_mode(flags) ? va_arg(args, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	return tree_opens(AT_FDCWD, path, flags, &fd) ? fd : REAL(open)(path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	return tree_opens(AT_FDCWD, path, flags, &fd) ? fd : REAL(open64)(path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	return tree_opens(dir, path, flags, &fd) ? fd : REAL(openat)(dir, path, flags, mode);
}

EXPORT int openat64(int dir, const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	mode_t mode = mode_of(flags, args);
	va_end(args);
	return tree_opens(dir, path, flags, &fd) ? fd : REAL(openat64)(dir, path, flags, mode);
}

EXPORT int __open_2(const char *path, int flags)
{
	int fd;

	return tree_opens(AT_FDCWD, path, flags, &fd) ? fd : REAL(__open_2)(path, flags);
}

EXPORT int __open64_2(const char *path, int flags)
{
	int fd;

	return tree_opens(AT_FDCWD, path, flags, &fd) ? fd : REAL(__open64_2)(path, flags);
}

EXPORT int __openat_2(int dir, const char *path, int flags)
{
	int fd;

	return tree_opens(dir, path, flags, &fd) ? fd : REAL(__openat_2)(dir, path, flags);
}

EXPORT int __openat64_2(int dir, const char *path, int flags)
{
	int fd;

	return tree_opens(dir, path, flags, &fd) ? fd : REAL(__openat64_2)(dir, path, flags);
}

static int flags_of(const char *mode)
{
	int flags = *mode == 'r' ? 0 : O_CREAT;

	if (strchr(mode, '+'))
		flags |= O_RDWR;
	else
		flags |= *mode == 'r' ? O_RDONLY : O_WRONLY;
	if (strchr(mode, 'x'))
		flags |= O_EXCL;
	return strchr(mode, 'e') ? flags | O_CLOEXEC : flags;
}

static bool tree_fopens(const char *path, const char *mode, FILE **file_p)
{
	int fd;

	if (!tree_opens(AT_FDCWD, path, flags_of(mode), &fd))
		return false;
	*file_p = fd < 0 ? NULL : fdopen(fd, mode);
	if (fd >= 0 && !*file_p) {
		int saved = errno;

		sys_close(fd);
		errno = saved;
	}
	return true;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	FILE *f;

	return tree_fopens(path, mode, &f) ? f : REAL(fopen)(path, mode);
}

EXPORT FILE *fopen64(const char *path, const char *mode)
{
	FILE *f;

	return tree_fopens(path, mode, &f) ? f : REAL(fopen64)(path, mode);
}
