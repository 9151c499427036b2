/* SPDX-License-Identifier: MIT */
/*
 * Vector memory instructions: FLAT, GLOBAL, SCRATCH and MUBUF loads, stores and atomics. Reads and writes GPU memory, LDS and
 * the wave's vector registers, accumulation registers among them.
 *
 * Source: AMD "Instinct MI200" and "MI300" ISA documents, chapters "Vector Memory Operations" and "Flat Memory Instructions".
 */
#include <string.h>

#include "sim/gcn/vmem.h"

enum kind { KIND_NONE, KIND_LOAD, KIND_STORE, KIND_ATOMIC };
enum half { WHOLE, LOW, HIGH };

struct operation {
	uint8_t kind;
	uint8_t bytes;
	bool is_signed;
	uint8_t half;   /* of the register, for 16-bit forms */
	uint8_t atomic; /* enum gcn_atomic */
};

#define OPERATION(prefix, name, what, size, ...)                                                   \
	[GCN_##prefix##_##name] = {.kind = what, .bytes = size, __VA_ARGS__}
#define EACH(name, ...)                                                                            \
	OPERATION(FLAT, name, __VA_ARGS__), OPERATION(GLOBAL, name, __VA_ARGS__),                  \
		OPERATION(SCRATCH, name, __VA_ARGS__), OPERATION(BUFFER, name, __VA_ARGS__)
#define EACH_ATOMIC(name, size, op)                                                                \
	OPERATION(FLAT, ATOMIC_##name, KIND_ATOMIC, size, .atomic = GCN_ATOMIC_##op),              \
		OPERATION(GLOBAL, ATOMIC_##name, KIND_ATOMIC, size, .atomic = GCN_ATOMIC_##op),    \
		OPERATION(BUFFER, ATOMIC_##name, KIND_ATOMIC, size, .atomic = GCN_ATOMIC_##op)
#define EACH_INTEGER_ATOMIC(name, op) EACH_ATOMIC(name, 4, op), EACH_ATOMIC(name##_X2, 8, op)
#define LOAD_LDS(prefix)                                                                           \
	OPERATION(prefix, LOAD_LDS_DWORD, KIND_LOAD, 4),                                           \
		OPERATION(prefix, LOAD_LDS_UBYTE, KIND_LOAD, 1),                                   \
		OPERATION(prefix, LOAD_LDS_SBYTE, KIND_LOAD, 1, .is_signed = true),                \
		OPERATION(prefix, LOAD_LDS_USHORT, KIND_LOAD, 2),                                  \
		OPERATION(prefix, LOAD_LDS_SSHORT, KIND_LOAD, 2, .is_signed = true)

static const struct operation operations[GCN_OP_COUNT] = {
	EACH(LOAD_UBYTE, KIND_LOAD, 1),
	EACH(LOAD_SBYTE, KIND_LOAD, 1, .is_signed = true),
	EACH(LOAD_USHORT, KIND_LOAD, 2),
	EACH(LOAD_SSHORT, KIND_LOAD, 2, .is_signed = true),
	EACH(LOAD_DWORD, KIND_LOAD, 4),
	EACH(LOAD_DWORDX2, KIND_LOAD, 8),
	EACH(LOAD_DWORDX3, KIND_LOAD, 12),
	EACH(LOAD_DWORDX4, KIND_LOAD, 16),
	EACH(LOAD_UBYTE_D16, KIND_LOAD, 1, .half = LOW),
	EACH(LOAD_UBYTE_D16_HI, KIND_LOAD, 1, .half = HIGH),
	EACH(LOAD_SBYTE_D16, KIND_LOAD, 1, .is_signed = true, .half = LOW),
	EACH(LOAD_SBYTE_D16_HI, KIND_LOAD, 1, .is_signed = true, .half = HIGH),
	EACH(LOAD_SHORT_D16, KIND_LOAD, 2, .half = LOW),
	EACH(LOAD_SHORT_D16_HI, KIND_LOAD, 2, .half = HIGH),
	LOAD_LDS(GLOBAL),
	LOAD_LDS(SCRATCH),
	EACH(STORE_BYTE, KIND_STORE, 1),
	EACH(STORE_BYTE_D16_HI, KIND_STORE, 1, .half = HIGH),
	EACH(STORE_SHORT, KIND_STORE, 2),
	EACH(STORE_SHORT_D16_HI, KIND_STORE, 2, .half = HIGH),
	EACH(STORE_DWORD, KIND_STORE, 4),
	EACH(STORE_DWORDX2, KIND_STORE, 8),
	EACH(STORE_DWORDX3, KIND_STORE, 12),
	EACH(STORE_DWORDX4, KIND_STORE, 16),
	EACH_INTEGER_ATOMIC(SWAP, SWAP),
	EACH_INTEGER_ATOMIC(CMPSWAP, CMPSWAP),
	EACH_INTEGER_ATOMIC(ADD, ADD),
	EACH_INTEGER_ATOMIC(SUB, SUB),
	EACH_INTEGER_ATOMIC(SMIN, SMIN),
	EACH_INTEGER_ATOMIC(UMIN, UMIN),
	EACH_INTEGER_ATOMIC(SMAX, SMAX),
	EACH_INTEGER_ATOMIC(UMAX, UMAX),
	EACH_INTEGER_ATOMIC(AND, AND),
	EACH_INTEGER_ATOMIC(OR, OR),
	EACH_INTEGER_ATOMIC(XOR, XOR),
	EACH_INTEGER_ATOMIC(INC, INC),
	EACH_INTEGER_ATOMIC(DEC, DEC),
	EACH_ATOMIC(ADD_F32, 4, ADD_F),
	EACH_ATOMIC(PK_ADD_F16, 4, PK_ADD_F16),
	EACH_ATOMIC(ADD_F64, 8, ADD_F),
	EACH_ATOMIC(MIN_F64, 8, MIN_F),
	EACH_ATOMIC(MAX_F64, 8, MAX_F),
	OPERATION(FLAT, ATOMIC_PK_ADD_BF16, KIND_ATOMIC, 4, .atomic = GCN_ATOMIC_PK_ADD_BF16),
	OPERATION(GLOBAL, ATOMIC_PK_ADD_BF16, KIND_ATOMIC, 4, .atomic = GCN_ATOMIC_PK_ADD_BF16),
};

static void lanes_of(const struct gcn_wave *w, const struct gcn_inst *in, unsigned bytes, struct gcn_lanes *l)
{
	if (in->format == GCN_FMT_GLOBAL)
		gcn_global_lanes(w, in, l);
	else if (in->format == GCN_FMT_FLAT)
		gcn_flat_lanes(w, in, l);
	else if (in->format == GCN_FMT_SCRATCH)
		gcn_scratch_lanes(w, in, l);
	else
		gcn_buffer_lanes(w, in, bytes, l);
}

/* One lane of an interleaved buffer, in pieces that do not leave an element. */
static int swizzled_access(struct gcn_wave *w, const struct gcn_inst *in, const struct gcn_lanes *l, unsigned lane,
	uint8_t *data, unsigned bytes, bool write)
{
	uint64_t at = l->address[lane];

	if (at + bytes > l->limit)
		return gcn_mem_fault(w, in, GCN_FAULT_APERTURE, w->machine->scratch_aperture + at, write);
	while (bytes) {
		unsigned element_bytes = 1u << l->element_shift;
		unsigned left = element_bytes - (unsigned)(at % element_bytes);
		unsigned part = bytes < left ? bytes : left;
		uint64_t va = l->base + gcn_lane_offset(l, lane, at);

		if (write ? gcn_mem_write(w, in, va, data, part) : gcn_mem_read(w, in, va, data, part))
			return -1;
		at += part;
		data += part;
		bytes -= part;
	}
	return 0;
}

/* Any location, up to 16 bytes. */
static int lane_access(struct gcn_wave *w, const struct gcn_inst *in, const struct gcn_lanes *l, unsigned lane,
	uint8_t *data, unsigned bytes, bool write)
{
	if (l->swizzled >> lane & 1)
		return swizzled_access(w, in, l, lane, data, bytes, write);
	if (l->lds >> lane & 1) {
		uint8_t *p = gcn_lds_at(w, in, (uint32_t)l->address[lane], bytes);

		if (!p)
			return -1;
		memcpy(write ? p : data, write ? data : p, bytes);
		return 0;
	}
	return write ? gcn_mem_write(w, in, l->address[lane], data, bytes)
		     : gcn_mem_read(w, in, l->address[lane], data, bytes);
}

static unsigned bytes_inside(const struct gcn_lanes *l, unsigned lane, unsigned bytes)
{
	return l->outside >> lane & 1 ? l->inside[lane] : bytes;
}

/* ---- whole dwords at linear addresses: what nearly all accesses are ---- */

static inline __attribute__((always_inline)) int load_linear(struct gcn_wave *w, const struct gcn_inst *in,
	const struct gcn_lanes *l, unsigned dwords)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);
	uint32_t data[4];

	for (uint64_t left = l->active; left; left &= left - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(left);
		uint64_t va = l->address[lane];
		const uint8_t *p = gcn_mem_host(w, va, false);

		if (!p)
			return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, false);
		if (va % GCN_PAGE_BYTES + dwords * 4 > GCN_PAGE_BYTES) {
			if (gcn_mem_read(w, in, va, data, dwords * 4))
				return -1;
			for (unsigned i = 0; i < dwords; i++)
				rows[i][lane] = data[i];
			continue;
		}
		if (dwords == 1) {
			rows[0][lane] = gcn_mem_get32(p);
			continue;
		}

		uint64_t pair = gcn_mem_get64(p);

		rows[0][lane] = (uint32_t)pair;
		rows[1][lane] = (uint32_t)(pair >> 32);
		if (dwords == 3)
			rows[2][lane] = gcn_mem_get32(p + 8);
		if (dwords == 4) {
			pair = gcn_mem_get64(p + 8);
			rows[2][lane] = (uint32_t)pair;
			rows[3][lane] = (uint32_t)(pair >> 32);
		}
	}
	return 0;
}

static inline __attribute__((always_inline)) int store_linear(struct gcn_wave *w, const struct gcn_inst *in,
	const struct gcn_lanes *l, unsigned dwords)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->data);
	uint32_t data[4];

	for (uint64_t left = l->active; left; left &= left - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(left);
		uint64_t va = l->address[lane];
		uint8_t *p = gcn_mem_host(w, va, true);

		if (!p)
			return gcn_mem_fault(w, in, GCN_FAULT_MEMORY, va, true);
		if (va % GCN_PAGE_BYTES + dwords * 4 > GCN_PAGE_BYTES) {
			for (unsigned i = 0; i < dwords; i++)
				data[i] = rows[i][lane];
			if (gcn_mem_write(w, in, va, data, dwords * 4))
				return -1;
			continue;
		}
		if (dwords == 1) {
			gcn_mem_put32(p, rows[0][lane]);
			continue;
		}
		gcn_mem_put64(p, rows[0][lane] | (uint64_t)rows[1][lane] << 32);
		if (dwords == 3)
			gcn_mem_put32(p + 8, rows[2][lane]);
		if (dwords == 4)
			gcn_mem_put64(p + 8, rows[2][lane] | (uint64_t)rows[3][lane] << 32);
	}
	return 0;
}

static int load_dwords(struct gcn_wave *w, const struct gcn_inst *in, const struct gcn_lanes *l, unsigned dwords)
{
	switch (dwords) {
	case 1:
		return load_linear(w, in, l, 1);
	case 2:
		return load_linear(w, in, l, 2);
	case 3:
		return load_linear(w, in, l, 3);
	default:
		return load_linear(w, in, l, 4);
	}
}

static int store_dwords(struct gcn_wave *w, const struct gcn_inst *in, const struct gcn_lanes *l, unsigned dwords)
{
	switch (dwords) {
	case 1:
		return store_linear(w, in, l, 1);
	case 2:
		return store_linear(w, in, l, 2);
	case 3:
		return store_linear(w, in, l, 3);
	default:
		return store_linear(w, in, l, 4);
	}
}

/* ---- whole dwords at the same place of every lane's private memory: the stack ---- */

/* Private memory is the wave's alone: plain copies do. */
static int stack_access(struct gcn_wave *w, const struct gcn_inst *in, uint64_t va, unsigned dwords, bool write)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, write ? in->data : in->dst);

	for (unsigned i = 0; i < dwords; i++, va += sizeof(rows[0])) {
		uint8_t *p = va % GCN_PAGE_BYTES + sizeof(rows[0]) > GCN_PAGE_BYTES ? NULL : gcn_mem_host(w, va, write);

		if (p && w->exec == UINT64_MAX) {
			memcpy(write ? p : (uint8_t *)rows[i], write ? (uint8_t *)rows[i] : p, sizeof(rows[0]));
			continue;
		}
		for (uint64_t left = w->exec; left; left &= left - 1) {
			unsigned lane = (unsigned)__builtin_ctzll(left);
			uint64_t at = va + lane * 4u;

			if (write ? gcn_mem_write(w, in, at, &rows[i][lane], 4) : gcn_mem_read(w, in, at, &rows[i][lane], 4))
				return -1;
		}
	}
	return 0;
}

/* ---- everything else ---- */

static uint32_t extend(const uint8_t *data, const struct operation *o)
{
	uint32_t value = data[0];

	if (o->bytes == 2) {
		value |= (uint32_t)data[1] << 8;
		return o->is_signed ? (uint32_t)(int16_t)value : value;
	}
	return o->is_signed ? (uint32_t)(int8_t)value : value;
}

/* Loads that go to LDS instead of registers: consecutive lanes to consecutive dwords from M0 on. */
static int to_lds(struct gcn_wave *w, const struct gcn_inst *in, unsigned lane, uint32_t value)
{
	uint32_t offset = (w->m0 & 0xffff) + (uint32_t)in->imm + lane * 4;
	uint8_t *p = gcn_lds_at(w, in, offset, 4);

	if (!p)
		return -1;
	memcpy(p, &value, 4);
	return 0;
}

static int load_general(struct gcn_wave *w, const struct gcn_inst *in, const struct operation *o,
	const struct gcn_lanes *l)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);

	for (uint64_t left = l->active; left; left &= left - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(left);
		uint8_t data[16] = {0};
		uint32_t value;

		if (lane_access(w, in, l, lane, data, bytes_inside(l, lane, o->bytes), false))
			return -1;
		if (o->bytes >= 4) {
			for (unsigned i = 0; i < o->bytes / 4u; i++) {
				memcpy(&value, data + 4 * i, 4);
				if (!in->lds)
					rows[i][lane] = value;
				else if (to_lds(w, in, lane, value))
					return -1;
			}
			continue;
		}
		value = extend(data, o);
		if (in->lds) {
			if (to_lds(w, in, lane, value))
				return -1;
		} else if (o->half == LOW) {
			rows[0][lane] = (rows[0][lane] & 0xffff0000) | (value & 0xffff);
		} else if (o->half == HIGH) {
			rows[0][lane] = (rows[0][lane] & 0xffff) | value << 16;
		} else {
			rows[0][lane] = value;
		}
	}
	return 0;
}

static int store_general(struct gcn_wave *w, const struct gcn_inst *in, const struct operation *o,
	const struct gcn_lanes *l)
{
	uint32_t(*rows)[GCN_WAVE_LANES] = gcn_rows(w, in->data);

	for (uint64_t left = l->active; left; left &= left - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(left);
		uint32_t data[4];

		data[0] = o->half == HIGH ? rows[0][lane] >> 16 : rows[0][lane];
		for (unsigned i = 1; i < o->bytes / 4u; i++)
			data[i] = rows[i][lane];
		if (lane_access(w, in, l, lane, (uint8_t *)data, bytes_inside(l, lane, o->bytes), true))
			return -1;
	}
	return 0;
}

static int vmem_load(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct operation *o = &operations[in->op];
	struct gcn_lanes l;
	uint64_t va;

	gcn_mem_begin(w);
	if (o->bytes >= 4 && !in->lds && gcn_stack_rows(w, in, o->bytes, &va))
		return stack_access(w, in, va, o->bytes / 4u, false);
	lanes_of(w, in, o->bytes, &l);
	if (o->bytes >= 4 && !in->lds && !(l.outside | l.lds | l.swizzled))
		return load_dwords(w, in, &l, o->bytes / 4u);
	return load_general(w, in, o, &l);
}

static int vmem_store(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct operation *o = &operations[in->op];
	struct gcn_lanes l;
	uint64_t va;

	gcn_mem_begin(w);
	if (o->bytes >= 4 && gcn_stack_rows(w, in, o->bytes, &va))
		return stack_access(w, in, va, o->bytes / 4u, true);
	lanes_of(w, in, o->bytes, &l);
	if (o->bytes >= 4 && !(l.outside | l.lds | l.swizzled))
		return store_dwords(w, in, &l, o->bytes / 4u);
	return store_general(w, in, o, &l);
}

/* LDS belongs to the group, which one thread steps: nothing else can come between. */
static int lds_atomic(struct gcn_wave *w, const struct gcn_inst *in, uint32_t offset, const struct operation *o,
	uint64_t a, uint64_t b, uint64_t *old_p)
{
	uint8_t *p = gcn_lds_at(w, in, offset, o->bytes);
	uint64_t old = 0, new;

	if (!p)
		return -1;
	memcpy(&old, p, o->bytes);
	new = gcn_atomic_apply((enum gcn_atomic)o->atomic, o->bytes, old, a, b, w->mode);
	memcpy(p, &new, o->bytes);
	*old_p = old;
	return 0;
}

static uint64_t row_value(uint32_t (*rows)[GCN_WAVE_LANES], unsigned lane, unsigned bytes)
{
	return bytes == 8 ? rows[0][lane] | (uint64_t)rows[1][lane] << 32 : rows[0][lane];
}

static int vmem_atomic(struct gcn_wave *w, const struct gcn_inst *in)
{
	const struct operation *o = &operations[in->op];
	/* MUBUF has one register for data and result. */
	uint32_t(*data)[GCN_WAVE_LANES] = gcn_rows(w, in->data);
	uint32_t(*result)[GCN_WAVE_LANES] = gcn_rows(w, in->dst);
	struct gcn_lanes l;

	gcn_mem_begin(w);
	lanes_of(w, in, o->bytes, &l);
	for (uint64_t left = l.active; left; left &= left - 1) {
		unsigned lane = (unsigned)__builtin_ctzll(left);
		uint64_t a = row_value(data, lane, o->bytes), b = 0, old = 0;

		if (o->atomic == GCN_ATOMIC_CMPSWAP)
			b = row_value(data + o->bytes / 4, lane, o->bytes);
		if (l.outside >> lane & 1) { /* all or nothing */
			old = 0;
		} else if (l.lds >> lane & 1) {
			if (lds_atomic(w, in, (uint32_t)l.address[lane], o, a, b, &old))
				return -1;
		} else if (l.swizzled >> lane & 1 && in->format != GCN_FMT_MUBUF) {
			/* Private memory has no atomics. */
			return gcn_mem_fault(w, in, GCN_FAULT_APERTURE,
				w->machine->scratch_aperture + l.address[lane], true);
		} else {
			uint64_t va = l.address[lane];

			if (l.swizzled >> lane & 1)
				va = l.base + gcn_lane_offset(&l, lane, va);
			if (gcn_mem_atomic(w, in, va, (enum gcn_atomic)o->atomic, o->bytes, a, b, &old))
				return -1;
		}
		if (in->glc) {
			result[0][lane] = (uint32_t)old;
			if (o->bytes == 8)
				result[1][lane] = (uint32_t)(old >> 32);
		}
	}
	return 0;
}

/* Cache write-back and invalidation: the model has no caches. */
static int vmem_nothing(struct gcn_wave *w, const struct gcn_inst *in)
{
	(void)w;
	(void)in;
	return 0;
}

gcn_exec_fn gcn_vmem_exec(const struct gcn_inst *in)
{
	switch (operations[in->op].kind) {
	case KIND_LOAD:
		return vmem_load;
	case KIND_STORE:
		/* Stores from LDS are a graphics feature. */
		return in->lds ? NULL : vmem_store;
	case KIND_ATOMIC:
		return in->lds ? NULL : vmem_atomic;
	default:
		break;
	}
	switch (in->op) {
	case GCN_BUFFER_WBL2:
	case GCN_BUFFER_INV:
	case GCN_BUFFER_INVL2:
	case GCN_BUFFER_WBINVL1:
	case GCN_BUFFER_WBINVL1_VOL:
		return vmem_nothing;
	default:
		return NULL;
	}
}
