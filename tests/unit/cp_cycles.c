/* SPDX-License-Identifier: MIT */
/* What changing the run list costs, in model time: on whom, how long, and what is written to the
 * save area. */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kfd_ioctl.h"
#include "sim/common/stats.h"
#include "sim/cp/engine.h"
#include "sim/device/device.h"
#include "sim/share/share.h"

#define DISPATCH    HSA_PACKET_TYPE_KERNEL_DISPATCH
#define BARRIER_AND HSA_PACKET_TYPE_BARRIER_AND
#define MS	    1000000u /* cycles, and ns */

static int defaults(void **state)
{
	fake_device->scheduler = SIM_SCHEDULER_HWS;
	fake_device->cycle_us = 0;
	fake_device->grace_kclk = 1;
	fake_device->save_vram_mb_s = fake_device->save_host_mb_s = 1000000;
	fake_device->cp_queues = 24;
	fake_device->quantum_ms = 0; /* whoever waits for a slot is next */
	return 0;
}

static void update(struct fake_queue *f, uint32_t percent)
{
	assert_int_equal(cp_queue_update(f->q, (uintptr_t)f->ring, 64 * 64, percent, 7), 0);
}

/* A kernel of @ms on @f, which runs when this returns. */
static struct fake_kernel *run(
	struct fake_queue *f, uint32_t ms, uint32_t vgprs, amd_signal_t *done)
{
	struct fake_kernel *k = fake_alloc(sizeof(*k));

	k->steps = 100 * ms;
	k->cycles = MS / 100;
	k->vgprs = vgprs;
	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	fake_dispatch(f, 0, k, 1, done);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u64(&k->stepped, 1);
	return k;
}

static uint64_t took_us(const amd_signal_t *done)
{
	fake_wait(done, 0);
	return (done->end_ts - done->start_ts) / 100; /* ticks of 10 ns */
}

static void assert_us(uint64_t us, uint64_t expected)
{
	if (us < expected || us > expected + expected / 50)
		fail_msg("%llu us, not %llu", (unsigned long long)us, (unsigned long long)expected);
}

static void with_hws_all_queues_stand_still(void **state)
{
	struct fake_queue *runs = fake_queue_new(64), *other = fake_queue_new(64);
	amd_signal_t *done = fake_signal(1);

	fake_device->cycle_us = 10000;
	struct fake_kernel *k = run(runs, 100, 0, done);
	update(other, 0);
	update(other, 100);
	/* two cycles, and their grace periods of 1 us each */
	assert_us(took_us(done), 120002);
	/* The waves' own clock went on, too. */
	assert_us((k->end_cycles - k->start_cycles) / 1000, 120002);
	fake_queue_free(runs);
	fake_queue_free(other);
}

static void with_mes_only_the_queue_concerned_does(void **state)
{
	struct fake_queue *runs = fake_queue_new(64), *other = fake_queue_new(64);
	amd_signal_t *done = fake_signal(1);

	fake_device->scheduler = SIM_SCHEDULER_MES;
	fake_device->cycle_us = 10000;
	run(runs, 100, 0, done);
	update(other, 0);
	update(other, 100);
	assert_us(took_us(done), 100000);
	fake_queue_free(runs);
	fake_queue_free(other);
}

static void the_grace_period_counts_if_waves_run(void **state)
{
	struct fake_queue *runs = fake_queue_new(64), *other = fake_queue_new(64);
	amd_signal_t *done = fake_signal(1);

	fake_device->grace_kclk = 250; /* 0.25 ms */
	uint64_t idle = sim_stats.cycles_stopped_ns;
	update(other, 0);
	update(other, 100);
	assert_int_equal(sim_stats.cycles_stopped_ns, idle);
	/* Long enough for a busy host to come to all of them. */
	run(runs, 100, 0, done);
	for (int i = 0; i < 10; i++)
		update(other, i % 2 ? 100 : 0);
	assert_us(took_us(done), 102500);
	fake_queue_free(runs);
	fake_queue_free(other);
}

/* 64 rows of 256 bytes and the rest of a wave: what saving and restoring it take. */
static void the_state_of_running_waves_is_saved_and_restored(void **state)
{
	struct fake_queue *runs = fake_queue_new(64), *other = fake_queue_new(64);
	amd_signal_t *done = fake_signal(1);

	fake_device->save_host_mb_s = 1; /* a microsecond for a byte */
	uint64_t before = sim_stats.cycles_saved_bytes;
	run(runs, 100, 64, done);
	update(other, 0);
	uint64_t bytes = sim_stats.cycles_saved_bytes - before;
	assert_uint_in_range(bytes, 64 * 256, 64 * 256 + 1024);
	assert_us(took_us(done), 100000 + 2 * bytes);
	fake_queue_free(runs);
	fake_queue_free(other);
}

static void several_queues_are_suspended_in_one_cycle(void **state)
{
	struct fake_queue *f[3];
	struct cp_queue *queues[3];
	amd_signal_t *done[3];
	struct fake_kernel *k[3];

	for (int i = 0; i < 3; i++) {
		f[i] = fake_queue_new(64);
		queues[i] = f[i]->q;
		done[i] = fake_signal(1);
		k[i] = run(f[i], 50, 0, done[i]);
	}
	uint64_t cycles = sim_stats.cycles_scheduler;
	assert_int_equal(cp_queues_suspend(queues, 3, 1), 0);
	assert_int_equal(sim_stats.cycles_scheduler, cycles + 1);
	assert_int_equal(cp_queues_suspend(queues, 2, 1), 0); /* they are */
	assert_int_equal(sim_stats.cycles_scheduler, cycles + 1);
	uint64_t stepped = k[0]->stepped + k[1]->stepped + k[2]->stepped;
	/* Percentages do not undo it. */
	update(f[0], 0);
	update(f[0], 100);
	fake_rounds();
	assert_int_equal(k[0]->stepped + k[1]->stepped + k[2]->stepped, stepped);
	cycles = sim_stats.cycles_scheduler;
	assert_int_equal(cp_queues_resume(queues, 3), 0);
	assert_int_equal(sim_stats.cycles_scheduler, cycles + 1);
	for (int i = 0; i < 3; i++) {
		fake_wait(done[i], 0);
		assert_int_equal(k[i]->stepped, 5000);
		fake_queue_free(f[i]);
	}
}

static void suspending_does_not_undo_a_percentage_of_0(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1);

	update(f, 0);
	fake_barrier(f, 0, s);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	assert_int_equal(cp_queues_suspend(&f->q, 1, CP_GRACE_DEFAULT), 0);
	assert_int_equal(cp_queues_resume(&f->q, 1), 0);
	fake_rounds();
	assert_int_equal(s->value, 1);
	update(f, 100);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void a_suspended_queue_shows_its_waves_in_the_save_area(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct kfd_context_save_area_header *h = f->save;
	/* The stand-in saves the number of its steps. */
	const uint64_t *steps_saved = (void *)((uint8_t *)f->save + FAKE_CTL_STACK_BYTES);
	amd_signal_t *done = fake_signal(1);
	struct fake_kernel *k = run(f, 200, 0, done);
	uint32_t ctl = 0, used = 0;

	h->err_event_id = 77; /* the runtime's */
	assert_int_equal(cp_queue_wave_state(f->q, &ctl, &used), -EBUSY);
	assert_int_equal(*steps_saved, 0);
	update(f, 0);
	assert_true(k->stepped > 0);
	assert_int_equal(*steps_saved, k->stepped);
	assert_int_equal(cp_queue_wave_state(f->q, &ctl, &used), 0);
	assert_true(ctl > 0);
	assert_int_equal(used, 64);
	assert_int_equal(h->wave_state.control_stack_size, ctl);
	assert_int_equal(h->wave_state.control_stack_offset, FAKE_CTL_STACK_BYTES - ctl);
	assert_int_equal(h->wave_state.wave_state_size, used);
	assert_int_equal(h->wave_state.wave_state_offset, FAKE_CTL_STACK_BYTES + used);
	assert_int_equal(h->err_event_id, 77);
	assert_int_equal(*steps_saved, k->stepped);
	update(f, 100);
	fake_wait(done, 0);
	fake_queue_free(f);
}

static void a_declared_kernel_takes_its_time_and_executes_nothing(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = fake_alloc(sizeof(*k));
	amd_signal_t *done = fake_signal(1);
	char name[64];

	snprintf(name, sizeof(name), "object 0x%llx", (unsigned long long)(uintptr_t)k);
	assert_int_equal(cp_kernel_time_declare(name, 30 * MS, 0), 0);
	k->steps = 1;
	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	fake_dispatch(f, 0, k, 1, done);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	usleep(5000);
	/* It fills the GPU: stopped, its remaining time is kept. */
	update(f, 0);
	usleep(40000);
	assert_int_equal(done->value, 1);
	update(f, 100);
	assert_true(took_us(done) >= 69000);
	assert_int_equal(k->stepped, 0);
	fake_queue_free(f);
}

static void two_declared_kernels_on_half_the_cus_run_side_by_side(void **state)
{
	struct fake_queue *f[2];
	amd_signal_t *done[2];
	char name[64];

	for (int i = 0; i < 2; i++) {
		struct fake_kernel *k = fake_alloc(sizeof(*k));

		f[i] = fake_queue_new(64);
		done[i] = fake_signal(1);
		snprintf(name, sizeof(name), "object 0x%llx", (unsigned long long)(uintptr_t)k);
		assert_int_equal(cp_kernel_time_declare(name, 20 * MS, 1), 0); /* of two */
		f[i]->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
		fake_dispatch(f[i], 0, k, 1, done[i]);
		fake_publish(f[i], 0, DISPATCH, true);
		fake_ring(f[i], 1);
	}
	for (int i = 0; i < 2; i++) {
		assert_us(took_us(done[i]), 20000);
		fake_queue_free(f[i]);
	}
}

static void after_a_reset_nothing_runs_until_the_queues_are_gone(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *done = fake_signal(1);
	struct fake_kernel *k = run(f, 500, 0, done);

	cp_gpu_reset(0);
	uint64_t stepped = k->stepped;
	assert_int_equal(cp_queue_update(f->q, (uintptr_t)f->ring, 64 * 64, 100, 7), -EIO);
	assert_int_equal(cp_queues_suspend(&f->q, 1, 1), -EIO);
	usleep(2000);
	assert_int_equal(k->stepped, stepped);
	assert_int_equal(done->value, 1);
	fake_queue_free(f);
}

/* Another process has given it back its slot, with what it then asks for, and its own engine has not looked yet. */
static void a_queue_that_is_suspended_asks_for_nothing(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct share_gpu *g = &share_get()->gpu[0];

	share_gpu_lock(g);
	atomic_store(&f->q->entry->slot, false);
	share_gpu_unlock(g);
	atomic_fetch_add(&g->scheduler.slices, 1);
	fake_rounds();
	assert_false(f->q->mapped);
	share_gpu_lock(g);
	f->q->entry->demand = SHARE_CU_UNITS;
	share_gpu_unlock(g);
	uint32_t changes = atomic_load(&g->changes);
	assert_int_equal(cp_queues_suspend(&f->q, 1, CP_GRACE_DEFAULT), 0);
	assert_int_equal(f->q->entry->demand, 0);
	/* Who let it go first looks again. */
	assert_int_not_equal(atomic_load(&g->changes), changes);
	fake_queue_free(f);
}

/* It was suspended while it had none. */
static void a_suspended_queue_waits_for_no_slot(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct share *s = share_get();
	amd_signal_t *waits = fake_signal(1);

	hsa_barrier_and_packet_t *p = fake_barrier(f, 0, NULL);
	p->dep_signal[0].handle = fake_handle(waits);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	fake_rounds();
	assert_true(atomic_load(&f->q->entry->busy));
	fake_device->cp_queues = 1;
	struct fake_queue *other = fake_queue_new(64);
	assert_int_equal(cp_queues_suspend(&f->q, 1, CP_GRACE_DEFAULT), 0);
	/* It would have had none before, or not for long. */
	atomic_store(&f->q->entry->slot, false);
	fake_rounds();
	/* Nobody else has anything to do, so the engine sleeps. */
	fake_wait_u32(&s->process[share_self()].asleep, 1);
	fake_device->cp_queues = 24;
	fake_queue_free(other);
	fake_queue_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(with_hws_all_queues_stand_still, defaults),
		cmocka_unit_test_setup(with_mes_only_the_queue_concerned_does, defaults),
		cmocka_unit_test_setup(the_grace_period_counts_if_waves_run, defaults),
		cmocka_unit_test_setup(the_state_of_running_waves_is_saved_and_restored, defaults),
		cmocka_unit_test_setup(several_queues_are_suspended_in_one_cycle, defaults),
		cmocka_unit_test_setup(a_queue_that_is_suspended_asks_for_nothing, defaults),
		cmocka_unit_test_setup(a_suspended_queue_waits_for_no_slot, defaults),
		cmocka_unit_test_setup(suspending_does_not_undo_a_percentage_of_0, defaults),
		cmocka_unit_test_setup(
			a_suspended_queue_shows_its_waves_in_the_save_area, defaults),
		cmocka_unit_test_setup(
			a_declared_kernel_takes_its_time_and_executes_nothing, defaults),
		cmocka_unit_test_setup(
			two_declared_kernels_on_half_the_cus_run_side_by_side, defaults),
		/* The last: the engine's own queue of these tests is gone afterwards. */
		cmocka_unit_test_setup(
			after_a_reset_nothing_runs_until_the_queues_are_gone, defaults),
	};

	return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
