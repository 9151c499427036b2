/* SPDX-License-Identifier: MIT */
/* Checks of the GPU's driver and of the rights to use it; see doctor.h. */
#include "src/cli/doctor.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IN_CONTAINER "give the container the devices: --device /dev/kfd --device /dev/dri"
#define RENDER_FIRST 128
#define RENDER_LAST  191

/* Advice on a device that may not be used. */
static void group_advice(const struct stat *st, char *advice, size_t size)
{
	const struct group *group = getgrgid(st->st_gid);

	if (group && st->st_gid)
		snprintf(advice, size, "add the user to the group %s: usermod -aG %s USER, and log in again", group->gr_name,
			group->gr_name);
	else
		snprintf(advice, size, "give the user access to it: it belongs to group %u", (unsigned)st->st_gid);
}

void doctor_kfd(const struct doctor *d, struct doctor_finding *f)
{
	char advice[256];
	struct stat st;

	if (doctor_simulated(d)) {
		doctor_ok(f, "simulated by kfdsim");
		return;
	}
	if (system_stat(d->system, "/dev/kfd", &st)) {
		doctor_bad(f, DOCTOR_PROBLEM,
			doctor_in_container(d) ? IN_CONTAINER : "load the driver amdgpu, or run the program under kfdsim",
			"/dev/kfd does not exist");
		return;
	}
	int r = d->system->access(d->system, "/dev/kfd", R_OK | W_OK);
	if (!r) {
		doctor_ok(f, "can be opened");
		return;
	}
	group_advice(&st, advice, sizeof(advice));
	doctor_bad(f, DOCTOR_PROBLEM, advice, "/dev/kfd: %s", strerror(-r));
}

void doctor_render(const struct doctor *d, struct doctor_finding *f)
{
	unsigned there = 0, usable = 0;
	struct stat st = {0};
	char advice[256], path[64];

	if (doctor_simulated(d))
		return;
	for (int i = RENDER_FIRST; i <= RENDER_LAST; i++) {
		snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
		if (d->system->access(d->system, path, F_OK))
			continue;
		there++;
		if (!d->system->access(d->system, path, R_OK | W_OK))
			usable++;
		else
			system_stat(d->system, path, &st);
	}
	group_advice(&st, advice, sizeof(advice));
	if (!there)
		doctor_bad(f, DOCTOR_PROBLEM, doctor_in_container(d) ? IN_CONTAINER : "load the driver amdgpu",
			"there is no /dev/dri/renderD*");
	else if (!usable)
		doctor_bad(f, DOCTOR_PROBLEM, advice, "none of %u in /dev/dri can be opened", there);
	else if (usable < there)
		doctor_bad(f, DOCTOR_WARNING, advice, "%u of %u in /dev/dri cannot be opened", there - usable, there);
	else
		doctor_ok(f, "%u in /dev/dri can be opened", there);
}

void doctor_driver(const struct doctor *d, struct doctor_finding *f)
{
	unsigned major, minor;

	if (doctor_simulated(d) || d->system->access(d->system, "/dev/kfd", R_OK | W_OK))
		return;
	int r = d->system->kfd(d->system, &major, &minor);
	if (r)
		doctor_bad(f, DOCTOR_PROBLEM, r == -EINVAL ? "the driver found no GPU: see the kernel's messages" :
							     "see the kernel's messages",
			"/dev/kfd does not tell its version: %s", strerror(-r));
	else if (major != 1)
		doctor_bad(f, DOCTOR_WARNING, "use level 1 (--level 1)", "the driver's interface is %u.%u, and only 1.x is known", major,
			minor);
	else
		doctor_ok(f, "interface %u.%u", major, minor);
}

/* A module parameter's number. Return: 0; -ENOENT when there is none. */
static int parameter(const struct doctor *d, const char *name, long *value_p)
{
	char path[128], *end;

	snprintf(path, sizeof(path), "/sys/module/amdgpu/parameters/%s", name);
	char *text = system_read(d->system, path, NULL);
	if (!text)
		return -ENOENT;
	*value_p = strtol(text, &end, 10);
	int r = end == text ? -ENOENT : 0;
	free(text);
	return r;
}

void doctor_cwsr(const struct doctor *d, struct doctor_finding *f)
{
	long cwsr, scheduler;

	if (doctor_simulated(d))
		return;
	if (!parameter(d, "sched_policy", &scheduler) && scheduler == 2)
		doctor_bad(f, DOCTOR_WARNING, "load amdgpu with sched_policy=0: without hardware scheduling queues cannot be unmapped, "
			"and level 3 is not to be had", "amdgpu.sched_policy=2");
	else if (parameter(d, "cwsr_enable", &cwsr))
		return;
	else if (!cwsr)
		doctor_bad(f, DOCTOR_WARNING, "load amdgpu with cwsr_enable=1: without it running waves cannot be saved, and level 3 is "
			"not to be had", "amdgpu.cwsr_enable=0");
	else
		doctor_ok(f, "the driver saves and restores waves");
}
