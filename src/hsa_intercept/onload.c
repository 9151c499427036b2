/* SPDX-License-Identifier: MIT */
/*
 * Entry points that ROCr calls in a tool library: patch the API tables, and undo what must not outlive the runtime.
 * OnLoad runs inside hsa_init() under ROCr's lock: it patches and does nothing else.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/common/config.h"
#include "src/common/log.h"
#include "src/hsa_intercept/hooks.h"
#include "src/hsa_intercept/kernel_names.h"
#include "src/hsa_intercept/squeue.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/report.h"
#include "src/hsa_intercept/vqueue.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
EXPORT void OnUnload(void);

/* ROCr from 5.3 on takes any loaded library that has this symbol for a tool; a larger value is loaded later, and so nearer to the application. */
EXPORT extern const uint32_t HSA_AMD_TOOL_PRIORITY;
const uint32_t HSA_AMD_TOOL_PRIORITY = 50;

/* Written in the first OnLoad, before any hook can run. */
static struct config config;
static bool initialized;
/* Set while the tables of a running runtime point to us; written in OnLoad and OnUnload. */
static _Atomic bool loaded;
/* In a forked child nothing of the runtime is ours. */
static _Atomic bool forked;

static const struct hook *const all_hooks[] = {hooks_queue, hooks_signal, hooks_index, hooks_executable};

static void report_setting(void *ctx, const char *text)
{
	log_warning("%s", text);
}

static const char *environment(const char *name)
{
	return getenv(name);
}

/* Before anything of the runtime or the program's static objects goes away: nothing may stay behind a gate. */
static void at_exit(void)
{
	if (atomic_load(&forked) || !atomic_exchange(&loaded, false))
		return;
	squeue_stop();
	vqueue_open_all(config.drain_ms);
	report_write(config.stats);
}

static void fork_child(void)
{
	atomic_store(&forked, true);
	squeue_fork_child();
	kernel_names_fork_child();
	vqueue_fork_child();
}

static void initialize(void)
{
	config_load(&config, environment, environ, report_setting, NULL);
	log_level_set(config.log_level);
	hooks_queue_configure(&config);
	if (!config.enabled)
		return;
	if (atexit(at_exit))
		log_warning("atexit failed: packets held back when the program ends may be lost");
	pthread_atfork(NULL, NULL, fork_child);
}

static void **hook_entry(const struct hook *hook, struct hsa_root_table *root)
{
	struct hsa_table *table = root->core;
	unsigned slot = hook->core_slot;

	if (!slot) {
		table = root->amd_ext;
		slot = hsa_amd_slot(hook->amd_entry, hsa_amd_layout_of(&table->version), &table->version);
	}
	return slot ? &table->slot[slot - 1] : NULL;
}

/* Whether @function lies in the runtime itself, and not in a tool that patched the tables before us. */
static bool is_runtimes_own(const void *function)
{
	Dl_info info;
	const char *name = dladdr(function, &info) ? strrchr(info.dli_fname, '/') : NULL;

	return name && !strncmp(name + 1, "libhsa-runtime64", strlen("libhsa-runtime64"));
}

/* What is called and not patched. */
static void remember(struct hsa_root_table *root)
{
	static const struct {
		unsigned core_slot;
		enum hsa_amd_entry amd_entry;
		void **next;
	} called[] = {
		{CORE_hsa_agent_get_info, 0, (void **)&next.agent_get_info},
		{CORE_hsa_system_get_info, 0, (void **)&next.system_get_info},
		{CORE_hsa_signal_destroy, 0, (void **)&next.signal_destroy},
		{CORE_hsa_executable_iterate_symbols, 0, (void **)&next.executable_iterate_symbols},
		{CORE_hsa_executable_symbol_get_info, 0, (void **)&next.symbol_get_info},
		{0, AMD_hsa_amd_signal_create, (void **)&next.amd_signal_create},
		{0, AMD_hsa_amd_memory_lock, (void **)&next.memory_lock},
		{0, AMD_hsa_amd_profiling_set_profiler_enabled, (void **)&next.set_profiler_enabled},
		{0, AMD_hsa_amd_profiling_get_dispatch_time, (void **)&next.get_dispatch_time},
	};

	for (size_t i = 0; i < sizeof(called) / sizeof(called[0]); i++) {
		const struct hook row = {.core_slot = called[i].core_slot, .amd_entry = called[i].amd_entry};
		void **entry = hook_entry(&row, root);

		*called[i].next = entry ? *entry : NULL;
	}
}

static void patch(struct hsa_root_table *root)
{
	remember(root);
	for (size_t i = 0; i < sizeof(all_hooks) / sizeof(all_hooks[0]); i++) {
		for (const struct hook *hook = all_hooks[i]; hook->name; hook++) {
			void **entry = hook_entry(hook, root);

			/* A runtime that started again may have kept its tables. */
			if (!entry || *entry == hook->function)
				continue;
			*hook->next = *entry;
			*entry = hook->function;
		}
	}
}

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names)
{
	const char *why;

	/* A child that was forked before the runtime started is a process like any other; one forked later cannot
	 * start it again. */
	if (!initialized) {
		initialize();
		initialized = true;
	}
	/* Returning false makes some runtimes unload the library while they keep it listed. */
	if (!config.enabled)
		return true;
	/* Named both in HSA_TOOLS_LIB and by preloading, some runtimes call OnLoad twice. Another tool may have patched the
	 * tables between: a second patch would chain the two in a ring. */
	if (atomic_load(&loaded))
		return true;
	if (hsa_layout_check(table, &why)) {
		log_warning("this ROCm is not known (root %u.%u, core %u bytes, extensions %u.%u): %s; nothing is scheduled",
			table->version.major, table->version.minor, table->core ? table->core->version.minor : 0,
			table->amd_ext ? table->amd_ext->version.major : 0,
			table->amd_ext ? table->amd_ext->version.minor : 0, why);
		return true;
	}
	patch(table);
	vqueue_store_is_native =
		is_runtimes_own((const void *)next.store_screlease) && is_runtimes_own((const void *)next.add_screlease);
	squeue_start(&config);
	atomic_store(&loaded, true);
	log_info("loaded; root table %u, extensions of %u bytes", table->version.major, table->amd_ext->version.minor);
	return true;
}

void OnUnload(void)
{
	if (atomic_load(&forked) || !atomic_exchange(&loaded, false))
		return;
	squeue_stop();
	vqueue_open_all(config.drain_ms);
	vqueue_forget_all();
	report_write(config.stats);
}
