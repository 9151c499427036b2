/* SPDX-License-Identifier: MIT */
/*
 * The connection to the daemon and the thread that keeps it; see remote.h. The thread sleeps until the daemon says something, goes away,
 * or the library ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/hsa_intercept/link.h"
#include "src/hsa_intercept/pacer.h"
#include "src/hsa_intercept/remote.h"
#include "src/hsa_intercept/shared_brake.h"
#include "src/hsa_intercept/trace.h"

#define FIRST_MS 250 /* for the first answer, while the program waits for its queue */
#define LATER_MS 1000 /* for further ones; the library's end does not wait for them */
#define BACKLOG_MS 100 /* for a daemon that does not accept */
#define RETRY_MS 300 /* between attempts to connect again */

/* Set in OnLoad. */
static char path[sizeof(((struct config *)0)->socket)];
static char job[IPC_NAME_SIZE];
static bool named; /* the settings name the socket */
static bool off;

static pthread_mutex_t start_lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the start lock, then the link's. */
static _Atomic bool started;
static pthread_t thread;
static struct ipc_page *page; /* lives as long as the process */
static int page_fd = -1;
static int stop_fd = -1; /* readable: end */
static int sock = -1;
static int kick_fd = -1; /* came with the welcome */
static bool tried;
static bool said; /* why there is no connection */

void remote_configure(const struct config *c)
{
	off = !strcmp(c->socket, "off");
	named = c->socket[0] != 0;
	ipc_text_set(job, sizeof(job), c->job);
	if (!off && ipc_socket_path(c->socket, path, sizeof(path)))
		off = true;
}

bool remote_wanted(void)
{
	return !off && (started || named || !access(path, F_OK));
}

static void disconnect(void)
{
	int old = sock, old_kick = kick_fd;

	/* In this order: a child that is forked meanwhile closes what the numbers stand for. */
	sock = kick_fd = -1;
	/* The daemon is to see it even if a child has got the socket. */
	shutdown(old, SHUT_RDWR);
	close(old);
	if (old_kick >= 0)
		close(old_kick);
}

/* The program's short name, whichever thread asks. */
static void program_name(char *name, size_t size)
{
	FILE *file = fopen("/proc/self/comm", "re");

	if (!file || !fgets(name, (int)size, file))
		prctl(PR_GET_NAME, name);
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = 0;
}

/* Until the daemon answers on @fd, for at most @timeout_ms. Return: whether the library ends. */
static bool wait_for_answer(int fd, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};

	return poll(fds, 2, timeout_ms) > 0 && fds[1].revents;
}

/* What an error's text says of the path, which may stand before it. */
static const char *behind_path(const char *text)
{
	size_t length = strlen(path);

	return !strncmp(text, path, length) && !strncmp(text + length, ": ", 2) ? text + length + 2 : text;
}

/* Kicks come from the program's threads: what could keep them waiting is not used. */
static int usable(int fd)
{
	if (fd < 0 || fcntl(fd, F_GETFL) & O_NONBLOCK)
		return fd;
	close(fd);
	return -1;
}

/* @fd_p: out, on success: for kicks, or -1. Return: a socket; -ECANCELED: the library ends; an error of ipc_connect(). */
static int connect_once(int timeout_ms, struct ipc_welcome *welcome, int *fd_p)
{
	struct ipc_hello hello;
	struct ipc_reject reject;

	memset(&hello, 0, sizeof(hello));
	ipc_message_init(&hello, IPC_HELLO, 0);
	hello.role = IPC_ROLE_LIBRARY;
	hello.pid = getpid();
	hello.flags = IPC_HELLO_ANSWERS_TRACE | IPC_HELLO_KICKS_FD;
	ipc_text_set(hello.job, sizeof(hello.job), job);
	program_name(hello.comm, sizeof(hello.comm));
	int error = ipc_connect_begin(path, &hello, page_fd, BACKLOG_MS, &reject);
	if (error >= 0 && wait_for_answer(error, timeout_ms)) {
		close(error);
		return -ECANCELED;
	}
	if (error >= 0)
		error = ipc_connect_end(path, error, 0, welcome, fd_p, &reject);
	if (error >= 0) {
		*fd_p = usable(*fd_p);
		log_info("connected to the daemon at %s", path);
		said = false;
	} else if (!said) {
		/* Where no socket was named, no daemon is as good as one. */
		bool absent = error == -ENOENT || error == -ECONNREFUSED;

		said = true;
		if (!absent || named)
			log_warning("no daemon at %s: %s; this process schedules itself", path,
				absent ? "nobody listens" : behind_path(reject.text));
	}
	return error;
}

/* Begin a trace into @fd. Return: a positive errno with a text, or 0: it has been taken. */
static int begin_trace(int fd, const char **text_p)
{
	/* What comes along is lost where it cannot be opened. */
	if (fd < 0) {
		*text_p = "the file for it did not arrive: it may have as many open as it can";
		return EMFILE;
	}
	int error = -trace_start_fd(fd);
	if (!error)
		return 0;
	close(fd);
	*text_p = error == EBUSY ? "it is writing one already" : strerror(error);
	return error;
}

/* Return: a positive errno, with what to say of it, or 0. */
static int end_trace(char *text, size_t size)
{
	int error = -trace_stop();

	if (error == ETIMEDOUT)
		snprintf(text, size, "it could not be finished in time");
	else if (error)
		snprintf(text, size, "it ends before: %s", strerror(error));
	return error;
}

/* A user of xschedctl asks for a trace into @fd, or for its end. */
static void serve_trace(const struct ipc_trace *m, int fd)
{
	struct ipc_result result;
	char ended[IPC_TEXT_SIZE] = "";
	const char *text = ended;
	int error = 0;

	if (m->on) {
		error = begin_trace(fd, &text);
	} else {
		error = end_trace(ended, sizeof(ended));
		if (fd >= 0)
			close(fd);
	}
	ipc_message_init(&result, IPC_RESULT, m->header.serial);
	result.error = error;
	ipc_text_set(result.text, sizeof(result.text), text);
	/* Who asked is told; where the daemon wants no answer, the program's log alone has it. */
	if (m->header.serial)
		remote_say(&result);
	else if (error)
		log_warning(m->on ? "a trace was asked for and cannot be made: %s" : "the trace is not complete: %s", text);
}

/* Until the daemon is gone or the library ends. Return: whether it ends. */
static bool listen_until_gone(void)
{
	struct pollfd fds[2] = {{.fd = sock, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
	union ipc_any any;
	int fd;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			return true;
		int got = ipc_receive(sock, &any, &fd);
		if (got == -EAGAIN)
			continue;
		if (got > 0 && any.header.type == IPC_TRACE) {
			serve_trace(&any.trace, fd);
			continue;
		}
		if (fd >= 0)
			close(fd);
		if (got > 0 && any.header.type == IPC_REJECT)
			log_warning("the daemon ended the connection: %s", any.reject.text);
		if (got <= 0 || any.header.type == IPC_REJECT)
			return false;
	}
}

static bool sleep_until_retry(void)
{
	struct pollfd fd = {.fd = stop_fd, .events = POLLIN};

	return poll(&fd, 1, RETRY_MS) > 0;
}

static void *run(void *arg)
{
	struct ipc_welcome welcome;
	int fd;

	(void)arg;
	prctl(PR_SET_NAME, "xsched-link");
	for (;;) {
		if (sock >= 0) {
			bool ends = listen_until_gone();

			remote_down();
			disconnect();
			if (ends)
				return NULL;
			log_warning("the daemon is gone; this process schedules itself until it is back");
		}
		if (sleep_until_retry())
			return NULL;
		int connected = connect_once(LATER_MS, &welcome, &fd);
		/* Waiting does not make versions agree. */
		if (connected == -ENOTSUP)
			return NULL;
		if (connected >= 0) {
			sock = connected;
			kick_fd = fd;
			remote_up(sock, kick_fd, page, &welcome);
		}
	}
}

static int thread_start(void)
{
	sigset_t all, before;

	/* The thread inherits the mask: the application's signals go to the application's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int error = pthread_create(&thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

static int start(void)
{
	struct ipc_welcome welcome;
	int error = page ? 0 : ipc_page_new(&page, &page_fd);

	if (error)
		return error;
	if (stop_fd < 0)
		stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return -errno;
	shared_brakes_offer(page);
	pacer_words_set(&page->kicks, &page->asleep, &page->looks_ns);
	sock = connect_once(FIRST_MS, &welcome, &kick_fd);
	if (sock == -ENOTSUP)
		return 0;
	if (sock >= 0)
		remote_up(sock, kick_fd, page, &welcome);
	error = thread_start();
	if (error && sock >= 0) {
		remote_down();
		disconnect();
	}
	started = !error;
	return error;
}

void remote_start(void)
{
	if (!remote_wanted())
		return;
	pthread_mutex_lock(&start_lock);
	if (!tried) {
		int error = start();

		tried = true;
		if (error)
			log_warning("the daemon at %s is not used: %s", path, strerror(-error));
	}
	pthread_mutex_unlock(&start_lock);
}

void remote_stop(void)
{
	const uint64_t one = 1;
	struct timespec until;

	pthread_mutex_lock(&start_lock);
	bool join = started;
	started = false;
	/* The runtime may start again; with a link that did not end there is none any more. */
	tried = join;
	pthread_mutex_unlock(&start_lock);
	if (!join)
		return;
	if (write(stop_fd, &one, sizeof(one)) != sizeof(one))
		log_debug("the link was not told to end: %s", strerror(errno));
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	if (pthread_timedjoin_np(thread, NULL, &until)) {
		log_warning("the link did not end in time");
		pthread_detach(thread);
		return;
	}
	uint64_t count;
	if (read(stop_fd, &count, sizeof(count)) == sizeof(count))
		tried = false;
}

void remote_fork_child(void)
{
	start_lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	/* Or the daemon would take the child for the parent. The numbers are not used again: a thread of the parent's may have been
	 * about to. */
	if (sock >= 0)
		close(sock);
	if (kick_fd >= 0)
		close(kick_fd);
	if (page_fd >= 0)
		close(page_fd);
	sock = kick_fd = page_fd = -1;
	started = false;
	off = true;
	shared_brakes_fork_child();
	remote_forget();
}
