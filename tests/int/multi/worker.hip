// SPDX-License-Identifier: MIT
// A process that uses the GPU as it is told: commands come as arguments, or from standard input (argument "-"), one a line, and each is
// answered by one line. Its kernels fill the GPU, count how often their groups start and end, and every answer is checked.
#include <hip/hip_runtime.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "../hip/busy.h"

#define CHECK(call)                                                                                                    \
	do {                                                                                                           \
		hipError_t e_ = (call);                                                                                \
		if (e_ != hipSuccess) {                                                                                \
			fprintf(stderr, "%s: %s\n", #call, hipGetErrorString(e_));                                     \
			_exit(1);                                                                                      \
		}                                                                                                      \
	} while (0)

// What one kind of kernels did; written by the GPU.
struct counts {
	unsigned starts, ends;
	unsigned long long sum; // of the numbers that kernels were given
};

// A group occupies a CU by its LDS.
__global__ void busy(uint64_t cycles, unsigned number, struct counts *c)
{
	__shared__ int room[16384];

	room[threadIdx.x] = (int)number;
	__syncthreads();
	if (threadIdx.x)
		return;
	atomicAdd(&c->starts, 1);
	busy_wait(cycles);
	atomicAdd(&c->sum, (unsigned long long)room[blockDim.x - 1]);
	atomicAdd(&c->ends, 1);
}

__global__ void endless(volatile int *stop, struct counts *c)
{
	__shared__ int room[16384];

	room[threadIdx.x] = 1;
	__syncthreads();
	if (threadIdx.x)
		return;
	atomicAdd(&c->starts, (unsigned)room[0]);
	while (!*stop)
		__builtin_amdgcn_s_sleep(127);
	atomicAdd(&c->ends, 1);
}

static hipStream_t stream;
static unsigned groups;
static uint64_t cycles_per_ms;
static struct counts *counts, *others; // of busy and of endless
static int *stop;
static unsigned launched, endless_launched;
static unsigned long long sum;
static std::thread looper;
static std::atomic<bool> looping;
static bool ready;

static void answer(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void answer(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text, sizeof(text) - 1, format, args);
	va_end(args);
	text[n] = '\n';
	// At once, so that a process that is killed or forked leaves no half of it.
	if (write(STDOUT_FILENO, text, (size_t)n + 1) != n + 1)
		_exit(1);
}

static double now_us()
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void begin()
{
	hipDeviceProp_t device;
	int current;

	if (ready)
		return;
	ready = true;
	CHECK(hipGetDevice(&current));
	CHECK(hipGetDeviceProperties(&device, current));
	groups = (unsigned)device.multiProcessorCount;
	cycles_per_ms = busy_cycles_per_ms();
	CHECK(hipStreamCreateWithFlags(&stream, hipStreamNonBlocking));
	CHECK(hipHostMalloc((void **)&counts, 2 * sizeof(*counts), hipHostMallocCoherent | hipHostMallocMapped));
	CHECK(hipHostMalloc((void **)&stop, sizeof(*stop), hipHostMallocCoherent | hipHostMallocMapped));
	memset(counts, 0, 2 * sizeof(*counts));
	others = counts + 1;
	*stop = 0;
}

static void launch(unsigned us)
{
	launched++;
	sum += (unsigned long long)launched * groups;
	busy<<<groups, 64, 0, stream>>>(cycles_per_ms * us / 1000, launched, counts);
	CHECK(hipGetLastError());
}

// Whether all that was launched ran once, from start to end.
static bool right(const struct counts *c, unsigned kernels)
{
	return c->starts == kernels * groups && c->ends == kernels * groups;
}

static void wait_all()
{
	CHECK(hipStreamSynchronize(stream));
	if (right(counts, launched) && counts->sum == sum)
		answer("done %u", launched);
	else
		answer("wrong: %u kernels of %u groups started %u times, ended %u times, sum %llu instead of %llu", launched, groups,
			counts->starts, counts->ends, counts->sum, sum);
}

static void endless_start(bool wait)
{
	endless<<<groups, 64, 0, stream>>>(stop, others);
	CHECK(hipGetLastError());
	endless_launched++;
	while (wait && __atomic_load_n(&others->starts, __ATOMIC_ACQUIRE) < endless_launched * groups)
		;
	answer("started");
}

static void endless_end()
{
	__atomic_store_n(stop, 1, __ATOMIC_RELEASE);
	CHECK(hipStreamSynchronize(stream));
	__atomic_store_n(stop, 0, __ATOMIC_RELEASE);
	if (right(others, endless_launched))
		answer("ended %u", endless_launched);
	else
		answer("wrong: %u groups started %u times and ended %u times", groups, others->starts, others->ends);
}

static void loop(unsigned us, unsigned depth)
{
	hipEvent_t events[64];

	for (unsigned i = 0; i < depth; i++)
		CHECK(hipEventCreateWithFlags(&events[i], hipEventBlockingSync | hipEventDisableTiming));
	for (unsigned i = 0; looping; i++) {
		if (i >= depth)
			CHECK(hipEventSynchronize(events[i % depth]));
		launch(us);
		CHECK(hipEventRecord(events[i % depth], stream));
	}
	CHECK(hipStreamSynchronize(stream));
}

static void loop_stop()
{
	if (looper.joinable()) {
		looping = false;
		looper.join();
	}
	wait_all();
}

static void one_by_one(unsigned n, unsigned us)
{
	double longest = 0, all = 0;

	for (unsigned i = 0; i < n; i++) {
		double from = now_us();
		launch(us);
		CHECK(hipStreamSynchronize(stream));
		double took = now_us() - from;
		longest = took > longest ? took : longest;
		all += took;
	}
	if (right(counts, launched))
		answer("done %u mean %.0f max %.0f", launched, all / n, longest);
	else
		wait_all();
}

// What a child does that knows nothing of the GPU: it lives until it is killed.
static void fork_idle()
{
	pid_t pid = fork();

	if (!pid)
		for (;;)
			pause();
	answer("child %d", (int)pid);
}

// A child that ends at once; not through the handlers at exit, which the runtime's own do not survive in a child.
static void fork_exit()
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, &status, 0);
	answer("child ended %d", status);
}

static pid_t spawned;
static int spawned_input = -1;

// A program of its own, this one; it obeys @commands, separated by commas, and then lives until it is reaped.
static void spawn(const char *self, char *commands)
{
	char *argv[32] = {(char *)self}, end[] = "-";
	int n = 1, input[2];

	for (char *word = strtok(commands, ", "); word && n < 30; word = strtok(NULL, ", "))
		argv[n++] = word;
	argv[n] = end;
	if (pipe2(input, O_CLOEXEC))
		_exit(1);
	spawned = fork();
	if (!spawned) {
		// Its answers are not ours.
		dup2(STDERR_FILENO, STDOUT_FILENO);
		dup2(input[0], STDIN_FILENO);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	close(input[0]);
	spawned_input = input[1];
	answer("spawned %d", (int)spawned);
}

static void reap()
{
	int status = -1;

	close(spawned_input);
	waitpid(spawned, &status, 0);
	answer("reaped %d", status);
}

// Return: false: no such command.
static bool obey(const char *self, char *line)
{
	char word[16] = "";
	unsigned a = 0, b = 0;
	int used = 0;

	// As arguments commands have colons.
	sscanf(line, "%15[^: ]%n", word, &used);
	if (strcmp(word, "spawn"))
		for (char *c = line; *c; c++)
			if (*c == ':')
				*c = ' ';
	sscanf(line + used, "%u %u", &a, &b);
	std::string name = word;
	if (name == "gpu") {
		CHECK(hipSetDevice((int)a));
		answer("gpu %u", a);
		return true;
	}
	if (name == "spawn" || name == "reap") {
		if (name == "spawn")
			spawn(self, line + used);
		else
			reap();
		return true;
	}
	begin();
	if (name == "work") {
		for (unsigned i = 0; i < a; i++)
			launch(b);
		answer("launched %u", launched);
	} else if (name == "each") {
		one_by_one(a, b);
	} else if (name == "wait") {
		wait_all();
	} else if (name == "where") {
		// For who counts from outside.
		answer("%p %u", (void *)&counts->ends, groups);
	} else if (name == "query") {
		answer("%s", hipStreamQuery(stream) == hipErrorNotReady ? "busy" : "idle");
	} else if (name == "endless" || name == "begin") {
		endless_start(name == "endless");
	} else if (name == "release") {
		endless_end();
	} else if (name == "loop" && b >= 1 && b <= 64) {
		looping = true;
		looper = std::thread(loop, a, b);
		answer("looping");
	} else if (name == "unloop") {
		loop_stop();
	} else if (name == "fork") {
		fork_idle();
	} else if (name == "forkexit") {
		fork_exit();
	} else {
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	char line[512];

	answer("ready %d", (int)getpid());
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-"))
			break;
		if (strlen(argv[i]) < sizeof(line) && obey(argv[0], strcpy(line, argv[i])))
			continue;
		fprintf(stderr, "worker: %s: no such command\n", argv[i]);
		return 2;
	}
	if (argc < 2 || strcmp(argv[argc - 1], "-"))
		return 0;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "quit"))
			return 0;
		if (!obey(argv[0], line))
			answer("wrong: %s: no such command", line);
	}
	return 0;
}
