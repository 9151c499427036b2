/* SPDX-License-Identifier: MIT */
/*
 * Atomic operations on device and shared memory: 32 and 64 bits, integer, float and double, and
 * locks made of them. Many threads of many blocks meet at one address; sums of small whole numbers
 * are exact whatever the order.
 */
#include "check.h"

#define BLOCKS	20
#define BLOCK	192
#define THREADS (BLOCKS * BLOCK)

struct cells {
	int add, sub, min, max, exchanged;
	unsigned and_bits, or_bits, xor_bits, inc, dec, umin, umax, cas;
	unsigned long long add64, cas64, max64;
	float fadd;
	double dadd;
};

__global__ static void all_operations(struct cells *c, unsigned *old)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	old[i] = atomicAdd((unsigned *)&c->add, 1u);
	atomicSub(&c->sub, 2);
	atomicMin(&c->min, i - 100);
	atomicMax(&c->max, i * 3);
	atomicExch(&c->exchanged, i);
	atomicAnd(&c->and_bits, ~(1u << (i % 31)));
	atomicOr(&c->or_bits, 1u << (i % 29));
	atomicXor(&c->xor_bits, (unsigned)i * 2654435761u);
	atomicInc(&c->inc, 999);
	atomicDec(&c->dec, 777);
	atomicMin(&c->umin, (unsigned)i + 5);
	atomicMax(&c->umax, 0x80000000u + (unsigned)i);
	atomicAdd(&c->add64, 0x100000001ull);
	atomicMax(&c->max64, (unsigned long long)i << 33);
	atomicAdd(&c->fadd, 1.0f);
	atomicAdd(&c->dadd, 0.5);

	unsigned seen = c->cas, before;
	do {
		before = seen;
		seen = atomicCAS(&c->cas, before, before + 3);
	} while (seen != before);
	unsigned long long seen64 = c->cas64, before64;
	do {
		before64 = seen64;
		seen64 = atomicCAS(&c->cas64, before64, before64 + 0x300000003ull);
	} while (seen64 != before64);
}

__global__ static void histogram(const unsigned char *data, unsigned *bins, int count)
{
	__shared__ unsigned local[256];
	for (unsigned i = threadIdx.x; i < 256; i += blockDim.x)
		local[i] = 0;
	__syncthreads();
	for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
		atomicAdd(&local[data[i]], 1u);
	__syncthreads();
	for (unsigned i = threadIdx.x; i < 256; i += blockDim.x)
		atomicAdd(&bins[i], local[i]);
}

__global__ static void shared_operations(unsigned *out)
{
	__shared__ unsigned add, low, high, bits;
	__shared__ unsigned long long wide;
	__shared__ float sum;
	if (threadIdx.x == 0) {
		add = high = bits = 0;
		low = ~0u;
		wide = 0;
		sum = 0;
	}
	__syncthreads();
	atomicAdd(&add, threadIdx.x);
	atomicMin(&low, threadIdx.x + 3);
	atomicMax(&high, threadIdx.x + 3);
	atomicXor(&bits, threadIdx.x * 7);
	atomicAdd(&wide, 0x100000001ull);
	atomicAdd(&sum, 2.0f);
	__syncthreads();
	if (threadIdx.x == 0) {
		out[0] = add;
		out[1] = low;
		out[2] = high;
		out[3] = bits;
		out[4] = (unsigned)wide;
		out[5] = (unsigned)(wide >> 32);
		out[6] = (unsigned)sum;
	}
}

/* One lane of each wave takes the lock, so that no two lanes of a wave wait for each other. */
__global__ static void locked_increment(unsigned *lock, volatile unsigned *value)
{
	if (threadIdx.x % warpSize != 0)
		return;
	while (atomicCAS(lock, 0u, 1u) != 0u)
		;
	__threadfence();
	*value = *value + 1;
	__threadfence();
	atomicExch(lock, 0u);
}

static void every_operation_counts_every_thread(void **state)
{
	std::vector<struct cells> start(1);
	memset((void *)start.data(), 0, sizeof(struct cells));
	start[0].and_bits = start[0].umin = ~0u;
	start[0].exchanged = -1;
	struct cells *c = device_copy_of(start);
	unsigned *old = device_new<unsigned>(THREADS), xored = 0, inc = 0, dec = 0;
	all_operations<<<BLOCKS, BLOCK>>>(c, old);
	launch_ok();
	struct cells got = host_copy_of(c, 1)[0];
	for (unsigned i = 0; i < THREADS; i++) {
		xored ^= i * 2654435761u;
		inc = inc >= 999 ? 0 : inc + 1;
		dec = dec == 0 || dec > 777 ? 777 : dec - 1;
	}
	same(got.add, THREADS);
	same(got.sub, -2 * THREADS);
	same(got.min, -100);
	same(got.max, (THREADS - 1) * 3);
	assert_true(got.exchanged >= 0 && got.exchanged < THREADS);
	same(got.and_bits, 0x80000000u);
	same(got.or_bits, (1u << 29) - 1);
	same(got.xor_bits, xored);
	same(got.inc, inc);
	same(got.dec, dec);
	same(got.umin, 5u);
	same(got.umax, 0x80000000u + THREADS - 1);
	same(got.add64, 0x100000001ull * THREADS);
	same(got.max64, (unsigned long long)(THREADS - 1) << 33);
	same(got.fadd, (float)THREADS);
	same(got.dadd, 0.5 * THREADS);
	same(got.cas, 3u * THREADS);
	same(got.cas64, 0x300000003ull * THREADS);

	/* Every value that was returned is another one. */
	std::vector<unsigned> seen = host_copy_of(old, THREADS);
	std::vector<unsigned> count(THREADS, 0), once(THREADS, 1);
	for (unsigned v : seen) {
		assert_true(v < THREADS);
		count[v]++;
	}
	equal(count.data(), once.data(), THREADS);
	hip_ok(hipFree(c));
	hip_ok(hipFree(old));
}

static void a_histogram_counts_every_byte(void **state)
{
	const int count = 50000;
	std::vector<unsigned char> in(count);
	std::vector<unsigned> want(256, 0), zero(256, 0);
	random64 r(1);
	for (int i = 0; i < count; i++) {
		in[i] = (unsigned char)(r.next() >> 20) & (unsigned char)(r.next() >> 20);
		want[in[i]]++;
	}
	unsigned char *data = device_copy_of(in);
	unsigned *bins = device_copy_of(zero);
	histogram<<<6, 256>>>(data, bins, count);
	launch_ok();
	std::vector<unsigned> got = host_copy_of(bins, 256);
	equal(got.data(), want.data(), 256);
	hip_ok(hipFree(data));
	hip_ok(hipFree(bins));
}

static void shared_memory_has_atomics_too(void **state)
{
	const unsigned n = 512;
	unsigned want[7] = {n * (n - 1) / 2, 3, n + 2, 0, n, n, 2 * n};
	unsigned *p = device_new<unsigned>(7);
	for (unsigned i = 0; i < n; i++)
		want[3] ^= i * 7;
	shared_operations<<<1, n>>>(p);
	launch_ok();
	std::vector<unsigned> got = host_copy_of(p, 7);
	equal(got.data(), want, 7);
	hip_ok(hipFree(p));
}

static void a_lock_excludes_other_waves(void **state)
{
	hipDeviceProp_t p;
	std::vector<unsigned> zero(2, 0);
	unsigned *lock = device_copy_of(zero);
	hip_ok(hipGetDeviceProperties(&p, 0));
	locked_increment<<<16, 256>>>(lock, lock + 1);
	launch_ok();
	same(host_copy_of(lock + 1, 1)[0], 16u * 256 / (unsigned)p.warpSize);
	hip_ok(hipFree(lock));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_counts_every_thread),
		cmocka_unit_test(a_histogram_counts_every_byte),
		cmocka_unit_test(shared_memory_has_atomics_too),
		cmocka_unit_test(a_lock_excludes_other_waves),
	};
	return hip_test_main(tests);
}
