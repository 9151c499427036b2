/* SPDX-License-Identifier: MIT */
/* Requests and their answers; see session.h. */
#include "src/cli/session.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

int session_status(int error)
{
	switch (error) {
	case 0:
		return CLI_OK;
	case ENOENT:
	case ESRCH:
		return CLI_NO_TARGET;
	case EPERM:
	case EACCES:
		return CLI_NOT_ALLOWED;
	default:
		return CLI_REFUSED;
	}
}

static int connect_status(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
	case ETIMEDOUT:
	case ENOTDIR:
		return CLI_NO_DAEMON;
	default:
		return session_status(error);
	}
}

int session_open(struct session *s, const struct cli *cli)
{
	struct ipc_hello hello;
	struct ipc_reject reject;
	char path[PATH_MAX];

	*s = (struct session){.sock = -1};
	if (ipc_socket_path(cli->socket, path, sizeof(path))) {
		cli_error("%.100s...: the path of a socket has at most 107 bytes", path);
		return CLI_USAGE;
	}
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_CONTROL;
	hello.pid = getpid();
	ipc_text_set(hello.comm, sizeof(hello.comm), "xschedctl");
	int sock = ipc_connect(path, &hello, -1, SESSION_TIMEOUT_MS, &s->welcome, &reject);
	if (sock < 0) {
		int status = connect_status(-sock);

		cli_error("%s%s", reject.text,
			status == CLI_NO_DAEMON ? " (start xschedd, or name its socket with --socket)" : "");
		return status;
	}
	s->sock = sock;
	return CLI_OK;
}

void session_close(struct session *s)
{
	if (s->sock >= 0)
		close(s->sock);
	s->sock = -1;
}

static int lost(int error)
{
	cli_error("the daemon does not answer: %s", error ? strerror(error) : "the connection ended");
	return CLI_NO_DAEMON;
}

static int refused(const struct ipc_result *result)
{
	cli_error("%s", *result->text ? result->text : strerror(result->error));
	return session_status(result->error);
}

int session_ask(struct session *s, void *message, int fd, session_entry_fn on_entry, void *ctx, struct ipc_result *result_p)
{
	struct ipc_header *header = message;
	union ipc_any any;
	int r;

	header->serial = ++s->serial;
	r = ipc_send(s->sock, message, fd);
	if (r)
		return lost(-r);
	for (;;) {
		r = ipc_receive_wait(s->sock, &any, NULL, SESSION_TIMEOUT_MS);
		if (r <= 0)
			return lost(-r);
		if (any.header.type == IPC_REJECT) {
			cli_error("the daemon ended the connection: %s", any.reject.text);
			return session_status(any.reject.error);
		}
		/* The rest of an answer that was given up. */
		if (any.header.serial != s->serial)
			continue;
		if (any.header.type == IPC_RESULT)
			break;
		r = on_entry ? on_entry(ctx, &any) : 0;
		if (r < 0) {
			cli_error("the daemon's answer could not be taken: %s", strerror(-r));
			return CLI_FAILED;
		}
	}
	if (result_p)
		*result_p = any.result;
	return any.result.error ? refused(&any.result) : CLI_OK;
}

static int add_entry(void *ctx, const union ipc_any *entry)
{
	return snapshot_add(ctx, entry);
}

int session_list(struct session *s, struct snapshot *snapshot)
{
	struct ipc_header list;

	snapshot_begin(snapshot, s->sock);
	ipc_message_init(&list, IPC_LIST, 0);
	return session_ask(s, &list, -1, add_entry, snapshot, NULL);
}

int session_find(const struct snapshot *snapshot, const struct cli_target *typed, struct ipc_target *target_p)
{
	char error[256];
	int r = snapshot_target(snapshot, typed, target_p, error, sizeof(error));

	if (r)
		cli_error("%s", error);
	return session_status(-r);
}

int session_target(struct session *s, const struct cli_target *typed, struct ipc_target *target_p)
{
	struct snapshot snapshot;

	if (typed->scope == IPC_SCOPE_MACHINE || typed->scope == IPC_SCOPE_JOB) {
		*target_p = (struct ipc_target){.scope = typed->scope};
		ipc_text_set(target_p->job, sizeof(target_p->job), typed->job);
		return CLI_OK;
	}
	int status = session_list(s, &snapshot);
	if (!status)
		status = session_find(&snapshot, typed, target_p);
	snapshot_fini(&snapshot);
	return status;
}
