/* SPDX-License-Identifier: MIT */
/* Brakes in the page; see shared_brake.h. */
#include "src/hsa_intercept/shared_brake.h"

#include <errno.h>
#include <hsa/amd_hsa_signal.h>
#include <linux/mempolicy.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/hsa_intercept/next.h"

static_assert(sizeof(struct ipc_brake) == sizeof(amd_signal_t) &&
		      offsetof(struct ipc_brake, kind) == offsetof(amd_signal_t, kind) &&
		      offsetof(struct ipc_brake, value) == offsetof(amd_signal_t, value) &&
		      offsetof(struct ipc_brake, value) == offsetof(struct track_signal, value) &&
		      IPC_BRAKE_KIND == AMD_SIGNAL_KIND_USER,
	"struct ipc_brake");

#define BYTES sizeof(((struct ipc_page *)0)->brake)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock. */
static struct ipc_page *page;	 /* NULL: none */
static uint64_t gpu_va;		 /* of page->brake; 0: GPUs do not know it yet */
static bool refused;		 /* they cannot */
static uint64_t taken[IPC_BRAKES / 64];

static _Atomic bool revoked;

/*
 * Where the kernel takes the memory from the process's page tables for a moment, KFD stops all its queues meanwhile. Shared memory is left
 * alone by fork; locked, it is not written to swap; with a policy of its own, automatic NUMA balancing does not look at it. Each is
 * an improvement only.
 */
static void keep_in_place(void)
{
	if (mlock(page->brake, BYTES))
		log_debug("brakes may be swapped: %s", strerror(errno));
	if (syscall(SYS_mbind, page->brake, BYTES, MPOL_LOCAL, NULL, 0ul, 0u))
		log_debug("brakes may be moved between nodes: %s", strerror(errno));
}

/* Must hold the lock. */
static void show_to_gpus(void)
{
	void *at = NULL;

	keep_in_place();
	/* All GPUs. */
	hsa_status_t status = next.memory_lock ? next.memory_lock(page->brake, BYTES, NULL, 0, &at) : HSA_STATUS_ERROR;

	refused = status != HSA_STATUS_SUCCESS || !at;
	gpu_va = refused ? 0 : (uint64_t)(uintptr_t)at;
	if (refused)
		log_info("GPUs cannot read memory that is shared with the daemon (status 0x%x): it stops what is published through this process only",
			(unsigned)status);
}

void shared_brakes_offer(struct ipc_page *of)
{
	pthread_mutex_lock(&lock);
	page = of;
	pthread_mutex_unlock(&lock);
}

void shared_brakes_start(void)
{
	pthread_mutex_lock(&lock);
	gpu_va = 0;
	refused = false;
	pthread_mutex_unlock(&lock);
}

/* Must hold the lock. Return: from 0; -ENOSPC. */
static int first_free(void)
{
	for (int i = 0; i < (int)IPC_BRAKES; i++)
		if (!(taken[i / 64] >> i % 64 & 1))
			return i;
	return -ENOSPC;
}

uint32_t shared_brake_take(struct track_signal **signal_p, uint64_t *handle_p)
{
	uint32_t number = 0;

	pthread_mutex_lock(&lock);
	if (page && !gpu_va && !refused)
		show_to_gpus();
	int i = page && gpu_va ? first_free() : -ENOENT;
	if (i >= 0) {
		taken[i / 64] |= UINT64_C(1) << i % 64;
		number = (uint32_t)i + 1;
		atomic_store(&page->brake[i].value, 0);
		*signal_p = (struct track_signal *)&page->brake[i];
		*handle_p = gpu_va + (uint64_t)i * sizeof(page->brake[i]);
	}
	pthread_mutex_unlock(&lock);
	return number;
}

void shared_brake_give(uint32_t number)
{
	if (!number)
		return;
	pthread_mutex_lock(&lock);
	taken[(number - 1) / 64] &= ~(UINT64_C(1) << (number - 1) % 64);
	pthread_mutex_unlock(&lock);
}

void shared_brakes_revoke(void)
{
	if (atomic_load(&revoked))
		return;
	pthread_mutex_lock(&lock);
	struct ipc_brake *own = page ? mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) : MAP_FAILED;

	/* As they are: who decides next lets go what should not be held, and rings for it. */
	for (unsigned i = 0; own != MAP_FAILED && i < IPC_BRAKES; i++) {
		own[i].kind = IPC_BRAKE_KIND;
		own[i].value = atomic_load(&page->brake[i].value);
	}
	if (own == MAP_FAILED || mremap(own, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, page->brake) == MAP_FAILED) {
		if (page)
			log_warning("what a daemon does that does not answer can still hold packets: %s", strerror(errno));
		if (own != MAP_FAILED)
			munmap(own, BYTES);
	} else {
		atomic_store(&revoked, true);
		keep_in_place();
	}
	pthread_mutex_unlock(&lock);
}

bool shared_brakes_told(void)
{
	return !atomic_load(&revoked);
}

void shared_brakes_fork_child(void)
{
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	page = NULL;
}
