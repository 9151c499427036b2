/* SPDX-License-Identifier: MIT */
/*
 * Decisions by the daemon: the second decider. A thread of its own, the link, connects, notices that the daemon went, and connects again;
 * meanwhile the process decides for itself. What changes often goes through the page of src/ipc/page.h, which both sides write.
 */
#ifndef REMOTE_H
#define REMOTE_H

#include <stdbool.h>

#include "src/common/config.h"

/** remote_configure() - what the settings say; in OnLoad: allocates and starts nothing */
void remote_configure(const struct config *c);
/** remote_wanted() - whether a daemon is to be looked for: the settings name its socket, or one is where it usually is. Any thread. */
bool remote_wanted(void);
/**
 * remote_start() - look for the daemon, and from then on as long as the process runs; once
 * Context: queue creation; waits for the daemon's first answer, for at most a quarter of a second.
 */
void remote_start(void);
/** remote_stop() - the daemon decides no more, and is told nothing more: at exit and unload. Hold no lock. */
void remote_stop(void);
struct squeue;
/**
 * remote_arrives() - tell the daemon that @q has packets, before anything else is known of them
 * Context: must hold the scheduler's lock, may own @q's gate. Waits for nothing.
 * Return: false: another decides, or it cannot be told now.
 */
bool remote_arrives(struct squeue *q);
/** remote_fork_child() - the connection is the parent's */
void remote_fork_child(void);

#endif
