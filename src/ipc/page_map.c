/* SPDX-License-Identifier: MIT */
/* Making and mapping the shared page; see page_map.h. */
#include "src/ipc/page_map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

/* linux/memfd.h, since 6.3: not executable, whatever the administrator demands of others. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u
#endif

#define SIZE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static int memfd(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("xsched-page", flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("xsched-page", flags) : fd;
}

static struct ipc_page *map(int fd)
{
	void *at = mmap(NULL, sizeof(struct ipc_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

int ipc_page_new(struct ipc_page **page_p, int *fd_p)
{
	struct ipc_page *page;
	int rc, fd = memfd();

	if (fd < 0)
		return -errno;
	/* Memory that is missing is an error here; later it would be a signal. */
	rc = -posix_fallocate(fd, 0, sizeof(struct ipc_page));
	if (!rc && fcntl(fd, F_ADD_SEALS, SIZE_SEALS))
		rc = -errno;
	page = rc ? NULL : map(fd);
	if (!page) {
		rc = rc ? rc : -errno;
		close(fd);
		return rc;
	}
	page->magic = IPC_PAGE_MAGIC;
	page->version = IPC_PAGE_VERSION;
	page->size = sizeof(struct ipc_page);
	page->slots = IPC_SLOTS;
	for (unsigned i = 0; i < IPC_BRAKES; i++)
		page->brake[i].kind = IPC_BRAKE_KIND;
	*page_p = page;
	*fd_p = fd;
	return 0;
}

int ipc_page_map(int fd, struct ipc_page **page_p)
{
	struct ipc_page *page;
	struct statfs in;
	struct stat file;
	int seals = fcntl(fd, F_GET_SEALS);

	/* Only tmpfs and hugetlbfs have seals; so this comes first, before any question to a file system of somebody's own. */
	if (seals < 0)
		return errno == EINVAL ? -EINVAL : -errno;
	if (fstatfs(fd, &in) || fstat(fd, &file))
		return -errno;
	if (in.f_type != TMPFS_MAGIC || !S_ISREG(file.st_mode) || file.st_size != sizeof(struct ipc_page))
		return -EINVAL;
	if ((seals & SIZE_SEALS) != SIZE_SEALS || seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	page = map(fd);
	if (!page)
		return -errno;
	if (page->magic != IPC_PAGE_MAGIC || page->version != IPC_PAGE_VERSION || page->size != sizeof(struct ipc_page) ||
		page->slots != IPC_SLOTS) {
		munmap(page, sizeof(*page));
		return -EPROTO;
	}
	*page_p = page;
	return 0;
}

void ipc_page_unmap(struct ipc_page *page)
{
	if (page)
		munmap(page, sizeof(*page));
}
