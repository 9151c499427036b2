/* SPDX-License-Identifier: MIT */
/* GPU page tables and the memory ioctls that write them. */
#include "tests/unit/kfd_cp.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/kfd/devfile.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

#define PAGE UINT64_C(4096)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define VRAM KFD_IOC_ALLOC_MEM_FLAGS_VRAM
#define GTT KFD_IOC_ALLOC_MEM_FLAGS_GTT
#define USERPTR KFD_IOC_ALLOC_MEM_FLAGS_USERPTR
#define WRITABLE KFD_BO_WRITABLE

/* Host addresses are only compared in the tests of the tables alone, never followed. */
static uint8_t *const host = (uint8_t *)(UINT64_C(0x5000) * MIB);

static int free_memory(uint64_t handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args a = {.handle = handle};

	return kfd_ioctl(AMDKFD_IOC_FREE_MEMORY_OF_GPU, &a);
}

static void address_leads_to_its_page_and_no_further(void **state)
{
	uint64_t va = 7 * GIB + 3 * PAGE;

	assert_int_equal(gpuvm_map(0, va, 2 * PAGE, host, true), 0);
	assert_ptr_equal(gpuvm_page(0, va + 5, false), host);
	assert_ptr_equal(gpuvm_page(0, va + PAGE + 5, true), host + PAGE);
	assert_null(gpuvm_page(0, va - 1, false));
	assert_null(gpuvm_page(0, va + 2 * PAGE, false));
	assert_null(gpuvm_page(1, va, false));
	gpuvm_unmap(0, va, 2 * PAGE);
	assert_null(gpuvm_page(0, va, false));
	assert_null(gpuvm_page(0, va + PAGE, false));
}

static void every_page_of_a_range_of_all_leaf_sizes_is_right(void **state)
{
	/* Begins and ends off every boundary, and holds a whole GiB. */
	uint64_t va = 3 * GIB - 5 * MIB - 3 * PAGE, bytes = 1 * GIB + 11 * MIB + 7 * PAGE;

	assert_int_equal(gpuvm_map(1, va, bytes, host, true), 0);
	for (uint64_t at = 0; at < bytes; at += PAGE)
		assert_ptr_equal(gpuvm_page(1, va + at, true), host + at);
	assert_null(gpuvm_page(1, va - PAGE, false));
	assert_null(gpuvm_page(1, va + bytes, false));
	assert_ptr_equal(gpuvm_host(1, va + 1, bytes - 1, true), host + 1);
	assert_null(gpuvm_host(1, va, bytes + 1, true));
	gpuvm_unmap(1, va, bytes);
	for (uint64_t at = 0; at < bytes; at += 16 * PAGE)
		assert_null(gpuvm_page(1, va + at, false));
}

static void part_of_a_large_leaf_can_go(void **state)
{
	assert_int_equal(gpuvm_map(0, 4 * GIB, GIB, host, true), 0);
	gpuvm_unmap(0, 4 * GIB + 6 * MIB, PAGE);
	assert_null(gpuvm_page(0, 4 * GIB + 6 * MIB, false));
	assert_ptr_equal(gpuvm_page(0, 4 * GIB + 6 * MIB - 1, false), host + 6 * MIB - PAGE);
	assert_ptr_equal(gpuvm_page(0, 4 * GIB + 6 * MIB + PAGE, true), host + 6 * MIB + PAGE);
	gpuvm_unmap(0, 4 * GIB, GIB);
	assert_int_equal(gpuvm_map(0, 4 * GIB, GIB, host, true), 0);
	gpuvm_unmap(0, 4 * GIB, GIB);
}

static void overlap_is_rejected_and_changes_nothing(void **state)
{
	assert_int_equal(gpuvm_map(0, 8 * GIB, 4 * PAGE, host, true), 0);
	assert_int_equal(gpuvm_map(0, 8 * GIB - 2 * PAGE, 3 * PAGE, host + MIB, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, 8 * GIB + 3 * PAGE, GIB, host + MIB, true), -EINVAL);
	assert_null(gpuvm_page(0, 8 * GIB - 2 * PAGE, false));
	assert_ptr_equal(gpuvm_page(0, 8 * GIB, false), host);
	gpuvm_unmap(0, 8 * GIB, 4 * PAGE);
}

static void read_only_memory_has_no_page_for_a_write(void **state)
{
	assert_int_equal(gpuvm_map(0, 9 * GIB, PAGE, host, false), 0);
	assert_ptr_equal(gpuvm_page(0, 9 * GIB, false), host);
	assert_null(gpuvm_page(0, 9 * GIB, true));
	assert_null(gpuvm_host(0, 9 * GIB, 8, true));
	gpuvm_unmap(0, 9 * GIB, PAGE);
}

static void neighbours_that_are_apart_on_the_host_are_not_contiguous(void **state)
{
	assert_int_equal(gpuvm_map(0, GIB, PAGE, host, true), 0);
	assert_int_equal(gpuvm_map(0, GIB + PAGE, PAGE, host + 8 * PAGE, true), 0);
	assert_ptr_equal(gpuvm_host(0, GIB + PAGE - 8, 8, true), host + PAGE - 8);
	assert_null(gpuvm_host(0, GIB + PAGE - 8, 9, true));
	gpuvm_unmap(0, GIB, 2 * PAGE);
}

static void misaligned_and_outlying_ranges_are_rejected(void **state)
{
	assert_int_equal(gpuvm_map(0, GIB + 1, PAGE, host, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, GIB, PAGE + 1, host, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, GIB, 0, host, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, GPUVM_VA_END, PAGE, host, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, GPUVM_VA_END - PAGE, 2 * PAGE, host, true), -EINVAL);
	assert_int_equal(gpuvm_map(0, GPUVM_VA_END - PAGE, PAGE, host, true), 0);
	gpuvm_unmap(0, GPUVM_VA_END - PAGE, PAGE);
	assert_null(gpuvm_page(0, UINT64_MAX, false));
	assert_null(gpuvm_host(0, UINT64_MAX - 4, 16, false));
}

static void removing_a_mapping_changes_the_generation(void **state)
{
	uint32_t before = atomic_load(gpuvm_generation(0)), other = atomic_load(gpuvm_generation(1));

	assert_int_equal(gpuvm_map(0, GIB, PAGE, host, true), 0);
	gpuvm_unmap(0, GIB, PAGE);
	assert_int_not_equal(atomic_load(gpuvm_generation(0)), before);
	assert_int_equal(atomic_load(gpuvm_generation(1)), other);
}

/* ---- through the ioctls ---- */

static void gpu_and_application_see_the_same_vram(void **state)
{
	uint64_t va = 0x200000000;
	struct kfd_ioctl_alloc_memory_of_gpu_args a = {.va_addr = va, .size = 2 * MIB, .flags = VRAM | WRITABLE,
		.gpu_id = sim_machine_get()->gpu[1].gpu_id};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &a), 0);
	assert_int_equal(kfd_drm_mmap(1, a.mmap_offset, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED), 0);
	assert_int_equal(kfd_drm_mmap(0, a.mmap_offset, 2 * MIB, PROT_READ, MAP_SHARED), -EINVAL);
	assert_int_equal(kfd_drm_mmap(1, a.mmap_offset, 2 * MIB + PAGE, PROT_READ, MAP_SHARED), -EINVAL);
	assert_int_equal(kfd_drm_mmap(1, a.mmap_offset, 2 * MIB, PROT_READ, MAP_PRIVATE), -EINVAL);
	assert_int_equal(kfd_drm_mmap(1, a.mmap_offset, 2 * MIB, PROT_NONE, MAP_PRIVATE), 0);
	int fd = devfile_open(DEVFILE_RENDER, 1, O_RDWR | O_CLOEXEC);
	char *app = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)a.mmap_offset);
	assert_ptr_not_equal(app, MAP_FAILED);
	strcpy(app + MIB, "from the host");
	assert_null(gpuvm_page(1, va, false));
	assert_int_equal(kfd_test_map(a.handle, 1, 1), 0);
	assert_string_equal((char *)gpuvm_page(1, va + MIB, false), "from the host");
	assert_null(gpuvm_page(0, va, false));
	/* A peer may map it as well. */
	assert_int_equal(kfd_test_map(a.handle, 0, 1), 0);
	assert_ptr_equal(gpuvm_page(0, va, true), gpuvm_page(1, va, true));
	assert_int_equal(free_memory(a.handle), -EBUSY);
	assert_int_equal(kfd_test_map(a.handle, 0, 0), 0);
	assert_int_equal(kfd_test_map(a.handle, 1, 0), 0);
	assert_int_equal(kfd_test_map(a.handle, 1, 0), -EINVAL);
	assert_int_equal(free_memory(a.handle), 0);
	assert_int_equal(app[MIB], 0); /* given back */
	munmap(app, 2 * MIB);
	close(fd);
}

static void user_memory_is_found_at_another_gpu_address(void **state)
{
	char *app = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t va = 0x300000000;
	uint64_t handle = kfd_test_alloc(0, va, 4 * PAGE, USERPTR | WRITABLE, (uintptr_t)app);

	assert_int_equal(kfd_test_map(handle, 0, 1), 0);
	assert_ptr_equal(gpuvm_page(0, va + 3 * PAGE, true), app + 3 * PAGE);
	assert_int_equal(kfd_test_map(handle, 0, 0), 0);
	assert_int_equal(free_memory(handle), 0);
	munmap(app, 4 * PAGE);
}

static int alloc_user(uint64_t addr, uint64_t bytes)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args a = {.va_addr = 0x300000000, .size = bytes,
		.flags = USERPTR | WRITABLE, .mmap_offset = addr, .gpu_id = sim_machine_get()->gpu[0].gpu_id};

	return kfd_ioctl(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &a);
}

static void user_memory_that_cannot_be_pinned_is_efault(void **state)
{
	char *app = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap(app + 2 * PAGE, PAGE);
	assert_int_equal(alloc_user((uintptr_t)app, 4 * PAGE), -EFAULT);
	mprotect(app, PAGE, PROT_READ);
	assert_int_equal(alloc_user((uintptr_t)app, PAGE), -EFAULT);
	assert_int_equal(alloc_user(0, PAGE), -EINVAL);
	assert_int_equal(alloc_user(UINT64_C(1) << 60, PAGE), -EFAULT);
	munmap(app, 4 * PAGE);
}

static void vram_runs_out_and_comes_back(void **state)
{
	const struct sim_gpu *g = &sim_machine_get()->gpu[0];
	struct kfd_ioctl_get_available_memory_args m = {.gpu_id = g->gpu_id};
	struct kfd_ioctl_alloc_memory_of_gpu_args a = {.va_addr = 0x400000000, .flags = VRAM, .gpu_id = g->gpu_id};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_AVAILABLE_MEMORY, &m), 0);
	uint64_t all = m.available;
	uint64_t handle = kfd_test_alloc(0, 0x400000000, all - 4 * MIB, VRAM | WRITABLE, 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_AVAILABLE_MEMORY, &m), 0);
	assert_int_equal(m.available, 4 * MIB);
	a.size = 8 * MIB;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, &a), -ENOMEM);
	assert_int_equal(free_memory(handle), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_AVAILABLE_MEMORY, &m), 0);
	assert_int_equal(m.available, all);
	/* Failures must not have taken any. */
	assert_int_equal(alloc_user(0, PAGE), -EINVAL);
	assert_int_equal(kfd_vram_used(0), 0);
}

static void double_mapping_shows_the_ring_twice(void **state)
{
	uint64_t va = 0x500000000;
	uint64_t handle = kfd_test_alloc(0, va, 8 * PAGE, GTT | WRITABLE | KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM, 0);

	assert_int_equal(kfd_test_map(handle, 0, 1), 0);
	assert_non_null(gpuvm_page(0, va, true));
	assert_ptr_equal(gpuvm_page(0, va + 4 * PAGE, true), gpuvm_page(0, va, true));
	assert_null(gpuvm_page(0, va + 8 * PAGE, true));
	assert_int_equal(kfd_test_map(handle, 0, 0), 0);
	assert_null(gpuvm_page(0, va + 4 * PAGE, true));
	assert_int_equal(free_memory(handle), 0);
}

/* A reader sees a page or none, never half an entry, while another thread maps and unmaps. */
static _Atomic bool stop_reading;

static void *reader_main(void *arg)
{
	uint64_t va = 6 * GIB, wrong = 0;

	while (!atomic_load(&stop_reading))
		for (uint64_t at = 0; at < 4 * MIB; at += 37 * PAGE) {
			uint8_t *page = gpuvm_page(0, va + at, true);

			wrong += page && page != host + at;
		}
	return (void *)(uintptr_t)wrong;
}

static void readers_never_see_a_torn_entry_race(void **state)
{
	pthread_t reader;
	void *wrong;

	assert_int_equal(pthread_create(&reader, NULL, reader_main, NULL), 0);
	for (int i = 0; i < 300; i++) {
		/* Leaf sizes alternate, so that tables are linked while the reader walks. */
		uint64_t from = i % 2 ? 0 : PAGE;

		assert_int_equal(gpuvm_map(0, 6 * GIB + from, 4 * MIB - from, host + from, true), 0);
		gpuvm_unmap(0, 6 * GIB + from, 4 * MIB - from);
	}
	atomic_store(&stop_reading, true);
	assert_int_equal(pthread_join(reader, &wrong), 0);
	assert_null(wrong);
}

static int memory_begin(void **state)
{
	kfd_test_acquire();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_leads_to_its_page_and_no_further),
		cmocka_unit_test(every_page_of_a_range_of_all_leaf_sizes_is_right),
		cmocka_unit_test(part_of_a_large_leaf_can_go),
		cmocka_unit_test(overlap_is_rejected_and_changes_nothing),
		cmocka_unit_test(read_only_memory_has_no_page_for_a_write),
		cmocka_unit_test(neighbours_that_are_apart_on_the_host_are_not_contiguous),
		cmocka_unit_test(misaligned_and_outlying_ranges_are_rejected),
		cmocka_unit_test(removing_a_mapping_changes_the_generation),
		cmocka_unit_test(gpu_and_application_see_the_same_vram),
		cmocka_unit_test(user_memory_is_found_at_another_gpu_address),
		cmocka_unit_test(user_memory_that_cannot_be_pinned_is_efault),
		cmocka_unit_test(vram_runs_out_and_comes_back),
		cmocka_unit_test(double_mapping_shows_the_ring_twice),
		cmocka_unit_test(readers_never_see_a_torn_entry_race),
	};

	kfd_test_machine("gfx90a,gfx90a", "1.17");
	return cmocka_run_group_tests(tests, memory_begin, NULL);
}
