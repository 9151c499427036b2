/* SPDX-License-Identifier: MIT */
/* Device description files: the shipped ones are right, and each mistake is named with its line, key and remedy. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/device/device.h"
#include "sim/kfd/process.h"

#define TEXT_BYTES 8192

static char original[TEXT_BYTES];

static int load_text(const char *text, struct sim_device *d, char error[512])
{
	char path[64];
	int fd = memfd_create("device.ini", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	lseek(fd, 0, SEEK_SET);
	error[0] = 0;
	int r = sim_device_load(path, d, error, 512);
	close(fd);
	return r;
}

/* The shipped gfx90a.ini with the line that begins with @from replaced by @to. */
static void assert_rejected(const char *from, const char *to, const char *complaint)
{
	char text[TEXT_BYTES + 256], error[512];
	struct sim_device d;
	char *at = strstr(original, from);

	assert_non_null(at);
	size_t before = (size_t)(at - original);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)before, original, to, strchrnul(at, '\n'));
	assert_int_equal(load_text(text, &d, error), -EINVAL);
	if (!strstr(error, complaint))
		fail_msg("\"%s\" does not say \"%s\"", error, complaint);
}

static void shipped_devices_have_the_save_areas_of_the_driver(void **state)
{
	static const struct {
		const char *name;
		uint32_t cus, ctl_stack, save;
	} known[] = {
		/* Published as cwsr_size and ctl_stack_size by Linux 6.12 on these parts. */
		{"gfx90a", 104, 36864, 63508480},
		{"gfx942", 304, 12288, 23203840},
		/* By the same formula. */
		{"gfx906", 60, 20480, 20910080},
		{"gfx942-mi308x", 80, 8192, 12214272},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		char path[4096], error[512];
		struct sim_device d;

		assert_int_equal(sim_device_find(known[i].name, TEST_DEVICE_DIR, path, sizeof(path), error,
			sizeof(error)), 0);
		if (sim_device_load(path, &d, error, sizeof(error)))
			fail_msg("%s", error);
		assert_string_equal(d.name, known[i].name);
		assert_int_equal(d.simd_count / d.simd_per_cu, known[i].cus);
		assert_int_equal(kfd_save_area_of(&d).ctl_stack_bytes, known[i].ctl_stack);
		assert_int_equal(kfd_save_area_of(&d).save_bytes, known[i].save);
	}
}

static void every_value_arrives_in_its_field(void **state)
{
	struct sim_device d;
	char error[512];

	assert_int_equal(load_text(original, &d, error), 0);
	assert_string_equal(d.marketing_name, "AMD Instinct MI210");
	assert_int_equal(d.isa, GCN_ISA_GFX90A);
	assert_int_equal(d.device_id, 0x740f);
	assert_int_equal(d.vram_bytes, 68702699520);
	assert_int_equal(d.capability, 746037888);
	assert_int_equal(d.sdma_fw_version, 8);
}

static void wrong_number_names_file_line_key_and_range(void **state)
{
	assert_rejected("simd_count", "simd_count = many", ":15: simd_count = many: must be a whole number");
	assert_rejected("simd_count", "simd_count = -4", "simd_count = -4: must be a whole number");
	assert_rejected("simd_count", "simd_count = 416x", "must be a whole number");
	assert_rejected("simd_count", "simd_count = 99999", "simd_count = 99999: must be from 4 to 4096");
	assert_rejected("vram_bytes", "vram_bytes = 99999999999999999999", "must be a whole number");
	assert_rejected("simd_count", "simd_count =", "must be a whole number");
}

static void unknown_missing_and_repeated_keys_are_named(void **state)
{
	assert_rejected("simd_count", "simd_counts = 416", "unknown key simd_counts");
	assert_rejected("simd_count", "", "simd_count is missing: add \"simd_count = ...\"");
	assert_rejected("simd_count", "simd_per_cu = 4", "simd_per_cu is given twice");
}

static void wrong_text_and_isa_are_named(void **state)
{
	assert_rejected("isa", "isa = gfx1100", "isa = gfx1100: must be gfx906, gfx90a or gfx942");
	assert_rejected("kfd_name", "kfd_name =", "kfd_name: must have 1 to 31 characters");
	assert_rejected("kfd_name", "kfd_name = 0123456789012345678901234567890123", "1 to 31 characters");
}

static void wrong_structure_is_named(void **state)
{
	assert_rejected("[device]", "[gpu]", "[gpu]: the only section is [device]");
	assert_rejected("[device]", "", "must begin with [device]");
	assert_rejected("simd_count", "simd_count", ":15: must be \"key = value\"");
}

static void contradicting_values_are_named(void **state)
{
	assert_rejected("xcc_count", "xcc_count = 3", "must be a multiple of simd_per_cu * xcc_count = 12");
	assert_rejected("array_count", "array_count = 4", "makes 104 CUs, but array_count * cu_per_array is only 56");
}

static void missing_device_lists_those_that_exist(void **state)
{
	char path[4096], error[512];
	struct sim_device d;

	assert_int_equal(sim_device_find("gfx1100", TEST_DEVICE_DIR, path, sizeof(path), error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "gfx906, gfx90a, gfx942"));
	assert_int_equal(sim_device_find("no/such.ini", TEST_DEVICE_DIR, path, sizeof(path), error, sizeof(error)),
		-ENOENT);
	assert_int_equal(sim_device_load("/no/such.ini", &d, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "/no/such.ini: No such file"));
}

static void driver_version_is_in_the_range_that_is_simulated(void **state)
{
	uint32_t minor = 0;
	char error[256];

	assert_int_equal(sim_kfd_version_parse("1.5", &minor, error, sizeof(error)), 0);
	assert_int_equal(minor, 5);
	assert_int_equal(sim_kfd_version_parse("1.23", &minor, error, sizeof(error)), 0);
	assert_int_equal(minor, 23);
	static const char *const wrong[] = {"1.4", "1.24", "2.1", "17", "1.", "1.x", "1.17x", "", "1.-5"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(sim_kfd_version_parse(wrong[i], &minor, error, sizeof(error)), -EINVAL);
	assert_int_equal(minor, 23);
	assert_non_null(strstr(error, "must be from 1.5 to 1.23"));
}

static int read_original(void **state)
{
	FILE *f = fopen(TEST_DEVICE_DIR "/gfx90a.ini", "r");

	if (!f)
		return -1;
	original[fread(original, 1, sizeof(original) - 1, f)] = 0;
	fclose(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_devices_have_the_save_areas_of_the_driver),
		cmocka_unit_test(every_value_arrives_in_its_field),
		cmocka_unit_test(wrong_number_names_file_line_key_and_range),
		cmocka_unit_test(unknown_missing_and_repeated_keys_are_named),
		cmocka_unit_test(wrong_text_and_isa_are_named),
		cmocka_unit_test(wrong_structure_is_named),
		cmocka_unit_test(contradicting_values_are_named),
		cmocka_unit_test(missing_device_lists_those_that_exist),
		cmocka_unit_test(driver_version_is_in_the_range_that_is_simulated),
	};

	return cmocka_run_group_tests(tests, read_original, NULL);
}
