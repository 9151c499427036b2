/* SPDX-License-Identifier: MIT */
/* The metrics file: written beside its place and renamed, so that readers find whole ones. */
#ifndef DAEMON_METRICS_FILE_H
#define DAEMON_METRICS_FILE_H

#include <stdbool.h>

#include "src/daemon/machine.h"

/* @failed: the last write failed, and that was logged. */
struct metrics_file {
	bool failed;
};

/**
 * metrics_file_write() - write all of @m's metrics
 *
 * A failure (a full disk) is logged once until one succeeds; the file of before stays. A @path that is a device is written directly.
 */
void metrics_file_write(struct metrics_file *f, const char *path, const struct machine *m, uint64_t now_ns);

#endif
