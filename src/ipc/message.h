/* SPDX-License-Identifier: MIT */
/*
 * Messages between the tool library or xschedctl (clients) and xschedd, one SOCK_SEQPACKET datagram each. Both sides write and read
 * them; every message has a fixed size that belongs to its type, and strings end in a zero byte within their array.
 *
 * A library sends IPC_HELLO with the memfd of its page (page.h), then tells of its queues; decisions come back through the page and not as
 * messages. A control client sends IPC_HELLO, then requests, each answered by any number of entries and one IPC_RESULT. A request for a trace goes
 * on to the library, whose IPC_RESULT is the answer.
 * All numbers are in the machine's byte order: both sides are on one machine.
 */
#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define IPC_MAGIC	0x51535848u /* "HXSQ" in memory */
#define IPC_VERSION	1u	    /* of what is spoken here */
#define IPC_VERSION_MIN 1u	    /* the oldest that is understood */

#define IPC_NAME_SIZE 64u  /* job names, policy names */
#define IPC_TEXT_SIZE 256u /* sentences for users */
#define IPC_SIZE_MAX  512u /* no message is larger */
#define IPC_WAITS_MAX 5u   /* a barrier packet has five signals */

enum ipc_type {
	/* From any client. */
	IPC_HELLO = 1,
	/* From a library. */
	IPC_QUEUE_NEW,
	IPC_QUEUE_GONE,
	IPC_WAITS,
	IPC_KICK, /* header only: something changed in the page; see IPC_HELLO_KICKS_FD */
	IPC_COST,
	/* From a library about its own queues, or from a control client. */
	IPC_HINT,
	IPC_SUSPEND,
	IPC_RESUME,
	/* From a control client. */
	IPC_LIST, /* header only */
	IPC_POLICY,
	IPC_TRACE, /* also from the daemon to a library */
	/* From the daemon. */
	IPC_WELCOME,
	IPC_REJECT, /* the connection ends behind it */
	IPC_RESULT, /* also from a library, to IPC_TRACE */
	IPC_MACHINE_ENTRY,
	IPC_GPU_ENTRY,
	IPC_CLIENT_ENTRY,
	IPC_QUEUE_ENTRY,
	IPC_TYPES
};

/**
 * struct ipc_header - begins every message
 * @magic:   IPC_MAGIC
 * @version: IPC_VERSION of the sender
 * @type:    enum ipc_type
 * @size:    of the whole message, bytes
 * @serial:  of a request, repeated in what answers it; 0 where nothing is answered, also to a library's request with serial 0
 */
struct ipc_header {
	uint32_t magic;
	uint16_t version, type;
	uint32_t size, serial;
};

enum ipc_role { IPC_ROLE_LIBRARY = 1, IPC_ROLE_CONTROL = 2 };

#define IPC_HELLO_ANSWERS_TRACE 1u /* a library that answers IPC_TRACE; older ones do not */
/*
 * A library that takes an eventfd with IPC_WELCOME: adding 1 to it says the same as IPC_KICK, without a message. It goes on with IPC_KICK
 * where none comes, and where a kick must not overtake messages: the two ways are not in order.
 */
#define IPC_HELLO_KICKS_FD 2u

/**
 * struct ipc_hello - the first message of a connection
 * @role:        enum ipc_role; a library passes its page's memfd along (SCM_RIGHTS), a control client no descriptor
 * @version_min: the oldest version that the sender understands
 * @pid:         as the sender sees itself; the kernel's credentials are what counts
 * @job:         name of the job this process belongs to; "" for a job of its own
 * @flags:       what else it does; unknown ones are ignored
 * @comm:        the program's short name, for people
 */
struct ipc_hello {
	struct ipc_header header;
	uint32_t role, version_min;
	int32_t pid;
	uint32_t flags;
	char job[IPC_NAME_SIZE];
	char comm[32];
};

/* What a GPU is known by on the machine, whatever a process's runtime numbers it. */
struct ipc_gpu_key {
	uint32_t domain, bdf; /* PCI, as HSA_AMD_AGENT_INFO_DOMAIN and _BDFID tell */
	uint32_t node;	      /* KFD topology node: partitions of one GPU differ in it */
	uint32_t reserved;
};

#define IPC_QUEUE_COOPERATIVE 1u /* its job's queues run or are held as one */

#define IPC_COST_NEVER UINT64_MAX /* running waves cannot be saved there */

/**
 * struct ipc_queue_new - a library has a queue; its state is in slot @slot of the page from now on
 * @queue_id:        hsa_queue_t.id
 * @preempt_cost_ns: what saving and restoring its waves costs; IPC_COST_NEVER
 * @gpu_name:        marketing or target name, for people
 */
struct ipc_queue_new {
	struct ipc_header header;
	uint32_t slot, flags;
	struct ipc_gpu_key gpu;
	uint64_t queue_id;
	uint64_t preempt_cost_ns;
	uint32_t size_pkts, reserved;
	char gpu_name[IPC_NAME_SIZE];
};

/*
 * The queue of @slot is gone; the slot may be used again. Not at once: until the daemon has read this it may write a decision there, and
 * look at the GPU time.
 */
struct ipc_queue_gone {
	struct ipc_header header;
	uint32_t slot, reserved;
};

/* The packet at the head of @slot's queue waits for the queues of slots @on[0..count); replaces what was said before. */
struct ipc_waits {
	struct ipc_header header;
	uint32_t slot, count;
	uint32_t on[IPC_WAITS_MAX], reserved;
};

/* Saving waves costs something else than the queues' IPC_QUEUE_NEW said, or became impossible. */
struct ipc_cost {
	struct ipc_header header;
	struct ipc_gpu_key gpu;
	uint64_t preempt_cost_ns;
};

enum ipc_scope { IPC_SCOPE_MACHINE, IPC_SCOPE_JOB, IPC_SCOPE_CLIENT, IPC_SCOPE_QUEUE };

/**
 * struct ipc_target - what a request is about
 * @scope:  enum ipc_scope. From a library only CLIENT and QUEUE, and @client is ignored: it is itself.
 * @slot:   of the queue, with IPC_SCOPE_QUEUE
 * @client: number that the daemon gave (IPC_WELCOME, IPC_CLIENT_ENTRY); with CLIENT and QUEUE
 * @job:    its name, with IPC_SCOPE_JOB
 */
struct ipc_target {
	uint32_t scope, slot;
	uint64_t client;
	char job[IPC_NAME_SIZE];
};

/* Give a hint. @hint: enum sched_hint. @value: in its unit; SCHED_HINT_UNSET takes it back. */
struct ipc_hint {
	struct ipc_header header;
	struct ipc_target target;
	uint32_t hint, reserved;
	int64_t value;
};

/* IPC_SUSPEND and IPC_RESUME. @level: how to stop it, 1 to 3; ignored by IPC_RESUME. */
struct ipc_suspend {
	struct ipc_header header;
	struct ipc_target target;
	uint32_t level, reserved;
};

/* Choose a policy; an empty name only asks. The IPC_RESULT's text is the name in force. */
struct ipc_policy {
	struct ipc_header header;
	char name[IPC_NAME_SIZE];
};

/**
 * struct ipc_trace - start or stop tracing of a process
 * @target: IPC_SCOPE_CLIENT; ignored by a library
 * @on:     1: write a trace into the descriptor that is passed along; 0: finish it
 *
 * With another serial than 0 a library answers by IPC_RESULT, when its trace has begun or it knows that there will be none.
 */
struct ipc_trace {
	struct ipc_header header;
	struct ipc_target target;
	uint32_t on, reserved;
};

/* @client: the sender's number from here on. @pid: the daemon's. An eventfd may come along for who said IPC_HELLO_KICKS_FD. */
struct ipc_welcome {
	struct ipc_header header;
	uint64_t client;
	int32_t pid;
	uint32_t reserved;
	char policy[IPC_NAME_SIZE];
};

/**
 * struct ipc_reject - why a connection ends
 * @error:                    positive errno: EPROTO what cannot be decoded, ENOTSUP versions, EPERM, ENOSPC, ...
 * @version_min, @version_max: what the sender understands
 */
struct ipc_reject {
	struct ipc_header header;
	int32_t error;
	uint32_t version_min, version_max, reserved;
	char text[IPC_TEXT_SIZE];
};

/* The end of the answer to a request. @error: 0 or positive errno; @text says what is wrong and what would be right. */
struct ipc_result {
	struct ipc_header header;
	int32_t error;
	uint32_t reserved;
	char text[IPC_TEXT_SIZE];
};

/* Answers to IPC_LIST: one machine entry, then GPUs, then each client followed by its queues. */
struct ipc_machine_entry {
	struct ipc_header header;
	uint64_t now_ns;     /* the daemon's CLOCK_MONOTONIC */
	uint64_t decisions;  /* effects sent since it started */
	uint32_t clients, queues;
	int32_t pid;
	uint32_t reserved;
	char policy[IPC_NAME_SIZE];
	char fault[IPC_TEXT_SIZE]; /* why the policy in force is not the one chosen; "" */
};

struct ipc_gpu_entry {
	struct ipc_header header;
	struct ipc_gpu_key gpu;
	uint64_t gpu_ns;	  /* GPU time reported */
	uint64_t preempt_cost_ns; /* IPC_COST_NEVER */
	uint32_t queues, reserved;
	char name[IPC_NAME_SIZE];
};

struct ipc_client_entry {
	struct ipc_header header;
	uint64_t client;
	uint64_t since_ns;     /* the daemon's CLOCK_MONOTONIC */
	uint64_t gpu_ns;
	int32_t pid;	       /* as the daemon sees it */
	int32_t container_pid; /* as it sees itself */
	uint32_t uid, queues;
	uint32_t hidden;       /* 1: another user's: job, comm and cgroup are empty, and its queues are not listed */
	uint32_t reserved;
	char job[IPC_NAME_SIZE];
	char comm[32];
	char cgroup[160];
};

/**
 * struct ipc_queue_entry - one queue
 * @state, @gate, @reason: enum sched_state, sched_gate, sched_reason
 * @level:    the level at which it is held, or could be
 * @held_ns:  time it was held while it had something to run
 * @preempts: how often it was stopped at level 1, 2, 3
 * @window_ns: UINT64_MAX: none
 * @priority, @share: hints in force
 */
struct ipc_queue_entry {
	struct ipc_header header;
	uint64_t client;
	struct ipc_gpu_key gpu;
	uint64_t queue_id;
	uint32_t slot, state, gate, reason;
	uint32_t level, suspended;
	uint64_t gpu_ns, held_ns, window_ns;
	uint64_t packets, dispatches;
	uint64_t preempts[3];
	int64_t priority, share;
};

static_assert(sizeof(struct ipc_header) == 16, "struct ipc_header");
static_assert(sizeof(struct ipc_hello) == 128, "struct ipc_hello");
static_assert(sizeof(struct ipc_target) == 80, "struct ipc_target");
static_assert(sizeof(struct ipc_queue_new) == 128, "struct ipc_queue_new");
static_assert(sizeof(struct ipc_machine_entry) <= IPC_SIZE_MAX && sizeof(struct ipc_client_entry) <= IPC_SIZE_MAX,
	"IPC_SIZE_MAX");

#endif
