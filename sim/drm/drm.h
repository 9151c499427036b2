/* SPDX-License-Identifier: MIT */
/* The simulated amdgpu render node as the preload library calls it: what libdrm_amdgpu asks of it. */
#ifndef SIM_DRM_H
#define SIM_DRM_H

#include <stdint.h>

/**
 * sim_drm_ioctl() - one ioctl on GPU @gpu's render node
 * Return: 0; -EINVAL for an ioctl or a query that the node does not have; -EFAULT for a wrong pointer.
 * Source: Linux 7.2, drm/drm.h, drm/amdgpu_drm.h; amdgpu_kms.c amdgpu_info_ioctl().
 */
int sim_drm_ioctl(uint32_t gpu, unsigned long cmd, void *arg);

#endif
