/* SPDX-License-Identifier: MIT */
/*
 * Reciprocals, roots, exponentials, logarithms and trigonometry of the vector ALU. Kernels read
 * operand rows that valu_exec.c fetched and fill the result rows.
 *
 * The hardware is within 1 ULP (0.51 for f16); here every result is computed in a wider format and
 * rounded once, so it is within that bound but not bit-identical with a given GPU. f32 denormals
 * are flushed on the way in and out whatever MODE says, as on hardware. v_rcp_f64, v_rsq_f64 and
 * v_sqrt_f64 are approximations on hardware that a Newton step completes; here they are correctly
 * rounded.
 *
 * Source: AMD CDNA3 ISA document; LLVM AMDGPUUsage, "llvm.log2", "llvm.exp2" (accuracy and
 * denormals).
 */
#include "sim/gcn/valu_half.h"

#define TRANS32(name, e)                                                                           \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict A = l->s[0];                                              \
		uint32_t *restrict D = l->d[0];                                                    \
		LANES                                                                              \
		{                                                                                  \
			const double a = valu_as_f32(A[i]);                                        \
			D[i] = valu_f32_bits((float)(e));                                          \
		}                                                                                  \
	}
#define TRANS16(name, e)                                                                           \
	KERNEL(name)                                                                               \
	{                                                                                          \
		LANES                                                                              \
		{                                                                                  \
			const double a = valu_f16_to_f32(l->s[0][i]);                              \
			l->d[0][i] = valu_f16_result((e), l->mode);                                \
		}                                                                                  \
	}
#define TRANS64(name, e)                                                                           \
	KERNEL(name)                                                                               \
	{                                                                                          \
		const uint32_t *restrict L = l->s[0], *restrict H = l->h[0];                       \
		uint32_t *restrict DL = l->d[0], *restrict DH = l->d[1];                           \
		LANES                                                                              \
		{                                                                                  \
			const double a = valu_as_f64(valu_pair(L[i], H[i]));                       \
			const uint64_t r = valu_f64_bits(e);                                       \
			DL[i] = (uint32_t)r;                                                       \
			DH[i] = (uint32_t)(r >> 32);                                               \
		}                                                                                  \
	}

/* The NaN of an invalid operation is negative and quiet (RDNA ISA documents list it so for sqrt,
 * rsq, log and sin). */
static inline double invalid(void)
{
	return valu_as_f64(0xfff8000000000000ull);
}

/* log2 of a negative number. */
static inline double log2_checked(double a)
{
	return a < 0 ? invalid() : log2(a);
}

/* The argument is in revolutions; beyond 256 of them the result is that of 0. */
static inline double revolutions(double a)
{
	return fabs(a) > 256 ? 0 : a - rint(a);
}

static inline double sine(double a)
{
	if (isinf(a))
		return invalid();
	/* rint leaves exact multiples of a half where sin(pi x) is exactly zero. */
	double r = revolutions(a);

	return fabs(r) == 0.5 ? 0 : sin(r * (2 * M_PI));
}

static inline double cosine(double a)
{
	if (isinf(a))
		return invalid();
	double r = revolutions(a);

	return fabs(r) == 0.25 ? 0 : cos(r * (2 * M_PI));
}

TRANS32(rcp_f32, 1.0 / a)
TRANS32(rsq_f32, 1.0 / sqrt(a))
TRANS32(sqrt_f32, sqrt(a))
TRANS32(exp_f32, exp2(a))
TRANS32(log_f32, log2_checked(a))
TRANS32(sin_f32, sine(a))
TRANS32(cos_f32, cosine(a))

TRANS16(rcp_f16, 1.0 / a)
TRANS16(rsq_f16, 1.0 / sqrt(a))
TRANS16(sqrt_f16, sqrt(a))
TRANS16(exp_f16, exp2(a))
TRANS16(log_f16, log2_checked(a))
TRANS16(sin_f16, sine(a))
TRANS16(cos_f16, cosine(a))

TRANS64(rcp_f64, 1.0 / a)
TRANS64(rsq_f64, 1.0 / sqrt(a))
TRANS64(sqrt_f64, sqrt(a))
