/* SPDX-License-Identifier: MIT */
/*
 * Several processes on one GPU: forked before HIP starts, several at once, and one that dies in the
 * middle. Every process computes and checks its own results; only exit statuses pass between them.
 */
#include "busy.h"
#include "check.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT 4000

__global__ static void step(unsigned *data, unsigned name, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		data[i] = data[i] * 33 + name + i;
}

__global__ static void busy_kernel(unsigned *done, uint64_t cycles)
{
	busy_wait(cycles);
	*done += 1;
}

/* Works on the GPU without the test library, which must not be used in a child. Returns 0, or the
 * number of a failed step. */
static int work(unsigned name, int rounds)
{
	unsigned *data;
	std::vector<unsigned> got(COUNT), want(COUNT, 0);
	hipStream_t stream;
	if (hipStreamCreate(&stream) != hipSuccess)
		return 2;
	if (hipMalloc((void **)&data, COUNT * sizeof(unsigned)) != hipSuccess)
		return 3;
	if (hipMemsetAsync(data, 0, COUNT * sizeof(unsigned), stream) != hipSuccess)
		return 4;
	for (int round = 0; round < rounds; round++) {
		step<<<(COUNT + 255) / 256, 256, 0, stream>>>(data, name, COUNT);
		for (int i = 0; i < COUNT; i++)
			want[i] = want[i] * 33 + name + i;
		if (round % 5 == 4 && hipStreamSynchronize(stream) != hipSuccess)
			return 5;
	}
	if (hipMemcpyAsync(got.data(), data, COUNT * sizeof(unsigned), hipMemcpyDeviceToHost,
		    stream) != hipSuccess ||
		hipStreamSynchronize(stream) != hipSuccess)
		return 6;
	if (got != want)
		return 7;
	return hipFree(data) == hipSuccess && hipStreamDestroy(stream) == hipSuccess ? 0 : 8;
}

static pid_t start(unsigned name, int rounds)
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(work(name, rounds));
	assert_true(pid > 0);
	return pid;
}

static void ends_well(pid_t pid)
{
	int status = -1;
	same(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		print_error("process: expected exit status 0, got %s %d\n",
			WIFEXITED(status) ? "exit status" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		fail();
	}
}

/* Nothing may use HIP in this process before the last test. */
static void two_children_compute_at_once(void **state)
{
	pid_t a = start(3, 40), b = start(1000, 40);
	ends_well(a);
	ends_well(b);
}

static void many_children_compute_at_once(void **state)
{
	pid_t pids[6];
	for (unsigned i = 0; i < 6; i++)
		pids[i] = start(i * 77, 15);
	for (unsigned i = 0; i < 6; i++)
		ends_well(pids[i]);
}

static void a_killed_process_leaves_the_gpu_to_the_others(void **state)
{
	int ready[2], status;
	char c;
	assert_int_equal(pipe(ready), 0);
	fflush(stdout);
	pid_t victim = fork();
	if (victim == 0) {
		unsigned *done;
		uint64_t cycles = busy_cycles_per_ms() * 20;
		if (hipMalloc((void **)&done, 4) != hipSuccess)
			_exit(1);
		for (int i = 0; i < 500; i++)
			busy_kernel<<<1, 1>>>(done, cycles);
		if (write(ready[1], "r", 1) != 1)
			_exit(2);
		(void)hipDeviceSynchronize();
		_exit(0);
	}
	assert_true(victim > 0);
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	pid_t other = start(9, 10);
	kill(victim, SIGKILL);
	same(waitpid(victim, &status, 0), victim);
	assert_true(WIFSIGNALED(status));
	ends_well(other);
	ends_well(start(10, 10));
}

static void parent_and_child_both_compute(void **state)
{
	pid_t child = start(5, 30);
	same(work(6, 30), 0);
	ends_well(child);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_children_compute_at_once),
		cmocka_unit_test(many_children_compute_at_once),
		cmocka_unit_test(a_killed_process_leaves_the_gpu_to_the_others),
		cmocka_unit_test(parent_and_child_both_compute),
	};
	int status;
	pid_t asks = fork();
	if (asks == 0)
		_exit(gpu_missing(1) ? TEST_SKIPPED : 0);
	if (asks < 0 || waitpid(asks, &status, 0) != asks)
		return 1;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		printf("skipped: no GPU\n");
		return WIFEXITED(status) ? TEST_SKIPPED : 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
