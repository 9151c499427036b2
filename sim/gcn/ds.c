/* SPDX-License-Identifier: MIT */
/*
 * DS instructions: the local data share, and the exchanges between lanes that use its crossbar. Reads and writes the group's LDS
 * and the wave's vector registers. The global data share is not modelled; global wave sync is in gws.c.
 *
 * Source: AMD "Vega" 7nm and "Instinct MI200" ISA documents, chapter "Data Share Operations" and the DS instruction table.
 */
#include <string.h>

#include "sim/gcn/gws.h"
#include "sim/gcn/vmem.h"

#define EXEC_FN(name) static int name(struct gcn_wave *w, const struct gcn_inst *in)
#define FOR_EACH_LANE(w, lane)                                                                     \
	for (uint64_t left_ = (w)->exec, lane = left_ ? (uint64_t)__builtin_ctzll(left_) : 0; left_;   \
		left_ &= left_ - 1, lane = left_ ? (uint64_t)__builtin_ctzll(left_) : 0)

enum half { WHOLE, LOW, HIGH };

struct operation {
	gcn_exec_fn exec;
	uint8_t bytes; /* of one element */
	bool is_signed;
	uint8_t half;
	uint8_t stride; /* two-address forms: what an offset counts, in elements */
	bool returns;
	uint8_t atomic; /* enum gcn_atomic */
};

static const struct operation operations[GCN_OP_COUNT];

static uint64_t row_value(uint32_t (*rows)[GCN_WAVE_LANES], uint64_t lane, unsigned bytes)
{
	return bytes == 8 ? rows[0][lane] | (uint64_t)rows[1][lane] << 32 : rows[0][lane];
}

static void row_set(uint32_t (*rows)[GCN_WAVE_LANES], uint64_t lane, unsigned bytes, uint64_t value)
{
	rows[0][lane] = (uint32_t)value;
	if (bytes == 8)
		rows[1][lane] = (uint32_t)(value >> 32);
}

static uint32_t address(const struct gcn_wave *w, const struct gcn_inst *in, uint64_t lane)
{
	return gcn_rows(w, in->addr)[0][lane] + (uint32_t)in->imm;
}

static inline __attribute__((always_inline)) int read_dwords(struct gcn_wave *w, const struct gcn_inst *in,
	unsigned dwords)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);

	FOR_EACH_LANE(w, lane)
	{
		const uint8_t *p = gcn_lds_at(w, in, address(w, in, lane), dwords * 4);

		if (!p)
			return -1;
		for (unsigned i = 0; i < dwords; i++)
			memcpy(&rows[i][lane], p + 4 * i, 4);
	}
	return 0;
}

EXEC_FN(x_read)
{
	const struct operation *o = &operations[in->op];
	uint32_t *row = gcn_rows(w, in->dst)[0];

	if (o->bytes == 4)
		return read_dwords(w, in, 1);
	if (o->bytes > 4)
		return read_dwords(w, in, o->bytes / 4u);
	FOR_EACH_LANE(w, lane)
	{
		const uint8_t *p = gcn_lds_at(w, in, address(w, in, lane), o->bytes);
		uint32_t value;

		if (!p)
			return -1;
		value = o->bytes == 1 ? p[0] : p[0] | (uint32_t)p[1] << 8;
		if (o->is_signed)
			value = o->bytes == 1 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
		if (o->half == LOW)
			value = (row[lane] & 0xffff0000) | (value & 0xffff);
		else if (o->half == HIGH)
			value = (row[lane] & 0xffff) | value << 16;
		row[lane] = value;
	}
	return 0;
}

EXEC_FN(x_write)
{
	const struct operation *o = &operations[in->op];
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->data);

	FOR_EACH_LANE(w, lane)
	{
		uint8_t *p = gcn_lds_at(w, in, address(w, in, lane), o->bytes);
		uint32_t value = rows[0][lane] >> (o->half == HIGH ? 16 : 0);

		if (!p)
			return -1;
		if (o->bytes < 4) {
			memcpy(p, &value, o->bytes);
			continue;
		}
		for (unsigned i = 0; i < o->bytes / 4u; i++)
			memcpy(p + 4 * i, &rows[i][lane], 4);
	}
	return 0;
}

/* The two addresses of a two-address form. The offsets count elements, or 64 of them. */
static inline bool two_places(struct gcn_wave *w, const struct gcn_inst *in, uint64_t lane, uint8_t *p[2])
{
	const struct operation *o = &operations[in->op];
	uint32_t base = gcn_rows(w, in->addr)[0][lane], unit = (uint32_t)o->bytes * o->stride;

	p[0] = gcn_lds_at(w, in, base + in->offset0 * unit, o->bytes);
	p[1] = p[0] ? gcn_lds_at(w, in, base + in->offset1 * unit, o->bytes) : NULL;
	return p[1] != NULL;
}

static inline __attribute__((always_inline)) int read_two(struct gcn_wave *w, const struct gcn_inst *in,
	unsigned dwords)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);

	FOR_EACH_LANE(w, lane)
	{
		uint8_t *p[2];

		if (!two_places(w, in, lane, p))
			return -1;
		for (unsigned i = 0; i < 2 * dwords; i++)
			memcpy(&rows[i][lane], p[i / dwords] + 4 * (i % dwords), 4);
	}
	return 0;
}

EXEC_FN(x_read2)
{
	return operations[in->op].bytes == 4 ? read_two(w, in, 1) : read_two(w, in, 2);
}

EXEC_FN(x_write2)
{
	unsigned bytes = operations[in->op].bytes;
	uint32_t(*rows[2])[GCN_WAVE_LANES] = {gcn_rows(w, in->data), gcn_rows(w, in->data2)};

	FOR_EACH_LANE(w, lane)
	{
		uint8_t *p[2];

		if (!two_places(w, in, lane, p))
			return -1;
		for (unsigned i = 0; i < 2; i++) {
			uint64_t value = row_value(rows[i], lane, bytes);

			memcpy(p[i], &value, bytes);
		}
	}
	return 0;
}

EXEC_FN(x_exchange2)
{
	unsigned bytes = operations[in->op].bytes;
	uint32_t(*rows[2])[GCN_WAVE_LANES] = {gcn_rows(w, in->data), gcn_rows(w, in->data2)};
	uint32_t(*result)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);

	FOR_EACH_LANE(w, lane)
	{
		uint64_t old[2] = {0, 0};
		uint8_t *p[2];

		if (!two_places(w, in, lane, p))
			return -1;
		for (unsigned i = 0; i < 2; i++) {
			uint64_t value = row_value(rows[i], lane, bytes);

			memcpy(&old[i], p[i], bytes);
			memcpy(p[i], &value, bytes);
		}
		row_set(result, lane, bytes, old[0]);
		row_set(result + bytes / 4, lane, bytes, old[1]);
	}
	return 0;
}

EXEC_FN(x_atomic)
{
	const struct operation *o = &operations[in->op];
	uint32_t(*data)[GCN_WAVE_LANES] = gcn_rows(w, in->data);
	uint32_t(*data2)[GCN_WAVE_LANES] = gcn_rows(w, in->data2);

	FOR_EACH_LANE(w, lane)
	{
		uint8_t *p = gcn_lds_at(w, in, address(w, in, lane), o->bytes);
		uint64_t a = row_value(data, lane, o->bytes), b = row_value(data2, lane, o->bytes);
		uint64_t old = 0, new;

		if (!p)
			return -1;
		memcpy(&old, p, o->bytes);
		/* Compare-and-store has the comparison first, unlike the atomics of global memory. */
		if (o->atomic == GCN_ATOMIC_CMPSWAP || o->atomic == GCN_ATOMIC_CMPSWAP_F)
			new = gcn_atomic_apply((enum gcn_atomic)o->atomic, o->bytes, old, b, a, w->mode);
		else
			new = gcn_atomic_apply((enum gcn_atomic)o->atomic, o->bytes, old, a, b, w->mode);
		memcpy(p, &new, o->bytes);
		if (o->returns)
			row_set(gcn_rows(w, in->dst), lane, o->bytes, old);
	}
	return 0;
}

static uint32_t addtid_address(const struct gcn_wave *w, const struct gcn_inst *in, uint64_t lane)
{
	return (w->m0 & 0xffff) + (uint32_t)in->imm + (uint32_t)lane * 4;
}

EXEC_FN(x_read_addtid)
{
	FOR_EACH_LANE(w, lane)
	{
		const uint8_t *p = gcn_lds_at(w, in, addtid_address(w, in, lane), 4);

		if (!p)
			return -1;
		memcpy(&gcn_rows(w, in->dst)[0][lane], p, 4);
	}
	return 0;
}

EXEC_FN(x_write_addtid)
{
	FOR_EACH_LANE(w, lane)
	{
		uint8_t *p = gcn_lds_at(w, in, addtid_address(w, in, lane), 4);

		if (!p)
			return -1;
		memcpy(p, &gcn_rows(w, in->data)[0][lane], 4);
	}
	return 0;
}

/* One counter for the whole wave, moved by the number of active lanes; every lane receives its old value. */
static int count(struct gcn_wave *w, const struct gcn_inst *in, int sign)
{
	uint8_t *p = gcn_lds_at(w, in, (w->m0 & 0xffff) + (uint32_t)in->imm, 4);
	uint32_t old, new;

	if (!p)
		return -1;
	memcpy(&old, p, 4);
	new = old + (uint32_t)(sign * __builtin_popcountll(w->exec));
	memcpy(p, &new, 4);
	FOR_EACH_LANE(w, lane)
	gcn_rows(w, in->dst)[0][lane] = old;
	return 0;
}

EXEC_FN(x_append)
{
	return count(w, in, 1);
}

EXEC_FN(x_consume)
{
	return count(w, in, -1);
}

static void write_active(struct gcn_wave *w, const struct gcn_inst *in, const uint32_t *values)
{
	uint32_t *row = gcn_rows(w, in->dst)[0];

	FOR_EACH_LANE(w, lane)
	row[lane] = values[lane];
}

/* Push: each active lane names the lane that receives its value; the highest of several wins. */
EXEC_FN(x_permute)
{
	const uint32_t *data = gcn_rows(w, in->data)[0];
	uint32_t values[GCN_WAVE_LANES] = {0};

	FOR_EACH_LANE(w, lane)
	values[address(w, in, lane) / 4 % GCN_WAVE_LANES] = data[lane];
	write_active(w, in, values);
	return 0;
}

/* Pull: each active lane names the lane it reads, 0 if that one is inactive. */
EXEC_FN(x_bpermute)
{
	const uint32_t *data = gcn_rows(w, in->data)[0];
	uint32_t values[GCN_WAVE_LANES] = {0};

	FOR_EACH_LANE(w, lane)
	{
		unsigned source = address(w, in, lane) / 4 % GCN_WAVE_LANES;

		values[lane] = w->exec >> source & 1 ? data[source] : 0;
	}
	write_active(w, in, values);
	return 0;
}

/* The lane that lane @i reads in the pattern that a swizzle's offset encodes. */
static unsigned swizzle_source(uint32_t pattern, unsigned i)
{
	unsigned low = i & 31, high = i & 32, mask = pattern & 31;

	if (pattern >= 0xe000) { /* FFT */
		unsigned reversed = 0;

		for (unsigned bit = 0; bit < 5; bit++)
			reversed |= (low >> bit & 1) << (4 - bit);
		return high | reversed >> __builtin_popcount(mask) | (low & mask);
	}
	if (pattern >= 0xc000) { /* rotate */
		unsigned by = pattern >> 5 & 31;

		if (pattern >> 10 & 1)
			by = 32 - by;
		return high | (low & mask) | ((low + by) & 31 & ~mask);
	}
	if (pattern & 0x8000) /* any order within four */
		return (i & ~3u) | (pattern >> (2 * (i & 3)) & 3);
	return high | (((low & mask) | (pattern >> 5 & 31)) ^ (pattern >> 10 & 31));
}

EXEC_FN(x_swizzle)
{
	const uint32_t *data = gcn_rows(w, in->addr)[0];
	uint32_t values[GCN_WAVE_LANES];

	for (unsigned i = 0; i < GCN_WAVE_LANES; i++) {
		unsigned source = swizzle_source((uint32_t)in->imm, i);

		values[i] = w->exec >> source & 1 ? data[source] : 0;
	}
	write_active(w, in, values);
	return 0;
}

EXEC_FN(x_nothing)
{
	(void)w;
	(void)in;
	return 0;
}

#define READ(name, size, ...)  [GCN_DS_READ_##name] = {.exec = x_read, .bytes = size, __VA_ARGS__}
#define WRITE(name, size, ...) [GCN_DS_WRITE_##name] = {.exec = x_write, .bytes = size, __VA_ARGS__}
#define TWO(name, handler, size, distance)                                                         \
	[GCN_DS_##name] = {.exec = handler, .bytes = size, .stride = distance}
#define PLAIN(name, suffix, size, op)                                                              \
	[GCN_DS_##name##_##suffix] = {.exec = x_atomic, .bytes = size, .atomic = GCN_ATOMIC_##op}
#define RTN(name, suffix, size, op)                                                                \
	[GCN_DS_##name##_RTN_##suffix] = {                                                         \
		.exec = x_atomic, .bytes = size, .returns = true, .atomic = GCN_ATOMIC_##op}
#define ATOMIC(name, suffix, size, op) PLAIN(name, suffix, size, op), RTN(name, suffix, size, op)

static const struct operation operations[GCN_OP_COUNT] = {
	READ(U8, 1), READ(I8, 1, .is_signed = true), READ(U16, 2), READ(I16, 2, .is_signed = true),
	READ(B32, 4), READ(B64, 8), READ(B96, 12), READ(B128, 16),
	READ(U8_D16, 1, .half = LOW), READ(U8_D16_HI, 1, .half = HIGH),
	READ(I8_D16, 1, .is_signed = true, .half = LOW), READ(I8_D16_HI, 1, .is_signed = true, .half = HIGH),
	READ(U16_D16, 2, .half = LOW), READ(U16_D16_HI, 2, .half = HIGH),
	WRITE(B8, 1), WRITE(B16, 2), WRITE(B8_D16_HI, 1, .half = HIGH), WRITE(B16_D16_HI, 2, .half = HIGH),
	WRITE(B32, 4), WRITE(B64, 8), WRITE(B96, 12), WRITE(B128, 16),
	TWO(READ2_B32, x_read2, 4, 1), TWO(READ2_B64, x_read2, 8, 1),
	TWO(READ2ST64_B32, x_read2, 4, 64), TWO(READ2ST64_B64, x_read2, 8, 64),
	TWO(WRITE2_B32, x_write2, 4, 1), TWO(WRITE2_B64, x_write2, 8, 1),
	TWO(WRITE2ST64_B32, x_write2, 4, 64), TWO(WRITE2ST64_B64, x_write2, 8, 64),
	TWO(WRXCHG2_RTN_B32, x_exchange2, 4, 1), TWO(WRXCHG2_RTN_B64, x_exchange2, 8, 1),
	TWO(WRXCHG2ST64_RTN_B32, x_exchange2, 4, 64), TWO(WRXCHG2ST64_RTN_B64, x_exchange2, 8, 64),
	ATOMIC(ADD, U32, 4, ADD), ATOMIC(ADD, U64, 8, ADD), ATOMIC(SUB, U32, 4, SUB), ATOMIC(SUB, U64, 8, SUB),
	ATOMIC(RSUB, U32, 4, RSUB), ATOMIC(RSUB, U64, 8, RSUB),
	ATOMIC(INC, U32, 4, INC), ATOMIC(INC, U64, 8, INC), ATOMIC(DEC, U32, 4, DEC), ATOMIC(DEC, U64, 8, DEC),
	ATOMIC(MIN, I32, 4, SMIN), ATOMIC(MIN, I64, 8, SMIN), ATOMIC(MIN, U32, 4, UMIN), ATOMIC(MIN, U64, 8, UMIN),
	ATOMIC(MAX, I32, 4, SMAX), ATOMIC(MAX, I64, 8, SMAX), ATOMIC(MAX, U32, 4, UMAX), ATOMIC(MAX, U64, 8, UMAX),
	ATOMIC(AND, B32, 4, AND), ATOMIC(AND, B64, 8, AND), ATOMIC(OR, B32, 4, OR), ATOMIC(OR, B64, 8, OR),
	ATOMIC(XOR, B32, 4, XOR), ATOMIC(XOR, B64, 8, XOR),
	ATOMIC(MSKOR, B32, 4, MSKOR), ATOMIC(MSKOR, B64, 8, MSKOR),
	ATOMIC(CMPST, B32, 4, CMPSWAP), ATOMIC(CMPST, B64, 8, CMPSWAP),
	ATOMIC(CMPST, F32, 4, CMPSWAP_F), ATOMIC(CMPST, F64, 8, CMPSWAP_F),
	ATOMIC(MIN, F32, 4, MIN_F), ATOMIC(MIN, F64, 8, MIN_F), ATOMIC(MAX, F32, 4, MAX_F), ATOMIC(MAX, F64, 8, MAX_F),
	ATOMIC(ADD, F32, 4, ADD_F), ATOMIC(ADD, F64, 8, ADD_F),
	ATOMIC(PK_ADD, F16, 4, PK_ADD_F16), ATOMIC(PK_ADD, BF16, 4, PK_ADD_BF16),
	RTN(WRXCHG, B32, 4, SWAP), RTN(WRXCHG, B64, 8, SWAP), RTN(WRAP, B32, 4, WRAP),
	[GCN_DS_CONDXCHG32_RTN_B64] = {.exec = x_atomic, .bytes = 8, .returns = true, .atomic = GCN_ATOMIC_CONDXCHG},
	[GCN_DS_READ_ADDTID_B32] = {.exec = x_read_addtid},
	[GCN_DS_WRITE_ADDTID_B32] = {.exec = x_write_addtid},
	[GCN_DS_APPEND] = {.exec = x_append},
	[GCN_DS_CONSUME] = {.exec = x_consume},
	[GCN_DS_PERMUTE_B32] = {.exec = x_permute},
	[GCN_DS_BPERMUTE_B32] = {.exec = x_bpermute},
	[GCN_DS_SWIZZLE_B32] = {.exec = x_swizzle},
	[GCN_DS_NOP] = {.exec = x_nothing},
};

gcn_exec_fn gcn_memory_exec(const struct gcn_inst *in)
{
	if (in->format != GCN_FMT_DS)
		return gcn_vmem_exec(in);
	return in->gds ? gcn_gws_exec(in) : operations[in->op].exec;
}
