/* SPDX-License-Identifier: MIT */
/* The table of commands and what they share; see command.h. */
#include "src/cli/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct cli_command cli_commands[] = {
	{"run", "start a program whose GPU queues are scheduled", cli_run},
	{"list", "show processes and their queues", cli_list},
	{"top", "the same, live, with what each uses", cli_top},
	{"set", "give hints to a queue, a process, a job or the machine", cli_set},
	{"policy", "show or choose the policy", cli_policy},
	{"suspend", "hold queues until they are resumed", cli_suspend},
	{"resume", "let suspended queues go on", cli_resume},
	{"trace", "record what queues do, and join such records", cli_trace},
	{"stats", "totals of each job and GPU", cli_stats},
	{"doctor", "find out why a program is not scheduled", cli_doctor},
	{NULL, NULL, NULL},
};

const struct cli_command *cli_command_find(const char *name)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

enum { KEY_SOCKET = 0x100, KEY_JSON };

static const struct argp_option options[] = {
	{"socket", KEY_SOCKET, "PATH", 0, "where the daemon listens", -1},
	{"json", KEY_JSON, NULL, 0, "print JSON", -1},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cli *cli = state->input;

	switch (key) {
	case KEY_SOCKET:
		if (!*arg)
			argp_error(state, "--socket=: must be the path of a socket");
		cli->socket = arg;
		return 0;
	case KEY_JSON:
		cli->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp cli_common_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};
const struct argp_child cli_common_children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};

error_t cli_parse_plain(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "%s: no argument is expected", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void (*before_error)(void);

void cli_error_before(void (*prepare)(void))
{
	before_error = prepare;
}

void cli_error(const char *format, ...)
{
	va_list args;

	if (before_error)
		before_error();
	/* What was printed so far comes first where both go to one place. */
	fflush(stdout);
	fputs("xschedctl: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* Bytes of the UTF-8 sequence at @s; 0 if it is none. Stricter than a lead byte: no surrogates, no overlong forms. */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

json_t *cli_json_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *clean = malloc(strlen(text) * 3 + 1), *to = clean;

	if (!clean)
		return NULL;
	while (*text) {
		size_t n = utf8_length((const unsigned char *)text);

		memcpy(to, n ? text : replacement, n ? n : 3);
		to += n ? n : 3;
		text += n ? n : 1;
	}
	*to = 0;
	json_t *value = json_string(clean);
	free(clean);
	return value;
}

int cli_finish(struct cli *cli, int status)
{
	if (!fflush(cli->out) && !ferror(cli->out))
		return status;
	cli_error("the output could not be written: %s", strerror(errno));
	return CLI_FAILED;
}

int cli_json_print(struct cli *cli, json_t *value)
{
	if (!value) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	int r = json_dumpf(value, cli->out, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	json_decref(value);
	if (!r)
		fputc('\n', cli->out);
	return cli_finish(cli, CLI_OK);
}
