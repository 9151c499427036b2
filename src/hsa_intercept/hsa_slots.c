/* SPDX-License-Identifier: MIT */
/* Which layout the tables of the running ROCr have; see hsa_slots.h. */
#include "src/hsa_intercept/hsa_slots.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

static_assert(HSA_SLOT_OFFSET(1) == 16, "slots begin behind the version");
static_assert(offsetof(struct hsa_root_table, amd_ext) == 24, "root table");

/* Nightly builds of 2026-06 had a table of this size in which slot 87 was another function; it was reverted. */
#define HSA_AMD_NIGHTLY_BYTES 720u

static const uint8_t amd_slots[AMD_ENTRIES][HSA_AMD_LAYOUTS] = {
#define HSA_AMD_ROW(name, before_5_5, in_5_5, from_5_6) {before_5_5, in_5_5, from_5_6},
	HSA_AMD_SLOTS(HSA_AMD_ROW)
#undef HSA_AMD_ROW
};

int hsa_amd_layout_of(const struct hsa_table_version *version)
{
	if (version->major == 1) {
		switch (version->minor) {
		case 400:
			return HSA_AMD_BEFORE_5_5;
		case 424:
			return HSA_AMD_5_5;
		case 456:
			return HSA_AMD_FROM_5_6;
		}
		return -ENOTSUP;
	}
	if (version->major == 2 && version->minor >= 552)
		return HSA_AMD_FROM_5_6;
	return -ENOTSUP;
}

unsigned hsa_amd_slot(enum hsa_amd_entry entry, enum hsa_amd_layout layout, const struct hsa_table_version *version)
{
	unsigned slot = amd_slots[entry][layout];

	if (!slot || HSA_SLOT_OFFSET(slot) + sizeof(void *) > version->minor)
		return 0;
	if (entry == AMD_hsa_amd_queue_create && version->minor == HSA_AMD_NIGHTLY_BYTES)
		return 0;
	return slot;
}

int hsa_layout_check(const struct hsa_root_table *root, const char **why_p)
{
	const char *why = NULL;

	if (root->version.major < 1 || root->version.major > 3)
		why = "the root table's major version is none of 1, 2, 3";
	else if (!root->core || !root->amd_ext)
		why = "a table is missing";
	else if (root->core->version.minor != HSA_CORE_TABLE_BYTES)
		why = "the core table does not have 1016 bytes";
	else if (hsa_amd_layout_of(&root->amd_ext->version) < 0)
		why = "the table of AMD extensions has a version and size that no known release had";
	if (!why)
		return 0;
	*why_p = why;
	return -ENOTSUP;
}
