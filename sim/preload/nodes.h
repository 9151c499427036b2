/* SPDX-License-Identifier: MIT */
/* A list of paths with their content: what tree.c looks up, topology.c and process_dir.c fill. Used by one thread at a time. */
#ifndef SIM_PRELOAD_NODES_H
#define SIM_PRELOAD_NODES_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/preload/tree.h"

struct node {
	char *path;
	enum tree_kind kind;
	enum devfile_kind device;
	uint32_t gpu;
	char *text;
};

struct nodes {
	struct node *node;
	size_t count, room;
	bool failed; /* memory ran out: the list is not complete */
};

/* Paths and texts are formats. Directories above an entry need not be added. */
void nodes_add_file(struct nodes *n, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));
void nodes_add_link(struct nodes *n, const char *path, const char *target);
void nodes_add_dir(struct nodes *n, const char *path);
void nodes_add_device(struct nodes *n, const char *path, enum devfile_kind device, uint32_t gpu);
void nodes_free(struct nodes *n);

/** topology_add() - everything that does not change: devices, topology, module parameters */
void topology_add(struct nodes *n);
/** process_dir_add() - what KFD shows of this process: buffers and queues as they are now */
void process_dir_add(struct nodes *n);

#define TREE_KFD_DIR "/sys/devices/virtual/kfd/kfd"
#define TREE_RENDER_NODE "/dev/dri/renderD%u"
#define TREE_CLASS_LINK "/sys/class/kfd/kfd"
/* KFD has no fixed device number; this is one that udev would have given out dynamically. */
#define TREE_KFD_MAJOR 511
#define TREE_DRM_MAJOR 226
#define TREE_PROC_DIR TREE_KFD_DIR "/proc"

#endif
