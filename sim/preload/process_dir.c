/* SPDX-License-Identifier: MIT */
/*
 * What KFD's sysfs shows of this process. Source: Linux 6.12, amdkfd/kfd_process.c (kfd_procfs_show, kfd_procfs_queue_show);
 * attributes end without a newline where theirs do.
 */
#include <stdio.h>
#include <unistd.h>

#include "sim/device/device.h"
#include "sim/kfd/kfd.h"
#include "sim/preload/nodes.h"

#define MAX_QUEUES 1024

void process_dir_add(struct nodes *n)
{
	const struct sim_machine *m = sim_machine_get();
	static __thread struct kfd_queue_info queues[MAX_QUEUES];
	char path[PATH_MAX];
	int pid = (int)getpid();

	nodes_add_dir(n, TREE_PROC_DIR);
	if (!kfd_is_open())
		return;
	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/pasid", pid);
	nodes_add_file(n, path, "%d\n", 0x8000 + pid % 0x7fff);
	for (uint32_t i = 0; i < m->gpu_count; i++) {
		uint32_t id = m->gpu[i].gpu_id;

		snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/vram_%u", pid, id);
		nodes_add_file(n, path, "%llu\n", (unsigned long long)kfd_vram_used(i));
	}
	snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues", pid);
	nodes_add_dir(n, path);
	uint32_t count = kfd_queue_list(queues, MAX_QUEUES);
	for (uint32_t i = 0; i < count && i < MAX_QUEUES; i++) {
		const struct kfd_queue_info *q = &queues[i];

		snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/gpuid", pid, q->id);
		nodes_add_file(n, path, "%u", q->gpu_id);
		snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/size", pid, q->id);
		nodes_add_file(n, path, "%u", q->ring_bytes);
		snprintf(path, sizeof(path), TREE_PROC_DIR "/%d/queues/%u/type", pid, q->id);
		nodes_add_file(n, path, "%u", q->type);
	}
}
