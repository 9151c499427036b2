/* SPDX-License-Identifier: MIT */
/*
 * hold GIB: takes memory of the first GPU, prints how much of it is in use by all programs of the
 * machine, in GiB, and stays until its standard input ends. Started by machine.sh.
 */
#include <drm/amdgpu_drm.h>
#include <fcntl.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tests/int/tool/hsa_util.h"

static hsa_status_t pick_pool(hsa_amd_memory_pool_t pool, void *ctx)
{
	hsa_amd_segment_t segment;

	hsa_amd_memory_pool_get_info(pool, HSA_AMD_MEMORY_POOL_INFO_SEGMENT, &segment);
	if (segment != HSA_AMD_SEGMENT_GLOBAL)
		return HSA_STATUS_SUCCESS;
	*(hsa_amd_memory_pool_t *)ctx = pool;
	return HSA_STATUS_INFO_BREAK;
}

static uint64_t vram_used(void)
{
	uint64_t used = 0;
	struct drm_amdgpu_info info = {.return_pointer = (uintptr_t)&used,
		.return_size = sizeof(used),
		.query = AMDGPU_INFO_VRAM_USAGE};
	int fd = open("/dev/dri/renderD128", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, DRM_IOCTL_AMDGPU_INFO, &info) < 0)
		return UINT64_MAX;
	close(fd);
	return used;
}

int main(int argc, char **argv)
{
	hsa_agent_t gpu = hsa_util_start();
	hsa_amd_memory_pool_t pool = {0};
	size_t bytes = (argc > 1 ? strtoul(argv[1], NULL, 10) : 1) << 30;
	void *memory;
	char c;

	hsa_amd_agent_iterate_memory_pools(gpu, pick_pool, &pool);
	hsa_status_t status = hsa_amd_memory_pool_allocate(pool, bytes, 0, &memory);
	if (status) {
		printf("no memory (0x%x)\n", status);
		return 1;
	}
	/* The runtimes' own buffers are small. */
	printf("%llu\n", (unsigned long long)(vram_used() >> 30));
	fflush(stdout);
	return read(0, &c, 1) > 0;
}
