/* SPDX-License-Identifier: MIT */
/*
 * What a simulated GPU is, read from its description file (sim/devices/NAME.ini) when the program
 * starts. Read-only afterwards.
 */
#ifndef SIM_DEVICE_H
#define SIM_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/gcn/gcn.h"

#define SIM_MAX_GPUS 16

enum sim_scheduler { SIM_SCHEDULER_HWS, SIM_SCHEDULER_MES };

struct sim_device {
	char name[64];		 /* "gfx90a" */
	char marketing_name[64]; /* "AMD Instinct MI210" */
	char kfd_name[32];	 /* topology node name */
	enum gcn_isa isa;
	uint32_t gfx_target_version; /* 90010 */
	uint32_t device_id, pci_revision, family;
	uint32_t xcc_count;
	uint32_t simd_count; /* of the whole device; CUs = simd_count / simd_per_cu */
	uint32_t simd_per_cu;
	uint32_t waves_per_simd;
	uint32_t array_count, arrays_per_engine, cu_per_array;
	uint32_t lds_kib;
	uint32_t vgprs_per_simd; /* rows of 64 lanes, accumulation registers included */
	uint32_t scratch_slots_per_cu;
	uint32_t l1_kib, l2_kib;
	uint64_t vram_bytes;
	uint32_t vram_width_bits, mem_clk_mhz;
	uint32_t shader_mhz;
	uint32_t counter_khz; /* timestamps and s_memrealtime */
	uint32_t sdma_engines, sdma_xgmi_engines, sdma_queues_per_engine;
	uint32_t cp_queues;    /* hardware queue slots */
	uint32_t cp_processes; /* address spaces for compute: processes whose queues have slots at a
				  time */
	enum sim_scheduler scheduler;
	uint32_t quantum_ms; /* of a slice, while there are too few slots */
	uint32_t cycle_us;   /* of unmapping and mapping the queues, whatever runs */
	uint32_t grace_kclk; /* 1000 shader clocks that waves may go on before they are saved */
	uint32_t save_vram_mb_s,
		save_host_mb_s; /* context save and restore, by where the save area is */
	uint32_t priority_bias; /* between adjacent levels of queue priority */
	uint32_t num_gws;
	uint64_t capability, debug_prop;
	uint32_t fw_version, sdma_fw_version;
};

/** struct sim_gpu - one GPU of the simulated machine */
struct sim_gpu {
	uint32_t index;	 /* 0.. */
	uint32_t gpu_id; /* as KFD names it */
	uint32_t node;	 /* topology node */
	uint32_t render_minor;
	const struct sim_device *device;
};

/* What the PCI bus says of every simulated GPU. */
#define SIM_VENDOR_AMD 0x1002u
#define SIM_SUBSYSTEM_DEVICE 0x0c34u
/** sim_gpu_location() - its bus, device and function: bus 3, 4, ... device 0 */
static inline uint32_t sim_gpu_location(const struct sim_gpu *g)
{
	return (3 + g->index) << 8;
}

struct sim_machine {
	uint32_t gpu_count;
	struct sim_gpu gpu[SIM_MAX_GPUS];
	uint32_t kfd_minor; /* KFD 1.x as GET_VERSION reports it */
	const char *name; /* processes with this name and these GPUs share them; NULL: they are this
			     process's alone */
};

/**
 * sim_device_load() - read a description file
 * @path:    an INI file with one [device] section that gives every key of the table in load.c once
 * @error:   what is wrong, naming file, line and key, and what would be right; for one line of a
 * terminal Return:   0; -errno when the file cannot be read; -EINVAL when its content is wrong.
 * Then @error is set.
 */
int sim_device_load(const char *path, struct sim_device *d, char *error, size_t error_bytes);

/**
 * sim_device_cost() - change what scheduling costs on a device
 * @setting: "KEY=VALUE", with one of the keys from cp_queues to priority_bias of the description
 * file Return:   0; -EINVAL, with the reason in @error.
 */
int sim_device_cost(struct sim_device *d, const char *setting, char *error, size_t error_bytes);

/**
 * sim_device_find() - the description file that a user means by @name
 * @name: a file (if it holds a slash or ends in ".ini") or the name of one in @dir
 * Return: 0; -ENOENT, with the names that exist in @error.
 */
int sim_device_find(const char *name, const char *dir, char *path, size_t path_bytes, char *error,
	size_t error_bytes);

#define SIM_DEFAULT_DEVICE "gfx90a"
/* Linux 6.12's: the strictest about queue buffers among those that ROCr 5.2 to 7.2 all run on. */
#define SIM_DEFAULT_KFD_MINOR 17u
#define SIM_MIN_KFD_MINOR     5u
#define SIM_MAX_KFD_MINOR     23u
/** sim_kfd_version_parse() - "1.17" to 17. Return: 0; -EINVAL, with the reason in @error. */
int sim_kfd_version_parse(const char *text, uint32_t *minor_p, char *error, size_t error_bytes);

/*
 * How the launcher tells the preload library what to simulate. Devices are paths of description
 * files, separated by commas, one for each GPU.
 */
#define SIM_ENV_DEVICES	    "KFDSIM_DEVICES"
#define SIM_ENV_COSTS	    "KFDSIM_COSTS" /* KEY=VALUE, separated by commas */
#define SIM_ENV_MACHINE	    "KFDSIM_MACHINE"
#define SIM_DEFAULT_MACHINE "default"
/** sim_machine_name_ok() - whether @name can name a machine: 1 to 40 of A-Z a-z 0-9 - _ . */
int sim_machine_name_ok(const char *name);
#define SIM_ENV_KFD_VERSION "KFDSIM_KFD_VERSION"
#define SIM_ENV_STATS	    "KFDSIM_STATS"
#define SIM_ENV_STATS_PID   "KFDSIM_STATS_PID"
#define SIM_ENV_LOG	    "KFDSIM_LOG"

/** sim_machine_get() - the machine of this process; configured from the environment on the first
 * call; never NULL */
const struct sim_machine *sim_machine_get(void);

#endif
