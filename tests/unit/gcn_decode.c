/* SPDX-License-Identifier: MIT */
/*
 * The decoder against LLVM: mnemonic, length, operands and modifiers of instructions that llvm-mc encoded (gcn_decode.inc, made by
 * gcn_decode_table from gcn_decode.s).
 */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/gcn/wave.h"

static const struct decoded {
	enum gcn_isa isa;
	unsigned count;
	uint32_t words[3];
	const char *text;
} table[] = {
#include "gcn_decode.inc"
};
enum { ROWS = sizeof(table) / sizeof(table[0]) };

/* What the text says of one operand. */
struct operand {
	long code; /* operand code, or -1: not a register or constant */
	bool is_number;
	long number;
	bool negative, absolute, extended;
};

struct line {
	char mnemonic[64];
	struct operand operand[8];
	unsigned operands;
	const char *modifiers; /* the rest of the text */
};

static const struct {
	const char *name;
	uint16_t code;
} names[] = {
	{"vcc", GCN_SRC_VCC}, {"vcc_lo", GCN_SRC_VCC}, {"vcc_hi", GCN_SRC_VCC + 1}, {"exec", GCN_SRC_EXEC},
	{"exec_lo", GCN_SRC_EXEC}, {"m0", GCN_SRC_M0}, {"flat_scratch", GCN_SRC_FLAT_SCRATCH},
	{"flat_scratch_lo", GCN_SRC_FLAT_SCRATCH}, {"src_shared_base", GCN_SRC_SHARED_BASE},
	{"0.5", 240}, {"-0.5", 241}, {"1.0", 242}, {"-1.0", 243}, {"2.0", 244}, {"-2.0", 245}, {"4.0", 246},
	{"-4.0", 247}, {"0.15915494", 248}, {"0.15915494309189532", 248},
};

static bool parse_register(const char *text, long *code_p)
{
	static const struct {
		const char *prefix;
		uint16_t base;
	} files[] = {{"v", GCN_SRC_VGPR0}, {"a", GCN_SRC_AGPR0}, {"s", GCN_SRC_SGPR0}, {"ttmp", GCN_SRC_TTMP0}};

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t length = strlen(files[i].prefix);

		if (strncmp(text, files[i].prefix, length))
			continue;
		const char *number = text + length + (text[length] == '[');
		if (!isdigit((unsigned char)*number))
			continue;
		*code_p = files[i].base + strtol(number, NULL, 10);
		return true;
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(text, names[i].name)) {
			*code_p = names[i].code;
			return true;
		}
	return false;
}

static void parse_operand(char *text, struct operand *o)
{
	char *end;

	memset(o, 0, sizeof(*o));
	o->code = -1;
	if (!strncmp(text, "sext(", 5)) {
		o->extended = true;
		text += 5;
		text[strcspn(text, ")")] = 0;
	}
	if (parse_register(text, &o->code))
		return;
	o->number = (long)strtoll(text, &end, 0);
	if (*text && !*end) {
		o->is_number = true;
		return;
	}
	if (*text == '-') {
		o->negative = true;
		text++;
	}
	if (*text == '|') {
		o->absolute = true;
		text++;
		text[strcspn(text, "|")] = 0;
	}
	if (!parse_register(text, &o->code))
		o->code = -1; /* off, hwreg(...), sendmsg(...) */
}

/* "mnemonic a, b, c modifier modifier": operands are separated by commas outside brackets and parentheses. */
static void parse_line(const char *text, struct line *l, char *copy)
{
	memset(l, 0, sizeof(*l));
	strcpy(copy, text);
	char *at = copy + strcspn(copy, " ");
	if (*at)
		*at++ = 0;
	snprintf(l->mnemonic, sizeof(l->mnemonic), "%s", copy);
	l->modifiers = strchr(text, ' ') ? strchr(text, ' ') : "";
	while (*at && l->operands < 8) {
		char *start = at;
		int depth = 0;

		while (*at && (depth > 0 || (*at != ',' && *at != ' '))) {
			if (*at == '[' || *at == '(')
				depth++;
			if (*at == ']' || *at == ')')
				depth--;
			at++;
		}
		bool more = *at == ',';
		if (*at)
			*at++ = 0;
		parse_operand(start, &l->operand[l->operands++]);
		if (!more)
			break;
		while (*at == ' ')
			at++;
	}
}

/* The decoded operands in the order in which the assembler writes them. */
static unsigned decoded_operands(const struct gcn_inst *in, uint16_t *codes)
{
	unsigned n = 0;

	switch (in->format) {
	case GCN_FMT_SMEM:
		codes[n++] = in->dst;
		codes[n++] = in->saddr;
		codes[n++] = in->soffset;
		break;
	case GCN_FMT_DS:
		codes[n++] = in->dst;
		codes[n++] = in->addr;
		codes[n++] = in->data;
		codes[n++] = in->data2;
		break;
	case GCN_FMT_FLAT:
	case GCN_FMT_GLOBAL:
	case GCN_FMT_SCRATCH:
		codes[n++] = in->dst;
		codes[n++] = in->addr;
		codes[n++] = in->data;
		codes[n++] = in->saddr;
		break;
	case GCN_FMT_MUBUF:
		codes[n++] = in->data;
		codes[n++] = in->addr;
		codes[n++] = in->saddr;
		codes[n++] = in->soffset;
		break;
	default:
		codes[n++] = in->dst;
		codes[n++] = in->sdst;
		for (unsigned i = 0; i < 3; i++)
			codes[n++] = in->src[i];
		break;
	}
	return n;
}

/* Constants are operand codes too; what does not fit one is the literal, an immediate, or an offset. */
static bool number_matches(const struct gcn_inst *in, long number, uint16_t code)
{
	if (code == GCN_SRC_LITERAL)
		return in->literal == (uint32_t)number;
	if (number >= 0 && number <= 64)
		return code == GCN_SRC_ZERO + number;
	return number >= -16 && number < 0 && code == GCN_SRC_ZERO + 64 - number;
}

static bool number_is_immediate(const struct gcn_inst *in, long number)
{
	switch (in->format) {
	case GCN_FMT_SOPK:
		return (uint16_t)in->imm == (uint16_t)number ||
		       (in->op == GCN_S_SETREG_IMM32_B32 && in->literal == (uint32_t)number);
	case GCN_FMT_SOPP:
		return (uint16_t)in->imm == (uint16_t)number;
	case GCN_FMT_SMEM:
		return in->imm == number;
	default:
		return false;
	}
}

static void check_operands(const struct decoded *row, const struct gcn_inst *in, const struct line *l)
{
	uint16_t codes[5];
	unsigned count = decoded_operands(in, codes), next = 0;

	for (unsigned i = 0; i < l->operands; i++) {
		const struct operand *o = &l->operand[i];
		bool found = false;

		if (o->code < 0 && !o->is_number)
			continue;
		if (o->is_number && number_is_immediate(in, o->number))
			continue;
		/* The assembler leaves out fields, but never reorders them. */
		while (next < count && !found) {
			uint16_t code = codes[next++];

			found = o->is_number ? number_matches(in, o->number, code) : code == o->code;
		}
		if (!found)
			fail_msg("%s: operand %u is not what was decoded", row->text, i + 1);
		/* Modifiers belong to sources: dst, sdst come first. */
		if (in->format >= GCN_FMT_VOP1 && in->format <= GCN_FMT_VOP3P && next > 2) {
			unsigned source = next - 3;

			assert_int_equal(in->neg >> source & 1, o->negative || strstr(row->text, "neg_lo:[1"));
			assert_int_equal(in->abs >> source & 1, o->absolute);
			assert_int_equal(in->sdwa_sext >> source & 1, o->extended);
			if (strstr(row->text, "neg_lo:[1"))
				break;
		}
	}
}

/* The value behind "name:" in a row's text; @missing if it is not there. */
static long modifier(const struct line *l, const char *name, long missing)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " %s:", name);
	const char *at = strstr(l->modifiers, wanted);
	return at ? strtol(at + strlen(wanted), NULL, 0) : missing;
}

static bool has_word(const struct line *l, const char *word)
{
	char wanted[32];
	size_t length = (size_t)snprintf(wanted, sizeof(wanted), " %s", word);

	for (const char *at = strstr(l->modifiers, wanted); at; at = strstr(at + 1, wanted))
		if (at[length] == 0 || at[length] == ' ')
			return true;
	return false;
}

/* "name:[1,0,1]" as bits; @missing where it is not written. */
static unsigned bit_list(const struct line *l, const char *name, unsigned missing)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " %s:[", name);
	const char *at = strstr(l->modifiers, wanted);
	if (!at)
		return missing;
	unsigned bits = 0, i = 0;
	for (at += strlen(wanted); *at != ']'; at++)
		if (*at != ',')
			bits |= (unsigned)(*at - '0') << i++;
	return bits;
}

static unsigned sdwa_select(const struct line *l, const char *name)
{
	static const char *const values[] = {"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3", "WORD_0", "WORD_1", "DWORD"};

	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char wanted[48];

		snprintf(wanted, sizeof(wanted), "%s:%s", name, values[i]);
		if (has_word(l, wanted))
			return i;
	}
	return 6;
}

static void check_sdwa(const struct gcn_inst *in, const struct line *l)
{
	assert_int_equal(in->modifier, GCN_MOD_SDWA);
	assert_int_equal(in->sdwa_src_sel[0], sdwa_select(l, "src0_sel"));
	if (in->format != GCN_FMT_VOP1)
		assert_int_equal(in->sdwa_src_sel[1], sdwa_select(l, "src1_sel"));
	if (in->format == GCN_FMT_VOPC)
		return;
	assert_int_equal(in->sdwa_dst_sel, sdwa_select(l, "dst_sel"));
	assert_int_equal(in->sdwa_dst_unused, has_word(l, "dst_unused:UNUSED_SEXT")       ? 1
					      : has_word(l, "dst_unused:UNUSED_PRESERVE") ? 2
											  : 0);
}

static void check_dpp(const struct gcn_inst *in, const struct line *l)
{
	assert_int_equal(in->modifier, GCN_MOD_DPP);
	assert_int_equal(in->dpp_row_mask, modifier(l, "row_mask", 0));
	assert_int_equal(in->dpp_bank_mask, modifier(l, "bank_mask", 0));
	assert_int_equal(in->dpp_bound_ctrl, modifier(l, "bound_ctrl", 0));
	if (has_word(l, "quad_perm:[3,2,1,0]"))
		assert_int_equal(in->dpp_ctrl, 3 | 2 << 2 | 1 << 4);
	if (modifier(l, "row_shr", 0))
		assert_int_equal(in->dpp_ctrl, 0x110 + modifier(l, "row_shr", 0));
	if (modifier(l, "row_bcast", 0) == 31)
		assert_int_equal(in->dpp_ctrl, 0x143);
}

static void check_modifiers(const struct gcn_inst *in, const struct line *l)
{
	assert_int_equal(in->clamp, has_word(l, "clamp"));
	assert_int_equal(in->omod, has_word(l, "mul:2") ? 1 : has_word(l, "mul:4") ? 2 : has_word(l, "div:2") ? 3 : 0);
	assert_int_equal(in->glc, has_word(l, "glc") || has_word(l, "sc0"));
	assert_int_equal(in->slc, has_word(l, "slc") || has_word(l, "nt"));
	assert_int_equal(in->gds, has_word(l, "gds"));
	assert_int_equal(in->offen, has_word(l, "offen"));
	assert_int_equal(in->idxen, has_word(l, "idxen"));
	if (in->format > GCN_FMT_MAI || in->format == GCN_FMT_SMEM) {
		if (!strstr(l->modifiers, "offset:swizzle") && !strstr(l->modifiers, "offset0:") &&
			modifier(l, "offset", 0))
			assert_int_equal(in->imm, modifier(l, "offset", 0));
		assert_int_equal(in->lds, strstr(l->mnemonic, "_lds_") != NULL);
	}
	if (in->format == GCN_FMT_DS && strstr(l->modifiers, "offset0:")) {
		assert_int_equal(in->offset0, modifier(l, "offset0", 0));
		assert_int_equal(in->offset1, modifier(l, "offset1", 0));
	}
	if (in->format == GCN_FMT_VOP3)
		assert_int_equal(in->op_sel, bit_list(l, "op_sel", 0));
	if (in->format == GCN_FMT_VOP3P) {
		/* The text leaves out op_sel_hi where it has its default: set, but clear for mixed precision. */
		unsigned standard = strstr(l->mnemonic, "mix") ? 0 : 7;

		assert_int_equal(in->op_sel, bit_list(l, "op_sel", 0));
		assert_int_equal(in->neg, bit_list(l, "neg_lo", 0));
		assert_int_equal(in->neg_hi, bit_list(l, "neg_hi", 0));
		if (strstr(l->modifiers, "op_sel_hi:"))
			assert_int_equal(in->op_sel_hi & (l->operands > 3 ? 7 : 3), bit_list(l, "op_sel_hi", 0));
		else
			assert_int_equal(in->op_sel_hi, standard);
	}
	if (in->format == GCN_FMT_MAI) {
		assert_int_equal(in->mai_cbsz, modifier(l, "cbsz", 0));
		assert_int_equal(in->mai_abid, modifier(l, "abid", 0));
		assert_int_equal(in->mai_blgp, modifier(l, "blgp", 0));
	}
}

/* Without encoding suffix; LLVM spells matrix instructions with more underscores, and their blocks, on gfx940. */
static void plain_name(const char *name, char *out)
{
	static const char *const drop[] = {"_e32", "_e64", "_sdwa", "_dpp"};
	static const char *const blocks[] = {"_2b_", "_4b_", "_16b_"};
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", name);
	for (unsigned i = 0; i < 4; i++) {
		size_t length = strlen(copy), cut = strlen(drop[i]);

		if (length > cut && !strcmp(copy + length - cut, drop[i]))
			copy[length - cut] = 0;
	}
	for (unsigned i = 0; i < 3; i++) {
		char *at = strstr(copy, blocks[i]);

		if (at)
			memmove(at, at + strlen(blocks[i]), strlen(at + strlen(blocks[i])) + 1);
	}
	for (const char *c = copy; *c; c++)
		if (*c != '_')
			*out++ = *c;
	*out = 0;
}

static void mnemonics_and_lengths_are_llvms(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		struct gcn_inst in;
		struct line l;
		char copy[160], ours[64], theirs[64];

		parse_line(table[i].text, &l, copy);
		assert_int_equal(gcn_decode(table[i].isa, table[i].words, 3, &in), 0);
		assert_int_equal(in.dwords, table[i].count);
		plain_name(gcn_op_name((enum gcn_op)in.op), ours);
		plain_name(l.mnemonic, theirs);
		assert_string_equal(ours, theirs);
	}
}

static void operands_are_llvms(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		struct gcn_inst in;
		struct line l;
		char copy[160];

		parse_line(table[i].text, &l, copy);
		assert_int_equal(gcn_decode(table[i].isa, table[i].words, 3, &in), 0);
		check_operands(&table[i], &in, &l);
	}
}

static void modifiers_are_llvms(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		struct gcn_inst in;
		struct line l;
		char copy[160];

		parse_line(table[i].text, &l, copy);
		assert_int_equal(gcn_decode(table[i].isa, table[i].words, 3, &in), 0);
		check_modifiers(&in, &l);
		if (strstr(l.mnemonic, "_sdwa"))
			check_sdwa(&in, &l);
		else if (strstr(l.mnemonic, "_dpp"))
			check_dpp(&in, &l);
		else
			assert_int_equal(in.modifier, GCN_MOD_NONE);
	}
}

static void truncated_instructions_want_more_dwords(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROWS; i++) {
		struct gcn_inst in;

		assert_int_equal(gcn_decode(table[i].isa, table[i].words, 0, &in), -ENODATA);
		for (unsigned count = 1; count < table[i].count; count++)
			assert_int_equal(gcn_decode(table[i].isa, table[i].words, count, &in), -ENODATA);
	}
}

static void instructions_exist_only_where_llvm_has_them(void **state)
{
	struct gcn_inst in;

	(void)state;
	/* v_pk_fma_f32 came with gfx90a, v_lshl_add_u64 with gfx940; madak left with it. */
	assert_int_equal(gcn_decode(GCN_ISA_GFX906, (const uint32_t[]){0xd3b04002, 0x0c200d04}, 2, &in), -EILSEQ);
	assert_int_equal(gcn_decode(GCN_ISA_GFX90A, (const uint32_t[]){0xd3b04002, 0x0c200d04}, 2, &in), 0);
	assert_int_equal(gcn_decode(GCN_ISA_GFX90A, (const uint32_t[]){0xd2080002, 0x04190704}, 2, &in), -EILSEQ);
	assert_int_equal(gcn_decode(GCN_ISA_GFX942, (const uint32_t[]){0xd2080002, 0x04190704}, 2, &in), 0);
	assert_int_equal(in.op, GCN_V_LSHL_ADD_U64);
}

/* Nothing decodes out of range: the tables end where the encodings' fields end. */
static void any_word_decodes_or_is_refused(void **state)
{
	uint32_t words[3] = {1, 0x55555555, 0xaaaaaaaa};

	(void)state;
	for (unsigned i = 0; i < 2000000; i++) {
		struct gcn_inst in;

		words[0] ^= words[0] << 13;
		words[0] ^= words[0] >> 17;
		words[0] ^= words[0] << 5;
		int result = gcn_decode((enum gcn_isa)(i % 3), words, 3, &in);
		if (result == 0) {
			assert_uint_in_range(in.op, 1, GCN_OP_COUNT - 1);
			assert_uint_in_range(in.dwords, 1, 3);
		} else {
			assert_int_equal(result, -EILSEQ);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mnemonics_and_lengths_are_llvms),
		cmocka_unit_test(operands_are_llvms),
		cmocka_unit_test(modifiers_are_llvms),
		cmocka_unit_test(truncated_instructions_want_more_dwords),
		cmocka_unit_test(instructions_exist_only_where_llvm_has_them),
		cmocka_unit_test(any_word_decodes_or_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
