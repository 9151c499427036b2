/* SPDX-License-Identifier: MIT */
/*
 * Life of the preload library in its process: what happens when it is loaded, across fork and when the process ends. Loading does
 * nothing to the program; the machine is put together when something first looks for it.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/device/device.h"
#include "sim/kfd/kfd.h"
#include "sim/preload/tree.h"

/* Where the counters go; set when the library is loaded, as programs may clear their environment. */
static char stats_path[4096];
static long stats_pid;

static void fork_child(void)
{
	kfd_fork_child();
	tree_dirs_fork_child();
	memset(&sim_stats, 0, sizeof(sim_stats));
}

__attribute__((constructor)) static void preload_init(void)
{
	const char *path = getenv(SIM_ENV_STATS), *pid = getenv(SIM_ENV_STATS_PID);

	if (path)
		snprintf(stats_path, sizeof(stats_path), "%s", path);
	if (pid)
		stats_pid = strtol(pid, NULL, 10);
	if (pthread_atfork(NULL, NULL, fork_child))
		sim_log(SIM_LOG_WARNING, "no memory for a fork handler: forked children will not work");
}

__attribute__((destructor)) static void preload_fini(void)
{
	/* Without "%p" the file is the launched process's; its children would overwrite it. */
	if (!*stats_path || (!strstr(stats_path, "%p") && stats_pid && stats_pid != getpid()))
		return;
	int r = sim_stats_write(stats_path, kfd_ioctl_name);
	if (r)
		sim_log(SIM_LOG_ERROR, "cannot write %s: %s", stats_path, strerror(-r));
}
