/* SPDX-License-Identifier: MIT */
/* Which decider is in force, and which queues it was given; see decider.h. Under the scheduler's lock. */
#include "src/hsa_intercept/decider.h"

#include <string.h>

#include "src/common/log.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue_effect.h"

static const struct decider *decider = &decider_local;

const struct decider *decider_now(void)
{
	return decider;
}

int decider_add(struct squeue *q, uint64_t now_ns)
{
	q->adding = true;
	/* What deciders begin with, and do not say again. */
	q->next_decision = (struct sched_effect){.gate = SCHED_GATE_HOLD, .reason = SCHED_BECAUSE_IDLE, .level = 1};
	int error = decider->add(q, now_ns);

	q->added = !error;
	/* Waits name other queues, which the new decider may not know yet; the next round tells them again. */
	q->waits_count = 0;
	return error;
}

void decider_settle(struct squeue *q)
{
	q->adding = false;
	/* Without a decider nothing would ever let it go. */
	if (!q->added)
		q->next_decision = (struct sched_effect){
			.gate = SCHED_GATE_FREE, .reason = SCHED_BECAUSE_ALONE, .window_ns = SCHED_UNLIMITED, .level = 1};
	squeue_decide(q, &q->next_decision);
}

void decider_remove(struct squeue *q, uint64_t now_ns)
{
	if (q->added)
		decider->remove(q, now_ns);
	q->added = false;
}

void decider_switch(const struct decider *d)
{
	uint64_t now_ns = pacer_now_ns();

	if (d == decider)
		return;
	for (struct squeue *q = squeue_first(); q; q = q->next)
		decider_remove(q, now_ns);
	decider->stop();
	decider = d;
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		int error = decider_add(q, now_ns);

		if (error)
			log_warning("queue %lu is not scheduled: %s", (unsigned long)q->vq->queue->id, strerror(-error));
	}
	/* Who must stop, before who may go. */
	for (struct squeue *q = squeue_first(); q; q = q->next)
		if (q->added && q->next_decision.gate == SCHED_GATE_HOLD)
			decider_settle(q);
	for (struct squeue *q = squeue_first(); q; q = q->next)
		if (q->adding)
			decider_settle(q);
	decider->flush();
	log_info("scheduled by: %s", d->name);
}

void decider_reset(void)
{
	decider = &decider_local;
}
