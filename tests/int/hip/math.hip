/* SPDX-License-Identifier: MIT */
/*
 * Floating point on the device: what IEEE 754 fixes must agree with the host bit for bit, and
 * functions of the mathematical library within the error that OpenCL allows them (OpenCL
 * C 3.0, 7.4, full profile).
 */
#include "check.h"
#include <cmath>
#include <float.h>
#include <hip/hip_fp16.h>

/* Without contraction both sides round after every operation. */
#pragma clang fp contract(off)

#define EXACT	  14
#define FUNCTIONS 16

template <typename T> static __host__ __device__ void exact_operations(T a, T b, T c, T *r)
{
	r[0] = a + b;
	r[1] = a - b;
	r[2] = a * b;
	r[3] = a / b;
	r[4] = std::sqrt(std::fabs(a));
	r[5] = std::fma(a, b, c);
	r[6] = std::fmin(a, b);
	r[7] = std::fmax(a, b);
	r[8] = std::floor(a) + std::ceil(b);
	r[9] = std::trunc(a);
	r[10] = std::rint(b);
	r[11] = std::copysign(a, b);
	r[12] = a < b ? a : c;
	r[13] = std::ldexp(a, 5) * (T)0.001;
}

static __host__ __device__ float narrow(double v)
{
	return (float)v;
}

template <typename T> __global__ static void exact_kernel(const T *in, T *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		exact_operations(in[3 * i], in[3 * i + 1], in[3 * i + 2], out + (size_t)i * EXACT);
}

/* Numbers of all sizes whose sums, products and quotients stay normal. */
template <typename T> static std::vector<T> operands(int count)
{
	static const double edges[] = {1, -1, 0.5, 2, 3, -3, 10, 0.1, 1.0 / 3, 1e6, -1e6,
		123456.789, 0.0078125, 1e-3, 7, 2.5, -2.5, 1.5, -0.5, 16777217.0, 4294967296.0};
	const int n = sizeof(edges) / sizeof(edges[0]);
	std::vector<T> v(3 * (size_t)count);
	random64 r(sizeof(T));
	for (int i = 0; i < 3 * count; i++) {
		if (i < 3 * n * n) {
			v[i] = (T)edges[i % 3 == 0 ? i / 3 / n : i % 3 == 1 ? i / 3 % n : i % n];
			continue;
		}
		double m = (double)(r.next() >> 11) / 9007199254740992.0 + 1;
		v[i] = (T)ldexp(r.next() >> 63 ? m : -m, (int)(r.next() >> 32) % 40 - 20);
	}
	return v;
}

template <typename T> static void exact_results(int count)
{
	std::vector<T> in = operands<T>(count);
	T *from = device_copy_of(in), *to = device_new<T>((size_t)count * EXACT);
	exact_kernel<<<(count + 127) / 128, 128>>>(from, to, count);
	launch_ok();
	std::vector<T> got = host_copy_of(to, (size_t)count * EXACT);
	for (int i = 0; i < count; i++) {
		T want[EXACT];
		exact_operations(in[3 * i], in[3 * i + 1], in[3 * i + 2], want);
		for (int j = 0; j < EXACT; j++) {
			T g = got[(size_t)i * EXACT + j];
			if (memcmp(&g, &want[j], sizeof(T)) == 0)
				continue;
			print_error(
				"operation %d of %.17g, %.17g, %.17g: expected %.17g, got %.17g\n",
				j, (double)in[3 * i], (double)in[3 * i + 1], (double)in[3 * i + 2],
				(double)want[j], (double)g);
			fail();
		}
	}
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void float_operations_round_as_ieee_754_says(void **state)
{
	exact_results<float>(1500);
}

static void double_operations_round_as_ieee_754_says(void **state)
{
	exact_results<double>(1500);
}

struct function {
	const char *name;
	double allowed_float, allowed_double; /* units in the last place */
	double low, high;
};

static const struct function functions[FUNCTIONS] = {
	{"sin", 4, 4, -30, 30},
	{"cos", 4, 4, -30, 30},
	{"tan", 5, 5, -1.5, 1.5},
	{"exp", 3, 3, -20, 20},
	{"exp2", 3, 3, -20, 20},
	{"log", 3, 3, 1e-4, 1e5},
	{"log2", 3, 3, 1e-4, 1e5},
	{"log10", 3, 3, 1e-4, 1e5},
	{"pow(x, 1.7)", 16, 16, 1e-3, 1e4},
	{"cbrt", 2, 2, -1e5, 1e5},
	{"atan", 5, 5, -50, 50},
	{"asin", 4, 4, -1, 1},
	{"sinh", 4, 4, -10, 10},
	{"tanh", 5, 5, -10, 10},
	{"erf", 16, 16, -4, 4},
	{"atan2(x, 2)", 6, 6, -50, 50},
};

/* clang-format off */
template <typename T>
static __host__ __device__ void library(T x, int which, T *r)
{
	switch (which) {
	case 0: *r = std::sin(x); break;
	case 1: *r = std::cos(x); break;
	case 2: *r = std::tan(x); break;
	case 3: *r = std::exp(x); break;
	case 4: *r = std::exp2(x); break;
	case 5: *r = std::log(x); break;
	case 6: *r = std::log2(x); break;
	case 7: *r = std::log10(x); break;
	case 8: *r = std::pow(x, (T)1.7); break;
	case 9: *r = std::cbrt(x); break;
	case 10: *r = std::atan(x); break;
	case 11: *r = std::asin(x); break;
	case 12: *r = std::sinh(x); break;
	case 13: *r = std::tanh(x); break;
	case 14: *r = std::erf(x); break;
	default: *r = std::atan2(x, (T)2); break;
	}
}
/* clang-format on */

template <typename T>
__global__ static void library_kernel(const T *in, T *out, int which, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		library(in[i], which, out + i);
}

/* The distance between @got and the exact @want in units in the last place of @want; zeros and tiny
 * results in those of 2^-20. */
static double ulps(double got, long double want, int digits)
{
	long double size = fabsl(want);
	if (size < 0x1p-20L)
		size = 0x1p-20L;
	return (double)(fabsl((long double)got - want) / ldexpl(1, ilogbl(size) - digits + 1));
}

/* clang-format off */
/* What the host makes of an argument, more precise than either type. */
static long double precise(long double x, int which, long double exponent)
{
	switch (which) {
	case 0: return sinl(x);
	case 1: return cosl(x);
	case 2: return tanl(x);
	case 3: return expl(x);
	case 4: return exp2l(x);
	case 5: return logl(x);
	case 6: return log2l(x);
	case 7: return log10l(x);
	case 8: return powl(x, exponent);
	case 9: return cbrtl(x);
	case 10: return atanl(x);
	case 11: return asinl(x);
	case 12: return sinhl(x);
	case 13: return tanhl(x);
	case 14: return erfl(x);
	default: return atan2l(x, 2);
	}
}
/* clang-format on */

template <typename T> static void library_results(int count, int digits)
{
	T *from = device_new<T>(count), *to = device_new<T>(count);
	std::vector<T> in(count);
	for (int f = 0; f < FUNCTIONS; f++) {
		const double allowed =
			sizeof(T) == 4 ? functions[f].allowed_float : functions[f].allowed_double;
		for (int i = 0; i < count; i++)
			in[i] = (T)(functions[f].low +
				    (functions[f].high - functions[f].low) * i / (count - 1));
		hip_ok(hipMemcpy(from, in.data(), count * sizeof(T), hipMemcpyHostToDevice));
		library_kernel<<<(count + 127) / 128, 128>>>(from, to, f, count);
		launch_ok();
		std::vector<T> got = host_copy_of(to, count);
		for (int i = 0; i < count; i++) {
			long double want = precise(in[i], f, (T)1.7);
			double error = ulps((double)got[i], want, digits);
			if (error <= allowed)
				continue;
			print_error("%s(%.17g): expected %.17Lg, got %.17g: %g ulp, %g allowed\n",
				functions[f].name, (double)in[i], want, (double)got[i], error,
				allowed);
			fail();
		}
	}
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

static void float_functions_are_precise(void **state)
{
	library_results<float>(400, FLT_MANT_DIG);
}

static void double_functions_are_precise(void **state)
{
	library_results<double>(400, DBL_MANT_DIG);
}

#define CONVERSIONS 12

static __host__ __device__ void convert(double v, double *r)
{
	float f = narrow(v);
	int n = 0;
	r[n++] = f;
	r[n++] = (int)v;
	r[n++] = (double)(unsigned)fabs(v);
	r[n++] = (double)(long long)(v * 1000);
	r[n++] = (double)(unsigned long long)fabs(v * 100000);
	r[n++] = (int)f;
	r[n++] = (double)(long long)(f * 4096.0f);
	r[n++] = (double)(float)(int)v;
	r[n++] = (double)(float)(unsigned)fabs(v * 3);
	r[n++] = (double)(float)(long long)(v * 123456);
	r[n++] = (short)v;
	r[n++] = (unsigned char)fabs(fmod(v, 256.0));
}

__global__ static void convert_kernel(const double *in, double *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < count)
		convert(in[i], out + i * CONVERSIONS);
}

static void conversions_round_as_on_the_host(void **state)
{
	std::vector<double> in;
	random64 r(77);
	for (int i = 0; i < 600; i++)
		in.push_back(((double)(r.next() >> 11) / 9007199254740992.0 - 0.5) * 60000);
	for (int i = -20; i < 20; i++)
		in.push_back(i * 0.5);
	double *from = device_copy_of(in), *to = device_new<double>(in.size() * CONVERSIONS);
	convert_kernel<<<(in.size() + 63) / 64, 64>>>(from, to, (int)in.size());
	launch_ok();
	std::vector<double> got = host_copy_of(to, in.size() * CONVERSIONS), want(got.size());
	for (size_t i = 0; i < in.size(); i++)
		convert(in[i], &want[i * CONVERSIONS]);
	equal(got.data(), want.data(), got.size());
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

/* Infinities, NaNs and zeros of both signs, as classes: the bits of a NaN are not fixed. */
__global__ static void special_kernel(const float *in, int *out, int count)
{
	int i = threadIdx.x / count, j = threadIdx.x % count;
	float a = in[i], b = in[j];
	float v[4] = {a + b, a * b, a / b, fmaxf(a, b)};
	int classes = 0;
	for (int k = 0; k < 4; k++) {
		int c = isnan(v[k]) ? 1 : isinf(v[k]) ? 2 : v[k] == 0 ? 3 : 4;
		classes = classes * 16 + c + (!isnan(v[k]) && signbit(v[k]) ? 8 : 0);
	}
	out[threadIdx.x] = classes * 16 + (a < b) + 2 * (a == b) + 4 * (a != b) + 8 * (a >= b);
}

static void special_values_behave(void **state)
{
	const int n = 8;
	const std::vector<float> in = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1.0f, -2.0f, 1e-40f};
	float *from = device_copy_of(in);
	int *to = device_new<int>(n * n);
	special_kernel<<<1, n * n>>>(from, to, n);
	launch_ok();
	std::vector<int> got = host_copy_of(to, n * n);
	for (int t = 0; t < n * n; t++) {
		volatile float a = in[t / n], b = in[t % n];
		const float v[4] = {a + b, a * b, a / b, fmaxf(a, b)};
		int classes = 0;
		for (int k = 0; k < 4; k++) {
			int c = std::isnan(v[k]) ? 1 : std::isinf(v[k]) ? 2 : v[k] == 0 ? 3 : 4;
			int sign = !std::isnan(v[k]) && std::signbit(v[k]) ? 8 : 0;
			/* The maximum of two zeros may have either sign. */
			if (k == 3 && c == 3)
				sign = got[t] >> 4 & 8;
			classes = classes * 16 + c + sign;
		}
		same(got[t], classes * 16 + (a < b) + 2 * (a == b) + 4 * (a != b) + 8 * (a >= b));
	}
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

#define HALVES 8

__global__ static void half_kernel(const __half *in, __half *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i >= count)
		return;
	__half a = in[2 * i], b = in[2 * i + 1], *r = out + i * HALVES;
	r[0] = __hadd(a, b);
	r[1] = __hsub(a, b);
	r[2] = __hmul(a, b);
	r[3] = __hneg(b);
	r[4] = __hlt(a, b) ? a : b;
	r[5] = __float2half(__half2float(a) * 0.37f);
	r[6] = __int2half_rn((int)__half2float(b) * 3);
	__half2 pair = __hadd2(__halves2half2(a, b), __halves2half2(b, b));
	r[7] = __high2half(pair);
}

static void half_precision_rounds_once(void **state)
{
	const int count = 500;
	std::vector<__half> in(2 * count), want(count * HALVES);
	random64 r(16);
	for (int i = 0; i < 2 * count; i++)
		in[i] = __float2half(((float)(r.next() >> 40) / 16777216.0f - 0.5f) *
				     (i % 3 == 0 ? 2.0f : 100.0f));
	for (int i = 0; i < count; i++) {
		/* Sums and products of halves are exact enough in float that rounding twice changes
		 * nothing. */
		float a = __half2float(in[2 * i]), b = __half2float(in[2 * i + 1]);
		__half *w = &want[i * HALVES];
		w[0] = __float2half(a + b);
		w[1] = __float2half(a - b);
		w[2] = __float2half(a * b);
		w[3] = __float2half(-b);
		w[4] = a < b ? in[2 * i] : in[2 * i + 1];
		w[5] = __float2half(a * 0.37f);
		w[6] = __float2half((float)((int)b * 3));
		w[7] = __float2half(b + b);
	}
	__half *from = device_copy_of(in), *to = device_new<__half>(want.size());
	half_kernel<<<(count + 63) / 64, 64>>>(from, to, count);
	launch_ok();
	std::vector<__half> got = host_copy_of(to, want.size());
	for (size_t i = 0; i < want.size(); i++) {
		unsigned short g, w;
		memcpy(&g, &got[i], 2);
		memcpy(&w, &want[i], 2);
		if (g != w) {
			print_error("operation %zu of %g and %g: expected %04x, got %04x\n",
				i % HALVES, (double)__half2float(in[i / HALVES * 2]),
				(double)__half2float(in[i / HALVES * 2 + 1]), w, g);
			fail();
		}
	}
	hip_ok(hipFree(from));
	hip_ok(hipFree(to));
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(float_operations_round_as_ieee_754_says),
		cmocka_unit_test(double_operations_round_as_ieee_754_says),
		cmocka_unit_test(float_functions_are_precise),
		cmocka_unit_test(double_functions_are_precise),
		cmocka_unit_test(conversions_round_as_on_the_host),
		cmocka_unit_test(special_values_behave),
		cmocka_unit_test(half_precision_rounds_once),
	};
	return hip_test_main(tests);
}
