/* SPDX-License-Identifier: MIT */
/* The executor of exec.h. Tests drive it; it drives the scheduler core. */
#include "tests/policy/exec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void check(struct exec *x)
{
	const char *wrong = x->check ? sched_check(x->sched) : NULL;

	if (wrong)
		fail_msg("at %llu us: %s", (unsigned long long)(x->now_ns / US), wrong);
}

static void on_effect(void *ctx, void *owner, const struct sched_effect *effect)
{
	struct exec_queue *q = owner;

	q->effects++;
	q->exec->effects++;
	q->preempted += effect->gate == SCHED_GATE_HOLD && effect->level == 3;
	q->gate = effect->gate;
	q->window_ns = effect->window_ns;
	q->level = effect->level;
	q->reason = effect->reason;
}

static uint64_t in_flight_ns(const struct exec_queue *q)
{
	uint64_t sum = 0;

	for (size_t i = q->done; i < q->published; i++)
		sum += q->kernels[i].left_ns;
	return sum;
}

static uint64_t on_drain(void *ctx, void *owner, uint64_t now_ns)
{
	return in_flight_ns(owner);
}

static const struct sched_ops ops = {.effect = on_effect, .drain_ns = on_drain};

struct exec *exec_new(const struct sched_policy *policy, int gpus, uint64_t preempt_cost_ns)
{
	struct exec *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	x->slots = 1;
	x->check = true;
	x->ngpus = gpus;
	assert_int_equal(sched_new(NULL, &ops, x, &x->sched), 0);
	for (int i = 0; i < gpus; i++)
		assert_int_equal(sched_gpu_new(x->sched, preempt_cost_ns, &x->gpus[i]), 0);
	if (policy)
		assert_int_equal(sched_policy_install(x->sched, policy, 0), 0);
	return x;
}

void exec_free(struct exec *x)
{
	for (int i = 0; i < x->nqueues; i++) {
		if (!x->queues[i])
			continue;
		free(x->queues[i]->kernels);
		free(x->queues[i]);
	}
	sched_free(x->sched);
	free(x);
}

struct sched_job *exec_job(struct exec *x, const char *name)
{
	struct sched_job *job;

	assert_int_equal(sched_job_new(x->sched, name, &job), 0);
	return job;
}

struct exec_queue *exec_queue(struct exec *x, struct sched_job *job, int gpu)
{
	struct exec_queue *q = calloc(1, sizeof(*q));

	assert_non_null(q);
	assert_true(x->nqueues < EXEC_QUEUES);
	q->exec = x;
	q->gpu = gpu;
	q->first_start_ns = SCHED_NEVER;
	q->resubmit_ns = SCHED_NEVER;
	x->queues[x->nqueues++] = q;
	q->job = job ? job : exec_job(x, NULL);
	assert_int_equal(sched_queue_new(x->gpus[gpu], q->job, q, x->now_ns, &q->sched), 0);
	if (!job)
		sched_job_close(q->job);
	check(x);
	return q;
}

void exec_queue_end(struct exec_queue *q)
{
	struct exec *x = q->exec;

	sched_queue_free(q->sched, x->now_ns);
	for (int i = 0; i < x->nqueues; i++) {
		if (x->queues[i] == q)
			x->queues[i] = NULL;
		else if (x->queues[i])
			for (size_t k = 0; k < x->queues[i]->count; k++)
				if (x->queues[i]->kernels[k].after == q)
					x->queues[i]->kernels[k].after = NULL;
	}
	free(q->kernels);
	free(q);
	check(x);
}

void exec_hint(struct exec_queue *q, enum sched_hint hint, int64_t value)
{
	assert_int_equal(sched_queue_hint_set(q->sched, hint, value, q->exec->now_ns), 0);
	check(q->exec);
}

static void tell_ready(struct exec_queue *q)
{
	if (q->told_ready || q->done == q->count)
		return;
	q->told_ready = true;
	sched_queue_ready(q->sched, q->exec->now_ns);
	check(q->exec);
}

struct exec_kernel *exec_submit(struct exec_queue *q, uint64_t len_ns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (q->count == q->size) {
			q->size = q->size ? 2 * q->size : 64;
			q->kernels = realloc(q->kernels, q->size * sizeof(*q->kernels));
			assert_non_null(q->kernels);
		}
		q->kernels[q->count++] = (struct exec_kernel){
			.left_ns = len_ns, .len_ns = len_ns, .submitted_ns = q->exec->now_ns};
	}
	tell_ready(q);
	return &q->kernels[q->count - 1];
}

void exec_submit_after(struct exec_queue *q, uint64_t len_ns, struct exec_queue *after, uint64_t n)
{
	struct exec_kernel *kernel = exec_submit(q, len_ns, 1);

	kernel->after = after;
	kernel->after_n = n;
}

static void refill(struct exec_queue *q)
{
	size_t keep = q->closed_loop_ns ? 1 : 40;

	while (q->endless && q->count - q->done < keep) {
		/* Forget what is done, so that endless queues stay small. */
		if (q->count == q->size && q->done > q->size / 2) {
			for (size_t i = q->done; i < q->count; i++)
				q->kernels[i - q->done] = q->kernels[i];
			q->count -= q->done;
			q->published -= q->done;
			q->done = 0;
		}
		exec_submit(q, q->endless[q->endless_at++ % q->endless_count], 1);
	}
}

void exec_endless(struct exec_queue *q, const uint64_t *lens, size_t count)
{
	q->endless = lens;
	q->endless_count = count;
	refill(q);
}

static void publish(struct exec_queue *q)
{
	if (q->gate == SCHED_GATE_HOLD)
		return;
	while (q->published < q->count) {
		uint64_t flight = in_flight_ns(q);
		if (q->published > q->done && q->window_ns != SCHED_UNLIMITED &&
			flight + q->kernels[q->published].len_ns > q->window_ns)
			break;
		if (q->published == q->done)
			q->arrival_ns = ++q->exec->publications;
		q->published++;
		if (q->window_ns == SCHED_UNLIMITED && q->published - q->done > 32)
			break;
	}
}

static struct exec_kernel *head(struct exec_queue *q)
{
	return q->done < q->count ? &q->kernels[q->done] : NULL;
}

static bool depends(const struct exec_kernel *kernel)
{
	return kernel && kernel->after && kernel->after->done < kernel->after_n;
}

static void tell_waits(struct exec_queue *q)
{
	bool waits = depends(head(q));

	if (waits == q->waits_told)
		return;
	q->waits_told = waits;
	if (waits)
		assert_int_equal(
			sched_queue_waits(q->sched, head(q)->after->sched, q->exec->now_ns), 0);
	else
		sched_queue_wait_done(q->sched, NULL, q->exec->now_ns);
	check(q->exec);
}

static bool stopped(const struct exec_queue *q)
{
	return q->gate == SCHED_GATE_HOLD && q->level == 3;
}

/* Puts published kernels on the GPU, oldest publication first. */
static void start(struct exec *x, int gpu)
{
	int used = 0;

	for (int i = 0; i < x->nqueues; i++) {
		struct exec_queue *q = x->queues[i];
		if (!q || q->gpu != gpu)
			continue;
		if (q->running && stopped(q))
			q->running = false;
		used += q->running;
	}
	while (used < x->slots) {
		struct exec_queue *next = NULL;
		for (int i = 0; i < x->nqueues; i++) {
			struct exec_queue *q = x->queues[i];
			if (!q || q->gpu != gpu || q->running || stopped(q) ||
				q->published == q->done || depends(head(q)))
				continue;
			if (q->gate == SCHED_GATE_HOLD && q->level == 2 &&
				head(q)->left_ns == head(q)->len_ns)
				continue;
			if (!next || q->arrival_ns < next->arrival_ns)
				next = q;
		}
		if (!next)
			return;
		next->running = true;
		if (next->first_start_ns == SCHED_NEVER)
			next->first_start_ns = x->now_ns;
		used++;
	}
}

/* Whether a running kernel makes progress: one of a collective does so only while all its parts
 * run. */
static bool progresses(const struct exec *x, const struct exec_queue *q)
{
	int parts = 0;

	if (!q->running)
		return false;
	const struct exec_kernel *kernel = &q->kernels[q->done];
	if (!kernel->collective)
		return true;
	for (int i = 0; i < x->nqueues; i++) {
		const struct exec_queue *other = x->queues[i];
		if (other && other->running &&
			other->kernels[other->done].collective == kernel->collective)
			parts++;
	}
	return parts == kernel->parts;
}

static void complete(struct exec_queue *q)
{
	struct exec *x = q->exec;
	struct exec_kernel *kernel = head(q);
	uint64_t latency = x->now_ns - kernel->submitted_ns;

	q->gpu_ns += kernel->len_ns;
	q->latency_sum_ns += latency;
	if (latency > q->latency_max_ns)
		q->latency_max_ns = latency;
	q->last_done_ns = x->now_ns;
	q->running = false;
	q->done++;
	if (q->done < q->published)
		q->arrival_ns = ++x->publications;
	sched_queue_ran(q->sched, kernel->len_ns, x->now_ns);
	if (q->endless && q->closed_loop_ns)
		q->resubmit_ns = x->now_ns + q->closed_loop_ns;
	else
		refill(q);
	if (q->done == q->count) {
		q->told_ready = false;
		sched_queue_idle(q->sched, x->now_ns);
	}
	check(x);
}

static void settle(struct exec *x)
{
	uint64_t before, effects;

	do {
		before = x->publications;
		effects = x->effects;
		for (int i = 0; i < x->nqueues; i++) {
			struct exec_queue *q = x->queues[i];
			if (!q)
				continue;
			if (q->resubmit_ns <= x->now_ns) {
				q->resubmit_ns = SCHED_NEVER;
				refill(q);
			}
			tell_waits(q);
			publish(q);
		}
		for (int g = 0; g < x->ngpus; g++)
			start(x, g);
	} while (before != x->publications || effects != x->effects);
}

static void pass(struct exec *x, uint64_t step)
{
	for (int g = 0; g < x->ngpus; g++) {
		bool busy = false, could = false;
		for (int i = 0; i < x->nqueues; i++) {
			struct exec_queue *q = x->queues[i];
			if (!q || q->gpu != g)
				continue;
			busy |= q->running;
			could |= head(q) && !depends(head(q));
		}
		x->busy_ns[g] += busy ? step : 0;
		x->wasted_ns[g] += !busy && could ? step : 0;
	}
	/* Who progresses depends on who runs: look before anything completes. */
	bool moves[EXEC_QUEUES];
	for (int i = 0; i < x->nqueues; i++)
		moves[i] = x->queues[i] && progresses(x, x->queues[i]);
	x->now_ns += step;
	for (int i = 0; i < x->nqueues; i++)
		if (moves[i])
			head(x->queues[i])->left_ns -= step;
	for (int i = 0; i < x->nqueues; i++)
		if (moves[i] && !head(x->queues[i])->left_ns)
			complete(x->queues[i]);
}

static uint64_t until_next(struct exec *x)
{
	uint64_t next = sched_next_ns(x->sched);

	if (next <= x->now_ns)
		return 0;
	next -= x->now_ns;
	for (int i = 0; i < x->nqueues; i++) {
		struct exec_queue *q = x->queues[i];
		if (!q)
			continue;
		if (progresses(x, q) && head(q)->left_ns < next)
			next = head(q)->left_ns;
		if (q->resubmit_ns - x->now_ns < next)
			next = q->resubmit_ns - x->now_ns;
	}
	return next;
}

static bool all_done(const struct exec *x)
{
	for (int i = 0; i < x->nqueues; i++)
		if (x->queues[i] && x->queues[i]->done < x->queues[i]->count)
			return false;
	return true;
}

static void run_to(struct exec *x, uint64_t end_ns, bool stop_when_done)
{
	for (;;) {
		settle(x);
		if (x->now_ns >= end_ns || (stop_when_done && all_done(x)))
			return;
		uint64_t step = until_next(x);
		if (step > end_ns - x->now_ns)
			step = end_ns - x->now_ns;
		pass(x, step);
		sched_tick(x->sched, x->now_ns);
		check(x);
	}
}

void exec_run(struct exec *x, uint64_t ns)
{
	run_to(x, x->now_ns + ns, false);
}

bool exec_drain(struct exec *x, uint64_t ns)
{
	run_to(x, x->now_ns + ns, true);
	return all_done(x);
}

double exec_share(uint64_t part, uint64_t rest)
{
	return part + rest ? 100.0 * (double)part / (double)(part + rest) : 0;
}
