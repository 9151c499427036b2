/* SPDX-License-Identifier: MIT */
/* The life of a client: from its connection to its end; see state.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/daemon/dlog.h"
#include "src/daemon/text.h"

#define LOG_LINES 10u
#define LOG_NS	  (UINT64_C(10) * 1000000000)

void machine_reject(struct machine *m, void *peer, int error, const char *text)
{
	struct ipc_reject reject;

	ipc_message_init(&reject, IPC_REJECT, 0);
	reject.error = error;
	reject.version_min = IPC_VERSION_MIN;
	reject.version_max = IPC_VERSION;
	ipc_text_set(reject.text, sizeof(reject.text), text);
	/* Whoever does not read it sees the connection end. */
	m->ops->send(peer, &reject, -1);
}

int machine_client_new(struct machine *m, const struct machine_peer *who, void *peer, uint64_t now_ns,
	struct machine_client **client_p)
{
	struct user *user = user_get(m, who->uid);
	struct machine_client *c = calloc(1, sizeof(*c));

	machine_enter(m, now_ns);
	if (!c || !user)
		goto fail_memory;
	if (m->client_count >= m->settings.max_clients) {
		machine_reject(m, peer, EUSERS, "the daemon has as many clients as it may (max-clients)");
		goto fail_users;
	}
	if (who->uid && user->clients >= m->settings.user_clients) {
		machine_reject(m, peer, EUSERS, "this user has as many clients as one may have (user-clients)");
		goto fail_users;
	}
	c->machine = m;
	c->peer = peer;
	c->who = *who;
	text_take(c->who.cgroup, sizeof(c->who.cgroup), who->cgroup);
	c->user = user;
	user->clients++;
	c->number = ++m->client_last;
	c->since_ns = c->heard_ns = c->bucket_ns = m->now_ns;
	for (unsigned i = 0; i < SCHED_HINTS; i++)
		c->hint[i] = SCHED_HINT_UNSET;
	list_init(&c->waiting);
	list_init(&c->poked);
	list_init(&c->askers);
	list_init(&c->asking.at);
	list_append(&m->clients, &c->at);
	m->client_count++;
	client_deadline_set(c, m->now_ns + HELLO_NS);
	*client_p = c;
	return 0;

fail_users:
	free(c);
	user_put(user);
	return -EUSERS;
fail_memory:
	free(c);
	if (user)
		user_put(user);
	return -ENOMEM;
}

/* Everything that others could still notice of it. */
static void client_release(struct machine_client *c)
{
	for (uint32_t i = 0; i < c->slot_end; i++)
		if (c->slots[i])
			queue_free(c->slots[i]);
	if (c->job)
		job_put(c->job);
	c->job = NULL;
	list_remove(&c->poked);
	if (c->page)
		c->machine->ops->unmap(c->page);
	c->page = NULL;
	if (c->role == IPC_ROLE_LIBRARY)
		c->machine->library_count--;
	c->role = 0;
	c->listing.step = LISTING_NONE;
	control_trace_gone(c);
	list_remove(&c->asking.at);
	c->asking.order = 0;
	client_deadline_set(c, MACHINE_NEVER);
}

void client_end(struct machine_client *c, int error, const char *format, ...)
{
	struct machine *m = c->machine;
	char text[IPC_TEXT_SIZE];
	va_list args;

	if (c->ended)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	m->rejected++;
	/* A client can do this again and again: no more is written than can be read. */
	if (m->now_ns - m->log_since_ns > LOG_NS) {
		if (m->log_count > LOG_LINES)
			dlog_info("%u more clients were disconnected", m->log_count - LOG_LINES);
		m->log_since_ns = m->now_ns;
		m->log_count = 0;
	}
	if (++m->log_count <= LOG_LINES)
		dlog_info("client %llu (process %d of user %u) is disconnected: %s", (unsigned long long)c->number, (int)c->who.pid,
			(unsigned)c->who.uid, text);
	machine_reject(m, c->peer, error, text);
	client_release(c);
	c->ended = true;
	m->ops->end(c->peer);
}

void machine_client_free(struct machine_client *c, uint64_t now_ns)
{
	struct machine *m = c->machine;

	machine_enter(m, now_ns);
	/* What it used last, whether or not a kick for that came; looking may end it. */
	for (uint32_t i = 0; i < c->slot_end; i++)
		if (c->slots[i] && !look_last(c->slots[i]))
			break;
	client_release(c);
	list_remove(&c->at);
	m->client_count--;
	c->user->clients--;
	user_put(c->user);
	free(c);
	machine_leave(m);
}

int client_send(struct machine_client *c, const void *message, int fd)
{
	int rc = c->machine->ops->send(c->peer, message, fd);

	if (rc == -EAGAIN)
		client_end(c, EAGAIN, "it does not read what is sent to it");
	else if (rc)
		client_end(c, -rc, "nothing can be sent to it: %s", strerror(-rc));
	return rc;
}

static int page_take(struct machine_client *c, int fd)
{
	int rc;

	if (fd < 0) {
		client_end(c, EPROTO, "HELLO of a library comes with the memfd of its page");
		return -EPROTO;
	}
	rc = c->machine->ops->map(fd, &c->page);
	if (rc == -EINVAL)
		client_end(c, EINVAL, "what HELLO came with is no memfd of %zu bytes", sizeof(struct ipc_page));
	else if (rc == -EPERM)
		client_end(c, EPERM, "the page is not sealed against shrinking, growing and sealing, or is against writing");
	else if (rc == -EPROTO)
		client_end(c, EPROTO, "the page begins with another magic, version or size; it is of version %u here",
			IPC_PAGE_VERSION);
	else if (rc)
		client_end(c, -rc, "the page cannot be mapped: %s", strerror(-rc));
	return rc;
}

void client_hello(struct machine_client *c, const struct ipc_hello *hello, int fd)
{
	struct machine *m = c->machine;
	struct ipc_welcome welcome;
	char job[IPC_NAME_SIZE];
	int rc, kick_fd = -1;

	if (hello->role == IPC_ROLE_LIBRARY) {
		if (page_take(c, fd))
			return;
		text_take(job, sizeof(job), hello->job);
		rc = job_get(m, c->who.uid, job, &c->job);
		if (rc) {
			client_end(c, -rc, "it cannot be taken on: %s", strerror(-rc));
			return;
		}
		c->suspended = c->job->suspended;
		c->spans_seen = atomic_load(&c->page->span_count);
		m->library_count++;
	}
	c->role = hello->role;
	c->container_pid = hello->pid;
	c->answers_trace = hello->flags & IPC_HELLO_ANSWERS_TRACE;
	text_take(c->comm, sizeof(c->comm), hello->comm);
	client_deadline_set(c, MACHINE_NEVER);
	ipc_message_init(&welcome, IPC_WELCOME, hello->header.serial);
	welcome.client = c->number;
	welcome.pid = getpid();
	ipc_text_set(welcome.policy, sizeof(welcome.policy), sched_policy_name(m->sched));
	/* One that does not expect it is sent none. */
	if (c->page && hello->flags & IPC_HELLO_KICKS_FD)
		kick_fd = m->ops->kick_fd(c->peer);
	if (!client_send(c, &welcome, kick_fd))
		dlog_debug("client %llu: %s, process %d of user %u, %s%s", (unsigned long long)c->number, c->comm,
			(int)c->who.pid, (unsigned)c->who.uid, c->job ? "job " : "control", c->job ? c->job->name : "");
}

bool client_may(const struct machine_client *c, uid_t uid)
{
	return c->who.uid == 0 || c->who.uid == uid;
}

bool client_is_admin(const struct machine_client *c)
{
	return c->who.uid == 0 || c->who.uid == c->machine->uid;
}

struct machine_client *client_find(const struct machine *m, uint64_t number)
{
	list_for_each(at, &m->clients)
	{
		struct machine_client *c = list_entry(at, struct machine_client, at);

		if (c->number == number && c->role == IPC_ROLE_LIBRARY)
			return c;
	}
	return NULL;
}

uint64_t client_gpu_ns(const struct machine_client *c)
{
	uint64_t sum_ns = c->gpu_ns;

	for (uint32_t i = 0; i < c->slot_end; i++)
		if (c->slots[i])
			sum_ns += c->slots[i]->gpu_seen_ns - c->slots[i]->gpu_base_ns;
	return sum_ns;
}
