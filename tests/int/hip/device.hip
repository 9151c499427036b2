/* SPDX-License-Identifier: MIT */
/*
 * Device queries: properties, attributes, limits and occupancy, and that they agree with each
 * other. Reads what the runtime derived from the GPU's topology; changes nothing.
 */
#include "check.h"

__global__ static void small_kernel(int *p)
{
	p[threadIdx.x] = (int)threadIdx.x;
}

__global__ static void shared_kernel(int *p)
{
	extern __shared__ int scratch[];
	scratch[threadIdx.x] = p[threadIdx.x];
	__syncthreads();
	p[threadIdx.x] = scratch[blockDim.x - 1 - threadIdx.x];
}

static void first_device_has_plausible_properties(void **state)
{
	hipDeviceProp_t p;
	hip_ok(hipGetDeviceProperties(&p, 0));
	assert_true(strncmp(p.gcnArchName, "gfx", 3) == 0);
	assert_true(p.multiProcessorCount > 0);
	assert_true(p.warpSize == 64 || p.warpSize == 32);
	assert_true(p.maxThreadsPerBlock >= 256);
	assert_true(p.maxThreadsDim[0] >= 256);
	assert_true(p.maxGridSize[0] > 65535);
	assert_true(p.totalGlobalMem >= (size_t)1 << 28);
	assert_true(p.sharedMemPerBlock >= 16384);
	assert_true(p.regsPerBlock > 0);
	assert_true(p.clockRate > 0);
	assert_true(p.memoryClockRate > 0);
	assert_true(p.memoryBusWidth > 0);
	assert_true(p.l2CacheSize > 0);
	assert_true(p.maxThreadsPerMultiProcessor >= p.maxThreadsPerBlock);
}

static void attributes_agree_with_properties(void **state)
{
	hipDeviceProp_t p;
	int v = 0;
	hip_ok(hipGetDeviceProperties(&p, 0));
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeWarpSize, 0));
	same(v, p.warpSize);
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeMultiprocessorCount, 0));
	same(v, p.multiProcessorCount);
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeMaxThreadsPerBlock, 0));
	same(v, p.maxThreadsPerBlock);
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeMaxSharedMemoryPerBlock, 0));
	same((size_t)v, p.sharedMemPerBlock);
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeClockRate, 0));
	same(v, p.clockRate);
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributePciBusId, 0));
	same(v, p.pciBusID);
}

static void driver_handle_names_the_same_device(void **state)
{
	hipDevice_t device;
	hipDeviceProp_t p;
	char name[256], bus[64];
	size_t total = 0;
	int found = -1;
	hip_ok(hipDeviceGet(&device, 0));
	hip_ok(hipGetDeviceProperties(&p, 0));
	hip_ok(hipDeviceGetName(name, sizeof(name), device));
	assert_string_equal(name, p.name);
	hip_ok(hipDeviceTotalMem(&total, device));
	same(total, p.totalGlobalMem);
	hip_ok(hipDeviceGetPCIBusId(bus, sizeof(bus), 0));
	hip_ok(hipDeviceGetByPCIBusId(&found, bus));
	same(found, 0);
}

static void device_numbers_out_of_range_are_refused(void **state)
{
	hipDeviceProp_t p;
	int count = 0, v;
	hip_ok(hipGetDeviceCount(&count));
	hip_error(hipSetDevice(count), hipErrorInvalidDevice);
	hip_error(hipSetDevice(-1), hipErrorInvalidDevice);
	hip_error(hipGetDeviceProperties(&p, count), hipErrorInvalidDevice);
	hip_error(hipDeviceGetAttribute(&v, hipDeviceAttributeWarpSize, count),
		hipErrorInvalidDevice);
	hip_ok(hipSetDevice(0));
	hip_ok(hipGetDevice(&v));
	same(v, 0);
}

static void versions_are_reported(void **state)
{
	int driver = 0, runtime = 0;
	hip_ok(hipDriverGetVersion(&driver));
	hip_ok(hipRuntimeGetVersion(&runtime));
	assert_true(driver > 0);
	assert_true(runtime > 0);
}

static void kernel_attributes_describe_the_kernel(void **state)
{
	hipFuncAttributes a;
	hip_ok(hipFuncGetAttributes(&a, (const void *)small_kernel));
	assert_true(a.maxThreadsPerBlock >= 256);
	assert_true(a.numRegs > 0);
	same((size_t)a.sharedSizeBytes, (size_t)0);
}

static void occupancy_falls_with_shared_memory(void **state)
{
	hipDeviceProp_t p;
	int few = 0, many = 0, grid = 0, block = 0;
	hip_ok(hipGetDeviceProperties(&p, 0));
	hip_ok(hipOccupancyMaxActiveBlocksPerMultiprocessor(&many, shared_kernel, 256, 1024));
	hip_ok(hipOccupancyMaxActiveBlocksPerMultiprocessor(
		&few, shared_kernel, 256, p.sharedMemPerBlock));
	assert_true(few >= 1);
	assert_true(many > few);
	hip_ok(hipOccupancyMaxPotentialBlockSize(&grid, &block, small_kernel, 0, 0));
	assert_true(grid >= 1);
	assert_true(block >= p.warpSize);
	assert_true(block <= p.maxThreadsPerBlock);
}

static void stack_and_heap_limits_can_be_read(void **state)
{
	size_t heap = 0;
	hip_ok(hipDeviceGetLimit(&heap, hipLimitMallocHeapSize));
	assert_true(heap > 0);
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_device_has_plausible_properties),
		cmocka_unit_test(attributes_agree_with_properties),
		cmocka_unit_test(driver_handle_names_the_same_device),
		cmocka_unit_test(device_numbers_out_of_range_are_refused),
		cmocka_unit_test(versions_are_reported),
		cmocka_unit_test(kernel_attributes_describe_the_kernel),
		cmocka_unit_test(occupancy_falls_with_shared_memory),
		cmocka_unit_test(stack_and_heap_limits_can_be_read),
	};
	return hip_test_main(tests);
}
