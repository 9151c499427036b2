/* SPDX-License-Identifier: MIT */
/*
 * Exchange between the lanes of a wave: shuffles, ballots and votes, with all lanes and with some
 * of them off. The wave size is asked from the device; the host computes the same.
 */
#include "check.h"

#define BLOCK 256

struct results {
	int idx[BLOCK], up[BLOCK], down[BLOCK], bfly[BLOCK], narrow[BLOCK], wrapped[BLOCK];
	float ffly[BLOCK];
	double dfly[BLOCK];
	long long lfly[BLOCK];
};

__global__ static void shuffle_all(struct results *r, int seed)
{
	int i = threadIdx.x, v = i * 7 + seed;
	r->idx[i] = __shfl(v, 5);
	r->up[i] = __shfl_up(v, 3);
	r->down[i] = __shfl_down(v, 9);
	r->bfly[i] = __shfl_xor(v, 17);
	r->narrow[i] = __shfl(v, 2, 8);
	r->wrapped[i] = __shfl(v, i * 11);
	r->ffly[i] = __shfl_xor((float)v * 0.5f, 1);
	r->dfly[i] = __shfl_xor((double)v * 0.25, 2);
	r->lfly[i] = __shfl_xor((long long)v << 32 | 5, 4);
}

__global__ static void ballots(unsigned long long *masks, int *any_all)
{
	int i = threadIdx.x;
	masks[i] = __ballot(i % 3 == 0);
	any_all[i] = (__any(i == 70) ? 1 : 0) + (__all(i < 128) ? 10 : 0);
	if (i % 5 == 1)
		masks[BLOCK + i] = __ballot(i % 2 == 0);
	else
		masks[BLOCK + i] = 0;
}

__global__ static void wave_sums(const int *in, int *sums)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x, v = in[i];
	for (int offset = warpSize / 2; offset > 0; offset /= 2)
		v += __shfl_down(v, offset);
	if (i % warpSize == 0)
		atomicAdd(sums, v);
}

__global__ static void lane_facts(int *lane, int *bits, unsigned long long *below)
{
	int i = threadIdx.x;
	lane[i] = __lane_id();
	bits[i] = __popcll(__ballot(1));
	below[i] = __lanemask_lt();
}

/* Lanes leave a loop one after another; the last ones still see each other. */
__global__ static void diverge(int *turns, int *left)
{
	int i = threadIdx.x, n = 0, alive = 0;
	while (n < i % 13) {
		n++;
		alive = __popcll(__ballot(1));
	}
	turns[i] = n;
	left[i] = alive;
}

static int wave_size(void)
{
	int v = 0;
	hip_ok(hipDeviceGetAttribute(&v, hipDeviceAttributeWarpSize, 0));
	return v;
}

static void shuffles_fetch_from_the_right_lane(void **state)
{
	const int w = wave_size(), seed = 3;
	struct results *p = device_new<struct results>(1);
	shuffle_all<<<1, BLOCK>>>(p, seed);
	launch_ok();
	std::vector<struct results> g = host_copy_of(p, 1);
	for (int i = 0; i < BLOCK; i++) {
		int base = i / w * w, lane = i % w;
#define VALUE(l) ((base + (l)) * 7 + seed)
		same(g[0].idx[i], VALUE(5));
		same(g[0].up[i], VALUE(lane >= 3 ? lane - 3 : lane));
		same(g[0].down[i], VALUE(lane + 9 < w ? lane + 9 : lane));
		same(g[0].bfly[i], VALUE(lane ^ 17));
		same(g[0].narrow[i], VALUE(lane / 8 * 8 + 2));
		same(g[0].wrapped[i], VALUE(i * 11 % w));
		same(g[0].ffly[i], (float)VALUE(lane ^ 1) * 0.5f);
		same(g[0].dfly[i], (double)VALUE(lane ^ 2) * 0.25);
		same(g[0].lfly[i], (long long)VALUE(lane ^ 4) << 32 | 5);
#undef VALUE
	}
	hip_ok(hipFree(p));
}

static void ballots_hold_the_bits_of_active_lanes(void **state)
{
	const int w = wave_size();
	unsigned long long *masks = device_new<unsigned long long>(2 * BLOCK);
	int *any_all = device_new<int>(BLOCK);
	ballots<<<1, BLOCK>>>(masks, any_all);
	launch_ok();
	std::vector<unsigned long long> m = host_copy_of(masks, 2 * BLOCK);
	std::vector<int> a = host_copy_of(any_all, BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		int base = i / w * w;
		unsigned long long want = 0, some = 0;
		for (int l = 0; l < w; l++) {
			if ((base + l) % 3 == 0)
				want |= 1ull << l;
			if ((base + l) % 5 == 1 && (base + l) % 2 == 0)
				some |= 1ull << l;
		}
		same(m[i], want);
		same(m[BLOCK + i], i % 5 == 1 ? some : 0ull);
		same(a[i], (base <= 70 && 70 < base + w ? 1 : 0) + (base < 128 ? 10 : 0));
	}
	hip_ok(hipFree(masks));
	hip_ok(hipFree(any_all));
}

static void waves_reduce_by_shuffling(void **state)
{
	const int count = BLOCK * 20;
	std::vector<int> in(count), zero(1, 0);
	int want = 0;
	for (int i = 0; i < count; i++)
		in[i] = i * 17 % 1001, want += in[i];
	int *from = device_copy_of(in), *sum = device_copy_of(zero);
	wave_sums<<<20, BLOCK>>>(from, sum);
	launch_ok();
	same(host_copy_of(sum, 1)[0], want);
	hip_ok(hipFree(from));
	hip_ok(hipFree(sum));
}

static void lanes_know_their_place(void **state)
{
	const int w = wave_size(), threads = 150;
	int *lane = device_new<int>(threads), *bits = device_new<int>(threads);
	unsigned long long *below = device_new<unsigned long long>(threads);
	lane_facts<<<1, threads>>>(lane, bits, below);
	launch_ok();
	std::vector<int> l = host_copy_of(lane, threads), b = host_copy_of(bits, threads);
	std::vector<unsigned long long> lt = host_copy_of(below, threads);
	for (int i = 0; i < threads; i++) {
		int in_wave = threads - i / w * w;
		same(l[i], i % w);
		same(b[i], in_wave < w ? in_wave : w);
		same(lt[i], (1ull << (i % w)) - 1);
	}
	hip_ok(hipFree(lane));
	hip_ok(hipFree(bits));
	hip_ok(hipFree(below));
}

static void lanes_that_leave_a_loop_are_off(void **state)
{
	const int w = wave_size();
	int *turns = device_new<int>(BLOCK), *left = device_new<int>(BLOCK);
	diverge<<<1, BLOCK>>>(turns, left);
	launch_ok();
	std::vector<int> t = host_copy_of(turns, BLOCK), l = host_copy_of(left, BLOCK);
	for (int i = 0; i < BLOCK; i++) {
		int base = i / w * w, alive = 0;
		for (int j = base; j < base + w; j++)
			alive += j % 13 >= i % 13;
		same(t[i], i % 13);
		same(l[i], i % 13 ? alive : 0);
	}
	hip_ok(hipFree(turns));
	hip_ok(hipFree(left));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shuffles_fetch_from_the_right_lane),
		cmocka_unit_test(ballots_hold_the_bits_of_active_lanes),
		cmocka_unit_test(waves_reduce_by_shuffling),
		cmocka_unit_test(lanes_know_their_place),
		cmocka_unit_test(lanes_that_leave_a_loop_are_off),
	};
	return hip_test_main(tests);
}
