/* SPDX-License-Identifier: MIT */
/*
 * Matrix instructions against a plain triple loop over matrices: the test puts elements where AMD's
 * matrix instruction calculator says they belong, and reads the result back from there. Small
 * integers make every result exact.
 */
#include <math.h>

#include "tests/unit/gcn_valu_wave.h"

enum { V_A = 4, V_B = 8, V_INDEX = 12 };

/* What a mnemonic's name says: v_[s]mf..._<result>_MxNxK[_blocks]<type>. */
struct shape {
	unsigned m, n, k, blocks;
	char a[8], b[8];
	unsigned bits;
	bool wide, integer, sparse;
};

static struct shape shape_of(const char *text)
{
	struct shape s = {.blocks = 1};
	char name[64], *p;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, " "), text);
	s.sparse = !strncmp(name, "v_smfmac", 8);
	p = strchr(name + 2, '_') + 1;
	s.integer = *p == 'i';
	s.wide = !strncmp(p, "f64", 3);
	p = strchr(p, '_') + 1;
	if (sscanf(p, "%ux%ux%u", &s.m, &s.n, &s.k) != 3)
		fail_msg("no shape in '%s'", text);
	p = strrchr(p, 'x') + 1;
	if (strstr(name, "_xf32"))
		p = strstr(name, "_xf32");
	else
		p += strspn(p, "0123456789");
	p += *p == '_';
	snprintf(s.a, sizeof(s.a), "%.*s", (int)strcspn(p, "_"), p);
	p += strcspn(p, "_");
	/* A second type, or _1k, or nothing. */
	snprintf(s.b, sizeof(s.b), "%s", !strcmp(p, "_bf8") || !strcmp(p, "_fp8") ? p + 1 : s.a);
	s.bits = s.wide ? 64 : strstr(s.a, "f32") ? 32 : strstr(s.a, "f16") ? 16 : 8;
	/* Newer names tell the blocks; the older shapes with small K and several blocks are these.
	 */
	if (!strncmp(name, "v_mfma_f64_4x4", 14))
		s.blocks = 4;
	else if (s.m == 4)
		s.blocks = 16;
	else if (!s.sparse && !s.wide &&
		 s.k * s.bits <= (strstr(name, "bf16") && !strstr(name, "_1k") ? 32
					 : s.bits == 16			       ? 64
									       : 32))
		s.blocks = 64 / s.m;
	return s;
}

/* Bits of a small integer in a matrix format. */
static uint64_t encoded(const char *type, bool wide, int v)
{
	float f = (float)v;
	double d = v;
	uint32_t w;
	uint64_t q;

	memcpy(&w, &f, sizeof(w));
	memcpy(&q, &d, sizeof(q));
	if (wide)
		return q;
	if (!strcmp(type, "i8"))
		return (uint8_t)v;
	if (strstr(type, "f32"))
		return w;
	if (!strcmp(type, "bf16"))
		return w >> 16;
	if (v == 0)
		return 0;

	/* f16, fp8 and bf8 from the f32's fields; small integers need no rounding. */
	int mantissa = !strcmp(type, "f16") ? 10 : !strcmp(type, "fp8") ? 3 : 2;
	int bias = !strcmp(type, "f16")	  ? 15
		   : !strcmp(type, "fp8") ? 8
					  : 16,
	    width = mantissa == 10 ? 16 : 8;
	uint32_t exponent = (w >> 23 & 255) - 127 + (uint32_t)bias;

	return (w >> 31) << (width - 1) | exponent << mantissa | (w & 0x7fffff) >> (23 - mantissa);
}

static void put(struct test_wave *t, unsigned v, unsigned lane, unsigned element, unsigned width,
	uint64_t value)
{
	if (width == 64) {
		t->v[v][lane] = (uint32_t)value;
		t->v[v + 1][lane] = (uint32_t)(value >> 32);
		return;
	}
	unsigned at = element * width;

	t->v[v + at / 32][lane] &= ~(uint32_t)(((1ull << width) - 1) << at % 32);
	t->v[v + at / 32][lane] |= (uint32_t)value << at % 32;
}

/* Register (a pair counts as one for f64) and lane of D[i][j] in block b. */
static void output_place(
	const struct shape *s, unsigned i, unsigned j, unsigned b, unsigned *reg, unsigned *lane)
{
	unsigned height = s->wide ? 1 : 4, per_register = 64 / s->n;
	unsigned blocks = (unsigned)ceil(64.0 / (s->n * s->m / height));

	*reg = b * (s->m * s->n / 64) + i / (height * per_register) * height + i % height;
	*lane = b % blocks * s->n + i / height % per_register * blocks * s->n + j;
}

struct matrices {
	int a[16][64][64], b[16][64][64], c[16][64][64]; /* block, then row and column */
};

static int small(uint64_t *state, const char *type)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (int)(*state >> 20 & 7) -
	       (!strcmp(type, "bf8") ? 3 : 4); /* -4..3; bf8 has 2 bits behind the point */
}

struct modifiers {
	unsigned cbsz, abid, blgp;
};

static unsigned blgp_lane(unsigned lane, unsigned blgp)
{
	static const int table[8][4] = {{0, 1, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}, {1, 2, 3, 0},
		{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}};

	return (unsigned)table[blgp][lane / 16] * 16 + lane % 16;
}

static unsigned option(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p ? (unsigned)atoi(p + strlen(name)) : 0;
}

/* Register number and file of operand @which (0: D). */
static unsigned operand_row(const char *text, unsigned which)
{
	const char *p = strchr(text, ' ');

	while (which-- > 0)
		p = strchr(p + 1, ',');
	p += strspn(p, ", ");
	return (unsigned)atoi(p + 1 + (p[1] == '[')) + (*p == 'a' ? TEST_VGPRS : 0);
}

static void check_matrix(const struct valu_words *words)
{
	static struct matrices x;
	static struct test_wave t;
	const struct shape s = shape_of(words->text);
	const struct modifiers mod = {option(words->text, "cbsz:"), option(words->text, "abid:"),
		option(words->text, "blgp:")};
	const unsigned kc = s.sparse ? s.k / 2 : s.k, a_elements = kc * s.m * s.blocks / 64,
		       b_elements = s.k * s.n * s.blocks / 64;
	const unsigned v_d = operand_row(words->text, 0), v_a = operand_row(words->text, 1),
		       v_b = operand_row(words->text, 2);
	const char *c_text = strrchr(words->text, ',') + 2;
	const bool constant = *c_text == '1';
	const unsigned v_c = s.sparse ? v_d : constant ? 0 : operand_row(words->text, 3);
	uint64_t random = 0x9e3779b97f4a7c15;
	unsigned choice[64][64] = {{0}};
	struct gcn_inst in;

	test_wave_init(&t, words->isa);
	t.w.exec = 0; /* matrix instructions ignore it */
	for (unsigned blk = 0; blk < s.blocks; blk++) {
		for (unsigned i = 0; i < s.m; i++)
			for (unsigned k = 0; k < kc; k++) {
				unsigned lane = blk * s.m + k / a_elements * s.m * s.blocks + i;

				x.a[blk][i][k] = small(&random, s.a);
				put(&t, v_a, lane, k % a_elements, s.bits,
					encoded(s.a, s.wide, x.a[blk][i][k]));
			}
		for (unsigned j = 0; j < s.n; j++)
			for (unsigned k = 0; k < s.k; k++) {
				unsigned lane = blk * s.n + k / b_elements * s.n * s.blocks + j;

				x.b[blk][k][j] = small(&random, s.b);
				put(&t, v_b, lane, k % b_elements, s.bits,
					encoded(s.b, s.wide, x.b[blk][k][j]));
			}
		for (unsigned i = 0; i < s.m; i++)
			for (unsigned j = 0; j < s.n; j++) {
				unsigned reg, lane;

				output_place(&s, i, j, blk, &reg, &lane);
				x.c[blk][i][j] = constant ? 1 : small(&random, "f32") * 5;
				if (!constant)
					put(&t, v_c + (s.wide ? 2 * reg : reg), lane, 0,
						s.wide ? 64 : 32,
						s.integer ? (uint32_t)x.c[blk][i][j]
							  : encoded("f32", s.wide, x.c[blk][i][j]));
			}
	}
	/* Of every four along K two are stored: pairs of positions in rising order. */
	for (unsigned i = 0; s.sparse && i < s.m; i++)
		for (unsigned k = 0; k < kc; k += 2) {
			static const unsigned pairs[6][2] = {
				{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}};
			const unsigned *pick = pairs[(i * 7 + k / 2) % 6];
			unsigned set = mod.cbsz ? 0 : mod.abid, lane = k / a_elements * s.m + i;

			for (unsigned e = 0; e < 2; e++) {
				choice[i][k + e] = k * 2 + pick[e];
				t.v[V_INDEX][lane] |=
					pick[e] << 2 * (set * a_elements + k % a_elements + e);
			}
		}
	if (!try_words(&t, words, &in))
		fail_msg("'%s' is not supported", words->text);

	for (unsigned blk = 0; blk < s.blocks; blk++)
		for (unsigned i = 0; i < s.m; i++)
			for (unsigned j = 0; j < s.n; j++) {
				unsigned from =
					mod.cbsz && !s.sparse
						? blk / (1u << mod.cbsz) * (1u << mod.cbsz) +
							  mod.abid
						: blk;
				int want = x.c[blk][i][j];
				unsigned reg, lane;
				uint64_t got;

				for (unsigned k = 0; k < kc; k++) {
					unsigned real = s.sparse ? choice[i][k] : k;
					unsigned b_lane = blgp_lane(
						blk * s.n + real / b_elements * s.n * s.blocks + j,
						mod.blgp);
					/* Which block, row of K and column the other lane holds. */
					unsigned other_blk = b_lane / s.n % s.blocks;
					unsigned other_k = b_lane / (s.n * s.blocks) * b_elements +
							   real % b_elements;

					want += x.a[from][i][k] *
						x.b[other_blk][other_k][b_lane % s.n];
				}
				output_place(&s, i, j, blk, &reg, &lane);
				got = s.wide ? lane64(&t, v_d + 2 * reg, lane)
					     : t.v[v_d + reg][lane];
				if (got !=
					(s.integer ? (uint32_t)want : encoded("f32", s.wide, want)))
					fail_msg("'%s' block %u, D[%u][%u] is %llx, not %d",
						words->text, blk, i, j, (unsigned long long)got,
						want);
			}
}

static void every_matrix_instruction_multiplies_and_adds(void **state)
{
	unsigned count = 0;

	for (size_t n = 0; n < ARRAY_SIZE(extra_words); n++)
		if (strstr(extra_words[n].text, "mfma")) {
			check_matrix(&extra_words[n]);
			count++;
		}
	assert_true(count > 60);
}

static struct test_wave *identity_f16(enum gcn_isa isa, uint32_t a, uint32_t c)
{
	static struct test_wave t;

	/* Every element of A is @a in both halves and B is 1, C is @c. */
	test_wave_init(&t, isa);
	for (unsigned r = 0; r < 2; r++) {
		set_row(&t, V_A + r, a << 16 | a);
		set_row(&t, V_B + r, r == 0 ? 0x3c00 : 0);
	}
	for (unsigned r = 0; r < 4; r++)
		set_row(&t, TEST_VGPRS + r, c);
	return &t;
}

static void f16_matrices_flush_denormals_on_gfx90a_only(void **state)
{
	const struct valu_words *words =
		words_of("v_mfma_f32_4x4x4f16 a[0:3], v[4:5], v[8:9], a[0:3]");
	struct valu_words later = *words;
	struct test_wave *t = identity_f16(GCN_ISA_GFX90A, 1, 0);
	struct gcn_inst in;

	assert_true(try_words(t, words, &in));
	assert_int_equal(t->w.agpr[0][0], 0);
	later.isa = GCN_ISA_GFX942;
	t = identity_f16(GCN_ISA_GFX942, 1, 0);
	assert_true(try_words(t, &later, &in));
	assert_int_equal(t->w.agpr[0][0], 0x33800000); /* 2^-24 */
}

static void xf32_operands_are_rounded_to_ten_bits(void **state)
{
	static struct test_wave t;

	test_wave_init(&t, GCN_ISA_GFX942);
	for (unsigned r = 0; r < 2; r++) {
		set_row(&t, V_A + r, r == 0 ? 0x3f803000 : 0); /* 1 + 1.5 * 2^-10: a tie, to even */
		set_row(&t, V_B + r, r == 0 ? 0x3f800000 : 0);
	}
	run_text(&t, "v_mfma_f32_16x16x8_xf32 a[0:3], v[4:5], v[8:9], a[0:3]");
	assert_int_equal(t.w.agpr[0][0], 0x40804000); /* four times 1 + 2^-9 */
}

static void modifiers_of_other_shapes_are_refused(void **state)
{
	struct gcn_inst in;

	decode_words(words_of("v_mfma_f32_32x32x2f32 a[0:15], v4, v8, a[0:15]"), &in);
	assert_non_null(valu_lookup(&in));
	in.mai_cbsz = 1;
	assert_null(valu_lookup(&in));
	decode_words(words_of("v_mfma_f32_16x16x1f32 a[0:15], v4, v8, a[0:15]"), &in);
	in.mai_cbsz = 1;
	in.mai_abid = 2;
	assert_null(valu_lookup(&in));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_matrix_instruction_multiplies_and_adds),
		cmocka_unit_test(f16_matrices_flush_denormals_on_gfx90a_only),
		cmocka_unit_test(xf32_operands_are_rounded_to_ten_bits),
		cmocka_unit_test(modifiers_of_other_shapes_are_refused),
	};

	return RUN_ON_EVERY_BUILD(tests);
}
