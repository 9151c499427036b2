/* SPDX-License-Identifier: MIT */
/*
 * What the simulated driver knows of this process: its GPUs, buffers and queues. Written and read by the ioctls, under the
 * mutex; nothing outside sim/kfd sees it.
 *
 * Locks of sim/kfd, in order: kfd_process.mutex (held through every ioctl but those of events, as in the driver; never taken
 * by the engine), then the mutex of event.c (engine and ioctls, held for a few instructions). The engine may be waited for
 * under the first, never under the second. After fork the child starts with fresh ones: kfd_fork_child().
 */
#ifndef SIM_KFD_PROCESS_H
#define SIM_KFD_PROCESS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "kfd_ioctl.h"
#include "sim/cp/cp.h"
#include "sim/device/device.h"

/* Queues of one process, and of one process on one GPU. Source: Linux 7.2, amdkfd/kfd_priv.h
 * KFD_MAX_NUM_OF_QUEUES_PER_PROCESS, kfd_device.c max_no_of_hqd. */
#define KFD_PROCESS_QUEUES 1024
#define KFD_GPU_QUEUES 127

/* KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE; the header shifts a signed 1 into the sign bit. */
#define KFD_BO_WRITABLE 0x80000000u

/* struct kfd_bo - one allocation of AMDKFD_IOC_ALLOC_MEMORY_OF_GPU */
struct kfd_bo {
	uint64_t handle;      /* gpu_id << 32 | index in kfd_gpu.bos, from 1 */
	uint32_t gpu;         /* where it was allocated */
	uint32_t flags;       /* KFD_IOC_ALLOC_MEM_FLAGS_* */
	uint64_t va;          /* GPU virtual address */
	uint64_t bytes;       /* of memory; a multiple of the page size */
	uint64_t mappings;    /* 2 for AQL_QUEUE_MEM: seen twice in a row from va on, otherwise 1 */
	uint64_t file_offset; /* in the render node's file: VRAM and GTT */
	uint8_t *host;        /* the simulator's mapping; the application's memory for USERPTR */
	uint32_t mapped;      /* bit per GPU */
};

/* struct kfd_queue - one hardware queue */
struct kfd_queue {
	uint32_t id;
	uint32_t gpu;
	uint32_t type;        /* KFD_IOC_QUEUE_TYPE_* */
	uint64_t serial;      /* no two queues of the process have the same */
	uint64_t ring_va;
	uint64_t rptr_va, wptr_va;
	uint64_t save_va;
	uint32_t save_bytes;
	uint32_t ring_bytes;
	uint32_t percent;
	uint32_t priority;
	uint32_t doorbell;    /* index in the process's slice */
	bool gws;
	bool suspended;       /* by a debugger; a flag of its own beside the percentage */
	bool destroying;      /* DESTROY_QUEUE waits for the debugger to resume it */
	struct cp_queue *cp;
};

/* struct kfd_gpu - one GPU as this process uses it */
struct kfd_gpu {
	const struct sim_gpu *sim;
	int drm_fd;           /* our duplicate of ACQUIRE_VM's render node; -1 before */
	struct kfd_bo **bos;  /* by handle index - 1; NULL where free */
	uint32_t bos_size;
	uint8_t *doorbells;   /* the simulator's mapping of the doorbell slice, NULL before the first use */
	uint64_t doorbells_used[KFD_PROCESS_QUEUES / 64];
	uint32_t compute_queues, sdma_queues, xgmi_queues;
	bool gws_assigned;
	bool reset;           /* the GPU was reset under this process: its queues there are lost */
	bool queue_reset;     /* one of its queues was */
	_Atomic uint32_t vram_lost; /* resets that lost the memory; also read without the mutex */
};

/* struct kfd_debug - a debugger's session with this process, and what the process's runtime told the driver */
struct kfd_debug {
	bool enabled;
	int fd;               /* our duplicate of the descriptor that hears of exceptions; -1 without a session */
	uint32_t flags;
	struct kfd_runtime_info runtime;
	bool runtime_retry;   /* RUNTIME_ENABLE was interrupted while it waited for the debugger */
	_Atomic uint32_t runtime_posts; /* a semaphore: SEND_RUNTIME_EVENT posts it, RUNTIME_ENABLE waits for it */
	_Atomic uint32_t resumes; /* changes when queues are resumed; DESTROY_QUEUE sleeps on it */
};

struct kfd_process {
	pthread_mutex_t mutex;
	bool started;         /* /dev/kfd was opened in this process */
	uint32_t gpu_count;
	struct kfd_gpu gpus[SIM_MAX_GPUS];
	struct kfd_queue *queues[KFD_PROCESS_QUEUES]; /* by id */
	uint32_t queue_count;
	uint64_t system_used; /* GTT and USERPTR bytes */
	uint64_t event_page_handle; /* the buffer that holds the event slots, 0 if it is the driver's own page */
	uint64_t queue_serial; /* of the latest queue */
	struct kfd_debug debug;
};

extern struct kfd_process kfd_process;

/** kfd_gpu_find() - the GPU that KFD names @gpu_id; NULL if there is none. Must hold the mutex. */
struct kfd_gpu *kfd_gpu_find(struct kfd_process *p, uint32_t gpu_id);
/** kfd_gpu_index() - its index in sim_machine and in every interface of the simulator */
static inline uint32_t kfd_gpu_index(const struct kfd_process *p, const struct kfd_gpu *g)
{
	return (uint32_t)(g - p->gpus);
}
/** kfd_gpu_bound() - whether ACQUIRE_VM gave the GPU an address space in this process */
static inline bool kfd_gpu_bound(const struct kfd_gpu *g)
{
	return g->drm_fd >= 0;
}

/** kfd_bo_find() - by handle; NULL if there is none. Must hold the mutex. */
struct kfd_bo *kfd_bo_find(struct kfd_process *p, uint64_t handle);
/** kfd_bo_mapped_at() - whether exactly [@va, @va + @bytes) is one mapping on GPU @gpu (@bytes 0: only @va is its start) */
bool kfd_bo_mapped_at(struct kfd_process *p, uint32_t gpu, uint64_t va, uint64_t bytes);
/** kfd_bo_at() - the buffer mapped on GPU @gpu around @va; NULL if there is none */
const struct kfd_bo *kfd_bo_at(struct kfd_process *p, uint32_t gpu, uint64_t va);
/** kfd_doorbells_get() - the doorbell slice of a GPU, mapped when first asked for; NULL without memory */
uint8_t *kfd_doorbells_get(struct kfd_process *p, uint32_t gpu);
/** kfd_apertures_of() - the address windows of a GPU */
void kfd_apertures_of(const struct kfd_gpu *g, struct kfd_process_device_apertures *a);
/** kfd_event_page_set() - use @bo as the event slots. Return: 0; -EBUSY when there are slots already. */
int kfd_event_page_set(const struct kfd_bo *bo);
/** kfd_bos_fork_child() and the like: forget what the parent had, without touching it */
void kfd_bos_fork_child(struct kfd_process *p);
void kfd_events_fork_child(void);

/** struct kfd_save_area - sizes of a queue's context save area on one accelerator die */
struct kfd_save_area {
	uint32_t ctl_stack_bytes;
	uint32_t save_bytes;  /* control stack included */
	uint32_t debug_bytes;
};
/**
 * kfd_save_area_of() - the sizes that the driver computes, and demands from KFD 1.17 on
 * Source: Linux 6.12, amdkfd/kfd_queue.c kfd_queue_ctx_save_restore_size().
 */
struct kfd_save_area kfd_save_area_of(const struct sim_device *d);

/* The ioctls, each 0, a positive result or -errno; @data is a kernel-side copy of its structure, written back. */
#define KFD_HANDLERS(X)                                                                                                \
	X(get_version) X(set_memory_policy) X(get_clock_counters) X(get_apertures) X(get_apertures_new)                \
	X(set_scratch) X(get_tile_config) X(set_trap_handler) X(acquire_vm) X(set_xnack_mode) X(available_memory)     \
	X(runtime_enable) X(dbg_trap) X(svm) X(criu) X(get_dmabuf_info) X(import_dmabuf) X(export_dmabuf)              \
	X(create_queue) X(destroy_queue) X(update_queue) X(set_cu_mask) X(get_wave_state) X(alloc_gws)                 \
	X(create_event) X(destroy_event) X(set_event) X(reset_event) X(wait_events)                                    \
	X(alloc_memory) X(free_memory) X(map_memory) X(unmap_memory)
#define KFD_HANDLER_DECLARE(name) int kfd_op_##name(struct kfd_process *p, void *data);
KFD_HANDLERS(KFD_HANDLER_DECLARE)
#undef KFD_HANDLER_DECLARE

#endif
