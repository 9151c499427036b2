/* SPDX-License-Identifier: MIT */
/* Readers of what users type; see parse.h. */
#include "src/cli/parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_UNITS "us, ms or s behind it (microseconds without)"

static int range_error(int64_t min, int64_t max, const char *unit, char *error, size_t size)
{
	snprintf(error, size, "must be a whole number from %" PRId64 " to %" PRId64 "%s%s", min, max, *unit ? " " : "", unit);
	return -ERANGE;
}

/* strtoll takes white space and a plus, a setting does not. */
static int number(const char *text, int64_t *value_p)
{
	char *end;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EINVAL;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE)
		return -ERANGE;
	*value_p = value;
	return 0;
}

int parse_number(const char *text, int64_t min, int64_t max, int64_t *value_p, char *error, size_t size)
{
	int64_t value;
	int r = number(text, &value);

	if (!r && (value < min || value > max))
		r = -ERANGE;
	if (r) {
		range_error(min, max, "", error, size);
		return r;
	}
	*value_p = value;
	return 0;
}

static const struct unit {
	const char *name;
	int64_t ns;
} units[] = {{"", 1000}, {"us", 1000}, {"ns", 1}, {"ms", 1000000}, {"s", 1000000000}};

static const struct unit *unit_find(const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].name, name))
			return &units[i];
	return NULL;
}

/* Digits, perhaps a point and more digits, a unit. Return: 0 and nanoseconds, which need not be whole microseconds. */
static int time_ns(const char *text, int64_t *ns_p)
{
	int64_t whole = 0, part = 0;
	const char *p = text;
	__int128 ns;
	int digits = 0;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *p - '0', &whole))
			return -ERANGE;
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p) && digits < 9; p++, digits++)
			part = part * 10 + *p - '0';
		if (!digits)
			return -EINVAL;
	}
	const struct unit *unit = unit_find(p);
	if (!unit)
		return -EINVAL;
	ns = (__int128)part * unit->ns;
	for (; digits; digits--) {
		if (ns % 10)
			return -EINVAL;
		ns /= 10;
	}
	ns += (__int128)whole * unit->ns;
	if (ns > INT64_MAX)
		return -ERANGE;
	*ns_p = (int64_t)ns;
	return 0;
}

int parse_time_us(const char *text, int64_t min, int64_t max, int64_t *us_p, char *error, size_t size)
{
	int64_t ns = 0;
	int r = time_ns(text, &ns);

	if (!r && ns % 1000)
		r = -EINVAL;
	if (!r && (ns / 1000 < min || ns / 1000 > max))
		r = -ERANGE;
	if (r) {
		snprintf(error, size, "must be a time of %" PRId64 " to %" PRId64 " microseconds: a number with " US_UNITS,
			min, max);
		return r;
	}
	*us_p = ns / 1000;
	return 0;
}

static int parse_priority(const struct sched_hint_info *info, const char *text, int64_t *value_p, char *error, size_t size)
{
	static const struct {
		const char *name;
		int64_t value;
	} names[] = {{"high", CLI_PRIORITY_HIGH}, {"normal", CLI_PRIORITY_NORMAL}, {"low", CLI_PRIORITY_LOW},
		{"none", SCHED_PRIORITY_NO_EXECUTE}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, text))
			continue;
		*value_p = names[i].value;
		return 0;
	}
	int r = parse_number(text, info->min, info->max, value_p, error, size);
	if (r)
		snprintf(error, size, "must be high (%d), normal (%d), low (%d), none (%d, not executed) or a whole number "
			"from %" PRId64 " to %" PRId64, CLI_PRIORITY_HIGH, CLI_PRIORITY_NORMAL, CLI_PRIORITY_LOW,
			SCHED_PRIORITY_NO_EXECUTE, info->min, info->max);
	return r;
}

static int parse_hint_time(const struct sched_hint_info *info, const char *text, int64_t *value_p, char *error, size_t size)
{
	int64_t min = info->min == SCHED_NONE ? 0 : info->min;
	int has_none = info->min == SCHED_NONE;

	if (has_none && (!strcmp(text, "none") || !strcmp(text, "-1"))) {
		*value_p = SCHED_NONE;
		return 0;
	}
	int r = parse_time_us(text, min, info->max, value_p, error, size);
	if (r && has_none)
		snprintf(error, size, "must be none or a time of %" PRId64 " to %" PRId64 " microseconds: a number with "
			US_UNITS, min, info->max);
	return r;
}

int parse_hint_value(enum sched_hint hint, const char *text, int64_t *value_p, char *error, size_t size)
{
	const struct sched_hint_info *info = sched_hint_info(hint);
	char plain[32];
	size_t length = strlen(text);

	if (hint == SCHED_HINT_PRIORITY)
		return parse_priority(info, text, value_p, error, size);
	if (!strcmp(info->unit, "us"))
		return parse_hint_time(info, text, value_p, error, size);
	if (!strcmp(info->unit, "%") && length && length < sizeof(plain) && text[length - 1] == '%') {
		snprintf(plain, sizeof(plain), "%.*s", (int)(length - 1), text);
		text = plain;
	}
	return parse_number(text, info->min, info->max, value_p, error, size);
}

static void list_hints(char *error, size_t size)
{
	size_t used = (size_t)snprintf(error, size, "must be one of ");

	for (int i = 0; i < SCHED_HINTS && used < size; i++)
		used += (size_t)snprintf(error + used, size - used, "%s%s", i ? ", " : "", sched_hint_info(i)->name);
}

int parse_hint(const char *text, enum sched_hint *hint_p, int64_t *value_p, char *error, size_t size)
{
	const char *equals = strchr(text, '=');
	char name[64];

	if (!equals) {
		snprintf(error, size, "must be HINT=VALUE, as in priority=high");
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	int hint = (size_t)(equals - text) < sizeof(name) ? sched_hint_find(name) : -ENOENT;
	if (hint < 0) {
		list_hints(error, size);
		return hint;
	}
	int64_t value = SCHED_HINT_UNSET;
	int r = strcmp(equals + 1, "unset") ? parse_hint_value(hint, equals + 1, &value, error, size) : 0;
	if (r)
		return r;
	*hint_p = hint;
	*value_p = value;
	return 0;
}

int parse_job_name(const char *text, char *error, size_t size)
{
	int r = !*text ? -EINVAL : strlen(text) >= IPC_NAME_SIZE ? -ERANGE : 0;

	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			r = -EINVAL;
	if (r)
		snprintf(error, size, "must be 1 to %u bytes without control characters", IPC_NAME_SIZE - 1);
	return r;
}

static int parse_process(const char *text, struct cli_target *target_p, char *error, size_t size)
{
	struct cli_target target = {.scope = IPC_SCOPE_CLIENT};
	const char *colon = strchr(text, ':');
	char pid[16], *end;
	int64_t value;

	snprintf(pid, sizeof(pid), "%.*s", (int)(colon ? colon - text : (ptrdiff_t)strlen(text)), text);
	int r = number(pid, &value);
	if (!r && (value < 1 || value > INT32_MAX))
		r = -ERANGE;
	if (!r)
		target.pid = (int32_t)value;
	if (!r && colon) {
		errno = 0;
		target.scope = IPC_SCOPE_QUEUE;
		target.queue = strtoull(colon + 1, &end, 10);
		r = !isdigit((unsigned char)colon[1]) || *end ? -EINVAL : -errno;
	}
	if (r) {
		snprintf(error, size, "must be PID, PID:QUEUE, job NAME, or machine");
		return r;
	}
	*target_p = target;
	return 1;
}

int parse_target(int argc, char *const *argv, struct cli_target *target_p, char *error, size_t size)
{
	if (argc < 1) {
		snprintf(error, size, "must be PID, PID:QUEUE, job NAME, or machine");
		return -EINVAL;
	}
	if (!strcmp(argv[0], "machine")) {
		*target_p = (struct cli_target){.scope = IPC_SCOPE_MACHINE};
		return 1;
	}
	if (strcmp(argv[0], "job"))
		return parse_process(argv[0], target_p, error, size);
	if (argc < 2) {
		snprintf(error, size, "must be followed by the name of a job");
		return -EINVAL;
	}
	int r = parse_job_name(argv[1], error, size);
	if (r)
		return r;
	*target_p = (struct cli_target){.scope = IPC_SCOPE_JOB};
	strcpy(target_p->job, argv[1]);
	return 2;
}

void cli_target_text(const struct cli_target *target, char *text, size_t size)
{
	switch (target->scope) {
	case IPC_SCOPE_MACHINE:
		snprintf(text, size, "machine");
		return;
	case IPC_SCOPE_JOB:
		snprintf(text, size, "job %s", target->job);
		return;
	case IPC_SCOPE_CLIENT:
		snprintf(text, size, "%d", (int)target->pid);
		return;
	case IPC_SCOPE_QUEUE:
		snprintf(text, size, "%d:%" PRIu64, (int)target->pid, target->queue);
		return;
	}
}
