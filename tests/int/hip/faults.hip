/* SPDX-License-Identifier: MIT */
/*
 * Kernels that go wrong: the program that launched one must learn of it, or end, and must not wait
 * for ever. Each case runs in a process of its own, this program again with the name of the case;
 * faults end processes in ROCm.
 */
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CASE_SECONDS 60
/* The exit status of a case whose HIP calls reported an error, and of one that saw none. */
#define ERROR_REPORTED	42
#define NOTHING_NOTICED 43

__global__ static void unknown_instruction(int *p)
{
	/* Bits 31..26 all set are no encoding of any GCN, CDNA or RDNA instruction. */
	asm volatile(".long 0xffffffff");
	*p = 1;
}

__global__ static void write_to(volatile int *p)
{
	p[threadIdx.x] = 1;
}

__global__ static void read_from(const volatile int *p, int *to)
{
	to[threadIdx.x] = p[threadIdx.x];
}

__global__ static void give_up(int *p)
{
	if (p[threadIdx.x] == 0)
		abort();
	p[threadIdx.x] = 2;
}

__global__ static void trap(int *p)
{
	if (p[threadIdx.x] == 0)
		__builtin_trap();
	p[threadIdx.x] = 2;
}

__global__ static void claim(int *p, int value)
{
	assert(p[threadIdx.x] == value);
	p[threadIdx.x] = 3;
}

static int finish(void)
{
	hipError_t launched = hipGetLastError(), done = hipDeviceSynchronize();
	return launched != hipSuccess || done != hipSuccess ? ERROR_REPORTED : NOTHING_NOTICED;
}

static int run_case(const char *name)
{
	int *p;
	if (hipMalloc((void **)&p, 4096) != hipSuccess || hipMemset(p, 0, 4096) != hipSuccess ||
		hipDeviceSynchronize() != hipSuccess)
		return 1;
	if (strcmp(name, "unknown") == 0)
		unknown_instruction<<<1, 64>>>(p);
	else if (strcmp(name, "wild-write") == 0)
		write_to<<<1, 64>>>((int *)0x700000001000);
	else if (strcmp(name, "wild-read") == 0)
		read_from<<<1, 64>>>((const int *)0x700000001000, p);
	else if (strcmp(name, "null") == 0)
		write_to<<<1, 1>>>(NULL);
	else if (strcmp(name, "beyond") == 0)
		write_to<<<1, 64>>>(p + ((size_t)1 << 38));
	else if (strcmp(name, "abort") == 0)
		give_up<<<1, 64>>>(p);
	else if (strcmp(name, "trap") == 0)
		trap<<<1, 64>>>(p);
	else if (strcmp(name, "assert") == 0)
		claim<<<1, 64>>>(p, 1);
	else if (strcmp(name, "assert-true") == 0)
		claim<<<1, 64>>>(p, 0);
	else
		return 1;
	return finish();
}

/* Runs a case and gives its exit status, or 128 + the signal that ended it; -1 when it did not end
 * in time. */
static int status_of_case(const char *name)
{
	const struct timespec pause = {0, 20 * 1000 * 1000};
	int status, waited = 0;
	pid_t pid;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char *arguments[] = {(char *)"faults", (char *)name, NULL};
		execv("/proc/self/exe", arguments);
		_exit(127);
	}
	assert_true(pid > 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (waited++ > CASE_SECONDS * 50) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void case_is_noticed(const char *name)
{
	int status = status_of_case(name);
	if (status == ERROR_REPORTED || status == 128 + SIGABRT)
		return;
	print_error("case %s: expected an error (status %d) or SIGABRT (%d), got %d\n", name,
		ERROR_REPORTED, 128 + SIGABRT, status);
	fail();
}

static void an_unknown_instruction_is_noticed(void **state)
{
	case_is_noticed("unknown");
}

static void a_write_to_unmapped_memory_is_noticed(void **state)
{
	case_is_noticed("wild-write");
	case_is_noticed("beyond");
}

static void a_read_from_unmapped_memory_is_noticed(void **state)
{
	case_is_noticed("wild-read");
}

static void a_null_pointer_is_noticed(void **state)
{
	case_is_noticed("null");
}

static void abort_and_trap_are_noticed(void **state)
{
	case_is_noticed("abort");
	case_is_noticed("trap");
}

static void a_failed_assertion_is_noticed(void **state)
{
	case_is_noticed("assert");
}

static void a_true_assertion_is_not(void **state)
{
	same(status_of_case("assert-true"), NOTHING_NOTICED);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_instruction_is_noticed),
		cmocka_unit_test(a_write_to_unmapped_memory_is_noticed),
		cmocka_unit_test(a_read_from_unmapped_memory_is_noticed),
		cmocka_unit_test(a_null_pointer_is_noticed),
		cmocka_unit_test(abort_and_trap_are_noticed),
		cmocka_unit_test(a_failed_assertion_is_noticed),
		cmocka_unit_test(a_true_assertion_is_not),
	};
	if (argc > 1)
		return run_case(argv[1]);
	/* Whether there is a GPU is asked in a process of its own as well: a child of a process
	 * that uses one cannot. */
	if (status_of_case("assert-true") == 1) {
		printf("skipped: no GPU\n");
		return TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
