/* SPDX-License-Identifier: MIT */
/*
 * The files behind /dev/kfd and /dev/dri/renderD*: sparse memory files, one each per process, recognised by inode so that
 * dup(), fcntl() and descriptor passing work without tracking. The simulator maps them for itself; the application maps
 * them through its descriptors.
 */
#ifndef SIM_DEVFILE_H
#define SIM_DEVFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum devfile_kind { DEVFILE_NONE, DEVFILE_KFD, DEVFILE_RENDER };

/* Layout of the file of /dev/kfd: doorbell slices of all GPUs, MMIO pages of all GPUs, the driver's own event slots. */
#define DEVFILE_DOORBELL_BYTES 8192u
#define DEVFILE_KFD_DOORBELLS(gpu) ((uint64_t)(gpu) * DEVFILE_DOORBELL_BYTES)
#define DEVFILE_KFD_MMIO(gpu) ((UINT64_C(1) << 20) + (uint64_t)(gpu) * 4096u)
#define DEVFILE_KFD_EVENTS (UINT64_C(2) << 20)
#define DEVFILE_KFD_BYTES (UINT64_C(4) << 20)
/* A render node's file holds every buffer at an offset that is never used again, and so is as large as files can be. */
#define DEVFILE_RENDER_BYTES (UINT64_C(1) << 60)

struct devfile {
	enum devfile_kind kind;
	uint32_t gpu;  /* of a render node */
	bool foreign;  /* opened by another process, or by the parent before a fork */
};

/** devfile_open() - a new descriptor. @flags: open()'s. Return: the descriptor; -errno. */
int devfile_open(enum devfile_kind kind, uint32_t gpu, int flags);
/** devfile_identify() - what @fd is, by inode; errno is left alone. Return: whether it is one of ours in this process. */
bool devfile_identify(int fd, struct devfile *f);
/** devfile_identify_any() - also recognises those of other processes, at the cost of a readlink() */
bool devfile_identify_any(int fd, struct devfile *f);
/** devfile_same() - whether two descriptors stem from one open() */
bool devfile_same(int fd1, int fd2);
/** devfile_map() - the simulator's own shared mapping of a part; NULL without memory */
uint8_t *devfile_map(enum devfile_kind kind, uint32_t gpu, uint64_t offset, uint64_t bytes);
/** devfile_discard() - give the memory of a part back */
void devfile_discard(enum devfile_kind kind, uint32_t gpu, uint64_t offset, uint64_t bytes);
/** devfile_fork_child() - the parent's files are foreign from now on */
void devfile_fork_child(void);

#endif
