/* SPDX-License-Identifier: MIT */
/*
 * The command processor: takes packets from hardware queues, runs their dispatches on the
 * compute-unit model, and completes their signals. Called by the ioctls of sim/kfd; has its own
 * thread(s) per process, started with the first queue and asleep while no doorbell rings.
 */
#ifndef SIM_CP_H
#define SIM_CP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cp_queue_type { CP_QUEUE_AQL, CP_QUEUE_SDMA };

/* As in AMDKFD_IOC_CREATE_QUEUE, already checked against what the driver accepts. */
struct cp_queue_args {
	uint32_t gpu; /* index in sim_machine */
	uint32_t queue_id;
	enum cp_queue_type type;
	uint64_t ring_va;
	uint32_t ring_bytes;
	uint64_t rptr_va, wptr_va; /* AQL: &amd_queue_t.read_dispatch_id, .write_dispatch_id */
	uint64_t *doorbell;	   /* host address; written by the application */
	uint32_t doorbell_offset;  /* of it in its GPU's doorbells, bytes */
	uint32_t percent;	   /* 0: not mapped */
	uint32_t priority;	   /* 0..15 */
	uint64_t save_va;	   /* context save area, 0 if none */
	uint64_t save_bytes, ctl_stack_bytes;
	bool save_in_vram; /* saving waves there is faster than to the host's memory */
	bool xgmi;	   /* SDMA: an engine for links between GPUs */
};

struct cp_queue;

/**
 * cp_queue_create() - connect a queue
 * Return: 0; -ENOMEM. On success *@q_p is to be freed by cp_queue_destroy().
 */
int cp_queue_create(const struct cp_queue_args *args, struct cp_queue **q_p);
/**
 * cp_queue_update() - change ring, percentage and priority; percentage 0 suspends, waves included
 * Blocks until the processor touches neither ring nor waves (when suspending). Doorbells rung
 * meanwhile are not lost. Return: 0; -ETIME when it could not stop.
 */
int cp_queue_update(struct cp_queue *q, uint64_t ring_va, uint32_t ring_bytes, uint32_t percent,
	uint32_t priority);
/**
 * cp_queues_suspend() - take queues off the GPU in one cycle, percentages untouched, until
 * cp_queues_resume()
 * @queues:     @count queues of one GPU; those that are suspended already are left as they are
 * @grace_kclk: how long running waves are let run before they are saved, in 1000 shader clocks;
 * CP_GRACE_DEFAULT: as the device description says. 0 counts as 1. Ignored where the scheduler is
 * MES.
 *
 * Independent of cp_queue_update(): a queue runs when its percentage is not 0 and it is not
 * suspended. Blocks like cp_queue_update(). Return: 0; -EINVAL when the queues are of several GPUs;
 * -EIO when the GPU is lost; -ETIME when it could not stop.
 */
int cp_queues_suspend(struct cp_queue *const *queues, unsigned count, uint32_t grace_kclk);
/** cp_queues_resume() - undo cp_queues_suspend(), in one cycle. Return: as there. */
int cp_queues_resume(struct cp_queue *const *queues, unsigned count);
#define CP_GRACE_DEFAULT UINT32_MAX
/**
 * cp_queue_wave_state() - write the state of a queue that is off the GPU to its save area, header
 * first
 * @ctl_stack_used_p, @save_used_p: bytes of it, as GET_QUEUE_WAVE_STATE reports them
 * Return: 0; -EBUSY while the queue is mapped; -EFAULT when the area is not mapped, or none was
 * given.
 */
int cp_queue_wave_state(struct cp_queue *q, uint32_t *ctl_stack_used_p, uint32_t *save_used_p);
/**
 * cp_gpu_reset() - a reset of GPU @gpu: all queues of this process there stop for good, their waves
 * are lost
 *
 * Suspending, resuming and creating queues there then returns -EIO until the last of the old queues
 * is destroyed. Raises no event and reports no exception: sim/kfd does, as the driver.
 */
void cp_gpu_reset(uint32_t gpu);
/**
 * cp_kernel_time_declare() - dispatches of a kernel take a given time, and their instructions are
 * not executed
 * @pattern:     the kernel's name as in its code object, or a glob(7) of it; of several that match
 * the first declared counts
 * @duration_ns: on an idle GPU
 * @cus:         CUs that it fills meanwhile; 0: all
 * Return: 0; -ENOMEM. Any thread; concerns packets that are looked at later.
 */
int cp_kernel_time_declare(const char *pattern, uint64_t duration_ns, uint32_t cus);
/** cp_queue_destroy() - disconnect; when it returns nothing of the queue's memory is touched any
 * more */
void cp_queue_destroy(struct cp_queue *q);
/** cp_queue_cu_mask() - limit the queue to the CUs set in @mask (@bits of them; multiple of 32) */
int cp_queue_cu_mask(struct cp_queue *q, const uint32_t *mask, uint32_t bits);
/** cp_doorbells_watch() - the process mapped the doorbells of GPU @gpu at @addr; stores there wake
 * the processor. Return: 0; -ENOMEM. */
int cp_doorbells_watch(void *addr, size_t bytes, uint32_t gpu);
/** cp_doorbells_forget() - the mapping at @addr is about to go away */
void cp_doorbells_forget(void *addr);
/**
 * cp_fence() - wait until nothing the processor found in GPU memory before is used any more
 *
 * Translations that were removed before the call are not in use when it returns, so that the memory
 * behind them may go. Context: a thread of the program; waits for at most the current slice of a
 * kernel.
 */
void cp_fence(void);
/** cp_fork_child() - in a forked child: forget all queues and threads without touching their memory
 */
void cp_fork_child(void);

#endif
