/* SPDX-License-Identifier: MIT */
/*
 * The simulated machine as sysfs and /dev show it.
 *
 * Source: Linux 6.12, amdkfd/kfd_topology.c (node_show, iolink_show, mem_show, kfd_cache_show; the order of the lines is
 * theirs) and uapi/linux/kfd_sysfs.h for the flags.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "kfd_ioctl.h"
#include "sim/common/sys.h"
#include "sim/device/device.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "sim/preload/nodes.h"

#define TOPOLOGY TREE_KFD_DIR "/topology"
#define HEAP_SYSTEM 0
#define HEAP_VRAM_PUBLIC 1 /* all of it visible to the host: a large BAR */
#define LINK_PCIE 2
#define CACHE_DATA 1u
#define CACHE_HSACU 8u
#define SIMD_ID_BASE 2147487744u /* KFD counts GPU processors from 0x80001000 */

static void file(struct nodes *n, const char *path, const char *name, const char *text)
{
	char full[PATH_MAX];

	snprintf(full, sizeof(full), "%s/%s", path, name);
	nodes_add_file(n, full, "%s", text);
}

static void link_add(struct nodes *n, const char *dir, uint32_t index, uint32_t from, uint32_t to, uint32_t weight)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u/properties", dir, index);
	nodes_add_file(n, path,
		"type %d\nversion_major 0\nversion_minor 0\nnode_from %u\nnode_to %u\nweight %u\nmin_latency 0\n"
		"max_latency 0\nmin_bandwidth 312\nmax_bandwidth 31504\nrecommended_transfer_size 0\n"
		"recommended_sdma_engine_id_mask 0\nflags 1\n",
		LINK_PCIE, from, to, weight);
}

static void bank_add(struct nodes *n, const char *node, int heap, uint64_t bytes, uint32_t width, uint32_t mhz)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/mem_banks/0/properties", node);
	nodes_add_file(n, path, "heap_type %d\nsize_in_bytes %llu\nflags 0\nwidth %u\nmem_clk_max %u\n", heap,
		(unsigned long long)bytes, width, mhz);
}

static void cpu_node_add(struct nodes *n, const struct sim_machine *m)
{
	const char *node = TOPOLOGY "/nodes/0";
	struct sysinfo info;
	int cpus = get_nprocs();

	sysinfo(&info);
	nodes_add_file(n, TOPOLOGY "/nodes/0/gpu_id", "0\n");
	nodes_add_file(n, TOPOLOGY "/nodes/0/name", "\n");
	nodes_add_file(n, TOPOLOGY "/nodes/0/properties",
		"cpu_cores_count %d\nsimd_count 0\nmem_banks_count 1\ncaches_count 0\nio_links_count %u\n"
		"p2p_links_count 0\ncpu_core_id_base 0\nsimd_id_base 0\nmax_waves_per_simd 0\nlds_size_in_kb 0\n"
		"gds_size_in_kb 0\nnum_gws 0\nwave_front_size 0\narray_count 0\nsimd_arrays_per_engine 0\n"
		"cu_per_simd_array 0\nsimd_per_cu 0\nmax_slots_scratch_cu 0\ngfx_target_version 0\nvendor_id 0\n"
		"device_id 0\nlocation_id 0\ndomain 0\ndrm_render_minor 0\nhive_id 0\nnum_sdma_engines 0\n"
		"num_sdma_xgmi_engines 0\nnum_sdma_queues_per_engine 0\nnum_cp_queues 0\n"
		"max_engine_clk_ccompute 3400\n",
		cpus, m->gpu_count);
	bank_add(n, node, HEAP_SYSTEM, (uint64_t)info.totalram * info.mem_unit, 64, 3200);
	nodes_add_dir(n, TOPOLOGY "/nodes/0/caches");
	for (uint32_t i = 0; i < m->gpu_count; i++)
		link_add(n, TOPOLOGY "/nodes/0/io_links", i, 0, m->gpu[i].node, 20);
}

static void cache_add(struct nodes *n, const char *node, uint32_t index, uint32_t level, uint32_t kib, uint32_t line,
	const char *siblings)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/caches/%u/properties", node, index);
	nodes_add_file(n, path,
		"processor_id_low %u\nlevel %u\nsize %u\ncache_line_size %u\ncache_lines_per_tag 1\nassociation 0\n"
		"latency 0\ntype %u\nsibling_map %s\n",
		SIMD_ID_BASE, level, kib, line, CACHE_DATA | CACHE_HSACU, siblings);
}

static void gpu_properties(struct nodes *n, const struct sim_gpu *g, const char *node, uint32_t peers, uint32_t minor)
{
	const struct sim_device *d = g->device;
	struct kfd_save_area area = kfd_save_area_of(d);
	char path[PATH_MAX], save[96] = "", clocks[64];

	/* New with the check of the save area. */
	if (minor >= 17)
		snprintf(save, sizeof(save), "cwsr_size %u\nctl_stack_size %u\n", area.save_bytes, area.ctl_stack_bytes);
	snprintf(clocks, sizeof(clocks), "max_engine_clk_fcompute %u\n", d->shader_mhz);
	snprintf(path, sizeof(path), "%s/properties", node);
	nodes_add_file(n, path,
		"cpu_cores_count 0\nsimd_count %u\nmem_banks_count 1\ncaches_count 2\nio_links_count 1\n"
		"p2p_links_count %u\ncpu_core_id_base 0\nsimd_id_base %u\nmax_waves_per_simd %u\nlds_size_in_kb %u\n"
		"gds_size_in_kb 0\nnum_gws %u\nwave_front_size %d\narray_count %u\nsimd_arrays_per_engine %u\n"
		"cu_per_simd_array %u\nsimd_per_cu %u\nmax_slots_scratch_cu %u\ngfx_target_version %u\nvendor_id %u\n"
		"device_id %u\nlocation_id %u\ndomain 0\ndrm_render_minor %u\nhive_id 0\nnum_sdma_engines %u\n"
		"num_sdma_xgmi_engines %u\nnum_sdma_queues_per_engine %u\nnum_cp_queues %u\n%s%slocal_mem_size 0\n"
		"fw_version %u\ncapability %u\ncapability2 0\ndebug_prop 0\nsdma_fw_version %u\nunique_id %llu\n"
		"num_xcc %u\nmax_engine_clk_ccompute 3400\n",
		d->simd_count, peers, SIMD_ID_BASE, d->waves_per_simd, d->lds_kib, d->num_gws, GCN_WAVE_LANES,
		d->array_count, d->arrays_per_engine, d->cu_per_array, d->simd_per_cu, d->scratch_slots_per_cu,
		d->gfx_target_version, SIM_VENDOR_AMD, d->device_id, sim_gpu_location(g), g->render_minor, d->sdma_engines,
		d->sdma_xgmi_engines, d->sdma_queues_per_engine, d->cp_queues, save, clocks, d->fw_version,
		kfd_capability(d), d->sdma_fw_version,
		11711538563583418905ull + g->index, d->xcc_count);
}

static void gpu_node_add(struct nodes *n, const struct sim_machine *m, const struct sim_gpu *g)
{
	char node[PATH_MAX - 64], path[PATH_MAX], text[64];

	snprintf(node, sizeof(node), TOPOLOGY "/nodes/%u", g->node);
	snprintf(text, sizeof(text), "%u\n", g->gpu_id);
	file(n, node, "gpu_id", text);
	snprintf(text, sizeof(text), "%s\n", g->device->kfd_name);
	file(n, node, "name", text);
	gpu_properties(n, g, node, m->gpu_count - 1, m->kfd_minor);
	bank_add(n, node, HEAP_VRAM_PUBLIC, g->device->vram_bytes, g->device->vram_width_bits,
		g->device->mem_clk_mhz);
	cache_add(n, node, 0, 1, g->device->l1_kib, 64, "1,0,0,0");
	cache_add(n, node, 1, 2, g->device->l2_kib, 128, "1,1,1,1");
	snprintf(path, sizeof(path), "%s/io_links", node);
	link_add(n, path, 0, g->node, 0, 20);
	snprintf(path, sizeof(path), "%s/p2p_links", node);
	nodes_add_dir(n, path);
	for (uint32_t i = 0, link = 0; i < m->gpu_count; i++)
		if (i != g->index)
			link_add(n, path, link++, g->node, m->gpu[i].node, 40);
}

/* /sys/dev/char/226:MINOR, which libdrm identifies a node by */
static void render_node_add(struct nodes *n, const struct sim_gpu *g)
{
	const struct sim_device *d = g->device;
	uint32_t location = sim_gpu_location(g);
	char dir[PATH_MAX - 64], path[PATH_MAX], text[256], slot[32];

	snprintf(slot, sizeof(slot), "0000:%02x:00.0", location >> 8);
	snprintf(path, sizeof(path), TREE_RENDER_NODE, g->render_minor);
	nodes_add_device(n, path, DEVFILE_RENDER, g->index);
	snprintf(dir, sizeof(dir), "/sys/dev/char/226:%u", g->render_minor);
	snprintf(text, sizeof(text), "226:%u\n", g->render_minor);
	file(n, dir, "dev", text);
	snprintf(text, sizeof(text), "MAJOR=226\nMINOR=%u\nDEVNAME=dri/renderD%u\nDEVTYPE=drm_minor\n", g->render_minor,
		g->render_minor);
	file(n, dir, "uevent", text);
	snprintf(path, sizeof(path), "%s/device/drm/renderD%u", dir, g->render_minor);
	nodes_add_dir(n, path);
	/* libdrm takes render nodes whose primary nodes it cannot name for one and the same GPU. */
	snprintf(path, sizeof(path), "%s/device/drm/card%u", dir, g->index);
	nodes_add_dir(n, path);
	snprintf(path, sizeof(path), "%s/device/subsystem", dir);
	nodes_add_link(n, path, "../../../../bus/pci");
	snprintf(path, sizeof(path), "%s/device/driver", dir);
	nodes_add_link(n, path, "../../../../bus/pci/drivers/amdgpu");
	snprintf(text, sizeof(text), "0x%04x\n", SIM_VENDOR_AMD);
	file(n, dir, "device/vendor", text);
	file(n, dir, "device/subsystem_vendor", text);
	snprintf(text, sizeof(text), "0x%04x\n", d->device_id);
	file(n, dir, "device/device", text);
	snprintf(text, sizeof(text), "0x%04x\n", SIM_SUBSYSTEM_DEVICE);
	file(n, dir, "device/subsystem_device", text);
	snprintf(text, sizeof(text), "0x%02x\n", d->pci_revision);
	file(n, dir, "device/revision", text);
	snprintf(text, sizeof(text),
		"DRIVER=amdgpu\nPCI_CLASS=38000\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\nPCI_SLOT_NAME=%s\n",
		SIM_VENDOR_AMD, d->device_id, SIM_VENDOR_AMD, SIM_SUBSYSTEM_DEVICE, slot);
	file(n, dir, "device/uevent", text);
	snprintf(text, sizeof(text), "%llu\n", (unsigned long long)d->vram_bytes);
	file(n, dir, "device/mem_info_vram_total", text);
	file(n, dir, "device/mem_info_vis_vram_total", text);
}

/* The real list with amdgpu loaded once. */
static void modules_add(struct nodes *n)
{
	int fd = sys_openat(AT_FDCWD, "/proc/modules", O_RDONLY | O_CLOEXEC, 0);
	size_t used = 0, room = 1 << 16;
	char *text = calloc(1, room + 1);
	ssize_t got;

	if (!text) {
		n->failed = true;
	} else {
		while (fd >= 0 && used < room && (got = read(fd, text + used, room - used)) > 0)
			used += (size_t)got;
		for (char *line = text; *line;) {
			char *next = strchrnul(line, '\n');

			next += *next == '\n';
			if (strncmp(line, "amdgpu ", 7)) {
				line = next;
				continue;
			}
			memmove(line, next, strlen(next) + 1);
		}
		nodes_add_file(n, "/proc/modules", "amdgpu 19718144 1 - Live 0x0000000000000000\n%s", text);
	}
	free(text);
	if (fd >= 0)
		sys_close(fd);
}

static void module_add(struct nodes *n)
{
	static const struct {
		const char *name, *value;
	} parameters[] = {
		{"cwsr_enable", "1"},
		{"sched_policy", "0"}, /* HWS */
		{"queue_preemption_timeout_ms", "9000"},
		{"hws_max_conc_proc", "-1"},
		{"max_num_of_queues_per_device", "4096"},
		{"noretry", "-1"},
		{"mes", "0"},
		{"debug_largebar", "0"},
	};
	char text[64];

	nodes_add_file(n, "/sys/module/amdgpu/initstate", "live\n");
	nodes_add_file(n, "/sys/module/amdgpu/refcnt", "1\n");
	nodes_add_dir(n, "/sys/module/amdgpu/holders");
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		snprintf(text, sizeof(text), "%s\n", parameters[i].value);
		file(n, "/sys/module/amdgpu/parameters", parameters[i].name, text);
	}
	modules_add(n);
}

void topology_add(struct nodes *n)
{
	const struct sim_machine *m = sim_machine_get();

	nodes_add_device(n, "/dev/kfd", DEVFILE_KFD, 0);
	nodes_add_link(n, TREE_CLASS_LINK, "../../devices/virtual/kfd/kfd");
	nodes_add_file(n, TREE_KFD_DIR "/dev", "%d:0\n", TREE_KFD_MAJOR);
	nodes_add_file(n, TREE_KFD_DIR "/uevent", "MAJOR=%d\nMINOR=0\nDEVNAME=kfd\n", TREE_KFD_MAJOR);
	/* Odd and even generations differ only while the kernel rebuilds the tree: it never does. */
	nodes_add_file(n, TOPOLOGY "/generation_id", "2\n");
	nodes_add_file(n, TOPOLOGY "/system_properties",
		"platform_oem 35498446626881\nplatform_id 17717\nplatform_rev 2\n");
	cpu_node_add(n, m);
	for (uint32_t i = 0; i < m->gpu_count; i++) {
		gpu_node_add(n, m, &m->gpu[i]);
		render_node_add(n, &m->gpu[i]);
	}
	module_add(n);
}
