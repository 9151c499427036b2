/* SPDX-License-Identifier: MIT */
/* The self-test, and queues whose creation was not seen; see probe.h. */
#include "src/cwsr/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/cwsr/mechanism.h"

/* How long a suspended queue is watched: packets of an idle one complete within some microseconds. */
#define STILL_NS  1000000u
#define LOOK_NS   50000u
/* How long a resumed queue may take: others may have the GPU. */
#define GO_ON_NS  2000000000u
/* HSA's normal priority, as thunks translate it. */
#define NORMAL_PRIORITY 7u
/* From here on the driver refuses queues without a save area of the right size. */
#define SAVE_AREA_MINOR 17u

static uint64_t now(void)
{
	return cwsr_shared.kernel->now_ns(cwsr_shared.kernel->ctx);
}

/* ---- finding a queue ---- */

struct sysfs_search {
	uint64_t ring_bytes;
	struct kfd_queue queue;
	uint32_t matches;
	char folder[64];
	bool known;
};

static long number_in(const char *folder, uint32_t id, const char *name)
{
	char path[128], text[32], *end;

	snprintf(path, sizeof(path), "%s/%u/%s", folder, id, name);
	if (cwsr_shared.kernel->read_text(cwsr_shared.kernel->ctx, path, text, sizeof(text)) < 0)
		return -1;
	long value = strtol(text, &end, 10);
	return end == text ? -1 : value;
}

static void is_id(struct kfd_queue *q, void *ctx)
{
	struct sysfs_search *s = ctx;

	s->known = s->known || q->id == s->queue.id;
}

static void sysfs_look(void *arg, uint32_t id)
{
	struct sysfs_search *s = arg;
	struct kfd_queue before = s->queue;

	/* The kernel's own numbering: 0 is compute. */
	if (number_in(s->folder, id, "type") != 0 || number_in(s->folder, id, "size") != (long)s->ring_bytes)
		return;
	s->queue.id = id;
	s->queue.gpu_id = (uint32_t)number_in(s->folder, id, "gpuid");
	s->known = false;
	kfd_queues_each(is_id, s);
	if (s->known) {
		s->queue = before;
		return;
	}
	s->matches++;
}

/* The one queue of that size that is not known in another way. */
static int sysfs_find(int fd, uint64_t ring_va, uint64_t ring_bytes, struct kfd_queue *q_p)
{
	struct sysfs_search s = {.ring_bytes = ring_bytes, .queue = {.call_fd = fd,
		.type = KFD_IOC_QUEUE_TYPE_COMPUTE_AQL, .ring_va = ring_va, .ring_bytes = (uint32_t)ring_bytes}};

	/* In a pid namespace the folder has another name, and is not found. */
	snprintf(s.folder, sizeof(s.folder), "/sys/class/kfd/kfd/proc/%d/queues", (int)getpid());
	int r = cwsr_shared.kernel->list_numbers(cwsr_shared.kernel->ctx, s.folder, sysfs_look, &s);
	if (r < 0)
		return r;
	if (s.matches != 1)
		return s.matches ? -ENOTUNIQ : -ENOENT;
	*q_p = s.queue;
	return 0;
}

int cwsr_queue_lookup(const void *ring_base, uint64_t ring_bytes, struct kfd_queue **q_p)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	struct kfd_queue *q = kfd_queues_find((uintptr_t)ring_base), found;
	struct kfd_ioctl_get_version_args v = {0};
	int fd, r;

	if (q) {
		*q_p = q;
		return 0;
	}
	fd = kfd_queues_own_fd();
	if (fd < 0) {
		cwsr_error_say(cwsr_error_find(CWSR_CALL_OPEN, -fd), CWSR_CALL_OPEN, -fd, 0);
		return fd;
	}
	r = cwsr_snapshot_find(fd, (uintptr_t)ring_base, &found);
	if (r) {
		log_debug("level 3: no queue by DBG_TRAP: %s", strerror(-r));
		r = sysfs_find(fd, (uintptr_t)ring_base, ring_bytes, &found);
		if (r)
			return r;
		if (!k->get_version(k->ctx, fd, &v) && v.minor_version >= SAVE_AREA_MINOR)
			found.save_bytes = 1;
	}
	/* Neither tells these; they are what a queue has until its program changes them, which is seen from here on. */
	found.percent = KFD_MAX_QUEUE_PERCENTAGE;
	found.priority = NORMAL_PRIORITY;
	q = kfd_queues_add(&found);
	if (!q)
		return -ENOSPC;
	log_info("level 3: queue %u was found by asking the driver", q->id);
	*q_p = q;
	return 0;
}

/* ---- the self-test ---- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

struct cwsr_times cwsr_times_of(uint64_t *ns, uint32_t count)
{
	if (!count)
		return (struct cwsr_times){0};
	qsort(ns, count, sizeof(*ns), compare);
	return (struct cwsr_times){ns[(count - 1) / 2], ns[(uint64_t)(count - 1) * 99 / 100], count};
}

struct test {
	struct cwsr_gpu *gpu;
	struct kfd_queue *queue;
	uint64_t serial;
};

/* Suspend or resume the test's queue; *@ns_p: how long that took. */
static int change(const struct test *t, bool suspend, uint64_t *ns_p)
{
	struct kfd_queue *q = t->queue;
	int error = 0;

	kfd_queues_lock();
	if (!kfd_queue_is(q, t->serial)) {
		kfd_queues_unlock();
		return -ESRCH;
	}
	uint64_t start = now();
	if (suspend)
		cwsr_suspend(t->gpu, &q, 1, &error);
	else
		cwsr_resume(t->gpu, &q, 1, &error);
	/* A failure of the debug interface alone may have been made good by UPDATE_QUEUE. */
	*ns_p = now() - start;
	kfd_queues_unlock();
	return error;
}

static void fail(struct cwsr_gpu *g, const char *what, int error)
{
	kfd_queues_lock();
	if (cwsr_gpu_usable(g)) {
		cwsr_gpu_off(g, "self-test: %s%s%s", what, error ? ": " : "", error ? strerror(-error) : "");
		log_warning("level 3: GPU %u: %s; it is not used there", g->gpu_id, g->why);
	}
	kfd_queues_unlock();
}

static int begin(struct test *t, const struct cwsr_test_queue *tq)
{
	kfd_queues_lock();
	int r = cwsr_queue_lookup(tq->ring_base, tq->ring_bytes, &t->queue);
	if (!r && !t->queue->save_bytes)
		r = -ENODATA;
	if (!r) {
		t->serial = t->queue->serial;
		/* Does the driver take what it knows already? */
		r = cwsr_null_probe(t->queue);
		if (r)
			cwsr_gpu_failed(t->gpu, CWSR_CALL_UPDATE_QUEUE, -r);
	}
	kfd_queues_unlock();
	return r;
}

/* A packet must not complete while the queue is suspended, and must afterwards. */
static int stop_and_go_on(const struct test *t, const struct cwsr_ops *ops, struct cwsr_test_queue *tq,
	bool (*ended)(void), const char **what_p)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	uint64_t ns;
	bool ran = false;
	int r = change(t, true, &ns);

	*what_p = "suspending a queue";
	if (r)
		return r;
	ops->test_submit(ops->ctx, tq);
	for (uint64_t start = now(); !ran && now() - start < STILL_NS; k->nap(k->ctx, LOOK_NS))
		ran = ops->test_done(ops->ctx, tq);
	*what_p = "resuming a queue";
	r = change(t, false, &ns);
	if (r)
		return r;
	*what_p = "a suspended queue ran on";
	if (ran)
		return -EPROTO;
	*what_p = "a resumed queue did not go on";
	for (uint64_t start = now(); !ops->test_done(ops->ctx, tq); k->nap(k->ctx, LOOK_NS)) {
		if (now() - start >= GO_ON_NS)
			return -ETIME;
		if (ended())
			return -ECANCELED;
	}
	return 0;
}

static int measure(const struct test *t, uint32_t cycles, bool (*ended)(void), struct cwsr_times *suspend_p,
	struct cwsr_times *resume_p)
{
	uint64_t suspend[CWSR_CYCLES_MAX], resume[CWSR_CYCLES_MAX];
	int r = 0;

	if (cycles > CWSR_CYCLES_MAX)
		cycles = CWSR_CYCLES_MAX;
	for (uint32_t i = 0; i < cycles; i++) {
		if (ended())
			return -ECANCELED;
		r = change(t, true, &suspend[i]);
		if (!r)
			r = change(t, false, &resume[i]);
		if (r)
			return r;
	}
	*suspend_p = cwsr_times_of(suspend, cycles);
	*resume_p = cwsr_times_of(resume, cycles);
	return 0;
}

int cwsr_measure(struct cwsr_gpu *g, const struct cwsr_test_queue *t, uint32_t cycles, bool (*ended)(void),
	struct cwsr_times *suspend_p, struct cwsr_times *resume_p)
{
	struct test test = {.gpu = g};

	kfd_queues_lock();
	int r = cwsr_queue_lookup(t->ring_base, t->ring_bytes, &test.queue);
	if (!r)
		test.serial = test.queue->serial;
	kfd_queues_unlock();
	return r ? r : measure(&test, cycles, ended, suspend_p, resume_p);
}

/* What the self-test found is where the average begins. */
static void record(struct cwsr_gpu *g, const struct cwsr_times *suspend, const struct cwsr_times *resume)
{
	kfd_queues_lock();
	g->suspend_test = *suspend;
	g->resume_test = *resume;
	/* Relaxed: numbers that stand for themselves. */
	atomic_store_explicit(&g->suspend_ns, suspend->p50_ns, memory_order_relaxed);
	atomic_store_explicit(&g->resume_ns, resume->p50_ns, memory_order_relaxed);
	atomic_store_explicit(&g->test_ns, suspend->p50_ns + resume->p50_ns, memory_order_relaxed);
	kfd_queues_unlock();
}

int cwsr_selftest(struct cwsr_gpu *g, const struct cwsr_ops *ops, struct cwsr_test_queue *t, uint32_t cycles,
	bool (*ended)(void))
{
	struct test test = {.gpu = g};
	struct cwsr_times suspend, resume;
	const char *what = "the null probe";
	bool debug = cwsr_gpu_uses_debug(g);
	char text[96];
	int r = begin(&test, t);

	if (!r)
		r = stop_and_go_on(&test, ops, t, ended, &what);
	if (!r) {
		what = "measuring";
		r = measure(&test, cycles, ended, &suspend, &resume);
	}
	if (r == -ECANCELED)
		return r;
	if (r) {
		fail(g, what, r == -EPROTO || r == -ETIME ? 0 : r);
		return r;
	}
	record(g, &suspend, &resume);
	uint64_t budget = cwsr_shared.config.budget_ns;
	if (budget && g->suspend_test.p50_ns > budget) {
		snprintf(text, sizeof(text), "suspending takes %llu us, the budget is %llu us",
			(unsigned long long)g->suspend_test.p50_ns / 1000, (unsigned long long)budget / 1000);
		fail(g, text, 0);
		return -EOPNOTSUPP;
	}
	kfd_queues_lock();
	g->tested = true;
	/* Where it failed on the way, another test follows, of UPDATE_QUEUE. */
	g->tested_debug = debug;
	kfd_queues_unlock();
	log_info("level 3: GPU %u: suspending takes %llu us (P99 %llu), resuming %llu us (P99 %llu)", g->gpu_id,
		(unsigned long long)g->suspend_test.p50_ns / 1000, (unsigned long long)g->suspend_test.p99_ns / 1000,
		(unsigned long long)g->resume_test.p50_ns / 1000, (unsigned long long)g->resume_test.p99_ns / 1000);
	return 0;
}
