/* SPDX-License-Identifier: MIT */
/* Checks of the tool library, the program and how the one comes into the other; see doctor.h. */
#include "src/cli/doctor.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "src/cli/elf_look.h"

#define USE_RUN "start the program with \"xschedctl run\""

void doctor_library(const struct doctor *d, struct doctor_finding *f)
{
	struct elf_look look;

	if (!*d->library) {
		doctor_bad(f, DOCTOR_PROBLEM, "install xsched-hsa, or name the library with --library", "%s", d->library_error);
		return;
	}
	int r = elf_look(d->system, d->library, &look);
	if (r)
		doctor_bad(f, DOCTOR_PROBLEM, "install xsched-hsa again, or name the library with --library", "%s: %s", d->library,
			strerror(-r));
	else if (look.kind != ELF_LOOK_ELF || !look.library)
		doctor_bad(f, DOCTOR_PROBLEM, "install xsched-hsa again, or name the library with --library",
			"%s is no shared library", d->library);
	else if (look.bits != 64 || look.machine != EM_X86_64)
		doctor_bad(f, DOCTOR_PROBLEM, "install xsched-hsa for x86-64", "%s is for %s, %u bits, but ROCm is for x86-64",
			d->library, elf_machine_name(look.machine), look.bits);
	else
		doctor_ok(f, "%s", d->library);
}

/* A script is as good as its interpreter. Return: 0 and what is executed at last. */
static int look_through(const struct doctor *d, char path[PATH_MAX], struct elf_look *look)
{
	for (int depth = 0; depth < 4; depth++) {
		int r = elf_look(d->system, path, look);

		if (r || look->kind != ELF_LOOK_SCRIPT)
			return r;
		/* A name without a folder, of "#!/usr/bin/env NAME", is one of PATH. */
		if (look->interpreter[0] != '/')
			return -ENOENT;
		strcpy(path, look->interpreter);
	}
	return -ELOOP;
}

void doctor_program(const struct doctor *d, struct doctor_finding *f)
{
	char path[PATH_MAX], first[PATH_MAX];
	struct elf_look look;

	if (*d->program)
		snprintf(path, sizeof(path), "%s", d->program);
	else if (d->pid)
		snprintf(path, sizeof(path), "/proc/%d/exe", (int)d->pid);
	else
		return;
	strcpy(first, path);
	int r = look_through(d, path, &look);
	if (r == -EACCES || r == -EPERM)
		doctor_bad(f, DOCTOR_WARNING, "look as the program's user, or as root", "%s: %s", path, strerror(-r));
	else if (r == -ENOENT && look.kind == ELF_LOOK_SCRIPT && strcmp(first, path))
		doctor_bad(f, DOCTOR_PROBLEM, "install the interpreter that its first line names", "%s: %s is missing", first, path);
	else if (r == -ENOENT && look.kind == ELF_LOOK_SCRIPT)
		doctor_ok(f, "%s is a script of %s", first, look.interpreter);
	else if (r)
		doctor_bad(f, DOCTOR_PROBLEM, "name a program that can be run", "%s: %s", path, strerror(-r));
	else if (look.kind == ELF_LOOK_OTHER)
		doctor_bad(f, DOCTOR_WARNING, "name a program, or a script with #! in its first line",
			"%s is neither a program nor a script", path);
	else if (look.bits != 64 || look.machine != EM_X86_64)
		doctor_bad(f, DOCTOR_PROBLEM, "use a program for x86-64: there is no ROCm for others", "%s is for %s, %u bits", path,
			elf_machine_name(look.machine), look.bits);
	else if (!look.loader)
		doctor_bad(f, DOCTOR_PROBLEM, "link it dynamically: no library can be loaded into it", "%s is statically linked", path);
	else
		doctor_ok(f, "%s", path);
}

/* Return: whether the kernel said that the process has other rights than who started it; -1 if it cannot be told. */
static int is_secure(const struct doctor *d)
{
	Elf64_auxv_t entries[64];
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)d->pid);
	n = system_read_start(d->system, path, entries, sizeof(entries));
	for (int i = 0; i < n / (int)sizeof(entries[0]); i++)
		if (entries[i].a_type == AT_SECURE)
			return entries[i].a_un.a_val != 0;
	return -1;
}

void doctor_secure(const struct doctor *d, struct doctor_finding *f)
{
	static const char advice[] = "remove its set-user-ID or set-group-ID bit, or its file capabilities: LD_PRELOAD and "
		"XSCHED_HSA_SOCKET do not count in it";
	struct stat st;

	if (*d->program && !system_stat(d->system, d->program, &st) && st.st_mode & (S_ISUID | S_ISGID))
		doctor_bad(f, DOCTOR_PROBLEM, advice, "%s runs with the rights of its owner", d->program);
	else if (d->pid && is_secure(d) == 1)
		doctor_bad(f, DOCTOR_PROBLEM, advice, "process %d has other rights than who started it", (int)d->pid);
	else if (*d->program || (d->pid && !is_secure(d)))
		doctor_ok(f, "it runs with the rights of who starts it");
}

void doctor_switch(const struct doctor *d, struct doctor_finding *f)
{
	const char *value = doctor_env(d, "XSCHED_HSA");

	if (value && !strcasecmp(value, "off"))
		doctor_bad(f, DOCTOR_PROBLEM, "unset XSCHED_HSA, or set it to on", "XSCHED_HSA=%s", value);
}

/* The environment of a process that may not be read looks like an empty one. */
static bool environ_hidden(const struct doctor *d)
{
	return d->pid && !d->environ;
}

/* As the process sees it; what cannot be told is not missing. */
static bool is_missing(const struct doctor *d, const char *file)
{
	struct stat st;

	return d->system->stat_as(d->system, d->pid, file, &st) == -ENOENT;
}

struct list_look {
	bool ours, missing;
	char first_missing[PATH_MAX];
	char our_path[PATH_MAX];
	unsigned count;
};

static struct list_look look_list(const struct doctor *d, const char *list, const char *(*next)(const char *, char *))
{
	struct list_look look = {0};
	char path[PATH_MAX];

	while (list && (list = next(list, path))) {
		look.count++;
		if (launch_is_library(path)) {
			look.ours = true;
			strcpy(look.our_path, path);
		}
		/* Names without folders are found by the loader's rules. */
		if (*path == '/' && !look.missing && is_missing(d, path)) {
			look.missing = true;
			strcpy(look.first_missing, path);
		}
	}
	return look;
}

void doctor_tools(const struct doctor *d, struct doctor_finding *f)
{
	const char *value = doctor_env(d, "HSA_TOOLS_LIB"), *preload = doctor_env(d, "LD_PRELOAD");
	struct list_look look = look_list(d, value, launch_tools_next);

	if (environ_hidden(d))
		return;
	if (value && strchr(value, ':') && look.missing)
		doctor_bad(f, DOCTOR_PROBLEM, "separate libraries with spaces: a colon is part of a name there", "HSA_TOOLS_LIB=%s",
			value);
	else if (look.missing)
		doctor_bad(f, DOCTOR_PROBLEM,
			launch_is_library(look.first_missing) ? "name the library where it is, or " USE_RUN :
								"remove it: the list is all or nothing to some runtimes",
			"%s in HSA_TOOLS_LIB does not exist%s", look.first_missing, d->pid ? " for the process" : "");
	else if (look.ours && *look.our_path != '/')
		doctor_bad(f, DOCTOR_WARNING, "give an absolute path, or " USE_RUN,
			"HSA_TOOLS_LIB names %s without a folder: it is found only where the loader looks", look.our_path);
	else if (look.ours)
		doctor_ok(f, "it names %s", look.our_path);
	else if (!d->pid && !look.count)
		return; /* run sets it */
	else if (!d->pid)
		doctor_ok(f, "it names other tools; \"xschedctl run\" adds the library to them");
	else if (look_list(d, preload, launch_preload_next).ours)
		doctor_bad(f, DOCTOR_WARNING, USE_RUN, "it does not name %s; ROCr before 5.3 does not look at LD_PRELOAD",
			LAUNCH_LIBRARY);
	else
		doctor_bad(f, DOCTOR_PROBLEM, USE_RUN, value ? "it names other tools, and not %s" : "it is not set, so no "
			"%s is loaded", LAUNCH_LIBRARY);
}

void doctor_preload(const struct doctor *d, struct doctor_finding *f)
{
	struct list_look look = look_list(d, doctor_env(d, "LD_PRELOAD"), launch_preload_next);

	if (environ_hidden(d))
		return;
	if (look.missing)
		doctor_bad(f, DOCTOR_PROBLEM, "name libraries where they are; in a container, mount them",
			"%s in LD_PRELOAD does not exist%s", look.first_missing, d->pid ? " for the process" : "");
	else if (look.ours)
		doctor_ok(f, "it names %s", look.our_path);
	else if (d->pid)
		doctor_bad(f, DOCTOR_WARNING, USE_RUN ", which preloads it",
			"it does not name %s; frameworks that overwrite HSA_TOOLS_LIB (PyTorch) then lose it", LAUNCH_LIBRARY);
}

/* As ROCr reads it. */
static bool is_on(const char *value)
{
	static const char *const off[] = {"0", "off", "false", "no", "n", "f"};

	for (size_t i = 0; value && i < sizeof(off) / sizeof(off[0]); i++)
		if (!strcasecmp(value, off[i]))
			return false;
	return value && *value;
}

/* What makes rocprofiler-register take over; NULL: nothing that can be seen. */
static const char *register_cause(const struct doctor *d)
{
	static const char *const variables[] = {
		"ROCP_TOOL_LIBRARIES", "ROCPROFILER_REGISTER_LIBRARY", "ROCPROFILER_REGISTER_FORCE_LOAD"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (is_on(doctor_env(d, variables[i])))
			return variables[i];
	return doctor_mapped(d, "librocprofiler-sdk", path) ? "librocprofiler-sdk" : NULL;
}

void doctor_register(const struct doctor *d, struct doctor_finding *f)
{
	const char *v1 = doctor_env(d, "HSA_TOOLS_ROCPROFILER_V1_TOOLS"), *cause = register_cause(d);
	bool ours = is_on(v1) || is_on(doctor_env(d, "HSA_TOOLS_DISABLE_REGISTER"));
	static const char advice[] = "set HSA_TOOLS_ROCPROFILER_V1_TOOLS=1, as \"xschedctl run\" does";
	char path[PATH_MAX];

	if (environ_hidden(d))
		return;
	if (cause && !ours && (d->pid || v1))
		doctor_bad(f, DOCTOR_PROBLEM, advice,
			"%s makes rocprofiler-register take precedence: ROCr 6.1 and later then ignore HSA_TOOLS_LIB", cause);
	else if (d->pid && !ours && doctor_mapped(d, "librocprofiler-register", path))
		doctor_bad(f, DOCTOR_WARNING, advice,
			"rocprofiler-register is loaded, and takes precedence if it finds a tool of its own (as in PyTorch)");
	else if (cause)
		doctor_ok(f, "%s is there, and tools of HSA_TOOLS_LIB are loaded too", cause);
}

void doctor_rocr(const struct doctor *d, struct doctor_finding *f)
{
	char path[PATH_MAX];

	if (!d->maps)
		return;
	unsigned count = doctor_mapped(d, "libhsa-runtime64.so", path);
	if (!count)
		doctor_bad(f, DOCTOR_PROBLEM, "wait until it uses the GPU; if it does, it does so without ROCr, or with a copy linked "
			"statically", "process %d has not loaded libhsa-runtime64", (int)d->pid);
	else if (count > 1)
		doctor_bad(f, DOCTOR_WARNING, "leave one of them (see LD_LIBRARY_PATH, and libraries that a Python package brings)",
			"%u different libhsa-runtime64 are loaded; the first is %s", count, path);
	else
		doctor_ok(f, "%s", path);
}

void doctor_loaded(const struct doctor *d, struct doctor_finding *f)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];

	if (!d->pid)
		return;
	if (!d->maps) {
		doctor_bad(f, DOCTOR_PROBLEM, "look as the process's user, or as root", "process %d may not be looked into: %s",
			(int)d->pid, strerror(d->maps_error));
		return;
	}
	if (!doctor_mapped(d, LAUNCH_LIBRARY, path)) {
		doctor_bad(f, DOCTOR_PROBLEM, USE_RUN, "process %d has not loaded %s", (int)d->pid, LAUNCH_LIBRARY);
		return;
	}
	char *end = path + strlen(path) - strlen(deleted);
	if (end > path && !strcmp(end, deleted)) {
		*end = 0;
		doctor_bad(f, DOCTOR_WARNING, "restart the program", "process %d uses a %s that was replaced since", (int)d->pid, path);
	} else {
		doctor_ok(f, "%s", path);
	}
}
