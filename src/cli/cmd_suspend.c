/* SPDX-License-Identifier: MIT */
/* xschedctl suspend: holds queues, whatever the policy says, until they are resumed. */
#include "src/cli/request.h"

enum { KEY_LEVEL = 0x200 };

static const struct argp_option options[] = {
	{"level", KEY_LEVEL, "N", 0,
		"how to stop: 1 lets published packets finish, 2 those that started, 3 saves running waves; where a level is not to be "
		"had, the next lower one is used (default: 3)", 0},
	{0},
};

struct settings {
	struct cli *cli;
	struct cli_target target;
	char **words;
	int count;
	int64_t level;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	char error[128];

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case KEY_LEVEL:
		if (parse_number(arg, 1, 3, &s->level, error, sizeof(error)))
			argp_error(state, "--level=%s: %s", arg, error);
		return 0;
	case ARGP_KEY_ARGS:
		s->words = &state->argv[state->next];
		s->count = state->argc - state->next;
		return 0;
	case ARGP_KEY_END: {
		int taken = request_target(state, s->count, s->words, &s->target);

		if (taken < s->count)
			argp_error(state, "%s: nothing is expected behind TARGET", s->words[taken]);
		return 0;
	}
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {options, parse, "TARGET",
	"Hold the queues of TARGET (PID, PID:QUEUE, job NAME, or machine) until they are resumed."
	"\vA suspended queue that another one waits for still runs, as far as that needs it.",
	cli_common_children, NULL, NULL};

int cli_suspend(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli, .level = 3};
	struct ipc_suspend message;
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	status = session_open(&session, cli);
	if (status)
		return status;
	ipc_message_init(&message, IPC_SUSPEND, 0);
	message.level = (uint32_t)s.level;
	status = session_target(&session, &s.target, &message.target);
	if (!status)
		status = session_ask(&session, &message, -1, NULL, NULL, NULL);
	session_close(&session);
	return status ? status : request_done(cli, &s.target, NULL);
}
