/* SPDX-License-Identifier: MIT */
/*
 * Arrivals: a queue that had nothing to run gets packets, and whose turn it is has not been decided since. Its doorbell comes first, which may
 * take long; meanwhile nothing more of queues that have a window becomes visible, or the new packets would wait for that too.
 *
 * For the queues of one GPU. An arrival about which nobody decides bars the others for at most ARRIVAL_MAX_NS, counted from the latest.
 */
#ifndef AQL_ARRIVAL_H
#define AQL_ARRIVAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ARRIVAL_MAX_NS 500000u

/* Zeroed: there are none. Writers of all: any thread. */
struct arrivals {
	_Atomic uint32_t undecided;
	_Atomic uint64_t until_ns; /* when the latest bars nobody any more */
	_Atomic bool barred;       /* somebody was since an arrival ended */
};

/** arrival_begin() - a queue arrives at @now_ns; one arrival_end() belongs to it */
void arrival_begin(struct arrivals *a, uint64_t now_ns);
/**
 * arrival_end() - it has been decided about, or has gone
 * Return: whether packets were barred meanwhile that somebody has to publish now.
 */
bool arrival_end(struct arrivals *a);
/**
 * arrival_bars_ns() - for how long at most a queue with a window has to wait for the decision about others
 * @own:    whether it arrives itself
 * @now_ns: the clock of arrival_begin()
 * Return: 0: it has not. Else arrival_end() will say so, should that come earlier.
 */
uint64_t arrival_bars_ns(struct arrivals *a, bool own, uint64_t (*now_ns)(void));

#endif
