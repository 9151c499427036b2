/* SPDX-License-Identifier: MIT */
/*
 * The daemon without its event loop: all clients, their queues, and one scheduler for them. Its caller (server.c, or a test with a clock and
 * a transport of its own) brings messages and the time; decisions go into the clients' pages, answers through struct machine_ops.
 *
 * One thread. Nothing in a client's page or messages is trusted: what cannot be right ends that client.
 */
#ifndef DAEMON_MACHINE_H
#define DAEMON_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "src/daemon/settings.h"
#include "src/ipc/codec.h"
#include "src/ipc/page.h"

struct machine;
struct machine_client;

#define MACHINE_NEVER UINT64_MAX

/**
 * struct machine_ops - what the machine needs; all required
 * @send:     a message to @peer; 0, -EAGAIN when its buffer is full, another -errno when it is gone. @fd stays the caller's.
 * @wake:     wake who waits on page->kicks
 * @map:      as ipc_page_map(); @fd stays the caller's
 * @unmap:    as ipc_page_unmap()
 * @kick_fd:  a descriptor by which @peer can kick from now on, which comes in as machine_kick(); stays the transport's. -1: there is none.
 * @writable: call machine_client_writable() when @peer can be sent to again, and read nothing from it until then; or no longer
 * @end:      the connection is over: end it soon, outside of these calls, and call machine_client_free()
 */
struct machine_ops {
	int (*send)(void *peer, const void *message, int fd);
	void (*wake)(struct ipc_page *page);
	int (*map)(int fd, struct ipc_page **page_p);
	void (*unmap)(struct ipc_page *page);
	int (*kick_fd)(void *peer);
	void (*writable)(void *peer, bool wanted);
	void (*end)(void *peer);
};

/* Who connected, by the kernel's word. @pid is for people; 0 where the daemon cannot see it. */
struct machine_peer {
	pid_t pid;
	uid_t uid;
	char cgroup[160];
};

/**
 * machine_new() - an empty machine
 * @settings: copied
 * @ops:      borrowed
 * @uid:      the daemon's own
 * @now_ns:   CLOCK_MONOTONIC, as in all calls below
 * @machine_p: out
 *
 * Return: 0; -ENOMEM; -ENOENT when there is no such policy.
 */
int machine_new(const struct settings *settings, const struct machine_ops *ops, uid_t uid, uint64_t now_ns,
	struct machine **machine_p);
/** machine_free() - end it, with what clients are left: they are told nothing; NULL is allowed */
void machine_free(struct machine *m);
/** machine_settings_set() - new settings; @policy only if it differs from the settings before; stall_ms and linger_us stay */
void machine_settings_set(struct machine *m, const struct settings *settings, uint64_t now_ns);

/**
 * machine_client_new() - somebody connected
 * @m:        the machine
 * @who:      copied
 * @peer:     passed to @ops
 * @client_p: out; until machine_client_free()
 *
 * Return: 0; -ENOMEM; -EUSERS when there are too many: it was sent why.
 */
int machine_client_new(struct machine *m, const struct machine_peer *who, void *peer, uint64_t now_ns,
	struct machine_client **client_p);
/** machine_reject() - tell @peer, client or not, why its connection ends: a positive errno and a sentence */
void machine_reject(struct machine *m, void *peer, int error, const char *text);
/** machine_client_free() - the connection is gone; what it shared is given away */
void machine_client_free(struct machine_client *c, uint64_t now_ns);

/**
 * machine_receive() - a datagram came
 * @c:   from whom
 * @any: content
 * @got: its size, or what ipc_receive() or ipc_message_check() found wrong with it
 * @fd:  descriptor that came along, or -1; stays the caller's
 */
void machine_receive(struct machine_client *c, const union ipc_any *any, int got, int fd, uint64_t now_ns);
/** machine_kick() - a kick came by the descriptor of @kick_fd; costs the client what an IPC_KICK does */
void machine_kick(struct machine_client *c, uint64_t now_ns);
/** machine_client_writable() - its buffer has room again */
void machine_client_writable(struct machine_client *c, uint64_t now_ns);

/** machine_tick() - let time pass; returns when to call again, or MACHINE_NEVER */
uint64_t machine_tick(struct machine *m, uint64_t now_ns);
/** machine_next_ns() - when machine_tick() is next needed, or MACHINE_NEVER */
uint64_t machine_next_ns(const struct machine *m);

/** machine_decisions() - how many decisions were written into pages so far */
uint64_t machine_decisions(const struct machine *m);
/** machine_latency_add() - a message or kick took @ns from its arrival to its decisions being written */
void machine_latency_add(struct machine *m, uint64_t ns);
/** machine_metrics_write() - all counters, in Prometheus' text format 0.0.4; errors are the stream's */
void machine_metrics_write(const struct machine *m, FILE *file, uint64_t now_ns);
/** machine_check() - verify the invariants; for tests: NULL, or what is wrong */
const char *machine_check(const struct machine *m);

#endif
