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

/** doorbell_watch() - pages that doorbells are rung through. Must hold the engine lock. Return: 0;
 * -ENOMEM. */
int doorbell_watch(void *addr, size_t bytes);
/** doorbell_forget() - they are about to be unmapped. Must hold the engine lock. */
void doorbell_forget(void *addr);
/**
 * doorbell_arm() - from here on a store to a watched page makes doorbell_fd() readable. Must hold
 * the engine lock. Return: false when the kernel refuses userfaultfd: doorbells have to be polled.
 */
bool doorbell_arm(void);
/** doorbell_disarm() - let stores through again. Must hold the engine lock. Return: whether any
 * were stopped. */
bool doorbell_disarm(void);
/** doorbell_stopped() - whether a store stands still although nothing is armed; doorbell_disarm()
 * lets it go on */
bool doorbell_stopped(void);
/** doorbell_fd() - to be polled for input while armed; -1 if there is none */
int doorbell_fd(void);
/** doorbell_fork_child() - the parent's descriptors are not the child's */
void doorbell_fork_child(void);

#endif
