/* SPDX-License-Identifier: MIT */
/* The daemon's messages; see dlog.h. */
#include "src/daemon/dlog.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum dlog_level shown = DLOG_INFO;

void dlog_level_set(enum dlog_level level)
{
	shown = level;
}

void dlog_write(enum dlog_level level, const char *format, ...)
{
	static const struct {
		const char *name, *journal; /* sd-daemon(3): SD_ERR and so on */
	} levels[] = {{"error: ", "<3>"}, {"warning: ", "<4>"}, {"", "<6>"}, {"debug: ", "<7>"}};
	char line[512];
	va_list args;

	if (level > shown)
		return;
	int saved = errno;
	int used = snprintf(line, sizeof(line), "%sxschedd: %s", getenv("JOURNAL_STREAM") ? levels[level].journal : "",
		levels[level].name);

	va_start(args, format);
	int more = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
	va_end(args);
	if (more > 0) {
		used += more;
		if (used > (int)sizeof(line) - 2)
			used = sizeof(line) - 2;
		line[used++] = '\n';
		/* Where standard error cannot be written there is nobody to tell. */
		if (write(STDERR_FILENO, line, (size_t)used) < 0)
			used = 0;
	}
	errno = saved;
}
