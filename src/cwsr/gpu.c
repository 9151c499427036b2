/* SPDX-License-Identifier: MIT */
/* Records of GPUs; see gpu.h. */
#include "src/cwsr/gpu.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/common/log.h"
#include "src/cwsr/probe.h"

#define TOPOLOGY   "/sys/devices/virtual/kfd/kfd/topology/nodes"
#define PARAMETERS "/sys/module/amdgpu/parameters"
/* First with DBG_TRAP. */
#define DEBUG_MINOR 13u
/* amdgpu.sched_policy: the driver schedules queues itself. */
#define POLICY_NO_HWS 2

struct cwsr_shared cwsr_shared;

static struct cwsr_gpu gpus[CWSR_GPUS_MAX];
static _Atomic uint32_t gpu_count; /* written after the record; readers need no lock */

/*
 * GPUs on which level 3 is used unless more is asked for: compute parts, whose queues a hardware scheduler maps. On gfx10 and
 * later, reports of hangs at preemption are public (ROCm/amdgpu issue 227).
 */
static const struct target {
	uint32_t version;
	bool debug; /* a debug trap for each process, not one for the GPU (kfd_debug.h, kfd_dbg_is_per_vmid_supported()) */
} targets[] = {
	{90006, false}, {90008, false}, {90010, true}, {90400, true}, {90401, true}, {90402, true}, {90500, true},
};

static const struct target *target_find(uint32_t version)
{
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (targets[i].version == version)
			return &targets[i];
	return NULL;
}

void cwsr_gpu_off(struct cwsr_gpu *g, const char *format, ...)
{
	va_list args;

	if (atomic_load_explicit(&g->state, memory_order_relaxed) == CWSR_GPU_OFF)
		return;
	va_start(args, format);
	vsnprintf(g->why, sizeof(g->why), format, args);
	va_end(args);
	/* Relaxed: readers look at nothing else. */
	atomic_store_explicit(&g->state, CWSR_GPU_OFF, memory_order_relaxed);
}

/* The same, where nothing was said about it yet. */
static void refuse(struct cwsr_gpu *g, const char *why)
{
	cwsr_gpu_off(g, "%s", why);
	log_warning("level 3: GPU %u: %s; it is not used there", g->gpu_id, why);
}

enum cwsr_reaction cwsr_gpu_failed(struct cwsr_gpu *g, enum cwsr_call call, int error)
{
	const struct cwsr_error *row = cwsr_error_find(call, error);
	/* A GPU that is off is being cleared up: that its calls fail is no news. */
	bool usable = cwsr_gpu_usable(g);

	if (usable)
		cwsr_error_say(row, call, error, g->gpu_id);
	switch (row->reaction) {
	case CWSR_RETRY:
	case CWSR_GPU:
		cwsr_gpu_off(g, "%s: %s (%s)", cwsr_call_name(call), strerror(error), row->meaning);
		break;
	case CWSR_PROCESS:
		atomic_store_explicit(&cwsr_shared.off, true, memory_order_relaxed);
		cwsr_gpu_off(g, "%s: %s (%s)", cwsr_call_name(call), strerror(error), row->meaning);
		break;
	case CWSR_UPDATE:
		cwsr_shared.debug_refused = true;
		snprintf(g->no_debug, sizeof(g->no_debug), "%s: %s (%s)", cwsr_call_name(call), strerror(error), row->meaning);
		break;
	case CWSR_QUEUE:
	case CWSR_IGNORE:
		break;
	}
	return row->reaction;
}

/* ---- what sysfs says ---- */

static int read_text(const char *path, char *text, size_t bytes)
{
	return cwsr_shared.kernel->read_text(cwsr_shared.kernel->ctx, path, text, bytes);
}

/* A module's parameter; false: it cannot be read. */
static bool parameter(const char *name, long *value_p)
{
	char path[96], text[32], *end;

	snprintf(path, sizeof(path), PARAMETERS "/%s", name);
	if (read_text(path, text, sizeof(text)) < 0)
		return false;
	*value_p = strtol(text, &end, 10);
	return end != text;
}

/* The value of "key value" in a node's properties; 0 if it is not there. */
static uint64_t property(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; *line; line = strchrnul(line, '\n') + (*strchrnul(line, '\n') != 0))
		if (!strncmp(line, key, length) && line[length] == ' ')
			return strtoull(line + length + 1, NULL, 10);
	return 0;
}

struct node_search {
	struct cwsr_gpu *gpu;
	bool found;
};

static void node_read(void *arg, uint32_t number)
{
	struct node_search *s = arg;
	char path[96], text[4096];

	snprintf(path, sizeof(path), TOPOLOGY "/%u/gpu_id", number);
	if (s->found || read_text(path, text, sizeof(text)) < 0 || strtoul(text, NULL, 10) != s->gpu->gpu_id)
		return;
	snprintf(path, sizeof(path), TOPOLOGY "/%u/properties", number);
	if (read_text(path, text, sizeof(text)) < 0)
		return;
	s->gpu->target = (uint32_t)property(text, "gfx_target_version");
	s->gpu->render_minor = (uint32_t)property(text, "drm_render_minor");
	s->found = true;
}

static int version(int fd, struct kfd_ioctl_get_version_args *v)
{
	int r;

	for (uint32_t i = 0; i < CWSR_RETRIES; i++) {
		r = cwsr_shared.kernel->get_version(cwsr_shared.kernel->ctx, fd, v);
		if (r >= 0 || cwsr_error_find(CWSR_CALL_GET_VERSION, -r)->reaction != CWSR_RETRY)
			break;
	}
	return r;
}

/* The debug interface is asked for: what is against it? NULL: nothing. */
static const char *debug_obstacle(const struct cwsr_gpu *g)
{
	const struct target *t = target_find(g->target);
	long policy;

	if (g->kfd_minor < DEBUG_MINOR)
		return "the driver's version is below 1.13";
	/* On gfx11.0 it confines waves to other CUs; elsewhere only one process per GPU could have it. */
	if (!t || !t->debug)
		return "it is not per process on this GPU";
	if (parameter("sched_policy", &policy) && policy == POLICY_NO_HWS)
		return "amdgpu.sched_policy is 2";
	return NULL;
}

static void check_debug(struct cwsr_gpu *g)
{
	if (cwsr_shared.config.mechanism != CWSR_MECHANISM_DEBUG)
		return;
	const char *why = debug_obstacle(g);

	g->debug_possible = !why;
	if (!why)
		return;
	snprintf(g->no_debug, sizeof(g->no_debug), "%s", why);
	log_warning("level 3: GPU %u: no debug interface: %s; queues are suspended by UPDATE_QUEUE instead",
		g->gpu_id, why);
}

/* What has to be so before any queue is suspended. */
static void check(struct cwsr_gpu *g, int fd)
{
	struct node_search search = {.gpu = g};
	struct kfd_ioctl_get_version_args v;
	char text[112];
	long enabled;
	int r = version(fd, &v);

	if (r) {
		cwsr_gpu_failed(g, CWSR_CALL_GET_VERSION, -r);
		return;
	}
	g->kfd_minor = v.minor_version;
	cwsr_shared.kernel->list_numbers(cwsr_shared.kernel->ctx, TOPOLOGY, node_read, &search);
	if (v.major_version != KFD_IOCTL_MAJOR_VERSION) {
		snprintf(text, sizeof(text), "the driver has version %u.%u, known is 1", v.major_version, v.minor_version);
		refuse(g, text);
	} else if (!parameter("cwsr_enable", &enabled)) {
		refuse(g, PARAMETERS "/cwsr_enable cannot be read");
	} else if (enabled != 1) {
		/* Without, the driver would wait for the kernel's end, and after 9 s reset the GPU. */
		refuse(g, "the driver does not save waves: amdgpu.cwsr_enable is not 1");
	} else if (!search.found) {
		refuse(g, "it is not in " TOPOLOGY);
	} else if (!target_find(g->target) && !cwsr_shared.config.any_target) {
		snprintf(text, sizeof(text), "preemption was not tried on gfx%u.%u.%u (XSCHED_HSA_LV3_ANY_GPU=on tries)",
			g->target / 10000, g->target / 100 % 100, g->target % 100);
		refuse(g, text);
	} else {
		check_debug(g);
	}
}

static void watch_resets(struct cwsr_gpu *g)
{
	const struct kfd_ops *kernel = cwsr_shared.kernel;
	int fd = g->render_minor ? kernel->open_render(kernel->ctx, g->render_minor) : -ENOENT;

	g->render_fd = -1;
	if (fd < 0)
		return;
	int r = kernel->vram_lost(kernel->ctx, fd, &g->vram_lost);
	if (r) {
		log_info("level 3: GPU %u: its counter of resets cannot be read: %s", g->gpu_id, strerror(-r));
		kernel->close(kernel->ctx, fd);
		return;
	}
	g->render_fd = fd;
}

bool cwsr_gpu_was_reset(struct cwsr_gpu *g)
{
	const struct kfd_ops *kernel = cwsr_shared.kernel;
	uint32_t count;

	if (g->render_fd < 0)
		return false;
	int r = kernel->vram_lost(kernel->ctx, g->render_fd, &count);
	if (r) {
		cwsr_gpu_failed(g, CWSR_CALL_VRAM_LOST, -r);
		kernel->close(kernel->ctx, g->render_fd);
		g->render_fd = -1;
		return false;
	}
	if (count == g->vram_lost)
		return false;
	if (cwsr_gpu_usable(g))
		refuse(g, "it was reset");
	return true;
}

/* ---- the records ---- */

struct cwsr_gpu *cwsr_gpu_find(uint32_t gpu_id)
{
	/* Acquire: the records up to there are complete. Pairs with the release in cwsr_gpu_get(). */
	uint32_t count = atomic_load_explicit(&gpu_count, memory_order_acquire);

	for (uint32_t i = 0; i < count; i++)
		if (gpus[i].gpu_id == gpu_id)
			return &gpus[i];
	return NULL;
}

struct cwsr_gpu *cwsr_gpu_get(uint32_t gpu_id, int fd)
{
	uint32_t count = atomic_load_explicit(&gpu_count, memory_order_relaxed);
	struct cwsr_gpu *g = cwsr_gpu_find(gpu_id);

	if (g || count == CWSR_GPUS_MAX)
		return g;
	g = &gpus[count];
	memset(g, 0, sizeof(*g));
	g->gpu_id = gpu_id;
	check(g, fd);
	g->render_fd = -1;
	if (cwsr_gpu_usable(g))
		watch_resets(g);
	/* Release: see cwsr_gpu_find(). */
	atomic_store_explicit(&gpu_count, count + 1, memory_order_release);
	return g;
}

void cwsr_gpu_each(void (*fn)(struct cwsr_gpu *g, void *ctx), void *ctx)
{
	uint32_t count = atomic_load_explicit(&gpu_count, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++)
		fn(&gpus[i], ctx);
}

uint32_t cwsr_gpu_count(void)
{
	return atomic_load_explicit(&gpu_count, memory_order_relaxed);
}

void cwsr_samples_add(struct cwsr_samples *s, uint64_t ns)
{
	s->ns[s->count++ % CWSR_SAMPLES] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

struct cwsr_times cwsr_samples_times(const struct cwsr_samples *s)
{
	uint64_t ns[CWSR_SAMPLES];
	uint32_t n = s->count < CWSR_SAMPLES ? (uint32_t)s->count : CWSR_SAMPLES;

	for (uint32_t i = 0; i < n; i++)
		ns[i] = s->ns[i];
	struct cwsr_times t = cwsr_times_of(ns, n);
	t.count = s->count < UINT32_MAX ? (uint32_t)s->count : UINT32_MAX;
	return t;
}

void cwsr_gpus_begin(void)
{
	atomic_store_explicit(&gpu_count, 0, memory_order_relaxed);
}

void cwsr_gpus_end(void)
{
	uint32_t count = atomic_load_explicit(&gpu_count, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++) {
		if (gpus[i].render_fd >= 0)
			cwsr_shared.kernel->close(cwsr_shared.kernel->ctx, gpus[i].render_fd);
		gpus[i].render_fd = -1;
	}
}

/* What is too dear is not done, and so not measured: what it costs beyond the self-test's time is half believed after each of these. */
#define HALF_BELIEVED_NS UINT64_C(10000000000)

uint64_t cwsr_gpu_cost_ns(const struct cwsr_gpu *g, uint64_t now_ns)
{
	/* Relaxed: numbers that stand for themselves. */
	uint64_t suspend_ns = atomic_load_explicit(&g->suspend_ns, memory_order_relaxed);
	uint64_t resume_ns = atomic_load_explicit(&g->resume_ns, memory_order_relaxed);
	uint64_t measured_ns = atomic_load_explicit(&g->measured_ns, memory_order_relaxed);
	uint64_t test_ns = atomic_load_explicit(&g->test_ns, memory_order_relaxed);
	uint64_t cost_ns = suspend_ns + resume_ns;

	if (!suspend_ns || !resume_ns)
		return UINT64_MAX;
	if (cost_ns <= test_ns)
		return cost_ns;
	/* Another thread may have measured since @now_ns. */
	uint64_t halves = now_ns > measured_ns ? (now_ns - measured_ns) / HALF_BELIEVED_NS : 0;
	return test_ns + (halves < 64 ? (cost_ns - test_ns) >> halves : 0);
}
