/* SPDX-License-Identifier: MIT */
/* Trails, and the text that a trace is made of. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>
#include <errno.h>

#include <cmocka.h>

#include "src/hsa_intercept/trace_events.h"
#include "src/sched/sched.h"

static struct trace_out out;
static _Atomic bool hurry;
static struct trace_track track;
static int fd;

/* A tick is 10 ns. */
static bool translate(void *ctx, uint64_t agent, uint64_t *start_p, uint64_t *end_p)
{
	assert_int_equal(agent, 5);
	*start_p *= 10;
	*end_p *= 10;
	return ctx == NULL;
}

static const struct trace_times times = {translate, NULL};

static int setup(void **state)
{
	fd = memfd_create("trace", MFD_CLOEXEC);
	hurry = false;
	trace_out_init(&out, fd, &hurry);
	track = (struct trace_track){.queue_id = 3, .agent = 5, .node = 2, .number = 1, .pid = 77};
	return fd < 0;
}

static int teardown(void **state)
{
	return close(fd);
}

/* What was written so far. */
static const char *text(void)
{
	static char content[1 << 20];

	assert_int_equal(trace_out_flush(&out), 0);
	ssize_t n = pread(fd, content, sizeof(content) - 1, 0);
	assert_true(n >= 0);
	content[n] = 0;
	return content;
}

static void strings_are_escaped(void **state)
{
	trace_out_string(&out, "a\"b\\c\n\x01/\x7f");
	assert_string_equal(text(), "\"a\\\"b\\\\c\\u000a\\u0001/\x7f\"");
}

static void what_is_not_utf8_is_replaced(void **state)
{
	trace_out_string(&out, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xc3 \x80 \xc0\xaf \xed\xa0\x80 \xe2\x82 \xe0\x80\xaf");
	assert_string_equal(text(), "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \\ufffd \\ufffd \\ufffd\\ufffd "
				    "\\ufffd\\ufffd\\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\"");
}

static void long_strings_pass_the_buffer_whole(void **state)
{
	static char name[3 * TRACE_OUT_BYTES / 2];

	memset(name, 'x', sizeof(name) - 1);
	trace_out_string(&out, name);
	assert_int_equal(strlen(text()), sizeof(name) - 1 + 2);
	assert_int_equal(strspn(text() + 1, "x"), sizeof(name) - 1);
}

static void times_are_microseconds_with_three_decimals(void **state)
{
	trace_out_us(&out, 0);
	trace_out_text(&out, " ");
	trace_out_us(&out, 1002003);
	trace_out_text(&out, " ");
	trace_out_us(&out, UINT64_MAX);
	assert_string_equal(text(), "0.000 1002.003 18446744073709551.615");
}

static void a_trail_keeps_the_order_and_counts_what_finds_no_room(void **state)
{
	struct trail *t = trail_new(4, 0, NULL);
	struct trail_record r = {.kind = TRAIL_DECISION};

	for (int lap = 0; lap < 3; lap++) {
		for (uint64_t i = 0; i < 6; i++) {
			r.index = i;
			trail_put(t, &r);
		}
		assert_int_equal(atomic_load(&t->dropped), 2 * (lap + 1));
		for (uint64_t i = 0; i < 4; i++) {
			assert_true(trail_take(t, &r));
			assert_int_equal(r.index, i);
		}
		assert_false(trail_take(t, &r));
	}
	trail_free(t);
}

static uint64_t fake_now_ns(void)
{
	return 900;
}

static void a_packet_that_was_published_before_the_trail_has_no_beginning(void **state)
{
	struct trail *t = trail_new(4, 8, fake_now_ns);
	struct trail_record r;

	trail_packet(t, 9, AQL_PACKET_DISPATCH, 0x40, 500);
	trail_complete(t, 1, 0, 0, 3);
	trail_complete(t, 9, 7, 8, 2);
	assert_true(trail_take(t, &r));
	assert_int_equal(r.from_ns, 0);
	assert_int_equal(r.kernel, 0);
	assert_int_equal(r.in_flight, 3);
	assert_true(trail_take(t, &r));
	assert_int_equal(r.from_ns, 500);
	assert_int_equal(r.to_ns, 900);
	assert_int_equal(r.kernel, 0x40);
	assert_int_equal(r.type, AQL_PACKET_DISPATCH);
	assert_int_equal(r.start_ts, 7);
	trail_free(t);
}

static void record(const struct trail_record *r)
{
	trace_events_record(&out, &track, r, &times);
}

static void a_measured_kernel_is_a_span_of_the_track(void **state)
{
	record(&(struct trail_record){.kind = TRAIL_PACKET, .type = AQL_PACKET_DISPATCH, .index = 4, .kernel = 0x1c0,
		.from_ns = 1000, .to_ns = 9000, .start_ts = 200, .end_ts = 450});
	assert_string_equal(text(),
		",\n{\"ph\":\"X\",\"cat\":\"running\",\"pid\":77,\"tid\":1,\"name\":\"kernel 0x1c0\",\"ts\":2.000,"
		"\"dur\":2.500,\"args\":{\"packet\":4}}"
		",\n{\"ph\":\"b\",\"cat\":\"in flight\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 in flight\",\"id\":\"1.4\","
		"\"ts\":1.000,\"args\":{\"packet\":4,\"kernel\":\"kernel 0x1c0\",\"end\":\"measured\"}}"
		",\n{\"ph\":\"e\",\"cat\":\"in flight\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 in flight\",\"id\":\"1.4\","
		"\"ts\":4.500}");
}

static void a_packet_with_the_programs_signal_is_marked(void **state)
{
	record(&(struct trail_record){.kind = TRAIL_PACKET, .type = AQL_PACKET_BARRIER_AND, .from_ns = 1000, .to_ns = 9000});
	assert_non_null(strstr(text(), "\"args\":{\"packet\":0,\"kernel\":\"barrier\",\"end\":\"seen\"}}"));
	assert_non_null(strstr(text(), "\"ts\":9.000}"));
	assert_null(strstr(text(), "\"X\""));
}

static void a_clock_that_cannot_be_translated_measures_nothing(void **state)
{
	const struct trace_times none = {translate, &track};

	trace_events_record(&out, &track, &(struct trail_record){.kind = TRAIL_PACKET, .kernel = 64, .from_ns = 1000,
		.to_ns = 9000, .start_ts = 200, .end_ts = 450}, &none);
	assert_null(strstr(text(), "\"X\""));
	assert_non_null(strstr(text(), "\"seen\""));
}

static void kernels_beside_each_other_do_not_overlap_on_the_track(void **state)
{
	record(&(struct trail_record){.kind = TRAIL_PACKET, .index = 1, .kernel = 64, .start_ts = 100, .end_ts = 300});
	record(&(struct trail_record){.kind = TRAIL_PACKET, .index = 2, .kernel = 128, .start_ts = 200, .end_ts = 400});
	record(&(struct trail_record){.kind = TRAIL_PACKET, .index = 3, .kernel = 64, .start_ts = 300, .end_ts = 500});
	const char *first = strstr(text(), "\"X\"");
	assert_non_null(first);
	const char *second = strstr(first + 1, "\"X\"");
	assert_non_null(second);
	assert_non_null(strstr(second, "\"ts\":3.000,\"dur\":2.000,\"args\":{\"packet\":3}}"));
	assert_null(strstr(second + 1, "\"X\""));
	assert_non_null(strstr(text(), "\"name\":\"queue 3 running beside\",\"id\":\"1.2\",\"ts\":2.000,\"args\":{\"kernel\":\"kernel 0x80\"}}"));
}

/* The same ticks, translated some nanoseconds apart. */
static bool translate_later(void *ctx, uint64_t agent, uint64_t *start_p, uint64_t *end_p)
{
	*start_p = *start_p * 10 - 7;
	*end_p = *end_p * 10 - 7;
	return true;
}

static void a_clock_that_was_adjusted_makes_no_overlap(void **state)
{
	const struct trace_times later = {translate_later, NULL};

	record(&(struct trail_record){.kind = TRAIL_PACKET, .index = 1, .kernel = 64, .start_ts = 100, .end_ts = 300});
	trace_events_record(&out, &track,
		&(struct trail_record){.kind = TRAIL_PACKET, .index = 2, .kernel = 64, .start_ts = 300, .end_ts = 400}, &later);
	assert_non_null(strstr(text(), "\"ts\":3.000,\"dur\":0.993,\"args\":{\"packet\":2}}"));
}

static void held_spans_decisions_and_losses_are_shown(void **state)
{
	record(&(struct trail_record){.kind = TRAIL_HELD, .index = 12, .from_ns = 5000, .to_ns = 8000});
	record(&(struct trail_record){.kind = TRAIL_DECISION, .from_ns = 6000, .kernel = 200000, .gate = SCHED_GATE_RUN,
		.reason = SCHED_BECAUSE_TURN, .level = 2});
	record(&(struct trail_record){.kind = TRAIL_DECISION, .from_ns = 7000, .kernel = SCHED_UNLIMITED,
		.gate = SCHED_GATE_FREE, .reason = SCHED_BECAUSE_ALONE, .level = 1});
	trace_events_lost(&out, &track, 3, 7000);
	trace_events_lost(&out, &track, 3, 8000);
	assert_string_equal(text(),
		",\n{\"ph\":\"b\",\"cat\":\"held\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 held\",\"id\":\"1.5000\",\"ts\":5.000,"
		"\"args\":{\"packets\":12}}"
		",\n{\"ph\":\"e\",\"cat\":\"held\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 held\",\"id\":\"1.5000\",\"ts\":8.000}"
		",\n{\"ph\":\"i\",\"cat\":\"decision\",\"pid\":77,\"tid\":1,\"ts\":6.000,\"s\":\"t\",\"name\":\"run: turn\","
		"\"args\":{\"gate\":\"run\",\"reason\":\"turn\",\"window_us\":200.000,\"level\":2}}"
		",\n{\"ph\":\"i\",\"cat\":\"decision\",\"pid\":77,\"tid\":1,\"ts\":7.000,\"s\":\"t\",\"name\":\"free: alone\","
		"\"args\":{\"gate\":\"free\",\"reason\":\"alone\",\"window_us\":null,\"level\":1}}"
		",\n{\"ph\":\"i\",\"cat\":\"trace\",\"pid\":77,\"tid\":1,\"ts\":7.000,\"s\":\"t\",\"name\":\"records lost\","
		"\"args\":{\"records\":3}}");
}

static void of_counts_at_one_time_the_last_is_written(void **state)
{
	record(&(struct trail_record){.kind = TRAIL_PUBLISHED, .from_ns = 1000, .in_flight = 1});
	record(&(struct trail_record){.kind = TRAIL_PUBLISHED, .from_ns = 2000, .in_flight = 2});
	record(&(struct trail_record){.kind = TRAIL_PUBLISHED, .from_ns = 2000, .in_flight = 3});
	trace_events_counter(&out, &track);
	trace_events_counter(&out, &track);
	assert_string_equal(text(),
		",\n{\"ph\":\"C\",\"cat\":\"packets\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 packets in flight\",\"ts\":1.000,"
		"\"args\":{\"packets\":1}}"
		",\n{\"ph\":\"C\",\"cat\":\"packets\",\"pid\":77,\"tid\":1,\"name\":\"queue 3 packets in flight\",\"ts\":2.000,"
		"\"args\":{\"packets\":3}}");
}

/* Signals of this thread are blocked, as the writer's are. */
static void an_error_is_kept_and_ends_the_writing(void **state)
{
	int ends[2];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	trace_out_init(&out, ends[1], &hurry);
	trace_out_text(&out, "x");
	assert_int_equal(trace_out_flush(&out), -EPIPE);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	trace_out_init(&out, ends[1], &hurry);
	close(ends[0]);
	trace_out_text(&out, "x");
	assert_int_equal(trace_out_flush(&out), -EPIPE);
	close(ends[1]);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	trace_out_init(&out, full, &hurry);
	trace_out_text(&out, "x");
	assert_int_equal(trace_out_flush(&out), -ENOSPC);
	trace_out_text(&out, "x");
	assert_int_equal(trace_out_flush(&out), -ENOSPC);
	close(full);
}

static void a_reader_who_does_not_read_is_given_up_in_a_hurry(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	hurry = true;
	trace_out_init(&out, ends[1], &hurry);
	while (!out.error)
		trace_out_text(&out, "0123456789abcdef");
	assert_int_equal(trace_out_flush(&out), -ETIMEDOUT);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	alarm(120);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(strings_are_escaped),
		TEST(what_is_not_utf8_is_replaced),
		TEST(long_strings_pass_the_buffer_whole),
		TEST(times_are_microseconds_with_three_decimals),
		TEST(a_trail_keeps_the_order_and_counts_what_finds_no_room),
		TEST(a_packet_that_was_published_before_the_trail_has_no_beginning),
		TEST(a_measured_kernel_is_a_span_of_the_track),
		TEST(a_packet_with_the_programs_signal_is_marked),
		TEST(a_clock_that_cannot_be_translated_measures_nothing),
		TEST(kernels_beside_each_other_do_not_overlap_on_the_track),
		TEST(a_clock_that_was_adjusted_makes_no_overlap),
		TEST(held_spans_decisions_and_losses_are_shown),
		TEST(of_counts_at_one_time_the_last_is_written),
		TEST(an_error_is_kept_and_ends_the_writing),
		TEST(a_reader_who_does_not_read_is_given_up_in_a_hurry),
	};
	return cmocka_run_group_tests_name("trace_events", tests, NULL, NULL);
}
