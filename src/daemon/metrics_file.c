/* SPDX-License-Identifier: MIT */
/* The metrics file; see metrics_file.h. */
#include "src/daemon/metrics_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/daemon/dlog.h"

static int write_to(const char *name, const struct machine *m, uint64_t now_ns)
{
	FILE *file = fopen(name, "we");

	if (!file)
		return -errno;
	machine_metrics_write(m, file, now_ns);
	int bad = ferror(file);
	errno = 0;
	if (fclose(file) || bad)
		return errno ? -errno : -EIO;
	return 0;
}

static int write_beside(const char *path, const struct machine *m, uint64_t now_ns)
{
	char name[PATH_MAX];
	int rc;

	if ((size_t)snprintf(name, sizeof(name), "%s.tmp", path) >= sizeof(name))
		return -ENAMETOOLONG;
	rc = write_to(name, m, now_ns);
	if (!rc && rename(name, path))
		rc = -errno;
	if (rc)
		unlink(name);
	return rc;
}

void metrics_file_write(struct metrics_file *f, const char *path, const struct machine *m, uint64_t now_ns)
{
	struct stat there;
	bool device = !stat(path, &there) && !S_ISREG(there.st_mode);
	int rc = device ? write_to(path, m, now_ns) : write_beside(path, m, now_ns);

	if (rc && !f->failed)
		dlog_warning("%s: metrics cannot be written: %s", path, strerror(-rc));
	if (!rc && f->failed)
		dlog_info("%s: metrics are written again", path);
	f->failed = rc != 0;
}
