/* SPDX-License-Identifier: MIT */
/*
 * What the HIP test programs share: HIP calls that must succeed, comparison of arrays, buffers, and
 * the start of a program. Nothing here is specific to a simulated GPU.
 */
#ifndef TESTS_INT_HIP_CHECK_H
#define TESTS_INT_HIP_CHECK_H

#include <hip/hip_runtime.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <vector>
extern "C" {
#include <cmocka.h>
}

#define TEST_SKIPPED 77

static inline void hip_ok_at(hipError_t error, const char *call, const char *file, int line)
{
	if (error == hipSuccess)
		return;
	print_error("%s: expected hipSuccess, got %s\n", call, hipGetErrorName(error));
	_fail(file, line);
}

/* Fails the test unless the HIP call succeeds. */
#define hip_ok(call) hip_ok_at((call), #call, __FILE__, __LINE__)

/* Fails the test unless the kernel launched just before was accepted. */
#define launch_ok() hip_ok_at(hipGetLastError(), "kernel launch", __FILE__, __LINE__)

/* Fails the test unless the HIP call returns exactly this error. */
#define hip_error(call, want)                                                                      \
	do {                                                                                       \
		hipError_t got_ = (call);                                                          \
		if (got_ != (want)) {                                                              \
			print_error("%s: expected %s, got %s\n", #call, hipGetErrorName(want),     \
				hipGetErrorName(got_));                                            \
			_fail(__FILE__, __LINE__);                                                 \
		}                                                                                  \
	} while (0)

/* A string of a value, for messages. */
static inline void text_of(char *to, size_t size, double v)
{
	snprintf(to, size, "%.17g", v);
}
static inline void text_of(char *to, size_t size, float v)
{
	snprintf(to, size, "%.9g", (double)v);
}
static inline void text_of(char *to, size_t size, unsigned long long v)
{
	snprintf(to, size, "%llu (0x%llx)", v, v);
}
static inline void text_of(char *to, size_t size, unsigned long v)
{
	text_of(to, size, (unsigned long long)v);
}
static inline void text_of(char *to, size_t size, unsigned v)
{
	snprintf(to, size, "%u (0x%x)", v, v);
}
static inline void text_of(char *to, size_t size, long long v)
{
	snprintf(to, size, "%lld", v);
}
static inline void text_of(char *to, size_t size, long v)
{
	snprintf(to, size, "%ld", v);
}
static inline void text_of(char *to, size_t size, int v)
{
	snprintf(to, size, "%d", v);
}

template <typename T>
static void equal_at(
	const T *got, const T *want, size_t count, const char *what, const char *file, int line)
{
	size_t wrong = 0, first = 0;
	for (size_t i = 0; i < count; i++) {
		if (memcmp(&got[i], &want[i], sizeof(T)) == 0)
			continue;
		if (wrong++ == 0)
			first = i;
	}
	if (wrong == 0)
		return;
	char got_text[64], want_text[64];
	text_of(got_text, sizeof(got_text), got[first]);
	text_of(want_text, sizeof(want_text), want[first]);
	print_error("%s: %zu of %zu differ; first [%zu]: expected %s, got %s\n", what, wrong, count,
		first, want_text, got_text);
	_fail(file, line);
}

/* Fails the test unless two host arrays agree bit for bit; names the first difference. */
#define equal(got, want, count) equal_at((got), (want), (count), #got, __FILE__, __LINE__)

/* Fails the test unless two values agree bit for bit. */
template <typename T, typename W>
static void same_at(T got, W want, const char *what, const char *file, int line)
{
	const T want_as_got = (T)want;
	equal_at(&got, &want_as_got, 1, what, file, line);
}
#define same(got, want) same_at((got), (want), #got, __FILE__, __LINE__)

template <typename T> static T *device_new(size_t count)
{
	void *p = NULL;
	hip_ok(hipMalloc(&p, count * sizeof(T)));
	return (T *)p;
}

template <typename T> static T *device_copy_of(const std::vector<T> &from)
{
	T *p = device_new<T>(from.size());
	hip_ok(hipMemcpy(p, from.data(), from.size() * sizeof(T), hipMemcpyHostToDevice));
	return p;
}

template <typename T> static std::vector<T> host_copy_of(const T *from, size_t count)
{
	std::vector<T> to(count);
	hip_ok(hipMemcpy(to.data(), from, count * sizeof(T), hipMemcpyDeviceToHost));
	return to;
}

/* Numbers that depend on a seed alone: xorshift of Marsaglia, 64 bits. */
struct random64 {
	uint64_t state;
	explicit random64(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ull | 1)
	{
	}
	uint64_t next()
	{
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		return state;
	}
};

/* Declared by HIP 5.2 but exported from 5.3 on: NULL where the runtime lacks it. */
extern "C" hipError_t hipLaunchHostFunc(hipStream_t stream, hipHostFn_t function, void *data)
	__attribute__((weak));

/* Skips the test where the runtime lacks hipLaunchHostFunc. */
#define need_host_functions()                                                                      \
	do {                                                                                       \
		if (!hipLaunchHostFunc) {                                                          \
			print_message("this HIP runtime has no hipLaunchHostFunc\n");              \
			skip();                                                                    \
		}                                                                                  \
	} while (0)

/**
 * gpu_missing() - say why nothing can be tested when fewer GPUs than @need are there
 * Return: whether the program must end with TEST_SKIPPED.
 */
static inline bool gpu_missing(int need)
{
	int count = 0;
	hipError_t error = hipGetDeviceCount(&count);
	if (error != hipSuccess)
		count = 0;
	if (count >= need)
		return false;
	printf("skipped: %d GPU(s) needed, %d found (%s)\n", need, count, hipGetErrorName(error));
	return true;
}

/* Skips a test of memory with a pitch where HIP has none: some versions (5.7) refuse it on a GPU that
 * has no images. */
static inline void skip_without_pitch(void)
{
	size_t pitch;
	void *p;
	int width = 0;

	if (hipDeviceGetAttribute(&width, hipDeviceAttributeMaxTexture2DWidth, 0) != hipSuccess || width)
		return;
	if (hipMallocPitch(&p, &pitch, 1, 1) == hipSuccess) {
		hip_ok(hipFree(p));
		return;
	}
	print_message("this HIP has no pitch on a device without images\n");
	skip();
}

/* Runs a table of tests; the value is the program's exit status. */
#define hip_test_main(tests)                                                                       \
	(gpu_missing(1) ? TEST_SKIPPED : cmocka_run_group_tests((tests), NULL, NULL) != 0)

#endif
