/* SPDX-License-Identifier: MIT */
/* A queue's records as events of a trace; see trace_events.h. */
#include "src/hsa_intercept/trace_events.h"

#include <errno.h>
#include <stdio.h>

#include "src/hsa_intercept/kernel_names.h"
#include "src/sched/sched.h"

static const char *const gate_names[] = {
	[SCHED_GATE_HOLD] = "hold", [SCHED_GATE_RUN] = "run", [SCHED_GATE_FREE] = "free"};
static const char *const reason_names[SCHED_REASONS] = {
	[SCHED_BECAUSE_IDLE] = "idle",
	[SCHED_BECAUSE_TURN] = "turn",
	[SCHED_BECAUSE_ALONE] = "alone",
	[SCHED_BECAUSE_OUTRANKED] = "outranked",
	[SCHED_BECAUSE_OTHERS] = "others",
	[SCHED_BECAUSE_JOB] = "job",
	[SCHED_BECAUSE_SUSPENDED] = "suspended",
	[SCHED_BECAUSE_NO_EXECUTE] = "no_execute",
};
static const char *const type_names[] = {
	[AQL_PACKET_VENDOR] = "vendor packet",
	[AQL_PACKET_INVALID] = "packet",
	[AQL_PACKET_DISPATCH] = "kernel",
	[AQL_PACKET_BARRIER_AND] = "barrier",
	[AQL_PACKET_AGENT] = "agent packet",
	[AQL_PACKET_BARRIER_OR] = "barrier",
	[TRAIL_BRAKE] = "brake",
};

/* @text and a number behind it. */
static void number(struct trace_out *o, const char *text, uint64_t value)
{
	trace_out_text(o, text);
	trace_out_number(o, value);
}

/* The beginning of every event; its name and the rest follow. */
static void event(struct trace_out *o, const char *ph, const char *category, uint32_t pid, uint32_t tid)
{
	trace_out_text(o, ",\n{\"ph\":\"");
	trace_out_text(o, ph);
	trace_out_text(o, "\",\"cat\":\"");
	trace_out_text(o, category);
	number(o, "\",\"pid\":", pid);
	number(o, ",\"tid\":", tid);
}

static void at(struct trace_out *o, uint64_t ns)
{
	trace_out_text(o, ",\"ts\":");
	trace_out_us(o, ns);
}

void trace_events_begin(struct trace_out *o, uint32_t pid, uint64_t now_ns)
{
	char name[64];

	snprintf(name, sizeof(name), "%.40s %u", program_invocation_short_name, pid);
	number(o, "[\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":", pid);
	trace_out_text(o, ",\"args\":{\"name\":");
	trace_out_string(o, name);
	trace_out_text(o, "}}");
	event(o, "i", "trace", pid, 0);
	at(o, now_ns);
	trace_out_text(o, ",\"s\":\"p\",\"name\":\"trace begins\"}");
}

void trace_events_track(struct trace_out *o, const struct trace_track *t)
{
	event(o, "M", "trace", t->pid, t->number);
	number(o, ",\"name\":\"thread_name\",\"args\":{\"name\":\"queue ", t->queue_id);
	number(o, " on node ", t->node);
	trace_out_text(o, "\"}}");
	event(o, "M", "trace", t->pid, t->number);
	number(o, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":", t->number);
	trace_out_text(o, "}}");
}

/* Beginning ("b") or end ("e") of a span that may overlap others; Perfetto stacks those of one name. Its arguments may follow. */
static void span(struct trace_out *o, const char *ph, const struct trace_track *t, const char *what, uint64_t id, uint64_t ns)
{
	event(o, ph, what, t->pid, t->number);
	number(o, ",\"name\":\"queue ", t->queue_id);
	trace_out_text(o, " ");
	trace_out_text(o, what);
	number(o, "\",\"id\":\"", t->number);
	number(o, ".", id);
	trace_out_text(o, "\"");
	at(o, ns);
}

static void kernel(struct trace_out *o, const struct trail_record *r)
{
	const char *name = r->kernel ? kernel_name(r->kernel) : NULL;
	char address[32];

	if (!name && r->kernel) {
		snprintf(address, sizeof(address), "kernel 0x%llx", (unsigned long long)r->kernel);
		name = address;
	}
	if (!name)
		name = r->type < sizeof(type_names) / sizeof(type_names[0]) ? type_names[r->type] : "packet";
	trace_out_string(o, name);
}

/* A kernel ran from @start_ns to @end_ns. */
static void running(struct trace_out *o, struct trace_track *t, const struct trail_record *r, uint64_t start_ns, uint64_t end_ns)
{
	if (r->start_ts < t->running_until_ts) {
		/* Spans of the track itself must not overlap. */
		span(o, "b", t, "running beside", r->index, start_ns);
		trace_out_text(o, ",\"args\":{\"kernel\":");
		kernel(o, r);
		trace_out_text(o, "}}");
		span(o, "e", t, "running beside", r->index, end_ns);
		trace_out_text(o, "}");
		return;
	}
	/* One after the other by the GPU's clock; that two spans were translated at different times may show. */
	if (start_ns < t->running_until_ns)
		start_ns = t->running_until_ns;
	if (end_ns < start_ns)
		end_ns = start_ns;
	event(o, "X", "running", t->pid, t->number);
	trace_out_text(o, ",\"name\":");
	kernel(o, r);
	at(o, start_ns);
	trace_out_text(o, ",\"dur\":");
	trace_out_us(o, end_ns - start_ns);
	number(o, ",\"args\":{\"packet\":", r->index);
	trace_out_text(o, "}}");
	t->running_until_ts = r->end_ts;
	t->running_until_ns = end_ns;
}

static void packet(struct trace_out *o, struct trace_track *t, const struct trail_record *r, const struct trace_times *times)
{
	uint64_t start_ns = r->start_ts, end_ns = r->end_ts, until_ns = r->to_ns;
	bool measured = r->start_ts && r->end_ts >= r->start_ts &&
			times->to_monotonic(times->ctx, t->agent, &start_ns, &end_ns) && end_ns >= start_ns;

	if (measured && r->kernel)
		running(o, t, r, start_ns, end_ns);
	if (measured)
		until_ns = end_ns;
	if (!r->from_ns)
		return;
	span(o, "b", t, "in flight", r->index, r->from_ns);
	number(o, ",\"args\":{\"packet\":", r->index);
	trace_out_text(o, ",\"kernel\":");
	kernel(o, r);
	trace_out_text(o, measured ? ",\"end\":\"measured\"}}" : ",\"end\":\"seen\"}}");
	span(o, "e", t, "in flight", r->index, until_ns < r->from_ns ? r->from_ns : until_ns);
	trace_out_text(o, "}");
}

static void decision(struct trace_out *o, const struct trace_track *t, const struct trail_record *r)
{
	event(o, "i", "decision", t->pid, t->number);
	at(o, r->from_ns);
	trace_out_text(o, ",\"s\":\"t\",\"name\":\"");
	trace_out_text(o, gate_names[r->gate]);
	trace_out_text(o, ": ");
	trace_out_text(o, reason_names[r->reason]);
	trace_out_text(o, "\",\"args\":{\"gate\":\"");
	trace_out_text(o, gate_names[r->gate]);
	trace_out_text(o, "\",\"reason\":\"");
	trace_out_text(o, reason_names[r->reason]);
	trace_out_text(o, "\",\"window_us\":");
	if (r->kernel == SCHED_UNLIMITED)
		trace_out_text(o, "null");
	else
		trace_out_us(o, r->kernel);
	number(o, ",\"level\":", r->level);
	trace_out_text(o, "}}");
}

void trace_events_counter(struct trace_out *o, struct trace_track *t)
{
	if (!t->counter_ns)
		return;
	event(o, "C", "packets", t->pid, t->number);
	number(o, ",\"name\":\"queue ", t->queue_id);
	trace_out_text(o, " packets in flight\"");
	at(o, t->counter_ns);
	number(o, ",\"args\":{\"packets\":", t->counter);
	trace_out_text(o, "}}");
	t->counter_ns = 0;
}

/* Of several values at one time only the last is written. */
static void counter(struct trace_out *o, struct trace_track *t, uint32_t value, uint64_t ns)
{
	if (t->counter_ns != ns)
		trace_events_counter(o, t);
	t->counter = value;
	t->counter_ns = ns;
}

void trace_events_record(struct trace_out *o, struct trace_track *t, const struct trail_record *r,
	const struct trace_times *times)
{
	switch ((enum trail_kind)r->kind) {
	case TRAIL_PACKET:
		packet(o, t, r, times);
		counter(o, t, r->in_flight, r->to_ns);
		break;
	case TRAIL_PUBLISHED:
		counter(o, t, r->in_flight, r->from_ns);
		break;
	case TRAIL_HELD:
		span(o, "b", t, "held", r->from_ns, r->from_ns);
		number(o, ",\"args\":{\"packets\":", r->index);
		trace_out_text(o, "}}");
		span(o, "e", t, "held", r->from_ns, r->to_ns);
		trace_out_text(o, "}");
		break;
	case TRAIL_DECISION:
		decision(o, t, r);
		break;
	}
}

void trace_events_lost(struct trace_out *o, struct trace_track *t, uint64_t lost, uint64_t now_ns)
{
	if (lost == t->lost)
		return;
	event(o, "i", "trace", t->pid, t->number);
	at(o, now_ns);
	number(o, ",\"s\":\"t\",\"name\":\"records lost\",\"args\":{\"records\":", lost - t->lost);
	trace_out_text(o, "}}");
	t->lost = lost;
}

void trace_events_end(struct trace_out *o, uint32_t pid, uint64_t lost, uint64_t now_ns)
{
	event(o, "i", "trace", pid, 0);
	at(o, now_ns);
	number(o, ",\"s\":\"p\",\"name\":\"trace ends\",\"args\":{\"records_lost\":", lost);
	trace_out_text(o, "}}\n]\n");
}
