/* SPDX-License-Identifier: MIT */
/*
 * Tracing; see trace.h.
 *
 * Locks: the lock of starting and stopping comes before all others, is held while the writer's end is waited for, and is taken by
 * nobody who holds one. The writer takes the scheduler's lock alone, after an error, and holds none while it writes.
 * A queue's trails have one writing side each: the gate's owner, and who holds the scheduler's lock.
 */
#include "src/hsa_intercept/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/common/path.h"
#include "src/hsa_intercept/kernel_names.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/squeue_effect.h"
#include "src/hsa_intercept/trace_events.h"

/* 512 KiB per queue, and room for what kernels of some microseconds leave between two turns of the writer. */
#define PACKET_RECORDS   8192u
#define DECISION_RECORDS 1024u
#define TURN_NS		 10000000u
#define BEGIN_NS	 1000000000u
#define END_SECONDS	 2

/* One queue. The scheduler's side makes it, the writer frees it. */
struct trace_queue {
	struct trace_queue *next;
	struct trail *packets, *decisions;
	_Atomic bool ended;       /* no record will be added; writer: who holds the scheduler's lock */
	struct trace_track track; /* the writer's */
};

/* One trace, from trace_start_fd() to trace_stop(). */
struct session {
	pthread_t thread;
	sem_t turn;
	/*
	 * The beginning. Whoever sets it first, the writer that has written it, or who started the trace and waits no longer, settles whose an
	 * error is: the starter's, who has the descriptor back, or the writer's.
	 */
	_Atomic bool settled;
	sem_t begun;              /* posted by the writer, behind @begin_error */
	_Atomic int begin_error;  /* the starter's; atomic, as ThreadSanitizer does not know sem_clockwait() */
	_Atomic bool finishing;
	_Atomic bool failed;      /* the writer ends by itself; writer: it */
	int end_error;            /* what it ended with, to be read when it has; writer: it */
	int fd;
	uint32_t pid;
	char *name;               /* of the file, for messages; NULL: a descriptor */
	struct track_signal *scratch; /* through which the runtime translates timestamps */
	uint32_t last_number;     /* of tracks; under the scheduler's lock */
	/* Queues that the writer has not taken over yet, the latest first; writers: who holds the scheduler's lock, and it. */
	_Atomic(struct trace_queue *) fresh;
	/* The writer's. */
	struct trace_queue *queues;
	uint64_t lost;
	int64_t system_to_ns;     /* from the runtime's clock to CLOCK_MONOTONIC */
	double system_tick_ns;
	struct trace_out out;
};

static pthread_mutex_t control = PTHREAD_MUTEX_INITIALIZER;
static struct session *session; /* under control */
static char *setting_file;
static _Atomic bool setting_pending;
static struct session *recording; /* under the scheduler's lock; NULL: none */

/* ---- the scheduler's side ---- */

void trace_queue_begin(struct squeue *q)
{
	struct session *s = recording;

	if (!s || q->trace)
		return;
	struct trace_queue *tq = calloc(1, sizeof(*tq));

	if (!tq)
		return;
	tq->packets = trail_new(PACKET_RECORDS, q->vq->queue->size, pacer_now_ns);
	tq->decisions = trail_new(DECISION_RECORDS, 0, pacer_now_ns);
	if (!tq->packets || !tq->decisions) {
		trail_free(tq->packets);
		trail_free(tq->decisions);
		free(tq);
		log_warning("queue %lu is not traced: %s", (unsigned long)q->vq->queue->id, strerror(ENOMEM));
		return;
	}
	tq->track = (struct trace_track){
		.queue_id = q->vq->queue->id,
		.agent = q->agent.handle,
		.node = q->vq->node,
		.number = ++s->last_number,
		.pid = s->pid,
	};
	q->trace = tq;
	gate_trail(&q->vq->gate, &q->track, tq->packets);
	tq->next = atomic_load_explicit(&s->fresh, memory_order_relaxed);
	/* Release: the queue. Pairs with take_fresh(). */
	while (!atomic_compare_exchange_weak_explicit(
		&s->fresh, &tq->next, tq, memory_order_release, memory_order_relaxed))
		;
}

void trace_queue_end(struct squeue *q)
{
	struct trace_queue *tq = q->trace;

	if (!tq)
		return;
	gate_trail(&q->vq->gate, &q->track, NULL);
	q->trace = NULL;
	/* Release: its last records. Pairs with drain(). */
	atomic_store_explicit(&tq->ended, true, memory_order_release);
}

void trace_decision_record(struct squeue *q, const struct sched_effect *e)
{
	const struct sched_effect *before = &q->decision;

	/* Decisions come into force again when something else about the queue changes. */
	if (atomic_load_explicit(&q->trace->decisions->write, memory_order_relaxed) && e->gate == before->gate &&
		e->reason == before->reason && e->window_ns == before->window_ns && e->level == before->level)
		return;
	trail_put(q->trace->decisions, &(struct trail_record){
					       .kind = TRAIL_DECISION,
					       .from_ns = pacer_now_ns(),
					       .kernel = e->window_ns,
					       .gate = (uint8_t)e->gate,
					       .reason = (uint8_t)e->reason,
					       .level = (uint8_t)e->level,
				       });
}

/* Stop recording. The queues that were followed for the trace alone go free again. */
static void recording_end(const struct session *s)
{
	squeue_lock();
	if (recording != s) {
		squeue_unlock();
		return;
	}
	recording = NULL;
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		if (!q->trace)
			continue;
		trace_queue_end(q);
		if (q->added)
			squeue_relimit(q);
	}
	squeue_unlock();
}

static void recording_begin(struct session *s)
{
	squeue_lock();
	/* The writer may have found at once that it cannot write: then its recording_end() has been, or is still to come. */
	if (atomic_load(&s->failed)) {
		squeue_unlock();
		return;
	}
	recording = s;
	for (struct squeue *q = squeue_first(); q; q = q->next) {
		trace_queue_begin(q);
		if (!q->trace || !q->added)
			continue;
		trace_decision_record(q, &q->decision);
		squeue_relimit(q);
	}
	squeue_unlock();
}

/* ---- the writer ---- */

static bool to_monotonic(void *ctx, uint64_t agent, uint64_t *start_p, uint64_t *end_p)
{
	struct session *s = ctx;
	hsa_amd_profiling_dispatch_time_t time;

	if (!s->scratch || !s->system_tick_ns)
		return false;
	s->scratch->start_ts = *start_p;
	s->scratch->end_ts = *end_p;
	if (next.get_dispatch_time((hsa_agent_t){agent}, (hsa_signal_t){(uint64_t)(uintptr_t)s->scratch}, &time) !=
		HSA_STATUS_SUCCESS)
		return false;
	*start_p = (uint64_t)((int64_t)((double)time.start * s->system_tick_ns) + s->system_to_ns);
	*end_p = (uint64_t)((int64_t)((double)time.end * s->system_tick_ns) + s->system_to_ns);
	return true;
}

/* The runtime's clock against ours, which may be adjusted. */
static void clocks_compare(struct session *s)
{
	uint64_t frequency = 0, system = 0;

	if (!next.system_get_info || !next.get_dispatch_time ||
		next.system_get_info(HSA_SYSTEM_INFO_TIMESTAMP_FREQUENCY, &frequency) || !frequency)
		return;
	uint64_t before_ns = pacer_now_ns();
	if (next.system_get_info(HSA_SYSTEM_INFO_TIMESTAMP, &system))
		return;
	uint64_t after_ns = pacer_now_ns();
	s->system_tick_ns = 1e9 / (double)frequency;
	s->system_to_ns =
		(int64_t)(before_ns + (after_ns - before_ns) / 2) - (int64_t)((double)system * s->system_tick_ns);
}

/* Append the queues that came to the writer's own. */
static void take_fresh(struct session *s)
{
	/* Acquire: the queues. Pairs with trace_queue_begin(). */
	struct trace_queue *list = atomic_exchange_explicit(&s->fresh, NULL, memory_order_acquire), *oldest = NULL;

	while (list) {
		struct trace_queue *rest = list->next;

		list->next = oldest;
		oldest = list;
		list = rest;
	}
	struct trace_queue **end = &s->queues;
	while (*end)
		end = &(*end)->next;
	*end = oldest;
	for (; oldest; oldest = oldest->next)
		trace_events_track(&s->out, &oldest->track);
}

static void drain(struct session *s, struct trace_queue *tq)
{
	const struct trace_times times = {to_monotonic, s};
	struct trail_record r;

	/* Not more than there is room for, so that a busy queue does not keep the others waiting. */
	for (unsigned i = 0; i < DECISION_RECORDS && trail_take(tq->decisions, &r); i++)
		trace_events_record(&s->out, &tq->track, &r, &times);
	for (unsigned i = 0; i < PACKET_RECORDS && trail_take(tq->packets, &r); i++)
		trace_events_record(&s->out, &tq->track, &r, &times);
	trace_events_lost(&s->out, &tq->track,
		atomic_load_explicit(&tq->packets->dropped, memory_order_relaxed) +
			atomic_load_explicit(&tq->decisions->dropped, memory_order_relaxed),
		pacer_now_ns());
}

static void drain_all(struct session *s)
{
	clocks_compare(s);
	take_fresh(s);
	for (struct trace_queue **link = &s->queues; *link;) {
		struct trace_queue *tq = *link;
		/* Acquire: its last records. Pairs with trace_queue_end(). */
		bool ended = atomic_load_explicit(&tq->ended, memory_order_acquire);

		drain(s, tq);
		if (!ended) {
			link = &tq->next;
			continue;
		}
		trace_events_counter(&s->out, &tq->track);
		s->lost += tq->track.lost;
		*link = tq->next;
		trail_free(tq->packets);
		trail_free(tq->decisions);
		free(tq);
	}
}

/* Return: whether it was posted within @ns. */
static bool wait_posted(sem_t *sem, uint64_t ns)
{
	struct timespec until;
	uint64_t until_ns = pacer_now_ns() + ns;
	int failed;

	until.tv_sec = (time_t)(until_ns / 1000000000);
	until.tv_nsec = (long)(until_ns % 1000000000);
	do
		failed = sem_clockwait(sem, CLOCK_MONOTONIC, &until);
	while (failed && errno == EINTR);
	return !failed;
}

/* Return: an error, and whether it is the starter's. */
static int begin(struct session *s, bool *refused_p)
{
	trace_out_init(&s->out, s->fd, &s->finishing);
	trace_events_begin(&s->out, s->pid, pacer_now_ns());
	int error = trace_out_flush(&s->out);
	bool waited = !atomic_exchange(&s->settled, true);

	*refused_p = error && waited;
	atomic_store(&s->begin_error, *refused_p ? error : 0);
	sem_post(&s->begun);
	return error;
}

/* Until it has failed or is finished. */
static int go_on(struct session *s)
{
	for (;;) {
		bool last = atomic_load(&s->finishing);

		drain_all(s);
		if (last)
			trace_events_end(&s->out, s->pid, s->lost, pacer_now_ns());
		int error = trace_out_flush(&s->out);
		if (error || last)
			return error;
		wait_posted(&s->turn, TURN_NS);
	}
}

static void *run(void *arg)
{
	struct session *s = arg;
	bool refused;

	prctl(PR_SET_NAME, "xsched-trace");
	int error = begin(s, &refused);
	if (!error)
		error = go_on(s);
	s->end_error = error;
	if (error) {
		if (!refused)
			log_warning("the trace (%s) ends here: %s", s->name ? s->name : "descriptor", strerror(-error));
		/* First, see recording_begin(). */
		atomic_store(&s->failed, true);
		recording_end(s);
		/* Frees the queues; nothing is written any more. */
		drain_all(s);
	}
	/* Whoever reads a pipe shall see its end now. */
	if (!refused)
		close(s->fd);
	return NULL;
}

/* ---- starting and stopping, under control ---- */

static struct track_signal *scratch_new(void)
{
	hsa_signal_t signal;

	if (!next.amd_signal_create || !next.signal_destroy ||
		next.amd_signal_create(1, 0, NULL, HSA_AMD_SIGNAL_AMD_GPU_ONLY, &signal) != HSA_STATUS_SUCCESS)
		return NULL;
	/* A handle is the address of the signal's amd_signal_t, in every release. */
	return (struct track_signal *)(uintptr_t)signal.handle;
}

static void session_free(struct session *s)
{
	if (s->scratch)
		next.signal_destroy((hsa_signal_t){(uint64_t)(uintptr_t)s->scratch});
	sem_destroy(&s->turn);
	sem_destroy(&s->begun);
	free(s->name);
	free(s);
}

/* Return: as trace_stop(). */
static int stop_locked(void)
{
	struct timespec until;
	struct session *s = session;

	if (!s)
		return 0;
	/* In this order: once the writer sees that it is to finish, all queues have ended, and it takes the last of their records. */
	recording_end(s);
	pacer_prompt(false);
	bool again = atomic_exchange(&s->finishing, true);
	sem_post(&s->turn);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += again ? 0 : END_SECONDS;
	if (pthread_timedjoin_np(s->thread, NULL, &until)) {
		/* It keeps what it uses, and no other trace begins before it ends. */
		if (!again)
			log_warning("the trace could not be finished in time");
		return -ETIMEDOUT;
	}
	int error = s->end_error;
	session = NULL;
	kernel_names_use(false);
	session_free(s);
	return error;
}

/* Return: what kept the trace from beginning. One whose reader is slow has begun. */
static int begun_wait(struct session *s)
{
	if (!wait_posted(&s->begun, BEGIN_NS)) {
		if (!atomic_exchange(&s->settled, true))
			return 0;
		while (sem_wait(&s->begun))
			;
	}
	return atomic_load(&s->begin_error);
}

/* @name: of the file, which nobody waits for; or NULL */
static int start_locked(int fd, const char *name)
{
	sigset_t all, before;

	if (session && !atomic_load(&session->failed) && !atomic_load(&session->finishing))
		return -EBUSY;
	stop_locked();
	if (session)
		return -EBUSY;
	struct session *s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	sem_init(&s->turn, 0, 0);
	sem_init(&s->begun, 0, 0);
	atomic_store(&s->settled, name != NULL);
	s->fd = fd;
	s->name = name ? strdup(name) : NULL;
	s->pid = (uint32_t)getpid();
	s->scratch = scratch_new();
	kernel_names_use(true);
	/* The thread inherits the mask: the program's signals go to its threads, and SIGPIPE to nobody. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = -pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error) {
		kernel_names_use(false);
		session_free(s);
		return error;
	}
	session = s;
	recording_begin(s);
	/* Decisions are recorded when they are taken. */
	pacer_prompt(true);
	pacer_kick();
	error = name ? 0 : begun_wait(s);
	if (error)
		stop_locked();
	return error;
}

int trace_start_fd(int fd)
{
	/* A descriptor that cannot be written is an error of the caller, and not of the trace. */
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	int error = squeue_require();
	if (error)
		return error;
	pthread_mutex_lock(&control);
	error = start_locked(fd, NULL);
	pthread_mutex_unlock(&control);
	return error;
}

int trace_stop(void)
{
	pthread_mutex_lock(&control);
	int error = stop_locked();
	pthread_mutex_unlock(&control);
	return error;
}

void trace_configure(const char *path)
{
	free(setting_file);
	setting_file = *path ? path_expand(path) : NULL;
	atomic_store(&setting_pending, setting_file != NULL);
}

void trace_start_setting(void)
{
	if (!atomic_load(&setting_pending) || !atomic_exchange(&setting_pending, false))
		return;
	int fd = open(setting_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	int error = fd < 0 ? -errno : 0;

	if (!error) {
		pthread_mutex_lock(&control);
		error = start_locked(fd, setting_file);
		pthread_mutex_unlock(&control);
		if (error)
			close(fd);
	}
	if (error)
		log_error("XSCHED_HSA_TRACE=%s: %s", setting_file, strerror(-error));
}

void trace_fork_child(void)
{
	control = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	if (session && !atomic_load(&session->failed))
		close(session->fd);
	session = NULL;
	recording = NULL;
	atomic_store(&setting_pending, false);
}
