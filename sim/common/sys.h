/* SPDX-License-Identifier: MIT */
/*
 * System calls that the simulator makes for itself. They must not pass through the C library's entry points, which
 * the preload library interposes; written and read by nobody, they hold no state.
 */
#ifndef SIM_SYS_H
#define SIM_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As the C library's function of the same name: -1 (or MAP_FAILED) and errno on failure. */
static inline int sys_openat(int dir, const char *path, int flags, mode_t mode)
{
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

static inline int sys_close(int fd)
{
	return (int)syscall(SYS_close, fd);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	return (int)syscall(SYS_fstat, fd, st);
}

static inline long sys_readlink(const char *path, char *text, size_t bytes)
{
	return syscall(SYS_readlink, path, text, bytes);
}

static inline int sys_memfd(const char *name, unsigned flags)
{
	return (int)syscall(SYS_memfd_create, name, flags);
}

static inline int sys_ioctl(int fd, unsigned long request, void *arg)
{
	return (int)syscall(SYS_ioctl, fd, request, arg);
}

static inline void *sys_mmap(void *addr, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, addr, bytes, prot, flags, fd, offset);
}

static inline int sys_munmap(void *addr, size_t bytes)
{
	return (int)syscall(SYS_munmap, addr, bytes);
}

#endif
