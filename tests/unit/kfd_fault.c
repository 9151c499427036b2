/* SPDX-License-Identifier: MIT */
/* Planned faults: what may be written, and that each form fires when it was to and not otherwise. */
#include "tests/unit/kfd_cp.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/fault/fault.h"
#include "sim/fault/kernel_time.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

static struct kfd_ioctl_create_queue_args live;
static uint32_t signal_event;
static _Atomic uint64_t *slots; /* the event page, as the GPU sees it */

/* ---- the language ---- */

static void each_wrong_fault_is_told_what_would_be_right(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{"", "must begin with ioctl, event, packet"},
		{"disk:full", "must begin with ioctl, event, packet"},
		{"ioctl", "must name an ioctl"},
		{"ioctl:FROBNICATE:errno=EIO", "must name an ioctl"},
		{"ioctl:UPDATE_QUEUE", "must say errno=NAME, delay=TIME, or both"},
		{"ioctl:UPDATE_QUEUE:after=2", "must say errno=NAME, delay=TIME, or both"},
		{"ioctl:UPDATE_QUEUE:errno=EEK", "must be the name of an error"},
		{"ioctl:UPDATE_QUEUE:errno", "must be KEY=VALUE"},
		{"ioctl:UPDATE_QUEUE:delay=5", "must be a time with its unit"},
		{"ioctl:UPDATE_QUEUE:errno=EIO:after=soon", "must be a number of occasions"},
		{"ioctl:UPDATE_QUEUE:errno=EIO:count=0", "must be a number from 1, or all"},
		{"ioctl:UPDATE_QUEUE:errno=EIO:queue=1", "must be after=, count="},
		{"event:lost", "must be event:drop, event:late=TIME, event:twice"},
		{"event:late", "must be event:late=TIME"},
		{"event:drop=1ms", "must be event:drop"},
		{"packet:hang:gpu=x", "must be its number"},
		{"packet:hang:after=1ms", "must be a number of occasions"},
		{"gpu:reset:after=1parsec", "or a time such as 20ms"},
		{"vm", "must be vm:ADDRESS"},
		{"vm:here", "must be vm:ADDRESS"},
		{"vm:0x1000+0", "must be vm:ADDRESS"},
		{"vm:0x1000:count=2", "must be"},
		{"event: drop", "must have no spaces"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault_spec spec;
		char error[256] = "";

		assert_int_equal(fault_parse(cases[i].text, kfd_ioctl_name, &spec, error, sizeof(error)), -EINVAL);
		if (!strstr(error, cases[i].hint))
			fail_msg("%s: \"%s\" does not say \"%s\"", cases[i].text, error, cases[i].hint);
	}
}

static struct fault_spec parsed(const char *text)
{
	struct fault_spec spec;
	char error[256];

	if (fault_parse(text, kfd_ioctl_name, &spec, error, sizeof(error)))
		fail_msg("%s", error);
	return spec;
}

static void faults_are_read_with_their_defaults(void **state)
{
	struct fault_spec s = parsed("ioctl:UPDATE_QUEUE:after=3:errno=EIO:delay=2ms");

	assert_int_equal(s.kind, FAULT_IOCTL_ERRNO);
	assert_int_equal(s.ioctl, 7);
	assert_int_equal(s.error, EIO);
	assert_int_equal(s.after, 3);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.delay_ns, 2000000);
	s = parsed("ioctl:WAIT_EVENTS:delay=1.5us:count=all");
	assert_int_equal(s.kind, FAULT_IOCTL_DELAY);
	assert_int_equal(s.delay_ns, 1500);
	assert_true(s.count == FAULT_ALWAYS);
	s = parsed("packet:hang:after=2:queue=1:gpu=1");
	assert_int_equal(s.kind, FAULT_PACKET_HANG);
	assert_int_equal(s.queue, 1);
	assert_int_equal(s.gpu, 1);
	assert_int_equal(parsed("doorbell:drop").queue, FAULT_ANY);
	assert_int_equal(parsed("gpu:reset:after=20ms").after_ns, 20000000);
	assert_int_equal(parsed("gpu:reset:after=20").after, 20);
	s = parsed("vm:0x1080+0x1000");
	assert_int_equal(s.va, 0x1000);
	assert_int_equal(s.bytes, 0x2000);
}

static void kernel_times_are_read_from_the_last_equals_sign(void **state)
{
	struct kernel_time t;
	char error[640];

	assert_int_equal(kernel_time_parse("_Z3fooPf=250us", &t, error, sizeof(error)), 0);
	assert_string_equal(t.pattern, "_Z3fooPf");
	assert_int_equal(t.ns, 250000);
	assert_int_equal(t.cus, 0);
	assert_int_equal(kernel_time_parse("a=b*=1.5ms:26", &t, error, sizeof(error)), 0);
	assert_string_equal(t.pattern, "a=b*");
	assert_int_equal(t.ns, 1500000);
	assert_int_equal(t.cus, 26);
	assert_int_equal(kernel_time_parse("foo", &t, error, sizeof(error)), -EINVAL);
	assert_int_equal(kernel_time_parse("=1ms", &t, error, sizeof(error)), -EINVAL);
	assert_int_equal(kernel_time_parse("foo=1", &t, error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "must have its unit"));
	assert_int_equal(kernel_time_parse("foo=1ms:0", &t, error, sizeof(error)), -EINVAL);
	assert_int_equal(kernel_time_parse("foo=1ms:many", &t, error, sizeof(error)), -EINVAL);
}

static void file_of_kernel_times_names_its_wrong_line(void **state)
{
	char path[] = "/tmp/kfd_fault.XXXXXX", list[256] = "", error[1024];
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	fputs("# durations of a benchmark\n\nfirst=1us\n  second*=2ms:4\n", f);
	fflush(f);
	assert_int_equal(kernel_times_read(path, list, sizeof(list), error, sizeof(error)), 0);
	assert_string_equal(list, "first=1us\nsecond*=2ms:4\n");
	assert_int_equal(kernel_times_read(path, list, 30, error, sizeof(error)), -E2BIG);
	fputs("third\n", f);
	fclose(f);
	assert_int_equal(kernel_times_read(path, list, sizeof(list), error, sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, ":5: third: must be NAME=DURATION"));
	unlink(path);
	assert_int_equal(kernel_times_read(path, list, sizeof(list), error, sizeof(error)), -ENOENT);
}

static void declared_times_reach_the_processor(void **state)
{
	/* The environment held two, one of them wrong, when the driver was opened. */
	assert_int_equal(kfd_cp_declared, 1);
	assert_string_equal(kfd_cp_declared_last.pattern, "step_*");
	assert_int_equal(kfd_cp_declared_last.ns, 3000000);
	assert_int_equal(kfd_cp_declared_last.cus, 8);
}

/* ---- firing ---- */

/* Begin anew with a plan, as a process that just opened the driver. */
static void plan(const char *text)
{
	fault_forget();
	setenv(SIM_ENV_FAULTS, text, 1);
	fault_begin();
}

static int update(void)
{
	struct kfd_ioctl_update_queue_args a = {.queue_id = live.queue_id, .ring_base_address = live.ring_base_address,
		.ring_size = live.ring_size, .queue_percentage = 100, .queue_priority = 7};

	return kfd_ioctl(AMDKFD_IOC_UPDATE_QUEUE, &a);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void ioctl_fails_after_so_many_calls_so_often(void **state)
{
	plan("ioctl:UPDATE_QUEUE:after=2:errno=EIO:count=2");
	assert_int_equal(update(), 0);
	assert_int_equal(update(), 0);
	assert_int_equal(update(), -EIO);
	assert_int_equal(update(), -EIO);
	assert_int_equal(update(), 0);
	plan("ioctl:UPDATE_QUEUE:after=1:errno=ETIME:count=all");
	assert_int_equal(update(), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(update(), -ETIME);
	struct kfd_ioctl_get_version_args v;
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_GET_VERSION, &v), 0);
	assert_int_equal(v.major_version, 1);
}

static void several_faults_of_one_ioctl_follow_each_other(void **state)
{
	plan("ioctl:UPDATE_QUEUE:errno=EINTR ioctl:UPDATE_QUEUE:after=2:errno=EACCES");
	assert_int_equal(update(), -EINTR);
	assert_int_equal(update(), 0);
	assert_int_equal(update(), -EACCES);
	assert_int_equal(update(), 0);
}

static void slow_ioctl_takes_at_least_that_long(void **state)
{
	plan("ioctl:UPDATE_QUEUE:delay=30ms");
	uint64_t begin = now_ns();
	assert_int_equal(update(), 0);
	assert_true(now_ns() - begin >= 30000000);
}

/* Whether the event is set within @ms. */
static int waits(uint32_t ms)
{
	struct kfd_event_data d = {.event_id = signal_event};
	struct kfd_ioctl_wait_events_args a = {.events_ptr = (uintptr_t)&d, .num_events = 1, .timeout = ms};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &a), 0);
	return a.wait_result == KFD_IOC_WAIT_RESULT_COMPLETE;
}

static uint64_t age(void)
{
	struct kfd_event_data d = {.event_id = signal_event, .signal_event_data.last_event_age = UINT64_MAX};
	struct kfd_ioctl_wait_events_args a = {.events_ptr = (uintptr_t)&d, .num_events = 1};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &a), 0);
	return d.signal_event_data.last_event_age;
}

/* What the processor does at the end of a packet. */
static void raise_event(void)
{
	atomic_store(&slots[signal_event], signal_event);
	kfd_interrupt(signal_event);
}

static void lost_event_wakes_nobody_and_the_next_does(void **state)
{
	plan("event:drop");
	raise_event();
	assert_false(waits(0));
	raise_event();
	assert_true(waits(0));
}

static void late_event_comes_but_not_before_its_time(void **state)
{
	plan("event:late=40ms");
	uint64_t begin = now_ns();
	raise_event();
	assert_true(waits(10000));
	assert_true(now_ns() - begin >= 40000000);
}

static void doubled_event_arrives_twice(void **state)
{
	uint64_t before;

	plan("event:twice:after=1");
	raise_event();
	before = age();
	raise_event();
	assert_int_equal(age(), before + 2);
}

static void hang_and_doorbell_are_asked_by_queue_and_count(void **state)
{
	plan("packet:hang:after=1:queue=5 doorbell:drop:count=2:gpu=1");
	assert_false(fault_dispatch(0, 5));
	assert_false(fault_dispatch(0, 4));
	assert_true(fault_dispatch(0, 5));
	assert_false(fault_dispatch(0, 5));
	assert_false(fault_doorbell(0, 5));
	assert_true(fault_doorbell(1, 5));
	assert_true(fault_doorbell(1, 6));
	assert_false(fault_doorbell(1, 6));
}

static void pages_that_are_to_fault_are_not_there(void **state)
{
	char text[64];
	uint64_t ring = live.ring_base_address;

	assert_non_null(gpuvm_page(0, ring + 4096, false));
	snprintf(text, sizeof(text), "vm:0x%llx:gpu=0", (unsigned long long)ring + 4100);
	plan(text);
	assert_null(gpuvm_page(0, ring + 4096, false));
	assert_null(gpuvm_host(0, ring + 8000, 8, true));
	assert_null(gpuvm_host(0, ring + 4088, 16, true));
	assert_non_null(gpuvm_page(0, ring, false));
	assert_non_null(gpuvm_page(0, ring + 8192, false));
	plan("vm:0x10:gpu=1");
	assert_non_null(gpuvm_page(0, ring + 4096, false));
}

static void wait_for_reset(uint32_t lost)
{
	for (int i = 0; kfd_vram_lost(0) == lost && i < 5000; i++)
		usleep(2000);
	assert_int_equal(kfd_vram_lost(0), lost + 1);
}

static uint32_t hw_exceptions(uint32_t event, bool memory_lost)
{
	struct kfd_event_data d = {.event_id = event};
	struct kfd_ioctl_wait_events_args a = {.events_ptr = (uintptr_t)&d, .num_events = 1, .timeout = 10000};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &a), 0);
	assert_int_equal(a.wait_result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(d.hw_exception_data.memory_lost, memory_lost);
	return d.hw_exception_data.gpu_id;
}

static void queue_again(void)
{
	struct kfd_ioctl_destroy_queue_args d = {.queue_id = live.queue_id};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_DESTROY_QUEUE, &d), 0);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &live), 0);
}

static void gpu_is_reset_after_dispatches_or_time(void **state)
{
	uint32_t event = kfd_test_event(KFD_IOC_EVENT_HW_EXCEPTION, 1), lost = kfd_vram_lost(0);

	plan("gpu:reset:after=1");
	assert_false(fault_dispatch(0, live.queue_id));
	usleep(20000);
	assert_int_equal(kfd_vram_lost(0), lost);
	assert_false(fault_dispatch(0, live.queue_id));
	wait_for_reset(lost);
	assert_int_equal(hw_exceptions(event, true), live.gpu_id);
	assert_int_equal(update(), -EIO);
	queue_again();
	assert_int_equal(update(), 0);
	plan("gpu:reset:after=30ms");
	assert_int_equal(kfd_vram_lost(0), lost + 1);
	wait_for_reset(lost + 1);
	hw_exceptions(event, true);
	queue_again();
}

/* The last test: nothing brings the GPU back for this process. */
static void reset_queue_forbids_changes_on_its_gpu(void **state)
{
	static struct kfd_context_save_area_header area;
	static uint64_t payload;
	uint32_t event = kfd_test_event(KFD_IOC_EVENT_HW_EXCEPTION, 1), lost = kfd_vram_lost(0);

	area.err_payload_addr = (uintptr_t)&payload;
	area.err_event_id = signal_event;
	kfd_process.queues[live.queue_id]->save_va = (uintptr_t)&area;
	char text[64];
	snprintf(text, sizeof(text), "queue:reset:queue=%u", live.queue_id);
	plan(text);
	assert_false(fault_dispatch(0, live.queue_id));
	assert_int_equal(hw_exceptions(event, false), live.gpu_id);
	assert_int_equal(payload, KFD_EC_MASK(EC_QUEUE_PREEMPTION_ERROR));
	assert_true(waits(10000));
	assert_int_equal(kfd_vram_lost(0), lost);
	assert_int_equal(kfd_cp_last->args.percent, 0);
	assert_int_equal(update(), -EACCES);
}

static int group_begin(void **state)
{
	setenv(SIM_ENV_KERNEL_TIMES, "wrong\nstep_*=3ms:8\n", 1);
	kfd_test_acquire();
	signal_event = kfd_test_event(KFD_IOC_EVENT_SIGNAL, 1);
	slots = (_Atomic uint64_t *)devfile_map(DEVFILE_KFD, 0, DEVFILE_KFD_EVENTS, KFD_SIGNAL_EVENT_LIMIT * 8);
	assert_non_null(slots);
	live = kfd_test_queue_args(UINT64_C(0x40000000), 0x10000);
	return kfd_ioctl(AMDKFD_IOC_CREATE_QUEUE, &live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_wrong_fault_is_told_what_would_be_right),
		cmocka_unit_test(faults_are_read_with_their_defaults),
		cmocka_unit_test(kernel_times_are_read_from_the_last_equals_sign),
		cmocka_unit_test(file_of_kernel_times_names_its_wrong_line),
		cmocka_unit_test(declared_times_reach_the_processor),
		cmocka_unit_test(ioctl_fails_after_so_many_calls_so_often),
		cmocka_unit_test(several_faults_of_one_ioctl_follow_each_other),
		cmocka_unit_test(slow_ioctl_takes_at_least_that_long),
		cmocka_unit_test(lost_event_wakes_nobody_and_the_next_does),
		cmocka_unit_test(late_event_comes_but_not_before_its_time),
		cmocka_unit_test(doubled_event_arrives_twice),
		cmocka_unit_test(hang_and_doorbell_are_asked_by_queue_and_count),
		cmocka_unit_test(pages_that_are_to_fault_are_not_there),
		cmocka_unit_test(gpu_is_reset_after_dispatches_or_time),
		cmocka_unit_test(reset_queue_forbids_changes_on_its_gpu),
	};

	kfd_test_machine("gfx90a,gfx906", "1.17");
	return cmocka_run_group_tests(tests, group_begin, NULL);
}
