/* SPDX-License-Identifier: MIT */
/*
 * Every memory instruction (SMEM, DS, FLAT, GLOBAL, SCRATCH, MUBUF) on a hand-made wave, against what its mnemonic and operands say,
 * with all, some, one and no lanes active, aligned and not, across pages. Reads the encoded instructions of gcn_unit_words.inc.
 */
#include "tests/unit/gcn_unit_wave.h"

enum { SPACE_MEMORY, SPACE_LDS, SPACE_PRIVATE };
enum { DST = 0, ADDRESS = 4, DATA = 8, DATA2 = 12 };

/* What the instruction should do, worked out from its text. */
struct expected {
	bool load, store, atomic, to_lds, lds_unit;
	bool returns;    /* an atomic that hands back the old value */
	unsigned bytes;  /* of one element */
	unsigned elements; /* 2: the two-address forms */
	unsigned stride; /* bytes an offset of the two-address forms counts */
	bool is_signed, d16, high;
	char name[32];   /* of the atomic operation */
	int offset, offset1;
};

/* Where the lanes go: copies of all memory that the reference changes, compared afterwards. */
struct model {
	uint8_t memory[UNIT_MEMORY], lds[UNIT_LDS], private[UNIT_SCRATCH_LANE * GCN_WAVE_LANES];
	uint32_t rows[8][GCN_WAVE_LANES]; /* registers 0..3 and 8..11 (what MUBUF atomics return) */
	unsigned space[GCN_WAVE_LANES];
	int64_t at[GCN_WAVE_LANES];
	int64_t end[GCN_WAVE_LANES]; /* from there on loads find zeros and stores nothing */
};

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static int number_after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? (int)strtol(p + strlen(key), NULL, 0) : 0;
}

static unsigned size_of(const char *name)
{
	const char *x = strstr(name, "dwordx");

	if (x)
		return 4u * (unsigned)(x[6] - '0');
	if (has(name, "dword") || has(name, "b32") || has(name, "32"))
		return 4;
	if (has(name, "b128"))
		return 16;
	if (has(name, "b96"))
		return 12;
	if (has(name, "64"))
		return 8;
	return has(name, "byte") || has(name, "_u8") || has(name, "_i8") || has(name, "_b8") ? 1 : 2;
}

/* False for instructions that have tests of their own. */
static bool expect_of(const struct unit_words *words, struct expected *e)
{
	const char *text = words->text, *name = gcn_op_name((enum gcn_op)words->op);

	memset(e, 0, sizeof(*e));
	e->offset = number_after(text, " offset:");
	e->lds_unit = unit_begins(name, "ds_");
	e->elements = 1;
	e->d16 = has(name, "_d16");
	e->high = has(name, "_d16_hi");
	if (e->lds_unit && (has(name, "permute") || has(name, "swizzle") || has(name, "gws") || has(name, "addtid") ||
		has(name, "append") || has(name, "consume") || has(name, "nop")))
		return false;
	if (e->lds_unit && (has(name, "_read") || has(name, "_write"))) {
		e->load = has(name, "_read");
		e->store = !e->load;
		e->is_signed = has(name, "_i8") || has(name, "_i16");
	} else if (has(name, "_load_") || has(name, "_store_")) {
		e->load = has(name, "_load_");
		e->store = !e->load;
		e->is_signed = has(name, "_sbyte") || has(name, "_sshort");
		e->to_lds = has(name, "_lds_") || has(text, " lds");
	} else if (e->lds_unit || has(name, "_atomic_")) {
		const char *from = e->lds_unit ? name + 3 : strstr(name, "_atomic_") + 8;

		e->atomic = true;
		e->returns = has(name, "_rtn_") || has(text, " glc") || has(text, " sc0");
		snprintf(e->name, sizeof(e->name), "%s", from);
	} else {
		return false;
	}
	/* For stores high alone counts: the d16_hi forms take the upper half. */
	if (e->atomic && !e->lds_unit)
		e->bytes = has(name, "_x2") || has(name, "_f64") ? 8 : 4;
	else if (e->atomic)
		e->bytes = has(name, "_b64") || has(name, "_u64") || has(name, "_i64") || has(name, "_f64") ? 8 : 4;
	else
		e->bytes = has(name, "2st64") ? (has(name, "_b64") ? 8 : 4) : size_of(name);
	if (has(name, "read2") || has(name, "write2") || has(name, "wrxchg2")) {
		e->elements = 2;
		e->stride = e->bytes * (has(name, "2st64") ? 64 : 1);
		e->offset = number_after(text, "offset0:") * (int)e->stride;
		e->offset1 = number_after(text, "offset1:") * (int)e->stride;
	}
	return true;
}

/* ---- the reference ---- */

static double as_double(uint64_t v)
{
	double d;

	memcpy(&d, &v, 8);
	return d;
}

static float as_float(uint64_t v)
{
	uint32_t low = (uint32_t)v;
	float f;

	memcpy(&f, &low, 4);
	return f;
}

static uint64_t of_double(double d)
{
	uint64_t v;

	memcpy(&v, &d, 8);
	return v;
}

static uint64_t of_float(float f)
{
	uint32_t v;

	memcpy(&v, &f, 4);
	return v;
}

static int64_t extended(uint64_t v, unsigned bytes)
{
	return bytes == 8 ? (int64_t)v : (int32_t)(uint32_t)v;
}

/* Halves of small whole numbers, whose sums are exact: 0..255 as binary16 or bfloat16. */
static double half_value(uint16_t h, bool bf16)
{
	return bf16 ? (double)as_float((uint64_t)h << 16) : h ? (double)(1024 + h % 1024) / 1024 * (double)(1 << ((h >> 10) - 15)) : 0;
}

static uint16_t half_of(double v, bool bf16)
{
	unsigned exponent = 15;

	if (bf16)
		return (uint16_t)(of_float((float)v) >> 16);
	if (v == 0)
		return 0;
	for (; v >= 2; v /= 2)
		exponent++;
	return (uint16_t)(exponent << 10 | (unsigned)((v - 1) * 1024));
}

static uint64_t atomic_result(const struct expected *e, uint64_t old, uint64_t a, uint64_t b)
{
	const char *n = e->name;
	bool wide = e->bytes == 8;

	if (has(n, "f16") || has(n, "bf16")) {
		bool bf16 = has(n, "bf16");
		uint16_t low = half_of(half_value((uint16_t)old, bf16) + half_value((uint16_t)a, bf16), bf16);
		uint16_t high = half_of(half_value((uint16_t)(old >> 16), bf16) + half_value((uint16_t)(a >> 16), bf16), bf16);

		return low | (uint64_t)high << 16;
	}
	if (has(n, "cmpst")) {
		bool same = has(n, "_f32") ? as_float(old) == as_float(a) : has(n, "_f64") ? as_double(old) == as_double(a) : old == a;

		return same ? b : old;
	}
	if (has(n, "f32") || has(n, "f64")) {
		double x = wide ? as_double(old) : (double)as_float(old), y = wide ? as_double(a) : (double)as_float(a);
		double r = unit_begins(n, "add") ? x + y : unit_begins(n, "min") ? (y < x ? y : x) : y > x ? y : x;

		return wide ? of_double(r) : of_float((float)r);
	}
	if (unit_begins(n, "cmpswap"))
		return old == b ? a : old;
	if (unit_begins(n, "condxchg"))
		return (a & 0x80000000 ? a & 0x7fffffff : old & 0xffffffff) |
		       (a >> 63 ? a & 0x7fffffff00000000 : old & 0xffffffff00000000);
	if (unit_begins(n, "swap") || unit_begins(n, "wrxchg"))
		return a;
	if (unit_begins(n, "add"))
		return old + a;
	if (unit_begins(n, "sub"))
		return old - a;
	if (unit_begins(n, "rsub"))
		return a - old;
	if (unit_begins(n, "smin") || (unit_begins(n, "min") && has(n, "_i")))
		return extended(a, e->bytes) < extended(old, e->bytes) ? a : old;
	if (unit_begins(n, "smax") || (unit_begins(n, "max") && has(n, "_i")))
		return extended(a, e->bytes) > extended(old, e->bytes) ? a : old;
	if (unit_begins(n, "umin") || unit_begins(n, "min"))
		return a < old ? a : old;
	if (unit_begins(n, "umax") || unit_begins(n, "max"))
		return a > old ? a : old;
	if (unit_begins(n, "and"))
		return old & a;
	if (unit_begins(n, "or"))
		return old | a;
	if (unit_begins(n, "xor"))
		return old ^ a;
	if (unit_begins(n, "inc"))
		return old >= a ? 0 : old + 1;
	if (unit_begins(n, "dec"))
		return old == 0 || old > a ? a : old - 1;
	if (unit_begins(n, "mskor"))
		return (old & ~a) | b;
	if (unit_begins(n, "wrap"))
		return old >= a ? old - a : old + b;
	fail_msg("no reference for the atomic %s", n);
	return 0;
}

/* The model's byte @i of lane @lane's location, or NULL where loads find zeros and stores nothing. */
static uint8_t *place(struct model *m, unsigned lane, int64_t offset)
{
	int64_t at = m->at[lane] + offset;

	if (at >= m->end[lane])
		return NULL;
	switch (m->space[lane]) {
	case SPACE_MEMORY:
		return &m->memory[at];
	case SPACE_LDS:
		return &m->lds[at];
	default: /* dwords of the lanes interleave in private memory */
		return &m->private[at / 4 * 4 * GCN_WAVE_LANES + lane * 4 + at % 4];
	}
}

static uint64_t fetch(struct model *m, unsigned lane, int64_t offset, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < bytes; i++) {
		const uint8_t *p = place(m, lane, offset + i);

		v |= (uint64_t)(p ? *p : 0) << (8 * i);
	}
	return v;
}

static void deposit(struct model *m, unsigned lane, int64_t offset, unsigned bytes, uint64_t v)
{
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t *p = place(m, lane, offset + i);

		if (p)
			*p = (uint8_t)(v >> (8 * i));
	}
}

static uint64_t register_value(uint32_t (*v)[GCN_WAVE_LANES], unsigned first, unsigned lane, unsigned bytes)
{
	return v[first][lane] | (bytes == 8 ? (uint64_t)v[first + 1][lane] << 32 : 0);
}

static void model_load(struct model *m, const struct expected *e, unsigned lane, uint32_t m0)
{
	uint32_t value;

	for (unsigned j = 0; e->bytes >= 4 && j < e->elements * e->bytes / 4; j++) {
		int64_t offset = j * 4 < e->bytes ? (int64_t)e->offset + 4 * j : (int64_t)e->offset1 + 4 * j - e->bytes;

		value = (uint32_t)fetch(m, lane, offset, 4);
		if (!e->to_lds)
			m->rows[j][lane] = value;
		else
			memcpy(&m->lds[m0 + (unsigned)e->offset + lane * 4], &value, 4);
	}
	if (e->bytes >= 4)
		return;
	value = (uint32_t)fetch(m, lane, e->offset, e->bytes);
	if (e->is_signed)
		value = e->bytes == 1 ? (uint32_t)(int8_t)value : (uint32_t)(int16_t)value;
	if (e->to_lds)
		memcpy(&m->lds[m0 + (unsigned)e->offset + lane * 4], &value, 4);
	else if (e->high)
		m->rows[0][lane] = (m->rows[0][lane] & 0xffff) | value << 16;
	else if (e->d16)
		m->rows[0][lane] = (m->rows[0][lane] & 0xffff0000) | (value & 0xffff);
	else
		m->rows[0][lane] = value;
}

static void model_lane(struct unit_wave *t, struct model *m, const struct expected *e, const struct unit_words *words,
	unsigned lane, bool agprs)
{
	uint32_t(*v)[GCN_WAVE_LANES] = agprs ? t->w->agpr : t->w->vgpr;

	if (e->load) {
		model_load(m, e, lane, t->w->m0 & 0xffff);
		return;
	}
	if (e->store && e->elements == 2) {
		deposit(m, lane, e->offset, e->bytes, register_value(v, DATA, lane, e->bytes));
		deposit(m, lane, e->offset1, e->bytes, register_value(v, DATA2, lane, e->bytes));
		return;
	}
	if (e->store) {
		for (unsigned j = 0; j < e->bytes; j++)
			deposit(m, lane, (int64_t)e->offset + j, 1, v[DATA + j / 4][lane] >> (8 * (j % 4) + (e->high ? 16 : 0)));
		return;
	}
	for (unsigned j = 0; j < e->elements; j++) {
		int64_t offset = j ? e->offset1 : e->offset;
		uint64_t old = fetch(m, lane, offset, e->bytes);
		uint64_t a = register_value(v, j ? DATA2 : DATA, lane, e->bytes);
		uint64_t b = e->lds_unit ? register_value(v, DATA2, lane, e->bytes)
					 : register_value(v, DATA + e->bytes / 4, lane, e->bytes);
		/* MUBUF hands the old value back in the data register. */
		unsigned to = unit_begins(words->text, "buffer_") ? 4 : j * e->bytes / 4;

		deposit(m, lane, offset, e->bytes, atomic_result(e, old, a, b));
		if (e->returns) {
			m->rows[to][lane] = (uint32_t)old;
			if (e->bytes == 8)
				m->rows[to + 1][lane] = (uint32_t)(old >> 32);
		}
	}
}

/* ---- one execution ---- */

static void fill(struct unit_wave *t, const struct expected *e)
{
	bool halves = has(e->name, "f16"), floats = e->atomic && !halves && (has(e->name, "_f32") || has(e->name, "_f64"));

	for (unsigned i = 0; i < UNIT_MEMORY; i++)
		t->memory[i] = (uint8_t)unit_random();
	for (unsigned i = 0; i < UNIT_LDS; i++)
		t->group->lds[i] = (uint8_t)unit_random();
	for (unsigned i = 0; i < sizeof(t->scratch); i++)
		t->scratch[i] = (uint8_t)unit_random();
	for (unsigned i = 0; i < 2 * UNIT_VGPRS; i++)
		for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
			t->v[i][lane] = (uint32_t)unit_random() & (unit_random() % 2 ? 0xffffffff : 7);
	if (!halves && !floats)
		return;
	/* Small whole numbers, the same few, so that comparisons meet equals. */
	for (unsigned i = 0; i < UNIT_MEMORY; i += e->bytes) {
		double v = (double)(unit_random() % 6) - 2;
		uint64_t bits = e->bytes == 8 ? of_double(v) : of_float((float)v);
		bool bf16 = has(e->name, "bf16");

		if (halves)
			bits = half_of((double)(unit_random() % 4), bf16) |
			       (uint64_t)half_of((double)(unit_random() % 4), bf16) << 16;
		memcpy(unit_byte(t, i), &bits, e->bytes);
		if (i < UNIT_LDS)
			memcpy(t->group->lds + i, &bits, e->bytes);
	}
	for (unsigned first = DATA; first <= DATA + 12; first += e->bytes / 4)
		for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
			for (unsigned file = 0; file < 2; file++) {
				double v = (double)(unit_random() % 6) - 2;
				uint64_t bits = e->bytes == 8 ? of_double(v) : of_float((float)v);
				bool bf16 = has(e->name, "bf16");

				if (halves)
					bits = half_of((double)(unit_random() % 4), bf16) |
					       (uint64_t)half_of((double)(unit_random() % 4), bf16) << 16;
				t->v[file * UNIT_VGPRS + first][lane] = (uint32_t)bits;
				if (e->bytes == 8)
					t->v[file * UNIT_VGPRS + first + 1][lane] = (uint32_t)(bits >> 32);
			}
}

/* A location for each lane so that offsets stay inside; atomics need natural alignment and like to meet. */
static int64_t pick_place(const struct expected *e, unsigned pattern, unsigned lane, int64_t bytes)
{
	int64_t unit = e->atomic ? e->bytes : pattern == 1 ? 1 : 4, size = e->bytes;
	int64_t span = bytes - 64 - (e->elements == 2 ? 4 * (int64_t)e->stride : 0) - size;

	switch (pattern) {
	case 0: /* one after the other, over the first page's end */
		return (32 + (e->atomic || size >= 4 ? size : 4) * lane + (bytes > 8192 ? 4096 - 256 : 0)) / unit * unit % (span / unit * unit);
	case 1: /* anywhere */
		return 24 + (int64_t)(unit_random() % (uint64_t)(span - 24)) / unit * unit;
	default: /* few places */
		return 32 + (int64_t)(unit_random() % 3) * (unit > 8 ? unit : 8);
	}
}

static void set_address(struct unit_wave *t, unsigned row, unsigned lane, uint64_t value, bool wide)
{
	t->w->vgpr[row][lane] = (uint32_t)value;
	if (wide)
		t->w->vgpr[row + 1][lane] = (uint32_t)(value >> 32);
}

/* Buffers of 2000 bytes, or of 25 records of 80 bytes: some lanes are beyond. */
enum { BUFFER_BYTES = 2000, RECORD_BYTES = 80, RECORDS = 25 };

static void place_buffer(struct unit_wave *t, struct model *m, struct expected *e, const char *text, unsigned pattern)
{
	bool idxen = has(text, "idxen"), offen = has(text, "offen"), soffset = has(text, "s10");
	uint64_t base = UNIT_VA + 4096 - 512;
	unsigned row = ADDRESS + (idxen && offen);
	uint32_t scalar = soffset ? 64 : 0;

	t->w->sgpr[10] = 64;
	t->w->sgpr[12] = (uint32_t)base;
	t->w->sgpr[13] = (uint32_t)(base >> 32) | (idxen ? RECORD_BYTES << 16 : 0);
	t->w->sgpr[14] = idxen ? RECORDS : BUFFER_BYTES;
	t->w->sgpr[15] = 4 << 15; /* 32-bit data, not swizzled, lane not added */
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
		uint32_t record = (uint32_t)(unit_random() % (RECORDS + 4)), in_record = 0;
		int64_t at = offen ? pick_place(e, pattern, lane, BUFFER_BYTES + 300) : 0;

		if (idxen) {
			in_record = offen ? (uint32_t)(unit_random() % 4) * 8 : 0;
			set_address(t, ADDRESS, lane, record, false);
			if (offen)
				set_address(t, row, lane, in_record, false);
			at = record * RECORD_BYTES + in_record;
			m->end[lane] = record < RECORDS ? INT64_MAX : 0;
		} else {
			/* Several dwords are checked one by one, atomics as a whole. */
			int64_t unit = e->atomic || e->bytes < 4 ? e->bytes : 4, first = at + e->offset + scalar;

			if (offen)
				set_address(t, ADDRESS, lane, (uint64_t)at, false);
			m->end[lane] = (int64_t)(base - UNIT_VA) + first + (BUFFER_BYTES - first) / unit * unit;
		}
		m->space[lane] = SPACE_MEMORY;
		m->at[lane] = (int64_t)(base - UNIT_VA) + at + scalar;
	}
}

static void place_lanes(struct unit_wave *t, struct model *m, struct expected *e, const char *text, unsigned pattern)
{
	bool flat = unit_begins(text, "flat_"), scratch = unit_begins(text, "scratch_");

	if (unit_begins(text, "buffer_")) {
		place_buffer(t, m, e, text, pattern);
		return;
	}
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
		/* Flat lanes may go to each of the three; private memory has no atomics. */
		unsigned space = e->lds_unit ? SPACE_LDS : scratch ? SPACE_PRIVATE : flat ? unit_random() % (e->atomic ? 2 : 3) : SPACE_MEMORY;
		int64_t bytes = space == SPACE_MEMORY ? UNIT_MEMORY : space == SPACE_LDS ? 3000 : UNIT_SCRATCH_LANE;
		int64_t at = space == SPACE_PRIVATE ? (int64_t)(unit_random() % (64 - 24 - 16)) : pick_place(e, pattern, lane, bytes);

		if (space == SPACE_PRIVATE && pattern != 1)
			at = at / 4 * 4;
		m->space[lane] = space;
		m->at[lane] = at;
		m->end[lane] = INT64_MAX;
		if (e->lds_unit) {
			set_address(t, ADDRESS, lane, (uint64_t)at, false);
		} else if (scratch) {
			bool vector = has(text, "v4"), scalar = has(text, "s10");

			t->w->sgpr[10] = 8;
			if (vector) {
				m->at[lane] = scalar ? at / 2 + 8 : at;
				set_address(t, ADDRESS, lane, (uint64_t)(scalar ? at / 2 : at), false);
			} else {
				m->at[lane] = scalar ? 8 : 0;
			}
		} else if (has(text, "s[12:13]")) {
			t->w->sgpr[12] = (uint32_t)UNIT_VA;
			t->w->sgpr[13] = (uint32_t)(UNIT_VA >> 32);
			set_address(t, ADDRESS, lane, (uint64_t)at, false);
		} else {
			uint64_t base = space == SPACE_MEMORY ? UNIT_VA : space == SPACE_LDS ? UNIT_LDS_APERTURE : UNIT_PRIVATE_APERTURE;

			set_address(t, ADDRESS, lane, base + (uint64_t)at, true);
		}
	}
}

static const uint64_t masks[] = {~0ull, 0, 1ull << 37, 0xf0f0123456789abc};

static void compare(struct unit_wave *t, const struct model *m, const struct unit_words *words, bool agprs)
{
	uint32_t(*v)[GCN_WAVE_LANES] = agprs ? t->w->agpr : t->w->vgpr;

	for (unsigned i = 0; i < UNIT_MEMORY; i++)
		if (*unit_byte(t, i) != m->memory[i])
			fail_msg("'%s': byte 0x%x of memory is 0x%02x, want 0x%02x", words->text, i, *unit_byte(t, i), m->memory[i]);
	for (unsigned i = 0; i < UNIT_LDS; i++)
		if (t->group->lds[i] != m->lds[i])
			fail_msg("'%s': byte 0x%x of LDS is 0x%02x, want 0x%02x", words->text, i, t->group->lds[i], m->lds[i]);
	if (memcmp(t->scratch, m->private, sizeof(t->scratch)))
		fail_msg("'%s': private memory differs", words->text);
	for (unsigned i = 0; i < 8; i++)
		for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
			if (v[i < 4 ? DST + i : DATA + i - 4][lane] != m->rows[i][lane])
				fail_msg("'%s': register %u of lane %u is 0x%x, want 0x%x", words->text, i < 4 ? i : i + 4, lane,
					v[i < 4 ? DST + i : DATA + i - 4][lane], m->rows[i][lane]);
}

static void check(struct unit_wave *t, struct model *m, const struct unit_words *words, struct expected e, unsigned pattern,
	uint64_t exec)
{
	const char *operands = strchr(words->text, ' ');
	bool agprs = has(operands, " a0") || has(operands, " a[") || has(operands, " a8");
	uint32_t(*v)[GCN_WAVE_LANES] = agprs ? t->w->agpr : t->w->vgpr;

	fill(t, &e);
	t->w->exec = exec;
	t->w->m0 = 512;
	place_lanes(t, m, &e, words->text, pattern);
	for (unsigned i = 0; i < UNIT_MEMORY; i++)
		m->memory[i] = *unit_byte(t, i);
	memcpy(m->lds, t->group->lds, UNIT_LDS);
	memcpy(m->private, t->scratch, sizeof(t->scratch));
	for (unsigned i = 0; i < 8; i++)
		memcpy(m->rows[i], v[i < 4 ? DST + i : DATA + i - 4], sizeof(m->rows[i]));
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
		if (exec >> lane & 1)
			model_lane(t, m, &e, words, lane, agprs);
	unit_run(t, words);
	compare(t, m, words, agprs);
}

static void loads_stores_and_atomics_do_what_their_names_say(void **state)
{
	struct unit_wave *t = malloc(sizeof(*t));
	struct model *m = malloc(sizeof(*m));
	struct expected e;

	(void)state;
	assert_true(t && m);
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++) {
		const struct unit_words *words = &unit_words[i];

		if (unit_begins(words->text, "s_") || unit_is_absent(gcn_op_name((enum gcn_op)words->op)) || !expect_of(words, &e))
			continue;
		for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
			if (!(words->isas >> isa & 1))
				continue;
			unit_wave_init(t, (enum gcn_isa)isa);
			for (unsigned pattern = 0; pattern < 3; pattern++)
				check(t, m, words, e, pattern, masks[(i + pattern) % ARRAY_SIZE(masks)]);
			check(t, m, words, e, 0, ~0ull);
			unit_wave_fini(t);
		}
	}
	free(m);
	free(t);
}

/* ---- float atomics at the edges ---- */

/* What lane 0 leaves of @old with operand @a: in LDS, but for global instructions. */
static uint64_t float_atomic(struct unit_wave *t, const char *text, uint64_t old, uint64_t a)
{
	bool global = unit_begins(text, "global_");
	uint8_t *place = global ? unit_byte(t, 0) : t->group->lds;
	size_t bytes = has(text, "_f64") ? 8 : 4;

	t->w->exec = 1;
	set_address(t, ADDRESS, 0, global ? UNIT_VA : unit_begins(text, "flat_") ? UNIT_LDS_APERTURE : 0, true);
	set_address(t, DATA, 0, a, true);
	memcpy(place, &old, bytes);
	unit_run(t, unit_find(t, text));
	memcpy(&old, place, bytes);
	return old;
}

static void assert_float_atomic(struct unit_wave *t, const char *text, uint64_t old, uint64_t a, uint64_t want)
{
	uint64_t got = float_atomic(t, text, old, a);

	if (got != want)
		fail_msg("'%s' of 0x%llx and 0x%llx: 0x%llx, want 0x%llx", text, (unsigned long long)old, (unsigned long long)a,
			(unsigned long long)got, (unsigned long long)want);
}

/* LDS follows MODE in sums of f32, the cache does not; sums of f64 keep denormals. */
static void denormals_of_float_atomics_depend_on_where_they_are(void **state)
{
	static struct unit_wave wave, *t = &wave;
	enum { KEEP = 0x3f0, KEEP_INPUTS = 0x3d0, FLUSH = 0x300 };
	/* Two denormals; the smallest normal number, and the next one with a minus. */
	const uint64_t x = 0x00000003, y = 0x80000001, normal = 0x00800000, next = 0x80800001;

	(void)state;
	for (enum gcn_isa isa = GCN_ISA_GFX906; isa <= GCN_ISA_GFX942; isa++) {
		unit_wave_init(t, isa);
		t->w->mode = KEEP;
		assert_float_atomic(t, "ds_add_f32 v4, v8", x, y, 2);
		assert_float_atomic(t, "ds_add_f32 v4, v8", normal, next, 0x80000001);
		t->w->mode = KEEP_INPUTS;
		assert_float_atomic(t, "ds_add_f32 v4, v8", 0x00400000, 0x00400001, 0x00800001);
		assert_float_atomic(t, "ds_add_f32 v4, v8", normal, next, 0x80000000);
		t->w->mode = FLUSH;
		assert_float_atomic(t, "ds_add_f32 v4, v8", 0x00400000, 0x00400001, 0);
		assert_float_atomic(t, "ds_add_f32 v4, v8", normal, y, normal);
		unit_wave_fini(t);
	}
	for (enum gcn_isa isa = GCN_ISA_GFX90A; isa <= GCN_ISA_GFX942; isa++) {
		bool flushes = isa == GCN_ISA_GFX90A;

		unit_wave_init(t, isa);
		for (unsigned i = 0; i < 2; i++) {
			t->w->mode = i ? KEEP : FLUSH;
			assert_float_atomic(t, "global_atomic_add_f32 v[4:5], v8, off", x, y, flushes ? 0 : 2);
			assert_float_atomic(
				t, "global_atomic_add_f32 v[4:5], v8, off", normal, next, flushes ? 0x80000000 : 0x80000001);
			if (isa == GCN_ISA_GFX942)
				assert_float_atomic(t, "flat_atomic_add_f32 v[4:5], v8", x, y, i ? 2 : 0);
			assert_float_atomic(t, "global_atomic_add_f64 v[4:5], v[8:9], off", 1, 2, 3);
			assert_float_atomic(t, "ds_add_f64 v4, v[8:9]", 1, 2, 3);
		}
		unit_wave_fini(t);
	}
}

static void minimum_and_maximum_order_zeros_and_nans(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static const struct {
		const char *text;
		uint64_t one, plus_zero, minus_zero, quiet, signalling, quieted;
		bool max;
	} cases[] = {
		{"ds_min_f32 v4, v8", 0x3f800000, 0, 0x80000000, 0x7fc00001, 0x7f800001, 0x7fc00001, false},
		{"ds_max_f32 v4, v8", 0x3f800000, 0, 0x80000000, 0x7fc00001, 0x7f800001, 0x7fc00001, true},
		{"ds_min_f64 v4, v[8:9]", 0x3ff0000000000000, 0, 1ull << 63, 0xfff8000000000001, 0x7ff0000000000001,
			0x7ff8000000000001, false},
		{"ds_max_f64 v4, v[8:9]", 0x3ff0000000000000, 0, 1ull << 63, 0xfff8000000000001, 0x7ff0000000000001,
			0x7ff8000000000001, true},
		{"global_atomic_min_f64 v[4:5], v[8:9], off", 0x3ff0000000000000, 0, 1ull << 63, 0xfff8000000000001,
			0x7ff0000000000001, 0x7ff8000000000001, false},
		{"global_atomic_max_f64 v[4:5], v[8:9], off", 0x3ff0000000000000, 0, 1ull << 63, 0xfff8000000000001,
			0x7ff0000000000001, 0x7ff8000000000001, true},
	};

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *text = cases[i].text;
		uint64_t zero = cases[i].max ? cases[i].plus_zero : cases[i].minus_zero;

		assert_float_atomic(t, text, cases[i].plus_zero, cases[i].minus_zero, zero);
		assert_float_atomic(t, text, cases[i].minus_zero, cases[i].plus_zero, zero);
		assert_float_atomic(t, text, cases[i].quiet, cases[i].one, cases[i].one);
		assert_float_atomic(t, text, cases[i].one, cases[i].quiet, cases[i].one);
		assert_float_atomic(t, text, cases[i].quiet, cases[i].quiet, cases[i].quiet);
		assert_float_atomic(t, text, cases[i].signalling, cases[i].one, cases[i].quieted);
		assert_float_atomic(t, text, cases[i].one, cases[i].signalling, cases[i].quieted);
	}
	unit_wave_fini(t);
}

/* ---- scalar memory ---- */

static void scalar_line(struct unit_wave *t, const struct unit_words *words)
{
	const char *text = words->text, *name = gcn_op_name((enum gcn_op)words->op);
	unsigned dwords = size_of(name) / 4;
	bool buffer = unit_begins(name, "s_buffer_");
	/* In SGPR offsets the two low bits count for plain accesses as in immediates: all are dropped with the sum's. */
	int64_t offset = (has(text, "s10") ? 36 : 0) + (has(text, "-0x8") ? -8 : has(text, "0x10") ? 16 : has(text, "0x13") ? 19 : 0);
	uint64_t at = 4096 - 40, where = (at + (uint64_t)offset) & ~3ull;
	uint32_t want[16];

	if (strstr(text, "x16"))
		dwords = 16;
	for (unsigned i = 0; i < UNIT_MEMORY; i++)
		*unit_byte(t, i) = (uint8_t)unit_random();
	for (unsigned i = 0; i < 64; i++)
		t->w->sgpr[i] = (uint32_t)unit_random();
	t->w->sgpr[10] = 36;
	t->w->sgpr[12] = (uint32_t)(UNIT_VA + at);
	t->w->sgpr[13] = (uint32_t)((UNIT_VA + at) >> 32);
	t->w->sgpr[14] = 60; /* bytes of the buffer */
	t->w->sgpr[15] = 4 << 15;
	for (unsigned i = 0; i < dwords; i++)
		for (unsigned j = 0; j < 4; j++)
			((uint8_t *)want)[4 * i + j] = *unit_byte(t, where + 4 * i + j);
	for (unsigned i = 0; buffer && i < dwords; i++)
		if (where - at + 4 * i + 4 > 60)
			want[i] = 0;
	if (has(name, "_store_")) {
		uint8_t before[16];

		for (unsigned j = 0; j < 4 * dwords; j++)
			before[j] = *unit_byte(t, where + j);
		unit_run(t, words);
		for (unsigned j = 0; j < 4 * dwords; j++) {
			bool outside = buffer && where - at + j / 4 * 4 + 4 > 60;
			uint8_t stored = outside ? before[j] : (uint8_t)(t->w->sgpr[16 + j / 4] >> (8 * (j % 4)));

			if (*unit_byte(t, where + j) != stored)
				fail_msg("'%s': byte %u", text, j);
		}
		return;
	}
	uint32_t beyond = t->w->sgpr[16 + dwords];
	unit_run(t, words);
	for (unsigned i = 0; i < dwords; i++)
		if (t->w->sgpr[16 + i] != want[i])
			fail_msg("'%s': s%u is 0x%x, want 0x%x", text, 16 + i, t->w->sgpr[16 + i], want[i]);
	assert_int_equal(t->w->sgpr[16 + dwords], beyond);
}

static void scalar_loads_and_stores_reach_their_dwords(void **state)
{
	struct unit_wave *t = malloc(sizeof(*t));

	(void)state;
	assert_non_null(t);
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++) {
		const char *name = gcn_op_name((enum gcn_op)unit_words[i].op);

		if (unit_is_absent(name) || !(unit_begins(name, "s_load_") || unit_begins(name, "s_store_") ||
			unit_begins(name, "s_buffer_")) || (unit_begins(name, "s_buffer_") && has(unit_words[i].text, "-0x8")))
			continue;
		for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
			if (!(unit_words[i].isas >> isa & 1))
				continue;
			unit_wave_init(t, (enum gcn_isa)isa);
			scalar_line(t, &unit_words[i]);
			unit_wave_fini(t);
		}
	}
	free(t);
}

static void clocks_read_the_waves_time(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	t->w->cycles = 0x1234567890;
	unit_run(t, unit_find(t, "s_memtime s[16:17]"));
	assert_true((t->w->sgpr[16] | (uint64_t)t->w->sgpr[17] << 32) == 0x1234567890);
	t->w->cycles = 17000; /* 10 us at 1.7 GHz: 1000 ticks of 100 MHz */
	unit_run(t, unit_find(t, "s_memrealtime s[16:17]"));
	assert_int_equal(t->w->sgpr[16], 1000);
	unit_wave_fini(t);
}

static void caches_are_nothing_to_write_back(void **state)
{
	static const char *const names[] = {"s_dcache_inv", "s_dcache_inv_vol", "s_dcache_wb", "s_dcache_wb_vol", "buffer_wbl2",
		"buffer_inv", "buffer_invl2", "buffer_wbinvl1", "buffer_wbinvl1_vol", "ds_nop"};
	static struct unit_wave wave, *t = &wave;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++)
		for (size_t j = 0; j < ARRAY_SIZE(names); j++) {
			if (strcmp(gcn_op_name((enum gcn_op)unit_words[i].op), names[j]))
				continue;
			for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
				if (!(unit_words[i].isas >> isa & 1))
					continue;
				unit_wave_init(t, (enum gcn_isa)isa);
				struct gcn_wave before = *t->w;
				unit_run(t, &unit_words[i]);
				before.pc = t->w->pc;
				assert_memory_equal(&before, t->w, sizeof(before));
				unit_wave_fini(t);
			}
		}
}

/* ---- exchanges between lanes, and what else DS does ---- */

static void permutes_push_and_pull(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
		unit_wave_init(t, (enum gcn_isa)isa);
		for (unsigned lane = 0; lane < 64; lane++) {
			t->v[DATA][lane] = 1000 + lane;
			t->v[ADDRESS][lane] = (lane * 5 + 3) % 64 * 4 + lane % 4 + (lane % 2 ? 256 : 0) - 24;
		}
		t->w->exec = ~(1ull << 20);
		/* The low bits and what is above 64 lanes do not count; offset 24 is added. */
		unit_run(t, unit_find(t, "ds_bpermute_b32 v0, v4, v8 offset:24"));
		for (unsigned lane = 0; lane < 64; lane++) {
			unsigned from = (lane * 5 + 3) % 64;

			if (lane != 20)
				assert_int_equal(t->v[0][lane], from == 20 ? 0 : 1000 + from);
		}
		assert_int_equal(t->v[0][20], 0);
		for (unsigned lane = 0; lane < 64; lane++)
			t->v[ADDRESS][lane] = (lane / 2 * 4) * 2; /* two lanes push to each even lane */
		unit_run(t, unit_find(t, "ds_permute_b32 v0, v4, v8"));
		for (unsigned lane = 0; lane < 64; lane++)
			if (lane != 20)
				assert_int_equal(t->v[0][lane], lane % 2 ? 0 : 1000 + lane + 1);
		unit_wave_fini(t);
	}
}

static unsigned swizzled_lane(const char *text, unsigned lane)
{
	unsigned low = lane % 32, base = lane - low;

	if (has(text, "QUAD_PERM"))
		return lane ^ 3; /* 3,2,1,0 */
	if (has(text, "01pip")) /* from the top bit: 0, 1, keep, invert, keep */
		return base + 8 + ((low & 4) | ((low & 2) ^ 2) | (low & 1));
	if (has(text, "SWAP,16"))
		return lane ^ 16;
	if (has(text, "REVERSE,8"))
		return lane ^ 7;
	if (has(text, "BROADCAST,4,2"))
		return lane / 4 * 4 + 2;
	return 99;
}

static void swizzles_move_as_their_patterns_say(void **state)
{
	static struct unit_wave wave, *t = &wave;
	unsigned checked = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unit_words); i++) {
		if (unit_words[i].op != GCN_DS_SWIZZLE_B32 || swizzled_lane(unit_words[i].text, 0) == 99)
			continue;
		for (unsigned isa = 0; isa < UNIT_ISAS; isa++) {
			if (!(unit_words[i].isas >> isa & 1))
				continue;
			unit_wave_init(t, (enum gcn_isa)isa);
			t->w->exec = ~(1ull << 13);
			for (unsigned lane = 0; lane < 64; lane++)
				t->v[ADDRESS][lane] = 7000 + lane;
			unit_run(t, &unit_words[i]);
			for (unsigned lane = 0; lane < 64; lane++) {
				unsigned from = swizzled_lane(unit_words[i].text, lane);

				if (t->v[0][lane] != (lane == 13 || from == 13 ? 0 : 7000 + from))
					fail_msg("'%s': lane %u has %u", unit_words[i].text, lane, t->v[0][lane]);
			}
			checked++;
			unit_wave_fini(t);
		}
	}
	assert_uint_in_range(checked, 12, 100);
}

static void append_and_consume_count_active_lanes(void **state)
{
	static struct unit_wave wave, *t = &wave;
	uint32_t counter = 1000;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	t->w->m0 = 64;
	t->w->exec = 0xff0;
	memcpy(t->group->lds + 64 + 24, &counter, 4);
	unit_run(t, unit_find(t, "ds_append v0 offset:24"));
	memcpy(&counter, t->group->lds + 64 + 24, 4);
	assert_int_equal(counter, 1008);
	assert_int_equal(t->v[0][4], 1000);
	assert_int_equal(t->v[0][0], 0);
	unit_run(t, unit_find(t, "ds_consume v0 offset:24"));
	memcpy(&counter, t->group->lds + 64 + 24, 4);
	assert_int_equal(counter, 1000);
	assert_int_equal(t->v[0][11], 1008);
	unit_wave_fini(t);
}

static void addtid_addresses_by_lane(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX906);
	t->w->m0 = 128;
	t->w->exec = ~1ull;
	for (unsigned lane = 0; lane < 64; lane++)
		t->v[DATA][lane] = 50 + lane;
	unit_run(t, unit_find(t, "ds_write_addtid_b32 v8 offset:24"));
	for (unsigned lane = 0; lane < 64; lane++) {
		uint32_t v;

		memcpy(&v, t->group->lds + 128 + 24 + lane * 4, 4);
		assert_int_equal(v, lane ? 50 + lane : 0);
	}
	unit_run(t, unit_find(t, "ds_read_addtid_b32 v0 offset:24"));
	assert_int_equal(t->v[0][63], 113);
	unit_wave_fini(t);
}

static void global_wave_sync_holds_waves_until_the_last(void **state)
{
	static struct unit_wave wave[2], *t = &wave[0];
	struct gcn_gws gws[GCN_GWS_RESOURCES] = {0};
	const struct unit_words *barrier;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		unit_wave_init(&wave[i], GCN_ISA_GFX90A);
		wave[i].machine.gws = gws;
		wave[i].v[DATA][0] = 1; /* waves less one */
		wave[i].w->cycles = 1000 * (i + 1);
	}
	barrier = unit_find(t, "ds_gws_barrier v8 offset:1 gds");
	unit_run(t, unit_find(t, "ds_gws_init v8 offset:1 gds"));
	assert_int_equal(gws[1].missing, 1);
	assert_int_equal(unit_execute(&wave[0], barrier), GCN_YIELD);
	assert_true(wave[0].w->gws_waits);
	assert_int_equal(unit_execute(&wave[0], barrier), GCN_YIELD);
	assert_true(wave[0].w->gws_waits);
	assert_int_equal(unit_execute(&wave[1], barrier), GCN_YIELD);
	assert_false(wave[1].w->gws_waits);
	assert_int_equal(unit_execute(&wave[0], barrier), GCN_YIELD);
	assert_false(wave[0].w->gws_waits);
	assert_true(wave[0].w->cycles >= 2000); /* no earlier than the last to arrive */
	assert_true(wave[0].w->pc > wave[1].w->pc - 64);
	for (unsigned i = 0; i < 2; i++)
		unit_wave_fini(&wave[i]);
}

/* ---- faults ---- */

static void assert_faults(struct unit_wave *t, const char *text, enum gcn_fault_kind kind, uint64_t va, bool write)
{
	if (unit_execute(t, unit_find(t, text)) != -1)
		fail_msg("'%s' does not fault", text);
	if (t->fault.kind != kind || t->fault.va != va || t->fault.write != write)
		fail_msg("'%s': kind %d at 0x%llx, write %d", text, t->fault.kind, (unsigned long long)t->fault.va, t->fault.write);
}

static void what_is_out_of_bounds_faults_with_its_address(void **state)
{
	static struct unit_wave wave, *t = &wave;
	const uint64_t end = UNIT_VA + UNIT_MEMORY;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	for (unsigned lane = 0; lane < 64; lane++) {
		t->v[ADDRESS][lane] = (uint32_t)(end - 8);
		t->v[ADDRESS + 1][lane] = (uint32_t)(end >> 32);
	}
	unit_run(t, unit_find(t, "global_load_dwordx2 v[0:1], v[4:5], off"));
	assert_faults(t, "global_load_dwordx4 v[0:3], v[4:5], off", GCN_FAULT_MEMORY, end, false);
	assert_faults(t, "global_store_dwordx3 v[4:5], v[8:10], off", GCN_FAULT_MEMORY, end, true);
	assert_faults(t, "flat_atomic_add v[4:5], v8 offset:24", GCN_FAULT_MEMORY, end + 16, true);
	for (unsigned lane = 0; lane < 64; lane++)
		t->v[ADDRESS][lane] -= 2;
	assert_faults(t, "global_atomic_add v[4:5], v8, off", GCN_FAULT_MEMORY, end - 10, true); /* misaligned */
	for (unsigned lane = 0; lane < 64; lane++)
		t->v[ADDRESS][lane] = UNIT_LDS - 4;
	unit_run(t, unit_find(t, "ds_read_b32 v0, v4"));
	assert_faults(t, "ds_read_b64 v[0:1], v4", GCN_FAULT_APERTURE, UNIT_LDS_APERTURE + UNIT_LDS - 4, false);
	/* No lane, no access. */
	t->w->exec = 0;
	unit_run(t, unit_find(t, "ds_read_b64 v[0:1], v4"));
	unit_run(t, unit_find(t, "ds_add_u32 v4, v8 offset:24"));
	unit_run(t, unit_find(t, "global_load_dwordx4 v[0:3], v[4:5], off"));
	unit_run(t, unit_find(t, "flat_atomic_add v[4:5], v8 offset:24"));
	unit_run(t, unit_find(t, "scratch_store_dword v4, v8, off offset:24"));
	t->w->exec = 1;
	t->v[ADDRESS][0] = UNIT_SCRATCH_LANE - 2;
	if (unit_execute(t, unit_find(t, "scratch_store_dword v4, v8, off")) != -1)
		fail_msg("a store beyond the lane's private memory");
	assert_int_equal(t->fault.kind, GCN_FAULT_APERTURE);
	unit_wave_fini(t);
}

/* ---- the stack: one private memory, whichever instruction reaches it ---- */

/* As the runtime describes it: swizzled, dword elements, 64 lanes, the lane added to the index. */
static void describe_stack(struct unit_wave *t, uint32_t records)
{
	t->w->sgpr[12] = (uint32_t)UNIT_SCRATCH;
	t->w->sgpr[13] = (uint32_t)(UNIT_SCRATCH >> 32) | 1u << 31;
	t->w->sgpr[14] = records;
	t->w->sgpr[15] = 4 << 15 | 1 << 19 | 3 << 21 | 1 << 23;
}

static void private_memory_is_the_same_through_buffer_flat_and_scratch(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	describe_stack(t, sizeof(t->scratch));
	t->w->exec = 0xffffffff00000ff1;
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
		t->v[DATA][lane] = 4000 + lane;
	unit_run(t, unit_find(t, "buffer_store_dword v8, off, s[12:15], 0 offset:24"));
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
		set_address(t, ADDRESS, lane, UNIT_PRIVATE_APERTURE + 24, true);
	unit_run(t, unit_find(t, "flat_load_dword v0, v[4:5]"));
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
		bool active = t->w->exec >> lane & 1;

		assert_int_equal(t->v[0][lane], active ? 4000 + lane : 0);
		t->v[0][lane] = 0;
		set_address(t, ADDRESS, lane, lane % 2 * 4, false);
		t->v[DATA][lane] = 5000 + lane;
	}
	/* Each lane its own place, then the flat view of two of them. */
	unit_run(t, unit_find(t, "scratch_store_dword v4, v8, off offset:24"));
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
		set_address(t, ADDRESS, lane, lane % 2 * 4, false);
	t->w->sgpr[10] = 0;
	unit_run(t, unit_find(t, "buffer_load_dword v0, v4, s[12:15], s10 offen offset:24"));
	for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++)
		assert_int_equal(t->v[0][lane], t->w->exec >> lane & 1 ? 5000 + lane : 0);
	unit_wave_fini(t);
}

static void the_stack_has_no_range_check_and_its_offsets_wrap(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	for (enum gcn_isa isa = GCN_ISA_GFX906; isa <= GCN_ISA_GFX90A; isa++) {
		unit_wave_init(t, isa);
		describe_stack(t, 0);
		for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
			t->v[DATA][lane] = 4000 + lane;
			t->v[ADDRESS][lane] = (uint32_t)-8; /* 16 with the instruction's 24 */
		}
		unit_run(t, unit_find(t, "buffer_store_dword v8, v4, s[12:15], s10 offen offset:24"));
		for (unsigned lane = 0; lane < GCN_WAVE_LANES; lane++) {
			uint32_t stored;

			memcpy(&stored, t->scratch + 16 * GCN_WAVE_LANES + 4 * lane, 4);
			assert_int_equal(stored, 4000 + lane);
			memcpy(t->scratch + 24 * GCN_WAVE_LANES + 4 * lane, &stored, 4);
		}
		unit_run(t, unit_find(t, "buffer_load_dword v0, off, s[12:15], 0 offset:24"));
		assert_memory_equal(t->v[0], t->v[DATA], sizeof(t->v[0]));
		unit_wave_fini(t);
	}
}

/* ---- coverage ---- */

static bool is_memory(const char *name)
{
	static const char *const memory[] = {"s_load_", "s_store_", "s_buffer_", "s_scratch_", "s_atomic_", "s_dcache_", "s_mem",
		"s_atc_", "ds_", "flat_", "global_", "scratch_", "buffer_"};

	for (size_t i = 0; i < ARRAY_SIZE(memory); i++)
		if (unit_begins(name, memory[i]))
			return true;
	return false;
}

static void every_memory_opcode_ran_or_is_listed(void **state)
{
	(void)state;
	unit_assert_covered(is_memory);
	unit_assert_absent_faults(is_memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_stores_and_atomics_do_what_their_names_say),
		cmocka_unit_test(denormals_of_float_atomics_depend_on_where_they_are),
		cmocka_unit_test(minimum_and_maximum_order_zeros_and_nans),
		cmocka_unit_test(scalar_loads_and_stores_reach_their_dwords),
		cmocka_unit_test(clocks_read_the_waves_time),
		cmocka_unit_test(caches_are_nothing_to_write_back),
		cmocka_unit_test(permutes_push_and_pull),
		cmocka_unit_test(swizzles_move_as_their_patterns_say),
		cmocka_unit_test(append_and_consume_count_active_lanes),
		cmocka_unit_test(addtid_addresses_by_lane),
		cmocka_unit_test(global_wave_sync_holds_waves_until_the_last),
		cmocka_unit_test(what_is_out_of_bounds_faults_with_its_address),
		cmocka_unit_test(private_memory_is_the_same_through_buffer_flat_and_scratch),
		cmocka_unit_test(the_stack_has_no_range_check_and_its_offsets_wrap),
		cmocka_unit_test(every_memory_opcode_ran_or_is_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
