/* SPDX-License-Identifier: MIT */
/* The daemon's socket; see listen.h. */
#include "src/daemon/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "src/daemon/dlog.h"

static int passed(struct listen *l, int count)
{
	int fd = SD_LISTEN_FDS_START;

	if (count > 1 || sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) <= 0) {
		dlog_error("%d descriptors were passed at start; expected is one listening SOCK_SEQPACKET socket "
			   "(ListenSequentialPacket=)", count);
		return -EINVAL;
	}
	if (fcntl(fd, F_SETFL, O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	*l = (struct listen){.fd = fd, .lock = -1};
	return 0;
}

static int default_path(char *path, size_t size)
{
	const char *folder = getenv("XDG_RUNTIME_DIR");

	if (!geteuid())
		return snprintf(path, size, "/run/xsched/xschedd.sock") < 0 ? -EINVAL : 0;
	if (!folder || *folder != '/') {
		dlog_error("there is no XDG_RUNTIME_DIR to listen in: give --socket=PATH");
		return -ENOENT;
	}
	if ((size_t)snprintf(path, size, "%s/xsched/xschedd.sock", folder) >= size)
		return -ENAMETOOLONG;
	return 0;
}

static int folder_make(const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return 0;
	*slash = 0;
	mode_t before = umask(022);
	int rc = mkdir(folder, 0755) && errno != EEXIST ? -errno : 0;
	umask(before);
	if (rc)
		dlog_error("the folder %s cannot be made: %s", folder, strerror(-rc));
	return rc;
}

/* Who has the lock may replace the socket: its owner is gone. */
static int lock_take(const char *path)
{
	char name[PATH_MAX];

	if ((size_t)snprintf(name, sizeof(name), "%s.lock", path) >= sizeof(name))
		return -ENAMETOOLONG;
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		int rc = -errno;
		dlog_error("%s cannot be opened: %s", name, strerror(errno));
		return rc;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		int rc = errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
		dlog_error("%s: %s", path, rc == -EADDRINUSE ? "another xschedd listens there" : strerror(-rc));
		close(fd);
		return rc;
	}
	return fd;
}

/* A daemon that systemd started has no lock. */
static int stale_remove(const struct sockaddr_un *address)
{
	struct stat there;

	if (lstat(address->sun_path, &there))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(there.st_mode)) {
		dlog_error("%s is there and is no socket", address->sun_path);
		return -EEXIST;
	}
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	int rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) ? -errno : 0;
	close(fd);
	if (rc != -ECONNREFUSED && rc != -ENOENT) {
		dlog_error("%s: another xschedd listens there", address->sun_path);
		return -EADDRINUSE;
	}
	return unlink(address->sun_path) && errno != ENOENT ? -errno : 0;
}

static int socket_make(const char *path, int *fd_p)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int rc;

	if (strlen(path) >= sizeof(address.sun_path)) {
		dlog_error("%s: the name of a socket has at most %zu bytes", path, sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	rc = stale_remove(&address);
	if (rc)
		return rc;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mode_t before = umask(0111);
	rc = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(before);
	if (!rc && listen(fd, SOMAXCONN))
		rc = -errno;
	if (rc) {
		dlog_error("%s: nothing can listen there: %s", path, strerror(-rc));
		close(fd);
		return rc;
	}
	*fd_p = fd;
	return 0;
}

int listen_open(const char *given, struct listen *l)
{
	int rc, count = sd_listen_fds(1);
	struct listen out = {.fd = -1, .lock = -1};

	if (count > 0)
		return passed(l, count);
	if (*given)
		snprintf(out.path, sizeof(out.path), "%s", given);
	rc = *given ? 0 : default_path(out.path, sizeof(out.path));
	if (!rc)
		rc = folder_make(out.path);
	if (rc)
		return rc;
	out.lock = lock_take(out.path);
	if (out.lock < 0)
		return out.lock;
	rc = socket_make(out.path, &out.fd);
	if (rc) {
		close(out.lock);
		return rc;
	}
	*l = out;
	return 0;
}

void listen_close(struct listen *l)
{
	if (*l->path)
		unlink(l->path);
	if (l->fd >= 0)
		close(l->fd);
	if (l->lock >= 0)
		close(l->lock);
}
