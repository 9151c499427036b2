/* SPDX-License-Identifier: MIT */
/*
 * Shares of queues in one process under up: two queues that always have kernels which fill the GPU. A share is the part that a queue
 * has in the kernels' time completed in a span, as the kernels say themselves.
 */
#include <argp.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xsched_hsa.h>

#include "bench/rig.h"

#define RING_PKTS 1024u
#define KINDS     3u /* lengths of kernels that take turns in a queue */

struct load {
	const char *name;
	unsigned us[2][KINDS]; /* of either queue */
};

static const struct load loads[] = {
	{"0.1 ms", {{100, 100, 100}, {100, 100, 100}}},
	{"1 ms", {{1000, 1000, 1000}, {1000, 1000, 1000}}},
	{"10 ms", {{10000, 10000, 10000}, {10000, 10000, 10000}}},
	{"0.1 and 10 ms", {{100, 100, 100}, {10000, 10000, 10000}}},
	{"10 and 0.1 ms", {{10000, 10000, 10000}, {100, 100, 100}}},
	{"mixed", {{100, 1000, 5000}, {3000, 200, 500}}},
};
#define LOADS (sizeof(loads) / sizeof(loads[0]))

static const unsigned all_shares[] = {75, 90};
#define SHARES (sizeof(all_shares) / sizeof(all_shares[0]))

struct options {
	bool json, child;
	unsigned seconds, load, share; /* share: of the first queue, per cent; 0: none is given */
};

/* ---- one measurement, in a child ---- */

struct side {
	const struct rig *rig;
	hsa_queue_t *queue;
	const unsigned *us;
	struct rig_spin *args;
	volatile uint64_t *record; /* start and end of each kernel; written by the GPU */
	uint64_t capacity, submitted;
	struct rig_backlog backlog;
	uint64_t end_ns;           /* on the host */
};

static unsigned length_us(const struct side *s, uint64_t number)
{
	return s->us[number % KINDS];
}

/* Always has a backlog of some 60 ms, and at least two kernels. */
static void *side_run(void *arg)
{
	struct side *s = arg;
	unsigned mean_us = (s->us[0] + s->us[1] + s->us[2]) / 3;
	uint64_t deep = 60000 / mean_us;

	deep = deep < 6 ? 6 : deep > RING_PKTS / 2 ? RING_PKTS / 2 : deep;
	while (rig_now_ns() < s->end_ns && s->submitted < s->capacity) {
		uint64_t done = rig_backlog_done(&s->backlog, s->queue);

		while (s->submitted - done < deep && s->submitted < s->capacity) {
			struct rig_spin *a = &s->args[s->submitted % RING_PKTS];

			a->ticks = (uint64_t)(length_us(s, s->submitted) * 1000 / s->rig->tick_ns);
			a->record = &s->record[2 * s->submitted++];
			rig_backlog_add(&s->backlog, rig_spin_submit(s->rig, s->queue, a, s->rig->groups, (hsa_signal_t){0}));
		}
		rig_sleep_ns(5000000);
	}
	return NULL;
}

/* Time of kernels that ended from @from to @to. */
static double done_us(const struct side *s, uint64_t from, uint64_t to)
{
	double sum = 0;

	for (uint64_t i = 0; i < s->submitted; i++)
		if (s->record[2 * i + 1] > from && s->record[2 * i + 1] <= to)
			sum += length_us(s, i);
	return sum;
}

static uint64_t first_end(const struct side *s)
{
	uint64_t least = UINT64_MAX;

	for (uint64_t i = 0; i < s->submitted; i++)
		if (s->record[2 * i + 1] && s->record[2 * i + 1] < least)
			least = s->record[2 * i + 1];
	return least;
}

static uint64_t last_end(const struct side *s)
{
	uint64_t most = 0;

	for (uint64_t i = 0; i < s->submitted; i++)
		most = s->record[2 * i + 1] > most ? s->record[2 * i + 1] : most;
	return most;
}

static bool share_set(const hsa_queue_t *queue, unsigned percent)
{
	int status = xsched_hsa_hint_set(xsched_hsa_queue(queue), XSCHED_HSA_SHARE, percent);

	if (status)
		fprintf(stderr, "shares: a share of %u: %s\n", percent, xsched_hsa_strerror(status));
	return !status;
}

static int measure(const struct options *o)
{
	struct rig r;
	struct side s[2] = {0};
	pthread_t threads[2];

	rig_start(&r);
	for (int i = 0; i < 2; i++) {
		s[i].rig = &r;
		s[i].us = loads[o->load].us[i];
		s[i].queue = rig_queue_new(&r, RING_PKTS);
		s[i].capacity = (o->seconds + 1) * 3000000ull / (s[i].us[0] + s[i].us[1] + s[i].us[2]) + RING_PKTS;
		s[i].args = rig_memory(&r, RING_PKTS * sizeof(*s[i].args));
		s[i].record = rig_memory(&r, s[i].capacity * 2 * sizeof(uint64_t));
		if (o->share && !share_set(s[i].queue, i ? 100 - o->share : o->share))
			return 1;
	}
	rig_simulator_first();
	uint64_t end_ns = rig_now_ns() + o->seconds * UINT64_C(1000000000);
	for (int i = 0; i < 2; i++) {
		s[i].end_ns = end_ns;
		if (pthread_create(&threads[i], NULL, side_run, &s[i]))
			return 1;
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	/* From when both ran, without the beginning, until one of them has no more. */
	uint64_t from = first_end(&s[0]), to = last_end(&s[0]);
	from = first_end(&s[1]) > from ? first_end(&s[1]) : from;
	to = last_end(&s[1]) < to ? last_end(&s[1]) : to;
	if (to <= from) {
		fprintf(stderr, "shares: the queues never ran together\n");
		return 1;
	}
	from += (to - from) / 10;
	double first = done_us(&s[0], from, to), second = done_us(&s[1], from, to);
	double charged = 0;
	for (int i = 0; o->share && i < 2; i++) {
		struct xsched_hsa_stats stats = {.size = sizeof(stats)};

		if (xsched_hsa_stats_get(xsched_hsa_queue(s[i].queue), &stats))
			return 1;
		charged = i ? 100 * charged / (charged + (double)stats.gpu_ns) : (double)stats.gpu_ns;
	}
	printf("{\"share_percent\": %.3f, \"charged_percent\": %.3f, \"busy_percent\": %.2f, \"span_ms\": %.1f}\n",
		100 * first / (first + second), charged,
		(first + second) * 1e5 / ((double)(to - from) * r.tick_ns), (double)(to - from) * r.tick_ns / 1e6);
	fflush(stdout);
	/* What is queued behind would take long to run out. */
	_Exit(0);
}

/* ---- all of them ---- */

static double number_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static json_t *run(const struct options *o, unsigned load, unsigned share)
{
	char arguments[100];

	snprintf(arguments, sizeof(arguments), "--child --load=%u --share=%u --seconds=%u", load, share, o->seconds);
	json_t *result = rig_run(share ? "XSCHED_HSA_POLICY=up" : NULL, arguments);
	json_object_set_new(result, "load", json_string(loads[load].name));
	json_object_set_new(result, "row", json_string(share ? "up" : "native"));
	json_object_set_new(result, "wanted_percent", share ? json_integer(share) : json_null());
	return result;
}

static int compare_all(const struct options *o)
{
	json_t *report = rig_head(), *results = json_array();
	double worst = 0;

	if (!o->json)
		printf("%-14s %8s %8s %8s %10s %10s   (per cent)\n", "kernels", "wanted", "got", "off by", "busy", "native");
	for (unsigned load = 0; load < LOADS; load++) {
		json_t *native = run(o, load, 0);
		double busy = number_of(native, "busy_percent");

		json_array_append_new(results, native);
		for (unsigned i = 0; i < SHARES; i++) {
			json_t *result = run(o, load, all_shares[i]);
			double off = number_of(result, "share_percent") - all_shares[i];

			worst = fabs(off) > worst ? fabs(off) : worst;
			json_object_set_new(result, "throughput_ratio", json_real(number_of(result, "busy_percent") / busy));
			json_array_append_new(results, result);
			if (!o->json)
				printf("%-14s %8u %8.2f %+8.2f %10.2f %10.2f\n", loads[load].name, all_shares[i],
					number_of(result, "share_percent"), off, number_of(result, "busy_percent"), busy);
			fflush(stdout);
		}
	}
	json_object_set_new(report, "worst_points", json_real(worst));
	json_object_set_new(report, "results", results);
	if (o->json) {
		json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
		putchar('\n');
	}
	json_decref(report);
	return 0;
}

enum { OPT_JSON = 'j', OPT_SECONDS = 's', OPT_CHILD = 256, OPT_LOAD, OPT_SHARE, OPT_TOOL };

static const struct argp_option argp_options[] = {
	{"json", OPT_JSON, NULL, 0, "print JSON", 0},
	{"seconds", OPT_SECONDS, "N", 0, "of each run (default 4)", 0},
	{"tool", OPT_TOOL, "FILE", 0, "libxsched_hsa.so to measure", 0},
	{"child", OPT_CHILD, NULL, OPTION_HIDDEN, "measure once", 0},
	{"load", OPT_LOAD, "N", OPTION_HIDDEN, "which kernels", 0},
	{"share", OPT_SHARE, "N", OPTION_HIDDEN, "of the first queue", 0},
	{0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_SECONDS:
		o->seconds = rig_number(state, arg, "seconds", 1, 600);
		return 0;
	case OPT_TOOL:
		rig_tool_set(arg);
		return 0;
	case OPT_CHILD:
		o->child = true;
		return 0;
	case OPT_LOAD:
		o->load = rig_number(state, arg, "load", 0, LOADS - 1);
		return 0;
	case OPT_SHARE:
		o->share = rig_number(state, arg, "share", 0, 99);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {argp_options, parse, NULL,
		"Measures shares of queues in one process. Without a GPU: kfdsim --device bench/small.ini -- shares", NULL, NULL, NULL};
	struct options o = {.seconds = 4};

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	return o.child ? measure(&o) : compare_all(&o);
}
