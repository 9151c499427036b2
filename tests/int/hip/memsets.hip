/* SPDX-License-Identifier: MIT */
/*
 * Filling memory with 8, 16 and 32 bit patterns, odd sizes and offsets, two and three dimensions.
 * The bytes before and behind the filled part must stay as they were.
 */
#include "check.h"

#define GUARD 16

static const size_t counts[] = {1, 2, 3, 5, 63, 64, 1021, 4096, 65537, 1000001};

template <typename T>
static void fill_between_guards(hipError_t (*fill)(T *, T, size_t), T value, const char *what)
{
	for (size_t count : counts) {
		std::vector<T> want(count + 2 * GUARD, (T)0x11), got(want.size());
		T *p = device_copy_of(want);
		hip_ok(fill(p + GUARD, value, count));
		hip_ok(hipStreamSynchronize(NULL));
		for (size_t i = 0; i < count; i++)
			want[GUARD + i] = value;
		got = host_copy_of(p, want.size());
		if (memcmp(got.data(), want.data(), want.size() * sizeof(T)) != 0) {
			size_t i = 0;
			while (got[i] == want[i])
				i++;
			print_error("%s of %zu: element %zd: expected %x, got %x\n", what, count,
				(ssize_t)i - GUARD, (unsigned)want[i], (unsigned)got[i]);
			fail();
		}
		hip_ok(hipFree(p));
	}
}

static hipError_t set8(unsigned char *p, unsigned char value, size_t count)
{
	return hipMemset(p, value, count);
}
static hipError_t set8_async(unsigned char *p, unsigned char value, size_t count)
{
	return hipMemsetAsync(p, value, count, NULL);
}
static hipError_t set_d8(unsigned char *p, unsigned char value, size_t count)
{
	return hipMemsetD8((hipDeviceptr_t)p, value, count);
}
static hipError_t set_d16(unsigned short *p, unsigned short value, size_t count)
{
	return hipMemsetD16((hipDeviceptr_t)p, value, count);
}
static hipError_t set_d32(unsigned *p, unsigned value, size_t count)
{
	return hipMemsetD32((hipDeviceptr_t)p, (int)value, count);
}
static hipError_t set_d32_async(unsigned *p, unsigned value, size_t count)
{
	return hipMemsetD32Async((hipDeviceptr_t)p, (int)value, count, NULL);
}

static void bytes_are_set_and_neighbours_are_not(void **state)
{
	fill_between_guards<unsigned char>(set8, 0xa5, "hipMemset");
	fill_between_guards<unsigned char>(set8, 0, "hipMemset to 0");
	fill_between_guards<unsigned char>(set8_async, 0x7f, "hipMemsetAsync");
	fill_between_guards<unsigned char>(set_d8, 0xff, "hipMemsetD8");
}

static void halfwords_are_set_and_neighbours_are_not(void **state)
{
	fill_between_guards<unsigned short>(set_d16, 0xbeef, "hipMemsetD16");
}

static void words_are_set_and_neighbours_are_not(void **state)
{
	fill_between_guards<unsigned>(set_d32, 0xdeadbeefu, "hipMemsetD32");
	fill_between_guards<unsigned>(set_d32_async, 0x01020304u, "hipMemsetD32Async");
}

static void unaligned_starts_are_set(void **state)
{
	std::vector<unsigned char> want(300, 1), got;
	unsigned char *p = device_copy_of(want);
	for (size_t start = 1; start < 9; start++) {
		hip_ok(hipMemset(p + start * 30, (int)start + 100, 11 + start));
		memset(&want[start * 30], (int)start + 100, 11 + start);
	}
	got = host_copy_of(p, want.size());
	assert_memory_equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

static void rows_are_set_and_gaps_are_not(void **state)
{
	skip_without_pitch();
	const size_t width = 77, height = 21;
	unsigned char *p;
	size_t pitch;
	hip_ok(hipMallocPitch((void **)&p, &pitch, width, height));
	hip_ok(hipMemset(p, 2, pitch * height));
	hip_ok(hipMemset2D(p, pitch, 9, width, height));
	std::vector<unsigned char> got = host_copy_of(p, pitch * height), want(pitch * height, 2);
	for (size_t row = 0; row < height; row++)
		memset(&want[row * pitch], 9, width);
	assert_memory_equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

static void slices_are_set(void **state)
{
	skip_without_pitch();
	const size_t width = 40, height = 6, depth = 4;
	hipPitchedPtr device;
	hip_ok(hipMalloc3D(&device, make_hipExtent(width, height, depth)));
	const size_t size = device.pitch * height * depth;
	hip_ok(hipMemset(device.ptr, 1, size));
	hip_ok(hipMemset3D(device, 0x42, make_hipExtent(width, height, depth)));
	std::vector<unsigned char> got = host_copy_of((unsigned char *)device.ptr, size),
				   want(size, 1);
	for (size_t row = 0; row < height * depth; row++)
		memset(&want[row * device.pitch], 0x42, width);
	assert_memory_equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(device.ptr));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_set_and_neighbours_are_not),
		cmocka_unit_test(halfwords_are_set_and_neighbours_are_not),
		cmocka_unit_test(words_are_set_and_neighbours_are_not),
		cmocka_unit_test(unaligned_starts_are_set),
		cmocka_unit_test(rows_are_set_and_gaps_are_not),
		cmocka_unit_test(slices_are_set),
	};
	return hip_test_main(tests);
}
