/* SPDX-License-Identifier: MIT */
/* The real xschedd's life: start, a second one, settings, metrics, restarts. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/int/daemon/fake.h"

static struct fake_daemon d;

static int setup(void **state)
{
	daemon_init(&d);
	return 0;
}

static int teardown(void **state)
{
	daemon_fini(&d);
	return 0;
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", d.folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void policy_is(const char *name)
{
	struct ipc_policy ask;
	char text[IPC_TEXT_SIZE];
	int sock = control_connect(d.socket);

	ipc_message_init(&ask, IPC_POLICY, 1);
	assert_int_equal(control_ask(sock, &ask, text), 0);
	assert_string_equal(text, name);
	close(sock);
}

static void it_starts_and_ends_in_order(void **state)
{
	struct stat there;

	assert_true(daemon_start(&d, NULL));
	assert_int_equal(stat(d.socket, &there), 0);
	assert_int_equal(there.st_mode & 0777, 0666);
	policy_is("hpf");
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	daemon_told(&(struct fake_daemon){.notify = d.notify, .pid = getpid()}, "STOPPING=1");
	assert_int_equal(stat(d.socket, &there), -1);
	assert_true(daemon_start(&d, NULL));
	assert_int_equal(daemon_end(&d, SIGINT), 0);
}

static void a_second_one_does_not_start(void **state)
{
	struct fake_daemon second;

	assert_true(daemon_start(&d, NULL));
	second = d;
	assert_false(daemon_start(&second, NULL));
	assert_int_equal(daemon_wait(&second), 1);
	assert_int_equal(daemon_logged(&d, "another xschedd listens there"), 1);
	policy_is("hpf");
}

static void what_a_dead_one_left_is_no_obstacle(void **state)
{
	assert_true(daemon_start(&d, NULL));
	assert_int_equal(daemon_end(&d, SIGKILL), -SIGKILL);
	assert_int_equal(access(d.socket, F_OK), 0);
	assert_true(daemon_start(&d, NULL));
	policy_is("hpf");
}

static void a_file_in_the_socket_s_place_stays(void **state)
{
	write_file("xschedd.sock", "mine");
	assert_false(daemon_start(&d, NULL));
	assert_int_equal(daemon_wait(&d), 1);
	assert_int_equal(daemon_logged(&d, "is there and is no socket"), 1);
	assert_int_equal(access(d.socket, F_OK), 0);
}

static void a_passed_socket_is_used_and_left(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, d.socket);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_true(daemon_passed(&d, fd));
	policy_is("hpf");
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	assert_int_equal(access(d.socket, F_OK), 0);
	close(fd);
	/* Another kind of socket is told. */
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_false(daemon_passed(&d, fd));
	assert_int_equal(daemon_wait(&d), 1);
	assert_int_equal(daemon_logged(&d, "expected is one listening SOCK_SEQPACKET socket"), 1);
	close(fd);
}

static void a_good_file_is_read_again_and_a_bad_one_is_not(void **state)
{
	char config[128];
	const char *const more[] = {config, NULL};

	snprintf(config, sizeof(config), "--config=%s/conf", d.folder);
	write_file("conf", "[xschedd]\npolicy = fair\n");
	assert_true(daemon_start(&d, more));
	policy_is("fair");
	write_file("conf", "[xschedd]\npolicy = up\n");
	kill(d.pid, SIGHUP);
	daemon_told(&d, "RELOADING=1");
	daemon_told(&d, "READY=1");
	policy_is("up");
	write_file("conf", "[xschedd]\npolicy = lax\nwindow-us = none\n");
	kill(d.pid, SIGHUP);
	daemon_told(&d, "RELOADING=1");
	daemon_told(&d, "READY=1");
	policy_is("up");
	assert_int_equal(daemon_logged(&d, "/conf:3: window-us: \"none\" is no whole number from 1 to 10000000"), 1);
	assert_int_equal(daemon_logged(&d, "the settings stay as they were"), 1);
	/* At start a bad one is an error. */
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	assert_false(daemon_start(&d, more));
	assert_int_equal(daemon_wait(&d), 1);
}

static void a_flag_counts_more_than_the_file(void **state)
{
	char config[128];
	const char *const more[] = {config, "--policy=kedf", NULL};

	snprintf(config, sizeof(config), "--config=%s/conf", d.folder);
	write_file("conf", "[xschedd]\npolicy = fair\n");
	assert_true(daemon_start(&d, more));
	policy_is("kedf");
}

static void metrics_are_written_whole(void **state)
{
	char option[128], path[128], line[256];
	const char *const more[] = {option, NULL};
	struct fake f;

	snprintf(option, sizeof(option), "--metrics-file=%s/m.prom", d.folder);
	snprintf(path, sizeof(path), "%s/m.prom", d.folder);
	assert_true(daemon_start(&d, more));
	fake_init(&f);
	assert_int_equal(fake_connect(&f, d.socket, "j"), 0);
	fake_queue(&f, 0, 0, 0);
	fake_gate_wait(&f, 0, SCHED_GATE_FREE);
	/* Reading the settings again writes metrics too. */
	int found = 0;
	while (!found) {
		kill(d.pid, SIGHUP);
		daemon_told(&d, "RELOADING=1");
		daemon_told(&d, "READY=1");
		policy_is("hpf");
		FILE *file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			found |= !strcmp(line, "xschedd_queues 1\n");
		if (file)
			fclose(file);
	}
	strcat(path, ".tmp");
	assert_int_equal(access(path, F_OK), -1);
	fake_fini(&f);
}

/* Not for each interval since the machine was started. */
static void metrics_are_written_once_in_an_interval(void **state)
{
	char option[128], path[128];
	const char *const more[] = {option, "--metrics-interval=60", NULL};
	struct stat first, later;

	snprintf(option, sizeof(option), "--metrics-file=%s/m.prom", d.folder);
	snprintf(path, sizeof(path), "%s/m.prom", d.folder);
	assert_true(daemon_start(&d, more));
	policy_is("hpf");
	while (stat(path, &first))
		usleep(1000);
	/* Each time it is another file. */
	for (int i = 0; i < 20; i++)
		policy_is("hpf");
	assert_int_equal(stat(path, &later), 0);
	assert_true(first.st_ino == later.st_ino && first.st_mtim.tv_nsec == later.st_mtim.tv_nsec);
}

static void a_full_disk_is_told_once(void **state)
{
	const char *const more[] = {"--metrics-file=/dev/full", NULL};

	assert_true(daemon_start(&d, more));
	daemon_log_wait(&d, "/dev/full: metrics cannot be written: No space left on device");
	for (int i = 0; i < 5; i++) {
		kill(d.pid, SIGHUP);
		daemon_told(&d, "RELOADING=1");
		daemon_told(&d, "READY=1");
		policy_is("hpf");
	}
	assert_int_equal(daemon_end(&d, SIGTERM), 0);
	assert_int_equal(daemon_logged(&d, "cannot be written"), 1);
}

/* Three times: what the clients had of the daemon before is of no use any more. */
static void running_clients_kick_the_daemon_that_came_back(void **state)
{
	struct fake low, high;

	fake_init(&low);
	fake_init(&high);
	for (int start = 0; start < 3; start++) {
		assert_true(daemon_start(&d, NULL));
		assert_int_equal(fake_connect(&low, d.socket, NULL), 0);
		assert_int_equal(fake_connect(&high, d.socket, NULL), 0);
		assert_true(low.kick_fd >= 0 && high.kick_fd >= 0);
		fake_queue(&low, 0, 0, 0);
		fake_queue(&high, 0, 0, 5);
		fake_ready(&low, 0, true, 0);
		for (int i = 0; i < 20; i++) {
			fake_ready(&high, 0, true, 0);
			fake_gate_wait(&low, 0, SCHED_GATE_HOLD);
			fake_ready(&high, 0, false, 1000);
			fake_gate_wait(&low, 0, SCHED_GATE_RUN);
		}
		assert_int_equal(daemon_end(&d, SIGKILL), -SIGKILL);
		/* Before they notice. */
		assert_int_equal(fake_kick(&high, 0), 0);
		fake_disconnect(&low);
		fake_disconnect(&high);
	}
	fake_fini(&low);
	fake_fini(&high);
}

#define CLIENTS	 6
#define RESTARTS 100

static _Atomic int stop, ready_in[CLIENTS]; /* the daemon's start in which it had decisions */
static _Atomic int starts;

/* Connects whenever it can, and always has work. */
static void *worker(void *arg)
{
	int index = (int)(intptr_t)arg, start;
	struct fake f;

	fake_init(&f);
	if (index % 2)
		f.flags = 0;
	while (!atomic_load(&stop)) {
		if (fake_connect(&f, d.socket, NULL)) {
			sched_yield();
			continue;
		}
		/* Behind the connection: this daemon's number was set before it was started. */
		start = atomic_load(&starts);
		/* No decision of the daemon before. */
		fake_must(fake_gate(&f, 0) == (enum sched_gate)99, "a decision of another daemon");
		fake_queue(&f, 0, 0, index);
		for (uint64_t turn = 0; !atomic_load(&stop); turn++) {
			char byte;
			ssize_t got = recv(f.sock, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

			if (!got || (got < 0 && errno != EAGAIN))
				break;
			fake_ready(&f, 0, turn % 4 != 3, 1000);
			if (fake_take(&f))
				atomic_store(&ready_in[index], start);
			fake_wait(&f, 1);
		}
		fake_disconnect(&f);
	}
	fake_fini(&f);
	return NULL;
}

static void clients_survive_a_hundred_restarts_under_load(void **state)
{
	pthread_t thread[CLIENTS];

	for (int i = 0; i < CLIENTS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, worker, (void *)(intptr_t)i), 0);
	for (int i = 1; i <= RESTARTS; i++) {
		atomic_store(&starts, i);
		assert_true(daemon_start(&d, NULL));
		/* All are back and have decisions from this one. */
		for (int c = 0; c < CLIENTS; c++)
			while (atomic_load(&ready_in[c]) != i)
				usleep(200);
		assert_int_equal(daemon_end(&d, i % 2 ? SIGKILL : SIGTERM), i % 2 ? -SIGKILL : 0);
	}
	atomic_store(&stop, 1);
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(daemon_logged(&d, "is disconnected"), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(it_starts_and_ends_in_order),
		CASE(a_second_one_does_not_start),
		CASE(what_a_dead_one_left_is_no_obstacle),
		CASE(a_file_in_the_socket_s_place_stays),
		CASE(a_passed_socket_is_used_and_left),
		CASE(a_good_file_is_read_again_and_a_bad_one_is_not),
		CASE(a_flag_counts_more_than_the_file),
		CASE(metrics_are_written_whole),
		CASE(metrics_are_written_once_in_an_interval),
		CASE(a_full_disk_is_told_once),
		CASE(running_clients_kick_the_daemon_that_came_back),
		CASE(clients_survive_a_hundred_restarts_under_load),
	};

	alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
