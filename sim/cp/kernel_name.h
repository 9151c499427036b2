/* SPDX-License-Identifier: MIT */
/* Names of kernels, for messages: read from the dynamic symbols of the code object in GPU memory.
 */
#ifndef SIM_CP_KERNEL_NAME_H
#define SIM_CP_KERNEL_NAME_H

#include <stddef.h>
#include <stdint.h>

/**
 * kernel_name() - the name of the kernel whose descriptor is at @object
 * @text: at least 32 bytes; "object 0x..." when no name is found
 */
void kernel_name(uint32_t gpu, uint64_t object, char *text, size_t bytes);

#endif
