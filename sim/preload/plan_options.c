/* SPDX-License-Identifier: MIT */
/* Options of kfdsim that plan faults and declare kernel times; checked here and put into the environment. See plan_options.h. */
#include "sim/preload/plan_options.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fault/fault.h"
#include "sim/fault/kernel_time.h"
#include "sim/kfd/kfd.h"

/* The kernel takes no longer text in the environment (MAX_ARG_STRLEN). */
#define LIST_BYTES 120000

enum { KEY_FAULT = 'f', KEY_KERNEL_TIME = 't', KEY_KERNEL_TIMES = 'T' };

static const struct argp_option options[] = {
	{"fault", KEY_FAULT, "SPEC", 0,
		"something that fails, such as ioctl:UPDATE_QUEUE:after=3:errno=EIO; may be repeated; kfdsim(1) has all forms", 0},
	{"kernel-time", KEY_KERNEL_TIME, "NAME=TIME[:CUS]", 0,
		"a kernel takes TIME (as in 250us, 1.5ms) on CUS compute units (default: all) and does nothing else; NAME is its name in "
		"the code object, or a pattern; may be repeated", 0},
	{"kernel-times", KEY_KERNEL_TIMES, "FILE", 0, "the same, one a line; lines that begin with # do not count", 0},
	{0},
};

static char faults[LIST_BYTES], times[LIST_BYTES];

static bool append(char *list, const char *text, char separator)
{
	size_t used = strlen(list);
	int n = snprintf(list + used, LIST_BYTES - used, "%s%c", text, separator);

	return n > 0 && (size_t)n < LIST_BYTES - used;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kernel_time time;
	struct fault_spec spec;
	char error[1024];

	switch (key) {
	case KEY_FAULT:
		if (fault_parse(arg, kfd_ioctl_name, &spec, error, sizeof(error)))
			argp_error(state, "--fault: %s", error);
		else if (!append(faults, arg, ' '))
			argp_error(state, "--fault: too many");
		return 0;
	case KEY_KERNEL_TIME:
		if (kernel_time_parse(arg, &time, error, sizeof(error)))
			argp_error(state, "--kernel-time: %s", error);
		else if (!append(times, arg, '\n'))
			argp_error(state, "--kernel-time: too many");
		return 0;
	case KEY_KERNEL_TIMES:
		if (kernel_times_read(arg, times, sizeof(times), error, sizeof(error)))
			argp_error(state, "--kernel-times: %s", error);
		return 0;
	case ARGP_KEY_SUCCESS:
		if ((*faults && setenv(SIM_ENV_FAULTS, faults, 1)) ||
			(*times && setenv(SIM_ENV_KERNEL_TIMES, times, 1)))
			argp_failure(state, 2, 0, "no memory");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp plan_options = {.options = options, .parser = parse};
