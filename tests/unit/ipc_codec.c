/* SPDX-License-Identifier: MIT */
/* Messages: what is accepted, what is not, and that they travel whole, with their descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/ipc/codec.h"
#include "src/ipc/page.h"
#include "src/sched/sched.h"

/* All zero but for what must not be. */
static union ipc_any minimal(uint32_t type)
{
	union ipc_any any;

	memset(&any, 0, sizeof(any));
	ipc_message_init(&any, type, 0);
	if (type == IPC_HELLO)
		any.hello.role = IPC_ROLE_LIBRARY;
	if (type == IPC_SUSPEND)
		any.suspend.level = 1;
	if (type == IPC_REJECT)
		any.reject.error = 1;
	return any;
}

static void fill(char *text, size_t size)
{
	memset(text, 'x', size - 1);
	text[size - 1] = 0;
}

static void fill_target(struct ipc_target *target)
{
	target->scope = IPC_SCOPE_QUEUE;
	target->slot = IPC_SLOTS - 1;
	target->client = UINT64_MAX;
	fill(target->job, sizeof(target->job));
}

static void fill_waits(struct ipc_waits *waits)
{
	waits->slot = IPC_SLOTS - 1;
	waits->count = IPC_WAITS_MAX;
	for (unsigned i = 0; i < IPC_WAITS_MAX; i++)
		waits->on[i] = IPC_SLOTS - 1;
}

static void fill_client(struct ipc_client_entry *e)
{
	e->hidden = 1;
	fill(e->job, sizeof(e->job));
	fill(e->comm, sizeof(e->comm));
	fill(e->cgroup, sizeof(e->cgroup));
}

static void fill_queue(struct ipc_queue_entry *e)
{
	e->slot = IPC_SLOTS - 1;
	e->state = SCHED_STATE_SUSPENDED;
	e->gate = SCHED_GATE_FREE;
	e->reason = SCHED_REASONS - 1;
	e->level = 3;
	e->suspended = 1;
}

/* The largest value everywhere. */
static union ipc_any maximal(uint32_t type)
{
	union ipc_any any;

	memset(&any, 0, sizeof(any));
	ipc_message_init(&any, type, UINT32_MAX);
	memset(any.bytes + sizeof(any.header), 0xff, ipc_type_size(type) - sizeof(any.header));
	switch (type) {
	case IPC_HELLO:
		any.hello.role = IPC_ROLE_CONTROL;
		fill(any.hello.job, sizeof(any.hello.job));
		fill(any.hello.comm, sizeof(any.hello.comm));
		break;
	case IPC_QUEUE_NEW:
		any.queue_new.slot = IPC_SLOTS - 1;
		any.queue_new.flags = IPC_QUEUE_COOPERATIVE;
		fill(any.queue_new.gpu_name, sizeof(any.queue_new.gpu_name));
		break;
	case IPC_QUEUE_GONE:
		any.queue_gone.slot = IPC_SLOTS - 1;
		break;
	case IPC_WAITS:
		fill_waits(&any.waits);
		break;
	case IPC_HINT:
		fill_target(&any.hint.target);
		any.hint.hint = SCHED_HINTS - 1;
		break;
	case IPC_SUSPEND:
	case IPC_RESUME:
		fill_target(&any.suspend.target);
		any.suspend.level = 3;
		break;
	case IPC_POLICY:
		fill(any.policy.name, sizeof(any.policy.name));
		break;
	case IPC_TRACE:
		fill_target(&any.trace.target);
		any.trace.on = 1;
		break;
	case IPC_WELCOME:
		fill(any.welcome.policy, sizeof(any.welcome.policy));
		break;
	case IPC_REJECT:
		any.reject.error = INT32_MAX;
		fill(any.reject.text, sizeof(any.reject.text));
		break;
	case IPC_RESULT:
		any.result.error = INT32_MAX;
		fill(any.result.text, sizeof(any.result.text));
		break;
	case IPC_MACHINE_ENTRY:
		fill(any.machine_entry.policy, sizeof(any.machine_entry.policy));
		fill(any.machine_entry.fault, sizeof(any.machine_entry.fault));
		break;
	case IPC_GPU_ENTRY:
		fill(any.gpu_entry.name, sizeof(any.gpu_entry.name));
		break;
	case IPC_CLIENT_ENTRY:
		fill_client(&any.client_entry);
		break;
	case IPC_QUEUE_ENTRY:
		fill_queue(&any.queue_entry);
		break;
	}
	return any;
}

static void every_type_has_a_name_and_a_size(void **state)
{
	for (uint32_t type = 1; type < IPC_TYPES; type++) {
		assert_string_not_equal(ipc_type_name(type), "?");
		assert_uint_in_range(ipc_type_size(type), sizeof(struct ipc_header), IPC_SIZE_MAX);
	}
	assert_string_equal(ipc_type_name(0), "?");
	assert_string_equal(ipc_type_name(IPC_TYPES), "?");
	assert_int_equal(ipc_type_size(0), 0);
	assert_int_equal(ipc_type_size(IPC_TYPES), 0);
}

static void minimal_and_maximal_messages_are_taken(void **state)
{
	for (uint32_t type = 1; type < IPC_TYPES; type++) {
		union ipc_any low = minimal(type), high = maximal(type);

		if (ipc_message_check(&low, ipc_type_size(type)) || ipc_message_check(&high, ipc_type_size(type)))
			fail_msg("%s", ipc_type_name(type));
	}
}

static void other_sizes_fail(void **state)
{
	for (uint32_t type = 1; type < IPC_TYPES; type++) {
		union ipc_any any = minimal(type);
		size_t size = ipc_type_size(type);

		for (size_t wrong = 0; wrong <= IPC_SIZE_MAX + 1; wrong++)
			if (wrong != size)
				assert_int_equal(ipc_message_check(&any, wrong), -EPROTO);
		any.header.size++;
		assert_int_equal(ipc_message_check(&any, size), -EPROTO);
		any.header.size -= 2;
		assert_int_equal(ipc_message_check(&any, size), -EPROTO);
	}
}

static void another_magic_or_type_fails(void **state)
{
	for (uint32_t type = 1; type < IPC_TYPES; type++) {
		union ipc_any any = minimal(type);

		any.header.magic ^= 1;
		assert_int_equal(ipc_message_check(&any, ipc_type_size(type)), -EPROTO);
	}
	union ipc_any any = minimal(IPC_KICK);
	any.header.type = 0;
	assert_int_equal(ipc_message_check(&any, sizeof(any.header)), -EPROTO);
	any.header.type = IPC_TYPES;
	assert_int_equal(ipc_message_check(&any, sizeof(any.header)), -EPROTO);
	any.header.type = UINT16_MAX;
	assert_int_equal(ipc_message_check(&any, sizeof(any.header)), -EPROTO);
}

static void another_version_is_told_apart_and_only_a_rejection_is_taken(void **state)
{
	for (uint32_t type = 1; type < IPC_TYPES; type++)
		for (unsigned version = 0; version <= IPC_VERSION + 1; version += IPC_VERSION + 1) {
			union ipc_any any = minimal(type);

			any.header.version = (uint16_t)version;
			assert_int_equal(ipc_message_check(&any, ipc_type_size(type)), type == IPC_REJECT ? 0 : -ENOTSUP);
		}
}

/* A field with a value that cannot be: @size bytes at @at. */
#define BAD(type, member, value) {type, offsetof(union ipc_any, member), sizeof(((union ipc_any *)0)->member), value}
#define OPEN(type, member)	 {type, offsetof(union ipc_any, member), sizeof(((union ipc_any *)0)->member), 0}

static const struct {
	uint32_t type;
	size_t at, size;
	uint32_t value;
} bad[] = {
	BAD(IPC_HELLO, hello.role, 0), BAD(IPC_HELLO, hello.role, 3), OPEN(IPC_HELLO, hello.job), OPEN(IPC_HELLO, hello.comm),
	BAD(IPC_QUEUE_NEW, queue_new.slot, IPC_SLOTS), BAD(IPC_QUEUE_NEW, queue_new.flags, 2), OPEN(IPC_QUEUE_NEW, queue_new.gpu_name),
	BAD(IPC_QUEUE_GONE, queue_gone.slot, IPC_SLOTS), BAD(IPC_QUEUE_GONE, queue_gone.slot, UINT32_MAX),
	BAD(IPC_WAITS, waits.slot, IPC_SLOTS), BAD(IPC_WAITS, waits.count, IPC_WAITS_MAX + 1), BAD(IPC_WAITS, waits.on[0], IPC_SLOTS),
	BAD(IPC_WAITS, waits.on[4], IPC_SLOTS),
	BAD(IPC_HINT, hint.target.scope, 4), BAD(IPC_HINT, hint.target.slot, IPC_SLOTS), BAD(IPC_HINT, hint.hint, SCHED_HINTS),
	OPEN(IPC_HINT, hint.target.job),
	BAD(IPC_SUSPEND, suspend.level, 0), BAD(IPC_SUSPEND, suspend.level, 4), BAD(IPC_SUSPEND, suspend.target.scope, 4),
	OPEN(IPC_SUSPEND, suspend.target.job),
	BAD(IPC_RESUME, suspend.target.scope, 4), BAD(IPC_RESUME, suspend.target.slot, IPC_SLOTS), OPEN(IPC_RESUME, suspend.target.job),
	OPEN(IPC_POLICY, policy.name),
	BAD(IPC_TRACE, trace.on, 2), BAD(IPC_TRACE, trace.target.scope, 4), OPEN(IPC_TRACE, trace.target.job),
	OPEN(IPC_WELCOME, welcome.policy),
	BAD(IPC_REJECT, reject.error, 0), BAD(IPC_REJECT, reject.error, UINT32_MAX), BAD(IPC_REJECT, reject.version_max, 0),
	OPEN(IPC_REJECT, reject.text),
	BAD(IPC_RESULT, result.error, UINT32_MAX), OPEN(IPC_RESULT, result.text),
	OPEN(IPC_MACHINE_ENTRY, machine_entry.policy), OPEN(IPC_MACHINE_ENTRY, machine_entry.fault),
	OPEN(IPC_GPU_ENTRY, gpu_entry.name),
	BAD(IPC_CLIENT_ENTRY, client_entry.hidden, 2), OPEN(IPC_CLIENT_ENTRY, client_entry.job), OPEN(IPC_CLIENT_ENTRY, client_entry.comm),
	OPEN(IPC_CLIENT_ENTRY, client_entry.cgroup),
	BAD(IPC_QUEUE_ENTRY, queue_entry.slot, IPC_SLOTS), BAD(IPC_QUEUE_ENTRY, queue_entry.state, SCHED_STATE_SUSPENDED + 1),
	BAD(IPC_QUEUE_ENTRY, queue_entry.gate, SCHED_GATE_FREE + 1), BAD(IPC_QUEUE_ENTRY, queue_entry.reason, SCHED_REASONS),
	BAD(IPC_QUEUE_ENTRY, queue_entry.level, 4), BAD(IPC_QUEUE_ENTRY, queue_entry.suspended, 2),
};

static void each_value_out_of_range_and_each_unended_text_fails(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		union ipc_any any = maximal(bad[i].type);

		if (bad[i].size == sizeof(uint32_t))
			memcpy(any.bytes + bad[i].at, &bad[i].value, sizeof(uint32_t));
		else
			memset(any.bytes + bad[i].at, 'x', bad[i].size);
		if (ipc_message_check(&any, ipc_type_size(bad[i].type)) != -EPROTO)
			fail_msg("%s at %zu", ipc_type_name(bad[i].type), bad[i].at);
	}
}

static void what_does_not_count_may_be_anything(void **state)
{
	union ipc_any any = minimal(IPC_WAITS);

	any.waits.count = 1;
	any.waits.on[1] = UINT32_MAX;
	assert_int_equal(ipc_message_check(&any, sizeof(any.waits)), 0);
	any = minimal(IPC_HINT);
	any.hint.target.scope = IPC_SCOPE_CLIENT;
	any.hint.target.slot = UINT32_MAX;
	assert_int_equal(ipc_message_check(&any, sizeof(any.hint)), 0);
	any = minimal(IPC_RESUME);
	any.suspend.level = 77;
	assert_int_equal(ipc_message_check(&any, sizeof(any.suspend)), 0);
}

static void text_is_cut_and_ended(void **state)
{
	char array[5] = "zzzz";

	ipc_text_set(array, sizeof(array), "ab");
	assert_memory_equal(array, "ab\0\0\0", 5);
	ipc_text_set(array, sizeof(array), "abcdefgh");
	assert_memory_equal(array, "abcd", 5);
	ipc_text_set(array, sizeof(array), NULL);
	assert_memory_equal(array, "\0\0\0\0\0", 5);
}

static int pair[2];

static int make_pair(void **state)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int drop_pair(void **state)
{
	if (pair[0] >= 0)
		close(pair[0]);
	close(pair[1]);
	return 0;
}

static int open_files(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void a_message_travels_whole_with_its_descriptor(void **state)
{
	union ipc_any sent = maximal(IPC_QUEUE_NEW), got;
	struct stat a, b;
	int fd, before = open_files(), null = open("/dev/null", O_RDONLY);

	assert_int_equal(ipc_send(pair[0], &sent, null), 0);
	assert_int_equal(ipc_receive(pair[1], &got, &fd), sizeof(sent.queue_new));
	assert_memory_equal(&sent, &got, sizeof(sent.queue_new));
	assert_true(fd >= 0 && fd != null);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	fstat(null, &a);
	fstat(fd, &b);
	assert_int_equal(a.st_ino, b.st_ino);
	close(fd);
	close(null);
	assert_int_equal(open_files(), before);
	assert_int_equal(ipc_receive(pair[1], &got, &fd), -EAGAIN);
	assert_int_equal(fd, -1);
}

static void send_many(const union ipc_any *any, int count)
{
	struct iovec part = {.iov_base = (void *)any, .iov_len = any->header.size};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(8 * sizeof(int))];
	} control = {0};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
	for (int i = 0; i < count; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof(int), &(int){0}, sizeof(int));
	assert_int_equal(sendmsg(pair[0], &m, 0), any->header.size);
}

static void descriptors_that_nobody_wants_are_closed(void **state)
{
	union ipc_any sent = minimal(IPC_HELLO), got;
	int fd, before = open_files();

	for (int count = 1; count <= 8; count++) {
		send_many(&sent, count);
		assert_int_equal(ipc_receive(pair[1], &got, &fd), sizeof(sent.hello));
		assert_true(fd >= 0);
		assert_int_equal(open_files(), before + 1);
		close(fd);
		send_many(&sent, count);
		assert_int_equal(ipc_receive(pair[1], &got, NULL), sizeof(sent.hello));
		assert_int_equal(open_files(), before);
	}
	/* Who does not trust the other side gets all of them, whatever came with them. */
	struct ipc_fds fds;
	for (int good = 0; good < 2; good++) {
		sent.hello.role = good ? IPC_ROLE_LIBRARY : 9;
		send_many(&sent, 8);
		assert_int_equal(ipc_receive_fds(pair[1], &got, &fds), good ? (int)sizeof(sent.hello) : -EPROTO);
		assert_int_equal(fds.count, 8);
		while (fds.count)
			close(fds.fd[--fds.count]);
	}
	sent.header.size = 0;
	send_many(&sent, 2);
	assert_int_equal(ipc_receive_fds(pair[1], &got, &fds), 0);
	assert_int_equal(fds.count, 2);
	while (fds.count)
		close(fds.fd[--fds.count]);
	sent = minimal(IPC_HELLO);
	assert_int_equal(open_files(), before);
	/* Nor with what is no message. */
	sent.hello.role = 9;
	send_many(&sent, 2);
	assert_int_equal(ipc_receive(pair[1], &got, &fd), -EPROTO);
	assert_int_equal(fd, -1);
	assert_int_equal(open_files(), before);
}

static void a_datagram_of_another_size_fails(void **state)
{
	unsigned char large[IPC_SIZE_MAX + 1];
	union ipc_any any = minimal(IPC_KICK), got;

	memset(large, 0, sizeof(large));
	memcpy(large, &any, sizeof(any.header));
	send(pair[0], large, sizeof(large), 0);
	assert_int_equal(ipc_receive(pair[1], &got, NULL), -EPROTO);
	send(pair[0], large, 3, 0);
	assert_int_equal(ipc_receive(pair[1], &got, NULL), -EPROTO);
	/* What was not sent is not what was in memory before. */
	assert_int_equal(got.header.size, 0);
}

static void the_other_side_s_end_is_seen(void **state)
{
	union ipc_any any = minimal(IPC_KICK);

	close(pair[0]);
	pair[0] = -1;
	assert_int_equal(ipc_receive(pair[1], &any, NULL), 0);
	any = minimal(IPC_KICK);
	assert_int_equal(ipc_send(pair[1], &any, -1), -EPIPE);
}

static void a_full_buffer_is_told_and_not_waited_for(void **state)
{
	union ipc_any any = minimal(IPC_HELLO);
	int rc = 0;

	for (int i = 0; i < 100000 && !rc; i++)
		rc = ipc_send(pair[0], &any, -1);
	assert_int_equal(rc, -EAGAIN);
}

static void waiting_ends(void **state)
{
	union ipc_any any;

	assert_int_equal(ipc_receive_wait(pair[1], &any, NULL, 10), -ETIMEDOUT);
}

static void the_socket_is_found_in_this_order(void **state)
{
	char folder[] = "/tmp/xsched-test-XXXXXX", name[128], path[108], expected[128];

	assert_non_null(mkdtemp(folder));
	unsetenv("XSCHED_HSA_SOCKET");
	setenv("XDG_RUNTIME_DIR", folder, 1);
	assert_int_equal(ipc_socket_path(NULL, path, sizeof(path)), 0);
	assert_string_equal(path, "/run/xsched/xschedd.sock");
	snprintf(name, sizeof(name), "%s/xsched", folder);
	mkdir(name, 0700);
	snprintf(expected, sizeof(expected), "%s/xsched/xschedd.sock", folder);
	close(open(expected, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(ipc_socket_path("", path, sizeof(path)), 0);
	assert_string_equal(path, expected);
	setenv("XSCHED_HSA_SOCKET", "/some/where", 1);
	assert_int_equal(ipc_socket_path(NULL, path, sizeof(path)), 0);
	assert_string_equal(path, "/some/where");
	assert_int_equal(ipc_socket_path("/given", path, sizeof(path)), 0);
	assert_string_equal(path, "/given");
	unlink(expected);
	rmdir(name);
	rmdir(folder);
}

static void a_name_that_no_address_holds_is_an_error(void **state)
{
	char name[120], path[256];

	memset(name, 'a', sizeof(name));
	name[107] = 0;
	assert_int_equal(ipc_socket_path(name, path, sizeof(path)), 0);
	assert_int_equal(ipc_socket_path(name, path, 107), -ENAMETOOLONG);
	name[107] = 'a';
	name[108] = 0;
	assert_int_equal(ipc_socket_path(name, path, sizeof(path)), -ENAMETOOLONG);
}

/* A daemon that answers one HELLO with @answer, or not at all. */
static char server_folder[64], server_path[96];
static int server_fd;
static pid_t server_pid;

static void server_start(const union ipc_any *answer, bool accepts)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(server_folder, "/tmp/xsched-test-XXXXXX");
	assert_non_null(mkdtemp(server_folder));
	snprintf(server_path, sizeof(server_path), "%s/sock", server_folder);
	strcpy(address.sun_path, server_path);
	server_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(server_fd, 0), 0);
	server_pid = accepts ? fork() : 0;
	if (accepts && !server_pid) {
		union ipc_any hello;
		int sock = accept(server_fd, NULL, NULL);
		bool good = ipc_receive_wait(sock, &hello, NULL, 10000) > 0 && hello.header.type == IPC_HELLO &&
			hello.hello.version_min == IPC_VERSION_MIN && !strcmp(hello.hello.comm, "test");

		if (answer && good)
			send(sock, answer, answer->header.size, 0);
		/* Until the client is gone. */
		if (good)
			while (ipc_receive_wait(sock, &hello, NULL, 10000) > 0)
				;
		_exit(!good);
	}
}

static void server_end(void)
{
	int status = 0;

	close(server_fd);
	unlink(server_path);
	rmdir(server_folder);
	if (server_pid > 0)
		waitpid(server_pid, &status, 0);
	assert_int_equal(status, 0);
}

static int connect_to(const char *path, int timeout_ms, struct ipc_welcome *welcome, struct ipc_reject *reject)
{
	struct ipc_hello hello = {.role = IPC_ROLE_CONTROL, .comm = "test"};

	return ipc_connect(path, &hello, -1, timeout_ms, welcome, reject);
}

static void a_client_is_welcomed(void **state)
{
	union ipc_any answer = minimal(IPC_WELCOME);
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	answer.welcome.client = 42;
	server_start(&answer, true);
	int sock = connect_to(server_path, 10000, &welcome, &reject);
	assert_true(sock >= 0);
	assert_int_equal(welcome.client, 42);
	assert_int_equal(fcntl(sock, F_GETFD), FD_CLOEXEC);
	close(sock);
	server_end();
}

static void a_rejected_client_learns_why(void **state)
{
	union ipc_any answer = minimal(IPC_REJECT);
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	answer.reject.error = EUSERS;
	strcpy(answer.reject.text, "full");
	server_start(&answer, true);
	assert_int_equal(connect_to(server_path, 10000, &welcome, &reject), -EUSERS);
	assert_string_equal(reject.text, "full");
	server_end();
}

static void both_versions_are_told_on_a_mismatch(void **state)
{
	union ipc_any answer = minimal(IPC_REJECT);
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	answer.header.version = 9;
	answer.reject.error = ENOTSUP;
	answer.reject.version_min = 8;
	answer.reject.version_max = 9;
	server_start(&answer, true);
	assert_int_equal(connect_to(server_path, 10000, &welcome, &reject), -ENOTSUP);
	assert_string_equal(reject.text, "the daemon speaks versions 8 to 9 of the protocol, this program 1 to 1");
	assert_int_equal(reject.version_min, 8);
	server_end();
	/* A daemon that welcomes in a version that we do not know. */
	answer = minimal(IPC_WELCOME);
	answer.header.version = 9;
	server_start(&answer, true);
	assert_int_equal(connect_to(server_path, 10000, &welcome, &reject), -ENOTSUP);
	assert_non_null(strstr(reject.text, "version 9"));
	server_end();
}

static void what_is_no_daemon_is_told(void **state)
{
	union ipc_any answer = minimal(IPC_RESULT);
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	server_start(&answer, true);
	assert_int_equal(connect_to(server_path, 10000, &welcome, &reject), -EPROTO);
	assert_non_null(strstr(reject.text, "no xschedd"));
	server_end();
	assert_int_equal(connect_to("/nowhere/xschedd.sock", 10000, &welcome, &reject), -ENOENT);
	assert_non_null(strstr(reject.text, "no daemon listens"));
}

static void a_daemon_that_does_not_answer_is_not_waited_for(void **state)
{
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	server_start(NULL, true);
	assert_int_equal(connect_to(server_path, 20, &welcome, &reject), -ETIMEDOUT);
	server_end();
	/* Nor one that does not accept: the backlog holds some, then connect() waits. */
	server_start(NULL, false);
	for (int i = 0; i < 4; i++)
		assert_int_equal(connect_to(server_path, 20, &welcome, &reject), -ETIMEDOUT);
	server_end();
}

#define ON_PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, drop_pair)

static void what_was_said_before_a_reset_is_received(void **state)
{
	struct ipc_reject reject;
	struct ipc_header kick;
	union ipc_any any;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ipc_message_init(&kick, IPC_KICK, 0);
	ipc_message_init(&reject, IPC_REJECT, 0);
	reject.error = EUSERS;
	reject.version_min = reject.version_max = IPC_VERSION;
	/* What the other side never reads makes its close a reset. */
	assert_int_equal(ipc_send(pair[0], &kick, -1), 0);
	assert_int_equal(ipc_send(pair[1], &reject, -1), 0);
	close(pair[1]);
	assert_int_equal(ipc_receive(pair[0], &any, NULL), sizeof(reject));
	assert_int_equal(any.header.type, IPC_REJECT);
	assert_int_equal(ipc_receive(pair[0], &any, NULL), 0);
	close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_a_name_and_a_size),
		cmocka_unit_test(minimal_and_maximal_messages_are_taken),
		cmocka_unit_test(other_sizes_fail),
		cmocka_unit_test(another_magic_or_type_fails),
		cmocka_unit_test(another_version_is_told_apart_and_only_a_rejection_is_taken),
		cmocka_unit_test(each_value_out_of_range_and_each_unended_text_fails),
		cmocka_unit_test(what_does_not_count_may_be_anything),
		cmocka_unit_test(text_is_cut_and_ended),
		ON_PAIR(a_message_travels_whole_with_its_descriptor),
		ON_PAIR(descriptors_that_nobody_wants_are_closed),
		ON_PAIR(a_datagram_of_another_size_fails),
		ON_PAIR(the_other_side_s_end_is_seen),
		ON_PAIR(a_full_buffer_is_told_and_not_waited_for),
		ON_PAIR(waiting_ends),
		cmocka_unit_test(the_socket_is_found_in_this_order),
		cmocka_unit_test(a_name_that_no_address_holds_is_an_error),
		cmocka_unit_test(a_client_is_welcomed),
		cmocka_unit_test(a_rejected_client_learns_why),
		cmocka_unit_test(both_versions_are_told_on_a_mismatch),
		cmocka_unit_test(what_is_no_daemon_is_told),
		cmocka_unit_test(a_daemon_that_does_not_answer_is_not_waited_for),
		cmocka_unit_test(what_was_said_before_a_reset_is_received),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
