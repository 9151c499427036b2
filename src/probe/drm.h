/* SPDX-License-Identifier: MIT */
/* What the render node of a GPU says about it, by libdrm_amdgpu. Read once for each GPU by the program's one thread. */
#ifndef PROBE_DRM_H
#define PROBE_DRM_H

#include <stdbool.h>
#include <stdint.h>

/* Members are negative, or empty, where the GPU does not say. */
struct probe_drm {
	bool known;
	char name[96];       /* as it is sold */
	int shader_mhz;      /* now */
	int load_percent;
	int64_t vram_used, vram_bytes;
	int64_t resets;      /* how often it lost its memory */
};

/** probe_drm_read() - ask the render node @minor; without libdrm nothing is known */
void probe_drm_read(uint32_t minor, struct probe_drm *d);

#endif
