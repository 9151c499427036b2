/* SPDX-License-Identifier: MIT */
/*
 * Scheduled queues: virtual queues that something may limit. Decisions act on their gates (squeue_effect.h), and what the gates saw goes
 * (rounds.h) to whoever decides (decider.h): the core within this process (local.c) or the daemon (remote.c). Written by the pacer, by queue
 * creation and destruction, and by what users ask for (control.c), all under one lock.
 */
#ifndef SQUEUE_H
#define SQUEUE_H

#include <hsa/hsa.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/aql/depend.h"
#include "src/common/config.h"
#include "src/common/drain.h"
#include "src/hsa_intercept/vqueue.h"
#include "src/sched/sched.h"

struct squeue {
	struct vqueue *vq;
	hsa_agent_t agent;
	struct squeue *next;      /* all that are scheduled */
	_Atomic bool kicked;      /* packets came, or the gate changed; writers: anyone */
	_Atomic bool stirred;     /* it becomes busy while its doorbell is rung; writer: whoever rings */
	_Atomic uint64_t began_ns; /* when its gate last said so; writers: who rang */
	bool tracked;             /* by its gate */
	bool active;              /* to be looked at in each round */
	bool tick_asked;          /* the runtime was asked for the length of a tick */
	bool priority_said;       /* by the program, through the runtime */
	uint32_t waiters;         /* threads in squeue_wait() */
	uint32_t window_pkts;     /* packets in flight, instead of a time; 0: by time */
	uint64_t window_ns;       /* as the latest decision said */
	uint64_t refill_ns;       /* as the gate was told */
	uint64_t complete;        /* packets known to be complete in the latest round */
	uint64_t stuck_ns;        /* when something was last done about a lack of progress */
	uint64_t backoff_ns;
	uint64_t gpu_ns;          /* GPU time of completed packets */
	uint64_t holds;           /* how often the gate was closed */
	struct sched_effect decision; /* the latest in force */
	bool adding;              /* to a decider: its decisions come into force when that is done */
	struct sched_effect next_decision; /* while @adding: the latest */
	bool stands;              /* at a brake, with the gate closed */
	uint64_t published;       /* packets that the packet processor could see in the latest round */
	struct drain drain;       /* as of the latest round; end_ns 0: not known */
	uint16_t told_late;       /* the daemon knows that what runs outlasts what it expected when it decided that; a sequence number */
	struct squeue *waits[AQL_DEPENDS_MAX]; /* queues that complete what its head waits for */
	unsigned waits_count;
	int suspended;            /* level at which the user suspended it; 0: not */
	int64_t hints[SCHED_HINTS]; /* the user's and the program's; SCHED_HINT_UNSET */

	/* Of level3.c: */
	struct cwsr_queue *hw;    /* NULL: level 3 is not possible */
	bool save;                /* its running waves are to be saved */
	bool asked;               /* what was asked of src/cwsr last */
	bool saved;               /* they are */
	uint64_t saves, saved_ns; /* how often they were, and for how long together, as of the latest answer; see level3_stats() */
	uint64_t was_saved_ns;    /* for how long, that is not taken out of a kernel's time yet */
	uint64_t cost_ns;         /* as the decider was told; SCHED_UNLIMITED */

	/* The decider's. */
	bool added;
	struct sched_queue *sched; /* local.c */
	uint32_t slot;             /* remote.c */
	uint16_t applied;          /* remote.c: sequence number of the decision in force; 0: the daemon has not decided */
	uint64_t told_ns;          /* remote.c: when the daemon was told of it */

	uint32_t brake;            /* of shared_brake.c; 0: none */
	bool braked;               /* brakes are added */

	struct trace_queue *trace; /* trace.c; NULL: not traced */

	struct track_signal *signals[TRACK_SIGNALS];
	struct track track;
	struct track_note notes[];
};

/** squeue_start() - what the settings ask for; in OnLoad: allocates and starts nothing */
void squeue_start(const struct config *c);
/** squeue_stop() - schedule nothing more: at exit and unload. Gates stay as they are. */
void squeue_stop(void);
/** squeue_fork_child() - in a forked child nothing is scheduled */
void squeue_fork_child(void);

/**
 * squeue_new() - schedule a queue, once, if anything is scheduled
 * Context: queue creation; calls the HSA runtime. A queue that cannot be scheduled is logged and stays native.
 */
void squeue_new(struct vqueue *vq);
/** squeue_gone() - leave a queue alone from here on; its gate stays as it is. Any number of calls. Hold no lock. */
void squeue_gone(struct vqueue *vq);
/** squeue_lost() - the same where the registry lock is held: the queue went behind our back */
void squeue_lost(struct vqueue *vq);
/** squeue_free() - give up what squeue_new() made; its hardware queue is gone; NULL is allowed */
void squeue_free(struct squeue *q);
/** squeue_priority() - what the program said through hsa_amd_queue_set_priority: -1 low, 0 normal, 1 high */
void squeue_priority(struct vqueue *vq, int offset);
/** squeue_stir() - squeue_busy() will follow, behind the doorbell; the gate is owned. Waits for nothing, allocates nothing. */
void squeue_stir(struct vqueue *vq);
/** squeue_busy() - the gate of @vq says so; see struct gate_ops. Waits for nothing, allocates nothing. */
void squeue_busy(struct vqueue *vq);
/** squeue_require() - schedule the process from here on, though no setting asks for it: existing queues too. Return: 0; -ESHUTDOWN: no runtime that could be scheduled */
int squeue_require(void);
/** squeue_running() - whether there is a runtime that could be scheduled */
bool squeue_running(void);
/**
 * squeue_wait() - wait until every packet submitted so far has completed
 * @vq:      of a queue that is scheduled
 * @published: those only that the packet processor may see, up to a brake that holds
 * @until_ns: of CLOCK_MONOTONIC
 * Context: takes the lock, and gives it up while it waits.
 * Return: 0; -ETIMEDOUT; -ENOENT: the queue went, or cannot be followed.
 */
int squeue_wait(struct vqueue *vq, bool published, uint64_t until_ns);

/* ---- what all of them share: squeue_common.c ---- */

/**
 * squeue_lock() - take the scheduler's lock: no queue is added or removed, no decision acts
 * Not across fork, nor while the runtime is called. Within it the registry lock must not be taken.
 */
void squeue_lock(void);
void squeue_unlock(void);
/** squeue_trylock() - the same, unless somebody has it, the caller included. Return: whether it is taken. */
bool squeue_trylock(void);
/** squeue_first() - the list of scheduled queues. Must hold the lock. */
struct squeue *squeue_first(void);
/** squeue_of() - what schedules @vq, or NULL if it is gone; other than vq->squeue safe to use under the lock, which must be held */
struct squeue *squeue_of(const struct vqueue *vq);
/** squeue_settings() - constant after squeue_start() */
const struct config *squeue_settings(void);
/** squeue_changed() - wake who waits in squeue_wait(). Must hold the lock. */
void squeue_changed(void);
/** squeue_process_hint() - the value that @hint has for the whole process, or SCHED_HINT_UNSET. Must hold the lock. */
int64_t squeue_process_hint(enum sched_hint hint);
void squeue_process_hint_set(enum sched_hint hint, int64_t value);
/** squeue_process_suspend_set() - queues to come are suspended at @level; 0: they are not. Must hold the lock. */
void squeue_process_suspend_set(int level);
/** squeue_window_pkts_set() - queues to come are limited by count; 0: by time. Must hold the lock. */
void squeue_window_pkts_set(uint32_t pkts);

#endif
