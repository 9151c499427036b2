/* SPDX-License-Identifier: MIT */
/*
 * Grids and blocks of every form: partial blocks, three dimensions, many blocks, and launches that
 * must be refused. Every work-item writes its own cell once; cells count how often they were
 * written.
 */
#include "check.h"

struct place {
	unsigned block[3], thread[3];
};

__global__ static void write_place(struct place *places, unsigned *written)
{
	size_t x = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
	size_t y = (size_t)blockIdx.y * blockDim.y + threadIdx.y;
	size_t z = (size_t)blockIdx.z * blockDim.z + threadIdx.z;
	size_t width = (size_t)gridDim.x * blockDim.x, height = (size_t)gridDim.y * blockDim.y;
	size_t i = (z * height + y) * width + x;
	struct place p = {
		{blockIdx.x, blockIdx.y, blockIdx.z}, {threadIdx.x, threadIdx.y, threadIdx.z}};
	places[i] = p;
	atomicAdd(&written[i], 1u);
}

static void every_place_is_written_once(dim3 grid, dim3 block)
{
	const size_t width = (size_t)grid.x * block.x, height = (size_t)grid.y * block.y,
		     depth = (size_t)grid.z * block.z;
	const size_t count = width * height * depth;
	struct place *places = device_new<struct place>(count);
	unsigned *written = device_new<unsigned>(count);
	hip_ok(hipMemset(written, 0, count * sizeof(unsigned)));
	write_place<<<grid, block>>>(places, written);
	launch_ok();
	std::vector<struct place> p = host_copy_of(places, count);
	std::vector<unsigned> w = host_copy_of(written, count), once(count, 1);
	equal(w.data(), once.data(), count);
	for (size_t i = 0; i < count; i++) {
		const size_t x = i % width, y = i / width % height, z = i / width / height;
		const struct place want = {
			{(unsigned)(x / block.x), (unsigned)(y / block.y), (unsigned)(z / block.z)},
			{(unsigned)(x % block.x), (unsigned)(y % block.y),
				(unsigned)(z % block.z)}};
		equal(p[i].block, want.block, 3);
		equal(p[i].thread, want.thread, 3);
	}
	hip_ok(hipFree(places));
	hip_ok(hipFree(written));
}

static void blocks_of_any_size_have_all_their_threads(void **state)
{
	static const unsigned blocks[] = {
		1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 511, 1000, 1024};
	for (unsigned block : blocks)
		every_place_is_written_once(dim3(3), dim3(block));
}

static void grids_have_three_dimensions(void **state)
{
	every_place_is_written_once(dim3(5, 4, 3), dim3(8, 4, 2));
	every_place_is_written_once(dim3(1, 7, 1), dim3(3, 5, 7));
	every_place_is_written_once(dim3(2, 1, 9), dim3(1, 1, 64));
	every_place_is_written_once(dim3(4, 3, 2), dim3(17, 3, 1));
	every_place_is_written_once(dim3(1, 1, 1), dim3(1, 1024, 1));
}

__global__ static void count_threads(unsigned *count, unsigned limit)
{
	unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < limit)
		atomicAdd(count, 1u);
}

static void thousands_of_blocks_run(void **state)
{
	std::vector<unsigned> zero(1, 0);
	unsigned *count = device_copy_of(zero);
	const unsigned limit = 5000 * 64 - 17;
	count_threads<<<5000, 64>>>(count, limit);
	launch_ok();
	same(host_copy_of(count, 1)[0], limit);
	hip_ok(hipFree(count));
}

static void impossible_launches_are_refused(void **state)
{
	std::vector<unsigned> zero(1, 0);
	unsigned *count = device_copy_of(zero);
	hipDeviceProp_t p;
	hip_ok(hipGetDeviceProperties(&p, 0));
	count_threads<<<1, p.maxThreadsPerBlock + 1>>>(count, 1);
	assert_true(hipGetLastError() != hipSuccess);
	count_threads<<<1, dim3(64, 64, 64)>>>(count, 1);
	assert_true(hipGetLastError() != hipSuccess);
	count_threads<<<0, 64>>>(count, 1);
	assert_true(hipGetLastError() != hipSuccess);
	count_threads<<<1, 64>>>(count, 64);
	launch_ok();
	same(host_copy_of(count, 1)[0], 64u);
	hip_ok(hipFree(count));
}

/* HIP declares wall_clock64() in the device's compilation only. */
static __device__ long long wall_clock(void)
{
#ifdef __HIP_DEVICE_COMPILE__
	return wall_clock64();
#else
	return 0;
#endif
}

__global__ static void clocks(long long *out)
{
	long long a = clock64();
	for (int i = 0; i < 100; i++)
		__threadfence();
	long long b = clock64(), wall = wall_clock();
	out[0] = a;
	out[1] = b;
	out[2] = wall;
}

static void clocks_go_forward(void **state)
{
	long long *p = device_new<long long>(3), last_wall = 0;
	for (int i = 0; i < 5; i++) {
		clocks<<<1, 1>>>(p);
		launch_ok();
		std::vector<long long> got = host_copy_of(p, 3);
		assert_true(got[1] != got[0]);
		assert_true(got[2] > last_wall);
		last_wall = got[2];
	}
	hip_ok(hipFree(p));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_any_size_have_all_their_threads),
		cmocka_unit_test(grids_have_three_dimensions),
		cmocka_unit_test(thousands_of_blocks_run),
		cmocka_unit_test(impossible_launches_are_refused),
		cmocka_unit_test(clocks_go_forward),
	};
	return hip_test_main(tests);
}
