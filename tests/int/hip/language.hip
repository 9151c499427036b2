/* SPDX-License-Identifier: MIT */
/*
 * C++ on the device: private arrays, recursion, function pointers, virtual calls, structures by
 * value, switches. The host computes the same, mostly from the same source, and the results must
 * agree bit for bit.
 */
#include "check.h"

#define BLOCK 64

/* Private arrays that are indexed by data cannot live in registers. */
static __host__ __device__ unsigned private_array(unsigned seed)
{
	unsigned a[40], sum = 0;
	for (unsigned i = 0; i < 40; i++)
		a[i] = seed * 7 + i * i;
	for (unsigned i = 0; i < 200; i++) {
		unsigned at = (seed * 13 + i * 29) % 40;
		a[at] += a[(at * 3 + seed) % 40] ^ i;
	}
	for (unsigned i = 0; i < 40; i++)
		sum = sum * 31 + a[i];
	return sum;
}

static __host__ __device__ unsigned bytes_and_halves(unsigned seed)
{
	unsigned char b[64];
	short h[32];
	unsigned sum = 0;
	for (unsigned i = 0; i < 64; i++)
		b[i] = (unsigned char)(seed * i);
	for (unsigned i = 0; i < 32; i++)
		h[i] = (short)(b[(i * 5 + seed) % 64] * 300 - 20000);
	for (unsigned i = 0; i < 32; i++)
		sum = sum * 17 + (unsigned)h[(i * 7 + seed) % 32] + (signed char)b[(i + seed) % 64];
	return sum;
}

static __host__ __device__ int pick(int what, int x)
{
	switch (what) {
	case 0:
		return x + 1;
	case 1:
		return x * x;
	case 2:
		return -x;
	case 3:
		return x << 3;
	case 4:
		return x >> 2;
	case 5:
		return x ^ 0x55;
	case 17:
		return x % 7;
	default:
		return what;
	}
}

struct shape {
	int kind;
	double size[5];
	short tags[7];
	char name[3];
};

static __host__ __device__ struct shape grow(struct shape s, int by)
{
	s.kind += by;
	for (int i = 0; i < 5; i++)
		s.size[i] = s.size[i] * 2 + by;
	for (int i = 0; i < 7; i++)
		s.tags[i] = (short)(s.tags[i] + i * by);
	s.name[by % 3] = (char)('a' + by % 26);
	return s;
}

static __host__ __device__ int collatz(unsigned n)
{
	int steps = 0;
	while (n != 1 && steps < 500) {
		n = n % 2 ? 3 * n + 1 : n / 2;
		steps++;
	}
	return steps;
}

__global__ static void arrays_kernel(unsigned *out)
{
	unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
	out[2 * i] = private_array(i);
	out[2 * i + 1] = bytes_and_halves(i);
}

__global__ static void switch_kernel(int *out)
{
	int i = threadIdx.x;
	out[i] = pick(i % 20, i - 30);
}

__global__ static void shape_kernel(struct shape s, struct shape *out)
{
	out[threadIdx.x] = grow(grow(s, (int)threadIdx.x), 3);
}

__global__ static void collatz_kernel(int *out)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	out[i] = collatz((unsigned)i + 1);
}

static void private_arrays_hold_their_values(void **state)
{
	const unsigned n = BLOCK * 10;
	unsigned *p = device_new<unsigned>(2 * n);
	arrays_kernel<<<10, BLOCK>>>(p);
	launch_ok();
	std::vector<unsigned> got = host_copy_of(p, 2 * n), want(2 * n);
	for (unsigned i = 0; i < n; i++) {
		want[2 * i] = private_array(i);
		want[2 * i + 1] = bytes_and_halves(i);
	}
	equal(got.data(), want.data(), 2 * n);
	hip_ok(hipFree(p));
}

static void switches_take_every_branch(void **state)
{
	int *p = device_new<int>(BLOCK), want[BLOCK];
	switch_kernel<<<1, BLOCK>>>(p);
	launch_ok();
	for (int i = 0; i < BLOCK; i++)
		want[i] = pick(i % 20, i - 30);
	std::vector<int> got = host_copy_of(p, BLOCK);
	equal(got.data(), want, BLOCK);
	hip_ok(hipFree(p));
}

static void structures_pass_by_value(void **state)
{
	struct shape s = {3, {1, 2.5, -3, 4.25, 1e10}, {1, -2, 3, -4, 5, -6, 7}, {'x', 'y', 'z'}};
	struct shape *p = device_new<struct shape>(BLOCK);
	shape_kernel<<<1, BLOCK>>>(s, p);
	launch_ok();
	std::vector<struct shape> got = host_copy_of(p, BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		struct shape want = grow(grow(s, i), 3);
		same(got[i].kind, want.kind);
		equal(got[i].size, want.size, 5);
		for (int j = 0; j < 7; j++)
			same((int)got[i].tags[j], (int)want.tags[j]);
		assert_memory_equal(got[i].name, want.name, 3);
	}
	hip_ok(hipFree(p));
}

static void loops_of_different_length_end(void **state)
{
	int *p = device_new<int>(BLOCK * 16);
	collatz_kernel<<<16, BLOCK>>>(p);
	launch_ok();
	std::vector<int> got = host_copy_of(p, BLOCK * 16), want(BLOCK * 16);
	for (int i = 0; i < BLOCK * 16; i++)
		want[i] = collatz((unsigned)i + 1);
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(p));
}

/* Calls that the compiler must not resolve: their targets come from memory. */
static __device__ __noinline__ int times_two(int x)
{
	return 2 * x;
}
static __device__ __noinline__ int plus_nine(int x)
{
	return x + 9;
}
static __device__ __noinline__ int mixed(int x)
{
	int a[4] = {x, x + 1, x * 3, -x};
	return a[x & 3] + times_two(x);
}
__device__ int (*operations[3])(int) = {times_two, plus_nine, mixed};

__global__ static void pointer_kernel(int *out, int first)
{
	int i = threadIdx.x;
	out[i] = operations[(i + first) % 3](i);
}

struct animal {
	__device__ virtual int legs(int x) const = 0;
};
struct bird : animal {
	int extra;
	__device__ bird(int e) : extra(e)
	{
	}
	__device__ int legs(int x) const override
	{
		return 2 * x + extra;
	}
};
struct insect : animal {
	__device__ int legs(int x) const override
	{
		return 6 * x;
	}
};

__global__ static void virtual_kernel(int *out)
{
	bird b(5);
	insect n;
	const animal *a = threadIdx.x % 2 ? (const animal *)&b : (const animal *)&n;
	out[threadIdx.x] = a->legs((int)threadIdx.x);
}

static __device__ __noinline__ int fibonacci(int n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

__global__ static void recursion_kernel(int *out)
{
	out[threadIdx.x] = fibonacci((int)threadIdx.x % 12);
}

static void function_pointers_call_their_target(void **state)
{
	int *p = device_new<int>(BLOCK), want[BLOCK];
	pointer_kernel<<<1, BLOCK>>>(p, 1);
	launch_ok();
	for (int i = 0; i < BLOCK; i++) {
		int a[4] = {i, i + 1, i * 3, -i};
		int which = (i + 1) % 3;
		want[i] = which == 0 ? 2 * i : which == 1 ? i + 9 : a[i & 3] + 2 * i;
	}
	std::vector<int> got = host_copy_of(p, BLOCK);
	equal(got.data(), want, BLOCK);
	hip_ok(hipFree(p));
}

static void virtual_functions_are_those_of_the_object(void **state)
{
	int *p = device_new<int>(BLOCK), want[BLOCK];
	virtual_kernel<<<1, BLOCK>>>(p);
	launch_ok();
	for (int i = 0; i < BLOCK; i++)
		want[i] = i % 2 ? 2 * i + 5 : 6 * i;
	std::vector<int> got = host_copy_of(p, BLOCK);
	equal(got.data(), want, BLOCK);
	hip_ok(hipFree(p));
}

static void functions_call_themselves(void **state)
{
	static const int fib[12] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
	int *p = device_new<int>(BLOCK), want[BLOCK];
	recursion_kernel<<<1, BLOCK>>>(p);
	launch_ok();
	for (int i = 0; i < BLOCK; i++)
		want[i] = fib[i % 12];
	std::vector<int> got = host_copy_of(p, BLOCK);
	equal(got.data(), want, BLOCK);
	hip_ok(hipFree(p));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_arrays_hold_their_values),
		cmocka_unit_test(switches_take_every_branch),
		cmocka_unit_test(structures_pass_by_value),
		cmocka_unit_test(loops_of_different_length_end),
		cmocka_unit_test(function_pointers_call_their_target),
		cmocka_unit_test(virtual_functions_are_those_of_the_object),
		cmocka_unit_test(functions_call_themselves),
	};
	return hip_test_main(tests);
}
