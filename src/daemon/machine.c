/* SPDX-License-Identifier: MIT */
/* The machine's frame: making it, time, and which message goes where; see machine.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/daemon/dlog.h"

void machine_enter(struct machine *m, uint64_t now_ns)
{
	if (now_ns > m->now_ns)
		m->now_ns = now_ns;
}

/* A process that looks by itself so soon is not woken for what holds it already. It lets nothing through meanwhile; what it ran is told later. */
#define SOON_NS 5000000u

static bool looks_soon(const struct machine_client *c)
{
	uint64_t at_ns = atomic_load_explicit(&c->page->looks_ns, memory_order_relaxed);

	return at_ns && at_ns < c->machine->now_ns + SOON_NS;
}

void machine_leave(struct machine *m)
{
	list_for_each(at, &m->poked)
	{
		struct machine_client *c = list_entry(at, struct machine_client, poked);

		list_remove(at);
		/* Sequentially consistent, both: either we see that its thread sleeps, or it sees the kick before it does. Pairs
		 * with the store to @asleep and the load of @kicks in that thread. */
		atomic_fetch_add(&c->page->kicks, 1);
		if (atomic_load(&c->page->asleep) && (c->wake || !looks_soon(c)))
			m->ops->wake(c->page);
		c->wake = false;
	}
}

void client_deadline_set(struct machine_client *c, uint64_t deadline_ns)
{
	struct machine *m = c->machine;

	list_remove(&c->waiting);
	c->deadline_ns = deadline_ns;
	if (deadline_ns == MACHINE_NEVER)
		return;
	list_append(&m->waiting, &c->waiting);
	if (deadline_ns < m->deadline_ns)
		m->deadline_ns = deadline_ns;
}

static void deadlines_check(struct machine *m)
{
	uint64_t next_ns = MACHINE_NEVER;

	if (m->now_ns < m->deadline_ns)
		return;
	list_for_each(at, &m->waiting)
	{
		struct machine_client *c = list_entry(at, struct machine_client, waiting);

		if (m->now_ns < c->deadline_ns) {
			if (c->deadline_ns < next_ns)
				next_ns = c->deadline_ns;
			continue;
		}
		if (c->asking.order)
			control_trace_late(c);
		else if (c->role)
			client_end(c, ETIMEDOUT, "it does not read the answer to its request");
		else
			client_end(c, ETIMEDOUT, "it did not say HELLO within %u s", (unsigned)(HELLO_NS / 1000000000));
	}
	m->deadline_ns = next_ns;
}

static void window_set(struct machine *m)
{
	sched_hint_set(m->sched, SCHED_HINT_WINDOW, (int64_t)m->settings.window_us, m->now_ns);
}

int machine_new(const struct settings *settings, const struct machine_ops *ops, uid_t uid, uint64_t now_ns,
	struct machine **machine_p)
{
	struct sched_config config = {.stall_ns = settings->stall_ms * 1000000, .linger_ns = settings->linger_us * 1000};
	struct machine *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return -ENOMEM;
	m->ops = ops;
	m->settings = *settings;
	m->uid = uid;
	m->now_ns = now_ns;
	m->deadline_ns = m->absent_ns = MACHINE_NEVER;
	list_init(&m->gpus);
	list_init(&m->jobs);
	list_init(&m->users);
	list_init(&m->clients);
	list_init(&m->waiting);
	list_init(&m->poked);
	rc = sched_new(&config, &queue_sched_ops, m, &m->sched);
	if (!rc)
		rc = sched_policy_set(m->sched, settings->policy, now_ns);
	if (rc) {
		sched_free(m->sched);
		free(m);
		return rc;
	}
	window_set(m);
	sched_follow_set(m->sched, settings->gpu_time, now_ns);
	*machine_p = m;
	return 0;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	list_for_each(at, &m->clients)
		machine_client_free(list_entry(at, struct machine_client, at), m->now_ns);
	list_for_each(at, &m->gpus)
		free(list_entry(at, struct gpu, at));
	sched_free(m->sched);
	free(m);
}

void machine_settings_set(struct machine *m, const struct settings *settings, uint64_t now_ns)
{
	struct settings before = m->settings;

	machine_enter(m, now_ns);
	m->settings = *settings;
	/* What was chosen since by a request counts until the setting itself changes. */
	if (strcmp(before.policy, settings->policy))
		sched_policy_set(m->sched, settings->policy, m->now_ns);
	if (before.window_us != settings->window_us)
		window_set(m);
	sched_follow_set(m->sched, settings->gpu_time, m->now_ns);
	machine_leave(m);
}

void client_charge(struct machine_client *c, uint64_t messages)
{
	uint64_t now_ns = c->machine->now_ns;

	if (c->bucket_ns < now_ns)
		c->bucket_ns = now_ns;
	c->bucket_ns += messages * 1000000000 / c->machine->settings.message_rate;
	/* More than a second of it owed is a flood. */
	if (!c->ended && c->bucket_ns - now_ns > 1000000000)
		client_end(c, EBUSY, "too many messages: more than %llu per second",
			(unsigned long long)c->machine->settings.message_rate);
}

/* One that announces nothing is of no use to an honest client. */
static uint64_t kick_weight(const struct machine_client *c)
{
	return c->page && atomic_load_explicit(&c->page->dirty, memory_order_relaxed) ? 1 : 20;
}

/* A change to what the machine consists of costs more than one that only moves queues. */
static uint64_t weight(const struct machine_client *c, const union ipc_any *any)
{
	switch (any->header.type) {
	case IPC_WAITS:
		return 1;
	case IPC_KICK:
		return kick_weight(c);
	default:
		return 20;
	}
}

static void from_library(struct machine_client *c, const union ipc_any *any)
{
	struct queue *q;

	switch (any->header.type) {
	case IPC_QUEUE_NEW:
		queue_new(c, &any->queue_new);
		break;
	case IPC_QUEUE_GONE:
		q = c->slots[any->queue_gone.slot];
		/* A kick that was sent before may come later. */
		if (q && look_last(q))
			queue_free(q);
		else if (!q)
			client_end(c, EPROTO, "QUEUE_GONE: slot %u has no queue", any->queue_gone.slot);
		break;
	case IPC_WAITS:
		queue_waits(c, &any->waits);
		break;
	case IPC_KICK:
		look_page(c);
		break;
	case IPC_COST:
		queue_cost(c, &any->cost);
		break;
	case IPC_HINT:
		control_hint(c, &any->hint);
		break;
	case IPC_SUSPEND:
	case IPC_RESUME:
		control_suspend(c, &any->suspend);
		break;
	case IPC_RESULT:
		control_trace_answer(c, &any->result);
		break;
	default:
		client_end(c, EPROTO, "%s is not for a library to send", ipc_type_name(any->header.type));
	}
}

static void from_control(struct machine_client *c, const union ipc_any *any, int fd)
{
	if (c->listing.step || c->asking.order) {
		client_end(c, EPROTO, "%s came before %s was answered", ipc_type_name(any->header.type),
			ipc_type_name(c->asking.order ? IPC_TRACE : IPC_LIST));
		return;
	}
	switch (any->header.type) {
	case IPC_HINT:
		control_hint(c, &any->hint);
		break;
	case IPC_SUSPEND:
	case IPC_RESUME:
		control_suspend(c, &any->suspend);
		break;
	case IPC_LIST:
		list_start(c, any->header.serial);
		break;
	case IPC_POLICY:
		control_policy(c, &any->policy);
		break;
	case IPC_TRACE:
		control_trace(c, &any->trace, fd);
		break;
	default:
		client_end(c, EPROTO, "%s is not for a control client to send", ipc_type_name(any->header.type));
	}
}

static void receive(struct machine_client *c, const union ipc_any *any, int got, int fd)
{
	if (got >= 0)
		client_charge(c, weight(c, any));
	if (c->ended)
		return;
	if (got == -ENOTSUP)
		client_end(c, ENOTSUP, "version %u of the protocol; this daemon understands %u to %u", any->header.version,
			IPC_VERSION_MIN, IPC_VERSION);
	else if (got < 0)
		client_end(c, EPROTO, "this is no message: type %u (%s), %u bytes, or a value in it that cannot be",
			any->header.type, ipc_type_name(any->header.type), any->header.size);
	else if (!c->role && any->header.type == IPC_HELLO)
		client_hello(c, &any->hello, fd);
	else if (!c->role || any->header.type == IPC_HELLO)
		client_end(c, EPROTO, "%s: HELLO comes first, and once", ipc_type_name(any->header.type));
	else if (c->role == IPC_ROLE_LIBRARY)
		from_library(c, any);
	else
		from_control(c, any, fd);
}

void machine_receive(struct machine_client *c, const union ipc_any *any, int got, int fd, uint64_t now_ns)
{
	struct machine *m = c->machine;

	machine_enter(m, now_ns);
	if (!c->ended) {
		absent_heard(c);
		receive(c, any, got, fd);
	}
	machine_leave(m);
}

void machine_kick(struct machine_client *c, uint64_t now_ns)
{
	machine_enter(c->machine, now_ns);
	/* Only a library has a page, until it is ended. */
	if (c->page) {
		absent_heard(c);
		client_charge(c, kick_weight(c));
	}
	if (c->page)
		look_page(c);
	machine_leave(c->machine);
}

void machine_client_writable(struct machine_client *c, uint64_t now_ns)
{
	machine_enter(c->machine, now_ns);
	if (!c->ended && c->listing.step) {
		c->machine->ops->writable(c->peer, false);
		list_continue(c);
	}
	machine_leave(c->machine);
}

uint64_t machine_next_ns(const struct machine *m)
{
	uint64_t next_ns = sched_next_ns(m->sched);

	if (m->deadline_ns < next_ns)
		next_ns = m->deadline_ns;
	return m->absent_ns < next_ns ? m->absent_ns : next_ns;
}

uint64_t machine_tick(struct machine *m, uint64_t now_ns)
{
	machine_enter(m, now_ns);
	sched_tick(m->sched, m->now_ns);
	deadlines_check(m);
	if (m->now_ns >= m->absent_ns)
		absent_check(m);
	machine_leave(m);
	return machine_next_ns(m);
}

uint64_t machine_decisions(const struct machine *m)
{
	return m->decisions;
}

void machine_latency_add(struct machine *m, uint64_t ns)
{
	unsigned i = 0;

	while (i < LATENCY_BUCKETS - 1 && ns > UINT64_C(1000) << i)
		i++;
	m->latency[i]++;
	m->latency_count++;
	m->latency_sum_ns += ns;
}
