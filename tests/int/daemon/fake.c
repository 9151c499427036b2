/* SPDX-License-Identifier: MIT */
/* The real xschedd and clients that are no GPU programs; see fake.h. */
#include "tests/int/daemon/fake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void fake_must(bool good, const char *format, ...)
{
	va_list args;

	if (good)
		return;
	va_start(args, format);
	fprintf(stderr, "[%d] ", (int)getpid());
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void daemon_init(struct fake_daemon *d)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(d->folder, "/tmp/xsched-test-XXXXXX");
	fake_must(mkdtemp(d->folder) != NULL, "no folder: %s", strerror(errno));
	snprintf(d->socket, sizeof(d->socket), "%s/xschedd.sock", d->folder);
	snprintf(d->log, sizeof(d->log), "%s/log", d->folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", d->folder);
	d->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	fake_must(!bind(d->notify, (struct sockaddr *)&address, sizeof(address)), "%s: %s", address.sun_path, strerror(errno));
	d->pid = 0;
}

void daemon_fini(struct fake_daemon *d)
{
	struct dirent *entry;
	DIR *folder = opendir(d->folder);

	if (d->pid)
		daemon_end(d, SIGKILL);
	while (folder && (entry = readdir(folder)))
		unlinkat(dirfd(folder), entry->d_name, 0);
	if (folder)
		closedir(folder);
	rmdir(d->folder);
	close(d->notify);
}

/* In the child: never returns. */
static void run(const struct fake_daemon *d, const char *const more[], int passed)
{
	const char *argv[32] = {"xschedd"}, *top = getenv("top_builddir");
	char path[512], notify[96], option[128], pid[16];
	int argc = 1, log = open(d->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	/* A test that was killed leaves none behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDERR_FILENO);
	snprintf(notify, sizeof(notify), "%s/notify", d->folder);
	setenv("NOTIFY_SOCKET", notify, 1);
	snprintf(option, sizeof(option), "--socket=%s", d->socket);
	if (passed >= 0) {
		/* The descriptor itself must be 3, and stay open over exec. */
		if (passed == 3)
			fcntl(3, F_SETFD, 0);
		else
			dup2(passed, 3);
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
	} else {
		argv[argc++] = option;
	}
	for (; more && *more && argc < 31; more++)
		argv[argc++] = *more;
	snprintf(path, sizeof(path), "%s/xschedd", top ? top : ".");
	execv(path, (char *const *)argv);
	_exit(127);
}

/* Return: whether it came; false when the daemon ended, or @timeout_ms passed. */
static bool told(struct fake_daemon *d, const char *text)
{
	int64_t end_ms = now_ms() + FAKE_LIMIT_MS;
	char got[512];

	for (;;) {
		struct pollfd one = {.fd = d->notify, .events = POLLIN};
		siginfo_t info = {0};

		if (poll(&one, 1, 50) > 0) {
			ssize_t size = recv(d->notify, got, sizeof(got) - 1, 0);
			got[size > 0 ? size : 0] = 0;
			if (!strncmp(got, text, strlen(text)))
				return true;
			continue;
		}
		if (!waitid(P_PID, (id_t)d->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
			return false;
		fake_must(now_ms() < end_ms, "xschedd did not say %s", text);
	}
}

void daemon_told(struct fake_daemon *d, const char *text)
{
	fake_must(told(d, text), "xschedd ended instead of saying %s", text);
}

static bool start(struct fake_daemon *d, const char *const more[], int passed)
{
	d->pid = fork();
	fake_must(d->pid >= 0, "no process: %s", strerror(errno));
	if (!d->pid)
		run(d, more, passed);
	return told(d, "READY=1");
}

bool daemon_start(struct fake_daemon *d, const char *const more[])
{
	return start(d, more, -1);
}

bool daemon_passed(struct fake_daemon *d, int fd)
{
	return start(d, NULL, fd);
}

int daemon_wait(struct fake_daemon *d)
{
	int status = 0;

	fake_must(waitpid(d->pid, &status, 0) == d->pid, "xschedd cannot be waited for");
	d->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int daemon_end(struct fake_daemon *d, int signal)
{
	kill(d->pid, signal);
	return daemon_wait(d);
}

int daemon_logged(const struct fake_daemon *d, const char *text)
{
	char line[1024];
	FILE *file = fopen(d->log, "re");
	int count = 0;

	while (file && fgets(line, sizeof(line), file))
		count += strstr(line, text) != NULL;
	if (file)
		fclose(file);
	return count;
}

void daemon_log_wait(const struct fake_daemon *d, const char *text)
{
	int64_t end_ms = now_ms() + FAKE_LIMIT_MS;

	while (!daemon_logged(d, text)) {
		fake_must(now_ms() < end_ms, "\"%s\" was not logged", text);
		poll(NULL, 0, 1);
	}
}

int daemon_files(const struct fake_daemon *d)
{
	char name[64];
	int count = 0;

	snprintf(name, sizeof(name), "/proc/%d/fd", (int)d->pid);
	DIR *folder = opendir(name);
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

void daemon_files_wait(const struct fake_daemon *d, int files)
{
	int64_t end_ms = now_ms() + FAKE_LIMIT_MS;
	int now;

	/* Connections are accepted in order: those asked for before are behind it. */
	close(control_connect(d->socket));
	while ((now = daemon_files(d)) != files) {
		fake_must(now_ms() < end_ms, "xschedd has %d descriptors open, not %d", now, files);
		poll(NULL, 0, 1);
	}
}

void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	f->sock = f->kick_fd = -1;
	f->flags = IPC_HELLO_KICKS_FD;
	fake_must(!ipc_page_new(&f->page, &f->page_fd), "no page: %s", strerror(errno));
}

void fake_fini(struct fake *f)
{
	fake_disconnect(f);
	ipc_page_unmap(f->page);
	close(f->page_fd);
}

int fake_connect(struct fake *f, const char *socket, const char *job)
{
	struct ipc_hello hello = {.role = IPC_ROLE_LIBRARY, .pid = getpid(), .flags = f->flags, .comm = "fake"};
	struct ipc_welcome welcome;
	struct ipc_reject reject;

	ipc_text_set(hello.job, sizeof(hello.job), job);
	/* What another daemon decided, or was told, is void. */
	for (uint32_t i = 0; i < IPC_SLOTS; i++)
		atomic_store(&f->page->slot[i].decision, IPC_DECISION_NONE);
	atomic_store(&f->page->dirty, 0);
	int sock = ipc_connect_begin(socket, &hello, f->page_fd, FAKE_LIMIT_MS, &reject);
	if (sock >= 0)
		sock = ipc_connect_end(socket, sock, FAKE_LIMIT_MS, &welcome, &f->kick_fd, &reject);
	if (sock < 0)
		return sock;
	f->sock = sock;
	f->number = welcome.client;
	return 0;
}

void fake_disconnect(struct fake *f)
{
	if (f->sock >= 0)
		close(f->sock);
	if (f->kick_fd >= 0)
		close(f->kick_fd);
	f->sock = f->kick_fd = -1;
	f->queues_told = false;
}

/* Waits while the daemon's buffer is full. */
static void send_whole(int sock, const void *message)
{
	while (ipc_send(sock, message, -1) == -EAGAIN)
		poll(&(struct pollfd){.fd = sock, .events = POLLOUT}, 1, FAKE_LIMIT_MS);
}

void fake_queue(struct fake *f, uint32_t slot, uint32_t gpu, int priority)
{
	struct ipc_queue_new new;
	struct ipc_hint hint;

	ipc_message_init(&hint, IPC_HINT, 0);
	hint.target.scope = IPC_SCOPE_CLIENT;
	hint.hint = SCHED_HINT_PRIORITY;
	hint.value = priority;
	send_whole(f->sock, &hint);
	ipc_message_init(&new, IPC_QUEUE_NEW, 0);
	new.slot = slot;
	new.gpu.bdf = gpu << 8;
	new.queue_id = slot;
	new.preempt_cost_ns = IPC_COST_NEVER;
	send_whole(f->sock, &new);
	f->queues_told = true;
}

int fake_kick(struct fake *f, uint32_t slot)
{
	const uint64_t one = 1;
	struct ipc_header kick;

	atomic_fetch_or(&f->page->changed[slot / 64], UINT64_C(1) << slot % 64);
	if (atomic_exchange(&f->page->dirty, 1))
		return 0;
	/* Not past what was said of queues. */
	if (f->kick_fd >= 0 && !f->queues_told)
		return write(f->kick_fd, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
	f->queues_told = false;
	ipc_message_init(&kick, IPC_KICK, 0);
	return ipc_send(f->sock, &kick, -1);
}

void fake_ready(struct fake *f, uint32_t slot, bool ready, uint64_t gpu_ns)
{
	atomic_fetch_add(&f->page->slot[slot].gpu_ns, gpu_ns);
	atomic_store(&f->page->slot[slot].ready, ready);
	fake_kick(f, slot);
}

unsigned fake_take(struct fake *f)
{
	unsigned count = 0;

	for (uint32_t word = 0; word < IPC_SLOTS / 64; word++) {
		if (!atomic_load_explicit(&f->page->decided[word], memory_order_relaxed))
			continue;
		for (uint64_t bits = atomic_exchange(&f->page->decided[word], 0); bits; bits &= bits - 1) {
			struct ipc_slot *slot = &f->page->slot[word * 64 + (uint32_t)__builtin_ctzll(bits)];

			atomic_store(&slot->applied, ipc_decision_sequence(atomic_load(&slot->decision)));
			count++;
		}
	}
	return count;
}

void fake_wait(struct fake *f, int timeout_ms)
{
	struct timespec limit = {.tv_sec = timeout_ms / 1000, .tv_nsec = timeout_ms % 1000 * 1000000L};
	uint32_t seen = atomic_load(&f->page->kicks);
	bool any = false;

	for (uint32_t word = 0; word < IPC_SLOTS / 64; word++)
		any |= atomic_load(&f->page->decided[word]) != 0;
	if (any)
		return;
	atomic_store(&f->page->asleep, 1);
	if (atomic_load(&f->page->kicks) == seen)
		syscall(SYS_futex, &f->page->kicks, FUTEX_WAIT, seen, &limit, NULL, 0);
	atomic_store(&f->page->asleep, 0);
}

enum sched_gate fake_gate(const struct fake *f, uint32_t slot)
{
	uint64_t decision = atomic_load(&f->page->slot[slot].decision);

	return decision == IPC_DECISION_NONE ? (enum sched_gate)99 : ipc_decision_gate(decision);
}

void fake_gate_wait(struct fake *f, uint32_t slot, enum sched_gate gate)
{
	int64_t end_ms = now_ms() + FAKE_LIMIT_MS;

	for (;;) {
		fake_take(f);
		if (fake_gate(f, slot) == gate)
			return;
		fake_must(now_ms() < end_ms, "slot %u: the gate is %d, not %d", slot, fake_gate(f, slot), gate);
		fake_wait(f, 100);
	}
}

int fake_ended_wait(struct fake *f)
{
	union ipc_any any;
	int error = 0;

	for (;;) {
		int got = ipc_receive_wait(f->sock, &any, NULL, FAKE_LIMIT_MS);

		fake_must(got != -ETIMEDOUT, "the connection was not ended");
		if (got <= 0)
			return error;
		if (any.header.type == IPC_REJECT)
			error = any.reject.error;
	}
}

int control_connect(const char *socket)
{
	struct ipc_hello hello = {.role = IPC_ROLE_CONTROL, .pid = getpid(), .comm = "control"};
	struct ipc_welcome welcome;
	struct ipc_reject reject;
	int sock;

	/* Connections that were just closed count until the daemon has seen it. */
	while ((sock = ipc_connect(socket, &hello, -1, FAKE_LIMIT_MS, &welcome, &reject)) == -EUSERS)
		sched_yield();
	fake_must(sock >= 0, "control client: %s", reject.text);
	return sock;
}

int control_ask(int sock, void *message, char *text)
{
	union ipc_any any;

	fake_must(!ipc_send(sock, message, -1), "a request cannot be sent");
	fake_must(ipc_receive_wait(sock, &any, NULL, FAKE_LIMIT_MS) > 0 && any.header.type == IPC_RESULT, "no result");
	if (text)
		memcpy(text, any.result.text, IPC_TEXT_SIZE);
	return any.result.error;
}

unsigned control_list(int sock, union ipc_any *entries, unsigned max)
{
	struct ipc_header list;
	union ipc_any any;
	unsigned count = 0;

	ipc_message_init(&list, IPC_LIST, 7);
	fake_must(!ipc_send(sock, &list, -1), "LIST cannot be sent");
	for (;;) {
		fake_must(ipc_receive_wait(sock, &any, NULL, FAKE_LIMIT_MS) > 0, "the list does not end");
		if (any.header.type == IPC_RESULT)
			return count;
		if (count < max)
			entries[count] = any;
		count++;
	}
}

unsigned control_clients(int sock)
{
	union ipc_any first;

	control_list(sock, &first, 1);
	return first.machine_entry.clients;
}

void control_clients_wait(int sock, unsigned count)
{
	int64_t end_ms = now_ms() + FAKE_LIMIT_MS;

	while (control_clients(sock) != count) {
		fake_must(now_ms() < end_ms, "there are %u clients, not %u", control_clients(sock), count);
		poll(NULL, 0, 1);
	}
}
