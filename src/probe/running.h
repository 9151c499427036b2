/* SPDX-License-Identifier: MIT */
/*
 * A kernel to suspend while it runs, without a compiler: code objects in the program (running.S). Used by the program's one thread.
 */
#ifndef PROBE_RUNNING_H
#define PROBE_RUNNING_H

#include <hsa/hsa.h>
#include <stdint.h>

struct running {
	hsa_executable_t executable;
	uint64_t object; /* of the kernel; 0: there is none for this GPU */
};

/**
 * running_load() - load the kernel on a GPU
 * @agent_name: as HSA says, "gfx90a"
 * Return: 0; -ENOENT: there is none for that GPU; -EIO: the runtime does not take it.
 */
int running_load(hsa_agent_t agent, const char *agent_name, struct running *r_p);
/** running_unload() - after the last dispatch completed */
void running_unload(struct running *r);
/**
 * running_put() - write a dispatch of one wave to each CU into a queue, and ring
 * @completion: decremented at its end, after some 50 ms
 */
void running_put(const struct running *r, hsa_queue_t *q, uint32_t cus, hsa_signal_t completion);

#endif
