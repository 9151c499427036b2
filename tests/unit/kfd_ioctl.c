/* SPDX-License-Identifier: MIT */
/* The ioctls of /dev/kfd: what each rejects and with which error, and that nothing an application passes can crash it. */
#include "tests/unit/kfd_cp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/kfd/devfile.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

#define RING_BYTES 0x10000u

/* Made once: a queue that exists, and a correct CREATE_QUEUE for another. */
static struct kfd_ioctl_create_queue_args live, other;

static uint32_t gpu_id(uint32_t gpu)
{
	return sim_machine_get()->gpu[gpu].gpu_id;
}

static int create(struct kfd_ioctl_create_queue_args a)
{
	return kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a);
}

#define WITH(member, value) \
	({ \
		struct kfd_ioctl_create_queue_args with = other; \
		with.member = (value); \
		create(with); \
	})

static void create_queue_rejects_each_wrong_argument(void **state)
{
	assert_int_equal(WITH(gpu_id, 1), -EINVAL);
	assert_int_equal(WITH(queue_percentage, 101), -EINVAL);
	assert_int_equal(WITH(queue_priority, 16), -EINVAL);
	assert_int_equal(WITH(ring_size, RING_BYTES - 64), -EINVAL);
	assert_int_equal(WITH(ring_size, RING_BYTES * 2), -EINVAL);
	assert_int_equal(WITH(ring_size, RING_BYTES / 2), -EINVAL);
	assert_int_equal(WITH(ring_base_address, other.ring_base_address + 4096), -EINVAL);
	assert_int_equal(WITH(ring_base_address, UINT64_C(1) << 63), -EFAULT);
	assert_int_equal(WITH(read_pointer_address, UINT64_C(1) << 63), -EFAULT);
	assert_int_equal(WITH(write_pointer_address, UINT64_C(1) << 63), -EFAULT);
	assert_int_equal(WITH(write_pointer_address, 0), -EINVAL);
	assert_int_equal(WITH(eop_buffer_size, 8192), -EINVAL);
	assert_int_equal(WITH(eop_buffer_address, other.ring_base_address), -EINVAL);
	assert_int_equal(WITH(ctl_stack_size, other.ctl_stack_size + 4096), -EINVAL);
	assert_int_equal(WITH(ctx_save_restore_size, other.ctx_save_restore_size - 4096), -EINVAL);
	assert_int_equal(WITH(ctx_save_restore_address, other.ring_base_address), -EINVAL);
	assert_int_equal(WITH(queue_type, KFD_IOC_QUEUE_TYPE_COMPUTE), -EINVAL);
	assert_int_equal(WITH(queue_type, 9), -524);
	assert_int_equal(kfd_cp_queues, 1);
	kfd_cp_create_result = -ENOMEM;
	assert_int_equal(create(other), -ENOMEM);
	kfd_cp_create_result = 0;
}

static void created_queue_reaches_the_processor_as_asked(void **state)
{
	struct kfd_ioctl_create_queue_args a = other;
	struct kfd_ioctl_destroy_queue_args d;

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	assert_int_equal(kfd_cp_queues, 2);
	assert_int_equal(kfd_cp_last->args.type, CP_QUEUE_AQL);
	assert_int_equal(kfd_cp_last->args.ring_va, other.ring_base_address);
	assert_int_equal(kfd_cp_last->args.ring_bytes, RING_BYTES);
	assert_int_equal(kfd_cp_last->args.wptr_va, other.write_pointer_address);
	assert_int_equal(kfd_cp_last->args.queue_id, a.queue_id);
	assert_int_equal(kfd_cp_last->args.percent, 100);
	assert_true(*kfd_cp_last->args.doorbell == UINT64_MAX);
	/* libhsakmt keeps only the low half as the place in the page. */
	assert_int_equal((uint32_t)a.doorbell_offset % 8, 0);
	assert_true((uint32_t)a.doorbell_offset < 8192);
	assert_int_equal(a.doorbell_offset >> 62, 3);
	assert_int_equal(a.doorbell_offset >> 46 & 0xffff, gpu_id(0));
	d.queue_id = a.queue_id;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	assert_int_equal(kfd_cp_queues, 1);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), -EINVAL);
}

static int update(uint32_t id, uint64_t ring, uint32_t bytes, uint32_t percent, uint32_t priority)
{
	struct kfd_ioctl_update_queue_args a = {.queue_id = id, .ring_base_address = ring, .ring_size = bytes,
		.queue_percentage = percent, .queue_priority = priority};

	return kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &a);
}

static void update_queue_checks_as_create_does_but_answers_efault(void **state)
{
	uint64_t ring = live.ring_base_address;

	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 101, 7), -EINVAL);
	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 100, 16), -EINVAL);
	assert_int_equal(update(live.queue_id, ring, RING_BYTES + 64, 100, 7), -EINVAL);
	assert_int_equal(update(999, ring, RING_BYTES, 100, 7), -EFAULT);
	assert_int_equal(update(live.queue_id, ring + 4096, RING_BYTES, 100, 7), -EFAULT);
	assert_int_equal(update(live.queue_id, ring, RING_BYTES / 2, 100, 7), -EFAULT);
	assert_int_equal(update(live.queue_id, UINT64_C(1) << 63, RING_BYTES, 100, 7), -EFAULT);
	assert_int_equal(kfd_cp_last->updates, 0);
}

static void update_queue_passes_percentage_on_and_null_ring_disables(void **state)
{
	uint64_t ring = live.ring_base_address;

	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 0, 3), 0);
	assert_int_equal(kfd_cp_last->args.percent, 0);
	assert_int_equal(kfd_cp_last->args.priority, 3);
	/* Bits 8 to 15 name an XCC. */
	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 0x164, 7), 0);
	assert_int_equal(kfd_cp_last->args.percent, 100);
	assert_int_equal(update(live.queue_id, 0, RING_BYTES, 100, 7), 0);
	assert_int_equal(kfd_cp_last->args.percent, 0);
	kfd_cp_update_result = -ETIME;
	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 100, 7), -ETIME);
	kfd_cp_update_result = 0;
	assert_int_equal(update(live.queue_id, ring, RING_BYTES, 100, 7), 0);
}

static void queue_ids_and_doorbells_are_reused_and_limited(void **state)
{
	struct kfd_ioctl_create_queue_args a;
	uint32_t made = 0;
	int r;

	for (;;) {
		a = other;
		r = kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a);
		if (r)
			break;
		assert_int_equal(a.queue_id, ++made);
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(made, KFD_GPU_QUEUES - 1);
	for (uint32_t id = 1; id <= made; id++) {
		struct kfd_ioctl_destroy_queue_args d = {.queue_id = id};

		assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	}
	a = other;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	assert_int_equal(a.queue_id, 1);
	assert_int_equal((uint32_t)a.doorbell_offset, 8);
	struct kfd_ioctl_destroy_queue_args d = {.queue_id = 1};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

static void sdma_queues_end_with_the_engines_queues(void **state)
{
	const struct sim_device *dev = sim_machine_get()->gpu[0].device;
	struct kfd_ioctl_create_queue_args a;
	uint32_t ids[64], made = 0;
	int r;

	for (;;) {
		a = other;
		a.queue_type = KFD_IOC_QUEUE_TYPE_SDMA;
		r = kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a);
		if (r)
			break;
		ids[made++] = a.queue_id;
	}
	assert_int_equal(r, -ENOMEM);
	assert_int_equal(made, dev->sdma_engines * dev->sdma_queues_per_engine);
	assert_int_equal(WITH(queue_type, KFD_IOC_QUEUE_TYPE_SDMA_XGMI), 0);
	while (made) {
		struct kfd_ioctl_destroy_queue_args d = {.queue_id = ids[--made]};

		assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	}
	struct kfd_ioctl_destroy_queue_args d = {.queue_id = ids[0] + 16};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

static int set_mask(uint32_t id, uint32_t bits, const void *mask)
{
	struct kfd_ioctl_set_cu_mask_args a = {.queue_id = id, .num_cu_mask = bits, .cu_mask_ptr = (uintptr_t)mask};

	return kfd_ioctl(AMDKFD_IOC_SET_CU_MASK, &a);
}

static void cu_mask_is_whole_words_of_a_queue(void **state)
{
	uint32_t mask[40] = {1};

	assert_int_equal(set_mask(live.queue_id, 0, mask), -EINVAL);
	assert_int_equal(set_mask(live.queue_id, 33, mask), -EINVAL);
	assert_int_equal(set_mask(live.queue_id, 32, (void *)8), -EFAULT);
	assert_int_equal(set_mask(999, 32, mask), -EFAULT);
	assert_int_equal(set_mask(live.queue_id, 128, mask), 0);
	assert_int_equal(kfd_cp_last->mask_bits, 128);
	assert_int_equal(set_mask(live.queue_id, 1056, mask), 0);
	assert_int_equal(kfd_cp_last->mask_bits, 1024);
}

static void wave_state_is_of_queues_that_are_not_mapped(void **state)
{
	struct kfd_ioctl_get_queue_wave_state_args a = {.queue_id = live.queue_id};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_QUEUE_WAVE_STATE, &a), -EINVAL);
	a.queue_id = 999;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_QUEUE_WAVE_STATE, &a), -EFAULT);
	a.queue_id = live.queue_id;
	assert_int_equal(update(live.queue_id, live.ring_base_address, RING_BYTES, 0, 7), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_QUEUE_WAVE_STATE, &a), 0);
	assert_int_equal(update(live.queue_id, live.ring_base_address, RING_BYTES, 100, 7), 0);
}

static void one_queue_of_a_process_has_the_global_wave_sync(void **state)
{
	struct kfd_ioctl_create_queue_args second = other;
	struct kfd_ioctl_alloc_queue_gws_args a = {.queue_id = live.queue_id, .num_gws = 0};
	struct kfd_ioctl_destroy_queue_args d;

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &second), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), -EINVAL);
	a.num_gws = 64;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), 0);
	a.queue_id = second.queue_id;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), -EBUSY);
	a.queue_id = live.queue_id;
	a.num_gws = 0;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), 0);
	a.queue_id = 999;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), -EINVAL);
	d.queue_id = second.queue_id;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

static void gpu_without_global_wave_sync_hands_none_out(void **state)
{
	enum { RING = 0x70000000, POINTERS = 0x71000000, FLAGS = KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_BO_WRITABLE };
	uint64_t handle[] = {kfd_test_alloc(1, RING, RING_BYTES, FLAGS, 0), kfd_test_alloc(1, POINTERS, 4096, FLAGS, 0)};
	struct kfd_ioctl_create_queue_args q = {.gpu_id = gpu_id(1), .queue_type = KFD_IOC_QUEUE_TYPE_SDMA,
		.queue_percentage = 100, .queue_priority = 7, .ring_base_address = RING, .ring_size = RING_BYTES,
		.read_pointer_address = POINTERS, .write_pointer_address = POINTERS + 8};

	for (int i = 0; i < 2; i++)
		assert_int_equal(kfd_test_map(handle[i], 1, 1), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &q), 0);
	struct kfd_ioctl_alloc_queue_gws_args a = {.queue_id = q.queue_id, .num_gws = 64};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_QUEUE_GWS, &a), -ENODEV);
	struct kfd_ioctl_destroy_queue_args d = {.queue_id = q.queue_id};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	for (int i = 0; i < 2; i++) {
		struct kfd_ioctl_free_memory_of_gpu_args m = {.handle = handle[i]};

		assert_int_equal(kfd_test_map(handle[i], 1, 0), 0);
		assert_int_equal(kfd_ioctl(AMDKFD_IOC_FREE_MEMORY_OF_GPU, &m), 0);
	}
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

/* ---- all ioctls ---- */

static void unknown_numbers_are_enotty(void **state)
{
	char data[64] = {0};

	assert_int_equal(kfd_ioctl(_IOWR('K', 0x7f, data), data), -ENOTTY);
	assert_int_equal(kfd_ioctl(_IOWR('K', 0x82, data), data), -ENOTTY);
	assert_int_equal(kfd_ioctl(_IOWR('K', 0xff, data), data), -ENOTTY);
	/* Newer than the version that GET_VERSION gives. */
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_PROCESS, data), -ENOTTY);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_PROFILER, data), -ENOTTY);
	/* Numbers that the driver no longer uses. */
	assert_int_equal(kfd_ioctl(_IOWR('K', 0, data), data), -EINVAL);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DBG_REGISTER_DEPRECATED, data), -EINVAL);
}

static void an_ioctl_is_there_from_the_version_on_that_brought_it(void **state)
{
	static const struct {
		unsigned long cmd;
		uint32_t since;
	} brought[] = {{AMDKFD_IOC_SVM, 5}, {AMDKFD_IOC_SET_XNACK_MODE, 5}, {AMDKFD_IOC_CRIU_OP, 7},
		{AMDKFD_IOC_AVAILABLE_MEMORY, 9}, {AMDKFD_IOC_EXPORT_DMABUF, 12},
		{AMDKFD_IOC_RUNTIME_ENABLE, 13}, {AMDKFD_IOC_DBG_TRAP, 13}};
	struct kfd_ioctl_get_version_args v;

	for (size_t i = 0; i < sizeof(brought) / sizeof(brought[0]); i++) {
		/* No GPU, queue or process is named: it is refused for that. */
		uint64_t data[64] = {0};

		memset(data, 0xff, sizeof(data));
		kfd_test_version(brought[i].since - 1);
		assert_int_equal(kfd_ioctl(brought[i].cmd, data), -ENOTTY);
		kfd_test_version(brought[i].since);
		assert_int_not_equal(kfd_ioctl(brought[i].cmd, data), -ENOTTY);
		assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, &v), 0);
		assert_int_equal(v.minor_version, brought[i].since);
	}
	kfd_test_version(17);
}

/* What the save area is to be was looser before. */
static void queue_buffers_are_checked_from_1_17_on(void **state)
{
	struct kfd_ioctl_create_queue_args a = live;
	struct kfd_ioctl_destroy_queue_args d;

	a.ctl_stack_size += 4096;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), -EINVAL);
	kfd_test_version(16);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	kfd_test_version(17);
	d = (struct kfd_ioctl_destroy_queue_args){.queue_id = a.queue_id};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

static void wrong_structure_pointers_are_efault(void **state)
{
	void *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(edge + 4096, 4096);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, NULL), -EFAULT);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, none), -EFAULT);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_CLOCK_COUNTERS, edge + 4096 - 8), -EFAULT);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, (void *)UINTPTR_MAX), -EFAULT);
	mprotect(edge, 4096, PROT_READ);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, edge), -EFAULT);
	munmap(none, 4096);
	munmap(edge, 4096);
}

static void shorter_and_longer_structures_are_accepted(void **state)
{
	struct {
		struct kfd_ioctl_create_queue_args args;
		uint64_t more[4];
	} long_args = {.args = other};
	struct kfd_ioctl_create_queue_args a = other;
	struct kfd_ioctl_destroy_queue_args d;

	/* 88 bytes, as before KFD 1.17: what follows must be neither read nor written. */
	a.sdma_engine_id = 0xdead;
	assert_int_equal(kfd_ioctl(_IOC(_IOC_READ | _IOC_WRITE, 'K', 2, 88), &a), 0);
	assert_int_equal(a.sdma_engine_id, 0xdead);
	d.queue_id = a.queue_id;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	assert_int_equal(kfd_ioctl(_IOC(_IOC_READ | _IOC_WRITE, 'K', 2, sizeof(long_args)), &long_args), 0);
	d.queue_id = long_args.args.queue_id;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	kfd_cp_last = kfd_process.queues[live.queue_id]->cp;
}

struct bad_call {
	const char *what;
	unsigned long cmd;
	uint64_t words[8]; /* the structure */
	int result;
};

static void each_bad_call_has_its_error(void **state)
{
	const uint64_t id = gpu_id(0), vram = KFD_IOC_ALLOC_MEM_FLAGS_VRAM;
	const struct bad_call calls[] = {
		{"policy beyond the known ones", AMDKFD_IOC_SET_MEMORY_POLICY, {0, 0, id | 2ull << 32}, -EINVAL},
		{"policy of no GPU", AMDKFD_IOC_SET_MEMORY_POLICY, {0, 0, 7}, -EINVAL},
		{"apertures to nowhere", AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, {8, 2}, -EFAULT},
		{"too many apertures", AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, {8, 0xffffffff}, -ENOMEM},
		{"scratch of no GPU", AMDKFD_IOC_SET_SCRATCH_BACKING_VA, {0, 7}, -EINVAL},
		{"trap handler of no GPU", AMDKFD_IOC_SET_TRAP_HANDLER, {0, 0, 7}, -EINVAL},
		{"tiles of no GPU", AMDKFD_IOC_GET_TILE_CONFIG, {0, 0, 0, 7}, -EINVAL},
		{"tiles to nowhere", AMDKFD_IOC_GET_TILE_CONFIG, {8, 8, 1 | 1ull << 32, id}, -EFAULT},
		{"address space of no file", AMDKFD_IOC_ACQUIRE_VM, {0xffffffff | id << 32}, -EINVAL},
		{"address space of another file", AMDKFD_IOC_ACQUIRE_VM, {0 | id << 32}, -EBUSY},
		{"no bytes", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 0, 0, 0, id | vram << 32}, -EINVAL},
		{"memory of no GPU", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 4096, 0, 0, 7 | vram << 32}, -EINVAL},
		{"no kind of memory", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 4096, 0, 0, id}, -EINVAL},
		{"part of the doorbells", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 4096, 0, 0, id | 8ull << 32}, -EINVAL},
		{"two MMIO pages", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 8192, 0, 0, id | 16ull << 32}, -EINVAL},
		{"more than there is", AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, {0x10000, 1ull << 46, 0, 0, id | vram << 32}, -ENOMEM},
		{"free of nothing", AMDKFD_IOC_FREE_MEMORY_OF_GPU, {id << 32 | 9999}, -EINVAL},
		{"free on no GPU", AMDKFD_IOC_FREE_MEMORY_OF_GPU, {7ull << 32 | 1}, -EINVAL},
		{"map to no GPUs", AMDKFD_IOC_MAP_MEMORY_TO_GPU, {id << 32 | 1, 8, 0}, -EINVAL},
		{"map with more done than asked", AMDKFD_IOC_MAP_MEMORY_TO_GPU, {id << 32 | 1, 8, 1 | 2ull << 32}, -EINVAL},
		{"map with unreadable GPUs", AMDKFD_IOC_MAP_MEMORY_TO_GPU, {id << 32 | 1, 8, 1}, -EFAULT},
		{"map of nothing", AMDKFD_IOC_MAP_MEMORY_TO_GPU, {id << 32 | 9999, 8, 1}, -ENOMEM},
		{"unmap on no GPU", AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, {7ull << 32 | 1, 8, 1}, -EINVAL},
		{"events nowhere", AMDKFD_IOC_WAIT_EVENTS, {8, 1, 0}, -EFAULT},
		{"too many events", AMDKFD_IOC_WAIT_EVENTS, {8, 0xffffffff, 0}, -ENOMEM},
		{"event page that is no buffer", AMDKFD_IOC_CREATE_EVENT, {id << 32 | 9999}, -EINVAL},
		{"retry faults", AMDKFD_IOC_SET_XNACK_MODE, {1}, -EBUSY},
		{"available memory of no GPU", AMDKFD_IOC_AVAILABLE_MEMORY, {0, 7}, -EINVAL},
		{"buffer descriptor that is none", AMDKFD_IOC_IMPORT_DMABUF, {0, 0, id | 0xfffull << 32}, -EBADF},
		{"descriptor that is no buffer", AMDKFD_IOC_IMPORT_DMABUF, {0, 0, id | 0ull << 32}, -EINVAL},
		{"export of nothing", AMDKFD_IOC_EXPORT_DMABUF, {id << 32 | 9999}, -EINVAL},
		{"shared virtual memory", AMDKFD_IOC_SVM, {0x10000, 4096, 0}, -EPERM},
		{"checkpoint", AMDKFD_IOC_CRIU_OP, {0}, -EACCES},
		{"debugger of no process", AMDKFD_IOC_DBG_TRAP, {0}, -ESRCH},
		{"runtime with queues", AMDKFD_IOC_RUNTIME_ENABLE, {0, 1}, -EEXIST},
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		uint64_t words[16] = {0};

		memcpy(words, calls[i].words, sizeof(calls[i].words));
		int r = kfd_ioctl(calls[i].cmd, words);
		if (r != calls[i].result)
			fail_msg("%s: %d, not %d", calls[i].what, r, calls[i].result);
	}
}

static void clocks_of_gpu_and_system_are_one_reading(void **state)
{
	const struct sim_device *d = sim_machine_get()->gpu[0].device;
	struct kfd_ioctl_get_clock_counters_args a = {.gpu_id = gpu_id(0)};

	for (int i = 0; i < 100; i++) {
		assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_CLOCK_COUNTERS, &a), 0);
		assert_int_equal(a.gpu_clock_counter, a.system_clock_counter / (1000000 / d->counter_khz));
	}
	a.gpu_id = 0; /* the host's node */
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_CLOCK_COUNTERS, &a), 0);
	assert_int_equal(a.gpu_clock_counter, 0);
}

static void mmap_offsets_name_doorbells_and_mmio_of_a_gpu(void **state)
{
	uint64_t doorbells = 3ull << 62 | (uint64_t)gpu_id(1) << 46, mmio = (uint64_t)gpu_id(1) << 46, at;

	assert_int_equal(kfd_mmap(doorbells, 8192, &at), 0);
	assert_int_equal(at, DEVFILE_KFD_DOORBELLS(1));
	assert_int_equal(kfd_mmap(doorbells, 4096, &at), -EINVAL);
	assert_int_equal(kfd_mmap(mmio, 4096, &at), 0);
	assert_int_equal(at, DEVFILE_KFD_MMIO(1));
	assert_int_equal(kfd_mmap(3ull << 62 | 7ull << 46, 8192, &at), -ENODEV);
	assert_int_equal(kfd_mmap(1ull << 62 | (uint64_t)gpu_id(1) << 46, 4096, &at), -EFAULT);
}

/* Random numbers, sizes, words and pointers; a crash or a hang is the failure. */
#define FUZZ_CALLS 100000

static uint64_t fuzz_word(unsigned *seed, const void *scratch)
{
	switch (rand_r(seed) % 8) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)rand_r(seed) % 16;
	case 2:
		return (uint64_t)gpu_id(0) << 32 | (uint64_t)(rand_r(seed) % 16);
	case 3:
		return gpu_id(0) | (uint64_t)rand_r(seed) << 32;
	case 4:
		return (uintptr_t)scratch;
	case 5:
		return (uint64_t)rand_r(seed) * 4096;
	case 6:
		return UINT64_MAX - (uint64_t)(rand_r(seed) % 3);
	default:
		return (uint64_t)rand_r(seed) << 33 ^ (uint64_t)rand_r(seed);
	}
}

static void no_argument_crashes_the_driver(void **state)
{
	uint64_t scratch[64], words[32];
	unsigned seed = 20240229;

	for (int i = 0; i < FUZZ_CALLS; i++) {
		unsigned nr = (unsigned)rand_r(&seed) % 0x2a, bytes = (unsigned)rand_r(&seed) % 257;
		struct kfd_ioctl_wait_events_args *wait = (void *)words;

		for (int k = 0; k < 32; k++)
			words[k] = fuzz_word(&seed, scratch);
		memset(scratch, rand_r(&seed), sizeof(scratch));
		if (nr == _IOC_NR(AMDKFD_IOC_WAIT_EVENTS)) {
			if (bytes < sizeof(*wait))
				bytes = 0; /* which makes the timeout 0 */
			wait->timeout = 0;
		}
		void *arg = rand_r(&seed) % 16 ? words : (void *)(uintptr_t)fuzz_word(&seed, words);
		if (nr == _IOC_NR(AMDKFD_IOC_WAIT_EVENTS) && arg != words)
			continue;
		kfd_ioctl(_IOC(_IOC_READ | _IOC_WRITE, 'K', nr, bytes), arg);
	}
	/* Still what it was. */
	struct kfd_ioctl_get_version_args v;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, &v), 0);
	assert_int_equal(v.major_version, 1);
	assert_int_equal(v.minor_version, 17);
}

static void forked_child_starts_without_anything_of_its_parent(void **state)
{
	uint64_t words[16] = {0};
	pid_t child = fork();
	int status;

	if (!child) {
		kfd_fork_child();
		if (kfd_is_open() || kfd_vram_used(0) || kfd_queue_list(NULL, 0))
			_exit(1);
		kfd_test_acquire();
		if (kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, words))
			_exit(2);
		struct kfd_ioctl_create_queue_args a = kfd_test_queue_args(UINT64_C(0x40000000), RING_BYTES);
		if (kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &a) || a.queue_id)
			_exit(3);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(kfd_process.queue_count, 1);
	assert_non_null(gpuvm_page(0, live.ring_base_address, true));
}

static int ioctl_begin(void **state)
{
	kfd_test_acquire();
	live = kfd_test_queue_args(UINT64_C(0x40000000), RING_BYTES);
	other = kfd_test_queue_args(UINT64_C(0x80000000), RING_BYTES);
	return kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &live);
}

/* A description like gfx906's, without global wave sync. */
static void describe_without_gws(FILE *to)
{
	FILE *from = fopen(TEST_DEVICE_DIR "/gfx906.ini", "re");
	char line[256];

	while (from && fgets(line, sizeof(line), from))
		fputs(strncmp(line, "num_gws", 7) ? line : "num_gws = 0\n", to);
	if (!from || fclose(from) || fclose(to))
		exit(99);
}

int main(void)
{
	char path[] = "./kfd_ioctl.XXXXXX", names[64];
	int fd = mkstemp(path);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(create_queue_rejects_each_wrong_argument),
		cmocka_unit_test(update_queue_checks_as_create_does_but_answers_efault),
		cmocka_unit_test(update_queue_passes_percentage_on_and_null_ring_disables),
		cmocka_unit_test(cu_mask_is_whole_words_of_a_queue),
		cmocka_unit_test(wave_state_is_of_queues_that_are_not_mapped),
		cmocka_unit_test(created_queue_reaches_the_processor_as_asked),
		cmocka_unit_test(queue_ids_and_doorbells_are_reused_and_limited),
		cmocka_unit_test(sdma_queues_end_with_the_engines_queues),
		cmocka_unit_test(one_queue_of_a_process_has_the_global_wave_sync),
		cmocka_unit_test(gpu_without_global_wave_sync_hands_none_out),
		cmocka_unit_test(unknown_numbers_are_enotty),
		cmocka_unit_test(an_ioctl_is_there_from_the_version_on_that_brought_it),
		cmocka_unit_test(queue_buffers_are_checked_from_1_17_on),
		cmocka_unit_test(wrong_structure_pointers_are_efault),
		cmocka_unit_test(shorter_and_longer_structures_are_accepted),
		cmocka_unit_test(each_bad_call_has_its_error),
		cmocka_unit_test(clocks_of_gpu_and_system_are_one_reading),
		cmocka_unit_test(mmap_offsets_name_doorbells_and_mmio_of_a_gpu),
		cmocka_unit_test(forked_child_starts_without_anything_of_its_parent),
		cmocka_unit_test(no_argument_crashes_the_driver),
	};

	if (fd < 0)
		return 99;
	describe_without_gws(fdopen(fd, "w"));
	snprintf(names, sizeof(names), "gfx90a,%s", path);
	kfd_test_machine(names, "1.17");
	unlink(path);
	return cmocka_run_group_tests(tests, ioctl_begin, NULL);
}
