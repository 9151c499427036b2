/* SPDX-License-Identifier: MIT */
/*
 * The ioctls of the simulated driver about process and GPUs: version, apertures, clocks, address spaces, and those that a
 * driver without the feature answers. Called under kfd_process.mutex.
 *
 * Source of checks and error codes: Linux 6.12 and 7.2, amdkfd/kfd_chardev.c.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "sim/kfd/usercopy.h"

/* Flat-address windows of gfx9. Runtimes take the upper half of the bases, which must not be zero. */
#define LDS_BASE (UINT64_C(1) << 48)
#define SCRATCH_BASE (UINT64_C(2) << 48)
#define APERTURE_BYTES (UINT64_C(1) << 32)
#define GPUVM_BASE UINT64_C(0x4000)

int kfd_op_get_version(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_version_args *a = data;

	a->major_version = 1;
	a->minor_version = sim_machine_get()->kfd_minor;
	return 0;
}

void kfd_apertures_of(const struct kfd_gpu *g, struct kfd_process_device_apertures *a)
{
	memset(a, 0, sizeof(*a));
	a->gpu_id = g->sim->gpu_id;
	a->lds_base = LDS_BASE;
	a->lds_limit = LDS_BASE + APERTURE_BYTES - 1;
	a->scratch_base = SCRATCH_BASE;
	a->scratch_limit = SCRATCH_BASE + APERTURE_BYTES - 1;
	a->gpuvm_base = GPUVM_BASE;
	a->gpuvm_limit = GPUVM_VA_END - 1;
}

int kfd_op_get_apertures(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_process_apertures_args *a = data;
	uint32_t n = p->gpu_count < NUM_OF_SUPPORTED_GPUS ? p->gpu_count : NUM_OF_SUPPORTED_GPUS;

	for (uint32_t i = 0; i < n; i++)
		kfd_apertures_of(&p->gpus[i], &a->process_apertures[i]);
	a->num_of_nodes = n;
	return 0;
}

int kfd_op_get_apertures_new(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_process_apertures_new_args *a = data;
	struct kfd_process_device_apertures all[SIM_MAX_GPUS];

	if (!a->num_of_nodes) {
		a->num_of_nodes = p->gpu_count;
		return 0;
	}
	/* The driver allocates what it is asked for. */
	if (a->num_of_nodes > (4u << 20) / sizeof(all[0]))
		return -ENOMEM;
	uint32_t n = a->num_of_nodes < p->gpu_count ? a->num_of_nodes : p->gpu_count;
	for (uint32_t i = 0; i < n; i++)
		kfd_apertures_of(&p->gpus[i], &all[i]);
	a->num_of_nodes = n;
	return user_write(a->kfd_process_device_apertures_ptr, all, n * sizeof(all[0]));
}

int kfd_op_get_clock_counters(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_clock_counters_args *a = data;
	struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);
	struct timespec raw;

	/* GPU and system time from one reading: runtimes fit a line through such pairs. */
	a->system_clock_counter = kfd_clock_ns();
	a->system_clock_freq = 1000000000;
	a->gpu_clock_counter = g ? kfd_gpu_counter(kfd_gpu_index(p, g), a->system_clock_counter) : 0;
	clock_gettime(CLOCK_MONOTONIC_RAW, &raw);
	a->cpu_clock_counter = (uint64_t)raw.tv_sec * 1000000000u + (uint64_t)raw.tv_nsec;
	return 0;
}

/* 0 when @gpu_id names a GPU that has an address space here. */
static int bound(struct kfd_process *p, uint32_t gpu_id)
{
	struct kfd_gpu *g = kfd_gpu_find(p, gpu_id);

	if (!g)
		return -EINVAL;
	return kfd_gpu_bound(g) ? 0 : -ESRCH;
}

int kfd_op_set_memory_policy(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_set_memory_policy_args *a = data;

	if (a->default_policy > KFD_IOC_CACHE_POLICY_NONCOHERENT ||
		a->alternate_policy > KFD_IOC_CACHE_POLICY_NONCOHERENT)
		return -EINVAL;
	/* The simulated GPU has no caches to set a policy for. */
	return bound(p, a->gpu_id);
}

int kfd_op_set_scratch(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_set_scratch_backing_va_args *a = data;

	/* Only PM4 queues without a runtime that sets the scratch base itself use it. */
	return bound(p, a->gpu_id);
}

int kfd_op_set_trap_handler(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_set_trap_handler_args *a = data;

	/* s_trap ends in the command processor's error handling; a second-level handler is never entered. */
	return bound(p, a->gpu_id);
}

int kfd_op_get_tile_config(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_tile_config_args *a = data;
	const uint32_t tiles[32] = {0};

	if (!kfd_gpu_find(p, a->gpu_id))
		return -EINVAL;
	/* gfx9 has no tiling tables, but the driver hands out the zeroed arrays. */
	if (a->num_tile_configs > 32)
		a->num_tile_configs = 32;
	if (a->num_macro_tile_configs > 16)
		a->num_macro_tile_configs = 16;
	int r = user_write(a->tile_config_ptr, tiles, a->num_tile_configs * sizeof(tiles[0]));
	if (!r)
		r = user_write(a->macro_tile_config_ptr, tiles, a->num_macro_tile_configs * sizeof(tiles[0]));
	/* GB_ADDR_CONFIG as the driver programs it on Vega 10 (gfx_v9_0.c); only image addressing looks at it. */
	a->gb_addr_config = 0x2a114042;
	a->num_banks = 0;
	a->num_ranks = 0;
	return r;
}

int kfd_op_acquire_vm(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_acquire_vm_args *a = data;
	struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);
	struct devfile f;
	struct stat st;

	if (!g || sys_fstat((int)a->drm_fd, &st))
		return -EINVAL;
	if (kfd_gpu_bound(g))
		return devfile_same(g->drm_fd, (int)a->drm_fd) ? 0 : -EBUSY;
	if (!devfile_identify((int)a->drm_fd, &f) || f.kind != DEVFILE_RENDER || f.gpu != kfd_gpu_index(p, g))
		return -EINVAL;
	int fd = fcntl((int)a->drm_fd, F_DUPFD_CLOEXEC, 700);
	if (fd < 0)
		fd = fcntl((int)a->drm_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -ENOMEM;
	g->drm_fd = fd;
	return 0;
}

int kfd_op_set_xnack_mode(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_set_xnack_mode_args *a = data;

	if (a->xnack_enabled < 0) {
		a->xnack_enabled = 0;
		return 0;
	}
	if (p->queue_count)
		return -EBUSY;
	/* The simulated GPUs run without retry faults. */
	return a->xnack_enabled ? -EPERM : 0;
}

int kfd_op_svm(struct kfd_process *p, void *data)
{
	/* As a kernel built without CONFIG_HSA_AMD_SVM; the SVM capability is not announced. */
	return -EPERM;
}

int kfd_op_criu(struct kfd_process *p, void *data)
{
	/* As without CAP_CHECKPOINT_RESTORE, which the simulated driver grants to nobody. */
	return -EACCES;
}

/* What dma_buf_get() says of a descriptor: nothing that reaches the simulated driver can be a buffer. */
static int dmabuf_get(uint32_t fd)
{
	struct stat st;

	return sys_fstat((int)fd, &st) ? -EBADF : -EINVAL;
}

int kfd_op_get_dmabuf_info(struct kfd_process *p, void *data)
{
	return dmabuf_get(((struct kfd_ioctl_get_dmabuf_info_args *)data)->dmabuf_fd);
}

int kfd_op_import_dmabuf(struct kfd_process *p, void *data)
{
	return dmabuf_get(((struct kfd_ioctl_import_dmabuf_args *)data)->dmabuf_fd);
}

int kfd_op_export_dmabuf(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_export_dmabuf_args *a = data;

	if (!kfd_bo_find(p, a->handle))
		return -EINVAL;
	sim_log(SIM_LOG_WARNING, "EXPORT_DMABUF: simulated GPU memory cannot be shared between processes");
	return -EPERM;
}
