/* SPDX-License-Identifier: MIT */
/* xschedctl policy: shows the policy in force, or chooses one. */
#include <string.h>

#include "src/cli/session.h"
#include "src/cli/table.h"

struct settings {
	struct cli *cli;
	const char *name; /* NULL: only asked */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = s->cli;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "%s: nothing is expected behind NAME", arg);
		if (!*arg || strlen(arg) >= IPC_NAME_SIZE)
			argp_error(state, "NAME %s: must be the name of a policy, as hpf", arg);
		s->name = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {NULL, parse, "[NAME]", "Show the policy in force, or choose one for the machine.",
	cli_common_children, NULL, NULL};

int cli_policy(struct cli *cli, int argc, char **argv)
{
	struct settings s = {.cli = cli};
	struct ipc_result result;
	struct ipc_policy message;
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, &s))
		return CLI_USAGE;
	status = session_open(&session, cli);
	if (status)
		return status;
	ipc_message_init(&message, IPC_POLICY, 0);
	ipc_text_set(message.name, sizeof(message.name), s.name);
	status = session_ask(&session, &message, -1, NULL, NULL, &result);
	session_close(&session);
	if (status)
		return status;
	if (cli->json)
		return cli_json_print(cli, json_pack("{s:o}", "policy", cli_json_text(result.text)));
	if (s.name)
		return CLI_OK;
	table_text_clean(result.text);
	fprintf(cli->out, "%s\n", result.text);
	return cli_finish(cli, CLI_OK);
}
