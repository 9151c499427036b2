/* SPDX-License-Identifier: MIT */
/*
 * The driver's copy_from_user() and copy_to_user(): process_vm_readv() and writev() on ourselves, which the kernel always
 * allows and which report a bad address. Holds no state but whether a sandbox forbids them.
 */
#include "sim/kfd/usercopy.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sim/common/log.h"
#include "sim/kfd/gpuvm.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

/* Above this a writable range is only read-faulted: writing would allocate what may never be used. */
#define POPULATE_WRITE_MAX (2u << 20)

/* Set by the first thread that meets a sandbox without process_vm_readv(). */
static _Atomic bool forbidden;

static bool unchecked(void)
{
	/* Relaxed: only spares a failing system call. */
	return atomic_load_explicit(&forbidden, memory_order_relaxed);
}

static int copy(struct iovec *local, struct iovec *remote, bool write)
{
	ssize_t n;

	if (!local->iov_len)
		return 0;
	if (!unchecked()) {
		n = write ? process_vm_writev(getpid(), local, 1, remote, 1, 0) :
			process_vm_readv(getpid(), local, 1, remote, 1, 0);
		if (n == (ssize_t)local->iov_len)
			return 0;
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return -EFAULT;
		if (!atomic_exchange_explicit(&forbidden, true, memory_order_relaxed))
			sim_log(SIM_LOG_WARNING, "process_vm_readv is forbidden here: wrong ioctl pointers will crash "
				"the program instead of giving EFAULT");
	}
	if (write)
		memcpy(remote->iov_base, local->iov_base, local->iov_len);
	else
		memcpy(local->iov_base, remote->iov_base, local->iov_len);
	return 0;
}

int user_range_ok(uint64_t addr, uint64_t bytes)
{
	return addr < GPUVM_VA_END && bytes <= GPUVM_VA_END - addr;
}

int user_read(void *to, uint64_t from, size_t bytes)
{
	struct iovec local = {to, bytes}, remote = {(void *)(uintptr_t)from, bytes};

	return user_range_ok(from, bytes) ? copy(&local, &remote, false) : -EFAULT;
}

int user_write(uint64_t to, const void *from, size_t bytes)
{
	struct iovec local = {(void *)(uintptr_t)from, bytes}, remote = {(void *)(uintptr_t)to, bytes};

	return user_range_ok(to, bytes) ? copy(&local, &remote, true) : -EFAULT;
}

/* -EFAULT when part of the range is not mapped; says nothing about protection. */
static int range_mapped(uint64_t addr, uint64_t bytes)
{
	unsigned char vec[256];

	for (uint64_t done = 0; done < bytes; done += sizeof(vec) * GPUVM_PAGE_BYTES) {
		uint64_t n = bytes - done;

		if (n > sizeof(vec) * GPUVM_PAGE_BYTES)
			n = sizeof(vec) * GPUVM_PAGE_BYTES;
		if (mincore((void *)(uintptr_t)(addr + done), n, vec) && errno == ENOMEM)
			return -EFAULT;
	}
	return 0;
}

/* Whether the kernel (5.14 on) populates at all: then its EINVAL is about the range, as a wrong pointer would be. */
static bool can_populate(void)
{
	static const char page[2 * GPUVM_PAGE_BYTES];
	uintptr_t inside = ((uintptr_t)page + GPUVM_PAGE_BYTES) & ~(uintptr_t)(GPUVM_PAGE_BYTES - 1);

	return !madvise((void *)inside, GPUVM_PAGE_BYTES, MADV_POPULATE_READ);
}

int user_populate(uint64_t addr, uint64_t bytes, int writable)
{
	uint64_t first = addr & ~(uint64_t)(GPUVM_PAGE_BYTES - 1);
	uint64_t end = (addr + bytes + GPUVM_PAGE_BYTES - 1) & ~(uint64_t)(GPUVM_PAGE_BYTES - 1);

	if (!user_range_ok(addr, bytes))
		return -EFAULT;
	int advice = writable && end - first <= POPULATE_WRITE_MAX ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
	if (!madvise((void *)(uintptr_t)first, end - first, advice))
		return 0;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return errno == EINVAL && !can_populate() ? range_mapped(first, end - first) : -EFAULT;
}
