/* SPDX-License-Identifier: MIT */
/*
 * Closing descriptors that clients sent. Closing a file of a FUSE file system asks its server, and closing a socket may wait for its peer; either
 * may take for ever. So it is done by threads, and whoever has much to be closed is known.
 */
#ifndef DAEMON_DISPOSE_H
#define DAEMON_DISPOSE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * dispose_fd() - close a descriptor of any kind, sooner or later, without waiting
 * @uid: whose it was
 * Context: one thread.
 */
void dispose_fd(int fd, uid_t uid);
/**
 * dispose_is_behind() - whether many of that user's are still to be closed, or some since long ago: no more should be taken from him
 * Otherwise the daemon would run out of descriptors.
 */
bool dispose_is_behind(uid_t uid);

#endif
