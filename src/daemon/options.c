/* SPDX-License-Identifier: MIT */
/* xschedd's command line; see options.h. */
#include "config.h"
#include "src/daemon/options.h"

#include <argp.h>
#include <errno.h>
#include <string.h>

#include "src/daemon/dlog.h"

/* libc looks for it, so it must not be hidden. */
__attribute__((visibility("default"))) const char *argp_program_version = "xschedd (" PACKAGE_NAME ") " PACKAGE_VERSION;

#define KEY_CONFIG 'c'
#define KEY_CHECK  0x100
#define KEY_ROW	   0x200 /* + its row of the table */

static error_t take(int key, char *text, struct argp_state *state)
{
	struct options *o = state->input;
	struct settings probe;
	char error[320];

	if (key == KEY_CONFIG) {
		o->config = text;
		o->chosen = true;
		return 0;
	}
	if (key == KEY_CHECK) {
		o->check = true;
		return 0;
	}
	if (key == ARGP_KEY_ARG)
		argp_error(state, "%s: xschedd takes no arguments, only options", text);
	if (key < KEY_ROW || key >= KEY_ROW + (int)settings_count)
		return ARGP_ERR_UNKNOWN;
	if (settings_set(&probe, (unsigned)(key - KEY_ROW), text, error, sizeof(error)))
		argp_error(state, "--%s", error);
	o->flag[key - KEY_ROW] = text;
	return 0;
}

void options_parse(struct options *o, int argc, char **argv)
{
	struct argp_option rows[32 + 3] = {
		{"config", KEY_CONFIG, "FILE", 0, "read this file (default: " SETTINGS_FILE " if there is one)", 1},
		{"check-config", KEY_CHECK, NULL, 0, "say whether the file can be used, and end", 1},
	};
	struct argp argp = {
		.options = rows,
		.parser = take,
		.doc = "Schedules the GPU queues of all processes that run with libxsched_hsa.so.\v"
		       "What is given here counts more than the file. See xschedd(8) and xschedd.conf(5).",
	};

	for (unsigned i = 0; i < settings_count; i++)
		rows[2 + i] = (struct argp_option){settings_table[i].name, KEY_ROW + (int)i, settings_table[i].argument, 0,
			settings_table[i].help, 2};
	*o = (struct options){.config = SETTINGS_FILE};
	argp_parse(&argp, argc, argv, 0, NULL, o);
}

static void report(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	if (line)
		dlog_error("%s:%u: %s", file, line, text);
	else
		dlog_error("%s: %s", file, text);
}

int options_load(void *ctx, struct settings *s)
{
	const struct options *o = ctx;
	struct settings out;
	char error[320];
	int rc = 0;

	settings_default(&out);
	FILE *file = fopen(o->config, "re");
	if (file) {
		rc = settings_read(&out, file, o->config, report, NULL);
		fclose(file);
	} else if (o->chosen || errno != ENOENT) {
		rc = -errno;
		dlog_error("%s: it cannot be read: %s", o->config, strerror(errno));
	}
	if (rc)
		return rc;
	/* They were checked when they were given. */
	for (unsigned i = 0; i < settings_count; i++)
		if (o->flag[i])
			settings_set(&out, i, o->flag[i], error, sizeof(error));
	*s = out;
	return 0;
}
