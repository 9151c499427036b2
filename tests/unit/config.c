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

/* An environment of several variables. */
static const char *const (*several)[2];

static const char *several_getenv(const char *name)
{
	for (size_t i = 0; several[i][0]; i++)
		if (!strcmp(several[i][0], name))
			return several[i][1];
	return NULL;
}

static void load_several(struct config *c, const char *const (*variables)[2])
{
	several = variables;
	said[0] = 0;
	config_load(c, several_getenv, NULL, fake_report, NULL);
}

static int position_of_policy(const char *name)
{
	struct config c;

	load(&c, "XSCHED_HSA_POLICY", name);
	return c.policy;
}

static void xscheds_variables_are_read(void **state)
{
	static const char *const all[][2] = {{"XSCHED_POLICY", "LAX"}, {"XSCHED_AUTO_XQUEUE_PRIORITY", "-3"},
		{"XSCHED_AUTO_XQUEUE_UTILIZATION", "75"}, {"XSCHED_AUTO_XQUEUE_TIMESLICE", "2000"},
		{"XSCHED_AUTO_XQUEUE_DEADLINE", "30"}, {"XSCHED_AUTO_XQUEUE_KDEADLINE", "2"},
		{"XSCHED_AUTO_XQUEUE_LEVEL", "1"}, {"XSCHED_AUTO_XQUEUE_THRESHOLD", "16"}, {0}};
	struct config c;

	load_several(&c, all);
	assert_string_equal(said, "");
	assert_int_equal(c.policy, position_of_policy("lax"));
	assert_int_equal(c.priority, -3);
	assert_int_equal(c.share, 75);
	assert_int_equal(c.timeslice_us, 2000);
	assert_int_equal(c.deadline_us, 30);
	assert_int_equal(c.k_deadline, 2);
	assert_int_equal(c.level, 1);
	assert_int_equal(c.window, 16);
	assert_int_equal(c.laxity_us, CONFIG_UNSET);
	assert_int_equal(c.critical_priority, CONFIG_UNSET);
}

static void xscheds_policies_have_names_here(void **state)
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {{"HPF", "hpf"}, {"UP", "up"}, {"PUP", "pup"}, {"KEDF", "kedf"}, {"LAX", "lax"}, {"CFS", "fair"},
		{"MLFQ", "mlfq"}, {"cfs", "fair"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int expected = position_of_policy(names[i].ours);
		struct config c;

		assert_int_not_equal(expected, 0);
		load(&c, "XSCHED_POLICY", names[i].theirs);
		assert_int_equal(c.policy, expected);
		assert_string_equal(said, "");
	}
}

static void xscheds_other_policies_are_named_with_the_nearest(void **state)
{
	static const struct {
		const char *policy, *nearest;
	} wrong[] = {{"HHPF", "=hpf"}, {"CHPF", "=hpf"}, {"SPUP", "=pup"}, {"AWF", "=hpf"}, {"XYZ", "one of HPF, UP"}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct config c;

		load(&c, "XSCHED_POLICY", wrong[i].policy);
		assert_int_equal(c.policy, 0);
		assert_non_null(strstr(said, "XSCHED_POLICY="));
		assert_non_null(strstr(said, wrong[i].policy));
		assert_non_null(strstr(said, wrong[i].nearest));
		assert_non_null(strstr(said, "using none"));
	}
}

static void our_variables_go_before_xscheds(void **state)
{
	static const char *const both[][2] = {{"XSCHED_POLICY", "SPUP"}, {"XSCHED_HSA_POLICY", "up"},
		{"XSCHED_AUTO_XQUEUE_PRIORITY", "7"}, {"XSCHED_HSA_PRIORITY", "5"}, {"XSCHED_AUTO_XQUEUE_THRESHOLD", "x"},
		{"XSCHED_HSA_WINDOW", "3"}, {0}};
	struct config c;

	load_several(&c, both);
	assert_string_equal(said, "");
	assert_int_equal(c.policy, position_of_policy("up"));
	assert_int_equal(c.priority, 5);
	assert_int_equal(c.window, 3);
}

static void a_wrong_value_is_named_as_xsched_names_it(void **state)
{
	struct config c;

	load(&c, "XSCHED_AUTO_XQUEUE_UTILIZATION", "101");
	assert_int_equal(c.share, CONFIG_UNSET);
	assert_string_equal(said, "XSCHED_AUTO_XQUEUE_UTILIZATION=101: expected a whole number from 0 to 100; using none\n");
}

/* There the priority counts once the laxity is used up, and the default before. */
static void xscheds_laxity_makes_its_priority_the_critical_one(void **state)
{
	static const char *const theirs[][2] = {
		{"XSCHED_AUTO_XQUEUE_LAXITY", "500"}, {"XSCHED_AUTO_XQUEUE_PRIORITY", "9"}, {0}};
	static const char *const ours_too[][2] = {{"XSCHED_AUTO_XQUEUE_LAXITY", "500"}, {"XSCHED_AUTO_XQUEUE_PRIORITY", "9"},
		{"XSCHED_HSA_CRITICAL_PRIORITY", "4"}, {0}};
	struct config c;

	load_several(&c, theirs);
	assert_int_equal(c.laxity_us, 500);
	assert_int_equal(c.critical_priority, 9);
	assert_int_equal(c.laxity_priority, CONFIG_UNSET);
	load_several(&c, ours_too);
	assert_int_equal(c.critical_priority, 4);
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
		cmocka_unit_test(xscheds_variables_are_read),
		cmocka_unit_test(xscheds_policies_have_names_here),
		cmocka_unit_test(xscheds_other_policies_are_named_with_the_nearest),
		cmocka_unit_test(our_variables_go_before_xscheds),
		cmocka_unit_test(a_wrong_value_is_named_as_xsched_names_it),
		cmocka_unit_test(xscheds_laxity_makes_its_priority_the_critical_one),
	};
	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
