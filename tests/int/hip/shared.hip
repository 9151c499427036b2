/* SPDX-License-Identifier: MIT */
/*
 * Memory shared by a block: static and dynamic, barriers between phases, and the __syncthreads_
 * votes. Each kernel moves data between threads of different waves, so that a missing barrier
 * shows.
 */
#include "check.h"

#define BLOCK 256

__global__ static void reverse_static(int *data)
{
	__shared__ int tile[BLOCK];
	int base = blockIdx.x * BLOCK;
	tile[threadIdx.x] = data[base + threadIdx.x];
	__syncthreads();
	data[base + threadIdx.x] = tile[BLOCK - 1 - threadIdx.x];
}

__global__ static void prefix_sum(const int *in, int *out)
{
	extern __shared__ int sums[];
	int base = blockIdx.x * blockDim.x, me = threadIdx.x;
	sums[me] = in[base + me];
	__syncthreads();
	for (unsigned step = 1; step < blockDim.x; step *= 2) {
		int add = me >= (int)step ? sums[me - step] : 0;
		__syncthreads();
		sums[me] += add;
		__syncthreads();
	}
	out[base + me] = sums[me];
}

__global__ static void all_types(
	unsigned char *bytes, unsigned short *halves, double *doubles, int4 *quads)
{
	__shared__ unsigned char b[BLOCK];
	__shared__ unsigned short h[BLOCK];
	__shared__ double d[BLOCK];
	__shared__ int4 q[BLOCK];
	int i = threadIdx.x, from = (i * 67 + 13) % BLOCK;
	b[i] = (unsigned char)(i * 3);
	h[i] = (unsigned short)(i * 301);
	d[i] = i * 0.125;
	q[i] = make_int4(i, -i, i * i, i + 7);
	__syncthreads();
	bytes[i] = b[from];
	halves[i] = h[from];
	doubles[i] = d[from];
	quads[i] = q[from];
}

__global__ static void transpose(const int *in, int *out, int n)
{
	__shared__ int tile[16][17];
	int x = blockIdx.x * 16 + threadIdx.x, y = blockIdx.y * 16 + threadIdx.y;
	tile[threadIdx.y][threadIdx.x] = in[y * n + x];
	__syncthreads();
	x = blockIdx.y * 16 + threadIdx.x;
	y = blockIdx.x * 16 + threadIdx.y;
	out[y * n + x] = tile[threadIdx.x][threadIdx.y];
}

__global__ static void votes(int *result)
{
	int i = threadIdx.x;
	int even = __syncthreads_count(i % 2 == 0);
	int all = __syncthreads_and(i < BLOCK);
	int none = __syncthreads_or(i >= BLOCK);
	int any = __syncthreads_or(i == BLOCK - 1);
	result[i] = even * 1000 + all * 100 + none * 10 + any;
}

__global__ static void last_block_adds_up(
	const int *in, int *partial, unsigned *arrived, int *total)
{
	__shared__ int sum;
	__shared__ bool last;
	if (threadIdx.x == 0)
		sum = 0;
	__syncthreads();
	atomicAdd(&sum, in[blockIdx.x * blockDim.x + threadIdx.x]);
	__syncthreads();
	if (threadIdx.x == 0) {
		partial[blockIdx.x] = sum;
		__threadfence();
		last = atomicAdd(arrived, 1u) == gridDim.x - 1;
	}
	__syncthreads();
	if (last && threadIdx.x == 0) {
		int all = 0;
		for (unsigned i = 0; i < gridDim.x; i++)
			all += ((volatile int *)partial)[i];
		*total = all;
	}
}

static std::vector<int> numbers(size_t count)
{
	std::vector<int> v(count);
	random64 r(count);
	for (size_t i = 0; i < count; i++)
		v[i] = (int)(r.next() >> 40) % 1000;
	return v;
}

static void static_shared_memory_reverses_blocks(void **state)
{
	std::vector<int> in = numbers(BLOCK * 9), want(in.size());
	int *data = device_copy_of(in);
	reverse_static<<<9, BLOCK>>>(data);
	launch_ok();
	for (size_t i = 0; i < in.size(); i++)
		want[i] = in[i / BLOCK * BLOCK + BLOCK - 1 - i % BLOCK];
	std::vector<int> got = host_copy_of(data, in.size());
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(data));
}

static void dynamic_shared_memory_makes_prefix_sums(void **state)
{
	static const unsigned blocks[] = {64, 65, 100, 256, 1000, 1024};
	for (unsigned block : blocks) {
		std::vector<int> in = numbers(block * 3), want(in.size());
		int *from = device_copy_of(in), *to = device_new<int>(in.size());
		prefix_sum<<<3, block, block * sizeof(int)>>>(from, to);
		launch_ok();
		for (size_t i = 0; i < in.size(); i++)
			want[i] = in[i] + (i % block ? want[i - 1] : 0);
		std::vector<int> got = host_copy_of(to, in.size());
		equal(got.data(), want.data(), want.size());
		hip_ok(hipFree(from));
		hip_ok(hipFree(to));
	}
}

static void elements_of_1_2_8_and_16_bytes_pass_through(void **state)
{
	unsigned char *b = device_new<unsigned char>(BLOCK);
	unsigned short *h = device_new<unsigned short>(BLOCK);
	double *d = device_new<double>(BLOCK);
	int4 *q = device_new<int4>(BLOCK);
	all_types<<<1, BLOCK>>>(b, h, d, q);
	launch_ok();
	std::vector<unsigned char> gb = host_copy_of(b, BLOCK);
	std::vector<unsigned short> gh = host_copy_of(h, BLOCK);
	std::vector<double> gd = host_copy_of(d, BLOCK);
	std::vector<int4> gq = host_copy_of(q, BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		int from = (i * 67 + 13) % BLOCK;
		same((int)gb[i], from * 3 & 0xff);
		same((int)gh[i], from * 301 & 0xffff);
		same(gd[i], from * 0.125);
		same((int)gq[i].x, from);
		same((int)gq[i].y, -from);
		same((int)gq[i].z, from * from);
		same((int)gq[i].w, from + 7);
	}
	hip_ok(hipFree(b));
	hip_ok(hipFree(h));
	hip_ok(hipFree(d));
	hip_ok(hipFree(q));
}

static void tiles_transpose_a_matrix(void **state)
{
	const int n = 96;
	std::vector<int> in = numbers(n * n), want(n * n);
	int *from = device_copy_of(in), *to = device_new<int>(n * n);
	transpose<<<dim3(n / 16, n / 16), dim3(16, 16)>>>(from, to, n);
	launch_ok();
	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++)
			want[y * n + x] = in[x * n + y];
	std::vector<int> got = host_copy_of(to, n * n);
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void barriers_count_and_vote(void **state)
{
	int *p = device_new<int>(BLOCK);
	votes<<<1, BLOCK>>>(p);
	launch_ok();
	std::vector<int> got = host_copy_of(p, BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		same(got[i] / 1000, BLOCK / 2);
		same(got[i] / 100 % 10 != 0, true);
		same(got[i] / 10 % 10, 0);
		same(got[i] % 10 != 0, true);
	}
	hip_ok(hipFree(p));
}

static void the_last_block_sees_what_all_blocks_wrote(void **state)
{
	const int blocks = 150;
	std::vector<int> in = numbers(blocks * 128);
	int want = 0;
	for (int v : in)
		want += v;
	int *from = device_copy_of(in), *partial = device_new<int>(blocks),
	    *total = device_new<int>(1);
	unsigned *arrived = device_new<unsigned>(1);
	hip_ok(hipMemset(arrived, 0, sizeof(*arrived)));
	last_block_adds_up<<<blocks, 128>>>(from, partial, arrived, total);
	launch_ok();
	same(host_copy_of(total, 1)[0], want);
	hip_ok(hipFree(from));
	hip_ok(hipFree(partial));
	hip_ok(hipFree(total));
	hip_ok(hipFree(arrived));
}

static void more_shared_memory_than_there_is_is_refused(void **state)
{
	hipDeviceProp_t p;
	int *data = device_new<int>(64);
	hip_ok(hipGetDeviceProperties(&p, 0));
	prefix_sum<<<1, 64, p.sharedMemPerBlock + 4096>>>(data, data);
	assert_true(hipGetLastError() != hipSuccess);
	hip_ok(hipFree(data));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(static_shared_memory_reverses_blocks),
		cmocka_unit_test(dynamic_shared_memory_makes_prefix_sums),
		cmocka_unit_test(elements_of_1_2_8_and_16_bytes_pass_through),
		cmocka_unit_test(tiles_transpose_a_matrix),
		cmocka_unit_test(barriers_count_and_vote),
		cmocka_unit_test(the_last_block_sees_what_all_blocks_wrote),
		cmocka_unit_test(more_shared_memory_than_there_is_is_refused),
	};
	return hip_test_main(tests);
}
