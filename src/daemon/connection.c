/* SPDX-License-Identifier: MIT */
/* Connections; see connection.h. */
#include "src/daemon/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/daemon/dispose.h"
#include "src/daemon/dlog.h"
#include "src/daemon/text.h"
#include "src/ipc/page_map.h"

/* So many newcomers at once; decisions have their turn between, and do not keep newcomers out for ever. */
#define ACCEPT_BATCH 4

struct connection {
	struct connections *all;
	struct list at;
	int sock, pidfd, kick_fd;
	uid_t uid;
	sd_event_source *io, *death, *kick;
	struct machine_client *client;
	bool ended;
};

static void connection_free(struct connection *c)
{
	if (c->client)
		machine_client_free(c->client, server_now_ns());
	list_remove(&c->at);
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->death);
	/* Before it is closed: the client has it too, so that closing it would not end the watch. */
	sd_event_source_disable_unref(c->kick);
	if (c->kick_fd >= 0)
		close(c->kick_fd);
	if (c->pidfd >= 0)
		close(c->pidfd);
	close(c->sock);
	free(c);
}

static int reap(sd_event_source *source, void *ctx)
{
	struct connections *all = ctx;

	(void)source;
	/* One that goes may end others. */
	while (!list_empty(&all->ended))
		connection_free(list_entry(all->ended.next, struct connection, at));
	sd_event_source_set_enabled(all->reaper, SD_EVENT_OFF);
	all->changed(all->ctx);
	return 0;
}

/* It is freed when nobody can be in the middle of using it. */
static void connection_end(struct connection *c)
{
	if (c->ended)
		return;
	c->ended = true;
	sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
	list_remove(&c->at);
	list_append(&c->all->ended, &c->at);
	sd_event_source_set_enabled(c->all->reaper, SD_EVENT_ONESHOT);
}

/* What came at @from_ns, when so many decisions had been made, was dealt with. */
static void latency_add(struct machine *m, uint64_t decisions, uint64_t from_ns)
{
	if (machine_decisions(m) != decisions)
		machine_latency_add(m, server_now_ns() - from_ns);
}

static void turn_away(struct connection *c)
{
	machine_reject(c->all->machine, c, EBUSY,
		"descriptors that this user sent before cannot be closed: what they stand for does not answer");
}

static int peer_send(void *peer, const void *message, int fd)
{
	const struct connection *c = peer;

	return ipc_send(c->sock, message, fd);
}

static void peer_wake(struct ipc_page *page)
{
	/* Not a private futex: the waiter is another process. */
	syscall(SYS_futex, &page->kicks, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static int connection_kicked(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct connection *c = ctx;
	struct machine *m = c->all->machine;
	uint64_t before = machine_decisions(m), from_ns = server_now_ns();

	(void)source;
	(void)fd;
	(void)events;
	machine_kick(c->client, from_ns);
	latency_add(m, before, from_ns);
	c->all->changed(c->all->ctx);
	return 0;
}

/*
 * It is never read. Every write to an eventfd wakes who watches it, whatever its count, and to an edge-triggered watch that is an event:
 * one that comes after epoll_wait() returned the event before is returned by the next epoll_wait(). So no kick is lost: the client
 * writes behind setting @dirty, which machine_kick() clears before it looks, and so either is seen by that look or makes another event.
 * Those that come before epoll_wait() are one. A client that fills the count can kick no more, which nobody else notices.
 */
static int peer_kick_fd(void *peer)
{
	struct connection *c = peer;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	int rc = fd < 0 ? -errno : sd_event_add_io(c->all->event, &c->kick, fd, EPOLLIN | EPOLLET, connection_kicked, c);

	if (rc < 0) {
		dlog_debug("a client's kicks come as messages: %s", strerror(-rc));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	c->kick_fd = fd;
	return fd;
}

static void peer_writable(void *peer, bool wanted)
{
	const struct connection *c = peer;

	sd_event_source_set_io_events(c->io, wanted ? EPOLLOUT : EPOLLIN);
}

static void peer_end(void *peer)
{
	connection_end(peer);
}

const struct machine_ops connection_ops = {
	.send = peer_send,
	.wake = peer_wake,
	.map = ipc_page_map,
	.unmap = ipc_page_unmap,
	.kick_fd = peer_kick_fd,
	.writable = peer_writable,
	.end = peer_end,
};

static void connection_take(struct connection *c, const union ipc_any *any, int got, int fd)
{
	struct machine *m = c->all->machine;
	uint64_t before = machine_decisions(m), from_ns = server_now_ns();

	machine_receive(c->client, any, got, fd, from_ns);
	latency_add(m, before, from_ns);
}

static void connection_read(struct connection *c)
{
	union ipc_any any;
	struct ipc_fds fds;
	int got = ipc_receive_fds(c->sock, &any, &fds);

	if (got == -EAGAIN)
		return;
	bool behind = fds.count && dispose_is_behind(c->uid);
	if (behind)
		turn_away(c);
	if (behind || (got <= 0 && got != -EPROTO && got != -ENOTSUP))
		connection_end(c);
	else
		connection_take(c, &any, got, fds.count ? fds.fd[0] : -1);
	for (unsigned i = 0; i < fds.count; i++)
		dispose_fd(fds.fd[i], c->uid);
}

/* One message each time, and one kick: everybody has a turn. */
static int connection_ready(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct connection *c = ctx;
	struct connections *all = c->all;

	(void)source;
	(void)fd;
	if (events & EPOLLIN)
		connection_read(c);
	else if (events & (EPOLLHUP | EPOLLERR))
		connection_end(c);
	else if (events & EPOLLOUT)
		machine_client_writable(c->client, server_now_ns());
	all->changed(all->ctx);
	return 0;
}

/* A child that it forked may hold its socket open for longer than it lives. */
static int connection_died(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	(void)fd;
	(void)events;
	sd_event_source_set_enabled(source, SD_EVENT_OFF);
	connection_end(ctx);
	return 0;
}

/* The process's own line of its control groups: "0::/path" in the unified hierarchy, else its first. */
static void cgroup_read(pid_t pid, char *cgroup, size_t size)
{
	char name[64], text[4096];
	ssize_t got;

	cgroup[0] = 0;
	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	int fd = pid > 0 ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	char *line = strstr(text, "0::");
	line = line && (line == text || line[-1] == '\n') ? line : text;
	line[strcspn(line, "\n")] = 0;
	char *path = strchr(line, '/');
	text_take(cgroup, size, path ? path : "");
}

/*
 * Its process by the kernel's word. Nothing is decided by the pid, which may be another's by now: then the socket is closed already, and the
 * pidfd tells of a death that we know of.
 */
static void peer_find(struct connection *c, struct machine_peer *who)
{
	struct ucred credentials = {.uid = (uid_t)-1};
	socklen_t size = sizeof(credentials);

	getsockopt(c->sock, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
	who->pid = credentials.pid;
	who->uid = credentials.uid;
	cgroup_read(who->pid, who->cgroup, sizeof(who->cgroup));
	c->pidfd = who->pid > 0 ? (int)syscall(SYS_pidfd_open, who->pid, 0) : -1;
}

static int connection_new(struct connections *all, int sock, uint64_t now_ns)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct machine_peer who;
	int rc;

	if (!c) {
		close(sock);
		return -ENOMEM;
	}
	c->all = all;
	c->sock = sock;
	c->kick_fd = -1;
	list_append(&all->all, &c->at);
	peer_find(c, &who);
	c->uid = who.uid;
	if (dispose_is_behind(who.uid)) {
		turn_away(c);
		connection_free(c);
		return -EUSERS;
	}
	rc = machine_client_new(all->machine, &who, c, now_ns, &c->client);
	if (!rc)
		rc = sd_event_add_io(all->event, &c->io, sock, EPOLLIN, connection_ready, c);
	if (rc >= 0 && c->pidfd >= 0)
		rc = sd_event_add_io(all->event, &c->death, c->pidfd, EPOLLIN, connection_died, c);
	if (rc < 0)
		connection_free(c);
	return rc;
}

/* Who cannot be taken on is turned away, or would be announced again and again. */
static int accept_spared(struct connections *all, int fd)
{
	if (all->spare < 0)
		return -1;
	close(all->spare);
	int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (sock >= 0)
		close(sock);
	all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return -1;
}

void connections_accept(struct connections *all, int fd, uint64_t now_ns)
{
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		int sock = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (sock < 0 && (errno == EMFILE || errno == ENFILE))
			sock = accept_spared(all, fd);
		if (sock < 0)
			return;
		int rc = connection_new(all, sock, now_ns);
		if (rc < 0 && rc != -EUSERS)
			dlog_warning("a client cannot be taken on: %s", strerror(-rc));
	}
}

void connections_init(struct connections *all, sd_event *event, struct machine *machine, void (*changed)(void *ctx), void *ctx)
{
	*all = (struct connections){.event = event, .machine = machine, .changed = changed, .ctx = ctx};
	list_init(&all->all);
	list_init(&all->ended);
	all->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (sd_event_add_defer(event, &all->reaper, reap, all) >= 0)
		sd_event_source_set_enabled(all->reaper, SD_EVENT_OFF);
}

void connections_fini(struct connections *all)
{
	if (!all->event)
		return;
	while (!list_empty(&all->all))
		connection_end(list_entry(all->all.next, struct connection, at));
	while (!list_empty(&all->ended))
		connection_free(list_entry(all->ended.next, struct connection, at));
	sd_event_source_disable_unref(all->reaper);
	if (all->spare >= 0)
		close(all->spare);
}
