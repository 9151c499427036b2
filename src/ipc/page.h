/* SPDX-License-Identifier: MIT */
/*
 * The page: memory that a scheduled process shares with xschedd. The process makes it (a sealed memfd) and keeps it for its whole life, whichever
 * daemon comes and goes; it writes what its queues do, the daemon writes decisions. Neither trusts what the other wrote: every field is
 * read once and checked.
 *
 * A change costs its writer a store and, if the other side sleeps, a wake-up: the process's helper thread waits on the futex `kicks`
 * (not a private one), the daemon is kicked unless a kick is on its way: by adding 1 to the eventfd that it gave the process with
 * IPC_WELCOME, or by an IPC_KICK.
 */
#ifndef IPC_PAGE_H
#define IPC_PAGE_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define IPC_PAGE_MAGIC	 0x45475048u /* "HPGE" in memory */
#define IPC_PAGE_VERSION 1u
#define IPC_SLOTS	 1024u /* queues of a process that can be scheduled by a daemon */
#define IPC_BRAKES	 256u  /* queues of a process whose brakes the daemon can close */
#define IPC_BRAKE_OWN	 UINT32_MAX /* see struct ipc_slot */
#define IPC_SPANS	 512u  /* spans of kernels that a page holds; a power of two */
#define IPC_SPANS_NEW	 32u   /* at most so many are written before @span_count is */

/*
 * A decision, in one word, so that it is taken as a whole:
 *   bits 0-1   enum sched_gate
 *   bits 2-3   level, 1 to 3
 *   bits 4-7   enum sched_reason
 *   bits 8-23  sequence number; 0 in no decision
 *   bits 24-63 window in ns; all ones: unlimited
 */
#define IPC_DECISION_NONE UINT64_C(0) /* the daemon has not decided yet */
#define IPC_DECISION_GATE UINT64_C(3) /* of the word, enum sched_gate */
#define IPC_WINDOW_UNLIMITED ((UINT64_C(1) << 40) - 1)

static inline uint64_t ipc_decision_make(uint32_t gate, uint32_t level, uint32_t reason, uint16_t sequence, uint64_t window_ns)
{
	if (window_ns > IPC_WINDOW_UNLIMITED)
		window_ns = IPC_WINDOW_UNLIMITED;
	return (gate & 3u) | (uint64_t)(level & 3u) << 2 | (uint64_t)(reason & 15u) << 4 | (uint64_t)sequence << 8 | window_ns << 24;
}
static inline uint32_t ipc_decision_gate(uint64_t d) { return d & IPC_DECISION_GATE; }
static inline uint32_t ipc_decision_level(uint64_t d) { return d >> 2 & 3u; }
static inline uint32_t ipc_decision_reason(uint64_t d) { return d >> 4 & 15u; }
static inline uint16_t ipc_decision_sequence(uint64_t d) { return (uint16_t)(d >> 8); }
static inline uint64_t ipc_decision_window_ns(uint64_t d) { return d >> 24; }

/**
 * struct ipc_slot - one queue of the process
 * @decision:   writer: daemon (and the process, when the queue comes or its daemon goes: IPC_DECISION_NONE). Threads of the process that
 *              publish packets look at it: a hold counts from the store on, whoever of the process is asleep.
 * @applied:    sequence number of the decision in force in the process; writer: process, as soon as it has taken the decision; where
 *              that closed the gate, when the rest of the slot tells how the queue stands behind it. The
 *              daemon may repeat a decision with a new sequence number to see whether the process is there (it may be stopped): a
 *              running queue that reports nothing and takes no decision for half a second counts as idle until it takes one, or sends.
 * @ready:      1: it has packets that have not completed; writer: process
 * @gpu_ns:     GPU time of completed packets, ever growing; writer: process
 * @held_ns, @packets, @dispatches: for statistics, ever growing; writer: process
 * @saves:      how often its waves were saved; writer: process
 * @progress_ns: as in struct drain; 0: nothing that was published runs; writer: process
 * @stop_ns, @end_ns, @step_ns, @most_ns: as in struct drain; writer: process. Who told by @most_ns that what runs comes to its end before its
 *              waves were saved may not be woken for a hold. Whoever is held and finds that it takes longer kicks once, below level 3.
 * @brake:      1 + the number of its struct ipc_brake, while there are brakes between its packets; IPC_BRAKE_OWN: there are, and the
 *              daemon cannot close them; 0: there are none, its window bounds what is published; writer: process
 */
struct ipc_slot {
	_Atomic uint64_t decision;
	uint64_t daemon_reserved[7];
	_Atomic uint32_t applied, ready;
	_Atomic uint64_t gpu_ns, held_ns, packets, dispatches, saves;
	_Atomic uint64_t progress_ns, stop_ns, end_ns, step_ns, most_ns;
	_Atomic uint32_t brake;
	uint32_t process_reserved[9];
};

/**
 * struct ipc_brake - the signal at which packets of one queue wait that are published and have not started; see src/aql/brake.h
 * @kind:  AMD_SIGNAL_KIND_USER. Source: amd_hsa_signal.h, amd_signal_t, as all of the layout
 * @value: 0: they go on, 1: they wait. The daemon stores 1 behind a decision that stops them, whichever thread of the process is awake, looks
 *         whether the slot still names this brake, and stores 0 if not. All else is the process's, which stores 0 for each decision
 *         that lets the queue go on.
 * @rest:  0: no event, no timestamps
 */
struct ipc_brake {
	int64_t kind;
	_Atomic int64_t value;
	uint64_t rest[6];
};
#define IPC_BRAKE_KIND 1

/**
 * struct ipc_span - kernels of one queue; see struct gpu_span
 * @slot: of the queue, whose gpu_ns counts @ns too
 */
struct ipc_span {
	_Atomic uint64_t slot, start_ts, end_ts, ns, alone_ns;
	uint64_t reserved[3];
};

/**
 * struct ipc_page - the whole
 * @magic, @version, @size, @slots: IPC_PAGE_MAGIC, IPC_PAGE_VERSION, sizeof(struct ipc_page), IPC_SLOTS; written once
 * @kicks:   futex of the process's helper thread: one more for each thing it should look at; writers: both
 * @asleep:  1 while that thread waits on it, so that it must be woken; writer: process
 * @looks_ns: while @asleep: when it looks by itself, of CLOCK_MONOTONIC; 0: not, or it wants to be woken for each decision. Where that is soon, and a
 *           decision holds the process without it, it is not woken for it. Writer: process
 * @dirty:   1: a kick is on its way; set by the process before it kicks, cleared by the daemon before it looks
 * @changed: bit set of slots in which the process changed @ready or @gpu_ns; set by the process, taken by the daemon
 * @span_count: spans so far; written behind them and their slots' @gpu_ns; writer: process
 * @spans:   the latest; number n, from 0, is at n modulo IPC_SPANS; writer: process
 * @decided: bit set of slots in which the daemon changed @decision; set by the daemon, taken by the process
 * @brake:   of queues whose slot names them; pages of their own, which GPUs read
 */
struct ipc_page {
	uint32_t magic, version, size, slots;
	uint32_t reserved[12];
	_Atomic uint32_t kicks, asleep;
	_Atomic uint64_t looks_ns;
	uint32_t reserved_process[12];
	_Atomic uint32_t dirty;
	uint32_t reserved_daemon[15];
	_Atomic uint64_t span_count;
	uint64_t reserved_spans[7];
	_Atomic uint64_t changed[IPC_SLOTS / 64];
	_Atomic uint64_t decided[IPC_SLOTS / 64];
	struct ipc_slot slot[IPC_SLOTS];
	struct ipc_span spans[IPC_SPANS];
	_Alignas(4096) struct ipc_brake brake[IPC_BRAKES];
};

static_assert(sizeof(struct ipc_slot) == 192, "struct ipc_slot");
static_assert(sizeof(struct ipc_brake) == 64, "struct ipc_brake");
static_assert(offsetof(struct ipc_page, slot) % 64 == 0, "struct ipc_page");
static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics in shared memory");

#endif
