/* SPDX-License-Identifier: MIT */
/* Processes around a struct machine; see daemon_rig.h. */
#include "tests/unit/daemon_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/daemon/dlog.h"

struct rig rig;
bool rig_kick_fds;
static struct settings settings;

static int rig_op_send(void *peer, const void *message, int fd)
{
	struct rig_peer *p = peer;
	const struct ipc_header *header = message;

	/* What the daemon sends is a message too. */
	assert_int_equal(ipc_message_check(message, header->size), 0);
	if (p->count >= p->limit)
		return -EAGAIN;
	memcpy(&p->inbox[p->count], message, header->size);
	p->inbox_fd[p->count++] = fd;
	return 0;
}

static struct rig_peer *by_page(const struct ipc_page *page)
{
	return (struct rig_peer *)(void *)((char *)page - offsetof(struct rig_peer, page));
}

static void rig_op_wake(struct ipc_page *page)
{
	by_page(page)->wakes++;
}

/* The descriptor of a page is the peer's number and 1000. */
static int rig_op_map(int fd, struct ipc_page **page_p)
{
	if (fd < 1000)
		return -EINVAL;
	*page_p = &rig.peer[fd - 1000]->page;
	return 0;
}

static void rig_op_unmap(struct ipc_page *page)
{
	by_page(page)->unmapped = true;
}

static int rig_op_kick_fd(void *peer)
{
	struct rig_peer *p = peer;

	assert_int_equal(p->kick_fd, 0);
	p->kick_fd = rig.no_fds ? -1 : 2000;
	return p->kick_fd;
}

static void rig_op_writable(void *peer, bool wanted)
{
	((struct rig_peer *)peer)->wants_write = wanted;
}

static void rig_op_end(void *peer)
{
	assert_false(((struct rig_peer *)peer)->ended);
	((struct rig_peer *)peer)->ended = true;
}

static const struct machine_ops ops = {rig_op_send, rig_op_wake, rig_op_map, rig_op_unmap, rig_op_kick_fd,
	rig_op_writable, rig_op_end};

static void check(void)
{
	const char *wrong = machine_check(rig.machine);

	if (wrong)
		fail_msg("%s", wrong);
}

struct settings *rig_settings(void)
{
	if (!settings.max_clients)
		settings_default(&settings);
	return &settings;
}

void rig_start(const char *policy)
{
	dlog_level_set(DLOG_ERROR);
	memset(&rig, 0, sizeof(rig));
	rig.now_ns = 100 * SECOND;
	if (policy)
		strcpy(rig_settings()->policy, policy);
	assert_int_equal(machine_new(rig_settings(), &ops, 1000, rig.now_ns, &rig.machine), 0);
}

void rig_end(void)
{
	check();
	machine_free(rig.machine);
	for (unsigned i = 0; i < rig.peers; i++)
		free(rig.peer[i]);
	memset(&settings, 0, sizeof(settings));
}

struct rig_peer *rig_connect(uid_t uid)
{
	struct machine_peer who = {.pid = (pid_t)(500 + rig.peers), .uid = uid, .cgroup = "/user.slice"};
	struct rig_peer *p = aligned_alloc(_Alignof(struct rig_peer), sizeof(*p));

	assert_true(p && rig.peers < RIG_PEERS);
	memset(p, 0, sizeof(*p));
	rig.peer[rig.peers++] = p;
	p->limit = RIG_INBOX;
	return machine_client_new(rig.machine, &who, p, rig.now_ns, &p->client) ? NULL : p;
}

static struct rig_peer *greet(uid_t uid, enum ipc_role role, uint32_t flags, const char *job)
{
	struct rig_peer *p = rig_connect(uid);
	struct ipc_hello hello;

	assert_non_null(p);
	ipc_message_init(&hello, IPC_HELLO, 1);
	hello.role = role;
	hello.version_min = IPC_VERSION_MIN;
	hello.pid = 7;
	hello.flags = flags;
	ipc_text_set(hello.job, sizeof(hello.job), job);
	ipc_text_set(hello.comm, sizeof(hello.comm), "prog");
	rig_send_fd(p, &hello, role == IPC_ROLE_LIBRARY ? 999 + (int)rig.peers : -1);
	assert_int_equal(rig_last(p)->header.type, IPC_WELCOME);
	p->number = rig_last(p)->welcome.client;
	return p;
}

struct rig_peer *rig_library(uid_t uid, const char *job)
{
	return greet(uid, IPC_ROLE_LIBRARY, IPC_HELLO_ANSWERS_TRACE | (rig_kick_fds ? IPC_HELLO_KICKS_FD : 0), job);
}

struct rig_peer *rig_library_old(uid_t uid, const char *job)
{
	return greet(uid, IPC_ROLE_LIBRARY, 0, job);
}

struct rig_peer *rig_control(uid_t uid)
{
	return greet(uid, IPC_ROLE_CONTROL, 0, NULL);
}

void rig_gone(struct rig_peer *p)
{
	machine_client_free(p->client, rig.now_ns);
	p->client = NULL;
	check();
}

void rig_send_fd(struct rig_peer *p, const void *message, int fd)
{
	union ipc_any any;
	const struct ipc_header *header = message;

	memset(&any, 0, sizeof(any));
	memcpy(&any, message, header->size);
	int rc = ipc_message_check(&any, header->size);
	machine_receive(p->client, &any, rc ? rc : (int)header->size, fd, rig.now_ns);
	check();
}

void rig_send(struct rig_peer *p, const void *message)
{
	rig_send_fd(p, message, -1);
}

void rig_queue(struct rig_peer *p, uint32_t slot, uint32_t gpu)
{
	struct ipc_queue_new new;

	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.slot = slot;
	new.gpu.bdf = gpu << 8;
	new.gpu.node = gpu + 1;
	new.queue_id = slot + 100;
	new.preempt_cost_ns = IPC_COST_NEVER;
	ipc_text_set(new.gpu_name, sizeof(new.gpu_name), "gfx90a");
	rig_send(p, &new);
}

void rig_queue_gone(struct rig_peer *p, uint32_t slot)
{
	struct ipc_queue_gone gone;

	ipc_message_init(&gone, IPC_QUEUE_GONE, 0);
	gone.slot = slot;
	rig_send(p, &gone);
}

void rig_kick(struct rig_peer *p)
{
	struct ipc_header kick;

	if (p->kick_fd > 0) {
		machine_kick(p->client, rig.now_ns);
		check();
		return;
	}
	ipc_message_init(&kick, IPC_KICK, 0);
	rig_send(p, &kick);
}

void rig_tell(struct rig_peer *p, uint32_t slot)
{
	atomic_fetch_or(&p->page.changed[slot / 64], UINT64_C(1) << slot % 64);
	atomic_store(&p->page.dirty, 1);
	rig_kick(p);
}

void rig_ready(struct rig_peer *p, uint32_t slot, bool ready, uint64_t gpu_ns)
{
	atomic_store(&p->page.slot[slot].ready, ready);
	atomic_fetch_add(&p->page.slot[slot].gpu_ns, gpu_ns);
	rig_tell(p, slot);
}

void rig_pass(uint64_t ns)
{
	uint64_t end_ns = rig.now_ns + ns;

	for (;;) {
		uint64_t next_ns = machine_next_ns(rig.machine);

		if (next_ns > end_ns)
			break;
		if (next_ns > rig.now_ns)
			rig.now_ns = next_ns;
		machine_tick(rig.machine, rig.now_ns);
		check();
	}
	rig.now_ns = end_ns;
}

void rig_take(struct rig_peer *p)
{
	for (uint32_t word = 0; word < IPC_SLOTS / 64; word++)
		for (uint64_t bits = atomic_exchange(&p->page.decided[word], 0); bits; bits &= bits - 1) {
			struct ipc_slot *slot = &p->page.slot[word * 64 + (uint32_t)__builtin_ctzll(bits)];

			atomic_store(&slot->applied, ipc_decision_sequence(atomic_load(&slot->decision)));
		}
}

uint64_t rig_decision(const struct rig_peer *p, uint32_t slot)
{
	return atomic_load(&p->page.slot[slot].decision);
}

enum sched_gate rig_gate(const struct rig_peer *p, uint32_t slot)
{
	assert_true(rig_decision(p, slot) != IPC_DECISION_NONE);
	return ipc_decision_gate(rig_decision(p, slot));
}

const union ipc_any *rig_last(const struct rig_peer *p)
{
	assert_true(p->count > 0);
	return &p->inbox[p->count - 1];
}

static struct ipc_target target(enum ipc_scope scope, uint64_t client, uint32_t slot, const char *job)
{
	struct ipc_target t = {.scope = scope, .slot = slot, .client = client};

	ipc_text_set(t.job, sizeof(t.job), job);
	return t;
}

static int result(const struct rig_peer *p, uint32_t serial)
{
	const union ipc_any *last = rig_last(p);

	assert_int_equal(last->header.type, IPC_RESULT);
	assert_int_equal(last->header.serial, serial);
	/* What fails says why. */
	if (last->result.error)
		assert_true(strlen(last->result.text) > 10);
	return last->result.error;
}

int rig_hint(struct rig_peer *p, enum ipc_scope scope, uint64_t client, uint32_t slot, const char *job, enum sched_hint hint, int64_t value)
{
	struct ipc_hint m;

	ipc_message_init(&m, IPC_HINT, 11);
	m.target = target(scope, client, slot, job);
	m.hint = hint;
	m.value = value;
	rig_send(p, &m);
	return result(p, 11);
}

int rig_suspend(struct rig_peer *p, enum ipc_scope scope, uint64_t client, uint32_t slot, const char *job, int level)
{
	struct ipc_suspend m;

	ipc_message_init(&m, level ? IPC_SUSPEND : IPC_RESUME, 12);
	m.target = target(scope, client, slot, job);
	m.level = (uint32_t)level;
	rig_send(p, &m);
	return result(p, 12);
}

int rig_policy(struct rig_peer *p, const char *name)
{
	struct ipc_policy m;

	ipc_message_init(&m, IPC_POLICY, 13);
	ipc_text_set(m.name, sizeof(m.name), name);
	rig_send(p, &m);
	return result(p, 13);
}
