/* SPDX-License-Identifier: MIT */
/*
 * The HSA API tables as the tool library sees them: a version, then function pointers, addressed by slot. ROCr's own header is C++ only, and
 * the table of AMD extensions changed inside one major version, so the slots are carried here for every size that was
 * released and held against the installed header by tests/abi.
 *
 * Source: hsa_api_trace.h of ROCr 5.0 to 7.2 and the development branch of 2026-07.
 */
#ifndef HSA_SLOTS_H
#define HSA_SLOTS_H

#include <stdint.h>

struct hsa_table_version {
	uint32_t major; /* changes when slots move, though not always: see amd_ext below */
	uint32_t minor; /* size of the table in bytes */
	uint32_t step;
	uint32_t reserved;
};

/* Any of the tables; slots are counted from 1. */
struct hsa_table {
	struct hsa_table_version version;
	void *slot[];
};
#define HSA_SLOT_OFFSET(n) (sizeof(struct hsa_table_version) + ((n)-1) * sizeof(void *))

/* What OnLoad is given. Later runtimes append further tables. */
struct hsa_root_table {
	struct hsa_table_version version;
	struct hsa_table *core;
	struct hsa_table *amd_ext;
	struct hsa_table *finalizer;
	struct hsa_table *image;
};

#define HSA_CORE_TABLE_BYTES 1016u

/* name, slot */
#define HSA_CORE_SLOTS(X)                                                                                              \
	X(hsa_system_get_info, 3)                                                                                      \
	X(hsa_agent_get_info, 7)                                                                                       \
	X(hsa_queue_create, 8)                                                                                         \
	X(hsa_queue_destroy, 10)                                                                                       \
	X(hsa_queue_inactivate, 11)                                                                                    \
	X(hsa_queue_load_write_index_scacquire, 14)                                                                    \
	X(hsa_queue_load_write_index_relaxed, 15)                                                                      \
	X(hsa_queue_store_write_index_relaxed, 16)                                                                     \
	X(hsa_queue_store_write_index_screlease, 17)                                                                   \
	X(hsa_queue_cas_write_index_scacq_screl, 18)                                                                   \
	X(hsa_queue_cas_write_index_scacquire, 19)                                                                     \
	X(hsa_queue_cas_write_index_relaxed, 20)                                                                       \
	X(hsa_queue_cas_write_index_screlease, 21)                                                                     \
	X(hsa_queue_add_write_index_scacq_screl, 22)                                                                   \
	X(hsa_queue_add_write_index_scacquire, 23)                                                                     \
	X(hsa_queue_add_write_index_relaxed, 24)                                                                       \
	X(hsa_queue_add_write_index_screlease, 25)                                                                     \
	X(hsa_signal_destroy, 39)                                                                                      \
	X(hsa_signal_store_relaxed, 42)                                                                                \
	X(hsa_signal_store_screlease, 43)                                                                              \
	X(hsa_executable_destroy, 85)                                                                                  \
	X(hsa_executable_freeze, 87)                                                                                   \
	X(hsa_executable_symbol_get_info, 94)                                                                          \
	X(hsa_executable_iterate_symbols, 95)                                                                          \
	X(hsa_signal_silent_store_relaxed, 103)                                                                        \
	X(hsa_signal_silent_store_screlease, 104)

/* name, slot in tables of ROCm before 5.5 (400 bytes), of 5.5 (424), of 5.6 and later (from 456, append only); 0: absent */
#define HSA_AMD_SLOTS(X)                                                                                               \
	X(hsa_amd_profiling_set_profiler_enabled, 3, 3, 3)                                                             \
	X(hsa_amd_profiling_get_dispatch_time, 5, 5, 5)                                                                \
	X(hsa_amd_memory_lock, 21, 21, 23)                                                                             \
	X(hsa_amd_signal_create, 32, 32, 34)                                                                           \
	X(hsa_amd_queue_intercept_create, 36, 36, 38)                                                                  \
	X(hsa_amd_queue_intercept_register, 37, 37, 39)                                                                \
	X(hsa_amd_queue_set_priority, 38, 38, 40)                                                                      \
	X(hsa_amd_runtime_queue_create_register, 40, 40, 42)                                                           \
	X(hsa_amd_queue_get_info, 0, 0, 69)                                                                            \
	X(hsa_amd_counted_queue_acquire, 0, 0, 77)                                                                     \
	X(hsa_amd_counted_queue_release, 0, 0, 78)                                                                     \
	X(hsa_amd_queue_create, 0, 0, 87)

enum hsa_amd_layout { HSA_AMD_BEFORE_5_5, HSA_AMD_5_5, HSA_AMD_FROM_5_6, HSA_AMD_LAYOUTS };

enum hsa_core_slot {
#define HSA_CORE_ENUM(name, slot) CORE_##name = (slot),
	HSA_CORE_SLOTS(HSA_CORE_ENUM)
#undef HSA_CORE_ENUM
};

enum hsa_amd_entry {
#define HSA_AMD_ENUM(name, before_5_5, in_5_5, from_5_6) AMD_##name,
	HSA_AMD_SLOTS(HSA_AMD_ENUM)
#undef HSA_AMD_ENUM
	AMD_ENTRIES
};

/**
 * hsa_amd_layout_of() - which layout an AMD extension table has
 * Return: enum hsa_amd_layout, or -ENOTSUP for one that no release had.
 */
int hsa_amd_layout_of(const struct hsa_table_version *version);
/** hsa_amd_slot() - slot of @entry in a table of @layout and size version->minor, 0 when it has none */
unsigned hsa_amd_slot(enum hsa_amd_entry entry, enum hsa_amd_layout layout, const struct hsa_table_version *version);
/**
 * hsa_layout_check() - whether the tables are laid out as known
 * @why_p: on failure set to a sentence (static storage)
 * Return: 0; -ENOTSUP.
 */
int hsa_layout_check(const struct hsa_root_table *root, const char **why_p);

#endif
