/* SPDX-License-Identifier: MIT */
/*
 * xschedctl run: becomes a program in the environment that has its GPU queues scheduled. Options become XSCHED_HSA_* variables,
 * which the tool library reads in the program.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/cli/command.h"
#include "src/cli/launch.h"
#include "src/cli/parse.h"
#include "src/common/config.h"

enum { KEY_PRIORITY = 0x200, KEY_SHARE, KEY_DEADLINE, KEY_LAXITY, KEY_WEIGHT, KEY_LEVEL, KEY_WINDOW, KEY_POLICY, KEY_JOB,
	KEY_GPU, KEY_LIBRARY, KEY_PRINT };

static const struct argp_option options[] = {
	{"priority", KEY_PRIORITY, "P", 0, "high (100), normal (0), low (-100), none (-256: not executed), or -255 to 255", 0},
	{"share", KEY_SHARE, "N", 0, "share of the GPU under up and pup, 0 to 100", 0},
	{"weight", KEY_WEIGHT, "N", 0, "weight under fair, 1 to 10000; 100 is one share", 0},
	{"deadline", KEY_DEADLINE, "US", 0, "time to finish under kedf, from becoming ready; microseconds, or with ms or s", 0},
	{"laxity", KEY_LAXITY, "US", 0, "time until it is critical under lax, from becoming ready", 0},
	{"level", KEY_LEVEL, "N", 0, "strongest preemption used on it: 1 unpublished packets, 2 pending, 3 running waves", 0},
	{"window", KEY_WINDOW, "US", 0, "work kept in flight while something may have to stop it", 0},
	{"policy", KEY_POLICY, "NAME", 0, "policy in the process, used while there is no daemon", 0},
	{"job", KEY_JOB, "NAME", 0, "processes that name the same job are scheduled as one", 0},
	{"gpu", KEY_GPU, "LIST", 0, "GPUs that it sees: numbers, separated by commas", 0},
	{"library", KEY_LIBRARY, "PATH", 0, "the tool library, if not the installed one", 0},
	{"print", KEY_PRINT, NULL, 0, "show what would be set in the environment, and run nothing", 0},
	{0},
};

struct settings {
	struct cli *cli;
	struct launch_plan plan; /* of options; what loads the library follows */
	const char *library;
	bool print;
	char **command;
};

static void add(struct argp_state *state, struct settings *s, const char *name, const char *value)
{
	/* An option given twice: the last counts. */
	for (size_t i = 0; i < s->plan.count; i++) {
		if (strcmp(s->plan.variables[i].name, name))
			continue;
		free(s->plan.variables[i].value);
		s->plan.variables[i] = s->plan.variables[--s->plan.count];
		break;
	}
	int r = launch_plan_set(&s->plan, name, value);
	if (r)
		argp_failure(state, CLI_FAILED, -r, "%s", name);
}

static const struct hint_option {
	int key;
	const char *option;
	enum sched_hint hint;
	const char *variable;
} hint_options[] = {
	{KEY_PRIORITY, "priority", SCHED_HINT_PRIORITY, "XSCHED_HSA_PRIORITY"},
	{KEY_SHARE, "share", SCHED_HINT_UTILIZATION, "XSCHED_HSA_SHARE"},
	{KEY_WEIGHT, "weight", SCHED_HINT_WEIGHT, "XSCHED_HSA_WEIGHT"},
	{KEY_DEADLINE, "deadline", SCHED_HINT_DEADLINE, "XSCHED_HSA_DEADLINE_US"},
	{KEY_LAXITY, "laxity", SCHED_HINT_LAXITY, "XSCHED_HSA_LAXITY_US"},
	{KEY_LEVEL, "level", SCHED_HINT_LEVEL, "XSCHED_HSA_LEVEL"},
	{KEY_WINDOW, "window", SCHED_HINT_WINDOW, "XSCHED_HSA_WINDOW_US"},
};

static void add_hint(struct argp_state *state, struct settings *s, const struct hint_option *option, const char *arg)
{
	char error[256], text[24];
	int64_t value;

	if (parse_hint_value(option->hint, arg, &value, error, sizeof(error))) {
		argp_error(state, "--%s=%s: %s", option->option, arg, error);
		return;
	}
	snprintf(text, sizeof(text), "%" PRId64, value);
	add(state, s, option->variable, text);
}

static void add_policy(struct argp_state *state, struct settings *s, const char *arg)
{
	size_t length = strlen(arg);

	for (const char *name = CONFIG_POLICIES; *name; name += name[strcspn(name, "|")] ? strcspn(name, "|") + 1 : strlen(name))
		if (strcspn(name, "|") == length && !strncmp(name, arg, length)) {
			add(state, s, "XSCHED_HSA_POLICY", arg);
			return;
		}
	argp_error(state, "--policy=%s: must be one of %s", arg, CONFIG_POLICIES);
}

static void add_gpus(struct argp_state *state, struct settings *s, const char *arg)
{
	bool right = *arg && arg[strlen(arg) - 1] != ',';
	char item[24], error[128];
	int64_t number;

	for (const char *p = arg; right && *p; p += strcspn(p, ","), p += *p == ',') {
		snprintf(item, sizeof(item), "%.*s", (int)strcspn(p, ","), p);
		right = strcspn(p, ",") < sizeof(item) &&
			(!parse_number(item, 0, 1023, &number, error, sizeof(error)) || !strncmp(item, "GPU-", 4));
	}
	if (right)
		add(state, s, "ROCR_VISIBLE_DEVICES", arg);
	else
		argp_error(state, "--gpu=%s: must be numbers from 0, or GPU- and an id, separated by commas", arg);
}

/* The program may change its directory. */
static void add_socket(struct argp_state *state, struct settings *s, const char *path)
{
	char absolute[2 * PATH_MAX] = "";

	if (*path != '/') {
		if (!getcwd(absolute, PATH_MAX))
			argp_failure(state, CLI_FAILED, errno, "the current directory");
		strcat(absolute, "/");
	}
	size_t used = strlen(absolute);
	snprintf(absolute + used, sizeof(absolute) - used, "%s", path);
	add(state, s, "XSCHED_HSA_SOCKET", absolute);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	char error[128];

	for (size_t i = 0; i < sizeof(hint_options) / sizeof(hint_options[0]); i++)
		if (hint_options[i].key == key) {
			add_hint(state, s, &hint_options[i], arg);
			return 0;
		}
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case KEY_POLICY:
		add_policy(state, s, arg);
		return 0;
	case KEY_JOB:
		if (parse_job_name(arg, error, sizeof(error)))
			argp_error(state, "--job=%s: %s", arg, error);
		add(state, s, "XSCHED_HSA_JOB", arg);
		return 0;
	case KEY_GPU:
		add_gpus(state, s, arg);
		return 0;
	case KEY_LIBRARY:
		s->library = arg;
		return 0;
	case KEY_PRINT:
		s->print = true;
		return 0;
	case ARGP_KEY_ARG:
		/* The program's own options are not ours. */
		s->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!s->command && !s->print)
			argp_error(state, "no program to run");
		if (s->cli->socket)
			add_socket(state, s, s->cli->socket);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {options, parse, "[--] PROGRAM [ARGUMENT...]",
	"Become PROGRAM, with its GPU queues scheduled."
	"\vOptions take precedence over variables of the environment; other variables stay as they are.",
	cli_common_children, NULL, NULL};

static const char *environment(void *ctx, const char *name)
{
	return getenv(name);
}

static int print(struct settings *s)
{
	if (!s->cli->json) {
		for (size_t i = 0; i < s->plan.count; i++)
			fprintf(s->cli->out, "%s=%s\n", s->plan.variables[i].name, s->plan.variables[i].value);
		return cli_finish(s->cli, CLI_OK);
	}
	json_t *variables = json_object(), *command = json_array();

	for (size_t i = 0; i < s->plan.count; i++)
		json_object_set_new(variables, s->plan.variables[i].name, cli_json_text(s->plan.variables[i].value));
	for (char **word = s->command; word && *word; word++)
		json_array_append_new(command, cli_json_text(*word));
	return cli_json_print(s->cli, json_pack("{s:o, s:o}", "environment", variables, "command", command));
}

static int become(struct settings *s)
{
	for (size_t i = 0; i < s->plan.count; i++)
		if (setenv(s->plan.variables[i].name, s->plan.variables[i].value, 1)) {
			cli_error("run: %s: %s", s->plan.variables[i].name, strerror(errno));
			return CLI_FAILED;
		}
	execvp(s->command[0], s->command);
	int status = errno == ENOENT ? 127 : 126;
	cli_error("run: %s: %s", s->command[0], strerror(errno));
	return status;
}

int cli_run(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};
	char library[PATH_MAX], error[2 * PATH_MAX];
	int status = CLI_FAILED;

	if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &s))
		return CLI_USAGE;
	if (launch_find_library(s.library, library, error, sizeof(error)) ||
		launch_plan_library(&s.plan, library, environment, NULL, error, sizeof(error)))
		cli_error("run: %s", error);
	else
		status = s.print ? print(&s) : become(&s);
	launch_plan_fini(&s.plan);
	return status;
}
