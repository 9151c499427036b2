/* SPDX-License-Identifier: MIT */
/* The table of checks, and what they share; see doctor.h. */
#include "src/cli/doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct doctor_check doctor_checks[] = {
	{"library", doctor_library},
	{"program", doctor_program},
	{"set-user-ID", doctor_secure},
	{"switched off", doctor_switch},
	{"HSA_TOOLS_LIB", doctor_tools},
	{"LD_PRELOAD", doctor_preload},
	{"rocprofiler", doctor_register},
	{"ROCr", doctor_rocr},
	{"loaded", doctor_loaded},
	{"/dev/kfd", doctor_kfd},
	{"render nodes", doctor_render},
	{"driver", doctor_driver},
	{"CWSR", doctor_cwsr},
	{"socket", doctor_socket},
	{"daemon", doctor_daemon},
	{"policy", doctor_policy},
	{"known there", doctor_client},
	{NULL, NULL},
};

void doctor_ok(struct doctor_finding *f, const char *format, ...)
{
	va_list args;

	f->verdict = DOCTOR_OK;
	va_start(args, format);
	vsnprintf(f->found, sizeof(f->found), format, args);
	va_end(args);
}

void doctor_bad(struct doctor_finding *f, enum doctor_verdict verdict, const char *advice, const char *format, ...)
{
	va_list args;

	f->verdict = verdict;
	snprintf(f->advice, sizeof(f->advice), "%s", advice);
	va_start(args, format);
	vsnprintf(f->found, sizeof(f->found), format, args);
	va_end(args);
}

const char *doctor_verdict_name(enum doctor_verdict verdict)
{
	static const char *const names[] = {"", "ok", "warning", "problem"};

	return names[verdict];
}

void doctor_run(const struct doctor *d, const struct doctor_check *check, struct doctor_finding *f)
{
	*f = (struct doctor_finding){.verdict = DOCTOR_NONE};
	check->run(d, f);
}

static const char *block_find(const char *block, size_t size, const char *name)
{
	size_t length = strlen(name);

	for (size_t at = 0; block && at < size; at += strlen(block + at) + 1)
		if (!strncmp(block + at, name, length) && block[at + length] == '=')
			return block + at + length + 1;
	return NULL;
}

const char *doctor_env(const struct doctor *d, const char *name)
{
	return d->pid ? block_find(d->environ, d->environ_size, name) : d->system->env(name);
}

/* The file of a line of /proc/PID/maps: what stands behind the fifth column. NULL: none. */
static const char *maps_file(const char *line, size_t length, size_t *file_length)
{
	const char *slash = memchr(line, '/', length);

	if (!slash)
		return NULL;
	*file_length = length - (size_t)(slash - line);
	return slash;
}

static bool name_begins(const char *path, const char *prefix)
{
	const char *name = strrchr(path, '/');

	return name && !strncmp(name + 1, prefix, strlen(prefix));
}

unsigned doctor_mapped(const struct doctor *d, const char *prefix, char path[PATH_MAX])
{
	char last[PATH_MAX] = "", file[PATH_MAX];
	unsigned count = 0;

	for (const char *line = d->maps; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t length = 0;
		const char *at = maps_file(line, strcspn(line, "\n"), &length);

		if (!at)
			continue;
		snprintf(file, sizeof(file), "%.*s", (int)length, at);
		/* The lines of one file stand together. */
		if (!name_begins(file, prefix) || !strcmp(file, last))
			continue;
		strcpy(last, file);
		if (!count++)
			strcpy(path, file);
	}
	return count;
}

bool doctor_in_container(const struct doctor *d)
{
	struct stat st;

	return !system_stat(d->system, "/.dockerenv", &st) || !system_stat(d->system, "/run/.containerenv", &st) ||
		d->system->env("KUBERNETES_SERVICE_HOST");
}

bool doctor_simulated(const struct doctor *d)
{
	const char *preload = doctor_env(d, "LD_PRELOAD");
	char path[PATH_MAX];

	return doctor_mapped(d, "libkfdsim.so", path) || (preload && strstr(preload, "libkfdsim.so"));
}

/* The program of a name without slashes is looked for as execvp(3) does. */
static int find_program(const struct system *s, const char *name, char path[PATH_MAX])
{
	const char *folders = s->env("PATH");

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return s->access(s, path, X_OK);
	}
	for (const char *p = folders ? folders : "/usr/bin:/bin"; *p; p += strcspn(p, ":"), p += *p == ':')
		if (snprintf(path, PATH_MAX, "%.*s/%s", (int)strcspn(p, ":"), p, name) < PATH_MAX && !s->access(s, path, X_OK))
			return 0;
	return -ENOENT;
}

/* The rules of ipc_socket_path(), for another process too. @pid: 0: us. */
static void find_socket(const struct system *s, pid_t pid, const char *given, const char *folder, char path[PATH_MAX])
{
	struct stat st;

	if (given && *given) {
		snprintf(path, PATH_MAX, "%s", given);
		return;
	}
	if (folder && *folder && snprintf(path, PATH_MAX, "%s/xsched/xschedd.sock", folder) < PATH_MAX &&
		!s->stat_as(s, pid, path, &st))
		return;
	snprintf(path, PATH_MAX, "/run/xsched/xschedd.sock");
}

static int read_process(struct doctor *d, char *error, size_t size)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)d->pid);
	if (system_stat(d->system, path, &st)) {
		snprintf(error, size, "%d: there is no such process", (int)d->pid);
		return -ESRCH;
	}
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)d->pid);
	d->environ = system_read(d->system, path, &d->environ_size);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)d->pid);
	d->maps = system_read(d->system, path, NULL);
	d->maps_error = d->maps ? 0 : errno;
	find_socket(d->system, d->pid, doctor_env(d, "XSCHED_HSA_SOCKET"), doctor_env(d, "XDG_RUNTIME_DIR"), d->socket_by_process);
	return 0;
}

int doctor_init(struct doctor *d, const struct system *system, pid_t pid, const char *program, const char *socket, char *error,
	size_t size)
{
	int r = 0;

	*d = (struct doctor){.system = system, .pid = pid};
	if (program && find_program(system, program, d->program)) {
		snprintf(error, size, "%s: there is no such program", program);
		return -ENOENT;
	}
	if (pid)
		r = read_process(d, error, size);
	if (r)
		return r;
	find_socket(system, 0, socket ? socket : system->env("XSCHED_HSA_SOCKET"), system->env("XDG_RUNTIME_DIR"), d->socket);
	system->daemon(system, d->socket, &d->answer);
	return 0;
}

void doctor_fini(struct doctor *d)
{
	free(d->environ);
	free(d->maps);
	snapshot_fini(&d->answer.list);
}
