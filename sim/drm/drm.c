/* SPDX-License-Identifier: MIT */
/*
 * The simulated amdgpu render node: who it is and what it says about the GPU. It answers queries only; buffers come through
 * /dev/kfd. Holds no state of its own; any thread calls it.
 *
 * Source: Linux 7.2, drm/drm.h, drm/amdgpu_drm.h; drm_ioctl.c, amdgpu_kms.c.
 */
#include "sim/drm/drm.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <drm/amdgpu_drm.h>

#include "sim/common/log.h"
#include "sim/device/device.h"
#include "sim/kfd/event.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/usercopy.h"

/* amdgpu's user-mode interface version in Linux 6.12. */
#define DRIVER_MAJOR 3
#define DRIVER_MINOR 59
#define VRAM_TYPE_HBM 6
#define KHZ_PER_MHZ 1000u
/* Of the two halves of the GPU's own address space that graphics buffers use; compute shares the host's addresses. */
#define UMD_VA_OFFSET (UINT64_C(2) << 20)
#define UMD_VA_MAX (UINT64_C(1) << 47)
#define UMD_HIGH_VA_OFFSET UINT64_C(0xffff800000000000)
#define UMD_HIGH_VA_MAX UINT64_C(0xffffffffffe00000)

static int copy_text(uint64_t to, size_t *room, const char *text)
{
	size_t length = strlen(text), n = *room < length ? *room : length;

	*room = length;
	return to && n ? user_write(to, text, n) : 0;
}

static int version(void *data)
{
	struct drm_version *v = data;

	v->version_major = DRIVER_MAJOR;
	v->version_minor = DRIVER_MINOR;
	v->version_patchlevel = 0;
	int r = copy_text((uintptr_t)v->name, &v->name_len, "amdgpu");
	if (!r)
		r = copy_text((uintptr_t)v->date, &v->date_len, "20150101");
	return r ? r : copy_text((uintptr_t)v->desc, &v->desc_len, "AMD GPU");
}

static int get_client(void *data)
{
	struct drm_client *c = data;

	if (c->idx)
		return -EINVAL;
	memset(c, 0, sizeof(*c));
	c->auth = 1;
	c->pid = (unsigned long)getpid();
	return 0;
}

static int get_cap(void *data)
{
	struct drm_get_cap *c = data;

	/* No PRIME, no synchronisation objects. */
	c->value = c->capability == DRM_CAP_TIMESTAMP_MONOTONIC;
	return 0;
}

/* Give the caller as much of the answer as fits, as the driver does. */
static int reply(const struct drm_amdgpu_info *q, const void *answer, size_t bytes)
{
	return user_write(q->return_pointer, answer, q->return_size < bytes ? q->return_size : bytes);
}

static int reply_u32(const struct drm_amdgpu_info *q, uint32_t value)
{
	return reply(q, &value, sizeof(value));
}

static int reply_u64(const struct drm_amdgpu_info *q, uint64_t value)
{
	return reply(q, &value, sizeof(value));
}

static int info_device(const struct drm_amdgpu_info *q, const struct sim_device *d)
{
	uint32_t cus = d->simd_count / d->simd_per_cu;
	struct drm_amdgpu_info_device i = {
		.device_id = d->device_id,
		.pci_rev = d->pci_revision,
		.external_rev = d->pci_revision,
		.family = d->family,
		.num_shader_engines = d->array_count / d->arrays_per_engine / d->xcc_count,
		.num_shader_arrays_per_engine = d->arrays_per_engine,
		.gpu_counter_freq = d->counter_khz,
		.max_engine_clock = (uint64_t)d->shader_mhz * KHZ_PER_MHZ,
		.max_memory_clock = (uint64_t)d->mem_clk_mhz * KHZ_PER_MHZ,
		.cu_active_number = cus,
		.num_hw_gfx_contexts = 8,
		.virtual_address_offset = UMD_VA_OFFSET,
		.virtual_address_max = UMD_VA_MAX,
		.virtual_address_alignment = GPUVM_PAGE_BYTES,
		.pte_fragment_size = 2u << 20,
		.gart_page_size = GPUVM_PAGE_BYTES,
		.vram_type = VRAM_TYPE_HBM,
		.vram_bit_width = d->vram_width_bits,
		.wave_front_size = GCN_WAVE_LANES,
		.num_shader_visible_vgprs = 256,
		.num_cu_per_sh = d->cu_per_array,
		.num_tcc_blocks = 16,
		.high_va_offset = UMD_HIGH_VA_OFFSET,
		.high_va_max = UMD_HIGH_VA_MAX,
	};

	return reply(q, &i, sizeof(i));
}

static int info_memory(const struct drm_amdgpu_info *q, uint32_t gpu, const struct sim_device *d)
{
	uint64_t used = kfd_vram_used(gpu), system = kfd_system_limit();
	struct drm_amdgpu_memory_info m = {
		.vram = {d->vram_bytes, d->vram_bytes, used, d->vram_bytes},
		.cpu_accessible_vram = {d->vram_bytes, d->vram_bytes, used, d->vram_bytes},
		.gtt = {system, system, kfd_system_used(), system},
	};

	return reply(q, &m, sizeof(m));
}

static int info_registers(const struct drm_amdgpu_info *q)
{
	const uint32_t zeros[128] = {0};

	if (!q->read_mmr_reg.count || q->read_mmr_reg.count > 128)
		return -EINVAL;
	return reply(q, zeros, q->read_mmr_reg.count * sizeof(zeros[0]));
}

static int info_firmware(const struct drm_amdgpu_info *q, const struct sim_device *d)
{
	struct drm_amdgpu_info_firmware f = {0};

	if (q->query_fw.fw_type == AMDGPU_INFO_FW_GFX_MEC)
		f.ver = d->fw_version;
	else if (q->query_fw.fw_type == AMDGPU_INFO_FW_SDMA)
		f.ver = d->sdma_fw_version;
	else if (q->query_fw.fw_type > AMDGPU_INFO_FW_VPE)
		return -EINVAL;
	return reply(q, &f, sizeof(f));
}

static int info_sensor(const struct drm_amdgpu_info *q, const struct sim_device *d)
{
	switch (q->sensor_info.type) {
	case AMDGPU_INFO_SENSOR_GFX_SCLK:
	case AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_SCLK:
		return reply_u32(q, d->shader_mhz);
	case AMDGPU_INFO_SENSOR_GFX_MCLK:
	case AMDGPU_INFO_SENSOR_STABLE_PSTATE_GFX_MCLK:
		return reply_u32(q, d->mem_clk_mhz);
	default:
		return -EINVAL; /* as for a sensor that the part does not have */
	}
}

static int info(uint32_t gpu, void *data)
{
	const struct drm_amdgpu_info *q = data;
	const struct sim_device *d = sim_machine_get()->gpu[gpu].device;
	const struct drm_amdgpu_info_vram_gtt sizes = {d->vram_bytes, d->vram_bytes, kfd_system_limit()};

	if (!q->return_size || !q->return_pointer)
		return -EINVAL;
	switch (q->query) {
	case AMDGPU_INFO_ACCEL_WORKING:
		return reply_u32(q, 1);
	case AMDGPU_INFO_DEV_INFO:
		return info_device(q, d);
	case AMDGPU_INFO_READ_MMR_REG:
		return info_registers(q);
	case AMDGPU_INFO_HW_IP_COUNT:
		/* No command submission through this node: no instance of any engine. */
		return q->query_hw_ip.type < AMDGPU_HW_IP_NUM ? reply_u32(q, 0) : -EINVAL;
	case AMDGPU_INFO_FW_VERSION:
		return info_firmware(q, d);
	case AMDGPU_INFO_TIMESTAMP:
		return reply_u64(q, kfd_gpu_counter(gpu, kfd_clock_ns()));
	case AMDGPU_INFO_MEMORY:
		return info_memory(q, gpu, d);
	case AMDGPU_INFO_VRAM_GTT:
		return reply(q, &sizes, sizeof(sizes));
	case AMDGPU_INFO_VRAM_USAGE:
	case AMDGPU_INFO_VIS_VRAM_USAGE:
		return reply_u64(q, kfd_vram_used(gpu));
	case AMDGPU_INFO_GTT_USAGE:
		return reply_u64(q, kfd_system_used());
	case AMDGPU_INFO_NUM_BYTES_MOVED:
	case AMDGPU_INFO_NUM_EVICTIONS:
	case AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS:
		return reply_u64(q, 0);
	case AMDGPU_INFO_VRAM_LOST_COUNTER:
		return reply_u32(q, kfd_vram_lost(gpu));
	case AMDGPU_INFO_SENSOR:
		return info_sensor(q, d);
	default:
		sim_log(SIM_LOG_INFO, "render node: query 0x%x is not answered", q->query);
		return -EINVAL;
	}
}

/* The structure's size as the driver knows it; 0: not an ioctl of this node. */
static size_t known_bytes(uint32_t nr)
{
	switch (nr) {
	case _IOC_NR(DRM_IOCTL_VERSION):
		return sizeof(struct drm_version);
	case _IOC_NR(DRM_IOCTL_GET_CLIENT):
		return sizeof(struct drm_client);
	case _IOC_NR(DRM_IOCTL_GET_CAP):
		return sizeof(struct drm_get_cap);
	case DRM_COMMAND_BASE + DRM_AMDGPU_INFO:
		return sizeof(struct drm_amdgpu_info);
	default:
		return 0;
	}
}

int sim_drm_ioctl(uint32_t gpu, unsigned long cmd, void *arg)
{
	union {
		struct drm_version version;
		struct drm_client client;
		struct drm_get_cap cap;
		struct drm_amdgpu_info info;
	} data;
	uint32_t nr = _IOC_NR(cmd);
	size_t known = known_bytes(nr), user = _IOC_SIZE(cmd);
	int r;

	if (_IOC_TYPE(cmd) != DRM_IOCTL_BASE)
		return -ENOTTY;
	if (!known) {
		sim_log(SIM_LOG_INFO, "render node: ioctl 0x%x is not part of the simulated driver", nr);
		return -EINVAL;
	}
	if (user > known)
		user = known;
	memset(&data, 0, sizeof(data));
	r = user_read(&data, (uintptr_t)arg, user);
	if (r)
		return r;
	switch (nr) {
	case _IOC_NR(DRM_IOCTL_VERSION):
		r = version(&data);
		break;
	case _IOC_NR(DRM_IOCTL_GET_CLIENT):
		r = get_client(&data);
		break;
	case _IOC_NR(DRM_IOCTL_GET_CAP):
		r = get_cap(&data);
		break;
	default:
		return info(gpu, &data);
	}
	return user_write((uintptr_t)arg, &data, user) ? -EFAULT : r;
}
