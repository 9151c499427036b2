/* SPDX-License-Identifier: MIT */
/* Reading the machine; see system.h. */
#include "src/cli/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel-headers/kfd_ioctl.h"

int system_path(const struct system *s, const char *path, char *full, size_t size)
{
	return (size_t)snprintf(full, size, "%s%s", s->root, path) < size ? 0 : -ENAMETOOLONG;
}

static int open_below(const struct system *s, const char *path, int flags)
{
	char full[PATH_MAX];
	int r = system_path(s, path, full, sizeof(full));

	if (!r)
		r = open(full, flags | O_CLOEXEC);
	return r < 0 && r != -ENAMETOOLONG ? -errno : r;
}

/* Return: bytes, fewer than asked for only at the end; -errno. */
static ssize_t read_all(int fd, char *data, size_t size)
{
	size_t got = 0;

	while (got < size) {
		ssize_t n = read(fd, data + got, size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

/* Files of /proc do not tell their size. */
static char *read_growing(int fd, size_t *size_p)
{
	size_t used = 0, room = 16384;
	char *data = malloc(room + 1), *more;

	while (data) {
		ssize_t n = read_all(fd, data + used, room - used);

		if (n < 0) {
			errno = (int)-n;
			break;
		}
		used += (size_t)n;
		if (used < room) {
			data[used] = 0;
			*size_p = used;
			return data;
		}
		room *= 2;
		more = realloc(data, room + 1);
		if (!more)
			break;
		data = more;
	}
	free(data);
	return NULL;
}

char *system_read(const struct system *s, const char *path, size_t *size_p)
{
	int fd = open_below(s, path, O_RDONLY);
	size_t size;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	char *data = read_growing(fd, size_p ? size_p : &size);
	int error = errno;
	close(fd);
	errno = error;
	return data;
}

int system_read_start(const struct system *s, const char *path, void *data, size_t size)
{
	int fd = open_below(s, path, O_RDONLY);

	if (fd < 0)
		return fd;
	ssize_t n = read_all(fd, data, size);
	close(fd);
	return (int)n;
}

int system_stat(const struct system *s, const char *path, struct stat *stat_p)
{
	char full[PATH_MAX];
	int r = system_path(s, path, full, sizeof(full));

	return r ? r : stat(full, stat_p) ? -errno : 0;
}

static const char *real_env(const char *name)
{
	return getenv(name);
}

static int real_access(const struct system *s, const char *path, int mode)
{
	char full[PATH_MAX];
	int r = system_path(s, path, full, sizeof(full));

	return r ? r : access(full, mode) ? -errno : 0;
}

static int real_stat_as(const struct system *s, pid_t pid, const char *path, struct stat *stat_p)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
	char root[64];

	if (!pid)
		return system_stat(s, path, stat_p);
	snprintf(root, sizeof(root), "/proc/%d/root", (int)pid);
	int folder = open_below(s, root, O_PATH);
	if (folder < 0)
		return folder;
	int fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	int r = fd < 0 || fstat(fd, stat_p) ? -errno : 0;
	close(folder);
	if (fd >= 0)
		close(fd);
	return r;
}

static int real_kfd(const struct system *s, unsigned *major_p, unsigned *minor_p)
{
	struct kfd_ioctl_get_version_args version = {0};
	int fd = open_below(s, "/dev/kfd", O_RDWR);

	if (fd < 0)
		return fd;
	int r = ioctl(fd, AMDKFD_IOC_GET_VERSION, &version) ? -errno : 0;
	close(fd);
	if (r)
		return r;
	*major_p = version.major_version;
	*minor_p = version.minor_version;
	return 0;
}

static int list_clients(struct snapshot *list, int sock)
{
	struct ipc_header request;
	union ipc_any any;
	int r;

	snapshot_begin(list, sock);
	ipc_message_init(&request, IPC_LIST, 1);
	r = ipc_send(sock, &request, -1);
	while (!r) {
		r = ipc_receive_wait(sock, &any, NULL, 5000);
		if (r <= 0)
			return r ? r : -ECONNRESET;
		if (any.header.type == IPC_REJECT)
			return -any.reject.error;
		if (any.header.type == IPC_RESULT)
			return -any.result.error;
		r = snapshot_add(list, &any);
	}
	return r;
}

static void real_daemon(const struct system *s, const char *path, struct system_daemon *answer_p)
{
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	struct ipc_hello hello;

	*answer_p = (struct system_daemon){0};
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_CONTROL;
	hello.pid = getpid();
	ipc_text_set(hello.comm, sizeof(hello.comm), "xschedctl");
	int sock = ipc_connect(path, &hello, -1, 5000, &welcome, &reject);
	if (sock < 0) {
		answer_p->error = -sock;
		ipc_text_set(answer_p->text, sizeof(answer_p->text), reject.text);
		return;
	}
	int r = list_clients(&answer_p->list, sock);
	close(sock);
	if (r) {
		answer_p->error = -r;
		snprintf(answer_p->text, sizeof(answer_p->text), "the daemon does not list its clients: %s", strerror(-r));
	}
}

const struct system system_real = {
	.root = "",
	.env = real_env,
	.access = real_access,
	.stat_as = real_stat_as,
	.kfd = real_kfd,
	.daemon = real_daemon,
};
