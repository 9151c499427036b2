/* SPDX-License-Identifier: MIT */
/* The kernel's side of level 3; see kfd_ops.h. Holds no state. */
#include "src/cwsr/kfd_ops.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <drm/amdgpu_drm.h>

/* The interface's layout that all drivers since 1.0 share. */
_Static_assert(sizeof(struct kfd_ioctl_update_queue_args) == 24, "UPDATE_QUEUE");
_Static_assert(sizeof(struct kfd_ioctl_set_cu_mask_args) == 16, "SET_CU_MASK");
_Static_assert(sizeof(struct kfd_ioctl_dbg_trap_args) == 32, "DBG_TRAP");
_Static_assert(sizeof(struct kfd_queue_snapshot_entry) == 64, "GET_QUEUE_SNAPSHOT");

static int call(int fd, unsigned long request, void *arg)
{
	int r = ioctl(fd, request, arg);

	return r < 0 ? -errno : r;
}

static int ops_open(void *ctx)
{
	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int ops_dup(void *ctx, int fd)
{
	/* Out of the way of programs that count on low numbers. */
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 200);

	if (copy < 0)
		copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return copy < 0 ? -errno : copy;
}

static void ops_close(void *ctx, int fd)
{
	close(fd);
}

static int ops_get_version(void *ctx, int fd, struct kfd_ioctl_get_version_args *a)
{
	return call(fd, AMDKFD_IOC_GET_VERSION, a);
}

static int ops_update_queue(void *ctx, int fd, struct kfd_ioctl_update_queue_args *a)
{
	return call(fd, AMDKFD_IOC_UPDATE_QUEUE, a);
}

static int ops_set_cu_mask(void *ctx, int fd, struct kfd_ioctl_set_cu_mask_args *a)
{
	return call(fd, AMDKFD_IOC_SET_CU_MASK, a);
}

static int ops_dbg_trap(void *ctx, int fd, struct kfd_ioctl_dbg_trap_args *a)
{
	a->pid = (uint32_t)getpid();
	return call(fd, AMDKFD_IOC_DBG_TRAP, a);
}

static int ops_open_render(void *ctx, uint32_t minor)
{
	char path[32];

	snprintf(path, sizeof(path), "/dev/dri/renderD%u", minor);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int ops_vram_lost(void *ctx, int render_fd, uint32_t *count_p)
{
	uint32_t count = 0;
	struct drm_amdgpu_info query = {.return_pointer = (uintptr_t)&count, .return_size = sizeof(count),
		.query = AMDGPU_INFO_VRAM_LOST_COUNTER};
	int r = call(render_fd, DRM_IOW(DRM_COMMAND_BASE + DRM_AMDGPU_INFO, struct drm_amdgpu_info), &query);

	if (!r)
		*count_p = count;
	return r;
}

static int ops_read_text(void *ctx, const char *path, char *text, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (used < bytes - 1 && (n = read(fd, text + used, bytes - 1 - used)) > 0)
		used += (size_t)n;
	int error = n < 0 ? -errno : 0;
	close(fd);
	if (error)
		return error;
	text[used] = 0;
	return (int)used;
}

static int ops_list_numbers(void *ctx, const char *path, void (*fn)(void *arg, uint32_t number), void *arg)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		char *end;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		unsigned long number = strtoul(entry->d_name, &end, 10);
		if (*end || number > UINT32_MAX)
			continue;
		fn(arg, (uint32_t)number);
		count++;
	}
	closedir(dir);
	return count;
}

static uint64_t ops_now_ns(void *ctx)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void ops_nap(void *ctx, uint64_t ns)
{
	const struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

const struct kfd_ops kfd_ops_kernel = {
	.open = ops_open,
	.dup = ops_dup,
	.close = ops_close,
	.get_version = ops_get_version,
	.update_queue = ops_update_queue,
	.set_cu_mask = ops_set_cu_mask,
	.dbg_trap = ops_dbg_trap,
	.open_render = ops_open_render,
	.vram_lost = ops_vram_lost,
	.read_text = ops_read_text,
	.list_numbers = ops_list_numbers,
	.now_ns = ops_now_ns,
	.nap = ops_nap,
};

int kfd_self_read(void *to, const void *from, size_t bytes)
{
	struct iovec local = {.iov_base = to, .iov_len = bytes};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)from, .iov_len = bytes};
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (n < 0)
		return -errno;
	return (size_t)n == bytes ? 0 : -EFAULT;
}
