/* SPDX-License-Identifier: MIT */
/*
 * Entry of the simulated driver: the table of its ioctls, and what happens around each: version, structure size, copies
 * from and to the application, the process lock. Called by the preload library from any thread.
 *
 * Source: Linux 7.2, amdkfd/kfd_chardev.c (kfd_ioctl, amdkfd_ioctls); kfd_ioctl.h 1.23.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/common/sys.h"
#include "sim/fault/fault.h"
#include "sim/fault/kernel_time.h"
#include "sim/kfd/debug.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/process.h"
#include "sim/kfd/usercopy.h"
#include "sim/share/share.h"

struct kfd_process kfd_process = {.mutex = PTHREAD_MUTEX_INITIALIZER, .debug.fd = -1};

struct operation {
	const char *name;
	unsigned long cmd;
	uint32_t since;   /* KFD 1.x */
	bool unlocked;    /* takes its own locks; may sleep */
	int (*call)(struct kfd_process *p, void *data); /* NULL: known, but not in the simulated driver */
};

#define OP(name, since, call) [_IOC_NR(AMDKFD_IOC_##name)] = {#name, AMDKFD_IOC_##name, since, false, call}
#define OP_UNLOCKED(name, call) [_IOC_NR(AMDKFD_IOC_##name)] = {#name, AMDKFD_IOC_##name, 0, true, call}

static const struct operation operations[] = {
	OP(GET_VERSION, 0, kfd_op_get_version),
	OP(CREATE_QUEUE, 0, kfd_op_create_queue),
	OP(DESTROY_QUEUE, 0, kfd_op_destroy_queue),
	OP(SET_MEMORY_POLICY, 0, kfd_op_set_memory_policy),
	OP(GET_CLOCK_COUNTERS, 0, kfd_op_get_clock_counters),
	OP(GET_PROCESS_APERTURES, 0, kfd_op_get_apertures),
	OP(UPDATE_QUEUE, 0, kfd_op_update_queue),
	OP_UNLOCKED(CREATE_EVENT, kfd_op_create_event),
	OP_UNLOCKED(DESTROY_EVENT, kfd_op_destroy_event),
	OP_UNLOCKED(SET_EVENT, kfd_op_set_event),
	OP_UNLOCKED(RESET_EVENT, kfd_op_reset_event),
	OP_UNLOCKED(WAIT_EVENTS, kfd_op_wait_events),
	OP(DBG_REGISTER_DEPRECATED, 0, NULL),
	OP(DBG_UNREGISTER_DEPRECATED, 0, NULL),
	OP(DBG_ADDRESS_WATCH_DEPRECATED, 0, NULL),
	OP(DBG_WAVE_CONTROL_DEPRECATED, 0, NULL),
	OP(SET_SCRATCH_BACKING_VA, 0, kfd_op_set_scratch),
	OP(GET_TILE_CONFIG, 0, kfd_op_get_tile_config),
	OP(SET_TRAP_HANDLER, 0, kfd_op_set_trap_handler),
	OP(GET_PROCESS_APERTURES_NEW, 0, kfd_op_get_apertures_new),
	OP(ACQUIRE_VM, 0, kfd_op_acquire_vm),
	OP(ALLOC_MEMORY_OF_GPU, 0, kfd_op_alloc_memory),
	OP(FREE_MEMORY_OF_GPU, 0, kfd_op_free_memory),
	OP(MAP_MEMORY_TO_GPU, 0, kfd_op_map_memory),
	OP(UNMAP_MEMORY_FROM_GPU, 0, kfd_op_unmap_memory),
	OP(SET_CU_MASK, 0, kfd_op_set_cu_mask),
	OP(GET_QUEUE_WAVE_STATE, 0, kfd_op_get_wave_state),
	OP(GET_DMABUF_INFO, 0, kfd_op_get_dmabuf_info),
	OP(IMPORT_DMABUF, 0, kfd_op_import_dmabuf),
	OP(ALLOC_QUEUE_GWS, 0, kfd_op_alloc_gws),
	OP(SMI_EVENTS, 3, NULL),
	OP(SVM, 5, kfd_op_svm),
	OP(SET_XNACK_MODE, 5, kfd_op_set_xnack_mode),
	OP(CRIU_OP, 7, kfd_op_criu),
	OP(AVAILABLE_MEMORY, 9, kfd_op_available_memory),
	OP(EXPORT_DMABUF, 12, kfd_op_export_dmabuf),
	OP(RUNTIME_ENABLE, 13, kfd_op_runtime_enable),
	OP(DBG_TRAP, 13, kfd_op_dbg_trap),
	OP(CREATE_PROCESS, 19, NULL),
	OP(PROFILER, 23, NULL),
};

#define OPERATION_COUNT (sizeof(operations) / sizeof(operations[0]))

const char *kfd_ioctl_name(uint32_t nr)
{
	return nr < OPERATION_COUNT ? operations[nr].name : NULL;
}

struct kfd_gpu *kfd_gpu_find(struct kfd_process *p, uint32_t gpu_id)
{
	for (uint32_t i = 0; i < p->gpu_count; i++)
		if (p->gpus[i].sim->gpu_id == gpu_id)
			return &p->gpus[i];
	return NULL;
}

int kfd_open(void)
{
	const struct sim_machine *m = sim_machine_get();
	struct kfd_process *p = &kfd_process;

	pthread_mutex_lock(&p->mutex);
	if (!p->started) {
		for (uint32_t i = 0; i < m->gpu_count; i++) {
			p->gpus[i].sim = &m->gpu[i];
			p->gpus[i].drm_fd = -1;
		}
		p->gpu_count = m->gpu_count;
		p->started = true;
	}
	pthread_mutex_unlock(&p->mutex);
	fault_begin();
	kernel_times_begin();
	return 0;
}

bool kfd_is_open(void)
{
	pthread_mutex_lock(&kfd_process.mutex);
	bool started = kfd_process.started;
	pthread_mutex_unlock(&kfd_process.mutex);
	return started;
}

static int operation_call(const struct operation *op, void *data)
{
	struct kfd_process *p = &kfd_process;

	if (op->unlocked)
		return op->call(p, data);
	pthread_mutex_lock(&p->mutex);
	int r = op->call(p, data);
	pthread_mutex_unlock(&p->mutex);
	return r;
}

static int ioctl_run(uint32_t nr, size_t user_bytes, uint64_t arg)
{
	uint64_t small[48]; /* 64-bit words: the structures hold pointers */
	uint32_t minor = sim_machine_get()->kfd_minor;
	int r = 0;

	if (nr >= OPERATION_COUNT || (operations[nr].name && operations[nr].since > minor))
		return -ENOTTY;
	const struct operation *op = &operations[nr];
	if (!op->call) {
		/* What was removed from the driver is EINVAL; what it has and we lack is named. */
		bool lacking = op->name && op->since;

		if (lacking)
			sim_log(SIM_LOG_WARNING, "ioctl %s is not part of the simulated driver", op->name);
		return lacking ? -ENOTTY : -EINVAL;
	}
	int planned = fault_ioctl(nr);
	if (planned)
		return planned;
	/* A caller built with another version passes a shorter or longer structure: what it lacks is zero. */
	size_t bytes = _IOC_SIZE(op->cmd) > user_bytes ? _IOC_SIZE(op->cmd) : user_bytes;
	void *data = bytes <= sizeof(small) ? small : malloc(bytes);
	if (!data)
		return -ENOMEM;
	memset(data, 0, bytes);
	if (_IOC_DIR(op->cmd) & _IOC_WRITE)
		r = user_read(data, arg, user_bytes);
	if (!r) {
		r = operation_call(op, data);
		if (_IOC_DIR(op->cmd) & _IOC_READ && user_write(arg, data, user_bytes))
			r = -EFAULT;
	}
	if (data != small)
		free(data);
	return r;
}

int kfd_ioctl(unsigned long cmd, void *arg)
{
	uint32_t nr = _IOC_NR(cmd);
	int r = ioctl_run(nr, _IOC_SIZE(cmd), (uint64_t)(uintptr_t)arg);

	sim_count(&sim_stats.ioctls[nr], 1);
	if (r < 0)
		sim_count(&sim_stats.ioctl_errors[nr], 1);
	if (sim_log_enabled(SIM_LOG_DEBUG))
		sim_log(SIM_LOG_DEBUG, "ioctl 0x%02x %s: %s", nr, kfd_ioctl_name(nr) ? kfd_ioctl_name(nr) : "?",
			r < 0 ? strerrorname_np(-r) ? strerrorname_np(-r) : "error" : "ok");
	return r;
}

/* ---- doorbell mappings of the application ---- */

#define MAX_DOORBELL_MAPPINGS 64

/* Written by whoever maps or unmaps doorbells, under the mutex; the count is read without it to keep munmap() cheap. */
static struct {
	pthread_mutex_t mutex;
	_Atomic uint32_t count;
	struct {
		uintptr_t addr;
		size_t bytes;
	} map[MAX_DOORBELL_MAPPINGS];
} doorbells = {.mutex = PTHREAD_MUTEX_INITIALIZER};

void kfd_doorbells_mapped(void *addr, size_t bytes, uint32_t gpu)
{
	bool stored = false;

	pthread_mutex_lock(&doorbells.mutex);
	for (uint32_t i = 0; i < MAX_DOORBELL_MAPPINGS && !stored; i++)
		if (!doorbells.map[i].addr) {
			doorbells.map[i].addr = (uintptr_t)addr;
			doorbells.map[i].bytes = bytes;
			atomic_fetch_add_explicit(&doorbells.count, 1, memory_order_relaxed);
			stored = true;
		}
	pthread_mutex_unlock(&doorbells.mutex);
	if (!stored)
		sim_log(SIM_LOG_WARNING, "doorbells are mapped more than %d times", MAX_DOORBELL_MAPPINGS);
	else if (cp_doorbells_watch(addr, bytes, gpu))
		sim_log(SIM_LOG_WARNING, "doorbells at %p cannot be watched", addr);
}

void kfd_munmap(void *addr, size_t bytes)
{
	uintptr_t first = (uintptr_t)addr;

	/* Relaxed: a thread that unmaps doorbells knows of them from whoever mapped them. */
	if (!atomic_load_explicit(&doorbells.count, memory_order_relaxed))
		return;
	pthread_mutex_lock(&doorbells.mutex);
	for (uint32_t i = 0; i < MAX_DOORBELL_MAPPINGS; i++) {
		uintptr_t at = doorbells.map[i].addr;

		if (!at || at + doorbells.map[i].bytes <= first || at >= first + bytes)
			continue;
		cp_doorbells_forget((void *)at);
		doorbells.map[i].addr = 0;
		atomic_fetch_sub_explicit(&doorbells.count, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&doorbells.mutex);
}

void kfd_fork_child(void)
{
	struct kfd_process *p = &kfd_process;

	pthread_mutex_init(&p->mutex, NULL);
	pthread_mutex_init(&doorbells.mutex, NULL);
	memset(doorbells.map, 0, sizeof(doorbells.map));
	fault_fork_child();
	atomic_store_explicit(&doorbells.count, 0, memory_order_relaxed);
	share_fork_child();
	if (!p->started)
		return;
	cp_fork_child();
	kfd_events_fork_child();
	kfd_bos_fork_child(p);
	for (uint32_t i = 0; i < p->gpu_count; i++)
		if (p->gpus[i].drm_fd >= 0)
			sys_close(p->gpus[i].drm_fd);
	memset(p->gpus, 0, sizeof(p->gpus));
	memset(p->queues, 0, sizeof(p->queues));
	p->queue_count = 0;
	p->gpu_count = 0;
	p->system_used = 0;
	p->event_page_handle = 0;
	kfd_debug_fork_child(p);
	p->started = false;
	devfile_fork_child();
}
