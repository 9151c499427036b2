/* SPDX-License-Identifier: MIT */
/*
 * Numbers by librocrand, which was made by others and knows nothing of the tool library: sums of each generator's on standard output, the
 * milliseconds that the GPU took for all of them on standard error. Philox is compared with the known answer of its authors, whose first number
 * for key and counter 0 is 0x6627e8d5 (Random123, kat_vectors).
 */
#include <hip/hip_runtime.h>
#include <rocrand/rocrand.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define COUNT  2048u
#define ROUNDS 4

#define CHECK(call)                                                                                                            \
	do {                                                                                                                   \
		int error_ = (int)(call);                                                                                      \
		if (error_) {                                                                                                  \
			fprintf(stderr, "random: %s: %d\n", #call, error_);                                                    \
			exit(1);                                                                                               \
		}                                                                                                              \
	} while (0)

static const struct {
	const char *name;
	rocrand_rng_type type;
} generators[] = {
	{"philox", ROCRAND_RNG_PSEUDO_PHILOX4_32_10},
	{"xorwow", ROCRAND_RNG_PSEUDO_XORWOW},
	{"mrg32k3a", ROCRAND_RNG_PSEUDO_MRG32K3A},
};

int main()
{
	std::vector<unsigned> numbers(COUNT);
	hipEvent_t begin, end;
	unsigned *device;
	float ms, all_ms = 0;

	CHECK(hipMalloc((void **)&device, COUNT * sizeof(*device)));
	CHECK(hipEventCreate(&begin));
	CHECK(hipEventCreate(&end));
	for (const auto &g : generators) {
		rocrand_generator generator;
		uint64_t sum = 0;

		CHECK(rocrand_create_generator(&generator, g.type));
		for (int round = 0; round < ROUNDS; round++) {
			CHECK(hipEventRecord(begin, nullptr));
			CHECK(rocrand_generate(generator, device, COUNT));
			CHECK(hipEventRecord(end, nullptr));
			CHECK(hipMemcpy(numbers.data(), device, COUNT * sizeof(*device), hipMemcpyDeviceToHost));
			CHECK(hipEventElapsedTime(&ms, begin, end));
			all_ms += ms;
			if (!round && g.type == ROCRAND_RNG_PSEUDO_PHILOX4_32_10 && numbers[0] != 0x6627e8d5u) {
				fprintf(stderr, "random: philox begins with 0x%x, not 0x6627e8d5\n", numbers[0]);
				return 1;
			}
			for (unsigned number : numbers)
				sum = sum * 31 + number;
		}
		printf("%s %016llx\n", g.name, (unsigned long long)sum);
		CHECK(rocrand_destroy_generator(generator));
	}
	fprintf(stderr, "%.3f\n", all_ms);
	return 0;
}
