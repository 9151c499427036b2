/* SPDX-License-Identifier: MIT */
/*
 * For tests of the code between gates and deciders: a runtime that is nothing but tables, with queues in static memory and no packet
 * processor, and a daemon that says what the test tells it to. The test's threads call both; the daemon's thread keeps what it received.
 */
#ifndef TESTS_UNIT_DECIDER_RIG_H
#define TESTS_UNIT_DECIDER_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "src/aql/packet.h"
#include "src/hsa_intercept/squeue.h"
#include "src/ipc/codec.h"
#include "src/ipc/page_map.h"

#define RIG_QUEUES 8
#define RIG_RING   64

/** rig_runtime_start() - OnLoad; settings are those of the first call in the process */
void rig_runtime_start(void);
/** rig_runtime_stop() - OnUnload */
void rig_runtime_stop(void);
/** rig_create() - the program makes the @n-th queue; its id is 40 + @n */
hsa_queue_t *rig_create(int n);
/** rig_create_on() - the same for a queue of another type, on the GPU of node @node; rig_create()'s are on node 0 */
hsa_queue_t *rig_create_on(int n, uint32_t node, hsa_queue_type32_t type);
/** rig_destroy() - the program destroys it, and its memory is overwritten */
void rig_destroy(hsa_queue_t *queue);
/** rig_ring - called when the doorbell of @queue, as the runtime knows it, is rung, in the thread that rings; NULL: nothing happens */
extern void (*rig_ring)(const hsa_queue_t *queue);
/** rig_locked - the memory that was locked last, which GPUs know as RIG_GPU_VA; NULL: none was */
#define RIG_GPU_VA 0x7e0000000000u
extern void *rig_locked;
/** rig_refuse_lock - no memory can be locked */
extern bool rig_refuse_lock;
/** rig_submit() - the program puts a packet in, and rings; what may become visible then is visible. Not by who has the queue's gate. */
void rig_submit(hsa_queue_t *queue);
/** rig_visible() - packets that a packet processor could see so far */
uint64_t rig_visible(const hsa_queue_t *queue);
/** rig_published() - those of them that the program put in: a queue without progress for some time gets a marker, however busy the machine */
uint64_t rig_published(const hsa_queue_t *queue);
/** rig_complete() - all that is published completes, up to a barrier packet whose signal is not 0; rig_complete_locked(): the scheduler's lock is held */
void rig_complete(hsa_queue_t *queue);
void rig_complete_locked(hsa_queue_t *queue);
/** rig_await_published() - wait until there are @count */
void rig_await_published(const hsa_queue_t *queue, uint64_t count);
/** rig_mode() - of the queue's gate */
uint32_t rig_mode(const hsa_queue_t *queue);
/** rig_mode_await() - wait for it */
void rig_mode_await(const hsa_queue_t *queue, uint32_t mode);
/** rig_round() - a round of the pacer, now, as if it were @ahead_ns later */
void rig_round(int64_t ahead_ns);
/** rig_decider() - the name of who decides */
const char *rig_decider(void);
void rig_decider_await(const char *name);

/*
 * RIG_WELCOME: with an eventfd for kicks; _OLD: as daemons that had none; _BLOCKING, _UNWRITABLE: with a descriptor that no daemon gives
 */
enum rig_answer {
	RIG_WELCOME,
	RIG_WELCOME_OLD,
	RIG_WELCOME_BLOCKING,
	RIG_WELCOME_UNWRITABLE,
	RIG_REJECT_VERSION,
	RIG_SILENT
};

/** rig_daemon_path() - where it will listen; sets XSCHED_HSA_SOCKET; once, before anything else */
void rig_daemon_path(void);
/** rig_daemon_start() - listen, and answer every client so */
void rig_daemon_start(enum rig_answer answer);
/** rig_daemon_stop() - close everything */
void rig_daemon_stop(void);
/** rig_daemon_drop() - close the client's connection, and go on listening */
void rig_daemon_drop(void);
/** rig_daemon_deaf() - read nothing from the client any more, or again */
void rig_daemon_deaf(bool deaf);
/** rig_daemon_connections() - clients that said HELLO so far; _await: wait until there are at least @count */
unsigned rig_daemon_connections(void);
void rig_daemon_connections_await(unsigned count);
/** rig_daemon_next() - wait for a message of @type that came behind the one that was taken last, and take it; kicks count as IPC_KICK */
union ipc_any rig_daemon_next(enum ipc_type type);
/** rig_daemon_kicks() - how many kicks came by descriptors, or as messages */
unsigned rig_daemon_kicks(bool by_fd);
/** rig_daemon_kick_fd() - the daemon's own of the descriptor that the client was given last, or -1 */
int rig_daemon_kick_fd(void);
/** rig_daemon_hello() - what the client said first */
struct ipc_hello rig_daemon_hello(void);
/** rig_daemon_send() - say something to the client; @fd stays the caller's */
void rig_daemon_send(const void *message, int fd);
/** rig_daemon_forget() - take all that came so far */
void rig_daemon_forget(void);
/** rig_daemon_page() - the client's page */
struct ipc_page *rig_daemon_page(void);
/** rig_daemon_write() - put any word into a slot, and wake the client */
void rig_daemon_write(uint32_t slot, uint64_t word);
/** rig_daemon_decide() - a decision with the next sequence number of the slot. Return: that. */
uint16_t rig_daemon_decide(uint32_t slot, enum sched_gate gate, int level, enum sched_reason reason, uint64_t window_ns);
/** rig_applied_await() - wait until the client says it took that decision */
void rig_applied_await(uint32_t slot, uint16_t sequence);

#endif
