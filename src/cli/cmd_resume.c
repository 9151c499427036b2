/* SPDX-License-Identifier: MIT */
/* xschedctl resume: gives queues that were suspended back to the policy. */
#include "src/cli/request.h"

struct settings {
	struct cli *cli;
	struct cli_target target;
	char **words;
	int count;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
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

static const struct argp parser = {NULL, parse, "TARGET",
	"Give the queues of TARGET (PID, PID:QUEUE, job NAME, or machine) back to the policy.", cli_common_children, NULL, NULL};

int cli_resume(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};
	struct ipc_suspend message;
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	status = session_open(&session, cli);
	if (status)
		return status;
	ipc_message_init(&message, IPC_RESUME, 0);
	status = session_target(&session, &s.target, &message.target);
	if (!status)
		status = session_ask(&session, &message, -1, NULL, NULL, NULL);
	session_close(&session);
	return status ? status : request_done(cli, &s.target, NULL);
}
