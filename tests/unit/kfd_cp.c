/* SPDX-License-Identifier: MIT */
/* See kfd_cp.h. */
#include "tests/unit/kfd_cp.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "sim/kfd/devfile.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

struct cp_queue *kfd_cp_last;
unsigned kfd_cp_queues;
int kfd_cp_create_result, kfd_cp_update_result, kfd_cp_suspend_result;
unsigned kfd_cp_suspend_calls, kfd_cp_declared;
struct kernel_time kfd_cp_declared_last;

int cp_queue_create(const struct cp_queue_args *args, struct cp_queue **q_p)
{
	struct cp_queue *q = calloc(1, sizeof(*q));

	if (kfd_cp_create_result || !q) {
		free(q);
		return kfd_cp_create_result;
	}
	q->args = *args;
	*q_p = kfd_cp_last = q;
	kfd_cp_queues++;
	return 0;
}

int cp_queue_update(struct cp_queue *q, uint64_t ring_va, uint32_t ring_bytes, uint32_t percent, uint32_t priority)
{
	q->args.ring_va = ring_va;
	q->args.ring_bytes = ring_bytes;
	q->args.percent = percent;
	q->args.priority = priority;
	q->updates++;
	return kfd_cp_update_result;
}

void cp_queue_destroy(struct cp_queue *q)
{
	if (q == kfd_cp_last)
		kfd_cp_last = NULL;
	kfd_cp_queues--;
	free(q);
}

int cp_queue_cu_mask(struct cp_queue *q, const uint32_t *mask, uint32_t bits)
{
	q->mask_bits = bits;
	return 0;
}

int cp_queues_suspend(struct cp_queue *const *queues, unsigned count, uint32_t grace_kclk)
{
	kfd_cp_suspend_calls++;
	for (unsigned i = 0; i < count; i++) {
		queues[i]->suspended = true;
		queues[i]->grace_kclk = grace_kclk;
	}
	return kfd_cp_suspend_result;
}

int cp_queues_resume(struct cp_queue *const *queues, unsigned count)
{
	kfd_cp_suspend_calls++;
	for (unsigned i = 0; i < count; i++)
		queues[i]->suspended = false;
	return kfd_cp_suspend_result;
}

int cp_queue_wave_state(struct cp_queue *q, uint32_t *ctl_stack_used_p, uint32_t *save_used_p)
{
	*ctl_stack_used_p = 8;
	*save_used_p = 512;
	return 0;
}

int cp_kernel_time_declare(const char *pattern, uint64_t duration_ns, uint32_t cus)
{
	snprintf(kfd_cp_declared_last.pattern, sizeof(kfd_cp_declared_last.pattern), "%s", pattern);
	kfd_cp_declared_last.ns = duration_ns;
	kfd_cp_declared_last.cus = cus;
	kfd_cp_declared++;
	return 0;
}

void cp_gpu_reset(uint32_t gpu)
{
	if (kfd_cp_last && kfd_cp_last->args.gpu == gpu)
		kfd_cp_last->lost = true;
}

int cp_doorbells_watch(void *addr, size_t bytes, uint32_t gpu)
{
	return 0;
}

void cp_doorbells_forget(void *addr)
{
}

void cp_fence(void)
{
}

void cp_fork_child(void)
{
}

void kfd_test_machine(const char *devices, const char *kfd_version)
{
	char list[4096] = "", *copy = strdup(devices), name_of_own[32];

	snprintf(name_of_own, sizeof(name_of_own), "test-%d", (int)getpid());
	setenv(SIM_ENV_MACHINE, name_of_own, 1);

	for (char *name = strtok(copy, ","); name; name = strtok(NULL, ","))
		snprintf(list + strlen(list), sizeof(list) - strlen(list), strchr(name, '/') ? "%s%s%s" : "%s%s/%s.ini",
			*list ? "," : "", strchr(name, '/') ? "" : TEST_DEVICE_DIR, name);
	free(copy);
	setenv(SIM_ENV_DEVICES, list, 1);
	setenv(SIM_ENV_KFD_VERSION, kfd_version, 1);
	setenv(SIM_ENV_LOG, "error", 1); /* rejected arguments are what is tested */
	if (!sim_machine_get()->gpu_count)
		exit(99);
}

void kfd_test_version(uint32_t minor)
{
	/* Of the machine's description, which is nobody else's here. */
	((struct sim_machine *)sim_machine_get())->kfd_minor = minor;
}

void kfd_test_acquire(void)
{
	const struct sim_machine *m = sim_machine_get();

	assert_int_equal(kfd_open(), 0);
	for (uint32_t i = 0; i < m->gpu_count; i++) {
		int fd = devfile_open(DEVFILE_RENDER, i, O_RDWR | O_CLOEXEC);
		struct kfd_ioctl_acquire_vm_args a = {.drm_fd = (uint32_t)fd, .gpu_id = m->gpu[i].gpu_id};

		assert_true(fd >= 0);
		assert_int_equal(kfd_ioctl(AMDKFD_IOC_ACQUIRE_VM, &a), 0);
	}
}

void *kfd_test_fenced(size_t bytes)
{
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pages != MAP_FAILED && bytes <= 4096);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	return pages + 4096 - bytes;
}

uint64_t kfd_test_alloc(uint32_t gpu, uint64_t va, uint64_t bytes, uint32_t flags, uint64_t user_addr)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args a = {.va_addr = va, .size = bytes, .flags = flags,
		.mmap_offset = user_addr, .gpu_id = sim_machine_get()->gpu[gpu].gpu_id};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &a), 0);
	return a.handle;
}

int kfd_test_map(uint64_t handle, uint32_t gpu, int map)
{
	uint32_t id = sim_machine_get()->gpu[gpu].gpu_id;
	struct kfd_ioctl_map_memory_to_gpu_args a = {.handle = handle,
		.device_ids_array_ptr = (uintptr_t)&id, .n_devices = 1};

	return kfd_ioctl(map ? AMDKFD_IOC_MAP_MEMORY_TO_GPU : AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &a);
}

uint32_t kfd_test_event(uint32_t type, int auto_reset)
{
	struct kfd_ioctl_create_event_args a = {.event_type = type, .auto_reset = (uint32_t)auto_reset};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, &a), 0);
	return a.event_id;
}

static uint64_t buffer(uint64_t *va, uint64_t bytes)
{
	uint64_t at = *va;
	uint64_t handle = kfd_test_alloc(0, at, bytes,
		KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_BO_WRITABLE, 0);

	assert_int_equal(kfd_test_map(handle, 0, 1), 0);
	*va += (bytes + 4095) / 4096 * 4096;
	return at;
}

struct kfd_ioctl_create_queue_args kfd_test_queue_args(uint64_t va, uint32_t ring_bytes)
{
	const struct sim_gpu *g = &sim_machine_get()->gpu[0];
	struct kfd_save_area area = kfd_save_area_of(g->device);
	uint64_t pointers = buffer(&va, 4096);

	return (struct kfd_ioctl_create_queue_args){
		.gpu_id = g->gpu_id,
		.queue_type = KFD_IOC_QUEUE_TYPE_COMPUTE_AQL,
		.queue_percentage = 100,
		.queue_priority = 7,
		.read_pointer_address = pointers + 0x80,
		.write_pointer_address = pointers + 0x38,
		.ring_size = ring_bytes,
		.ring_base_address = buffer(&va, ring_bytes),
		.eop_buffer_size = 4096,
		.eop_buffer_address = buffer(&va, 4096),
		.ctl_stack_size = area.ctl_stack_bytes,
		.ctx_save_restore_size = area.save_bytes,
		.ctx_save_restore_address = buffer(&va,
			(uint64_t)(area.save_bytes + area.debug_bytes) * g->device->xcc_count),
	};
}
