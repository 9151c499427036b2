/* SPDX-License-Identifier: MIT */
/* The counters of this process, and their file; see stats.h. */
#include "sim/common/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sim_stats sim_stats;

static json_int_t value_of(_Atomic uint64_t *counter)
{
	/* Relaxed: whoever still counts while the process ends may be missed. */
	return (json_int_t)atomic_load_explicit(counter, memory_order_relaxed);
}

/* Put @n at "a.b": into object b of @root's member a, which is made if need be. */
static int put(json_t *root, const char *name, json_int_t n)
{
	const char *dot = strchr(name, '.');
	char group[32];

	if (!dot)
		return json_object_set_new(root, name, json_integer(n));
	snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
	json_t *inner = json_object_get(root, group);
	if (!inner) {
		inner = json_object();
		if (json_object_set_new(root, group, inner))
			return -1;
	}
	return json_object_set_new(inner, dot + 1, json_integer(n));
}

static json_t *build(const char *(*ioctl_name)(uint32_t nr))
{
	json_t *root = json_object(), *ioctls = json_object();
	int failed = 0;

#define PUT(name, member) failed |= put(root, name, value_of(&sim_stats.member));
	SIM_STATS(PUT)
#undef PUT
	for (uint32_t nr = 0; nr < 256; nr++) {
		json_int_t calls = value_of(&sim_stats.ioctls[nr]);
		const char *name = ioctl_name(nr);
		char number[8];

		if (!calls)
			continue;
		snprintf(number, sizeof(number), "0x%02x", nr);
		failed |= json_object_set_new(ioctls, name ? name : number,
			json_pack("{s:I, s:I}", "calls", calls, "errors", value_of(&sim_stats.ioctl_errors[nr])));
	}
	failed |= json_object_set_new(root, "ioctls", ioctls);
	if (failed) {
		json_decref(root);
		return NULL;
	}
	return root;
}

int sim_stats_write(const char *path, const char *(*ioctl_name)(uint32_t nr))
{
	const char *at = strstr(path, "%p");
	char name[4096];
	int n, r = 0;

	if (at)
		n = snprintf(name, sizeof(name), "%.*s%d%s", (int)(at - path), path, (int)getpid(), at + 2);
	else
		n = snprintf(name, sizeof(name), "%s", path);
	if (n < 0 || (size_t)n >= sizeof(name))
		return -ENAMETOOLONG;
	json_t *root = build(ioctl_name);
	if (!root)
		return -ENOMEM;
	FILE *f = fopen(name, "we");
	if (!f) {
		r = -errno;
	} else {
		if (json_dumpf(root, f, JSON_INDENT(2)) || fputc('\n', f) == EOF)
			r = -EIO;
		if (fclose(f))
			r = -errno;
	}
	json_decref(root);
	return r;
}
