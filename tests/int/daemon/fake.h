/* SPDX-License-Identifier: MIT */
/*
 * The real xschedd, started for a test, and clients of it that are no GPU programs: they tell what the test wants told. What must
 * not fail ends the program with a sentence.
 */
#ifndef TESTS_DAEMON_FAKE_H
#define TESTS_DAEMON_FAKE_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/ipc/codec.h"
#include "src/ipc/page_map.h"
#include "src/sched/sched.h"

/* Nothing takes so long; a test that waits for an event ends then. */
#define FAKE_LIMIT_MS 20000

void fake_must(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * struct fake_daemon - an xschedd
 * @folder: of its own: the socket, the log
 * @notify: where it says that it is ready
 */
struct fake_daemon {
	pid_t pid;
	int notify;
	char folder[64], socket[96], log[96];
};

/** daemon_init() - a folder and its names; daemon_fini() removes them */
void daemon_init(struct fake_daemon *d);
void daemon_fini(struct fake_daemon *d);
/** daemon_start() - start it and wait until it is ready; @more: more arguments up to NULL, or NULL; false if it ended instead */
bool daemon_start(struct fake_daemon *d, const char *const more[]);
/** daemon_passed() - the same with a listening socket @fd */
bool daemon_passed(struct fake_daemon *d, int fd);
/** daemon_told() - wait for a notification that begins with @text */
void daemon_told(struct fake_daemon *d, const char *text);
/** daemon_end() - send a signal, and wait; its exit status, or minus the signal */
int daemon_end(struct fake_daemon *d, int signal);
/** daemon_wait() - wait for its end */
int daemon_wait(struct fake_daemon *d);
/** daemon_logged() - how many lines of its log have @text in them */
int daemon_logged(const struct fake_daemon *d, const char *text);
/** daemon_log_wait() - until there is one */
void daemon_log_wait(const struct fake_daemon *d, const char *text);
/** daemon_files() - how many descriptors it has open */
int daemon_files(const struct fake_daemon *d);

/** daemon_files_wait() - until it has that many open; connects once. Nobody else may meanwhile */
void daemon_files_wait(const struct fake_daemon *d, int files);

/* A process as the daemon sees it: a page, kept over connections, and a connection. */
struct fake {
	struct ipc_page *page;
	int page_fd, sock;
	int kick_fd;	  /* from the daemon, or -1: kicks are messages */
	uint32_t flags;	  /* of its HELLO; fake_init(): IPC_HELLO_KICKS_FD */
	bool queues_told; /* since the last kick */
	uint64_t number;
	unsigned answered; /* results so far */
	int error;	   /* of the last one */
};

/** fake_init() - a page and no connection; fake_fini() ends both */
void fake_init(struct fake *f);
void fake_fini(struct fake *f);
/** fake_connect() - connect and greet; 0 or -errno */
int fake_connect(struct fake *f, const char *socket, const char *job);
void fake_disconnect(struct fake *f);
/** fake_queue() - tell of a queue on GPU number @gpu, with a priority */
void fake_queue(struct fake *f, uint32_t slot, uint32_t gpu, int priority);
/** fake_ready() - a queue has something to run, or has not, and had GPU time */
void fake_ready(struct fake *f, uint32_t slot, bool ready, uint64_t gpu_ns);
/** fake_kick() - tell that a slot changed, whether or not it did */
int fake_kick(struct fake *f, uint32_t slot);
/** fake_take() - take all decisions; how many there were */
unsigned fake_take(struct fake *f);
/** fake_wait() - sleep until something is decided, or @timeout_ms passed */
void fake_wait(struct fake *f, int timeout_ms);
/** fake_gate() - what was decided last */
enum sched_gate fake_gate(const struct fake *f, uint32_t slot);
/** fake_gate_wait() - until a gate is that */
void fake_gate_wait(struct fake *f, uint32_t slot, enum sched_gate gate);
/** fake_ended_wait() - until the daemon ended the connection; the errno it told, or 0 */
int fake_ended_wait(struct fake *f);

/** control_connect() - a control client's socket */
int control_connect(const char *socket);
/** control_ask() - a request; its result's error; @text: its text, IPC_TEXT_SIZE bytes, or NULL */
int control_ask(int sock, void *message, char *text);
/** control_list() - the whole answer to LIST but its end, up to @max entries; how many */
unsigned control_list(int sock, union ipc_any *entries, unsigned max);
/** control_clients() - how many libraries the daemon has */
unsigned control_clients(int sock);
void control_clients_wait(int sock, unsigned count);

#endif
