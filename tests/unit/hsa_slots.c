/* SPDX-License-Identifier: MIT */
/* Table layouts: each released size is known, and no other. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/hsa_intercept/hsa_slots.h"

/* Major version and size of the AMD extension table in each release. */
static const struct {
	const char *rocm;
	uint32_t root_major, major, minor;
	int layout;
} releases[] = {
	{"5.2.3", 1, 1, 400, HSA_AMD_BEFORE_5_5},
	{"5.5", 1, 1, 424, HSA_AMD_5_5},
	{"5.7", 1, 1, 456, HSA_AMD_FROM_5_6},
	{"6.0", 2, 2, 552, HSA_AMD_FROM_5_6},
	{"6.1", 3, 2, 560, HSA_AMD_FROM_5_6},
	{"6.2", 3, 2, 576, HSA_AMD_FROM_5_6},
	{"6.4", 3, 2, 592, HSA_AMD_FROM_5_6},
	{"7.0", 3, 2, 608, HSA_AMD_FROM_5_6},
	{"7.2", 3, 2, 624, HSA_AMD_FROM_5_6},
	{"2026-07", 3, 2, 744, HSA_AMD_FROM_5_6},
};

static void released_layouts_are_known(void **state)
{
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		struct hsa_table core = {.version = {.major = 1, .minor = 1016}};
		struct hsa_table amd = {.version = {.major = releases[i].major, .minor = releases[i].minor}};
		struct hsa_root_table root = {
			.version = {.major = releases[i].root_major}, .core = &core, .amd_ext = &amd};
		const char *why = NULL;

		assert_int_equal(hsa_amd_layout_of(&amd.version), releases[i].layout);
		assert_int_equal(hsa_layout_check(&root, &why), 0);
		assert_null(why);
	}
}

static void unknown_layouts_are_refused_with_a_reason(void **state)
{
	static const struct {
		uint32_t root, core, major, minor;
	} unknown[] = {
		{0, 1016, 1, 400}, {4, 1016, 2, 624}, {1, 1008, 1, 400}, {1, 1024, 1, 400}, {1, 1016, 1, 408},
		{1, 1016, 1, 464}, {3, 1016, 2, 544}, {3, 1016, 3, 744}, {3, 1016, 0, 624},
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		struct hsa_table core = {.version = {.major = 1, .minor = unknown[i].core}};
		struct hsa_table amd = {.version = {.major = unknown[i].major, .minor = unknown[i].minor}};
		struct hsa_root_table root = {.version = {.major = unknown[i].root}, .core = &core, .amd_ext = &amd};
		const char *why = NULL;

		assert_int_equal(hsa_layout_check(&root, &why), -ENOTSUP);
		assert_non_null(why);
	}
	struct hsa_root_table empty = {.version = {.major = 3}};
	const char *why = NULL;
	assert_int_equal(hsa_layout_check(&empty, &why), -ENOTSUP);
	assert_non_null(why);
}

static void slots_beyond_the_table_are_absent(void **state)
{
	struct hsa_table_version v = {.major = 2, .minor = 552};

	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_intercept_create, HSA_AMD_FROM_5_6, &v), 38);
	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_get_info, HSA_AMD_FROM_5_6, &v), 0);
	v.minor = 568;
	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_get_info, HSA_AMD_FROM_5_6, &v), 69);
	v.minor = 704;
	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_create, HSA_AMD_FROM_5_6, &v), 0);
	v.minor = 712;
	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_create, HSA_AMD_FROM_5_6, &v), 87);
	/* The reverted nightly layout. */
	v.minor = 720;
	assert_int_equal(hsa_amd_slot(AMD_hsa_amd_queue_create, HSA_AMD_FROM_5_6, &v), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(released_layouts_are_known),
		cmocka_unit_test(unknown_layouts_are_refused_with_a_reason),
		cmocka_unit_test(slots_beyond_the_table_are_absent),
	};
	return cmocka_run_group_tests_name("hsa_slots", tests, NULL, NULL);
}
