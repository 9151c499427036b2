/* SPDX-License-Identifier: MIT */
/*
 * Device printf: what kernels print arrives on the program's standard output, complete and
 * formatted as printf does. Standard output is a temporary file while kernels run.
 */
#include "check.h"
#include <string>
#include <algorithm>
#include <sys/mman.h>
#include <unistd.h>

__global__ static void print_once(void)
{
	printf("one line\n");
}

__global__ static void print_formats(const char *text)
{
	printf("int %d hex %x wide %8d left %-6d| zero %06u\n", -42, 0xbeef, 123, 77, 99u);
	printf("long %ld unsigned %llu char %c percent %%\n", -1234567890123l,
		18446744073709551615ull, 'x');
	printf("float %f %.3f %e %g\n", 3.5, -2.0 / 3.0, 12345.678, 0.0001);
	printf("string %s and %.3s\n", "constant", "shortened");
	printf("from memory %s\n", text);
}

__global__ static void print_threads(void)
{
	const unsigned thread = threadIdx.x, block = blockIdx.x;
	printf("thread %u of block %u\n", thread, block);
}

__global__ static void print_some(void)
{
	const unsigned thread = threadIdx.x;
	if (thread % 7 == 3)
		printf("chosen %u value %.2f\n", thread, (double)thread / 4);
}

static int saved_stdout, file;

static void output_begin(void)
{
	fflush(stdout);
	saved_stdout = dup(1);
	file = memfd_create("output", 0);
	assert_true(saved_stdout >= 0 && file >= 0);
	dup2(file, 1);
}

static std::string output_end(void)
{
	std::string text;
	char block[4096];
	ssize_t n;
	hipError_t error = hipDeviceSynchronize();
	fflush(stdout);
	dup2(saved_stdout, 1);
	close(saved_stdout);
	hip_ok(error);
	lseek(file, 0, SEEK_SET);
	while ((n = read(file, block, sizeof(block))) > 0)
		text.append(block, (size_t)n);
	close(file);
	return text;
}

/* The lines of a text, sorted: threads print in no particular order. */
static std::vector<std::string> sorted_lines(const std::string &text)
{
	std::vector<std::string> lines;
	size_t start = 0, end;
	while ((end = text.find('\n', start)) != std::string::npos) {
		lines.push_back(text.substr(start, end - start));
		start = end + 1;
	}
	std::sort(lines.begin(), lines.end());
	return lines;
}

static void same_lines(const std::string &got, const std::string &want)
{
	std::vector<std::string> g = sorted_lines(got), w = sorted_lines(want);
	for (size_t i = 0; i < std::min(g.size(), w.size()); i++)
		assert_string_equal(g[i].c_str(), w[i].c_str());
	same(g.size(), w.size());
}

static void a_line_arrives(void **state)
{
	output_begin();
	print_once<<<1, 1>>>();
	assert_string_equal(output_end().c_str(), "one line\n");
}

static void formats_are_those_of_printf(void **state)
{
	static const char text[] = "text in device memory";
	char want[1024];
	int n = snprintf(want, sizeof(want), "int %d hex %x wide %8d left %-6d| zero %06u\n", -42,
		0xbeef, 123, 77, 99u);
	n += snprintf(want + n, sizeof(want) - n, "long %ld unsigned %llu char %c percent %%\n",
		-1234567890123l, 18446744073709551615ull, 'x');
	n += snprintf(want + n, sizeof(want) - n, "float %f %.3f %e %g\n", 3.5, -2.0 / 3.0,
		12345.678, 0.0001);
	n += snprintf(want + n, sizeof(want) - n, "string %s and %.3s\n", "constant", "shortened");
	snprintf(want + n, sizeof(want) - n, "from memory %s\n", text);
	std::vector<char> v(text, text + sizeof(text));
	char *p = device_copy_of(v);
	output_begin();
	print_formats<<<1, 1>>>(p);
	assert_string_equal(output_end().c_str(), want);
	hip_ok(hipFree(p));
}

static void every_thread_is_heard(void **state)
{
	std::string want;
	char line[64];
	for (unsigned b = 0; b < 4; b++)
		for (unsigned t = 0; t < 100; t++) {
			snprintf(line, sizeof(line), "thread %u of block %u\n", t, b);
			want += line;
		}
	output_begin();
	print_threads<<<4, 100>>>();
	same_lines(output_end(), want);
}

static void only_active_lanes_print(void **state)
{
	std::string want;
	char line[64];
	for (unsigned t = 3; t < 128; t += 7) {
		snprintf(line, sizeof(line), "chosen %u value %.2f\n", t, (double)t / 4);
		want += line;
	}
	output_begin();
	print_some<<<1, 128>>>();
	same_lines(output_end(), want);
}

static void many_kernels_print_in_order(void **state)
{
	std::string want;
	output_begin();
	for (int i = 0; i < 20; i++) {
		print_once<<<1, 1>>>();
		want += "one line\n";
	}
	assert_string_equal(output_end().c_str(), want.c_str());
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_arrives),
		cmocka_unit_test(formats_are_those_of_printf),
		cmocka_unit_test(every_thread_is_heard),
		cmocka_unit_test(only_active_lanes_print),
		cmocka_unit_test(many_kernels_print_in_order),
	};
	return hip_test_main(tests);
}
