/* SPDX-License-Identifier: MIT */
/* The daemon's list: finding things in it, its JSON, and the tables of list and stats. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cli/show.h"
#include "src/cli/totals.h"
#include "tests/unit/cli/sample.h"

static struct snapshot list;
static char error[256];

static int setup(void **state)
{
	sample_make(&list);
	return 0;
}

static int teardown(void **state)
{
	snapshot_fini(&list);
	return 0;
}

static int find(enum ipc_scope scope, int32_t pid, uint64_t queue, struct ipc_target *target)
{
	struct cli_target typed = {.scope = scope, .pid = pid, .queue = queue};

	*target = (struct ipc_target){.client = 77, .slot = 77};
	return snapshot_target(&list, &typed, target, error, sizeof(error));
}

static void processes_are_found_by_pid(void **state)
{
	struct ipc_target target;

	assert_int_equal(find(IPC_SCOPE_CLIENT, 4712, 0, &target), 0);
	assert_int_equal(target.scope, IPC_SCOPE_CLIENT);
	assert_int_equal(target.client, SAMPLE_SERVE_RANK);
}

static void what_a_process_says_of_itself_does_not_name_it_where_the_daemons_numbers_are_known(void **state)
{
	struct ipc_target target;

	assert_int_equal(find(IPC_SCOPE_CLIENT, 17, 0, &target), -ESRCH);
	assert_string_equal(error, "17: no such process is scheduled; \"xschedctl list\" shows those that are");
}

static void daemon_that_can_be_seen_is_not_elsewhere(void **state)
{
	struct snapshot seen = {.elsewhere = true};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	snapshot_begin(&seen, ends[0]);
	assert_false(seen.elsewhere);
	close(ends[0]);
	close(ends[1]);
}

static void process_in_a_container_is_found_by_its_own_pid_if_it_is_the_only_one(void **state)
{
	struct ipc_target target;

	list.elsewhere = true;
	assert_int_equal(find(IPC_SCOPE_CLIENT, 17, 0, &target), 0);
	assert_int_equal(target.client, SAMPLE_TRAIN);
	list.clients[1].container_pid = 17;
	assert_int_equal(find(IPC_SCOPE_CLIENT, 17, 0, &target), -ESRCH);
	/* What the daemon sees counts first. */
	list.clients[0].pid = 17;
	assert_int_equal(find(IPC_SCOPE_CLIENT, 17, 0, &target), 0);
	assert_int_equal(target.client, SAMPLE_SERVE);
}

static void pid_used_again_is_that_of_the_newer_process(void **state)
{
	struct ipc_target target;

	list.clients[2].pid = 4711;
	assert_int_equal(find(IPC_SCOPE_CLIENT, 4711, 0, &target), 0);
	assert_int_equal(target.client, SAMPLE_TRAIN);
}

static void queues_are_found_by_id_and_named_by_slot(void **state)
{
	struct ipc_target target;

	assert_int_equal(find(IPC_SCOPE_QUEUE, 5000, 0, &target), 0);
	assert_int_equal(target.scope, IPC_SCOPE_QUEUE);
	assert_int_equal(target.client, SAMPLE_TRAIN);
	assert_int_equal(target.slot, 7);
}

static void what_is_not_there_is_named_with_what_is(void **state)
{
	struct ipc_target target;

	assert_int_equal(find(IPC_SCOPE_CLIENT, 1, 0, &target), -ESRCH);
	assert_non_null(strstr(error, "1: no such process"));
	assert_int_equal(find(IPC_SCOPE_QUEUE, 4711, 9, &target), -ESRCH);
	assert_string_equal(error, "4711:9: the process has no such queue; it has: 3, 4");
	assert_int_equal(find(IPC_SCOPE_QUEUE, 6000, 0, &target), -EPERM);
	assert_non_null(strstr(error, "belongs to user 65534"));
	assert_int_equal(find(IPC_SCOPE_CLIENT, 6000, 0, &target), -EPERM);
	assert_int_equal(target.client, 77);
}

static void json_has_all_that_was_listed(void **state)
{
	json_t *all = snapshot_json(&list), *client, *queue;
	const char *policy, *program, *queue_state, *reason, *gate, *pci, *cgroup;
	json_int_t now, decisions, gpu_ns, p1, p2, p3, priority, packets;
	int daemon_pid, hidden, gpu, container_pid, level, suspended;

	assert_non_null(all);
	assert_int_equal(json_unpack(all, "{s:s, s:n, s:i, s:I, s:I}", "policy", &policy, "fault", "daemon_pid", &daemon_pid, "now_ns",
		&now, "decisions", &decisions), 0);
	assert_string_equal(policy, "hpf");
	assert_int_equal(daemon_pid, 99);
	assert_int_equal(decisions, 77);
	assert_int_equal(json_array_size(json_object_get(all, "gpus")), 2);
	assert_int_equal(json_unpack(json_array_get(json_object_get(all, "gpus"), 1), "{s:i, s:s, s:n, s:I}", "gpu", &gpu, "pci", &pci,
		"preempt_cost_ns", "gpu_ns", &gpu_ns), 0);
	assert_int_equal(gpu, 1);
	assert_string_equal(pci, "0000:83:00.0");
	assert_int_equal(json_array_size(json_object_get(all, "clients")), 4);
	client = json_array_get(json_object_get(all, "clients"), 2);
	assert_int_equal(json_unpack(client, "{s:s, s:i, s:b, s:s}", "program", &program, "container_pid", &container_pid, "hidden",
		&hidden, "cgroup", &cgroup), 0);
	assert_string_equal(program, "train");
	assert_int_equal(container_pid, 17);
	assert_false(hidden);
	queue = json_array_get(json_object_get(client, "queues"), 0);
	assert_int_equal(json_unpack(queue, "{s:s, s:s, s:s, s:i, s:b, s:n, s:[III], s:I, s:I}", "state", &queue_state, "reason", &reason,
		"gate", &gate, "level", &level, "suspended", &suspended, "window_ns", "preempts", &p1, &p2, &p3, "priority", &priority,
		"packets", &packets), 0);
	assert_string_equal(queue_state, "held");
	assert_string_equal(reason, "outranked");
	assert_string_equal(gate, "hold");
	assert_int_equal(p1, 5);
	assert_int_equal(priority, -100);
	client = json_array_get(json_object_get(all, "clients"), 3);
	assert_int_equal(json_unpack(client, "{s:b}", "hidden", &hidden), 0);
	assert_true(hidden);
	assert_int_equal(json_array_size(json_object_get(client, "queues")), 0);
	json_decref(all);
}

static void names_that_are_no_utf8_do_not_break_json(void **state)
{
	ipc_text_set(list.clients[0].job, sizeof(list.clients[0].job), "a\xff\xc3(\xed\xa0\x80\xe5\xa4\x9c");
	json_t *all = snapshot_json(&list);
	assert_non_null(all);
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(all, "clients"), 0), "job")),
		"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe5\xa4\x9c");
	json_decref(all);
}

static char text[8192];

static void print(const struct table *t, unsigned width)
{
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	assert_int_equal(table_print(t, width, out), 0);
	fclose(out);
}

static void assert_lines_fit(unsigned width)
{
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= width);
}

static void list_fits_80_columns_with_what_matters(void **state)
{
	struct table t;

	ipc_text_set(list.clients[0].job, sizeof(list.clients[0].job), "a-job-whose-name-is-so-long-that-it-must-be-cut-somewhere");
	show_list(&list, &t);
	print(&t, 80);
	assert_lines_fit(80);
	for (const char *const *title = (const char *const[]){"PID", "JOB", "PROGRAM", "QUEUE", "STATE", "PRIO", "GPU-TIME", NULL}; *title;
		title++)
		assert_non_null(strstr(text, *title));
	assert_non_null(strstr(text, "held"));
	assert_non_null(strstr(text, "a-job"));
	/* A line for each queue, one for the process without. */
	unsigned lines = 0;
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 1 + 4 + 1);
	table_fini(&t);
}

static void policy_that_was_replaced_is_told(void **state)
{
	char line[320];

	assert_false(show_fault(&list, line, sizeof(line)));
	ipc_text_set(list.machine.fault, sizeof(list.machine.fault), "lax was replaced: it\033 stalled");
	assert_true(show_fault(&list, line, sizeof(line)));
	assert_string_equal(line, "fault: lax was replaced: it? stalled");
	json_t *all = snapshot_json(&list);
	assert_string_equal(json_string_value(json_object_get(all, "fault")), "lax was replaced: it\033 stalled");
	json_decref(all);
}

static void list_without_a_limit_shows_everything(void **state)
{
	struct table t;

	show_list(&list, &t);
	print(&t, 0);
	assert_non_null(strstr(text, "CGROUP"));
	assert_non_null(strstr(text, "docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope"));
	assert_non_null(strstr(text, "outranked"));
	assert_non_null(strstr(text, "5/0/0"));
	table_fini(&t);
}

static void totals_join_a_jobs_processes_by_gpu(void **state)
{
	struct totals totals;
	char name[128];

	assert_int_equal(totals_make(&totals, &list), 0);
	assert_int_equal(totals.count, 4);
	assert_int_equal(totals.rows[0].gpu, 0);
	assert_int_equal(totals.rows[0].processes, 2);
	assert_int_equal(totals.rows[0].queues, 2);
	assert_int_equal(totals.rows[0].gpu_ns, 2000000000);
	assert_int_equal(totals.rows[0].preempts[0], 10);
	assert_int_equal(totals.rows[1].gpu, 1);
	assert_int_equal(totals.rows[1].processes, 1);
	totals_name(&totals.rows[0], name, sizeof(name));
	assert_string_equal(name, "serve");
	totals_name(&totals.rows[2], name, sizeof(name));
	assert_string_equal(name, "5000 (train)");
	/* Another user's: only its time is known. */
	assert_int_equal(totals.rows[3].gpu, -1);
	assert_int_equal(totals.rows[3].gpu_ns, 4000000000);
	assert_int_equal(totals.rows[3].queues, 2);
	totals_fini(&totals);
}

static void one_name_of_two_users_is_two_jobs(void **state)
{
	struct totals totals;

	list.clients[1].uid = 1000;
	assert_int_equal(totals_make(&totals, &list), 0);
	assert_int_equal(totals.count, 5);
	totals_fini(&totals);
}

static void stats_show_each_jobs_part_of_a_gpu(void **state)
{
	json_t *all = show_stats_json(&list), *job;
	struct table t;
	const char *name;
	json_int_t gpu_ns, dispatches;
	int gpu, processes;

	assert_non_null(all);
	job = json_array_get(json_object_get(all, "jobs"), 0);
	assert_int_equal(json_unpack(job, "{s:s, s:i, s:i, s:I, s:I}", "job", &name, "gpu", &gpu, "processes", &processes, "gpu_ns",
		&gpu_ns, "dispatches", &dispatches), 0);
	assert_string_equal(name, "serve");
	assert_int_equal(dispatches, 1800);
	assert_int_equal(json_array_size(json_object_get(all, "gpus")), 2);
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(all, "jobs"), 3), "gpu")));
	json_decref(all);
	show_jobs(&list, &t);
	print(&t, 80);
	assert_lines_fit(80);
	assert_non_null(strstr(text, "25.0%"));
	table_fini(&t);
	show_gpus(&list, &t);
	print(&t, 80);
	assert_lines_fit(80);
	assert_non_null(strstr(text, "0000:83:00.0"));
	table_fini(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(processes_are_found_by_pid),
		TEST(what_a_process_says_of_itself_does_not_name_it_where_the_daemons_numbers_are_known),
		TEST(daemon_that_can_be_seen_is_not_elsewhere),
		TEST(process_in_a_container_is_found_by_its_own_pid_if_it_is_the_only_one),
		TEST(pid_used_again_is_that_of_the_newer_process),
		TEST(queues_are_found_by_id_and_named_by_slot),
		TEST(what_is_not_there_is_named_with_what_is),
		TEST(json_has_all_that_was_listed),
		TEST(names_that_are_no_utf8_do_not_break_json),
		TEST(list_fits_80_columns_with_what_matters),
		TEST(policy_that_was_replaced_is_told),
		TEST(list_without_a_limit_shows_everything),
		TEST(totals_join_a_jobs_processes_by_gpu),
		TEST(one_name_of_two_users_is_two_jobs),
		TEST(stats_show_each_jobs_part_of_a_gpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
