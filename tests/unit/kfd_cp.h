/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the command processor: records what the simulated driver tells it. Also what every test of the driver needs: a
 * machine, an address space. Written by the driver under test, read by the test, in one thread.
 */
#ifndef TESTS_KFD_CP_H
#define TESTS_KFD_CP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kfd_ioctl.h"
#include "sim/cp/cp.h"
#include "sim/device/device.h"
#include "sim/fault/kernel_time.h"

struct cp_queue {
	struct cp_queue_args args;
	uint32_t updates;
	uint32_t mask_bits;
	bool suspended, lost;
	uint32_t grace_kclk; /* of the last suspension */
};

extern struct cp_queue *kfd_cp_last;    /* created last; NULL once it was destroyed */
extern unsigned kfd_cp_queues;          /* that exist */
extern int kfd_cp_create_result;        /* what cp_queue_create() is to return */
extern int kfd_cp_update_result;
extern int kfd_cp_suspend_result;
extern unsigned kfd_cp_suspend_calls;   /* cp_queues_suspend() and _resume() */

extern unsigned kfd_cp_declared;        /* cp_kernel_time_declare() */
extern struct kernel_time kfd_cp_declared_last;

/** kfd_test_machine() - make the simulated machine; once, before anything else. @devices: names, comma-separated */
void kfd_test_machine(const char *devices, const char *kfd_version);
/** kfd_test_acquire() - open /dev/kfd and give every GPU an address space */
void kfd_test_acquire(void);
/** kfd_test_version() - from now on the driver is KFD 1.@minor */
void kfd_test_version(uint32_t minor);
/** kfd_test_fenced() - @bytes of zeroed memory, up to a page, that end where no memory is: who writes too much gets EFAULT */
void *kfd_test_fenced(size_t bytes);
/** kfd_test_alloc() - ALLOC_MEMORY_OF_GPU, which must succeed. Return: the handle. */
uint64_t kfd_test_alloc(uint32_t gpu, uint64_t va, uint64_t bytes, uint32_t flags, uint64_t user_addr);
/** kfd_test_map() - map to or unmap from one GPU. Return: the ioctl's result. */
int kfd_test_map(uint64_t handle, uint32_t gpu, int map);
/** kfd_test_event() - CREATE_EVENT, which must succeed. Return: the id. */
uint32_t kfd_test_event(uint32_t type, int auto_reset);
/** kfd_test_queue_args() - a correct CREATE_QUEUE for GPU 0, its buffers allocated and mapped from @va on */
struct kfd_ioctl_create_queue_args kfd_test_queue_args(uint64_t va, uint32_t ring_bytes);

#endif
