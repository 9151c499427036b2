/* SPDX-License-Identifier: MIT */
/* xschedctl trace start and stop: whom they ask, and what happens to files. A thread of the test is the daemon, and lists the sample. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/cli/command.h"
#include "tests/unit/cli/sample.h"

#define WAIT_MS 10000

static char folder[32], path[64], file[64];
static int listening;
static pthread_t thread;

/* The daemon's: how it answers the first request for a trace, and of whom such requests were. */
static int first_error;
static bool of_two_users; /* the job "serve" */
static uint64_t asked[8];
static size_t asked_count;

static void answer(int sock, uint32_t serial, int error)
{
	struct ipc_result result;

	ipc_message_init(&result, IPC_RESULT, serial);
	result.error = error;
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
	answer(sock, serial, 0);
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
			answer(sock, any.header.serial, asked_count == 1 ? first_error : 0);
		}
	}
	close(sock);
	return NULL;
}

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
	return rmdir(folder);
}

/* xschedctl trace with the words up to NULL. Return: its exit status; the daemon has ended. */
static int trace(char *word, ...)
{
	struct cli cli = {.socket = path, .out = stdout};
	char *argv[8] = {"xschedctl trace"};
	int argc = 1;
	va_list words;

	va_start(words, word);
	for (; word; word = va_arg(words, char *))
		argv[argc++] = word;
	va_end(words);
	int status = cli_trace(&cli, argc, argv);
	pthread_join(thread, NULL);
	return status;
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

static void start_ends_with_the_first_process_that_fails(void **state)
{
	char pattern[80];

	snprintf(pattern, sizeof(pattern), "%s%%p", file);
	first_error = EAGAIN;
	assert_int_equal(trace("start", "job", "serve", "-o", pattern, NULL), CLI_REFUSED);
	assert_int_equal(asked_count, 1);
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
		TEST(start_ends_with_the_first_process_that_fails),
		TEST(jobs_of_two_users_are_not_meant),
		TEST(file_is_left_for_the_process_to_empty),
		TEST(file_stays_as_it_was_where_no_trace_begins),
		TEST(process_of_another_user_is_refused_before_a_file_is_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
