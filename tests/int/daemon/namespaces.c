/* SPDX-License-Identifier: MIT */
/*
 * Clients in pid and ipc namespaces of their own, as in a container: only the socket is shared. Exits 77 where such namespaces
 * cannot be made.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/int/daemon/fake.h"

#define SKIPPED 77

/* Process 1 of its namespace. */
static void __attribute__((noreturn)) inside(const char *socket)
{
	struct fake f;

	fake_must(getpid() == 1, "it is process %d of its namespace", (int)getpid());
	fake_init(&f);
	fake_must(!fake_connect(&f, socket, "contained"), "it cannot connect");
	fake_queue(&f, 0, 0, 5);
	fake_ready(&f, 0, true, 0);
	fake_gate_wait(&f, 0, SCHED_GATE_RUN);
	for (;;) {
		fake_take(&f);
		fake_wait(&f, 1000);
	}
}

static int contain(const char *socket)
{
	int flags = CLONE_NEWPID | CLONE_NEWIPC | (getuid() ? CLONE_NEWUSER : 0), status = 0;

	if (unshare(flags)) {
		printf("SKIP: no pid and ipc namespace can be made: %s\n", strerror(errno));
		return SKIPPED;
	}
	pid_t pid = fork();
	if (!pid)
		inside(socket);
	/* Its end is ours. */
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int main(void)
{
	union ipc_any entries[16];
	struct fake_daemon d;
	struct fake witness;
	int status = 0;

	alarm(60);
	daemon_init(&d);
	fake_must(daemon_start(&d, NULL), "xschedd did not start");
	fake_init(&witness);
	fake_must(!fake_connect(&witness, d.socket, NULL), "it cannot connect");
	fake_queue(&witness, 0, 0, 0);
	fake_ready(&witness, 0, true, 0);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);

	pid_t outer = fork();
	if (!outer)
		_exit(contain(d.socket));
	int control = control_connect(d.socket);
	/* It is there, or it could not be made. */
	while (control_clients(control) != 2) {
		if (waitpid(outer, &status, WNOHANG) == outer) {
			fake_fini(&witness);
			daemon_fini(&d);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		}
		usleep(1000);
	}
	fake_gate_wait(&witness, 0, SCHED_GATE_HOLD);
	unsigned count = control_list(control, entries, 16);
	const struct ipc_client_entry *e = NULL;
	for (unsigned i = 0; i < count; i++)
		if (entries[i].header.type == IPC_CLIENT_ENTRY && !strcmp(entries[i].client_entry.job, "contained"))
			e = &entries[i].client_entry;
	fake_must(e != NULL, "it is not listed");
	fake_must(e->container_pid == 1, "its own pid is told as %d", e->container_pid);
	fake_must(e->pid > 1 && e->pid != outer, "its pid is told as %d", e->pid);
	kill(e->pid, SIGKILL);
	fake_gate_wait(&witness, 0, SCHED_GATE_FREE);
	waitpid(outer, &status, 0);
	close(control);
	fake_fini(&witness);
	fake_must(daemon_end(&d, SIGTERM) == 0, "xschedd failed");
	daemon_fini(&d);
	return 0;
}
