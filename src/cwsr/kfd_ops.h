/* SPDX-License-Identifier: MIT */
/*
 * Every call that level 3 makes of the kernel: one table of functions. The real ones are in kfd_ops.c; tests pass others.
 *
 * Functions return 0, a count or a descriptor, or a negative errno, and do not retry.
 * Source: kfd_ioctl.h 1.23; amdgpu_drm.h.
 */
#ifndef CWSR_KFD_OPS_H
#define CWSR_KFD_OPS_H

#include <stddef.h>
#include <stdint.h>

#include "kfd_ioctl.h"

struct kfd_ops {
	void *ctx; /* first argument of each */
	/* /dev/kfd of this process, close-on-exec. */
	int (*open)(void *ctx);
	/* Another descriptor of the same open file, close-on-exec: queues belong to a file's process. */
	int (*dup)(void *ctx, int fd);
	void (*close)(void *ctx, int fd);
	int (*get_version)(void *ctx, int fd, struct kfd_ioctl_get_version_args *a);
	int (*update_queue)(void *ctx, int fd, struct kfd_ioctl_update_queue_args *a);
	int (*set_cu_mask)(void *ctx, int fd, struct kfd_ioctl_set_cu_mask_args *a);
	/* All operations of the debug interface, on this process. @a->pid is filled in. Return: as the ioctl, which for SUSPEND and
	 * RESUME is a number of queues. */
	int (*dbg_trap)(void *ctx, int fd, struct kfd_ioctl_dbg_trap_args *a);
	/* The GPU's render node, close-on-exec. */
	int (*open_render)(void *ctx, uint32_t minor);
	/* How often the GPU lost its memory: each reset counts. */
	int (*vram_lost)(void *ctx, int render_fd, uint32_t *count_p);
	/* The start of a text file, NUL-terminated; returns its length. */
	int (*read_text)(void *ctx, const char *path, char *text, size_t bytes);
	/* Call @fn with each name in a folder that is a number; returns how many. */
	int (*list_numbers)(void *ctx, const char *path, void (*fn)(void *arg, uint32_t number), void *arg);
	/* CLOCK_MONOTONIC. */
	uint64_t (*now_ns)(void *ctx);
	/* Let time pass. */
	void (*nap)(void *ctx, uint64_t ns);
};

/* The kernel's. */
extern const struct kfd_ops kfd_ops_kernel;

/**
 * kfd_self_read() - copy memory of this process that may not be there
 * Return: 0; -EFAULT, or another error where the kernel does not allow it.
 */
int kfd_self_read(void *to, const void *from, size_t bytes);

#endif
