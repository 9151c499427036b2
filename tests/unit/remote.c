/* SPDX-License-Identifier: MIT */
/* The decider that asks the daemon, and its connection: what is told, what decisions do to gates, and what happens when the daemon goes. */
#include <errno.h>
#include <fcntl.h>
#include <hsa/amd_hsa_signal.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/hsa_intercept/control.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/pacer.h"
#include "tests/unit/decider_rig.h"

#define SECONDS(n) ((int64_t)(n) * 1000000000)

static struct vqueue *vqueue_of(const hsa_queue_t *queue)
{
	struct vqueue *vq;

	assert_int_equal(control_queue(queue, &vq), 0);
	return vq;
}

static enum rig_answer kind = RIG_WELCOME; /* of daemon */

static int setup(void **state)
{
	rig_daemon_start(kind);
	rig_runtime_start();
	return 0;
}

static int teardown(void **state)
{
	rig_runtime_stop();
	rig_daemon_stop();
	return 0;
}

/* Make a queue, which the daemon hears of, and let it run with that window. Return: its slot. */
static uint32_t create_told(int n, hsa_queue_t **queue_p)
{
	*queue_p = rig_create(n);
	union ipc_any m = rig_daemon_next(IPC_QUEUE_NEW);

	assert_int_equal(m.queue_new.queue_id, 40 + n);
	assert_int_equal(m.queue_new.size_pkts, RIG_RING);
	return m.queue_new.slot;
}

static void hold(uint32_t slot)
{
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_HOLD, 1, SCHED_BECAUSE_OTHERS, 0));
}

static void run(uint32_t slot, uint64_t window_ns)
{
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_RUN, 1, SCHED_BECAUSE_TURN, window_ns));
}

static void let_free(uint32_t slot)
{
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_FREE, 1, SCHED_BECAUSE_ALONE, IPC_WINDOW_UNLIMITED));
}

static void the_daemon_is_told_of_queues_and_of_their_end(void **state)
{
	hsa_queue_t *a, *b;
	uint32_t slot_a = create_told(0, &a), slot_b = create_told(1, &b);

	assert_string_equal(rig_decider(), "xschedd");
	assert_int_not_equal(slot_a, slot_b);
	rig_destroy(a);
	assert_int_equal(rig_daemon_next(IPC_QUEUE_GONE).queue_gone.slot, slot_a);
	rig_destroy(b);
	assert_int_equal(rig_daemon_next(IPC_QUEUE_GONE).queue_gone.slot, slot_b);
	assert_int_equal(rig_daemon_connections(), 1);
}

static void decisions_act_on_gates(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	/* Nothing passes before the daemon decided. */
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 0);
	hold(slot);
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 0);
	run(slot, 10000000);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_await_published(queue, 2);
	hold(slot);
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 2);
	let_free(slot);
	assert_int_equal(rig_mode(queue), GATE_BYPASS);
	assert_int_equal(rig_published(queue), 3);
	rig_complete(queue);
	rig_destroy(queue);
}

/* The process's own threads sleep: nobody wakes them. */
static void a_hold_counts_from_the_store_on(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	run(slot, IPC_WINDOW_UNLIMITED);
	rig_submit(queue);
	rig_await_published(queue, 1);
	atomic_store(&rig_daemon_page()->slot[slot].decision, ipc_decision_make(SCHED_GATE_HOLD, 1, SCHED_BECAUSE_OTHERS, 0, 0));
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 1);
	assert_int_equal(rig_mode(queue), GATE_OPEN);
	rig_complete(queue);
	rig_round(0);
	assert_int_equal(rig_published(queue), 1);
	assert_int_equal(atomic_load(&rig_daemon_page()->slot[slot].ready), 1);
	/* As it was before, as far as the process knows: and yet what waits is published. */
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 2);
	rig_complete(queue);
	rig_destroy(queue);
}

/* The process's view of the brake that the daemon was told of; and the daemon's. */
static struct ipc_brake *brake_here(uint32_t slot)
{
	return (struct ipc_brake *)rig_locked + atomic_load(&rig_daemon_page()->slot[slot].brake) - 1;
}

static struct ipc_brake *brake_there(uint32_t slot)
{
	return &rig_daemon_page()->brake[atomic_load(&rig_daemon_page()->slot[slot].brake) - 1];
}

static void run_braked(uint32_t slot)
{
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_RUN, 2, SCHED_BECAUSE_TURN, 200000));
}

static uint32_t brake_told(uint32_t slot)
{
	return atomic_load(&rig_daemon_page()->slot[slot].brake);
}

static void the_daemon_is_told_of_brakes(void **state)
{
	hsa_queue_t *a, *b;
	uint32_t slot_a = create_told(0, &a), slot_b = create_told(1, &b);

	assert_int_equal(brake_told(slot_a), 0);
	run_braked(slot_a);
	run_braked(slot_b);
	assert_int_not_equal(brake_told(slot_a), 0);
	assert_int_not_equal(brake_told(slot_b), 0);
	assert_ptr_not_equal(brake_there(slot_a), brake_there(slot_b));
	atomic_store(&brake_there(slot_a)->value, 1);
	assert_int_equal(atomic_load(&brake_here(slot_a)->value), 1);
	assert_int_equal(atomic_load(&brake_here(slot_b)->value), 0);
	run_braked(slot_a);
	assert_int_equal(atomic_load(&brake_here(slot_a)->value), 0);
	struct ipc_brake *before = brake_there(slot_a), *here = brake_here(slot_a);
	/* Only while some are added. */
	atomic_store(&before->value, 1);
	run(slot_a, 200000);
	assert_int_equal(brake_told(slot_a), 0);
	assert_int_equal(atomic_load(&here->value), 0);
	run_braked(slot_a);
	assert_ptr_equal(brake_there(slot_a), before);
	let_free(slot_a);
	assert_int_equal(brake_told(slot_a), 0);
	run_braked(slot_a);
	rig_destroy(a);
	rig_daemon_next(IPC_QUEUE_GONE);
	assert_int_equal(brake_told(slot_a), 0);
	/* The next may have it. */
	slot_a = create_told(0, &a);
	run_braked(slot_a);
	assert_ptr_equal(brake_there(slot_a), before);
	rig_destroy(a);
	rig_destroy(b);
}

/* No decision says so, but the daemon must not take a queue with brakes for one without. */
static void brakes_are_told_when_the_program_wants_them(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	assert_int_equal(control_window_pkts(vqueue_of(queue), 4), 0);
	run_braked(slot);
	assert_int_equal(brake_told(slot), 0);
	assert_int_equal(control_window_pkts(vqueue_of(queue), 0), 0);
	rig_submit(queue);
	rig_await_published(queue, 1);
	rig_round(0);
	assert_int_not_equal(brake_told(slot), 0);
	rig_complete(queue);
	rig_destroy(queue);
}

/* As the packet processor sees them. */
static void brakes_wait_for_what_the_daemon_can_set(void **state)
{
	uint64_t waits[AQL_DEPENDS_MAX], at;
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	const struct aql_ring ring = {.app_slots = queue->base_address, .mask = queue->size - 1};

	run_braked(slot);
	rig_submit(queue);
	rig_await_published(queue, 1);
	at = (uint64_t)((char *)brake_here(slot) - (char *)rig_locked);
	assert_int_equal(aql_depend_head(&ring, 0, waits), 1);
	assert_int_equal(waits[0], RIG_GPU_VA + at);
	assert_int_equal(brake_here(slot)->kind, AMD_SIGNAL_KIND_USER);
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_HOLD, 2, SCHED_BECAUSE_OTHERS, 0));
	/* The process closes it as well. */
	assert_int_equal(atomic_load(&brake_here(slot)->value), 1);
	let_free(slot);
	assert_int_equal(atomic_load(&brake_here(slot)->value), 0);
	rig_complete(queue);
	rig_destroy(queue);
}

/* Nobody here was awake when the daemon held it, and let it go with the decision of before. */
static void a_hold_that_nobody_saw_ends(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	run_braked(slot);
	atomic_store(&brake_there(slot)->value, 1);
	run_braked(slot);
	assert_int_equal(atomic_load(&brake_here(slot)->value), 0);
	/* The process gives it a window of its own when the daemon goes, and so does not get out of its way. */
	atomic_store(&brake_there(slot)->value, 1);
	struct ipc_brake *here = brake_here(slot);
	assert_int_equal(control_hint_set(vqueue_of(queue), SCHED_HINT_WINDOW, 500), 0);
	rig_daemon_drop();
	while (atomic_load(&here->value))
		sched_yield();
	rig_destroy(queue);
}

static void without_memory_that_gpus_read_brakes_are_the_processs_own(void **state)
{
	hsa_queue_t *queue;

	rig_runtime_stop();
	rig_refuse_lock = true;
	rig_runtime_start();
	uint32_t slot = create_told(0, &queue);
	rig_refuse_lock = false;
	run_braked(slot);
	assert_true(brake_told(slot) == IPC_BRAKE_OWN);
	hold(slot);
	rig_submit(queue);
	run_braked(slot);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void a_daemon_that_was_given_up_can_close_nothing(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	/* Its own view of the page, for as long as it likes. */
	struct ipc_page *theirs = mremap(rig_daemon_page(), 0, sizeof(*theirs), MREMAP_MAYMOVE);

	assert_ptr_not_equal(theirs, MAP_FAILED);
	run_braked(slot);
	uint32_t number = brake_told(slot);
	struct ipc_brake *here = brake_here(slot);
	hold(slot);
	rig_submit(queue);
	rig_round(0);
	rig_round(SECONDS(4));
	rig_await_published(queue, 1);
	atomic_store(&theirs->brake[number - 1].value, 1);
	assert_int_equal(atomic_load(&here->value), 0);
	rig_complete(queue);
	rig_destroy(queue);
	/* Whoever comes next is not told of brakes that it could not close. */
	rig_daemon_connections_await(2);
	rig_decider_await("xschedd");
	slot = create_told(1, &queue);
	run_braked(slot);
	assert_true(brake_told(slot) == IPC_BRAKE_OWN);
	rig_destroy(queue);
	munmap(theirs, sizeof(*theirs));
}

static void ready_and_idle_are_told_with_one_kick(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	struct ipc_slot *s = &rig_daemon_page()->slot[slot];

	hold(slot);
	rig_daemon_forget();
	assert_int_equal(atomic_load(&s->ready), 0);
	rig_submit(queue);
	rig_daemon_next(IPC_KICK);
	assert_int_equal(atomic_load(&s->ready), 1);
	assert_int_equal(atomic_load(&rig_daemon_page()->dirty), 1);
	assert_true(atomic_load(&rig_daemon_page()->changed[slot / 64]) & UINT64_C(1) << slot % 64);
	atomic_store(&rig_daemon_page()->dirty, 0);
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 1);
	rig_complete(queue);
	/* What it ran may be told by a kick of its own, if that is noticed much earlier. */
	do {
		rig_daemon_next(IPC_KICK);
		atomic_store(&rig_daemon_page()->dirty, 0);
	} while (atomic_load(&s->ready));
	/* Idle by now, and all the same counted as a whole; on a slow machine with a marker. */
	assert_int_equal(atomic_load(&s->packets), rig_visible(queue));
	rig_destroy(queue);
}

/* The queue is ready, and then idle: the daemon has seen each. */
static void turn(hsa_queue_t *queue, uint32_t slot)
{
	const struct ipc_slot *s = &rig_daemon_page()->slot[slot];

	rig_submit(queue);
	do {
		rig_daemon_next(IPC_KICK);
		atomic_store(&rig_daemon_page()->dirty, 0);
	} while (!atomic_load(&s->ready));
	rig_complete(queue);
	do {
		rig_daemon_next(IPC_KICK);
		atomic_store(&rig_daemon_page()->dirty, 0);
	} while (atomic_load(&s->ready));
}

static void kicks_go_by_the_descriptor_but_not_past_messages(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	run(slot, IPC_WINDOW_UNLIMITED);
	for (int i = 0; i < 3; i++) {
		unsigned messages = rig_daemon_kicks(false), before = rig_daemon_kicks(true);

		/* Behind QUEUE_NEW, and then behind the hint. */
		turn(queue, slot);
		assert_true(rig_daemon_kicks(false) > messages);
		messages = rig_daemon_kicks(false);
		assert_int_equal(rig_daemon_kicks(true) > before, kind == RIG_WELCOME);
		before = rig_daemon_kicks(true);
		turn(queue, slot);
		if (kind == RIG_WELCOME)
			assert_int_equal(rig_daemon_kicks(false), messages);
		else
			assert_int_equal(rig_daemon_kicks(true), before);
		assert_int_equal(control_hint_set(vqueue_of(queue), SCHED_HINT_PRIORITY, i), 0);
	}
	rig_destroy(queue);
}

/* What the daemon could know while the test's thread rings. */
static _Thread_local uint32_t watched_slot = UINT32_MAX;
static bool told_while_rung;

static void watch_ring(const hsa_queue_t *queue)
{
	const struct ipc_page *p = rig_daemon_page();

	if (watched_slot != UINT32_MAX && queue)
		told_while_rung = atomic_load(&p->slot[watched_slot].ready) && atomic_load(&p->dirty);
}

static void an_arrival_is_told_before_the_doorbell_is_rung(void **state)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	hsa_queue_t *queue;
	uint32_t slot;
	bool told = false;

	rig_ring = watch_ring;
	slot = create_told(0, &queue);
	run(slot, IPC_WINDOW_UNLIMITED);
	/* Behind the messages about it. Now and then the pacer has the lock, or just looks at the gate. */
	for (int i = 0; i < 200 && !told; i++) {
		turn(queue, slot);
		nanosleep(&pause, NULL);
		told_while_rung = false;
		watched_slot = slot;
		turn(queue, slot);
		watched_slot = UINT32_MAX;
		told = told_while_rung;
		if (kind != RIG_WELCOME)
			break;
	}
	assert_int_equal(told, kind == RIG_WELCOME);
	rig_destroy(queue);
}

static void a_full_count_is_a_kick_on_its_way(void **state)
{
	uint64_t most = UINT64_MAX - 1;
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	if (kind != RIG_WELCOME) {
		rig_destroy(queue);
		return;
	}
	run(slot, IPC_WINDOW_UNLIMITED);
	turn(queue, slot);
	turn(queue, slot);
	unsigned messages = rig_daemon_kicks(false);
	rig_daemon_deaf(true);
	assert_int_equal(write(rig_daemon_kick_fd(), &most, sizeof(most)), sizeof(most));
	rig_submit(queue);
	while (!atomic_load(&rig_daemon_page()->dirty))
		sched_yield();
	/* What comes behind it shows that it was not sent as a message. */
	assert_int_equal(control_hint_set(vqueue_of(queue), SCHED_HINT_PRIORITY, 5), 0);
	rig_daemon_deaf(false);
	rig_daemon_next(IPC_KICK);
	assert_int_equal(rig_daemon_next(IPC_HINT).hint.value, 5);
	assert_int_equal(rig_daemon_kicks(false), messages);
	assert_string_equal(rig_decider(), "xschedd");
	rig_complete(queue);
	rig_destroy(queue);
}

static void a_descriptor_that_is_of_no_use_is_not_used(void **state)
{
	static const enum rig_answer bad[] = {RIG_WELCOME_BLOCKING, RIG_WELCOME_UNWRITABLE};

	for (int i = 0; i < 2; i++) {
		hsa_queue_t *queue;

		rig_daemon_start(bad[i]);
		rig_runtime_start();
		uint32_t slot = create_told(0, &queue);
		run(slot, IPC_WINDOW_UNLIMITED);
		turn(queue, slot);
		turn(queue, slot);
		assert_true(rig_daemon_kicks(false) >= 2);
		assert_int_equal(rig_daemon_kicks(true), 0);
		rig_destroy(queue);
		rig_runtime_stop();
		rig_daemon_stop();
	}
}

/* In this process, which is the daemon too; all are closed by exec. */
static unsigned eventfds(void)
{
	char name[64], what[64];
	unsigned count = 0;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		ssize_t length = readlink(name, what, sizeof(what) - 1);
		what[length > 0 ? length : 0] = 0;
		if (strcmp(what, "anon_inode:[eventfd]"))
			continue;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		count++;
	}
	return count;
}

static void a_new_connection_brings_a_new_descriptor(void **state)
{
	hsa_queue_t *queue;
	unsigned before = eventfds();

	create_told(0, &queue);
	/* One that ends the link may be there from before. */
	unsigned with = eventfds();
	if (kind == RIG_WELCOME)
		assert_true(with == before + 2 || with == before + 3);
	for (unsigned i = 2; i < 5; i++) {
		unsigned kicked = rig_daemon_kicks(true);

		rig_daemon_forget();
		rig_daemon_drop();
		rig_daemon_connections_await(i);
		rig_decider_await("xschedd");
		uint32_t slot = rig_daemon_next(IPC_QUEUE_NEW).queue_new.slot;
		run(slot, IPC_WINDOW_UNLIMITED);
		turn(queue, slot);
		turn(queue, slot);
		assert_int_equal(rig_daemon_kicks(true) > kicked, kind == RIG_WELCOME);
		assert_int_equal(eventfds(), with);
	}
	rig_destroy(queue);
	rig_runtime_stop();
	/* The daemon's own is there until it sees the end. */
	while (eventfds() > before + (with - before) % 2)
		sched_yield();
	rig_runtime_start();
}

static void a_repeated_decision_is_only_acknowledged(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	struct control_stats before, after;

	hold(slot);
	assert_int_equal(control_stats_get(vqueue_of(queue), &before), 0);
	for (int i = 0; i < 3; i++)
		hold(slot);
	assert_int_equal(control_stats_get(vqueue_of(queue), &after), 0);
	assert_int_equal(after.holds, before.holds);
	rig_destroy(queue);
}

static void a_hold_at_another_level_is_no_second_hold(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	struct control_stats before, after;

	hold(slot);
	assert_int_equal(control_stats_get(vqueue_of(queue), &before), 0);
	rig_applied_await(slot, rig_daemon_decide(slot, SCHED_GATE_HOLD, 2, SCHED_BECAUSE_OUTRANKED, 0));
	assert_int_equal(control_stats_get(vqueue_of(queue), &after), 0);
	assert_int_equal(after.level, 2);
	assert_int_equal(after.holds, before.holds);
	run(slot, 1000);
	hold(slot);
	assert_int_equal(control_stats_get(vqueue_of(queue), &after), 0);
	assert_int_equal(after.holds, before.holds + 1);
	rig_destroy(queue);
}

static void decisions_for_slots_without_a_queue_are_ignored(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	hold(slot);
	for (uint32_t other = 0; other < IPC_SLOTS; other += 7)
		if (other != slot)
			rig_daemon_decide(other, SCHED_GATE_RUN, 1, SCHED_BECAUSE_TURN, 5);
	rig_submit(queue);
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void garbage_decides_nothing(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	hold(slot);
	rig_submit(queue);
	rig_daemon_write(slot, ipc_decision_make(3, 0, 0, 77, 0));
	rig_daemon_write(slot, ipc_decision_make(SCHED_GATE_RUN, 1, SCHED_REASONS, 78, 0));
	rig_daemon_write(slot, ipc_decision_make(SCHED_GATE_RUN, 1, SCHED_BECAUSE_TURN, 0, 0));
	rig_round(0);
	assert_int_equal(rig_published(queue), 0);
	/* Nor does the other side's nonsense in our own fields count. */
	atomic_store(&rig_daemon_page()->slot[slot].applied, 0);
	hold(slot);
	atomic_store(&rig_daemon_page()->slot[slot].applied, 0);
	rig_round(SECONDS(2));
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 1);
	assert_string_equal(rig_decider(), "xschedd");
	rig_complete(queue);
	rig_destroy(queue);
}

static void a_daemon_that_decides_nonsense_only_is_left(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	rig_submit(queue);
	rig_daemon_write(slot, ipc_decision_make(3, 0, 0, 77, 0));
	rig_round(0);
	rig_round(SECONDS(2));
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void a_daemon_that_stands_still_is_left(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	hold(slot);
	rig_submit(queue);
	rig_round(0);
	/* The daemon was told, and does not look. */
	rig_round(SECONDS(2));
	assert_int_equal(rig_published(queue), 0);
	rig_round(SECONDS(4));
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void a_slot_is_not_used_again_soon(void **state)
{
	uint32_t last = UINT32_MAX;

	for (int i = 0; i < 64; i++) {
		hsa_queue_t *queue;
		uint32_t slot = create_told(0, &queue);

		/* The daemon may not know yet that the queue before is gone: it may still write for it, and read what it did. */
		assert_int_not_equal(slot, last);
		last = slot;
		rig_destroy(queue);
	}
}

static void gpu_time_of_a_queue_that_goes_is_told_before(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	run(slot, IPC_WINDOW_UNLIMITED);
	rig_daemon_forget();
	rig_submit(queue);
	rig_daemon_next(IPC_KICK);
	atomic_store(&rig_daemon_page()->dirty, 0);
	/* Something that waits to be told. */
	squeue_lock();
	decider_remote.ran(squeue_first(), 1000, NULL, 0, 0);
	squeue_unlock();
	rig_complete(queue);
	rig_destroy(queue);
	rig_daemon_next(IPC_KICK);
	rig_daemon_next(IPC_QUEUE_GONE);
}

static void kernels_times_are_told(void **state)
{
	struct ipc_page *page = rig_daemon_page();
	struct gpu_span spans[TRACK_SPANS];
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	uint64_t sum = 0, before = atomic_load(&page->span_count);

	run(slot, IPC_WINDOW_UNLIMITED);
	rig_daemon_forget();
	rig_submit(queue);
	rig_daemon_next(IPC_KICK);
	squeue_lock();
	atomic_store(&page->dirty, 0);
	decider_remote.flush();
	assert_int_equal(atomic_load(&page->dirty), 0);
	for (unsigned n = 0; n < IPC_SPANS / 2; n++) {
		spans[n % TRACK_SPANS] = (struct gpu_span){.start_ts = 10 * n, .end_ts = 10 * n + 5, .ns = n, .alone_ns = n + 1};
		sum += n;
		if (n % TRACK_SPANS != TRACK_SPANS - 1)
			continue;
		assert_true(decider_remote.ran(squeue_first(), 7, spans, TRACK_SPANS, 0) > 7);
		sum += 7;
	}
	decider_remote.flush();
	/* So many are told of at once, or they would be overwritten. */
	assert_int_equal(atomic_load(&page->dirty), 1);
	squeue_unlock();
	rig_daemon_next(IPC_KICK);
	assert_int_equal(atomic_load(&page->span_count) - before, IPC_SPANS / 2);
	assert_int_equal(atomic_load(&page->slot[slot].gpu_ns), sum);
	const struct ipc_span *last = &page->spans[(before + IPC_SPANS / 2 - 1) % IPC_SPANS];
	assert_int_equal(last->slot, slot);
	assert_int_equal(last->start_ts, 10 * (IPC_SPANS / 2 - 1));
	assert_int_equal(last->end_ts, 10 * (IPC_SPANS / 2 - 1) + 5);
	assert_int_equal(last->ns, IPC_SPANS / 2 - 1);
	assert_int_equal(last->alone_ns, IPC_SPANS / 2);
	rig_complete(queue);
	rig_destroy(queue);
}

static void hints_and_suspension_are_told(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	struct vqueue *vq = vqueue_of(queue);
	union ipc_any m;

	assert_int_equal(control_hint_set(vq, SCHED_HINT_PRIORITY, 5), 0);
	m = rig_daemon_next(IPC_HINT);
	assert_int_equal(m.hint.target.scope, IPC_SCOPE_QUEUE);
	assert_int_equal(m.hint.target.slot, slot);
	assert_int_equal(m.hint.hint, SCHED_HINT_PRIORITY);
	assert_int_equal(m.hint.value, 5);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_WEIGHT, 300), 0);
	m = rig_daemon_next(IPC_HINT);
	assert_int_equal(m.hint.target.scope, IPC_SCOPE_CLIENT);
	assert_int_equal(m.hint.value, 300);
	assert_int_equal(control_suspend(vq, 2), 0);
	m = rig_daemon_next(IPC_SUSPEND);
	assert_int_equal(m.suspend.target.slot, slot);
	assert_int_equal(m.suspend.level, 2);
	assert_int_equal(control_resume(vq), 0);
	rig_daemon_next(IPC_RESUME);
	/* Not this process's to say; and what was refused is not in force later either. */
	int64_t value, later;
	assert_int_equal(control_hint_get(NULL, SCHED_HINT_KDEADLINE, &value), 0);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_KDEADLINE, value + 1), -EPERM);
	assert_int_equal(control_hint_get(NULL, SCHED_HINT_KDEADLINE, &later), 0);
	assert_int_equal(later, value);
	assert_int_equal(control_policy_set("hpf"), -EPERM);
	char name[16];
	assert_int_equal(control_policy_get(name, sizeof(name)), 0);
	assert_string_equal(name, "fair");
	rig_destroy(queue);
}

static void without_the_daemon_queues_are_free(void **state)
{
	hsa_queue_t *a, *b;
	uint32_t slot_a = create_told(0, &a), slot_b = create_told(1, &b);

	hold(slot_a);
	hold(slot_b);
	for (int i = 0; i < 5; i++) {
		rig_submit(a);
		rig_submit(b);
	}
	assert_int_equal(rig_published(a) + rig_published(b), 0);
	rig_daemon_drop();
	rig_await_published(a, 5);
	rig_await_published(b, 5);
	/* And then it is there again. */
	rig_daemon_connections_await(2);
	rig_decider_await("xschedd");
	rig_complete(a);
	rig_complete(b);
	rig_destroy(a);
	rig_destroy(b);
}

static void what_is_suspended_stays_so_without_the_daemon(void **state)
{
	hsa_queue_t *queue, *other;
	uint32_t slot = create_told(0, &queue), slot_other = create_told(1, &other);

	assert_int_equal(control_suspend(vqueue_of(queue), 1), 0);
	hold(slot);
	hold(slot_other);
	rig_submit(queue);
	rig_submit(other);
	rig_daemon_drop();
	rig_await_published(other, 1);
	rig_daemon_connections_await(2);
	rig_decider_await("xschedd");
	assert_int_equal(rig_published(queue), 0);
	assert_int_equal(control_resume(vqueue_of(queue)), 0);
	slot = rig_daemon_next(IPC_RESUME).suspend.target.slot;
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_complete(other);
	rig_destroy(queue);
	rig_destroy(other);
}

static void a_new_connection_is_told_everything(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	assert_int_equal(control_hint_set(vqueue_of(queue), SCHED_HINT_PRIORITY, 7), 0);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_WEIGHT, 400), 0);
	assert_int_equal(control_suspend(vqueue_of(queue), 3), 0);
	hold(slot);
	rig_submit(queue);
	rig_round(0);
	rig_daemon_forget();
	rig_daemon_drop();
	rig_daemon_connections_await(2);
	/* The process's, before its queues. */
	union ipc_any m = rig_daemon_next(IPC_HINT);
	assert_int_equal(m.hint.target.scope, IPC_SCOPE_CLIENT);
	assert_int_equal(m.hint.hint, SCHED_HINT_WEIGHT);
	assert_int_equal(m.hint.value, 400);
	m = rig_daemon_next(IPC_QUEUE_NEW);
	slot = m.queue_new.slot;
	m = rig_daemon_next(IPC_HINT);
	assert_int_equal(m.hint.target.slot, slot);
	assert_int_equal(m.hint.value, 7);
	m = rig_daemon_next(IPC_SUSPEND);
	assert_int_equal(m.suspend.level, 3);
	assert_int_equal(atomic_load(&rig_daemon_page()->slot[slot].ready), 1);
	assert_int_equal(rig_published(queue), 0);
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
	assert_int_equal(control_hint_set(NULL, SCHED_HINT_WEIGHT, SCHED_HINT_UNSET), 0);
}

static void a_daemon_that_says_nothing_about_a_queue_is_left(void **state)
{
	hsa_queue_t *queue;

	create_told(0, &queue);
	rig_submit(queue);
	rig_round(0);
	assert_int_equal(rig_published(queue), 0);
	rig_round(SECONDS(2));
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void each_queue_has_its_own_time_to_be_decided_about(void **state)
{
	hsa_queue_t *a, *b;
	uint32_t slot_a = create_told(0, &a);

	/* The first one is as old as if it had waited for nearly all of the time there is; then it is decided about. */
	squeue_lock();
	decider_remote.remove(squeue_first(), 0);
	assert_int_equal(decider_remote.add(squeue_first(), pacer_now_ns() - 900000000), 0);
	squeue_unlock();
	slot_a = rig_daemon_next(IPC_QUEUE_NEW).queue_new.slot;
	uint32_t slot_b = create_told(1, &b);
	hold(slot_a);
	rig_round(SECONDS(1) / 2);
	hold(slot_b);
	assert_string_equal(rig_decider(), "xschedd");
	assert_int_equal(rig_daemon_connections(), 1);
	rig_destroy(a);
	rig_destroy(b);
	rig_daemon_next(IPC_QUEUE_GONE);
}

static void a_round_that_waited_for_the_lock_takes_nobody_for_silent(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	/* Its time is of before the queue came. */
	rig_round(-SECONDS(5));
	hold(slot);
	assert_string_equal(rig_decider(), "xschedd");
	assert_int_equal(rig_daemon_connections(), 1);
	rig_destroy(queue);
}

static void a_daemon_that_reads_nothing_is_left(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	hold(slot);
	rig_submit(queue);
	rig_daemon_deaf(true);
	while (!strcmp(rig_decider(), "xschedd"))
		assert_int_equal(control_hint_set(vqueue_of(queue), SCHED_HINT_PRIORITY, 3), 0);
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_daemon_deaf(false);
	rig_destroy(queue);
}

static void a_forked_child_leaves_the_connection_alone(void **state)
{
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);
	unsigned before = eventfds();
	int status;

	hold(slot);
	pid_t child = fork();
	if (!child) {
		char name[16];

		alarm(20);
		bool local = !strcmp(decider_now()->name, "this process");
		rig_submit(queue);
		bool closed = eventfds() == before - (kind == RIG_WELCOME);
		_exit(local && closed && control_policy_get(name, sizeof(name)) == -ESHUTDOWN ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	hold(slot);
	assert_int_equal(rig_daemon_connections(), 1);
	rig_destroy(queue);
	rig_daemon_next(IPC_QUEUE_GONE);
}

static void a_runtime_that_starts_again_connects_again(void **state)
{
	hsa_queue_t *queue;

	create_told(0, &queue);
	rig_destroy(queue);
	rig_runtime_stop();
	assert_int_equal(rig_daemon_connections(), 1);
	rig_runtime_start();
	create_told(0, &queue);
	assert_int_equal(rig_daemon_connections(), 2);
	assert_string_equal(rig_decider(), "xschedd");
	rig_destroy(queue);
}

static void another_version_is_not_tried_again(void **state)
{
	rig_daemon_start(RIG_REJECT_VERSION);
	rig_runtime_start();
	hsa_queue_t *a = rig_create(0), *b = rig_create(1);

	rig_submit(a);
	assert_int_equal(rig_published(a), 1);
	assert_string_equal(rig_decider(), "this process");
	assert_int_equal(rig_daemon_connections(), 1);
	rig_complete(a);
	rig_destroy(a);
	rig_destroy(b);
	rig_runtime_stop();
	assert_int_equal(rig_daemon_connections(), 1);
	rig_daemon_stop();
}

static void a_runtime_ends_while_the_link_connects(void **state)
{
	rig_daemon_start(RIG_SILENT);
	rig_runtime_start();
	hsa_queue_t *queue = rig_create(0);

	assert_string_equal(rig_decider(), "this process");
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 1);
	rig_complete(queue);
	/* The second attempt is the link's, and gets no answer. */
	rig_daemon_connections_await(2);
	rig_destroy(queue);
	rig_runtime_stop();
	rig_daemon_stop();
	/* It ended in time, so that the next runtime has one again. */
	rig_daemon_start(kind);
	rig_runtime_start();
	create_told(0, &queue);
	rig_destroy(queue);
	rig_runtime_stop();
	rig_daemon_stop();
}

static void a_daemon_that_comes_later_is_found(void **state)
{
	rig_runtime_start();
	hsa_queue_t *queue = rig_create(0);

	rig_submit(queue);
	assert_int_equal(rig_published(queue), 1);
	rig_complete(queue);
	rig_daemon_start(kind);
	uint32_t slot = rig_daemon_next(IPC_QUEUE_NEW).queue_new.slot;
	hold(slot);
	rig_submit(queue);
	assert_int_equal(rig_published(queue), 1);
	run(slot, IPC_WINDOW_UNLIMITED);
	rig_await_published(queue, 2);
	rig_complete(queue);
	rig_destroy(queue);
	rig_runtime_stop();
	rig_daemon_stop();
}

static _Atomic bool submitted;

static void *submit_cancelled(void *queue)
{
	pthread_cancel(pthread_self());
	rig_submit(queue);
	atomic_store(&submitted, true);
	pthread_testcancel();
	return queue;
}

/* Natively no thread is cancelled where it rings; here it would be while it tells the daemon, with the scheduler's lock. */
static void a_thread_to_be_cancelled_rings_first(void **state)
{
	hsa_queue_t *queue;
	pthread_t thread;
	void *result;
	uint32_t slot = create_told(0, &queue);

	run(slot, 200000);
	assert_int_equal(pthread_create(&thread, NULL, submit_cancelled, queue), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, PTHREAD_CANCELED);
	assert_true(atomic_load(&submitted));
	rig_await_published(queue, 1);
	rig_complete(queue);
	rig_destroy(queue);
}

static void ask_trace(uint32_t serial, bool on, int fd)
{
	struct ipc_trace m;

	ipc_message_init(&m, IPC_TRACE, serial);
	m.target.scope = IPC_SCOPE_CLIENT;
	m.on = on;
	rig_daemon_send(&m, fd);
}

static void assert_trace_answer(uint32_t serial, int error, const char *text)
{
	union ipc_any m = rig_daemon_next(IPC_RESULT);

	assert_int_equal(m.header.serial, serial);
	assert_int_equal(m.result.error, error);
	assert_string_equal(m.result.text, text);
}

static void the_daemon_is_told_whether_a_trace_begins(void **state)
{
	int file = memfd_create("trace", MFD_CLOEXEC), full = open("/dev/full", O_WRONLY | O_CLOEXEC),
	    unwritable = open("/dev/null", O_RDONLY | O_CLOEXEC);
	hsa_queue_t *queue;
	uint32_t slot = create_told(0, &queue);

	let_free(slot);
	assert_true(rig_daemon_hello().flags & IPC_HELLO_ANSWERS_TRACE);
	ask_trace(7, true, file);
	assert_trace_answer(7, 0, "");
	ask_trace(8, true, full);
	assert_trace_answer(8, EBUSY, "it is writing one already");
	ask_trace(0, false, -1);
	ask_trace(UINT32_MAX, true, full);
	assert_trace_answer(UINT32_MAX, ENOSPC, strerror(ENOSPC));
	ask_trace(9, true, -1);
	assert_trace_answer(9, EMFILE, "the file for it did not arrive: it may have as many open as it can");
	/* A daemon that asks for no answer gets none, or it would take the library for a liar. */
	ask_trace(0, true, unwritable);
	ask_trace(10, true, unwritable);
	assert_trace_answer(10, EBADF, strerror(EBADF));
	close(file);
	close(full);
	close(unwritable);
	rig_destroy(queue);
}

int main(int argc, char **argv)
{
	/* Before the rest: in a process in which a daemon was given up, none can close brakes any more. */
	const struct CMUnitTest brakes[] = {
		cmocka_unit_test_setup_teardown(the_daemon_is_told_of_brakes, setup, teardown),
		cmocka_unit_test_setup_teardown(brakes_are_told_when_the_program_wants_them, setup, teardown),
		cmocka_unit_test_setup_teardown(brakes_wait_for_what_the_daemon_can_set, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hold_that_nobody_saw_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(without_memory_that_gpus_read_brakes_are_the_processs_own, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_was_given_up_can_close_nothing, setup, teardown),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_daemon_is_told_of_queues_and_of_their_end, setup, teardown),
		cmocka_unit_test_setup_teardown(decisions_act_on_gates, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hold_counts_from_the_store_on, setup, teardown),
		cmocka_unit_test_setup_teardown(ready_and_idle_are_told_with_one_kick, setup, teardown),
		cmocka_unit_test_setup_teardown(kicks_go_by_the_descriptor_but_not_past_messages, setup, teardown),
		cmocka_unit_test_setup_teardown(an_arrival_is_told_before_the_doorbell_is_rung, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_count_is_a_kick_on_its_way, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_connection_brings_a_new_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(a_repeated_decision_is_only_acknowledged, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hold_at_another_level_is_no_second_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(decisions_for_slots_without_a_queue_are_ignored, setup, teardown),
		cmocka_unit_test_setup_teardown(garbage_decides_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_decides_nonsense_only_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_stands_still_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_slot_is_not_used_again_soon, setup, teardown),
		cmocka_unit_test_setup_teardown(gpu_time_of_a_queue_that_goes_is_told_before, setup, teardown),
		cmocka_unit_test_setup_teardown(kernels_times_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(hints_and_suspension_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(the_daemon_is_told_whether_a_trace_begins, setup, teardown),
		cmocka_unit_test_setup_teardown(without_the_daemon_queues_are_free, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_suspended_stays_so_without_the_daemon, setup, teardown),
		cmocka_unit_test_setup_teardown(a_new_connection_is_told_everything, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_says_nothing_about_a_queue_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(each_queue_has_its_own_time_to_be_decided_about, setup, teardown),
		cmocka_unit_test_setup_teardown(a_round_that_waited_for_the_lock_takes_nobody_for_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_that_reads_nothing_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(a_forked_child_leaves_the_connection_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_runtime_that_starts_again_connects_again, setup, teardown),
		cmocka_unit_test_setup_teardown(a_thread_to_be_cancelled_rings_first, setup, teardown),
		cmocka_unit_test(a_descriptor_that_is_of_no_use_is_not_used),
		cmocka_unit_test(another_version_is_not_tried_again),
		cmocka_unit_test(a_runtime_ends_while_the_link_connects),
		cmocka_unit_test(a_daemon_that_comes_later_is_found),
	};

	alarm(300);
	rig_daemon_path();
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	int failed = cmocka_run_group_tests_name("brakes", brakes, NULL, NULL);
	failed += cmocka_run_group_tests_name("remote", tests, NULL, NULL);
	kind = RIG_WELCOME_OLD;
	return failed + cmocka_run_group_tests_name("remote, a daemon without descriptors", tests, NULL, NULL);
}
