/* SPDX-License-Identifier: MIT */
/* Messages of the tool library; see log.h. */
#include "src/common/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

static _Atomic int shown = LOG_WARNING;

void log_level_set(enum log_level level)
{
	atomic_store_explicit(&shown, level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	char line[512];
	va_list args;

	if ((int)level > atomic_load_explicit(&shown, memory_order_relaxed))
		return;
	int saved = errno, cancel;

	/* Hooks log, and in none of them a thread of the program is cancelled. */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	int used = snprintf(line, sizeof(line), "xsched-hsa: %s: ", names[level]);

	va_start(args, format);
	int more = vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	va_end(args);
	if (more > 0) {
		used += more;
		if (used > (int)sizeof(line) - 2)
			used = sizeof(line) - 2;
		line[used++] = '\n';
		/* Where standard error cannot be written there is nobody to tell. */
		if (write(STDERR_FILENO, line, used) < 0)
			used = 0;
	}
	pthread_setcancelstate(cancel, NULL);
	errno = saved;
}
