/* SPDX-License-Identifier: MIT */
/* The joining of traces; see trace_merge.h. */
#include "src/cli/trace_merge.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <string.h>

#include "src/cli/command.h"

/* Beyond any pid of Linux (2^22). */
#define FIRST_FREE_PID (INT64_C(1) << 23)
/* Microseconds with three decimals come out as they went in while they fit a double: for 104 days of nanoseconds. More digits
 * would show how a double misses them. */
#define TIME_DIGITS 16

static int fail(int r, char *error, size_t size, const char *format, ...) __attribute__((format(printf, 4, 5)));
static int fail(int r, char *error, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return r;
}

static int next_character(FILE *in)
{
	int c;

	do
		c = getc(in);
	while (c != EOF && isspace(c));
	return c;
}

/* What became of a write. Why the first one failed is lost to who asks the stream later. */
static int written(struct trace_output *o, bool failed)
{
	if (failed && !o->error)
		o->error = -errno;
	return o->error;
}

static int write_text(const char *text, size_t size, void *ctx)
{
	struct trace_output *o = ctx;

	return written(o, fwrite(text, 1, size, o->out) != size);
}

static int write_event(struct trace_output *o, const json_t *event)
{
	if (o->events++)
		written(o, fputs(",\n", o->out) == EOF);
	if (!json_dump_callback(event, write_text, o, JSON_COMPACT | JSON_REAL_PRECISION(TIME_DIGITS)))
		return 0;
	return o->error ? o->error : -ENOMEM;
}

static bool pid_taken(const struct trace_output *o, int64_t pid)
{
	for (size_t i = 0; i < o->input_count; i++)
		for (size_t j = 0; j < o->inputs[i]->pid_count; j++)
			if (o->inputs[i]->pids[j].out == pid)
				return true;
	return false;
}

/* Say in the output what a process is called in its own trace. */
static int write_label(struct trace_output *o, const struct trace_input *input, int64_t in, int64_t out)
{
	char label[256];

	snprintf(label, sizeof(label), "%lld in %.200s", (long long)in, input->name);
	json_t *event = json_pack("{s:s, s:s, s:I, s:{s:o}}", "name", "process_labels", "ph", "M", "pid", (json_int_t)out, "args",
		"labels", cli_json_text(label));
	int r = event ? write_event(o, event) : -ENOMEM;
	json_decref(event);
	return r;
}

/* Return: 0 and the process's number in the output. */
static int pid_out(struct trace_output *o, struct trace_input *input, int64_t in, int64_t *out_p)
{
	int r = 0;

	for (size_t i = 0; i < input->pid_count; i++)
		if (input->pids[i].in == in) {
			*out_p = input->pids[i].out;
			return 0;
		}
	if (input->pid_count == TRACE_PIDS)
		return -ENOSPC;
	*out_p = in;
	if (pid_taken(o, in)) {
		*out_p = o->next_pid++;
		r = write_label(o, input, in, *out_p);
	}
	input->pids[input->pid_count].in = in;
	input->pids[input->pid_count++].out = *out_p;
	return r;
}

/*
 * Numbers of asynchronous spans count for all processes where they stand as "id", and for one where they stand as the "local"
 * of "id2". Each file was written as if it were alone. Flows, which may lead from one process to another, stay as they are.
 * Source: "Trace Event Format", Linking IDs.
 */
static int make_local(json_t *event)
{
	json_t *id = json_object_get(event, "id");
	const char *phase = json_string_value(json_object_get(event, "ph"));
	char text[24];

	if (!id || !phase || strlen(phase) != 1 || !strchr("benSTpFNOD", *phase) || json_object_get(event, "id2"))
		return 0;
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)json_integer_value(id));
	json_t *local = json_is_integer(id) ? json_string(text) : json_incref(id);
	if (json_object_set_new(event, "id2", json_pack("{s:o}", "local", local)) || json_object_del(event, "id"))
		return -ENOMEM;
	return 0;
}

static int take_event(struct trace_output *o, struct trace_input *input, json_t *event, char *error, size_t size)
{
	json_t *pid = json_object_get(event, "pid");
	int64_t out = 0;
	int r = 0;

	if (!json_is_object(event))
		return fail(-EINVAL, error, size, "event %llu is no object", (unsigned long long)input->events + 1);
	if (pid && !json_is_integer(pid))
		return fail(-EINVAL, error, size, "event %llu: its pid is no whole number", (unsigned long long)input->events + 1);
	if (pid)
		r = pid_out(o, input, json_integer_value(pid), &out);
	if (r == -ENOSPC)
		return fail(r, error, size, "more than %d processes in one file", TRACE_PIDS);
	if (!r && pid && out != json_integer_value(pid))
		r = json_object_set_new(event, "pid", json_integer(out)) ? -ENOMEM : 0;
	if (!r)
		r = make_local(event);
	if (!r)
		r = write_event(o, event);
	input->events++;
	return r ? fail(r, error, size, "%s", strerror(-r)) : 0;
}

/* Behind the opening bracket. Return: 0 behind the closing one, and at the end of a file that was cut. */
static int take_events(struct trace_output *o, FILE *in, struct trace_input *input, char *error, size_t size)
{
	json_error_t where;
	int r = 0;

	while (!r) {
		int c = next_character(in);

		if (c == ',')
			continue;
		if (c == ']')
			return 0;
		if (c == EOF) {
			input->cut = true;
			return 0;
		}
		ungetc(c, in);
		if (c != '{')
			return fail(-EINVAL, error, size, "event %llu begins with '%c', not with '{'",
				(unsigned long long)input->events + 1, isprint(c) ? c : '?');
		json_t *event = json_loadf(in, JSON_DISABLE_EOF_CHECK, &where);
		/* The end may lie within a character, too. */
		if (!event && feof(in)) {
			input->cut = true;
			return 0;
		}
		if (!event)
			return fail(json_error_code(&where) == json_error_out_of_memory ? -ENOMEM : -EINVAL, error, size,
				"event %llu: %s", (unsigned long long)input->events + 1, where.text);
		r = take_event(o, input, event, error, size);
		json_decref(event);
	}
	return r;
}

/* A string behind its opening quote; only what the name of a member needs. Return: 0, or -EINVAL at the end of the file. */
static int read_string(FILE *in, char *text, size_t size)
{
	size_t n = 0;

	for (int c = getc(in); c != '"'; c = getc(in)) {
		if (c == '\\')
			c = getc(in);
		if (c == EOF)
			return -EINVAL;
		if (n + 1 < size)
			text[n++] = (char)c;
	}
	text[n] = 0;
	return 0;
}

/* Pass over a member's value. Return: 0; -EINVAL at the end of the file or for what is no JSON. */
static int skip_value(FILE *in)
{
	char text[2];
	int c = next_character(in);

	if (c == '"')
		return read_string(in, text, sizeof(text));
	if (c == '{' || c == '[') {
		ungetc(c, in);
		json_t *value = json_loadf(in, JSON_DISABLE_EOF_CHECK, NULL);
		json_decref(value);
		return value ? 0 : -EINVAL;
	}
	while (c != EOF && c != ',' && c != '}')
		c = getc(in);
	ungetc(c, in);
	return c == EOF ? -EINVAL : 0;
}

/* The members of an object behind its opening brace, until its events were taken. */
static int take_object(struct trace_output *o, FILE *in, struct trace_input *input, char *error, size_t size)
{
	char name[32];

	for (;;) {
		int c = next_character(in);

		if (c == ',')
			continue;
		if (c != '"' || read_string(in, name, sizeof(name)) || next_character(in) != ':')
			return fail(-EINVAL, error, size, "no array \"traceEvents\" in it");
		if (strcmp(name, "traceEvents")) {
			if (skip_value(in))
				return fail(-EINVAL, error, size, "the value of \"%s\" is no JSON", name);
			continue;
		}
		if (next_character(in) != '[')
			return fail(-EINVAL, error, size, "\"traceEvents\" is no array");
		return take_events(o, in, input, error, size);
	}
}

void trace_merge_begin(struct trace_output *o, FILE *out, struct trace_input **inputs)
{
	*o = (struct trace_output){.out = out, .next_pid = FIRST_FREE_PID, .inputs = inputs};
	written(o, fputs("{\"traceEvents\":[\n", out) == EOF);
}

int trace_merge_file(struct trace_output *o, FILE *in, struct trace_input *input, char *error, size_t size)
{
	int r, c = next_character(in);

	input->events = 0;
	input->pid_count = 0;
	input->cut = false;
	if (c == '[')
		r = take_events(o, in, input, error, size);
	else if (c == '{')
		r = take_object(o, in, input, error, size);
	else
		r = fail(-EINVAL, error, size, "no trace: it begins neither with '[' nor with '{'");
	if (!r && ferror(in))
		r = fail(-EIO, error, size, "it cannot be read");
	o->inputs[o->input_count++] = input;
	return r;
}

int trace_merge_end(struct trace_output *o)
{
	written(o, fputs("\n],\"displayTimeUnit\":\"ns\"}\n", o->out) == EOF);
	return written(o, fflush(o->out));
}
