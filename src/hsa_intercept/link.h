/* SPDX-License-Identifier: MIT */
/* Between link.c, which has the connection and its thread, and remote.c, which speaks through it. */
#ifndef LINK_H
#define LINK_H

#include "src/ipc/codec.h"
#include "src/ipc/page_map.h"

/**
 * remote_up() - the daemon decides from here on
 * @sock: connected; borrowed until remote_down(), which must come before it is closed
 * @kick_fd: what came with @welcome, or -1; does not block; borrowed as @sock
 * @page: borrowed; never unmapped
 * Context: the link, or the first queue creation; takes the scheduler's lock.
 */
void remote_up(int sock, int kick_fd, struct ipc_page *page, const struct ipc_welcome *welcome);
/** remote_down() - the process decides for itself. Context: as remote_up(). */
void remote_down(void);
/** remote_say() - a message from the link, which keeps the connection meanwhile. Context: the link; takes the scheduler's lock. */
void remote_say(void *message);
/** remote_forget() - in a forked child */
void remote_forget(void);

#endif
