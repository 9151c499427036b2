/* SPDX-License-Identifier: MIT */
/* Memory files of the simulated devices; see devfile.h. Created when first opened, under one mutex; looked up by any thread. */
#include "sim/kfd/devfile.h"

#include <linux/kcmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/device/device.h"

#define NAME_PREFIX "kfdsim-"
#define LINK_PREFIX "/memfd:" NAME_PREFIX
/* Our descriptors sit above what programs use, so that dup2() and close loops rarely meet them. */
#define FD_BASE 700

struct file {
	_Atomic uint64_t inode; /* 0: not created; set last */
	uint64_t device;
	int fd;
};

/* files[0] is /dev/kfd, files[1 + gpu] a render node. Written under the mutex, inode read by anyone. */
static struct file files[1 + SIM_MAX_GPUS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static struct file *file_of(enum devfile_kind kind, uint32_t gpu)
{
	return kind == DEVFILE_KFD ? &files[0] : &files[1 + gpu];
}

static uint64_t file_inode(struct file *f)
{
	/* Acquire: device and fd are set before. Pairs with the release in file_get(). */
	return atomic_load_explicit(&f->inode, memory_order_acquire);
}

static int create(enum devfile_kind kind, uint32_t gpu)
{
	char name[32];

	if (kind == DEVFILE_KFD)
		snprintf(name, sizeof(name), NAME_PREFIX "kfd");
	else
		snprintf(name, sizeof(name), NAME_PREFIX "renderD%u", sim_machine_get()->gpu[gpu].render_minor);
	int fd = sys_memfd(name, MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, kind == DEVFILE_KFD ? DEVFILE_KFD_BYTES : DEVFILE_RENDER_BYTES)) {
		int error = errno;

		sim_log(SIM_LOG_ERROR, "cannot make the file of %s: %s", name, strerror(error));
		sys_close(fd);
		return -error;
	}
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FD_BASE);
	if (high >= 0) {
		sys_close(fd);
		fd = high;
	}
	return fd;
}

/* The simulator's descriptor, created if need be; checked, because a program may have closed what it did not open. */
static int file_get(enum devfile_kind kind, uint32_t gpu)
{
	struct file *f = file_of(kind, gpu);
	struct stat st;
	int fd;

	pthread_mutex_lock(&mutex);
	uint64_t inode = file_inode(f);
	if (!inode) {
		fd = create(kind, gpu);
		if (fd >= 0 && !sys_fstat(fd, &st)) {
			f->fd = fd;
			f->device = st.st_dev;
			/* Release: pairs with the acquire in file_inode(). */
			atomic_store_explicit(&f->inode, st.st_ino, memory_order_release);
		}
	} else if (!sys_fstat(f->fd, &st) && st.st_ino == inode && st.st_dev == f->device) {
		fd = f->fd;
	} else {
		sim_log(SIM_LOG_ERROR, "the program closed descriptor %d, which held the simulated device",
			f->fd);
		fd = -ENODEV;
	}
	pthread_mutex_unlock(&mutex);
	return fd;
}

int devfile_open(enum devfile_kind kind, uint32_t gpu, int flags)
{
	char path[32];
	int fd = file_get(kind, gpu);

	if (fd < 0)
		return fd;
	/* An open() of its own where /proc allows, so that the descriptors share no file status. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int opened = sys_openat(AT_FDCWD, path, flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK), 0);
	if (opened < 0)
		opened = fcntl(fd, flags & O_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	return opened < 0 ? -errno : opened;
}

static bool identify_stat(int fd, struct devfile *f, struct stat *st)
{
	if (sys_fstat(fd, st) || !S_ISREG(st->st_mode))
		return false;
	for (uint32_t i = 0; i < 1 + SIM_MAX_GPUS; i++) {
		uint64_t inode = file_inode(&files[i]);

		if (!inode || st->st_ino != inode || st->st_dev != files[i].device)
			continue;
		f->kind = i ? DEVFILE_RENDER : DEVFILE_KFD;
		f->gpu = i ? i - 1 : 0;
		f->foreign = false;
		return true;
	}
	return false;
}

bool devfile_identify(int fd, struct devfile *f)
{
	struct stat st;
	int saved = errno;
	bool ours = identify_stat(fd, f, &st);

	errno = saved;
	return ours;
}

bool devfile_identify_any(int fd, struct devfile *f)
{
	char path[32], target[64];
	struct stat st;
	int saved = errno;
	bool ours;

	memset(&st, 0, sizeof(st));
	ours = identify_stat(fd, f, &st);
	/* A memory file has no name. */
	if (!ours && S_ISREG(st.st_mode) && !st.st_nlink) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		long n = sys_readlink(path, target, sizeof(target) - 1);
		unsigned minor;

		target[n > 0 ? n : 0] = 0;
		f->foreign = true;
		f->gpu = 0;
		if (!strncmp(target, LINK_PREFIX "kfd ", strlen(LINK_PREFIX "kfd "))) {
			f->kind = DEVFILE_KFD;
			ours = true;
		} else if (sscanf(target, LINK_PREFIX "renderD%u", &minor) == 1) {
			const struct sim_machine *m = sim_machine_get();

			for (uint32_t i = 0; i < m->gpu_count; i++)
				if (m->gpu[i].render_minor == minor) {
					f->kind = DEVFILE_RENDER;
					f->gpu = i;
					ours = true;
				}
		}
	}
	errno = saved;
	return ours;
}

bool devfile_same(int fd1, int fd2)
{
	long r = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, fd1, fd2);

	/* Where kcmp() is not allowed the answer that keeps programs running is yes. */
	return r == 0 || (r < 0 && errno != EBADF);
}

uint8_t *devfile_map(enum devfile_kind kind, uint32_t gpu, uint64_t offset, uint64_t bytes)
{
	int fd = file_get(kind, gpu);

	if (fd < 0)
		return NULL;
	void *host = sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
		(off_t)offset);
	if (host == MAP_FAILED)
		return NULL;
	/* A forked child has no part in its parent's GPU memory. */
	madvise(host, bytes, MADV_DONTFORK);
	madvise(host, bytes, MADV_DONTDUMP);
	return host;
}

void devfile_discard(enum devfile_kind kind, uint32_t gpu, uint64_t offset, uint64_t bytes)
{
	int fd = file_get(kind, gpu);

	if (fd >= 0 && fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)bytes))
		sim_log(SIM_LOG_WARNING, "cannot free GPU memory: %s", strerror(errno));
}

void devfile_fork_child(void)
{
	pthread_mutex_init(&mutex, NULL);
	for (uint32_t i = 0; i < 1 + SIM_MAX_GPUS; i++) {
		if (!file_inode(&files[i]))
			continue;
		struct stat st;

		if (!sys_fstat(files[i].fd, &st) && st.st_ino == file_inode(&files[i]))
			sys_close(files[i].fd);
		atomic_store_explicit(&files[i].inode, 0, memory_order_release);
	}
}
