/* SPDX-License-Identifier: MIT */
/* The render node; see drm.h. */
#include "src/probe/drm.h"

#include <config.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef XS_DRM
#include <amdgpu.h>
#include <amdgpu_drm.h>

static int sensor(amdgpu_device_handle device, unsigned which)
{
	uint32_t value;

	return amdgpu_query_sensor_info(device, which, sizeof(value), &value) ? -1 : (int)value;
}

static void ask(amdgpu_device_handle device, struct probe_drm *d)
{
	struct drm_amdgpu_memory_info memory;
	const char *name = amdgpu_get_marketing_name(device);
	uint32_t lost;

	d->known = true;
	if (name)
		snprintf(d->name, sizeof(d->name), "%s", name);
	d->shader_mhz = sensor(device, AMDGPU_INFO_SENSOR_GFX_SCLK);
	d->load_percent = sensor(device, AMDGPU_INFO_SENSOR_GPU_LOAD);
	if (!amdgpu_query_info(device, AMDGPU_INFO_MEMORY, sizeof(memory), &memory)) {
		d->vram_used = (int64_t)memory.vram.heap_usage;
		d->vram_bytes = (int64_t)memory.vram.total_heap_size;
	}
	if (!amdgpu_query_info(device, AMDGPU_INFO_VRAM_LOST_COUNTER, sizeof(lost), &lost))
		d->resets = lost;
}
#endif

void probe_drm_read(uint32_t minor, struct probe_drm *d)
{
	*d = (struct probe_drm){.shader_mhz = -1, .load_percent = -1, .vram_used = -1, .vram_bytes = -1, .resets = -1};
#ifdef XS_DRM
	amdgpu_device_handle device;
	uint32_t major, level;
	char path[32];

	snprintf(path, sizeof(path), "/dev/dri/renderD%u", minor);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!amdgpu_device_initialize(fd, &major, &level, &device)) {
		ask(device, d);
		amdgpu_device_deinitialize(device);
	}
	close(fd);
#endif
}
