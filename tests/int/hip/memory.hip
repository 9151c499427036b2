/* SPDX-License-Identifier: MIT */
/*
 * Allocation: device, pinned host, registered host and managed memory, sizes, limits and misuse.
 * A kernel writes each kind so that the address is known to work on the GPU, and the host reads it.
 */
#include "check.h"
#include <stdlib.h>

__global__ static void fill(unsigned *p, unsigned seed, size_t count)
{
	size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		p[i] = seed + (unsigned)i * 2654435761u;
}

static void fill_and_wait(unsigned *device, unsigned seed, size_t count)
{
	fill<<<(count + 255) / 256, 256>>>(device, seed, count);
	launch_ok();
	hip_ok(hipDeviceSynchronize());
}

static std::vector<unsigned> filled(unsigned seed, size_t count)
{
	std::vector<unsigned> v(count);
	for (size_t i = 0; i < count; i++)
		v[i] = seed + (unsigned)i * 2654435761u;
	return v;
}

static void allocations_of_all_sizes_do_not_overlap(void **state)
{
	static const size_t sizes[] = {
		1, 3, 255, 256, 4095, 4096, 4097, 65536, 1 << 20, (2 << 20) + 4, 16 << 20};
	const size_t n = sizeof(sizes) / sizeof(sizes[0]);
	char *p[sizeof(sizes) / sizeof(sizes[0])];
	for (size_t i = 0; i < n; i++) {
		hip_ok(hipMalloc((void **)&p[i], sizes[i]));
		assert_non_null(p[i]);
		same((uintptr_t)p[i] % 256, (uintptr_t)0);
	}
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			assert_true(i == j || p[i] + sizes[i] <= p[j] || p[j] + sizes[j] <= p[i]);
	for (size_t i = 0; i < n; i++)
		hip_ok(hipFree(p[i]));
}

static void memory_can_be_allocated_and_freed_again_and_again(void **state)
{
	for (unsigned round = 0; round < 20; round++) {
		const size_t count = 1000 + 4001 * round;
		unsigned *p = device_new<unsigned>(count);
		fill_and_wait(p, round, count);
		std::vector<unsigned> got = host_copy_of(p, count), want = filled(round, count);
		equal(got.data(), want.data(), count);
		hip_ok(hipFree(p));
	}
}

static void free_memory_shrinks_by_what_is_allocated(void **state)
{
	const size_t size = (size_t)64 << 20;
	size_t before = 0, during = 0, after = 0, total = 0;
	void *p;
	hip_ok(hipMemGetInfo(&before, &total));
	assert_true(before <= total);
	hip_ok(hipMalloc(&p, size));
	hip_ok(hipMemGetInfo(&during, &total));
	hip_ok(hipFree(p));
	hip_ok(hipMemGetInfo(&after, &total));
	assert_true(before - during >= size);
	assert_true(after > during);
}

static void too_much_is_out_of_memory_and_the_rest_goes_on(void **state)
{
	size_t available = 0, total = 0;
	void *p = NULL;
	hip_ok(hipMemGetInfo(&available, &total));
	hip_error(hipMalloc(&p, total * 2), hipErrorOutOfMemory);
	(void)hipGetLastError();
	unsigned *q = device_new<unsigned>(10);
	fill_and_wait(q, 5, 10);
	hip_ok(hipFree(q));
}

static void freeing_what_was_not_allocated_is_an_error(void **state)
{
	int local = 0;
	hip_ok(hipFree(NULL));
	assert_true(hipFree(&local) != hipSuccess);
	(void)hipGetLastError();
}

static void zero_bytes_give_a_null_pointer(void **state)
{
	void *p = (void *)1;
	hip_ok(hipMalloc(&p, 0));
	assert_null(p);
}

/* Its name changed with HIP 6. */
static int type_of(const hipPointerAttribute_t &a)
{
#if HIP_VERSION_MAJOR >= 6
	return (int)a.type;
#else
	return (int)a.memoryType;
#endif
}

static void pointers_know_what_they_point_to(void **state)
{
	hipPointerAttribute_t a;
	void *base = NULL;
	size_t size = 0;
	char *device, *host;
	hip_ok(hipMalloc((void **)&device, 100000));
	hip_ok(hipHostMalloc((void **)&host, 4096, 0));
	hip_ok(hipPointerGetAttributes(&a, device));
	same(type_of(a), (int)hipMemoryTypeDevice);
	same(a.device, 0);
	hip_ok(hipPointerGetAttributes(&a, host));
	same(type_of(a), (int)hipMemoryTypeHost);
	hip_ok(hipMemGetAddressRange((hipDeviceptr_t *)&base, &size, device + 777));
	assert_ptr_equal(base, device);
	same(size, (size_t)100000);
	hip_ok(hipFree(device));
	hip_ok(hipHostFree(host));
}

static void kernels_write_pinned_host_memory(void **state)
{
	static const unsigned flags[] = {hipHostMallocDefault,
		hipHostMallocMapped | hipHostMallocCoherent, hipHostMallocNonCoherent,
		hipHostMallocWriteCombined};
	const size_t count = 5000;
	for (unsigned i = 0; i < 4; i++) {
		unsigned *host, *device;
		hip_ok(hipHostMalloc((void **)&host, count * sizeof(unsigned), flags[i]));
		hip_ok(hipHostGetDevicePointer((void **)&device, host, 0));
		fill_and_wait(device, i, count);
		std::vector<unsigned> want = filled(i, count);
		equal(host, want.data(), count);
		hip_ok(hipHostFree(host));
	}
}

static void kernels_write_registered_host_memory(void **state)
{
	const size_t count = 20000;
	std::vector<unsigned> host(count), want = filled(9, count);
	unsigned *device;
	hip_ok(hipHostRegister(host.data(), count * sizeof(unsigned), hipHostRegisterDefault));
	hip_ok(hipHostGetDevicePointer((void **)&device, host.data(), 0));
	fill_and_wait(device, 9, count);
	hip_ok(hipHostUnregister(host.data()));
	equal(host.data(), want.data(), count);
}

static void managed_memory_is_seen_by_both_sides(void **state)
{
	const size_t count = 30000;
	unsigned *p;
	hip_ok(hipMallocManaged((void **)&p, count * sizeof(unsigned), hipMemAttachGlobal));
	for (size_t i = 0; i < count; i++)
		p[i] = 1;
	fill_and_wait(p, 77, count);
	std::vector<unsigned> want = filled(77, count);
	equal(p, want.data(), count);
	hip_ok(hipFree(p));
}

static void pitched_rows_are_wide_enough(void **state)
{
	skip_without_pitch();
	char *p;
	size_t pitch = 0;
	hip_ok(hipMallocPitch((void **)&p, &pitch, 1001, 33));
	assert_true(pitch >= 1001);
	hip_ok(hipMemset2D(p, pitch, 0x5a, 1001, 33));
	std::vector<unsigned char> got(1001 * 33), want(1001 * 33, 0x5a);
	hip_ok(hipMemcpy2D(got.data(), 1001, p, pitch, 1001, 33, hipMemcpyDeviceToHost));
	assert_memory_equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

static void stream_ordered_allocation_follows_the_stream(void **state)
{
	int offered = 0;
	hip_ok(hipDeviceGetAttribute(&offered, hipDeviceAttributeMemoryPoolsSupported, 0));
	if (!offered) {
		print_message("the device offers no memory pools\n");
		skip();
	}
	hipStream_t stream;
	unsigned *p;
	std::vector<unsigned> got(3000), want = filled(3, 3000);
	hip_ok(hipStreamCreate(&stream));
	hip_ok(hipMallocAsync((void **)&p, got.size() * sizeof(unsigned), stream));
	fill<<<12, 256, 0, stream>>>(p, 3, got.size());
	launch_ok();
	hip_ok(hipMemcpyAsync(
		got.data(), p, got.size() * sizeof(unsigned), hipMemcpyDeviceToHost, stream));
	hip_ok(hipFreeAsync(p, stream));
	hip_ok(hipStreamSynchronize(stream));
	equal(got.data(), want.data(), got.size());
	hip_ok(hipStreamDestroy(stream));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_of_all_sizes_do_not_overlap),
		cmocka_unit_test(memory_can_be_allocated_and_freed_again_and_again),
		cmocka_unit_test(free_memory_shrinks_by_what_is_allocated),
		cmocka_unit_test(too_much_is_out_of_memory_and_the_rest_goes_on),
		cmocka_unit_test(freeing_what_was_not_allocated_is_an_error),
		cmocka_unit_test(zero_bytes_give_a_null_pointer),
		cmocka_unit_test(pointers_know_what_they_point_to),
		cmocka_unit_test(kernels_write_pinned_host_memory),
		cmocka_unit_test(kernels_write_registered_host_memory),
		cmocka_unit_test(managed_memory_is_seen_by_both_sides),
		cmocka_unit_test(pitched_rows_are_wide_enough),
		cmocka_unit_test(stream_ordered_allocation_follows_the_stream),
	};
	return hip_test_main(tests);
}
