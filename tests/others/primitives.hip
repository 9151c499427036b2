/* SPDX-License-Identifier: MIT */
/*
 * Algorithms of rocPRIM, which was made by others and knows nothing of the tool library: a sum, sums of prefixes and a sorted sequence, each
 * compared with the host's; their checksum on standard output, the milliseconds that the GPU took on standard error.
 */
#include <hip/hip_runtime.h>
#include <rocprim/rocprim.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#define COUNT  20000u
#define ROUNDS 8

#define CHECK(call)                                                                                                            \
	do {                                                                                                                   \
		hipError_t error_ = (call);                                                                                    \
		if (error_ != hipSuccess) {                                                                                    \
			fprintf(stderr, "primitives: %s: %s\n", #call, hipGetErrorString(error_));                             \
			exit(1);                                                                                               \
		}                                                                                                              \
	} while (0)

static unsigned *in, *out;
static hipEvent_t begin, end;
static float all_ms;

/* Call @algorithm(memory, bytes) as rocPRIM's are: once for the size, then to run. Return: the result. */
template <class Algorithm> static std::vector<unsigned> run(Algorithm algorithm)
{
	std::vector<unsigned> result(COUNT);
	void *memory = nullptr;
	size_t bytes = 0;
	float ms;

	CHECK(algorithm(nullptr, bytes));
	CHECK(hipMalloc(&memory, bytes));
	CHECK(hipMemset(out, 0, COUNT * sizeof(*out)));
	CHECK(hipEventRecord(begin, nullptr));
	for (int round = 0; round < ROUNDS; round++)
		CHECK(algorithm(memory, bytes));
	CHECK(hipEventRecord(end, nullptr));
	CHECK(hipMemcpy(result.data(), out, COUNT * sizeof(*out), hipMemcpyDeviceToHost));
	CHECK(hipEventElapsedTime(&ms, begin, end));
	CHECK(hipFree(memory));
	all_ms += ms;
	return result;
}

static void compare(const char *name, const std::vector<unsigned> &result, const std::vector<unsigned> &expected)
{
	uint64_t sum = 0;

	if (!std::equal(expected.begin(), expected.end(), result.begin())) {
		fprintf(stderr, "primitives: %s: other than on the host\n", name);
		exit(1);
	}
	for (unsigned number : result)
		sum = sum * 31 + number;
	printf("%s %016llx\n", name, (unsigned long long)sum);
}

int main()
{
	std::vector<unsigned> numbers(COUNT), expected(COUNT);
	unsigned x = 12345;

	for (unsigned &number : numbers)
		number = x = x * 1664525u + 1013904223u;
	CHECK(hipMalloc((void **)&in, COUNT * sizeof(*in)));
	CHECK(hipMalloc((void **)&out, COUNT * sizeof(*out)));
	CHECK(hipMemcpy(in, numbers.data(), COUNT * sizeof(*in), hipMemcpyHostToDevice));
	CHECK(hipEventCreate(&begin));
	CHECK(hipEventCreate(&end));

	compare("sum", run([](void *memory, size_t &bytes) { return rocprim::reduce(memory, bytes, in, out, COUNT); }),
		{std::accumulate(numbers.begin(), numbers.end(), 0u)});
	std::partial_sum(numbers.begin(), numbers.end(), expected.begin());
	compare("prefixes", run([](void *memory, size_t &bytes) {
		return rocprim::inclusive_scan(memory, bytes, in, out, COUNT, rocprim::plus<unsigned>());
	}), expected);
	expected = numbers;
	std::sort(expected.begin(), expected.end());
	compare("sorted", run([](void *memory, size_t &bytes) { return rocprim::radix_sort_keys(memory, bytes, in, out, COUNT); }),
		expected);
	fprintf(stderr, "%.3f\n", all_ms);
	return 0;
}
