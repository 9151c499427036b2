/* SPDX-License-Identifier: MIT */
/*
 * Processes around a struct machine without sockets: a clock that the test moves, pages in ordinary memory, and what was sent to
 * whom. Tests write as the processes would.
 */
#ifndef TESTS_DAEMON_RIG_H
#define TESTS_DAEMON_RIG_H

#include <stdbool.h>

#include "src/daemon/machine.h"
#include "src/sched/sched.h"

#define RIG_PEERS 64
#define RIG_INBOX 256
#define MS	  UINT64_C(1000000)
#define SECOND	  (1000 * MS)

struct rig_peer {
	struct machine_client *client;
	struct ipc_page page;
	union ipc_any inbox[RIG_INBOX];
	int inbox_fd[RIG_INBOX];
	unsigned count, limit; /* @limit: messages that fit; then it is full */
	unsigned wakes;
	uint64_t number;
	int kick_fd; /* what the machine was given for it; 0: it did not ask */
	bool ended, wants_write, unmapped;
};

struct rig {
	struct machine *machine;
	uint64_t now_ns;
	struct rig_peer *peer[RIG_PEERS];
	unsigned peers;
	bool no_fds; /* the transport has no descriptors for kicks */
};

extern struct rig rig;
extern bool rig_kick_fds; /* rig_library() makes ones that take a descriptor for their kicks */

/** rig_start() - a machine of user 1000, with @policy, or hpf for NULL */
void rig_start(const char *policy);
void rig_end(void);
/** rig_settings() - the settings that rig_start() uses; to be changed before */
struct settings *rig_settings(void);

/** rig_connect() - a connection that has not said hello; NULL when it was turned away (last in rig.peer) */
struct rig_peer *rig_connect(uid_t uid);
/** rig_library(), rig_control() - a connection that was welcomed */
struct rig_peer *rig_library(uid_t uid, const char *job);
/** rig_library_old() - a library that does not answer IPC_TRACE */
struct rig_peer *rig_library_old(uid_t uid, const char *job);
struct rig_peer *rig_control(uid_t uid);
void rig_gone(struct rig_peer *p);

/** rig_send() - a message from @p, checked as a received one */
void rig_send(struct rig_peer *p, const void *message);
void rig_send_fd(struct rig_peer *p, const void *message, int fd);
/** rig_queue() - @p has a queue on GPU number @gpu */
void rig_queue(struct rig_peer *p, uint32_t slot, uint32_t gpu);
void rig_queue_gone(struct rig_peer *p, uint32_t slot);
/** rig_ready() - @p says that a queue has something to run, or has not, and that it had @gpu_ns */
void rig_ready(struct rig_peer *p, uint32_t slot, bool ready, uint64_t gpu_ns);
/** rig_kick() - by the descriptor if there is one, else by a message */
void rig_kick(struct rig_peer *p);
/** rig_tell() - announce a slot as it stands */
void rig_tell(struct rig_peer *p, uint32_t slot);
/** rig_pass() - let time pass, in the machine's steps */
void rig_pass(uint64_t ns);
/** rig_take() - @p takes its decisions, as a living process does */
void rig_take(struct rig_peer *p);

/** rig_gate() - what stands in a queue's page */
enum sched_gate rig_gate(const struct rig_peer *p, uint32_t slot);
uint64_t rig_decision(const struct rig_peer *p, uint32_t slot);
/** rig_last() - what was sent to @p last */
const union ipc_any *rig_last(const struct rig_peer *p);

/** rig_hint() - a hint by @p; its result's error */
int rig_hint(struct rig_peer *p, enum ipc_scope scope, uint64_t client, uint32_t slot, const char *job, enum sched_hint hint, int64_t value);
/** rig_suspend() - the same for IPC_SUSPEND at @level, or IPC_RESUME for 0 */
int rig_suspend(struct rig_peer *p, enum ipc_scope scope, uint64_t client, uint32_t slot, const char *job, int level);
int rig_policy(struct rig_peer *p, const char *name);

#endif
