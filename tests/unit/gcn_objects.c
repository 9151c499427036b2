/* SPDX-License-Identifier: MIT */
/* The compiled kernels of the compute-unit model's tests; see gcn_objects.h. */
#include "gcn_objects.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
	const char *name;
	enum gcn_isa isa;
} isas[] = {{"gfx906", GCN_ISA_GFX906}, {"gfx90a", GCN_ISA_GFX90A}, {"gfx942", GCN_ISA_GFX942}};
enum { ISAS = 3, LEVELS = 4 };

static void object_path(char *path, size_t size, unsigned isa, unsigned level)
{
	const char *builddir = getenv("top_builddir");

	snprintf(path, size, "%s/tests/unit/gcn_kernels.%s.O%u.co", builddir ? builddir : ".", isas[isa].name, level);
}

static uint32_t random_state = 1;

uint32_t random32(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

float random_float(void)
{
	return (float)(int32_t)random32() * 0x1p-24f;
}

void on_every_object(kernel_test_fn test)
{
	for (unsigned isa = 0; isa < ISAS; isa++)
		for (unsigned level = 0; level < LEVELS; level++) {
			char path[640], where[32];
			struct rig r;

			object_path(path, sizeof(path), isa, level);
			snprintf(where, sizeof(where), "%s -O%u", isas[isa].name, level);
			rig_init(&r, isas[isa].isa);
			assert_int_equal(access(path, R_OK), 0);
			if (!rig_load(&r, path)) {
				/* No compiler knows this ISA, or is right at this level. */
				print_message("%s: no code object\n", where);
				rig_fini(&r);
				continue;
			}
			random_state = 1;
			test(&r, where);
			rig_fini(&r);
		}
}

void launch(struct rig *r, const char *where, const struct rig_launch *l)
{
	enum gcn_stop stop = rig_run(r, l);

	if (stop != GCN_STOP_DONE)
		fail_msg("%s: fault %d at pc 0x%llx, va 0x%llx: %s", where, r->fault.kind,
			(unsigned long long)r->fault.pc, (unsigned long long)r->fault.va, r->fault.text);
}

void expect_words(const char *where, const uint32_t *got, const uint32_t *want, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (got[i] != want[i])
			fail_msg("%s: [%zu] is 0x%08x, not 0x%08x", where, i, got[i], want[i]);
}

void expect_longs(const char *where, const uint64_t *got, const uint64_t *want, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (got[i] != want[i])
			fail_msg("%s: [%zu] is 0x%016llx, not 0x%016llx", where, i, (unsigned long long)got[i],
				(unsigned long long)want[i]);
}

bool objects_exist(void)
{
	char path[640];
	FILE *f;
	bool found;

	object_path(path, sizeof(path), 0, LEVELS - 1);
	f = fopen(path, "rb");
	found = f && fgetc(f) != EOF;
	if (f)
		fclose(f);
	return found;
}
