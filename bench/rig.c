/* SPDX-License-Identifier: MIT */
/* What the benchmarks of scheduling share; see rig.h. */
#include "bench/rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hsa/hsa_ext_amd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "tests/int/tool/hsa_util.h"

#ifndef RIG_TOOL_PATH
#error "RIG_TOOL_PATH and RIG_KERNELS_PATH name what is measured, and with what"
#endif

static const char *tool_path = RIG_TOOL_PATH;

static void missing(const char *what)
{
	printf("skipped: %s\n", what);
	exit(77);
}

static hsa_status_t pick_region(hsa_region_t region, void *ctx)
{
	hsa_region_global_flag_t flags = 0;
	hsa_region_segment_t segment;

	hsa_region_get_info(region, HSA_REGION_INFO_SEGMENT, &segment);
	if (segment != HSA_REGION_SEGMENT_GLOBAL)
		return HSA_STATUS_SUCCESS;
	hsa_region_get_info(region, HSA_REGION_INFO_GLOBAL_FLAGS, &flags);
	if (!(flags & HSA_REGION_GLOBAL_FLAG_KERNARG) || !(flags & HSA_REGION_GLOBAL_FLAG_FINE_GRAINED))
		return HSA_STATUS_SUCCESS;
	*(hsa_region_t *)ctx = region;
	return HSA_STATUS_INFO_BREAK;
}

static hsa_status_t pick_in_agent(hsa_agent_t agent, void *ctx)
{
	return hsa_agent_iterate_regions(agent, pick_region, ctx);
}

static bool kernel_find(const struct rig *r, hsa_executable_t executable, const char *name, struct rig_kernel *k)
{
	hsa_executable_symbol_t symbol;

	return !hsa_executable_get_symbol_by_name(executable, name, &r->gpu, &symbol) &&
	       !hsa_executable_symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &k->object) &&
	       !hsa_executable_symbol_get_info(
		       symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_PRIVATE_SEGMENT_SIZE, &k->scratch_bytes);
}

static bool kernel_load(struct rig *r)
{
	hsa_code_object_reader_t reader;
	hsa_executable_t executable;
	int file = open(RIG_KERNELS_PATH, O_RDONLY | O_CLOEXEC);

	return file >= 0 && !hsa_code_object_reader_create_from_file(file, &reader) &&
	       !hsa_executable_create_alt(
		       HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, NULL, &executable) &&
	       !hsa_executable_load_agent_code_object(executable, r->gpu, reader, NULL, NULL) &&
	       !hsa_executable_freeze(executable, NULL) &&
	       kernel_find(r, executable, "spin.kd", &r->spin) && kernel_find(r, executable, "background.kd", &r->background) &&
	       kernel_find(r, executable, "foreground.kd", &r->foreground);
}

void rig_start(struct rig *r)
{
	uint64_t hz = 0;

	memset(r, 0, sizeof(*r));
	r->gpu = hsa_util_start();
	hsa_agent_get_info(r->gpu, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_COMPUTE_UNIT_COUNT, &r->cus);
	hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &hz);
	r->system_ns = 1e9 / (double)hz;
	/* The reference clock of every GFX9 GPU runs at 100 MHz. */
	r->tick_ns = 10;
	uint32_t waves = 0;
	hsa_agent_get_info(r->gpu, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_MAX_WAVES_PER_CU, &waves);
	if (!r->cus || !waves)
		missing("the GPU does not tell its size");
	/* 1024 work-items are the most in a group. */
	r->group_items = waves < 16 ? 64 * waves : 1024;
	r->groups = r->cus * waves * 64 / r->group_items;
	hsa_iterate_agents(pick_in_agent, &r->memory);
	if (!r->memory.handle)
		missing("no memory for kernel arguments");
	if (!kernel_load(r))
		missing(RIG_KERNELS_PATH " cannot be loaded on this GPU");
}

void *rig_memory(const struct rig *r, size_t bytes)
{
	void *p = NULL;

	if (hsa_memory_allocate(r->memory, bytes, &p) != HSA_STATUS_SUCCESS) {
		fprintf(stderr, "no %zu bytes of memory\n", bytes);
		exit(1);
	}
	memset(p, 0, bytes);
	return p;
}

hsa_queue_t *rig_queue_new(const struct rig *r, uint32_t size_pkts)
{
	hsa_queue_t *q = NULL;

	if (hsa_queue_create(r->gpu, size_pkts, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &q) !=
			HSA_STATUS_SUCCESS ||
		hsa_amd_profiling_set_profiler_enabled(q, 1) != HSA_STATUS_SUCCESS) {
		fprintf(stderr, "no queue\n");
		exit(1);
	}
	return q;
}

uint64_t rig_submit(const struct rig *r, hsa_queue_t *q, const struct rig_kernel *k, struct rig_spin *args, uint32_t groups,
	hsa_signal_t completion)
{
	uint64_t index = hsa_queue_add_write_index_screlease(q, 1);
	hsa_kernel_dispatch_packet_t *slot = (hsa_kernel_dispatch_packet_t *)q->base_address + index % q->size;

	/* A wait of many kernels: not awake, which would take the CPU from the simulated GPU. */
	while (index - hsa_queue_load_read_index_scacquire(q) >= q->size)
		rig_sleep_ns(20000);
	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	slot->setup = 1 << HSA_KERNEL_DISPATCH_PACKET_SETUP_DIMENSIONS;
	slot->workgroup_size_x = (uint16_t)(groups ? r->group_items : 64);
	slot->workgroup_size_y = slot->workgroup_size_z = 1;
	slot->grid_size_x = groups ? r->group_items * groups : 64;
	slot->grid_size_y = slot->grid_size_z = 1;
	slot->private_segment_size = k->scratch_bytes;
	slot->kernel_object = k->object;
	slot->kernarg_address = args;
	slot->completion_signal = completion;
	__atomic_store_n(&slot->header,
		(uint16_t)(HSA_PACKET_TYPE_KERNEL_DISPATCH | 1 << HSA_PACKET_HEADER_BARRIER |
			HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE |
			HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE),
		__ATOMIC_RELEASE);
	hsa_signal_store_screlease(q->doorbell_signal, (hsa_signal_value_t)index);
	return index;
}

uint64_t rig_spin_submit(const struct rig *r, hsa_queue_t *q, struct rig_spin *args, uint32_t groups, hsa_signal_t completion)
{
	return rig_submit(r, q, &r->spin, args, groups, completion);
}

void rig_backlog_add(struct rig_backlog *b, uint64_t index)
{
	uint64_t n = atomic_load_explicit(&b->submitted, memory_order_relaxed);

	b->index[n % RIG_BACKLOG] = index;
	/* Release: the index above. */
	atomic_store_explicit(&b->submitted, n + 1, memory_order_release);
}

uint64_t rig_backlog_done(struct rig_backlog *b, const hsa_queue_t *q)
{
	uint64_t read = hsa_queue_load_read_index_scacquire(q), done = atomic_load(&b->done);
	/* Acquire: the indices below. */
	uint64_t submitted = atomic_load_explicit(&b->submitted, memory_order_acquire);

	while (done < submitted && b->index[done % RIG_BACKLOG] < read)
		done++;
	atomic_store(&b->done, done);
	return done;
}

void rig_wait(hsa_signal_t completion)
{
	while (hsa_signal_load_scacquire(completion) >= 1)
		rig_sleep_ns(100000);
}

uint64_t rig_system_now(void)
{
	uint64_t now = 0;

	hsa_system_get_info(HSA_SYSTEM_INFO_TIMESTAMP, &now);
	return now;
}

uint64_t rig_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void rig_sleep_ns(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};

	nanosleep(&t, NULL);
}

/* The first line of a file below /proc/self/task. */
static bool task_read(const char *task, const char *file, char *line, size_t size)
{
	char path[300];

	snprintf(path, sizeof(path), "/proc/self/task/%s/%s", task, file);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	bool ok = fgets(line, (int)size, f) != NULL;
	fclose(f);
	return ok;
}

uint64_t rig_library_cpu_ns(uint64_t *wakes_p)
{
	DIR *tasks = opendir("/proc/self/task");
	uint64_t sum = 0, wakes = 0;
	struct dirent *d;
	char line[256];

	while (tasks && (d = readdir(tasks))) {
		/* schedstat: time on the CPU, in nanoseconds, time spent waiting for one, and how often it got one. */
		if (d->d_name[0] != '.' && task_read(d->d_name, "comm", line, sizeof(line)) && !strncmp(line, "xsched-", 7) &&
			task_read(d->d_name, "schedstat", line, sizeof(line))) {
			char *end;

			sum += strtoull(line, &end, 10);
			strtoull(end, &end, 10);
			wakes += strtoull(end, NULL, 10);
		}
	}
	if (tasks)
		closedir(tasks);
	if (wakes_p)
		*wakes_p = wakes;
	return sum;
}

void rig_simulator_first(void)
{
	struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR) + 1};
	DIR *tasks = sched_getscheduler(0) == SCHED_RR ? opendir("/proc/self/task") : NULL;
	struct dirent *d;
	char line[256];

	while (tasks && (d = readdir(tasks)))
		if (d->d_name[0] != '.' && task_read(d->d_name, "comm", line, sizeof(line)) && !strncmp(line, "kfdsim-", 7))
			sched_setscheduler(atoi(d->d_name), SCHED_RR, &param);
	if (tasks)
		closedir(tasks);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double rig_percentile(double *values, unsigned count, double part)
{
	if (!count)
		return 0;
	qsort(values, count, sizeof(*values), compare);
	unsigned rank = (unsigned)(part * count);
	return values[rank < count ? rank : count - 1];
}

void rig_tool_set(const char *path)
{
	tool_path = path;
}

json_t *rig_run(const char *settings, const char *arguments)
{
	char self[512], command[2048];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	json_error_t error;

	if (length < 0) {
		fprintf(stderr, "/proc/self/exe: %s\n", strerror(errno));
		exit(1);
	}
	self[length] = 0;
	/* Settings of whoever started us are not part of the comparison. */
	int n = snprintf(command, sizeof(command),
		"for name in $(env | sed -n 's/^\\(XSCHED_HSA[A-Z_]*\\)=.*/\\1/p') HSA_TOOLS_LIB; do unset $name; done; exec env ");
	if (settings)
		n += snprintf(command + n, sizeof(command) - (size_t)n, "HSA_TOOLS_LIB=%s HSA_TOOLS_REPORT_LOAD_FAILURE=1 %s ",
			tool_path, settings);
	snprintf(command + n, sizeof(command) - (size_t)n, "%s %s", self, arguments);
	FILE *out = popen(command, "re");
	json_t *result = out ? json_loadf(out, JSON_DISABLE_EOF_CHECK, &error) : NULL;
	int status = out ? pclose(out) : -1;

	if (!result || status) {
		fprintf(stderr, "%s %s: ended with %d and gave no result\n", settings ? settings : "native", arguments,
			status);
		exit(status >> 8 == 77 ? 77 : 1);
	}
	return result;
}

static void cpu_name(char *name, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(name, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		char *value = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !value)
			continue;
		snprintf(name, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (f)
		fclose(f);
}

/* CPU time of a timed sleep of 100 us, of which a thread that paces needs one or two each time. */
static double sleep_cpu_us(void)
{
	struct timespec from, to;
	const unsigned count = 500;

	prctl(PR_SET_TIMERSLACK, 1000);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (unsigned i = 0; i < count; i++)
		rig_sleep_ns(100000);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	prctl(PR_SET_TIMERSLACK, 0);
	return ((double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3) / count;
}

json_t *rig_head(void)
{
	const char *devices = getenv("KFDSIM_DEVICES");
	char cpu[128], hardware[300];
	struct utsname u;

	uname(&u);
	cpu_name(cpu, sizeof(cpu));
	snprintf(hardware, sizeof(hardware), "%s%s", devices ? "simulated " : "real", devices ? devices : "");
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:f}", "hardware", hardware, "version", PACKAGE_VERSION, "cpu", cpu, "cpus",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "kernel", u.release, "compiler", __VERSION__,
		"sleep_cpu_us", sleep_cpu_us());
}

unsigned rig_number(struct argp_state *state, const char *text, const char *name, unsigned min, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value < min || value > max)
		argp_error(state, "--%s=%s: expected a whole number from %u to %u", name, text, min, max);
	return (unsigned)value;
}
