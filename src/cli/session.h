/* SPDX-License-Identifier: MIT */
/*
 * A conversation of xschedctl with the daemon: one request at a time, each answered by entries and one result. The functions
 * that first know an error print it, and return the exit status that belongs to it.
 */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "src/cli/command.h"
#include "src/cli/parse.h"
#include "src/cli/snapshot.h"
#include "src/ipc/codec.h"

/* How long the daemon may take to answer. */
#define SESSION_TIMEOUT_MS 5000

/**
 * struct session - a connection
 * @sock:    -1: none
 * @serial:  of the last request
 * @welcome: what the daemon said first
 */
struct session {
	int sock;
	uint32_t serial;
	struct ipc_welcome welcome;
};

/** typedef session_entry_fn - told of each message of an answer but the last. Return: 0, or -errno to stop. */
typedef int (*session_entry_fn)(void *ctx, const union ipc_any *entry);

/** session_open() - find and greet the daemon. Return: CLI_OK; CLI_NO_DAEMON, CLI_NOT_ALLOWED, CLI_REFUSED with a message. */
int session_open(struct session *s, const struct cli *cli);
void session_close(struct session *s);

/**
 * session_ask() - send a request and read its answer
 * @message:  made by ipc_message_init(); its serial is filled in
 * @fd:       passed along, or -1
 * @on_entry: NULL: entries are ignored
 * @result_p: out, if the daemon answered, be it with an error; may be NULL
 *
 * Return: CLI_OK, or an exit status with a message: the daemon's own sentence where it answered with an error.
 */
int session_ask(struct session *s, void *message, int fd, session_entry_fn on_entry, void *ctx, struct ipc_result *result_p);

/** session_list() - everything the daemon lists; to be given up with snapshot_fini(), on failure too */
int session_list(struct session *s, struct snapshot *snapshot);

/** session_find() - snapshot_target(). Return: CLI_OK; CLI_NO_TARGET, CLI_NOT_ALLOWED with a message. */
int session_find(const struct snapshot *snapshot, const struct cli_target *typed, struct ipc_target *target_p);

/**
 * session_target() - what a user typed as the daemon knows it
 *
 * Asks for the list if it takes one. Return: CLI_OK; CLI_NO_TARGET, CLI_NOT_ALLOWED and others with a message.
 */
int session_target(struct session *s, const struct cli_target *typed, struct ipc_target *target_p);

/** session_status() - the exit status for an error that the daemon answered with, a positive errno */
int session_status(int error);

#endif
