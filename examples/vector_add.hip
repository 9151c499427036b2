/* SPDX-License-Identifier: MIT */
/*
 * The smallest useful HIP program: adds two vectors on the GPU and compares every sum with the
 * host's. Nobody else reads its data; the exit status says whether the sums are right.
 */
#include <hip/hip_runtime.h>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define BLOCK 256

static void check(hipError_t error, const char *what)
{
	if (error == hipSuccess)
		return;
	fprintf(stderr, "vector_add: %s: %s\n", what, hipGetErrorString(error));
	exit(1);
}

__global__ static void vector_add(const float *a, const float *b, float *sum, size_t count)
{
	size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x;

	if (i < count)
		sum[i] = a[i] + b[i];
}

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
	size_t bytes = count * sizeof(float);
	float *a, *b, *sum;

	if (count == 0) {
		fprintf(stderr, "usage: vector_add [COUNT]\n");
		return 2;
	}
	std::vector<float> host_a(count), host_b(count), host_sum(count);
	for (size_t i = 0; i < count; i++) {
		host_a[i] = (float)i * 0.5f;
		host_b[i] = 1000.0f - (float)i * 0.25f;
	}
	check(hipMalloc((void **)&a, bytes), "hipMalloc");
	check(hipMalloc((void **)&b, bytes), "hipMalloc");
	check(hipMalloc((void **)&sum, bytes), "hipMalloc");
	check(hipMemcpy(a, host_a.data(), bytes, hipMemcpyHostToDevice), "copy to the GPU");
	check(hipMemcpy(b, host_b.data(), bytes, hipMemcpyHostToDevice), "copy to the GPU");

	vector_add<<<(count + BLOCK - 1) / BLOCK, BLOCK>>>(a, b, sum, count);
	check(hipGetLastError(), "kernel launch");

	check(hipMemcpy(host_sum.data(), sum, bytes, hipMemcpyDeviceToHost), "copy from the GPU");
	for (size_t i = 0; i < count; i++) {
		float want = host_a[i] + host_b[i];
		if (host_sum[i] != want) {
			fprintf(stderr, "vector_add: element %zu: expected %g, got %g\n", i, want,
				host_sum[i]);
			return 1;
		}
	}
	printf("vector_add: %zu sums are right\n", count);
	check(hipFree(a), "hipFree");
	check(hipFree(b), "hipFree");
	check(hipFree(sum), "hipFree");
	return 0;
}
