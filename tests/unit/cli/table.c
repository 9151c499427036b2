/* SPDX-License-Identifier: MIT */
/* Tables at a width: what is left out, what is cut, and what may not reach a terminal. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <locale.h>

#include "src/cli/table.h"

static const struct table_column columns[] = {
	{"PID", true, 0, 0},
	{"NAME", false, 1, 4},
	{"STATE", false, 0, 0},
	{"EXTRA", true, 2, 0},
	{NULL, false, 0, 0},
};

static char lines[8][256];
static unsigned line_count;

static void keep(void *ctx, const char *line)
{
	snprintf(lines[line_count++], sizeof(lines[0]), "%s", line);
}

static void fill(struct table *t, const char *name)
{
	line_count = 0;
	table_init(t, columns);
	table_add(t, "%d", 4711);
	table_add(t, "%s", name);
	table_add(t, "running");
	table_add(t, "%d", 12);
	table_add(t, "%d", 8);
	table_add(t, "x");
	table_add(t, "idle");
	table_add(t, "%d", 1234567);
}

static void without_a_limit_all_is_shown_and_aligned(void **state)
{
	struct table t;

	fill(&t, "long-name");
	assert_int_equal(table_lines(&t, 0, keep, NULL), 0);
	assert_string_equal(lines[0], " PID NAME      STATE     EXTRA");
	assert_string_equal(lines[1], "4711 long-name running      12");
	assert_string_equal(lines[2], "   8 x         idle    1234567");
	assert_int_equal(line_count, 3);
	table_fini(&t);
}

static void texts_are_cut_before_columns_go(void **state)
{
	struct table t;

	fill(&t, "long-name");
	assert_int_equal(table_lines(&t, 26, keep, NULL), 0);
	assert_string_equal(lines[1], "4711 long- running      12");
	table_fini(&t);
}

static void columns_of_the_highest_rank_go_first(void **state)
{
	struct table t;

	fill(&t, "long-name");
	assert_int_equal(table_lines(&t, 22, keep, NULL), 0);
	assert_string_equal(lines[0], " PID NAME      STATE");
	assert_string_equal(lines[1], "4711 long-name running");
	line_count = 0;
	/* What is left is never left out. */
	assert_int_equal(table_lines(&t, 5, keep, NULL), 0);
	assert_string_equal(lines[1], "4711 running");
	table_fini(&t);
}

static void no_line_is_wider_than_asked_for(void **state)
{
	struct table t;

	fill(&t, "a-name-that-is-much-longer-than-any-other-of-them");
	for (unsigned width = 12; width < 90; width++) {
		line_count = 0;
		assert_int_equal(table_lines(&t, width, keep, NULL), 0);
		for (unsigned i = 0; i < line_count; i++)
			assert_true(table_text_width(lines[i]) <= width);
	}
	table_fini(&t);
}

static void control_characters_do_not_reach_the_terminal(void **state)
{
	struct table t;

	fill(&t, "a\033[2Jb\nc\xff");
	assert_int_equal(table_lines(&t, 0, keep, NULL), 0);
	assert_string_equal(lines[1], "4711 a?[2Jb?c? running      12");
	table_fini(&t);
}

static void wide_characters_count_by_their_columns(void **state)
{
	struct table t;

	if (!setlocale(LC_CTYPE, "C.UTF-8")) {
		print_message("skipped: there is no locale C.UTF-8\n");
		skip();
	}
	assert_int_equal(table_text_width("\xe5\xa4\x9c"), 2);
	/* A character is kept whole. */
	fill(&t, "\xe5\xa4\x9c\xe5\xa4\x9c\xe5\xa4\x9c");
	assert_int_equal(table_lines(&t, 26, keep, NULL), 0);
	assert_string_equal(lines[1], "4711 \xe5\xa4\x9c\xe5\xa4\x9c  running      12");
	assert_string_equal(lines[2], "   8 x     idle    1234567");
	table_fini(&t);
	setlocale(LC_CTYPE, "C");
}

static const char *time_text(uint64_t ns)
{
	static char text[32];

	table_time(ns, text, sizeof(text));
	return text;
}

static void times_have_a_unit_that_suits_them(void **state)
{
	assert_string_equal(time_text(0), "0 ns");
	assert_string_equal(time_text(999), "999 ns");
	assert_string_equal(time_text(1500), "1.5 us");
	assert_string_equal(time_text(12345678), "12.3 ms");
	assert_string_equal(time_text(UINT64_C(3600) * 1000000000), "3600 s");
	assert_string_equal(time_text(UINT64_MAX), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_limit_all_is_shown_and_aligned),
		cmocka_unit_test(texts_are_cut_before_columns_go),
		cmocka_unit_test(columns_of_the_highest_rank_go_first),
		cmocka_unit_test(no_line_is_wider_than_asked_for),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(wide_characters_count_by_their_columns),
		cmocka_unit_test(times_have_a_unit_that_suits_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
