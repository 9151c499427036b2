/* SPDX-License-Identifier: MIT */
/*
 * Stand-ins for what surrounds the command processor: GPU memory that is host memory, kernels that
 * count, a driver that remembers interrupts; and queues as a runtime would fill them. Written by
 * the tests and by the engine thread.
 */
#ifndef TESTS_UNIT_CP_FAKE_H
#define TESTS_UNIT_CP_FAKE_H

#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/cp/cp.h"
#include "sim/device/device.h"
#include "sim/gcn/gcn.h"

/* A kernel: its address is the kernel object. Every group runs @steps instructions of @cycles each.
 */
struct fake_kernel {
	uint32_t steps, cycles;
	uint32_t waves, vgprs;	      /* per group; 0: 1 and 32 */
	_Atomic uint32_t *until;      /* groups do not end before this is not 0 */
	_Atomic uint32_t *stay;	      /* a step does not end before this is not 0 */
	_Atomic uint32_t stays, left; /* steps that began and ended so */
	enum gcn_fault_kind fault;    /* every group's last step faults so */
	_Atomic uint64_t stepped;     /* instructions run, of all groups */
	_Atomic uint32_t groups_started, groups_ended;
	_Atomic uint32_t first_order, last_order;  /* from fake_order: first step and last end */
	_Atomic uint64_t start_cycles, end_cycles; /* earliest and latest seen */
	uint32_t slots[64];			   /* scratch slot of the first groups */
};

extern _Atomic uint32_t fake_order;
extern _Atomic uint32_t fake_interrupts[64]; /* by event id */
extern _Atomic uint32_t fake_raised[64];     /* events that need no slot, by id */
extern _Atomic uint32_t fake_faults;
extern _Atomic uint32_t fake_doorbells_lost; /* the next so many are */
extern _Atomic uint32_t fake_hangs;          /* the next so many kernels do */
extern _Atomic uint32_t fake_invalidated; /* instruction cache */
extern _Atomic uint64_t fake_fault_va;

/* A queue with its memory and doorbell. */
struct fake_queue {
	amd_queue_t aq;
	uint8_t ring[64 * 64] __attribute__((aligned(64)));
	uint64_t sdma_read __attribute__((aligned(64)));
	uint64_t sdma_write; /* the engine reads it whenever it maps the queue: never within a packet */
	uint64_t sdma_put;   /* where the next packet is written */
	amd_signal_t inactive;
	_Atomic uint64_t *doorbell;
	void *save;
	struct cp_queue *q;
};

#define FAKE_CTL_STACK_BYTES 4096u
#define FAKE_SAVE_BYTES	     (FAKE_CTL_STACK_BYTES + 16384u)

/* The stand-in's GPU: two CUs; its costs may be changed while nothing runs. */
extern struct sim_device *const fake_device;

/** fake_machine_name() - share the device with processes that give the same name; before anything
 * else */
void fake_machine_name(const char *name);
/* What the engine takes for the time; NULL: the host's clock. */
extern uint64_t (*fake_clock)(void);
/** fake_setup(), fake_teardown() - group fixtures: memory and a watched page of doorbells */
int fake_setup(void **state);
int fake_teardown(void **state);

/** fake_queue_new() - an AQL queue of @packets packets (up to 64), mapped */
struct fake_queue *fake_queue_new(unsigned packets);
struct fake_queue *fake_sdma_new(void);
void fake_queue_free(struct fake_queue *f);

/** fake_alloc() - zeroed memory that the GPU can reach */
void *fake_alloc(size_t bytes);
amd_signal_t *fake_signal(int64_t value);
uint64_t fake_handle(const amd_signal_t *s);

/* Write a packet with everything but its header; fake_publish() then writes the header. */
hsa_kernel_dispatch_packet_t *fake_dispatch(struct fake_queue *f, uint64_t index,
	struct fake_kernel *k, uint32_t groups, amd_signal_t *done);
hsa_barrier_and_packet_t *fake_barrier(struct fake_queue *f, uint64_t index, amd_signal_t *done);
void fake_publish(struct fake_queue *f, uint64_t index, unsigned type, bool barrier_bit);
/** fake_ring() - store write index @write, then ring with @write - 1 */
void fake_ring(struct fake_queue *f, uint64_t write);

/** fake_wait() - wait until a signal has @value; fails the test after 20 s */
void fake_wait(const amd_signal_t *s, int64_t value);
void fake_wait_u32(_Atomic uint32_t *at, uint32_t at_least);
void fake_wait_u64(_Atomic uint64_t *at, uint64_t at_least);
uint64_t fake_read_index(struct fake_queue *f);
void fake_wait_read(struct fake_queue *f, uint64_t at_least);
/** fake_rounds() - return after the engine has looked at every queue several more times */
void fake_rounds(void);

#endif
