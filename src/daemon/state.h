/* SPDX-License-Identifier: MIT */
/*
 * What a machine consists of, for the files that implement machine.h. The daemon's only thread writes and reads all of it.
 */
#ifndef DAEMON_STATE_H
#define DAEMON_STATE_H

#include "src/daemon/machine.h"
#include "src/sched/list.h"
#include "src/sched/sched.h"

#define LATENCY_BUCKETS 16u /* upper bounds 1 us, 2 us, 4 us ... 16 ms; the last: all */

/* How many packets of one queue are believed to run at once, and how much may have run before the daemon heard of it. */
#define BELIEVED_PARALLEL 128u
#define BELIEVED_BEFORE_NS (UINT64_C(600) * 1000000000)
/* Waves that take longer to save are not worth it, whether that is true or not. */
#define BELIEVED_COST_NS   UINT64_C(1000000000)
/* What looking at a span costs, in messages; and how many entries of a list cost as much as one. */
#define WEIGHT_SPAN	    4u
#define ENTRIES_PER_MESSAGE 4u

#define HELLO_NS  (UINT64_C(10) * 1000000000) /* a client that has not said who it is */
#define WRITE_NS  (UINT64_C(5) * 1000000000)  /* a control client that does not read its answer */
#define ANSWER_NS (UINT64_C(4) * 1000000000)  /* a process that was asked for a trace; xschedctl waits for us a little longer */
#define SILENT_NS (UINT64_C(250) * 1000000)   /* a running client that reports nothing while others wait is asked whether it is there ... */
#define ABSENT_NS (UINT64_C(500) * 1000000)   /* ... and has this long to show it */

#define USER_GPUS 64u /* GPUs that the queues of one user may name first */

struct machine {
	const struct machine_ops *ops;
	struct settings settings;
	uid_t uid;
	struct sched *sched;
	struct list gpus, jobs, users, clients; /* clients: by number */
	struct list waiting;			/* clients with a deadline_ns */
	struct list poked;			/* clients whose page has new decisions */
	uint64_t now_ns;			/* of the call in progress */
	uint64_t deadline_ns, absent_ns;	/* when to look at @waiting, and for absent clients; or MACHINE_NEVER */
	uint64_t client_last;			/* number given last */
	uint32_t order_last;			/* serial of the last IPC_TRACE that wants an answer */
	uint32_t client_count, library_count, queue_count;
	uint64_t decisions, rejected;
	uint64_t log_since_ns; /* since when @log_count clients were ended */
	uint32_t log_count;
	uint64_t latency[LATENCY_BUCKETS], latency_count, latency_sum_ns;
};

struct user {
	struct list at;
	uid_t uid;
	uint32_t clients, queues;
};

struct gpu {
	struct list at;
	struct ipc_gpu_key key;
	char name[IPC_NAME_SIZE];
	struct sched_gpu *sched;
	uint64_t base_ns;    /* GPU time of the GPUs that had its place before */
	uid_t uid;	     /* who named it first since it was unused */
	uint32_t queues;
	uint32_t held, running; /* of those with something to run; suspended ones are neither */
	struct list members;
};

struct job {
	struct list at;
	uid_t uid;
	char name[IPC_NAME_SIZE]; /* "": of one client */
	struct sched_job *sched;
	uint32_t clients, cooperative;
	int suspended; /* level for clients to come; 0 */
};

struct queue {
	struct machine_client *client;
	struct gpu *gpu;
	struct list of_gpu;
	struct sched_queue *sched;
	uint32_t slot;
	bool ready, absent; /* @absent: counts as idle until its client is heard */
	bool cooperative;
	enum { QUEUE_IDLE, QUEUE_HELD, QUEUE_RUNNING } counted; /* in @gpu */
	uint64_t queue_id, since_ns, gpu_base_ns, gpu_seen_ns;
	uint64_t cost_ns;
	/* The decision in force. */
	struct sched_effect now;
	uint16_t sequence;
	bool decided;
	bool brief; /* its process was not woken for a hold, since what runs ends before its waves were saved */
	int suspended; /* level, 0: not */
	uint64_t held_ns, held_since_ns;
	uint64_t preempts[3];
	int64_t hint[SCHED_HINTS];
};

struct machine_client {
	struct machine *machine;
	struct list at, waiting, poked;
	bool wake; /* of those that are @poked: what was decided needs its thread */
	void *peer;
	struct machine_peer who;
	struct user *user;
	uint64_t number, since_ns, deadline_ns;
	enum ipc_role role; /* 0: it has not said hello */
	bool ended, answers_trace;
	int32_t container_pid;
	char comm[32];
	/* Messages it may still send, as time: less than now by what is left. */
	uint64_t bucket_ns;
	/* A library. */
	struct job *job;
	struct ipc_page *page;
	struct queue *slots[IPC_SLOTS];
	uint32_t queue_count, absent_count, slot_end; /* all slots from @slot_end on are empty */
	uint64_t spans_seen; /* of the page's */
	int suspended;
	int64_t hint[SCHED_HINTS];
	uint64_t gpu_ns;   /* of queues that are gone */
	uint64_t heard_ns; /* last message, or other sign of life */
	struct queue *asked; /* the one whose decision was repeated */
	uint64_t asked_ns;
	struct list askers; /* control clients that wait for its answer to IPC_TRACE */
	/* A control client: whom it asked for a trace; @order is 0 when it waits for no answer. */
	struct asking {
		struct list at;
		uint32_t order, serial;
		pid_t pid;
		uint64_t client;
		bool on, gone; /* @on: for a trace's beginning, not its end */
	} asking;
	/* How far the answer to IPC_LIST has been sent. */
	struct listing {
		enum { LISTING_NONE, LISTING_MACHINE, LISTING_GPU, LISTING_CLIENT, LISTING_QUEUE, LISTING_END } step;
		uint32_t serial, gpu, slot;
		uint64_t client;
	} listing;
};

/* machine.c */
void machine_enter(struct machine *m, uint64_t now_ns);
/* Wakes whom decisions were written for. */
void machine_leave(struct machine *m);
void client_deadline_set(struct machine_client *c, uint64_t deadline_ns); /* MACHINE_NEVER: none */
/* What it does costs as much time as so many messages. A client that does too much is ended. */
void client_charge(struct machine_client *c, uint64_t messages);

/* client.c: the life of a client. */
/**
 * client_end() - reject a client: its queues are forgotten now, its connection ends soon
 * @error: positive errno, for the client
 */
void client_end(struct machine_client *c, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
/** client_send() - a message; a client that does not read is ended. Return: 0 or -errno */
int client_send(struct machine_client *c, const void *message, int fd);
void client_hello(struct machine_client *c, const struct ipc_hello *hello, int fd);
/* Whether a client is the other's business: root's, or the same user's. */
bool client_may(const struct machine_client *c, uid_t uid);
bool client_is_admin(const struct machine_client *c);
struct machine_client *client_find(const struct machine *m, uint64_t number);
uint64_t client_gpu_ns(const struct machine_client *c);

/* registry.c: users, GPUs and jobs; found or made, and dropped with their last use. */
struct user *user_get(struct machine *m, uid_t uid);
void user_put(struct user *user);
int gpu_get(struct machine *m, const struct ipc_gpu_key *key, const char *name, uid_t uid, struct gpu **gpu_p);
/** gpu_cost_ns() - what saving waves costs there: the least that one of its clients says; IPC_COST_NEVER */
uint64_t gpu_cost_ns(const struct gpu *gpu);
/** gpu_cost_update() - it may have changed */
void gpu_cost_update(struct gpu *gpu);
int job_get(struct machine *m, uid_t uid, const char *name, struct job **job_p);
void job_put(struct job *job);

/* queue.c: a library's queues. */
void queue_new(struct machine_client *c, const struct ipc_queue_new *new);
void queue_free(struct queue *q);
void queue_waits(struct machine_client *c, const struct ipc_waits *waits);
void queue_cost(struct machine_client *c, const struct ipc_cost *cost);
/** queue_count() - after a change of what it has to run or of its decision: bring the GPU's counts up to date */
void queue_count(struct queue *q);
void queue_suspend(struct queue *q, int level);
void queue_resume(struct queue *q);
/** queue_hint_apply() - tell the scheduler of the value in force: the queue's own, else its client's */
void queue_hint_apply(struct queue *q, enum sched_hint hint);
extern const struct sched_ops queue_sched_ops;

/* look.c: what clients write into their pages. */
/** look_page() - a kick came: see what changed */
void look_page(struct machine_client *c);
/** look_queue() - read one slot; false when the client was ended for what stands there */
bool look_queue(struct queue *q);
/** look_last() - @q goes: see what it used, whether or not a kick came; return as above */
bool look_last(struct queue *q);

/* absent.c: clients that hold a place and do not use it. */
/** absent_watch() - some queue is held while another runs */
void absent_watch(struct machine *m);
void absent_check(struct machine *m);
/** absent_heard() - a sign of life */
void absent_heard(struct machine_client *c);

/* decide.c: decisions on their way into pages. */
/** queue_took() - whether the latest decision is in force, and what the page says of the queue was written behind it */
bool queue_took(const struct queue *q);
/** decide_write() - the process is to know what was decided; @ran: the decision before let it run, by its gate */
void decide_write(struct queue *q, bool ran);

/* control.c, list.c: requests. */
void control_hint(struct machine_client *c, const struct ipc_hint *hint);
void control_suspend(struct machine_client *c, const struct ipc_suspend *suspend);
void control_policy(struct machine_client *c, const struct ipc_policy *policy);
void control_trace(struct machine_client *c, const struct ipc_trace *trace, int fd);
/** control_trace_answer() - a library answers IPC_TRACE; nothing happens if nobody waits for that */
void control_trace_answer(struct machine_client *c, const struct ipc_result *result);
/** control_trace_gone() - a library ends: who asked it is told with the next tick, as this may be within somebody else's end */
void control_trace_gone(struct machine_client *c);
/** control_trace_late() - tell a control client that there was no answer */
void control_trace_late(struct machine_client *c);
void control_result(struct machine_client *c, uint32_t serial, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void list_start(struct machine_client *c, uint32_t serial);
void list_continue(struct machine_client *c);

#endif
