/* SPDX-License-Identifier: MIT */
/*
 * The daemon's event loop: connections, signals, timers and the metrics file around a struct machine. One thread.
 */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include "src/daemon/settings.h"

/** typedef server_reload_fn - read the settings again; 0, or -errno where they cannot be used (it was logged) */
typedef int (*server_reload_fn)(void *ctx, struct settings *s);

/**
 * server_run() - listen, and serve until SIGTERM or SIGINT
 * @settings: at start
 * @reload:   called at SIGHUP
 * @ctx:      for @reload
 *
 * Return: 0 after a signal; -errno when it could not start or go on: it was logged.
 */
int server_run(const struct settings *settings, server_reload_fn reload, void *ctx);

#endif
