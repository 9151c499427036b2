/* SPDX-License-Identifier: MIT */
/*
 * fake_client [--user UID] [--pid PID] [--old] SOCKET JOB QUEUES: a library without a program, for tests of xschedctl. Says hello to
 * the daemon, as PID if that is given, and as a library that does not say whether it traces with --old; tells of queues with the ids
 * 10, 11, ..., then obeys lines on standard input and answers each with a line:
 *   ready SLOT, idle SLOT   whether it has something to run
 *   used SLOT NS            GPU time so far
 *   gate SLOT hold|go       waits until its gate is closed, or not; answers the same and a reason's number, or "late" after 20 s
 *   trace                   waits for the daemon to ask for a trace, or its end; writes events into what was passed
 *   refuse ERRNO TEXT       waits for the daemon to ask for a trace, and refuses it
 *   asked                   waits until the daemon has asked for something, and does not look what it is
 *   quit
 * It writes its page as the library does; a thread takes decisions.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/ipc/codec.h"
#include "src/ipc/page_map.h"
#include "src/sched/sched.h"

#define WAIT_MS 20000

static int sock, trace_fd = -1;
static struct ipc_page *page;

static void die(const char *what, int error)
{
	fprintf(stderr, "fake_client: %s: %s\n", what, strerror(error));
	exit(1);
}

static void send_message(const void *message)
{
	int r = ipc_send(sock, message, -1);

	if (r)
		die("send", -r);
}

static void say_hello(const char *path, const char *job, int32_t pid, bool old)
{
	struct ipc_hello hello;
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	int fd, r = ipc_page_new(&page, &fd);

	if (r)
		die("page", -r);
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_LIBRARY;
	hello.pid = pid;
	hello.flags = old ? 0 : IPC_HELLO_ANSWERS_TRACE;
	ipc_text_set(hello.job, sizeof(hello.job), job);
	ipc_text_set(hello.comm, sizeof(hello.comm), "fake");
	sock = ipc_connect(path, &hello, fd, WAIT_MS, &welcome, &reject);
	if (sock < 0)
		die(reject.text, -sock);
	close(fd);
}

static void add_queue(uint32_t slot)
{
	struct ipc_queue_new queue;

	ipc_message_init(&queue, IPC_QUEUE_NEW, 0);
	queue.slot = slot;
	queue.gpu = (struct ipc_gpu_key){.domain = 0, .bdf = 0x0300, .node = 1};
	queue.queue_id = 10 + slot;
	queue.preempt_cost_ns = IPC_COST_NEVER;
	queue.size_pkts = 1024;
	ipc_text_set(queue.gpu_name, sizeof(queue.gpu_name), "simulated");
	send_message(&queue);
}

static void kick(uint32_t slot)
{
	struct ipc_header message;

	atomic_fetch_or(&page->changed[slot / 64], UINT64_C(1) << slot % 64);
	if (atomic_exchange(&page->dirty, 1))
		return;
	ipc_message_init(&message, IPC_KICK, 0);
	send_message(&message);
}

/* Signalled when decisions were taken; they stand in the page. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t taken;

static void take_decisions(void)
{
	for (uint32_t word = 0; word < IPC_SLOTS / 64; word++)
		for (uint64_t bits = atomic_exchange(&page->decided[word], 0); bits; bits &= bits - 1) {
			struct ipc_slot *slot = &page->slot[word * 64 + (uint32_t)__builtin_ctzll(bits)];

			atomic_store(&slot->applied, ipc_decision_sequence(atomic_load(&slot->decision)));
		}
	pthread_mutex_lock(&lock);
	pthread_cond_broadcast(&taken);
	pthread_mutex_unlock(&lock);
}

static void *helper(void *unused)
{
	for (;;) {
		uint32_t kicks = atomic_load(&page->kicks);

		atomic_store(&page->asleep, 0);
		take_decisions();
		/* The daemon adds a kick, then looks whether to wake: a kick that came before this store makes the wait return at once. */
		atomic_store(&page->asleep, 1);
		syscall(SYS_futex, &page->kicks, FUTEX_WAIT, kicks, NULL, NULL, 0);
	}
	return NULL;
}

static void start_helper(void)
{
	pthread_condattr_t monotonic;
	pthread_t thread;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&taken, &monotonic);
	int r = pthread_create(&thread, NULL, helper, NULL);
	if (r)
		die("thread", r);
}

static void wait_gate(uint32_t slot, bool hold)
{
	struct timespec end;
	uint64_t decision;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += WAIT_MS / 1000;
	pthread_mutex_lock(&lock);
	for (;;) {
		decision = atomic_load(&page->slot[slot].decision);
		if (r || (decision != IPC_DECISION_NONE && (ipc_decision_gate(decision) == SCHED_GATE_HOLD) == hold))
			break;
		r = pthread_cond_timedwait(&taken, &lock, &end);
	}
	pthread_mutex_unlock(&lock);
	if (r)
		printf("late\n");
	else
		printf("%s %u\n", hold ? "hold" : "go", ipc_decision_reason(decision));
}

static union ipc_any next_trace(int *fd_p)
{
	union ipc_any any;
	int r;

	do {
		r = ipc_receive_wait(sock, &any, fd_p, WAIT_MS);
		if (r <= 0)
			die("no trace was asked for", r ? -r : ECONNRESET);
	} while (any.header.type != IPC_TRACE);
	return any;
}

static void answer_trace(uint32_t serial, int error, const char *text)
{
	struct ipc_result result;

	if (!serial)
		return;
	ipc_message_init(&result, IPC_RESULT, serial);
	result.error = error;
	ipc_text_set(result.text, sizeof(result.text), text);
	send_message(&result);
}

static void refuse_trace(int error, const char *text)
{
	int fd;
	union ipc_any any = next_trace(&fd);

	close(fd);
	answer_trace(any.header.serial, error, text);
	printf("refused\n");
}

static void wait_asked(void)
{
	struct pollfd one = {.fd = sock, .events = POLLIN};

	printf("%s\n", poll(&one, 1, WAIT_MS) > 0 ? "asked" : "late");
}

static void wait_trace(void)
{
	int fd;
	union ipc_any any = next_trace(&fd);

	if (any.trace.on) {
		trace_fd = fd;
		dprintf(trace_fd, "{\"traceEvents\":[{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"args\":{\"name\":\"fake\"}}",
			(int)getpid());
		answer_trace(any.header.serial, 0, "");
		printf("trace on\n");
		return;
	}
	dprintf(trace_fd, ",\n{\"name\":\"kernel\",\"ph\":\"X\",\"pid\":%d,\"tid\":1,\"ts\":1.5,\"dur\":2}]}", (int)getpid());
	close(trace_fd);
	trace_fd = -1;
	answer_trace(any.header.serial, 0, "");
	printf("trace off\n");
}

static void obey(const char *line)
{
	char gate[8], text[100];
	uint64_t ns;
	uint32_t slot;
	int error;

	if (sscanf(line, "ready %" SCNu32, &slot) == 1) {
		atomic_store(&page->slot[slot].ready, 1);
		kick(slot);
		printf("ok\n");
	} else if (sscanf(line, "idle %" SCNu32, &slot) == 1) {
		atomic_store(&page->slot[slot].ready, 0);
		kick(slot);
		printf("ok\n");
	} else if (sscanf(line, "used %" SCNu32 " %" SCNu64, &slot, &ns) == 2) {
		atomic_store(&page->slot[slot].gpu_ns, ns);
		kick(slot);
		printf("ok\n");
	} else if (sscanf(line, "gate %" SCNu32 " %7s", &slot, gate) == 2) {
		wait_gate(slot, !strcmp(gate, "hold"));
	} else if (!strncmp(line, "trace", 5)) {
		wait_trace();
	} else if (sscanf(line, "refuse %d %99[^\n]", &error, text) == 2) {
		refuse_trace(error, text);
	} else if (!strncmp(line, "asked", 5)) {
		wait_asked();
	} else {
		die(line, EINVAL);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int32_t pid = getpid();
	bool old = false;
	char line[128];

	if (argc > 2 && !strcmp(argv[1], "--user")) {
		if (setresuid((uid_t)atoi(argv[2]), (uid_t)atoi(argv[2]), (uid_t)atoi(argv[2])))
			die("setresuid", errno);
		argc -= 2;
		argv += 2;
	}
	if (argc > 2 && !strcmp(argv[1], "--pid")) {
		pid = atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc > 1 && !strcmp(argv[1], "--old")) {
		old = true;
		argc--;
		argv++;
	}
	if (argc != 4) {
		fprintf(stderr, "usage: fake_client [--user UID] [--pid PID] [--old] SOCKET JOB QUEUES\n");
		return 2;
	}
	say_hello(argv[1], argv[2], pid, old);
	start_helper();
	for (uint32_t i = 0; i < (uint32_t)atoi(argv[3]); i++)
		add_queue(i);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n"))
		obey(line);
	return 0;
}
