/* SPDX-License-Identifier: MIT */
/*
 * What is known of each GPU, and whether level 3 may be used on it. Written by the control thread or whoever serves requests, or by an
 * application's thread that tracks a queue; always under the lock of kfd_queues.h, but for the fields marked atomic, which any
 * thread reads.
 */
#ifndef CWSR_GPU_H
#define CWSR_GPU_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/cwsr/cwsr.h"
#include "src/cwsr/errors.h"
#include "src/cwsr/kfd_ops.h"
#include "src/cwsr/kfd_queues.h"

#define CWSR_GPUS_MAX 64u

/* The latest of a number of measurements. */
#define CWSR_SAMPLES 512u
struct cwsr_samples {
	uint32_t ns[CWSR_SAMPLES];
	uint64_t count; /* of all */
};

enum cwsr_gpu_state { CWSR_GPU_USABLE, CWSR_GPU_OFF };

struct cwsr_gpu {
	uint32_t gpu_id;      /* of the driver */
	_Atomic int state;    /* enum cwsr_gpu_state; never back from off while the library is started */
	char why[160];        /* it is off */
	char no_debug[160];   /* why the debug interface is not used where it was asked for */
	uint32_t target;      /* gfx_target_version of the topology: 90010 is gfx90a; 0: unknown */
	uint32_t kfd_minor;
	uint32_t render_minor;
	int render_fd;        /* -1: none */
	uint32_t vram_lost;   /* at first */
	bool debug_possible;
	bool test_wanted, tested;
	bool tested_debug;    /* through the debug interface; a test of one says nothing of the other */
	_Atomic uint64_t suspend_ns, resume_ns; /* what a batch takes; average that follows; 0: not measured */
	_Atomic uint64_t measured_ns; /* when either was measured last */
	_Atomic uint64_t test_ns;     /* both together in the self-test; 0: there was none */
	struct cwsr_times suspend_test, resume_test;
	uint64_t next_cycle_ns;
	uint64_t suspend_calls, resume_calls;
	uint64_t tested_ns;   /* when the self-test ended */
	/* Of requests: until the driver was called, of batches: what that took. */
	struct cwsr_samples suspend_wait, suspend_call, resume_wait, resume_call;
};

/* What all of level 3 shares in a process; set in cwsr_start(). */
struct cwsr_shared {
	const struct kfd_ops *kernel;
	struct cwsr_config config;
	bool debug_refused;   /* why was said */
	bool session;         /* the debug interface is enabled, by us */
	int session_fd;
	_Atomic bool off;     /* for the whole process */
};
extern struct cwsr_shared cwsr_shared;

/**
 * cwsr_gpu_get() - the record of a GPU; the first call reads what sysfs and the driver say
 * @fd: a descriptor of /dev/kfd of this process
 * Must hold the lock. Return: NULL: no room.
 */
struct cwsr_gpu *cwsr_gpu_get(uint32_t gpu_id, int fd);
/** cwsr_gpu_find() - the record, NULL if there is none; the lock, or any thread for atomic fields: records stay where they are */
struct cwsr_gpu *cwsr_gpu_find(uint32_t gpu_id);
/** cwsr_gpu_count() - records that there are; any thread */
uint32_t cwsr_gpu_count(void);
/** cwsr_samples_add() - one more; must hold the lock */
void cwsr_samples_add(struct cwsr_samples *s, uint64_t ns);
/** cwsr_samples_times() - of the latest CWSR_SAMPLES, with the count of all; must hold the lock */
struct cwsr_times cwsr_samples_times(const struct cwsr_samples *s);
/** cwsr_gpu_each() - call @fn for every GPU with a record; must hold the lock */
void cwsr_gpu_each(void (*fn)(struct cwsr_gpu *g, void *ctx), void *ctx);
/** cwsr_gpus_begin() - forget all */
void cwsr_gpus_begin(void);
/** cwsr_gpus_end() - close descriptors; what is known stays readable; must hold the lock */
void cwsr_gpus_end(void);

/** cwsr_gpu_off() - no level 3 on @g any more, and why; what is suspended there is for the control thread to resume */
void cwsr_gpu_off(struct cwsr_gpu *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** cwsr_gpu_usable() - any thread */
static inline bool cwsr_gpu_usable(const struct cwsr_gpu *g)
{
	/* Relaxed: a flag that stands for itself. */
	return atomic_load_explicit(&g->state, memory_order_relaxed) == CWSR_GPU_USABLE &&
		!atomic_load_explicit(&cwsr_shared.off, memory_order_relaxed);
}
/** cwsr_gpu_was_reset() - whether the GPU lost its memory since its record was made; level 3 is then off for it */
bool cwsr_gpu_was_reset(struct cwsr_gpu *g);
/**
 * cwsr_gpu_failed() - do what the table of errors says about a call that failed
 * @error: positive errno
 * Must hold the lock. Return: the reaction.
 */
enum cwsr_reaction cwsr_gpu_failed(struct cwsr_gpu *g, enum cwsr_call call, int error);
/** cwsr_gpu_cost_ns() - see cwsr_cost_ns(); UINT64_MAX: not measured yet. Any thread, no lock. */
uint64_t cwsr_gpu_cost_ns(const struct cwsr_gpu *g, uint64_t now_ns);
/** cwsr_gpu_uses_debug() - whether queues of @g are to be suspended through the debug interface */
static inline bool cwsr_gpu_uses_debug(const struct cwsr_gpu *g)
{
	return g->debug_possible && !cwsr_shared.debug_refused;
}
/** cwsr_gpu_is_tested() - with what is used now; must hold the lock */
static inline bool cwsr_gpu_is_tested(const struct cwsr_gpu *g)
{
	return g->tested && g->tested_debug == cwsr_gpu_uses_debug(g);
}

#endif
