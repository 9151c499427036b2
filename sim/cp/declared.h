/* SPDX-License-Identifier: MIT */
/*
 * Kernels whose duration is declared instead of executed. Written by cp_kernel_time_declare(), read
 * by the engine thread when it takes on a dispatch.
 */
#ifndef SIM_CP_DECLARED_H
#define SIM_CP_DECLARED_H

#include <stdbool.h>
#include <stdint.h>

/**
 * declared_find() - what was declared for the kernel at @object
 * @ns_p, @cus_p: its duration and CUs; set only when it was
 */
bool declared_find(uint32_t gpu, uint64_t object, uint64_t *ns_p, uint32_t *cus_p);

#endif
