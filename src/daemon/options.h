/* SPDX-License-Identifier: MIT */
/* xschedd's command line, and the file it names. Written by main(); read again at SIGHUP. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

#include "src/daemon/settings.h"

/**
 * struct options - what was given
 * @config: the configuration file
 * @chosen: it was named; one that is missing is an error then
 * @check:  only check it
 * @flag:   per row of the table: value given as a flag, or NULL; flags count more than the file
 */
struct options {
	const char *config;
	bool chosen, check;
	const char *flag[32];
};

/** options_parse() - read the command line; ends the program for --help, --version and what cannot be used */
void options_parse(struct options *o, int argc, char **argv);

/**
 * options_load() - defaults, the file's values, the flags'
 * @ctx: a struct options, so that it is a server_reload_fn
 * @s:   out, on success
 *
 * Return: 0; -EINVAL, -ENOENT or another -errno: every fault was logged with file and line.
 */
int options_load(void *ctx, struct settings *s);

#endif
