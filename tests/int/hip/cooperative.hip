/* SPDX-License-Identifier: MIT */
/*
 * Cooperative groups: blocks and tiles of them, and, where the device offers cooperative launches,
 * barriers of the grid. Every phase reads what other threads wrote in the phase before.
 */
#include "check.h"
#include <hip/hip_cooperative_groups.h>

namespace cg = cooperative_groups;

__global__ static void rotate_in_block(int *data, int rounds)
{
	extern __shared__ int ring[];
	cg::thread_block block = cg::this_thread_block();
	unsigned me = block.thread_rank(), size = block.size();
	ring[me] = data[blockIdx.x * size + me];
	for (int i = 0; i < rounds; i++) {
		block.sync();
		int next = ring[(me + 1) % size];
		block.sync();
		ring[me] = next;
	}
	block.sync();
	data[blockIdx.x * size + me] = ring[me];
}

__global__ static void tile_sums(const int *in, int *out)
{
	cg::thread_block block = cg::this_thread_block();
	cg::thread_block_tile<16> tile = cg::tiled_partition<16>(block);
	int v = in[block.thread_rank()];
	for (unsigned offset = tile.size() / 2; offset > 0; offset /= 2)
		v += tile.shfl_down(v, offset);
	if (tile.thread_rank() == 0)
		out[block.thread_rank() / 16] = v;
}

/* Each round, every block adds up what all blocks wrote in the round before. */
__global__ static void grid_rounds(unsigned *values, int rounds)
{
	cg::grid_group grid = cg::this_grid();
	for (int round = 0; round < rounds; round++) {
		unsigned sum = round;
		for (unsigned i = 0; i < gridDim.x; i++)
			sum += ((volatile unsigned *)values)[i];
		grid.sync();
		if (threadIdx.x == 0)
			((volatile unsigned *)values)[blockIdx.x] = sum * 3 + blockIdx.x;
		grid.sync();
	}
}

static void block_groups_synchronise(void **state)
{
	const int block = 192, rounds = 11;
	std::vector<int> in(block * 2), want(block * 2);
	for (int i = 0; i < block * 2; i++)
		in[i] = i * 5;
	for (int i = 0; i < block * 2; i++)
		want[i] = in[i / block * block + (i + rounds) % block];
	int *data = device_copy_of(in);
	rotate_in_block<<<2, block, block * sizeof(int)>>>(data, rounds);
	launch_ok();
	std::vector<int> got = host_copy_of(data, in.size());
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(data));
}

static void tiles_reduce_among_themselves(void **state)
{
	std::vector<int> in(256), want(16, 0);
	for (int i = 0; i < 256; i++)
		in[i] = i * i, want[i / 16] += in[i];
	int *from = device_copy_of(in), *to = device_new<int>(16);
	tile_sums<<<1, 256>>>(from, to);
	launch_ok();
	std::vector<int> got = host_copy_of(to, 16);
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void need_cooperative_launch(void)
{
	int offered = 0;
	hip_ok(hipDeviceGetAttribute(&offered, hipDeviceAttributeCooperativeLaunch, 0));
	if (!offered) {
		print_message("the device offers no cooperative launch\n");
		skip();
	}
}

static void a_grid_synchronises(void **state)
{
	need_cooperative_launch();
	const unsigned blocks = 24;
	int rounds = 10;
	std::vector<unsigned> want(blocks, 1), start(blocks, 1);
	unsigned *values = device_copy_of(start);
	void *arguments[] = {&values, &rounds};
	hip_ok(hipLaunchCooperativeKernel(
		(const void *)grid_rounds, dim3(blocks), dim3(128), arguments, 0, NULL));
	for (int round = 0; round < rounds; round++) {
		unsigned sum = round;
		for (unsigned v : want)
			sum += v;
		for (unsigned i = 0; i < blocks; i++)
			want[i] = sum * 3 + i;
	}
	std::vector<unsigned> got = host_copy_of(values, blocks);
	equal(got.data(), want.data(), blocks);
	hip_ok(hipFree(values));
}

static void a_grid_that_does_not_fit_is_refused(void **state)
{
	need_cooperative_launch();
	hipDeviceProp_t p;
	int rounds = 1;
	unsigned *values = device_new<unsigned>(1);
	void *arguments[] = {&values, &rounds};
	hip_ok(hipGetDeviceProperties(&p, 0));
	unsigned too_many = (unsigned)p.multiProcessorCount * 1000;
	hip_error(hipLaunchCooperativeKernel(
			  (const void *)grid_rounds, dim3(too_many), dim3(128), arguments, 0, NULL),
		hipErrorCooperativeLaunchTooLarge);
	(void)hipGetLastError();
	hip_ok(hipFree(values));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_groups_synchronise),
		cmocka_unit_test(tiles_reduce_among_themselves),
		cmocka_unit_test(a_grid_synchronises),
		cmocka_unit_test(a_grid_that_does_not_fit_is_refused),
	};
	return hip_test_main(tests);
}
