/* SPDX-License-Identifier: MIT */
/* The daemon's socket: where it is, and that only one daemon has it. */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <limits.h>

/**
 * struct listen - a listening socket
 * @fd:   non-blocking
 * @lock: descriptor that holds the lock beside the socket, or -1 with socket activation
 * @path: for people; "" with socket activation
 */
struct listen {
	int fd, lock;
	char path[PATH_MAX];
};

/**
 * listen_open() - take the socket that systemd passed, or make one
 * @given: path of the setting, or "": $XDG_RUNTIME_DIR/xsched/xschedd.sock, for root /run/xsched/xschedd.sock
 * @l:     out; until listen_close()
 *
 * The folder is made if it is missing (mode 0755); anybody may connect (mode 0666). A socket that a daemon left behind is replaced, a living
 * daemon's is not.
 *
 * Return: 0; -errno: what is wrong was logged.
 */
int listen_open(const char *given, struct listen *l);
/** listen_close() - stop listening; a socket that was made is removed */
void listen_close(struct listen *l);

#endif
