/* SPDX-License-Identifier: MIT */
/* Users, GPUs and jobs: made with their first use, gone with their last; see state.h. */
#include "src/daemon/state.h"
#include "src/daemon/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct user *user_get(struct machine *m, uid_t uid)
{
	list_for_each(at, &m->users)
	{
		struct user *user = list_entry(at, struct user, at);

		if (user->uid == uid)
			return user;
	}
	struct user *user = calloc(1, sizeof(*user));

	if (!user)
		return NULL;
	user->uid = uid;
	list_append(&m->users, &user->at);
	return user;
}

void user_put(struct user *user)
{
	if (user->clients || user->queues)
		return;
	list_remove(&user->at);
	free(user);
}

static struct gpu *gpu_new(struct machine *m)
{
	struct gpu *gpu = calloc(1, sizeof(*gpu));

	if (!gpu)
		return NULL;
	if (sched_gpu_new(m->sched, SCHED_UNLIMITED, &gpu->sched)) {
		free(gpu);
		return NULL;
	}
	list_init(&gpu->members);
	list_append(&m->gpus, &gpu->at);
	return gpu;
}

int gpu_get(struct machine *m, const struct ipc_gpu_key *key, const char *name, uid_t uid, struct gpu **gpu_p)
{
	struct gpu *found = NULL, *unused = NULL;
	unsigned count = 0, named = 0;

	list_for_each(at, &m->gpus)
	{
		struct gpu *gpu = list_entry(at, struct gpu, at);

		count++;
		if (gpu->key.domain == key->domain && gpu->key.bdf == key->bdf && gpu->key.node == key->node)
			found = gpu;
		if (!gpu->queues)
			unused = gpu;
		else
			named += gpu->uid == uid;
	}
	if (!found) {
		/* Nobody can keep the GPUs that there are from others by naming some that there are not. */
		if (uid && named >= USER_GPUS)
			return -ENOSPC;
		/* Those of the past are remembered for what they had, up to a number. */
		found = count >= USER_GPUS && unused ? unused : gpu_new(m);
		if (!found)
			return -ENOMEM;
		found->key = *key;
		found->key.reserved = 0;
		found->base_ns = sched_gpu_ns(found->sched);
		found->name[0] = 0;
	}
	if (!found->queues) {
		found->uid = uid;
		text_take(found->name, sizeof(found->name), name);
	}
	*gpu_p = found;
	return 0;
}

/* The least that one of its processes measured: who says more than it is keeps nobody from being preempted. */
uint64_t gpu_cost_ns(const struct gpu *gpu)
{
	uint64_t cost_ns = IPC_COST_NEVER;

	list_for_each(at, &gpu->members)
	{
		const struct queue *q = list_entry(at, const struct queue, of_gpu);

		if (q->cost_ns < cost_ns)
			cost_ns = q->cost_ns;
	}
	return cost_ns;
}

void gpu_cost_update(struct gpu *gpu)
{
	sched_gpu_cost_set(gpu->sched, gpu_cost_ns(gpu));
}

int job_get(struct machine *m, uid_t uid, const char *name, struct job **job_p)
{
	struct job *job;
	int rc;

	if (*name)
		list_for_each(at, &m->jobs)
		{
			job = list_entry(at, struct job, at);
			if (job->uid == uid && !strcmp(job->name, name)) {
				job->clients++;
				*job_p = job;
				return 0;
			}
		}
	job = calloc(1, sizeof(*job));
	if (!job)
		return -ENOMEM;
	/* Without a name: the same one of another user is another job. */
	rc = sched_job_new(m->sched, NULL, &job->sched);
	if (rc) {
		free(job);
		return rc;
	}
	job->uid = uid;
	job->clients = 1;
	ipc_text_set(job->name, sizeof(job->name), name);
	list_append(&m->jobs, &job->at);
	*job_p = job;
	return 0;
}

void job_put(struct job *job)
{
	if (--job->clients)
		return;
	sched_job_close(job->sched);
	list_remove(&job->at);
	free(job);
}
