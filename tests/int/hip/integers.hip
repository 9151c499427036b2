/* SPDX-License-Identifier: MIT */
/*
 * Whole numbers of 8 to 64 bits on the device: division, shifts, bit counting, carries, saturation,
 * conversions. Host and device run the same function on the same operands, edge cases first.
 */
#include "check.h"

#define RESULTS 40

static __host__ __device__ int leading_zeros(uint64_t v)
{
	return v ? __builtin_clzll(v) : 64;
}
static __host__ __device__ int trailing_zeros(uint64_t v)
{
	return v ? __builtin_ctzll(v) : 64;
}

static __host__ __device__ void whole_numbers(uint64_t a, uint64_t b, uint64_t *r)
{
	uint32_t x = (uint32_t)a, y = (uint32_t)b;
	int32_t sx = (int32_t)x, sy = (int32_t)y;
	int64_t sa = (int64_t)a, sb = (int64_t)b;
	uint64_t nb = b ? b : 3;
	uint32_t ny = y ? y : 5;
	/* The most negative number by -1 is undefined. */
	int64_t nsb = sb == 0 || sb == -1 ? 7 : sb;
	int32_t nsy = sy == 0 || sy == -1 ? 7 : sy;
	int n = 0;
	r[n++] = a / nb;
	r[n++] = a % nb;
	r[n++] = (uint64_t)(sa / nsb);
	r[n++] = (uint64_t)(sa % nsb);
	r[n++] = x / ny;
	r[n++] = x % ny;
	r[n++] = (uint64_t)(int64_t)(sx / nsy);
	r[n++] = (uint64_t)(int64_t)(sx % nsy);
	r[n++] = a / 10;
	r[n++] = (uint64_t)(sa / 1000000007);
	r[n++] = x / 7u;
	r[n++] = (uint64_t)(int64_t)(sx % 10);
	r[n++] = a * b;
	r[n++] = (uint64_t)((unsigned __int128)a * b >> 64);
	r[n++] = (uint64_t)x * y;
	r[n++] = (uint64_t)((int64_t)sx * sy);
	r[n++] = a + b;
	r[n++] = a - b;
	r[n++] = a << (b & 63);
	r[n++] = a >> (b & 63);
	r[n++] = (uint64_t)(sa >> (b & 63));
	r[n++] = x << (y & 31);
	r[n++] = x >> (y & 31);
	r[n++] = (uint64_t)(int64_t)(sx >> (y & 31));
	r[n++] = (uint64_t)leading_zeros(a);
	r[n++] = (uint64_t)trailing_zeros(a);
	r[n++] = (uint64_t)__builtin_popcountll(a);
	r[n++] = __builtin_bswap64(a);
	r[n++] = (x << 13) | (x >> 19);
	r[n++] = (a < b) | (sa < sb) << 1 | (x < y) << 2 | (sx <= sy) << 3 | (a == b) << 4;
	r[n++] = sa < sb ? a : b;
	r[n++] = x > y ? x : y;
	r[n++] = (uint64_t)(int64_t)(int8_t)a;
	r[n++] = (uint64_t)(int64_t)(int16_t)a;
	r[n++] = (uint8_t)(x + y);
	r[n++] = (uint16_t)(x * y);
	r[n++] = (x >> 7) & 0x1ff;
	r[n++] = (uint64_t)(int64_t)(sx << 9 >> 20);
	r[n++] = (x & y) | (~x & 0xff00ff00u);
	r[n++] = (uint64_t)(sa < 0 ? -(uint64_t)sa : (uint64_t)sa);
}

__global__ static void whole_numbers_kernel(const uint64_t *operands, uint64_t *results, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		whole_numbers(operands[2 * i], operands[2 * i + 1], results + (size_t)i * RESULTS);
}

static void results_are_those_of_the_host(void **state)
{
	static const uint64_t edges[] = {0, 1, 2, 3, 7, 10, 63, 64, 255, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
		0x8000000000000000, 0x8000000000000001, 0xfffffffffffffffe, 0xffffffffffffffff};
	std::vector<uint64_t> operands;
	random64 r(42);
	for (uint64_t a : edges)
		for (uint64_t b : edges) {
			operands.push_back(a);
			operands.push_back(b);
		}
	for (int i = 0; i < 1000; i++) {
		operands.push_back(r.next() >> (r.next() & 63));
		operands.push_back(r.next() >> (r.next() & 63));
	}
	int count = (int)operands.size() / 2;
	uint64_t *from = device_copy_of(operands),
		 *to = device_new<uint64_t>((size_t)count * RESULTS);
	whole_numbers_kernel<<<(count + 127) / 128, 128>>>(from, to, count);
	launch_ok();
	std::vector<uint64_t> got = host_copy_of(to, (size_t)count * RESULTS);
	for (int i = 0; i < count; i++) {
		uint64_t want[RESULTS];
		whole_numbers(operands[2 * i], operands[2 * i + 1], want);
		for (int j = 0; j < RESULTS; j++) {
			if (got[(size_t)i * RESULTS + j] == want[j])
				continue;
			print_error("operation %d of %llx and %llx: expected %llx, got %llx\n", j,
				(unsigned long long)operands[2 * i],
				(unsigned long long)operands[2 * i + 1],
				(unsigned long long)want[j],
				(unsigned long long)got[(size_t)i * RESULTS + j]);
			fail();
		}
	}
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

__global__ static void intrinsics(const unsigned *in, unsigned *out)
{
	unsigned i = threadIdx.x, v = in[i];
	out[i * 8] = (unsigned)__clz((int)v);
	out[i * 8 + 1] = (unsigned)__ffs((int)v);
	out[i * 8 + 2] = (unsigned)__popc(v);
	out[i * 8 + 3] = __brev(v);
	out[i * 8 + 4] = __byte_perm(v, 0x44332211, 0x5140);
	out[i * 8 + 5] = __umulhi(v, 0x9e3779b9u);
	out[i * 8 + 6] = (unsigned)__mulhi((int)v, -77777777);
	out[i * 8 + 7] = __umul24(v, 0x123456) + (unsigned)__mul24((int)v, -3) + __usad(v, 1000, 5);
}

static unsigned reversed(unsigned v)
{
	unsigned r = 0;
	for (int i = 0; i < 32; i++)
		r |= (v >> i & 1) << (31 - i);
	return r;
}

static int signed24(unsigned v)
{
	return (int)(v << 8) >> 8;
}

static void intrinsics_are_as_documented(void **state)
{
	std::vector<unsigned> in(256), want(8 * 256);
	random64 r(5);
	for (unsigned i = 0; i < 256; i++) {
		unsigned v = in[i] = i < 32    ? 1u << i
				     : i == 32 ? 0
					       : (unsigned)(r.next() >> (i % 40));
		want[i * 8] = v ? (unsigned)__builtin_clz(v) : 32;
		want[i * 8 + 1] = (unsigned)__builtin_ffs((int)v);
		want[i * 8 + 2] = (unsigned)__builtin_popcount(v);
		want[i * 8 + 3] = reversed(v);
		/* Bytes 0, 4, 1, 5 of the eight bytes of both operands. */
		want[i * 8 + 4] = (v & 0xff) | 0x11u << 8 | (v >> 8 & 0xff) << 16 | 0x22u << 24;
		want[i * 8 + 5] = (unsigned)((uint64_t)v * 0x9e3779b9u >> 32);
		want[i * 8 + 6] = (unsigned)((int64_t)(int)v * -77777777 >> 32);
		want[i * 8 + 7] = (v & 0xffffff) * 0x123456u + (unsigned)(signed24(v) * -3) +
				  (v > 1000 ? v - 1000 : 1000 - v) + 5;
	}
	unsigned *from = device_copy_of(in), *to = device_new<unsigned>(8 * 256);
	intrinsics<<<1, 256>>>(from, to);
	launch_ok();
	std::vector<unsigned> got = host_copy_of(to, 8 * 256);
	equal(got.data(), want.data(), want.size());
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_those_of_the_host),
		cmocka_unit_test(intrinsics_are_as_documented),
	};
	return hip_test_main(tests);
}
