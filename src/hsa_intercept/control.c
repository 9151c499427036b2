/* SPDX-License-Identifier: MIT */
/* What users ask for; see control.h. */
#include "src/hsa_intercept/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/common/probe.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue_effect.h"

#define WINDOW_PKTS_MAX 4096u
#define NS_MAX		(UINT64_MAX / 2)

/* Schedule the process, and take the lock. On success *@q_p is @vq's queue, or NULL without one. */
static int begin(struct vqueue *vq, struct squeue **q_p)
{
	int error = squeue_require();

	if (error)
		return error;
	squeue_lock();
	/* It may have ended since. */
	if (!squeue_running()) {
		squeue_unlock();
		return -ESHUTDOWN;
	}
	*q_p = vq ? squeue_of(vq) : NULL;
	if (vq && (!*q_p || !(*q_p)->added)) {
		squeue_unlock();
		return -ENOENT;
	}
	return 0;
}

static int end(int error)
{
	decider_now()->flush();
	squeue_unlock();
	/* Timers may have changed. */
	pacer_kick();
	return error;
}

int control_queue(const hsa_queue_t *queue, struct vqueue **vq_p)
{
	struct vqueue *vq = queue ? vqueue_find((uintptr_t)queue) : NULL;

	if (!vq)
		return -ENOENT;
	*vq_p = vq;
	return 0;
}

int control_each(void (*fn)(struct squeue *q, void *ctx), void *ctx)
{
	struct squeue *none;
	int error = begin(NULL, &none);

	if (error)
		return error;
	for (struct squeue *q = squeue_first(); q; q = q->next)
		fn(q, ctx);
	return end(0);
}

int control_hint_set(struct vqueue *vq, enum sched_hint hint, int64_t value)
{
	/* This process is all that its own core decides about: what is for the machine alone is for the process. */
	bool machine = sched_hint_info(hint) && sched_hint_info(hint)->scope == SCHED_SCOPE_MACHINE;
	int error = sched_hint_check(hint, vq ? SCHED_SCOPE_QUEUE : machine ? SCHED_SCOPE_MACHINE : SCHED_SCOPE_JOB, value);
	struct squeue *q;

	if (!error)
		error = begin(vq, &q);
	if (error)
		return error;
	int64_t before = q ? q->hints[hint] : squeue_process_hint(hint);
	if (q) {
		q->hints[hint] = value;
		/* From here on the runtime's word about it does not count. */
		if (hint == SCHED_HINT_PRIORITY)
			q->priority_said = false;
	} else {
		squeue_process_hint_set(hint, value);
	}
	error = decider_now()->hint(q, hint, value, pacer_now_ns());
	/* What the decider refuses comes into force under no other either. */
	if (error && q)
		q->hints[hint] = before;
	else if (error)
		squeue_process_hint_set(hint, before);
	if (!error && q && hint == SCHED_HINT_WINDOW)
		squeue_relimit(q);
	return end(error);
}

int control_hint_get(struct vqueue *vq, enum sched_hint hint, int64_t *value_p)
{
	const struct sched_hint_info *info = sched_hint_info(hint);
	struct squeue *q;

	if (!info)
		return -ENOENT;
	int error = begin(vq, &q);
	if (error)
		return error;
	int64_t value = q ? q->hints[hint] : SCHED_HINT_UNSET;
	if (value == SCHED_HINT_UNSET)
		value = squeue_process_hint(hint);
	*value_p = value == SCHED_HINT_UNSET ? info->preset : value;
	return end(0);
}

int control_window_pkts(struct vqueue *vq, uint32_t pkts)
{
	struct squeue *one;

	if (pkts > WINDOW_PKTS_MAX)
		return -ERANGE;
	int error = begin(vq, &one);
	if (error)
		return error;
	if (!vq)
		squeue_window_pkts_set(pkts);
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		if (one && q != one)
			continue;
		q->window_pkts = pkts;
		squeue_relimit(q);
	}
	return end(0);
}

static int suspend_all(struct vqueue *vq, int level)
{
	struct squeue *one;
	int error = begin(vq, &one);

	if (error)
		return error;
	if (!vq)
		squeue_process_suspend_set(level);
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		if (!q->added || (one && q != one))
			continue;
		q->suspended = level;
		if (level)
			PROBE2(suspend, q->vq->gate.id, level);
		else
			PROBE2(resume, q->vq->gate.id, 0);
		int failed = decider_now()->suspend(q, pacer_now_ns());
		error = error ? error : failed;
	}
	return end(error);
}

int control_suspend(struct vqueue *vq, int level)
{
	return level < 1 || level > 3 ? -ERANGE : suspend_all(vq, level);
}

int control_resume(struct vqueue *vq)
{
	return suspend_all(vq, 0);
}

static int wait_all(struct vqueue *vq, bool published, uint64_t timeout_ns)
{
	uint64_t until_ns = pacer_now_ns() + (timeout_ns < NS_MAX ? timeout_ns : NS_MAX);
	struct vqueue *list[VQUEUE_MAX];
	unsigned count = 0;
	struct squeue *one;
	int error = begin(vq, &one);

	if (error)
		return error;
	for (struct squeue *q = squeue_first(); q && count < VQUEUE_MAX; q = q->next)
		if (!one || q == one)
			list[count++] = q->vq;
	error = end(0);
	for (unsigned i = 0; i < count && !error; i++) {
		error = squeue_wait(list[i], published, until_ns);
		/* A queue of the process that went meanwhile is not waited for. */
		if (!vq && error == -ENOENT)
			error = 0;
	}
	return error;
}

int control_wait_idle(struct vqueue *vq, uint64_t timeout_ns)
{
	return wait_all(vq, false, timeout_ns);
}

int control_wait_published(struct vqueue *vq, uint64_t timeout_ns)
{
	return wait_all(vq, true, timeout_ns);
}

int control_policy_set(const char *name)
{
	struct squeue *none;
	int error = begin(NULL, &none);

	return error ? error : end(decider_now()->policy(name, pacer_now_ns()));
}

int control_policy_get(char *name, size_t size)
{
	struct squeue *none;
	int error = begin(NULL, &none);

	if (error)
		return error;
	snprintf(name, size, "%s", decider_now()->policy_name());
	return end(0);
}

int control_stats_get(struct vqueue *vq, struct control_stats *stats_p)
{
	struct gate_stats passed;
	struct squeue *q;
	int error = begin(vq, &q);

	if (error)
		return error;
	uint64_t saves, saved_ns;
	level3_stats(q, &saves, &saved_ns);
	gate_stats_get(&vq->gate, &passed);
	enum gate_mode mode = gate_mode_now(&vq->gate);
	*stats_p = (struct control_stats){
		.queue_id = vq->queue->id,
		.node = vq->node,
		.held = mode == GATE_CLOSED,
		.suspended = q->suspended != 0,
		.busy = q->active,
		.reason = q->decision.reason,
		.level = q->decision.level,
		.window_ns = q->window_ns,
		.window_pkts = q->window_pkts,
		.reserved = gate_mode_is_native(mode) ? atomic_load(vq->gate.real_write) : atomic_load(&vq->gate.shadow),
		.published = atomic_load(vq->gate.real_write),
		.complete = q->tracked ? q->complete : atomic_load(vq->gate.dev_read),
		.packets = passed.packets,
		.dispatches = passed.dispatches,
		.held_ns = passed.held_ns,
		.gpu_ns = q->gpu_ns,
		.holds = q->holds,
		.saves = saves,
	};
	return end(0);
}
