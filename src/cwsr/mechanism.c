/* SPDX-License-Identifier: MIT */
/* Suspending and resuming; see mechanism.h. */
#include "src/cwsr/mechanism.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/common/log.h"

#define NEW_QUEUE KFD_EC_MASK(EC_QUEUE_NEW)
#define MARK_ERROR   (UINT32_C(1) << KFD_DBG_QUEUE_ERROR_BIT)
#define MARK_INVALID (UINT32_C(1) << KFD_DBG_QUEUE_INVALID_BIT)

/* Under the lock, so one of each is enough. */
static struct kfd_queue_snapshot_entry snapshot[KFD_QUEUES_MAX];
static uint32_t ids[KFD_QUEUES_MAX];

static bool retries(enum cwsr_call call, int r)
{
	return r < 0 && cwsr_error_find(call, -r)->reaction == CWSR_RETRY;
}

static uint64_t now(void)
{
	return cwsr_shared.kernel->now_ns(cwsr_shared.kernel->ctx);
}

/* From this moment on @q is kept from running, in that way, or is not. */
static void held_set(struct kfd_queue *q, enum kfd_held held)
{
	if (held && !q->held) {
		q->saves++;
		q->held_since_ns = now();
	} else if (!held && q->held) {
		q->saved_ns += now() - q->held_since_ns;
	}
	q->held = held;
}

/* ---- UPDATE_QUEUE ---- */

static int update(struct kfd_queue *q, uint32_t percent)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	int r = 0;

	for (uint32_t i = 0; i < CWSR_RETRIES; i++) {
		struct kfd_ioctl_update_queue_args a = {
			.ring_base_address = q->ring_va,
			.queue_id = q->id,
			.ring_size = q->ring_bytes,
			.queue_percentage = percent,
			.queue_priority = q->priority,
		};

		r = k->update_queue(k->ctx, q->call_fd, &a);
		if (!retries(CWSR_CALL_UPDATE_QUEUE, r))
			break;
	}
	return r;
}

int cwsr_null_probe(struct kfd_queue *q)
{
	return update(q, q->percent);
}

/* Whether the runtime itself wants the queue to run. */
static bool wanted_running(const struct kfd_queue *q)
{
	return q->percent & 0xff;
}

static int update_suspend(struct cwsr_gpu *g, struct kfd_queue *q)
{
	int r = 0;

	if (wanted_running(q)) {
		g->suspend_calls++;
		r = update(q, q->percent & ~0xffu);
	}
	if (!r) {
		held_set(q, KFD_HELD_PERCENT);
		q->owed = 0;
		return 0;
	}
	/* The driver stores the percentage before it asks the hardware: let it not keep that. */
	if (cwsr_gpu_failed(g, CWSR_CALL_UPDATE_QUEUE, -r) != CWSR_QUEUE)
		update(q, q->percent);
	return r;
}

static void cu_mask_apply(struct cwsr_gpu *g, struct kfd_queue *q)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	int r = 0;

	for (uint32_t i = 0; i < CWSR_RETRIES; i++) {
		struct kfd_ioctl_set_cu_mask_args a = {
			.queue_id = q->id, .num_cu_mask = q->cu_bits, .cu_mask_ptr = (uintptr_t)q->cu_mask};

		r = k->set_cu_mask(k->ctx, q->call_fd, &a);
		if (!retries(CWSR_CALL_SET_CU_MASK, r))
			break;
	}
	q->cu_bits = 0;
	if (r)
		cwsr_gpu_failed(g, CWSR_CALL_SET_CU_MASK, -r);
}

static int update_resume(struct cwsr_gpu *g, struct kfd_queue *q)
{
	int r = 0;

	if (q->cu_bits)
		cu_mask_apply(g, q);
	held_set(q, KFD_HELD_NOT);
	if (!wanted_running(q))
		return 0;
	g->resume_calls++;
	r = update(q, q->percent);
	if (!r)
		return 0;
	cwsr_gpu_failed(g, CWSR_CALL_UPDATE_QUEUE, -r);
	/* Whatever the error means, the queue must not stay as it is. */
	q->owed = update(q, q->percent) ? 1 : 0;
	return r;
}

static void try_owed(struct kfd_queue *q, void *ctx)
{
	bool *left_p = ctx;

	if (!q->owed)
		return;
	int r = update(q, q->percent);
	if (!r) {
		q->owed = 0;
	} else if (++q->owed > CWSR_OWED_MAX) {
		q->owed = 0;
		log_error("level 3: queue %u cannot be resumed: UPDATE_QUEUE: %s", q->id, strerror(-r));
	} else {
		*left_p = true;
	}
}

bool cwsr_resume_owed(void)
{
	bool left = false;

	kfd_queues_each(try_owed, &left);
	return left;
}

/* ---- DBG_TRAP ---- */

static int trap(int fd, enum cwsr_call call, struct kfd_ioctl_dbg_trap_args *a)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	int r = 0;

	for (uint32_t i = 0; i < CWSR_RETRIES; i++) {
		/* The driver writes its results over the arguments, whatever it returns. */
		struct kfd_ioctl_dbg_trap_args copy = *a;

		r = k->dbg_trap(k->ctx, fd, &copy);
		if (!retries(call, r)) {
			*a = copy;
			break;
		}
	}
	return r;
}

static void count_held(struct kfd_queue *q, void *ctx)
{
	*(uint32_t *)ctx += q->held == KFD_HELD_DEBUG;
}

static void not_held(struct kfd_queue *q, void *ctx)
{
	if (q->held == KFD_HELD_DEBUG)
		held_set(q, KFD_HELD_NOT);
	q->listed = false;
}

void cwsr_session_end(void)
{
	struct kfd_ioctl_dbg_trap_args all = {.op = KFD_IOC_DBG_TRAP_RESUME_QUEUES};
	struct kfd_ioctl_dbg_trap_args end = {.op = KFD_IOC_DBG_TRAP_DISABLE};
	uint32_t held = 0;

	if (!cwsr_shared.session)
		return;
	cwsr_shared.session = false;
	/* The end of the session resumes them too; where it fails they are not left behind. Without an array: all. */
	kfd_queues_each(count_held, &held);
	if (held)
		trap(cwsr_shared.session_fd, CWSR_CALL_DBG_RESUME, &all);
	int r = trap(cwsr_shared.session_fd, CWSR_CALL_DBG_DISABLE, &end);
	if (r < 0)
		r = trap(cwsr_shared.session_fd, CWSR_CALL_DBG_DISABLE, &end);
	if (r < 0)
		log_warning("level 3: DBG_TRAP DISABLE: %s; the session ends with the process", strerror(-r));
	kfd_queues_each(not_held, NULL);
}

/* Return: 0; a negative errno; 1: the session is there, but the runtime takes no part in it, which is in @state_p. */
static int enable(int fd, uint32_t *state_p)
{
	struct kfd_runtime_info info = {0};
	/* Nothing is subscribed to, so nothing is ever written to the descriptor. */
	struct kfd_ioctl_dbg_trap_args a = {.op = KFD_IOC_DBG_TRAP_ENABLE,
		.enable = {.rinfo_ptr = (uintptr_t)&info, .rinfo_size = sizeof(info), .dbg_fd = (uint32_t)fd}};
	int r = trap(fd, CWSR_CALL_DBG_ENABLE, &a);

	if (r < 0)
		return r;
	cwsr_shared.session = true;
	cwsr_shared.session_fd = fd;
	*state_p = info.runtime_state;
	return info.runtime_state != DEBUG_RUNTIME_STATE_ENABLED;
}

static int session_begin(struct cwsr_gpu *g, int fd)
{
	uint32_t state;

	if (cwsr_shared.session)
		return 0;
	int r = enable(fd, &state);
	if (r < 0) {
		cwsr_gpu_failed(g, CWSR_CALL_DBG_ENABLE, -r);
		return r;
	}
	if (r) {
		cwsr_session_end();
		cwsr_shared.debug_refused = true;
		snprintf(g->no_debug, sizeof(g->no_debug), "the runtime's state is %u, not 1: ROCr has not enabled debugging", state);
		log_warning("level 3: the debug session finds the runtime in state %u, not 1; queues are suspended by "
			"UPDATE_QUEUE instead", state);
		return -EPERM;
	}
	return 0;
}

/* @clear: which exceptions of the queues are noted as seen. Return: number of entries of snapshot[] or a negative errno. */
static int take_snapshot(int fd, uint64_t clear)
{
	struct kfd_ioctl_dbg_trap_args a = {.op = KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT,
		.queue_snapshot = {.exception_mask = clear,
			.snapshot_buf_ptr = (uintptr_t)snapshot,
			.num_queues = KFD_QUEUES_MAX,
			.entry_size = sizeof(snapshot[0])}};

	memset(snapshot, 0, sizeof(snapshot));
	int r = trap(fd, CWSR_CALL_DBG_SNAPSHOT, &a);
	if (r < 0)
		return r;
	return a.queue_snapshot.num_queues < KFD_QUEUES_MAX ? (int)a.queue_snapshot.num_queues : (int)KFD_QUEUES_MAX;
}

/* The interface suspends only queues that were listed since they were created. */
static int list(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, bool again)
{
	bool all = true;

	for (uint32_t i = 0; i < count; i++)
		all = all && q[i]->listed;
	if (all && !again)
		return 0;
	int r = take_snapshot(cwsr_shared.session_fd, NEW_QUEUE);
	if (r < 0) {
		cwsr_gpu_failed(g, CWSR_CALL_DBG_SNAPSHOT, -r);
		return r;
	}
	for (uint32_t i = 0; i < count; i++)
		q[i]->listed = true;
	return 0;
}

/* SUSPEND or RESUME of @count queues; ids[] then holds their marks. */
static int trap_queues(enum cwsr_call call, struct kfd_queue **q, uint32_t count)
{
	const struct kfd_ops *k = cwsr_shared.kernel;
	int r = 0;

	for (uint32_t n = 0; n < CWSR_RETRIES; n++) {
		struct kfd_ioctl_dbg_trap_args a = {.op = KFD_IOC_DBG_TRAP_RESUME_QUEUES,
			.resume_queues = {.queue_array_ptr = (uintptr_t)ids, .num_queues = count}};

		if (call == CWSR_CALL_DBG_SUSPEND) {
			a.op = KFD_IOC_DBG_TRAP_SUSPEND_QUEUES;
			a.suspend_queues = (struct kfd_ioctl_dbg_trap_suspend_queues_args){
				.queue_array_ptr = (uintptr_t)ids,
				.num_queues = count,
				.grace_period = cwsr_shared.config.grace_kclk};
		}
		for (uint32_t i = 0; i < count; i++)
			ids[i] = q[i]->id;
		r = k->dbg_trap(k->ctx, cwsr_shared.session_fd, &a);
		if (!retries(call, r))
			break;
	}
	return r;
}

/* Return: 0: @error is set for each queue; a negative errno: the debug interface cannot be used, nothing is suspended. */
static int debug_suspend(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error)
{
	bool invalid = false;
	int r = session_begin(g, q[0]->call_fd);

	for (int attempt = 0; !r && attempt < 2; attempt++) {
		r = list(g, q, count, attempt > 0);
		if (r)
			break;
		g->suspend_calls++;
		r = trap_queues(CWSR_CALL_DBG_SUSPEND, q, count);
		if (r < 0) {
			cwsr_gpu_failed(g, CWSR_CALL_DBG_SUSPEND, -r);
			break;
		}
		r = 0;
		invalid = false;
		for (uint32_t i = 0; i < count; i++) {
			error[i] = ids[i] & MARK_INVALID ? -ESRCH : ids[i] & MARK_ERROR ? -EIO : 0;
			invalid = invalid || error[i] == -ESRCH;
			/* One that failed is marked as suspended in the driver. */
			if (error[i] != -ESRCH)
				held_set(q[i], KFD_HELD_DEBUG);
		}
		if (!invalid)
			break;
	}
	if (r) {
		if (cwsr_shared.debug_refused)
			cwsr_session_end();
		return r;
	}
	/* With the GPU off, the control thread resumes what is held there. */
	for (uint32_t i = 0; i < count; i++)
		if (error[i] == -EIO)
			cwsr_gpu_failed(g, CWSR_CALL_DBG_SUSPEND, EIO);
	return 0;
}

static void debug_resume(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error)
{
	g->resume_calls++;
	int r = trap_queues(CWSR_CALL_DBG_RESUME, q, count);

	if (r < 0) {
		bool update = cwsr_gpu_failed(g, CWSR_CALL_DBG_RESUME, -r) == CWSR_UPDATE;

		/* The end of the session resumes all. */
		cwsr_session_end();
		memset(ids, 0, count * sizeof(ids[0]));
		r = update ? 0 : r;
	}
	for (uint32_t i = 0; i < count; i++) {
		held_set(q[i], KFD_HELD_NOT);
		error[i] = r < 0 ? r : ids[i] & MARK_INVALID ? -ESRCH : ids[i] & MARK_ERROR ? -EIO : 0;
		if (error[i] == -EIO)
			cwsr_gpu_failed(g, CWSR_CALL_DBG_RESUME, EIO);
	}
}

int cwsr_snapshot_find(int fd, uint64_t ring_va, struct kfd_queue *q_p)
{
	bool ours = cwsr_shared.session;
	uint32_t state;
	int r = ours ? 0 : enable(fd, &state);

	/* A debugger's session lets us look, too. */
	if (r < 0 && r != -EALREADY)
		return r;
	r = take_snapshot(fd, 0);
	if (!ours)
		cwsr_session_end();
	for (int i = 0; i < r; i++) {
		const struct kfd_queue_snapshot_entry *e = &snapshot[i];

		if (e->ring_base_address != ring_va || e->queue_type != KFD_IOC_QUEUE_TYPE_COMPUTE_AQL)
			continue;
		*q_p = (struct kfd_queue){.call_fd = fd, .id = e->queue_id, .gpu_id = e->gpu_id, .type = e->queue_type,
			.ring_va = ring_va, .ring_bytes = e->ring_size, .save_va = e->ctx_save_restore_address,
			.save_bytes = e->ctx_save_restore_address ? e->ctx_save_restore_area_size : 0, .save_known = true};
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}

/* ---- either ---- */

/* A measured value counts as no more than so many times the average: a thread that lost its processor says nothing of the driver. */
#define ODD_TIMES 4u

/* Follow what is measured on @g, from @start_ns until now. */
static void average(struct cwsr_gpu *g, _Atomic uint64_t *average_p, uint64_t start_ns)
{
	uint64_t now_ns = now(), ns = now_ns - start_ns, old = atomic_load_explicit(average_p, memory_order_relaxed);

	if (old && ns > ODD_TIMES * old)
		ns = ODD_TIMES * old;
	/* Relaxed, both: numbers that stand for themselves. */
	atomic_store_explicit(average_p, old ? (7 * old + ns) / 8 : ns, memory_order_relaxed);
	atomic_store_explicit(&g->measured_ns, now_ns, memory_order_relaxed);
}

void cwsr_suspend(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error)
{
	uint64_t start = now();
	bool failed = false;

	if (!cwsr_gpu_uses_debug(g) || debug_suspend(g, q, count, error)) {
		for (uint32_t i = 0; i < count; i++)
			error[i] = cwsr_gpu_usable(g) ? update_suspend(g, q[i]) : -EIO;
	}
	for (uint32_t i = 0; i < count; i++)
		failed = failed || error[i];
	if (!failed)
		average(g, &g->suspend_ns, start);
}

void cwsr_resume(struct cwsr_gpu *g, struct kfd_queue **q, uint32_t count, int *error)
{
	uint64_t start = now();
	struct kfd_queue *debug[64];
	int results[64];
	bool failed = false;

	for (uint32_t i = 0; i < count;) {
		uint32_t n = 0, first = i;

		for (; i < count && n < 64 && q[i]->held == KFD_HELD_DEBUG; i++)
			debug[n++] = q[i];
		if (n) {
			debug_resume(g, debug, n, results);
			memcpy(&error[first], results, n * sizeof(results[0]));
		} else {
			error[i] = q[i]->held ? update_resume(g, q[i]) : 0;
			i++;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		failed = failed || error[i];
	if (!failed)
		average(g, &g->resume_ns, start);
}
