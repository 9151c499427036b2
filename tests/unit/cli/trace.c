/* SPDX-License-Identifier: MIT */
/* xschedctl trace start and stop: whom they ask, and what happens to files. A thread of the test is the daemon, and lists the sample. */
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cli/command.h"
#include "tests/unit/cli/sample.h"

#define WAIT_MS 10000

static char folder[32], path[64], file[64];
static int listening;
static pthread_t thread;

/* The daemon's: how it answers the first request for a trace, -1: it ends instead; and of whom such requests were. */
static int first_error;
static const char *first_text;
static bool of_two_users; /* the job "serve" */
static uint64_t asked[8];
static size_t asked_count;

static void answer(int sock, uint32_t serial, int error, const char *text)
{
	struct ipc_result result;

	ipc_message_init(&result, IPC_RESULT, serial);
	result.error = error;
	ipc_text_set(result.text, sizeof(result.text), text);
	ipc_send(sock, &result, -1);
}

static void answer_list(int sock, uint32_t serial)
{
	struct snapshot list;

	sample_make(&list);
	for (size_t i = 0; i < list.client_count; i++) {
		list.clients[i].header.serial = serial;
		if (of_two_users && list.clients[i].client == SAMPLE_SERVE_RANK)
			list.clients[i].uid++;
		ipc_send(sock, &list.clients[i], -1);
	}
	snapshot_fini(&list);
	answer(sock, serial, 0, NULL);
}

static void *serve(void *arg)
{
	int fd, sock = accept(listening, NULL, NULL);
	struct ipc_welcome welcome;
	union ipc_any any;

	while (ipc_receive_wait(sock, &any, &fd, WAIT_MS) > 0) {
		if (fd >= 0)
			close(fd);
		if (any.header.type == IPC_HELLO) {
			ipc_message_init(&welcome, IPC_WELCOME, 0);
			ipc_send(sock, &welcome, -1);
		} else if (any.header.type == IPC_LIST) {
			answer_list(sock, any.header.serial);
		} else {
			asked[asked_count++] = any.trace.target.client;
			if (first_error < 0)
				break;
			answer(sock, any.header.serial, asked_count == 1 ? first_error : 0, asked_count == 1 ? first_text : NULL);
		}
	}
	close(sock);
	return NULL;
}

/* xschedctl's: whether --json was given, and what it printed. */
static bool json;
static char *output;

static int setup(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(folder, "/tmp/trace.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sock", folder);
	snprintf(file, sizeof(file), "%s/file", folder);
	strcpy(address.sun_path, path);
	listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listening, 1), 0);
	first_error = 0;
	first_text = NULL;
	output = NULL;
	of_two_users = false;
	asked_count = 0;
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	close(listening);
	unlink(path);
	unlink(file);
	free(output);
	return rmdir(folder);
}

/* xschedctl trace with the words up to NULL. Return: its exit status; the daemon has ended. */
static int trace(char *word, ...)
{
	size_t size;
	struct cli cli = {.socket = path, .json = json, .out = open_memstream(&output, &size)};
	char *argv[8] = {"xschedctl trace"};
	int argc = 1;
	va_list words;

	va_start(words, word);
	for (; word; word = va_arg(words, char *))
		argv[argc++] = word;
	va_end(words);
	int status = cli_trace(&cli, argc, argv);
	fclose(cli.out);
	pthread_join(thread, NULL);
	return status;
}

static bool exists(int32_t pid)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%d", file, (int)pid);
	return !unlink(name);
}

static void put(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_content(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	assert_non_null(fgets(got, sizeof(got), f));
	fclose(f);
	assert_string_equal(got, text);
}

static void stop_goes_on_to_the_other_processes_of_a_job(void **state)
{
	first_error = EAGAIN;
	assert_int_equal(trace("stop", "job", "serve", NULL), CLI_REFUSED);
	assert_int_equal(asked_count, 2);
	assert_int_equal(asked[0], SAMPLE_SERVE);
	assert_int_equal(asked[1], SAMPLE_SERVE_RANK);
}

static void start_goes_on_to_the_other_processes_of_a_job(void **state)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	first_error = EBUSY;
	assert_int_equal(trace("start", "job", "serve", "-o", pattern, NULL), CLI_REFUSED);
	assert_int_equal(asked_count, 2);
	/* Of the one that refused no file stays. */
	assert_false(exists(4711));
	assert_true(exists(4712));
}

static void file_of_a_process_that_may_yet_begin_stays(void **state)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	first_error = ETIMEDOUT;
	assert_int_equal(trace("start", "4711", "-o", pattern, NULL), CLI_REFUSED);
	assert_true(exists(4711));
}

static void file_stays_where_the_daemon_ends_before_it_answers(void **state)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	first_error = -1;
	assert_int_equal(trace("start", "job", "serve", "-o", pattern, NULL), CLI_NO_DAEMON);
	assert_int_equal(asked_count, 1);
	assert_true(exists(4711));
}

static void start_ends_where_a_file_cannot_be_made(void **state)
{
	char pattern[80], first[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	snprintf(first, sizeof(first), "%s4711", file);
	assert_int_equal(mkdir(first, 0700), 0);
	assert_int_equal(trace("start", "job", "serve", "-o", pattern, NULL), CLI_FAILED);
	assert_int_equal(asked_count, 0);
	assert_false(exists(4712));
	assert_int_equal(rmdir(first), 0);
}

static void json_names_each_process_and_what_it_answered(void **state)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	first_error = EBUSY;
	first_text = "process 4711 makes no trace: it is writing one already";
	json = true;
	int status = trace("start", "job", "serve", "-o", pattern, NULL);
	json = false;
	assert_int_equal(status, CLI_REFUSED);
	assert_true(exists(4712));
	json_t *printed = json_loads(output, 0, NULL),
	       *expected = json_pack("{s:s, s:s, s:[{s:i, s:i, s:i, s:s}, {s:i, s:i, s:i, s:s}]}", "target", "job serve", "text", "", "processes",
		       "pid", 4711, "client", SAMPLE_SERVE, "error", EBUSY, "text", first_text, "pid", 4712, "client", SAMPLE_SERVE_RANK,
		       "error", 0, "text", "");
	if (!json_equal(printed, expected))
		fail_msg("%s", output);
	json_decref(printed);
	json_decref(expected);
}

static void jobs_of_two_users_are_not_meant(void **state)
{
	of_two_users = true;
	assert_int_equal(trace("stop", "job", "serve", NULL), CLI_NO_TARGET);
	assert_int_equal(asked_count, 0);
}

static void file_is_left_for_the_process_to_empty(void **state)
{
	put("a trace");
	assert_int_equal(trace("start", "4711", "-o", file, NULL), CLI_OK);
	assert_int_equal(asked_count, 1);
	assert_content("a trace");
}

static void file_stays_as_it_was_where_no_trace_begins(void **state)
{
	put("a trace");
	first_error = EAGAIN;
	assert_int_equal(trace("start", "4711", "-o", file, NULL), CLI_REFUSED);
	assert_content("a trace");
}

static void process_of_another_user_is_refused_before_a_file_is_opened(void **state)
{
	char none[80];

	snprintf(none, sizeof(none), "%s/none/file", folder);
	assert_int_equal(trace("start", "6000", "-o", none, NULL), CLI_NOT_ALLOWED);
	assert_int_equal(asked_count, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(stop_goes_on_to_the_other_processes_of_a_job),
		TEST(start_goes_on_to_the_other_processes_of_a_job),
		TEST(file_of_a_process_that_may_yet_begin_stays),
		TEST(file_stays_where_the_daemon_ends_before_it_answers),
		TEST(start_ends_where_a_file_cannot_be_made),
		TEST(json_names_each_process_and_what_it_answered),
		TEST(jobs_of_two_users_are_not_meant),
		TEST(file_is_left_for_the_process_to_empty),
		TEST(file_stays_as_it_was_where_no_trace_begins),
		TEST(process_of_another_user_is_refused_before_a_file_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
