/* SPDX-License-Identifier: MIT */
/* The daemon's settings: what a file may say, and what is said about the rest. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/daemon/dlog.h"
#include "src/daemon/settings.h"

static char reports[8192];

static void report(void *ctx, const char *file, unsigned line, const char *text)
{
	size_t used = strlen(reports);

	snprintf(reports + used, sizeof(reports) - used, "%s:%u: %s\n", file, line, text);
}

static int read_text(const char *text, struct settings *s)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int rc;

	reports[0] = 0;
	settings_default(s);
	rc = settings_read(s, file, "f", report, NULL);
	fclose(file);
	return rc;
}

static void said(const char *line)
{
	if (!strstr(reports, line))
		fail_msg("\"%s\" is not in\n%s", line, reports);
}

static void every_default_is_a_value_that_can_be_given(void **state)
{
	struct settings s;
	char error[320];

	for (unsigned i = 0; i < settings_count; i++) {
		assert_int_equal(settings_set(&s, i, settings_table[i].fallback, error, sizeof(error)), 0);
		assert_int_equal(settings_find(settings_table[i].name), i);
	}
	settings_default(&s);
	assert_string_equal(s.policy, "hpf");
	assert_int_equal(s.window_us, 200);
	assert_int_equal(s.user_priority, 255);
	assert_int_equal(s.log_level, DLOG_INFO);
	assert_int_equal(settings_find("nonsense"), -ENOENT);
}

static void every_setting_can_be_in_the_file(void **state)
{
	struct settings s;

	assert_int_equal(read_text("# all of them\n[xschedd]\npolicy = fair\nsocket = /a/b\nmetrics-file = /m\nmetrics-interval = 3\n"
				   "stall-ms = 500\nlinger-us = 9\nwindow-us = 77 ; a comment\nmax-clients = 5\nuser-clients = 4\n"
				   "user-queues = 6\nuser-priority = -3\nmessage-rate = 1000\nlog-level = debug",
				 &s), 0);
	assert_string_equal(reports, "");
	assert_string_equal(s.policy, "fair");
	assert_string_equal(s.socket, "/a/b");
	assert_string_equal(s.metrics_file, "/m");
	assert_int_equal(s.metrics_interval_s, 3);
	assert_int_equal(s.stall_ms, 500);
	assert_int_equal(s.linger_us, 9);
	assert_int_equal(s.window_us, 77);
	assert_int_equal(s.max_clients, 5);
	assert_int_equal(s.user_clients, 4);
	assert_int_equal(s.user_queues, 6);
	assert_int_equal(s.user_priority, -3);
	assert_int_equal(s.message_rate, 1000);
	assert_int_equal(s.log_level, DLOG_DEBUG);
}

static void an_empty_file_changes_nothing(void **state)
{
	struct settings s, defaults;

	settings_default(&defaults);
	assert_int_equal(read_text("\n", &s), 0);
	assert_memory_equal(&s, &defaults, sizeof(s));
}

static void each_fault_is_told_with_its_line_and_nothing_is_taken(void **state)
{
	struct settings s, defaults;
	char text[1200];

	snprintf(text, sizeof(text),
		"policy = fair\n[xschedd]\nwindow-us = 0\nstall-ms = 2s\nlog-level = loud\nsocket = here\npolicy = nice\n"
		"colour = red\nlinger-us = 5\nlinger-us = 6\nmax-clients =  \nmessage-rate = 99999999999999999999\n"
		"socket = /%0300d\nuser-queues = +3\n[other]\nwindow-us = 5\n", 0);
	settings_default(&defaults);
	assert_int_equal(read_text(text, &s), -EINVAL);
	assert_memory_equal(&s, &defaults, sizeof(s));
	said("f:1: policy: it stands in section []; settings stand in [xschedd]\n");
	said("f:3: window-us: \"0\" is no whole number from 1 to 10000000\n");
	said("f:4: stall-ms: \"2s\" is no whole number from 10 to 3600000\n");
	said("f:5: log-level: \"loud\" is none of error|warning|info|debug\n");
	said("f:6: socket: \"here\" is no absolute path of at most 107 bytes\n");
	said("f:7: policy: \"nice\" is no policy; there are fifo, hpf, up, pup, kedf, lax, fair, mlfq\n");
	said("f:8: colour: there is no such setting; see xschedd.conf(5)\n");
	said("f:10: linger-us: it is set in line 9 already\n");
	said("f:11: max-clients: \"\" is no whole number from 1 to 100000\n");
	said("f:12: message-rate: \"9999");
	said("f:13: this line is too long");
	said("f:14: user-queues: \"+3\" is no whole number");
	said("f:16: window-us: it stands in section [other]");
}

static void a_line_that_is_nothing_is_told(void **state)
{
	struct settings s;

	assert_int_equal(read_text("[xschedd]\n\nnonsense\n", &s), -EINVAL);
	assert_string_equal(reports, "f:3: this is neither \"name = value\", nor [xschedd], nor a comment\n");
	assert_int_equal(read_text("[xschedd\n", &s), -EINVAL);
	said("f:1: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_default_is_a_value_that_can_be_given),
		cmocka_unit_test(every_setting_can_be_in_the_file),
		cmocka_unit_test(an_empty_file_changes_nothing),
		cmocka_unit_test(each_fault_is_told_with_its_line_and_nothing_is_taken),
		cmocka_unit_test(a_line_that_is_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
