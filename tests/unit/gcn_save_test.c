/* SPDX-License-Identifier: MIT */
/* The image that a context save leaves of a group: what is where, and how large, on hand-made waves. */
#include "tests/unit/gcn_unit_wave.h"

enum { ROW = 4 * GCN_WAVE_LANES, SGPRS = 112, WAVE_BYTES = 2 * UNIT_VGPRS * ROW + 4 * SGPRS + 128 };

static uint32_t dword(const uint8_t *image, size_t at)
{
	uint32_t v;

	memcpy(&v, image + at, 4);
	return v;
}

static void image_holds_registers_hardware_registers_and_lds(void **state)
{
	static struct unit_wave wave, *t = &wave;
	static uint8_t image[WAVE_BYTES + UNIT_LDS + 1];
	size_t sgprs = 2 * UNIT_VGPRS * ROW, hwregs = sgprs + 4 * SGPRS;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	assert_int_equal(gcn_group_save_bytes(t->group), sizeof(image) - 1);
	t->w->vgpr[3][5] = 0x11111111;
	t->w->agpr[UNIT_VGPRS - 1][63] = 0x22222222;
	t->w->sgpr[101] = 0x33333333;
	t->w->flat_scratch = 0x4444444455555555;
	t->w->vcc = 0x6666666677777777;
	t->w->m0 = 0x88888888;
	t->w->pc = 0x123456789abc;
	t->w->exec = 0xf0f0;
	t->w->scc = true;
	t->w->trap_sgprs[15] = 0x99999999;
	t->group->lds[UNIT_LDS - 1] = 0xaa;
	image[sizeof(image) - 1] = 0xcc;
	gcn_group_save(t->group, image);
	assert_int_equal(dword(image, 3 * ROW + 5 * 4), 0x11111111);
	assert_int_equal(dword(image, sgprs - 4), 0x22222222);
	assert_int_equal(dword(image, sgprs + 4 * 101), 0x33333333);
	/* 112 are allocated: 102 can be named, 4 cannot, the special ones are last. */
	assert_int_equal(dword(image, sgprs + 4 * 102), 0);
	assert_int_equal(dword(image, sgprs + 4 * 106), 0x55555555);
	assert_int_equal(dword(image, sgprs + 4 * 111), 0x66666666);
	assert_int_equal(dword(image, hwregs), 0x88888888);
	assert_int_equal(dword(image, hwregs + 4), 0x56789abc);
	assert_int_equal(dword(image, hwregs + 8), 0x1234);
	assert_int_equal(dword(image, hwregs + 12), 0xf0f0);
	assert_int_equal(dword(image, hwregs + 20) & 1, 1);
	assert_int_equal(dword(image, hwregs + 36), 0x3f0);
	assert_int_equal(dword(image, WAVE_BYTES - 4), 0x99999999);
	assert_int_equal(image[WAVE_BYTES + UNIT_LDS - 1], 0xaa);
	assert_int_equal(image[sizeof(image) - 1], 0xcc);
	unit_wave_fini(t);
}

static void waves_that_ended_are_not_saved(void **state)
{
	static struct unit_wave wave, *t = &wave;

	(void)state;
	unit_wave_init(t, GCN_ISA_GFX90A);
	t->w->ended = true;
	assert_int_equal(gcn_group_save_bytes(t->group), 0);
	gcn_group_save(t->group, NULL);
	unit_wave_fini(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(image_holds_registers_hardware_registers_and_lds),
		cmocka_unit_test(waves_that_ended_are_not_saved),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
