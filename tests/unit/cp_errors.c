/* SPDX-License-Identifier: MIT */
/* The packet processor: what stops a queue, and scratch. Packets are written by the test, kernels are
 * fakes. */
#include "tests/unit/cp_fake.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "kfd_ioctl.h"

#define DISPATCH    HSA_PACKET_TYPE_KERNEL_DISPATCH
#define BARRIER_AND HSA_PACKET_TYPE_BARRIER_AND
#define VENDOR	    HSA_PACKET_TYPE_VENDOR_SPECIFIC

static struct fake_kernel *kernel(uint32_t steps)
{
	struct fake_kernel *k = fake_alloc(sizeof(*k));

	k->steps = steps;
	k->cycles = 1;
	return k;
}

static int64_t inactive(struct fake_queue *f)
{
	return atomic_load((_Atomic int64_t *)&f->inactive.value);
}

/* Runtimes that say so in the save area get an exception and an event, whose slot nobody writes. */
static void errors_go_to_the_payload_that_the_save_area_names(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct kfd_context_save_area_header *h = f->save;
	_Atomic uint64_t *payload = fake_alloc(sizeof(*payload));
	uint32_t interrupts = fake_interrupts[9];

	h->err_payload_addr = (uintptr_t)payload;
	h->err_event_id = 9;
	fake_barrier(f, 0, NULL);
	fake_publish(f, 0, 7, true);
	fake_ring(f, 1);
	fake_wait_u32(&fake_raised[9], 1);
	assert_int_equal(*payload, UINT64_C(1) << (EC_QUEUE_PACKET_UNSUPPORTED - 1));
	assert_int_equal(fake_interrupts[9], interrupts);
	assert_int_equal(inactive(f), 0);
	fake_queue_free(f);
}

static void malformed_packets_stop_the_queue_with_the_runtimes_code(void **state)
{
	static const struct {
		unsigned type;
		uint8_t format;
		int64_t code;
	} cases[] = {
		{7, 0, 32},
		{HSA_PACKET_TYPE_AGENT_DISPATCH, 0, 32},
		{VENDOR, 0, 256},
		{VENDOR, 9, 256},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_queue *f = fake_queue_new(64);
		amd_signal_t *s = fake_signal(2);
		fake_barrier(f, 0, s);
		((uint8_t *)fake_barrier(f, 1, s))[2] = cases[i].format;
		fake_barrier(f, 2, s);
		fake_publish(f, 0, BARRIER_AND, true);
		fake_publish(f, 1, cases[i].type, false);
		fake_publish(f, 2, BARRIER_AND, true);
		fake_ring(f, 3);
		fake_wait(&f->inactive, cases[i].code);
		fake_rounds();
		assert_int_equal(s->value, 1);
		assert_int_equal(fake_read_index(f), 1);
		fake_queue_free(f);
	}
}

static void bad_dispatches_stop_the_queue_with_the_runtimes_code(void **state)
{
	static const struct {
		uint16_t setup, x;
		uint32_t grid, lds, waves, vgprs;
		bool null_code;
		int64_t code;
	} cases[] = {
		{0, 64, 64, 0, 1, 32, false, 2},
		{1, 0, 64, 0, 1, 32, false, 2},
		{1, 64, 0, 0, 1, 32, false, 2},
		{1, 64, 64, 65537, 1, 32, false, 4},
		{1, 64, 64, 0, 1, 32, true, 8},
		{1, 1025, 1025, 0, 1, 32, false, 64},
		{1, 64, 64, 0, 8, 512, false, 128},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_queue *f = fake_queue_new(64);
		struct fake_kernel *k = kernel(1);
		k->waves = cases[i].waves;
		k->vgprs = cases[i].vgprs;
		hsa_kernel_dispatch_packet_t *p = fake_dispatch(f, 0, k, 1, NULL);
		p->setup = cases[i].setup;
		p->workgroup_size_x = cases[i].x;
		p->grid_size_x = cases[i].grid;
		p->group_segment_size = cases[i].lds;
		if (cases[i].null_code)
			p->kernel_object = 0;
		fake_publish(f, 0, DISPATCH, true);
		fake_ring(f, 1);
		fake_wait(&f->inactive, cases[i].code);
		assert_int_equal(k->groups_started, 0);
		fake_queue_free(f);
	}
}

static void faults_of_waves_stop_only_their_queue(void **state)
{
	static const struct {
		enum gcn_fault_kind kind;
		int64_t code;
	} cases[] = {
		{GCN_FAULT_UNKNOWN_INSTRUCTION, 0x40000000},
		{GCN_FAULT_APERTURE, 0x20000000},
		{GCN_FAULT_TRAP, 0x80000000},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_queue *f = fake_queue_new(64);
		struct fake_kernel *k = kernel(10);
		amd_signal_t *s = fake_signal(1);
		k->fault = cases[i].kind;
		fake_dispatch(f, 0, k, 3, s);
		fake_publish(f, 0, DISPATCH, true);
		fake_ring(f, 1);
		fake_wait(&f->inactive, cases[i].code);
		fake_rounds(); /* another queue goes on */
		assert_int_equal(s->value, 1);
		assert_int_equal(fake_read_index(f), 0);
		fake_queue_free(f);
	}
}

static void memory_faults_go_to_the_driver(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);
	uint32_t before = fake_faults;

	k->fault = GCN_FAULT_MEMORY;
	fake_dispatch(f, 0, k, 1, NULL);
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait_u32(&fake_faults, before + 1);
	assert_int_equal(fake_fault_va, 0xdead000);
	assert_int_equal(inactive(f), 0);
	fake_queue_free(f);
}

static void kernel_that_hangs_holds_its_queue_and_no_other(void **state)
{
	struct fake_queue *f = fake_queue_new(64), *other = fake_queue_new(64);
	amd_signal_t *never = fake_signal(1), *s = fake_signal(1);
	struct fake_kernel *hanging = kernel(1), *k = kernel(1);

	atomic_store(&fake_hangs, 1);
	fake_dispatch(f, 0, hanging, 1, never);
	fake_publish(f, 0, DISPATCH, true);
	fake_barrier(f, 1, never);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	while (atomic_load(&fake_hangs))
		fake_rounds();
	fake_dispatch(other, 0, k, 1, s);
	fake_publish(other, 0, DISPATCH, true);
	fake_ring(other, 1);
	fake_wait(s, 0);
	fake_rounds();
	assert_int_equal(never->value, 1);
	assert_int_equal(hanging->groups_started, 0);
	assert_int_equal(fake_read_index(f), 0);
	fake_queue_free(f);
	fake_queue_free(other);
}

static void lost_doorbell_is_made_up_for_by_the_next(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(2);

	/* A queue that is mapped late finds what it holds without a doorbell. */
	fake_rounds();
	atomic_store(&fake_doorbells_lost, 1);
	fake_barrier(f, 0, s);
	fake_publish(f, 0, BARRIER_AND, true);
	fake_ring(f, 1);
	while (atomic_load(&fake_doorbells_lost))
		sched_yield();
	fake_rounds();
	assert_int_equal(s->value, 2);
	fake_barrier(f, 1, s);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void pm4_writes_memory_and_unknown_commands_stop_the_queue(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	uint32_t *ib = fake_alloc(64), *target = fake_alloc(16);
	amd_signal_t *s = fake_signal(1);
	uint32_t invalidated = fake_invalidated;
	const uint32_t acquire = 0xc0055800, write = 0xc0033700;

	ib[0] = acquire;
	ib[7] = write;
	ib[8] = 5 << 8;
	ib[9] = (uint32_t)(uintptr_t)target;
	ib[10] = (uint32_t)((uintptr_t)target >> 32);
	ib[11] = 0x1234;
	for (unsigned i = 0; i < 2; i++) {
		uint32_t *p = (uint32_t *)fake_barrier(f, i, s);
		p[1] = 0xc0023f00;
		p[2] = (uint32_t)(uintptr_t)ib;
		p[3] = (uint32_t)((uintptr_t)ib >> 32);
		p[4] = 12 | 1 << 23;
		((uint8_t *)p)[2] = 1;
		fake_publish(f, i, VENDOR, true);
		fake_ring(f, i + 1);
		if (i)
			break;
		fake_wait(s, 0);
		assert_int_equal(*target, 0x1234);
		assert_int_equal(fake_invalidated, invalidated + 1);
		ib[0] = 0xc0059900; /* no such command */
	}
	fake_wait(&f->inactive, 256);
	assert_int_equal(s->value, 0);
	fake_queue_free(f);
}

static void scratch_is_asked_for_and_the_queue_waits(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10), *first = kernel(10);
	amd_signal_t *s = fake_signal(1);

	k->waves = 2;
	k->until = fake_alloc(4);
	first->until = fake_alloc(4);
	fake_dispatch(f, 0, first, 1, NULL);
	fake_dispatch(f, 1, k, 4, s)->private_segment_size = 20; /* 1280 bytes a wave: 2 KiB */
	fake_publish(f, 0, DISPATCH, true);
	fake_publish(f, 1, DISPATCH, false);
	fake_ring(f, 2);
	fake_wait_u32(&first->groups_started, 1);
	fake_rounds();
	assert_int_equal(inactive(f), 0); /* the request is about the packet at the read index */
	atomic_store(first->until, 1);
	fake_wait(&f->inactive, 1);
	assert_int_equal(fake_read_index(f), 1);
	fake_rounds();
	assert_int_equal(k->groups_started, 0);

	f->aq.compute_tmpring_size =
		2 << 12 | 4; /* 2 KiB a wave, four waves: two groups at a time */
	f->aq.scratch_backing_memory_byte_size = 4 * 2048;
	atomic_store((_Atomic int64_t *)&f->inactive.value, 0);
	fake_wait_u32(&k->groups_started, 2);
	fake_rounds();
	assert_int_equal(k->groups_started, 2);
	assert_int_equal(k->slots[0] + k->slots[1], 2); /* slots 0 and 2 */
	atomic_store(k->until, 1);
	fake_wait(s, 0);
	assert_int_equal(k->groups_ended, 4);
	fake_queue_free(f);
}

static void too_little_scratch_stops_the_queue(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	struct fake_kernel *k = kernel(10);

	k->waves = 4;
	fake_dispatch(f, 0, k, 1, NULL)->private_segment_size = 16;
	fake_publish(f, 0, DISPATCH, true);
	fake_ring(f, 1);
	fake_wait(&f->inactive, 1);
	f->aq.compute_tmpring_size = 1 << 12 | 3; /* large enough for a wave, but not for a group */
	f->aq.scratch_backing_memory_byte_size = 3 * 1024;
	atomic_store((_Atomic int64_t *)&f->inactive.value, 0);
	fake_wait(&f->inactive, 4);
	assert_int_equal(k->groups_started, 0);
	fake_queue_free(f);
}

static void single_use_scratch_is_given_back(void **state)
{
	struct fake_queue *f = fake_queue_new(64);
	amd_signal_t *s = fake_signal(2);

	f->aq.compute_tmpring_size = 1 << 12 | 4;
	f->aq.scratch_backing_memory_byte_size = 4 * 1024;
	f->aq.queue_properties |= AMD_QUEUE_PROPERTIES_USE_SCRATCH_ONCE;
	fake_dispatch(f, 0, kernel(10), 1, s)->private_segment_size = 16;
	fake_barrier(f, 1, s);
	fake_publish(f, 0, DISPATCH, true);
	fake_publish(f, 1, BARRIER_AND, true);
	fake_ring(f, 2);
	fake_wait(&f->inactive, 512);
	fake_rounds();
	assert_int_equal(s->value, 1);
	f->aq.queue_properties = 0;
	atomic_store((_Atomic int64_t *)&f->inactive.value, 0);
	fake_wait(s, 0);
	fake_queue_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_go_to_the_payload_that_the_save_area_names),
		cmocka_unit_test(malformed_packets_stop_the_queue_with_the_runtimes_code),
		cmocka_unit_test(bad_dispatches_stop_the_queue_with_the_runtimes_code),
		cmocka_unit_test(faults_of_waves_stop_only_their_queue),
		cmocka_unit_test(memory_faults_go_to_the_driver),
		cmocka_unit_test(kernel_that_hangs_holds_its_queue_and_no_other),
		cmocka_unit_test(lost_doorbell_is_made_up_for_by_the_next),
		cmocka_unit_test(pm4_writes_memory_and_unknown_commands_stop_the_queue),
		cmocka_unit_test(scratch_is_asked_for_and_the_queue_waits),
		cmocka_unit_test(too_little_scratch_stops_the_queue),
		cmocka_unit_test(single_use_scratch_is_given_back),
	};

	return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
