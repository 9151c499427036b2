/* SPDX-License-Identifier: MIT */
/*
 * What is wanted of each tracked queue, and the rounds that make it so; see cwsr.h. Requests are written by any thread; everything
 * else under the lock of kfd_queues.h, by the control thread or by whoever tracks and forgets.
 *
 * Locks, in order: callback_lock (a function of struct cwsr_ops runs), then that of kfd_queues.h. Neither is taken in OnLoad with
 * a queue tracked, in a forked child, or by cwsr_request().
 */
#include "src/cwsr/cwsr.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "src/common/log.h"
#include "src/cwsr/control.h"
#include "src/cwsr/gpu.h"
#include "src/cwsr/got.h"
#include "src/cwsr/kfd_queues.h"
#include "src/cwsr/mechanism.h"
#include "src/cwsr/probe.h"

#define STOP_NS 1000000000u

struct cwsr_queue {
	struct cwsr_queue *next;
	struct kfd_queue *kq;
	uint64_t serial;          /* @kq is ours while it has this */
	struct cwsr_gpu *gpu;
	void *owner;
	_Atomic uint32_t request; /* a counter, and in bit 0 whether to suspend; writer: anyone */
	_Atomic uint64_t asked_ns; /* when; writer: whoever asks */
	/* Copies of what is known of @kq, for readers without the lock. */
	_Atomic uint64_t saves, saved_ns;
	uint64_t delayed_until_ns; /* a suspension was due before, but not to be made */
	uint32_t answered;        /* the request whose answer was given or is in @report */
	bool told_suspended;
	bool report, report_suspended;
	int report_error;
};

static pthread_mutex_t callback_lock = PTHREAD_MUTEX_INITIALIZER;
static struct cwsr_ops ops;
static struct cwsr_queue *queues;
static _Atomic bool started; /* between cwsr_start() and cwsr_stop() */
static _Atomic bool forked;
static bool not_found_said, no_save_area_said, not_aql_said;

/* One batch at a time, under the lock. */
static struct batch {
	struct cwsr_queue *q[KFD_QUEUES_MAX];
	struct kfd_queue *kq[KFD_QUEUES_MAX];
	int error[KFD_QUEUES_MAX];
	uint32_t count;
} batch;

/* ---- one queue ---- */

static bool exists(const struct cwsr_queue *q)
{
	return kfd_queue_is(q->kq, q->serial);
}

/* Must hold the lock. */
static void stats_take(void)
{
	for (struct cwsr_queue *q = queues; q; q = q->next) {
		if (!kfd_queue_had(q->kq, q->serial))
			continue;
		/* Relaxed, both: numbers that stand for themselves. */
		atomic_store_explicit(&q->saves, q->kq->saves, memory_order_relaxed);
		atomic_store_explicit(&q->saved_ns, q->kq->saved_ns, memory_order_relaxed);
	}
}

static bool held(const struct cwsr_queue *q)
{
	return exists(q) && q->kq->held;
}

static void answer(struct cwsr_queue *q, bool suspended, int error)
{
	q->report = true;
	q->report_suspended = suspended;
	q->report_error = error;
	q->told_suspended = suspended;
}

static void batch_add(struct cwsr_queue *q)
{
	batch.q[batch.count] = q;
	batch.kq[batch.count++] = q->kq;
}

static void batch_resume(struct cwsr_gpu *g)
{
	if (batch.count)
		cwsr_resume(g, batch.kq, batch.count, batch.error);
}

static uint64_t now(void)
{
	return cwsr_shared.kernel->now_ns(cwsr_shared.kernel->ctx);
}

static uint64_t since(uint64_t from_ns, uint64_t to_ns)
{
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

/* How long the batch's requests waited for us: not until the interval had passed, nor for the self-test. */
static void batch_waited(struct cwsr_samples *s, uint64_t called_ns)
{
	for (uint32_t i = 0; i < batch.count; i++) {
		struct cwsr_queue *q = batch.q[i];
		uint64_t from_ns = atomic_load_explicit(&q->asked_ns, memory_order_relaxed);

		from_ns = from_ns > q->delayed_until_ns ? from_ns : q->delayed_until_ns;
		from_ns = from_ns > q->gpu->tested_ns ? from_ns : q->gpu->tested_ns;
		cwsr_samples_add(s, since(from_ns, called_ns));
	}
}

/* ---- the round ---- */

struct round {
	uint64_t now_ns, due_ns;
	bool suspending;
};

static void due_at(struct round *r, uint64_t ns)
{
	if (ns < r->due_ns)
		r->due_ns = ns;
}

/* Whether @q is to be suspended in this round. */
static bool suspend_due(struct cwsr_queue *q, struct round *r)
{
	/* Acquire: what the caller wrote before. Pairs with the release in cwsr_request(). */
	uint32_t request = atomic_load_explicit(&q->request, memory_order_acquire);

	if (request == q->answered || !(request & 1))
		return false;
	uint64_t from_ns = q->gpu->next_cycle_ns;
	if (exists(q) && q->kq->busy_until_ns > from_ns)
		from_ns = q->kq->busy_until_ns;
	bool possible = exists(q) && cwsr_gpu_usable(q->gpu);
	if (possible && !held(q) && from_ns > r->now_ns) {
		q->delayed_until_ns = from_ns;
		due_at(r, from_ns);
		return false;
	}
	q->answered = request;
	if (held(q))
		answer(q, true, 0);
	else if (!exists(q))
		answer(q, false, -ESRCH);
	else if (!possible)
		answer(q, false, -EOPNOTSUPP);
	else
		return true;
	return false;
}

static void suspend_on(struct cwsr_gpu *g, void *ctx)
{
	struct round *r = ctx;

	batch.count = 0;
	for (struct cwsr_queue *q = queues; q; q = q->next)
		if (q->gpu == g && suspend_due(q, r))
			batch_add(q);
	if (!batch.count)
		return;
	g->next_cycle_ns = r->now_ns + cwsr_shared.config.interval_ns;
	uint64_t called_ns = now();
	batch_waited(&g->suspend_wait, called_ns);
	cwsr_suspend(g, batch.kq, batch.count, batch.error);
	cwsr_samples_add(&g->suspend_call, now() - called_ns);
	/* Behind it, since somebody urgent waits. With the GPU off, what is held is resumed in this round. */
	bool reset = cwsr_gpu_was_reset(g);
	for (uint32_t i = 0; i < batch.count; i++) {
		int error = reset ? -EOPNOTSUPP : batch.error[i];

		if (error && error != -ESRCH)
			error = cwsr_gpu_usable(g) ? -ESRCH : -EOPNOTSUPP;
		answer(batch.q[i], !error, error);
	}
}

static void resume_on(struct cwsr_gpu *g, void *ctx)
{
	bool usable = cwsr_gpu_usable(g);

	batch.count = 0;
	for (struct cwsr_queue *q = queues; q; q = q->next) {
		uint32_t request = atomic_load_explicit(&q->request, memory_order_acquire);

		if (q->gpu != g)
			continue;
		if (held(q) && (!usable || !(request & 1)))
			batch_add(q);
		if (request != q->answered && !(request & 1)) {
			q->answered = request;
			answer(q, false, 0);
		}
	}
	if (!batch.count)
		return;
	uint64_t called_ns = now();
	batch_waited(&g->resume_wait, called_ns);
	batch_resume(g);
	cwsr_samples_add(&g->resume_call, now() - called_ns);
}

/* Queues that are told to be suspended and are not: the runtime needed them, or their GPU was given up. */
static void find_lost(void)
{
	for (struct cwsr_queue *q = queues; q; q = q->next)
		if (q->told_suspended && !held(q))
			answer(q, false, !exists(q) ? -ESRCH : cwsr_gpu_usable(q->gpu) ? -EBUSY : -EOPNOTSUPP);
}

/* Give the answers, with callback_lock and without the other; queues may come and go between two. */
static void tell(void)
{
	for (;;) {
		kfd_queues_lock();
		struct cwsr_queue *q = queues;
		while (q && !q->report)
			q = q->next;
		if (!q) {
			kfd_queues_unlock();
			break;
		}
		void *owner = q->owner;
		bool suspended = q->report_suspended;
		int error = q->report_error;

		q->report = false;
		kfd_queues_unlock();
		if (ops.done)
			ops.done(ops.ctx, owner, suspended, error);
	}
}

/* Whether a suspension is asked for on a GPU that was not tested, or the test itself. Under the lock. */
static struct cwsr_queue *test_due(void)
{
	for (struct cwsr_queue *q = queues; q; q = q->next) {
		uint32_t request = atomic_load_explicit(&q->request, memory_order_acquire);
		bool wanted = q->gpu->test_wanted || (request != q->answered && request & 1);

		if (wanted && !cwsr_gpu_is_tested(q->gpu) && exists(q) && cwsr_gpu_usable(q->gpu))
			return q;
	}
	return NULL;
}

static void test_gpu(struct cwsr_gpu *g, void *owner)
{
	struct cwsr_test_queue t = {0};
	int r = ops.test_open(ops.ctx, owner, &t);

	if (!r) {
		cwsr_selftest(g, &ops, &t, CWSR_TEST_CYCLES, control_stopping);
		ops.test_close(ops.ctx, &t);
		kfd_queues_lock();
		g->tested_ns = now();
		kfd_queues_unlock();
		return;
	}
	kfd_queues_lock();
	cwsr_gpu_off(g, "self-test: no queue of our own: %s", strerror(-r));
	log_warning("level 3: GPU %u: %s; it is not used there", g->gpu_id, g->why);
	kfd_queues_unlock();
}

static void test_gpus(void)
{
	/* Held while the owner is used: cwsr_queue_forget() waits. */
	pthread_mutex_lock(&callback_lock);
	while (!control_stopping()) {
		kfd_queues_lock();
		struct cwsr_queue *q = test_due();
		struct cwsr_gpu *g = q ? q->gpu : NULL;
		void *owner = q ? q->owner : NULL;

		if (g && !ops.test_open) {
			g->tested = true;
			g->tested_debug = cwsr_gpu_uses_debug(g);
		}
		kfd_queues_unlock();
		if (!g)
			break;
		if (ops.test_open)
			test_gpu(g, owner);
	}
	pthread_mutex_unlock(&callback_lock);
}

/* Under the lock. Return: when there is more to do. */
static uint64_t serve(uint64_t now_ns)
{
	struct round r = {.now_ns = now_ns, .due_ns = UINT64_MAX};

	if (atomic_load_explicit(&started, memory_order_relaxed)) {
		cwsr_gpu_each(suspend_on, &r);
		cwsr_gpu_each(resume_on, &r);
		find_lost();
		stats_take();
		if (cwsr_resume_owed())
			due_at(&r, now_ns + CWSR_OWED_NS);
	}
	return r.due_ns;
}

uint64_t cwsr_round(uint64_t now_ns)
{
	test_gpus();
	kfd_queues_lock();
	uint64_t due_ns = serve(now_ns);
	kfd_queues_unlock();
	pthread_mutex_lock(&callback_lock);
	tell();
	pthread_mutex_unlock(&callback_lock);
	return due_ns;
}

static uint64_t round_now(void)
{
	return cwsr_round(now());
}

static void wake(void)
{
	if (control_wake())
		atomic_store_explicit(&cwsr_shared.off, true, memory_order_relaxed);
}

void cwsr_serve(void)
{
	uint64_t due_ns = 0;

	if (!atomic_load_explicit(&started, memory_order_relaxed) || atomic_load_explicit(&forked, memory_order_relaxed))
		return;
	/* Whoever has one of the locks may need it for long: then it is for the thread that may wait. */
	if (cwsr_gpu_count() == 1 && !pthread_mutex_trylock(&callback_lock)) {
		if (kfd_queues_trylock()) {
			if (!test_due())
				due_ns = serve(now());
			kfd_queues_unlock();
			if (due_ns)
				tell();
		}
		pthread_mutex_unlock(&callback_lock);
	}
	if (due_ns != UINT64_MAX)
		wake();
}

/* ---- what the runtime does; under the lock ---- */

static void resume_now(struct kfd_queue *q)
{
	struct cwsr_gpu *g = cwsr_gpu_find(q->gpu_id);
	int error;

	if (g)
		cwsr_resume(g, &q, 1, &error);
	stats_take();
}

static void on_destroying(struct kfd_queue *q)
{
	/* The driver would wait for the debugger to resume it. Without, one that does not run is the cheaper to destroy. */
	if (q->held == KFD_HELD_DEBUG)
		resume_now(q);
	stats_take();
	control_kick();
}

static void on_needed(struct kfd_queue *q)
{
	resume_now(q);
	control_kick();
}

static void on_runtime_changes(void)
{
	if (!cwsr_shared.session)
		return;
	cwsr_session_end();
	control_kick();
}

/* ---- start and stop ---- */

int cwsr_start(const struct cwsr_config *c, const struct cwsr_ops *o)
{
	static const struct kfd_queues_watch watch = {
		.destroying = on_destroying, .needed = on_needed, .runtime_changes = on_runtime_changes};

	if (atomic_load(&started))
		return -EALREADY;
	if (c->mechanism == CWSR_MECHANISM_OFF || atomic_load(&forked))
		return -EOPNOTSUPP;
	cwsr_shared.config = *c;
	cwsr_shared.kernel = c->kernel ? c->kernel : &kfd_ops_kernel;
	cwsr_shared.debug_refused = false;
	cwsr_shared.session = false;
	atomic_store_explicit(&cwsr_shared.off, false, memory_order_relaxed);
	ops = o ? *o : (struct cwsr_ops){0};
	not_found_said = no_save_area_said = not_aql_said = false;
	cwsr_errors_begin();
	cwsr_gpus_begin();
	control_begin(c->manual ? NULL : round_now);
	kfd_queues_begin(cwsr_shared.kernel, &watch);
	atomic_store(&started, true);
	int r = got_patch_runtime(kfd_queues_ioctl);
	if (r < 0)
		log_info("level 3: ROCr's calls of the driver cannot be seen; the driver is asked for its queues");
	return r < 0 ? r : 0;
}

/* Every queue that is held goes on; under the lock. */
static void resume_all(struct cwsr_gpu *g, void *ctx)
{
	batch.count = 0;
	for (struct cwsr_queue *q = queues; q; q = q->next)
		if (q->gpu == g && held(q))
			batch_add(q);
	batch_resume(g);
}

/* Those that nobody tracks: of the self-test. */
static void resume_other(struct kfd_queue *q, void *ctx)
{
	if (q->held)
		resume_now(q);
}

void cwsr_stop(void)
{
	if (atomic_load(&forked) || !atomic_exchange(&started, false))
		return;
	control_end(STOP_NS);
	if (!kfd_queues_lock_within(STOP_NS)) {
		log_warning("level 3: the driver does not answer; queues that are suspended stay so until the process ends");
		return;
	}
	cwsr_gpu_each(resume_all, NULL);
	kfd_queues_each(resume_other, NULL);
	cwsr_resume_owed();
	cwsr_session_end();
	stats_take();
	kfd_queues_end();
	cwsr_gpus_end();
	/* Who still has one may forget it later. */
	queues = NULL;
	kfd_queues_unlock();
	/* Without the lock: this takes the loader's. */
	got_unpatch_runtime();
}

/* A program that ends in another way than by exit handlers of its own. */
__attribute__((destructor)) static void at_unload(void)
{
	cwsr_stop();
}

void cwsr_fork_child(void)
{
	if (!atomic_load(&started))
		return;
	atomic_store(&forked, true);
	kfd_queues_fork_child();
	control_fork_child();
}

/* ---- what the layer above calls ---- */

static void say_once(bool *said, const char *text)
{
	if (!*said)
		log_warning("level 3: %s", text);
	*said = true;
}

static bool suitable(const struct kfd_queue *kq)
{
	if (kq->type != KFD_IOC_QUEUE_TYPE_COMPUTE_AQL) {
		say_once(&not_aql_said, "a queue is not of the AQL type; it is not preempted");
		return false;
	}
	if (!kq->save_bytes) {
		say_once(&no_save_area_said, kq->save_known ?
			"a queue has no save area for its waves; it is not preempted" :
			"whether the waves of a queue can be saved is not known; it is not preempted");
		return false;
	}
	return true;
}

static bool tracked(const struct kfd_queue *kq)
{
	for (struct cwsr_queue *q = queues; q; q = q->next)
		if (exists(q) && q->kq == kq)
			return true;
	return false;
}

static struct cwsr_queue *track(struct kfd_queue *kq, void *owner)
{
	struct cwsr_gpu *g = suitable(kq) && !tracked(kq) ? cwsr_gpu_get(kq->gpu_id, kq->call_fd) : NULL;

	if (!g || !cwsr_gpu_usable(g))
		return NULL;
	struct cwsr_queue *q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->kq = kq;
	q->serial = kq->serial;
	q->gpu = g;
	q->owner = owner;
	q->next = queues;
	queues = q;
	return q;
}

struct cwsr_queue *cwsr_queue_track(const void *ring_base, uint64_t ring_bytes, void *owner)
{
	struct kfd_queue *kq;
	struct cwsr_queue *q = NULL;

	if (!atomic_load(&started) || atomic_load(&forked) || atomic_load(&cwsr_shared.off))
		return NULL;
	kfd_queues_lock();
	int r = cwsr_queue_lookup(ring_base, ring_bytes, &kq);
	if (!r)
		q = track(kq, owner);
	else if (!not_found_said)
		log_warning("level 3: a hardware queue cannot be found (%s); it is not preempted", strerror(-r));
	not_found_said = not_found_said || r;
	kfd_queues_unlock();
	return q;
}

void cwsr_queue_forget(struct cwsr_queue *q)
{
	if (!q || atomic_load(&forked))
		return;
	kfd_queues_lock();
	struct cwsr_queue **link = &queues;
	while (*link && *link != q)
		link = &(*link)->next;
	if (*link) {
		*link = q->next;
		if (held(q))
			resume_now(q->kq);
	}
	kfd_queues_unlock();
	/* Somebody may still be told about it. */
	pthread_mutex_lock(&callback_lock);
	pthread_mutex_unlock(&callback_lock);
	free(q);
}

int cwsr_request_later(struct cwsr_queue *q, bool suspend)
{
	/* Relaxed: a flag that stands for itself. */
	if (!atomic_load_explicit(&started, memory_order_relaxed) || atomic_load_explicit(&forked, memory_order_relaxed))
		return -ESHUTDOWN;
	if (suspend && !cwsr_gpu_usable(q->gpu))
		return -EOPNOTSUPP;
	uint32_t old = atomic_load_explicit(&q->request, memory_order_relaxed);
	uint32_t wanted;

	atomic_store_explicit(&q->asked_ns, now(), memory_order_relaxed);
	/* Release: what the caller wrote before is seen by the answer. Pairs with the acquire in suspend_due(). */
	do
		wanted = ((old | 1) + 1) | suspend;
	while (!atomic_compare_exchange_weak_explicit(
		&q->request, &old, wanted, memory_order_release, memory_order_relaxed));
	return 0;
}

int cwsr_request(struct cwsr_queue *q, bool suspend)
{
	int r = cwsr_request_later(q, suspend);

	if (r)
		return r;
	if (control_wake()) {
		atomic_store_explicit(&cwsr_shared.off, true, memory_order_relaxed);
		return suspend ? -EOPNOTSUPP : -ESHUTDOWN;
	}
	return 0;
}

struct cwsr_queue_stats cwsr_queue_stats_get(const struct cwsr_queue *q)
{
	return (struct cwsr_queue_stats){
		.saves = atomic_load_explicit(&q->saves, memory_order_relaxed),
		.saved_ns = atomic_load_explicit(&q->saved_ns, memory_order_relaxed),
	};
}

void cwsr_prepare(struct cwsr_queue *q)
{
	if (!atomic_load(&started) || atomic_load(&forked) || !cwsr_gpu_usable(q->gpu))
		return;
	kfd_queues_lock();
	bool needed = !cwsr_gpu_is_tested(q->gpu);
	q->gpu->test_wanted = true;
	kfd_queues_unlock();
	if (needed)
		wake();
}

uint64_t cwsr_cost_ns(const struct cwsr_queue *q)
{
	if (!atomic_load_explicit(&started, memory_order_relaxed) || !cwsr_gpu_usable(q->gpu))
		return UINT64_MAX;
	return cwsr_gpu_cost_ns(q->gpu, now());
}

uint32_t cwsr_queue_gpu(const struct cwsr_queue *q)
{
	return q->gpu->gpu_id;
}

static void info_of(const struct cwsr_gpu *g, struct cwsr_gpu_info *i_p)
{
	*i_p = (struct cwsr_gpu_info){
		.gpu_id = g->gpu_id,
		.target = g->target,
		.kfd_minor = g->kfd_minor,
		.usable = cwsr_gpu_usable(g),
		.debug = cwsr_gpu_uses_debug(g),
		.tested = cwsr_gpu_is_tested(g),
		.suspend = g->suspend_test,
		.resume = g->resume_test,
		.suspend_wait = cwsr_samples_times(&g->suspend_wait),
		.suspend_call = cwsr_samples_times(&g->suspend_call),
		.resume_wait = cwsr_samples_times(&g->resume_wait),
		.resume_call = cwsr_samples_times(&g->resume_call),
		.suspend_calls = g->suspend_calls,
		.resume_calls = g->resume_calls,
	};
	memcpy(i_p->why, g->why, sizeof(i_p->why));
}

int cwsr_gpu_info_get(uint32_t gpu_id, struct cwsr_gpu_info *i_p)
{
	kfd_queues_lock();
	const struct cwsr_gpu *g = cwsr_gpu_find(gpu_id);
	if (g)
		info_of(g, i_p);
	kfd_queues_unlock();
	return g ? 0 : -ENOENT;
}

struct infos {
	void (*fn)(const struct cwsr_gpu_info *i, void *ctx);
	void *ctx;
};

static void info_each(struct cwsr_gpu *g, void *ctx)
{
	const struct infos *all = ctx;
	struct cwsr_gpu_info i;

	info_of(g, &i);
	all->fn(&i, all->ctx);
}

void cwsr_gpu_info_each(void (*fn)(const struct cwsr_gpu_info *i, void *ctx), void *ctx)
{
	struct infos all = {fn, ctx};

	kfd_queues_lock();
	cwsr_gpu_each(info_each, &all);
	kfd_queues_unlock();
}
