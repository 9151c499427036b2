/* SPDX-License-Identifier: MIT */
/*
 * kfdsim: runs a program on a machine with simulated GPUs. Checks its options, puts the preload library and its settings into
 * the environment, and becomes the program.
 */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/device/device.h"
#include "sim/preload/plan_options.h"

#define LIBRARY "libkfdsim.so"

/* libc looks for it, so it must not be hidden. */
__attribute__((visibility("default"))) const char *argp_program_version = "kfdsim (" PACKAGE_STRING ")";

struct settings {
	char *names[SIM_MAX_GPUS]; /* of devices, as given */
	unsigned name_count;
	unsigned gpus;             /* 0: one per name */
	char stats[PATH_MAX];
	uint32_t kfd_minor;
	const char *log;
	const char *machine;
	bool private;
	char costs[1024]; /* KEY=VALUE, separated by commas */
	char **command;
};

enum { KEY_DEVICE = 'd', KEY_GPUS = 'n', KEY_STATS = 's', KEY_KFD = 'k', KEY_LOG = 'l', KEY_MACHINE = 'm',
	KEY_PRIVATE = 'p', KEY_COST = 'c' };

static const struct argp_option options[] = {
	{"device", KEY_DEVICE, "NAME|FILE", 0,
		"the GPU to simulate: gfx90a (default), gfx906, gfx942, gfx942-mi308x, or a description file; several, "
		"separated by commas or given repeatedly, make a machine of several GPUs", 0},
	{"gpus", KEY_GPUS, "N", 0, "N GPUs of one kind", 0},
	{"kfd-version", KEY_KFD, "1.N", 0, "version of the simulated driver, 1.5 to 1.23 (default: 1.17)", 0},
	{"machine", KEY_MACHINE, "NAME", 0,
		"programs of one user that name the same machine, with the same GPUs, share these (default: \"default\")", 0},
	{"private", KEY_PRIVATE, NULL, 0, "a machine for PROGRAM and its children alone", 0},
	{"cost", KEY_COST, "KEY=VALUE", 0,
		"change what scheduling costs on every GPU: scheduler, cp_queues, quantum_ms, cycle_us, grace_kclk and others; see "
		"the description file", 0},
	{"stats", KEY_STATS, "FILE", 0,
		"write counters as JSON when the program ends; %p in FILE is replaced by the process id, and only then "
		"do its children write theirs", 0},
	{"log", KEY_LOG, "LEVEL", 0, "error, warning (default), info or debug; to standard error", 0},
	{0},
};

static void add_names(struct argp_state *state, struct settings *s, char *list)
{
	for (char *name = strtok(list, ","); name; name = strtok(NULL, ",")) {
		if (s->name_count == SIM_MAX_GPUS)
			argp_error(state, "--device: at most %d GPUs", SIM_MAX_GPUS);
		else
			s->names[s->name_count++] = name;
	}
}

static void set_stats(struct argp_state *state, struct settings *s, const char *arg)
{
	char cwd[PATH_MAX] = "";

	/* The program may change its directory. */
	if (*arg != '/' && !getcwd(cwd, sizeof(cwd)))
		argp_error(state, "--stats: cannot tell the current directory: %s", strerror(errno));
	if (!*arg || snprintf(s->stats, sizeof(s->stats), "%s%s%s", cwd, *cwd ? "/" : "", arg) >= PATH_MAX)
		argp_error(state, "--stats=%s: must be the name of a file", arg);
}

static void add_cost(struct argp_state *state, struct settings *s, const char *arg)
{
	size_t used = strlen(s->costs);
	struct sim_device any;
	char error[512];

	if (sim_device_cost(&any, arg, error, sizeof(error)))
		argp_error(state, "--cost: %s", error);
	if (strchr(arg, ',') || snprintf(s->costs + used, sizeof(s->costs) - used, "%s%s", used ? "," : "", arg) >=
			(int)(sizeof(s->costs) - used))
		argp_error(state, "--cost: too many");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const levels[] = {"error", "warning", "info", "debug"};
	struct settings *s = state->input;
	char error[256], *end;
	unsigned long n;

	switch (key) {
	case KEY_DEVICE:
		add_names(state, s, arg);
		return 0;
	case KEY_GPUS:
		n = strtoul(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end || n < 1 || n > SIM_MAX_GPUS)
			argp_error(state, "--gpus=%s: must be a number from 1 to %d", arg, SIM_MAX_GPUS);
		s->gpus = (unsigned)n;
		return 0;
	case KEY_MACHINE:
		if (!sim_machine_name_ok(arg))
			argp_error(state, "--machine=%s: must be 1 to 40 letters, digits, or one of -_.", arg);
		s->machine = arg;
		return 0;
	case KEY_PRIVATE:
		s->private = true;
		return 0;
	case KEY_COST:
		add_cost(state, s, arg);
		return 0;
	case KEY_STATS:
		set_stats(state, s, arg);
		return 0;
	case KEY_KFD:
		if (sim_kfd_version_parse(arg, &s->kfd_minor, error, sizeof(error)))
			argp_error(state, "--kfd-version: %s", error);
		return 0;
	case KEY_LOG:
		for (unsigned i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
			if (!strcmp(arg, levels[i]))
				s->log = levels[i];
		if (!s->log || strcmp(arg, s->log))
			argp_error(state, "--log=%s: must be error, warning, info or debug", arg);
		return 0;
	case ARGP_KEY_ARG:
		/* The program's own options are not ours. */
		s->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!s->command)
			argp_error(state, "no program to run");
		if (s->private && s->machine)
			argp_error(state, "--private and --machine exclude each other");
		if (s->gpus && s->name_count > 1)
			argp_error(state, "--gpus is for one kind of GPU, but --device names %u", s->name_count);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {{.argp = &plan_options}, {0}};

static const struct argp parser = {options, parse, "[--] PROGRAM [ARGUMENT...]",
	"Run PROGRAM on a machine with simulated AMD GPUs."
	"\vPROGRAM and its children find the simulated GPUs through ROCr and HIP as they would find real ones; real ones stay out "
	"of their sight. See kfdsim(1).",
	children, NULL, NULL};

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

/* Find the library and the devices: beside a program that was not installed, else where they are installed. */
static int find_parts(char library[PATH_MAX], char devices[PATH_MAX])
{
	char dir[PATH_MAX];

	program_dir(dir);
	if (snprintf(library, PATH_MAX, "%s/.libs/%s", dir, LIBRARY) < PATH_MAX && !access(library, R_OK) &&
		snprintf(devices, PATH_MAX, "%s/sim/devices", dir) < PATH_MAX)
		return 0;
	snprintf(library, PATH_MAX, "%s/%s", SIM_LIBRARY_DIR, LIBRARY);
	snprintf(devices, PATH_MAX, "%s", SIM_DEVICE_DIR);
	if (!access(library, R_OK))
		return 0;
	fprintf(stderr, "kfdsim: %s is neither in %s nor in %s/.libs: install it with \"make install\"\n", LIBRARY,
		SIM_LIBRARY_DIR, dir);
	return -1;
}

/* Append to a list of at most PATH_MAX * SIM_MAX_GPUS characters. */
static int list_add(char *list, size_t bytes, const char *separator, const char *item)
{
	size_t used = strlen(list);

	return snprintf(list + used, bytes - used, "%s%s", used ? separator : "", item) < (int)(bytes - used) ? 0 : -1;
}

static int set_devices(const struct settings *s, const char *dir)
{
	static char list[PATH_MAX * SIM_MAX_GPUS];
	unsigned count = s->gpus ? s->gpus : s->name_count ? s->name_count : 1;
	struct sim_device device;
	char path[PATH_MAX], error[1024];

	for (unsigned i = 0; i < count; i++) {
		const char *name = !s->name_count ? SIM_DEFAULT_DEVICE :
			s->names[s->name_count == 1 ? 0 : i];

		if (sim_device_find(name, dir, path, sizeof(path), error, sizeof(error)) ||
			sim_device_load(path, &device, error, sizeof(error))) {
			fprintf(stderr, "kfdsim: --device: %s\n", error);
			return -1;
		}
		if (strchr(path, ',') || list_add(list, sizeof(list), ",", path)) {
			fprintf(stderr, "kfdsim: --device: %s: the path must have no comma and be shorter\n", path);
			return -1;
		}
	}
	return setenv(SIM_ENV_DEVICES, list, 1);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* A sanitizer's runtime must come before everything else; this program is linked with it. */
static int sanitizer_runtime(char path[PATH_MAX])
{
	char line[PATH_MAX + 128];
	FILE *f = fopen("/proc/self/maps", "re");
	int r = -1;

	while (f && r && fgets(line, sizeof(line), f)) {
		char *at = strchr(line, '/');

		if (!at || !(strstr(at, "libasan.so") || strstr(at, "libtsan.so") || strstr(at, "libclang_rt.")))
			continue;
		at[strcspn(at, "\n")] = 0;
		snprintf(path, PATH_MAX, "%.*s", PATH_MAX - 1, at);
		r = 0;
	}
	if (f)
		fclose(f);
	if (r)
		fprintf(stderr, "kfdsim: built with a sanitizer whose runtime is static: programs cannot be given it; "
			"build with gcc, or with clang -shared-libsan\n");
	/* The programs that run here were not built to be searched for leaks. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 0);
	return r;
}
#else
static int sanitizer_runtime(char path[PATH_MAX])
{
	path[0] = 0;
	return 0;
}
#endif

/* LD_PRELOAD: a sanitizer's runtime, what was there already, the simulator. Others come first so that they see its calls. */
static int set_preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char runtime[PATH_MAX];
	char *list;

	if (sanitizer_runtime(runtime))
		return -1;
	size_t bytes = strlen(runtime) + strlen(library) + (old ? strlen(old) : 0) + 3;
	list = calloc(1, bytes);
	if (!list)
		return -1;
	if (*runtime)
		list_add(list, bytes, ":", runtime);
	if (old && *old)
		list_add(list, bytes, ":", old);
	if (!old || !strstr(old, library))
		list_add(list, bytes, ":", library);
	int r = setenv("LD_PRELOAD", list, 1);
	free(list);
	return r;
}

static int set_machine(const struct settings *s)
{
	struct timespec now;
	char text[64];

	/* The process's number may be another's while children of the program still run, or the same in another container. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	if (s->private)
		snprintf(text, sizeof(text), "private-%d-%llx", (int)getpid(),
			(unsigned long long)now.tv_sec * 1000000000 + (unsigned long long)now.tv_nsec);
	else
		snprintf(text, sizeof(text), "%s", s->machine ? s->machine : "");
	return *text ? setenv(SIM_ENV_MACHINE, text, 1) : 0;
}

static int set_environment(const struct settings *s, const char *library, const char *devices)
{
	char text[32];

	if (set_devices(s, devices) || set_preload(library) || set_machine(s) ||
		(*s->costs && setenv(SIM_ENV_COSTS, s->costs, 1)))
		return -1;
	snprintf(text, sizeof(text), "1.%u", s->kfd_minor);
	if (setenv(SIM_ENV_KFD_VERSION, text, 1) || (s->log && setenv(SIM_ENV_LOG, s->log, 1)))
		return -1;
	if (!*s->stats)
		return 0;
	snprintf(text, sizeof(text), "%d", (int)getpid());
	return setenv(SIM_ENV_STATS, s->stats, 1) || setenv(SIM_ENV_STATS_PID, text, 1) ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct settings s = {.kfd_minor = SIM_DEFAULT_KFD_MINOR};
	char library[PATH_MAX], devices[PATH_MAX];

	argp_err_exit_status = 2;
	if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &s))
		return 2;
	if (find_parts(library, devices) || set_environment(&s, library, devices))
		return 2;
	execvp(s.command[0], s.command);
	fprintf(stderr, "kfdsim: %s: %s\n", s.command[0], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
