/* SPDX-License-Identifier: MIT */
/* Signals of our own for completion tracking, made and measured through the HSA API. Used by local.c. */
#ifndef OWN_SIGNALS_H
#define OWN_SIGNALS_H

#include <hsa/hsa.h>

#include "src/aql/track.h"

/**
 * own_signals_new() - make TRACK_SIGNALS signals that raise no interrupt
 * Context: calls the HSA runtime; hold no lock.
 * Return: 0; -ENOTSUP when the runtime cannot; -ENOMEM. Nothing is kept on failure.
 */
int own_signals_new(struct track_signal *signals[TRACK_SIGNALS]);
/** own_signals_free() - give them back; no packet processor may know them any more */
void own_signals_free(struct track_signal *const signals[TRACK_SIGNALS]);
/**
 * own_signals_tick_q16() - what a tick of timestamps is worth on @agent
 * @spare: a signal that no packet has; its timestamps are overwritten
 * @ts:    a recent timestamp of that GPU
 * Return: nanoseconds times 65536; 0 when the runtime does not tell.
 */
uint32_t own_signals_tick_q16(hsa_agent_t agent, struct track_signal *spare, uint64_t ts);

#endif
