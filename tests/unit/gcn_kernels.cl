/* SPDX-License-Identifier: MIT */
/*
 * Kernels that tests/unit/gcn_kernels.c runs on the compute-unit model and computes again on the host. OpenCL C without any
 * library: what the compiler alone makes of them.
 */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define LX       __builtin_amdgcn_workitem_id_x()
#define LY       __builtin_amdgcn_workitem_id_y()
#define LZ       __builtin_amdgcn_workitem_id_z()
#define GX       __builtin_amdgcn_workgroup_id_x()
#define GY       __builtin_amdgcn_workgroup_id_y()
#define GZ       __builtin_amdgcn_workgroup_id_z()
#define ID(size) (GX * (size) + LX)

static u32 group_size(u32 dim)
{
	return ((constant u16 *)__builtin_amdgcn_dispatch_ptr())[2 + dim];
}

static void barrier_all(void)
{
	__builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
	__builtin_amdgcn_s_barrier();
	__builtin_amdgcn_fence(__ATOMIC_SEQ_CST, "workgroup");
}

kernel void busy_wait(global u64 *out, u64 cycles)
{
	u64 start = __builtin_readcyclecounter(), now = start;

	while (now - start < cycles)
		now = __builtin_readcyclecounter();
	if (LX == 0) {
		out[0] = start;
		out[1] = now;
	}
}

kernel void vector_add(global float *c, global const float *a, global const float *b, u32 n)
{
	u32 i = GX * group_size(0) + LX;

	if (i < n)
		c[i] = a[i] + b[i];
}

kernel void saxpy(global float *y, global const float *x, float a, u32 n)
{
	for (u32 i = ID(64); i < n; i += 128)
		y[i] = __builtin_fmaf(a, x[i], y[i]);
}

kernel void reduce(global float *out, global const float *in)
{
	local float part[256];

	part[LX] = in[ID(256)];
	barrier_all();
	for (u32 s = 128; s; s >>= 1) {
		if (LX < s)
			part[LX] += part[LX + s];
		barrier_all();
	}
	if (LX == 0)
		out[GX] = part[0];
}

kernel void shuffle_reduce(global u32 *out, global const u32 *in)
{
	u32 v = in[ID(64)];

	for (u32 s = 32; s; s >>= 1)
		v += __builtin_amdgcn_ds_bpermute((LX ^ s) * 4, v);
	if (LX == 0)
		__atomic_fetch_add(out, v, __ATOMIC_RELAXED);
}

kernel void matmul(global float *c, global const float *a, global const float *b, u32 n)
{
	u32 x = GX * 16 + LX, y = GY * 16 + LY;
	float sum = 0;

	for (u32 k = 0; k < n; k++)
		sum = __builtin_fmaf(a[y * n + k], b[k * n + x], sum);
	c[y * n + x] = sum;
}

kernel void matmul_tiled(global float *c, global const float *a, global const float *b, u32 n)
{
	local float ta[16][16], tb[16][16];
	u32 x = GX * 16 + LX, y = GY * 16 + LY;
	float sum = 0;

	for (u32 t = 0; t < n; t += 16) {
		ta[LY][LX] = a[y * n + t + LX];
		tb[LY][LX] = b[(t + LY) * n + x];
		barrier_all();
		for (u32 k = 0; k < 16; k++)
			sum = __builtin_fmaf(ta[LY][k], tb[k][LX], sum);
		barrier_all();
	}
	c[y * n + x] = sum;
}

kernel void mandelbrot(global u32 *out, u32 width)
{
	u32 px = GX * 8 + LX, py = GY * 8 + LY, i = 0;
	float cx = (float)px * 0.0625f - 1.5f, cy = (float)py * 0.0625f - 1.0f, x = 0, y = 0;

	for (; i < 100; i++) {
		float xx = x * x, yy = y * y;
		if (xx + yy > 4.0f)
			break;
		y = __builtin_fmaf(2.0f * x, y, cy);
		x = xx - yy + cx;
	}
	out[py * width + px] = i;
}

kernel void float_math(global float *out, global const float *a, global const float *b)
{
	u32 i = ID(64);
	float x = a[i], y = b[i];
	float r = x / y;

	r += __builtin_floorf(x) - __builtin_ceilf(y) + __builtin_truncf(x * y) + __builtin_rintf(x);
	r += __builtin_fminf(x, y) * __builtin_fmaxf(x, y) + __builtin_fabsf(x) - __builtin_copysignf(y, x);
	r += (float)(int)x + (float)(u32)__builtin_fabsf(y) + (float)(u8)i;
	out[i] = r;
}

kernel void double_math(global double *out, global const double *a, global const double *b)
{
	u32 i = ID(64);
	double x = a[i], y = b[i];
	double r = x / y;

	r += __builtin_floor(x) - __builtin_ceil(y) + __builtin_trunc(x * y) + __builtin_rint(x);
	r += __builtin_fmin(x, y) * __builtin_fmax(x, y) + __builtin_fabs(x);
	r += (double)(int)x + (double)(float)y + (double)(long)(x * 1e10) + __builtin_fma(x, y, r);
	out[i] = r;
}

kernel void half_math(global half *out, global const half *a, global const half *b)
{
	u32 i = ID(64);

	out[i] = (a[i] + b[i]) * a[i] - (half)(float)(int)b[i];
}

kernel void histogram(global u32 *out, global const u8 *in, u32 n)
{
	local u32 bins[256];

	bins[LX] = 0;
	barrier_all();
	for (u32 i = LX; i < n; i += 256)
		__atomic_fetch_add(&bins[in[i]], 1, __ATOMIC_RELAXED);
	barrier_all();
	__atomic_fetch_add(&out[LX], bins[LX], __ATOMIC_RELAXED);
}

kernel void xorshift(global u64 *state, u32 rounds)
{
	u64 s = state[ID(64)];

	for (u32 i = 0; i < rounds; i++) {
		s ^= s << 13;
		s ^= s >> 7;
		s ^= s << 17;
	}
	state[ID(64)] = s;
}

kernel void private_array(global u32 *out, global const u32 *in)
{
	u32 a[32];
	u8 bytes[16];

	for (u32 i = 0; i < 32; i++)
		a[i] = in[i] * (LX + 1);
	for (u32 i = 0; i < 16; i++)
		bytes[i] = (u8)(i * LX);
	for (u32 i = 0; i < 32; i++)
		a[in[i] & 31] ^= a[(LX + i) & 31] + bytes[(LX + i) & 15];
	u32 sum = 0;
	for (u32 i = 0; i < 32; i++)
		sum = sum * 31 + a[i];
	out[LX] = sum;
}

__attribute__((noinline)) static u32 ackermann_like(u32 depth, u32 x)
{
	volatile u32 kept = x * 3;

	if (depth == 0)
		return kept + 1;
	u32 r = ackermann_like(depth - 1, x ^ depth) + kept;
	return r * 5;
}

__attribute__((noinline)) static void through_pointer(u32 *p, u32 x)
{
	*p = *p * 7 + x;
}

kernel void calls(global u32 *out, u32 depth)
{
	u32 local_value = LX;

	through_pointer(&local_value, 11);
	out[LX] = ackermann_like(depth, LX) + local_value;
}

kernel void ids(global u32 *out, u32 width, u32 height)
{
	u32 x = GX * group_size(0) + LX, y = GY * group_size(1) + LY, z = GZ * group_size(2) + LZ;

	out[(z * height + y) * width + x] = LX | LY << 8 | LZ << 16 | GX << 24 | GY << 26 | GZ << 28;
}

kernel void integer_math(global u64 *out, global const u64 *a, global const u64 *b)
{
	u32 i = ID(64), c = (u32)a[i], d = (u32)b[i] | 1;
	u64 x = a[i], y = b[i] | 1, r;
	long sx = (long)x, sy = (long)y >> 20 | 1;

	r = x / y + x % (y >> 33 | 1) + (u64)(sx / sy) + (u64)(sx % sy);
	r ^= c / d + c % (d >> 12 | 1) + (u32)((int)c / (int)(d >> 8 | 1));
	r += __builtin_popcountl(x) + __builtin_clz(d) + __builtin_ctzl(y) + __builtin_bitreverse32(c);
	r ^= x * y + ((u64)c * d >> 7) + (u64)((long)(int)c * (int)d);
	r += (x << (y & 63)) ^ (x >> (c & 63)) ^ (u64)(sx >> (d & 63));
	r ^= (c << 7 | c >> 25) + (c > d ? c : d) + (u32)((int)c < (int)d ? (int)c : (int)d);
	out[i] = r;
}

kernel void narrow(global u8 *b, global short *s, global u8 *ob, global u16 *os)
{
	u32 i = ID(64);

	ob[i] = (u8)(b[i] * 3 + (signed char)b[i + 1]);
	os[i] = (u16)(s[i] * 5 - (s[i] >> 3) + (u16)s[i + 1]);
}

struct three {
	u32 a, b, c;
};

kernel void wide(global uint4 *o4, global struct three *o3, global ulong2 *o2, global const uint4 *a)
{
	u32 i = ID(64);
	uint4 v = a[i];

	o4[i] = v.wzyx + (uint4)(1, 2, 3, 4);
	o3[i] = (struct three){v.x, v.y ^ v.z, v.w};
	o2[i] = (ulong2)((u64)v.x * v.y, (u64)v.z << 32 | v.w);
}

kernel void atomics(global u32 *w, global u64 *d, global float *f, global double *g)
{
	u32 v = ID(256);

	__atomic_fetch_add(&w[0], v, __ATOMIC_SEQ_CST);
	__atomic_fetch_or(&w[1], v, __ATOMIC_RELAXED);
	__atomic_fetch_xor(&w[2], v * 7, __ATOMIC_RELAXED);
	__atomic_fetch_and(&w[3], ~(1u << (v & 31)), __ATOMIC_RELAXED);
	__atomic_fetch_max(&w[4], v * 2654435761u, __ATOMIC_RELAXED);
	__atomic_fetch_min((global int *)&w[5], (int)(v * 2654435761u), __ATOMIC_RELAXED);
	__atomic_fetch_add(&d[0], (u64)v << 30, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&d[1], (u64)v << 30, __ATOMIC_RELAXED);
	u32 old = w[6], seen;
	do {
		seen = old;
		__atomic_compare_exchange_n(&w[6], &old, seen + 3, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	} while (old != seen);
	u64 slot = __atomic_fetch_add(&d[2], 1ul, __ATOMIC_RELAXED);
	w[16 + slot] = 1;
	(void)f;
	(void)g;
}

kernel void generic_pointers(global u32 *out, u32 n)
{
	local u32 shared[64];
	u32 own[4] = {1, 2, 3, LX};
	u32 *p[3] = {(u32 *)&shared[LX], &own[LX & 3], (u32 *)&out[64 + LX]};
	u32 sum = 0;

	for (u32 i = 0; i < 3; i++)
		*p[(i + LX) % n] = i * 10 + LX;
	for (u32 i = 0; i < 3; i++)
		sum = sum * 100 + *p[i];
	out[LX] = sum;
}

kernel void collatz(global u32 *out)
{
	u32 n = ID(64) + 1, steps = 0;

	while (n != 1) {
		if (n & 1)
			n = 3 * n + 1;
		else
			n >>= 1;
		steps++;
	}
	switch (steps & 7) {
	case 0: steps += 100; break;
	case 1: steps *= 3; break;
	case 3: steps ^= 0x55; break;
	case 6: steps -= 5; break;
	default: break;
	}
	out[ID(64)] = steps;
}

kernel void vector_index(global u32 *out, global const u32 *which)
{
	uint16 v = (uint16)(LX) * (uint16)(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
	u32 uniform_index = which[0] & 15, own_index = (which[1] + LX) & 15;

	v[uniform_index] += 1000;
	v[own_index] += 5;
	out[LX] = v[(uniform_index + 1) & 15] + v[own_index] * 3 + v[uniform_index];
}

kernel void early_end(global u32 *out)
{
	local u32 shared[4];

	/* Whole waves end before the barrier that the others reach. */
	if (__builtin_amdgcn_readfirstlane(LX) >= 128)
		__asm volatile("s_endpgm");
	if (LX == 64)
		shared[0] = 77;
	barrier_all();
	if (LX < 64)
		out[LX] = shared[0];
}

constant u32 table[8] = {2, 3, 5, 7, 11, 13, 17, 19};
kernel void constants(global u32 *out)
{
	out[LX] = table[LX & 7] * table[(LX >> 3) & 7];
}
