/* SPDX-License-Identifier: MIT */
/*
 * The report of XSCHED_HSA_STATS; see report.h. Written by hand because the library links libc only; the only strings in
 * it are literals.
 */
#include "src/hsa_intercept/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/common/path.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/squeue.h"

/* What is told of a queue that was scheduled. */
struct scheduled {
	uint32_t window_pkts;
	uint64_t window_ns;
	uint64_t gpu_ns, holds, saves, saved_ns;
	struct track_stats stats;
	struct aql_time kernels[AQL_TIMES_ROWS]; /* rows of which kernel_count are used */
	uint32_t kernel_count;
};

struct record {
	uint64_t id;
	uint32_t node, size_pkts;
	bool alive;
	struct gate_stats stats;
	struct scheduled *local; /* NULL: it was never limited */
};

/* Queues that are gone; under the registry lock. Kept up to a limit, so that a program that creates queues all day does
 * not grow. */
#define RECORDS_MAX 4096
static struct record *gone;
static size_t gone_count, gone_room;
static uint64_t gone_dropped;

/* The queue is not tracked any more, or the program is about to end. */
static void fill_local(const struct squeue *q, struct scheduled *s_p)
{
	*s_p = (struct scheduled){
		.window_pkts = q->window_ns == SCHED_UNLIMITED ? 0 : q->window_pkts,
		.window_ns = q->window_ns,
		.gpu_ns = q->gpu_ns,
		.holds = q->holds,
		.stats = q->track.stats,
	};
	level3_stats(q, &s_p->saves, &s_p->saved_ns);
	for (uint32_t i = 0; i < AQL_TIMES_ROWS; i++)
		if (q->track.times.row[i].key)
			s_p->kernels[s_p->kernel_count++] = q->track.times.row[i];
}

static void fill(struct vqueue *vq, bool alive, struct record *r_p)
{
	*r_p = (struct record){
		.id = vq->queue->id, .node = vq->node, .size_pkts = vq->queue->size, .alive = alive};
	gate_stats_get(&vq->gate, &r_p->stats);
	r_p->local = vq->squeue ? malloc(sizeof(*r_p->local)) : NULL;
	if (r_p->local)
		fill_local(vq->squeue, r_p->local);
}

static void write_local(FILE *out, const struct scheduled *l)
{
	fprintf(out, ", \"window_pkts\": %u, ", l->window_pkts);
	if (l->window_pkts || l->window_ns == TRACK_UNLIMITED)
		fprintf(out, "\"window_ns\": null, ");
	else
		fprintf(out, "\"window_ns\": %llu, ", (unsigned long long)l->window_ns);
	fprintf(out, "\"gpu_ns\": %llu, \"holds\": %llu, \"saves\": %llu, \"saved_ns\": %llu, ", (unsigned long long)l->gpu_ns,
		(unsigned long long)l->holds, (unsigned long long)l->saves, (unsigned long long)l->saved_ns);
	fprintf(out, "\"own_signals\": %llu, \"markers\": %llu, \"brakes\": %llu, \"max_in_flight\": %llu, \"kernels\": [",
		(unsigned long long)l->stats.own, (unsigned long long)l->stats.markers, (unsigned long long)l->stats.brakes,
		(unsigned long long)l->stats.max_in_flight);
	for (uint32_t i = 0; i < l->kernel_count; i++)
		fprintf(out, "%s{\"object\": \"0x%llx\", \"grid\": %llu, \"ns\": %u, \"samples\": %u}", i ? ", " : "",
			(unsigned long long)aql_times_kernel(l->kernels[i].key),
			(unsigned long long)aql_times_grid(l->kernels[i].key), l->kernels[i].ns, l->kernels[i].samples);
	fprintf(out, "]");
}

void report_queue_gone(struct vqueue *vq)
{
	if (gone_count == gone_room) {
		size_t room = gone_room ? 2 * gone_room : 16;
		struct record *more = room <= RECORDS_MAX ? realloc(gone, room * sizeof(*gone)) : NULL;

		if (!more) {
			gone_dropped++;
			return;
		}
		gone = more;
		gone_room = room;
	}
	fill(vq, false, &gone[gone_count++]);
}

static void write_record(FILE *out, const struct record *r, const char **separator)
{
	fprintf(out,
		"%s\n    {\"id\": %llu, \"node\": %u, \"size_pkts\": %u, \"alive\": %s, \"packets\": %llu, "
		"\"dispatches\": %llu, \"doorbells\": %llu, \"publishes\": %llu, \"held_ns\": %llu",
		*separator, (unsigned long long)r->id, r->node, r->size_pkts,
		r->alive ? "true" : "false", (unsigned long long)r->stats.packets,
		(unsigned long long)r->stats.dispatches, (unsigned long long)r->stats.doorbells,
		(unsigned long long)r->stats.publishes, (unsigned long long)r->stats.held_ns);
	if (r->local)
		write_local(out, r->local);
	fprintf(out, "}");
	*separator = ",";
}

struct writer {
	FILE *out;
	const char *separator;
};

static void write_live(struct vqueue *vq, void *ctx)
{
	struct writer *w = ctx;
	struct record r;

	fill(vq, true, &r);
	write_record(w->out, &r, &w->separator);
	free(r.local);
}

void report_write(const char *path)
{
	if (!*path)
		return;
	char *file = path_expand(path);
	struct writer w = {.out = file ? fopen(file, "we") : NULL, .separator = ""};

	if (!w.out) {
		log_error("XSCHED_HSA_STATS=%s: %s", path, strerror(errno));
		free(file);
		return;
	}
	fprintf(w.out, "{\n  \"pid\": %d,\n", (int)getpid());
	level3_report(w.out);
	fprintf(w.out, "  \"queues\": [");
	/* Other threads may destroy queues while the program ends. */
	vqueue_lock();
	for (size_t i = 0; i < gone_count; i++)
		write_record(w.out, &gone[i], &w.separator);
	vqueue_for_each_locked(write_live, &w);
	fprintf(w.out, "\n  ],\n  \"queues_not_listed\": %llu\n}\n", (unsigned long long)gone_dropped);
	vqueue_unlock();
	int failed = ferror(w.out);
	if (fclose(w.out) || failed)
		log_error("XSCHED_HSA_STATS=%s: could not be written", file);
	free(file);
}
