/* SPDX-License-Identifier: MIT */
/*
 * with_daemon SOCKET DAEMON [ARGUMENT...] -- TEST [ARGUMENT...]: runs TEST while a daemon listens at SOCKET, and ends the
 * daemon. The socket is made here and passed on as systemd passes it, so that whoever connects first is served without waiting
 * for the daemon's start. Exit status: TEST's; 99 if the daemon ended by itself or badly.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	perror(what);
	exit(99);
}

static int make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "with_daemon: %s: too long\n", path);
		exit(99);
	}
	strcpy(address.sun_path, path);
	if (sock < 0 || bind(sock, (struct sockaddr *)&address, sizeof(address)) || chmod(path, 0666) || listen(sock, 64))
		fail(path);
	return sock;
}

static pid_t start(char **command, int sock)
{
	char pid[16];
	pid_t child = fork();

	if (child < 0)
		fail("fork");
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sock >= 0) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_FDS", "1", 1);
		setenv("LISTEN_PID", pid, 1);
		/* dup2() onto itself would leave it close-on-exec. */
		if (sock == 3 ? dup2(dup(sock), 3) < 0 : dup2(sock, 3) < 0)
			fail("dup2");
	}
	execvp(command[0], command);
	fail(command[0]);
	return 0;
}

static bool ended_well(int status)
{
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int i = 3, status = 0, daemon_status = 0;

	while (i < argc && strcmp(argv[i], "--"))
		i++;
	if (argc < 5 || i + 1 >= argc) {
		fprintf(stderr, "usage: with_daemon SOCKET DAEMON [ARGUMENT...] -- TEST [ARGUMENT...]\n");
		return 99;
	}
	argv[i] = NULL;
	int sock = make_socket(argv[1]);
	pid_t daemon = start(&argv[2], sock);
	pid_t test = start(&argv[i + 1], -1);
	close(sock);
	waitpid(test, &status, 0);
	bool early = waitpid(daemon, &daemon_status, WNOHANG) == daemon;
	if (!early) {
		kill(daemon, SIGTERM);
		waitpid(daemon, &daemon_status, 0);
	}
	unlink(argv[1]);
	if (early || !ended_well(daemon_status)) {
		fprintf(stderr, "with_daemon: the daemon ended %s with status 0x%x\n", early ? "by itself" : "badly", daemon_status);
		return 99;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}
