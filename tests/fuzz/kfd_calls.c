/* SPDX-License-Identifier: MIT */
/*
 * Random ioctls on the simulated driver: numbers, sizes, words and pointers without sense, and calls that make sense with
 * random parts. A crash or a hang is the failure. One argument gives the number of calls (default 60000), another the seed.
 *
 * Calls that may rightly wait for ever are left out while they would: WAIT_EVENTS with a time-out, and, while a debugger's
 * session is on, DESTROY_QUEUE and RUNTIME_ENABLE.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/common/stats.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "tests/unit/kfd_cp.h"

#define MAX_IOCTL 0x2a
#define RING_BYTES 0x10000u

static unsigned seed;
/* Calls write as far behind a pointer as they like, up to the page behind this. */
#define SCRATCH_BYTES 1024u
static uint64_t *scratch;
static struct kfd_ioctl_create_queue_args queue_args;

static uint32_t dice(uint32_t n)
{
	return (uint32_t)rand_r(&seed) % n;
}

static uint64_t word(void)
{
	switch (dice(10)) {
	case 0:
		return 0;
	case 1:
	case 2:
		return dice(16);
	case 3:
		return (uint64_t)queue_args.gpu_id << 32 | dice(16);
	case 4:
		return queue_args.gpu_id | (uint64_t)rand_r(&seed) << 32;
	case 5:
		return (uintptr_t)scratch + dice(SCRATCH_BYTES);
	case 6:
		return (uint64_t)rand_r(&seed) * 4096;
	case 7:
		return UINT64_MAX - dice(3);
	case 8:
		return queue_args.ring_base_address + dice(3) * 4096u;
	default:
		return (uint64_t)rand_r(&seed) << 33 ^ (uint64_t)rand_r(&seed);
	}
}

static bool may_wait(uint32_t nr, const uint64_t *words)
{
	if (nr == _IOC_NR(AMDKFD_IOC_WAIT_EVENTS))
		return true;
	return kfd_process.debug.enabled &&
		(nr == _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE) || nr == _IOC_NR(AMDKFD_IOC_RUNTIME_ENABLE));
}

static void nonsense(void)
{
	uint64_t words[32];
	uint32_t nr = dice(MAX_IOCTL), bytes = dice(257);

	for (int i = 0; i < 32; i++)
		words[i] = word();
	if (may_wait(nr, words))
		return;
	void *arg = dice(16) ? words : (void *)(uintptr_t)word();
	kfd_ioctl(_IOC(_IOC_READ | _IOC_WRITE, 'K', nr, bytes), arg);
}

/* The debug interface as it is meant, but for what the dice say. */
static void debug_call(void)
{
	struct kfd_ioctl_dbg_trap_args a;
	uint64_t *words = (uint64_t *)(void *)&a;

	for (size_t i = 0; i < sizeof(a) / sizeof(*words); i++)
		words[i] = word();
	a.pid = dice(20) ? (uint32_t)getpid() : dice(100000);
	a.op = dice(17);
	if (a.op == KFD_IOC_DBG_TRAP_ENABLE && dice(4)) {
		a.enable.dbg_fd = 2;
		a.enable.exception_mask = 0; /* or it writes to standard error */
		a.enable.rinfo_ptr = (uintptr_t)scratch;
	} else if (a.op == KFD_IOC_DBG_TRAP_ENABLE || a.op == KFD_IOC_DBG_TRAP_SET_EXCEPTIONS_ENABLED) {
		a.op = KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT;
	}
	if ((a.op == KFD_IOC_DBG_TRAP_SUSPEND_QUEUES || a.op == KFD_IOC_DBG_TRAP_RESUME_QUEUES) && dice(4)) {
		uint32_t *ids = (uint32_t *)(void *)scratch;

		for (int i = 0; i < 8; i++)
			ids[i] = dice(6);
		a.suspend_queues.queue_array_ptr = (uintptr_t)ids;
		a.suspend_queues.num_queues = dice(9);
		a.resume_queues.queue_array_ptr = (uintptr_t)ids;
		a.resume_queues.num_queues = dice(9);
	}
	if (a.op == KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT && dice(4)) {
		a.queue_snapshot.snapshot_buf_ptr = (uintptr_t)scratch;
		a.queue_snapshot.num_queues = dice(8);
		a.queue_snapshot.entry_size = dice(130);
	}
	kfd_ioctl(AMDKFD_IOC_DBG_TRAP, &a);
}

static void queue_call(void)
{
	struct kfd_ioctl_create_queue_args c = queue_args;
	struct kfd_ioctl_update_queue_args u = {.ring_base_address = queue_args.ring_base_address, .ring_size = RING_BYTES,
		.queue_percentage = dice(102), .queue_priority = dice(17), .queue_id = dice(6)};
	struct kfd_ioctl_destroy_queue_args d = {.queue_id = dice(6)};

	switch (dice(4)) {
	case 0:
		if (kfd_process.queue_count < 6)
			kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &c);
		break;
	case 1:
		if (!kfd_process.debug.enabled)
			kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d);
		break;
	case 2:
		if (!dice(50))
			kfd_gpu_reset(dice(3));
		break;
	default:
		kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &u);
	}
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 60000;
	struct kfd_ioctl_get_version_args v = {0};

	seed = argc > 2 ? (unsigned)atol(argv[2]) : 20240229;
	kfd_test_machine("gfx90a,gfx906", "1.23");
	kfd_test_acquire();
	scratch = kfd_test_fenced(SCRATCH_BYTES);
	queue_args = kfd_test_queue_args(UINT64_C(0x40000000), RING_BYTES);
	/* Runtimes do so first; with a session or queues it is refused or waits. */
	struct kfd_ioctl_runtime_enable_args runtime = {.mode_mask = 1};
	if (kfd_ioctl(AMDKFD_IOC_RUNTIME_ENABLE, &runtime))
		return 1;
	for (long i = 0; i < calls; i++) {
		switch (dice(4)) {
		case 0:
			debug_call();
			break;
		case 1:
			queue_call();
			break;
		default:
			nonsense();
		}
	}
	for (uint32_t nr = 0; nr < MAX_IOCTL; nr++) {
		unsigned long long n = atomic_load(&sim_stats.ioctls[nr]), bad = atomic_load(&sim_stats.ioctl_errors[nr]);

		if (kfd_ioctl_name(nr))
			printf("%-24s %10llu calls, %10llu of them refused\n", kfd_ioctl_name(nr), n, bad);
	}
	/* Still what it was. */
	return kfd_ioctl(AMDKFD_IOC_GET_VERSION, &v) || v.minor_version != 23;
}
