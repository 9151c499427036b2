/* SPDX-License-Identifier: MIT */
/* xschedctl list: one line for each queue of each process; processes without queues have one, too. */
#include <inttypes.h>
#include <pwd.h>
#include <string.h>

#include "src/cli/session.h"
#include "src/cli/show.h"
#include "src/cli/table.h"

static const struct argp parser = {NULL, cli_parse_plain, NULL,
	"Show the processes that the daemon schedules, and their queues.\vProcesses of other users are shown without details.",
	cli_common_children, NULL, NULL};

static const struct table_column columns[] = {
	{"PID", true, 0, 0},
	{"USER", false, 10, 4},
	{"JOB", false, 3, 6},
	{"PROGRAM", false, 2, 7},
	{"GPU", true, 4, 0},
	{"QUEUE", true, 0, 0},
	{"STATE", false, 0, 0},
	{"WHY", false, 6, 0},
	{"PRIO", true, 5, 0},
	{"SHARE", true, 8, 0},
	{"GPU-TIME", true, 1, 0},
	{"HELD", true, 7, 0},
	{"WINDOW", true, 11, 0},
	{"LEVEL", true, 12, 0},
	{"STOPS-1/2/3", true, 13, 0},
	{"PACKETS", true, 14, 0},
	{"IN-CONTAINER", true, 15, 0},
	{"CGROUP", false, 16, 8},
	{NULL, false, 0, 0},
};

static void add_user(struct table *t, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		table_add(t, "%s", user->pw_name);
	else
		table_add(t, "%u", uid);
}

static void add_blank(struct table *t, unsigned cells)
{
	while (cells--)
		table_add(t, "-");
}

static void add_queue(struct table *t, const struct snapshot *s, const struct ipc_queue_entry *q)
{
	int gpu = snapshot_gpu_index(s, &q->gpu);
	char gpu_time[32], held[32], window[32];

	table_time(q->gpu_ns, gpu_time, sizeof(gpu_time));
	table_time(q->held_ns, held, sizeof(held));
	table_time(q->window_ns, window, sizeof(window));
	if (gpu < 0)
		table_add(t, "?");
	else
		table_add(t, "%d", gpu);
	table_add(t, "%" PRIu64, q->queue_id);
	table_add(t, "%s", snapshot_state_name(q->state));
	table_add(t, "%s", snapshot_reason_name(q->reason));
	table_add(t, "%" PRId64, q->priority);
	table_add(t, "%" PRId64 "%%", q->share);
	table_add(t, "%s", gpu_time);
	table_add(t, "%s", held);
	table_add(t, "%s", window);
	table_add(t, "%u", q->level);
	table_add(t, "%" PRIu64 "/%" PRIu64 "/%" PRIu64, q->preempts[0], q->preempts[1], q->preempts[2]);
	table_add(t, "%" PRIu64, q->packets);
}

static void add_row(struct table *t, const struct snapshot *s, const struct ipc_client_entry *c, const struct ipc_queue_entry *q)
{
	table_add(t, "%d", (int)c->pid);
	add_user(t, c->uid);
	table_add(t, "%s", *c->job ? c->job : "-");
	table_add(t, "%s", *c->comm ? c->comm : "-");
	if (q)
		add_queue(t, s, q);
	else
		add_blank(t, 12);
	if (c->container_pid != c->pid && !c->hidden)
		table_add(t, "%d", (int)c->container_pid);
	else
		table_add(t, "-");
	table_add(t, "%s", *c->cgroup ? c->cgroup : "-");
}

void show_list(const struct snapshot *s, struct table *t)
{
	table_init(t, columns);
	for (size_t i = 0; i < s->client_count; i++) {
		size_t shown = 0;

		for (size_t j = 0; j < s->queue_count; j++)
			if (s->queues[j].client == s->clients[i].client) {
				add_row(t, s, &s->clients[i], &s->queues[j]);
				shown++;
			}
		if (!shown)
			add_row(t, s, &s->clients[i], NULL);
	}
}

void show_summary(const struct snapshot *s, char *text, size_t size)
{
	snprintf(text, size, "policy %s; %zu process%s, %u queue%s, %zu GPU%s", *s->machine.policy ? s->machine.policy : "none",
		s->client_count, s->client_count == 1 ? "" : "es", s->machine.queues, s->machine.queues == 1 ? "" : "s",
		s->gpu_count, s->gpu_count == 1 ? "" : "s");
	table_text_clean(text);
}

bool show_fault(const struct snapshot *s, char *text, size_t size)
{
	snprintf(text, size, "fault: %s", s->machine.fault);
	table_text_clean(text);
	return *s->machine.fault;
}

static int print(struct cli *cli, const struct snapshot *s)
{
	struct table t;
	char text[320];

	show_summary(s, text, sizeof(text));
	fprintf(cli->out, "%s\n", text);
	if (show_fault(s, text, sizeof(text)))
		fprintf(cli->out, "%s\n", text);
	if (!s->client_count)
		return cli_finish(cli, CLI_OK);
	show_list(s, &t);
	int r = table_print(&t, table_width(cli->out), cli->out);
	table_fini(&t);
	if (r)
		cli_error("list: %s", strerror(-r));
	return cli_finish(cli, r ? CLI_FAILED : CLI_OK);
}

int cli_list(struct cli *cli, int argc, char **argv)
{
	struct snapshot snapshot;
	struct session session;
	int status;

	if (argp_parse(&parser, argc, argv, 0, NULL, cli))
		return CLI_USAGE;
	status = session_open(&session, cli);
	if (status)
		return status;
	status = session_list(&session, &snapshot);
	if (!status)
		status = cli->json ? cli_json_print(cli, snapshot_json(&snapshot)) : print(cli, &snapshot);
	snapshot_fini(&snapshot);
	session_close(&session);
	return status;
}
