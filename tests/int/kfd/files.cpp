/* SPDX-License-Identifier: MIT */
/* Device nodes and sysfs under the simulator through the C and C++ libraries; started by files.sh with two GPUs. */
#include <atomic>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <dirent.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include <cmocka.h>
}

#include "kfd_ioctl.h"

namespace fs = std::filesystem;

#define TOPOLOGY "/sys/devices/virtual/kfd/kfd/topology"

static int version_of(int fd)
{
	kfd_ioctl_get_version_args v{};

	return ioctl(fd, AMDKFD_IOC_GET_VERSION, &v) ? -errno : (int)v.minor_version;
}

static std::string text_of(const std::string &path)
{
	std::ifstream f(path);

	return std::string(std::istreambuf_iterator<char>(f), {});
}

static void streams_read_attributes(void **)
{
	std::ifstream f(TOPOLOGY "/nodes/1/gpu_id");
	unsigned id = 0;

	assert_true(bool(f >> id));
	assert_int_equal(id, 45324);
	assert_string_equal(text_of("/sys/class/kfd/kfd/topology/nodes/1/gpu_id").c_str(), "45324\n");
	assert_true(text_of(TOPOLOGY "/nodes/2/properties").find("\nnode_") == std::string::npos);
	assert_true(text_of("/proc/modules").find("amdgpu ") == 0);
	assert_false(std::ifstream(TOPOLOGY "/nodes/3/gpu_id").good());
}

static void filesystem_library_walks_the_tree(void **)
{
	std::set<std::string> nodes, files;

	for (const auto &e : fs::directory_iterator(TOPOLOGY "/nodes"))
		nodes.insert(e.path().filename());
	assert_true(nodes == (std::set<std::string>{"0", "1", "2"}));
	for (const auto &e : fs::recursive_directory_iterator("/sys/class/kfd/kfd/topology/nodes/1"))
		if (e.is_regular_file())
			files.insert(e.path().string().substr(strlen("/sys/class/kfd/kfd/topology/nodes/1/")));
	assert_true(files == (std::set<std::string>{"gpu_id", "name", "properties", "mem_banks/0/properties",
		"caches/0/properties", "caches/1/properties", "io_links/0/properties", "p2p_links/0/properties"}));
	assert_true(fs::is_character_file("/dev/kfd"));
	assert_true(fs::is_directory("/dev/dri"));
	assert_false(fs::exists("/dev/dri/renderD130"));
	assert_string_equal(fs::canonical("/sys/class/kfd/kfd/../kfd/topology").c_str(), TOPOLOGY);
	char resolved[PATH_MAX];
	assert_string_equal(realpath("/sys/class/kfd/kfd/topology", resolved), TOPOLOGY);
	assert_null(realpath(TOPOLOGY "/none", nullptr));
	assert_int_equal(errno, ENOENT);
}

static void class_directory_leads_to_the_device_by_a_link(void **)
{
	struct stat link, device;
	char target[64] = "";

	assert_int_equal(lstat("/sys/class/kfd/kfd", &link), 0);
	assert_true(S_ISLNK(link.st_mode));
	assert_int_equal(readlink("/sys/class/kfd/kfd", target, sizeof(target) - 1), strlen("../../devices/virtual/kfd/kfd"));
	assert_string_equal(target, "../../devices/virtual/kfd/kfd");
	assert_int_equal(stat("/sys/class/kfd/kfd", &link), 0);
	assert_int_equal(stat("/sys/devices/virtual/kfd/kfd", &device), 0);
	assert_true(S_ISDIR(link.st_mode) && link.st_ino == device.st_ino);
	assert_int_equal(lstat("/sys/class/kfd/kfd/", &link), 0);
	assert_true(S_ISDIR(link.st_mode));
	/* Above where it leads to is another directory. */
	assert_string_equal(fs::canonical("/sys/class/kfd/kfd/..").c_str(), "/sys/devices/virtual/kfd");
	assert_int_equal(access("/sys/class/kfd/kfd/../../kfd/kfd/topology", F_OK), 0);
	assert_int_equal(open("/sys/class/kfd/kfd", O_RDONLY | O_NOFOLLOW), -1);
	assert_int_equal(errno, ELOOP);
	int fd = open("/sys/class/kfd", O_RDONLY | O_DIRECTORY);
	assert_int_equal(fstatat(fd, "kfd", &link, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISLNK(link.st_mode));
	close(openat(fd, "kfd/topology/generation_id", O_RDONLY));
	close(fd);
	for (const auto &e : fs::directory_iterator("/sys/class/kfd"))
		assert_true(e.is_symlink() && e.path().filename() == "kfd");
	/* Walks do not follow it, and come back. */
	unsigned count = 0;
	for (const auto &e : fs::recursive_directory_iterator("/sys/class/kfd"))
		count += !e.path().empty();
	assert_int_equal(count, 1);
}

static void directory_functions_agree(void **)
{
	DIR *d = opendir("/sys//module/./amdgpu/");
	std::set<std::string> first, second;

	assert_non_null(d);
	while (dirent *e = readdir(d))
		first.insert(e->d_name);
	rewinddir(d);
	while (dirent64 *e = readdir64(d))
		second.insert(e->d_name);
	assert_true(first == second);
	assert_true(first == (std::set<std::string>{".", "..", "initstate", "refcnt", "holders", "parameters"}));
	/* Relative to the directory's descriptor. */
	int fd = openat(dirfd(d), "parameters/cwsr_enable", O_RDONLY);
	char c = 0;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &c, 1), 1);
	assert_int_equal(c, '1');
	close(fd);
	assert_int_equal(faccessat(dirfd(d), "parameters/none", R_OK, 0), -1);
	/* Nothing is the directory itself only where that is asked for. */
	struct stat st;
	assert_int_equal(openat(dirfd(d), "", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fstatat(dirfd(d), "", &st, 0), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(fstatat(dirfd(d), "", &st, AT_EMPTY_PATH), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_int_equal(closedir(d), 0);
	dirent **list;
	int n = scandir("/dev/dri", &list, nullptr, alphasort);
	assert_int_equal(n, 4);
	assert_string_equal(list[2]->d_name, "renderD128");
	assert_string_equal(list[3]->d_name, "renderD129");
	assert_int_equal(list[3]->d_type, DT_CHR);
	while (n)
		free(list[--n]);
	free(list);
}

static void reentrant_reading_gives_the_same_names(void **)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	for (const char *path : {"/sys/module/amdgpu", "/sys/class"}) {
		DIR *d = opendir(path);
		std::set<std::string> first, second, third;
		dirent entry, *e;
		dirent64 entry64, *e64;

		assert_non_null(d);
		while ((e = readdir(d)))
			first.insert(e->d_name);
		rewinddir(d);
		while (!readdir_r(d, &entry, &e) && e)
			second.insert(e->d_name);
		rewinddir(d);
		while (!readdir64_r(d, &entry64, &e64) && e64)
			third.insert(e64->d_name);
		assert_true(!first.empty() && first == second && first == third);
		closedir(d);
	}
#pragma GCC diagnostic pop
}

static void children_of_threads_read_directories(void **)
{
	DIR *simulated = opendir(TOPOLOGY), *real = opendir("/");
	std::atomic<bool> ends{false};
	std::thread other([&] {
		while (!ends)
			dirfd(real);
	});
	int status = 0;

	for (int i = 0; i < 300 && !status; i++) {
		pid_t child = fork();
		if (!child) {
			alarm(10);
			_exit(closedir(opendir("/sys")) || closedir(opendir(TOPOLOGY)));
		}
		waitpid(child, &status, 0);
	}
	ends = true;
	other.join();
	assert_int_equal(status, 0);
	closedir(simulated);
	closedir(real);
}

static void wrong_ways_to_open_have_their_errors(void **)
{
	assert_int_equal(open(TOPOLOGY "/generation_id", O_RDWR), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(open(TOPOLOGY "/none", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(open(TOPOLOGY "/none", O_RDONLY | O_DIRECTORY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(open(TOPOLOGY "/none", O_RDWR | O_CREAT | O_EXCL, 0600), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(open(TOPOLOGY "/none", O_RDWR | O_CREAT, 0600), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(open(TOPOLOGY "/generation_id", O_RDWR | O_CREAT | O_EXCL, 0600), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(open(TOPOLOGY "/generation_id", O_RDONLY | O_DIRECTORY), -1);
	assert_int_equal(errno, ENOTDIR);
	for (const char *path : {TOPOLOGY "/generation_id/", TOPOLOGY "/generation_id/none", "/dev/kfd/", "/dev/kfd/none"}) {
		struct stat st;

		assert_int_equal(open(path, O_RDONLY), -1);
		assert_int_equal(errno, ENOTDIR);
		assert_int_equal(stat(path, &st), -1);
		assert_int_equal(errno, ENOTDIR);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(errno, ENOTDIR);
		assert_null(opendir(path));
		assert_int_equal(errno, ENOTDIR);
	}
	int dir = open(TOPOLOGY "/", O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);
	close(dir);
	assert_null(opendir(TOPOLOGY "/generation_id"));
	assert_int_equal(errno, ENOTDIR);
	assert_null(fopen(TOPOLOGY "/generation_id", "w"));
	assert_int_equal(errno, EACCES);
	assert_int_equal(access("/dev/kfd", R_OK | W_OK), 0);
	assert_int_equal(access(TOPOLOGY "/generation_id", W_OK), -1);
}

static void everything_else_is_the_real_file_system(void **)
{
	char path[] = "/tmp/sim-files-XXXXXX", text[16] = "";
	int fd = mkstemp(path);
	struct stat by_name, by_fd;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "real", 4), 4);
	assert_int_equal(stat(path, &by_name), 0);
	assert_int_equal(fstat(fd, &by_fd), 0);
	assert_true(by_name.st_ino == by_fd.st_ino && S_ISREG(by_fd.st_mode) && by_fd.st_size == 4);
	void *map = mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(map != MAP_FAILED && !memcmp(map, "real", 4));
	munmap(map, 4096);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_string_equal(text, "real");
	fclose(f);
	close(fd);
	unlink(path);
	errno = 0;
	assert_int_equal(open(path, O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(ioctl(0, AMDKFD_IOC_GET_VERSION, path), -1);
	assert_true(errno == ENOTTY || errno == EINVAL);
	assert_true(fs::exists("/proc/self/status"));
	/* A memory file of the program's own is none of ours. */
	fd = memfd_create("own", 0);
	assert_int_equal(fstat(fd, &by_fd), 0);
	assert_true(S_ISREG(by_fd.st_mode));
	assert_int_equal(version_of(fd), -ENOTTY);
	close(fd);
}

static void what_is_mapped_must_be_allowed_by_the_descriptor(void **)
{
	off_t events = (off_t)(UINT64_C(2) << 62);
	int fd = open("/dev/kfd", O_RDONLY | O_CLOEXEC);

	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(version_of(fd), 17);
	assert_true(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, events) == MAP_FAILED);
	assert_int_equal(errno, EACCES);
	close(fd);
	fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	void *map = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, events);
	assert_true(map != MAP_FAILED);
	munmap(map, 4096);
	close(fd);
}

static void descriptors_are_the_device_however_they_are_copied(void **)
{
	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC), pair[2];
	struct stat st;

	assert_int_equal(version_of(fd), 17);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(version_of(dup(fd)), 17);
	assert_int_equal(version_of(dup2(fd, 200)), 17);
	assert_int_equal(version_of(fcntl(fd, F_DUPFD_CLOEXEC, 300)), 17);
	close(fd);
	assert_int_equal(version_of(200), 17);
	assert_int_equal(version_of(fd), -EBADF);
	/* Through a socket. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	iovec io = {&byte, 1};
	msghdr m{};
	m.msg_iov = &io;
	m.msg_iovlen = 1;
	m.msg_control = control;
	m.msg_controllen = sizeof(control);
	cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	int sent = 200, got = -1;
	memcpy(CMSG_DATA(c), &sent, sizeof(int));
	assert_int_equal(sendmsg(pair[0], &m, 0), 1);
	assert_int_equal(recvmsg(pair[1], &m, 0), 1);
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	assert_true(got != 200);
	assert_int_equal(version_of(got), 17);
}

static void handle_on_small_stack(int)
{
	char target[16];
	struct stat st;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) || stat("/dev/null", &st) || access("/sys/class", F_OK) ||
		readlink("/proc/self/exe", target, sizeof(target)) <= 0 || close(fd))
		_exit(1);
}

#ifdef __SANITIZE_ADDRESS__
#define HANDLER_STACK 65536u /* with its red zones */
#else
#define HANDLER_STACK 4096u
#endif

/* What the kernel needs of it, and a page. */
static void handlers_open_files_on_a_small_signal_stack(void **)
{
	size_t least = getauxval(AT_MINSIGSTKSZ), own = (least ? least : 2048) + HANDLER_STACK, bytes = (own + 4095) & ~4095ul;
	pid_t child = fork();
	int status;

	if (!child) {
		auto stack = (char *)mmap(nullptr, bytes + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		mprotect(stack, 4096, PROT_NONE);
		stack_t s{};
		s.ss_sp = stack + 4096;
		s.ss_size = own;
		struct sigaction action{};
		action.sa_handler = handle_on_small_stack;
		action.sa_flags = SA_ONSTACK;
		handle_on_small_stack(0); /* so that the dynamic linker has found them */
		if (sigaltstack(&s, nullptr) || sigaction(SIGUSR1, &action, nullptr) || raise(SIGUSR1))
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void render_node_is_a_character_device_of_drm(void **)
{
	int fd = open("/dev/dri/renderD129", O_RDWR);
	struct stat by_name, by_fd;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &by_fd), 0);
	assert_int_equal(stat("/dev/dri/renderD129", &by_name), 0);
	assert_true(S_ISCHR(by_fd.st_mode) && by_fd.st_rdev == makedev(226, 129) && by_name.st_rdev == by_fd.st_rdev);
	assert_true(by_name.st_dev == by_fd.st_dev && by_name.st_ino == by_fd.st_ino);
	assert_int_equal(access("/sys/dev/char/226:129/device/drm", F_OK), 0);
	assert_string_equal(text_of("/sys/dev/char/226:129/device/device").c_str(), "0x740f\n");
	char target[64] = "";
	assert_true(readlink("/sys/dev/char/226:129/device/subsystem", target, sizeof(target) - 1) > 0);
	assert_string_equal(strrchr(target, '/'), "/pci");
	/* Nothing is allocated, so nothing can be mapped. */
	assert_true(mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 4096) == MAP_FAILED);
	assert_int_equal(errno, EINVAL);
	close(fd);
}

static void sysfs_shows_the_process(void **)
{
	std::string dir = "/sys/class/kfd/kfd/proc/" + std::to_string(getpid());

	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	assert_true(fs::is_directory(dir + "/queues"));
	assert_true(fs::is_empty(dir + "/queues"));
	assert_string_equal(text_of(dir + "/vram_45324").c_str(), "0\n");
	close(fd);
}

static void child_has_to_open_the_device_itself(void **)
{
	int fd = open("/dev/kfd", O_RDWR), status;
	pid_t child = fork();

	if (!child) {
		if (version_of(fd) != -EBADF)
			_exit(1);
		/* Here the simulator has its parent's doorbells. */
		if (mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED || errno != EINVAL)
			_exit(3);
		_exit(version_of(open("/dev/kfd", O_RDWR)) == 17 ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(version_of(fd), 17);
	/* Also what survives exec() is the parent's. */
	std::string command = "exec python3 -c 'import fcntl,sys\ntry:\n fcntl.ioctl(" + std::to_string(fd) +
		", 0x80084b01, bytes(8))\nexcept OSError as e: sys.exit(e.errno)'";
	if (!system("command -v python3 >/dev/null"))
		assert_int_equal(WEXITSTATUS(system(command.c_str())), EBADF);
	close(fd);
}

int main()
{
	const CMUnitTest tests[] = {
		cmocka_unit_test(streams_read_attributes),
		cmocka_unit_test(filesystem_library_walks_the_tree),
		cmocka_unit_test(class_directory_leads_to_the_device_by_a_link),
		cmocka_unit_test(directory_functions_agree),
		cmocka_unit_test(reentrant_reading_gives_the_same_names),
		cmocka_unit_test(children_of_threads_read_directories),
		cmocka_unit_test(wrong_ways_to_open_have_their_errors),
		cmocka_unit_test(everything_else_is_the_real_file_system),
		cmocka_unit_test(what_is_mapped_must_be_allowed_by_the_descriptor),
		cmocka_unit_test(descriptors_are_the_device_however_they_are_copied),
		cmocka_unit_test(handlers_open_files_on_a_small_signal_stack),
		cmocka_unit_test(render_node_is_a_character_device_of_drm),
		cmocka_unit_test(sysfs_shows_the_process),
		cmocka_unit_test(child_has_to_open_the_device_itself),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
