/* SPDX-License-Identifier: MIT */
/* What set, suspend, resume and trace have in common: a target among the arguments, and telling the user that it was done. */
#ifndef CLI_REQUEST_H
#define CLI_REQUEST_H

#include "src/cli/session.h"

/**
 * request_target() - read a target from the words @words[0..count) that a command got; a usage error ends the program
 *
 * Return: how many words it took.
 */
int request_target(struct argp_state *state, int count, char **words, struct cli_target *target_p);

/**
 * request_done() - say nothing, or with --json {"target": ..., "text": ...}
 * @text: what the daemon said, or NULL
 */
int request_done(struct cli *cli, const struct cli_target *target, const char *text);

#endif
