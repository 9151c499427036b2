/* SPDX-License-Identifier: MIT */
/* Replays of an inference; see replay.h. */
#include "bench/replay.h"

#include <argp.h>
#include <hsa/hsa_ext_amd.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rig.h"

#define RING_PKTS  1024u
#define COUNT_MAX  1000u
#define ROUNDS_MAX 100u
#define ROWS_MAX   16u
#define WARM       3u /* iterations that are not counted: code is loaded, durations are learned */
#define IDLE_NS    300000000u

struct options {
	bool json;
	unsigned rounds, iterations;
	const char *only; /* name of a load */
	struct replay_load child;
	const struct replay_row *rows;
	const struct replay_load *loads;
};

/* ---- one measurement, in a child ---- */

static void durations(const struct replay_load *l, double tick_ns, uint64_t *ticks)
{
	uint64_t seed = 88172645463325252u;

	for (unsigned i = 0; i < l->count; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		double part = (double)(seed % 4096) / 4096;
		double us = l->least_us * pow((double)l->most_us / l->least_us, part);

		ticks[i] = (uint64_t)(us * 1000 / tick_ns);
	}
}

static int measure(const struct options *o)
{
	const struct replay_load *l = &o->child;
	double *span_us = calloc(o->iterations, sizeof(double));
	uint64_t ticks[COUNT_MAX], wall_ns = 0, library_ns = 0, busy = 0, wakes = 0, wakes_before = 0;
	struct rig r;
	hsa_signal_t done;

	rig_start(&r);
	hsa_queue_t *q = rig_queue_new(&r, RING_PKTS);
	struct rig_spin *args = rig_memory(&r, RING_PKTS * sizeof(*args));
	volatile uint64_t *record = rig_memory(&r, 2 * COUNT_MAX * sizeof(uint64_t));
	if (!span_us || hsa_signal_create(1, 0, NULL, &done) != HSA_STATUS_SUCCESS)
		return 1;
	rig_simulator_first();
	durations(l, r.tick_ns, ticks);
	for (unsigned i = 0; i < l->count; i++)
		busy += ticks[i];
	for (unsigned iteration = 0; iteration < o->iterations + WARM; iteration++) {
		if (iteration == WARM) {
			wall_ns = rig_now_ns();
			library_ns = rig_library_cpu_ns(&wakes_before);
		}
		hsa_signal_store_relaxed(done, 1);
		for (unsigned i = 0; i < l->count; i++) {
			args[i].ticks = ticks[i];
			args[i].record = &record[2 * i];
			rig_spin_submit(&r, q, &args[i], 0, i + 1 == l->count ? done : (hsa_signal_t){0});
		}
		hsa_signal_wait_scacquire(done, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, HSA_WAIT_STATE_BLOCKED);
		if (iteration >= WARM)
			span_us[iteration - WARM] = (double)(record[2 * l->count - 1] - record[0]) * r.tick_ns / 1000;
	}
	wall_ns = rig_now_ns() - wall_ns;
	library_ns = rig_library_cpu_ns(&wakes) - library_ns;
	/* Then nothing. */
	uint64_t idle_ns = rig_library_cpu_ns(NULL);
	rig_sleep_ns(IDLE_NS);
	idle_ns = rig_library_cpu_ns(NULL) - idle_ns;
	printf("{\"span_us\": %.2f, \"busy_us\": %.2f, \"wall_ms\": %.2f, \"library_cpu_percent\": %.4f, \"library_idle_percent\": "
	       "%.4f, \"library_wakes_per_s\": %.1f}\n",
		rig_percentile(span_us, o->iterations, 0.5), (double)busy * r.tick_ns / 1000, (double)wall_ns / 1e6,
		100 * (double)library_ns / (double)wall_ns, 100 * (double)idle_ns / IDLE_NS,
		(double)(wakes - wakes_before) * 1e9 / (double)wall_ns);
	hsa_queue_destroy(q);
	free(span_us);
	return 0;
}

/* ---- all of them ---- */

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* Of one load and setting, over the rounds. */
struct series {
	double ratio[ROUNDS_MAX], cpu[ROUNDS_MAX], idle[ROUNDS_MAX], span[ROUNDS_MAX], wakes[ROUNDS_MAX];
};

/* @sleep_us: CPU time of a timed sleep on this machine, by itself. */
static json_t *compare_load(const struct options *o, const struct replay_load *l, double sleep_us)
{
	struct series *s = calloc(ROWS_MAX, sizeof(*s));
	json_t *results = json_array();
	char arguments[200];

	snprintf(arguments, sizeof(arguments), "--child=%u,%u,%u --iterations=%u", l->count, l->least_us, l->most_us,
		o->iterations);
	/* Native runs stand between the others, so that a drift of the machine does not look like a difference. */
	for (unsigned round = 0; round < o->rounds; round++) {
		double native = 0;

		for (unsigned i = 0; o->rows[i].name; i++) {
			json_t *result = rig_run(o->rows[i].settings, arguments);
			double span = number_of(result, "span_us");

			if (i > 1) {
				json_t *again = rig_run(o->rows[0].settings, arguments);

				native = (native + number_of(again, "span_us")) / 2;
				json_decref(again);
			} else if (i == 0) {
				native = span;
			}
			s[i].span[round] = span;
			s[i].ratio[round] = span / native;
			s[i].cpu[round] = number_of(result, "library_cpu_percent");
			s[i].idle[round] = number_of(result, "library_idle_percent");
			s[i].wakes[round] = number_of(result, "library_wakes_per_s");
			json_decref(result);
		}
	}
	for (unsigned i = 0; o->rows[i].name; i++) {
		double ratio = rig_percentile(s[i].ratio, o->rounds, 0.5), cpu = rig_percentile(s[i].cpu, o->rounds, 0.5),
		       idle = rig_percentile(s[i].idle, o->rounds, 0.5), span = rig_percentile(s[i].span, o->rounds, 0.5),
		       wakes = rig_percentile(s[i].wakes, o->rounds, 0.5);

		json_array_append_new(results,
			json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "load", l->name, "row", o->rows[i].name, "span_us",
				span, "ratio", ratio, "ratio_least", rig_percentile(s[i].ratio, o->rounds, 0), "ratio_most",
				rig_percentile(s[i].ratio, o->rounds, 1), "library_cpu_percent", cpu, "library_idle_percent", idle,
				"library_wakes_per_s", wakes, "sleeps_cpu_percent", wakes * sleep_us / 1e4));
		if (!o->json)
			printf("%-12s %-14s %12.1f %9.4f %9.4f..%-9.4f %9.3f %9.3f %9.0f %9.3f\n", l->name, o->rows[i].name, span, ratio,
				rig_percentile(s[i].ratio, o->rounds, 0), rig_percentile(s[i].ratio, o->rounds, 1), cpu, idle, wakes, wakes * sleep_us / 1e4);
	}
	fflush(stdout);
	free(s);
	return results;
}

static int compare_all(const struct options *o)
{
	json_t *report = rig_head(), *results = json_array();

	if (!o->json)
		printf("%-12s %-14s %12s %9s %20s %9s %9s %9s %9s   (time of an iteration; CPU of the library in %% of one, and what as many "
		       "sleeps alone take)\n",
			"kernels", "row", "us", "ratio", "least..most", "CPU", "idle", "wakes/s", "sleeps");
	for (unsigned i = 0; o->loads[i].name; i++) {
		if (o->only && strcmp(o->only, o->loads[i].name))
			continue;
		json_t *some = compare_load(o, &o->loads[i], number_of(report, "sleep_cpu_us"));

		json_array_extend(results, some);
		json_decref(some);
	}
	json_object_set_new(report, "rounds", json_integer(o->rounds));
	json_object_set_new(report, "iterations", json_integer(o->iterations));
	json_object_set_new(report, "results", results);
	if (o->json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	}
	json_decref(report);
	return 0;
}

enum { OPT_JSON = 'j', OPT_ROUNDS = 'r', OPT_ITERATIONS = 'i', OPT_LOAD = 'l', OPT_CHILD = 256, OPT_TOOL };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"rounds", OPT_ROUNDS, "N", 0, "runs of each setting (default 5)", 0},
	{"iterations", OPT_ITERATIONS, "N", 0, "iterations in a run (default 20)", 0},
	{"load", OPT_LOAD, "NAME", 0, "only these kernels", 0},
	{"tool", OPT_TOOL, "FILE", 0, "libxsched_hsa.so to measure", 0},
	{"child", OPT_CHILD, "COUNT,LEAST,MOST", OPTION_HIDDEN, "measure once", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	bool known = false;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_ROUNDS:
		o->rounds = rig_number(state, arg, "rounds", 1, ROUNDS_MAX);
		return 0;
	case OPT_ITERATIONS:
		o->iterations = rig_number(state, arg, "iterations", 1, 100000);
		return 0;
	case OPT_LOAD:
		for (unsigned i = 0; o->loads[i].name; i++)
			known |= !strcmp(arg, o->loads[i].name);
		if (!known)
			argp_error(state, "--load=%s: expected a name of the first column", arg);
		o->only = arg;
		return 0;
	case OPT_TOOL:
		rig_tool_set(arg);
		return 0;
	case OPT_CHILD:
		if (sscanf(arg, "%u,%u,%u", &o->child.count, &o->child.least_us, &o->child.most_us) != 3 || !o->child.count ||
			o->child.count > COUNT_MAX)
			argp_error(state, "--child=%s: expected COUNT,LEAST,MOST", arg);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int replay_main(int argc, char **argv, const char *doc, const struct replay_row *rows, const struct replay_load *loads)
{
	const struct argp argp = {argp_options, parse, NULL, doc, NULL, NULL, NULL};
	struct options o = {.rounds = 5, .iterations = 20, .rows = rows, .loads = loads};

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.child.count ? measure(&o) : compare_all(&o);
}
