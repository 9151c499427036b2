/* SPDX-License-Identifier: MIT */
/*
 * Preemption latency: a queue of low priority that always has kernels of a time T, and a queue of high priority to which an urgent
 * kernel comes now and then, in one process under hpf. Two times are taken from the urgent kernel's submission: until it
 * starts, and until the last of the others' kernels that were let through before is done, so that the GPU is its own. A row is
 * a setting of the library.
 *
 * The second time is what the library bounds. All kernels are of one wave, so that the urgent one does not slow down what is in flight, and
 * starts at once. On a GPU that is full, a kernel that finds room when one of the others ends starts there whatever the library does.
 */
#include <argp.h>
#include <hsa/hsa_ext_amd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rig.h"

#define RING_PKTS 1024u
#define ROWS_MAX  8u

struct row {
	char name[32];
	char settings[400]; /* "": without the library */
	unsigned window;    /* what bounds it: packets, */
	unsigned budget_us; /* or a time; both 0: nothing that is known */
};

static struct row rows[ROWS_MAX] = {
	{"native", "", 0, 0},
	{"window 8", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=1 XSCHED_HSA_WINDOW=8", 8, 0},
	{"200 us", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=1 XSCHED_HSA_WINDOW_US=200", 0, 200},
	{"level 2", "XSCHED_HSA_POLICY=hpf XSCHED_HSA_LEVEL=2 XSCHED_HSA_WINDOW_US=200", 0, 200},
};
static unsigned row_count = 4;

static const unsigned all_times_us[] = {10, 100, 500, 1000, 2000};
#define TIMES (sizeof(all_times_us) / sizeof(all_times_us[0]))

struct options {
	bool json, child;
	unsigned samples;
	unsigned time_us; /* of the child, or of all; 0: every one */
};

/* ---- one measurement, in a child ---- */

struct victim {
	const struct rig *rig;
	hsa_queue_t *queue;
	struct rig_spin *args;     /* one per slot */
	volatile uint64_t *record; /* start and end of each kernel, in ticks; written by the GPU */
	uint64_t capacity, submitted;
	struct rig_backlog backlog;
	unsigned time_us;
	_Atomic bool stop;
};

/* Always has a backlog, of some 50 ms or half the ring. */
static void *victim_run(void *arg)
{
	struct victim *v = arg;
	uint64_t deep = 50000 / v->time_us;

	deep = deep < 24 ? 24 : deep > RING_PKTS / 2 ? RING_PKTS / 2 : deep;
	while (!atomic_load(&v->stop) && v->submitted < v->capacity) {
		uint64_t done = rig_backlog_done(&v->backlog, v->queue);

		while (v->submitted - done < deep && v->submitted < v->capacity) {
			struct rig_spin *a = &v->args[v->submitted % RING_PKTS];

			a->ticks = (uint64_t)(v->time_us * 1000 / v->rig->tick_ns);
			a->record = &v->record[2 * v->submitted++];
			rig_backlog_add(&v->backlog, rig_spin_submit(v->rig, v->queue, a, 0, (hsa_signal_t){0}));
		}
		rig_sleep_ns(deep / 4 * v->time_us * 1000u);
	}
	return NULL;
}

struct sample {
	uint64_t submit, start, end; /* in ticks of the reference clock */
};

/* Submit one urgent kernel and wait for it. */
static struct sample urgent(const struct rig *r, hsa_queue_t *q, struct rig_spin *a, hsa_signal_t done)
{
	hsa_amd_profiling_dispatch_time_t t = {0};

	hsa_signal_store_relaxed(done, 1);
	a->record[0] = a->record[1] = 0;
	uint64_t submit = rig_system_now();
	rig_spin_submit(r, q, a, 0, done);
	rig_wait(done);
	hsa_amd_profiling_get_dispatch_time(r->gpu, done, &t);
	/* The runtime's clock and the GPU's show the same moment when the kernel starts. */
	double waited_ns = ((double)t.start - (double)submit) * r->system_ns;
	return (struct sample){.submit = a->record[0] - (uint64_t)(int64_t)(waited_ns / r->tick_ns), .start = a->record[0],
		.end = a->record[1]};
}

/* How long after @s->submit the last kernel ended that had been let through before; at most until the urgent one's end. */
static double alone_us(const struct victim *v, const struct sample *s, double tick_ns, bool *shared_p)
{
	uint64_t last = s->submit;

	*shared_p = false;
	for (uint64_t i = 0; i < v->submitted; i++) {
		uint64_t start = v->record[2 * i], end = v->record[2 * i + 1];

		if (!end || start >= s->end || end <= last)
			continue;
		last = end < s->end ? end : s->end;
		*shared_p |= end > s->end;
	}
	return (double)(last - s->submit) * tick_ns / 1000;
}

static int measure(const struct options *o)
{
	struct rig r;
	struct victim v = {.rig = &r, .time_us = o->time_us};
	unsigned urgent_us = 14 * o->time_us > 1500 ? 14 * o->time_us : 1500, shared = 0;
	double *start = calloc(o->samples, sizeof(double)), *alone = calloc(o->samples, sizeof(double));
	struct sample *samples = calloc(o->samples, sizeof(*samples));
	hsa_signal_t done;
	pthread_t thread;
	uint64_t seed = 88172645463325252u;

	rig_start(&r);
	v.queue = rig_queue_new(&r, RING_PKTS);
	hsa_queue_t *high = rig_queue_new(&r, 64);
	if (hsa_amd_queue_set_priority(v.queue, HSA_AMD_QUEUE_PRIORITY_LOW) != HSA_STATUS_SUCCESS ||
		hsa_amd_queue_set_priority(high, HSA_AMD_QUEUE_PRIORITY_HIGH) != HSA_STATUS_SUCCESS ||
		hsa_signal_create(1, 0, NULL, &done) != HSA_STATUS_SUCCESS || !start || !alone || !samples) {
		fprintf(stderr, "levels: no queues of different priority\n");
		return 1;
	}
	/* A pause is up to 6 ms and some kernels, so that it ends anywhere in one. */
	uint64_t span_us = (uint64_t)(o->samples + 2) * (2 * urgent_us + 8000 + 20 * o->time_us);
	v.capacity = span_us / o->time_us + RING_PKTS;
	v.args = rig_memory(&r, RING_PKTS * sizeof(*v.args));
	v.record = rig_memory(&r, v.capacity * 2 * sizeof(uint64_t));
	struct rig_spin *a = rig_memory(&r, 4096);
	a->ticks = (uint64_t)(urgent_us * 1000 / r.tick_ns);
	a->record = (volatile uint64_t *)(a + 1);
	rig_simulator_first();
	if (pthread_create(&thread, NULL, victim_run, &v))
		return 1;
	uint64_t wall_ns = rig_now_ns();
	for (unsigned i = 0; i < o->samples + 2; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		rig_sleep_ns(2000000 + seed % 4000000 + (seed >> 32) % (16000 * o->time_us));
		struct sample s = urgent(&r, high, a, done);
		/* The first two find a library that knows no durations yet. */
		if (i >= 2)
			samples[i - 2] = s;
	}
	double cpu = 100 * (double)rig_library_cpu_ns(NULL) / (double)(rig_now_ns() - wall_ns);
	atomic_store(&v.stop, true);
	pthread_join(thread, NULL);
	hsa_signal_store_relaxed(done, 1);
	rig_spin_submit(&r, v.queue, &v.args[v.submitted % RING_PKTS], 0, done);
	rig_wait(done);
	for (unsigned i = 0; i < o->samples; i++) {
		bool is_shared;

		start[i] = ((double)samples[i].start - (double)samples[i].submit) * r.tick_ns / 1000;
		alone[i] = alone_us(&v, &samples[i], r.tick_ns, &is_shared);
		shared += is_shared;
	}
	printf("{\"start_p50_us\": %.2f, \"start_p99_us\": %.2f, \"alone_p50_us\": %.2f, \"alone_p99_us\": %.2f, "
	       "\"alone_max_us\": %.2f, \"never_alone\": %u, \"samples\": %u, \"urgent_us\": %u, \"victim_kernels\": %lu, \"library_cpu_percent\": %.3f}\n",
		rig_percentile(start, o->samples, 0.5), rig_percentile(start, o->samples, 0.99),
		rig_percentile(alone, o->samples, 0.5), rig_percentile(alone, o->samples, 0.99),
		rig_percentile(alone, o->samples, 1), shared, o->samples, urgent_us, (unsigned long)v.submitted, cpu);
	hsa_queue_destroy(high);
	hsa_queue_destroy(v.queue);
	return v.submitted == v.capacity;
}

/* ---- all of them ---- */

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static int compare_all(const struct options *o)
{
	json_t *report = rig_head(), *results = json_array();

	if (!o->json)
		printf("%-12s %8s %12s %12s %12s %12s %10s   (us)\n", "row", "T", "start p50", "start p99", "alone p50", "alone p99",
			"bound");
	for (unsigned t = 0; t < TIMES; t++) {
		if (o->time_us && o->time_us != all_times_us[t])
			continue;
		for (unsigned i = 0; i < row_count; i++) {
			const struct row *row = &rows[i];
			char arguments[100];
			unsigned bound = row->window ? row->window * all_times_us[t] :
					 row->budget_us ? row->budget_us + all_times_us[t] : 0;

			snprintf(arguments, sizeof(arguments), "--child --time=%u --samples=%u", all_times_us[t], o->samples);
			json_t *result = rig_run(row->settings[0] ? row->settings : NULL, arguments);
			json_object_set_new(result, "row", json_string(row->name));
			json_object_set_new(result, "kernel_us", json_integer(all_times_us[t]));
			json_object_set_new(result, "bound_us", bound ? json_integer(bound) : json_null());
			if (!o->json)
				printf("%-12s %8u %12.1f %12.1f %12.1f %12.1f %10u%s\n", row->name, all_times_us[t],
					number_of(result, "start_p50_us"), number_of(result, "start_p99_us"),
					number_of(result, "alone_p50_us"), number_of(result, "alone_p99_us"), bound,
					number_of(result, "never_alone") ? "  (shared to the end)" : "");
			fflush(stdout);
			json_array_append_new(results, result);
		}
	}
	json_object_set_new(report, "results", results);
	if (o->json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	}
	json_decref(report);
	return 0;
}

enum { OPT_JSON = 'j', OPT_SAMPLES = 'n', OPT_TIME = 't', OPT_ROW = 'r', OPT_CHILD = 256, OPT_TOOL };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"samples", OPT_SAMPLES, "N", 0, "urgent kernels per row and time (default 100)", 0},
	{"time", OPT_TIME, "US", 0, "only victims' kernels of that time: 10, 100, 500, 1000 or 2000", 0},
	{"row", OPT_ROW, "NAME=SETTINGS", 0, "one row more, e.g. 'window 4=XSCHED_HSA_POLICY=hpf XSCHED_HSA_WINDOW=4'", 0},
	{"tool", OPT_TOOL, "FILE", 0, "libxsched_hsa.so to measure", 0},
	{"child", OPT_CHILD, NULL, OPTION_HIDDEN, "measure once", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;
	char *equals;
	bool known = false;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_SAMPLES:
		o->samples = rig_number(state, arg, "samples", 1, 100000);
		return 0;
	case OPT_TIME:
		o->time_us = rig_number(state, arg, "time", 1, 2000);
		for (unsigned i = 0; i < TIMES; i++)
			known |= all_times_us[i] == o->time_us;
		if (!known)
			argp_error(state, "--time=%s: expected 10, 100, 500, 1000 or 2000", arg);
		return 0;
	case OPT_ROW:
		equals = strchr(arg, '=');
		if (!equals || row_count == ROWS_MAX || (size_t)(equals - arg) >= sizeof(rows[0].name) ||
			strlen(equals + 1) >= sizeof(rows[0].settings))
			argp_error(state, "--row=%s: expected NAME=SETTINGS, at most %u rows", arg, ROWS_MAX - 4);
		snprintf(rows[row_count].name, sizeof(rows[0].name), "%.*s", (int)(equals - arg), arg);
		snprintf(rows[row_count++].settings, sizeof(rows[0].settings), "%s", equals + 1);
		return 0;
	case OPT_TOOL:
		rig_tool_set(arg);
		return 0;
	case OPT_CHILD:
		o->child = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Measures how long an urgent kernel waits for the GPU. Without a GPU: kfdsim -- levels", NULL,
		NULL, NULL};
	struct options o = {.samples = 100};

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.child ? measure(&o) : compare_all(&o);
}
