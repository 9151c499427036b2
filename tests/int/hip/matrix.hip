/* SPDX-License-Identifier: MIT */
/*
 * Matrix instructions of MI200 and MI300 (MFMA) through the compiler's builtins: float, half,
 * bfloat16 and double. Small whole numbers make every product and sum exact. Source of the layouts:
 * AMD's matrix instruction calculator.
 */
#include "check.h"

typedef float float4v __attribute__((ext_vector_type(4)));
typedef float float16v __attribute__((ext_vector_type(16)));
typedef double double4v __attribute__((ext_vector_type(4)));
typedef _Float16 half4v __attribute__((ext_vector_type(4)));
typedef short short4v __attribute__((ext_vector_type(4)));

enum kind { F32_16X16X4, F32_32X32X2, F16_16X16X16, BF16_32X32X8, F64_16X16X4, KINDS };

static const struct shape {
	const char *name;
	int size, depth; /* of D: size x size; A and B: size x depth */
} shapes[KINDS] = {
	{"f32 16x16x4", 16, 4},
	{"f32 32x32x2", 32, 2},
	{"f16 16x16x16", 16, 16},
	{"bf16 32x32x8", 32, 8},
	{"f64 16x16x4", 16, 4},
};

/* Matrix code exists only in compilations for GPUs that have these instructions; elsewhere *ran
 * stays 0. */
__global__ static void multiply(
	int kind, const double *a, const double *b, const double *c, double *d, int *ran)
{
#if defined(__gfx90a__) || defined(__gfx942__)
	const int lane = threadIdx.x;
	if (lane == 0)
		*ran = 1;
	if (kind == F32_16X16X4) {
		float4v v;
		for (int r = 0; r < 4; r++)
			v[r] = (float)c[(4 * (lane / 16) + r) * 16 + lane % 16];
		v = __builtin_amdgcn_mfma_f32_16x16x4f32((float)a[lane % 16 * 4 + lane / 16],
			(float)b[lane / 16 * 16 + lane % 16], v, 0, 0, 0);
		for (int r = 0; r < 4; r++)
			d[(4 * (lane / 16) + r) * 16 + lane % 16] = v[r];
	} else if (kind == F32_32X32X2) {
		float16v v;
		for (int r = 0; r < 16; r++)
			v[r] = (float)c[(8 * (r / 4) + 4 * (lane / 32) + r % 4) * 32 + lane % 32];
		v = __builtin_amdgcn_mfma_f32_32x32x2f32((float)a[lane % 32 * 2 + lane / 32],
			(float)b[lane / 32 * 32 + lane % 32], v, 0, 0, 0);
		for (int r = 0; r < 16; r++)
			d[(8 * (r / 4) + 4 * (lane / 32) + r % 4) * 32 + lane % 32] = v[r];
	} else if (kind == F16_16X16X16) {
		float4v v;
		half4v x, y;
		for (int j = 0; j < 4; j++) {
			x[j] = (_Float16)a[lane % 16 * 16 + 4 * (lane / 16) + j];
			y[j] = (_Float16)b[(4 * (lane / 16) + j) * 16 + lane % 16];
		}
		for (int r = 0; r < 4; r++)
			v[r] = (float)c[(4 * (lane / 16) + r) * 16 + lane % 16];
		v = __builtin_amdgcn_mfma_f32_16x16x16f16(x, y, v, 0, 0, 0);
		for (int r = 0; r < 4; r++)
			d[(4 * (lane / 16) + r) * 16 + lane % 16] = v[r];
	} else if (kind == BF16_32X32X8) {
		float16v v;
		short4v x, y;
		for (int j = 0; j < 4; j++) {
			x[j] = (short)(__float_as_uint(
					       (float)a[lane % 32 * 8 + 4 * (lane / 32) + j]) >>
				       16);
			y[j] = (short)(__float_as_uint(
					       (float)b[(4 * (lane / 32) + j) * 32 + lane % 32]) >>
				       16);
		}
		for (int r = 0; r < 16; r++)
			v[r] = (float)c[(8 * (r / 4) + 4 * (lane / 32) + r % 4) * 32 + lane % 32];
		v = __builtin_amdgcn_mfma_f32_32x32x8bf16_1k(x, y, v, 0, 0, 0);
		for (int r = 0; r < 16; r++)
			d[(8 * (r / 4) + 4 * (lane / 32) + r % 4) * 32 + lane % 32] = v[r];
	} else {
		double4v v;
		for (int r = 0; r < 4; r++)
			v[r] = c[(4 * r + lane / 16) * 16 + lane % 16];
		v = __builtin_amdgcn_mfma_f64_16x16x4f64(
			a[lane % 16 * 4 + lane / 16], b[lane / 16 * 16 + lane % 16], v, 0, 0, 0);
		for (int r = 0; r < 4; r++)
			d[(4 * r + lane / 16) * 16 + lane % 16] = v[r];
	}
#endif
}

static void product_is_exact(enum kind kind)
{
	const int n = shapes[kind].size, depth = shapes[kind].depth;
	std::vector<double> a(n * depth), b(depth * n), c(n * n), want;
	std::vector<int> zero(1, 0);
	random64 r(kind);
	for (double &v : a)
		v = (double)(r.next() % 21) - 10;
	for (double &v : b)
		v = (double)(r.next() % 31) - 15;
	for (double &v : c)
		v = (double)(r.next() % 1001) - 500;
	want = c;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++)
			for (int k = 0; k < depth; k++)
				want[i * n + j] += a[i * depth + k] * b[k * n + j];
	double *da = device_copy_of(a), *db = device_copy_of(b), *dc = device_copy_of(c);
	double *dd = device_new<double>(n * n);
	int *ran = device_copy_of(zero);
	multiply<<<1, 64>>>((int)kind, da, db, dc, dd, ran);
	launch_ok();
	hip_ok(hipDeviceSynchronize());
	if (host_copy_of(ran, 1)[0] == 0) {
		print_message("this GPU has no such matrix instructions\n");
		skip();
	}
	std::vector<double> got = host_copy_of(dd, n * n);
	print_message("%s\n", shapes[kind].name);
	equal(got.data(), want.data(), n * n);
	hip_ok(hipFree(da));
	hip_ok(hipFree(db));
	hip_ok(hipFree(dc));
	hip_ok(hipFree(dd));
	hip_ok(hipFree(ran));
}

static void float_matrices_multiply(void **state)
{
	product_is_exact(F32_16X16X4);
	product_is_exact(F32_32X32X2);
}

static void half_matrices_multiply(void **state)
{
	product_is_exact(F16_16X16X16);
}

static void bfloat16_matrices_multiply(void **state)
{
	product_is_exact(BF16_32X32X8);
}

static void double_matrices_multiply(void **state)
{
	product_is_exact(F64_16X16X4);
}

int main()
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(float_matrices_multiply),
		cmocka_unit_test(half_matrices_multiply),
		cmocka_unit_test(bfloat16_matrices_multiply),
		cmocka_unit_test(double_matrices_multiply),
	};
	return hip_test_main(tests);
}
