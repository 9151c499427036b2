/* SPDX-License-Identifier: MIT */
/* Each row of doctor against a machine made of files: what it finds, how bad that is, and what it advises. */
#include <elf.h>
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cli/doctor.h"

#define PID	4711
#define LIBRARY "/usr/lib/libxsched_hsa.so"
#define SOCKET	"/run/xsched/xschedd.sock"

/* What the fake machine says; reset before each test. */
static char root[64];
static const char *own_env[8][2];
static const char *denied;
static bool old_kernel;
static int kfd_result;
static unsigned kfd_major, kfd_minor;
static struct system_daemon daemon_answer;

static const char *fake_env(const char *name)
{
	for (size_t i = 0; own_env[i][0]; i++)
		if (!strcmp(own_env[i][0], name))
			return own_env[i][1];
	return NULL;
}

/* Root may open everything, so what is denied is said here. */
static int fake_access(const struct system *s, const char *path, int mode)
{
	if (denied && mode != F_OK && !strcmp(path, denied))
		return -EACCES;
	return system_real.access(s, path, mode);
}

static int fake_stat_as(const struct system *s, pid_t pid, const char *path, struct stat *stat_p)
{
	return pid && old_kernel ? -ENOSYS : system_real.stat_as(s, pid, path, stat_p);
}

static int fake_kfd(const struct system *s, unsigned *major_p, unsigned *minor_p)
{
	*major_p = kfd_major;
	*minor_p = kfd_minor;
	return kfd_result;
}

static void copy_list(struct snapshot *to, const struct snapshot *from)
{
	union ipc_any any;

	to->machine = from->machine;
	to->elsewhere = from->elsewhere;
	for (size_t i = 0; i < from->client_count; i++) {
		any.client_entry = from->clients[i];
		assert_int_equal(snapshot_add(to, &any), 0);
	}
}

static void fake_daemon(const struct system *s, const char *path, struct system_daemon *answer_p)
{
	*answer_p = (struct system_daemon){.error = daemon_answer.error};
	strcpy(answer_p->text, daemon_answer.text);
	copy_list(&answer_p->list, &daemon_answer.list);
}

static const struct system fake = {.root = root, .env = fake_env, .access = fake_access, .stat_as = fake_stat_as, .kfd = fake_kfd,
	.daemon = fake_daemon};

static void full_path(const char *path, char full[256])
{
	snprintf(full, 256, "%s%s", root, path);
}

/* A file, with its folders. */
static void put(const char *path, const void *data, size_t size)
{
	char full[256];

	full_path(path, full);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		assert_true(!mkdir(full, 0755) || errno == EEXIST);
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void mode(const char *path, mode_t bits)
{
	char full[256];

	full_path(path, full);
	assert_int_equal(chmod(full, bits), 0);
}

static void drop(const char *path)
{
	char full[256];

	full_path(path, full);
	assert_int_equal(unlink(full), 0);
}

static void put_link(const char *path, const char *to)
{
	char full[256];

	put_text(path, "");
	drop(path);
	full_path(path, full);
	assert_int_equal(symlink(to, full), 0);
}

static void put_elf(const char *path, unsigned char class, uint16_t machine, uint16_t type, bool loader)
{
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segment;
	} elf = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, class}, .e_type = type, .e_machine = machine,
			 .e_phoff = sizeof(Elf64_Ehdr), .e_phnum = 1, .e_phentsize = sizeof(Elf64_Phdr)},
		.segment = {.p_type = loader ? PT_INTERP : PT_LOAD}};

	put(path, &elf, sizeof(elf));
}

static void put_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	put_text(path, "");
	drop(path);
	assert_true((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", root, path) < sizeof(address.sun_path));
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	close(sock);
}

/* Environments of processes end their variables in zero bytes. */
static void put_environ(const char *text)
{
	char block[2048];
	size_t size = strlen(text);

	memcpy(block, text, size);
	for (size_t i = 0; i < size; i++)
		if (block[i] == '\n')
			block[i] = 0;
	put("/proc/4711/environ", block, size);
}

#define MAPS_ROCR                                                                                                                \
	"7f0000000000-7f0000001000 r--p 00000000 08:01 12                         /usr/lib/libhsa-runtime64.so.1.13.60102\n"   \
	"7f0000001000-7f0000002000 r-xp 00001000 08:01 12                         /usr/lib/libhsa-runtime64.so.1.13.60102\n"
#define MAPS_OURS "7f0000003000-7f0000004000 r--p 00000000 08:01 13                         " LIBRARY "\n"

/* A machine on which all is well, with a process that is scheduled. */
static int setup(void **state)
{
	static const uint64_t auxv[] = {AT_SECURE, 0, AT_NULL, 0};
	union ipc_any any;

	strcpy(root, "/tmp/doctor.XXXXXX");
	assert_non_null(mkdtemp(root));
	memset(own_env, 0, sizeof(own_env));
	own_env[0][0] = "PATH";
	own_env[0][1] = "/usr/bin:/bin";
	denied = NULL;
	old_kernel = false;
	kfd_result = 0;
	kfd_major = 1;
	kfd_minor = 17;
	put_elf(LIBRARY, ELFCLASS64, EM_X86_64, ET_DYN, false);
	put_elf("/usr/bin/app", ELFCLASS64, EM_X86_64, ET_DYN, true);
	mode("/usr/bin/app", 0755);
	put_text("/dev/kfd", "");
	put_text("/dev/dri/renderD128", "");
	put_text("/sys/module/amdgpu/parameters/cwsr_enable", "1\n");
	put_text("/sys/module/amdgpu/parameters/sched_policy", "0\n");
	put_socket(SOCKET);
	put_elf("/proc/4711/exe", ELFCLASS64, EM_X86_64, ET_DYN, true);
	put_environ("PATH=/bin\nHSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\nHSA_TOOLS_ROCPROFILER_V1_TOOLS=1\n");
	put("/proc/4711/auxv", auxv, sizeof(auxv));
	put_text("/proc/4711/maps", "00400000-00401000 r-xp 00000000 00:00 0 \n" MAPS_ROCR MAPS_OURS);
	put_elf("/proc/4711/root" LIBRARY, ELFCLASS64, EM_X86_64, ET_DYN, false);
	char from[256], to[256];
	full_path(SOCKET, from);
	put_text("/proc/4711/root" SOCKET, "");
	drop("/proc/4711/root" SOCKET);
	full_path("/proc/4711/root" SOCKET, to);
	assert_int_equal(link(from, to), 0);

	daemon_answer = (struct system_daemon){0};
	daemon_answer.list.machine.pid = 99;
	ipc_text_set(daemon_answer.list.machine.policy, sizeof(daemon_answer.list.machine.policy), "hpf");
	ipc_message_init(&any, IPC_CLIENT_ENTRY, 1);
	any.client_entry.client = 3;
	any.client_entry.pid = any.client_entry.container_pid = PID;
	any.client_entry.queues = 2;
	assert_int_equal(snapshot_add(&daemon_answer.list, &any), 0);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static int teardown(void **state)
{
	snapshot_fini(&daemon_answer.list);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* All rows; the named one is kept. Return: how many were problems or warnings. */
static unsigned examine(pid_t pid, const char *program, const char *name, struct doctor_finding *f_p)
{
	struct doctor_finding f;
	unsigned bad = 0;
	char error[256];
	struct doctor d;

	assert_int_equal(doctor_init(&d, &fake, pid, program, NULL, error, sizeof(error)), 0);
	snprintf(d.library, sizeof(d.library), "%s", LIBRARY);
	if (f_p)
		*f_p = (struct doctor_finding){.verdict = 99};
	for (const struct doctor_check *check = doctor_checks; check->name; check++) {
		doctor_run(&d, check, &f);
		if (f.verdict > DOCTOR_OK)
			bad++;
		/* Whatever is not well comes with advice. */
		assert_int_equal(f.verdict > DOCTOR_OK, *f.advice != 0);
		assert_int_equal(f.verdict != DOCTOR_NONE, *f.found != 0);
		if (name && !strcmp(check->name, name))
			*f_p = f;
	}
	doctor_fini(&d);
	return bad;
}

/* The named row alone has something to say, of this kind, with these words. */
static void expect(pid_t pid, const char *program, const char *name, enum doctor_verdict verdict, const char *found, const char *advice)
{
	struct doctor_finding f;

	unsigned bad = examine(pid, program, name, &f);
	if (f.verdict != verdict || !strstr(f.found, found) || !strstr(f.advice, advice))
		fail_msg("%s: verdict %d, \"%s\" -> \"%s\"", name, f.verdict, f.found, f.advice);
	assert_int_equal(bad, verdict > DOCTOR_OK);
}

static void well_machine_program_and_process_have_no_problem(void **state)
{
	assert_int_equal(examine(0, NULL, NULL, NULL), 0);
	assert_int_equal(examine(0, "app", NULL, NULL), 0);
	assert_int_equal(examine(PID, NULL, NULL, NULL), 0);
	expect(PID, NULL, "known there", DOCTOR_OK, "with 2 queues", "");
	expect(PID, NULL, "ROCr", DOCTOR_OK, "libhsa-runtime64.so.1.13.60102", "");
	expect(PID, NULL, "driver", DOCTOR_OK, "1.17", "");
}

static void process_or_program_that_is_not_there_is_an_error(void **state)
{
	char error[256];
	struct doctor d;

	assert_int_equal(doctor_init(&d, &fake, 4712, NULL, NULL, error, sizeof(error)), -ESRCH);
	assert_non_null(strstr(error, "4712"));
	assert_int_equal(doctor_init(&d, &fake, 0, "nothing", NULL, error, sizeof(error)), -ENOENT);
	assert_non_null(strstr(error, "nothing"));
}

static void library_must_be_for_this_machine(void **state)
{
	put_elf(LIBRARY, ELFCLASS64, EM_AARCH64, ET_DYN, false);
	expect(0, NULL, "library", DOCTOR_PROBLEM, "aarch64", "x86-64");
	put_elf(LIBRARY, ELFCLASS32, EM_386, ET_DYN, false);
	expect(0, NULL, "library", DOCTOR_PROBLEM, "32 bits", "x86-64");
	put_text(LIBRARY, "text");
	expect(0, NULL, "library", DOCTOR_PROBLEM, "no shared library", "install");
	drop(LIBRARY);
	expect(0, NULL, "library", DOCTOR_PROBLEM, "No such file", "install");
}

static void static_and_foreign_programs_are_told(void **state)
{
	put_elf("/usr/bin/app", ELFCLASS64, EM_X86_64, ET_EXEC, false);
	expect(0, "app", "program", DOCTOR_PROBLEM, "statically linked", "dynamically");
	put_elf("/usr/bin/app", ELFCLASS32, EM_386, ET_EXEC, true);
	expect(0, "/usr/bin/app", "program", DOCTOR_PROBLEM, "32 bits", "x86-64");
	put_text("/usr/bin/app", "plain text");
	expect(0, "app", "program", DOCTOR_WARNING, "neither a program nor a script", "#!");
}

static void scripts_are_what_their_interpreter_is(void **state)
{
	put_text("/usr/bin/script", "#! /usr/bin/app -x\n");
	mode("/usr/bin/script", 0755);
	expect(0, "script", "program", DOCTOR_OK, "/usr/bin/app", "");
	put_elf("/usr/bin/app", ELFCLASS64, EM_X86_64, ET_EXEC, false);
	expect(0, "script", "program", DOCTOR_PROBLEM, "statically linked", "dynamically");
	drop("/usr/bin/app");
	expect(0, "script", "program", DOCTOR_PROBLEM, "/usr/bin/app is missing", "install");
	put_text("/usr/bin/script", "#!/usr/bin/env python3\n");
	mode("/usr/bin/script", 0755);
	expect(0, "script", "program", DOCTOR_OK, "script of python3", "");
}

static void set_user_id_programs_lose_their_preloads(void **state)
{
	static const uint64_t auxv[] = {AT_PAGESZ, 4096, AT_SECURE, 1, AT_NULL, 0};

	mode("/usr/bin/app", 04755);
	expect(0, "app", "set-user-ID", DOCTOR_PROBLEM, "rights of its owner", "set-user-ID or set-group-ID bit");
	put("/proc/4711/auxv", auxv, sizeof(auxv));
	expect(PID, NULL, "set-user-ID", DOCTOR_PROBLEM, "4711", "LD_PRELOAD");
}

static void library_switched_off_is_seen(void **state)
{
	put_environ("XSCHED_HSA=OFF\nHSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\n");
	expect(PID, NULL, "switched off", DOCTOR_PROBLEM, "XSCHED_HSA=OFF", "unset");
	own_env[1][0] = "XSCHED_HSA";
	own_env[1][1] = "off";
	expect(0, NULL, "switched off", DOCTOR_PROBLEM, "XSCHED_HSA=off", "unset");
}

static void tools_list_that_was_replaced_or_misspelt_is_seen(void **state)
{
	put_environ("LD_PRELOAD=" LIBRARY "\nHSA_TOOLS_LIB=" LIBRARY ":/other.so\n");
	expect(PID, NULL, "HSA_TOOLS_LIB", DOCTOR_PROBLEM, LIBRARY ":/other.so", "spaces");
	put_environ("LD_PRELOAD=" LIBRARY "\nHSA_TOOLS_LIB=/gone/libxsched_hsa.so\n");
	expect(PID, NULL, "HSA_TOOLS_LIB", DOCTOR_PROBLEM, "/gone/libxsched_hsa.so", "xschedctl run");
	put_environ("LD_PRELOAD=" LIBRARY "\nHSA_TOOLS_LIB=libxsched_hsa.so\n");
	expect(PID, NULL, "HSA_TOOLS_LIB", DOCTOR_WARNING, "without a folder", "absolute");
	put_environ("LD_PRELOAD=" LIBRARY "\nHSA_TOOLS_LIB=libother.so\n");
	expect(PID, NULL, "HSA_TOOLS_LIB", DOCTOR_WARNING, "5.3", "xschedctl run");
	own_env[1][0] = "HSA_TOOLS_LIB";
	own_env[1][1] = LIBRARY ":" LIBRARY;
	expect(0, NULL, "HSA_TOOLS_LIB", DOCTOR_PROBLEM, ":", "spaces");
}

static void nothing_that_loads_the_library_is_a_problem(void **state)
{
	struct doctor_finding f;

	put_environ("PATH=/bin\n");
	put_text("/proc/4711/maps", MAPS_ROCR);
	daemon_answer.list.clients[0].pid = daemon_answer.list.clients[0].container_pid = 1;
	examine(PID, NULL, "HSA_TOOLS_LIB", &f);
	assert_int_equal(f.verdict, DOCTOR_PROBLEM);
	assert_non_null(strstr(f.found, "is not set"));
	examine(PID, NULL, "LD_PRELOAD", &f);
	assert_int_equal(f.verdict, DOCTOR_WARNING);
	examine(PID, NULL, "loaded", &f);
	assert_int_equal(f.verdict, DOCTOR_PROBLEM);
	examine(PID, NULL, "known there", &f);
	assert_int_equal(f.verdict, DOCTOR_PROBLEM);
	put_environ("HSA_TOOLS_LIB=libother.so\n");
	examine(PID, NULL, "HSA_TOOLS_LIB", &f);
	assert_int_equal(f.verdict, DOCTOR_PROBLEM);
	assert_non_null(strstr(f.found, "other tools"));
}

static void preload_that_the_container_lacks_is_seen(void **state)
{
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=/gone.so:" LIBRARY "\n");
	expect(PID, NULL, "LD_PRELOAD", DOCTOR_PROBLEM, "/gone.so", "mount");
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\n");
	expect(PID, NULL, "LD_PRELOAD", DOCTOR_WARNING, "PyTorch", "xschedctl run");
}

static void links_are_those_of_the_processs_root(void **state)
{
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=/lib/libxsched_hsa.so\nXSCHED_HSA_SOCKET=/var/run/xsched/xschedd.sock\n"
		"HSA_TOOLS_ROCPROFILER_V1_TOOLS=1\n");
	put_link("/proc/4711/root/lib", "/usr/lib");
	put_link("/proc/4711/root/var/run", "/run");
	expect(PID, NULL, "LD_PRELOAD", DOCTOR_OK, "/lib/libxsched_hsa.so", "");
	expect(PID, NULL, "socket", DOCTOR_OK, SOCKET, "");
	/* There is a /proc/self here, and none there. */
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=/link.so:" LIBRARY "\n");
	put_link("/proc/4711/root/link.so", "/proc/self");
	expect(PID, NULL, "LD_PRELOAD", DOCTOR_PROBLEM, "/link.so", "mount");
}

static void what_an_old_kernel_cannot_tell_is_no_problem(void **state)
{
	old_kernel = true;
	drop("/proc/4711/root" LIBRARY);
	drop("/proc/4711/root" SOCKET);
	assert_int_equal(examine(PID, NULL, NULL, NULL), 0);
}

static void rocprofiler_register_that_takes_precedence_is_seen(void **state)
{
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\nROCP_TOOL_LIBRARIES=/x.so\n");
	expect(PID, NULL, "rocprofiler", DOCTOR_PROBLEM, "ROCP_TOOL_LIBRARIES", "HSA_TOOLS_ROCPROFILER_V1_TOOLS=1");
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\nROCP_TOOL_LIBRARIES=/x.so\nHSA_TOOLS_ROCPROFILER_V1_TOOLS=1\n");
	expect(PID, NULL, "rocprofiler", DOCTOR_OK, "ROCP_TOOL_LIBRARIES", "");
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\nHSA_TOOLS_ROCPROFILER_V1_TOOLS=off\n");
	put_text("/proc/4711/maps", MAPS_ROCR MAPS_OURS "7f0-7f1 r--p 00000000 08:01 14 /usr/lib/librocprofiler-register.so.0.4.0\n");
	expect(PID, NULL, "rocprofiler", DOCTOR_WARNING, "takes precedence if", "HSA_TOOLS_ROCPROFILER_V1_TOOLS=1");
	put_environ("HSA_TOOLS_LIB=" LIBRARY "\nLD_PRELOAD=" LIBRARY "\nHSA_TOOLS_DISABLE_REGISTER=1\n");
	expect(PID, NULL, "rocprofiler", DOCTOR_NONE, "", "");
}

static void missing_and_double_runtimes_are_seen(void **state)
{
	put_text("/proc/4711/maps", MAPS_OURS);
	expect(PID, NULL, "ROCr", DOCTOR_PROBLEM, "4711", "wait");
	put_text("/proc/4711/maps", MAPS_ROCR MAPS_OURS "7f0-7f1 r--p 00000000 08:01 9 /venv/torch/lib/libhsa-runtime64.so.1\n");
	expect(PID, NULL, "ROCr", DOCTOR_WARNING, "2 different", "LD_LIBRARY_PATH");
}

static void replaced_library_asks_for_a_restart(void **state)
{
	put_text("/proc/4711/maps", MAPS_ROCR "7f0-7f1 r--p 00000000 08:01 13 " LIBRARY " (deleted)\n");
	expect(PID, NULL, "loaded", DOCTOR_WARNING, LIBRARY " that was replaced", "restart");
}

static void process_that_may_not_be_read_is_one_problem(void **state)
{
	drop("/proc/4711/maps");
	drop("/proc/4711/environ");
	expect(PID, NULL, "loaded", DOCTOR_PROBLEM, "may not be looked into", "as root");
}

static void devices_that_are_missing_or_denied_are_told_apart(void **state)
{
	struct doctor_finding f;

	denied = "/dev/kfd";
	expect(0, NULL, "/dev/kfd", DOCTOR_PROBLEM, "Permission denied", "group");
	denied = "/dev/dri/renderD128";
	expect(0, NULL, "render nodes", DOCTOR_PROBLEM, "none of 1", "group");
	put_text("/dev/dri/renderD191", "");
	expect(0, NULL, "render nodes", DOCTOR_WARNING, "1 of 2", "group");
	denied = NULL;
	drop("/dev/kfd");
	expect(0, NULL, "/dev/kfd", DOCTOR_PROBLEM, "does not exist", "load the driver");
	put_text("/run/.containerenv", "");
	expect(0, NULL, "/dev/kfd", DOCTOR_PROBLEM, "does not exist", "--device /dev/kfd");
	drop("/dev/dri/renderD128");
	drop("/dev/dri/renderD191");
	examine(0, NULL, "render nodes", &f);
	assert_non_null(strstr(f.found, "there is no"));
}

static void simulated_gpus_need_no_device(void **state)
{
	drop("/dev/kfd");
	drop("/dev/dri/renderD128");
	own_env[1][0] = "LD_PRELOAD";
	own_env[1][1] = "/x/libkfdsim.so";
	put_text("/x/libkfdsim.so", "");
	expect(0, NULL, "/dev/kfd", DOCTOR_OK, "kfdsim", "");
}

static void driver_that_cannot_save_waves_is_a_warning(void **state)
{
	put_text("/sys/module/amdgpu/parameters/cwsr_enable", "0\n");
	expect(0, NULL, "CWSR", DOCTOR_WARNING, "cwsr_enable=0", "cwsr_enable=1");
	put_text("/sys/module/amdgpu/parameters/sched_policy", "2\n");
	expect(0, NULL, "CWSR", DOCTOR_WARNING, "sched_policy=2", "sched_policy=0");
	drop("/sys/module/amdgpu/parameters/sched_policy");
	drop("/sys/module/amdgpu/parameters/cwsr_enable");
	expect(0, NULL, "CWSR", DOCTOR_NONE, "", "");
	kfd_major = 2;
	expect(0, NULL, "driver", DOCTOR_WARNING, "2.17", "level 1");
	kfd_result = -EINVAL;
	expect(0, NULL, "driver", DOCTOR_PROBLEM, "Invalid argument", "no GPU");
}

static void missing_socket_is_a_problem_unless_the_process_schedules_itself(void **state)
{
	drop(SOCKET);
	daemon_answer.error = ENOENT;
	expect(0, NULL, "socket", DOCTOR_PROBLEM, "does not exist", "start xschedd");
	own_env[1][0] = "XSCHED_HSA_POLICY";
	own_env[1][1] = "hpf";
	expect(0, NULL, "socket", DOCTOR_WARNING, "own queues only", "start xschedd");
	own_env[1][1] = "none";
	put_text("/.dockerenv", "");
	expect(0, NULL, "socket", DOCTOR_PROBLEM, "does not exist", "mount");
	put_text(SOCKET, "");
	expect(0, NULL, "socket", DOCTOR_PROBLEM, "is no socket", "XSCHED_HSA_SOCKET");
}

static void socket_that_the_container_lacks_or_has_of_its_own_is_seen(void **state)
{
	drop("/proc/4711/root" SOCKET);
	expect(PID, NULL, "socket", DOCTOR_PROBLEM, "sees no " SOCKET, "mount " SOCKET);
	put_socket("/proc/4711/root" SOCKET);
	expect(PID, NULL, "socket", DOCTOR_WARNING, "another socket", "--socket=");
}

static void socket_is_looked_for_where_the_library_looks(void **state)
{
	struct doctor d;
	char error[256];

	put_environ("XDG_RUNTIME_DIR=/run/user/7\n");
	assert_int_equal(doctor_init(&d, &fake, PID, NULL, NULL, error, sizeof(error)), 0);
	assert_string_equal(d.socket_by_process, SOCKET);
	doctor_fini(&d);
	put_socket("/proc/4711/root/run/user/7/xsched/xschedd.sock");
	own_env[1][0] = "XSCHED_HSA_SOCKET";
	own_env[1][1] = "/mine";
	assert_int_equal(doctor_init(&d, &fake, PID, NULL, NULL, error, sizeof(error)), 0);
	assert_string_equal(d.socket_by_process, "/run/user/7/xsched/xschedd.sock");
	assert_string_equal(d.socket, "/mine");
	doctor_fini(&d);
	assert_int_equal(doctor_init(&d, &fake, 0, NULL, "/given", error, sizeof(error)), 0);
	assert_string_equal(d.socket, "/given");
	doctor_fini(&d);
}

static void daemon_that_is_gone_or_speaks_otherwise_is_seen(void **state)
{
	daemon_answer.error = ECONNREFUSED;
	expect(0, NULL, "daemon", DOCTOR_PROBLEM, "nobody listens", "start xschedd");
	daemon_answer.error = ENOTSUP;
	strcpy(daemon_answer.text, "the daemon speaks versions 2 to 3");
	expect(0, NULL, "daemon", DOCTOR_PROBLEM, "versions 2 to 3", "same version");
	daemon_answer.error = EACCES;
	strcpy(daemon_answer.text, "no right");
	expect(0, NULL, "daemon", DOCTOR_PROBLEM, "no right", "right to write");
	daemon_answer.error = ETIMEDOUT;
	strcpy(daemon_answer.text, "no answer");
	expect(0, NULL, "daemon", DOCTOR_PROBLEM, "no answer", "messages");
}

static void policy_that_holds_nobody_is_a_warning(void **state)
{
	ipc_text_set(daemon_answer.list.machine.policy, sizeof(daemon_answer.list.machine.policy), "fifo");
	expect(0, NULL, "policy", DOCTOR_WARNING, "holds nobody", "hpf");
	ipc_text_set(daemon_answer.list.machine.fault, sizeof(daemon_answer.list.machine.fault), "lax stalled");
	expect(0, NULL, "policy", DOCTOR_WARNING, "lax stalled", "again");
}

static void process_that_the_daemon_does_not_know_is_a_problem(void **state)
{
	daemon_answer.list.clients[0].queues = 0;
	expect(PID, NULL, "known there", DOCTOR_WARNING, "no queue", "wait");
	daemon_answer.list.clients[0].pid = daemon_answer.list.clients[0].container_pid = 1;
	expect(PID, NULL, "known there", DOCTOR_PROBLEM, "ROCr did not call it", "XSCHED_HSA_LOG=info");
	/* Whatever another one says of itself, unless the daemon's numbers are not ours. */
	daemon_answer.list.clients[0].container_pid = PID;
	expect(PID, NULL, "known there", DOCTOR_PROBLEM, "does not know it", "XSCHED_HSA_LOG=info");
	daemon_answer.list.elsewhere = true;
	expect(PID, NULL, "known there", DOCTOR_WARNING, "no queue", "wait");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(well_machine_program_and_process_have_no_problem),
		TEST(process_or_program_that_is_not_there_is_an_error),
		TEST(library_must_be_for_this_machine),
		TEST(static_and_foreign_programs_are_told),
		TEST(scripts_are_what_their_interpreter_is),
		TEST(set_user_id_programs_lose_their_preloads),
		TEST(library_switched_off_is_seen),
		TEST(tools_list_that_was_replaced_or_misspelt_is_seen),
		TEST(nothing_that_loads_the_library_is_a_problem),
		TEST(preload_that_the_container_lacks_is_seen),
		TEST(links_are_those_of_the_processs_root),
		TEST(what_an_old_kernel_cannot_tell_is_no_problem),
		TEST(rocprofiler_register_that_takes_precedence_is_seen),
		TEST(missing_and_double_runtimes_are_seen),
		TEST(replaced_library_asks_for_a_restart),
		TEST(process_that_may_not_be_read_is_one_problem),
		TEST(devices_that_are_missing_or_denied_are_told_apart),
		TEST(simulated_gpus_need_no_device),
		TEST(driver_that_cannot_save_waves_is_a_warning),
		TEST(missing_socket_is_a_problem_unless_the_process_schedules_itself),
		TEST(socket_that_the_container_lacks_or_has_of_its_own_is_seen),
		TEST(socket_is_looked_for_where_the_library_looks),
		TEST(daemon_that_is_gone_or_speaks_otherwise_is_seen),
		TEST(policy_that_holds_nobody_is_a_warning),
		TEST(process_that_the_daemon_does_not_know_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
