/* SPDX-License-Identifier: MIT */
/* Text and JSON; see report.h. */
#include "src/probe/report.h"

#include <config.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* gfx11 and later have the other scheduler. */
#define MES_TARGET 110000u
#define POLICY_NO_HWS 2

static const char *scheduler(const struct probe_gpu *p)
{
	if (p->sched_policy == POLICY_NO_HWS)
		return "none (sched_policy 2)";
	return p->target >= MES_TARGET ? "MES" : "HWS";
}

static const char *save_area(const struct probe_gpu *p)
{
	return !p->save_bytes ? "none" : p->save_in_vram ? "VRAM" : "host memory";
}

/* ---- text ---- */

static double us(uint64_t ns)
{
	return (double)ns / 1000;
}

static void text_times(const char *what, const struct cwsr_times *suspend, const struct cwsr_times *resume)
{
	if (suspend->count)
		printf("    %-18s suspend P50 %.1f us, P99 %.1f us; resume P50 %.1f us, P99 %.1f us; %u cycles\n", what,
			us(suspend->p50_ns), us(suspend->p99_ns), us(resume->p50_ns), us(resume->p99_ns), suspend->count);
}

static void text_mechanism(const char *name, const struct probe_mechanism *m)
{
	printf("  %-18s %s%s\n", name, m->works ? "works" : "not usable: ", m->works ? "" : m->why);
	text_times("idle queue", &m->suspend_idle, &m->resume_idle);
	text_times("blocked queue", &m->suspend_blocked, &m->resume_blocked);
	text_times("running kernel", &m->suspend_running, &m->resume_running);
	if (m->works && m->why_not_running[0])
		printf("    %-18s not measured: %s\n", "running kernel", m->why_not_running);
}

static void text_drm(const struct probe_drm *d)
{
	if (d->shader_mhz >= 0)
		printf("  shader clock       %d MHz (1000 clocks, the unit of the grace period: %.2f us)\n", d->shader_mhz,
			d->shader_mhz ? 1000.0 / d->shader_mhz : 0.0);
	if (d->load_percent >= 0)
		printf("  load               %d %%\n", d->load_percent);
	if (d->vram_bytes >= 0)
		printf("  VRAM               %lld of %lld MiB used\n", (long long)(d->vram_used >> 20),
			(long long)(d->vram_bytes >> 20));
	if (d->resets >= 0)
		printf("  resets             %lld\n", (long long)d->resets);
}

void probe_report_text(const struct probe_gpu *gpus, int count)
{
	for (int i = 0; i < count; i++) {
		const struct probe_gpu *p = &gpus[i];

		printf("GPU %d: %s %s, number %u of the driver\n", i, p->agent, p->drm.name[0] ? p->drm.name : p->product,
			p->gpu_id);
		printf("  driver             KFD 1.%u\n", p->kfd_minor);
		if (p->cwsr_enable < 0)
			printf("  waves are saved    unknown (amdgpu.cwsr_enable cannot be read)\n");
		else
			printf("  waves are saved    %s (amdgpu.cwsr_enable is %ld)\n", p->cwsr_enable == 1 ? "yes" : "no",
				p->cwsr_enable);
		printf("  scheduler          %s\n", scheduler(p));
		printf("  save area          %s", save_area(p));
		if (p->save_bytes)
			printf(", %.1f MiB", (double)p->save_bytes / (1 << 20));
		printf("\n");
		text_mechanism("UPDATE_QUEUE", &p->update);
		text_mechanism("DBG_TRAP", &p->debug);
		text_drm(&p->drm);
	}
	printf("The kernel has one wave of 64 registers on each CU. One that fills the GPU takes longer; an idle queue has nothing to save.\n");
}

/* ---- JSON ---- */

static json_t *json_times(const struct cwsr_times *suspend, const struct cwsr_times *resume)
{
	if (!suspend->count)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:i}", "suspend_p50_ns", (json_int_t)suspend->p50_ns, "suspend_p99_ns",
		(json_int_t)suspend->p99_ns, "resume_p50_ns", (json_int_t)resume->p50_ns, "resume_p99_ns",
		(json_int_t)resume->p99_ns, "cycles", (int)suspend->count);
}

static json_t *json_mechanism(const struct probe_mechanism *m)
{
	return json_pack("{s:b,s:o,s:o,s:o,s:o,s:o}", "works", m->works, "why_not", m->works ? json_null() : json_string(m->why),
		"idle_queue", json_times(&m->suspend_idle, &m->resume_idle), "blocked_queue",
		json_times(&m->suspend_blocked, &m->resume_blocked), "running_kernel",
		json_times(&m->suspend_running, &m->resume_running), "running_kernel_why_not",
		m->why_not_running[0] ? json_string(m->why_not_running) : json_null());
}

/* Negative: not known. */
static json_t *json_known(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *json_gpu(const struct probe_gpu *p)
{
	char target[32];

	snprintf(target, sizeof(target), "%u.%u.%u", p->target / 10000, p->target / 100 % 100, p->target % 100);
	return json_pack("{s:s,s:s,s:i,s:s,s:i,s:o,s:o,s:s,s:{s:s,s:I},s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "agent", p->agent, "name",
		p->drm.name[0] ? p->drm.name : p->product, "gpu_id", (int)p->gpu_id, "gfx_target", target, "kfd_minor",
		(int)p->kfd_minor, "cwsr_enable", json_known(p->cwsr_enable), "sched_policy", json_known(p->sched_policy),
		"scheduler", scheduler(p), "save_area", "where", save_area(p), "bytes", (json_int_t)p->save_bytes,
		"update_queue", json_mechanism(&p->update), "dbg_trap", json_mechanism(&p->debug), "shader_mhz",
		json_known(p->drm.shader_mhz), "load_percent", json_known(p->drm.load_percent), "vram_used",
		json_known(p->drm.vram_used), "vram_bytes", json_known(p->drm.vram_bytes), "resets",
		json_known(p->drm.resets));
}

int probe_report_json(const struct probe_gpu *gpus, int count)
{
	json_t *list = json_array();
	json_t *all = json_pack("{s:s,s:o}", "version", PACKAGE_VERSION, "gpus", list);

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_gpu(&gpus[i]));
	int r = json_dumpf(all, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(all);
	if (r || putchar('\n') == EOF || fflush(stdout))
		return -EIO;
	return 0;
}
