/* SPDX-License-Identifier: MIT */
/* Requests about queues, jobs and the machine, and who may make them; see state.h. */
#include "src/daemon/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/daemon/text.h"

void control_result(struct machine_client *c, uint32_t serial, int error, const char *format, ...)
{
	struct ipc_result result;
	va_list args;

	/* A library that does not ask for answers gets none; it would have to read them. */
	if (c->role == IPC_ROLE_LIBRARY && !serial)
		return;
	ipc_message_init(&result, IPC_RESULT, serial);
	result.error = error;
	va_start(args, format);
	vsnprintf(result.text, sizeof(result.text), format, args);
	va_end(args);
	client_send(c, &result, -1);
}

/* What a request is about, once it is known that it exists and that the sender may. */
struct subject {
	enum ipc_scope scope;
	struct machine_client *client;
	struct queue *queue;
};

/* Return: 0; or a positive errno, with @text. */
static int find_client(struct machine_client *c, const struct ipc_target *target, struct subject *subject, char *text, size_t size)
{
	subject->client = c->role == IPC_ROLE_LIBRARY ? c : client_find(c->machine, target->client);
	if (!subject->client) {
		snprintf(text, size, "there is no client %" PRIu64, target->client);
		return ESRCH;
	}
	if (!client_may(c, subject->client->who.uid)) {
		snprintf(text, size, "client %" PRIu64 " is of user %u: only that user and root may do this", target->client,
			(unsigned)subject->client->who.uid);
		return EPERM;
	}
	if (target->scope == IPC_SCOPE_CLIENT)
		return 0;
	subject->queue = subject->client->slots[target->slot];
	if (!subject->queue) {
		snprintf(text, size, "client %" PRIu64 " has no queue in slot %u", subject->client->number, target->slot);
		return ESRCH;
	}
	return 0;
}

static bool job_meant(const struct machine_client *c, const struct ipc_target *target, const struct job *job)
{
	return client_may(c, job->uid) && *job->name && !strcmp(job->name, target->job);
}

static int find_job(struct machine_client *c, const struct ipc_target *target, char *text, size_t size)
{
	if (c->role == IPC_ROLE_LIBRARY) {
		snprintf(text, size, "a library speaks for itself and its queues only");
		return EINVAL;
	}
	const struct job *found = NULL;

	list_for_each(at, &c->machine->jobs)
	{
		const struct job *job = list_entry(at, const struct job, at);

		if (!job_meant(c, target, job))
			continue;
		if (found) {
			snprintf(text, size, "users %u and %u have a job \"%s\" each: name a process", (unsigned)found->uid,
				(unsigned)job->uid, target->job);
			return EEXIST;
		}
		found = job;
	}
	if (found)
		return 0;
	snprintf(text, size, "there is no job \"%s\" of this user", target->job);
	return ENOENT;
}

static int find(struct machine_client *c, const struct ipc_target *target, struct subject *subject, char *text, size_t size)
{
	*subject = (struct subject){.scope = target->scope};
	switch (target->scope) {
	case IPC_SCOPE_CLIENT:
	case IPC_SCOPE_QUEUE:
		return find_client(c, target, subject, text, size);
	case IPC_SCOPE_JOB:
		return find_job(c, target, text, size);
	default:
		if (c->role == IPC_ROLE_CONTROL && client_is_admin(c))
			return 0;
		snprintf(text, size, "only root and user %u, who runs the daemon, may do this for the machine",
			(unsigned)c->machine->uid);
		return EPERM;
	}
}

static int hint_check(const struct machine_client *c, const struct ipc_hint *hint, char *text, size_t size)
{
	static const unsigned scopes[] = {[IPC_SCOPE_MACHINE] = SCHED_SCOPE_MACHINE, [IPC_SCOPE_JOB] = SCHED_SCOPE_JOB,
		[IPC_SCOPE_CLIENT] = SCHED_SCOPE_QUEUE, [IPC_SCOPE_QUEUE] = SCHED_SCOPE_QUEUE};
	const struct sched_hint_info *info = sched_hint_info(hint->hint);
	bool priority = hint->hint == SCHED_HINT_PRIORITY || hint->hint == SCHED_HINT_LAXITY_PRIORITY ||
		hint->hint == SCHED_HINT_CRITICAL_PRIORITY;

	switch (sched_hint_check(hint->hint, scopes[hint->target.scope], hint->value)) {
	case 0:
		break;
	case -EPERM:
		snprintf(text, size, "%s can only be set for the machine", info->name);
		return EINVAL;
	case -ERANGE:
		snprintf(text, size, "%s: %" PRId64 "%s is not between %" PRId64 " and %" PRId64, info->name, hint->value, info->unit,
			info->min, info->max);
		return ERANGE;
	default:
		snprintf(text, size, "there is no hint %u", hint->hint);
		return EINVAL;
	}
	if (priority && c->who.uid && hint->value > c->machine->settings.user_priority) {
		snprintf(text, size, "%s: only root may give more than %" PRId64 " (user-priority)", info->name,
			c->machine->settings.user_priority);
		return EPERM;
	}
	return 0;
}

static void hint_set(struct machine_client *c, const struct subject *on, const struct ipc_hint *hint)
{
	struct machine *m = c->machine;

	switch (on->scope) {
	case IPC_SCOPE_MACHINE:
		sched_hint_set(m->sched, hint->hint, hint->value, m->now_ns);
		break;
	case IPC_SCOPE_JOB:
		list_for_each(at, &m->jobs)
		{
			struct job *job = list_entry(at, struct job, at);

			if (job_meant(c, &hint->target, job))
				sched_job_hint_set(job->sched, hint->hint, hint->value, m->now_ns);
		}
		break;
	case IPC_SCOPE_CLIENT:
		on->client->hint[hint->hint] = hint->value;
		for (uint32_t i = 0; i < on->client->slot_end; i++)
			if (on->client->slots[i])
				queue_hint_apply(on->client->slots[i], hint->hint);
		break;
	case IPC_SCOPE_QUEUE:
		on->queue->hint[hint->hint] = hint->value;
		queue_hint_apply(on->queue, hint->hint);
		break;
	}
}

void control_hint(struct machine_client *c, const struct ipc_hint *hint)
{
	struct subject on;
	char text[IPC_TEXT_SIZE] = "";
	int error = hint_check(c, hint, text, sizeof(text));

	if (!error)
		error = find(c, &hint->target, &on, text, sizeof(text));
	if (!error)
		hint_set(c, &on, hint);
	control_result(c, hint->header.serial, error, "%s", text);
}

static void queue_suspend_set(struct queue *q, int level)
{
	if (level)
		queue_suspend(q, level);
	else
		queue_resume(q);
}

static void client_suspend_set(struct machine_client *c, int level)
{
	c->suspended = level;
	for (uint32_t i = 0; i < c->slot_end; i++)
		if (c->slots[i])
			queue_suspend_set(c->slots[i], level);
}

void control_suspend(struct machine_client *c, const struct ipc_suspend *suspend)
{
	int level = suspend->header.type == IPC_SUSPEND ? (int)suspend->level : 0;
	struct subject on;
	char text[IPC_TEXT_SIZE] = "";
	int error = find(c, &suspend->target, &on, text, sizeof(text));

	if (!error && on.scope == IPC_SCOPE_QUEUE)
		queue_suspend_set(on.queue, level);
	if (!error && on.scope == IPC_SCOPE_CLIENT)
		client_suspend_set(on.client, level);
	/* All jobs, or those of this name, and what comes to them later. */
	if (!error && (on.scope == IPC_SCOPE_JOB || on.scope == IPC_SCOPE_MACHINE)) {
		list_for_each(at, &c->machine->jobs)
		{
			struct job *job = list_entry(at, struct job, at);

			if (on.scope == IPC_SCOPE_MACHINE || job_meant(c, &suspend->target, job))
				job->suspended = level;
		}
		list_for_each(at, &c->machine->clients)
		{
			struct machine_client *other = list_entry(at, struct machine_client, at);

			if (other->job && (on.scope == IPC_SCOPE_MACHINE || job_meant(c, &suspend->target, other->job)))
				client_suspend_set(other, level);
		}
	}
	control_result(c, suspend->header.serial, error, "%s", text);
}

void control_policy(struct machine_client *c, const struct ipc_policy *policy)
{
	struct machine *m = c->machine;
	char names[160];

	if (*policy->name && !client_is_admin(c)) {
		control_result(c, policy->header.serial, EPERM, "only root and user %u, who runs the daemon, may choose the policy",
			(unsigned)m->uid);
		return;
	}
	if (!*policy->name || !sched_policy_set(m->sched, policy->name, m->now_ns)) {
		control_result(c, policy->header.serial, 0, "%s", sched_policy_name(m->sched));
		return;
	}
	settings_policy_names(names, sizeof(names));
	control_result(c, policy->header.serial, ENOENT, "there is no policy \"%s\"; there are %s", policy->name, names);
}

/* @c's request waits for the answer of @of to @order. */
static void trace_ask(struct machine_client *c, uint32_t serial, struct machine_client *of, uint32_t order, bool on)
{
	c->asking.on = on;
	c->asking.serial = serial;
	c->asking.order = order;
	c->asking.pid = of->who.pid;
	c->asking.client = of->number;
	c->asking.gone = false;
	list_append(&of->askers, &c->asking.at);
	client_deadline_set(c, c->machine->now_ns + ANSWER_NS);
}

/* @c's request is answered. @text: what there is to say of the process, behind its name. */
static void trace_tell(struct machine_client *c, uint32_t serial, pid_t pid, uint64_t client, int error, const char *text)
{
	if (!*text)
		control_result(c, serial, error, "%s", "");
	else if (pid > 0)
		control_result(c, serial, error, "process %d %s", (int)pid, text);
	else
		control_result(c, serial, error, "client %" PRIu64 " %s", client, text);
}

static void trace_asked(struct machine_client *c, int error, const char *text)
{
	struct asking asking = c->asking;

	list_remove(&c->asking.at);
	c->asking.order = 0;
	client_deadline_set(c, MACHINE_NEVER);
	trace_tell(c, asking.serial, asking.pid, asking.client, error, text);
}

void control_trace_answer(struct machine_client *c, const struct ipc_result *result)
{
	/* Beside the process's name. */
	char said[IPC_TEXT_SIZE - 64], text[IPC_TEXT_SIZE];

	list_for_each(at, &c->askers)
	{
		struct machine_client *asker = list_entry(at, struct machine_client, asking.at);

		if (asker->asking.order != result->header.serial)
			continue;
		text_take(said, sizeof(said), *result->text ? result->text : strerror(result->error));
		snprintf(text, sizeof(text), "%s: %s", asker->asking.on ? "makes no trace" : "has not ended its trace well", said);
		trace_asked(asker, result->error, result->error ? text : "");
		return;
	}
}

void control_trace_gone(struct machine_client *c)
{
	list_for_each(at, &c->askers)
	{
		struct machine_client *asker = list_entry(at, struct machine_client, asking.at);

		list_remove(at);
		asker->asking.gone = true;
		client_deadline_set(asker, c->machine->now_ns);
	}
}

void control_trace_late(struct machine_client *c)
{
	const char *what = c->asking.on ? "makes a trace" : "has ended its trace";
	char text[IPC_TEXT_SIZE - 64];

	if (c->asking.gone) {
		snprintf(text, sizeof(text), "ended before it said whether it %s", what);
		trace_asked(c, ESRCH, text);
		return;
	}
	snprintf(text, sizeof(text), "has not said within %u s whether it %s: if it is stopped, it may when it goes on",
		(unsigned)(ANSWER_NS / 1000000000), what);
	trace_asked(c, ETIMEDOUT, text);
}

/* Pass the request on. Return: a positive errno, or 0: @order_p is the serial that the answer will have, 0 if there will be none. */
static int trace_send(struct machine_client *of, bool on, int fd, uint32_t *order_p)
{
	struct machine *m = of->machine;
	bool answers = of->answers_trace;
	struct ipc_trace order;

	if (answers && !++m->order_last)
		m->order_last = 1;
	ipc_message_init(&order, IPC_TRACE, answers ? m->order_last : 0);
	order.target.scope = IPC_SCOPE_CLIENT;
	order.on = on;
	int error = -client_send(of, &order, on ? fd : -1);
	if (!error)
		*order_p = order.header.serial;
	return error;
}

void control_trace(struct machine_client *c, const struct ipc_trace *trace, int fd)
{
	uint32_t serial = trace->header.serial, order;
	struct subject on;
	char text[IPC_TEXT_SIZE] = "";

	if (trace->target.scope != IPC_SCOPE_CLIENT) {
		control_result(c, serial, EINVAL, "a trace is of one client");
		return;
	}
	if (trace->on && fd < 0) {
		control_result(c, serial, EINVAL, "no file for the trace came along");
		return;
	}
	int error = find(c, &trace->target, &on, text, sizeof(text));
	if (error) {
		control_result(c, serial, error, "%s", text);
		return;
	}
	error = trace_send(on.client, trace->on, fd, &order);
	if (error)
		trace_tell(c, serial, on.client->who.pid, on.client->number, error, "does not read what is sent to it");
	else if (order)
		trace_ask(c, serial, on.client, order, trace->on);
	else
		trace_tell(c, serial, on.client->who.pid, on.client->number, 0,
			trace->on ? "was told; its library is too old to say whether it makes a trace" : "");
}
