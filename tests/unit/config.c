/* SPDX-License-Identifier: MIT */
/* Settings from the environment: values, defaults, and what is said about a wrong one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/common/config.h"
#include "src/common/log.h"

static const char *set_name, *set_value;
static char said[1024];

static const char *fake_getenv(const char *name)
{
	return set_name && !strcmp(name, set_name) ? set_value : NULL;
}

static void fake_report(void *ctx, const char *text)
{
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s\n", text);
}

static void load(struct config *c, const char *name, const char *value)
{
	set_name = name;
	set_value = value;
	said[0] = 0;
	config_load(c, fake_getenv, NULL, fake_report, NULL);
}

static void empty_environment_gives_the_defaults_silently(void **state)
{
	struct config c;

	load(&c, NULL, NULL);
	assert_true(c.enabled);
	assert_int_equal(c.log_level, LOG_WARNING);
	assert_string_equal(c.stats, "");
	assert_int_equal(c.drain_ms, 1000);
	assert_string_equal(said, "");
}

static void path_outlives_the_environment_it_came_from(void **state)
{
	char environment[] = "out.json";
	struct config c;

	load(&c, "XSCHED_HSA_STATS", environment);
	/* As programs do that show a title of their own in the process list. */
	memset(environment, 'x', strlen(environment));
	assert_string_equal(c.stats, "out.json");
}

static void path_too_long_is_refused(void **state)
{
	static char path[PATH_MAX + 1];
	struct config c;

	memset(path, 'p', PATH_MAX);
	load(&c, "XSCHED_HSA_STATS", path);
	assert_string_equal(c.stats, "");
	assert_non_null(strstr(said, "XSCHED_HSA_STATS"));
}

static void every_default_parses(void **state)
{
	for (size_t i = 0; i < config_option_count; i++) {
		struct config c;

		if (config_options[i].fallback)
			assert_int_equal(config_parse(&config_options[i], config_options[i].fallback, &c), 0);
		assert_non_null(config_options[i].help);
	}
}

static void values_are_read(void **state)
{
	struct config c;

	load(&c, "XSCHED_HSA", "off");
	assert_false(c.enabled);
	load(&c, "XSCHED_HSA_LOG", "DEBUG");
	assert_int_equal(c.log_level, LOG_DEBUG);
	load(&c, "XSCHED_HSA_STATS", "out.json");
	assert_string_equal(c.stats, "out.json");
	load(&c, "XSCHED_HSA_DRAIN_MS", "60000");
	assert_int_equal(c.drain_ms, 60000);
	load(&c, "XSCHED_HSA_POLICY", "hpf");
	assert_int_equal(c.policy, 2);
	load(&c, "XSCHED_HSA_WINDOW", "8");
	assert_int_equal(c.window, 8);
	load(&c, "XSCHED_HSA_PRIORITY", "-256");
	assert_int_equal(c.priority, -256);
	load(&c, "XSCHED_HSA_AGEING_US", "1000000000000");
	assert_int_equal(c.ageing_us, 1000000000000);
	assert_string_equal(said, "");
}

static void wrong_values_are_named_and_the_default_stays(void **state)
{
	static const struct {
		const char *name, *value, *expected;
	} wrong[] = {
		{"XSCHED_HSA", "", "off|on"},
		{"XSCHED_HSA", "of", "off|on"},
		{"XSCHED_HSA", "off|on", "off|on"},
		{"XSCHED_HSA_LOG", "loud", "error|warning|info|debug"},
		{"XSCHED_HSA_STATS", "", "a file name"},
		{"XSCHED_HSA_POLICY", "priority", "none|fifo|hpf"},
		{"XSCHED_HSA_WINDOW", "0", "from 1 to 4096"},
		{"XSCHED_HSA_PRIORITY", "-257", "from -256 to 255"},
		{"XSCHED_HSA_PRIORITY", "256", "from -256 to 255"},
		{"XSCHED_HSA_PRIORITY", "+1", "from -256 to 255"},
		{"XSCHED_HSA_PRIORITY", "-", "from -256 to 255"},
		{"XSCHED_HSA_DRAIN_MS", "", "from 0 to 60000"},
		{"XSCHED_HSA_DRAIN_MS", "-1", "from 0 to 60000"},
		{"XSCHED_HSA_DRAIN_MS", " 5", "from 0 to 60000"},
		{"XSCHED_HSA_DRAIN_MS", "5ms", "from 0 to 60000"},
		{"XSCHED_HSA_DRAIN_MS", "60001", "from 0 to 60000"},
		{"XSCHED_HSA_DRAIN_MS", "99999999999999999999999", "from 0 to 60000"},
	};
	struct config defaults;

	load(&defaults, NULL, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config c;

		load(&c, wrong[i].name, wrong[i].value);
		assert_memory_equal(&c, &defaults, sizeof(c));
		assert_non_null(strstr(said, wrong[i].name));
		assert_non_null(strstr(said, wrong[i].value));
		assert_non_null(strstr(said, wrong[i].expected));
	}
}

static void unknown_settings_of_ours_are_reported(void **state)
{
	char *block[] = {"PATH=/bin", "XSCHED_HSA_STAT=x", "XSCHED_HSA=on", "XSCHED_POLICY=HPF", NULL};
	struct config c;

	said[0] = 0;
	set_name = NULL;
	config_load(&c, fake_getenv, block, fake_report, NULL);
	assert_string_equal(said, "XSCHED_HSA_STAT: no such setting; it is ignored\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_environment_gives_the_defaults_silently),
		cmocka_unit_test(every_default_parses),
		cmocka_unit_test(path_outlives_the_environment_it_came_from),
		cmocka_unit_test(path_too_long_is_refused),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(wrong_values_are_named_and_the_default_stays),
		cmocka_unit_test(unknown_settings_of_ours_are_reported),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
