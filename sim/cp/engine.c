/* SPDX-License-Identifier: MIT */
/* The engine thread: serves all queues of the process in turns, and sleeps when there is nothing to
 * do; see engine.h. */
#include "sim/cp/engine.h"

#include <errno.h>
#include <fenv.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/cp/aql.h"
#include "sim/cp/clock.h"
#include "sim/cp/doorbell.h"
#include "sim/cp/groups.h"
#include "sim/cp/sdma.h"
#include "sim/fault/fault.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"
#include "sim/share/arbiter.h"
#include "src/common/prompt.h"

/* How long a thread whose store is stopped may stand still while what it rang for is served. */
#define HOLD_NS 20000u
/* How long doorbells are polled after the last work, before they are armed. Arming costs the next
 * ring some 50 us. */
#define HOT_IDLE_NS 100000u
/* The same while nothing can be done before a certain time. */
#define HOT_WAIT_NS 30000u
/* What is left of a timed wait is spent polling: a sleep may take that much longer. */
#define SPIN_NS 50000u
/* Shorter waits than this are slept in pieces, with a look at the doorbells between them: a store that is stopped takes longer than one that a piece
 * keeps waiting, and it stops who rings. */
#define BRIEF_NS 250000u
#define PIECE_NS 20000u
/* So long after disarming, a store may still be found standing; it would be found when they are
 * armed again, too. */
#define STRAGGLER_NS 50000u
/* A store that may go on needs a processor. Until it is done nothing is polled and nothing is armed, or it would stand still again; for so long at
 * most, looking so often. */
#define LANDING_MAX_NS 1000000u
#define LANDING_NS     20000u
/* Back-off between looks at memory that gives no doorbell. */
#define BACKOFF_MIN_NS 1000u
#define BACKOFF_MAX_NS 50000u
#define BACKOFF_SPINS  64 /* looks at the shortest interval */
/* What has not changed for so long is looked at less and less often, by a thread that sleeps until a doorbell comes: at intervals of this part of
 * that time, up to the longest. */
#define SELDOM_NS     2000000u
#define SELDOM_PART   8u
#define SELDOM_MAX_NS 1000000u
/* Interval of looks at doorbells that cannot be armed. */
#define UNARMED_NS 200000u

/* Between looks at room for groups that nobody announces: that of a process that died. */
#define LOOK_NS 1000000u

/* Aperture bases that the driver reports for these parts (kfd_flat_memory.c, SVM_..._BASE of gfx9
 * and later). */
#define LDS_APERTURE	 (UINT64_C(1) << 48)
#define SCRATCH_APERTURE (UINT64_C(2) << 48)

static struct {
	pthread_mutex_t lock;
	pthread_cond_t
		handed_over; /* signalled when the last of those who want the lock gives it back */
	_Atomic int wanted;  /* threads that want the lock; the engine thread then yields it */
	bool running;
	bool holding; /* stores to doorbells stand still while what they ring for is served */
	int kick;		 /* eventfd: queues changed */
	struct cp_queue *queues; /* highest priority first */
	struct cp_gpu *gpu[SIM_MAX_GPUS];
	struct share *share; /* set with the first GPU */
} engine = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.handed_over = PTHREAD_COND_INITIALIZER,
	.kick = -1,
};

/* Of the engine thread alone. */
struct engine_idle {
	uint64_t active_ns; /* last time there was work */
	uint64_t disarmed_ns;
	uint64_t hold_ns; /* while engine.holding: when they go on at the latest */
	uint64_t backoff_ns;
	unsigned spins;
};

void cp_engine_lock(void)
{
	atomic_fetch_add(&engine.wanted, 1);
	pthread_mutex_lock(&engine.lock);
}

static void engine_hand_back(void)
{
	if (atomic_fetch_sub(&engine.wanted, 1) == 1)
		pthread_cond_signal(&engine.handed_over);
	pthread_mutex_unlock(&engine.lock);
}

void cp_engine_unlock(void)
{
	if (engine.kick >= 0 && eventfd_write(engine.kick, 1) < 0)
		sim_log(SIM_LOG_ERROR, "eventfd: %s", strerror(errno));
	engine_hand_back();
}

void cp_fence(void)
{
	/* The engine gives the lock away only between steps, and looks addresses up anew in each.
	 */
	cp_engine_lock();
	engine_hand_back();
}

static void engine_yield(void)
{
	while (atomic_load_explicit(&engine.wanted, memory_order_relaxed))
		pthread_cond_wait(&engine.handed_over, &engine.lock);
}

struct cp_queue *cp_engine_queues(void)
{
	return engine.queues;
}

/* ---------------------------------------------------------------- one round over the queues */

static void queue_doorbell(struct cp_queue *q, struct cp_turn *turn)
{
	/* Its value is still to come and will ring once more, which does no harm. Until then the
	 * page is not written to. */
	if (q->ringing) {
		q->ringing = false;
		turn->progress = true;
		goto rung;
	}
	if (engine.holding)
		return;
	/* Acquire, here and below: the write index stored before the doorbell is visible. Pairs
	 * with the application's store, which every runtime makes a release. */
	if (atomic_load_explicit(q->doorbell, memory_order_acquire) == CP_DOORBELL_IDLE)
		return;
	q->landing = false;
	/* Taken out, so that the same value can ring again. */
	atomic_exchange_explicit(q->doorbell, CP_DOORBELL_IDLE, memory_order_acquire);
	turn->progress = true;
	if (fault_doorbell(q->gpu->index, q->id))
		return;
rung:
	/* The turn may have begun before what it rings for came. */
	if (q->type == CP_QUEUE_AQL)
		aql_doorbell(q, kfd_clock_ns());
	else
		sdma_doorbell(q, kfd_clock_ns());
}

static void queue_busy(struct cp_queue *q)
{
	bool busy = q->type == CP_QUEUE_AQL && aql_busy(q);

	/* Relaxed: a hint for the scheduler's next look. */
	if (busy != atomic_load_explicit(&q->entry->busy, memory_order_relaxed))
		atomic_store_explicit(&q->entry->busy, busy, memory_order_relaxed);
}

/* Queues whose slots the scheduler gave or took. */
static void gpu_slots(struct cp_gpu *gpu, uint64_t now_ns)
{
	gpu->slices_seen = atomic_load(&gpu->shared->scheduler.slices);
	for (struct cp_queue *q = engine.queues; q; q = q->next)
		if (q->gpu == gpu)
			cp_queue_remap(q, now_ns);
}

/* Whether a queue of this process that may run has work and waits for its slot. */
static bool gpu_wants_slot(const struct cp_gpu *gpu)
{
	for (const struct cp_queue *q = engine.queues; q; q = q->next)
		if (q->gpu == gpu && q->active && !q->suspended && !atomic_load_explicit(&q->entry->slot, memory_order_relaxed) &&
			atomic_load_explicit(&q->entry->busy, memory_order_relaxed))
			return true;
	return false;
}

/* What other processes, and the scheduler, did on a GPU. */
static void gpu_turn(struct cp_gpu *gpu, struct cp_turn *turn)
{
	struct share_gpu *g = gpu->shared;
	struct share_scheduler *h = &g->scheduler;

	bool wants_slot = atomic_load(&h->short_of_slots) && gpu_wants_slot(gpu);

	if (wants_slot) {
		if (arbiter_slots_due(gpu->share, gpu->index, turn->now_ns)) {
			share_gpu_lock(g);
			arbiter_slots(gpu->share, gpu->index, turn->now_ns);
			share_gpu_unlock(g);
		}
		cp_turn_wake(turn, atomic_load(&h->slice_end_ns));
	}
	if (atomic_load(&h->slices) != gpu->slices_seen)
		gpu_slots(gpu, turn->now_ns);
	if (atomic_load(&h->paused_ns) != gpu->paused_seen) {
		share_gpu_lock(g);
		cp_gpu_catch_up(gpu, turn->now_ns);
		share_gpu_unlock(g);
	}
	if (!gpu->waiting && !wants_slot)
		return;
	if (atomic_load(&g->changes) != gpu->changes_seen)
		gpu->place = true;
	if (turn->now_ns >= gpu->look_ns) {
		share_sweep(gpu->share);
		share_evict_stopped(gpu->share, gpu->index, turn->now_ns,
			cp_ns_to_cycles(turn->now_ns, gpu->machine.shader_khz));
		gpu->place = true;
		gpu->look_ns = turn->now_ns + LOOK_NS;
	}
	if (gpu->look_ns < turn->look_ns)
		turn->look_ns = gpu->look_ns;
}

static void engine_round(struct cp_turn *turn)
{
	for (unsigned i = 0; i < SIM_MAX_GPUS; i++)
		if (engine.gpu[i])
			gpu_turn(engine.gpu[i], turn);
	for (struct cp_queue *q = engine.queues; q; q = q->next) {
		if (!q->active || q->halted)
			continue;
		queue_doorbell(q, turn);
		uint64_t start_ns = cp_queue_start_ns(q, turn->now_ns);
		if (!cp_queue_runs(q)) {
			queue_busy(q);
			continue;
		}
		if (start_ns > turn->now_ns) {
			cp_turn_wake(turn, start_ns);
			continue;
		}
		if (q->type == CP_QUEUE_AQL)
			aql_packets(q, turn);
		else
			sdma_packets(q, turn);
		queue_busy(q);
	}
	for (unsigned i = 0; i < SIM_MAX_GPUS; i++)
		if (engine.gpu[i] && engine.gpu[i]->place)
			groups_place(engine.gpu[i], turn->now_ns);
	for (struct cp_queue *q = engine.queues; q; q = q->next) {
		if (q->type != CP_QUEUE_AQL || !cp_queue_runs(q) || !q->aql.groups.resident_count)
			continue;
		groups_step(q, turn);
		if (atomic_load_explicit(&engine.wanted, memory_order_relaxed))
			return;
	}
}

/* ---------------------------------------------------------------- nothing to do */

static bool engine_rung(void)
{
	for (struct cp_queue *q = engine.queues; q; q = q->next)
		if (q->active && !q->halted &&
			atomic_load_explicit(q->doorbell, memory_order_relaxed) != CP_DOORBELL_IDLE)
			return true;
	return false;
}

/* Whether another process changed what this one has yet to look at. */
static bool engine_behind(void)
{
	for (unsigned i = 0; i < SIM_MAX_GPUS; i++) {
		const struct cp_gpu *gpu = engine.gpu[i];

		if (!gpu)
			continue;
		const struct share_scheduler *h = &gpu->shared->scheduler;
		if (atomic_load(&h->slices) != gpu->slices_seen ||
			atomic_load(&h->paused_ns) != gpu->paused_seen ||
			(gpu->waiting && atomic_load(&gpu->shared->changes) != gpu->changes_seen))
			return true;
	}
	return false;
}

/* Say whether other processes are to wake this one. Sequentially consistent: see share_wake(). */
static void engine_asleep(bool asleep)
{
	if (engine.share)
		atomic_store(&engine.share->process[share_self()].asleep, asleep);
}

/* Sleep without the lock until a doorbell is stopped, the queues change, another process calls, or
 * @ns have passed. */
static void engine_poll(uint64_t ns, bool doorbells)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
	struct pollfd fds[3] = {
		{.fd = engine.kick, .events = POLLIN},
		{.fd = doorbells ? doorbell_fd() : -1, .events = POLLIN},
		{.fd = share_wake_fd(), .events = POLLIN},
	};
	eventfd_t kicks;

	pthread_mutex_unlock(&engine.lock);
	int n = ppoll(fds, 3, ns == UINT64_MAX ? NULL : &timeout, NULL);
	pthread_mutex_lock(&engine.lock);
	if (n > 0 && (fds[0].revents & POLLIN))
		(void)eventfd_read(engine.kick, &kicks);
	if (n > 0 && (fds[2].revents & POLLIN))
		share_woken();
}

/* Find out whose doorbells are being rung. Return: whether any are. */
static bool engine_find_stops(void)
{
	struct doorbell_stop stops[16];
	/* A ring that is lost has to be found as a value, once. */
	unsigned n = fault_doorbells_planned()
			     ? 0
			     : doorbell_stops(stops, sizeof(stops) / sizeof(stops[0]));

	for (unsigned i = 0; i < n; i++)
		for (struct cp_queue *q = engine.queues; q; q = q->next)
			if (q->gpu->index == stops[i].gpu &&
				q->doorbell_offset == stops[i].offset)
				q->ringing = q->landing = true;
	return n > 0;
}

static void engine_woken(struct engine_idle *idle)
{
	sim_count(&sim_stats.doorbell_wakeups, 1);
	idle->active_ns = kfd_clock_ns();
}

static void engine_lift(struct engine_idle *idle)
{
	engine.holding = false;
	idle->disarmed_ns = kfd_clock_ns();
	if (doorbell_disarm())
		engine_woken(idle);
}

/* The thread that rang may wait for this CPU, which polling would keep for long. */
static void engine_make_way(void)
{
	pthread_mutex_unlock(&engine.lock);
	sched_yield();
	pthread_mutex_lock(&engine.lock);
}

static void engine_sleep(struct engine_idle *idle, uint64_t ns)
{
	bool armed = doorbell_arm();

	engine_asleep(true);
	/* Rung before they were armed? Later rings are stopped, and poll() returns at once. */
	if (!engine_rung() && !engine_behind()) {
		if (!armed && ns > UNARMED_NS)
			ns = UNARMED_NS;
		engine_poll(ns, armed);
	}
	engine_asleep(false);
	if (!engine_find_stops()) {
		engine_lift(idle);
		return;
	}
	/* The thread that rang would be put on this CPU, as its own is not known to be free, and
	 * keep it while it waits: first what it rang for. */
	engine_woken(idle);
	engine.holding = true;
	idle->hold_ns = idle->active_ns + HOLD_NS;
}

/* Whether stores that were stopped at @disarmed_ns or before are still to be done. */
static bool engine_landing(uint64_t disarmed_ns, uint64_t now_ns)
{
	bool any = false;

	for (struct cp_queue *q = engine.queues; q; q = q->next) {
		q->landing = q->landing && now_ns - disarmed_ns < LANDING_MAX_NS;
		any |= q->landing;
	}
	return any;
}

static uint64_t time_left(uint64_t at_ns, uint64_t now_ns)
{
	return at_ns == UINT64_MAX ? UINT64_MAX : at_ns > now_ns ? at_ns - now_ns : 0;
}

static void engine_idle(struct engine_idle *idle, const struct cp_turn *turn)
{
	uint64_t quiet_ns = turn->now_ns - idle->active_ns;
	uint64_t until_ns = time_left(turn->wake_ns, turn->now_ns), look_ns = time_left(turn->look_ns, turn->now_ns);

	/* One that was about to stop when the protection was lifted. */
	if (turn->now_ns - idle->disarmed_ns < STRAGGLER_NS && doorbell_stopped())
		doorbell_disarm();
	if (!engine.holding && engine_landing(idle->disarmed_ns, turn->now_ns)) {
		engine_poll(until_ns < LANDING_NS ? until_ns : LANDING_NS, false);
	} else if (until_ns < SPIN_NS) {
		__builtin_ia32_pause();
	} else if (turn->poll && quiet_ns >= SELDOM_NS) {
		uint64_t ns = quiet_ns / SELDOM_PART < SELDOM_MAX_NS ? quiet_ns / SELDOM_PART : SELDOM_MAX_NS;

		engine_sleep(idle, until_ns == UINT64_MAX || until_ns - SPIN_NS > ns ? ns : until_ns - SPIN_NS);
	} else if (turn->poll) {
		if (idle->spins < BACKOFF_SPINS) {
			idle->spins++;
			__builtin_ia32_pause();
			return;
		}
		idle->backoff_ns = idle->backoff_ns * 2 < BACKOFF_MAX_NS ? idle->backoff_ns * 2
									 : BACKOFF_MAX_NS;
		engine_poll(idle->backoff_ns < until_ns ? idle->backoff_ns : until_ns, false);
	} else if (quiet_ns < (until_ns == UINT64_MAX && look_ns == UINT64_MAX ? HOT_IDLE_NS : HOT_WAIT_NS)) {
		__builtin_ia32_pause();
	} else if (until_ns < BRIEF_NS) {
		engine_poll(until_ns - SPIN_NS < PIECE_NS ? until_ns - SPIN_NS : PIECE_NS, false);
	} else {
		uint64_t ns = until_ns == UINT64_MAX ? UINT64_MAX : until_ns - BRIEF_NS + PIECE_NS;

		engine_sleep(idle, ns < look_ns ? ns : look_ns);
	}
}

static void *engine_main(void *arg)
{
	struct engine_idle idle = {.backoff_ns = BACKOFF_MIN_NS};

	(void)arg;
	pthread_setname_np(pthread_self(), "kfdsim-cp");
	/* A program built for fast mathematics leaves flush-to-zero on, and threads inherit it. */
	fesetenv(FE_DFL_ENV);
	/* A GPU does not wait for a processor. */
	prompt_thread();
	pthread_mutex_lock(&engine.lock);
	for (;;) {
		struct cp_turn turn = {.now_ns = kfd_clock_ns(), .wake_ns = UINT64_MAX, .look_ns = UINT64_MAX};

		if (engine.share) {
			/* Relaxed: a sign of life. */
			atomic_store_explicit(&engine.share->process[share_self()].beat_ns,
				turn.now_ns, memory_order_relaxed);
		}
		engine_round(&turn);
		if (engine.holding &&
			(!turn.progress || turn.now_ns >= idle.hold_ns ||
				atomic_load_explicit(&engine.wanted, memory_order_relaxed))) {
			engine_lift(&idle);
			if (!turn.progress)
				engine_make_way();
			turn.progress = true;
		}
		engine_yield();
		if (turn.progress) {
			idle.active_ns = turn.now_ns;
			idle.backoff_ns = BACKOFF_MIN_NS;
			idle.spins = 0;
			continue;
		}
		engine_idle(&idle, &turn);
	}
	return NULL;
}

/* ---------------------------------------------------------------- queues and GPUs */

static int engine_start(void)
{
	sigset_t all, before;
	pthread_t thread;

	if (engine.running)
		return 0;
	if (engine.kick < 0)
		engine.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine.kick < 0)
		return -ENOMEM;
	/* The program's signals are for the program's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = pthread_create(&thread, NULL, engine_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r) {
		sim_log(SIM_LOG_ERROR, "cannot start the command processor's thread: %s",
			strerror(r));
		return -ENOMEM;
	}
	pthread_detach(thread);
	engine.running = true;
	return 0;
}

int cp_engine_add(struct cp_queue *q)
{
	struct cp_queue **at = &engine.queues;
	int r = engine_start();

	if (r)
		return r;
	while (*at && (*at)->priority >= q->priority)
		at = &(*at)->next;
	q->next = *at;
	*at = q;
	return 0;
}

void cp_engine_remove(struct cp_queue *q)
{
	struct cp_queue **at = &engine.queues;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
}

static uint8_t *gpu_page(void *ctx, uint64_t va, bool write)
{
	const struct cp_gpu *gpu = ctx;

	return gpuvm_page(gpu->index, va, write);
}

static void gpu_interrupt(void *ctx, uint32_t event_id)
{
	kfd_interrupt(event_id);
}

int cp_engine_gpu(uint32_t index, struct cp_gpu **gpu_p)
{
	const struct sim_machine *machine = sim_machine_get();

	if (index >= machine->gpu_count)
		return -EINVAL;
	if (engine.gpu[index]) {
		*gpu_p = engine.gpu[index];
		return 0;
	}
	struct share *share = share_get();
	if (!share || !share->gpu[index].pool.count)
		return share ? -EINVAL : -ENOMEM;
	struct cp_gpu *gpu = calloc(1, sizeof(*gpu));
	if (!gpu)
		return -ENOMEM;
	gpu->index = index;
	gpu->device = machine->gpu[index].device;
	gpu->machine = (struct gcn_machine){
		.isa = gpu->device->isa,
		.ctx = gpu,
		.page = gpu_page,
		.vm_generation = gpuvm_generation(index),
		.interrupt = gpu_interrupt,
		.shader_khz = gpu->device->shader_mhz * 1000,
		.realtime_khz = gpu->device->counter_khz,
		.lds_aperture = LDS_APERTURE,
		.scratch_aperture = SCRATCH_APERTURE,
		.gws = gpu->device->num_gws ? gpu->gws : NULL,
	};
	gpu->share = engine.share = share;
	gpu->shared = &share->gpu[index];
	gpu->paused_seen = atomic_load(&gpu->shared->scheduler.paused_ns);
	engine.gpu[index] = gpu;
	*gpu_p = gpu;
	return 0;
}

void cp_gpu_catch_up(struct cp_gpu *gpu, uint64_t now_ns)
{
	struct share_scheduler *h = &gpu->shared->scheduler;
	uint64_t shift = atomic_load(&h->paused_ns) - gpu->paused_seen;

	if (!shift)
		return;
	gpu->paused_seen += shift;
	gpu->pause_begin_ns = atomic_load(&h->pause_begin_ns);
	gpu->pause_end_ns = atomic_load(&h->pause_end_ns);
	/* Several at once, of which this one was late to learn, count as one that ended with the
	 * last. */
	for (struct cp_queue *q = engine.queues; q; q = q->next) {
		if (q->gpu != gpu || !q->mapped)
			continue;
		if (q->type == CP_QUEUE_AQL)
			aql_pause(q, gpu->pause_end_ns - shift, shift);
		else if (q->sdma.clock_ns > gpu->pause_end_ns - shift)
			q->sdma.clock_ns += shift;
	}
	if (now_ns < gpu->pause_end_ns)
		sim_log(SIM_LOG_DEBUG, "GPU %u: all queues stand still for %llu us", gpu->index,
			(unsigned long long)shift / 1000);
}

uint64_t cp_queue_start_ns(const struct cp_queue *q, uint64_t ns)
{
	const struct cp_gpu *gpu = q->gpu;

	if (ns < q->held_ns)
		ns = q->held_ns;
	return ns >= gpu->pause_begin_ns && ns < gpu->pause_end_ns ? gpu->pause_end_ns : ns;
}

void cp_engine_fork_child(void)
{
	if (engine.kick >= 0)
		close(engine.kick);
	pthread_mutex_init(&engine.lock, NULL);
	pthread_cond_init(&engine.handed_over, NULL);
	atomic_store(&engine.wanted, 0);
	engine.running = engine.holding = false;
	engine.kick = -1;
	engine.queues = NULL;
	/* The parent's queues had groups on these CUs. */
	memset(engine.gpu, 0, sizeof(engine.gpu));
	engine.share = NULL;
	share_fork_child();
	doorbell_fork_child();
}
