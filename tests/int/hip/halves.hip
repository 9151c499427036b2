/* SPDX-License-Identifier: MIT */
/*
 * Two processes that would each fill the GPU have half of it each. Every workgroup writes down when it ran, on the GPU's own
 * clock, which both share; the test adds up what fell into the time in which both wanted all.
 */
#include "busy.h"
#include "check.h"
#include <atomic>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PER_CU 2     /* workgroups that fit, for want of group memory */
#define ROUNDS 12    /* of workgroups, on an empty GPU */
#define GROUP_MS 20
#define GROUPS_MAX 8192

struct span {
	uint64_t begin, end;
};

/* Between the test and its children. */
static struct board {
	std::atomic<unsigned> ready;
	struct {
		unsigned count;
		struct span group[GROUPS_MAX];
	} child[2];
} *board;

/* All waves of the GPU read the same. */
static __device__ inline uint64_t gpu_clock()
{
	return __builtin_amdgcn_s_memrealtime();
}

__global__ static void timed(struct span *spans, uint64_t cycles)
{
	__shared__ volatile char fill[33000 - 256];
	if (threadIdx.x == 0) {
		fill[0] = 1;
		spans[blockIdx.x].begin = gpu_clock();
		busy_wait(cycles);
		spans[blockIdx.x].end = gpu_clock();
	}
}

/* Works without the test library, which must not be used in a child. Returns 0, or the number of a failed step. */
static int work(int index)
{
	struct span *spans;
	hipDeviceProp_t props;
	if (hipGetDeviceProperties(&props, 0) != hipSuccess)
		return 2;
	unsigned count = (unsigned)props.multiProcessorCount * PER_CU * ROUNDS;
	if (count > GROUPS_MAX)
		return 3;
	if (hipMalloc((void **)&spans, count * sizeof(*spans)) != hipSuccess)
		return 4;
	/* The first launch loads code. */
	timed<<<1, 64>>>(spans, 1);
	if (hipDeviceSynchronize() != hipSuccess)
		return 5;
	board->ready++;
	while (board->ready < 2)
		usleep(100);
	timed<<<count, 64>>>(spans, busy_cycles_per_ms() * GROUP_MS);
	if (hipMemcpy(board->child[index].group, spans, count * sizeof(*spans), hipMemcpyDeviceToHost) != hipSuccess)
		return 6;
	board->child[index].count = count;
	return 0;
}

/* Of all its groups, what lies between @from and @to. */
static double occupied(int index, uint64_t from, uint64_t to)
{
	double sum = 0;
	for (unsigned i = 0; i < board->child[index].count; i++) {
		struct span s = board->child[index].group[i];
		uint64_t begin = s.begin > from ? s.begin : from, end = s.end < to ? s.end : to;
		sum += end > begin ? (double)(end - begin) : 0;
	}
	return sum;
}

static void two_processes_that_fill_the_gpu_have_half_each(void **state)
{
	uint64_t from = 0, to = UINT64_MAX, longest = 0;
	pid_t pid[2];

	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(work(i));
		assert_true(pid[i] > 0);
	}
	for (int i = 0; i < 2; i++) {
		int status = -1;
		same(waitpid(pid[i], &status, 0), pid[i]);
		same(status, 0);
	}
	for (int i = 0; i < 2; i++) {
		uint64_t first = UINT64_MAX, last = 0;
		for (unsigned k = 0; k < board->child[i].count; k++) {
			struct span s = board->child[i].group[k];
			first = s.begin < first ? s.begin : first;
			last = s.begin > last ? s.begin : last;
			longest = s.end - s.begin > longest ? s.end - s.begin : longest;
		}
		from = first > from ? first : from;
		to = last < to ? last : to;
	}
	/* Groups that were there before the other came are not taken off for it. */
	from += longest;
	assert_true(from + 3 * longest < to);
	double a = occupied(0, from, to), b = occupied(1, from, to);
	print_message("%.1f and %.1f %% of what both had\n", 100 * a / (a + b), 100 * b / (a + b));
	assert_true(a / (a + b) > 0.42 && a / (a + b) < 0.58);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_processes_that_fill_the_gpu_have_half_each),
	};
	int status;
	pid_t asks = fork(); /* HIP must not have started when the others are forked */
	if (asks == 0)
		_exit(gpu_missing(1) ? TEST_SKIPPED : 0);
	if (asks < 0 || waitpid(asks, &status, 0) != asks)
		return 1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		printf("skipped: no GPU\n");
		return WIFEXITED(status) ? TEST_SKIPPED : 1;
	}
	board = (struct board *)mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
