/* SPDX-License-Identifier: MIT */
/* xschedctl doctor: runs the checks of doctor.c and prints what they found. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/cli/command.h"
#include "src/cli/doctor.h"
#include "src/cli/parse.h"
#include "src/cli/table.h"

enum { KEY_PID = 0x200, KEY_LIBRARY };

static const struct argp_option options[] = {
	{"pid", KEY_PID, "PID", 0, "look at a process that runs", 0},
	{"library", KEY_LIBRARY, "PATH", 0, "the tool library, if not the installed one", 0},
	{0},
};

struct settings {
	struct cli *cli;
	const char *program, *library;
	int64_t pid;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	char error[128];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case KEY_PID:
		if (parse_number(arg, 1, INT32_MAX, &s->pid, error, sizeof(error)))
			argp_error(state, "--pid=%s: %s", arg, error);
		return 0;
	case KEY_LIBRARY:
		s->library = arg;
		return 0;
	case ARGP_KEY_ARG:
		s->program = arg;
		/* Its arguments do not matter. */
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (s->pid && s->program)
			argp_error(state, "--pid=%d and %s: give one of them", (int)s->pid, s->program);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {options, parse, "[[--] PROGRAM]",
	"Find out why a program is not scheduled, and say what to do."
	"\vThe exit status is 1 if a problem was found. Environments of processes are seen as they were when these began.",
	cli_common_children, NULL, NULL};

static void print_finding(FILE *out, const char *name, struct doctor_finding *f)
{
	table_text_clean(f->found);
	table_text_clean(f->advice);
	fprintf(out, "%-8s %-14s %s\n", doctor_verdict_name(f->verdict), name, f->found);
	if (*f->advice)
		fprintf(out, "%-8s %-14s -> %s\n", "", "", f->advice);
}

static int examine(struct cli *cli, const struct doctor *d)
{
	json_t *checks = json_array();
	struct doctor_finding f;
	int problems = 0, warnings = 0;

	for (const struct doctor_check *check = doctor_checks; check->name; check++) {
		doctor_run(d, check, &f);
		if (f.verdict == DOCTOR_NONE)
			continue;
		problems += f.verdict == DOCTOR_PROBLEM;
		warnings += f.verdict == DOCTOR_WARNING;
		if (cli->json)
			json_array_append_new(checks, json_pack("{s:s, s:s, s:o, s:o}", "check", check->name, "verdict",
				doctor_verdict_name(f.verdict), "found", cli_json_text(f.found), "advice",
				*f.advice ? cli_json_text(f.advice) : json_null()));
		else
			print_finding(cli->out, check->name, &f);
	}
	int status = problems ? CLI_FAILED : CLI_OK;
	if (!cli->json) {
		json_decref(checks);
		fprintf(cli->out, "%d problem%s, %d warning%s\n", problems, problems == 1 ? "" : "s", warnings,
			warnings == 1 ? "" : "s");
		return cli_finish(cli, status);
	}
	int printed = cli_json_print(cli, json_pack("{s:o, s:i, s:i}", "checks", checks, "problems", problems, "warnings", warnings));
	return printed ? printed : status;
}

int cli_doctor(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};
	struct doctor d;
	char error[2 * PATH_MAX];

	if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &s))
		return CLI_USAGE;
	int r = doctor_init(&d, &system_real, (pid_t)s.pid, s.program, cli->socket, error, sizeof(error));
	if (r) {
		cli_error("doctor: %s", error);
		return CLI_NO_TARGET;
	}
	launch_find_library(s.library, d.library, d.library_error, sizeof(d.library_error));
	if (*d.library_error)
		d.library[0] = 0;
	int status = examine(cli, &d);
	doctor_fini(&d);
	return status;
}
