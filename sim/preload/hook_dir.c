/* SPDX-License-Identifier: MIT */
/*
 * opendir() and its kin. A directory of the simulated tree is a DIR of our own, which the C library's functions must never
 * see: every open one is in a list, and every function asks it first.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/sys.h"
#include "sim/preload/real.h"
#include "sim/preload/tree.h"

struct tree_dir {
	char path[TREE_PATH_BYTES];
	char **names;
	size_t next;       /* in names */
	int fd;
	struct dirent entry; /* that readdir() returned last */
	struct tree_dir *link;
};

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "x86-64 has one struct dirent");

/* Open directories, under the mutex; the head is read without it to keep readdir() of real ones cheap. */
static _Atomic(struct tree_dir *) open_dirs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void tree_dirs_fork_child(void)
{
	/* A thread of the parent may have had it. The list is whole at any time: each change of it is one store. */
	pthread_mutex_init(&mutex, NULL);
}

static struct tree_dir *ours(DIR *d)
{
	/* Relaxed: whoever holds one of ours got it after the list was no longer empty. */
	if (!atomic_load_explicit(&open_dirs, memory_order_relaxed))
		return NULL;
	pthread_mutex_lock(&mutex);
	struct tree_dir *t = atomic_load_explicit(&open_dirs, memory_order_relaxed);
	while (t && t != (struct tree_dir *)d)
		t = t->link;
	pthread_mutex_unlock(&mutex);
	return t;
}

static struct tree_dir *dir_new(const char *canonical, int fd)
{
	struct tree_dir *t = calloc(1, sizeof(*t));
	char **names = tree_names(canonical);

	if (!t || !names) {
		free(t);
		free(names);
		errno = ENOMEM;
		return NULL;
	}
	strcpy(t->path, canonical);
	t->names = names;
	t->fd = fd;
	pthread_mutex_lock(&mutex);
	t->link = atomic_load_explicit(&open_dirs, memory_order_relaxed);
	atomic_store_explicit(&open_dirs, t, memory_order_relaxed);
	pthread_mutex_unlock(&mutex);
	return t;
}

static void dir_free(struct tree_dir *t)
{
	pthread_mutex_lock(&mutex);
	struct tree_dir *at = atomic_load_explicit(&open_dirs, memory_order_relaxed);
	if (at == t) {
		atomic_store_explicit(&open_dirs, t->link, memory_order_relaxed);
	} else {
		while (at->link != t)
			at = at->link;
		at->link = t->link;
	}
	pthread_mutex_unlock(&mutex);
	if (t->fd >= 0)
		sys_close(t->fd);
	free(t->names);
	free(t);
}

/* Open a directory of the tree. Return: whether @path is the simulator's; *@dir_p is NULL, with errno, if it failed. */
static bool tree_opens_dir(const char *path, struct tree_dir **dir_p)
{
	char canonical[TREE_PATH_BYTES];
	struct tree_entry e;

	*dir_p = NULL;
	if (!tree_path(AT_FDCWD, path, true, canonical) || tree_lookup(canonical, &e) == TREE_FOREIGN)
		return false;
	free(e.text);
	if (e.kind == TREE_DIR)
		*dir_p = dir_new(canonical, -1);
	else
		errno = e.kind == TREE_ABSENT ? e.error : ENOTDIR;
	return true;
}

EXPORT DIR *opendir(const char *path)
{
	struct tree_dir *t;

	return tree_opens_dir(path, &t) ? (DIR *)t : REAL(opendir)(path);
}

EXPORT DIR *fdopendir(int fd)
{
	char canonical[TREE_PATH_BYTES];

	return tree_dir_of(fd, canonical) ? (DIR *)dir_new(canonical, fd) : REAL(fdopendir)(fd);
}

static struct dirent *dir_read(struct tree_dir *t)
{
	char child[TREE_PATH_BYTES + NAME_MAX + 2];
	struct tree_entry e = {.kind = TREE_DIR};
	struct stat st;
	const char *name = t->names[t->next];

	if (!name)
		return NULL;
	t->next++;
	memset(&t->entry, 0, sizeof(t->entry));
	strncpy(t->entry.d_name, name, sizeof(t->entry.d_name) - 1);
	strcpy(child, t->path);
	if (name[0] != '.') {
		strcat(child, "/");
		strncat(child, name, NAME_MAX);
		if (strlen(child) < TREE_PATH_BYTES)
			tree_lookup(child, &e);
		if (e.kind == TREE_ABSENT) /* gone meanwhile: a process, a queue */
			e.kind = TREE_DIR;
	}
	tree_stat(child, &e, &st);
	free(e.text);
	t->entry.d_ino = st.st_ino;
	t->entry.d_off = (off_t)t->next;
	t->entry.d_reclen = sizeof(t->entry);
	t->entry.d_type = IFTODT(st.st_mode);
	return &t->entry;
}

EXPORT struct dirent *readdir(DIR *d)
{
	struct tree_dir *t = ours(d);

	return t ? dir_read(t) : REAL(readdir)(d);
}

EXPORT struct dirent64 *readdir64(DIR *d)
{
	struct tree_dir *t = ours(d);

	return t ? (struct dirent64 *)dir_read(t) : REAL(readdir64)(d);
}

/* Deprecated, so that its type cannot be asked for without a warning. */
typedef int (*readdir_r_fn)(DIR *d, struct dirent *entry, struct dirent **result_p);

static int dir_read_r(struct tree_dir *t, struct dirent *entry, struct dirent **result_p)
{
	*result_p = dir_read(t);
	if (*result_p)
		*result_p = memcpy(entry, *result_p, sizeof(*entry));
	return 0;
}

EXPORT int readdir_r(DIR *d, struct dirent *entry, struct dirent **result_p)
{
	static _Atomic(void *) real;
	struct tree_dir *t = ours(d);

	return t ? dir_read_r(t, entry, result_p) : ((readdir_r_fn)real_function(&real, "readdir_r"))(d, entry, result_p);
}

EXPORT int readdir64_r(DIR *d, struct dirent64 *entry, struct dirent64 **result_p)
{
	static _Atomic(void *) real;
	struct tree_dir *t = ours(d);
	struct dirent **result = (struct dirent **)result_p;

	return t ? dir_read_r(t, (struct dirent *)entry, result) :
		((readdir_r_fn)real_function(&real, "readdir64_r"))(d, (struct dirent *)entry, result);
}

EXPORT int closedir(DIR *d)
{
	struct tree_dir *t = ours(d);

	if (!t)
		return REAL(closedir)(d);
	dir_free(t);
	return 0;
}

EXPORT void rewinddir(DIR *d)
{
	struct tree_dir *t = ours(d);

	if (t)
		t->next = 0;
	else
		REAL(rewinddir)(d);
}

EXPORT long telldir(DIR *d)
{
	struct tree_dir *t = ours(d);

	return t ? (long)t->next : REAL(telldir)(d);
}

EXPORT void seekdir(DIR *d, long position)
{
	struct tree_dir *t = ours(d);

	if (!t) {
		REAL(seekdir)(d, position);
		return;
	}
	for (t->next = 0; t->next < (size_t)position && t->names[t->next];)
		t->next++;
}

EXPORT int dirfd(DIR *d)
{
	struct tree_dir *t = ours(d);
	const struct tree_entry e = {.kind = TREE_DIR};

	if (!t)
		return REAL(dirfd)(d);
	if (t->fd < 0) {
		int fd = tree_open(t->path, &e, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0) {
			errno = -fd;
			return -1;
		}
		t->fd = fd;
	}
	return t->fd;
}

/* scandir() over a directory of ours; the real one would not find it. */
static int dir_scan(struct tree_dir *t, struct dirent ***list_p, int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **))
{
	size_t room = 0, count = 0;
	struct dirent **list, *e;

	while (t->names[room])
		room++;
	list = malloc((room + 1) * sizeof(struct dirent *));
	while (list && (e = dir_read(t))) {
		if (filter && !filter(e))
			continue;
		list[count] = malloc(sizeof(*e));
		if (!list[count]) {
			while (count)
				free(list[--count]);
			free(list);
			list = NULL;
			break;
		}
		memcpy(list[count++], e, sizeof(*e));
	}
	dir_free(t);
	if (!list) {
		errno = ENOMEM;
		return -1;
	}
	if (compare)
		qsort(list, count, sizeof(struct dirent *), (int (*)(const void *, const void *))compare);
	*list_p = list;
	return (int)count;
}

EXPORT int scandir(const char *path, struct dirent ***list_p, int (*filter)(const struct dirent *),
	int (*compare)(const struct dirent **, const struct dirent **))
{
	struct tree_dir *t;

	if (!tree_opens_dir(path, &t))
		return REAL(scandir)(path, list_p, filter, compare);
	return t ? dir_scan(t, list_p, filter, compare) : -1;
}

EXPORT int scandir64(const char *path, struct dirent64 ***list_p, int (*filter)(const struct dirent64 *),
	int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	struct tree_dir *t;

	if (!tree_opens_dir(path, &t))
		return REAL(scandir64)(path, list_p, filter, compare);
	if (!t)
		return -1;
	return dir_scan(t, (struct dirent ***)list_p, (int (*)(const struct dirent *))filter,
		(int (*)(const struct dirent **, const struct dirent **))compare);
}
