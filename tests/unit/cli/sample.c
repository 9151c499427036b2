/* SPDX-License-Identifier: MIT */
/* The list that tests look at; see sample.h. */
#include "tests/unit/cli/sample.h"

#include <assert.h>

#include "src/sched/sched.h"

static const struct ipc_gpu_key gpus[] = {{.domain = 0, .bdf = 0x0300, .node = 1}, {.domain = 0, .bdf = 0x8300, .node = 2}};

static void add(struct snapshot *s, const union ipc_any *any)
{
	int r = snapshot_add(s, any);

	assert(!r);
	(void)r;
}

static void add_gpu(struct snapshot *s, int gpu, uint64_t gpu_ns, uint32_t queues)
{
	union ipc_any any;

	ipc_message_init(&any, IPC_GPU_ENTRY, 1);
	any.gpu_entry.gpu = gpus[gpu];
	any.gpu_entry.gpu_ns = gpu_ns;
	any.gpu_entry.preempt_cost_ns = gpu ? IPC_COST_NEVER : 120000;
	any.gpu_entry.queues = queues;
	ipc_text_set(any.gpu_entry.name, sizeof(any.gpu_entry.name), "AMD Instinct MI210");
	add(s, &any);
}

static void add_client(struct snapshot *s, uint64_t number, int32_t pid, const char *job, const char *comm, uint32_t queues)
{
	union ipc_any any;

	ipc_message_init(&any, IPC_CLIENT_ENTRY, 1);
	any.client_entry.client = number;
	any.client_entry.pid = any.client_entry.container_pid = pid;
	any.client_entry.queues = queues;
	any.client_entry.gpu_ns = 4000000000;
	ipc_text_set(any.client_entry.job, sizeof(any.client_entry.job), job);
	ipc_text_set(any.client_entry.comm, sizeof(any.client_entry.comm), comm);
	add(s, &any);
}

static struct ipc_queue_entry *add_queue(struct snapshot *s, uint64_t client, uint64_t id, uint32_t slot, int gpu)
{
	union ipc_any any;

	ipc_message_init(&any, IPC_QUEUE_ENTRY, 1);
	any.queue_entry.client = client;
	any.queue_entry.queue_id = id;
	any.queue_entry.slot = slot;
	any.queue_entry.gpu = gpus[gpu];
	any.queue_entry.state = SCHED_STATE_RUNNING;
	any.queue_entry.gate = SCHED_GATE_RUN;
	any.queue_entry.reason = SCHED_BECAUSE_TURN;
	any.queue_entry.level = 1;
	any.queue_entry.gpu_ns = 1000000000;
	any.queue_entry.held_ns = 200000000;
	any.queue_entry.window_ns = 200000;
	any.queue_entry.packets = 1000;
	any.queue_entry.dispatches = 900;
	any.queue_entry.preempts[0] = 5;
	any.queue_entry.priority = 100;
	any.queue_entry.share = 100;
	add(s, &any);
	return &s->queues[s->queue_count - 1];
}

void sample_make(struct snapshot *s)
{
	union ipc_any any;

	*s = (struct snapshot){0};
	ipc_message_init(&any, IPC_MACHINE_ENTRY, 1);
	any.machine_entry.now_ns = 10000000000;
	any.machine_entry.decisions = 77;
	any.machine_entry.clients = 4;
	any.machine_entry.queues = 6;
	any.machine_entry.pid = 99;
	ipc_text_set(any.machine_entry.policy, sizeof(any.machine_entry.policy), "hpf");
	add(s, &any);
	add_gpu(s, 0, 8000000000, 3);
	add_gpu(s, 1, 2000000000, 3);
	add_client(s, SAMPLE_SERVE, 4711, "serve", "python3", 2);
	add_queue(s, SAMPLE_SERVE, 3, 0, 0);
	add_queue(s, SAMPLE_SERVE, 4, 1, 1);
	add_client(s, SAMPLE_SERVE_RANK, 4712, "serve", "python3", 1);
	add_queue(s, SAMPLE_SERVE_RANK, 3, 0, 0);
	add_client(s, SAMPLE_TRAIN, 5000, "", "train", 1);
	s->clients[2].container_pid = 17;
	ipc_text_set(s->clients[2].cgroup, sizeof(s->clients[2].cgroup),
		"/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope");
	struct ipc_queue_entry *held = add_queue(s, SAMPLE_TRAIN, 0, 7, 0);
	held->state = SCHED_STATE_HELD;
	held->gate = SCHED_GATE_HOLD;
	held->reason = SCHED_BECAUSE_OUTRANKED;
	held->priority = -100;
	held->window_ns = UINT64_MAX;
	held->gpu_ns = 3000000000;
	add_client(s, SAMPLE_OTHERS, 6000, "", "", 2);
	s->clients[3].hidden = 1;
	s->clients[3].uid = 65534;
}
