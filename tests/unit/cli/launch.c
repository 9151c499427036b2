/* SPDX-License-Identifier: MIT */
/* The launch environment: each variable set, unset and, where it is one, a list. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/cli/launch.h"

#define LIBRARY "/usr/lib/libxsched_hsa.so"

static const char *set_name, *set_value;
static char error[2 * PATH_MAX];

static const char *fake_getenv(void *ctx, const char *name)
{
	return set_name && !strcmp(name, set_name) ? set_value : NULL;
}

/* The value that is planned for @name where @value is there already; NULL: it stays. The caller's plan keeps it. */
static const char *planned(struct launch_plan *plan, const char *name, const char *value, const char *library)
{
	*plan = (struct launch_plan){0};
	set_name = value ? name : NULL;
	set_value = value;
	assert_int_equal(launch_plan_library(plan, library, fake_getenv, NULL, error, sizeof(error)), 0);
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->variables[i].name, name))
			return plan->variables[i].value;
	return NULL;
}

static void expect(const char *name, const char *value, const char *library, const char *expected)
{
	struct launch_plan plan;
	const char *is = planned(&plan, name, value, library);

	if (expected)
		assert_string_equal(is, expected);
	else
		assert_null(is);
	launch_plan_fini(&plan);
}

static void presets_fill_what_the_user_has_not_set(void **state)
{
	static const struct {
		const char *name, *value;
	} presets[] = {
		{"HSA_TOOLS_ROCPROFILER_V1_TOOLS", "1"},
		{"HSA_TOOLS_REPORT_LOAD_FAILURE", "1"},
		{"HSA_ENABLE_SCRATCH_ASYNC_RECLAIM", "0"},
		{"HSA_ALLOCATE_QUEUE_DEV_MEM", "0"},
		{"DEBUG_CLR_AQL_DEV_QUEUE", "0"},
	};

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		expect(presets[i].name, NULL, LIBRARY, presets[i].value);
		expect(presets[i].name, "7", LIBRARY, NULL);
		expect(presets[i].name, "", LIBRARY, NULL);
	}
}

static void tools_are_kept_before_the_library(void **state)
{
	expect("HSA_TOOLS_LIB", NULL, LIBRARY, LIBRARY);
	expect("HSA_TOOLS_LIB", "", LIBRARY, LIBRARY);
	expect("HSA_TOOLS_LIB", "/a.so /b.so", LIBRARY, "/a.so /b.so " LIBRARY);
	/* Already there. */
	expect("HSA_TOOLS_LIB", LIBRARY, LIBRARY, NULL);
	expect("HSA_TOOLS_LIB", "/a.so " LIBRARY " /b.so", LIBRARY, NULL);
	expect("HSA_TOOLS_LIB", "\"" LIBRARY "\"", LIBRARY, NULL);
	/* A name that merely contains it. */
	expect("HSA_TOOLS_LIB", "/x" LIBRARY, LIBRARY, "/x" LIBRARY " " LIBRARY);
}

static void names_with_quotes_are_quoted_for_rocr(void **state)
{
	char path[PATH_MAX];

	expect("HSA_TOOLS_LIB", NULL, "/a\"b\\c.so", "\"/a\\\"b\\\\c.so\"");
	assert_non_null(launch_tools_next("\"/a\\\"b\\\\c.so\"", path));
	assert_string_equal(path, "/a\"b\\c.so");
}

static void preloads_are_kept_behind_the_library(void **state)
{
	expect("LD_PRELOAD", NULL, LIBRARY, LIBRARY);
	expect("LD_PRELOAD", "", LIBRARY, LIBRARY);
	expect("LD_PRELOAD", "/a.so:/b.so", LIBRARY, LIBRARY ":/a.so:/b.so");
	expect("LD_PRELOAD", "/a.so /b.so", LIBRARY, LIBRARY ":/a.so /b.so");
	expect("LD_PRELOAD", "/a.so " LIBRARY, LIBRARY, NULL);
	expect("LD_PRELOAD", "/a.so:" LIBRARY, LIBRARY, NULL);
}

static void path_that_no_list_can_hold_is_refused(void **state)
{
	struct launch_plan plan = {0};

	set_name = NULL;
	assert_int_equal(launch_plan_library(&plan, "/a b/libxsched_hsa.so", fake_getenv, NULL, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "/a b/libxsched_hsa.so"));
	assert_int_equal(launch_plan_library(&plan, "/a:b/libxsched_hsa.so", fake_getenv, NULL, error, sizeof(error)), -EINVAL);
	assert_int_equal(plan.count, 0);
}

static void tools_are_read_as_rocr_reads_them(void **state)
{
	const char *text = "  /a.so \"/b c.so\" /d\\ e.so /f:g.so";
	char path[PATH_MAX];

	text = launch_tools_next(text, path);
	assert_string_equal(path, "/a.so");
	text = launch_tools_next(text, path);
	assert_string_equal(path, "/b c.so");
	text = launch_tools_next(text, path);
	assert_string_equal(path, "/d e.so");
	/* A colon is part of a name. */
	text = launch_tools_next(text, path);
	assert_string_equal(path, "/f:g.so");
	assert_null(launch_tools_next(text, path));
}

static void given_library_is_made_absolute_and_must_exist(void **state)
{
	char path[PATH_MAX], folder[] = "/tmp/launch.XXXXXX", name[64], relative[128];

	assert_non_null(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/" LAUNCH_LIBRARY, folder);
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fclose(file);
	snprintf(relative, sizeof(relative), "%s/../%s/" LAUNCH_LIBRARY, folder, folder + strlen("/tmp/"));
	assert_int_equal(launch_find_library(relative, path, error, sizeof(error)), 0);
	assert_string_equal(path, name);
	remove(name);
	assert_int_equal(launch_find_library(name, path, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "--library="));
	setenv("XSCHEDCTL_LIBRARY", name, 1);
	assert_int_equal(launch_find_library(NULL, path, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "XSCHEDCTL_LIBRARY="));
	unsetenv("XSCHEDCTL_LIBRARY");
	remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_fill_what_the_user_has_not_set),
		cmocka_unit_test(tools_are_kept_before_the_library),
		cmocka_unit_test(names_with_quotes_are_quoted_for_rocr),
		cmocka_unit_test(preloads_are_kept_behind_the_library),
		cmocka_unit_test(path_that_no_list_can_hold_is_refused),
		cmocka_unit_test(tools_are_read_as_rocr_reads_them),
		cmocka_unit_test(given_library_is_made_absolute_and_must_exist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
