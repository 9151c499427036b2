/* SPDX-License-Identifier: MIT */
/*
 * Connections: the sockets between clients and the machine, which the daemon's only thread writes and reads, and the eventfds by which
 * libraries kick, which it only watches.
 */
#ifndef DAEMON_CONNECTION_H
#define DAEMON_CONNECTION_H

#include <systemd/sd-event.h>

#include "src/daemon/machine.h"
#include "src/sched/list.h"

/**
 * struct connections - all of them
 * @changed: called after what may have moved the machine's next tick
 * @spare:   a descriptor to close when no other can be had
 */
struct connections {
	sd_event *event;
	struct machine *machine;
	void (*changed)(void *ctx);
	void *ctx;
	struct list all, ended;
	sd_event_source *reaper;
	int spare;
};

extern const struct machine_ops connection_ops;

/** connections_init() - none yet; @event and @machine are borrowed */
void connections_init(struct connections *all, sd_event *event, struct machine *machine, void (*changed)(void *ctx), void *ctx);
/** connections_fini() - close them all; harmless if it was never initialised */
void connections_fini(struct connections *all);
/** connections_accept() - take on who waits at the listening socket @fd */
void connections_accept(struct connections *all, int fd, uint64_t now_ns);

/** server_now_ns() - CLOCK_MONOTONIC */
uint64_t server_now_ns(void);

#endif
