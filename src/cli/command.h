/* SPDX-License-Identifier: MIT */
/*
 * What a command of xschedctl is, the table of all of them, and what they share: exit statuses, options, messages.
 * main.c writes struct cli from the command line; the commands read it.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses; xschedctl(1) tells users. `run` has those of the program, 126 and 127. */
enum cli_exit {
	CLI_OK = 0,
	CLI_FAILED = 1, /* doctor: a problem was found */
	CLI_USAGE = 2,
	CLI_NO_DAEMON = 3,
	CLI_NO_TARGET = 4,
	CLI_NOT_ALLOWED = 5,
	CLI_REFUSED = 6, /* the daemon's other errors, versions among them */
};

/**
 * struct cli - what all commands get
 * @socket: --socket; NULL: the usual place
 * @json:   --json
 * @out:    where results go; tests replace it
 */
struct cli {
	const char *socket;
	bool json;
	FILE *out;
};

/**
 * struct cli_command - one row of the table
 * @name:  as typed
 * @about: one line for the list of commands
 * @run:   @argv[0] is "xschedctl NAME"; returns an exit status (enum cli_exit)
 */
struct cli_command {
	const char *name, *about;
	int (*run)(struct cli *cli, int argc, char **argv);
};

/* Ends in a row without a name. */
extern const struct cli_command cli_commands[];
/** cli_command_find() - a row by its name, or NULL */
const struct cli_command *cli_command_find(const char *name);

int cli_run(struct cli *cli, int argc, char **argv);
int cli_list(struct cli *cli, int argc, char **argv);
int cli_top(struct cli *cli, int argc, char **argv);
int cli_set(struct cli *cli, int argc, char **argv);
int cli_policy(struct cli *cli, int argc, char **argv);
int cli_suspend(struct cli *cli, int argc, char **argv);
int cli_resume(struct cli *cli, int argc, char **argv);
int cli_trace(struct cli *cli, int argc, char **argv);
int cli_stats(struct cli *cli, int argc, char **argv);
int cli_doctor(struct cli *cli, int argc, char **argv);

/* --socket and --json, before and behind a command's name; its input is a struct cli. */
extern const struct argp cli_common_argp;
/* What a command without options but these gives as .children. */
extern const struct argp_child cli_common_children[];

/** cli_parse_plain() - the argp parser of a command without options or arguments of its own; its input is a struct cli */
error_t cli_parse_plain(int key, char *arg, struct argp_state *state);

/** cli_error() - one line on standard error, with the program's name before it */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** cli_error_before() - have @prepare called before each message, as to give up the screen; NULL: nothing */
void cli_error_before(void (*prepare)(void));
/**
 * cli_json_print() - write @value as one line and give it up
 *
 * Return: CLI_OK; CLI_FAILED, with a message, when there was no memory for it (NULL) or it cannot be written.
 */
int cli_json_print(struct cli *cli, json_t *value);
/** cli_json_text() - a string that others wrote, perhaps not in UTF-8; new reference, or NULL without memory */
json_t *cli_json_text(const char *text);
/** cli_finish() - flush the output; @status, or CLI_FAILED with a message if something of it could not be written */
int cli_finish(struct cli *cli, int status);

#endif
