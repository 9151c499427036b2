/* SPDX-License-Identifier: MIT */
/*
 * Walks through the HIP calls that every program needs and prints a line for each: "ok", or
 * "FAILED" and why. Work is put on the default stream and on a created one; results are compared
 * with the host's.
 */
#include <hip/hip_runtime.h>
#include <cstdio>
#include <vector>

#define COUNT 10000
#define BLOCK 128

static int failures;

static void report(const char *step, bool right, const char *why)
{
	printf("%-42s %s%s\n", step, right ? "ok" : "FAILED: ", right ? "" : why);
	fflush(stdout);
	if (!right)
		failures++;
}

static bool step(const char *name, hipError_t error)
{
	report(name, error == hipSuccess, hipGetErrorString(error));
	return error == hipSuccess;
}

__global__ static void scale_add(int *data, int scale, int add, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < count)
		data[i] = data[i] * scale + add;
}

static void compare(const char *name, const std::vector<int> &got, int scale, int add)
{
	char why[80] = "";

	for (int i = 0; i < COUNT; i++) {
		int want = i * scale + add;
		if (got[i] != want) {
			snprintf(why, sizeof(why), "element %d: expected %d, got %d", i, want,
				got[i]);
			break;
		}
	}
	report(name, why[0] == '\0', why);
}

int main()
{
	const size_t bytes = COUNT * sizeof(int);
	const int blocks = (COUNT + BLOCK - 1) / BLOCK;
	std::vector<int> input(COUNT), output(COUNT);
	hipDeviceProp_t properties;
	hipStream_t stream;
	int *data, devices;

	for (int i = 0; i < COUNT; i++)
		input[i] = i;
	if (!step("device count", hipGetDeviceCount(&devices)))
		return 1;
	step("device properties", hipGetDeviceProperties(&properties, 0));
	printf("%d GPU(s), the first: %s, %s, %d compute units, %zu MiB\n", devices,
		properties.name, properties.gcnArchName, properties.multiProcessorCount,
		properties.totalGlobalMem >> 20);
	if (!step("allocate device memory", hipMalloc((void **)&data, bytes)))
		return 1;

	/* The default stream: nothing names a stream. */
	step("copy to the device", hipMemcpy(data, input.data(), bytes, hipMemcpyHostToDevice));
	scale_add<<<blocks, BLOCK>>>(data, 3, 7, COUNT);
	step("launch on the default stream", hipGetLastError());
	step("synchronise the device", hipDeviceSynchronize());
	step("copy from the device", hipMemcpy(output.data(), data, bytes, hipMemcpyDeviceToHost));
	compare("results of the default stream", output, 3, 7);

	if (!step("create a stream", hipStreamCreate(&stream)))
		return 1;
	step("copy to the device, asynchronous",
		hipMemcpyAsync(data, input.data(), bytes, hipMemcpyHostToDevice, stream));
	scale_add<<<blocks, BLOCK, 0, stream>>>(data, -2, 1, COUNT);
	step("launch on the stream", hipGetLastError());
	step("copy from the device, asynchronous",
		hipMemcpyAsync(output.data(), data, bytes, hipMemcpyDeviceToHost, stream));
	step("synchronise the stream", hipStreamSynchronize(stream));
	compare("results of the stream", output, -2, 1);
	step("destroy the stream", hipStreamDestroy(stream));
	step("free device memory", hipFree(data));
	printf("%s\n", failures ? "FAILED" : "all steps ok");
	return failures != 0;
}
