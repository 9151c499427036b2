/* SPDX-License-Identifier: MIT */
/* stat(), access(), readlink() and their kin: paths and descriptors of the simulated tree are answered here. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sim/device/device.h"
#include "sim/preload/nodes.h"
#include "sim/preload/real.h"
#include "sim/preload/tree.h"

/* What programs linked with a glibc before 2.33, and fortified ones, call. */
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);
int __fxstatat(int version, int dir, const char *path, struct stat *st, int flags);
int __fxstatat64(int version, int dir, const char *path, struct stat64 *st, int flags);
char *__realpath_chk(const char *path, char *resolved, size_t bytes);
ssize_t __readlink_chk(const char *path, char *text, size_t bytes, size_t room);

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "x86-64 has one struct stat");

/* Find @path. Return: whether it is the simulator's; then *@error_p is 0 or the errno of a path that does not exist. */
static bool tree_finds(
	int dir, const char *path, bool follow, char canonical[TREE_PATH_BYTES], struct tree_entry *e, int *error_p)
{
	if (!tree_path(dir, path, follow, canonical) || tree_lookup(canonical, e) == TREE_FOREIGN)
		return false;
	*error_p = e->kind == TREE_ABSENT ? e->error : 0;
	return true;
}

static int result(int error)
{
	if (!error)
		return 0;
	errno = error;
	return -1;
}

static bool tree_stats(int dir, const char *path, bool follow, struct stat *st, int *result_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;
	int error;

	if (!tree_finds(dir, path, follow, canonical, &e, &error))
		return false;
	if (e.kind == TREE_LINK && follow) /* where it leads is not simulated */
		error = ENOENT;
	if (!error)
		tree_stat(canonical, &e, st);
	free(e.text);
	*result_p = result(error);
	return true;
}

/* Whether the call was about the descriptor itself; newer kernels also take NULL for that. */
static bool names_nothing(const char *path)
{
	return !path || !*path;
}

/* Correct what fstat() said of a descriptor of ours; memory files are regular files without a name. */
static void correct_fstat(int fd, struct stat *st)
{
	char canonical[TREE_PATH_BYTES] = "/dev/kfd";
	struct tree_entry e = {.kind = TREE_DIR};
	struct devfile f;

	if (!S_ISREG(st->st_mode) || st->st_nlink)
		return;
	if (devfile_identify_any(fd, &f)) {
		e.kind = TREE_DEVICE;
		e.device = f.kind;
		e.gpu = f.gpu;
		if (f.kind == DEVFILE_RENDER)
			snprintf(canonical, sizeof(canonical), TREE_RENDER_NODE, sim_machine_get()->gpu[f.gpu].render_minor);
		tree_stat(canonical, &e, st);
	} else if (tree_dir_of(fd, canonical)) {
		tree_stat(canonical, &e, st);
	}
}

static int sim_stat(const char *path, struct stat *st)
{
	int r;

	return tree_stats(AT_FDCWD, path, true, st, &r) ? r : REAL(stat)(path, st);
}

static int sim_lstat(const char *path, struct stat *st)
{
	int r;

	return tree_stats(AT_FDCWD, path, false, st, &r) ? r : REAL(lstat)(path, st);
}

static int sim_fstat(int fd, struct stat *st)
{
	int r = REAL(fstat)(fd, st);

	if (!r)
		correct_fstat(fd, st);
	return r;
}

static int sim_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	int r;

	if (tree_stats(dir, path, !(flags & AT_SYMLINK_NOFOLLOW), st, &r))
		return r;
	r = REAL(fstatat)(dir, path, st, flags);
	if (!r && flags & AT_EMPTY_PATH && names_nothing(path))
		correct_fstat(dir, st);
	return r;
}

/*
 * Each exported function below calls one of these: through its exported name it would reach whoever interposes that as well, and
 * come back here.
 */
EXPORT int stat(const char *path, struct stat *st)
{
	return sim_stat(path, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	return sim_lstat(path, st);
}

EXPORT int fstat(int fd, struct stat *st)
{
	return sim_fstat(fd, st);
}

EXPORT int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	return sim_fstatat(dir, path, st, flags);
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	return sim_stat(path, (struct stat *)st);
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	return sim_lstat(path, (struct stat *)st);
}

EXPORT int fstat64(int fd, struct stat64 *st)
{
	return sim_fstat(fd, (struct stat *)st);
}

EXPORT int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	return sim_fstatat(dir, path, (struct stat *)st, flags);
}

EXPORT int __xstat(int version, const char *path, struct stat *st)
{
	return sim_stat(path, st);
}

EXPORT int __xstat64(int version, const char *path, struct stat64 *st)
{
	return sim_stat(path, (struct stat *)st);
}

EXPORT int __lxstat(int version, const char *path, struct stat *st)
{
	return sim_lstat(path, st);
}

EXPORT int __lxstat64(int version, const char *path, struct stat64 *st)
{
	return sim_lstat(path, (struct stat *)st);
}

EXPORT int __fxstat(int version, int fd, struct stat *st)
{
	return sim_fstat(fd, st);
}

EXPORT int __fxstat64(int version, int fd, struct stat64 *st)
{
	return sim_fstat(fd, (struct stat *)st);
}

EXPORT int __fxstatat(int version, int dir, const char *path, struct stat *st, int flags)
{
	return sim_fstatat(dir, path, st, flags);
}

EXPORT int __fxstatat64(int version, int dir, const char *path, struct stat64 *st, int flags)
{
	return sim_fstatat(dir, path, (struct stat *)st, flags);
}

static void to_statx(const struct stat *st, struct statx *x)
{
	memset(x, 0, sizeof(*x));
	x->stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_INO | STATX_SIZE;
	x->stx_mode = (uint16_t)st->st_mode;
	x->stx_nlink = (uint32_t)st->st_nlink;
	x->stx_ino = st->st_ino;
	x->stx_size = (uint64_t)st->st_size;
	x->stx_blksize = (uint32_t)st->st_blksize;
	x->stx_rdev_major = major(st->st_rdev);
	x->stx_rdev_minor = minor(st->st_rdev);
	x->stx_dev_major = major(st->st_dev);
	x->stx_dev_minor = minor(st->st_dev);
}

EXPORT int statx(int dir, const char *path, int flags, unsigned mask, struct statx *x)
{
	struct stat st;
	int r;

	if (tree_stats(dir, path, !(flags & AT_SYMLINK_NOFOLLOW), &st, &r)) {
		if (!r)
			to_statx(&st, x);
		return r;
	}
	r = REAL(statx)(dir, path, flags, mask, x);
	if (!r && flags & AT_EMPTY_PATH && names_nothing(path) && S_ISREG(x->stx_mode) && !x->stx_nlink &&
		!sim_fstat(dir, &st) && !S_ISREG(st.st_mode))
		to_statx(&st, x);
	return r;
}

/* ---- access ---- */

static bool tree_accesses(int dir, const char *path, bool follow, int mode, int *result_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;
	int error;

	if (!tree_finds(dir, path, follow, canonical, &e, &error))
		return false;
	if (!error && e.kind == TREE_FILE && mode & (W_OK | X_OK))
		error = EACCES;
	if (!error && e.kind == TREE_DIR && mode & W_OK)
		error = EACCES;
	if (!error && e.kind == TREE_DEVICE && mode & X_OK)
		error = EACCES;
	free(e.text);
	*result_p = result(error);
	return true;
}

EXPORT int access(const char *path, int mode)
{
	int r;

	return tree_accesses(AT_FDCWD, path, true, mode, &r) ? r : REAL(access)(path, mode);
}

EXPORT int eaccess(const char *path, int mode)
{
	int r;

	return tree_accesses(AT_FDCWD, path, true, mode, &r) ? r : REAL(eaccess)(path, mode);
}

EXPORT int euidaccess(const char *path, int mode)
{
	int r;

	return tree_accesses(AT_FDCWD, path, true, mode, &r) ? r : REAL(euidaccess)(path, mode);
}

EXPORT int faccessat(int dir, const char *path, int mode, int flags)
{
	int r;

	return tree_accesses(dir, path, !(flags & AT_SYMLINK_NOFOLLOW), mode, &r) ? r : REAL(faccessat)(dir, path, mode, flags);
}

/* ---- extended attributes: there are none ---- */

static bool tree_has_no_attributes(const char *path, bool follow, int error_if_found, ssize_t *result_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;
	int error;

	if (!tree_finds(AT_FDCWD, path, follow, canonical, &e, &error))
		return false;
	free(e.text);
	*result_p = result(error ? error : error_if_found);
	return true;
}

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t bytes)
{
	ssize_t r;

	return tree_has_no_attributes(path, true, ENODATA, &r) ? r : REAL(getxattr)(path, name, value, bytes);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t bytes)
{
	ssize_t r;

	return tree_has_no_attributes(path, false, ENODATA, &r) ? r : REAL(lgetxattr)(path, name, value, bytes);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t bytes)
{
	ssize_t r;

	return tree_has_no_attributes(path, true, 0, &r) ? r : REAL(listxattr)(path, list, bytes);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t bytes)
{
	ssize_t r;

	return tree_has_no_attributes(path, false, 0, &r) ? r : REAL(llistxattr)(path, list, bytes);
}

/* ---- links ---- */

static bool tree_reads_link(int dir, const char *path, char *text, size_t bytes, ssize_t *result_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;
	int error;

	if (!tree_finds(dir, path, false, canonical, &e, &error))
		return false;
	if (!error && e.kind != TREE_LINK)
		error = EINVAL;
	*result_p = result(error);
	if (!error) {
		size_t n = strlen(e.text);

		n = n < bytes ? n : bytes;
		memcpy(text, e.text, n);
		*result_p = (ssize_t)n;
	}
	free(e.text);
	return true;
}

EXPORT ssize_t readlink(const char *path, char *text, size_t bytes)
{
	ssize_t r;

	return tree_reads_link(AT_FDCWD, path, text, bytes, &r) ? r : REAL(readlink)(path, text, bytes);
}

EXPORT ssize_t readlinkat(int dir, const char *path, char *text, size_t bytes)
{
	ssize_t r;

	return tree_reads_link(dir, path, text, bytes, &r) ? r : REAL(readlinkat)(dir, path, text, bytes);
}

EXPORT ssize_t __readlink_chk(const char *path, char *text, size_t bytes, size_t room)
{
	if (bytes > room)
		abort();
	ssize_t r;
	return tree_reads_link(AT_FDCWD, path, text, bytes, &r) ? r : REAL(readlink)(path, text, bytes);
}

static bool tree_resolves(const char *path, char *resolved, char **result_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;
	int error;

	if (!tree_finds(AT_FDCWD, path, true, canonical, &e, &error))
		return false;
	if (e.kind == TREE_LINK)
		error = ENOENT;
	free(e.text);
	*result_p = NULL;
	if (error)
		errno = error;
	else
		*result_p = resolved ? strcpy(resolved, canonical) : strdup(canonical);
	return true;
}

EXPORT char *realpath(const char *path, char *resolved)
{
	char *r;

	return tree_resolves(path, resolved, &r) ? r : REAL(realpath)(path, resolved);
}

EXPORT char *canonicalize_file_name(const char *path)
{
	char *r;

	return tree_resolves(path, NULL, &r) ? r : REAL(canonicalize_file_name)(path);
}

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t bytes)
{
	char *r;

	if (bytes < PATH_MAX)
		return REAL(__realpath_chk)(path, resolved, bytes);
	return tree_resolves(path, resolved, &r) ? r : REAL(__realpath_chk)(path, resolved, bytes);
}
