/* SPDX-License-Identifier: MIT */
/*
 * Waking the engine when a doorbell is stored to. The pages that the process mapped are
 * write-protected through userfaultfd while the engine sleeps: the store then faults and stands
 * still until the engine is awake and has lifted the protection. Doorbells themselves are polled
 * while the engine is awake.
 */
#ifndef SIM_CP_DOORBELL_H
#define SIM_CP_DOORBELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** doorbell_watch() - pages that the doorbells of GPU @gpu are rung through. Must hold the engine
 * lock. Return: 0; -ENOMEM. */
int doorbell_watch(void *addr, size_t bytes, uint32_t gpu);
/** doorbell_forget() - they are about to be unmapped. Must hold the engine lock. */
void doorbell_forget(void *addr);
/* A store that stands still. */
struct doorbell_stop {
	uint32_t gpu, offset; /* bytes, of an aligned dword pair */
};

/**
 * doorbell_arm() - from here on a store to a watched page makes doorbell_fd() readable. Must hold
 * the engine lock. Return: false when the kernel refuses userfaultfd: doorbells have to be polled.
 */
bool doorbell_arm(void);
/**
 * doorbell_stops() - the stores that stand still and were not told of yet, up to @count
 *
 * What they ring for is in memory already, so it can be served before they go on: they then find
 * it done, and their thread does not compete for the CPU meanwhile. Must hold the engine lock.
 * Return: how many.
 */
unsigned doorbell_stops(struct doorbell_stop *stops, unsigned count);
/** doorbell_disarm() - let stores through again. Must hold the engine lock. Return: whether any
 * were stopped of which doorbell_stops() did not tell. */
bool doorbell_disarm(void);
/** doorbell_stopped() - whether a store stands still although nothing is armed; doorbell_disarm()
 * lets it go on */
bool doorbell_stopped(void);
/** doorbell_fd() - to be polled for input while armed; -1 if there is none */
int doorbell_fd(void);
/** doorbell_fork_child() - the parent's descriptors are not the child's */
void doorbell_fork_child(void);

#endif
