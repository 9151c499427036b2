/* SPDX-License-Identifier: MIT */
/*
 * OnLoad on tables in memory: what it patches, what it leaves alone, and that it says so. Each case is a process of its own, because the
 * settings are read once.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/hsa_slots.h"

bool OnLoad(struct hsa_root_table *table, uint64_t version, uint64_t failed_count, const char *const *failed_names);

#define CORE_SLOTS 125
#define AMD_SLOTS  91

static struct {
	struct hsa_table_version version;
	void *slot[CORE_SLOTS];
} core, core_before;
static struct {
	struct hsa_table_version version;
	void *slot[AMD_SLOTS];
} amd, amd_before;
static struct hsa_root_table root;

static void original(void)
{
}

static void make_tables(uint32_t root_major, uint32_t core_minor, uint32_t amd_major, uint32_t amd_minor)
{
	core.version = (struct hsa_table_version){.major = root_major, .minor = core_minor};
	amd.version = (struct hsa_table_version){.major = amd_major, .minor = amd_minor};
	for (int i = 0; i < CORE_SLOTS; i++)
		core.slot[i] = (void *)original;
	for (int i = 0; i < AMD_SLOTS; i++)
		amd.slot[i] = (void *)original;
	root = (struct hsa_root_table){.version = {.major = root_major},
		.core = (struct hsa_table *)&core,
		.amd_ext = (struct hsa_table *)&amd};
	memcpy(&core_before, &core, sizeof(core));
	memcpy(&amd_before, &amd, sizeof(amd));
}

static unsigned changed(void)
{
	unsigned n = 0;

	for (int i = 0; i < CORE_SLOTS; i++)
		n += core.slot[i] != core_before.slot[i];
	for (int i = 0; i < AMD_SLOTS; i++)
		n += amd.slot[i] != amd_before.slot[i];
	return n;
}

/* Run @check in a child; its messages arrive in @said. Return: its exit status. */
static int in_child(int (*check)(void), char said[2048])
{
	int fds[2], status;
	size_t length = 0;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(fds[1], STDERR_FILENO);
		_exit(check());
	}
	close(fds[1]);
	while ((n = read(fds[0], said + length, 2047 - length)) > 0)
		length += (size_t)n;
	said[length] = 0;
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static int load_5_2_3(void)
{
	make_tables(1, 1016, 1, 400);
	return OnLoad(&root, 1, 0, NULL) ? (int)changed() : 255;
}

static void every_known_slot_of_5_2_3_is_patched_silently(void **state)
{
	char said[2048];

	/* Twenty-one core entries, the intercept queue's creation and a queue's priority. */
	assert_int_equal(WEXITSTATUS(in_child(load_5_2_3, said)), 23);
	assert_string_equal(said, "");
}

static int load_2026(void)
{
	make_tables(3, 1016, 2, 744);
	return OnLoad(&root, 3, 0, NULL) ? (int)changed() : 255;
}

static void later_tables_add_counted_queues_and_queue_create(void **state)
{
	char said[2048];

	assert_int_equal(WEXITSTATUS(in_child(load_2026, said)), 26);
	assert_string_equal(said, "");
}

static int load_twice(void)
{
	make_tables(3, 1016, 2, 560);
	OnLoad(&root, 3, 0, NULL);
	memcpy(&core_before, &core, sizeof(core));
	OnLoad(&root, 3, 0, NULL);
	/* A second patch would chain our hooks to themselves. */
	return memcmp(&core_before, &core, sizeof(core)) ? 1 : 0;
}

static void second_load_of_the_same_tables_changes_nothing(void **state)
{
	char said[2048];

	assert_int_equal(in_child(load_twice, said), 0);
}

static int load_unknown(void)
{
	make_tables(1, 1016, 1, 408);
	return OnLoad(&root, 1, 0, NULL) ? (int)changed() : 255;
}

static int load_future(void)
{
	make_tables(4, 1016, 2, 800);
	return OnLoad(&root, 1, 0, NULL) ? (int)changed() : 255;
}

static void unknown_layout_is_left_alone_with_one_warning(void **state)
{
	char said[2048];

	assert_int_equal(in_child(load_unknown, said), 0);
	assert_non_null(strstr(said, "warning: this ROCm is not known"));
	assert_non_null(strstr(said, "408"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	assert_int_equal(in_child(load_future, said), 0);
	assert_non_null(strstr(said, "warning: this ROCm is not known"));
}

static int load_off(void)
{
	setenv("XSCHED_HSA", "off", 1);
	return load_5_2_3();
}

static void off_patches_nothing_and_says_nothing(void **state)
{
	char said[2048];

	assert_int_equal(in_child(load_off, said), 0);
	assert_string_equal(said, "");
}

static int load_misspelt(void)
{
	setenv("XSCHED_HSA", "maybe", 1);
	setenv("XSCHED_HSA_WINDOWS", "8", 1);
	return load_5_2_3();
}

static void wrong_settings_are_named_and_the_library_works(void **state)
{
	char said[2048];

	assert_int_equal(WEXITSTATUS(in_child(load_misspelt, said)), 23);
	assert_non_null(strstr(said, "XSCHED_HSA=maybe: expected one of off|on; using on"));
	assert_non_null(strstr(said, "XSCHED_HSA_WINDOWS: no such setting"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_known_slot_of_5_2_3_is_patched_silently),
		cmocka_unit_test(later_tables_add_counted_queues_and_queue_create),
		cmocka_unit_test(second_load_of_the_same_tables_changes_nothing),
		cmocka_unit_test(unknown_layout_is_left_alone_with_one_warning),
		cmocka_unit_test(off_patches_nothing_and_says_nothing),
		cmocka_unit_test(wrong_settings_are_named_and_the_library_works),
	};

	unsetenv("XSCHED_HSA");
	unsetenv("XSCHED_HSA_LOG");
	unsetenv("XSCHED_HSA_STATS");
	unsetenv("XSCHED_HSA_TRACE");
	return cmocka_run_group_tests_name("onload", tests, NULL, NULL);
}
