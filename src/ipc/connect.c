/* SPDX-License-Identifier: MIT */
/* How a client finds the daemon and greets it; see codec.h. */
#include "src/ipc/codec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int ipc_socket_path(const char *given, char *path, size_t size)
{
	const char *folder;
	int length;

	if (!given || !*given)
		given = secure_getenv("XSCHED_HSA_SOCKET");
	if (given && *given) {
		length = snprintf(path, size, "%s", given);
	} else {
		folder = secure_getenv("XDG_RUNTIME_DIR");
		length = folder && *folder ? snprintf(path, size, "%s/xsched/xschedd.sock", folder) : -1;
		if (length < 0 || (size_t)length >= size || access(path, F_OK))
			length = snprintf(path, size, "/run/xsched/xschedd.sock");
	}
	if ((size_t)length >= size || (size_t)length >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return -ENAMETOOLONG;
	return 0;
}

/* @error is negative. */
static int fail(struct ipc_reject *reject, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(struct ipc_reject *reject, int error, const char *format, ...)
{
	va_list args;

	reject->error = -error;
	va_start(args, format);
	vsnprintf(reject->text, sizeof(reject->text), format, args);
	va_end(args);
	return error;
}

static int open_socket(const char *path, int timeout_ms, struct ipc_reject *reject_p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	/* Bounds connect() where the daemon's backlog is full. */
	struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
	int sock, rc;

	if (strlen(path) >= sizeof(address.sun_path))
		return fail(reject_p, -ENAMETOOLONG, "%.100s...: the name of a socket has at most %zu bytes", path,
			sizeof(address.sun_path) - 1);
	strcpy(address.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return fail(reject_p, -errno, "no socket can be made: %s", strerror(errno));
	if (!limit.tv_sec && !limit.tv_usec)
		limit.tv_usec = 1;
	setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	do
		rc = connect(sock, (struct sockaddr *)&address, sizeof(address));
	while (rc < 0 && errno == EINTR);
	if (rc < 0) {
		int error = errno == EAGAIN ? ETIMEDOUT : errno;

		close(sock);
		return fail(reject_p, -error, "%.107s: %s", path,
			error == ENOENT || error == ECONNREFUSED ? "no daemon listens there" : strerror(error));
	}
	return sock;
}

/* The daemon said no. */
static int rejected(const struct ipc_reject *reject, struct ipc_reject *reject_p)
{
	*reject_p = *reject;
	if (reject->error == ENOTSUP)
		return fail(reject_p, -ENOTSUP, "the daemon speaks versions %u to %u of the protocol, this program %u to %u",
			reject->version_min, reject->version_max, IPC_VERSION_MIN, IPC_VERSION);
	return -reject->error;
}

int ipc_connect_begin(const char *path, struct ipc_hello *hello, int fd, int timeout_ms, struct ipc_reject *reject_p)
{
	struct ipc_header header;
	int rc, sock;

	ipc_message_init(reject_p, IPC_REJECT, 0);
	reject_p->version_min = IPC_VERSION_MIN;
	reject_p->version_max = IPC_VERSION;
	sock = open_socket(path, timeout_ms, reject_p);
	if (sock < 0)
		return sock;
	header = (struct ipc_header){IPC_MAGIC, IPC_VERSION, IPC_HELLO, sizeof(*hello), 0};
	hello->header = header;
	hello->version_min = IPC_VERSION_MIN;
	rc = ipc_send(sock, hello, fd);
	/* A daemon that rejects without reading has said why. */
	if (!rc || rc == -EPIPE || rc == -ECONNRESET)
		return sock;
	close(sock);
	return fail(reject_p, rc, "%.107s: the daemon does not answer: %s", path, strerror(-rc));
}

int ipc_connect_end(const char *path, int sock, int timeout_ms, struct ipc_welcome *welcome_p, int *fd_p,
	struct ipc_reject *reject_p)
{
	union ipc_any any;
	int fd, got = ipc_receive_wait(sock, &any, &fd, timeout_ms);
	int rc = got > 0 ? 0 : got ? got : -ECONNRESET;
	bool welcome = !rc && any.header.type == IPC_WELCOME;

	if (welcome && fd_p)
		*fd_p = fd;
	else if (fd >= 0)
		close(fd);
	if (welcome) {
		*welcome_p = any.welcome;
		return sock;
	}
	close(sock);
	if (!rc && any.header.type == IPC_REJECT)
		return rejected(&any.reject, reject_p);
	if (rc == -ENOTSUP)
		return fail(reject_p, rc, "%.107s answers in version %u of the protocol, this program speaks %u to %u", path,
			any.header.version, IPC_VERSION_MIN, IPC_VERSION);
	if (!rc || rc == -EPROTO)
		return fail(reject_p, -EPROTO, "%.107s: what answers there is no xschedd", path);
	return fail(reject_p, rc, "%.107s: the daemon does not answer: %s", path, strerror(-rc));
}

int ipc_connect(const char *path, struct ipc_hello *hello, int fd, int timeout_ms, struct ipc_welcome *welcome_p,
	struct ipc_reject *reject_p)
{
	int sock = ipc_connect_begin(path, hello, fd, timeout_ms, reject_p);

	return sock < 0 ? sock : ipc_connect_end(path, sock, timeout_ms, welcome_p, NULL, reject_p);
}
