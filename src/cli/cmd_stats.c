/* SPDX-License-Identifier: MIT */
/* xschedctl stats: what each job has had of each GPU since its queues were created, and what each GPU gave. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "src/cli/session.h"
#include "src/cli/show.h"
#include "src/cli/totals.h"

static const struct argp parser = {NULL, cli_parse_plain, NULL,
	"Show what each job has had of each GPU, and totals of each GPU.\vQueues that are gone count in the GPUs' totals only.",
	cli_common_children, NULL, NULL};

static const struct table_column job_columns[] = {
	{"JOB", false, 0, 8},
	{"GPU", true, 0, 0},
	{"PROCESSES", true, 4, 0},
	{"QUEUES", true, 3, 0},
	{"GPU-TIME", true, 0, 0},
	{"OF-GPU", true, 1, 0},
	{"HELD", true, 2, 0},
	{"KERNELS", true, 5, 0},
	{"PACKETS", true, 7, 0},
	{"STOPS-1/2/3", true, 6, 0},
	{NULL, false, 0, 0},
};

static const struct table_column gpu_columns[] = {
	{"GPU", true, 0, 0},
	{"PCI", false, 0, 0},
	{"NODE", true, 2, 0},
	{"NAME", false, 1, 8},
	{"QUEUES", true, 0, 0},
	{"GPU-TIME", true, 0, 0},
	{"SAVING-COSTS", true, 3, 0},
	{NULL, false, 0, 0},
};

void show_jobs(const struct snapshot *s, struct table *t)
{
	struct totals totals;
	char name[128], gpu_time[32], held[32];

	table_init(t, job_columns);
	t->failed = totals_make(&totals, s) < 0;
	for (size_t i = 0; i < totals.count; i++) {
		const struct total *row = &totals.rows[i];
		uint64_t whole = row->gpu < 0 ? 0 : s->gpus[row->gpu].gpu_ns;

		totals_name(row, name, sizeof(name));
		table_time(row->gpu_ns, gpu_time, sizeof(gpu_time));
		table_time(row->held_ns, held, sizeof(held));
		table_add(t, "%s", name);
		if (row->gpu < 0)
			table_add(t, "-");
		else
			table_add(t, "%d", row->gpu);
		table_add(t, "%u", row->processes);
		table_add(t, "%u", row->queues);
		table_add(t, "%s", gpu_time);
		if (whole)
			table_add(t, "%.1f%%", 100.0 * (double)row->gpu_ns / (double)whole);
		else
			table_add(t, "-");
		table_add(t, "%s", held);
		table_add(t, "%" PRIu64, row->dispatches);
		table_add(t, "%" PRIu64, row->packets);
		table_add(t, "%" PRIu64 "/%" PRIu64 "/%" PRIu64, row->preempts[0], row->preempts[1], row->preempts[2]);
	}
	totals_fini(&totals);
}

void show_gpus(const struct snapshot *s, struct table *t)
{
	char place[48], gpu_time[32], cost[32];

	table_init(t, gpu_columns);
	for (size_t i = 0; i < s->gpu_count; i++) {
		const struct ipc_gpu_entry *g = &s->gpus[i];

		snapshot_gpu_place(&g->gpu, place, sizeof(place));
		table_time(g->gpu_ns, gpu_time, sizeof(gpu_time));
		table_time(g->preempt_cost_ns, cost, sizeof(cost));
		table_add(t, "%zu", i);
		table_add(t, "%s", place);
		table_add(t, "%u", g->gpu.node);
		table_add(t, "%s", g->name);
		table_add(t, "%u", g->queues);
		table_add(t, "%s", gpu_time);
		table_add(t, "%s", cost);
	}
}

json_t *show_stats_json(const struct snapshot *s)
{
	json_t *jobs = json_array(), *gpus = json_array();
	struct totals totals;
	char name[128];
	int r = totals_make(&totals, s);

	for (size_t i = 0; i < totals.count; i++) {
		const struct total *row = &totals.rows[i];

		totals_name(row, name, sizeof(name));
		json_array_append_new(jobs, json_pack("{s:o, s:o, s:i, s:i, s:I, s:I, s:I, s:I, s:[III]}", "job",
			cli_json_text(name), "gpu", row->gpu < 0 ? json_null() : json_integer(row->gpu), "processes",
			(int)row->processes, "queues", (int)row->queues, "gpu_ns", (json_int_t)row->gpu_ns, "held_ns",
			(json_int_t)row->held_ns, "dispatches", (json_int_t)row->dispatches, "packets",
			(json_int_t)row->packets, "preempts", (json_int_t)row->preempts[0], (json_int_t)row->preempts[1],
			(json_int_t)row->preempts[2]));
	}
	totals_fini(&totals);
	for (size_t i = 0; i < s->gpu_count; i++)
		json_array_append_new(gpus, snapshot_gpu_json(s, i));
	json_t *all = json_pack("{s:o, s:o}", "jobs", jobs, "gpus", gpus);
	if (!r)
		return all;
	json_decref(all);
	return NULL;
}

static int print(struct cli *cli, const struct snapshot *s)
{
	struct table jobs, gpus;
	int r;

	show_jobs(s, &jobs);
	show_gpus(s, &gpus);
	r = table_print(&jobs, table_width(cli->out), cli->out);
	fputc('\n', cli->out);
	if (!r)
		r = table_print(&gpus, table_width(cli->out), cli->out);
	table_fini(&jobs);
	table_fini(&gpus);
	if (r)
		cli_error("stats: %s", strerror(-r));
	return cli_finish(cli, r ? CLI_FAILED : CLI_OK);
}

int cli_stats(struct cli *cli, int argc, char **argv)
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
		status = cli->json ? cli_json_print(cli, show_stats_json(&snapshot)) : print(cli, &snapshot);
	snapshot_fini(&snapshot);
	session_close(&session);
	return status;
}
