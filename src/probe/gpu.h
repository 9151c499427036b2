/* SPDX-License-Identifier: MIT */
/*
 * What xsched-hsa-probe finds out of each GPU: with a queue of its own, by the code that the tool library uses. Written and read by
 * the program's one thread.
 */
#ifndef PROBE_GPU_H
#define PROBE_GPU_H

#include <stdbool.h>
#include <stdint.h>

#include "src/cwsr/cwsr.h"
#include "src/probe/drm.h"

#define PROBE_GPUS_MAX 64u

/* One way to suspend a queue. */
struct probe_mechanism {
	bool works;
	char why[200];                        /* it does not */
	struct cwsr_times suspend_idle, resume_idle;       /* a queue without packets */
	struct cwsr_times suspend_blocked, resume_blocked; /* its first packet waits for a signal */
	struct cwsr_times suspend_running, resume_running; /* a wave of it runs on each CU */
	char why_not_running[80];                          /* that was not measured */
};

struct probe_gpu {
	char agent[64];        /* gfx90a */
	char product[64];      /* as HSA says */
	uint32_t gpu_id, target, kfd_minor, render_minor;
	long cwsr_enable, sched_policy; /* module parameters; negative: cannot be read */
	uint64_t save_bytes;
	bool save_in_vram;
	struct probe_mechanism update, debug;
	struct probe_drm drm;
};

struct probe_settings {
	uint32_t cycles;
	bool any_target;
};

/**
 * probe_run() - probe every GPU
 * @gpus: receives at most PROBE_GPUS_MAX
 * Return: how many there are; negative: the runtime did not start, and @why_p says why.
 */
int probe_run(const struct probe_settings *s, struct probe_gpu *gpus, const char **why_p);

#endif
