/* SPDX-License-Identifier: MIT */
/* Joining traces: what is taken, what is refused, and processes with the same number. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdbool.h>

#include "src/cli/trace_merge.h"

struct rig {
	char *text;
	size_t bytes;
	FILE *out;
	struct trace_output o;
	struct trace_input inputs[4], *order[4];
	char error[256];
};

static void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->out = open_memstream(&rig->text, &rig->bytes);
	assert_non_null(rig->out);
	trace_merge_begin(&rig->o, rig->out, rig->order);
}

static int rig_add(struct rig *rig, const char *name, const char *text)
{
	struct trace_input *input = &rig->inputs[rig->o.input_count];
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	assert_non_null(in);
	input->name = name;
	int r = trace_merge_file(&rig->o, in, input, rig->error, sizeof(rig->error));
	fclose(in);
	return r;
}

/* The joint events. */
static json_t *rig_close(struct rig *rig, json_t **root_p)
{
	json_error_t where;

	assert_int_equal(trace_merge_end(&rig->o), 0);
	fclose(rig->out);
	*root_p = json_loads(rig->text, 0, &where);
	if (!*root_p)
		fail_msg("%s in %s", where.text, rig->text);
	free(rig->text);
	return json_object_get(*root_p, "traceEvents");
}

static json_int_t pid_at(const json_t *events, size_t i)
{
	return json_integer_value(json_object_get(json_array_get(events, i), "pid"));
}

static void both_forms_are_joined_in_order(void **state)
{
	struct rig rig;
	json_t *root;

	rig_open(&rig);
	assert_int_equal(rig_add(&rig, "a", "[{\"name\":\"k\",\"pid\":1,\"ts\":5.25},\n{\"name\":\"l\",\"pid\":1,\"ts\":6}]"), 0);
	assert_int_equal(rig_add(&rig, "b",
		"{\"displayTimeUnit\":\"ns\",\"n\":-1.5e3,\"t\":true,\"q\":\"\\\",{[\",\"other\":{\"x\":[1,\"}]\"]},\"traceEvents\":[{\"pid\":2,\"args\":"
		"{\"s\":\"a\\\"],{\"}}],\"tail\":1}"), 0);
	json_t *events = rig_close(&rig, &root);
	assert_int_equal(json_array_size(events), 3);
	assert_int_equal(pid_at(events, 0), 1);
	assert_int_equal(pid_at(events, 2), 2);
	assert_true(json_real_value(json_object_get(json_array_get(events, 0), "ts")) == 5.25);
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(events, 2), "args"), "s")), "a\"],{");
	assert_int_equal(rig.inputs[0].events, 2);
	assert_int_equal(rig.inputs[1].events, 1);
	assert_false(rig.inputs[0].cut);
	json_decref(root);
}

static void times_stay_as_they_are(void **state)
{
	struct rig rig;
	json_t *root;

	rig_open(&rig);
	assert_int_equal(rig_add(&rig, "a", "[{\"pid\":1,\"ts\":8640000123456.789},{\"pid\":1,\"ts\":12345678.001,\"dur\":0.007}]"), 0);
	fflush(rig.out);
	assert_non_null(strstr(rig.text, "\"ts\":8640000123456.789}"));
	assert_non_null(strstr(rig.text, "\"ts\":12345678.001,"));
	assert_non_null(strstr(rig.text, "\"dur\":0.007"));
	rig_close(&rig, &root);
	json_decref(root);
}

static const char *local_id(const json_t *events, size_t i)
{
	const json_t *event = json_array_get(events, i);

	assert_null(json_object_get(event, "id"));
	return json_string_value(json_object_get(json_object_get(event, "id2"), "local"));
}

static void spans_are_those_of_their_process_and_flows_are_everybodys(void **state)
{
	struct rig rig;
	json_t *root;

	rig_open(&rig);
	assert_int_equal(rig_add(&rig, "a", "[{\"ph\":\"b\",\"pid\":1,\"id\":\"1.7\"},{\"ph\":\"e\",\"pid\":1,\"id\":26},"
		"{\"ph\":\"s\",\"pid\":1,\"id\":\"1.7\"},{\"ph\":\"b\",\"pid\":1,\"id2\":{\"global\":\"g\"}}]"), 0);
	json_t *events = rig_close(&rig, &root);
	assert_string_equal(local_id(events, 0), "1.7");
	assert_string_equal(local_id(events, 1), "0x1a");
	assert_string_equal(json_string_value(json_object_get(json_array_get(events, 2), "id")), "1.7");
	assert_null(json_object_get(json_array_get(events, 2), "id2"));
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(events, 3), "id2"), "global")), "g");
	json_decref(root);
}

static void empty_lists_give_an_empty_list(void **state)
{
	struct rig rig;
	json_t *root;

	rig_open(&rig);
	assert_int_equal(rig_add(&rig, "a", "[]"), 0);
	assert_int_equal(rig_add(&rig, "b", "{\"traceEvents\":[]}"), 0);
	assert_int_equal(json_array_size(rig_close(&rig, &root)), 0);
	json_decref(root);
}

static void trace_of_a_killed_process_is_taken_as_far_as_it_goes(void **state)
{
	static const char *const cut[] = {"[{\"pid\":1},\n{\"pid\":1},\n", "[{\"pid\":1},{\"pid\":1}", "[{\"pid\":1},{\"pid\":1},{\"na",
		"{\"traceEvents\":[{\"pid\":1},{\"pid\":1},{\"name\":\"x", "[{\"pid\":1},{\"pid\":1},{\"name\":\"\xe5\xa4",
		"[{\"pid\":1},{\"pid\":1},{\"name\":\"\\u12", "[{\"pid\":1},{\"pid\":1},{\"ts\":12."};
	struct rig rig;
	json_t *root;

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		rig_open(&rig);
		assert_int_equal(rig_add(&rig, "a", cut[i]), 0);
		assert_true(rig.inputs[0].cut);
		assert_int_equal(json_array_size(rig_close(&rig, &root)), 2);
		json_decref(root);
	}
}

static void processes_with_one_number_are_kept_apart(void **state)
{
	struct rig rig;
	json_t *root;

	rig_open(&rig);
	assert_int_equal(rig_add(&rig, "first.json", "[{\"pid\":7},{\"pid\":8}]"), 0);
	assert_int_equal(rig_add(&rig, "second.json", "[{\"pid\":7},{\"pid\":9},{\"pid\":7}]"), 0);
	assert_int_equal(rig_add(&rig, "third.json", "[{\"pid\":7}]"), 0);
	json_t *events = rig_close(&rig, &root);
	/* Two labels more. */
	assert_int_equal(json_array_size(events), 8);
	json_int_t second = pid_at(events, 3), third = pid_at(events, 7);
	assert_int_equal(pid_at(events, 0), 7);
	assert_int_equal(pid_at(events, 2), second);
	assert_string_equal(json_string_value(json_object_get(json_array_get(events, 2), "ph")), "M");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(events, 2), "args"), "labels")),
		"7 in second.json");
	assert_int_equal(pid_at(events, 4), 9);
	assert_int_equal(pid_at(events, 5), second);
	assert_true(second > 4194304 && third > 4194304 && second != third);
	json_decref(root);
}

static void what_is_no_trace_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *says;
	} wrong[] = {
		{"hello", "neither with '[' nor with '{'"},
		{"[1]", "event 1 begins with '1'"},
		{"[{\"pid\":1},[]]", "event 2 begins with '['"},
		{"[{\"pid\":1},{\"pid\":}]", "event 2: "},
		{"[{\"pid\":\"x\"}]", "event 1: its pid"},
		{"{}", "no array \"traceEvents\""},
		{"{\"a\":1", "\"a\" is no JSON"},
		{"{\"traceEvents\":7}", "is no array"},
	};
	struct rig rig;
	json_t *root;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		rig_open(&rig);
		assert_int_equal(rig_add(&rig, "a", wrong[i].text), -EINVAL);
		assert_non_null(strstr(rig.error, wrong[i].says));
		rig_close(&rig, &root);
		json_decref(root);
	}
}

static void why_the_first_write_failed_is_kept(void **state)
{
	struct rig rig = {.out = fopen("/dev/full", "we")};
	char text[] = "[{\"pid\":1}]";

	assert_non_null(rig.out);
	setvbuf(rig.out, NULL, _IONBF, 0);
	trace_merge_begin(&rig.o, rig.out, rig.order);
	errno = 0;
	assert_int_equal(rig.o.error, -ENOSPC);
	assert_int_equal(rig_add(&rig, "a", text), -ENOSPC);
	assert_int_equal(trace_merge_end(&rig.o), -ENOSPC);
	fclose(rig.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_forms_are_joined_in_order),
		cmocka_unit_test(times_stay_as_they_are),
		cmocka_unit_test(spans_are_those_of_their_process_and_flows_are_everybodys),
		cmocka_unit_test(empty_lists_give_an_empty_list),
		cmocka_unit_test(trace_of_a_killed_process_is_taken_as_far_as_it_goes),
		cmocka_unit_test(processes_with_one_number_are_kept_apart),
		cmocka_unit_test(what_is_no_trace_is_refused_with_its_place),
		cmocka_unit_test(why_the_first_write_failed_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
