/* SPDX-License-Identifier: MIT */
/*
 * What users type: numbers, times, priorities, hints, targets. Every function writes what would have been right into @error on
 * failure ("must be ..."), without the value itself, which the caller names.
 */
#ifndef CLI_PARSE_H
#define CLI_PARSE_H

#include <stddef.h>
#include <stdint.h>

#include "src/ipc/message.h"
#include "src/sched/hint.h"

/* What the names stand for. */
#define CLI_PRIORITY_HIGH   100
#define CLI_PRIORITY_NORMAL 0
#define CLI_PRIORITY_LOW    (-100)

/** parse_number() - a whole number of @min to @max. Return: 0, -EINVAL, -ERANGE. */
int parse_number(const char *text, int64_t min, int64_t max, int64_t *value_p, char *error, size_t size);

/**
 * parse_time_us() - a time: a number with ns, us, ms or s behind it, microseconds without; digits behind a point are taken
 *
 * Return: 0; -EINVAL for text that is no time or no whole number of microseconds; -ERANGE outside @min to @max us.
 */
int parse_time_us(const char *text, int64_t min, int64_t max, int64_t *us_p, char *error, size_t size);

/**
 * parse_hint_value() - the value of a hint by the hint's own unit and range
 * @hint:  which
 * @text:  priorities: also high, normal, low, none; times: also a unit and, where it has a meaning, none; percentages: also
 *         a sign behind
 *
 * Return: 0, -EINVAL, -ERANGE.
 */
int parse_hint_value(enum sched_hint hint, const char *text, int64_t *value_p, char *error, size_t size);

/** parse_hint() - NAME=VALUE; the value "unset" is SCHED_HINT_UNSET. Return: 0, -EINVAL, -ENOENT, -ERANGE. */
int parse_hint(const char *text, enum sched_hint *hint_p, int64_t *value_p, char *error, size_t size);

/** parse_job_name() - whether @text can name a job. Return: 0, -EINVAL, -ERANGE. */
int parse_job_name(const char *text, char *error, size_t size);

/**
 * struct cli_target - what a command is about, as typed
 * @scope: the kind
 * @pid:   with IPC_SCOPE_CLIENT and IPC_SCOPE_QUEUE
 * @queue: hsa_queue_t.id, with IPC_SCOPE_QUEUE
 * @job:   with IPC_SCOPE_JOB
 */
struct cli_target {
	enum ipc_scope scope;
	int32_t pid;
	uint64_t queue;
	char job[IPC_NAME_SIZE];
};

/**
 * parse_target() - PID, PID:QUEUE, job NAME, or machine
 * @argc, @argv: words; the first ones are read
 *
 * Return: how many words it took; -EINVAL or -ERANGE.
 */
int parse_target(int argc, char *const *argv, struct cli_target *target_p, char *error, size_t size);

/** cli_target_text() - the same as text; @text has room for at least 128 bytes */
void cli_target_text(const struct cli_target *target, char *text, size_t size);

#endif
