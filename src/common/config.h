/* SPDX-License-Identifier: MIT */
/*
 * Settings from the environment, described by one table (config.c). Read once in OnLoad, constant afterwards.
 */
#ifndef COMMON_CONFIG_H
#define COMMON_CONFIG_H

#include <config.h> /* the build's; this file is included by its folder */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config {
	bool enabled;          /* XSCHED_HSA */
	int log_level;         /* XSCHED_HSA_LOG, enum log_level */
	char stats[PATH_MAX];  /* XSCHED_HSA_STATS, empty: none; a copy: programs write over their environment */
	char trace[PATH_MAX];  /* XSCHED_HSA_TRACE, empty: none */
	uint32_t drain_ms;     /* XSCHED_HSA_DRAIN_MS */
	int policy;            /* XSCHED_HSA_POLICY, position in CONFIG_POLICIES */
	uint32_t window;       /* XSCHED_HSA_WINDOW, packets; 0: by time */
	uint32_t window_us;    /* XSCHED_HSA_WINDOW_US; 0: not given */
	/* Hints of the process; CONFIG_UNSET: not given. */
	int64_t priority;          /* XSCHED_HSA_PRIORITY */
	int64_t timeslice_us;      /* XSCHED_HSA_TIMESLICE_US */
	int64_t ageing_us;         /* XSCHED_HSA_AGEING_US */
	int64_t share;             /* XSCHED_HSA_SHARE */
	int64_t deadline_us;       /* XSCHED_HSA_DEADLINE_US */
	int64_t k_deadline;        /* XSCHED_HSA_K_DEADLINE */
	int64_t laxity_us;         /* XSCHED_HSA_LAXITY_US */
	int64_t laxity_priority;   /* XSCHED_HSA_LAXITY_PRIORITY */
	int64_t critical_priority; /* XSCHED_HSA_CRITICAL_PRIORITY */
	int64_t weight;            /* XSCHED_HSA_WEIGHT */
	int64_t level;             /* XSCHED_HSA_LEVEL */
	char job[64];              /* XSCHED_HSA_JOB; empty: a job of its own */
	char socket[108];          /* XSCHED_HSA_SOCKET; empty: where a daemon is usually found */
	bool lv2;                  /* XSCHED_HSA_LV2 */
#ifdef XS_CWSR
	int lv3;                  /* XSCHED_HSA_LV3, enum cwsr_mechanism */
	uint32_t lv3_budget_us;   /* XSCHED_HSA_LV3_BUDGET_US */
	uint32_t lv3_interval_us; /* XSCHED_HSA_LV3_INTERVAL_US */
	uint32_t lv3_grace_kclk;  /* XSCHED_HSA_LV3_GRACE_KCLK */
	bool lv3_any_gpu;         /* XSCHED_HSA_LV3_ANY_GPU */
#endif
};

#define CONFIG_UNSET INT64_MIN

/* Choices of XSCHED_HSA_POLICY; the first means that nothing is scheduled. */
#define CONFIG_POLICIES "none|fifo|hpf|up|pup|kedf|lax|fair|mlfq"

enum config_type { CONFIG_CHOICE, CONFIG_NUMBER, CONFIG_SIGNED, CONFIG_PATH, CONFIG_NAME };

/**
 * struct config_option - one row of the table
 * @choices: CONFIG_CHOICE: names separated by '|', the value is the position; else NULL
 * @min, @max: CONFIG_NUMBER; CONFIG_SIGNED: the same as int64_t. CONFIG_NAME: printable text
 * @fallback: the default, as text; NULL: none, which is 0, an empty string, or CONFIG_UNSET for CONFIG_SIGNED
 */
struct config_option {
	const char *name;
	enum config_type type;
	const char *choices;
	uint64_t min, max;
	const char *fallback;
	const char *help;
	size_t offset, size; /* of the member in struct config */
};

extern const struct config_option config_options[];
extern const size_t config_option_count;

/** typedef config_getenv_fn - value of environment variable @name or NULL; replaced by tests */
typedef const char *(*config_getenv_fn)(const char *name);
/** typedef config_report_fn - told about each value that could not be used; @text is one sentence */
typedef void (*config_report_fn)(void *ctx, const char *text);

/**
 * config_parse() - read one option's text
 * @option: its row
 * @text:   value as given
 * @c:      the member is set on success only
 *
 * Return: 0; -EINVAL for text that is no such value, -ERANGE for a number out of range or a path too long.
 */
int config_parse(const struct config_option *option, const char *text, struct config *c);
/**
 * config_load() - defaults, overridden by the environment
 *
 * Variables of XSched (https://github.com/XpuOS/xsched, 1.2) give what ours do not: XSCHED_POLICY, and XSCHED_AUTO_XQUEUE_PRIORITY,
 * _UTILIZATION, _TIMESLICE, _DEADLINE, _KDEADLINE, _LAXITY, _LEVEL and _THRESHOLD.
 *
 * A value that cannot be used is reported by name with what would be right, and the default stays. Unknown variables that begin
 * with XSCHED_HSA are reported too when @environ_block (NULL-terminated "NAME=value" strings) is given.
 */
void config_load(struct config *c, config_getenv_fn get, char *const *environ_block, config_report_fn report, void *ctx);

#endif
