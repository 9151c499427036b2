/* SPDX-License-Identifier: MIT */
/*
 * What processes on one simulated machine share: who they are, their queues, the compute units of
 * each GPU and the time that its scheduler took. Lives in memory that every one of them maps, and
 * is written and read by all, each GPU's part under that GPU's lock; fields that are atomic are
 * also read without it.
 *
 * The memory is a memfd, found by name (meeting.c), so nothing is left when the last process ends,
 * however it ends. A process that dies is noticed by the lock that it held on its byte of the
 * memfd, and what it had is given back by whoever notices (share_sweep()). The locks are robust:
 * nobody waits for one that a dead process held. One that is stopped (SIGSTOP, a debugger) while it
 * places groups, which is when most have a lock, is robbed of it: see share_gpu_lock_places().
 *
 * Lock order: the engine lock, the table's lock, then one GPU's lock.
 */
#ifndef SIM_SHARE_H
#define SIM_SHARE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/device/device.h"
#include "sim/share/cu.h"

/* The driver's own limit on queues of one GPU, of all processes. Source: Linux 6.12,
 * amdkfd/kfd_module.c, max_num_of_queues_per_device. */
#define SHARE_GPU_QUEUES 4096

/* Parts of the GPU are counted in units; a CU has this many. */
#define SHARE_CU_UNITS 65536u

/* Mutexes of a GPU: one is its lock, the others are free or had by processes that were robbed of it. */
#define SHARE_LOCKS 8

/* Time without a sign of life after which a process's wish for CUs no longer holds up others: it is
 * stopped. */
#define SHARE_PATIENCE_NS (100 * UINT64_C(1000000))

struct share_process {
	bool used;
	int32_t pid;
	int32_t fd; /* its descriptor of this memory: a part of the name that takes wake-ups */
	uint64_t start_time;	  /* as in /proc/PID/stat */
	_Atomic uint64_t beat_ns; /* its engine's last turn, or the wake-up that it was sent */
	_Atomic uint32_t
		asleep; /* its engine is about to sleep or sleeps: wake it when it should look */
	uint64_t vram[SIM_MAX_GPUS]; /* bytes allocated */
};

enum share_queue_type { SHARE_COMPUTE, SHARE_SDMA, SHARE_SDMA_XGMI };

/* A hardware queue. */
struct share_queue {
	uint32_t owner; /* process + 1; 0: this entry is free */
	uint32_t id;	/* in its process */
	uint32_t type;	/* enum share_queue_type */
	uint32_t ring_bytes;
	uint32_t weight;   /* its part where there is not enough for all */
	bool listed;	   /* on the run list: the driver wants it to run */
	bool changing;	   /* the cycle being modelled is about it */
	bool host_save;	   /* its context save area is in host memory */
	_Atomic bool busy; /* has packets that are not complete */
	_Atomic bool slot; /* has a hardware queue slot; always while there are enough */
	uint64_t units;	   /* of CUs that its groups occupy */
	uint64_t demand;   /* of CUs for the groups that wait, as far as they would fit on an empty
			      GPU */
	uint64_t had;	   /* of the GPU: units times 1024 shader cycles, by its weight; see arbiter_behind() */
	uint64_t exceeded; /* share_gpu.exceeded when it last exceeded its part */
	uint64_t returns;  /* its demand when it lost its slot: what it asks for as soon as it has one again */
	uint64_t resident_bytes; /* state of its groups on CUs: what a context save writes */
	uint64_t saved_bytes;	 /* of those that are saved: what mapping it reads */
};

/* The GPU's scheduler. Times are kfd_clock_ns(). */
struct share_scheduler {
	_Atomic uint64_t cycles;    /* run-list cycles so far */
	_Atomic uint64_t paused_ns; /* time for which they stopped all queues, in total */
	_Atomic uint64_t pause_begin_ns, pause_end_ns; /* of the last one */
	_Atomic bool short_of_slots;		       /* slots are passed on from slice to slice */
	_Atomic uint64_t slice_end_ns;
	uint32_t slice_first, slice_last; /* entries of the present slice */
	_Atomic uint32_t slices;	  /* changes with every change of slots */
};

struct share_gpu {
	pthread_mutex_t locks[SHARE_LOCKS];
	/* Which of them is the GPU's lock: its index, in 8 bits; the process + 1 that has it and may be robbed of it, or 0, in 8; the
	 * rest changes each time that it is taken or given back. */
	_Atomic uint64_t lock;
	_Atomic uint32_t changes; /* counts what may let a waiting group in: room, or a smaller wish
				     of another */
	uint64_t had;		    /* the most that a queue had had when it was given something */
	uint64_t behind;	    /* ARBITER_BEHIND_NS of the whole GPU */
	uint64_t exceeded;	    /* how often queues exceeded their parts by a group */
	_Atomic uint64_t vram_used; /* by all processes */
	uint32_t queue_end;	    /* entries from here on were never used */
	uint32_t debugged;	    /* process + 1 that is debug-active, where only one can be */
	/* How often each process, since it was stopped, lost what its groups occupy; under the lock. */
	uint32_t evictions[SHARE_PROCESSES];
	struct share_scheduler scheduler;
	struct share_queue queue[SHARE_GPU_QUEUES];
	struct cu_pool pool;
};

struct share {
	bool ready;	      /* the rest is initialised; written while no other process can join */
	pthread_mutex_t lock; /* of the table of processes */
	struct share_process process[SHARE_PROCESSES];
	struct share_gpu gpu[SIM_MAX_GPUS];
};

/**
 * share_get() - the shared state of this process's machine; joins it on the first call
 *
 * A machine without a name (sim_machine.name) is this process's own. So is one that could not be
 * joined, after a warning. Any thread. Return: NULL without memory.
 */
struct share *share_get(void);
/** share_self() - this process's index in the table; share_get() returned something before */
uint32_t share_self(void);
/** share_wake_fd() - readable when another process wants this one to look; -1 if none can */
int share_wake_fd(void);
/** share_woken() - take what made share_wake_fd() readable */
void share_woken(void);
/** share_wake() - make the engine of process @index look, if it sleeps; does not block */
void share_wake(struct share *s, uint32_t index, uint64_t now_ns);
/** share_responds() - whether the engine of process @index shows signs of life */
bool share_responds(const struct share *s, uint32_t index, uint64_t now_ns);
/** share_sweep() - give back what processes hold that have died. Takes the locks. */
void share_sweep(struct share *s);
/** share_fork_child() - forget the parent's membership; the next share_get() joins anew */
void share_fork_child(void);

/** share_gpu_lock() - take a GPU's lock, and put right what a process left that died with it */
void share_gpu_lock(struct share_gpu *g);
/**
 * share_gpu_lock_places() - the same, to change only what this process has on compute units
 *
 * If the process is stopped meanwhile, others take the lock after SHARE_PATIENCE_NS. What follows until the unlock then is done
 * beside them; the unlock puts it right: what this process had on compute units is taken back, as by share_evict_stopped().
 */
void share_gpu_lock_places(struct share_gpu *g);
void share_gpu_unlock(struct share_gpu *g);
/**
 * share_evict_stopped() - take back what groups of stopped processes (SIGSTOP, a debugger) occupy on a GPU
 * @cycles: the shader clock from which on it is free
 *
 * A GPU would have finished those groups. Their process does so when it goes on, without occupying anything: see evictions.
 * Processes of other pid namespaces are left alone.
 */
void share_evict_stopped(struct share *s, uint32_t gpu, uint64_t now_ns, uint64_t cycles);

/**
 * share_queue_new() - enter a queue into a GPU's table; takes the GPU's lock
 * Return: the entry; NULL when the GPU has SHARE_GPU_QUEUES queues.
 */
struct share_queue *share_queue_new(struct share *s, uint32_t gpu, uint32_t id,
	enum share_queue_type type, uint32_t ring_bytes);
void share_queue_free(struct share *s, uint32_t gpu, struct share_queue *q);

/** share_debug_take() - be the one process of a GPU that is debug-active. Return: 0; -EBUSY when
 * another is; -ENOMEM. */
int share_debug_take(uint32_t gpu);
/** share_debug_give() - be it no longer, if this process was */
void share_debug_give(uint32_t gpu);

/** share_vram_take() - account @bytes of VRAM to this process. Return: 0; -ENOMEM when the GPU has
 * less left. */
int share_vram_take(uint32_t gpu, uint64_t bytes, uint64_t limit);
void share_vram_give(uint32_t gpu, uint64_t bytes);
/** share_vram_used() - by all processes of the machine */
uint64_t share_vram_used(uint32_t gpu);

/**
 * share_meet() - find the memory of the machine @name, or make it if no process has it
 * @name:  NULL: memory of this process alone
 * @join:  called with the open file while no other process of the machine can get this far; its
 * result is returned
 * @wake_p: a socket that receives wake-ups, -1 without name
 * Return: the open file; -errno.
 */
int share_meet(const char *name, size_t bytes, int (*join)(int fd), int *wake_p);
/** share_meet_wake() - send a wake-up to the process @pid, which has the memory open as @fd,
 * through one's own @wake */
void share_meet_wake(int wake, const char *name, int32_t pid, int fd);

#endif
