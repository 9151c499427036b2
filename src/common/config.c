/* SPDX-License-Identifier: MIT */
/* The table of settings and its reader; see config.h. */
#include "src/common/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMBER(m) offsetof(struct config, m), sizeof(((struct config *)0)->m)

const struct config_option config_options[] = {
	{"XSCHED_HSA", CONFIG_CHOICE, "off|on", 0, 0, "on", "off: the library patches nothing", MEMBER(enabled)},
	{"XSCHED_HSA_LOG", CONFIG_CHOICE, "error|warning|info|debug", 0, 0, "warning", "what is written to standard error",
		MEMBER(log_level)},
	{"XSCHED_HSA_STATS", CONFIG_PATH, NULL, 0, 0, NULL,
		"write a JSON report per queue here when the program ends; %p becomes the process id", MEMBER(stats)},
	{"XSCHED_HSA_TRACE", CONFIG_PATH, NULL, 0, 0, NULL,
		"write a trace for Perfetto here while the program runs; %p becomes the process id", MEMBER(trace)},
	{"XSCHED_HSA_DRAIN_MS", CONFIG_NUMBER, NULL, 0, 60000, "1000",
		"how long exit and queue destruction wait for packets that were held back, in milliseconds",
		MEMBER(drain_ms)},
	{"XSCHED_HSA_POLICY", CONFIG_CHOICE, CONFIG_POLICIES, 0, 0, "none",
		"how the queues of this process share its GPUs; none: they are not scheduled", MEMBER(policy)},
	{"XSCHED_HSA_WINDOW", CONFIG_NUMBER, NULL, 1, 4096, NULL,
		"packets that a limited queue may have in flight; without a policy every queue is limited", MEMBER(window)},
	{"XSCHED_HSA_WINDOW_US", CONFIG_NUMBER, NULL, 1, 10000000, NULL,
		"the same as a time, by learned kernel durations, in microseconds; 200 where a policy limits a queue",
		MEMBER(window_us)},
	{"XSCHED_HSA_PRIORITY", CONFIG_SIGNED, NULL, (uint64_t)-256, 255, NULL,
		"priority of queues to which the program gives none, 0 where none is given; -256: not executed",
		MEMBER(priority)},
	{"XSCHED_HSA_TIMESLICE_US", CONFIG_SIGNED, NULL, 100, 10000000, NULL,
		"length of a turn while others wait, in microseconds, 5000 where none is given", MEMBER(timeslice_us)},
	{"XSCHED_HSA_AGEING_US", CONFIG_SIGNED, NULL, 0, 1000000000000, NULL,
		"waiting time that raises a priority by one under hpf, in microseconds; 0: never, as where none is given",
		MEMBER(ageing_us)},
	{"XSCHED_HSA_SHARE", CONFIG_SIGNED, NULL, 0, 100, NULL,
		"share of the GPU relative to the others' under up and pup, 100 where none is given", MEMBER(share)},
	{"XSCHED_HSA_WEIGHT", CONFIG_SIGNED, NULL, 1, 10000, NULL, "weight under fair; 100 is one share", MEMBER(weight)},
	{"XSCHED_HSA_DEADLINE_US", CONFIG_SIGNED, NULL, (uint64_t)-1, 1000000000000, NULL,
		"deadline from becoming ready, in microseconds; -1: none", MEMBER(deadline_us)},
	{"XSCHED_HSA_K_DEADLINE", CONFIG_SIGNED, NULL, 1, 1024, NULL,
		"how many queues run at once on a GPU under kedf, 1 where none is given", MEMBER(k_deadline)},
	{"XSCHED_HSA_LAXITY_US", CONFIG_SIGNED, NULL, (uint64_t)-1, 1000000000000, NULL,
		"time from becoming ready until critical under lax, in microseconds; -1: never", MEMBER(laxity_us)},
	{"XSCHED_HSA_LAXITY_PRIORITY", CONFIG_SIGNED, NULL, (uint64_t)-255, 255, NULL,
		"priority under lax before it is critical", MEMBER(laxity_priority)},
	{"XSCHED_HSA_CRITICAL_PRIORITY", CONFIG_SIGNED, NULL, (uint64_t)-255, 255, NULL,
		"priority under lax once it is critical", MEMBER(critical_priority)},
	{"XSCHED_HSA_LEVEL", CONFIG_SIGNED, NULL, 1, 3, NULL, "strongest preemption level to use on this process's queues",
		MEMBER(level)},
	{"XSCHED_HSA_JOB", CONFIG_NAME, NULL, 0, 0, NULL,
		"name of the job that this process belongs to; processes of one name are scheduled as one job", MEMBER(job)},
	{"XSCHED_HSA_SOCKET", CONFIG_PATH, NULL, 0, 0, NULL,
		"socket of the daemon that schedules this machine; off: none is looked for", MEMBER(socket)},
	{"XSCHED_HSA_LV2", CONFIG_CHOICE, "off|on", 0, 0, "on",
		"off: add no brakes, at which packets that are published and have not started are stopped", MEMBER(lv2)},
#ifdef XS_CWSR
	{"XSCHED_HSA_LV3", CONFIG_CHOICE, "update|debug|off", 0, 0, "update",
		"how the driver is asked to suspend a queue: UPDATE_QUEUE, DBG_TRAP, not at all", MEMBER(lv3)},
	{"XSCHED_HSA_LV3_BUDGET_US", CONFIG_NUMBER, NULL, 0, 10000000, "2000",
		"queues are not suspended where that takes longer (median), in microseconds; 0: no limit",
		MEMBER(lv3_budget_us)},
	{"XSCHED_HSA_LV3_INTERVAL_US", CONFIG_NUMBER, NULL, 0, 10000000, "1000",
		"least time between two suspensions on a GPU, in microseconds", MEMBER(lv3_interval_us)},
	{"XSCHED_HSA_LV3_GRACE_KCLK", CONFIG_NUMBER, NULL, 0, 255, "0",
		"time that waves get to end before they are saved, in 1000 shader clocks; with debug only",
		MEMBER(lv3_grace_kclk)},
	{"XSCHED_HSA_LV3_ANY_GPU", CONFIG_CHOICE, "off|on", 0, 0, "off",
		"on: suspend queues also on GPUs where that was not tried", MEMBER(lv3_any_gpu)},
#endif
};
const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

/* XSched's names (its 1.2), understood where ours are not given. */
static const struct {
	const char *name, *ours;
} foreign_options[] = {
	{"XSCHED_AUTO_XQUEUE_PRIORITY", "XSCHED_HSA_PRIORITY"},
	{"XSCHED_AUTO_XQUEUE_UTILIZATION", "XSCHED_HSA_SHARE"},
	{"XSCHED_AUTO_XQUEUE_TIMESLICE", "XSCHED_HSA_TIMESLICE_US"},
	{"XSCHED_AUTO_XQUEUE_DEADLINE", "XSCHED_HSA_DEADLINE_US"},
	{"XSCHED_AUTO_XQUEUE_KDEADLINE", "XSCHED_HSA_K_DEADLINE"},
	{"XSCHED_AUTO_XQUEUE_LAXITY", "XSCHED_HSA_LAXITY_US"},
	{"XSCHED_AUTO_XQUEUE_LEVEL", "XSCHED_HSA_LEVEL"},
	{"XSCHED_AUTO_XQUEUE_THRESHOLD", "XSCHED_HSA_WINDOW"},
};

/* XSched's policies. @ours NULL: not there, and @instead is what comes near. */
static const struct {
	const char *name, *ours, *instead;
} foreign_policies[] = {
	{"HPF", "hpf", NULL},
	{"UP", "up", NULL},
	{"PUP", "pup", NULL},
	{"KEDF", "kedf", NULL},
	{"LAX", "lax", NULL},
	{"CFS", "fair", NULL},
	{"MLFQ", "mlfq", NULL},
	{"HHPF", NULL, "XSCHED_HSA_POLICY=hpf, which decides for each GPU"},
	{"CHPF", NULL, "XSCHED_HSA_POLICY=hpf and XSCHED_HSA_PRIORITY, which does not follow nice values"},
	{"SPUP", NULL, "XSCHED_HSA_POLICY=pup, which lets others use what a process leaves"},
	{"AWF", NULL, "XSCHED_HSA_POLICY=hpf and XSCHED_HSA_PRIORITY, which does not follow the active window"},
};

static void store_number(const struct config_option *option, uint64_t value, struct config *c)
{
	char *member = (char *)c + option->offset;

	/* Little endian: the low bytes come first. */
	memcpy(member, &value, option->size);
}

static int parse_choice(const struct config_option *option, const char *text, struct config *c)
{
	const char *name = option->choices;
	size_t length = strlen(text);

	for (uint64_t i = 0;; i++) {
		size_t n = strcspn(name, "|");

		if (n == length && !strncasecmp(name, text, n)) {
			store_number(option, i, c);
			return 0;
		}
		if (!name[n])
			return -EINVAL;
		name += n + 1;
	}
}

static int parse_number(const struct config_option *option, const char *text, struct config *c)
{
	char *end;

	/* strtoull takes signs and white space, a setting does not. */
	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE || value < option->min || value > option->max)
		return -ERANGE;
	store_number(option, value, c);
	return 0;
}

static int parse_signed(const struct config_option *option, const char *text, struct config *c)
{
	char *end;

	if (!isdigit((unsigned char)text[text[0] == '-']))
		return -EINVAL;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno == ERANGE || value < (int64_t)option->min || value > (int64_t)option->max)
		return -ERANGE;
	store_number(option, (uint64_t)value, c);
	return 0;
}

int config_parse(const struct config_option *option, const char *text, struct config *c)
{
	switch (option->type) {
	case CONFIG_CHOICE:
		return parse_choice(option, text, c);
	case CONFIG_NUMBER:
		return parse_number(option, text, c);
	case CONFIG_SIGNED:
		return parse_signed(option, text, c);
	case CONFIG_NAME:
		for (const char *at = text; *at; at++)
			if (!isprint((unsigned char)*at))
				return -EINVAL;
		/* fall through */
	case CONFIG_PATH:
		if (!*text)
			return -EINVAL;
		if (strlen(text) >= option->size)
			return -ERANGE;
		strcpy((char *)c + option->offset, text);
		return 0;
	}
	return -EINVAL;
}

/* @name: the variable that was given */
static void report_bad_value(const struct config_option *option, const char *name, const char *text, config_report_fn report,
	void *ctx)
{
	char expected[128], line[384];

	if (option->type == CONFIG_CHOICE)
		snprintf(expected, sizeof(expected), "one of %s", option->choices);
	else if (option->type == CONFIG_NUMBER)
		snprintf(expected, sizeof(expected), "a whole number from %llu to %llu",
			(unsigned long long)option->min, (unsigned long long)option->max);
	else if (option->type == CONFIG_SIGNED)
		snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)option->min,
			(long long)option->max);
	else if (option->type == CONFIG_NAME)
		snprintf(expected, sizeof(expected), "a name of at most %zu printable characters", option->size - 1);
	else
		snprintf(expected, sizeof(expected), "a file name of at most %zu bytes", option->size - 1);
	snprintf(line, sizeof(line), "%s=%.100s: expected %s; using %s", name, text, expected,
		option->fallback ? option->fallback : "none");
	report(ctx, line);
}

static const struct config_option *option_find(const char *name, size_t length)
{
	for (size_t i = 0; i < config_option_count; i++)
		if (strlen(config_options[i].name) == length && !strncmp(config_options[i].name, name, length))
			return &config_options[i];
	return NULL;
}

static void foreign_policy_load(struct config *c, const char *text, config_report_fn report, void *ctx)
{
	const struct config_option *option = option_find("XSCHED_HSA_POLICY", strlen("XSCHED_HSA_POLICY"));
	char line[384];

	for (size_t i = 0; i < sizeof(foreign_policies) / sizeof(foreign_policies[0]); i++) {
		if (strcasecmp(foreign_policies[i].name, text))
			continue;
		if (foreign_policies[i].ours) {
			config_parse(option, foreign_policies[i].ours, c);
			return;
		}
		snprintf(line, sizeof(line), "XSCHED_POLICY=%s: there is no such policy here; the nearest is %s; using %s",
			foreign_policies[i].name, foreign_policies[i].instead, option->fallback);
		report(ctx, line);
		return;
	}
	snprintf(line, sizeof(line), "XSCHED_POLICY=%.100s: expected one of HPF, UP, PUP, KEDF, LAX, CFS, MLFQ; using %s", text,
		option->fallback);
	report(ctx, line);
}

/* What XSched's variables say, for settings that ours do not give. */
static void foreign_load(struct config *c, config_getenv_fn get, config_report_fn report, void *ctx)
{
	const char *text = get("XSCHED_POLICY");

	if (text && !get("XSCHED_HSA_POLICY"))
		foreign_policy_load(c, text, report, ctx);
	for (size_t i = 0; i < sizeof(foreign_options) / sizeof(foreign_options[0]); i++) {
		const struct config_option *option = option_find(foreign_options[i].ours, strlen(foreign_options[i].ours));

		text = get(foreign_options[i].name);
		if (text && !get(option->name) && config_parse(option, text, c))
			report_bad_value(option, foreign_options[i].name, text, report, ctx);
	}
	/* There the priority is the critical one once a laxity is given, and before that the default holds. */
	if (get("XSCHED_AUTO_XQUEUE_LAXITY") && get("XSCHED_AUTO_XQUEUE_PRIORITY") && !get("XSCHED_HSA_LAXITY_US") &&
		!get("XSCHED_HSA_PRIORITY") && !get("XSCHED_HSA_CRITICAL_PRIORITY") && c->priority > -256)
		c->critical_priority = c->priority;
}

void config_load(struct config *c, config_getenv_fn get, char *const *environ_block, config_report_fn report, void *ctx)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < config_option_count; i++) {
		const struct config_option *option = &config_options[i];
		const char *text = get(option->name);

		if (option->fallback)
			config_parse(option, option->fallback, c);
		else if (option->type == CONFIG_SIGNED)
			store_number(option, (uint64_t)CONFIG_UNSET, c);
		if (text && config_parse(option, text, c))
			report_bad_value(option, option->name, text, report, ctx);
	}
	foreign_load(c, get, report, ctx);
	for (; environ_block && *environ_block; environ_block++) {
		const char *name = *environ_block;
		size_t length = strcspn(name, "=");
		char line[256];

		if (strncmp(name, "XSCHED_HSA", strlen("XSCHED_HSA")) || option_find(name, length))
			continue;
		snprintf(line, sizeof(line), "%.*s: no such setting; it is ignored", (int)(length > 100 ? 100 : length),
			name);
		report(ctx, line);
	}
}
