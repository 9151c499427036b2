/* SPDX-License-Identifier: MIT */
/* A driver for the tests of level 3; see cwsr_fake.h. */
#include "tests/unit/cwsr_fake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/cwsr/kfd_queues.h"

struct fake fake;
char fake_told[4096];

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	size_t used = strlen(fake.log);
	va_list args;

	va_start(args, format);
	vsnprintf(fake.log + used, sizeof(fake.log) - used, format, args);
	va_end(args);
}

static int failure(enum cwsr_call call)
{
	if (!fake.fail.error || fake.fail.call != call || fake.fail.count <= 0)
		return 0;
	if (fake.fail.after-- > 0)
		return 0;
	fake.fail.after = 0;
	fake.fail.count--;
	return -fake.fail.error;
}

void fake_fail(enum cwsr_call call, int error, int after, int count)
{
	fake.fail.call = call;
	fake.fail.error = error;
	fake.fail.after = after;
	fake.fail.count = count;
}

static struct fake_queue *queue(uint32_t id)
{
	return id < FAKE_QUEUES && fake.q[id].used ? &fake.q[id] : NULL;
}

bool fake_runs(uint32_t id)
{
	const struct fake_queue *q = queue(id);

	return q && q->percent && q->ring_va && !q->suspended;
}

/* ---- the driver ---- */

static int op_open(void *ctx)
{
	int r = failure(CWSR_CALL_OPEN);

	note("open;");
	fake.open_fds += !r;
	return r ? r : 50;
}

static int op_dup(void *ctx, int fd)
{
	fake.open_fds++;
	return fd + 1000;
}

static void op_close(void *ctx, int fd)
{
	fake.open_fds--;
}

static int op_get_version(void *ctx, int fd, struct kfd_ioctl_get_version_args *a)
{
	int r = failure(CWSR_CALL_GET_VERSION);

	a->major_version = fake.major;
	a->minor_version = fake.minor;
	return r;
}

static int change(uint32_t id, const struct kfd_ioctl_update_queue_args *a)
{
	struct fake_queue *q = queue(id);

	if ((a->queue_percentage & 0xff) > 100 || a->queue_priority > 15)
		return -EINVAL;
	if (!q)
		return -EFAULT;
	q->ring_va = a->ring_base_address;
	q->ring_bytes = a->ring_size;
	q->percent = a->queue_percentage & 0xff;
	q->priority = a->queue_priority;
	return 0;
}

static int op_update_queue(void *ctx, int fd, struct kfd_ioctl_update_queue_args *a)
{
	int r = failure(CWSR_CALL_UPDATE_QUEUE);

	note("update %u %u %u;", a->queue_id, a->queue_percentage, a->queue_priority);
	fake.now_ns += fake.call_ns;
	if (fake.during_update)
		fake.during_update();
	/* Some errors come after the values were stored. */
	if (r && r != -EINVAL && r != -EFAULT && r != -EINTR && r != -EAGAIN && r != -EBADF)
		change(a->queue_id, a);
	return r ? r : change(a->queue_id, a);
}

static int mask(const struct kfd_ioctl_set_cu_mask_args *a)
{
	struct fake_queue *q = queue(a->queue_id);

	if (!a->num_cu_mask || a->num_cu_mask % 32)
		return -EINVAL;
	if (!q)
		return -EFAULT;
	q->cu_bits = a->num_cu_mask;
	q->cu_word = *(const uint32_t *)(uintptr_t)a->cu_mask_ptr;
	return 0;
}

static int op_set_cu_mask(void *ctx, int fd, struct kfd_ioctl_set_cu_mask_args *a)
{
	int r = failure(CWSR_CALL_SET_CU_MASK);

	note("mask %u;", a->queue_id);
	return r ? r : mask(a);
}

static int trap_enable(struct kfd_ioctl_dbg_trap_args *a)
{
	struct kfd_runtime_info *info = (void *)(uintptr_t)a->enable.rinfo_ptr;
	int r = failure(CWSR_CALL_DBG_ENABLE);

	note("enable;");
	if (r)
		return r;
	if (fake.session)
		return -EALREADY;
	fake.session = true;
	info->runtime_state = fake.runtime_state;
	return 0;
}

static int trap_disable(void)
{
	int r = failure(CWSR_CALL_DBG_DISABLE);

	note("disable;");
	if (r)
		return r;
	fake.session = false;
	for (uint32_t i = 0; i < FAKE_QUEUES; i++)
		fake.q[i].suspended = false;
	return 0;
}

static int trap_suspend(struct kfd_ioctl_dbg_trap_suspend_queues_args *a)
{
	uint32_t *ids = (void *)(uintptr_t)a->queue_array_ptr;
	int r = failure(CWSR_CALL_DBG_SUSPEND), count = 0;

	note("suspend");
	for (uint32_t i = 0; i < a->num_queues; i++)
		note(" %u", ids[i]);
	note(";");
	fake.now_ns += fake.call_ns;
	if (r)
		return r;
	for (uint32_t i = 0; i < a->num_queues; i++) {
		struct fake_queue *q = queue(ids[i]);

		if (!q || q->is_new || q->mark_invalid) {
			ids[i] |= 1u << KFD_DBG_QUEUE_INVALID_BIT;
			continue;
		}
		q->suspended = true;
		ids[i] |= fake.debug_mark;
		count += !fake.debug_mark;
	}
	return count;
}

static int trap_resume(struct kfd_ioctl_dbg_trap_resume_queues_args *a)
{
	const uint32_t *ids = (const void *)(uintptr_t)a->queue_array_ptr;
	int r = failure(CWSR_CALL_DBG_RESUME);

	note("resume");
	for (uint32_t i = 0; ids && i < a->num_queues; i++)
		note(" %u", ids[i]);
	note(";");
	fake.now_ns += fake.call_ns;
	if (r)
		return r;
	for (uint32_t i = 0; i < FAKE_QUEUES; i++)
		for (uint32_t k = 0; !ids || k < a->num_queues; k++) {
			if (!ids || ids[k] == i)
				fake.q[i].suspended = false;
			if (!ids)
				break;
		}
	return (int)a->num_queues;
}

static int trap_snapshot(struct kfd_ioctl_dbg_trap_queue_snapshot_args *a)
{
	struct kfd_queue_snapshot_entry *e = (void *)(uintptr_t)a->snapshot_buf_ptr;
	int r = failure(CWSR_CALL_DBG_SNAPSHOT);
	uint32_t count = 0;

	note("snapshot%s;", a->exception_mask ? " clear" : "");
	for (uint32_t i = 0; !r && i < FAKE_QUEUES; i++) {
		struct fake_queue *q = queue(i);

		if (!q)
			continue;
		if (a->exception_mask & KFD_EC_MASK(EC_QUEUE_NEW))
			q->is_new = false;
		if (count < a->num_queues)
			e[count] = (struct kfd_queue_snapshot_entry){.ring_base_address = q->ring_va, .queue_id = i,
				.gpu_id = q->gpu_id, .ring_size = q->ring_bytes, .queue_type = q->type,
				.ctx_save_restore_address = q->save_bytes ? 0x1000 : 0,
				.ctx_save_restore_area_size = q->save_bytes};
		count++;
	}
	a->num_queues = count;
	return r;
}

static int op_dbg_trap(void *ctx, int fd, struct kfd_ioctl_dbg_trap_args *a)
{
	if (fake.minor < 13)
		return -ENOTTY;
	if (a->op != KFD_IOC_DBG_TRAP_ENABLE && !fake.session)
		return -EINVAL;
	if ((a->op == KFD_IOC_DBG_TRAP_SUSPEND_QUEUES || a->op == KFD_IOC_DBG_TRAP_RESUME_QUEUES) &&
		fake.runtime_state != DEBUG_RUNTIME_STATE_ENABLED)
		return -EPERM;
	switch (a->op) {
	case KFD_IOC_DBG_TRAP_ENABLE: return trap_enable(a);
	case KFD_IOC_DBG_TRAP_DISABLE: return trap_disable();
	case KFD_IOC_DBG_TRAP_SUSPEND_QUEUES: return trap_suspend(&a->suspend_queues);
	case KFD_IOC_DBG_TRAP_RESUME_QUEUES: return trap_resume(&a->resume_queues);
	case KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT: return trap_snapshot(&a->queue_snapshot);
	default: return -EINVAL;
	}
}

static int op_open_render(void *ctx, uint32_t minor)
{
	fake.open_fds++;
	return 70;
}

static int op_vram_lost(void *ctx, int fd, uint32_t *count_p)
{
	int r = failure(CWSR_CALL_VRAM_LOST);

	if (!r)
		*count_p = fake.vram_lost;
	return r;
}

static int op_read_text(void *ctx, const char *path, char *text, size_t bytes)
{
	uint32_t node, id;
	char name[32];

	if (strstr(path, "cwsr_enable"))
		return fake.cwsr_enable ? snprintf(text, bytes, "%s\n", fake.cwsr_enable) : -ENOENT;
	if (strstr(path, "sched_policy"))
		return fake.sched_policy ? snprintf(text, bytes, "%s\n", fake.sched_policy) : -ENOENT;
	if (sscanf(path, "/sys/devices/virtual/kfd/kfd/topology/nodes/%u/%31s", &node, name) == 2 && node < 3) {
		if (!strcmp(name, "gpu_id"))
			return snprintf(text, bytes, "%u\n", node ? FAKE_GPU + node - 1 : 0);
		return snprintf(text, bytes, "simd_count 4\ngfx_target_version %u\ndrm_render_minor %u\nunique_id 3\n",
			fake.target, 127 + node);
	}
	if (sscanf(path, "/sys/class/kfd/kfd/proc/%*u/queues/%u/%31s", &id, name) == 2 && queue(id)) {
		if (!strcmp(name, "gpuid"))
			return snprintf(text, bytes, "%u", fake.q[id].gpu_id);
		if (!strcmp(name, "size"))
			return snprintf(text, bytes, "%u", fake.q[id].ring_bytes);
		if (!strcmp(name, "type"))
			return snprintf(text, bytes, "%u", fake.q[id].type != KFD_IOC_QUEUE_TYPE_COMPUTE_AQL);
	}
	return -ENOENT;
}

static int op_list_numbers(void *ctx, const char *path, void (*fn)(void *arg, uint32_t number), void *arg)
{
	int count = 0;

	if (strstr(path, "topology"))
		for (; count < 3; count++)
			fn(arg, (uint32_t)count);
	else if (!fake.sysfs_queues)
		return -ENOENT;
	else
		for (uint32_t i = 0; i < FAKE_QUEUES; i++)
			if (queue(i)) {
				fn(arg, i);
				count++;
			}
	return count;
}

static uint64_t op_now_ns(void *ctx)
{
	return fake.now_ns;
}

static void op_nap(void *ctx, uint64_t ns)
{
	fake.now_ns += ns;
}

const struct kfd_ops fake_ops = {
	.open = op_open, .dup = op_dup, .close = op_close, .get_version = op_get_version, .update_queue = op_update_queue,
	.set_cu_mask = op_set_cu_mask, .dbg_trap = op_dbg_trap, .open_render = op_open_render,
	.vram_lost = op_vram_lost, .read_text = op_read_text, .list_numbers = op_list_numbers, .now_ns = op_now_ns,
	.nap = op_nap,
};

/* ---- the runtime ---- */

static int rocr_create(struct kfd_ioctl_create_queue_args *a)
{
	uint32_t id = 0;

	while (fake.q[id].used)
		id++;
	fake.q[id] = (struct fake_queue){.used = true, .is_new = true, .gpu_id = a->gpu_id, .percent = a->queue_percentage,
		.priority = a->queue_priority, .type = a->queue_type, .ring_va = a->ring_base_address,
		.ring_bytes = a->ring_size, .save_bytes = a->ctx_save_restore_size};
	a->queue_id = id;
	return 0;
}

static int rocr_destroy(const struct kfd_ioctl_destroy_queue_args *a)
{
	struct fake_queue *q = queue(a->queue_id);

	if (!q)
		return -EINVAL;
	/* The driver would wait for ever. */
	assert_false(q->suspended);
	q->used = false;
	if (fake.during_destroy)
		fake.during_destroy();
	return 0;
}

static int rocr_update(const struct kfd_ioctl_update_queue_args *a)
{
	note("rocr update %u %u %u;", a->queue_id, a->queue_percentage, a->queue_priority);
	return change(a->queue_id, a);
}

/* What the runtime's calls reach in the end: the C library's ioctl(). */
static int next_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	int r = 0;

	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);
	assert_int_equal(fd, FAKE_FD);
	switch (request) {
	case AMDKFD_IOC_CREATE_QUEUE: r = rocr_create(arg); break;
	case AMDKFD_IOC_DESTROY_QUEUE: r = rocr_destroy(arg); break;
	case AMDKFD_IOC_UPDATE_QUEUE: r = rocr_update(arg); break;
	case AMDKFD_IOC_SET_CU_MASK: note("rocr mask;"); r = mask(arg); break;
	case AMDKFD_IOC_RUNTIME_ENABLE:
		note("runtime;");
		/* With a session the driver would wait for the debugger. */
		assert_false(fake.session);
		break;
	default: r = -ENOTTY;
	}
	errno = -r;
	return r ? -1 : 0;
}

static int rocr(unsigned long request, void *arg)
{
	return kfd_queues_ioctl(next_ioctl, FAKE_FD, request, arg) ? -errno : 0;
}

void *fake_ring(uint32_t id)
{
	return (void *)(uintptr_t)(0x100000 + id * 0x10000u);
}

static struct kfd_ioctl_create_queue_args create_args(uint32_t gpu_id)
{
	uint32_t id = 0;

	while (fake.q[id].used)
		id++;
	return (struct kfd_ioctl_create_queue_args){.ring_base_address = (uintptr_t)fake_ring(id), .ring_size = 0x4000,
		.gpu_id = gpu_id, .queue_type = KFD_IOC_QUEUE_TYPE_COMPUTE_AQL, .queue_percentage = 100, .queue_priority = 7,
		.ctx_save_restore_address = 0x1000, .ctx_save_restore_size = 0x1000};
}

uint32_t fake_create(uint32_t gpu_id)
{
	struct kfd_ioctl_create_queue_args a = create_args(gpu_id);

	assert_int_equal(rocr(AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	return a.queue_id;
}

uint32_t fake_create_unseen(uint32_t gpu_id)
{
	struct kfd_ioctl_create_queue_args a = create_args(gpu_id);

	assert_int_equal(next_ioctl(FAKE_FD, AMDKFD_IOC_CREATE_QUEUE, &a), 0);
	return a.queue_id;
}

struct cwsr_queue *fake_track(uint32_t gpu_id, uint32_t *id_p)
{
	uint32_t id = fake_create(gpu_id);

	if (id_p)
		*id_p = id;
	return cwsr_queue_track(fake_ring(id), 0x4000, &fake.q[id]);
}

int fake_update(uint32_t id, uint32_t percent, uint32_t priority)
{
	struct kfd_ioctl_update_queue_args a = {.ring_base_address = (uintptr_t)fake_ring(id), .queue_id = id,
		.ring_size = 0x4000, .queue_percentage = percent, .queue_priority = priority};

	return rocr(AMDKFD_IOC_UPDATE_QUEUE, &a);
}

int fake_update_ring(uint32_t id, uint32_t ring_bytes)
{
	struct kfd_ioctl_update_queue_args a = {.ring_base_address = (uintptr_t)fake_ring(id), .queue_id = id,
		.ring_size = ring_bytes, .queue_percentage = 100, .queue_priority = 7};

	return rocr(AMDKFD_IOC_UPDATE_QUEUE, &a);
}

int fake_cu_mask(uint32_t id, uint32_t bits, uint32_t word)
{
	uint32_t words[KFD_CU_MASK_BITS / 32] = {word};
	struct kfd_ioctl_set_cu_mask_args a = {.queue_id = id, .num_cu_mask = bits, .cu_mask_ptr = (uintptr_t)words};

	return rocr(AMDKFD_IOC_SET_CU_MASK, &a);
}

int fake_destroy(uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args a = {.queue_id = id};

	return rocr(AMDKFD_IOC_DESTROY_QUEUE, &a);
}

int fake_runtime_enable(uint32_t mode)
{
	struct kfd_ioctl_runtime_enable_args a = {.mode_mask = mode};

	return rocr(AMDKFD_IOC_RUNTIME_ENABLE, &a);
}

/* ---- level 3 ---- */

static void on_done(void *ctx, void *owner, bool suspended, int error)
{
	size_t used = strlen(fake_told);
	int id = (int)((struct fake_queue *)owner - fake.q);

	if (error)
		snprintf(fake_told + used, sizeof(fake_told) - used, "q%d %s %d;", id, suspended ? "suspended" : "runs", error);
	else
		snprintf(fake_told + used, sizeof(fake_told) - used, "q%d %s;", id, suspended ? "suspended" : "runs");
}

const struct cwsr_ops fake_cwsr_ops = {.done = on_done};

void fake_start(const struct cwsr_config *c, const struct cwsr_ops *ops)
{
	struct cwsr_config copy = *c;

	copy.kernel = &fake_ops;
	copy.manual = true;
	fake_told[0] = 0;
	/* The test has no runtime whose calls could be watched; it brings them itself. */
	assert_int_equal(cwsr_start(&copy, ops), -ENOENT);
}

void fake_begin(int mechanism)
{
	const struct cwsr_config c = {.mechanism = mechanism, .interval_ns = 1000000};

	memset(&fake, 0, sizeof(fake));
	fake.major = 1;
	fake.minor = 17;
	fake.target = 90010;
	fake.cwsr_enable = "1";
	fake.sched_policy = "0";
	fake.runtime_state = DEBUG_RUNTIME_STATE_ENABLED;
	fake.now_ns = 1000000000;
	fake_start(&c, &fake_cwsr_ops);
}

void fake_end(void)
{
	cwsr_stop();
	for (uint32_t i = 0; i < FAKE_QUEUES; i++)
		if (fake.q[i].used)
			assert_false(fake.q[i].suspended);
	assert_false(fake.session);
	assert_int_equal(fake.open_fds, 0);
}

uint64_t fake_round(void)
{
	return cwsr_round(fake.now_ns);
}
