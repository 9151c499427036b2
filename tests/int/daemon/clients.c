/* SPDX-License-Identifier: MIT */
/* What becomes of clients of the real xschedd that die, stop, flood or do not read, and of those beside them. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/int/daemon/fake.h"

static struct fake_daemon d;
static struct fake witness; /* has work of low priority all the time */
static bool old; /* it and children kick by messages */

static int setup_with(const char *const more[])
{
	daemon_init(&d);
	if (!daemon_start(&d, more))
		return -1;
	fake_init(&witness);
	if (old)
		witness.flags = 0;
	if (fake_connect(&witness, d.socket, NULL))
		return -1;
	fake_queue(&witness, 0, 0, -1);
	fake_ready(&witness, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	return 0;
}

static int setup(void **state)
{
	return setup_with(NULL);
}

static int setup_old(void **state)
{
	old = true;
	return setup_with(NULL);
}

static int setup_low_rate(void **state)
{
	return setup_with((const char *const[]){"--message-rate=100", NULL});
}

static int setup_any_rate(void **state)
{
	return setup_with((const char *const[]){"--message-rate=10000000", NULL});
}

static int teardown(void **state)
{
	old = false;
	/* Whatever happened, it was not the daemon's end. */
	int status = daemon_end(&d, SIGTERM);

	fake_fini(&witness);
	daemon_fini(&d);
	return status;
}

/* In the child: goes on until it is killed, takes its decisions, and does not end a turn. */
static void hold_the_gpu(void)
{
	struct fake f;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fake_init(&f);
	if (old)
		f.flags = 0;
	fake_must(!fake_connect(&f, d.socket, NULL), "a child cannot connect");
	fake_must(old == (f.kick_fd < 0), "it has descriptor %d", f.kick_fd);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	for (;;) {
		fake_take(&f);
		fake_wait(&f, 1000);
	}
}

static pid_t child(void (*run)(void))
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		run();
		_exit(0);
	}
	return pid;
}

static int child_end(pid_t pid, int signal)
{
	int status = 0;

	if (signal)
		kill(pid, signal);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void a_killed_client_is_forgotten(void **state)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = child(hold_the_gpu);

		fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
		child_end(pid, SIGKILL);
		fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	}
}

static int heir[2], there[2]; /* the test's end, and that the child's child is there */

static void hold_and_fork(void)
{
	struct fake f;
	char byte;

	fake_init(&f);
	fake_must(!fake_connect(&f, d.socket, NULL), "a child cannot connect");
	if (!fork()) {
		/* It has the socket too, and lives until the test is over. */
		close(heir[1]);
		fake_must(write(there[1], "", 1) == 1, "the pipe fails");
		_exit(read(heir[0], &byte, 1) != 0);
	}
	fake_must(read(there[0], &byte, 1) == 1, "the pipe fails");
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	for (;;)
		fake_wait(&f, 1000);
}

static void a_child_that_has_the_socket_does_not_keep_a_dead_client(void **state)
{
	assert_int_equal(pipe(heir), 0);
	assert_int_equal(pipe(there), 0);
	pid_t pid = child(hold_and_fork);

	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	child_end(pid, SIGKILL);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	for (int i = 0; i < 2; i++) {
		close(heir[i]);
		close(there[i]);
	}
}

static void a_stopped_client_does_not_block_others(void **state)
{
	pid_t pid = child(hold_the_gpu);

	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	kill(pid, SIGSTOP);
	fake_gate_wait(&witness, 0, SCHED_GATE_RUN);
	/* It goes on, says nothing, and has its place. */
	kill(pid, SIGCONT);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	child_end(pid, SIGKILL);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

static void ten_thousand_connections_leave_nothing(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int control = control_connect(d.socket), files = daemon_files(&d);
	struct ipc_hello hello;

	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_CONTROL;
	strcpy(address.sun_path, d.socket);
	for (int i = 0; i < 10000; i++) {
		struct fake f;
		int sock;

		switch (i % 10) {
		case 0: /* a library */
			fake_init(&f);
			assert_int_equal(fake_connect(&f, d.socket, "job"), 0);
			fake_queue(&f, 0, 0, 0);
			fake_fini(&f);
			break;
		case 1:
			close(control_connect(d.socket));
			break;
		default: /* one that says nothing, and one that does not wait for an answer */
			sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
			assert_int_equal(connect(sock, (struct sockaddr *)&address, sizeof(address)), 0);
			if (i % 10 < 6)
				assert_int_equal(ipc_send(sock, &hello, -1), 0);
			close(sock);
		}
	}
	control_clients_wait(control, 1);
	daemon_files_wait(&d, files);
	close(control);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

static void many_connections_at_once_are_limited_for_a_user(void **state)
{
	/* As root nothing is limited but all of them. */
	static int socks[1100];
	struct ipc_hello hello = {.role = IPC_ROLE_CONTROL};
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	unsigned count = 0;
	int rc = 0;

	while (count < 1100 && (rc = ipc_connect(d.socket, &hello, -1, FAKE_LIMIT_MS, &welcome, &reject)) >= 0)
		socks[count++] = rc;
	assert_int_equal(rc, -EUSERS);
	assert_int_equal(count, getuid() ? 255 : 1023);
	while (count)
		close(socks[--count]);
	int control = control_connect(d.socket);
	control_clients_wait(control, 1);
	close(control);
}

static void a_client_that_does_not_read_is_disconnected(void **state)
{
	struct ipc_hint hint;
	struct fake f;
	int rc = 0;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	ipc_message_init(&hint, IPC_HINT, 1);
	hint.target.scope = IPC_SCOPE_CLIENT;
	/* Each is answered, and no answer is read. */
	while (!rc || rc == -EAGAIN)
		rc = ipc_send(f.sock, &hint, -1);
	assert_true(rc == -EPIPE || rc == -ECONNRESET);
	assert_true(daemon_logged(&d, "it does not read what is sent to it") == 1);
	fake_fini(&f);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

static void a_list_that_is_not_read_keeps_nobody_waiting(void **state)
{
	struct ipc_header list;
	struct fake f;
	int slow = control_connect(d.socket), control = control_connect(d.socket);
	static union ipc_any entries[1400];

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	for (uint32_t i = 0; i < IPC_SLOTS; i++)
		fake_queue(&f, i, 0, 0);
	fake_gate_wait(&f, IPC_SLOTS - 1, SCHED_GATE_RUN);
	ipc_message_init(&list, IPC_LIST, 1);
	assert_int_equal(ipc_send(slow, &list, -1), 0);
	/* Others get theirs, whole: machine, GPU, two clients, queues. */
	assert_int_equal(control_list(control, entries, 1400), 2 + 2 + IPC_SLOTS + 1);
	fake_fini(&f);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	close(slow);
	close(control);
}

static void a_flood_is_disconnected(void **state)
{
	struct ipc_header kick;
	struct fake f;
	int rc = 0;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	ipc_message_init(&kick, IPC_KICK, 0);
	while (!rc || rc == -EAGAIN)
		rc = ipc_send(f.sock, &kick, -1);
	assert_int_equal(fake_ended_wait(&f), EBUSY);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	fake_fini(&f);
}

static void a_flood_by_the_descriptor_is_disconnected(void **state)
{
	const uint64_t one = 1;
	struct fake f;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	while (!poll(&(struct pollfd){.fd = f.sock, .events = POLLIN}, 1, 0))
		assert_int_equal(write(f.kick_fd, &one, sizeof(one)), sizeof(one));
	assert_int_equal(fake_ended_wait(&f), EBUSY);
	/* It has the descriptor still, and nobody looks at it. */
	for (int i = 0; i < 10000; i++)
		assert_int_equal(write(f.kick_fd, &one, sizeof(one)), sizeof(one));
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	fake_fini(&f);
}

/* One that is told of again and again, as it is never read, would soon be a flood at this rate. */
static void a_kick_is_one_event(void **state)
{
	struct fake f;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	fake_ready(&f, 0, false, 1000);
	fake_gate_wait(&witness, 0, SCHED_GATE_RUN);
	/* Others have their turns, and so would it. */
	for (int i = 0; i < 20; i++) {
		int control = control_connect(d.socket);

		assert_int_equal(control_clients(control), 2);
		close(control);
	}
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	fake_fini(&f);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

/* All the time, and each announces something, so that it is no flood at this rate. */
static void kick_always(void)
{
	const uint64_t one = 1;
	struct fake f;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fake_init(&f);
	fake_must(!fake_connect(&f, d.socket, NULL), "a child cannot connect");
	for (;;) {
		atomic_store(&f.page->dirty, 1);
		fake_must(write(f.kick_fd, &one, sizeof(one)) == sizeof(one), "the descriptor fails: %s", strerror(errno));
	}
}

static void who_kicks_all_the_time_keeps_nobody_waiting(void **state)
{
	int control = control_connect(d.socket);
	struct fake f;
	pid_t pids[4];

	for (int i = 0; i < 4; i++)
		pids[i] = child(kick_always);
	control_clients_wait(control, 5);
	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	for (int i = 0; i < 100; i++) {
		fake_ready(&f, 0, true, 0);
		fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
		fake_ready(&f, 0, false, 1000);
		fake_gate_wait(&witness, 0, SCHED_GATE_RUN);
		assert_int_equal(control_clients(control), 6);
	}
	fake_fini(&f);
	for (int i = 0; i < 4; i++)
		child_end(pids[i], SIGKILL);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	close(control);
}

static void who_fills_the_descriptor_s_count_harms_only_itself(void **state)
{
	const uint64_t most = UINT64_MAX - 1;
	struct ipc_header kick;
	struct fake f;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	assert_int_equal(write(f.kick_fd, &most, sizeof(most)), sizeof(most));
	/* The daemon has seen that one. */
	int control = control_connect(d.socket);
	assert_int_equal(control_clients(control), 2);
	close(control);
	atomic_store(&f.page->slot[0].ready, 0);
	assert_int_equal(fake_kick(&f, 0), -EAGAIN);
	assert_int_equal(fake_gate(&witness, 0), SCHED_GATE_HOLD);
	/* It is there, and has another way. */
	ipc_message_init(&kick, IPC_KICK, 0);
	assert_int_equal(ipc_send(f.sock, &kick, -1), 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_RUN);
	fake_fini(&f);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

/* Let the daemon open so many more descriptors. */
static void daemon_descriptors(unsigned more)
{
	struct rlimit limit;
	unsigned number = 0;

	for (unsigned unused = 0;; number++) {
		char name[64], what[8];

		snprintf(name, sizeof(name), "/proc/%d/fd/%u", (int)d.pid, number);
		if (readlink(name, what, sizeof(what)) < 0 && unused++ == more)
			break;
	}
	assert_int_equal(prlimit(d.pid, RLIMIT_NOFILE, NULL, &limit), 0);
	limit.rlim_cur = number;
	assert_int_equal(prlimit(d.pid, RLIMIT_NOFILE, &limit, NULL), 0);
}

static void without_a_descriptor_left_kicks_are_messages(void **state)
{
	int files = daemon_files(&d);

	/* Connection, process, page; and what is for kicks. */
	for (unsigned more = 4; more >= 3; more--) {
		struct fake f;

		fake_init(&f);
		daemon_descriptors(more);
		assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
		assert_int_equal(f.kick_fd >= 0, more == 4);
		fake_queue(&f, 0, 0, 5);
		for (int i = 0; i < 10; i++) {
			fake_ready(&f, 0, true, 0);
			fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
			fake_ready(&f, 0, false, 1000);
			fake_gate_wait(&witness, 0, SCHED_GATE_RUN);
		}
		fake_fini(&f);
		fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
		daemon_files_wait(&d, files);
	}
}

static void a_liar_is_disconnected(void **state)
{
	struct fake f;

	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 1000);
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	fake_ready(&f, 0, true, UINT64_MAX);
	assert_int_equal(fake_ended_wait(&f), EINVAL);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	fake_fini(&f);
}

static void what_is_no_message_is_disconnected(void **state)
{
	static const size_t sizes[] = {1, 15, 16, 128, 512, 513, 100000};
	static char bytes[100000];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct fake f;

		fake_init(&f);
		assert_int_equal(fake_connect(&f, d.socket, NULL), 0);
		assert_int_equal(send(f.sock, bytes, sizes[i], 0), sizes[i]);
		assert_int_equal(fake_ended_wait(&f), EPROTO);
		fake_fini(&f);
	}
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

static void a_page_that_could_shrink_is_refused(void **state)
{
	struct ipc_hello hello = {.role = IPC_ROLE_LIBRARY};
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	int fd = (int)memfd_create("small", MFD_CLOEXEC), ends[2];

	assert_int_equal(ftruncate(fd, sizeof(struct ipc_page)), 0);
	assert_int_equal(ipc_connect(d.socket, &hello, fd, FAKE_LIMIT_MS, &welcome, &reject), -EPERM);
	close(fd);
	/* Other kinds of file. */
	fd = open("/dev/null", O_RDWR);
	assert_int_equal(ipc_connect(d.socket, &hello, fd, FAKE_LIMIT_MS, &welcome, &reject), -EINVAL);
	close(fd);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(ipc_connect(d.socket, &hello, ends[0], FAKE_LIMIT_MS, &welcome, &reject), -EINVAL);
	assert_int_equal(ipc_connect(d.socket, &hello, -1, FAKE_LIMIT_MS, &welcome, &reject), -EPROTO);
	close(ends[0]);
	close(ends[1]);
}

/* A socket that whoever closes it last waits for, until the other end, @peer_p, is closed: there is something to send, and nobody reads. */
static int slow_to_close(int *peer_p)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	const struct linger linger = {.l_onoff = 1, .l_linger = 100};
	socklen_t size = sizeof(at);
	char bytes[65536] = {0};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	assert_int_equal(connect(sock, (struct sockaddr *)&at, sizeof(at)), 0);
	*peer_p = accept(listener, NULL, NULL);
	assert_true(*peer_p >= 0);
	close(listener);
	while (send(sock, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(setsockopt(sock, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	return sock;
}

static void descriptors_that_are_slow_to_close_keep_nobody_waiting(void **state)
{
	enum { COUNT = 12 };
	union ipc_any entries[8];
	int ctl = control_connect(d.socket), peers[COUNT];

	/* So that it has the last of each. */
	kill(d.pid, SIGSTOP);
	for (int i = 0; i < COUNT; i++) {
		struct sockaddr_un at = {.sun_family = AF_UNIX};
		/* A message, what is none, and none at all. */
		struct ipc_header header = {IPC_MAGIC + (i % 3 == 1), IPC_VERSION, IPC_KICK, sizeof(header), 0};
		struct iovec part = {&header, i % 3 == 2 ? 0 : sizeof(header)};
		union {
			struct cmsghdr align;
			char bytes[CMSG_SPACE(2 * sizeof(int))];
		} control = {0};
		struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		int fds[2] = {open("/dev/null", O_RDONLY | O_CLOEXEC), slow_to_close(&peers[i])};

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fds));
		memcpy(CMSG_DATA(c), fds, sizeof(fds));
		strcpy(at.sun_path, d.socket);
		int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(sock, (struct sockaddr *)&at, sizeof(at)), 0);
		assert_true(sendmsg(sock, &m, 0) >= 0);
		close(fds[0]);
		close(fds[1]);
		close(sock);
	}
	kill(d.pid, SIGCONT);
	assert_true(control_list(ctl, entries, 8) > 0);
	/* After a while no more of this user is taken on. */
	struct ipc_hello hello = {.role = IPC_ROLE_CONTROL};
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	int sock;
	while ((sock = ipc_connect(d.socket, &hello, -1, FAKE_LIMIT_MS, &welcome, &reject)) >= 0) {
		close(sock);
		usleep(20000);
	}
	assert_non_null(strstr(reject.text, "cannot be closed"));
	assert_true(control_list(ctl, entries, 8) > 0);
	for (int i = 0; i < COUNT; i++)
		close(peers[i]);
	while ((sock = ipc_connect(d.socket, &hello, -1, FAKE_LIMIT_MS, &welcome, &reject)) < 0)
		usleep(20000);
	close(sock);
	close(ctl);
}

static void ask_as_nobody(void)
{
	union ipc_any entries[8];
	struct ipc_suspend suspend;
	struct ipc_hint hint;
	struct ipc_policy policy;

	fake_must(!setgroups(0, NULL) && !setgid(65534) && !setuid(65534), "it cannot become nobody");
	int sock = control_connect(d.socket);
	unsigned count = control_list(sock, entries, 8);
	fake_must(count == 3 && entries[2].header.type == IPC_CLIENT_ENTRY, "%u entries", count);
	const struct ipc_client_entry *e = &entries[2].client_entry;
	fake_must(e->hidden && e->pid == getppid() && !*e->comm && !*e->job && !*e->cgroup && !e->container_pid, "it is not hidden");
	ipc_message_init(&suspend, IPC_SUSPEND, 1);
	suspend.target.scope = IPC_SCOPE_CLIENT;
	suspend.target.client = e->client;
	suspend.level = 1;
	fake_must(control_ask(sock, &suspend, NULL) == EPERM, "it may suspend");
	ipc_message_init(&hint, IPC_HINT, 1);
	hint.target = suspend.target;
	fake_must(control_ask(sock, &hint, NULL) == EPERM, "it may give hints");
	ipc_message_init(&policy, IPC_POLICY, 1);
	strcpy(policy.name, "fair");
	fake_must(control_ask(sock, &policy, NULL) == EPERM, "it may choose the policy");
}

static void another_user_sees_and_does_nothing(void **state)
{
	if (getuid()) {
		print_message("only root can be another user here\n");
		skip();
	}
	chmod(d.folder, 0755);
	assert_int_equal(child_end(child(ask_as_nobody), 0), 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define CASE_WITH(test, setup) {.name = #test ", " #setup, .test_func = test, .setup_func = setup, .teardown_func = teardown}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_killed_client_is_forgotten),
		CASE_WITH(a_killed_client_is_forgotten, setup_old),
		CASE(a_child_that_has_the_socket_does_not_keep_a_dead_client),
		CASE(a_stopped_client_does_not_block_others),
		CASE_WITH(a_stopped_client_does_not_block_others, setup_old),
		CASE(ten_thousand_connections_leave_nothing),
		CASE(many_connections_at_once_are_limited_for_a_user),
		CASE(a_client_that_does_not_read_is_disconnected),
		CASE(a_list_that_is_not_read_keeps_nobody_waiting),
		CASE(a_flood_is_disconnected),
		CASE(a_flood_by_the_descriptor_is_disconnected),
		CASE_WITH(a_kick_is_one_event, setup_low_rate),
		CASE_WITH(who_kicks_all_the_time_keeps_nobody_waiting, setup_any_rate),
		CASE(who_fills_the_descriptor_s_count_harms_only_itself),
		CASE(without_a_descriptor_left_kicks_are_messages),
		CASE(a_liar_is_disconnected),
		CASE(what_is_no_message_is_disconnected),
		CASE(a_page_that_could_shrink_is_refused),
		CASE(descriptors_that_are_slow_to_close_keep_nobody_waiting),
		CASE(another_user_sees_and_does_nothing),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
