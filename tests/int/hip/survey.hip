/* SPDX-License-Identifier: MIT */
/*
 * The kernels that most programs are made of, compiled once per optimisation level, so that the
 * same results come from different instructions. Host twins of the same source give the expected
 * values, bit for bit.
 */
#include "busy.h"
#include "check.h"
#include <cmath>

#pragma clang fp contract(off)

#define BLOCK 128

static std::vector<float> floats(size_t count, uint64_t seed)
{
	std::vector<float> v(count);
	random64 r(seed);
	for (size_t i = 0; i < count; i++)
		v[i] = (float)(int)(r.next() % 2001 - 1000) / 8;
	return v;
}

__global__ static void vector_add(const float *a, const float *b, float *c, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n)
		c[i] = a[i] + b[i];
}

__global__ static void saxpy(float a, const float *x, float *y, int n)
{
	for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
		y[i] = a * x[i] + y[i];
}

__global__ static void reduce_shared(const int *in, int *out, int n)
{
	__shared__ int part[BLOCK];
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	part[threadIdx.x] = i < n ? in[i] : 0;
	__syncthreads();
	for (int half = BLOCK / 2; half > 0; half /= 2) {
		if ((int)threadIdx.x < half)
			part[threadIdx.x] += part[threadIdx.x + half];
		__syncthreads();
	}
	if (threadIdx.x == 0)
		out[blockIdx.x] = part[0];
}

__global__ static void reduce_shuffle(const int *in, int *out, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x, v = i < n ? in[i] : 0;
	for (int offset = warpSize / 2; offset > 0; offset /= 2)
		v += __shfl_down(v, offset);
	if (threadIdx.x % warpSize == 0)
		atomicAdd(out, v);
}

/* Small whole numbers: every order of adding gives the same sum. */
__global__ static void matmul(const float *a, const float *b, float *c, int n)
{
	int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
	float sum = 0;
	if (x >= n || y >= n)
		return;
	for (int k = 0; k < n; k++)
		sum += a[y * n + k] * b[k * n + x];
	c[y * n + x] = sum;
}

__global__ static void matmul_tiled(const float *a, const float *b, float *c, int n)
{
	__shared__ float ta[8][8], tb[8][8];
	int x = blockIdx.x * 8 + threadIdx.x, y = blockIdx.y * 8 + threadIdx.y;
	float sum = 0;
	for (int t = 0; t < (n + 7) / 8; t++) {
		int k = t * 8;
		ta[threadIdx.y][threadIdx.x] =
			y < n && k + (int)threadIdx.x < n ? a[y * n + k + threadIdx.x] : 0;
		tb[threadIdx.y][threadIdx.x] =
			x < n && k + (int)threadIdx.y < n ? b[(k + threadIdx.y) * n + x] : 0;
		__syncthreads();
		for (int i = 0; i < 8; i++)
			sum += ta[threadIdx.y][i] * tb[i][threadIdx.x];
		__syncthreads();
	}
	if (x < n && y < n)
		c[y * n + x] = sum;
}

static __host__ __device__ int mandelbrot_steps(float cx, float cy)
{
	float x = 0, y = 0;
	int n = 0;
	while (n < 100 && x * x + y * y < 4) {
		float t = x * x - y * y + cx;
		y = 2 * x * y + cy;
		x = t;
		n++;
	}
	return n;
}

__global__ static void mandelbrot(int *out, int width, int height)
{
	int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
	if (x < width && y < height)
		out[y * width + x] =
			mandelbrot_steps(-2 + 3.0f * x / width, -1 + 2.0f * y / height);
}

template <typename T> static __host__ __device__ T arithmetic(T v)
{
	T r = 1;
	for (int i = 1; i <= 12; i++) {
		r = r * (T)0.75 + v / (T)i;
		r = r < 0 ? std::sqrt(-r) : std::sqrt(r) - (T)0.3 * v;
		r = std::fma(r, v, (T)i) * (T)0.01;
	}
	return r;
}

template <typename T> __global__ static void arithmetic_kernel(const T *in, T *out, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n)
		out[i] = arithmetic(in[i]);
}

__global__ static void histogram(const unsigned *in, unsigned *bins, int n)
{
	__shared__ unsigned local[64];
	if (threadIdx.x < 64)
		local[threadIdx.x] = 0;
	__syncthreads();
	for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
		atomicAdd(&local[in[i] % 64], 1u);
	__syncthreads();
	if (threadIdx.x < 64)
		atomicAdd(&bins[threadIdx.x], local[threadIdx.x]);
}

static __host__ __device__ uint64_t scramble(uint64_t v)
{
	for (int i = 0; i < 40; i++) {
		v ^= v << 13;
		v ^= v >> 7;
		v ^= v << 17;
		v += (uint64_t)i * 0x2545f4914f6cdd1dull;
	}
	return v;
}

__global__ static void xorshift(uint64_t *out, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n)
		out[i] = scramble((uint64_t)i + 1);
}

__global__ static void bubble_sort(unsigned *data)
{
	unsigned a[12], *mine = data + (blockIdx.x * blockDim.x + threadIdx.x) * 12;
	for (int i = 0; i < 12; i++)
		a[i] = mine[i];
	for (int i = 0; i < 12; i++)
		for (int j = 0; j + 1 < 12 - i; j++)
			if (a[j] > a[j + 1]) {
				unsigned t = a[j];
				a[j] = a[j + 1];
				a[j + 1] = t;
			}
	for (int i = 0; i < 12; i++)
		mine[i] = a[i];
}

__global__ static void busy_kernel(unsigned *done, uint64_t cycles)
{
	busy_wait(cycles);
	atomicAdd(done, 1u);
}

static void vectors_add(void **state)
{
	const int n = 3001;
	std::vector<float> a = floats(n, 1), b = floats(n, 2), want(n);
	float *da = device_copy_of(a), *db = device_copy_of(b), *dc = device_new<float>(n);
	vector_add<<<(n + BLOCK - 1) / BLOCK, BLOCK>>>(da, db, dc, n);
	launch_ok();
	for (int i = 0; i < n; i++)
		want[i] = a[i] + b[i];
	std::vector<float> got = host_copy_of(dc, n);
	equal(got.data(), want.data(), n);
	saxpy<<<7, BLOCK>>>(1.7f, da, dc, n);
	launch_ok();
	for (int i = 0; i < n; i++)
		want[i] = 1.7f * a[i] + want[i];
	got = host_copy_of(dc, n);
	equal(got.data(), want.data(), n);
	hip_ok(hipFree(da));
	hip_ok(hipFree(db));
	hip_ok(hipFree(dc));
}

static void sums_reduce(void **state)
{
	const int n = 5000, blocks = (n + BLOCK - 1) / BLOCK;
	std::vector<int> in(n), parts, zero(1, 0);
	int want = 0, got = 0;
	for (int i = 0; i < n; i++)
		in[i] = i * 31 % 977 - 400, want += in[i];
	int *from = device_copy_of(in), *to = device_new<int>(blocks), *sum = device_copy_of(zero);
	reduce_shared<<<blocks, BLOCK>>>(from, to, n);
	reduce_shuffle<<<blocks, BLOCK>>>(from, sum, n);
	launch_ok();
	parts = host_copy_of(to, blocks);
	for (int v : parts)
		got += v;
	same(got, want);
	same(host_copy_of(sum, 1)[0], want);
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
	hip_ok(hipFree(sum));
}

static void matrices_multiply(void **state)
{
	const int n = 43;
	std::vector<float> a(n * n), b(n * n), want(n * n, 0);
	for (int i = 0; i < n * n; i++) {
		a[i] = (float)(i % 11 - 5);
		b[i] = (float)(i % 7 - 3);
	}
	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++)
			for (int k = 0; k < n; k++)
				want[y * n + x] += a[y * n + k] * b[k * n + x];
	float *da = device_copy_of(a), *db = device_copy_of(b), *dc = device_new<float>(n * n);
	matmul<<<dim3((n + 15) / 16, (n + 7) / 8), dim3(16, 8)>>>(da, db, dc, n);
	launch_ok();
	std::vector<float> got = host_copy_of(dc, n * n);
	equal(got.data(), want.data(), n * n);
	hip_ok(hipMemset(dc, 0xff, n * n * sizeof(float)));
	matmul_tiled<<<dim3((n + 7) / 8, (n + 7) / 8), dim3(8, 8)>>>(da, db, dc, n);
	launch_ok();
	got = host_copy_of(dc, n * n);
	equal(got.data(), want.data(), n * n);
	hip_ok(hipFree(da));
	hip_ok(hipFree(db));
	hip_ok(hipFree(dc));
}

static void mandelbrot_counts_the_same_steps(void **state)
{
	const int width = 60, height = 40;
	std::vector<int> want(width * height);
	int *p = device_new<int>(width * height);
	mandelbrot<<<dim3(4, 10), dim3(16, 4)>>>(p, width, height);
	launch_ok();
	for (int y = 0; y < height; y++)
		for (int x = 0; x < width; x++)
			want[y * width + x] =
				mandelbrot_steps(-2 + 3.0f * x / width, -1 + 2.0f * y / height);
	std::vector<int> got = host_copy_of(p, width * height);
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

template <typename T> static void arithmetic_agrees(void)
{
	const int n = 700;
	std::vector<T> in(n), want(n);
	for (int i = 0; i < n; i++) {
		in[i] = (T)(i - 350) * (T)0.37;
		want[i] = arithmetic(in[i]);
	}
	T *from = device_copy_of(in), *to = device_new<T>(n);
	arithmetic_kernel<<<(n + BLOCK - 1) / BLOCK, BLOCK>>>(from, to, n);
	launch_ok();
	std::vector<T> got = host_copy_of(to, n);
	equal(got.data(), want.data(), n);
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void float_arithmetic_agrees(void **state)
{
	arithmetic_agrees<float>();
}

static void double_arithmetic_agrees(void **state)
{
	arithmetic_agrees<double>();
}

static void histograms_count(void **state)
{
	const int n = 7000;
	std::vector<unsigned> in(n), want(64, 0), zero(64, 0);
	for (int i = 0; i < n; i++) {
		in[i] = (unsigned)scramble(i);
		want[in[i] % 64]++;
	}
	unsigned *from = device_copy_of(in), *bins = device_copy_of(zero);
	histogram<<<5, BLOCK>>>(from, bins, n);
	launch_ok();
	std::vector<unsigned> got = host_copy_of(bins, 64);
	equal(got.data(), want.data(), 64);
	hip_ok(hipFree(from));
	hip_ok(hipFree(bins));
}

static void random_numbers_agree(void **state)
{
	const int n = 1000;
	std::vector<uint64_t> want(n);
	uint64_t *p = device_new<uint64_t>(n);
	xorshift<<<(n + BLOCK - 1) / BLOCK, BLOCK>>>(p, n);
	launch_ok();
	for (int i = 0; i < n; i++)
		want[i] = scramble((uint64_t)i + 1);
	std::vector<uint64_t> got = host_copy_of(p, n);
	equal(got.data(), want.data(), n);
	hip_ok(hipFree(p));
}

static void private_arrays_sort(void **state)
{
	const int n = BLOCK * 2;
	std::vector<unsigned> in(n * 12), want;
	for (int i = 0; i < n * 12; i++)
		in[i] = (unsigned)scramble(i + 9);
	unsigned *p = device_copy_of(in);
	bubble_sort<<<2, BLOCK>>>(p);
	launch_ok();
	want = in;
	for (int i = 0; i < n; i++)
		for (int j = 1; j < 12; j++)
			for (int k = j; k > 0 && want[i * 12 + k] < want[i * 12 + k - 1]; k--)
				std::swap(want[i * 12 + k], want[i * 12 + k - 1]);
	std::vector<unsigned> got = host_copy_of(p, in.size());
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

static void busy_waits_end(void **state)
{
	std::vector<unsigned> zero(1, 0);
	unsigned *done = device_copy_of(zero);
	busy_kernel<<<3, 70>>>(done, 5000);
	launch_ok();
	same(host_copy_of(done, 1)[0], 210u);
	hip_ok(hipFree(done));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_add),
		cmocka_unit_test(sums_reduce),
		cmocka_unit_test(matrices_multiply),
		cmocka_unit_test(mandelbrot_counts_the_same_steps),
		cmocka_unit_test(float_arithmetic_agrees),
		cmocka_unit_test(double_arithmetic_agrees),
		cmocka_unit_test(histograms_count),
		cmocka_unit_test(random_numbers_agree),
		cmocka_unit_test(private_arrays_sort),
		cmocka_unit_test(busy_waits_end),
	};
	return hip_test_main(tests);
}
