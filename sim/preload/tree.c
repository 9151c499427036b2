/* SPDX-License-Identifier: MIT */
/* Looks paths up in the simulated tree and opens what is there; see tree.h. Called by the interposed functions, any thread. */
#include "sim/preload/tree.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/device/device.h"
#include "sim/kfd/kfd.h"
#include "sim/preload/nodes.h"

#define DIR_MEMFD "kfdsim-dir:"
#define DIR_LINK "/memfd:" DIR_MEMFD

/* Everything at and below these is the simulator's. */
static const char *const roots[] = {"/dev/kfd", "/dev/dri", "/sys/devices/virtual/kfd", "/sys/class/kfd",
	"/sys/module/amdgpu", "/proc/modules"};
#define DRM_CHAR "/sys/dev/char/226:"

static struct nodes fixed; /* constant after once */
static pthread_once_t once = PTHREAD_ONCE_INIT;
/* Directories opened so far: while 0, no descriptor can be one. */
static _Atomic unsigned dirs_opened;

static void fixed_init(void)
{
	topology_add(&fixed);
	if (fixed.failed)
		sim_log(SIM_LOG_ERROR, "out of memory: the simulated topology is not complete");
}

/* ---- paths ---- */

static bool below(const char *path, const char *root)
{
	size_t n = strlen(root);

	return !strncmp(path, root, n) && (!path[n] || path[n] == '/');
}

static bool in_roots(const char *path)
{
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (below(path, roots[i]))
			return true;
	return !strncmp(path, DRM_CHAR, strlen(DRM_CHAR));
}

/* The kernel's link that leads into the tree, resolved. Others lead out of it. */
static void resolve_class(char path[TREE_PATH_BYTES], size_t *used_p)
{
	if (strcmp(path, TREE_CLASS_LINK))
		return;
	strcpy(path, TREE_KFD_DIR);
	*used_p = strlen(path);
}

/* Append @path's components to the canonical @out, resolving ".", ".." and links before the last component. */
static bool append(char out[TREE_PATH_BYTES], const char *path, bool follow)
{
	size_t used = strlen(out);
	bool slash = false;

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n)
			resolve_class(out, &used);
		if (n == 2 && path[0] == '.' && path[1] == '.') {
			while (used && out[used - 1] != '/')
				used--;
			used -= used > 0;
			out[used] = 0;
		} else if (n && !(n == 1 && path[0] == '.')) {
			if (used + n + 2 > TREE_PATH_BYTES)
				return false;
			out[used++] = '/';
			memcpy(out + used, path, n);
			used += n;
			out[used] = 0;
		}
		slash = path[n] == '/';
		path += n + slash;
	}
	if (follow || slash)
		resolve_class(out, &used);
	return true;
}

bool tree_dir_of(int fd, char canonical[TREE_PATH_BYTES])
{
	char link[32], target[TREE_PATH_BYTES];

	/* Relaxed: whoever holds such a descriptor got it after the count rose. */
	if (fd < 0 || !atomic_load_explicit(&dirs_opened, memory_order_relaxed))
		return false;
	int saved = errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	long n = sys_readlink(link, target, sizeof(target) - 1);
	errno = saved;
	if (n <= (long)strlen(DIR_LINK) || strncmp(target, DIR_LINK, strlen(DIR_LINK)))
		return false;
	target[n] = 0;
	char *deleted = strstr(target, " (deleted)");
	if (deleted)
		*deleted = 0;
	strcpy(canonical, target + strlen(DIR_LINK));
	return true;
}

/* ---- looking up ---- */

static bool path_in_dir(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return !strncmp(path, dir, n) && path[n] == '/';
}

static bool is_file(enum tree_kind kind)
{
	return kind == TREE_FILE || kind == TREE_DEVICE;
}

static enum tree_kind lookup(const struct nodes *n, const char *path, struct tree_entry *e)
{
	bool dir = false, below_file = false;

	for (size_t i = 0; i < n->count; i++) {
		const struct node *at = &n->node[i];

		if (!strcmp(at->path, path)) {
			e->kind = at->kind;
			e->device = at->device;
			e->gpu = at->gpu;
			e->text = at->text ? strdup(at->text) : NULL;
			return at->text && !e->text ? TREE_FOREIGN : at->kind;
		}
		dir = dir || path_in_dir(at->path, path);
		below_file = below_file || (is_file(at->kind) && path_in_dir(path, at->path));
	}
	e->error = below_file ? ENOTDIR : ENOENT;
	return e->kind = dir ? TREE_DIR : TREE_ABSENT;
}

/* The nodes that answer for @path; what changes is in @temporary, which nodes_free() clears. */
static const struct nodes *nodes_for(const char *path, struct nodes *temporary)
{
	memset(temporary, 0, sizeof(*temporary));
	if (below(path, TREE_PROC_DIR)) {
		process_dir_add(temporary);
		return temporary;
	}
	pthread_once(&once, fixed_init);
	return &fixed;
}

enum tree_kind tree_lookup(const char *canonical, struct tree_entry *e)
{
	struct nodes temporary;

	memset(e, 0, sizeof(*e));
	enum tree_kind kind = lookup(nodes_for(canonical, &temporary), canonical, e);
	nodes_free(&temporary);
	return kind;
}

/* What has a slash behind it must be a directory: a file keeps it, so that nothing is found. */
static void slash_behind_file(char canonical[TREE_PATH_BYTES])
{
	size_t used = strlen(canonical);
	struct tree_entry e;

	if (is_file(tree_lookup(canonical, &e)) && used + 2 <= TREE_PATH_BYTES)
		strcpy(canonical + used, "/");
	free(e.text);
}

bool tree_path(int dir, const char *path, bool follow, char canonical[TREE_PATH_BYTES])
{
	if (!path || !*path) /* of a descriptor itself, if allowed: the real functions know */
		return false;
	canonical[0] = 0;
	if (path[0] == '/') {
		const char *p = path + strspn(path, "/");

		if (strncmp(p, "sys/", 4) && strncmp(p, "dev/", 4) && strncmp(p, "proc/", 5))
			return false;
	} else if (dir == AT_FDCWD || !tree_dir_of(dir, canonical)) {
		return false;
	}
	if (!append(canonical, path, follow) || !in_roots(canonical) || !sim_machine_get()->gpu_count)
		return false;
	if (path[strlen(path) - 1] == '/')
		slash_behind_file(canonical);
	return true;
}

/* The name in directory @dir that leads to @path, of *@length_p characters; NULL if none does. */
static const char *child_name(const char *path, const char *dir, size_t *length_p)
{
	if (!path_in_dir(path, dir))
		return NULL;
	const char *name = path + strlen(dir) + 1;
	*length_p = strcspn(name, "/");
	return name;
}

static bool name_listed(char *const *names, size_t count, const char *name, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (!strncmp(names[i], name, length) && !names[i][length])
			return true;
	return false;
}

char **tree_names(const char *canonical)
{
	struct nodes temporary;
	const struct nodes *n = nodes_for(canonical, &temporary);
	/* A directory of another list. */
	const char *extra = !strcmp(canonical, TREE_KFD_DIR) ? "proc" : NULL;
	size_t bytes = extra ? strlen(extra) + 1 : 0, most = n->count + 4, count = 0, length;

	for (size_t i = 0; i < n->count; i++)
		if (child_name(n->node[i].path, canonical, &length))
			bytes += length + 1;
	char **names = malloc(most * sizeof(char *) + bytes + sizeof(".") + sizeof(".."));
	if (names) {
		char *text = (char *)(names + most);

		names[count++] = strcpy(text, ".");
		text += sizeof(".");
		names[count++] = strcpy(text, "..");
		text += sizeof("..");
		if (extra) {
			names[count++] = strcpy(text, extra);
			text += strlen(extra) + 1;
		}
		for (size_t i = 0; i < n->count; i++) {
			const char *name = child_name(n->node[i].path, canonical, &length);

			if (!name || name_listed(names, count, name, length))
				continue;
			names[count++] = memcpy(text, name, length);
			text[length] = 0;
			text += length + 1;
		}
		names[count] = NULL;
	}
	nodes_free(&temporary);
	return names;
}

/* ---- what an entry looks like ---- */

static uint64_t path_inode(const char *path)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * UINT64_C(0x100000001b3);
	return hash >> 16;
}

void tree_stat(const char *canonical, const struct tree_entry *e, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_dev = makedev(0, 5);
	st->st_ino = path_inode(canonical);
	st->st_nlink = 1; /* of a directory: the number of subdirectories is not known */
	st->st_blksize = 4096;
	switch (e->kind) {
	case TREE_DIR:
		st->st_mode = S_IFDIR | 0755;
		break;
	case TREE_LINK:
		st->st_mode = S_IFLNK | 0777;
		st->st_size = (off_t)strlen(e->text);
		break;
	case TREE_DEVICE:
		st->st_mode = S_IFCHR | 0666;
		if (e->device == DEVFILE_KFD)
			st->st_rdev = makedev(TREE_KFD_MAJOR, 0);
		else
			st->st_rdev = makedev(TREE_DRM_MAJOR, sim_machine_get()->gpu[e->gpu].render_minor);
		break;
	default:
		st->st_mode = S_IFREG | 0444;
		st->st_size = 4096; /* as sysfs, whatever there is to read */
	}
}

/* ---- opening ---- */

static int open_file(const char *text, int flags)
{
	size_t bytes = strlen(text);
	int fd = sys_memfd("kfdsim-file", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);

	if (fd < 0)
		return -errno;
	if (write(fd, text, bytes) != (ssize_t)bytes || lseek(fd, 0, SEEK_SET)) {
		sys_close(fd);
		return -EIO;
	}
	return fd;
}

static int open_dir(const char *canonical, int flags)
{
	char name[250];

	if ((size_t)snprintf(name, sizeof(name), DIR_MEMFD "%s", canonical) >= sizeof(name))
		return -ENAMETOOLONG;
	int fd = sys_memfd(name, flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	if (fd < 0)
		return -errno;
	atomic_fetch_add_explicit(&dirs_opened, 1, memory_order_relaxed);
	return fd;
}

int tree_open(const char *canonical, const struct tree_entry *e, int flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY;
	int r;

	if (e->kind == TREE_ABSENT)
		return e->error == ENOENT && flags & O_CREAT ? -EACCES : -e->error; /* sysfs makes no files */
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (flags & O_DIRECTORY && e->kind != TREE_DIR)
		return -ENOTDIR;
	switch (e->kind) {
	case TREE_FILE:
		return writes ? -EACCES : open_file(e->text, flags);
	case TREE_DIR:
		return writes ? -EISDIR : open_dir(canonical, flags);
	case TREE_DEVICE:
		r = e->device == DEVFILE_KFD ? kfd_open() : 0;
		return r ? r : devfile_open(e->device, e->gpu, flags);
	default:
		if (flags & O_NOFOLLOW)
			return -ELOOP;
		return -ENOENT; /* links lead out of the tree, to what the simulated machine does not show */
	}
}
