/* SPDX-License-Identifier: MIT */
/*
 * Global device variables and constants: their first values, copies to and from them, and their
 * addresses. Kernels read and write them by name, the host through the runtime.
 */
#include "check.h"

__device__ int counter = 5;
__device__ float table[8] = {0.5f, 1.5f, 2.5f, 3.5f};
__constant__ int factors[64];
__constant__ double pi = 3.14159265358979323846;
__device__ int *pointer;

__global__ static void use_globals(double *out)
{
	int i = threadIdx.x;
	if (i < 8)
		table[i] += 1.0f;
	if (i == 0)
		counter += 10;
	out[i] = factors[i] * pi;
}

__global__ static void use_pointer(void)
{
	pointer[threadIdx.x] = (int)threadIdx.x * 9;
}

static void variables_start_with_their_initial_values(void **state)
{
	float got[8];
	const float want[8] = {0.5f, 1.5f, 2.5f, 3.5f, 0, 0, 0, 0};
	int v = 0;
	hip_ok(hipMemcpyFromSymbol(&v, HIP_SYMBOL(counter), sizeof(v)));
	same(v, 5);
	hip_ok(hipMemcpyFromSymbol(got, HIP_SYMBOL(table), sizeof(got)));
	equal(got, want, 8);
}

static void kernels_and_copies_see_each_other(void **state)
{
	int f[64], v = 100;
	double want[64], *out = device_new<double>(64);
	float t = 41.0f, t_after[2];
	for (int i = 0; i < 64; i++) {
		f[i] = i * i - 7;
		want[i] = f[i] * 3.14159265358979323846;
	}
	hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(factors), f, sizeof(f)));
	hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(counter), &v, sizeof(v)));
	hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(table), &t, sizeof(t), 6 * sizeof(float)));
	use_globals<<<1, 64>>>(out);
	launch_ok();
	std::vector<double> got = host_copy_of(out, 64);
	equal(got.data(), want, 64);
	hip_ok(hipMemcpyFromSymbol(&v, HIP_SYMBOL(counter), sizeof(v)));
	same(v, 110);
	hip_ok(hipMemcpyFromSymbol(t_after, HIP_SYMBOL(table), sizeof(t_after), 6 * sizeof(float)));
	same(t_after[0], 42.0f);
	same(t_after[1], 1.0f);
	hip_ok(hipFree(out));
}

static void addresses_and_sizes_are_known(void **state)
{
	int *address = NULL, v = 0, f[64] = {1, 2, 3};
	size_t size = 0;
	hip_ok(hipGetSymbolAddress((void **)&address, HIP_SYMBOL(factors)));
	hip_ok(hipGetSymbolSize(&size, HIP_SYMBOL(factors)));
	same(size, sizeof(f));
	hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(factors), f, sizeof(f)));
	hip_ok(hipMemcpy(&v, address + 2, sizeof(v), hipMemcpyDeviceToHost));
	same(v, 3);
}

static void asynchronous_copies_keep_stream_order(void **state)
{
	hipStream_t stream;
	hip_ok(hipStreamCreate(&stream));
	int in[8], out[8];
	for (int i = 0; i < 8; i++) {
		in[i] = 1000 + i;
		hip_ok(hipMemcpyToSymbolAsync(HIP_SYMBOL(counter), &in[i], sizeof(int), 0,
			hipMemcpyHostToDevice, stream));
		hip_ok(hipMemcpyFromSymbolAsync(&out[i], HIP_SYMBOL(counter), sizeof(int), 0,
			hipMemcpyDeviceToHost, stream));
	}
	hip_ok(hipStreamSynchronize(stream));
	equal(out, in, 8);
	hip_ok(hipStreamDestroy(stream));
}

static void a_pointer_in_a_global_can_be_followed(void **state)
{
	int *data = device_new<int>(100);
	hip_ok(hipMemcpyToSymbol(HIP_SYMBOL(pointer), &data, sizeof(data)));
	use_pointer<<<1, 100>>>();
	launch_ok();
	std::vector<int> got = host_copy_of(data, 100);
	for (int i = 0; i < 100; i++)
		same(got[i], i * 9);
	hip_ok(hipFree(data));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_start_with_their_initial_values),
		cmocka_unit_test(kernels_and_copies_see_each_other),
		cmocka_unit_test(addresses_and_sizes_are_known),
		cmocka_unit_test(asynchronous_copies_keep_stream_order),
		cmocka_unit_test(a_pointer_in_a_global_can_be_followed),
	};
	return hip_test_main(tests);
}
