/* SPDX-License-Identifier: MIT */
/*
 * Memory ioctls of the simulated driver: buffers in VRAM, host memory and user memory, and their mappings into GPU address
 * spaces. Called under kfd_process.mutex; what they map is read by the engine through gpuvm.h.
 *
 * VRAM and host memory are parts of the render node's file. The simulator maps each buffer for itself, so a GPU sees it
 * whatever the application did with its own mapping: none, or one without access as libhsakmt makes it for invisible VRAM.
 *
 * Source of checks and error codes: Linux 6.12, amdkfd/kfd_chardev.c and amdgpu/amdgpu_amdkfd_gpuvm.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/cp/cp.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "sim/kfd/usercopy.h"
#include "sim/share/share.h"

#define MMAP_TYPE_SHIFT 62
#define MMAP_TYPE_MMIO UINT64_C(0)
#define MMAP_TYPE_EVENTS UINT64_C(2)
#define MMAP_TYPE_DOORBELL UINT64_C(3)
#define MMAP_GPU_SHIFT 46
#define MMAP_GPU_MASK UINT64_C(0xffff)

/* A buffer's place in a render node's file is never used again, so that a mapping that outlives it reaches nothing else. */
static uint64_t next_offset[SIM_MAX_GPUS];

static uint64_t page_align(uint64_t bytes)
{
	return (bytes + GPUVM_PAGE_BYTES - 1) & ~(uint64_t)(GPUVM_PAGE_BYTES - 1);
}

uint64_t kfd_system_limit(void)
{
	struct sysinfo info;

	sysinfo(&info);
	uint64_t total = (uint64_t)info.totalram * info.mem_unit;
	return total - (total >> 6); /* the driver's default: 63/64 of memory */
}

struct kfd_bo *kfd_bo_find(struct kfd_process *p, uint64_t handle)
{
	struct kfd_gpu *g = kfd_gpu_find(p, (uint32_t)(handle >> 32));
	uint32_t index = (uint32_t)handle;

	return g && index && index <= g->bos_size ? g->bos[index - 1] : NULL;
}

/* Call @match for every buffer until it returns true; that buffer, or NULL. */
static struct kfd_bo *bo_search(struct kfd_process *p, bool (*match)(const struct kfd_bo *, const uint64_t *),
	const uint64_t *args)
{
	for (uint32_t i = 0; i < p->gpu_count; i++)
		for (uint32_t k = 0; k < p->gpus[i].bos_size; k++) {
			struct kfd_bo *bo = p->gpus[i].bos[k];

			if (bo && match(bo, args))
				return bo;
		}
	return NULL;
}

static bool mapped_at(const struct kfd_bo *bo, const uint64_t *args)
{
	uint64_t gpu = args[0], va = args[1], bytes = args[2];

	if (!(bo->mapped & (1u << gpu)) || (bytes && bytes != bo->bytes))
		return false;
	return va == bo->va || (bo->mappings == 2 && va == bo->va + bo->bytes);
}

bool kfd_bo_mapped_at(struct kfd_process *p, uint32_t gpu, uint64_t va, uint64_t bytes)
{
	const uint64_t args[] = {gpu, va, page_align(bytes)};

	return bo_search(p, mapped_at, args) != NULL;
}

/* @ctx: GPU, address */
static bool mapped_around(const struct kfd_bo *bo, const uint64_t *args)
{
	return bo->mapped & 1u << args[0] && args[1] >= bo->va && args[1] - bo->va < bo->bytes * bo->mappings;
}

const struct kfd_bo *kfd_bo_at(struct kfd_process *p, uint32_t gpu, uint64_t va)
{
	const uint64_t args[] = {gpu, va};

	return bo_search(p, mapped_around, args);
}

/* ---- allocation ---- */

static int handle_new(struct kfd_gpu *g, struct kfd_bo *bo)
{
	uint32_t i = 0;

	while (i < g->bos_size && g->bos[i])
		i++;
	if (i == g->bos_size) {
		uint32_t size = g->bos_size ? g->bos_size * 2 : 64;
		struct kfd_bo **grown = realloc(g->bos, size * sizeof(struct kfd_bo *));

		if (!grown)
			return -ENOMEM;
		memset(grown + i, 0, (size - i) * sizeof(struct kfd_bo *));
		g->bos = grown;
		g->bos_size = size;
	}
	g->bos[i] = bo;
	bo->handle = (uint64_t)g->sim->gpu_id << 32 | (i + 1);
	return 0;
}

static bool in_system_memory(const struct kfd_bo *bo)
{
	return bo->flags & (KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_IOC_ALLOC_MEM_FLAGS_USERPTR) &&
		!(bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM);
}

static int reserve(struct kfd_process *p, struct kfd_gpu *g, const struct kfd_bo *bo)
{
	if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM) {
		return share_vram_take(kfd_gpu_index(p, g), bo->bytes, g->sim->device->vram_bytes);
	} else if (in_system_memory(bo)) {
		uint64_t limit = kfd_system_limit();

		if (p->system_used > limit || bo->bytes > limit - p->system_used)
			return -ENOMEM;
		p->system_used += bo->bytes;
	}
	return 0;
}

static void unreserve(struct kfd_process *p, struct kfd_gpu *g, const struct kfd_bo *bo)
{
	if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM)
		share_vram_give(kfd_gpu_index(p, g), bo->bytes);
	else if (in_system_memory(bo))
		p->system_used -= bo->bytes;
}

static int back_with_file(struct kfd_bo *bo)
{
	/* Aligned so that large buffers get large host pages and few page-table leaves. */
	uint64_t align = bo->bytes >= (2u << 20) ? (2u << 20) : GPUVM_PAGE_BYTES;
	uint64_t offset = (next_offset[bo->gpu] + align - 1) & ~(align - 1);

	if (!offset)
		offset = align; /* user space takes offset 0 for "cannot be mapped" */
	if (bo->bytes > DEVFILE_RENDER_BYTES - offset)
		return -ENOMEM;
	bo->host = devfile_map(DEVFILE_RENDER, bo->gpu, offset, bo->bytes);
	if (!bo->host)
		return -ENOMEM;
	bo->file_offset = offset;
	next_offset[bo->gpu] = offset + bo->bytes;
	return 0;
}

uint8_t *kfd_doorbells_get(struct kfd_process *p, uint32_t gpu)
{
	struct kfd_gpu *g = &p->gpus[gpu];

	if (!g->doorbells)
		g->doorbells = devfile_map(DEVFILE_KFD, 0, DEVFILE_KFD_DOORBELLS(gpu), DEVFILE_DOORBELL_BYTES);
	return g->doorbells;
}

static int back(struct kfd_process *p, struct kfd_bo *bo, uint64_t user_addr)
{
	int r;

	if (bo->flags & (KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT))
		return back_with_file(bo);
	if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR) {
		if (!user_addr || user_addr & (GPUVM_PAGE_BYTES - 1))
			return -EINVAL;
		r = user_populate(user_addr, bo->bytes, !!(bo->flags & KFD_BO_WRITABLE));
		bo->host = (uint8_t *)(uintptr_t)user_addr;
		return r;
	}
	if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL)
		bo->host = kfd_doorbells_get(p, bo->gpu);
	else
		bo->host = devfile_map(DEVFILE_KFD, 0, DEVFILE_KFD_MMIO(bo->gpu), GPUVM_PAGE_BYTES);
	return bo->host ? 0 : -ENOMEM;
}

static void unback(struct kfd_bo *bo)
{
	if (bo->flags & (KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT)) {
		sys_munmap(bo->host, bo->bytes);
		devfile_discard(DEVFILE_RENDER, bo->gpu, bo->file_offset, bo->bytes);
	} else if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP) {
		sys_munmap(bo->host, bo->bytes);
	}
}

int kfd_op_alloc_memory(struct kfd_process *p, void *data)
{
	const uint32_t kinds = KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT |
		KFD_IOC_ALLOC_MEM_FLAGS_USERPTR | KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL |
		KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP;
	struct kfd_ioctl_alloc_memory_of_gpu_args *a = data;
	struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);

	if (!a->size || !g)
		return -EINVAL;
	if (!kfd_gpu_bound(g))
		return -ENODEV;
	if (!(a->flags & kinds))
		return -EINVAL;
	if (a->flags & KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL && a->size != DEVFILE_DOORBELL_BYTES)
		return -EINVAL;
	if (a->flags & KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP && a->size != GPUVM_PAGE_BYTES)
		return -EINVAL;
	if (a->size > GPUVM_VA_END)
		return -ENOMEM;
	struct kfd_bo *bo = calloc(1, sizeof(*bo));
	if (!bo)
		return -ENOMEM;
	bo->gpu = kfd_gpu_index(p, g);
	bo->flags = a->flags;
	bo->va = a->va_addr;
	bo->mappings = a->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM ? 2 : 1;
	bo->bytes = page_align(a->size / bo->mappings);
	int r = reserve(p, g, bo);
	if (r)
		goto free_bo;
	r = back(p, bo, a->mmap_offset);
	if (r)
		goto give_back;
	r = handle_new(g, bo);
	if (r)
		goto remove_backing;
	a->handle = bo->handle;
	if (a->flags & KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP)
		a->mmap_offset = MMAP_TYPE_MMIO << MMAP_TYPE_SHIFT | (uint64_t)a->gpu_id << MMAP_GPU_SHIFT;
	else if (!(a->flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR))
		a->mmap_offset = bo->file_offset;
	return 0;

remove_backing:
	unback(bo);
give_back:
	unreserve(p, g, bo);
free_bo:
	free(bo);
	return r;
}

int kfd_op_free_memory(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_free_memory_of_gpu_args *a = data;

	/* The driver keeps its event slots until the process ends. */
	if (p->event_page_handle && p->event_page_handle == a->handle)
		return -EPERM;
	struct kfd_bo *bo = kfd_bo_find(p, a->handle);
	if (!bo)
		return -EINVAL;
	if (bo->mapped)
		return -EBUSY;
	struct kfd_gpu *g = &p->gpus[bo->gpu];
	g->bos[(uint32_t)a->handle - 1] = NULL;
	unback(bo);
	unreserve(p, g, bo);
	free(bo);
	return 0;
}

/* ---- GPU mappings ---- */

static void bo_unmap(struct kfd_bo *bo, uint32_t gpu)
{
	if (!(bo->mapped & (1u << gpu)))
		return;
	gpuvm_unmap(gpu, bo->va, bo->bytes * bo->mappings);
	bo->mapped &= ~(1u << gpu);
}

static int bo_map(struct kfd_bo *bo, uint32_t gpu)
{
	bool writable = bo->flags & KFD_BO_WRITABLE;

	if (bo->mapped & (1u << gpu))
		return 0;
	for (uint64_t i = 0; i < bo->mappings; i++) {
		int r = gpuvm_map(gpu, bo->va + i * bo->bytes, bo->bytes, bo->host, writable);

		if (r) {
			if (i)
				gpuvm_unmap(gpu, bo->va, bo->bytes);
			return r;
		}
	}
	bo->mapped |= 1u << gpu;
	return 0;
}

/* The common part of both ioctls; their structures are the same. */
static int change_mappings(struct kfd_process *p, struct kfd_ioctl_map_memory_to_gpu_args *a, bool map)
{
	if (!a->n_devices || a->n_success > a->n_devices)
		return -EINVAL;
	if (!kfd_gpu_find(p, (uint32_t)(a->handle >> 32)))
		return -EINVAL;
	struct kfd_bo *bo = kfd_bo_find(p, a->handle);
	if (!bo)
		return -ENOMEM; /* the driver's answer, odd as it is */
	int r = 0;

	for (uint32_t i = a->n_success; i < a->n_devices; i++) {
		uint32_t id;
		r = user_read(&id, a->device_ids_array_ptr + i * sizeof(id), sizeof(id));
		if (r)
			return r;
		struct kfd_gpu *g = kfd_gpu_find(p, id);
		if (!g)
			return -EINVAL;
		if (!kfd_gpu_bound(g))
			return -ENODEV;
		uint32_t gpu = kfd_gpu_index(p, g);
		if (map)
			r = bo_map(bo, gpu);
		else if (bo->mapped & (1u << gpu))
			bo_unmap(bo, gpu);
		else
			r = -EINVAL;
		if (r)
			goto fence;
		a->n_success = i + 1;
	}
fence:
	/* The driver flushes translations before it returns; the program may give the memory away at once. */
	if (!map && a->n_success)
		cp_fence();
	return r;
}

int kfd_op_map_memory(struct kfd_process *p, void *data)
{
	return change_mappings(p, data, true);
}

int kfd_op_unmap_memory(struct kfd_process *p, void *data)
{
	_Static_assert(sizeof(struct kfd_ioctl_map_memory_to_gpu_args) ==
			sizeof(struct kfd_ioctl_unmap_memory_from_gpu_args),
		"both ioctls take the same structure");
	return change_mappings(p, data, false);
}

int kfd_op_available_memory(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_get_available_memory_args *a = data;
	struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);

	if (!g)
		return -EINVAL;
	/* In units of the 2 MiB that VRAM is given out in. */
	a->available = (g->sim->device->vram_bytes - share_vram_used(kfd_gpu_index(p, g))) & ~UINT64_C(0x1fffff);
	return 0;
}

uint64_t kfd_vram_used(uint32_t gpu)
{
	return gpu < sim_machine_get()->gpu_count ? share_vram_used(gpu) : 0;
}

uint64_t kfd_system_used(void)
{
	pthread_mutex_lock(&kfd_process.mutex);
	uint64_t used = kfd_process.system_used;
	pthread_mutex_unlock(&kfd_process.mutex);
	return used;
}

/* ---- CPU mappings ---- */

int kfd_mmap(uint64_t offset, size_t bytes, uint64_t *file_offset_p)
{
	struct kfd_process *p = &kfd_process;
	uint64_t type = offset >> MMAP_TYPE_SHIFT;
	int r = 0;

	pthread_mutex_lock(&p->mutex);
	struct kfd_gpu *g = kfd_gpu_find(p, (uint32_t)(offset >> MMAP_GPU_SHIFT & MMAP_GPU_MASK));
	if (type == MMAP_TYPE_EVENTS) {
		if (bytes > KFD_SIGNAL_EVENT_LIMIT * 8u)
			r = -EINVAL;
		*file_offset_p = DEVFILE_KFD_EVENTS;
	} else if (!g || !kfd_gpu_bound(g)) {
		r = -ENODEV;
	} else if (type == MMAP_TYPE_DOORBELL) {
		if (bytes != DEVFILE_DOORBELL_BYTES)
			r = -EINVAL;
		*file_offset_p = DEVFILE_KFD_DOORBELLS(kfd_gpu_index(p, g));
	} else if (type == MMAP_TYPE_MMIO) {
		if (bytes != GPUVM_PAGE_BYTES)
			r = -EINVAL;
		*file_offset_p = DEVFILE_KFD_MMIO(kfd_gpu_index(p, g));
	} else {
		r = -EFAULT;
	}
	pthread_mutex_unlock(&p->mutex);
	return r;
}

static bool holds_offset(const struct kfd_bo *bo, const uint64_t *args)
{
	uint64_t gpu = args[0], offset = args[1], bytes = args[2];

	return bo->gpu == gpu && bo->file_offset && offset >= bo->file_offset &&
		offset - bo->file_offset < bo->bytes && bytes <= bo->bytes - (offset - bo->file_offset);
}

int kfd_drm_mmap(uint32_t gpu, uint64_t offset, size_t bytes, int prot, int flags)
{
	const uint64_t args[] = {gpu, offset, page_align(bytes)};

	/* As TTM: no copy-on-write of device memory, except where nothing can be accessed. */
	if ((flags & MAP_TYPE) == MAP_PRIVATE && prot != PROT_NONE)
		return -EINVAL;
	pthread_mutex_lock(&kfd_process.mutex);
	bool found = bo_search(&kfd_process, holds_offset, args) != NULL;
	pthread_mutex_unlock(&kfd_process.mutex);
	return found ? 0 : -EINVAL;
}

/* ---- fork ---- */

void kfd_bos_fork_child(struct kfd_process *p)
{
	/* The parent's mappings are not inherited (MADV_DONTFORK); its bookkeeping is left behind. */
	for (uint32_t i = 0; i < SIM_MAX_GPUS; i++) {
		p->gpus[i].bos = NULL;
		p->gpus[i].bos_size = 0;
		p->gpus[i].doorbells = NULL;
		next_offset[i] = 0;
	}
	gpuvm_fork_child();
}
