/* SPDX-License-Identifier: MIT */
/* Closing descriptors that clients sent. */
#ifndef DAEMON_DISPOSE_H
#define DAEMON_DISPOSE_H

/**
 * dispose_fd() - close a descriptor of any kind without waiting
 *
 * Closing a file of a FUSE file system asks its server, which may never answer: such files are closed by a thread of their own, at most
 * 64 at a time; what is beyond stays open.
 */
void dispose_fd(int fd);

#endif
