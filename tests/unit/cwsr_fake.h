/* SPDX-License-Identifier: MIT */
/*
 * A driver for the tests of level 3: queues in memory, errors on demand, a clock that stands still, and a record of all calls. Written
 * and read by the test's one thread.
 */
#ifndef CWSR_FAKE_H
#define CWSR_FAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/cwsr/cwsr.h"
#include "src/cwsr/errors.h"
#include "src/cwsr/kfd_ops.h"

#define FAKE_QUEUES 32
#define FAKE_FD     5
#define FAKE_GPU    100u /* and 101 */

struct fake_queue {
	bool used, suspended, is_new;
	uint32_t gpu_id, percent, priority, type, cu_bits, cu_word;
	uint64_t ring_va;
	uint32_t ring_bytes, save_bytes;
	bool mark_invalid; /* the debug interface refuses it, whatever is listed */
};

struct fake {
	struct fake_queue q[FAKE_QUEUES];
	char log[16384]; /* each call as "name details;" */
	uint64_t now_ns, call_ns; /* each change takes call_ns */
	struct {
		enum cwsr_call call;
		int error; /* errno; 0: nothing fails */
		int after, count;
	} fail;
	uint32_t major, minor, target, vram_lost, runtime_state, debug_mark;
	const char *cwsr_enable, *sched_policy; /* NULL: there is no such file */
	bool session, sysfs_queues;
	int open_fds;
	void (*during_update)(void);  /* at the end of UPDATE_QUEUE */
	void (*during_destroy)(void); /* called by the driver once a queue is gone */
};
extern struct fake fake;
extern const struct kfd_ops fake_ops;

/** fake_begin() - a new driver, and level 3 started on it, without a thread */
void fake_begin(int mechanism);
/** fake_start() - the same on the driver as it is */
void fake_start(const struct cwsr_config *c, const struct cwsr_ops *ops);
/** fake_end() - stop, and check that nothing was left behind: no queue suspended, no session, no descriptor */
void fake_end(void);

/** fake_create() - a queue, as ROCr creates one; returns its number */
uint32_t fake_create(uint32_t gpu_id);
/** fake_create_unseen() - the same where nobody watches */
uint32_t fake_create_unseen(uint32_t gpu_id);
/** fake_track() - the same, tracked; its owner is &fake.q[number] */
struct cwsr_queue *fake_track(uint32_t gpu_id, uint32_t *id_p);
void *fake_ring(uint32_t id);
/** fake_update() - ROCr's UPDATE_QUEUE; returns 0 or a negative errno */
int fake_update(uint32_t id, uint32_t percent, uint32_t priority);
/** fake_update_ring() - the same with a ring of another size */
int fake_update_ring(uint32_t id, uint32_t ring_bytes);
int fake_cu_mask(uint32_t id, uint32_t bits, uint32_t word);
int fake_destroy(uint32_t id);
int fake_runtime_enable(uint32_t mode);
/** fake_runs() - whether the queue would run */
bool fake_runs(uint32_t id);
/** fake_fail() - let call number @after + 1 and the next @count - 1 fail */
void fake_fail(enum cwsr_call call, int error, int after, int count);
/** fake_round() - one round, the clock as it is */
uint64_t fake_round(void);

/* What was told by done(): as text, "q3 suspended;" "q3 runs -16;" */
extern char fake_told[4096];
extern const struct cwsr_ops fake_cwsr_ops;

#endif
