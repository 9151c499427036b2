/* SPDX-License-Identifier: MIT */
/*
 * The entries below ours in the HSA API tables: what they held when we patched them (ROCr's functions, or those of a
 * tool that was loaded before). Written in OnLoad, read by every hook.
 */
#ifndef NEXT_H
#define NEXT_H

#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>

typedef uint64_t (*load_index_fn)(const hsa_queue_t *queue);
typedef void (*store_index_fn)(const hsa_queue_t *queue, uint64_t value);
typedef uint64_t (*cas_index_fn)(const hsa_queue_t *queue, uint64_t expected, uint64_t value);
typedef uint64_t (*add_index_fn)(const hsa_queue_t *queue, uint64_t value);
typedef void (*signal_store_fn)(hsa_signal_t signal, hsa_signal_value_t value);
typedef hsa_status_t (*agent_get_info_fn)(hsa_agent_t agent, hsa_agent_info_t attribute, void *value);
typedef void (*queue_error_fn)(hsa_status_t status, hsa_queue_t *source, void *data);
typedef hsa_status_t (*queue_create_fn)(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue);
typedef hsa_status_t (*queue_fn)(hsa_queue_t *queue);
typedef hsa_status_t (*queue_set_priority_fn)(hsa_queue_t *queue, hsa_amd_queue_priority_t priority);
typedef hsa_status_t (*system_get_info_fn)(hsa_system_info_t attribute, void *value);
typedef hsa_status_t (*signal_destroy_fn)(hsa_signal_t signal);
typedef hsa_status_t (*amd_signal_create_fn)(hsa_signal_value_t initial_value, uint32_t num_consumers,
	const hsa_agent_t *consumers, uint64_t attributes, hsa_signal_t *signal);
typedef hsa_status_t (*memory_lock_fn)(void *host, size_t size, hsa_agent_t *agents, int count, void **agent);
typedef hsa_status_t (*set_profiler_enabled_fn)(hsa_queue_t *queue, int enable);
typedef hsa_status_t (*get_dispatch_time_fn)(
	hsa_agent_t agent, hsa_signal_t signal, hsa_amd_profiling_dispatch_time_t *time);
typedef hsa_status_t (*executable_freeze_fn)(hsa_executable_t executable, const char *options);
typedef hsa_status_t (*executable_destroy_fn)(hsa_executable_t executable);
typedef hsa_status_t (*executable_symbol_fn)(hsa_executable_t executable, hsa_executable_symbol_t symbol, void *data);
typedef hsa_status_t (*executable_iterate_symbols_fn)(
	hsa_executable_t executable, executable_symbol_fn callback, void *data);
typedef hsa_status_t (*symbol_get_info_fn)(
	hsa_executable_symbol_t symbol, hsa_executable_symbol_info_t attribute, void *value);
/* Since table size 640. @type and @priority are enumerations of 32 bits. */
typedef hsa_status_t (*counted_acquire_fn)(hsa_agent_t agent, uint32_t type, uint32_t priority, queue_error_fn callback,
	void *data, uint64_t flags, hsa_queue_t **queue);
/* Since table size 712. @descs points to an array of a structure that no released header describes. */
typedef hsa_status_t (*amd_queue_create_fn)(hsa_agent_t agent, void *descs, uint32_t count);

struct next {
	/* Called, not patched. The AMD extensions among them are in every known table. */
	agent_get_info_fn agent_get_info;
	system_get_info_fn system_get_info;
	signal_destroy_fn signal_destroy;
	amd_signal_create_fn amd_signal_create;
	memory_lock_fn memory_lock;
	set_profiler_enabled_fn set_profiler_enabled;
	get_dispatch_time_fn get_dispatch_time;
	executable_iterate_symbols_fn executable_iterate_symbols;
	symbol_get_info_fn symbol_get_info;

	queue_create_fn queue_create;
	queue_fn queue_destroy, queue_inactivate;
	executable_freeze_fn executable_freeze;
	executable_destroy_fn executable_destroy;
	load_index_fn load_scacquire, load_relaxed;
	store_index_fn store_relaxed, store_screlease;
	cas_index_fn cas_scacq_screl, cas_scacquire, cas_relaxed, cas_screlease;
	add_index_fn add_scacq_screl, add_scacquire, add_relaxed, add_screlease;
	signal_store_fn signal_store_relaxed, signal_store_screlease;
	signal_store_fn signal_silent_store_relaxed, signal_silent_store_screlease;

	/* AMD extensions; NULL where the runtime has no such entry. */
	queue_create_fn queue_intercept_create;
	queue_set_priority_fn queue_set_priority;
	counted_acquire_fn counted_acquire;
	queue_fn counted_release;
	amd_queue_create_fn amd_queue_create;
};

extern struct next next;

#endif
