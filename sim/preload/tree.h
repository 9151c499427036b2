/* SPDX-License-Identifier: MIT */
/*
 * The files and directories below /dev, /sys and /proc that a machine with the simulated GPUs has. Made from sim_machine when
 * first looked at, constant then, but for what sysfs shows of the running process.
 */
#ifndef SIM_PRELOAD_TREE_H
#define SIM_PRELOAD_TREE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "sim/kfd/devfile.h"

/* No path of the tree is as long. Small, as the interposed functions have it on their stack, and programs call those on signal
 * stacks of 8 KiB. */
#define TREE_PATH_BYTES 512

enum tree_kind {
	TREE_FOREIGN, /* not the simulator's: the real file system's answer counts */
	TREE_ABSENT,  /* the simulator's, and there is no such file */
	TREE_FILE,
	TREE_DIR,
	TREE_LINK,
	TREE_DEVICE,
};

struct tree_entry {
	enum tree_kind kind;
	enum devfile_kind device; /* of a TREE_DEVICE */
	uint32_t gpu;
	int error;                /* of a TREE_ABSENT: ENOENT; ENOTDIR below a file */
	char *text;               /* content or link target; of whoever asked, to be freed; NULL if neither file nor link */
};

/**
 * tree_path() - the canonical form of a path, if the simulator could have it
 * @dir: as openat()'s
 * @follow: whether a link at its end is followed, where it leads to the tree
 * Return: whether it is worth a tree_lookup(); @path is then set. Cheap when not.
 */
bool tree_path(int dir, const char *path, bool follow, char canonical[TREE_PATH_BYTES]);
/** tree_lookup() - what is at a canonical path; @e->text is the caller's. Without memory TREE_FOREIGN. */
enum tree_kind tree_lookup(const char *canonical, struct tree_entry *e);
/** tree_names() - the names in a directory, in a malloc()ed list that ends in NULL, strings in the same block */
char **tree_names(const char *canonical);
/** tree_stat() - what stat() says of an entry found at @canonical */
void tree_stat(const char *canonical, const struct tree_entry *e, struct stat *st);
/** tree_open() - open() of an entry. Return: a descriptor; -errno. */
int tree_open(const char *canonical, const struct tree_entry *e, int flags);
/** tree_dir_of() - the canonical path behind a descriptor that tree_open() gave for a directory. Return: whether it is one. */
bool tree_dir_of(int fd, char canonical[TREE_PATH_BYTES]);
/** tree_dirs_fork_child() - open directories stay open, whatever the parent's other threads did with theirs */
void tree_dirs_fork_child(void);

#endif
