/* SPDX-License-Identifier: MIT */
/* The packet processor: order, barriers, completion, model time. Packets are written by the test,
 * kernels are fakes. */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/kfd/event.h"

#define DISPATCH    HSA_PACKET_TYPE_KERNEL_DISPATCH
#define BARRIER_AND HSA_PACKET_TYPE_BARRIER_AND
#define BARRIER_OR  HSA_PACKET_TYPE_BARRIER_OR
#define VENDOR	    HSA_PACKET_TYPE_VENDOR_SPECIFIC

static struct fake_kernel *kernel(uint32_t steps)
{
	struct fake_kernel *k = fake_alloc(sizeof(*k));

	k->steps = steps;
	k->cycles = 1;
	return k;
}

static void completion_subtracts_one(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(5);

	fake_dispatch(f, 0, kernel(10), 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait(s, 4);
	fake_barrier(f, 1, s);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	fake_wait(s, 3);
	fake_queue_free(f);
}

static void every_group_of_a_grid_runs_once(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(700);
	amd_signal_t *s = fake_signal(1);

	hsa_kernel_dispatch_packet_t *p = fake_dispatch(f, 0, k, 1, s);
	p->setup = 3;
	p->grid_size_x = 64 * 3 + 1; /* 4 groups, the last one partial */
	p->grid_size_y = 5;
	p->grid_size_z = 2;
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait(s, 0);
	assert_int_equal(k->groups_started, 40);
	assert_int_equal(k->groups_ended, 40);
	assert_int_equal(k->stepped, 40 * 700);
	fake_queue_free(f);
}

static void barrier_bit_waits_for_all_before(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	_Atomic uint32_t *go = fake_alloc(4);
	struct fake_kernel *a = kernel(10), *b = kernel(10);
	amd_signal_t *s = fake_signal(2);

	a->until = go;
	fake_dispatch(f, 0, a, 1, s);
	fake_dispatch(f, 1, b, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_publish(f, 1, DISPATCH, true);
	fake_ring(f, 2);
	fake_wait_u32(&a->groups_started, 1);
	fake_rounds();
	assert_int_equal(b->groups_started, 0);
	assert_int_equal(fake_read_index(f), 0);
	atomic_store(go, 1);
	fake_wait(s, 0);
	assert_true(a->last_order < b->first_order);
	fake_queue_free(f);
}

static void without_barrier_bit_kernels_overlap(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	_Atomic uint32_t *go = fake_alloc(4);
	struct fake_kernel *a = kernel(10), *b = kernel(10);
	amd_signal_t *sa = fake_signal(1), *sb = fake_signal(1);

	a->until = go;
	fake_dispatch(f, 0, a, 1, sa);
	fake_dispatch(f, 1, b, 1, sb);
	fake_publish(f, 0, DISPATCH, true);
	fake_publish(f, 1, DISPATCH, false);
	fake_ring(f, 2);
	fake_wait(sb, 0); /* the second ends while the first still runs */
	assert_int_equal(sa->value, 1);
	assert_int_equal(fake_read_index(f), 0); /* and the read index waits for the first */
	atomic_store(go, 1);
	fake_wait(sa, 0);
	fake_wait_read(f, 2);
	fake_queue_free(f);
}

static void read_index_and_header_follow_completion(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	_Atomic uint32_t *go = fake_alloc(4);
	struct fake_kernel *k = kernel(10);

	k->until = go;
	fake_dispatch(f, 0, k, 1, NULL);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&k->groups_started, 1);
	fake_rounds();
	assert_int_equal(fake_read_index(f), 0);
	assert_int_equal(f->ring[0], DISPATCH);
	atomic_store(go, 1);
	fake_wait_read(f, 1);
	assert_int_equal(f->ring[0], HSA_PACKET_TYPE_INVALID);
	fake_queue_free(f);
}

static void barrier_and_waits_for_every_signal(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *a = fake_signal(1), *b = fake_signal(1), *done = fake_signal(1),
		     *after = fake_signal(1);
	struct fake_kernel *k = kernel(1);

	hsa_barrier_and_packet_t *p = fake_barrier(f, 0, done);
	p->dep_signal[1].handle = fake_handle(a);
	p->dep_signal[4].handle = fake_handle(b);
	fake_dispatch(f, 1, k, 1, after);
	fake_publish(f, 0, BARRIER_AND, false);
	fake_publish(
		f, 1, DISPATCH, false); /* no barrier bit: a barrier packet still holds it up */
	fake_ring(f, 2);
	fake_rounds();
	assert_int_equal(done->value, 1);
	atomic_store((_Atomic int64_t *)&a->value, 0); /* as the host does: no doorbell */
	fake_rounds();
	assert_int_equal(done->value, 1);
	assert_int_equal(k->groups_started, 0);
	atomic_store((_Atomic int64_t *)&b->value, 0);
	fake_wait(done, 0);
	fake_wait(after, 0);
	fake_queue_free(f);
}

static void barrier_or_waits_for_one_signal(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *a = fake_signal(1), *b = fake_signal(-1), *done = fake_signal(1);

	hsa_barrier_and_packet_t *p = fake_barrier(f, 0, done);
	p->dep_signal[0].handle = fake_handle(a);
	p->dep_signal[2].handle = fake_handle(b);
	fake_publish(f, 0, BARRIER_OR, true);
	fake_ring(f, 1);
	fake_rounds();
	assert_int_equal(done->value, 1);
	atomic_store((_Atomic int64_t *)&b->value, 0);
	fake_wait(done, 0);
	assert_int_equal(a->value, 1);
	fake_queue_free(f);
}

static void barriers_without_signals_complete(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *done = fake_signal(2);

	fake_barrier(f, 0, done);
	fake_barrier(f, 1, done);
	fake_publish(f, 0, BARRIER_OR, true);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	fake_wait(done, 0);
	fake_queue_free(f);
}

static void barrier_value_compares_masked(void **state)
{
	static const struct {
		uint32_t cond;
		int64_t before, after, value;
	} cases[] = {
		{HSA_SIGNAL_CONDITION_EQ, 0xf06, 0xf07, 7},
		{HSA_SIGNAL_CONDITION_NE, 0xf07, 0xf06, 7},
		{HSA_SIGNAL_CONDITION_LT, 0xf07, 0xf06, 7},
		{HSA_SIGNAL_CONDITION_GTE, 0xf06, 0xf08, 7},
	};
	struct fake_queue *f = fake_queue_new(64);

	for (unsigned i = 0; i < 4; i++) {
		amd_signal_t *s = fake_signal(cases[i].before), *done = fake_signal(1);
		hsa_amd_barrier_value_packet_t *p = (void *)fake_barrier(f, i, done);
		p->header.AmdFormat = HSA_AMD_PACKET_TYPE_BARRIER_VALUE;
		p->signal.handle = fake_handle(s);
		p->value = cases[i].value;
		p->mask = 0xff;
		p->cond = cases[i].cond;
		fake_publish(f, i, VENDOR, true);
		fake_ring(f, i + 1);
		fake_rounds();
		assert_int_equal(done->value, 1);
		atomic_store((_Atomic int64_t *)&s->value, cases[i].after);
		fake_wait(done, 0);
	}
	fake_queue_free(f);
}

static void what_the_host_writes_is_seen_after_any_time(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *dep = fake_signal(1), *s = fake_signal(2);

	fake_barrier(f, 0, s)->dep_signal[0].handle = fake_handle(dep);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_barrier(f, 1, s);
	fake_ring(f, 2); /* packet 1 is not published yet */
	usleep(5000);	 /* nothing else runs: by now the engine would sleep */
	atomic_store((_Atomic int64_t *)&dep->value, 0);
	fake_wait(s, 1);
	usleep(5000);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void an_unmet_barrier_does_not_hold_other_queues(void **state)
{
	struct fake_queue *f = fake_queue_new(64), *g = fake_queue_new(64);
	amd_signal_t *never = fake_signal(1), *chain = fake_signal(1), *done = fake_signal(1);

	fake_barrier(f, 0, NULL)->dep_signal[0].handle = fake_handle(never);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	for (uint64_t i = 0; i < 200; i++) {
		fake_dispatch(g, i, kernel(100), 1, i == 199 ? chain : NULL);
		fake_publish(g, i, DISPATCH, true);
		fake_ring(g, i + 1);
		fake_wait_read(g, i + 1);
	}
	/* a barrier that depends on what another queue completes */
	hsa_barrier_and_packet_t *p = fake_barrier(g, 200, done);
	p->dep_signal[0].handle = fake_handle(chain);
	fake_publish(g, 200, BARRIER_AND, true);
	fake_ring(g, 201);
	fake_wait(done, 0);
	assert_int_equal(fake_read_index(f), 0);
	fake_queue_free(f);
	fake_queue_free(g);
}

static void mailbox_and_interrupt_follow_completion(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *quiet = fake_signal(1), *loud = fake_signal(1);
	uint64_t *mailbox = fake_alloc(8);
	uint32_t before = fake_interrupts[33];

	quiet->event_id = 33;
	loud->event_id = 33;
	fake_barrier(f, 0, quiet);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	fake_wait_read(f, 1);
	assert_int_equal(fake_interrupts[33], before);
	loud->event_mailbox_ptr = (uintptr_t)mailbox;
	fake_barrier(f, 1, loud);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	fake_wait_u32(&fake_interrupts[33], before + 1);
	assert_int_equal(*mailbox, 33);
	assert_int_equal(loud->value, 0);
	fake_queue_free(f);
}

static void timestamps_are_stored_only_when_profiling(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1), *t = fake_signal(1);
	struct fake_kernel *k = kernel(30000); /* 30 us */

	fake_dispatch(f, 0, k, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait(s, 0);
	assert_int_equal(s->start_ts, 0);
	assert_int_equal(s->end_ts, 0);
	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	fake_dispatch(f, 1, k, 1, t);
	fake_publish(f, 1, DISPATCH, true);
	fake_ring(f, 2);
	fake_wait(t, 0);
	/* 100 MHz ticks of the modelled time, whatever the host needed */
	assert_uint_in_range(t->end_ts - t->start_ts, 2999, 3001);
	fake_queue_free(f);
}

static void back_to_back_kernels_follow_each_other_in_model_time(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	/* So few steps that even a slow host does not lag so far behind that it is given up. */
	struct fake_kernel *k = kernel(2000);
	amd_signal_t *s[10];

	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	for (unsigned i = 0; i < 10; i++) {
		s[i] = fake_signal(1);
		fake_dispatch(f, i, k, 1, s[i]);
		fake_publish(f, i, DISPATCH, true);
	}
	fake_ring(f, 10);
	fake_wait(s[9], 0);
	for (unsigned i = 1; i < 10; i++)
		assert_uint_in_range(s[i]->start_ts - s[i - 1]->end_ts, 0, 1);
	fake_queue_free(f);
}

/* The host takes longer for a step of the stand-in than the nanosecond that it stands for: the first
 * kernel lags behind, and ends in model time before the others came, with a doorbell each. */
static void no_packet_starts_before_it_came(void **state)
{
	enum { PACKETS = 45 }; /* more than have an arrival of their own */
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *first = kernel(1), *k = kernel(1);
	amd_signal_t *s[PACKETS];
	uint64_t came_ns[PACKETS];

	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	first->until = fake_alloc(4);
	for (unsigned i = 0; i < PACKETS; i++) {
		s[i] = fake_signal(1);
		fake_dispatch(f, i, i ? k : first, 1, s[i]);
		fake_publish(f, i, DISPATCH, true);
		came_ns[i] = kfd_clock_ns();
		fake_ring(f, i + 1);
		if (i)
			fake_rounds();
		else
			fake_wait_u32(&first->groups_started, 1);
	}
	atomic_store(first->until, 1);
	for (unsigned i = 0; i < PACKETS; i++) {
		fake_wait(s[i], 0);
		/* The stand-in's counter ticks every 10 ns. */
		assert_true(s[i]->start_ts >= came_ns[i] / 10);
	}
	fake_queue_free(f);
}

static void more_groups_than_slots_share_the_slots_in_model_time(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(1000);
	amd_signal_t *s = fake_signal(1);

	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_ENABLE_PROFILING;
	k->waves = 4; /* two groups per CU, four on the device */
	fake_dispatch(f, 0, k, 40, s)->workgroup_size_x = 64;
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait(s, 0);
	assert_int_equal(k->groups_ended, 40);
	assert_uint_in_range(s->end_ts - s->start_ts, 999, 1001); /* 10 rounds of 1000 ns */
	fake_queue_free(f);
}

static void groups_of_one_dispatch_that_fit_all_advance(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);
	amd_signal_t *s = fake_signal(1);

	/* 16 waves fit; each group spins until all have started */
	k->until = fake_alloc(4);
	fake_dispatch(f, 0, k, 16, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&k->groups_started, 16);
	atomic_store(k->until, 1);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void a_kernel_may_wait_for_a_kernel_of_another_queue(void **state)
{
	struct fake_queue *f = fake_queue_new(64), *g = fake_queue_new(64);
	struct fake_kernel *a = kernel(10), *b = kernel(5000);
	amd_signal_t *sa = fake_signal(1), *sb = fake_signal(1);

	a->until = (_Atomic uint32_t *)&b->groups_ended;
	fake_dispatch(f, 0, a, 8, sa);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&a->groups_started, 8);
	fake_dispatch(g, 0, b, 4, sb);
	fake_publish(g, 0, DISPATCH, true);
	fake_ring(g, 1);
	fake_wait(sb, 0);
	fake_wait(sa, 0);
	fake_queue_free(f);
	fake_queue_free(g);
}

static void invalid_header_below_the_write_index_waits(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(2);

	fake_barrier(f, 0, s);
	fake_barrier(f, 1, s);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2); /* packet 0 is reserved, but not written yet */
	fake_rounds();
	assert_int_equal(s->value, 2);
	fake_publish(f, 0, BARRIER_AND, true); /* no further doorbell */
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void packets_beyond_the_write_index_are_not_looked_at(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1), *t = fake_signal(1);

	fake_barrier(f, 0, s);
	fake_barrier(f, 1, t);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_publish(f, 1, BARRIER_AND, true);
	atomic_store((_Atomic uint64_t *)&f->aq.write_dispatch_id, 1);
	atomic_store(f->doorbell, 1); /* rings for packet 1, but the index is what counts */
	fake_wait(s, 0);
	fake_rounds();
	assert_int_equal(t->value, 1);
	fake_ring(f, 2);
	fake_wait(t, 0);
	fake_queue_free(f);
}

static void the_write_index_is_read_when_the_doorbell_rings(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(1);

	fake_barrier(f, 0, s);
	fake_publish(f, 0, BARRIER_AND, true);
	atomic_store((_Atomic uint64_t *)&f->aq.write_dispatch_id, 1);
	fake_rounds();
	assert_int_equal(atomic_load((_Atomic int64_t *)&s->value), 1);
	atomic_store(f->doorbell, 0);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void the_ring_wraps_around(void **state)
{
	struct fake_queue *f = fake_queue_new(4);
	struct fake_kernel *k = kernel(3);

	for (uint64_t i = 0; i < 100; i++) {
		while (i - fake_read_index(f) >= 4)
			;
		fake_dispatch(f, i, k, 1, NULL);
		fake_publish(f, i, DISPATCH, true);
		fake_ring(f, i + 1);
	}
	fake_wait_read(f, 100);
	assert_int_equal(k->groups_ended, 100);
	fake_queue_free(f);
}

static void a_write_index_beyond_the_ring_is_clamped(void **state)
{
	struct fake_queue *f = fake_queue_new(4);
	struct fake_kernel *k = kernel(3);
	_Atomic uint32_t *go = fake_alloc(4);

	k->until = go;
	for (uint64_t i = 0; i < 4; i++) {
		fake_dispatch(f, i, k, 1, NULL);
		fake_publish(f, i, DISPATCH, false);
	}
	fake_ring(f, 6); /* two more reserved, whose slots still hold packets 0 and 1 */
	fake_wait_u32(&k->groups_started, 4);
	fake_rounds();
	assert_int_equal(k->groups_started, 4);
	atomic_store(go, 1);
	fake_wait_read(f, 4);
	assert_int_equal(k->groups_started, 4);
	fake_queue_free(f);
}

static uint64_t host_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void waiting_kernels_do_not_run_ahead_of_the_host(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(1);
	amd_signal_t *s = fake_signal(1);
	uint64_t begin = host_us();

	k->cycles = 10000; /* sleeps 10 us at every step */
	k->until = fake_alloc(4);
	fake_dispatch(f, 0, k, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u64(&k->stepped, 200);
	fake_rounds();
	uint64_t stepped = k->stepped;
	/* 100 us are allowed, and the 64 steps of which the first turn knows nothing */
	assert_true(stepped * 10 <= host_us() - begin + 100 + 640 + 10);
	atomic_store(k->until, 1);
	fake_wait(s, 0);
	fake_queue_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(completion_subtracts_one),
		cmocka_unit_test(every_group_of_a_grid_runs_once),
		cmocka_unit_test(barrier_bit_waits_for_all_before),
		cmocka_unit_test(without_barrier_bit_kernels_overlap),
		cmocka_unit_test(read_index_and_header_follow_completion),
		cmocka_unit_test(barrier_and_waits_for_every_signal),
		cmocka_unit_test(barrier_or_waits_for_one_signal),
		cmocka_unit_test(barriers_without_signals_complete),
		cmocka_unit_test(barrier_value_compares_masked),
		cmocka_unit_test(what_the_host_writes_is_seen_after_any_time),
		cmocka_unit_test(an_unmet_barrier_does_not_hold_other_queues),
		cmocka_unit_test(mailbox_and_interrupt_follow_completion),
		cmocka_unit_test(timestamps_are_stored_only_when_profiling),
		cmocka_unit_test(back_to_back_kernels_follow_each_other_in_model_time),
		cmocka_unit_test(no_packet_starts_before_it_came),
		cmocka_unit_test(more_groups_than_slots_share_the_slots_in_model_time),
		cmocka_unit_test(groups_of_one_dispatch_that_fit_all_advance),
		cmocka_unit_test(a_kernel_may_wait_for_a_kernel_of_another_queue),
		cmocka_unit_test(invalid_header_below_the_write_index_waits),
		cmocka_unit_test(packets_beyond_the_write_index_are_not_looked_at),
		cmocka_unit_test(the_write_index_is_read_when_the_doorbell_rings),
		cmocka_unit_test(the_ring_wraps_around),
		cmocka_unit_test(a_write_index_beyond_the_ring_is_clamped),
		cmocka_unit_test(waiting_kernels_do_not_run_ahead_of_the_host),
	};

	return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
