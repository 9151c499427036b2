/* SPDX-License-Identifier: MIT */
/* Messages of the simulator; see log.h. The level is read from the environment once. */
#include "sim/common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static int log_level(void)
{
	static _Atomic int cached = -1;
	/* Relaxed: every thread computes the same value. */
	int level = atomic_load_explicit(&cached, memory_order_relaxed);

	if (level >= 0)
		return level;
	const char *text = getenv("KFDSIM_LOG");
	level = SIM_LOG_WARNING;
	if (text) {
		for (int i = 0; i < 4; i++)
			if (!strcmp(text, level_names[i]))
				level = i;
	}
	atomic_store_explicit(&cached, level, memory_order_relaxed);
	return level;
}

int sim_log_enabled(enum sim_log_level level)
{
	return (int)level <= log_level();
}

void sim_log(enum sim_log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!sim_log_enabled(level))
		return;
	int n = snprintf(line, sizeof(line), "kfdsim: %s: ", level_names[level]);
	va_start(args, format);
	int m = vsnprintf(line + n, sizeof(line) - n - 1, format, args);
	va_end(args);
	if (m < 0)
		return;
	size_t length = n + (size_t)m < sizeof(line) - 1 ? n + (size_t)m : sizeof(line) - 2;
	line[length++] = '\n';
	/* One write, so that lines of several processes do not mix; nothing can be done if it fails. */
	if (write(STDERR_FILENO, line, length) < 0)
		return;
}
