/* SPDX-License-Identifier: MIT */
/* xschedctl: reads the options before a command's name and hands the rest to the command. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/command.h"

struct settings {
	struct cli cli;
	char **rest; /* the command's name and what follows; NULL: none */
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->cli;
		return 0;
	case ARGP_KEY_ARG:
		/* What follows belongs to the command. */
		s->rest = &state->argv[state->next - 1];
		s->count = state->argc - state->next + 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!s->rest)
			argp_error(state, "no command given");
		else if (!cli_command_find(s->rest[0]))
			argp_error(state, "%s: no such command", s->rest[0]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of commands in --help comes from their table. */
static char *help(int key, const char *text, void *input)
{
	char *list = NULL;
	size_t bytes = 0;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	FILE *out = open_memstream(&list, &bytes);
	if (!out)
		return (char *)text;
	fputs("Commands:\n", out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		fprintf(out, "  %-10s %s\n", c->name, c->about);
	fputs("\n\"xschedctl COMMAND --help\" describes one; xschedctl(1) all.", out);
	fclose(out);
	return list;
}

static const struct argp parser = {NULL, parse, "COMMAND [ARGUMENT...]",
	"Start programs whose AMD GPU queues are scheduled, and talk to the daemon that schedules them.\v", cli_common_children,
	help, NULL};

int main(int argc, char **argv)
{
	struct settings s = {.cli = {.out = stdout}};
	char name[64];

	setlocale(LC_ALL, "");
	/* Assigned, not defined here: with hidden visibility the C library would not see a definition. */
	argp_program_version = "xschedctl (" PACKAGE_STRING ")";
	argp_err_exit_status = CLI_USAGE;
	if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &s))
		return CLI_USAGE;
	const struct cli_command *command = cli_command_find(s.rest[0]);
	snprintf(name, sizeof(name), "xschedctl %s", command->name);
	s.rest[0] = name;
	return command->run(&s.cli, s.count, s.rest);
}
