/* SPDX-License-Identifier: MIT */
/*
 * The one helper thread of a process. It calls a function whenever that is due, and sleeps otherwise; producers wake it by
 * pacer_kick(). It is started with the first queue that something limits.
 */
#ifndef PACER_H
#define PACER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PACER_NEVER UINT64_MAX

/**
 * typedef pacer_round_fn - do what is due
 * @now_ns: CLOCK_MONOTONIC
 * Return: when to be called again, PACER_NEVER: when kicked
 */
typedef uint64_t (*pacer_round_fn)(uint64_t now_ns);

/** pacer_now_ns() - the clock */
uint64_t pacer_now_ns(void);
/**
 * pacer_start() - start the thread unless it runs; every signal is blocked in it
 * Context: calls exclude each other and pacer_stop().
 * Return: 0 or a negative errno.
 */
int pacer_start(pacer_round_fn round);
/**
 * pacer_words_set() - have the pacer sleep on words that other processes can reach, until the process ends
 * @kicks:  futex, raised by whoever wants a round; other processes wake it by FUTEX_WAKE (not the private one)
 * @asleep: 1 while the pacer sleeps on it
 * @looks_ns: until when it does then; 0: until it is woken, or pacer_prompt()
 * Context: once; calls exclude each other. The pacer may run.
 */
void pacer_words_set(_Atomic uint32_t *kicks, _Atomic uint32_t *asleep, _Atomic uint64_t *looks_ns);
/** pacer_prompt() - whether somebody wants to see each decision when it comes; any thread */
void pacer_prompt(bool on);
/** pacer_kick() - have a round soon; any thread. A system call only if the pacer sleeps. */
void pacer_kick(void);
/** pacer_due() - the same, but not before @at_ns: no call if the pacer sleeps no longer than that by itself */
void pacer_due(uint64_t at_ns);
/** pacer_stop() - end the thread; waits for it for at most a second. Hold no lock that a round takes. */
void pacer_stop(void);
/** pacer_fork_child() - the child has no pacer */
void pacer_fork_child(void);
/** pacer_filled() - a queue was refilled; counts in the pacer's own rounds */
void pacer_filled(void);
/**
 * pacer_refill_ns() - the time at present from what the pacer sleeps for until it is awake, and where queues are refilled until the first
 * doorbell was rung, but for one time in twenty or so; measured
 *
 * pacer_spread_ns() - its mean deviation from its average, of which the former has two
 */
uint64_t pacer_refill_ns(void);
uint64_t pacer_spread_ns(void);
/** pacer_is_self() - whether the pacer calls */
bool pacer_is_self(void);

#endif
