/* SPDX-License-Identifier: MIT */
/* ioctl(), mmap() and munmap(): requests on the simulated devices go to sim/kfd and sim/drm, all others to the kernel. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/ioctl.h>

#include "kfd_ioctl.h"
#include "sim/common/sys.h"
#include "sim/drm/drm.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/kfd.h"
#include "sim/preload/real.h"

static int result(int r)
{
	if (r >= 0)
		return r;
	errno = -r;
	return -1;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct devfile f;
	va_list args;

	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	unsigned type = _IOC_TYPE(request);
	if ((type != AMDKFD_IOCTL_BASE && type != DRM_IOCTL_BASE) || !devfile_identify_any(fd, &f))
		return sys_ioctl(fd, request, arg);
	if (f.kind == DEVFILE_RENDER)
		return result(sim_drm_ioctl(f.gpu, request, arg));
	/* A file of /dev/kfd belongs to the process that opened it. */
	return result(f.foreign ? -EBADF : kfd_ioctl(request, arg));
}

static void *map_kfd(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	uint64_t at = 0;
	int r = kfd_mmap((uint64_t)offset, bytes, &at);

	if (r) {
		errno = -r;
		return MAP_FAILED;
	}
	/* Device memory is shared whatever the caller asked for. */
	void *mapped = sys_mmap(addr, bytes, prot, (flags & ~MAP_TYPE) | MAP_SHARED, fd, (off_t)at);
	if (mapped != MAP_FAILED && at < DEVFILE_KFD_MMIO(0))
		kfd_doorbells_mapped(mapped, bytes, (uint32_t)(at / DEVFILE_DOORBELL_BYTES));
	return mapped;
}

/* Behind both names, neither of which calls the other: see hook_stat.c. */
static void *sim_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	struct devfile f;

	if (flags & MAP_FIXED)
		kfd_munmap(addr, bytes);
	if (flags & MAP_ANONYMOUS || fd < 0 || !devfile_identify_any(fd, &f) ||
		(f.foreign && f.kind == DEVFILE_RENDER))
		return sys_mmap(addr, bytes, prot, flags, fd, offset);
	/* A process that has not opened the device has nothing there, whoever's file it is (Linux 6.12, kfd_mmap()); one that has is
	 * expected to use its own file. A render node's buffers are its file's. */
	if (f.foreign) {
		errno = EINVAL;
		return MAP_FAILED;
	}
	if (f.kind == DEVFILE_KFD)
		return map_kfd(addr, bytes, prot, flags, fd, offset);
	int r = kfd_drm_mmap(f.gpu, (uint64_t)offset, bytes, prot, flags);
	if (r) {
		errno = -r;
		return MAP_FAILED;
	}
	return sys_mmap(addr, bytes, prot, flags, fd, offset);
}

EXPORT void *mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return sim_mmap(addr, bytes, prot, flags, fd, offset);
}

EXPORT void *mmap64(void *addr, size_t bytes, int prot, int flags, int fd, off64_t offset)
{
	return sim_mmap(addr, bytes, prot, flags, fd, offset);
}

EXPORT int munmap(void *addr, size_t bytes)
{
	kfd_munmap(addr, bytes);
	return sys_munmap(addr, bytes);
}
