/* SPDX-License-Identifier: MIT */
/*
 * GPU virtual memory of one process on one GPU: which host memory stands behind an address. Written by the memory ioctls,
 * read by the command processor, SDMA and waves.
 */
#ifndef SIM_GPUVM_H
#define SIM_GPUVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPUVM_PAGE_BYTES 4096u
/* First address behind the GPU virtual address space: 47 bits, so that every user address of the host is one. */
#define GPUVM_VA_END (UINT64_C(1) << 47)

/** gpuvm_page() - host address of the 4 KiB page holding @va on GPU @gpu, NULL if unmapped there. Any thread, lock free. */
uint8_t *gpuvm_page(uint32_t gpu, uint64_t va, bool write);
/** gpuvm_host() - host address of @bytes contiguous bytes at @va, NULL if any of them is unmapped or they are not
 *  contiguous on the host. Any thread, lock free. */
void *gpuvm_host(uint32_t gpu, uint64_t va, size_t bytes, bool write);
/** gpuvm_generation() - counter that changes whenever a mapping of that GPU is removed or replaced */
const _Atomic uint32_t *gpuvm_generation(uint32_t gpu);

/**
 * gpuvm_map() - put host memory behind an address range
 * @va, @bytes: multiples of GPUVM_PAGE_BYTES, within GPUVM_VA_END
 * @host:       first host byte, aligned to a page; must stay mapped until gpuvm_unmap()
 * @writable:   whether the GPU may write
 * Context: the memory ioctls; callers of map and unmap exclude each other (kfd_process.mutex).
 * Return:  0; -EINVAL when out of range, not aligned, or a page of the range is mapped already; -ENOMEM.
 */
int gpuvm_map(uint32_t gpu, uint64_t va, uint64_t bytes, uint8_t *host, bool writable);
/**
 * gpuvm_unmap() - take the range away again
 * A reader that looked a page up before may still use the host address: the caller keeps the host memory until nothing
 * of the GPU runs on the old translation, or accepts that such an access reaches the old memory, as with a TLB.
 */
void gpuvm_unmap(uint32_t gpu, uint64_t va, uint64_t bytes);
/** gpuvm_fork_child() - in a forked child: forget every mapping */
void gpuvm_fork_child(void);

#endif
