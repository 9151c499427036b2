/* SPDX-License-Identifier: MIT */
/*
 * How true hipEventElapsedTime() is: kernels that wait for a known number of cycles, from 0.1 to 10 ms, one at a time between two
 * events. All three are submitted while an earlier kernel keeps the stream busy, so the host's pauses do not fall between them.
 * Prints by how much what the events say differs from what the kernel was asked for.
 */
#include <hip/hip_runtime.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <algorithm>
#include <vector>

#include "tests/int/hip/busy.h"

#define KERNELS 30   /* of each length */
#define EARLIER_MS 20

__global__ static void busy_kernel(unsigned *done, uint64_t cycles)
{
	busy_wait(cycles);
	*done += 1;
}

static void must(hipError_t error, const char *what)
{
	if (error == hipSuccess)
		return;
	fprintf(stderr, "elapsed: %s: %s\n", what, hipGetErrorName(error));
	exit(1);
}

/* Differences in percent of @ms, ascending by size. */
static std::vector<double> measure(unsigned *done, double ms)
{
	uint64_t cycles = (uint64_t)(ms * busy_cycles_per_ms());
	std::vector<double> percent;
	hipEvent_t start, stop;

	must(hipEventCreate(&start), "hipEventCreate");
	must(hipEventCreate(&stop), "hipEventCreate");
	for (int i = 0; i < KERNELS + 1; i++) {
		float elapsed = 0;

		busy_kernel<<<1, 1>>>(done, EARLIER_MS * busy_cycles_per_ms());
		must(hipEventRecord(start, NULL), "hipEventRecord");
		busy_kernel<<<1, 1>>>(done, cycles);
		must(hipEventRecord(stop, NULL), "hipEventRecord");
		must(hipEventSynchronize(stop), "hipEventSynchronize");
		must(hipEventElapsedTime(&elapsed, start, stop), "hipEventElapsedTime");
		if (i) /* the first loads code */
			percent.push_back(100 * (elapsed - ms) / ms);
	}
	must(hipEventDestroy(start), "hipEventDestroy");
	must(hipEventDestroy(stop), "hipEventDestroy");
	std::sort(percent.begin(), percent.end(), [](double a, double b) { return fabs(a) < fabs(b); });
	return percent;
}

int main(int argc, char **argv)
{
	static const double lengths_ms[] = {0.1, 0.3, 1, 3, 10};
	bool json = argc == 2 && !strcmp(argv[1], "--json");
	json_t *all = json_array();
	unsigned *done;

	if (argc > 1 && !json) {
		fprintf(stderr, "elapsed: %s: the only option is --json\n", argv[1]);
		return 2;
	}
	must(hipMalloc((void **)&done, sizeof(*done)), "hipMalloc");
	must(hipMemset(done, 0, sizeof(*done)), "hipMemset");
	if (!json)
		printf("%10s %10s %10s %10s   (%% by which events differ)\n", "kernel, ms", "median", "p90", "worst");
	for (double ms : lengths_ms) {
		std::vector<double> p = measure(done, ms);
		double median = p[p.size() / 2], p90 = p[p.size() * 9 / 10], worst = p.back();

		if (json)
			json_array_append_new(all, json_pack("{s:f, s:f, s:f, s:f}", "kernel_ms", ms, "median_percent",
				median, "p90_percent", p90, "worst_percent", worst));
		else
			printf("%10.1f %10.2f %10.2f %10.2f\n", ms, median, p90, worst);
	}
	if (json) {
		json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(5));
		putchar('\n');
	}
	json_decref(all);
	must(hipFree(done), "hipFree");
	return 0;
}
