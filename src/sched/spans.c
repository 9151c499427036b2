/* SPDX-License-Identifier: MIT */
/*
 * GPU time of kernels that overlap on the GPU. A packet processor starts the next queue's kernel while another's still fills the GPU, and
 * stamps it from then on; to charge it for that wait would charge the time twice. So whoever overlaps is charged for what it
 * takes alone, as far as that is known. Written and read here alone.
 */
#include "src/sched/core.h"

/* Whether what @o had of the time from @from_ts on is not @x's. */
static bool goes_before(const struct sched_span *o, const struct sched_span *x, uint64_t from_ts)
{
	if (o->of == x->of || o->span.start_ts > from_ts || o->span.end_ts <= from_ts)
		return false;
	return o->span.end_ts < x->span.end_ts ||
	       (o->span.end_ts == x->span.end_ts && o->span.start_ts < x->span.start_ts);
}

/*
 * From when on @x had the GPU: kernels that began before it, or while those ran, had it until they ended, as far as they ended before it did. One
 * that goes on longer runs beside it.
 */
static uint64_t span_from(const struct sched_gpu *g, const struct sched_span *x)
{
	uint64_t from_ts = x->span.start_ts, before;

	do {
		before = from_ts;
		for (unsigned i = 0; i < SCHED_SPANS; i++) {
			const struct sched_span *o = &g->spans[i];
			if (goes_before(o, x, from_ts))
				from_ts = o->span.end_ts;
		}
	} while (from_ts != before);
	return from_ts;
}

static bool overlap(const struct sched_span *a, const struct sched_span *b)
{
	return a->of != b->of && a->span.start_ts < b->span.end_ts && b->span.start_ts < a->span.end_ts;
}

static bool is_alone(const struct sched_gpu *g, const struct sched_span *x)
{
	for (unsigned i = 0; i < SCHED_SPANS; i++)
		if (overlap(x, &g->spans[i]))
			return false;
	return true;
}

static uint64_t span_ns(struct sched_gpu *g, const struct sched_span *x)
{
	if (is_alone(g, x))
		return x->span.ns;
	double part = (double)(x->span.end_ts - span_from(g, x)) / (double)(x->span.end_ts - x->span.start_ts);
	uint64_t ns = (uint64_t)((double)x->span.ns * part);
	return x->span.alone_ns && x->span.alone_ns < ns ? x->span.alone_ns : ns;
}

/* @x came late: those that were charged for its time as well get it back. */
static void span_refund(struct sched_gpu *g, const struct sched_span *x)
{
	for (unsigned i = 0; i < SCHED_SPANS; i++) {
		struct sched_span *o = &g->spans[i];
		if (!o->q || !overlap(x, o))
			continue;
		uint64_t ns = span_ns(g, o);
		if (ns >= o->charged_ns)
			continue;
		o->q->refund_ns += o->charged_ns - ns;
		unit_refund(o->q->unit, o->charged_ns - ns);
		o->charged_ns = ns;
	}
}

uint64_t span_charge(struct sched_queue *q, const struct gpu_span *span)
{
	struct sched_gpu *g = q->gpu;
	struct sched_span *x = &g->spans[g->span_next++ % SCHED_SPANS];

	*x = (struct sched_span){.q = q, .of = q->number, .span = *span};
	x->charged_ns = span_ns(g, x);
	span_refund(g, x);
	g->sched->steps += SCHED_SPANS;
	return x->charged_ns;
}

void span_forget(const struct sched_queue *q)
{
	for (unsigned i = 0; i < SCHED_SPANS; i++)
		if (q->gpu->spans[i].q == q)
			q->gpu->spans[i].q = NULL;
}
