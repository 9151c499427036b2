/* SPDX-License-Identifier: MIT */
/*
 * Making the page that a process shares with the daemon (its library does), and mapping one that was received (the daemon does);
 * the layout is in page.h.
 */
#ifndef IPC_PAGE_MAP_H
#define IPC_PAGE_MAP_H

#include "src/ipc/page.h"

/**
 * ipc_page_new() - make a page: zero but for its first members and the kind of its brakes
 * @page_p: out; until ipc_page_unmap()
 * @fd_p:   out; close-on-exec; to be passed to daemons
 *
 * The memory is allocated at once, and its size sealed.
 *
 * Return: 0; -ENOSYS or -EPERM where no memfd can be made; -ENOSPC; -ENOMEM; another -errno.
 */
int ipc_page_new(struct ipc_page **page_p, int *fd_p);

/**
 * ipc_page_map() - map a page that somebody else made
 * @fd:     what was received; any kind of file
 * @page_p: out; until ipc_page_unmap()
 *
 * Nothing that the maker does afterwards makes an access fault: @fd is memory of the kernel's own tmpfs with the exact size, which is
 * sealed. Looking at a file of another kind does not ask its file system anything, which could block.
 *
 * Return: 0; -EINVAL for another kind of file, or another size; -EPERM where the size is not sealed, or writing is; -EPROTO for another
 *         magic, version or number of slots; another -errno.
 */
int ipc_page_map(int fd, struct ipc_page **page_p);

/** ipc_page_unmap() - the caller needs it no longer; NULL is allowed */
void ipc_page_unmap(struct ipc_page *page);

#endif
