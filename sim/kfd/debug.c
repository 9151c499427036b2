/* SPDX-License-Identifier: MIT */
/*
 * DBG_TRAP and RUNTIME_ENABLE: a process that debugs itself. Called by the ioctl entry under kfd_process.mutex, which both
 * leave while they wait for the other side.
 *
 * The simulated driver lives in the process that uses it: another process cannot be debugged. Waves do not trap, so launch
 * modes, trap overrides and address watches are refused, as by a GPU that has none.
 *
 * Source of checks, their order and error codes: Linux 6.12, amdkfd/kfd_chardev.c (kfd_ioctl_set_debug_trap,
 * runtime_enable, runtime_disable) and kfd_debug.c.
 */
#include "sim/kfd/debug.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sim/common/futex.h"
#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/kfd/event.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/kfd.h"
#include "sim/kfd/usercopy.h"
#include "sim/share/share.h"

/* MEC firmware from which Vega 20 can debug a queue with global wave sync (kfd_debug.h, kfd_dbg_has_gws_support()). */
#define VEGA20_GWS_FIRMWARE 0x1b6u

/* Capability bits of kfd_sysfs.h. */
#define CAP_WATCH_POINTS 0x00000080u
#define CAP_WATCH_POINTS_COUNT 0x00000f00u
#define CAP_TRAP_DEBUG 0x00008000u
#define CAP_WAVE_LAUNCH_TRAP_OVERRIDE 0x00010000u
#define CAP_WAVE_LAUNCH_MODE 0x00020000u
#define CAP_PRECISE_MEMORY 0x00040000u
#define CAP_SVMAPI 0x08000000u
#define CAP_TRAP_DEBUG_FIRMWARE 0x20000000u
/* What no simulated GPU does, and what a driver without the debug interface does not know. */
#define CAP_NOT_SIMULATED                                                                                              \
	(CAP_WATCH_POINTS | CAP_WATCH_POINTS_COUNT | CAP_WAVE_LAUNCH_TRAP_OVERRIDE | CAP_WAVE_LAUNCH_MODE |           \
		CAP_PRECISE_MEMORY | CAP_SVMAPI)
#define CAP_DEBUG (CAP_TRAP_DEBUG | CAP_TRAP_DEBUG_FIRMWARE)
#define DEBUG_MINOR 13u

uint32_t kfd_capability(const struct sim_device *d)
{
	uint32_t bits = (uint32_t)d->capability & ~CAP_NOT_SIMULATED;

	return sim_machine_get()->kfd_minor < DEBUG_MINOR ? bits & ~CAP_DEBUG : bits;
}

bool kfd_debug_gws(const struct sim_device *d)
{
	return d->isa != GCN_ISA_GFX906 || d->fw_version >= VEGA20_GWS_FIRMWARE;
}

bool kfd_debug_one_process(const struct sim_device *d)
{
	return d->isa == GCN_ISA_GFX906;
}

/* ---- whom the call is about ---- */

/* Whether a process has the simulated driver open; its descriptors are memory files with our name. */
static bool pid_uses_kfd(uint32_t pid)
{
	char path[64], target[64];
	struct dirent *entry;
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	DIR *dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		long n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = 0;
		found = strstr(target, "memfd:kfdsim-kfd") != NULL;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* 0 when @pid is this process, or one of its threads. */
static int check_target(uint32_t pid)
{
	char path[64];

	if (pid == (uint32_t)getpid())
		return 0;
	snprintf(path, sizeof(path), "/proc/self/task/%u", pid);
	if (pid && !access(path, F_OK))
		return 0;
	if (!pid || pid > INT32_MAX || (kill((pid_t)pid, 0) && errno == ESRCH) || !pid_uses_kfd(pid))
		return -ESRCH;
	sim_log(SIM_LOG_WARNING, "DBG_TRAP: process %u cannot be debugged by another in the simulator", pid);
	return -EPERM;
}

static bool needs_runtime(uint32_t op)
{
	switch (op) {
	case KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_OVERRIDE:
	case KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_MODE:
	case KFD_IOC_DBG_TRAP_SUSPEND_QUEUES:
	case KFD_IOC_DBG_TRAP_RESUME_QUEUES:
	case KFD_IOC_DBG_TRAP_SET_NODE_ADDRESS_WATCH:
	case KFD_IOC_DBG_TRAP_CLEAR_NODE_ADDRESS_WATCH:
	case KFD_IOC_DBG_TRAP_SET_FLAGS:
		return true;
	default:
		return false;
	}
}

/* ---- operations ---- */

/* What needs both a debugger and a runtime. Of all GPUs or of none: if another process is debug-active where only one can be, the
 * runtime's state says so, and nothing else fails. */
static void trap_activate(struct kfd_process *p)
{
	for (uint32_t i = 0; i < p->gpu_count; i++) {
		int r = kfd_debug_one_process(p->gpus[i].sim->device) ? share_debug_take(i) : 0;

		if (!r)
			continue;
		p->debug.runtime.runtime_state =
			r == -EBUSY ? DEBUG_RUNTIME_STATE_ENABLED_BUSY : DEBUG_RUNTIME_STATE_ENABLED_ERROR;
		while (i-- > 0)
			share_debug_give(i);
		return;
	}
}

static int trap_enable(struct kfd_process *p, struct kfd_ioctl_dbg_trap_enable_args *a)
{
	struct kfd_debug *d = &p->debug;
	uint32_t bytes = a->rinfo_size < sizeof(d->runtime) ? a->rinfo_size : (uint32_t)sizeof(d->runtime);

	if (d->enabled)
		return -EALREADY;
	for (uint32_t i = 0; i < p->gpu_count; i++)
		if (p->gpus[i].gws_assigned && !kfd_debug_gws(p->gpus[i].sim->device))
			return -EBUSY;
	int fd = fcntl((int)a->dbg_fd, F_DUPFD_CLOEXEC, 700);
	if (fd < 0 && errno != EBADF)
		fd = fcntl((int)a->dbg_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -EBADF;
	d->fd = fd;
	if (d->runtime.runtime_state == DEBUG_RUNTIME_STATE_ENABLED)
		trap_activate(p);
	d->enabled = true;
	/* As the driver, before the copy: after -EFAULT the session stays, with nothing subscribed. */
	kfd_exceptions_enable(fd, 0);
	int r = user_write(a->rinfo_ptr, &d->runtime, bytes);
	a->rinfo_size = sizeof(d->runtime);
	if (r)
		kfd_debug_deactivate(p);
	else
		kfd_exceptions_enable(fd, a->exception_mask);
	return r;
}

static int trap_disable(struct kfd_process *p)
{
	struct kfd_debug *d = &p->debug;

	if (d->runtime.runtime_state == DEBUG_RUNTIME_STATE_ENABLED)
		kfd_debug_deactivate(p);
	else if (d->runtime.runtime_state != DEBUG_RUNTIME_STATE_DISABLED)
		d->runtime.runtime_state = DEBUG_RUNTIME_STATE_ENABLED; /* it was busy: the next may have more luck */
	d->enabled = false;
	kfd_exceptions_disable();
	sys_close(d->fd);
	d->fd = -1;
	return 0;
}

static void runtime_post(struct kfd_process *p)
{
	/* Relaxed: the waiter takes the process's mutex before it looks at anything else. */
	atomic_fetch_add_explicit(&p->debug.runtime_posts, 1, memory_order_relaxed);
	futex_wake(&p->debug.runtime_posts, 1);
}

static int send_runtime_event(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_send_runtime_event_args *a)
{
	uint64_t mask = a->exception_mask;

	if (mask & KFD_EC_MASK(EC_DEVICE_MEMORY_VIOLATION)) {
		struct kfd_gpu *g = kfd_gpu_find(p, a->gpu_id);

		if (!g)
			return -ENODEV;
		kfd_memory_exception_signal(kfd_gpu_index(p, g));
		mask &= ~KFD_EC_MASK(EC_DEVICE_MEMORY_VIOLATION);
	}
	if (mask & KFD_EC_MASK(EC_PROCESS_RUNTIME)) {
		runtime_post(p);
		mask &= ~KFD_EC_MASK(EC_PROCESS_RUNTIME);
	}
	if (mask && a->queue_id < KFD_PROCESS_QUEUES && p->queues[a->queue_id])
		kfd_queue_report(p->queues[a->queue_id], mask);
	return 0;
}

static int launch_override(struct kfd_ioctl_dbg_trap_set_wave_launch_override_args *a)
{
	if (a->override_mode != KFD_DBG_TRAP_OVERRIDE_OR && a->override_mode != KFD_DBG_TRAP_OVERRIDE_REPLACE)
		return -EINVAL;
	bool wanted = a->support_request_mask != 0;
	a->support_request_mask = 0;
	a->enable_mask = 0;
	return wanted ? -EACCES : 0;
}

static int launch_mode(const struct kfd_ioctl_dbg_trap_set_wave_launch_mode_args *a)
{
	if (a->launch_mode != KFD_DBG_TRAP_WAVE_LAUNCH_MODE_NORMAL)
		sim_log(SIM_LOG_WARNING, "DBG_TRAP: waves cannot be launched halted or under a debugger");
	return a->launch_mode == KFD_DBG_TRAP_WAVE_LAUNCH_MODE_NORMAL ? 0 : -EINVAL;
}

static int set_watch(struct kfd_process *p, const struct kfd_ioctl_dbg_trap_set_node_address_watch_args *a)
{
	if (!kfd_gpu_find(p, a->gpu_id))
		return -ENODEV;
	sim_log(SIM_LOG_WARNING, "DBG_TRAP: the simulated GPU has no address watches");
	return -ENOMEM;
}

static int set_flags(struct kfd_process *p, struct kfd_ioctl_dbg_trap_set_flags_args *a)
{
	uint32_t wanted = a->flags;

	a->flags = p->debug.flags;
	/* Precise memory is not announced. */
	return wanted ? -EACCES : 0;
}

static int query_event(struct kfd_process *p, struct kfd_ioctl_dbg_trap_query_debug_event_args *a)
{
	uint64_t clear = a->exception_mask, subscribed = kfd_exceptions_subscribed();

	a->exception_mask = 0;
	a->queue_id = 0;
	a->gpu_id = 0;
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++) {
		if (!p->queues[i] || !(kfd_queue_exceptions(i, 0) & subscribed))
			continue;
		a->queue_id = i;
		a->gpu_id = p->gpus[p->queues[i]->gpu].sim->gpu_id;
		a->exception_mask = kfd_queue_exceptions(i, clear);
		return 0;
	}
	for (uint32_t i = 0; i < p->gpu_count; i++) {
		if (!(kfd_gpu_exceptions(i, 0) & subscribed))
			continue;
		a->gpu_id = p->gpus[i].sim->gpu_id;
		a->exception_mask = kfd_gpu_exceptions(i, clear);
		return 0;
	}
	if (!(kfd_process_exceptions(0) & subscribed))
		return -EAGAIN;
	a->exception_mask = kfd_process_exceptions(clear);
	return 0;
}

/* Give as much of @info as fits; *@bytes_p becomes its size. */
static int info_write(uint64_t to, uint32_t *bytes_p, const void *info, size_t bytes)
{
	int r = user_write(to, info, *bytes_p < bytes ? *bytes_p : bytes);

	if (!r)
		*bytes_p = (uint32_t)bytes;
	return r;
}

static int query_gpu_info(struct kfd_process *p, struct kfd_ioctl_dbg_trap_query_exception_info_args *a, uint64_t clear)
{
	struct kfd_gpu *g = kfd_gpu_find(p, a->source_id);
	struct kfd_hsa_memory_exception_data data;

	if (!g)
		return -EINVAL;
	uint32_t gpu = kfd_gpu_index(p, g);
	if (!(kfd_gpu_exceptions(gpu, 0) & KFD_EC_MASK(a->exception_code)))
		return -ENODATA;
	int r = 0;
	if (a->exception_code == EC_DEVICE_MEMORY_VIOLATION && kfd_gpu_memory_exception(gpu, &data, false)) {
		r = info_write(a->info_ptr, &a->info_size, &data, sizeof(data));
		if (!r && clear)
			kfd_gpu_memory_exception(gpu, &data, true);
	} else {
		a->info_size = 0;
	}
	if (!r)
		kfd_gpu_exceptions(gpu, clear);
	return r;
}

static int query_info(struct kfd_process *p, struct kfd_ioctl_dbg_trap_query_exception_info_args *a)
{
	uint32_t code = a->exception_code;
	uint64_t clear = KFD_DBG_EC_IS_VALID(code) && a->clear_exception ? KFD_EC_MASK(code) : 0;
	int r = 0;

	if (!a->info_ptr)
		return -EINVAL;
	if (KFD_DBG_EC_TYPE_IS_QUEUE(code)) {
		if (a->source_id >= KFD_PROCESS_QUEUES || !p->queues[a->source_id])
			return -EINVAL;
		if (!(kfd_queue_exceptions(a->source_id, 0) & KFD_EC_MASK(code)))
			return -ENODATA;
		kfd_queue_exceptions(a->source_id, clear);
		a->info_size = 0;
		return 0;
	}
	if (KFD_DBG_EC_TYPE_IS_DEVICE(code))
		return query_gpu_info(p, a, clear);
	if (!KFD_DBG_EC_TYPE_IS_PROCESS(code))
		return -EINVAL;
	if (!(kfd_process_exceptions(0) & KFD_EC_MASK(code)))
		return -ENODATA;
	if (code == EC_PROCESS_RUNTIME)
		r = info_write(a->info_ptr, &a->info_size, &p->debug.runtime, sizeof(p->debug.runtime));
	else
		a->info_size = 0;
	if (!r)
		kfd_process_exceptions(clear);
	return r;
}

static void device_entry(const struct kfd_gpu *g, struct kfd_dbg_device_info_entry *e)
{
	const struct sim_device *d = g->sim->device;
	struct kfd_process_device_apertures apertures;

	kfd_apertures_of(g, &apertures);
	*e = (struct kfd_dbg_device_info_entry){
		.lds_base = apertures.lds_base,
		.lds_limit = apertures.lds_limit,
		.scratch_base = apertures.scratch_base,
		.scratch_limit = apertures.scratch_limit,
		.gpuvm_base = apertures.gpuvm_base,
		.gpuvm_limit = apertures.gpuvm_limit,
		.gpu_id = g->sim->gpu_id,
		.location_id = sim_gpu_location(g->sim),
		.vendor_id = SIM_VENDOR_AMD,
		.device_id = d->device_id,
		.revision_id = d->pci_revision,
		.subsystem_vendor_id = SIM_VENDOR_AMD,
		.subsystem_device_id = SIM_SUBSYSTEM_DEVICE,
		.fw_version = d->fw_version,
		.gfx_target_version = d->gfx_target_version,
		.simd_count = d->simd_count,
		.max_waves_per_simd = d->waves_per_simd,
		.array_count = d->array_count,
		.simd_arrays_per_engine = d->arrays_per_engine,
		.num_xcc = d->xcc_count,
		.capability = kfd_capability(d),
	};
}

static int device_snapshot(struct kfd_process *p, struct kfd_ioctl_dbg_trap_device_snapshot_args *a)
{
	uint32_t stride = a->entry_size, count = a->num_devices < p->gpu_count ? a->num_devices : p->gpu_count;
	struct kfd_dbg_device_info_entry entry;
	int r = 0;

	if (!a->snapshot_buf_ptr)
		return -EINVAL;
	a->num_devices = p->gpu_count;
	if (a->entry_size > sizeof(entry))
		a->entry_size = sizeof(entry);
	for (uint32_t i = 0; i < count && !r; i++) {
		device_entry(&p->gpus[i], &entry);
		entry.exception_status = kfd_gpu_exceptions(i, a->exception_mask);
		r = user_write(a->snapshot_buf_ptr + (uint64_t)i * stride, &entry, a->entry_size);
	}
	return r;
}

int kfd_op_dbg_trap(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_dbg_trap_args *a = data;
	int r = check_target(a->pid);

	if (r)
		return r;
	if (a->op != KFD_IOC_DBG_TRAP_ENABLE && !p->debug.enabled)
		return -EINVAL;
	if (needs_runtime(a->op) && p->debug.runtime.runtime_state != DEBUG_RUNTIME_STATE_ENABLED)
		return -EPERM;
	switch (a->op) {
	case KFD_IOC_DBG_TRAP_ENABLE:
		return trap_enable(p, &a->enable);
	case KFD_IOC_DBG_TRAP_DISABLE:
		return trap_disable(p);
	case KFD_IOC_DBG_TRAP_SEND_RUNTIME_EVENT:
		return send_runtime_event(p, &a->send_runtime_event);
	case KFD_IOC_DBG_TRAP_SET_EXCEPTIONS_ENABLED:
		kfd_exceptions_subscribe(a->set_exceptions_enabled.exception_mask);
		return 0;
	case KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_OVERRIDE:
		return launch_override(&a->launch_override);
	case KFD_IOC_DBG_TRAP_SET_WAVE_LAUNCH_MODE:
		return launch_mode(&a->launch_mode);
	case KFD_IOC_DBG_TRAP_SUSPEND_QUEUES:
		return kfd_debug_suspend(p, &a->suspend_queues);
	case KFD_IOC_DBG_TRAP_RESUME_QUEUES:
		return kfd_debug_resume(p, &a->resume_queues);
	case KFD_IOC_DBG_TRAP_SET_NODE_ADDRESS_WATCH:
		return set_watch(p, &a->set_node_address_watch);
	case KFD_IOC_DBG_TRAP_CLEAR_NODE_ADDRESS_WATCH:
		return kfd_gpu_find(p, a->clear_node_address_watch.gpu_id) ? -EINVAL : -ENODEV;
	case KFD_IOC_DBG_TRAP_SET_FLAGS:
		return set_flags(p, &a->set_flags);
	case KFD_IOC_DBG_TRAP_QUERY_DEBUG_EVENT:
		return query_event(p, &a->query_debug_event);
	case KFD_IOC_DBG_TRAP_QUERY_EXCEPTION_INFO:
		return query_info(p, &a->query_exception_info);
	case KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT:
		return kfd_debug_snapshot(p, &a->queue_snapshot);
	case KFD_IOC_DBG_TRAP_GET_DEVICE_SNAPSHOT:
		return device_snapshot(p, &a->device_snapshot);
	default:
		return -EINVAL;
	}
}

/* ---- the runtime's side ---- */

/* Sleep without the mutex until the debugger answers with SEND_RUNTIME_EVENT. Return: 0; -EINTR, and the call is repeated. */
static int runtime_wait(struct kfd_process *p)
{
	struct kfd_debug *d = &p->debug;
	int r = 0;

	pthread_mutex_unlock(&p->mutex);
	for (;;) {
		/* Relaxed: see runtime_post(). */
		uint32_t posts = atomic_load_explicit(&d->runtime_posts, memory_order_relaxed);

		if (posts && atomic_compare_exchange_strong(&d->runtime_posts, &posts, posts - 1))
			break;
		r = posts ? 0 : futex_wait_until(&d->runtime_posts, 0, NULL);
		if (r == -EINTR)
			break;
		r = 0;
	}
	pthread_mutex_lock(&p->mutex);
	d->runtime_retry = r != 0;
	return r;
}

/* The debugger hears of it, and the caller goes on when it answers: for ever, if nobody does. */
static int runtime_announce(struct kfd_process *p)
{
	if (!p->debug.enabled)
		return 0;
	if (!p->debug.runtime_retry)
		kfd_process_exception(KFD_EC_MASK(EC_PROCESS_RUNTIME));
	return runtime_wait(p);
}

int kfd_op_runtime_enable(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_runtime_enable_args *a = data;
	struct kfd_runtime_info *runtime = &p->debug.runtime;

	if (!(a->mode_mask & KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK)) {
		bool enabled = runtime->runtime_state == DEBUG_RUNTIME_STATE_ENABLED;

		runtime->runtime_state = DEBUG_RUNTIME_STATE_DISABLED;
		runtime->r_debug = 0;
		if (p->debug.enabled && enabled)
			kfd_debug_deactivate(p);
		int r = runtime_announce(p);
		if (!r)
			runtime->ttmp_setup = 0;
		return r;
	}
	if (!p->debug.runtime_retry) {
		if (runtime->runtime_state != DEBUG_RUNTIME_STATE_DISABLED)
			return -EBUSY;
		if (p->queue_count)
			return -EEXIST;
		runtime->runtime_state = DEBUG_RUNTIME_STATE_ENABLED;
		runtime->r_debug = a->r_debug;
		runtime->ttmp_setup = !!(a->mode_mask & KFD_RUNTIME_ENABLE_MODE_TTMP_SAVE_MASK);
		if (p->debug.enabled)
			trap_activate(p);
	}
	return runtime_announce(p);
}

void kfd_debug_fork_child(struct kfd_process *p)
{
	if (p->debug.enabled)
		sys_close(p->debug.fd);
	memset(&p->debug, 0, sizeof(p->debug));
	p->debug.fd = -1;
	kfd_exceptions_fork_child();
}
