// SPDX-License-Identifier: MIT
// A service: from time to time a request comes, which takes one kernel, and somebody waits for the answer. It tells how long that took.
// It knows nothing of a scheduler. See examples/offline.hip for the program that is in its way.
#include <hip/hip_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t e_ = (call);                                                                                \
		if (e_ != hipSuccess) {                                                                                \
			fprintf(stderr, "online: %s: %s\n", #call, hipGetErrorString(e_));                             \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

// Takes some cycles of the shader clock on a whole CU, which a group has for itself by its LDS.
extern "C" __global__ void answer_request(unsigned long long cycles, unsigned *answered)
{
	__shared__ int room[16384];
	unsigned long long passed = 0, last = (unsigned long long)clock64();

	room[threadIdx.x] = 1;
	__syncthreads();
	while (passed < cycles) {
		unsigned long long now = (unsigned long long)clock64();

		// Some GPUs' clocks have 20 bits. Of a suspension, through which the clock goes on, less than 2^20 cycles count as work.
		passed += (now - last) & 0xfffff;
		last = now;
	}
	if (!threadIdx.x)
		atomicAdd(answered, (unsigned)room[63]);
}

static double now_us()
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void sleep_until(double us)
{
	struct timespec t = {(time_t)(us / 1e6), 0};

	t.tv_nsec = (long)((us - (double)t.tv_sec * 1e6) * 1e3);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static double percentile(const std::vector<double> &sorted, double p)
{
	return sorted[std::min(sorted.size() - 1, (size_t)(p * (double)sorted.size()))];
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 1000000000) {
		fprintf(stderr, "online: %s: expected a whole number up to 1000000000\n", text);
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	unsigned requests = 20, period_us = 100000, kernel_us = 5000, warm_up = 2, *answered;
	hipDeviceProp_t device;
	bool json = false;
	int khz, i = 1;

	for (; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--requests"))
			requests = number(argv[i + 1]);
		else if (!strcmp(argv[i], "--period-us"))
			period_us = number(argv[i + 1]);
		else if (!strcmp(argv[i], "--kernel-us"))
			kernel_us = number(argv[i + 1]);
		else
			break;
	}
	if (i < argc && !strcmp(argv[i], "--json")) {
		json = true;
		i++;
	}
	if (i < argc || !requests) {
		fprintf(stderr, "usage: online [--requests N] [--period-us US] [--kernel-us US] [--json]\n"
				"A request comes every period, or with period 0 when the one before is answered.\n");
		return 2;
	}
	// Who waits sleeps: others need the processors too.
	CHECK(hipSetDeviceFlags(hipDeviceScheduleBlockingSync));
	CHECK(hipGetDeviceProperties(&device, 0));
	CHECK(hipDeviceGetAttribute(&khz, hipDeviceAttributeClockRate, 0));
	CHECK(hipHostMalloc((void **)&answered, sizeof(*answered), hipHostMallocCoherent | hipHostMallocMapped));
	*answered = 0;

	std::vector<double> us;
	double next = now_us();
	unsigned groups = (unsigned)device.multiProcessorCount;
	unsigned long long cycles = (unsigned long long)khz * kernel_us / 1000;
	for (unsigned n = 0; n < requests + warm_up; n++) {
		next += period_us;
		if (period_us)
			sleep_until(next);
		double from = now_us();
		answer_request<<<groups, 64>>>(cycles, answered);
		CHECK(hipGetLastError());
		CHECK(hipDeviceSynchronize());
		// The first ones load code and make queues.
		if (n + 1 == warm_up)
			fprintf(stderr, "online: ready\n");
		if (n >= warm_up)
			us.push_back(now_us() - from);
	}

	std::vector<double> sorted = us;
	std::sort(sorted.begin(), sorted.end());
	double p50 = percentile(sorted, 0.5), p90 = percentile(sorted, 0.9), p99 = percentile(sorted, 0.99), max = sorted.back();
	if (json) {
		printf("{\"requests\": %u, \"answered\": %u, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"latency_us\": [",
			requests, *answered / groups, p50, p90, p99, max);
		for (size_t n = 0; n < us.size(); n++)
			printf("%s%.1f", n ? ", " : "", us[n]);
		printf("]}\n");
	} else {
		printf("%u requests: P50 %.0f us, P90 %.0f us, P99 %.0f us, longest %.0f us\n", requests, p50, p90, p99, max);
	}
	return 0;
}
