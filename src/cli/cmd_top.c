/* SPDX-License-Identifier: MIT */
/* xschedctl top: what processes or queues use, again and again: on a terminal's screen, else as text that goes on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "src/cli/screen.h"
#include "src/cli/session.h"
#include "src/cli/show.h"
#include "src/cli/usage.h"

enum { KEY_PLAIN = 0x200, KEY_QUEUES };

static const struct argp_option options[] = {
	{"iterations", 'n', "N", 0, "end after showing it N times", 0},
	{"delay", 'd', "TIME", 0, "time between two, 100ms to 1h; seconds without a unit (default: 1s)", 0},
	{"sort", 's', "KEY", 0, "gpu (default), held, time, packets, priority, pid or job", 0},
	{"reverse", 'r', NULL, 0, "the other way round", 0},
	{"queues", 'q', NULL, 0, "a line for each queue, not for each process", 0},
	{"plain", KEY_PLAIN, NULL, 0, "text that goes on, as where standard output is no terminal", 0},
	{0},
};

struct settings {
	struct cli *cli;
	int64_t iterations; /* 0: for ever */
	int64_t delay_us;
	enum usage_key key;
	bool reverse, queues, plain;
};

static void set_delay(struct argp_state *state, struct settings *s, const char *arg)
{
	char error[256], text[64];
	/* Here, as in other programs of this name, a number is seconds. */
	bool unit = *arg && strchr("0123456789.", arg[strlen(arg) - 1]) == NULL;

	snprintf(text, sizeof(text), "%s%s", arg, unit ? "" : "s");
	if (strlen(arg) > 32 || parse_time_us(text, 100000, INT64_C(3600000000), &s->delay_us, error, sizeof(error)))
		argp_error(state, "--delay=%s: must be a time from 100ms to 3600s: a number with us, ms or s behind it (seconds "
			"without)", arg);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	char error[128];
	int found;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case 'n':
		if (parse_number(arg, 1, INT32_MAX, &s->iterations, error, sizeof(error)))
			argp_error(state, "--iterations=%s: %s", arg, error);
		return 0;
	case 'd':
		set_delay(state, s, arg);
		return 0;
	case 's':
		found = usage_key_find(arg);
		if (found < 0)
			argp_error(state, "--sort=%s: must be gpu, held, time, packets, priority, pid or job", arg);
		s->key = found;
		return 0;
	case 'r':
		s->reverse = true;
		return 0;
	case 'q':
		s->queues = true;
		return 0;
	case KEY_PLAIN:
		s->plain = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no argument is expected", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {options, parse, NULL, "Show what processes use of the GPUs, again and again.",
	cli_common_children, NULL, NULL};

struct view {
	struct settings *s;
	struct snapshot before, now;
	bool have_before;
};

static void screen_table_line(void *ctx, const char *line)
{
	bool *title = ctx;

	screen_line(line, *title);
	*title = false;
}

/* Cut to what fits: @text is plain or was cleaned. */
static void screen_head(const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "%.*s", (int)screen_width(), text);
	screen_line(line, false);
}

static const struct snapshot *before(const struct view *v)
{
	return v->have_before ? &v->before : NULL;
}

static int show_screen(struct view *v, const struct usage *u)
{
	char text[320], gpus[256];
	bool title = true;
	struct table t;

	screen_clear();
	show_summary(&v->now, text, sizeof(text));
	screen_head(text);
	if (show_fault(&v->now, text, sizeof(text)))
		screen_head(text);
	usage_gpus(before(v), &v->now, gpus, sizeof(gpus));
	screen_head(gpus);
	snprintf(text, sizeof(text), "by %s%s   q quit  <> key  r reverse  u queues or processes", usage_key_name(v->s->key),
		v->s->reverse ? ", reversed" : "");
	screen_head(text);
	usage_table(u, &v->now, &t);
	int r = table_lines(&t, screen_width(), screen_table_line, &title);
	table_fini(&t);
	screen_show();
	return r;
}

static int show_plain(struct view *v, const struct usage *u)
{
	FILE *out = v->s->cli->out;
	char text[320], gpus[256];
	struct table t;

	show_summary(&v->now, text, sizeof(text));
	usage_gpus(before(v), &v->now, gpus, sizeof(gpus));
	fprintf(out, "%s\n", text);
	if (show_fault(&v->now, text, sizeof(text)))
		fprintf(out, "%s\n", text);
	fprintf(out, "%s\n", gpus);
	usage_table(u, &v->now, &t);
	int r = table_print(&t, table_width(out), out);
	table_fini(&t);
	fputc('\n', out);
	return r;
}

static int show(struct view *v)
{
	struct usage u;
	int r = usage_make(&u, before(v), &v->now, v->s->queues), status = CLI_OK;

	if (!r)
		usage_sort(&u, v->s->key, v->s->reverse);
	if (!r && v->s->cli->json)
		status = cli_json_print(v->s->cli, usage_json(&u, &v->now));
	else if (!r)
		r = v->s->plain ? show_plain(v, &u) : show_screen(v, &u);
	usage_fini(&u);
	if (r)
		cli_error("top: %s", strerror(-r));
	return r ? CLI_FAILED : cli_finish(v->s->cli, status);
}

/* Return: whether to go on. */
static bool on_key(struct settings *s, int key)
{
	switch (key) {
	case 'q':
		return false;
	case 'r':
		s->reverse = !s->reverse;
		return true;
	case 'u':
		s->queues = !s->queues;
		return true;
	case '>':
	case SCREEN_RIGHT:
		s->key = (s->key + 1) % USAGE_KEYS;
		return true;
	case '<':
	case SCREEN_LEFT:
		s->key = (s->key + USAGE_KEYS - 1) % USAGE_KEYS;
		return true;
	default:
		return true;
	}
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Let the delay pass; keys change the picture meanwhile. Return: whether to go on. */
static bool wait_for_next(struct view *v)
{
	int64_t end_us = now_us() + v->s->delay_us;

	if (v->s->plain) {
		struct timespec end = {.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
			;
		return true;
	}
	for (int64_t left_us = v->s->delay_us; left_us > 0; left_us = end_us - now_us()) {
		int key = screen_wait((int)((left_us + 999) / 1000));

		if (!on_key(v->s, key))
			return false;
		if (key == ' ')
			return true;
		if (key != SCREEN_TIMEOUT && show(v))
			return false;
	}
	return true;
}

static int loop(struct session *session, struct view *v)
{
	int status = CLI_OK;

	for (int64_t i = 0; !status; i++) {
		status = session_list(session, &v->now);
		if (!status)
			status = show(v);
		if (status || (v->s->iterations && i + 1 == v->s->iterations) || !wait_for_next(v))
			break;
		snapshot_fini(&v->before);
		v->before = v->now;
		v->have_before = true;
		v->now = (struct snapshot){0};
	}
	snapshot_fini(&v->before);
	snapshot_fini(&v->now);
	return status;
}

int cli_top(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli, .delay_us = 1000000};
	struct view v = {.s = &s};
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	if (cli->json || !isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO))
		s.plain = true;
	status = session_open(&session, cli);
	if (status)
		return status;
	if (s.plain) {
		status = loop(&session, &v);
	} else if (!screen_open()) {
		status = CLI_FAILED;
	} else {
		status = loop(&session, &v);
		screen_close();
	}
	session_close(&session);
	return status;
}
