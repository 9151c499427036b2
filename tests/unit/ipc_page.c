/* SPDX-License-Identifier: MIT */
/* The shared page: what is mapped, and what is not. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/ipc/page_map.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* A memfd as ipc_page_new() makes it, but for what the caller changes. */
static int page_like(size_t size, int seals, uint32_t magic, uint32_t version, uint32_t told_size, uint32_t slots)
{
	struct ipc_page head = {.magic = magic, .version = version, .size = told_size, .slots = slots};
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &head, 16, 0), 16);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int map_and_close(int fd)
{
	struct ipc_page *page = NULL;
	int rc = ipc_page_map(fd, &page);

	if (!rc)
		ipc_page_unmap(page);
	else
		assert_null(page);
	close(fd);
	return rc;
}

#define PAGE sizeof(struct ipc_page)
#define GOOD PAGE, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, IPC_SLOTS

static void what_one_writes_the_other_reads(void **state)
{
	struct ipc_page *mine, *theirs;
	int fd;

	assert_int_equal(ipc_page_new(&mine, &fd), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(ipc_page_map(fd, &theirs), 0);
	close(fd);
	assert_ptr_not_equal(mine, theirs);
	atomic_store(&mine->slot[IPC_SLOTS - 1].gpu_ns, 77);
	assert_int_equal(atomic_load(&theirs->slot[IPC_SLOTS - 1].gpu_ns), 77);
	atomic_store(&theirs->kicks, 5);
	assert_int_equal(atomic_load(&mine->kicks), 5);
	ipc_page_unmap(mine);
	ipc_page_unmap(theirs);
	ipc_page_unmap(NULL);
}

static void a_page_has_all_its_memory_and_keeps_its_size(void **state)
{
	struct ipc_page *page;
	struct stat file;
	int fd;

	assert_int_equal(ipc_page_new(&page, &fd), 0);
	fstat(fd, &file);
	assert_true(file.st_blocks * 512 >= (off_t)PAGE);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 2 * PAGE), -1);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
	close(fd);
	ipc_page_unmap(page);
}

static void one_like_it_is_mapped(void **state)
{
	assert_int_equal(map_and_close(page_like(GOOD)), 0);
}

static void another_size_fails(void **state)
{
	assert_int_equal(map_and_close(page_like(PAGE - 1, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, IPC_SLOTS)), -EINVAL);
	assert_int_equal(map_and_close(page_like(PAGE + 1, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, IPC_SLOTS)), -EINVAL);
	assert_int_equal(map_and_close(page_like(0, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, IPC_SLOTS)), -EINVAL);
}

static void an_unsealed_one_fails(void **state)
{
	static const int seals[] = {0, SEALS & ~F_SEAL_SHRINK, SEALS & ~F_SEAL_GROW, SEALS & ~F_SEAL_SEAL, SEALS | F_SEAL_WRITE,
		SEALS | F_SEAL_FUTURE_WRITE};

	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		assert_int_equal(
			map_and_close(page_like(PAGE, seals[i], IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, IPC_SLOTS)), -EPERM);
}

static void another_head_fails(void **state)
{
	assert_int_equal(map_and_close(page_like(PAGE, SEALS, 1, IPC_PAGE_VERSION, PAGE, IPC_SLOTS)), -EPROTO);
	assert_int_equal(map_and_close(page_like(PAGE, SEALS, IPC_PAGE_MAGIC, 9, PAGE, IPC_SLOTS)), -EPROTO);
	assert_int_equal(map_and_close(page_like(PAGE, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, 1, IPC_SLOTS)), -EPROTO);
	assert_int_equal(map_and_close(page_like(PAGE, SEALS, IPC_PAGE_MAGIC, IPC_PAGE_VERSION, PAGE, 1)), -EPROTO);
}

static void what_is_no_memfd_fails(void **state)
{
	char name[] = "/tmp/xsched-test-XXXXXX", shm[] = "/dev/shm/xsched-test-XXXXXX";
	int ends[2], fd;

	assert_int_equal(map_and_close(open("/dev/null", O_RDWR)), -EINVAL);
	assert_int_equal(map_and_close(open("/", O_RDONLY)), -EINVAL);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(map_and_close(ends[0]), -EINVAL);
	close(ends[1]);
	fd = mkstemp(name);
	assert_int_equal(ftruncate(fd, PAGE), 0);
	/* A file on a tmpfs has a seal: the one against sealing. */
	int rc = map_and_close(fd);
	assert_true(rc == -EINVAL || rc == -EPERM);
	unlink(name);
	fd = mkstemp(shm);
	if (fd >= 0) {
		struct statfs in;

		assert_int_equal(ftruncate(fd, PAGE), 0);
		assert_int_equal(fstatfs(fd, &in), 0);
		/* In a chroot it may be a folder like others. */
		assert_int_equal(map_and_close(fd), in.f_type == TMPFS_MAGIC ? -EPERM : -EINVAL);
		unlink(shm);
	}
	assert_int_equal(map_and_close(-1), -EBADF);
}

static void one_that_cannot_be_written_fails(void **state)
{
	char name[64];
	int fd = page_like(GOOD), other;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	other = open(name, O_RDONLY);
	close(fd);
	assert_int_equal(map_and_close(other), -EACCES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_one_writes_the_other_reads),
		cmocka_unit_test(a_page_has_all_its_memory_and_keeps_its_size),
		cmocka_unit_test(one_like_it_is_mapped),
		cmocka_unit_test(another_size_fails),
		cmocka_unit_test(an_unsealed_one_fails),
		cmocka_unit_test(another_head_fails),
		cmocka_unit_test(what_is_no_memfd_fails),
		cmocka_unit_test(one_that_cannot_be_written_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
