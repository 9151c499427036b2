// SPDX-License-Identifier: MIT
// A job that has all the time in the world: long kernels, one behind the other, as many in flight as the GPU will take. It tells how
// many were done. It knows nothing of a scheduler.
#include <hip/hip_runtime.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t e_ = (call);                                                                                \
		if (e_ != hipSuccess) {                                                                                \
			fprintf(stderr, "offline: %s: %s\n", #call, hipGetErrorString(e_));                            \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

// Kernels in flight: so many batches of so many. Who waits for each kernel has the runtime spin for each.
#define BATCHES 4u
#define BATCH	4u

// As in examples/online.hip.
extern "C" __global__ void work_batch(unsigned long long cycles, unsigned *worked)
{
	__shared__ int room[16384];
	unsigned long long passed = 0, last = (unsigned long long)clock64();

	room[threadIdx.x] = 1;
	__syncthreads();
	while (passed < cycles) {
		unsigned long long now = (unsigned long long)clock64();

		passed += (now - last) & 0xfffff;
		last = now;
	}
	if (!threadIdx.x)
		atomicAdd(worked, (unsigned)room[63]);
}

static volatile sig_atomic_t told_to_end;

static void on_term(int)
{
	told_to_end = 1;
}

static double now_us()
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

// hipEventSynchronize() spins where the runtime waits for the same signal itself, whatever was asked for; a job like this one has time.
static void sleep_until_done(hipEvent_t event, unsigned kernel_us)
{
	unsigned ns = (kernel_us < 200 ? 200 : kernel_us > 10000 ? 10000 : kernel_us) * 500;
	struct timespec nap = {0, (long)ns};
	hipError_t is;

	while ((is = hipEventQuery(event)) == hipErrorNotReady)
		nanosleep(&nap, NULL);
	CHECK(is);
}

static unsigned number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (end == text || *end || value > 1000000000) {
		fprintf(stderr, "offline: %s: expected a whole number up to 1000000000\n", text);
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	unsigned kernels = 0, kernel_us = 10000, from_ms = 0, count_ms = 0, launched = 0, done = 0, *worked;
	hipDeviceProp_t device;
	hipEvent_t ends[BATCHES];
	bool json = false;
	int khz, i = 1;

	for (; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--kernels"))
			kernels = number(argv[i + 1]);
		else if (!strcmp(argv[i], "--kernel-us"))
			kernel_us = number(argv[i + 1]);
		else if (!strcmp(argv[i], "--from-ms"))
			from_ms = number(argv[i + 1]);
		else if (!strcmp(argv[i], "--count-ms"))
			count_ms = number(argv[i + 1]);
		else
			break;
	}
	if (i < argc && !strcmp(argv[i], "--json")) {
		json = true;
		i++;
	}
	if (i < argc) {
		fprintf(stderr, "usage: offline [--kernels N] [--kernel-us US] [--from-ms MS] [--count-ms MS] [--json]\n"
				"N kernels, or until SIGTERM, or until it has counted for some time what was done;\n"
				"it counts from MS on, a time of CLOCK_MONOTONIC.\n");
		return 2;
	}
	signal(SIGTERM, on_term);
	// Who waits sleeps: others need the processors too.
	CHECK(hipSetDeviceFlags(hipDeviceScheduleBlockingSync));
	CHECK(hipGetDeviceProperties(&device, 0));
	CHECK(hipDeviceGetAttribute(&khz, hipDeviceAttributeClockRate, 0));
	CHECK(hipHostMalloc((void **)&worked, sizeof(*worked), hipHostMallocCoherent | hipHostMallocMapped));
	*worked = 0;
	for (hipEvent_t &end : ends)
		CHECK(hipEventCreateWithFlags(&end, hipEventBlockingSync | hipEventDisableTiming));

	unsigned groups = (unsigned)device.multiProcessorCount;
	unsigned long long cycles = (unsigned long long)khz * kernel_us / 1000;
	double start = now_us(), count_from = from_ms * 1e3, count_to = (from_ms ? count_from : start) + count_ms * 1e3;
	auto more = [&]() { return !told_to_end && (!kernels || launched < kernels) && (!count_ms || now_us() < count_to); };
	unsigned begun = 0, ended = 0, sizes[BATCHES];
	double last = start, before = -1, after = -1; // kernels that were done when it begins and ends to count
	for (;;) {
		if (begun - ended < BATCHES && more()) {
			unsigned n = 0;
			for (; n < BATCH && (!kernels || launched < kernels); n++, launched++) {
				work_batch<<<groups, 64>>>(cycles, worked);
				CHECK(hipGetLastError());
			}
			sizes[begun % BATCHES] = n;
			CHECK(hipEventRecord(ends[begun++ % BATCHES], 0));
			continue;
		}
		if (ended == begun)
			break;
		sleep_until_done(ends[ended % BATCHES], kernel_us);
		unsigned n = sizes[ended++ % BATCHES];
		double now = now_us();
		// Those of a batch end one after the other.
		auto at = [&](double us) { return us <= last ? done : done + n * (us - last) / (now - last); };
		if (before < 0 && now >= count_from)
			before = at(count_from);
		if (after < 0 && count_ms && now >= count_to)
			after = at(count_to);
		done += n;
		last = now;
		if (ended == 1)
			fprintf(stderr, "offline: ready\n");
	}
	double took = (now_us() - start) / 1e6, counted = (after < 0 ? done : after) - (before < 0 ? done : before);
	if (json)
		printf("{\"kernels\": %u, \"worked\": %u, \"counted\": %.2f, \"seconds\": %.6f}\n", launched, *worked / groups, counted, took);
	else
		printf("%u kernels in %.2f s\n", launched, took);
	return 0;
}
