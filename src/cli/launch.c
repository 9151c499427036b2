/* SPDX-License-Identifier: MIT */
/* The launch environment and the places where the tool library is looked for; see launch.h. */
#include "src/cli/launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
	KIND_TOOLS,   /* a list of names, separated by spaces; the last is next to the program */
	KIND_PRELOAD, /* a list of names, separated by colons; the first is found first */
	KIND_PRESET,  /* a value unless there is one */
};

static const struct row {
	const char *name;
	enum kind kind;
	const char *value;
} rows[] = {
	{"HSA_TOOLS_LIB", KIND_TOOLS, NULL},
	/* ROCr from 5.3 on takes a library that is loaded already for a tool by a symbol of it. Some frameworks overwrite
	 * HSA_TOOLS_LIB in their own process, which does not undo this. */
	{"LD_PRELOAD", KIND_PRELOAD, NULL},
	/* ROCr from 6.1 on asks no tool of HSA_TOOLS_LIB where rocprofiler-register has found one of its own. */
	{"HSA_TOOLS_ROCPROFILER_V1_TOOLS", KIND_PRESET, "1"},
	{"HSA_TOOLS_REPORT_LOAD_FAILURE", KIND_PRESET, "1"},
	/* Taking scratch memory back stops and restarts queues behind the tool's back. */
	{"HSA_ENABLE_SCRATCH_ASYNC_RECLAIM", KIND_PRESET, "0"},
	/* Rings in the GPU's memory are slow to read for the CPU. */
	{"HSA_ALLOCATE_QUEUE_DEV_MEM", KIND_PRESET, "0"},
	{"DEBUG_CLR_AQL_DEV_QUEUE", KIND_PRESET, "0"},
};

int launch_plan_set(struct launch_plan *plan, const char *name, const char *value)
{
	if (plan->count == LAUNCH_VARIABLES)
		return -ENOSPC;
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	plan->variables[plan->count++] = (struct launch_variable){name, copy};
	return 0;
}

void launch_plan_fini(struct launch_plan *plan)
{
	while (plan->count)
		free(plan->variables[--plan->count].value);
}

const char *launch_tools_next(const char *text, char path[PATH_MAX])
{
	size_t n = 0;
	bool quoted = false;

	while (*text == ' ')
		text++;
	if (!*text)
		return NULL;
	for (; *text && (quoted || *text != ' '); text++) {
		if (*text == '"') {
			quoted = !quoted;
			continue;
		}
		if (*text == '\\' && text[1])
			text++;
		if (n < PATH_MAX - 1)
			path[n++] = *text;
	}
	path[n] = 0;
	return text;
}

const char *launch_preload_next(const char *text, char path[PATH_MAX])
{
	text += strspn(text, " :");
	size_t n = strcspn(text, " :");

	if (!n)
		return NULL;
	snprintf(path, PATH_MAX, "%.*s", (int)n, text);
	return text + n;
}

bool launch_is_library(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, LAUNCH_LIBRARY);
}

static bool list_has(const char *list, const char *library, const char *(*next)(const char *, char *))
{
	char path[PATH_MAX];

	while (list && (list = next(list, path)))
		if (!strcmp(path, library))
			return true;
	return false;
}

/* A space in a name of HSA_TOOLS_LIB is kept by quoting the name. */
static int tools_quote(const char *path, char *quoted, size_t size)
{
	size_t n = 0;

	if (!strpbrk(path, " \"\\"))
		return snprintf(quoted, size, "%s", path) < (int)size ? 0 : -EINVAL;
	for (quoted[n++] = '"'; *path; path++) {
		if (n + 4 > size)
			return -EINVAL;
		if (*path == '"' || *path == '\\')
			quoted[n++] = '\\';
		quoted[n++] = *path;
	}
	quoted[n++] = '"';
	quoted[n] = 0;
	return 0;
}

static int plan_join(struct launch_plan *plan, const char *name, const char *first, const char *separator, const char *second)
{
	char *joined = NULL;

	if (asprintf(&joined, "%s%s%s", first, *first && *second ? separator : "", second) < 0)
		return -ENOMEM;
	int r = launch_plan_set(plan, name, joined);
	free(joined);
	return r;
}

static int plan_tools(struct launch_plan *plan, const char *name, const char *old, const char *library)
{
	char quoted[2 * PATH_MAX];

	if (list_has(old, library, launch_tools_next))
		return 0;
	int r = tools_quote(library, quoted, sizeof(quoted));
	return r ? r : plan_join(plan, name, old ? old : "", " ", quoted);
}

static int plan_preload(struct launch_plan *plan, const char *name, const char *old, const char *library)
{
	if (list_has(old, library, launch_preload_next))
		return 0;
	return plan_join(plan, name, library, ":", old ? old : "");
}

int launch_plan_library(struct launch_plan *plan, const char *library, launch_getenv_fn get, void *ctx, char *error, size_t size)
{
	int r = 0;

	if (strpbrk(library, " :")) {
		snprintf(error, size, "%s: LD_PRELOAD cannot name a path with a space or a colon; give another with --library",
			library);
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !r; i++) {
		const char *old = get(ctx, rows[i].name);

		if (rows[i].kind == KIND_TOOLS)
			r = plan_tools(plan, rows[i].name, old, library);
		else if (rows[i].kind == KIND_PRELOAD)
			r = plan_preload(plan, rows[i].name, old, library);
		else if (!old)
			r = launch_plan_set(plan, rows[i].name, rows[i].value);
	}
	if (r)
		snprintf(error, size, "%s: %s", library, strerror(-r));
	return r;
}

/* The directory of this program, without the .libs that libtool puts it into. */
static void program_dir(char dir[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);

	dir[n > 0 ? n : 0] = 0;
	char *slash = strrchr(dir, '/');
	if (slash)
		*slash = 0;
	slash = strrchr(dir, '/');
	if (slash && !strcmp(slash, "/.libs"))
		*slash = 0;
}

int launch_find_library(const char *given, char path[PATH_MAX], char *error, size_t size)
{
	const char *from = "--library";
	char dir[PATH_MAX];

	if (!given) {
		from = "XSCHEDCTL_LIBRARY";
		given = getenv(from);
	}
	if (given) {
		/* The program may change its directory. */
		if (!realpath(given, path) || access(path, R_OK)) {
			int r = -errno;

			snprintf(error, size, "%s=%s: must be the path of %s: %s", from, given, LAUNCH_LIBRARY, strerror(errno));
			return r;
		}
		return 0;
	}
	program_dir(dir);
	if (snprintf(path, PATH_MAX, "%s/.libs/%s", dir, LAUNCH_LIBRARY) < PATH_MAX && !access(path, R_OK))
		return 0;
	snprintf(path, PATH_MAX, "%s/%s", CLI_LIBDIR, LAUNCH_LIBRARY);
	if (!access(path, R_OK))
		return 0;
	snprintf(error, size, "%s is neither in %s nor in %s/.libs; install it, or name it with --library", LAUNCH_LIBRARY,
		CLI_LIBDIR, dir);
	return -ENOENT;
}
