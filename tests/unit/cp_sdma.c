/* SPDX-License-Identifier: MIT */
/* Packets of the copy engine, written as ROCr writes them for gfx9. */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

static void put(struct fake_queue *f, const uint32_t *dw, unsigned n)
{
	for (unsigned i = 0; i < n; i++, f->sdma_put += 4)
		memcpy(f->ring + f->sdma_put % sizeof(f->ring), &dw[i], 4);
}

static uint32_t lo(const volatile void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static uint32_t hi(const volatile void *p)
{
	return (uint32_t)((uintptr_t)p >> 32);
}

static void ring(struct fake_queue *f)
{
	atomic_store((_Atomic uint64_t *)&f->sdma_write, f->sdma_put);
	atomic_store(f->doorbell, f->sdma_put);
}

static void put_copy(struct fake_queue *f, void *to, const void *from, uint32_t bytes)
{
	put(f, (uint32_t[]){1, bytes - 1, 0, lo(from), hi(from), lo(to), hi(to)}, 7);
}

static void put_decrement(struct fake_queue *f, const amd_signal_t *s)
{
	put(f, (uint32_t[]){10 | 47u << 25, lo(&s->value), hi(&s->value), ~0u, ~0u, 0, 0, 0}, 8);
}

static void finish(struct fake_queue *f)
{
	amd_signal_t *s = fake_signal(1);

	put_decrement(f, s);
	ring(f);
	fake_wait(s, 0);
}

static void copies_exactly_the_bytes_asked_for(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	const uint32_t sizes[] = {1, 3, 4, 63, 4096, 4097, 1000003, (1 << 22) + 1};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *from = fake_alloc(sizes[i] + 2), *to = fake_alloc(sizes[i] + 2);
		for (uint32_t k = 0; k < sizes[i] + 2; k++)
			from[k] = (uint8_t)(k * 7 + 1);
		put_copy(f, to + 1, from + 1, sizes[i]);
		finish(f);
		assert_memory_equal(to + 1, from + 1, sizes[i]);
		assert_int_equal(to[0], 0);
		assert_int_equal(to[sizes[i] + 1], 0);
	}
	fake_queue_free(f);
}

static void fills_dwords(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	uint32_t *to = fake_alloc(4 * 1002);

	put(f, (uint32_t[]){11 | 2u << 30, lo(to + 1), hi(to + 1), 0xabcd1234, 4 * 999}, 5);
	finish(f);
	assert_int_equal(to[0], 0);
	for (int i = 1; i <= 1000; i++)
		assert_int_equal(to[i], 0xabcd1234);
	assert_int_equal(to[1001], 0);
	fake_queue_free(f);
}

static void copies_rectangles(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	uint32_t *from = fake_alloc(4 * 16 * 8 * 2), *to = fake_alloc(4 * 32 * 8 * 2);

	for (uint32_t i = 0; i < 16 * 8 * 2; i++)
		from[i] = i + 1;
	/* 5 x 3 x 2 dwords from (2, 1, 0) of pitch 16, slice 128 to (7, 4, 0) of pitch 32, slice
	 * 256 */
	put(f,
		(uint32_t[]){1 | 4 << 8 | 2u << 29, lo(from), hi(from), 2 | 1 << 16, 15u << 13, 127,
			lo(to), hi(to), 7 | 4 << 16, 31u << 13, 255, 4 | 2 << 16, 1},
		13);
	finish(f);
	for (int z = 0; z < 2; z++)
		for (int y = 0; y < 8; y++)
			for (int x = 0; x < 32; x++) {
				bool in = x >= 7 && x < 12 && y >= 4 && y < 7;
				uint32_t want = in ? from[(x - 5) + (y - 3) * 16 + z * 128] : 0;
				assert_int_equal(to[x + y * 32 + z * 256], want);
			}
	fake_queue_free(f);
}

static void polls_until_memory_has_the_value(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	amd_signal_t *dep = fake_signal(1), *s = fake_signal(1);

	put(f,
		(uint32_t[]){8 | 3u << 28 | 1u << 31, lo(&dep->value), hi(&dep->value), 0, ~0u,
			4 | 0xfffu << 16},
		6);
	put_decrement(f, s);
	ring(f);
	usleep(5000); /* nothing else runs: by now the engine would sleep */
	assert_int_equal(s->value, 1);
	atomic_store((_Atomic int64_t *)&dep->value, 0);
	fake_wait(s, 0);
	fake_queue_free(f);
}

static void hdp_flush_does_not_wait(void **state)
{
	struct fake_queue *f = fake_sdma_new();

	put(f, (uint32_t[]){8, 0, 0x80000000, 0, 0, 0}, 6);
	finish(f);
	fake_queue_free(f);
}

static void fence_trap_and_timestamps(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	uint64_t *mailbox = fake_alloc(8), *ts = fake_alloc(64), *from = fake_alloc(500000),
		 *to = fake_alloc(500000);
	uint32_t before = fake_interrupts[21];

	put(f, (uint32_t[]){13 | 2 << 8, lo(&ts[0]), hi(&ts[0])}, 3);
	put_copy(f, to, from, 500000);
	put(f, (uint32_t[]){13 | 2 << 8, lo(&ts[4]), hi(&ts[4])}, 3);
	put(f, (uint32_t[]){5, lo(mailbox), hi(mailbox), 21}, 4);
	put(f, (uint32_t[]){6, 21}, 2);
	ring(f);
	fake_wait_u32(&fake_interrupts[21], before + 1);
	assert_int_equal(*mailbox, 21);
	/* 500000 bytes at 25 bytes/ns are 20 us: 2000 ticks */
	assert_uint_in_range(ts[4] - ts[0], 1999, 2001);
	fake_queue_free(f);
}

static void packets_around_the_end_of_the_ring(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	uint32_t *from = fake_alloc(4), *to = fake_alloc(4);

	for (uint32_t i = 1; i < 600; i++) { /* 15 dwords each: does not divide the ring */
		*from = i;
		put_copy(f, to, from, 4);
		finish(f);
		assert_int_equal(*to, i);
	}
	fake_wait_u64((_Atomic uint64_t *)&f->sdma_read, f->sdma_write);
	assert_int_equal(f->sdma_read, f->sdma_write);
	fake_queue_free(f);
}

static void unknown_packets_stop_the_queue(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	amd_signal_t *s = fake_signal(1);

	put(f, (uint32_t[]){0}, 1);
	put(f, (uint32_t[]){99}, 1);
	put_decrement(f, s);
	ring(f);
	fake_wait_u64((_Atomic uint64_t *)&f->sdma_read, 4);
	fake_rounds();
	assert_int_equal(s->value, 1);
	assert_int_equal(f->sdma_read, 4);
	fake_queue_free(f);
}

static void copies_to_unmapped_memory_fault(void **state)
{
	struct fake_queue *f = fake_sdma_new();
	uint32_t before = fake_faults, *from = fake_alloc(64);

	put_copy(f, (void *)(uintptr_t)0x1000, from, 64);
	ring(f);
	fake_wait_u32(&fake_faults, before + 1);
	assert_int_equal(fake_fault_va, 0x1000);
	fake_queue_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_exactly_the_bytes_asked_for),
		cmocka_unit_test(fills_dwords),
		cmocka_unit_test(copies_rectangles),
		cmocka_unit_test(polls_until_memory_has_the_value),
		cmocka_unit_test(hdp_flush_does_not_wait),
		cmocka_unit_test(fence_trap_and_timestamps),
		cmocka_unit_test(packets_around_the_end_of_the_ring),
		cmocka_unit_test(unknown_packets_stop_the_queue),
		cmocka_unit_test(copies_to_unmapped_memory_fault),
	};

	return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
