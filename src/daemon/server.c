/* SPDX-License-Identifier: MIT */
/* The daemon's event loop; see server.h. */
#include "src/daemon/server.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "src/common/prompt.h"
#include "src/daemon/connection.h"
#include "src/daemon/dlog.h"
#include "src/daemon/listen.h"
#include "src/daemon/metrics_file.h"

struct server {
	struct settings settings;
	struct listen listen;
	sd_event *event;
	sd_event_source *timer, *metrics_timer;
	struct machine *machine;
	struct connections connections;
	struct metrics_file metrics;
	server_reload_fn reload;
	void *reload_ctx;
};

uint64_t server_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* sd-event counts in microseconds: no earlier than due. */
static uint64_t to_us(uint64_t ns)
{
	return ns == MACHINE_NEVER ? UINT64_MAX : ns / 1000 + (ns % 1000 != 0);
}

static void timer_arm(void *ctx)
{
	struct server *s = ctx;
	uint64_t due_us = to_us(machine_next_ns(s->machine)), set_us = UINT64_MAX;
	int on = SD_EVENT_OFF;

	sd_event_source_get_enabled(s->timer, &on);
	sd_event_source_get_time(s->timer, &set_us);
	/* One that is due earlier stays: a tick too many costs less than a system call with every change. */
	if (due_us == UINT64_MAX || (on != SD_EVENT_OFF && set_us <= due_us))
		return;
	sd_event_source_set_time(s->timer, due_us);
	sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
}

static int timer_due(sd_event_source *source, uint64_t us, void *ctx)
{
	struct server *s = ctx;

	(void)source;
	(void)us;
	machine_tick(s->machine, server_now_ns());
	timer_arm(s);
	return 0;
}

static int metrics_due(sd_event_source *source, uint64_t us, void *ctx)
{
	struct server *s = ctx;

	(void)source;
	(void)us;
	metrics_file_write(&s->metrics, s->settings.metrics_file, s->machine, server_now_ns());
	/* From now on: what was missed is not made up for. */
	sd_event_source_set_time(s->metrics_timer, server_now_ns() / 1000 + s->settings.metrics_interval_s * 1000000);
	sd_event_source_set_enabled(s->metrics_timer, SD_EVENT_ONESHOT);
	return 0;
}

static void metrics_arm(struct server *s)
{
	if (!*s->settings.metrics_file) {
		sd_event_source_set_enabled(s->metrics_timer, SD_EVENT_OFF);
		return;
	}
	/* The first one at once. */
	sd_event_source_set_time(s->metrics_timer, 0);
	sd_event_source_set_enabled(s->metrics_timer, SD_EVENT_ONESHOT);
}

static int ended(sd_event_source *source, const struct signalfd_siginfo *info, void *ctx)
{
	struct server *s = ctx;

	(void)source;
	sd_notify(0, "STOPPING=1");
	dlog_info("ends after %s", info->ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
	return sd_event_exit(s->event, 0);
}

/* What only a start can change keeps its value. */
static void settings_keep(const struct settings *now, struct settings *next)
{
	if (strcmp(now->socket, next->socket) || now->stall_ms != next->stall_ms || now->linger_us != next->linger_us)
		dlog_warning("socket, stall-ms and linger-us change with the next start");
	memcpy(next->socket, now->socket, sizeof(next->socket));
	next->stall_ms = now->stall_ms;
	next->linger_us = now->linger_us;
}

static int reloaded(sd_event_source *source, const struct signalfd_siginfo *info, void *ctx)
{
	struct server *s = ctx;
	struct settings next;

	(void)source;
	(void)info;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, server_now_ns() / 1000);
	if (s->reload(s->reload_ctx, &next)) {
		dlog_error("the settings stay as they were");
	} else {
		settings_keep(&s->settings, &next);
		s->settings = next;
		dlog_level_set((enum dlog_level)next.log_level);
		machine_settings_set(s->machine, &next, server_now_ns());
		metrics_arm(s);
		timer_arm(s);
		dlog_info("the settings were read again");
	}
	sd_notify(0, "READY=1");
	return 0;
}

static int accepted(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct server *s = ctx;

	(void)source;
	(void)events;
	connections_accept(&s->connections, fd, server_now_ns());
	timer_arm(s);
	return 0;
}

static int signals_add(struct server *s)
{
	sigset_t blocked;
	int rc;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	rc = sd_event_add_signal(s->event, NULL, SIGTERM, ended, s);
	if (rc >= 0)
		rc = sd_event_add_signal(s->event, NULL, SIGINT, ended, s);
	return rc < 0 ? rc : sd_event_add_signal(s->event, NULL, SIGHUP, reloaded, s);
}

/* A connection takes two descriptors, a library's three, and one more while its page is mapped. */
static void descriptors_allow(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int sources_add(struct server *s)
{
	sd_event_source *source = NULL;
	int rc = sd_event_new(&s->event);

	if (rc >= 0)
		rc = signals_add(s);
	/* 1 us: the default accuracy is a quarter of a second. */
	if (rc >= 0)
		rc = sd_event_add_time(s->event, &s->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, timer_due, s);
	if (rc >= 0)
		rc = sd_event_add_time(s->event, &s->metrics_timer, CLOCK_MONOTONIC, UINT64_MAX, 0, metrics_due, s);
	if (rc >= 0)
		rc = sd_event_add_io(s->event, &source, s->listen.fd, EPOLLIN, accepted, s);
	if (rc >= 0)
		rc = sd_event_source_set_floating(source, 1);
	sd_event_source_unref(source);
	if (rc >= 0)
		rc = sd_event_set_watchdog(s->event, 1);
	return rc < 0 ? rc : 0;
}

int server_run(const struct settings *settings, server_reload_fn reload, void *ctx)
{
	struct server s = {.settings = *settings, .reload = reload, .reload_ctx = ctx, .listen = {.fd = -1, .lock = -1}};
	int rc;

	dlog_level_set((enum dlog_level)settings->log_level);
	descriptors_allow();
	rc = listen_open(settings->socket, &s.listen);
	if (rc)
		return rc;
	rc = machine_new(settings, &connection_ops, geteuid(), server_now_ns(), &s.machine);
	if (!rc)
		rc = sources_add(&s);
	if (rc) {
		dlog_error("it cannot start: %s", strerror(-rc));
		goto out;
	}
	connections_init(&s.connections, s.event, s.machine, timer_arm, &s);
	metrics_arm(&s);
	dlog_info("listens at %s, policy %s", *s.listen.path ? s.listen.path : "the socket that was passed", settings->policy);
	sd_notifyf(0, "READY=1\nSTATUS=policy %s", settings->policy);
	prompt_thread();
	rc = sd_event_loop(s.event);
	if (rc)
		dlog_error("the event loop ended: %s", strerror(-rc));

out:
	connections_fini(&s.connections);
	sd_event_source_unref(s.timer);
	sd_event_source_unref(s.metrics_timer);
	sd_event_unref(s.event);
	machine_free(s.machine);
	listen_close(&s.listen);
	return rc;
}
