/* SPDX-License-Identifier: MIT */
/*
 * The daemon's settings: one table (settings.c) that both the configuration file and the command line are read by. Written by main(), and on
 * SIGHUP; read by the rest of the daemon.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SETTINGS_FILE "/etc/xsched/xschedd.conf"

struct settings {
	char policy[32];
	char socket[PATH_MAX];	     /* "": the default, see server.h */
	char metrics_file[PATH_MAX]; /* "": none */
	uint64_t metrics_interval_s;
	uint64_t stall_ms, linger_us, window_us;
	uint64_t gpu_time; /* 0: of queues that may have to stop; 1: of all */
	uint64_t max_clients, user_clients, user_queues;
	int64_t user_priority;
	uint64_t message_rate;
	uint64_t log_level; /* enum dlog_level */
};

enum setting_type { SETTING_POLICY, SETTING_PATH, SETTING_NUMBER, SETTING_CHOICE };

/**
 * struct setting - one row of the table
 * @name:     in the file, and behind "--"
 * @argument: what it takes, for --help
 * @choices:  SETTING_CHOICE: names separated by '|'; the value is the position
 * @min, @max: SETTING_NUMBER
 * @fallback: the default, as text
 * @offset, @size: of the member
 */
struct setting {
	const char *name;
	enum setting_type type;
	const char *argument, *choices;
	int64_t min, max;
	const char *fallback, *help;
	size_t offset, size;
};

extern const struct setting settings_table[];
extern const unsigned settings_count;

/** settings_default() - what counts where nothing is said */
void settings_default(struct settings *s);

/** settings_find() - the row of a name, or -ENOENT */
int settings_find(const char *name);

/**
 * settings_set() - read one value
 * @s:     the member is set on success only
 * @index: row of the table
 * @text:  the value
 * @error: out, on failure: one sentence that names the setting, the value and what would be right
 * @size:  of @error
 *
 * Return: 0; -EINVAL; -ERANGE.
 */
int settings_set(struct settings *s, unsigned index, const char *text, char *error, size_t size);

/** settings_policy_names() - all policies, separated by commas */
void settings_policy_names(char *text, size_t size);

/** typedef settings_report_fn - told about each fault in a file; @line is 0 where it is about the file */
typedef void (*settings_report_fn)(void *ctx, const char *file, unsigned line, const char *text);

/**
 * settings_read() - read a configuration file: section [xschedd], lines "name = value"
 * @s:      in: what counts where the file says nothing; out: with the file's values, on success only
 * @stream: the file
 * @file:   its name, for reports
 * @report: told about every fault
 * @ctx:    for @report
 *
 * Return: 0; -EINVAL when something was reported.
 */
int settings_read(struct settings *s, FILE *stream, const char *file, settings_report_fn report, void *ctx);

#endif
