/* SPDX-License-Identifier: MIT */
/*
 * The decider that asks the daemon: queues are told to it by messages, their states through the page, and decisions are taken from
 * there. The connection itself is link.c's. All of it under the scheduler's lock.
 *
 * When the connection breaks, sending does nothing and the link gives the queues back to the process itself.
 */
#include "src/hsa_intercept/remote.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/hsa_intercept/decider.h"
#include "src/hsa_intercept/level3.h"
#include "src/hsa_intercept/link.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/shared_brake.h"
#include "src/hsa_intercept/squeue_effect.h"

/* GPU time alone is told at most so often: turns are longer, and what came late is charged all the same. */
#define TELL_NS 2000000u
/* A daemon that says nothing about a new queue for so long is none. */
#define SILENCE_NS 1000000000u

/* One that was there, and looks at nothing for so long, is stopped or hangs: those it held must not wait for it. */
#define STANDSTILL_NS 3000000000u

/* How long a full socket may stay so. */
#define FULL_MS 100

/* Not in the headers of every ROCm; values of hsa_amd_agent_info_t since 4.0. */
#define AGENT_INFO_DRIVER_NODE_ID 0xA004
#define AGENT_INFO_BDFID	  0xA006
#define AGENT_INFO_PRODUCT_NAME	  0xA009
#define AGENT_INFO_DOMAIN	  0xA00F

/* Under the scheduler's lock. */
static int sock = -1; /* -1: broken */
static int kick_fd = -1; /* -1: kicks are messages */
static bool said; /* something that the next kick must not overtake */
static struct ipc_page *page;
static struct squeue *by_slot[IPC_SLOTS];
static char policy[IPC_NAME_SIZE];
static bool changed_now;      /* tell at the next flush */
static bool changed_later;    /* tell when TELL_NS have passed */
static uint64_t told_ns;
static uint64_t kicked_ns;    /* when the kick was sent that the daemon may not have seen yet; 0: none */
static unsigned undecided;    /* queues that the daemon has said nothing about */
static uint32_t next_slot;
static uint64_t spans_written, spans_told; /* into the page; of these when the daemon was last told */

static void broken(int error)
{
	if (sock < 0)
		return;
	log_debug("the connection to the daemon broke: %s", strerror(-error));
	/* Who does not answer may be about to write what it decided; who went writes nothing more. */
	if (error == -ETIMEDOUT || error == -EAGAIN)
		shared_brakes_revoke();
	/* The link waits for the other side's end, and does the rest. */
	shutdown(sock, SHUT_RDWR);
	sock = -1;
}

static void send_message(void *message)
{
	struct pollfd fd = {.fd = sock, .events = POLLOUT};
	int error = sock < 0 ? 0 : ipc_send(sock, message, -1);

	said = true;
	/* Many queues at once fill the socket; the daemon reads one message after the other. One that does not read is none. */
	while (error == -EAGAIN) {
		int ready = poll(&fd, 1, FULL_MS);

		if (!ready || (ready < 0 && errno != EINTR))
			break;
		error = ipc_send(sock, message, -1);
	}
	if (error)
		broken(error);
}

static void mark(struct squeue *q, bool now)
{
	atomic_fetch_or_explicit(&page->changed[q->slot / 64], UINT64_C(1) << q->slot % 64, memory_order_relaxed);
	if (now)
		changed_now = true;
	else
		changed_later = true;
}

static struct ipc_target target_of(const struct squeue *q)
{
	return (struct ipc_target){.scope = q ? IPC_SCOPE_QUEUE : IPC_SCOPE_CLIENT, .slot = q ? q->slot : 0};
}

static void send_hint(const struct squeue *q, enum sched_hint hint, int64_t value)
{
	struct ipc_hint m;

	ipc_message_init(&m, IPC_HINT, 0);
	m.target = target_of(q);
	m.hint = hint;
	m.value = value;
	send_message(&m);
}

static void send_suspend(const struct squeue *q)
{
	struct ipc_suspend m;

	ipc_message_init(&m, q->suspended ? IPC_SUSPEND : IPC_RESUME, 0);
	m.target = target_of(q);
	m.level = q->suspended ? (uint32_t)q->suspended : 1;
	send_message(&m);
}

static uint32_t agent_number(hsa_agent_t agent, int attribute, uint32_t otherwise)
{
	uint32_t value = otherwise;

	return next.agent_get_info(agent, (hsa_agent_info_t)attribute, &value) == HSA_STATUS_SUCCESS ? value : otherwise;
}

static void describe_gpu(hsa_agent_t agent, uint32_t node, struct ipc_gpu_key *key)
{
	key->domain = agent_number(agent, AGENT_INFO_DOMAIN, 0);
	key->bdf = agent_number(agent, AGENT_INFO_BDFID, 0);
	key->node = agent_number(agent, AGENT_INFO_DRIVER_NODE_ID, node);
}

static void gpu_name(hsa_agent_t agent, char text[IPC_NAME_SIZE])
{
	char name[IPC_NAME_SIZE] = ""; /* HSA writes at most 64 bytes */

	if (next.agent_get_info(agent, (hsa_agent_info_t)AGENT_INFO_PRODUCT_NAME, name) != HSA_STATUS_SUCCESS || !name[0])
		next.agent_get_info(agent, HSA_AGENT_INFO_NAME, name);
	name[sizeof(name) - 1] = 0;
	ipc_text_set(text, IPC_NAME_SIZE, name);
}

/*
 * A free slot, each in its turn: while the daemon has not read that a queue is gone, it may write a decision about that queue into its slot,
 * and take for its GPU time what the next queue there had. Meanwhile many others come first: a socket does not hold so many messages.
 */
static int slot_take(struct squeue *q)
{
	for (uint32_t i = 0; i < IPC_SLOTS; i++) {
		uint32_t slot = next_slot++ % IPC_SLOTS;

		if (by_slot[slot])
			continue;
		by_slot[slot] = q;
		q->slot = slot;
		return 0;
	}
	return -ENOSPC;
}

static int remote_add(struct squeue *q, uint64_t now_ns)
{
	struct ipc_queue_new m;

	if (slot_take(q))
		return -ENOSPC;
	uint32_t slot = q->slot;
	struct ipc_slot *s = &page->slot[slot];
	atomic_store(&s->decision, IPC_DECISION_NONE);
	atomic_store(&s->applied, 0);
	atomic_store(&s->gpu_ns, 0);
	atomic_store(&s->ready, q->active);
	atomic_store(&s->brake, 0);
	/* From here on who rings obeys the daemon by itself. */
	gate_word(&q->vq->gate, &s->decision, IPC_DECISION_GATE);
	q->applied = q->told_late = 0;
	q->told_ns = now_ns;
	undecided++;
	/* Held until the daemon says otherwise. */
	ipc_message_init(&m, IPC_QUEUE_NEW, 0);
	m.slot = slot;
	m.flags = q->vq->queue->type & HSA_QUEUE_TYPE_COOPERATIVE ? IPC_QUEUE_COOPERATIVE : 0;
	m.queue_id = q->vq->queue->id;
	m.size_pkts = q->vq->queue->size;
	m.preempt_cost_ns = q->cost_ns;
	describe_gpu(q->agent, q->vq->node, &m.gpu);
	gpu_name(q->agent, m.gpu_name);
	send_message(&m);
	for (int h = 0; h < SCHED_HINTS; h++)
		if (q->hints[h] != SCHED_HINT_UNSET)
			send_hint(q, h, q->hints[h]);
	if (q->suspended)
		send_suspend(q);
	if (q->active)
		mark(q, true);
	return 0;
}

/* What the daemon's reports show beside. */
static void count(struct squeue *q)
{
	struct ipc_slot *s = &page->slot[q->slot];
	struct gate_stats passed;
	uint64_t saves, saved_ns;

	level3_stats(q, &saves, &saved_ns);
	gate_stats_get(&q->vq->gate, &passed);
	atomic_store_explicit(&s->saves, saves, memory_order_relaxed);
	atomic_store_explicit(&s->held_ns, passed.held_ns, memory_order_relaxed);
	atomic_store_explicit(&s->packets, passed.packets, memory_order_relaxed);
	atomic_store_explicit(&s->dispatches, passed.dispatches, memory_order_relaxed);
}

/*
 * Messages and the descriptor are not in order. So a kick behind messages is one too, or the daemon could see what it announces before what
 * they say. A message behind a kick may come first: when a queue goes, the daemon looks by itself.
 */
static bool kick_beside(void)
{
	const uint64_t one = 1;

	/* Where the count is full, which takes more kicks than there will be, the daemon has one to see. */
	return kick_fd >= 0 && !said && (write(kick_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

static void send_kick(void)
{
	struct ipc_header m;

	if (kick_beside())
		return;
	ipc_message_init(&m, IPC_KICK, 0);
	send_message(&m);
	said = false;
}

static void remote_flush(void)
{
	if (!changed_now)
		return;
	changed_now = changed_later = false;
	told_ns = pacer_now_ns();
	spans_told = spans_written;
	for (struct squeue *q = squeue_first(); q; q = q->next)
		if (q->added && q->active)
			count(q);
	/* Either the daemon sees what changed, or our mark that it must look again. */
	if (atomic_exchange(&page->dirty, 1))
		return;
	kicked_ns = told_ns;
	send_kick();
}

bool remote_arrives(struct squeue *q)
{
	if (decider_now() != &decider_remote || !q->added || kick_fd < 0 || said)
		return false;
	if (atomic_exchange(&page->slot[q->slot].ready, 1))
		return true;
	mark(q, true);
	/* As in remote_flush(). */
	if (!atomic_exchange(&page->dirty, 1)) {
		if (!kick_beside()) {
			atomic_store(&page->dirty, 0);
			return false;
		}
		kicked_ns = pacer_now_ns();
	}
	changed_now = false;
	return true;
}

static void remote_remove(struct squeue *q, uint64_t now_ns)
{
	struct ipc_queue_gone m;

	(void)now_ns;
	gate_word(&q->vq->gate, NULL, 0);
	/* In this order: see struct ipc_brake. */
	atomic_store(&page->slot[q->slot].brake, 0);
	gate_brake_settle(&q->vq->gate);
	undecided -= !q->applied;
	/* The daemon looks at its slot no more behind the message. */
	changed_now |= changed_later;
	remote_flush();
	ipc_message_init(&m, IPC_QUEUE_GONE, 0);
	m.slot = q->slot;
	send_message(&m);
	by_slot[q->slot] = NULL;
}

/* The decision is in force, and the slot says how the queue stands with it. */
static void applied_write(struct squeue *q)
{
	_Atomic uint32_t *applied = &page->slot[q->slot].applied;

	/* Release: the slot. Pairs with queue_took() of the daemon. */
	if (atomic_load_explicit(applied, memory_order_relaxed) != q->applied)
		atomic_store_explicit(applied, q->applied, memory_order_release);
}

/* What the daemon can stop at. */
static void tell_brake(struct squeue *q)
{
	_Atomic uint32_t *brake = &page->slot[q->slot].brake;
	uint32_t number = !q->braked ? 0 : q->brake && shared_brakes_told() ? q->brake : IPC_BRAKE_OWN;

	/* Sequentially consistent: see struct ipc_brake. Nobody else writes it. */
	if (atomic_load_explicit(brake, memory_order_relaxed) != number)
		atomic_store(brake, number);
}

/* Whether @q is held and runs for longer than saving its waves would take, which has not been told yet, and which the daemon did not expect: it
 * would have decided otherwise. It may have been told of another @most_ns since. */
static bool is_late(const struct squeue *q, uint64_t now_ns)
{
	return q->decision.gate == SCHED_GATE_HOLD && q->decision.level < 3 && q->told_late != q->applied && squeue_outlasts_saving(q, now_ns);
}

static void remote_ready(struct squeue *q, uint64_t now_ns)
{
	struct ipc_slot *s = &page->slot[q->slot];
	bool late = is_late(q, now_ns);

	/* While it is held, that which was closed. */
	if (q->decision.gate != SCHED_GATE_HOLD)
		tell_brake(q);
	/* Looked at when somebody else needs the GPU; no reason to tell by itself. */
	atomic_store_explicit(&s->progress_ns, q->published == q->complete || q->stands ? 0 : q->drain.progress_ns,
		memory_order_relaxed);
	atomic_store_explicit(&s->stop_ns, q->drain.stop_ns, memory_order_relaxed);
	atomic_store_explicit(&s->end_ns, q->drain.end_ns, memory_order_relaxed);
	atomic_store_explicit(&s->step_ns, q->drain.step_ns, memory_order_relaxed);
	atomic_store_explicit(&s->most_ns, q->drain.most_ns, memory_order_relaxed);
	if (!atomic_exchange(&s->ready, 1) || late)
		mark(q, true);
	applied_write(q);
	/* Behind it: the daemon looks at how the queue stands. */
	if (late)
		q->told_late = q->applied;
}

static void remote_idle(struct squeue *q, uint64_t now_ns)
{
	(void)now_ns;
	if (atomic_exchange(&page->slot[q->slot].ready, 0)) {
		count(q);
		mark(q, true);
	}
	applied_write(q);
}

static_assert(TRACK_SPANS <= IPC_SPANS_NEW, "written at once");

static uint64_t remote_ran(struct squeue *q, uint64_t gpu_ns, const struct gpu_span *spans, unsigned count, uint64_t now_ns)
{
	struct ipc_slot *s = &page->slot[q->slot];

	(void)now_ns;
	for (unsigned i = 0; i < count; i++, spans_written++) {
		struct ipc_span *to = &page->spans[spans_written % IPC_SPANS];

		gpu_ns += spans[i].ns;
		atomic_store_explicit(&to->slot, q->slot, memory_order_relaxed);
		atomic_store_explicit(&to->start_ts, spans[i].start_ts, memory_order_relaxed);
		atomic_store_explicit(&to->end_ts, spans[i].end_ts, memory_order_relaxed);
		atomic_store_explicit(&to->ns, spans[i].ns, memory_order_relaxed);
		atomic_store_explicit(&to->alone_ns, spans[i].alone_ns, memory_order_relaxed);
	}
	atomic_fetch_add(&s->gpu_ns, gpu_ns);
	/* Release: both. */
	atomic_store_explicit(&page->span_count, spans_written, memory_order_release);
	/* What a held queue still had in flight delays who has the GPU now, and must not be charged to that. */
	mark(q, q->decision.gate == SCHED_GATE_HOLD || spans_written - spans_told >= IPC_SPANS / 2);
	return gpu_ns;
}

static void remote_waits(struct squeue *q, uint64_t now_ns)
{
	struct ipc_waits m;

	(void)now_ns;
	ipc_message_init(&m, IPC_WAITS, 0);
	m.slot = q->slot;
	for (unsigned i = 0; i < q->waits_count && m.count < IPC_WAITS_MAX; i++)
		if (q->waits[i]->added)
			m.on[m.count++] = q->waits[i]->slot;
	send_message(&m);
}

static int remote_hint(struct squeue *q, enum sched_hint hint, int64_t value, uint64_t now_ns)
{
	(void)now_ns;
	if (!q && !(sched_hint_info(hint)->scope & SCHED_SCOPE_JOB))
		return -EPERM;
	send_hint(q, hint, value);
	return 0;
}

static int remote_suspend(struct squeue *q, uint64_t now_ns)
{
	(void)now_ns;
	send_suspend(q);
	return 0;
}

static void remote_cost(struct squeue *q, uint64_t now_ns)
{
	struct ipc_cost m;

	(void)now_ns;
	ipc_message_init(&m, IPC_COST, 0);
	describe_gpu(q->agent, q->vq->node, &m.gpu);
	m.preempt_cost_ns = q->cost_ns;
	send_message(&m);
}

static int remote_policy(const char *name, uint64_t now_ns)
{
	(void)name;
	(void)now_ns;
	return -EPERM;
}

static const char *remote_policy_name(void)
{
	return policy;
}

static_assert(SCHED_GATE_HOLD == 0, "gate_word()");

static void take(struct squeue *q)
{
	struct ipc_slot *s = &page->slot[q->slot];
	/* Acquire: pairs with the daemon's store; nothing else is read with it. */
	uint64_t d = atomic_load_explicit(&s->decision, memory_order_acquire);
	uint64_t window_ns = ipc_decision_window_ns(d);
	struct sched_effect e = {
		.gate = ipc_decision_gate(d),
		.reason = ipc_decision_reason(d),
		.level = (int)ipc_decision_level(d),
		.window_ns = window_ns == IPC_WINDOW_UNLIMITED ? SCHED_UNLIMITED : window_ns,
	};

	uint16_t sequence = ipc_decision_sequence(d);

	/* What is no decision is none: who says nothing else is left after a while. */
	if (!sequence || sequence == q->applied || e.gate > SCHED_GATE_FREE || e.reason >= SCHED_REASONS || e.level < 1)
		return;
	/* The daemon repeats a decision to see whether we are there. */
	bool repeated = q->applied && e.gate == q->decision.gate && e.level == q->decision.level &&
			e.window_ns == q->decision.window_ns;
	undecided -= !q->applied;
	q->applied = sequence;
	if (!repeated)
		squeue_decide(q, &e);
	if (e.gate != SCHED_GATE_HOLD) {
		/* In this order: see struct ipc_brake. */
		tell_brake(q);
		/* A hold that came between, and went before anybody here saw it, closed its brake. */
		gate_brake_settle(&q->vq->gate);
	}
	/* What a gate let through before it was closed is told first, by the next round's look. */
	if (e.gate != SCHED_GATE_HOLD || !atomic_load(&q->kicked))
		applied_write(q);
}

static void take_all(void)
{
	for (unsigned word = 0; word < IPC_SLOTS / 64; word++) {
		uint64_t bits = atomic_load_explicit(&page->decided[word], memory_order_relaxed)
					? atomic_exchange(&page->decided[word], 0)
					: 0;

		for (; bits; bits &= bits - 1) {
			struct squeue *q = by_slot[word * 64 + (unsigned)__builtin_ctzll(bits)];

			if (q)
				take(q);
		}
	}
}

/* Of the queue that has waited longest for the daemon's first word about it. */
static uint64_t undecided_since_ns(void)
{
	uint64_t since_ns = PACER_NEVER;

	for (struct squeue *q = squeue_first(); q; q = q->next)
		if (q->added && !q->applied && q->told_ns < since_ns)
			since_ns = q->told_ns;
	return since_ns;
}

static uint64_t remote_tick(uint64_t now_ns)
{
	uint64_t next_ns = PACER_NEVER;

	take_all();
	if (undecided) {
		uint64_t since_ns = undecided_since_ns();

		if (now_ns > since_ns + SILENCE_NS) {
			if (sock >= 0)
				log_warning("the daemon does not answer; this process schedules itself");
			broken(-ETIMEDOUT);
		} else {
			next_ns = since_ns + SILENCE_NS + 1;
		}
	}
	if (kicked_ns && !atomic_load(&page->dirty))
		kicked_ns = 0;
	if (kicked_ns && now_ns > kicked_ns + STANDSTILL_NS) {
		if (sock >= 0)
			log_warning("the daemon stands still; this process schedules itself");
		broken(-ETIMEDOUT);
		kicked_ns = 0;
	} else if (kicked_ns && kicked_ns + STANDSTILL_NS + 1 < next_ns) {
		next_ns = kicked_ns + STANDSTILL_NS + 1;
	}
	if (changed_later && now_ns >= told_ns + TELL_NS)
		changed_now = true;
	else if (changed_later && told_ns + TELL_NS < next_ns)
		next_ns = told_ns + TELL_NS;
	return next_ns;
}

static void remote_stop_deciding(void)
{
	sock = kick_fd = -1;
	memset(by_slot, 0, sizeof(by_slot));
	undecided = 0;
}

const struct decider decider_remote = {
	.name = "xschedd",
	.add = remote_add,
	.remove = remote_remove,
	.ready = remote_ready,
	.idle = remote_idle,
	.ran = remote_ran,
	.waits = remote_waits,
	.hint = remote_hint,
	.suspend = remote_suspend,
	.cost = remote_cost,
	.policy = remote_policy,
	.policy_name = remote_policy_name,
	.tick = remote_tick,
	.flush = remote_flush,
	.stop = remote_stop_deciding,
};

void remote_up(int connected, int kicks, struct ipc_page *shared, const struct ipc_welcome *welcome)
{
	squeue_lock();
	sock = connected;
	kick_fd = kicks;
	said = false;
	page = shared;
	spans_written = spans_told = atomic_load(&page->span_count);
	changed_now = changed_later = false;
	undecided = 0;
	ipc_text_set(policy, sizeof(policy), welcome->policy);
	for (unsigned word = 0; word < IPC_SLOTS / 64; word++)
		atomic_store(&page->decided[word], 0);
	atomic_store(&page->dirty, 0);
	kicked_ns = 0;
	for (int h = 0; h < SCHED_HINTS; h++)
		if (squeue_process_hint(h) != SCHED_HINT_UNSET && sched_hint_info(h)->scope & SCHED_SCOPE_JOB)
			send_hint(NULL, h, squeue_process_hint(h));
	decider_switch(&decider_remote);
	squeue_unlock();
	pacer_kick();
}

void remote_down(void)
{
	squeue_lock();
	sock = kick_fd = -1;
	if (decider_now() == &decider_remote)
		decider_switch(&decider_local);
	squeue_unlock();
	pacer_kick();
}

void remote_say(void *message)
{
	squeue_lock();
	send_message(message);
	squeue_unlock();
}

void remote_forget(void)
{
	sock = kick_fd = -1;
	page = NULL;
	memset(by_slot, 0, sizeof(by_slot));
}
