/* SPDX-License-Identifier: MIT */
/* The daemon without its event loop: what clients get from each other, and what they cannot do to each other. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/daemon/state.h"
#include "src/sched/hint.h"
#include "src/sched/policy.h"
#include "src/daemon/text.h"
#include "tests/unit/daemon_rig.h"

#define ALICE 1001u
#define BOB   1002u
#define OWNER 1000u /* who runs the daemon */

static int end(void **state)
{
	rig_end();
	return 0;
}

static bool rejected(const struct rig_peer *p, int error)
{
	return p->ended && rig_last(p)->header.type == IPC_REJECT && rig_last(p)->reject.error == error;
}

static int priority_set(struct rig_peer *p, int64_t value)
{
	return rig_hint(p, IPC_SCOPE_CLIENT, 0, 0, NULL, SCHED_HINT_PRIORITY, value);
}

/* ---- scheduling across processes ---- */

static void the_higher_priority_of_two_processes_holds_the_other(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_FREE);
	rig_queue(high, 5, 0);
	assert_int_equal(priority_set(high, 10), 0);
	rig_ready(low, 0, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
	assert_int_equal(ipc_decision_window_ns(rig_decision(low, 0)), 200000);
	atomic_store(&low->page.asleep, 1);
	unsigned wakes = low->wakes;
	uint32_t kicks = atomic_load(&low->page.kicks);
	atomic_store(&low->page.decided[0], 0);

	rig_ready(high, 5, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	assert_int_equal(ipc_decision_reason(rig_decision(low, 0)), SCHED_BECAUSE_OUTRANKED);
	assert_int_equal(rig_gate(high, 5), SCHED_GATE_RUN);
	/* It was told, and woken. */
	assert_int_equal(atomic_load(&low->page.decided[0]), 1);
	assert_int_equal(atomic_load(&low->page.kicks), kicks + 1);
	assert_int_equal(low->wakes, wakes + 1);

	rig_ready(high, 5, false, MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
}

static int64_t brake_value(struct rig_peer *p, uint32_t number)
{
	return atomic_load(&p->page.brake[number - 1].value);
}

static void what_is_published_is_stopped_without_the_process(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 5, 0);
	assert_int_equal(priority_set(high, 10), 0);
	atomic_store(&low->page.slot[0].brake, 3);
	rig_ready(low, 0, true, 0);
	assert_int_equal(brake_value(low, 3), 0);
	rig_ready(high, 5, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	assert_int_equal(brake_value(low, 3), 1);
	/* The process lets it go, when it takes the decision. */
	rig_ready(high, 5, false, MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
	assert_int_equal(brake_value(low, 3), 1);
	/* None, and numbers that there are not. */
	atomic_store(&low->page.brake[2].value, 0);
	const uint32_t others[] = {0, IPC_BRAKES + 1, IPC_BRAKE_OWN};
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		atomic_store(&low->page.slot[0].brake, others[i]);
		rig_ready(high, 5, true, MS);
		assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
		rig_ready(high, 5, false, MS);
		for (uint32_t n = 1; n <= IPC_BRAKES; n++)
			assert_int_equal(brake_value(low, n), 0);
	}
	/* The last. */
	atomic_store(&low->page.slot[0].brake, IPC_BRAKES);
	rig_ready(high, 5, true, MS);
	assert_int_equal(brake_value(low, IPC_BRAKES), 1);
}

static void who_looks_soon_by_itself_is_not_woken_for_a_hold(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 5, 0);
	assert_int_equal(priority_set(high, 10), 0);
	rig_ready(low, 0, true, 0);
	atomic_store(&low->page.slot[0].brake, 1);
	atomic_store(&low->page.asleep, 1);
	/* When it looks, against now; whether it is woken; with brakes, without, and with those that it closes itself. */
	const struct {
		int64_t ns;
		uint32_t brake;
		bool woken;
	} rows[] = {{4 * (int64_t)MS, 1, false}, {-(int64_t)MS, 1, false}, {6 * (int64_t)MS, 1, true}, {4 * (int64_t)MS, 0, false}, {6 * (int64_t)MS, 0, true},
		{4 * (int64_t)MS, IPC_BRAKE_OWN, true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		atomic_store(&low->page.looks_ns, rig.now_ns + (uint64_t)rows[i].ns);
		atomic_store(&low->page.slot[0].brake, rows[i].brake);
		unsigned wakes = low->wakes;
		uint32_t kicks = atomic_load(&low->page.kicks);
		rig_ready(high, 5, true, MS);
		assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
		assert_int_equal(low->wakes, wakes + rows[i].woken);
		/* It finds it when it looks. */
		assert_int_equal(atomic_load(&low->page.kicks), kicks + 1);
		wakes = low->wakes;
		/* And it is woken to go on. */
		rig_ready(high, 5, false, MS);
		assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
		assert_int_equal(low->wakes, wakes + 1);
	}
	/* It did not say when. */
	atomic_store(&low->page.looks_ns, 0);
	atomic_store(&low->page.slot[0].brake, 1);
	unsigned wakes = low->wakes;
	rig_ready(high, 5, true, MS);
	assert_int_equal(low->wakes, wakes + 1);
}

/* A queue that has the GPU to itself passes no gate that looks at the page. */
static void who_was_free_is_woken(void **state)
{
	rig_start("hpf");
	struct rig_peer *p = rig_library(ALICE, NULL), *user = rig_control(ALICE);

	rig_queue(p, 0, 0);
	rig_ready(p, 0, true, 0);
	assert_int_equal(rig_gate(p, 0), SCHED_GATE_FREE);
	atomic_store(&p->page.slot[0].brake, 1);
	atomic_store(&p->page.asleep, 1);
	atomic_store(&p->page.looks_ns, rig.now_ns + MS);
	unsigned wakes = p->wakes;
	assert_int_equal(rig_suspend(user, IPC_SCOPE_CLIENT, p->number, 0, NULL, 2), 0);
	assert_int_equal(rig_gate(p, 0), SCHED_GATE_HOLD);
	assert_int_equal(p->wakes, wakes + 1);
}

/* @p has a queue, whose waves it can save in @cost_ns. */
static void queue_costing(struct rig_peer *p, uint64_t cost_ns)
{
	struct ipc_queue_new new;

	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.preempt_cost_ns = cost_ns;
	rig_send(p, &new);
}

/* What @p says about how long what it has published will take. */
static void busy_for(struct rig_peer *p, uint64_t ns)
{
	atomic_store(&p->page.slot[0].progress_ns, rig.now_ns);
	atomic_store(&p->page.slot[0].stop_ns, rig.now_ns + ns);
}

/*
 * @low's process sleeps, and looks within a millisecond. It can save waves in 200 us; what runs takes @left_ns more, and what may be running when
 * nobody has looked, @most_ns.
 */
static void start_sleeper(struct rig_peer **low_p, struct rig_peer **high_p, uint64_t left_ns, uint64_t most_ns)
{
	rig_start("hpf");
	struct rig_peer *low = *low_p = rig_library(ALICE, NULL), *high = *high_p = rig_library(ALICE, NULL);

	queue_costing(low, 200000);
	queue_costing(high, IPC_COST_NEVER);
	assert_int_equal(priority_set(high, 10), 0);
	rig_ready(low, 0, true, 0);
	busy_for(low, left_ns);
	atomic_store(&low->page.slot[0].most_ns, most_ns);
	atomic_store(&low->page.slot[0].brake, 1);
	rig_take(low);
	atomic_store(&low->page.asleep, 1);
	atomic_store(&low->page.looks_ns, rig.now_ns + MS);
}

static void who_can_save_waves_is_woken(void **state)
{
	const struct {
		uint64_t left_ns, most_ns;
		int level;
	} rows[] = {{50000, 0, 2}, {50000, 171000, 2}, {50000, UINT64_MAX, 2}, {MS, MS, 3}, {MS, 100000, 3}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig_peer *low, *high;

		if (i)
			rig_end();
		start_sleeper(&low, &high, rows[i].left_ns, rows[i].most_ns);
		unsigned wakes = low->wakes;
		rig_ready(high, 0, true, MS);
		assert_int_equal(brake_value(low, 1), 1);
		assert_int_equal(low->wakes, wakes + 1);
		assert_int_equal(ipc_decision_level(rig_decision(low, 0)), rows[i].level);
	}
}

/* Whatever it is at, its waves would be saved no sooner than it ends. If it does not, its process finds that when it looks. */
static void who_is_brief_is_not_woken(void **state)
{
	struct rig_peer *low, *high;

	start_sleeper(&low, &high, 50000, 100000);
	unsigned wakes = low->wakes;
	rig_ready(high, 0, true, MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	assert_int_equal(brake_value(low, 1), 1);
	/* Nor does the daemon look. */
	assert_true(machine_next_ns(rig.machine) > rig.now_ns + 50 * MS);
	rig_pass(20 * MS);
	/* What was told when it was not held means nothing now. */
	busy_for(low, SECOND);
	rig_ready(low, 0, true, 0);
	assert_int_equal(ipc_decision_level(rig_decision(low, 0)), 2);
	assert_int_equal(low->wakes, wakes);
	rig_take(low);
	rig_ready(low, 0, true, 0);
	assert_int_equal(ipc_decision_level(rig_decision(low, 0)), 3);
	assert_int_equal(low->wakes, wakes + 1);
}

static void who_suspends_at_level_1_wants_what_is_published_done(void **state)
{
	rig_start("hpf");
	struct rig_peer *p = rig_library(ALICE, NULL), *user = rig_control(ALICE);

	rig_queue(p, 0, 0);
	atomic_store(&p->page.slot[0].brake, 1);
	rig_ready(p, 0, true, 0);
	assert_int_equal(rig_suspend(user, IPC_SCOPE_CLIENT, p->number, 0, NULL, 1), 0);
	assert_int_equal(rig_gate(p, 0), SCHED_GATE_HOLD);
	assert_int_equal(brake_value(p, 1), 0);
	assert_int_equal(rig_suspend(user, IPC_SCOPE_CLIENT, p->number, 0, NULL, 2), 0);
	assert_int_equal(brake_value(p, 1), 1);
}

static void who_is_awake_is_not_woken(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	rig_ready(low, 0, true, 0);
	unsigned wakes = low->wakes;
	uint32_t kicks = atomic_load(&low->page.kicks);
	rig_ready(high, 0, true, 0);
	assert_int_equal(low->wakes, wakes);
	assert_int_equal(atomic_load(&low->page.kicks), kicks + 1);
}

static void gpus_do_not_disturb_each_other(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(low, 1, 1);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	rig_ready(low, 0, true, 0);
	rig_ready(low, 1, true, 0);
	rig_ready(high, 0, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(low, 1), SCHED_GATE_FREE);
}

/* Who runs of two clients that always have work uses the time: the shares after @ns. */
static void run_two(struct rig_peer *a, struct rig_peer *b, uint64_t ns, uint64_t had_ns[2])
{
	const uint64_t step_ns = 100000;

	for (uint64_t t = 0; t < ns; t += step_ns) {
		rig_pass(step_ns);
		bool a_runs = rig_gate(a, 0) != SCHED_GATE_HOLD, b_runs = rig_gate(b, 0) != SCHED_GATE_HOLD;

		rig_take(a);
		rig_take(b);
		had_ns[0] += a_runs ? step_ns : 0;
		had_ns[1] += b_runs ? step_ns : 0;
		if (a_runs)
			rig_ready(a, 0, true, step_ns);
		if (b_runs)
			rig_ready(b, 0, true, step_ns);
	}
}

static void two_processes_share_by_their_hints(void **state)
{
	uint64_t had_ns[2] = {0};

	rig_start("pup");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(BOB, NULL);
	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_hint(a, IPC_SCOPE_CLIENT, 0, 0, NULL, SCHED_HINT_UTILIZATION, 75);
	rig_hint(b, IPC_SCOPE_CLIENT, 0, 0, NULL, SCHED_HINT_UTILIZATION, 25);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	run_two(a, b, 2 * SECOND, had_ns);
	uint64_t percent = had_ns[0] * 100 / (had_ns[0] + had_ns[1]);
	assert_uint_in_range(percent, 74, 76);
}

static void a_process_that_is_gone_gives_its_share_away(void **state)
{
	rig_start("fair");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(BOB, NULL);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	rig_gone(a);
	assert_true(a->unmapped);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_FREE);
}

static void processes_that_name_a_job_are_one(void **state)
{
	rig_start("fair");
	struct rig_peer *a = rig_library(ALICE, "train"), *b = rig_library(ALICE, "train"), *c = rig_library(ALICE, NULL);
	struct rig_peer *d = rig_library(BOB, "train");

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_queue(c, 0, 0);
	rig_queue(d, 0, 0);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	rig_ready(c, 0, true, 0);
	rig_ready(d, 0, true, 0);
	/* One turn for both; the other user's job of that name is another. */
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(c, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(d, 0), SCHED_GATE_HOLD);
	/* Whichever leaves first, the job stays. */
	rig_gone(a);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_RUN);
}

static void cooperative_ranks_run_or_wait_together(void **state)
{
	struct ipc_queue_new new;

	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "ranks"), *b = rig_library(ALICE, "ranks"), *high = rig_library(ALICE, NULL);

	for (uint32_t gpu = 0; gpu < 2; gpu++) {
		ipc_message_init(&new, IPC_QUEUE_NEW, 0);
		new.flags = IPC_QUEUE_COOPERATIVE;
		new.gpu.bdf = gpu << 8;
		new.gpu.node = gpu + 1;
		new.preempt_cost_ns = IPC_COST_NEVER;
		rig_send(gpu ? b : a, &new);
	}
	rig_queue(high, 0, 1);
	priority_set(high, 1);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_RUN);
	rig_ready(high, 0, true, 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
}

static void what_a_queue_waits_for_inherits_its_claim(void **state)
{
	struct ipc_waits waits;

	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);
	rig_queue(a, 0, 0);
	rig_queue(a, 1, 0);
	rig_queue(b, 0, 0);
	rig_hint(a, IPC_SCOPE_QUEUE, 0, 0, NULL, SCHED_HINT_PRIORITY, 20);
	priority_set(b, 10);
	rig_ready(a, 1, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_HOLD);
	rig_ready(a, 0, true, 0);
	ipc_message_init(&waits, IPC_WAITS, 0);
	waits.slot = 0;
	waits.count = 2;
	waits.on[0] = 1;
	waits.on[1] = 77; /* nothing is there */
	rig_send(a, &waits);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	waits.count = 0;
	rig_send(a, &waits);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_HOLD);
}

static void level_3_is_for_processes_that_can(void **state)
{
	struct ipc_cost cost;

	rig_start("hpf");
	struct rig_peer *can = rig_library(ALICE, NULL), *cannot = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);
	queue_costing(can, 50000);
	queue_costing(cannot, IPC_COST_NEVER);
	queue_costing(high, IPC_COST_NEVER);
	priority_set(high, 1);
	busy_for(can, 200000);
	busy_for(cannot, 200000);
	rig_ready(can, 0, true, 0);
	rig_ready(cannot, 0, true, 0);
	rig_ready(high, 0, true, 0);
	assert_int_equal(ipc_decision_level(rig_decision(can, 0)), 3);
	assert_int_equal(ipc_decision_level(rig_decision(cannot, 0)), 2);
	/* Not once saving costs more than waiting for the 200 us that it still needs. */
	rig_ready(high, 0, false, 0);
	ipc_message_init(&cost, IPC_COST, 0);
	cost.preempt_cost_ns = 300000;
	rig_send(can, &cost);
	busy_for(can, 200000);
	rig_ready(high, 0, true, 0);
	assert_int_equal(rig_gate(can, 0), SCHED_GATE_HOLD);
	assert_int_equal(ipc_decision_level(rig_decision(can, 0)), 2);
	/* One that takes longer than expected is looked at again. */
	rig_pass(MS);
	assert_int_equal(ipc_decision_level(rig_decision(can, 0)), 3);
}

static uint64_t listed_cost_ns(void)
{
	struct rig_peer *ctl = rig_control(ALICE);
	struct ipc_header list;

	ipc_message_init(&list, IPC_LIST, 1);
	rig_send(ctl, &list);
	assert_int_equal(ctl->inbox[2].header.type, IPC_GPU_ENTRY);
	return ctl->inbox[2].gpu_entry.preempt_cost_ns;
}

static void a_cost_that_cannot_be_keeps_nobody_from_being_preempted(void **state)
{
	struct ipc_queue_new new;

	rig_start("hpf");
	struct rig_peer *liar = rig_library(BOB, NULL), *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);
	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.preempt_cost_ns = INT64_MAX;
	rig_send(liar, &new);
	assert_true(listed_cost_ns() == IPC_COST_NEVER);
	new.slot = 1;
	new.preempt_cost_ns = SECOND;
	rig_send(liar, &new);
	assert_true(listed_cost_ns() == SECOND);
	new.slot = 0;
	new.preempt_cost_ns = 50000;
	rig_send(low, &new);
	rig_send(high, &new);
	priority_set(high, 1);
	busy_for(low, 200000);
	rig_ready(low, 0, true, 0);
	rig_ready(high, 0, true, 0);
	assert_int_equal(ipc_decision_level(rig_decision(low, 0)), 3);
}

static void waves_are_not_saved_where_nothing_is_in_flight(void **state)
{
	struct ipc_queue_new new;

	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);
	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.preempt_cost_ns = 50000;
	rig_send(low, &new);
	rig_send(high, &new);
	priority_set(high, 1);
	rig_ready(low, 0, true, 0);
	rig_ready(high, 0, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	rig_pass(20 * MS);
	assert_int_equal(ipc_decision_level(rig_decision(low, 0)), 2);
}

/* The process has taken neither the decision that lets it run nor the next, and may yet take both. */
static void what_ran_before_it_was_told_to_stop_is_found(void **state)
{
	struct ipc_queue_new new;
	unsigned looks = 0;

	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);
	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.preempt_cost_ns = 50000;
	rig_send(low, &new);
	rig_send(high, &new);
	priority_set(high, 1);
	rig_ready(low, 0, true, 0);
	rig_ready(high, 0, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	/* One that never takes it costs little. */
	for (uint64_t end_ns = rig.now_ns + 100 * MS; rig.now_ns < end_ns && looks < 100; looks++)
		rig_pass(machine_next_ns(rig.machine) - rig.now_ns);
	assert_true(looks < 30);
	assert_true(ipc_decision_level(rig_decision(low, 0)) < 3);
	busy_for(low, SECOND);
	rig_take(low);
	rig_pass(200 * MS);
	assert_int_equal(ipc_decision_level(rig_decision(low, 0)), 3);
}

static void turns_among_equals_need_no_looks_at_what_drains(void **state)
{
	struct ipc_queue_new new;

	rig_start("fair");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);
	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.preempt_cost_ns = 30000;
	rig_send(a, &new);
	rig_send(b, &new);
	/* Kernels that take for ever, so that whoever is held drains for long. */
	a->page.slot[0].progress_ns = b->page.slot[0].progress_ns = rig.now_ns;
	a->page.slot[0].stop_ns = b->page.slot[0].stop_ns = rig.now_ns + SECOND;
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	rig_pass(6 * MS);
	assert_int_not_equal(rig_gate(a, 0) == SCHED_GATE_HOLD, rig_gate(b, 0) == SCHED_GATE_HOLD);
	assert_true(machine_next_ns(rig.machine) > rig.now_ns + MS);
}

/* @p's queue of @slot had the GPU; as the library writes it. */
static void span(struct rig_peer *p, uint64_t slot, uint64_t start_ts, uint64_t end_ts, uint64_t ns)
{
	struct ipc_span *to = &p->page.spans[p->page.span_count % IPC_SPANS];

	to->slot = slot;
	to->start_ts = start_ts;
	to->end_ts = end_ts;
	to->ns = ns;
	p->page.slot[slot % IPC_SLOTS].gpu_ns += ns;
	p->page.span_count++;
}

static uint64_t queue_gpu_ns(const struct rig_peer *p)
{
	struct sched_queue_stats stats;

	sched_queue_stats(p->client->slots[0]->sched, &stats);
	return stats.gpu_ns;
}

static void time_behind_another_processs_kernel_is_not_charged(void **state)
{
	rig_start("pup");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *elsewhere = rig_library(ALICE, NULL);
	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_queue(elsewhere, 0, 1);
	/* Ticks are 10 ns. */
	span(a, 0, 100000, 200000, MS);
	rig_tell(a, 0);
	span(elsewhere, 0, 150000, 201000, 510000);
	rig_tell(elsewhere, 0);
	span(b, 0, 150000, 201000, 510000);
	rig_tell(b, 0);
	assert_int_equal(queue_gpu_ns(a), MS);
	assert_int_equal(queue_gpu_ns(elsewhere), 510000);
	assert_uint_in_range(queue_gpu_ns(b), 9999, 10000);
	/* The rest of what is counted comes without times. */
	b->page.slot[0].gpu_ns += 5000;
	rig_tell(b, 0);
	assert_uint_in_range(queue_gpu_ns(b), 14999, 15000);
}

static void spans_that_nobody_can_believe_harm_none(void **state)
{
	rig_start("pup");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);
	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	/* Of a queue that is not there, that ends before it begins, with more time than is counted. */
	span(a, 7, 100, 200, 1000);
	span(a, UINT64_C(1) << 40, 100, 200, 1000);
	a->page.slot[0].gpu_ns = 0;
	span(a, 0, 200, 100, 1000);
	span(a, 0, 100, 200, MS);
	a->page.slot[0].gpu_ns = 3000;
	rig_tell(a, 0);
	assert_false(a->ended);
	assert_int_equal(queue_gpu_ns(a), 2000);
	/* Counted backwards, or by far too many. */
	a->page.span_count -= 3;
	rig_tell(a, 0);
	a->page.span_count += UINT64_C(1) << 50;
	rig_tell(a, 0);
	assert_false(a->ended);
	assert_int_equal(queue_gpu_ns(b), 0);
	/* Time that cannot be ends its client, as without times. */
	span(a, 0, 100, 200, UINT64_C(1) << 60);
	rig_tell(a, 0);
	assert_true(a->ended);
	assert_false(b->ended);
}

static void spans_beyond_the_ring_count_by_their_gpu_time(void **state)
{
	rig_start("pup");
	struct rig_peer *a = rig_library(ALICE, NULL);
	rig_queue(a, 0, 0);
	for (unsigned n = 0; n < 3 * IPC_SPANS; n++)
		span(a, 0, 1000 * n, 1000 * n + 1000, 10000);
	rig_tell(a, 0);
	assert_int_equal(queue_gpu_ns(a), 3 * IPC_SPANS * UINT64_C(10000));
}

static void a_decision_that_nobody_changes_is_written_too(void **state)
{
	rig_start("hpf");
	struct rig_peer *high = rig_library(ALICE, NULL), *low = rig_library(ALICE, NULL);

	/* Held at level 1 is what a queue begins with, so the scheduler says nothing. */
	assert_int_equal(rig_hint(rig_control(OWNER), IPC_SCOPE_MACHINE, 0, 0, NULL, SCHED_HINT_LEVEL, 1), 0);
	rig_queue(high, 0, 0);
	priority_set(high, 5);
	rig_ready(high, 0, true, 0);
	rig_queue(low, 0, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
}

static void a_process_that_comes_back_has_its_state_at_once(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_ready(low, 0, true, 0);
	atomic_store(&high->page.slot[3].ready, 1);
	atomic_store(&high->page.slot[3].gpu_ns, 3600 * SECOND);
	priority_set(high, 1);
	rig_queue(high, 3, 0);
	assert_int_equal(rig_gate(high, 3), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	/* What it had from another daemon is not charged by this one. */
	rig_ready(high, 3, true, MS);
	assert_false(high->ended);
}

/* ---- processes that hold a place and do not use it ---- */

static void a_stopped_process_does_not_block_a_lower_priority(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	rig_take(high);
	rig_ready(high, 0, true, 0);
	rig_take(high);
	rig_ready(low, 0, true, 0);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	/* It takes no decision from here on. */
	rig_pass(600 * MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	rig_pass(200 * MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
	/* It goes on: it is there again with its first word. */
	rig_ready(high, 0, true, MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(high, 0), SCHED_GATE_RUN);
}

static void who_goes_on_without_a_word_has_its_place_again(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	rig_take(high);
	rig_ready(high, 0, true, 0);
	rig_ready(low, 0, true, 0);
	rig_pass(20 * SECOND);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_RUN);
	rig_take(high);
	rig_pass(500 * MS);
	assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	/* Once nobody is absent, nobody looks. */
	rig_ready(high, 0, false, 0);
	rig_pass(SECOND);
	assert_true(machine_next_ns(rig.machine) == MACHINE_NEVER);
}

static void a_long_kernel_is_not_taken_for_a_stopped_process(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 0);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	rig_ready(high, 0, true, 0);
	rig_ready(low, 0, true, 0);
	for (int i = 0; i < 200; i++) {
		rig_take(high);
		rig_pass(50 * MS);
		assert_int_equal(rig_gate(low, 0), SCHED_GATE_HOLD);
	}
}

static void nobody_is_asked_while_nobody_waits(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	rig_pass(20 * SECOND);
	uint64_t decision = rig_decision(a, 0);
	assert_true(machine_next_ns(rig.machine) == MACHINE_NEVER);
	rig_pass(3600 * SECOND);
	assert_int_equal(rig_decision(a, 0), decision);
}

static void who_runs_and_is_stopped_loses_its_turns_under_shares(void **state)
{
	uint64_t had_ns[2] = {0};

	rig_start("fair");
	struct rig_peer *stopped = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);
	rig_queue(stopped, 0, 0);
	rig_queue(b, 0, 0);
	rig_ready(stopped, 0, true, 0);
	rig_ready(b, 0, true, 0);
	for (int i = 0; i < 30000; i++) {
		rig_pass(100000);
		rig_take(b);
		if (rig_gate(b, 0) != SCHED_GATE_HOLD) {
			had_ns[1] += 100000;
			rig_ready(b, 0, true, 100000);
		}
	}
	assert_true(had_ns[1] > 2 * SECOND);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_RUN);
}

/* ---- who lies, floods, or says nothing ---- */

static struct rig_peer *witness;

/* A client that goes on as if nothing had happened. */
static void with_witness(const char *policy)
{
	rig_start(policy);
	witness = rig_library(BOB, NULL);
	rig_queue(witness, 0, 0);
	rig_ready(witness, 0, true, 0);
}

static void witness_undisturbed(void)
{
	assert_false(witness->ended);
	assert_int_equal(rig_gate(witness, 0), SCHED_GATE_FREE);
	rig_ready(witness, 0, false, MS);
	assert_false(witness->ended);
}

static struct rig_peer *holder(void)
{
	struct rig_peer *p = rig_library(ALICE, NULL);

	rig_queue(p, 0, 0);
	priority_set(p, 100);
	rig_ready(p, 0, true, 5);
	assert_int_equal(rig_gate(witness, 0), SCHED_GATE_HOLD);
	return p;
}

static void gpu_time_that_goes_back_ends_the_client(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	atomic_store(&p->page.slot[0].gpu_ns, 4);
	rig_tell(p, 0);
	assert_true(rejected(p, EINVAL));
	assert_non_null(strstr(rig_last(p)->reject.text, "went back from 5 ns to 4 ns"));
	witness_undisturbed();
}

static void gpu_time_that_cannot_be_ends_the_client(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	/* 128 kernels at once is believed, and ten minutes of before. */
	rig_pass(SECOND);
	rig_ready(p, 0, true, 128 * SECOND + 600 * SECOND - 5);
	assert_false(p->ended);
	rig_ready(p, 0, true, 128);
	assert_true(rejected(p, EINVAL));
	assert_non_null(strstr(rig_last(p)->reject.text, "cannot be"));
	witness_undisturbed();
}

static void greatest_gpu_time_ends_the_client(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	atomic_store(&p->page.slot[0].gpu_ns, UINT64_MAX);
	rig_tell(p, 0);
	assert_true(rejected(p, EINVAL));
	witness_undisturbed();
}

static void another_ready_than_0_or_1_ends_the_client(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	atomic_store(&p->page.slot[0].ready, 2);
	rig_tell(p, 0);
	assert_true(rejected(p, EINVAL));
	witness_undisturbed();
}

static void bits_of_slots_without_queues_are_nothing(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	for (unsigned i = 0; i < IPC_SLOTS / 64; i++)
		atomic_store(&p->page.changed[i], UINT64_MAX);
	atomic_store(&p->page.slot[1].ready, 99);
	rig_tell(p, 0);
	assert_false(p->ended);
	rig_gone(p);
	witness_undisturbed();
}

static void a_flood_ends_the_client(void **state)
{
	int sent = 0;

	with_witness("hpf");
	struct rig_peer *p = holder();
	for (; !p->ended && sent < 100000; sent++) {
		atomic_store(&p->page.dirty, 1);
		rig_kick(p);
	}
	assert_true(rejected(p, EBUSY));
	assert_uint_in_range(sent, 49000, 50001);
	witness_undisturbed();
}

static void kicks_that_announce_nothing_count_more(void **state)
{
	int sent = 0;

	with_witness("hpf");
	struct rig_peer *p = holder();
	for (; !p->ended && sent < 100000; sent++)
		rig_kick(p);
	assert_true(rejected(p, EBUSY));
	assert_uint_in_range(sent, 2000, 2501);
	witness_undisturbed();
}

/* One message can make much to look at: @spans, or a hundred slots. */
static void kicks_with(uint64_t spans)
{
	int sent = 0;

	with_witness("hpf");
	struct rig_peer *p = holder();
	for (uint32_t slot = 1; slot < 101; slot++)
		rig_queue(p, slot, 0);
	for (; !p->ended && sent < 100000; sent++) {
		atomic_store(&p->page.dirty, 1);
		atomic_fetch_add(&p->page.span_count, spans);
		for (uint32_t slot = 1; slot < 101 && !spans; slot++)
			atomic_fetch_or(&p->page.changed[slot / 64], UINT64_C(1) << slot % 64);
		rig_kick(p);
	}
	assert_true(rejected(p, EBUSY));
	assert_uint_in_range(sent, 450, 510);
	witness_undisturbed();
}

static void slots_that_a_kick_announces_count(void **state)
{
	kicks_with(0);
}

static void spans_that_a_kick_announces_count(void **state)
{
	kicks_with(25);
}

static void spans_that_a_queue_s_end_makes_to_look_at_count(void **state)
{
	int gone = 0;

	with_witness("hpf");
	struct rig_peer *p = holder();
	for (; !p->ended && gone < 1000; gone++) {
		rig_queue(p, 7, 0);
		atomic_fetch_add(&p->page.span_count, IPC_SPANS);
		rig_queue_gone(p, 7);
	}
	assert_true(rejected(p, EBUSY));
	assert_uint_in_range(gone, 20, 25);
	witness_undisturbed();
}

/* Kicks by the descriptor and messages are not in order. */
static void what_a_queue_that_goes_used_counts_without_a_kick(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();
	uint64_t owed_ns = p->client->bucket_ns;

	atomic_fetch_add(&p->page.slot[0].gpu_ns, 3 * MS);
	atomic_fetch_or(&p->page.changed[0], 1);
	atomic_store(&p->page.dirty, 1);
	rig_queue_gone(p, 0);
	assert_int_equal(client_gpu_ns(p->client), 3 * MS + 5);
	/* And the kick is none that announces nothing. */
	rig_kick(p);
	assert_uint_in_range(p->client->bucket_ns - owed_ns, 0, 22 * 20000);
	witness_undisturbed();
}

static void a_descriptor_for_kicks_is_for_libraries_that_take_one(void **state)
{
	union ipc_any hello;

	rig_start("hpf");
	struct rig_peer *old = rig_library_old(ALICE, NULL), *new = rig_library(ALICE, NULL), *control;
	assert_int_equal(old->kick_fd, 0);
	assert_int_equal(old->inbox_fd[0], -1);
	assert_int_equal(new->kick_fd, rig_kick_fds ? 2000 : 0);
	assert_int_equal(new->inbox_fd[0], rig_kick_fds ? 2000 : -1);
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.hello.role = IPC_ROLE_CONTROL;
	hello.hello.flags = IPC_HELLO_KICKS_FD;
	control = rig_connect(ALICE);
	rig_send(control, &hello);
	assert_int_equal(rig_last(control)->header.type, IPC_WELCOME);
	assert_int_equal(control->kick_fd, 0);
	assert_int_equal(control->inbox_fd[0], -1);
}

static void without_a_descriptor_kicks_are_messages(void **state)
{
	with_witness("hpf");
	rig.no_fds = true;
	struct rig_peer *p = holder();

	assert_int_equal(p->kick_fd, rig_kick_fds ? -1 : 0);
	assert_int_equal(p->inbox_fd[0], -1);
	rig_ready(p, 0, false, 5);
	assert_int_equal(rig_gate(witness, 0), SCHED_GATE_RUN);
}

static void a_kick_by_message_counts_beside_the_descriptor(void **state)
{
	struct ipc_header kick;

	with_witness("hpf");
	struct rig_peer *p = holder();
	ipc_message_init(&kick, IPC_KICK, 0);
	atomic_store(&p->page.slot[0].ready, 0);
	atomic_fetch_or(&p->page.changed[0], 1);
	atomic_store(&p->page.dirty, 1);
	rig_send(p, &kick);
	assert_int_equal(rig_gate(witness, 0), SCHED_GATE_RUN);
}

static void a_kick_of_who_was_ended_is_nothing(void **state)
{
	with_witness("hpf");
	struct rig_peer *p = holder();

	atomic_store(&p->page.slot[0].ready, 2);
	rig_tell(p, 0);
	assert_true(rejected(p, EINVAL));
	unsigned count = p->count;
	rig_kick(p);
	assert_int_equal(p->count, count);
	witness_undisturbed();
}

static void an_honest_rate_is_no_flood(void **state)
{
	rig_start("hpf");
	struct rig_peer *p = rig_library(ALICE, NULL);

	rig_queue(p, 0, 0);
	for (int i = 0; i < 200000; i++) {
		rig.now_ns += 25000;
		rig_ready(p, 0, i % 2, 20000);
	}
	assert_false(p->ended);
}

static void what_is_no_message_ends_the_client(void **state)
{
	struct ipc_header kick;

	with_witness("hpf");
	struct rig_peer *p = holder();
	ipc_message_init(&kick, IPC_KICK, 0);
	kick.magic = 0;
	rig_send(p, &kick);
	assert_true(rejected(p, EPROTO));
	witness_undisturbed();
	/* And nothing that comes behind it counts. */
	unsigned count = p->count;
	rig_ready(p, 0, true, 0);
	assert_int_equal(p->count, count);
	rig_gone(p);
}

static void another_version_is_told_both(void **state)
{
	struct ipc_hello hello;

	rig_start("hpf");
	struct rig_peer *p = rig_connect(ALICE);
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_CONTROL;
	hello.header.version = 9;
	rig_send(p, &hello);
	assert_true(rejected(p, ENOTSUP));
	assert_string_equal(rig_last(p)->reject.text, "version 9 of the protocol; this daemon understands 1 to 1");
	assert_int_equal(rig_last(p)->reject.version_max, IPC_VERSION);
}

static void messages_out_of_order_end_the_client(void **state)
{
	union ipc_any any;

	rig_start("hpf");
	/* Before HELLO. */
	struct rig_peer *p = rig_connect(ALICE);
	ipc_message_init(&any, IPC_LIST, 0);
	rig_send(p, &any);
	assert_true(rejected(p, EPROTO));
	/* HELLO twice. */
	p = rig_control(ALICE);
	ipc_message_init(&any, IPC_HELLO, 0);
	any.hello.role = IPC_ROLE_CONTROL;
	rig_send(p, &any);
	assert_true(rejected(p, EPROTO));
	/* A queue in a slot that has one; the end of one that is not. */
	p = rig_library(ALICE, NULL);
	rig_queue(p, 0, 0);
	rig_queue(p, 0, 0);
	assert_true(rejected(p, EPROTO));
	p = rig_library(ALICE, NULL);
	rig_queue_gone(p, 9);
	assert_true(rejected(p, EPROTO));
	p = rig_library(ALICE, NULL);
	ipc_message_init(&any, IPC_WAITS, 0);
	rig_send(p, &any);
	assert_true(rejected(p, EPROTO));
	/* What the other kind of client sends, and what only the daemon does. */
	static const uint32_t library_never[] = {IPC_LIST, IPC_POLICY, IPC_TRACE, IPC_WELCOME},
			      control_never[] = {IPC_QUEUE_NEW, IPC_QUEUE_GONE, IPC_WAITS, IPC_KICK, IPC_COST, IPC_WELCOME, IPC_RESULT};
	for (size_t i = 0; i < sizeof(library_never) / sizeof(uint32_t); i++) {
		p = rig_library(ALICE, NULL);
		ipc_message_init(&any, library_never[i], 1);
		rig_send(p, &any);
		assert_true(rejected(p, EPROTO));
	}
	for (size_t i = 0; i < sizeof(control_never) / sizeof(uint32_t); i++) {
		p = rig_control(ALICE);
		ipc_message_init(&any, control_never[i], 1);
		rig_send(p, &any);
		assert_true(rejected(p, EPROTO));
	}
}

static void a_library_needs_its_page(void **state)
{
	struct ipc_hello hello;

	rig_start("hpf");
	struct rig_peer *p = rig_connect(ALICE);
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_LIBRARY;
	rig_send(p, &hello);
	assert_true(rejected(p, EPROTO));
	p = rig_connect(ALICE);
	rig_send_fd(p, &hello, 3);
	assert_true(rejected(p, EINVAL));
}

/* As it is shown to others, in terminals and in files that must be UTF-8. */
static void text_of_clients_is_cleaned(void **state)
{
	static const char *const jobs[][2] = {{"plain", "plain"}, {"\xe6\x8e\xa8", "\xe6\x8e\xa8"}, {"a\xe6\x8e", "a??"}, {"\x1b[2J", "?[2J"},
		{"\xc2\x9b" "31m", "??31m"}, {"\x7f\n", "??"}, {"\xff\xc0\x80", "???"}, {"\xed\xa0\x80", "???"}, {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"\xf5\x80\x80\x80", "????"}, {"\xe0\x80\xaf", "???"}};

	rig_start("hpf");
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		char text[IPC_NAME_SIZE];

		text_take(text, sizeof(text), jobs[i][0]);
		assert_string_equal(text, jobs[i][1]);
	}
}

static void who_says_nothing_is_not_kept(void **state)
{
	rig_start("hpf");
	struct rig_peer *silent = rig_connect(ALICE), *control = rig_control(ALICE);

	rig_pass(9 * SECOND);
	assert_false(silent->ended);
	rig_pass(2 * SECOND);
	assert_true(rejected(silent, ETIMEDOUT));
	assert_false(control->ended);
}

static void who_does_not_read_is_ended(void **state)
{
	struct ipc_policy ask;

	rig_start("hpf");
	struct rig_peer *p = rig_control(ALICE);
	p->limit = p->count;
	ipc_message_init(&ask, IPC_POLICY, 1);
	rig_send(p, &ask);
	assert_true(p->ended);
}

static void too_many_clients_and_queues_are_turned_away(void **state)
{
	rig_settings()->max_clients = 4;
	rig_settings()->user_clients = 2;
	rig_settings()->user_queues = 3;
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);

	assert_null(rig_connect(ALICE));
	assert_int_equal(rig_last(rig.peer[rig.peers - 1])->reject.error, EUSERS);
	rig_control(BOB);
	rig_control(0);
	assert_null(rig_connect(0));
	rig_queue(a, 0, 0);
	rig_queue(a, 1, 0);
	rig_queue(b, 0, 0);
	rig_queue(b, 1, 0);
	assert_true(rejected(b, ENOSPC));
	assert_false(a->ended);
	rig_gone(b);
	assert_non_null(rig_connect(ALICE));
}

static void made_up_gpus_run_out_and_are_forgotten(void **state)
{
	rig_start("hpf");
	struct rig_peer *p = rig_library(ALICE, NULL), *other;

	for (uint32_t i = 0; i < 64; i++)
		rig_queue(p, i, i);
	assert_false(p->ended);
	/* Others have theirs. */
	other = rig_library(BOB, NULL);
	rig_queue(other, 0, 1000);
	assert_false(other->ended);
	rig_queue(p, 64, 64);
	assert_true(rejected(p, ENOSPC));
	/* And their places are used again. */
	p = rig_library(ALICE, NULL);
	for (uint32_t i = 0; i < 64; i++)
		rig_queue(p, i, 2000 + i);
	assert_false(p->ended);
}

/* ---- requests, and who may make them ---- */

static void hints_reach_queue_client_job_and_machine(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "j"), *b = rig_library(ALICE, NULL), *ctl = rig_control(ALICE), *owner = rig_control(OWNER);

	rig_queue(a, 0, 0);
	rig_queue(a, 1, 0);
	rig_queue(b, 0, 0);
	rig_ready(a, 0, true, 0);
	rig_ready(a, 1, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_JOB, 0, 0, "j", SCHED_HINT_PRIORITY, 5), 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_CLIENT, b->number, 0, NULL, SCHED_HINT_PRIORITY, 6), 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_QUEUE, a->number, 1, NULL, SCHED_HINT_PRIORITY, 7), 0);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_RUN);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	/* Back to the client's, for queues to come as well. */
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_QUEUE, a->number, 1, NULL, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET), 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_RUN);
	rig_queue(b, 1, 0);
	rig_ready(b, 1, true, 0);
	assert_int_equal(rig_gate(b, 1), SCHED_GATE_RUN);
	/* The machine's window is its owner's business. */
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_MACHINE, 0, 0, NULL, SCHED_HINT_WINDOW, 900), EPERM);
	assert_int_equal(rig_hint(owner, IPC_SCOPE_MACHINE, 0, 0, NULL, SCHED_HINT_WINDOW, 900), 0);
	rig_hint(ctl, IPC_SCOPE_CLIENT, b->number, 0, NULL, SCHED_HINT_PRIORITY, SCHED_HINT_UNSET);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_JOB, 0, 0, "j", SCHED_HINT_PRIORITY, -1), 0);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_QUEUE, b->number, 1, NULL, SCHED_HINT_PRIORITY, -1), 0);
	rig_ready(b, 0, false, 0);
	assert_int_equal(ipc_decision_window_ns(rig_decision(b, 1)), 900000);
}

static void a_hint_that_cannot_be_is_told(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	rig_queue(a, 0, 0);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_CLIENT, a->number, 0, NULL, SCHED_HINT_PRIORITY, 256), ERANGE);
	assert_string_equal(rig_last(ctl)->result.text, "priority: 256 is not between -256 and 255");
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_CLIENT, a->number, 0, NULL, SCHED_HINT_KDEADLINE, 2), EINVAL);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_CLIENT, 999, 0, NULL, SCHED_HINT_PRIORITY, 1), ESRCH);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_CLIENT, ctl->number, 0, NULL, SCHED_HINT_PRIORITY, 1), ESRCH);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_QUEUE, a->number, 3, NULL, SCHED_HINT_PRIORITY, 1), ESRCH);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_JOB, 0, 0, "nobody's", SCHED_HINT_PRIORITY, 1), ENOENT);
	assert_int_equal(rig_hint(ctl, IPC_SCOPE_JOB, 0, 0, "", SCHED_HINT_PRIORITY, 1), ENOENT);
	assert_int_equal(rig_hint(a, IPC_SCOPE_JOB, 0, 0, "j", SCHED_HINT_PRIORITY, 1), EINVAL);
	assert_int_equal(rig_hint(a, IPC_SCOPE_MACHINE, 0, 0, NULL, SCHED_HINT_WINDOW, 1), EPERM);
}

static void a_library_that_wants_no_answer_gets_none(void **state)
{
	struct ipc_hint hint;

	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL);
	unsigned count = a->count;

	ipc_message_init(&hint, IPC_HINT, 0);
	hint.target.scope = IPC_SCOPE_CLIENT;
	hint.value = 3;
	rig_send(a, &hint);
	hint.value = 3000;
	rig_send(a, &hint);
	assert_int_equal(a->count, count);
	assert_false(a->ended);
}

static void users_priorities_have_a_limit(void **state)
{
	rig_settings()->user_priority = 10;
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *root = rig_control(0);

	assert_int_equal(priority_set(a, 11), EPERM);
	assert_int_equal(priority_set(a, 10), 0);
	assert_int_equal(rig_hint(root, IPC_SCOPE_CLIENT, a->number, 0, NULL, SCHED_HINT_PRIORITY, 11), 0);
}

static void suspending_holds_until_resumed(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "j"), *ctl = rig_control(ALICE);

	rig_queue(a, 0, 0);
	rig_ready(a, 0, true, 0);
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_CLIENT, a->number, 0, NULL, 2), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
	assert_int_equal(ipc_decision_level(rig_decision(a, 0)), 2);
	assert_int_equal(ipc_decision_reason(rig_decision(a, 0)), SCHED_BECAUSE_SUSPENDED);
	/* Its queues to come, too. */
	rig_queue(a, 1, 0);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_HOLD);
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_QUEUE, a->number, 1, NULL, 0), 0);
	assert_int_equal(rig_gate(a, 1), SCHED_GATE_FREE);
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_CLIENT, a->number, 0, NULL, 0), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_FREE);
	/* A job's processes to come, too. */
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_JOB, 0, 0, "j", 1), 0);
	struct rig_peer *b = rig_library(ALICE, "j");
	rig_queue(b, 0, 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_JOB, 0, 0, "j", 0), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_FREE);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_FREE);
	/* The whole machine is the owner's. */
	assert_int_equal(rig_suspend(ctl, IPC_SCOPE_MACHINE, 0, 0, NULL, 1), EPERM);
	assert_int_equal(rig_suspend(rig_control(0), IPC_SCOPE_MACHINE, 0, 0, NULL, 1), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
}

static void trace(struct rig_peer *ctl, uint64_t client, bool on, int fd)
{
	struct ipc_trace m;

	ipc_message_init(&m, IPC_TRACE, 14);
	m.target.scope = IPC_SCOPE_CLIENT;
	m.target.client = client;
	m.on = on;
	ctl->count = 0;
	rig_send_fd(ctl, &m, fd);
}

/* What @ctl's request for a trace is answered with. */
static void assert_answer(const struct rig_peer *ctl, int error, const char *text)
{
	assert_int_equal(ctl->count, 1);
	assert_int_equal(ctl->inbox[0].header.type, IPC_RESULT);
	assert_int_equal(ctl->inbox[0].header.serial, 14);
	assert_string_equal(ctl->inbox[0].result.text, text);
	assert_int_equal(ctl->inbox[0].result.error, error);
}

/* What @p, which was asked for a trace, is to answer with. */
static uint32_t order(const struct rig_peer *p)
{
	assert_int_equal(rig_last(p)->header.type, IPC_TRACE);
	return rig_last(p)->header.serial;
}

static void say(struct rig_peer *p, uint32_t serial, int error, const char *text)
{
	struct ipc_result m;

	ipc_message_init(&m, IPC_RESULT, serial);
	m.error = error;
	ipc_text_set(m.text, sizeof(m.text), text);
	rig_send(p, &m);
}

static void a_trace_reaches_its_process_with_its_file(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, true, -1);
	assert_answer(ctl, EINVAL, "no file for the trace came along");
	trace(ctl, a->number, true, 33);
	assert_int_not_equal(order(a), 0);
	assert_int_equal(rig_last(a)->trace.on, 1);
	assert_int_equal(a->inbox_fd[a->count - 1], 33);
	say(a, order(a), 0, "");
	trace(ctl, a->number, false, -1);
	assert_int_not_equal(order(a), 0);
	assert_int_equal(rig_last(a)->trace.on, 0);
	assert_int_equal(a->inbox_fd[a->count - 1], -1);
	say(a, order(a), 0, "");
	assert_answer(ctl, 0, "");
	/* One that does not read is ended, and the asker told. */
	a->limit = a->count;
	trace(ctl, a->number, true, 33);
	assert_answer(ctl, EAGAIN, "process 500 does not read what is sent to it");
	assert_true(a->ended);
	assert_false(ctl->ended);
}

static void whether_a_trace_begins_is_told_when_the_process_has_said_so(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, true, 33);
	assert_int_equal(ctl->count, 0);
	uint32_t first = order(a);
	say(a, first, 0, "of no interest");
	assert_answer(ctl, 0, "");
	trace(ctl, a->number, true, 34);
	assert_int_not_equal(order(a), first);
	say(a, order(a), EBUSY, "it is writing one already\x1b");
	assert_answer(ctl, EBUSY, "process 500 makes no trace: it is writing one already?");
	/* An error without a word has one all the same. */
	trace(ctl, a->number, true, 34);
	say(a, order(a), ENOSPC, "");
	assert_answer(ctl, ENOSPC, "process 500 makes no trace: No space left on device");
	assert_false(a->ended || ctl->ended);
}

static void how_a_trace_ended_is_told_too(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, false, -1);
	assert_int_equal(ctl->count, 0);
	say(a, order(a), ENOSPC, "it ends before: No space left on device");
	assert_answer(ctl, ENOSPC, "process 500 has not ended its trace well: it ends before: No space left on device");
	trace(ctl, a->number, false, -1);
	rig_pass(5 * SECOND);
	assert_answer(ctl, ETIMEDOUT,
		"process 500 has not said within 4 s whether it has ended its trace: if it is stopped, it may when it goes on");
	trace(ctl, a->number, false, -1);
	rig_gone(a);
	rig_pass(0);
	assert_answer(ctl, ESRCH, "process 500 ended before it said whether it has ended its trace");
	assert_false(ctl->ended);
}

static void each_asker_gets_its_own_answer(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *one = rig_control(ALICE), *two = rig_control(0);

	trace(one, a->number, true, 33);
	uint32_t of_one = order(a);
	trace(two, a->number, true, 34);
	uint32_t of_two = order(a);
	/* It speaks of itself alone. */
	say(b, of_one, ENOMEM, "");
	say(a, of_two, EBUSY, "two");
	assert_int_equal(one->count, 0);
	assert_answer(two, EBUSY, "process 500 makes no trace: two");
	say(a, of_one, 0, "");
	assert_answer(one, 0, "");
	/* Once. */
	say(a, of_one, 0, "");
	assert_int_equal(one->count, 1);
	assert_false(a->ended || b->ended || one->ended || two->ended);
}

static void a_process_that_says_nothing_of_its_trace_is_not_waited_for(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, true, 33);
	uint32_t first = order(a);
	rig_pass(3 * SECOND);
	assert_int_equal(ctl->count, 0);
	/* Before xschedctl gives the daemon up. */
	rig_pass(3 * SECOND / 2);
	assert_answer(ctl, ETIMEDOUT,
		"process 500 has not said within 4 s whether it makes a trace: if it is stopped, it may when it goes on");
	/* What it says later harms nobody, and is nobody else's answer. */
	trace(ctl, a->number, true, 33);
	say(a, first, EBUSY, "late");
	assert_int_equal(ctl->count, 0);
	say(a, order(a), 0, "");
	assert_answer(ctl, 0, "");
	rig_pass(10 * SECOND);
	assert_int_equal(ctl->count, 1);
	assert_false(a->ended || ctl->ended);
}

static void a_process_that_ends_before_it_answers_is_told(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, true, 33);
	rig_gone(a);
	rig_pass(0);
	assert_answer(ctl, ESRCH, "process 500 ended before it said whether it makes a trace");
	/* So does one that is disconnected. */
	trace(ctl, b->number, true, 33);
	rig_queue_gone(b, 0);
	assert_true(rejected(b, EPROTO));
	rig_pass(0);
	assert_answer(ctl, ESRCH, "process 501 ended before it said whether it makes a trace");
	rig_pass(10 * SECOND);
	assert_int_equal(ctl->count, 1);
	assert_false(ctl->ended);
}

static void who_asks_for_a_trace_and_goes_leaves_nothing_behind(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE), *deaf = rig_control(ALICE);

	trace(ctl, a->number, true, 33);
	rig_gone(ctl);
	say(a, order(a), 0, "");
	trace(deaf, a->number, true, 33);
	deaf->limit = 0;
	say(a, order(a), 0, "");
	assert_true(deaf->ended);
	assert_false(a->ended);
	rig_pass(10 * SECOND);
	/* Nor does one that is there when the machine ends. */
	trace(rig_control(ALICE), a->number, true, 33);
}

static void who_waits_for_a_trace_asks_for_nothing_else(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);
	struct ipc_header m;

	trace(ctl, a->number, true, 33);
	ipc_message_init(&m, IPC_LIST, 1);
	rig_send(ctl, &m);
	assert_true(rejected(ctl, EPROTO));
	assert_string_equal(rig_last(ctl)->reject.text, "LIST came before TRACE was answered");
}

static void an_older_library_is_not_waited_for(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library_old(ALICE, NULL), *ctl = rig_control(ALICE);

	trace(ctl, a->number, true, 33);
	assert_int_equal(order(a), 0);
	assert_answer(ctl, 0, "process 500 was told; its library is too old to say whether it makes a trace");
}

static void answers_that_nobody_asked_for_are_a_flood_like_others(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL);
	uint64_t count = 0;

	for (; !a->ended && count < rig_settings()->message_rate; count++)
		say(a, (uint32_t)count, EBUSY, "flood");
	assert_true(rejected(a, EBUSY));
	/* As many as of other requests. */
	assert_true(count <= rig_settings()->message_rate / 20 + 1);
}

static void other_users_can_do_nothing(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "j"), *bob = rig_control(BOB), *root = rig_control(0), *owner = rig_control(OWNER);

	rig_queue(a, 0, 0);
	uint64_t decision = rig_decision(a, 0);
	assert_int_equal(rig_hint(bob, IPC_SCOPE_CLIENT, a->number, 0, NULL, SCHED_HINT_PRIORITY, 1), EPERM);
	assert_int_equal(rig_hint(bob, IPC_SCOPE_QUEUE, a->number, 0, NULL, SCHED_HINT_PRIORITY, 1), EPERM);
	assert_int_equal(rig_hint(bob, IPC_SCOPE_JOB, 0, 0, "j", SCHED_HINT_PRIORITY, 1), ENOENT);
	assert_int_equal(rig_hint(owner, IPC_SCOPE_CLIENT, a->number, 0, NULL, SCHED_HINT_PRIORITY, 1), EPERM);
	assert_int_equal(rig_suspend(bob, IPC_SCOPE_CLIENT, a->number, 0, NULL, 1), EPERM);
	assert_int_equal(rig_suspend(bob, IPC_SCOPE_JOB, 0, 0, "j", 1), ENOENT);
	assert_int_equal(rig_suspend(bob, IPC_SCOPE_CLIENT, a->number, 0, NULL, 0), EPERM);
	trace(bob, a->number, true, 33);
	assert_answer(bob, EPERM, "client 1 is of user 1001: only that user and root may do this");
	assert_int_equal(rig_policy(bob, "fair"), EPERM);
	assert_int_equal(rig_decision(a, 0), decision);
	assert_int_equal(rig_suspend(root, IPC_SCOPE_JOB, 0, 0, "j", 1), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
	trace(root, a->number, true, 33);
	say(a, order(a), 0, "");
	assert_answer(root, 0, "");
}

/* Two users' jobs of one name are two jobs. */
static void a_job_of_several_users_is_not_meant(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "j"), *b = rig_library(BOB, "j"), *root = rig_control(0);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	assert_int_equal(rig_suspend(root, IPC_SCOPE_JOB, 0, 0, "j", 1), EEXIST);
	assert_int_equal(rig_hint(root, IPC_SCOPE_JOB, 0, 0, "j", SCHED_HINT_PRIORITY, 5), EEXIST);
	assert_non_null(strstr(rig_last(root)->result.text, "have a job \"j\" each"));
	struct rig_peer *alice = rig_control(ALICE);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_suspend(alice, IPC_SCOPE_JOB, 0, 0, "j", 1), 0);
	assert_int_not_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
}

static void a_library_speaks_for_itself_only(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	/* The number that it names is not looked at. */
	assert_int_equal(rig_suspend(a, IPC_SCOPE_CLIENT, b->number, 0, NULL, 1), 0);
	assert_int_equal(rig_gate(a, 0), SCHED_GATE_HOLD);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_FREE);
}

static void the_policy_changes_while_all_goes_on(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *owner = rig_control(OWNER);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_FREE);
	assert_int_equal(rig_policy(owner, "fair"), 0);
	assert_string_equal(rig_last(owner)->result.text, "fair");
	assert_true((rig_gate(a, 0) == SCHED_GATE_HOLD) != (rig_gate(b, 0) == SCHED_GATE_HOLD));
	assert_int_equal(rig_policy(owner, "nonsense"), ENOENT);
	assert_non_null(strstr(rig_last(owner)->result.text, "fifo, hpf, up"));
	assert_int_equal(rig_policy(owner, ""), 0);
	assert_string_equal(rig_last(owner)->result.text, "fair");
}

static void new_settings_count_where_they_changed(void **state)
{
	struct settings s;

	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, NULL), *high = rig_library(ALICE, NULL), *owner = rig_control(OWNER);
	rig_queue(low, 0, 0);
	rig_queue(high, 0, 0);
	priority_set(high, 1);
	assert_int_equal(rig_policy(owner, "up"), 0);
	s = *rig_settings();
	s.window_us = 333;
	machine_settings_set(rig.machine, &s, rig.now_ns);
	/* What was chosen since stays. */
	rig_policy(owner, "");
	assert_string_equal(rig_last(owner)->result.text, "up");
	strcpy(s.policy, "lax");
	machine_settings_set(rig.machine, &s, rig.now_ns);
	rig_policy(owner, "");
	assert_string_equal(rig_last(owner)->result.text, "lax");
	rig_policy(owner, "hpf");
	rig_ready(low, 0, true, 0);
	assert_int_equal(ipc_decision_window_ns(rig_decision(low, 0)), 333000);
}

/* ---- listing and metrics ---- */

static void list(struct rig_peer *p)
{
	struct ipc_header m;

	p->count = 0;
	ipc_message_init(&m, IPC_LIST, 15);
	rig_send(p, &m);
}

static void what_a_process_used_last_counts_when_it_is_gone(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "job"), *b = rig_library(ALICE, "job"), *ctl = rig_control(OWNER);

	rig_queue(a, 0, 0);
	rig_queue(a, 9, 0);
	rig_queue(b, 0, 0);
	rig_ready(b, 0, true, 2 * MS);
	/* Killed before it kicked. */
	for (int i = 0; i < 2; i++)
		atomic_fetch_add(&a->page.slot[9 * i].gpu_ns, 3 * MS);
	rig_gone(a);
	list(ctl);
	assert_int_equal(ctl->inbox[1].header.type, IPC_GPU_ENTRY);
	assert_int_equal(ctl->inbox[1].gpu_entry.gpu_ns, 8 * MS);
	assert_false(b->ended);
}

static void what_a_process_says_when_it_is_gone_is_not_believed_either(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *ctl = rig_control(OWNER);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	atomic_store(&a->page.slot[0].gpu_ns, UINT64_MAX);
	rig_gone(a);
	list(ctl);
	assert_int_equal(ctl->inbox[1].gpu_entry.gpu_ns, 0);
	assert_int_equal(ctl->inbox[0].machine_entry.clients, 1);
}

static void a_list_has_everything_in_order(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "job"), *b = rig_library(BOB, NULL), *ctl = rig_control(ALICE);

	rig_queue(a, 0, 0);
	rig_queue(a, 9, 1);
	rig_queue(b, 0, 0);
	rig_ready(a, 0, true, 5 * MS);
	atomic_store(&a->page.slot[0].packets, 12);
	rig_suspend(ctl, IPC_SCOPE_QUEUE, a->number, 9, NULL, 1);
	rig_pass(MS);
	list(ctl);
	static const uint32_t types[] = {IPC_MACHINE_ENTRY, IPC_GPU_ENTRY, IPC_GPU_ENTRY, IPC_CLIENT_ENTRY, IPC_QUEUE_ENTRY, IPC_QUEUE_ENTRY,
		IPC_CLIENT_ENTRY, IPC_RESULT};
	assert_int_equal(ctl->count, 8);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(ctl->inbox[i].header.type, types[i]);
		assert_int_equal(ctl->inbox[i].header.serial, 15);
	}
	assert_int_equal(ctl->inbox[0].machine_entry.clients, 2);
	assert_int_equal(ctl->inbox[0].machine_entry.queues, 3);
	assert_string_equal(ctl->inbox[0].machine_entry.policy, "hpf");
	assert_string_equal(ctl->inbox[1].gpu_entry.name, "gfx90a");
	assert_int_equal(ctl->inbox[1].gpu_entry.gpu_ns, 5 * MS);
	assert_int_equal(ctl->inbox[1].gpu_entry.queues, 2);
	assert_int_equal(ctl->inbox[3].client_entry.client, a->number);
	assert_string_equal(ctl->inbox[3].client_entry.job, "job");
	assert_string_equal(ctl->inbox[3].client_entry.comm, "prog");
	assert_string_equal(ctl->inbox[3].client_entry.cgroup, "/user.slice");
	assert_int_equal(ctl->inbox[3].client_entry.container_pid, 7);
	assert_int_equal(ctl->inbox[3].client_entry.gpu_ns, 5 * MS);
	assert_int_equal(ctl->inbox[4].queue_entry.queue_id, 100);
	assert_int_equal(ctl->inbox[4].queue_entry.state, SCHED_STATE_RUNNING);
	assert_int_equal(ctl->inbox[4].queue_entry.packets, 12);
	assert_int_equal(ctl->inbox[5].queue_entry.slot, 9);
	assert_int_equal(ctl->inbox[5].queue_entry.suspended, 1);
	assert_int_equal(ctl->inbox[5].queue_entry.state, SCHED_STATE_SUSPENDED);
	assert_false(ctl->wants_write);
}

static void another_user_s_process_is_hidden(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, "secret"), *bob = rig_control(BOB), *root = rig_control(0);

	rig_queue(a, 0, 0);
	rig_ready(a, 0, false, 5 * MS);
	list(bob);
	assert_int_equal(bob->count, 4);
	const struct ipc_client_entry *e = &bob->inbox[2].client_entry;
	assert_int_equal(e->header.type, IPC_CLIENT_ENTRY);
	assert_int_equal(e->hidden, 1);
	assert_int_equal(e->uid, ALICE);
	assert_int_equal(e->pid, 500);
	assert_true(!*e->job && !*e->comm && !*e->cgroup && !e->gpu_ns && !e->queues && !e->container_pid);
	list(root);
	assert_int_equal(root->count, 5);
	assert_string_equal(root->inbox[2].client_entry.job, "secret");
}

static void a_long_list_waits_for_its_reader(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	for (uint32_t i = 0; i < 200; i++)
		rig_queue(a, i * 5, 0);
	ctl->limit = 20;
	list(ctl);
	assert_int_equal(ctl->count, 20);
	assert_true(ctl->wants_write);
	uint32_t next = 0, rounds = 0, done = 0;
	while (!done && rounds++ < 100) {
		for (unsigned i = 0; i < ctl->count; i++) {
			if (ctl->inbox[i].header.type == IPC_QUEUE_ENTRY)
				assert_int_equal(ctl->inbox[i].queue_entry.slot, 5 * next++);
			done |= ctl->inbox[i].header.type == IPC_RESULT;
		}
		ctl->count = 0;
		/* Queues that go meanwhile do no harm. */
		if (rounds == 3)
			rig_queue_gone(a, 0);
		if (ctl->wants_write)
			machine_client_writable(ctl->client, rig.now_ns);
	}
	assert_int_equal(next, 200);
	assert_false(ctl->wants_write);
	/* A reader that stops is ended. */
	ctl->limit = 20;
	list(ctl);
	rig_pass(4 * SECOND);
	assert_false(ctl->ended);
	rig_pass(2 * SECOND);
	assert_true(ctl->ended);
}

static void a_client_that_goes_during_a_list_ends_its_part(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(ALICE, NULL), *ctl = rig_control(ALICE);

	rig_queue(a, 0, 0);
	rig_queue(a, 1, 0);
	rig_queue(b, 0, 0);
	ctl->limit = 4; /* machine, GPU, a, its first queue */
	list(ctl);
	assert_int_equal(ctl->count, 4);
	rig_gone(a);
	ctl->count = 0;
	machine_client_writable(ctl->client, rig.now_ns);
	assert_int_equal(ctl->inbox[0].client_entry.client, b->number);
	assert_int_equal(rig_last(ctl)->header.type, IPC_RESULT);
}

/* Whoever came first has a turn without end, but no right to it. */
static const struct sched_policy greedy = {.name = "greedy", .slice_ns = sched_slice_none};

static void a_policy_that_starves_somebody_is_replaced_and_the_list_says_so(void **state)
{
	rig_start("hpf");
	struct rig_peer *a = rig_library(ALICE, NULL), *b = rig_library(BOB, NULL), *ctl = rig_control(ALICE);

	rig_queue(a, 0, 0);
	rig_queue(b, 0, 0);
	assert_int_equal(sched_policy_install(rig.machine->sched, &greedy, rig.now_ns), 0);
	rig_ready(a, 0, true, 0);
	rig_ready(b, 0, true, 0);
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_HOLD);
	for (int i = 0; i < 600; i++) {
		rig_take(a);
		rig_take(b);
		rig_ready(a, 0, true, MS);
		rig_pass(10 * MS);
	}
	assert_int_equal(rig_gate(b, 0), SCHED_GATE_FREE);
	list(ctl);
	assert_string_equal(ctl->inbox[0].machine_entry.policy, "fifo");
	assert_memory_equal(ctl->inbox[0].machine_entry.fault, "greedy was replaced: ", 21);
	assert_int_equal(rig_policy(rig_control(OWNER), "hpf"), 0);
	list(ctl);
	assert_string_equal(ctl->inbox[0].machine_entry.fault, "");
}

static char *metrics(void)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	machine_metrics_write(rig.machine, file, rig.now_ns);
	fclose(file);
	return text;
}

static void metrics_tell_of_queues_jobs_and_latency(void **state)
{
	rig_start("hpf");
	struct rig_peer *low = rig_library(ALICE, "a\"b\\\n"), *high = rig_library(ALICE, NULL);

	rig_queue(low, 0, 3);
	rig_queue(high, 0, 3);
	priority_set(high, 1);
	rig_ready(low, 0, true, 2 * MS);
	rig_ready(high, 0, true, 0);
	rig_pass(10 * MS);
	machine_latency_add(rig.machine, 1500);
	machine_latency_add(rig.machine, 900000000);
	char *text = metrics();
	static const char *const lines[] = {
		"xschedd_clients 2\n",
		"xschedd_queue_gpu_seconds_total{client=\"1\",pid=\"500\",uid=\"1001\",comm=\"prog\",job=\"a\\\"b\\\\?\",gpu=",
		"gpu=\"0000:03:00.0/4\",slot=\"0\"} 0.002000000\n",
		"slot=\"0\",state=\"held\"} 1\n",
		"slot=\"0\",level=\"2\"} 1\n",
		"} 0.010000000\n",
		"xschedd_job_gpu_seconds_total{uid=\"1001\",job=\"a\\\"b\\\\?\"} 0.002000000\n",
		"xschedd_decision_latency_seconds_bucket{le=\"1e-06\"} 0\n",
		"xschedd_decision_latency_seconds_bucket{le=\"2e-06\"} 1\n",
		"xschedd_decision_latency_seconds_bucket{le=\"+Inf\"} 2\n",
		"xschedd_decision_latency_seconds_count 2\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!strstr(text, lines[i]))
			fail_msg("no line %s in\n%s", lines[i], text);
	free(text);
}

#define CASE(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_higher_priority_of_two_processes_holds_the_other),
		CASE(what_is_published_is_stopped_without_the_process),
		CASE(who_looks_soon_by_itself_is_not_woken_for_a_hold),
		CASE(who_was_free_is_woken),
		CASE(who_can_save_waves_is_woken),
		CASE(who_is_brief_is_not_woken),
		CASE(who_suspends_at_level_1_wants_what_is_published_done),
		CASE(who_is_awake_is_not_woken),
		CASE(gpus_do_not_disturb_each_other),
		CASE(two_processes_share_by_their_hints),
		CASE(a_process_that_is_gone_gives_its_share_away),
		CASE(processes_that_name_a_job_are_one),
		CASE(cooperative_ranks_run_or_wait_together),
		CASE(what_a_queue_waits_for_inherits_its_claim),
		CASE(level_3_is_for_processes_that_can),
		CASE(a_cost_that_cannot_be_keeps_nobody_from_being_preempted),
		CASE(waves_are_not_saved_where_nothing_is_in_flight),
		CASE(what_ran_before_it_was_told_to_stop_is_found),
		CASE(turns_among_equals_need_no_looks_at_what_drains),
		CASE(time_behind_another_processs_kernel_is_not_charged),
		CASE(spans_that_nobody_can_believe_harm_none),
		CASE(spans_beyond_the_ring_count_by_their_gpu_time),
		CASE(a_decision_that_nobody_changes_is_written_too),
		CASE(a_process_that_comes_back_has_its_state_at_once),
		CASE(a_stopped_process_does_not_block_a_lower_priority),
		CASE(who_goes_on_without_a_word_has_its_place_again),
		CASE(a_long_kernel_is_not_taken_for_a_stopped_process),
		CASE(nobody_is_asked_while_nobody_waits),
		CASE(who_runs_and_is_stopped_loses_its_turns_under_shares),
		CASE(gpu_time_that_goes_back_ends_the_client),
		CASE(gpu_time_that_cannot_be_ends_the_client),
		CASE(greatest_gpu_time_ends_the_client),
		CASE(another_ready_than_0_or_1_ends_the_client),
		CASE(bits_of_slots_without_queues_are_nothing),
		CASE(a_flood_ends_the_client),
		CASE(kicks_that_announce_nothing_count_more),
		CASE(slots_that_a_kick_announces_count),
		CASE(spans_that_a_kick_announces_count),
		CASE(spans_that_a_queue_s_end_makes_to_look_at_count),
		CASE(what_a_queue_that_goes_used_counts_without_a_kick),
		CASE(a_descriptor_for_kicks_is_for_libraries_that_take_one),
		CASE(without_a_descriptor_kicks_are_messages),
		CASE(a_kick_by_message_counts_beside_the_descriptor),
		CASE(a_kick_of_who_was_ended_is_nothing),
		CASE(an_honest_rate_is_no_flood),
		CASE(what_is_no_message_ends_the_client),
		CASE(another_version_is_told_both),
		CASE(messages_out_of_order_end_the_client),
		CASE(a_library_needs_its_page),
		CASE(text_of_clients_is_cleaned),
		CASE(who_says_nothing_is_not_kept),
		CASE(who_does_not_read_is_ended),
		CASE(too_many_clients_and_queues_are_turned_away),
		CASE(made_up_gpus_run_out_and_are_forgotten),
		CASE(hints_reach_queue_client_job_and_machine),
		CASE(a_hint_that_cannot_be_is_told),
		CASE(a_library_that_wants_no_answer_gets_none),
		CASE(users_priorities_have_a_limit),
		CASE(suspending_holds_until_resumed),
		CASE(a_trace_reaches_its_process_with_its_file),
		CASE(whether_a_trace_begins_is_told_when_the_process_has_said_so),
		CASE(how_a_trace_ended_is_told_too),
		CASE(each_asker_gets_its_own_answer),
		CASE(a_process_that_says_nothing_of_its_trace_is_not_waited_for),
		CASE(a_process_that_ends_before_it_answers_is_told),
		CASE(who_asks_for_a_trace_and_goes_leaves_nothing_behind),
		CASE(who_waits_for_a_trace_asks_for_nothing_else),
		CASE(an_older_library_is_not_waited_for),
		CASE(answers_that_nobody_asked_for_are_a_flood_like_others),
		CASE(other_users_can_do_nothing),
		CASE(a_job_of_several_users_is_not_meant),
		CASE(a_library_speaks_for_itself_only),
		CASE(the_policy_changes_while_all_goes_on),
		CASE(new_settings_count_where_they_changed),
		CASE(what_a_process_used_last_counts_when_it_is_gone),
		CASE(what_a_process_says_when_it_is_gone_is_not_believed_either),
		CASE(a_list_has_everything_in_order),
		CASE(another_user_s_process_is_hidden),
		CASE(a_long_list_waits_for_its_reader),
		CASE(a_client_that_goes_during_a_list_ends_its_part),
		CASE(a_policy_that_starves_somebody_is_replaced_and_the_list_says_so),
		CASE(metrics_tell_of_queues_jobs_and_latency),
	};

	int failed = cmocka_run_group_tests_name("kicks by messages", tests, NULL, NULL);
	rig_kick_fds = true;
	return failed + cmocka_run_group_tests_name("kicks by descriptors", tests, NULL, NULL);
}
