/* SPDX-License-Identifier: MIT */
/* Checks of the daemon, and of what it knows of the process; see doctor.h. */
#include "src/cli/doctor.h"

#include <errno.h>
#include <string.h>

#include "src/cli/table.h"

/* A process without a daemon can still schedule its own queues. */
static enum doctor_verdict without_daemon(const struct doctor *d)
{
	const char *policy = doctor_env(d, "XSCHED_HSA_POLICY");

	return policy && strcasecmp(policy, "none") ? DOCTOR_WARNING : DOCTOR_PROBLEM;
}

static const char *only_itself(const struct doctor *d)
{
	return without_daemon(d) == DOCTOR_WARNING ? "; the process schedules its own queues only" : "";
}

/* The process may be in a container that does not have it. Return: whether a finding was made. */
static bool process_lacks(const struct doctor *d, struct doctor_finding *f)
{
	char advice[2 * PATH_MAX];
	struct stat ours, its;
	int r = d->system->stat_as(d->system, d->pid, d->socket_by_process, &its);

	if (r == -ENOENT || r == -ENOTDIR) {
		snprintf(advice, sizeof(advice), "mount %s into its container, or set XSCHED_HSA_SOCKET there", d->socket);
		doctor_bad(f, without_daemon(d), advice, "process %d sees no %s, which is here", (int)d->pid, d->socket_by_process);
		return true;
	}
	if (r || system_stat(d->system, d->socket, &ours) || (ours.st_dev == its.st_dev && ours.st_ino == its.st_ino))
		return false;
	snprintf(advice, sizeof(advice), "ask the daemon of the process: --socket=%s", d->socket_by_process);
	doctor_bad(f, DOCTOR_WARNING, advice, "process %d uses another socket, %s, than this one, %s", (int)d->pid,
		d->socket_by_process, d->socket);
	return true;
}

void doctor_socket(const struct doctor *d, struct doctor_finding *f)
{
	char advice[2 * PATH_MAX];
	struct stat st;
	int r = system_stat(d->system, d->socket, &st);

	if (r == -ENOENT || r == -ENOTDIR) {
		if (doctor_in_container(d))
			snprintf(advice, sizeof(advice), "start xschedd on the host, and mount the folder of its socket: -v "
				"/run/xsched:/run/xsched");
		else
			snprintf(advice, sizeof(advice), "start xschedd, or name its socket with XSCHED_HSA_SOCKET");
		doctor_bad(f, without_daemon(d), advice, "%s does not exist%s", d->socket, only_itself(d));
	} else if (r) {
		doctor_bad(f, DOCTOR_PROBLEM, "give the user the right to enter the folders above it", "%s: %s", d->socket,
			strerror(-r));
	} else if (!S_ISSOCK(st.st_mode)) {
		doctor_bad(f, DOCTOR_PROBLEM, "name the daemon's socket with XSCHED_HSA_SOCKET", "%s is no socket", d->socket);
	} else if (!d->pid || !process_lacks(d, f)) {
		doctor_ok(f, "%s", d->socket);
	}
}

void doctor_daemon(const struct doctor *d, struct doctor_finding *f)
{
	struct stat st;

	/* Said already. */
	if (system_stat(d->system, d->socket, &st) || !S_ISSOCK(st.st_mode))
		return;
	switch (d->answer.error) {
	case 0:
		doctor_ok(f, "process %d answers", (int)d->answer.list.machine.pid);
		return;
	case ECONNREFUSED:
	case ENOENT:
		doctor_bad(f, without_daemon(d), "start xschedd; the socket is left from one that is gone", "nobody listens at %s%s",
			d->socket, only_itself(d));
		return;
	case ENOTSUP:
		doctor_bad(f, DOCTOR_PROBLEM, "install the same version of library, xschedctl and xschedd, and restart the daemon", "%s",
			d->answer.text);
		return;
	case EACCES:
	case EPERM:
		doctor_bad(f, DOCTOR_PROBLEM, "give the user the right to write to the socket, as by its group", "%s", d->answer.text);
		return;
	default:
		doctor_bad(f, DOCTOR_PROBLEM, "see the daemon's messages, and restart it", "%s", d->answer.text);
		return;
	}
}

void doctor_policy(const struct doctor *d, struct doctor_finding *f)
{
	const struct ipc_machine_entry *m = &d->answer.list.machine;

	if (d->answer.error)
		return;
	if (*m->fault)
		doctor_bad(f, DOCTOR_WARNING, "choose one again: xschedctl policy NAME", "%s is in force, because: %s", m->policy,
			m->fault);
	else if (!strcmp(m->policy, "fifo"))
		doctor_bad(f, DOCTOR_WARNING, "choose another: xschedctl policy hpf", "fifo holds nobody: all queues run as they come");
	else
		doctor_ok(f, "%s", m->policy);
}

void doctor_client(const struct doctor *d, struct doctor_finding *f)
{
	const struct ipc_client_entry *client;
	char path[PATH_MAX];

	if (!d->pid || d->answer.error)
		return;
	client = snapshot_process(&d->answer.list, d->pid);
	if (client && client->queues)
		doctor_ok(f, "the daemon knows process %d, with %u queue%s", (int)d->pid, client->queues, client->queues == 1 ? "" : "s");
	else if (client)
		doctor_bad(f, DOCTOR_WARNING, "wait until it uses the GPU", "the daemon knows process %d, but it has no queue",
			(int)d->pid);
	else if (doctor_mapped(d, LAUNCH_LIBRARY, path))
		doctor_bad(f, DOCTOR_PROBLEM,
			"set XSCHED_HSA_LOG=info: the library then says on standard error whether ROCr called it and knew its tables",
			"process %d has loaded %s, but the daemon does not know it: ROCr did not call it, or its tables are not known, or "
			"it created no queue yet", (int)d->pid, LAUNCH_LIBRARY);
	else
		doctor_bad(f, DOCTOR_PROBLEM, "start the program with \"xschedctl run\"", "the daemon does not know process %d",
			(int)d->pid);
}
