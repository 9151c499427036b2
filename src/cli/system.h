/* SPDX-License-Identifier: MIT */
/*
 * The machine as doctor sees it: files below a root, the driver, the daemon. Tests give another root and other functions;
 * nothing is written.
 */
#ifndef CLI_SYSTEM_H
#define CLI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "src/cli/snapshot.h"

/**
 * struct system_daemon - what came of asking the daemon
 * @error: 0; positive errno: why there is no answer, @text then has a sentence
 * @list:  with @error 0; the asker's to give up
 */
struct system_daemon {
	int error;
	char text[IPC_TEXT_SIZE];
	struct snapshot list;
};

/**
 * struct system - where doctor looks; all required
 * @root:    put before every path; "" for the machine itself
 * @env:     a variable of xschedctl's own environment, or NULL
 * @access:  as access(2) of the path below the root: 0 or -errno
 * @stat_as: stat(2) of the path as process @pid sees it, with absolute links in its root and not in ours; with 0 as we do.
 *           0 or -errno; -ENOSYS where the kernel cannot tell (before Linux 5.6)
 * @kfd:     version of the driver behind /dev/kfd below the root: 0 or -errno
 * @daemon:  ask who listens at @path (which the root does not count for)
 */
struct system {
	const char *root;
	const char *(*env)(const char *name);
	int (*access)(const struct system *s, const char *path, int mode);
	int (*stat_as)(const struct system *s, pid_t pid, const char *path, struct stat *stat_p);
	int (*kfd)(const struct system *s, unsigned *major_p, unsigned *minor_p);
	void (*daemon)(const struct system *s, const char *path, struct system_daemon *answer_p);
};

/* The machine itself. */
extern const struct system system_real;

/** system_read() - a whole file; own heap with a zero byte behind it, or NULL with errno. @size_p may be NULL. */
char *system_read(const struct system *s, const char *path, size_t *size_p);
/** system_read_start() - the first @size bytes, or fewer. Return: bytes, -errno. */
int system_read_start(const struct system *s, const char *path, void *data, size_t size);
/** system_stat() - 0, -errno */
int system_stat(const struct system *s, const char *path, struct stat *stat_p);
/** system_path() - the path below the root; 0, -ENAMETOOLONG */
int system_path(const struct system *s, const char *path, char *full, size_t size);

#endif
