/* SPDX-License-Identifier: MIT */
/* Events of the simulated driver: who wakes, what is latched, what is reported. Threads wait, the test sets. */
#include "tests/unit/kfd_cp.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"

#define SIGNAL_EVENT KFD_IOC_EVENT_SIGNAL
#define FOREVER 0xffffffffu
#define PAGE_VA UINT64_C(0x100000000)

static _Atomic uint64_t *slots; /* the event page, as the GPU sees it */

static int wait_data(struct kfd_event_data *d, uint32_t count, int all, uint32_t timeout, uint32_t *result_p)
{
	struct kfd_ioctl_wait_events_args a = {.events_ptr = (uintptr_t)d, .num_events = count,
		.wait_for_all = (uint32_t)all, .timeout = timeout, .wait_result = 77};
	int r = kfd_ioctl(AMDKFD_IOC_WAIT_EVENTS, &a);

	*result_p = a.wait_result;
	return r;
}

/* Wait for one event; the result, or -errno. */
static int wait_one(uint32_t id, uint32_t timeout)
{
	struct kfd_event_data d = {.event_id = id};
	uint32_t result;
	int r = wait_data(&d, 1, 0, timeout, &result);

	return r ? r : (int)result;
}

static int set(uint32_t id)
{
	struct kfd_ioctl_set_event_args a = {.event_id = id};

	return kfd_ioctl(AMDKFD_IOC_SET_EVENT, &a);
}

static int reset(uint32_t id)
{
	struct kfd_ioctl_reset_event_args a = {.event_id = id};

	return kfd_ioctl(AMDKFD_IOC_RESET_EVENT, &a);
}

static int destroy(uint32_t id)
{
	struct kfd_ioctl_destroy_event_args a = {.event_id = id};

	return kfd_ioctl(AMDKFD_IOC_DESTROY_EVENT, &a);
}

/* A thread in WAIT_EVENTS. */
struct waiting {
	pthread_t thread;
	struct kfd_event_data data[4];
	uint32_t count, result;
	int all, r;
	_Atomic int done;
	_Atomic long tid;
};

static void *waiting_main(void *arg)
{
	struct waiting *w = arg;

	atomic_store(&w->tid, (long)gettid());
	w->r = wait_data(w->data, w->count, w->all, FOREVER, &w->result);
	atomic_store(&w->done, 1);
	return NULL;
}

/* Start it and return once it sleeps: its state in /proc says so, no time is assumed. */
static void waiting_start(struct waiting *w)
{
	char path[64], state = 0;

	assert_int_equal(pthread_create(&w->thread, NULL, waiting_main, w), 0);
	while (!atomic_load(&w->tid))
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%ld/stat", atomic_load(&w->tid));
	while (state != 'S') {
		FILE *f = fopen(path, "r");

		assert_non_null(f);
		assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
		fclose(f);
		usleep(500);
	}
}

static void waiting_for(struct waiting *w, uint32_t id)
{
	memset(w, 0, sizeof(*w));
	w->count = 1;
	w->data[0].event_id = id;
	waiting_start(w);
}

static void waiting_end(struct waiting *w, int r, uint32_t result)
{
	assert_int_equal(pthread_join(w->thread, NULL), 0);
	assert_int_equal(w->r, r);
	assert_int_equal(w->result, result);
}

static void set_before_the_wait_is_latched_once_when_auto_reset(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);

	assert_int_equal(set(id), 0);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
}

static void manual_event_stays_set_until_it_is_reset(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 0);

	assert_int_equal(set(id), 0);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(wait_one(id, FOREVER), KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(reset(id), 0);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
}

static void one_set_wakes_every_waiter_of_an_auto_reset_event(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);
	struct waiting w[3];

	for (int i = 0; i < 3; i++)
		waiting_for(&w[i], id);
	assert_int_equal(set(id), 0);
	for (int i = 0; i < 3; i++)
		waiting_end(&w[i], 0, KFD_IOC_WAIT_RESULT_COMPLETE);
	/* Consumed by them: nothing is left. */
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
}

static void second_set_is_kept_while_the_woken_waiter_has_not_run(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1), other = kfd_test_event(SIGNAL_EVENT, 1);
	struct waiting w = {.count = 2, .all = 1};

	/* Waits for both, so it stays asleep after the first is set. */
	w.data[0].event_id = id;
	w.data[1].event_id = other;
	waiting_start(&w);
	assert_int_equal(set(id), 0);
	assert_int_equal(set(id), 0);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(set(other), 0);
	waiting_end(&w, 0, KFD_IOC_WAIT_RESULT_COMPLETE);
	destroy(id);
	destroy(other);
}

static void wait_for_all_needs_every_event(void **state)
{
	struct kfd_event_data d[2] = {0};
	uint32_t result;

	d[0].event_id = kfd_test_event(SIGNAL_EVENT, 0);
	d[1].event_id = kfd_test_event(SIGNAL_EVENT, 0);
	assert_int_equal(set(d[1].event_id), 0);
	assert_int_equal(wait_data(d, 2, 1, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_TIMEOUT);
	assert_int_equal(wait_data(d, 2, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(set(d[0].event_id), 0);
	assert_int_equal(wait_data(d, 2, 1, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_COMPLETE);
	destroy(d[0].event_id);
	destroy(d[1].event_id);
}

static void timeout_is_a_result_and_not_an_error(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);

	assert_int_equal(wait_one(id, 5), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
}

static void destroying_an_event_fails_its_waiters_with_eio(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);
	struct waiting w;

	waiting_for(&w, id);
	assert_int_equal(destroy(id), 0);
	waiting_end(&w, -EIO, KFD_IOC_WAIT_RESULT_FAIL);
	assert_int_equal(wait_one(id, 0), -EINVAL);
}

static void on_signal(int number)
{
}

static void signal_handler_interrupts_the_wait_and_loses_nothing(void **state)
{
	struct sigaction action = {.sa_handler = on_signal};
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1), other = kfd_test_event(SIGNAL_EVENT, 1);
	struct waiting w = {.count = 2, .all = 1};

	sigaction(SIGUSR1, &action, NULL);
	w.data[0].event_id = id;
	w.data[1].event_id = other;
	assert_int_equal(set(id), 0); /* taken by the wait */
	waiting_start(&w);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	pthread_kill(w.thread, SIGUSR1);
	waiting_end(&w, -EINTR, KFD_IOC_WAIT_RESULT_FAIL);
	/* Given back, for the repeated call. */
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	destroy(id);
	destroy(other);
}

static void older_age_completes_at_once_and_the_new_one_is_returned(void **state)
{
	struct kfd_event_data d = {.event_id = kfd_test_event(SIGNAL_EVENT, 1)};
	uint32_t result;

	d.signal_event_data.last_event_age = 1;
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_TIMEOUT);
	assert_int_equal(set(d.event_id), 0);
	assert_int_equal(wait_one(d.event_id, 0), KFD_IOC_WAIT_RESULT_COMPLETE); /* takes the latch */
	d.signal_event_data.last_event_age = 1;
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(d.signal_event_data.last_event_age, 2);
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_TIMEOUT);
	/* Before 1.14 ages are not known. */
	kfd_test_version(13);
	d.signal_event_data.last_event_age = 1;
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_TIMEOUT);
	assert_int_equal(d.signal_event_data.last_event_age, 1);
	kfd_test_version(17);
	destroy(d.event_id);
}

static void interrupt_counts_only_with_its_slot_written(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);

	kfd_interrupt(id);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	atomic_store(&slots[id], id);
	kfd_interrupt(id);
	assert_int_equal(atomic_load(&slots[id]), UINT64_MAX);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	destroy(id);
}

static void the_drivers_own_event_needs_no_slot(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);

	kfd_event_raise(id);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	kfd_event_raise(0x123456);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
}

static void interrupt_with_a_wrong_id_finds_the_written_slot(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1), idle = kfd_test_event(SIGNAL_EVENT, 1);

	atomic_store(&slots[id], id);
	kfd_interrupt(0x123456);
	assert_int_equal(wait_one(id, 0), KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(wait_one(idle, 0), KFD_IOC_WAIT_RESULT_TIMEOUT);
	destroy(id);
	destroy(idle);
}

static void interrupt_wakes_a_sleeping_waiter(void **state)
{
	uint32_t id = kfd_test_event(SIGNAL_EVENT, 1);
	struct waiting w;

	waiting_for(&w, id);
	atomic_store(&slots[id], id);
	kfd_interrupt(id);
	waiting_end(&w, 0, KFD_IOC_WAIT_RESULT_COMPLETE);
	destroy(id);
}

static void every_signal_event_reply_has_a_page_offset(void **state)
{
	for (int i = 0; i < 3; i++) {
		struct kfd_ioctl_create_event_args a = {.event_type = SIGNAL_EVENT};

		assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, &a), 0);
		assert_true(a.event_page_offset != 0);
		assert_int_equal(a.event_slot_index, a.event_id);
		assert_int_equal(a.event_trigger_data, a.event_id);
	}
	for (uint32_t id = 0; id < 3; id++)
		assert_int_equal(destroy(id), 0);
}

static void signal_events_end_at_the_limit_and_others_go_on(void **state)
{
	uint32_t made = 0;
	struct kfd_ioctl_create_event_args a = {.event_type = SIGNAL_EVENT};
	int r;

	while (!(r = kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, &a))) {
		assert_int_equal(a.event_id, made++);
		a.event_page_offset = 0;
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(made, KFD_SIGNAL_EVENT_LIMIT);
	uint32_t other = kfd_test_event(KFD_IOC_EVENT_MEMORY, 0);
	assert_true(other >= KFD_SIGNAL_EVENT_LIMIT);
	while (made)
		assert_int_equal(destroy(--made), 0);
	destroy(other);
}

static void memory_fault_reports_page_gpu_and_reason(void **state)
{
	struct kfd_event_data d = {.event_id = kfd_test_event(KFD_IOC_EVENT_MEMORY, 0)};
	uint64_t va = UINT64_C(0x700000000);
	uint64_t handle = kfd_test_alloc(0, va, 4096, KFD_IOC_ALLOC_MEM_FLAGS_GTT, 0); /* not writable */
	uint32_t result;

	kfd_vm_fault(0, 0xdead0123, true);
	assert_int_equal(wait_data(&d, 1, 0, FOREVER, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(d.memory_exception_data.va, 0xdead0000);
	assert_int_equal(d.memory_exception_data.gpu_id, sim_machine_get()->gpu[0].gpu_id);
	assert_int_equal(d.memory_exception_data.failure.NotPresent, 1);
	assert_int_equal(d.memory_exception_data.failure.ReadOnly, 0);
	assert_int_equal(kfd_test_map(handle, 0, 1), 0);
	kfd_vm_fault(0, va + 8, true);
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(d.memory_exception_data.failure.NotPresent, 0);
	assert_int_equal(d.memory_exception_data.failure.ReadOnly, 1);
	assert_int_equal(kfd_test_map(handle, 0, 0), 0);
	destroy(d.event_id);
}

static void reset_of_the_gpu_reports_a_hardware_exception(void **state)
{
	struct kfd_event_data d = {.event_id = kfd_test_event(KFD_IOC_EVENT_HW_EXCEPTION, 0)};
	uint32_t result;

	kfd_hw_exception(0, true);
	assert_int_equal(wait_data(&d, 1, 0, 0, &result), 0);
	assert_int_equal(result, KFD_IOC_WAIT_RESULT_COMPLETE);
	assert_int_equal(d.hw_exception_data.gpu_id, sim_machine_get()->gpu[0].gpu_id);
	assert_int_equal(d.hw_exception_data.memory_lost, 1);
	assert_int_equal(d.hw_exception_data.reset_cause, KFD_HW_EXCEPTION_GPU_HANG);
	destroy(d.event_id);
}

static void only_signal_events_can_be_set_by_user_space(void **state)
{
	uint32_t id = kfd_test_event(KFD_IOC_EVENT_MEMORY, 0);

	assert_int_equal(set(id), -EINVAL);
	assert_int_equal(reset(id), -EINVAL);
	assert_int_equal(set(4000), -EINVAL);
	assert_int_equal(destroy(4000), -EINVAL);
	destroy(id);
}

static void event_page_is_set_once_and_cannot_be_freed(void **state)
{
	uint64_t handle = *(uint64_t *)*state;
	struct kfd_ioctl_create_event_args a = {.event_page_offset = handle, .event_type = SIGNAL_EVENT};
	struct kfd_ioctl_free_memory_of_gpu_args f = {.handle = handle};

	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, &a), -EINVAL);
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_FREE_MEMORY_OF_GPU, &f), -EPERM);
}

/* Threads set and wait at once: no set may be lost, however they meet. */
#define ROUNDS 20000

static void *setter_main(void *arg)
{
	uint32_t *ids = arg;

	for (int i = 0; i < ROUNDS; i++) {
		atomic_store(&slots[ids[0]], ids[0]);
		kfd_interrupt(ids[0]);
		if (wait_one(ids[1], FOREVER))
			return "the answer was lost";
	}
	return NULL;
}

static void event_set_by_the_gpu_is_never_lost_race(void **state)
{
	uint32_t ids[2] = {kfd_test_event(SIGNAL_EVENT, 1), kfd_test_event(SIGNAL_EVENT, 1)};
	pthread_t setter;
	void *failed;

	assert_int_equal(pthread_create(&setter, NULL, setter_main, ids), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(wait_one(ids[0], FOREVER), KFD_IOC_WAIT_RESULT_COMPLETE);
		assert_int_equal(set(ids[1]), 0);
	}
	assert_int_equal(pthread_join(setter, &failed), 0);
	assert_null(failed);
	destroy(ids[0]);
	destroy(ids[1]);
}

/* As the runtimes do: the slots are a buffer, handed over with the first event. */
static int events_begin(void **state)
{
	static uint64_t handle;

	kfd_test_acquire();
	handle = kfd_test_alloc(0, PAGE_VA, KFD_SIGNAL_EVENT_LIMIT * 8,
		KFD_IOC_ALLOC_MEM_FLAGS_GTT | KFD_BO_WRITABLE, 0);
	assert_int_equal(kfd_test_map(handle, 0, 1), 0);
	struct kfd_ioctl_create_event_args a = {.event_page_offset = handle, .event_type = SIGNAL_EVENT};
	assert_int_equal(kfd_ioctl(AMDKFD_IOC_CREATE_EVENT, &a), 0);
	slots = (_Atomic uint64_t *)gpuvm_page(0, PAGE_VA, true);
	assert_non_null(slots);
	*state = &handle;
	return destroy(a.event_id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_before_the_wait_is_latched_once_when_auto_reset),
		cmocka_unit_test(manual_event_stays_set_until_it_is_reset),
		cmocka_unit_test(one_set_wakes_every_waiter_of_an_auto_reset_event),
		cmocka_unit_test(second_set_is_kept_while_the_woken_waiter_has_not_run),
		cmocka_unit_test(wait_for_all_needs_every_event),
		cmocka_unit_test(timeout_is_a_result_and_not_an_error),
		cmocka_unit_test(destroying_an_event_fails_its_waiters_with_eio),
		cmocka_unit_test(signal_handler_interrupts_the_wait_and_loses_nothing),
		cmocka_unit_test(older_age_completes_at_once_and_the_new_one_is_returned),
		cmocka_unit_test(interrupt_counts_only_with_its_slot_written),
		cmocka_unit_test(the_drivers_own_event_needs_no_slot),
		cmocka_unit_test(interrupt_with_a_wrong_id_finds_the_written_slot),
		cmocka_unit_test(interrupt_wakes_a_sleeping_waiter),
		cmocka_unit_test(every_signal_event_reply_has_a_page_offset),
		cmocka_unit_test(signal_events_end_at_the_limit_and_others_go_on),
		cmocka_unit_test(memory_fault_reports_page_gpu_and_reason),
		cmocka_unit_test(reset_of_the_gpu_reports_a_hardware_exception),
		cmocka_unit_test(only_signal_events_can_be_set_by_user_space),
		cmocka_unit_test(event_page_is_set_once_and_cannot_be_freed),
		cmocka_unit_test(event_set_by_the_gpu_is_never_lost_race),
	};

	kfd_test_machine("gfx90a", "1.17");
	return cmocka_run_group_tests(tests, events_begin, NULL);
}
