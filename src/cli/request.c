/* SPDX-License-Identifier: MIT */
/* Targets among arguments, and answers to requests; see request.h. */
#include "src/cli/request.h"

#include <string.h>

int request_target(struct argp_state *state, int count, char **words, struct cli_target *target_p)
{
	char error[128];
	int r = parse_target(count, words, target_p, error, sizeof(error));

	if (r > 0)
		return r;
	if (!count)
		argp_error(state, "TARGET is missing: it %s", error);
	else if (count > 1 && !strcmp(words[0], "job"))
		argp_error(state, "TARGET job %s: %s", words[1], error);
	else
		argp_error(state, "TARGET %s: %s", words[0], error);
	return 0;
}

int request_done(struct cli *cli, const struct cli_target *target, const char *text)
{
	char name[128];

	if (!cli->json)
		return CLI_OK;
	cli_target_text(target, name, sizeof(name));
	return cli_json_print(cli, json_pack("{s:o, s:o}", "target", cli_json_text(name), "text", cli_json_text(text ? text : "")));
}
