/* SPDX-License-Identifier: MIT */
/*
 * A tool library that changes nothing: it keeps the live AMD extension table, so that programs can call what is
 * exported by the table alone (intercept queues).
 */
#include "tests/int/tool/table_peek.h"

#include <stdbool.h>

#include "src/hsa_intercept/hsa_slots.h"

static struct hsa_table *table;

TABLE_PEEK_EXPORT bool OnLoad(
	struct hsa_root_table *root, uint64_t version, uint64_t failed_count, const char *const *failed_names);
TABLE_PEEK_EXPORT void OnUnload(void);

bool OnLoad(struct hsa_root_table *root, uint64_t version, uint64_t failed_count, const char *const *failed_names)
{
	const char *why;

	if (!hsa_layout_check(root, &why))
		table = root->amd_ext;
	return true;
}

void OnUnload(void)
{
	table = NULL;
}

static void *entry(enum hsa_amd_entry which)
{
	unsigned slot = table ? hsa_amd_slot(which, hsa_amd_layout_of(&table->version), &table->version) : 0;

	return slot ? table->slot[slot - 1] : NULL;
}

void *table_peek_intercept_create(void)
{
	return entry(AMD_hsa_amd_queue_intercept_create);
}

void *table_peek_intercept_register(void)
{
	return entry(AMD_hsa_amd_queue_intercept_register);
}
