/* SPDX-License-Identifier: MIT */
/* Asynchronous copies and fills through the HSA API, with dependencies and profiling. Right on any
 * GPU. */
#include "tests/int/hsa/hsa_common.h"

static void fill(uint8_t *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + seed + (i >> 8));
}

/* host -> device -> device -> host, each copy waiting for the one before */
static void a_chain_of_copies_keeps_the_bytes(void **state)
{
	const size_t sizes[] = {1, 3, 64, 4095, 4097, 65536, 1000001, 9 << 20};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = sizes[i];
		uint8_t *from = gpu_alloc(dev.system, n), *to = gpu_alloc(dev.system, n);
		uint8_t *a = gpu_alloc(dev.vram, n), *b = gpu_alloc(dev.vram, n);
		hsa_signal_t s[3] = {signal_new(1), signal_new(1), signal_new(1)};
		fill(from, n, i);
		memset(to, 0, n);
		OK(hsa_amd_memory_async_copy(a, dev.gpu, from, dev.cpu, n, 0, NULL, s[0]));
		OK(hsa_amd_memory_async_copy(b, dev.gpu, a, dev.gpu, n, 1, &s[0], s[1]));
		OK(hsa_amd_memory_async_copy(to, dev.cpu, b, dev.gpu, n, 1, &s[1], s[2]));
		signal_wait_below(s[2], 1);
		assert_memory_equal(from, to, n);
		for (int k = 0; k < 3; k++)
			hsa_signal_destroy(s[k]);
		hsa_amd_memory_pool_free(from);
		hsa_amd_memory_pool_free(to);
		hsa_amd_memory_pool_free(a);
		hsa_amd_memory_pool_free(b);
	}
}

static void a_copy_waits_for_a_host_signal(void **state)
{
	uint32_t *from = gpu_alloc(dev.system, 4096), *to = gpu_alloc(dev.vram, 4096);
	uint32_t *back = gpu_alloc(dev.system, 4096);
	hsa_signal_t go = signal_new(1), s = signal_new(1), t = signal_new(1);

	memset(from, 1, 4096);
	OK(hsa_amd_memory_async_copy(to, dev.gpu, from, dev.cpu, 4096, 1, &go, s));
	memset(from, 2, 4096); /* what is copied is what is there when the copy may start */
	hsa_signal_store_screlease(go, 0);
	OK(hsa_amd_memory_async_copy(back, dev.cpu, to, dev.gpu, 4096, 1, &s, t));
	signal_wait_below(t, 1);
	assert_int_equal(back[0], 0x02020202);
	assert_int_equal(back[1023], 0x02020202);
	hsa_amd_memory_pool_free(from);
	hsa_amd_memory_pool_free(to);
	hsa_amd_memory_pool_free(back);
	hsa_signal_destroy(go);
	hsa_signal_destroy(s);
	hsa_signal_destroy(t);
}

static void device_memory_is_filled(void **state)
{
	uint32_t *a = gpu_alloc(dev.vram, 4 * 100003), *back = gpu_alloc(dev.system, 4 * 100003);
	hsa_signal_t s = signal_new(1);

	OK(hsa_amd_memory_fill(a, 0x12345678, 100003));
	OK(hsa_amd_memory_async_copy(back, dev.cpu, a, dev.gpu, 4 * 100003, 0, NULL, s));
	signal_wait_below(s, 1);
	for (int i = 0; i < 100003; i++)
		assert_int_equal(back[i], 0x12345678);
	hsa_amd_memory_pool_free(a);
	hsa_amd_memory_pool_free(back);
	hsa_signal_destroy(s);
}

static void registered_host_memory_is_copied(void **state)
{
	size_t n = 300001;
	uint8_t *from = malloc(n), *back = malloc(n), *a = gpu_alloc(dev.vram, n);
	void *gpu_from, *gpu_back;
	hsa_signal_t s = signal_new(1), t = signal_new(1);

	assert_non_null(from);
	assert_non_null(back);
	fill(from, n, 9);
	OK(hsa_amd_memory_lock(from, n, &dev.gpu, 1, &gpu_from));
	OK(hsa_amd_memory_lock(back, n, &dev.gpu, 1, &gpu_back));
	OK(hsa_amd_memory_async_copy(a, dev.gpu, gpu_from, dev.cpu, n, 0, NULL, s));
	OK(hsa_amd_memory_async_copy(gpu_back, dev.cpu, a, dev.gpu, n, 1, &s, t));
	signal_wait_below(t, 1);
	assert_memory_equal(from, back, n);
	OK(hsa_amd_memory_unlock(from));
	OK(hsa_amd_memory_unlock(back));
	hsa_amd_memory_pool_free(a);
	free(from);
	free(back);
	hsa_signal_destroy(s);
	hsa_signal_destroy(t);
}

static void copies_have_times(void **state)
{
	uint8_t *from = gpu_alloc(dev.system, 4 << 20), *a = gpu_alloc(dev.vram, 4 << 20);
	hsa_amd_profiling_async_copy_time_t time;
	hsa_signal_t s = signal_new(1);

	OK(hsa_amd_profiling_async_copy_enable(true));
	OK(hsa_amd_memory_async_copy(a, dev.gpu, from, dev.cpu, 4 << 20, 0, NULL, s));
	signal_wait_below(s, 1);
	OK(hsa_amd_profiling_get_async_copy_time(s, &time));
	assert_true(time.end > time.start);
	OK(hsa_amd_profiling_async_copy_enable(false));
	hsa_amd_memory_pool_free(from);
	hsa_amd_memory_pool_free(a);
	hsa_signal_destroy(s);
}

static void rectangles_are_copied(void **state)
{
	enum { PITCH = 256, ROWS = 40, SLICES = 3 };
	size_t n = (size_t)PITCH * ROWS * SLICES;
	uint8_t *from = gpu_alloc(dev.system, n), *a = gpu_alloc(dev.vram, n),
		*back = gpu_alloc(dev.system, n);
	hsa_signal_t s = signal_new(1), t = signal_new(1);

	fill(from, n, 5);
	memset(back, 0, n);
	hsa_pitched_ptr_t src = {from, PITCH, PITCH * ROWS}, dst = {a, PITCH, PITCH * ROWS};
	hsa_dim3_t src_at = {8, 3, 0}, dst_at = {21, 7, 1}, range = {101, 20, 2};
	OK(hsa_amd_memory_fill(a, 0, n / 4));
	OK(hsa_amd_memory_async_copy_rect(
		&dst, &dst_at, &src, &src_at, &range, dev.gpu, hsaHostToDevice, 0, NULL, s));
	OK(hsa_amd_memory_async_copy(back, dev.cpu, a, dev.gpu, n, 1, &s, t));
	signal_wait_below(t, 1);
	for (size_t z = 0; z < SLICES; z++)
		for (size_t y = 0; y < ROWS; y++)
			for (size_t x = 0; x < PITCH; x++) {
				bool in = x >= 21 && x < 122 && y >= 7 && y < 27 && z >= 1;
				size_t i = (z * ROWS + y) * PITCH + x;
				size_t k = ((z - 1) * ROWS + y - 4) * PITCH + x - 13;
				assert_int_equal(back[i], in ? from[k] : 0);
			}
	hsa_amd_memory_pool_free(from);
	hsa_amd_memory_pool_free(a);
	hsa_amd_memory_pool_free(back);
	hsa_signal_destroy(s);
	hsa_signal_destroy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_of_copies_keeps_the_bytes),
		cmocka_unit_test(a_copy_waits_for_a_host_signal),
		cmocka_unit_test(device_memory_is_filled),
		cmocka_unit_test(registered_host_memory_is_copied),
		cmocka_unit_test(copies_have_times),
		cmocka_unit_test(rectangles_are_copied),
	};

	return cmocka_run_group_tests(tests, gpu_setup, gpu_teardown);
}
