// SPDX-License-Identifier: MIT
// Holds our table of HSA API slots against the installed header, which only C++ can read.
#include <cstddef>
#include <cstdio>

#define AMD_INTERNAL_BUILD
#include <hsa/hsa_api_trace.h>

extern "C" {
#include "src/hsa_intercept/hsa_slots.h"
}

// Which layout the installed header has, from the size of its table.
constexpr hsa_amd_layout layout()
{
	return sizeof(AmdExtTable) == 400 ? HSA_AMD_BEFORE_5_5 : sizeof(AmdExtTable) == 424 ? HSA_AMD_5_5 : HSA_AMD_FROM_5_6;
}

static int failed;

static void expect(const char *name, size_t ours, size_t header)
{
	if (ours == header)
		return;
	std::printf("FAILED: %s: our offset %zu, the header's %zu\n", name, ours, header);
	failed = 1;
}

int main()
{
	unsigned checked = 0;

	expect("sizeof(CoreApiTable)", HSA_CORE_TABLE_BYTES, sizeof(CoreApiTable));
	expect("HsaApiTable.core_", offsetof(hsa_root_table, core), offsetof(HsaApiTable, core_));
	expect("HsaApiTable.amd_ext_", offsetof(hsa_root_table, amd_ext), offsetof(HsaApiTable, amd_ext_));
	expect("ApiTableVersion", sizeof(hsa_table_version), sizeof(ApiTableVersion));
#define CHECK(name, slot)                                                                                              \
	expect(#name, HSA_SLOT_OFFSET(slot), offsetof(CoreApiTable, name##_fn));                                       \
	checked++;
	HSA_CORE_SLOTS(CHECK)
#undef CHECK
	hsa_table_version version = {HSA_AMD_EXT_API_TABLE_MAJOR_VERSION, sizeof(AmdExtTable), 0, 0};
	if (hsa_amd_layout_of(&version) != static_cast<int>(layout())) {
		std::printf("FAILED: a table of version %u and %u bytes is not known\n", version.major, version.minor);
		failed = 1;
	}
	// Entries of every release; later ones are in no header that could be installed here without being named in it.
#define CHECK(name)                                                                                                    \
	expect(#name, HSA_SLOT_OFFSET(hsa_amd_slot(AMD_##name, layout(), &version)), offsetof(AmdExtTable, name##_fn)); \
	checked++;
	CHECK(hsa_amd_queue_intercept_create)
	CHECK(hsa_amd_queue_intercept_register)
	CHECK(hsa_amd_queue_set_priority)
	CHECK(hsa_amd_runtime_queue_create_register)
#undef CHECK
	std::printf("%u entries compared with a table of %zu bytes\n", checked, sizeof(AmdExtTable));
	return failed;
}
