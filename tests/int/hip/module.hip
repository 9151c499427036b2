/* SPDX-License-Identifier: MIT */
/*
 * Modules: code objects loaded from a file and from memory, their functions, globals and launches.
 * The code object is module_kernels.hsaco beside the program; module_kernels.hip is its source.
 */
#include "check.h"
#include <hip/hip_ext.h>
#include <libgen.h>
#include <limits.h>
#include <unistd.h>

#define COUNT 777

static char object_path[PATH_MAX + 32];

static std::vector<char> object_file(void)
{
	std::vector<char> content;
	FILE *f = fopen(object_path, "rb");
	char block[4096];
	size_t n;
	if (!f) {
		print_error("cannot open %s\n", object_path);
		fail();
	}
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		content.insert(content.end(), block, block + n);
	fclose(f);
	return content;
}

static void add_gives(hipModule_t module, int bias)
{
	hipFunction_t function;
	std::vector<int> in(COUNT), want(COUNT);
	for (int i = 0; i < COUNT; i++)
		in[i] = i * i, want[i] = i * i + bias + 10 * (i % 4 + 1);
	int *from = device_copy_of(in), *to = device_new<int>(COUNT), count = COUNT;
	void *arguments[] = {&from, &to, &count};
	hip_ok(hipModuleGetFunction(&function, module, "module_add"));
	hip_ok(hipModuleLaunchKernel(
		function, (COUNT + 63) / 64, 1, 1, 64, 1, 1, 0, NULL, arguments, NULL));
	std::vector<int> got = host_copy_of(to, COUNT);
	equal(got.data(), want.data(), COUNT);
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void a_module_from_a_file_runs(void **state)
{
	hipModule_t module;
	hip_ok(hipModuleLoad(&module, object_path));
	add_gives(module, 1000);
	hip_ok(hipModuleUnload(module));
}

static void a_module_from_memory_runs(void **state)
{
	std::vector<char> object = object_file();
	hipModule_t module;
	hip_ok(hipModuleLoadData(&module, object.data()));
	add_gives(module, 1000);
	hip_ok(hipModuleUnload(module));
}

static void globals_of_two_modules_are_separate(void **state)
{
	hipModule_t a, b;
	hipDeviceptr_t global;
	size_t size = 0;
	int bias = -5;
	hip_ok(hipModuleLoad(&a, object_path));
	hip_ok(hipModuleLoad(&b, object_path));
	hip_ok(hipModuleGetGlobal(&global, &size, a, "module_bias"));
	same(size, sizeof(int));
	hip_ok(hipMemcpyHtoD(global, &bias, sizeof(bias)));
	add_gives(a, -5);
	add_gives(b, 1000);
	hip_ok(hipModuleUnload(a));
	hip_ok(hipModuleUnload(b));
}

static void packed_arguments_and_dynamic_shared_memory_work(void **state)
{
	struct {
		const int *in;
		int *sum;
		int count;
	} packed;
	hipModule_t module;
	hipFunction_t function;
	std::vector<int> in(COUNT);
	int want = 0;
	for (int i = 0; i < COUNT; i++)
		in[i] = 3 * i - 100, want += in[i];
	packed.in = device_copy_of(in);
	packed.sum = device_new<int>(1);
	packed.count = COUNT;
	size_t size = sizeof(packed);
	void *extra[] = {HIP_LAUNCH_PARAM_BUFFER_POINTER, &packed, HIP_LAUNCH_PARAM_BUFFER_SIZE,
		&size, HIP_LAUNCH_PARAM_END};
	hip_ok(hipModuleLoad(&module, object_path));
	hip_ok(hipModuleGetFunction(&function, module, "module_sum"));
	hip_ok(hipModuleLaunchKernel(
		function, 1, 1, 1, 128, 1, 1, 128 * sizeof(int), NULL, NULL, extra));
	std::vector<int> got = host_copy_of(packed.sum, 1);
	same(got[0], want);
	hip_ok(hipModuleUnload(module));
	hip_ok(hipFree((void *)packed.in));
	hip_ok(hipFree(packed.sum));
}

/* This call counts work-items, not blocks, so that the last block may be a partial one. */
static void a_partial_last_block_has_only_its_threads(void **state)
{
	const unsigned threads = 64 * 5 + 19, cells = 64 * 6;
	hipModule_t module;
	hipFunction_t function;
	int value = 3, block = 64;
	std::vector<int> want(cells, 7);
	int *out = device_copy_of(want);
	void *arguments[] = {&out, &value, &block};
	hip_ok(hipModuleLoad(&module, object_path));
	hip_ok(hipModuleGetFunction(&function, module, "module_mark"));
	hipError_t launched = hipExtModuleLaunchKernel(
		function, threads, 1, 1, 64, 1, 1, 0, NULL, arguments, NULL);
	/* Since HIP 6 it may refuse them. */
	if (HIP_VERSION_MAJOR >= 6 && launched == hipErrorInvalidValue) {
		hip_ok(hipModuleUnload(module));
		skip();
	}
	hip_ok(launched);
	std::fill(want.begin(), want.begin() + 320, value + 64);
	std::vector<int> got = host_copy_of(out, cells);
	/* Later compilers promise the kernel uniform blocks, and its blockDim is then the launch's. */
	std::fill(want.begin() + 320, want.begin() + threads, value + (got[320] == value + 64 ? 64 : 19));
	equal(got.data(), want.data(), cells);
	hip_ok(hipModuleUnload(module));
	hip_ok(hipFree(out));
}

static void what_is_not_there_is_an_error(void **state)
{
	hipModule_t module;
	hipFunction_t function;
	hipDeviceptr_t global;
	size_t size;
	hip_ok(hipModuleLoad(&module, object_path));
	hip_error(hipModuleGetFunction(&function, module, "no_such_kernel"), hipErrorNotFound);
	hip_error(hipModuleGetGlobal(&global, &size, module, "no_such_global"), hipErrorNotFound);
	hip_ok(hipModuleUnload(module));
	hip_error(hipModuleLoad(&module, "/nonexistent/file.hsaco"), hipErrorFileNotFound);
	(void)hipGetLastError();
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_module_from_a_file_runs),
		cmocka_unit_test(a_module_from_memory_runs),
		cmocka_unit_test(globals_of_two_modules_are_separate),
		cmocka_unit_test(packed_arguments_and_dynamic_shared_memory_work),
		cmocka_unit_test(a_partial_last_block_has_only_its_threads),
		cmocka_unit_test(what_is_not_there_is_an_error),
	};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0) {
		perror("readlink /proc/self/exe");
		return 1;
	}
	self[n] = '\0';
	snprintf(object_path, sizeof(object_path), "%s/module_kernels.hsaco", dirname(self));
	return hip_test_main(tests);
}
