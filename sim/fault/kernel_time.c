/* SPDX-License-Identifier: MIT */
/* Reader of declared kernel times; see kernel_time.h. */
#include "sim/fault/kernel_time.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/cp/cp.h"
#include "sim/fault/parse.h"

#define CUS_MAX 4096

int kernel_time_parse(const char *text, struct kernel_time *t, char *error, size_t error_bytes)
{
	const char *equals = strrchr(text, '='), *colon = equals ? strchr(equals, ':') : NULL;
	size_t n = equals ? (size_t)(equals - text) : 0;
	char duration[32];
	uint64_t cus = 0;

	if (!n || n >= sizeof(t->pattern)) {
		snprintf(error, error_bytes, "%s: must be NAME=DURATION[:CUS]", text);
		return -EINVAL;
	}
	snprintf(duration, sizeof(duration), "%.*s", (int)(colon ? colon - equals - 1 : 31), equals + 1);
	if (!fault_parse_duration(duration, &t->ns)) {
		snprintf(error, error_bytes, "%s: the duration must have its unit, as in 250us or 1.5ms", text);
		return -EINVAL;
	}
	if (colon && (!fault_parse_number(colon + 1, &cus) || !cus || cus > CUS_MAX)) {
		snprintf(error, error_bytes, "%s: the number of compute units must be from 1 to %d", text, CUS_MAX);
		return -EINVAL;
	}
	memcpy(t->pattern, text, n);
	t->pattern[n] = 0;
	t->cus = (uint32_t)cus;
	return 0;
}

int kernel_times_read(const char *path, char *list, size_t list_bytes, char *error, size_t error_bytes)
{
	FILE *f = fopen(path, "re");
	size_t room = 0, used = strlen(list);
	struct kernel_time t;
	char *line = NULL, wrong[640];
	int number = 0, r = 0;
	ssize_t n;

	if (!f) {
		r = -errno;
		snprintf(error, error_bytes, "%s: %s", path, strerror(-r));
		return r;
	}
	while (!r && (n = getline(&line, &room, f)) >= 0) {
		number++;
		line[strcspn(line, "\r\n")] = 0;
		char *text = line + strspn(line, " \t");
		if (!*text || *text == '#')
			continue;
		r = kernel_time_parse(text, &t, wrong, sizeof(wrong));
		if (r) {
			snprintf(error, error_bytes, "%s:%d: %s", path, number, wrong);
			break;
		}
		int more = snprintf(list + used, list_bytes - used, "%s\n", text);
		if (more < 0 || (size_t)more >= list_bytes - used) {
			r = -E2BIG;
			snprintf(error, error_bytes, "%s: more than %zu characters of declarations", path, list_bytes);
		}
		used += (size_t)more;
	}
	free(line);
	fclose(f);
	return r;
}

static void declare_all(void)
{
	const char *list = getenv(SIM_ENV_KERNEL_TIMES);
	char *copy = list ? strdup(list) : NULL, *rest = copy, *text, error[640];
	struct kernel_time t;

	while (copy && (text = strsep(&rest, "\n"))) {
		if (!*text)
			continue;
		if (kernel_time_parse(text, &t, error, sizeof(error)))
			sim_log(SIM_LOG_ERROR, SIM_ENV_KERNEL_TIMES ": %s", error);
		else if (cp_kernel_time_declare(t.pattern, t.ns, t.cus))
			sim_log(SIM_LOG_ERROR, "no memory for the time of kernel %s", t.pattern);
	}
	free(copy);
}

void kernel_times_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, declare_all);
}
