/* SPDX-License-Identifier: MIT */
/*
 * What the daemon listed at one moment. Written from the entries of an IPC_LIST answer; list, top and stats read it.
 */
#ifndef CLI_SNAPSHOT_H
#define CLI_SNAPSHOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "src/cli/parse.h"
#include "src/ipc/codec.h"

/**
 * struct snapshot - the list
 * @clients:   in the daemon's order
 * @queues:    those of a client stand together, in the order of @clients
 * @elsewhere: the daemon is not to be seen from our pid namespace, so users here know other numbers than it does
 */
struct snapshot {
	struct ipc_machine_entry machine;
	struct ipc_gpu_entry *gpus;
	struct ipc_client_entry *clients;
	struct ipc_queue_entry *queues;
	size_t gpu_count, client_count, queue_count;
	bool elsewhere;
};

/** snapshot_begin() - an empty list, of the daemon that listens where @sock is connected to */
void snapshot_begin(struct snapshot *s, int sock);
/** snapshot_add() - take one entry; others are ignored. Return: 0, -ENOMEM. */
int snapshot_add(struct snapshot *s, const union ipc_any *entry);
void snapshot_fini(struct snapshot *s);

/** snapshot_client() - the client of a number, or NULL */
const struct ipc_client_entry *snapshot_client(const struct snapshot *s, uint64_t client);
/**
 * snapshot_process() - the process of a pid, as the daemon sees it; or NULL
 *
 * With @s->elsewhere also as the process sees itself, where only one fits: that number is what the process says of itself.
 */
const struct ipc_client_entry *snapshot_process(const struct snapshot *s, int32_t pid);
/** snapshot_queue() - a client's queue by hsa_queue_t.id, or NULL */
const struct ipc_queue_entry *snapshot_queue(const struct snapshot *s, uint64_t client, uint64_t queue_id);
/** snapshot_gpu_index() - position of a GPU in the list, or -1 */
int snapshot_gpu_index(const struct snapshot *s, const struct ipc_gpu_key *gpu);

/**
 * snapshot_target() - what a user typed as the daemon knows it
 *
 * Return: 0; -ESRCH when it is not there, -EPERM when it is another user's; @error then has a sentence.
 */
int snapshot_target(const struct snapshot *s, const struct cli_target *typed, struct ipc_target *target_p, char *error, size_t size);

/** snapshot_json() - all of it; new reference, or NULL without memory. xschedctl(1) describes the members. */
json_t *snapshot_json(const struct snapshot *s);
/** snapshot_gpu_json() - a GPU's entry */
json_t *snapshot_gpu_json(const struct snapshot *s, size_t index);

/** snapshot_state_name(), snapshot_reason_name(), snapshot_gate_name() - for users; "?" for what is none */
const char *snapshot_state_name(uint32_t state);
const char *snapshot_reason_name(uint32_t reason);
const char *snapshot_gate_name(uint32_t gate);
/** snapshot_gpu_place() - a GPU's PCI address, DDDD:BB:DD.F */
void snapshot_gpu_place(const struct ipc_gpu_key *gpu, char *text, size_t size);

#endif
