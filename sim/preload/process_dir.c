/* SPDX-License-Identifier: MIT */
/*
 * What KFD's sysfs shows of the processes that use the machine: this one from the driver's own tables, others from what all
 * share. Source: Linux 6.12, amdkfd/kfd_process.c (kfd_procfs_show, kfd_procfs_queue_show); attributes end without a newline
 * where theirs do.
 */
#include <stdio.h>
#include <unistd.h>

#include "sim/device/device.h"
#include "sim/kfd/kfd.h"
#include "sim/preload/nodes.h"
#include "sim/share/share.h"

#define MAX_QUEUES 1024
/* sysfs shows the kernel's own numbering. */
#define TYPE_COMPUTE 0
#define TYPE_SDMA 1
#define TYPE_SDMA_XGMI 3

static void process_add(struct nodes *n, int pid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/pasid", pid);
	nodes_add_file(n, path, "%d\n", 0x8000 + pid % 0x7fff);
	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues", pid);
	nodes_add_dir(n, path);
}

static void vram_add(struct nodes *n, int pid, uint32_t gpu, uint64_t bytes)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/vram_%u", pid, sim_machine_get()->gpu[gpu].gpu_id);
	nodes_add_file(n, path, "%llu\n", (unsigned long long)bytes);
}

static void queue_add(struct nodes *n, int pid, const struct kfd_queue_info *q)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/gpuid", pid, q->id);
	nodes_add_file(n, path, "%u", q->gpu_id);
	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/size", pid, q->id);
	nodes_add_file(n, path, "%u", q->ring_bytes);
	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/type", pid, q->id);
	nodes_add_file(n, path, "%u", q->type);
}

static void own_add(struct nodes *n)
{
	static __thread struct kfd_queue_info queues[MAX_QUEUES];
	int pid = (int)getpid();

	if (!kfd_is_open())
		return;
	process_add(n, pid);
	for (uint32_t i = 0; i < sim_machine_get()->gpu_count; i++)
		vram_add(n, pid, i, kfd_vram_used(i));
	uint32_t count = kfd_queue_list(queues, MAX_QUEUES);
	for (uint32_t i = 0; i < count && i < MAX_QUEUES; i++)
		queue_add(n, pid, &queues[i]);
}

static void queues_of_others_add(struct nodes *n, struct share *s, uint32_t gpu)
{
	struct share_gpu *g = &s->gpu[gpu];

	share_gpu_lock(g);
	for (uint32_t i = 0; i < g->queue_end; i++) {
		const struct share_queue *q = &g->queue[i];

		if (!q->owner || q->owner - 1 == share_self())
			continue;
		queue_add(n, s->process[q->owner - 1].pid, &(struct kfd_queue_info){
			q->id, sim_machine_get()->gpu[gpu].gpu_id,
			q->type == SHARE_COMPUTE ? TYPE_COMPUTE :
			q->type == SHARE_SDMA ? TYPE_SDMA : TYPE_SDMA_XGMI, q->ring_bytes});
	}
	share_gpu_unlock(g);
}

/* Also who only looks at the machine joins it; a process with queues has memory for them. */
static bool uses_memory(const struct share_process *p)
{
	for (uint32_t gpu = 0; gpu < SIM_MAX_GPUS; gpu++)
		if (p->vram[gpu])
			return true;
	return false;
}

static void others_add(struct nodes *n)
{
	struct share *s = share_get();
	uint32_t gpus = sim_machine_get()->gpu_count;

	if (!s)
		return;
	share_sweep(s);
	/* Without the table's lock: an entry that changes meanwhile shows a process that comes or goes. */
	for (uint32_t i = 0; i < SHARE_PROCESSES; i++) {
		const struct share_process *other = &s->process[i];

		if (!other->used || i == share_self() || !uses_memory(other))
			continue;
		process_add(n, other->pid);
		for (uint32_t gpu = 0; gpu < gpus; gpu++)
			vram_add(n, other->pid, gpu, other->vram[gpu]);
	}
	for (uint32_t gpu = 0; gpu < gpus; gpu++)
		queues_of_others_add(n, s, gpu);
}

void process_dir_add(struct nodes *n)
{
	nodes_add_dir(n, TREE_PROC_DIR);
	own_add(n);
	others_add(n);
}
