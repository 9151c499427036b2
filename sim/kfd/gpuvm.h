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

/** gpuvm_page() - host address of the 4 KiB page holding @va on GPU @gpu, NULL if unmapped there. Any thread, lock free
 *  or nearly so. */
uint8_t *gpuvm_page(uint32_t gpu, uint64_t va, bool write);
/** gpuvm_host() - host address of @bytes contiguous bytes at @va, NULL if any of them is unmapped or they are not
 *  contiguous on the host */
void *gpuvm_host(uint32_t gpu, uint64_t va, size_t bytes, bool write);
/** gpuvm_generation() - counter that changes whenever a mapping of that GPU is removed or replaced */
const _Atomic uint32_t *gpuvm_generation(uint32_t gpu);

#endif
