/* SPDX-License-Identifier: MIT */
/*
 * Level 3; see level3.h. What is decided, in whichever thread, the pacer has done, before it publishes anything, through src/cwsr; what
 * has to wait is done by the control thread there. Answers come through done(); the queue for the self-test is made here, through the
 * entries below ours, so that it is seen by nobody.
 *
 * Locks: done() takes the scheduler's lock, in the pacer or the control thread; nothing here waits for that thread with the lock held.
 */
#include "src/hsa_intercept/level3.h"

#include <errno.h>
#include <hsa/amd_hsa_queue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aql/packet.h"
#include "src/common/barrier.h"
#include "src/common/log.h"
#include "src/cwsr/cwsr.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/pacer.h"

#define TEST_PKTS 64u

static _Atomic bool owed; /* something was asked for that the pacer is to do */
static _Atomic bool expected; /* what it costs on some GPU is known; writer: the pacer */

/* Must hold the scheduler's lock. @pacer: it is for the pacer to do; otherwise for the control thread. */
static void ask(struct squeue *q, bool pacer)
{
	if (!q->hw || q->asked == q->save)
		return;
	int r = pacer ? cwsr_request_later(q->hw, q->save) : cwsr_request(q->hw, q->save);

	/* A request that is refused changed nothing: the queue runs. */
	if (r)
		return;
	q->asked = q->save;
	if (!pacer)
		return;
	atomic_store(&owed, true);
	if (!pacer_is_self())
		pacer_kick();
}

bool level3_is_owed(void)
{
	return atomic_load(&owed);
}

void level3_serve(void)
{
	while (atomic_exchange(&owed, false))
		cwsr_serve();
}

/* Take over what was really done, with how long it was not running. Must hold the lock. */
static uint64_t stats_update(struct squeue *q)
{
	if (!q->hw)
		return 0;
	struct cwsr_queue_stats s = cwsr_queue_stats_get(q->hw);
	uint64_t more_ns = s.saved_ns - q->saved_ns;

	q->saves = s.saves;
	q->saved_ns = s.saved_ns;
	return more_ns;
}

static void done(void *ctx, void *owner, bool suspended, int error)
{
	struct squeue *q = owner;

	(void)ctx;
	squeue_lock();
	/* One that was suspended and resumed in one go was not told of. */
	uint64_t saved_ns = stats_update(q);
	if (saved_ns || (!suspended && q->saved)) {
		/* Meanwhile it did not run. */
		q->drain.progress_ns += saved_ns;
		q->was_saved_ns += saved_ns;
		gate_saved(&q->vq->gate, saved_ns);
		q->drain.stop_ns += saved_ns;
		if (q->drain.end_ns)
			q->drain.end_ns += saved_ns;
		q->backoff_ns = 0;
		atomic_store(&q->kicked, true);
	}
	if (q->saved != suspended)
		squeue_changed();
	q->saved = suspended;
	/* The answer may be to an earlier question, or come unasked. */
	q->asked = suspended;
	/* What cannot be saved is tried again with the next decision, what only had to run for a moment now. */
	if (!q->save || !error || error == -EBUSY)
		ask(q, pacer_is_self());
	squeue_unlock();
	pacer_kick();
	if (error)
		log_debug("queue %lu: level 3: %s", (unsigned long)q->vq->queue->id, strerror(-error));
}

/* A queue of our own on the GPU that @owner's is on. */
struct test_queue {
	hsa_queue_t *queue;
	hsa_signal_t signal;
	uint64_t submitted;
};

static void test_error(hsa_status_t status, hsa_queue_t *queue, void *data)
{
	(void)queue;
	(void)data;
	log_warning("level 3: the queue of the self-test failed with status 0x%x", (unsigned)status);
}

static int test_open(void *ctx, void *owner, struct cwsr_test_queue *t_p)
{
	const struct squeue *q = owner;
	struct test_queue *t = calloc(1, sizeof(*t));

	(void)ctx;
	if (!t)
		return -ENOMEM;
	if (next.amd_signal_create(0, 0, NULL, HSA_AMD_SIGNAL_AMD_GPU_ONLY, &t->signal) != HSA_STATUS_SUCCESS)
		goto free_test;
	if (next.queue_create(q->agent, TEST_PKTS, HSA_QUEUE_TYPE_SINGLE, test_error, NULL, UINT32_MAX, UINT32_MAX,
		    &t->queue) != HSA_STATUS_SUCCESS)
		goto destroy_signal;
	*t_p = (struct cwsr_test_queue){
		.ring_base = t->queue->base_address,
		.ring_bytes = (uint64_t)t->queue->size * sizeof(struct aql_packet),
		.data = t,
	};
	return 0;
destroy_signal:
	next.signal_destroy(t->signal);
free_test:
	free(t);
	return -ENOMEM;
}

static void test_submit(void *ctx, struct cwsr_test_queue *c)
{
	struct test_queue *t = c->data;
	_Atomic int64_t *value = &((struct track_signal *)(uintptr_t)t->signal.handle)->value;
	uint64_t index = next.add_screlease(t->queue, 1);
	struct aql_packet *slot = (struct aql_packet *)t->queue->base_address + index % t->queue->size;

	(void)ctx;
	/* One more to complete. Relaxed: the packet processor sees it behind the header. */
	atomic_fetch_add_explicit(value, 1, memory_order_relaxed);
	memset((char *)slot + sizeof(slot->header), 0, sizeof(*slot) - sizeof(slot->header));
	slot->completion_signal = t->signal.handle;
	/* Release: the body. Pairs with the packet processor. */
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, (uint16_t)AQL_PACKET_BARRIER_AND, memory_order_release);
	doorbell_barrier();
	next.signal_store_screlease(t->queue->doorbell_signal, (hsa_signal_value_t)index);
}

static bool test_done(void *ctx, struct cwsr_test_queue *c)
{
	struct test_queue *t = c->data;

	(void)ctx;
	return atomic_load_explicit(&((struct track_signal *)(uintptr_t)t->signal.handle)->value, memory_order_acquire) <= 0;
}

static void test_close(void *ctx, struct cwsr_test_queue *c)
{
	struct test_queue *t = c->data;

	(void)ctx;
	next.queue_destroy(t->queue);
	next.signal_destroy(t->signal);
	free(t);
}

void level3_start(const struct config *c)
{
	const struct cwsr_config settings = {
		.mechanism = c->lv3,
		.budget_ns = c->lv3_budget_us * UINT64_C(1000),
		.interval_ns = c->lv3_interval_us * UINT64_C(1000),
		.grace_kclk = c->lv3_grace_kclk,
		.any_target = c->lv3_any_gpu,
	};
	const struct cwsr_ops ops = {
		.done = done,
		.test_open = test_open,
		.test_submit = test_submit,
		.test_done = test_done,
		.test_close = test_close,
	};
	int error = cwsr_start(&settings, &ops);

	if (error && error != -EOPNOTSUPP)
		log_debug("level 3: %s", strerror(-error));
}

void level3_stop(void)
{
	cwsr_stop();
}

void level3_fork_child(void)
{
	cwsr_fork_child();
}

void level3_track(struct squeue *q, bool test)
{
	const hsa_queue_t *queue = q->vq->queue;

	q->hw = cwsr_queue_track(queue->base_address, (uint64_t)queue->size * sizeof(struct aql_packet), q);
	if (q->hw && test)
		cwsr_prepare(q->hw);
}

struct cwsr_queue *level3_take(struct squeue *q)
{
	struct cwsr_queue *hw = q->hw;

	stats_update(q);
	q->hw = NULL;
	q->save = q->asked = q->saved = false;
	return hw;
}

void level3_forget(struct cwsr_queue *hw)
{
	cwsr_queue_forget(hw);
}

void level3_want(struct squeue *q, bool saved)
{
	/* The answer to what was asked is on its way. */
	if (q->save == saved && q->asked == saved)
		return;
	q->save = saved;
	ask(q, true);
}

void level3_stats(const struct squeue *q, uint64_t *saves_p, uint64_t *saved_ns_p)
{
	struct cwsr_queue_stats s = {q->saves, q->saved_ns};

	if (q->hw)
		s = cwsr_queue_stats_get(q->hw);
	*saves_p = s.saves;
	*saved_ns_p = s.saved_ns;
}

static void write_times(FILE *out, const char *name, const struct cwsr_times *t)
{
	fprintf(out, ", \"%s\": {\"count\": %u, \"p50_ns\": %llu, \"p99_ns\": %llu}", name, t->count,
		(unsigned long long)t->p50_ns, (unsigned long long)t->p99_ns);
}

struct writer {
	FILE *out;
	const char *separator;
};

static void write_gpu(const struct cwsr_gpu_info *i, void *ctx)
{
	struct writer *w = ctx;

	fprintf(w->out, "%s\n    {\"gpu_id\": %u, \"usable\": %s, \"mechanism\": \"%s\", \"calls\": %llu", w->separator, i->gpu_id,
		i->usable ? "true" : "false", i->debug ? "debug" : "update",
		(unsigned long long)(i->suspend_calls + i->resume_calls));
	write_times(w->out, "suspend_wait", &i->suspend_wait);
	write_times(w->out, "suspend_call", &i->suspend_call);
	write_times(w->out, "resume_wait", &i->resume_wait);
	write_times(w->out, "resume_call", &i->resume_call);
	fprintf(w->out, "}");
	w->separator = ",";
}

void level3_report(FILE *out)
{
	struct writer w = {out, ""};

	fprintf(out, "  \"level3\": [");
	cwsr_gpu_info_each(write_gpu, &w);
	fprintf(out, "%s],\n", *w.separator ? "\n  " : "");
}

uint64_t level3_cost_ns(const struct squeue *q)
{
	uint64_t cost_ns = q->hw ? cwsr_cost_ns(q->hw) : SCHED_UNLIMITED;

	if (cost_ns != SCHED_UNLIMITED && !atomic_load_explicit(&expected, memory_order_relaxed))
		atomic_store_explicit(&expected, true, memory_order_relaxed);
	return cost_ns;
}

bool level3_expected(void)
{
	return atomic_load_explicit(&expected, memory_order_relaxed);
}
