/* SPDX-License-Identifier: MIT */
/* Counters in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). */
#include "src/daemon/state.h"

#include <inttypes.h>

static const char *const states[] = {[SCHED_STATE_IDLE] = "idle", [SCHED_STATE_HELD] = "held", [SCHED_STATE_RUNNING] = "running",
	[SCHED_STATE_SUSPENDED] = "suspended"};

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value: quotes, backslashes and line feeds are escaped, and clients' text has no control characters. */
static void label(FILE *f, const char *name, const char *value)
{
	fprintf(f, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', f);
		fputc(*value, f);
	}
	fputc('"', f);
}

static void gpu_label(FILE *f, const struct gpu *gpu)
{
	/* AMD's BDFID: bus in bits 8-15, device in 3-7, function in 0-2. */
	fprintf(f, "gpu=\"%04x:%02x:%02x.%x/%u\"", gpu->key.domain, gpu->key.bdf >> 8 & 0xff, gpu->key.bdf >> 3 & 0x1f, gpu->key.bdf & 7,
		gpu->key.node);
}

static void queue_labels(FILE *f, const char *name, const struct queue *q)
{
	const struct machine_client *c = q->client;

	fprintf(f, "%s{client=\"%" PRIu64 "\",pid=\"%d\",uid=\"%u\",", name, c->number, (int)c->who.pid, (unsigned)c->who.uid);
	label(f, "comm", c->comm);
	fputc(',', f);
	label(f, "job", c->job->name);
	fputc(',', f);
	gpu_label(f, q->gpu);
	fprintf(f, ",slot=\"%u\"", q->slot);
}

static uint64_t held_ns(const struct queue *q, uint64_t now_ns)
{
	return q->held_ns + (q->held_since_ns && now_ns > q->held_since_ns ? now_ns - q->held_since_ns : 0);
}

static void write_state(FILE *f, const struct queue *q, uint64_t now_ns)
{
	struct sched_queue_stats stats;

	(void)now_ns;
	sched_queue_stats(q->sched, &stats);
	queue_labels(f, "xschedd_queue_state", q);
	fprintf(f, ",state=\"%s\"} 1\n", states[stats.state]);
}

static void write_gpu(FILE *f, const struct queue *q, uint64_t now_ns)
{
	(void)now_ns;
	queue_labels(f, "xschedd_queue_gpu_seconds_total", q);
	fprintf(f, "} %.9f\n", (double)(q->gpu_seen_ns - q->gpu_base_ns) / 1e9);
}

static void write_held(FILE *f, const struct queue *q, uint64_t now_ns)
{
	queue_labels(f, "xschedd_queue_held_seconds_total", q);
	fprintf(f, "} %.9f\n", (double)held_ns(q, now_ns) / 1e9);
}

static void write_preempts(FILE *f, const struct queue *q, uint64_t now_ns)
{
	(void)now_ns;
	for (int level = 1; level <= 3; level++) {
		queue_labels(f, "xschedd_queue_preemptions_total", q);
		fprintf(f, ",level=\"%d\"} %" PRIu64 "\n", level, q->preempts[level - 1]);
	}
}

static void write_window(FILE *f, const struct queue *q, uint64_t now_ns)
{
	(void)now_ns;
	queue_labels(f, "xschedd_queue_window_seconds", q);
	if (q->now.window_ns == SCHED_UNLIMITED)
		fprintf(f, "} +Inf\n");
	else
		fprintf(f, "} %.9f\n", (double)q->now.window_ns / 1e9);
}

static void each_queue(const struct machine *m, FILE *f, uint64_t now_ns, void (*write)(FILE *, const struct queue *, uint64_t))
{
	list_for_each(at, &m->clients)
	{
		const struct machine_client *c = list_entry(at, const struct machine_client, at);

		for (uint32_t i = 0; i < c->slot_end; i++)
			if (c->slots[i])
				write(f, c->slots[i], now_ns);
	}
}

static void write_jobs(const struct machine *m, FILE *f)
{
	head(f, "xschedd_job_gpu_seconds_total", "counter", "GPU time of the processes that gave a job's name.");
	list_for_each(at, &m->jobs)
	{
		const struct job *job = list_entry(at, const struct job, at);

		if (!*job->name)
			continue;
		fprintf(f, "xschedd_job_gpu_seconds_total{uid=\"%u\",", (unsigned)job->uid);
		label(f, "job", job->name);
		fprintf(f, "} %.9f\n", (double)sched_job_gpu_ns(job->sched, NULL) / 1e9);
	}
}

static void write_gpus(const struct machine *m, FILE *f)
{
	head(f, "xschedd_gpu_seconds_total", "counter", "GPU time reported for a GPU.");
	list_for_each(at, &m->gpus)
	{
		const struct gpu *gpu = list_entry(at, const struct gpu, at);

		fprintf(f, "xschedd_gpu_seconds_total{");
		gpu_label(f, gpu);
		fputc(',', f);
		label(f, "name", gpu->name);
		fprintf(f, "} %.9f\n", (double)(sched_gpu_ns(gpu->sched) - gpu->base_ns) / 1e9);
	}
}

static void write_latency(const struct machine *m, FILE *f)
{
	uint64_t sum = 0;

	head(f, "xschedd_decision_latency_seconds", "histogram", "From a client's message to the decisions it led to.");
	for (unsigned i = 0; i < LATENCY_BUCKETS - 1; i++) {
		sum += m->latency[i];
		fprintf(f, "xschedd_decision_latency_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", 1e-6 * (double)(1u << i), sum);
	}
	fprintf(f, "xschedd_decision_latency_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", m->latency_count);
	fprintf(f, "xschedd_decision_latency_seconds_sum %.9f\n", (double)m->latency_sum_ns / 1e9);
	fprintf(f, "xschedd_decision_latency_seconds_count %" PRIu64 "\n", m->latency_count);
}

void machine_metrics_write(const struct machine *m, FILE *f, uint64_t now_ns)
{
	head(f, "xschedd_clients", "gauge", "Scheduled processes.");
	fprintf(f, "xschedd_clients %u\n", m->library_count);
	head(f, "xschedd_queues", "gauge", "Their queues.");
	fprintf(f, "xschedd_queues %u\n", m->queue_count);
	head(f, "xschedd_decisions_total", "counter", "Decisions written.");
	fprintf(f, "xschedd_decisions_total %" PRIu64 "\n", m->decisions);
	head(f, "xschedd_disconnected_total", "counter", "Clients disconnected for what they did.");
	fprintf(f, "xschedd_disconnected_total %" PRIu64 "\n", m->rejected);
	head(f, "xschedd_policy_info", "gauge", "The policy in force.");
	fprintf(f, "xschedd_policy_info{policy=\"%s\"} 1\n", sched_policy_name(m->sched));
	write_gpus(m, f);
	write_jobs(m, f);
	head(f, "xschedd_queue_state", "gauge", "1 at the state that a queue is in.");
	each_queue(m, f, now_ns, write_state);
	head(f, "xschedd_queue_gpu_seconds_total", "counter", "GPU time reported.");
	each_queue(m, f, now_ns, write_gpu);
	head(f, "xschedd_queue_held_seconds_total", "counter", "Time held while there was something to run.");
	each_queue(m, f, now_ns, write_held);
	head(f, "xschedd_queue_preemptions_total", "counter", "How often it was stopped, by level.");
	each_queue(m, f, now_ns, write_preempts);
	head(f, "xschedd_queue_window_seconds", "gauge", "Work that it may have in flight.");
	each_queue(m, f, now_ns, write_window);
	write_latency(m, f);
}
