/* SPDX-License-Identifier: MIT */
/* Decisions on their way from the scheduler into clients' pages; see state.h and src/ipc/page.h. */
#include "src/common/drain.h"
#include "src/daemon/state.h"

bool queue_took(const struct queue *q)
{
	/* Acquire: what the process wrote before. Pairs with its store in applied_write() of remote.c. */
	return atomic_load_explicit(&q->client->page->slot[q->slot].applied, memory_order_acquire) == q->sequence;
}

/* Packets of @q that are published stop, whether its process is awake or not. It lets them go itself. Return: false: they need the process. */
static bool brake(struct queue *q)
{
	struct ipc_page *page = q->client->page;
	_Atomic uint32_t *number = &page->slot[q->slot].brake;
	uint32_t n = atomic_load(number);

	if (!n)
		return true;
	if (n > IPC_BRAKES)
		return false;
	/* Sequentially consistent, all, and behind the decision: see struct ipc_brake. */
	atomic_store(&page->brake[n - 1].value, 1);
	if (atomic_load(number) == n)
		return true;
	atomic_store(&page->brake[n - 1].value, 0);
	return false;
}

/* Whether @q holds while its process sleeps, if what is published does. @ran: as of decide_write() */
static bool holds_asleep(struct queue *q, bool ran)
{
	/* A queue that was free passes no gate until its process has taken the decision; one that passed one passes nothing more. */
	if (q->now.gate != SCHED_GATE_HOLD || !ran || q->now.level == 3)
		return false;
	/* Waves are saved by the process alone, and where they may be it says how long what runs still takes. */
	uint64_t most_ns = atomic_load_explicit(&q->client->page->slot[q->slot].most_ns, memory_order_relaxed);
	q->brief = q->cost_ns != IPC_COST_NEVER && drain_is_brief(most_ns, q->cost_ns);
	return q->cost_ns == IPC_COST_NEVER || q->brief;
}

void decide_write(struct queue *q, bool ran)
{
	struct machine_client *c = q->client;
	struct ipc_slot *slot = &c->page->slot[q->slot];

	if (!++q->sequence)
		q->sequence = 1;
	q->decided = true;
	q->brief = false;
	/* The word first: whoever takes the bit, or finds the brake closed, finds it. Pairs with the exchange of @decided in the process. */
	atomic_store(&slot->decision,
		ipc_decision_make(q->now.gate, (uint32_t)q->now.level, q->now.reason, q->sequence, q->now.window_ns));
	bool stopped = !sched_effect_brakes(&q->now) || brake(q);
	if (!stopped || !holds_asleep(q, ran))
		c->wake = true;
	atomic_fetch_or(&c->page->decided[q->slot / 64], UINT64_C(1) << q->slot % 64);
	/* In the order of the decisions: who must stop is woken before who may go. */
	if (list_empty(&c->poked))
		list_append(&c->machine->poked, &c->poked);
	c->machine->decisions++;
}

static void effect(void *ctx, void *owner, const struct sched_effect *e)
{
	struct queue *q = owner;
	enum sched_gate gate = q->now.gate;
	int level = q->now.level;

	(void)ctx;
	q->now = *e;
	/* The scheduler knows what the GPU can do, and not that this process cannot. */
	if (q->now.level > 2 && q->cost_ns == IPC_COST_NEVER)
		q->now.level = 2;
	if (q->now.level < 1)
		q->now.level = 1;
	if (e->gate == SCHED_GATE_HOLD && q->ready && !q->absent && q->decided &&
		(gate != SCHED_GATE_HOLD || q->now.level > level))
		q->preempts[q->now.level - 1]++;
	decide_write(q, gate == SCHED_GATE_RUN);
	queue_count(q);
}

static uint64_t drain_ns(void *ctx, void *owner, uint64_t now_ns)
{
	const struct queue *q = owner;

	(void)ctx;
	if (q->absent)
		return 0;
	/* What the process estimates, each value read once; a false one changes only how soon its own waves are stopped. */
	const struct ipc_slot *slot = &q->client->page->slot[q->slot];
	/* First: what it published before its gate was closed is in what follows. */
	bool took = queue_took(q);
	/* If it does take longer, its process says so. */
	if (q->brief && !took)
		return 0;
	bool ready = atomic_load_explicit(&slot->ready, memory_order_acquire);
	uint64_t progress_ns = atomic_load_explicit(&slot->progress_ns, memory_order_relaxed);
	const struct drain d = {
		.progress_ns = progress_ns,
		.stop_ns = atomic_load_explicit(&slot->stop_ns, memory_order_relaxed),
		.end_ns = atomic_load_explicit(&slot->end_ns, memory_order_relaxed),
		.step_ns = atomic_load_explicit(&slot->step_ns, memory_order_relaxed),
	};
	if (!ready || !progress_ns)
		return took ? 0 : SCHED_DRAIN_UNKNOWN;
	return drain_left_ns(&d, now_ns);
}

const struct sched_ops queue_sched_ops = {.effect = effect, .drain_ns = drain_ns};
