/* SPDX-License-Identifier: MIT */
/* xsched-hsa-probe: which GPUs of this machine can be preempted, how, and how fast. See man/xsched-hsa-probe.1. */
#include <argp.h>
#include <config.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/common/log.h"
#include "src/cwsr/probe.h"
#include "src/probe/report.h"

enum { ALL_USABLE, NOT_ALL_USABLE, WRONG_OPTION, NO_GPU };

/* libc looks for it, so it must not be hidden. */
__attribute__((visibility("default"))) const char *argp_program_version = "xsched-hsa-probe (" PACKAGE_STRING ")";

enum { KEY_ANY_GPU = 256 };

static const struct argp_option options[] = {
	{"json", 'j', NULL, 0, "Print one JSON object", 0},
	{"cycles", 'n', "N", 0, "Suspend and resume N times in each measurement (200)", 0},
	{"any-gpu", KEY_ANY_GPU, NULL, 0, "Also suspend queues of GPUs on which that was not tried", 0},
	{"verbose", 'v', NULL, 0, "Say what is done", 0},
	{0},
};

struct arguments {
	struct probe_settings settings;
	bool json;
};

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	unsigned long n;
	char *end;

	switch (key) {
	case 'j':
		a->json = true;
		return 0;
	case 'n':
		errno = 0;
		n = strtoul(text, &end, 10);
		if (!isdigit((unsigned char)*text) || *end || errno || !n || n > CWSR_CYCLES_MAX)
			argp_error(state, "--cycles=%s: expected a whole number from 1 to %u", text, CWSR_CYCLES_MAX);
		a->settings.cycles = (uint32_t)n;
		return 0;
	case KEY_ANY_GPU:
		a->settings.any_target = true;
		return 0;
	case 'v':
		log_level_set(LOG_DEBUG);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options, .parser = parse, .doc = "Say which GPUs can be preempted, how, and how fast."};

int main(int argc, char **argv)
{
	static struct probe_gpu gpus[PROBE_GPUS_MAX];
	struct arguments a = {.settings.cycles = 200};
	const char *why = NULL;

	argp_err_exit_status = WRONG_OPTION;
	/* What is found is in the report. */
	log_level_set(LOG_ERROR);
	if (argp_parse(&argp, argc, argv, 0, NULL, &a))
		return WRONG_OPTION;
	int count = probe_run(&a.settings, gpus, &why);
	if (count < 0)
		fprintf(stderr, "xsched-hsa-probe: ROCr does not start: %s\n", why);
	else if (!count)
		fprintf(stderr, "xsched-hsa-probe: ROCr finds no GPU\n");
	if (count <= 0)
		return NO_GPU;
	if (!a.json)
		probe_report_text(gpus, count);
	else if (probe_report_json(gpus, count)) {
		perror("xsched-hsa-probe: standard output");
		return NOT_ALL_USABLE;
	}
	for (int i = 0; i < count; i++)
		if (!gpus[i].update.works && !gpus[i].debug.works)
			return NOT_ALL_USABLE;
	return ALL_USABLE;
}
