/* SPDX-License-Identifier: MIT */
/*
 * Any sequence of calls on the scheduler core keeps its invariants and loses no queue. libFuzzer,
 * or replay.c, writes the input: three bytes per call, the call and what it concerns.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/sched/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define GPUS   3
#define JOBS   4
#define QUEUES 16

struct fuzz_queue {
	struct sched_queue *sched;
	enum sched_gate gate;
	bool ready;
	bool suspended;
};

struct fuzz {
	struct sched *sched;
	struct sched_gpu *gpus[GPUS];
	struct sched_job *jobs[JOBS];
	struct fuzz_queue queues[QUEUES];
	uint64_t now_ns;
	unsigned effects;
};

static void die(const struct fuzz *f, const char *what)
{
	fprintf(stderr, "fuzz_sched: policy %s: %s\n", sched_policy_name(f->sched), what);
	abort();
}

static void on_effect(void *ctx, void *owner, const struct sched_effect *effect)
{
	struct fuzz *f = ctx;
	struct fuzz_queue *q = owner;

	if (++f->effects > 100000)
		die(f, "effects without end");
	q->gate = effect->gate;
}

static uint64_t on_drain(void *ctx, void *owner, uint64_t now_ns)
{
	return now_ns % 7 ? now_ns % 100000 : SCHED_DRAIN_UNKNOWN;
}

static const struct sched_ops ops = {.effect = on_effect, .drain_ns = on_drain};

static void check(const struct fuzz *f)
{
	const char *wrong = sched_check(f->sched);

	if (wrong)
		die(f, wrong);
}

static void set_hint(struct fuzz *f, struct fuzz_queue *q, unsigned a, unsigned b)
{
	enum sched_hint hint = a % SCHED_HINTS;
	const struct sched_hint_info *info = sched_hint_info(hint);
	int64_t value = info->min + (int64_t)(b % 16) * ((info->max - info->min) / 15);

	/* Mostly values that distinguish, not the ends of wide ranges. */
	if (b & 16)
		value = info->preset + b % 7;
	if (b & 32)
		value = SCHED_HINT_UNSET;
	if (b & 64)
		sched_job_hint_set(f->jobs[b % JOBS], hint, value, f->now_ns);
	else if (b & 128)
		sched_hint_set(f->sched, hint, value, f->now_ns);
	else if (q->sched)
		sched_queue_hint_set(q->sched, hint, value, f->now_ns);
}

static void on_machine(struct fuzz *f, unsigned a, unsigned b)
{
	switch (a % 6) {
	case 0:
		if (sched_policy_set(f->sched, sched_policy_at(b % 8)->name, f->now_ns))
			die(f, "a policy is unknown");
		break;
	case 1:
		if (b & 64 && f->queues[b % QUEUES].sched)
			sched_queue_apart(f->queues[b % QUEUES].sched, f->now_ns);
		else
			sched_job_unit_set(f->jobs[b % JOBS], b & 128, f->now_ns);
		break;
	case 2:
		sched_gpu_cost_set(f->gpus[b % GPUS], b & 128 ? SCHED_UNLIMITED : 50000);
		break;
	case 3:
		f->now_ns += (uint64_t)b << 34;
		sched_tick(f->sched, f->now_ns);
		break;
	case 4:
		sched_tick(f->sched, (uint64_t)b << 20);
		break;
	default:
		f->now_ns += (uint64_t)b << 12;
		sched_tick(f->sched, f->now_ns);
	}
}

static void on_queue(struct fuzz *f, unsigned call, unsigned a, unsigned b)
{
	struct fuzz_queue *q = &f->queues[a % QUEUES];
	struct fuzz_queue *other = &f->queues[b % QUEUES];

	if (!q->sched) {
		*q = (struct fuzz_queue){0};
		if (sched_queue_new(
			    f->gpus[b % GPUS], f->jobs[b / 8 % JOBS], q, f->now_ns, &q->sched))
			die(f, "no memory");
		return;
	}
	switch (call) {
	case 0:
		sched_queue_free(q->sched, f->now_ns);
		q->sched = NULL;
		break;
	case 1:
	case 2:
		q->ready = true;
		sched_queue_ready(q->sched, f->now_ns);
		break;
	case 3:
		q->ready = false;
		sched_queue_idle(q->sched, f->now_ns);
		break;
	case 4:
		sched_queue_ran(q->sched, (uint64_t)1 << (b % 64), f->now_ns);
		break;
	case 5:
	case 6:
		if (other->sched)
			sched_queue_waits(q->sched, other->sched, f->now_ns);
		break;
	case 7:
		sched_queue_wait_done(q->sched, b & 1 ? other->sched : NULL, f->now_ns);
		break;
	case 8:
		sched_queue_suspend(q->sched, 1 + (int)(b % 3), f->now_ns);
		break;
	default:
		sched_queue_resume(q->sched, f->now_ns);
	}
}

/* With nothing in the way any more, every ready queue runs and ends. */
static void drain(struct fuzz *f)
{
	sched_hint_set(f->sched, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET, f->now_ns);
	for (int i = 0; i < JOBS; i++)
		sched_job_hint_set(f->jobs[i], SCHED_HINT_PRIORITY, SCHED_HINT_UNSET, f->now_ns);
	for (int i = 0; i < QUEUES; i++) {
		if (!f->queues[i].sched)
			continue;
		sched_queue_hint_set(
			f->queues[i].sched, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET, f->now_ns);
		sched_queue_resume(f->queues[i].sched, f->now_ns);
		sched_queue_wait_done(f->queues[i].sched, NULL, f->now_ns);
	}
	check(f);
	for (int round = 0; round < 2 * QUEUES; round++) {
		for (int i = 0; i < QUEUES; i++) {
			struct fuzz_queue *q = &f->queues[i];
			if (!q->sched || !q->ready || q->gate == SCHED_GATE_HOLD)
				continue;
			sched_queue_ran(q->sched, 1000, f->now_ns);
			sched_queue_idle(q->sched, f->now_ns);
			q->ready = false;
			check(f);
		}
		uint64_t next = sched_next_ns(f->sched);
		f->now_ns = next != SCHED_NEVER && next > f->now_ns ? next : f->now_ns + 1000000;
		sched_tick(f->sched, f->now_ns);
		check(f);
	}
	for (int i = 0; i < QUEUES; i++)
		if (f->queues[i].sched && f->queues[i].ready)
			die(f, "a ready queue was never served");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = {0};

	if (sched_new(NULL, &ops, &f, &f.sched))
		return 0;
	for (int i = 0; i < GPUS; i++)
		if (sched_gpu_new(f.sched, i ? 50000 : SCHED_UNLIMITED, &f.gpus[i]))
			return 0;
	for (int i = 0; i < JOBS; i++)
		if (sched_job_new(f.sched, NULL, &f.jobs[i]))
			return 0;
	for (size_t i = 0; i + 3 <= size; i += 3) {
		unsigned call = data[i] % 16, a = data[i + 1], b = data[i + 2];
		f.now_ns += (uint64_t)(data[i] / 16) << 16;
		f.effects = 0;
		if (call < 10)
			on_queue(&f, call, a, b);
		else if (call < 13)
			set_hint(&f, &f.queues[data[i] % QUEUES], a, b);
		else
			on_machine(&f, a, b);
		check(&f);
	}
	f.effects = 0;
	drain(&f);
	sched_free(f.sched);
	return 0;
}
