/* SPDX-License-Identifier: MIT */
/* The table of hardware queues, and the runtime's ioctls that change it; see kfd_queues.h. */
#include "src/cwsr/kfd_queues.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "src/common/log.h"

/* Descriptors of /dev/kfd that a process uses: one, and one for each secondary context. */
#define FILES_MAX 16u
/* Structures have grown at their end: what every driver knows of CREATE_QUEUE. */
#define CREATE_BYTES offsetof(struct kfd_ioctl_create_queue_args, sdma_engine_id)

/* Lock order: cwsr.c's callback lock, then this. Never taken in a forked child. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Written under the lock, read without by calls that may pass unseen. */
static _Atomic bool observing;

static const struct kfd_ops *ops;
static struct kfd_queues_watch watch;
static struct kfd_queue queues[KFD_QUEUES_MAX];
static uint32_t high; /* entries from here on were never used */
static uint64_t serials;
static struct file {
	int fd, call_fd;
} files[FILES_MAX];
static uint32_t file_count;
static bool full_said;
/* The memory that the runtime last asked to be moved to a GPU: it does so for a save area, right before it creates the queue. */
static struct {
	uint64_t start, bytes;
} moved;

void kfd_queues_lock(void)
{
	pthread_mutex_lock(&lock);
}

void kfd_queues_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

bool kfd_queues_trylock(void)
{
	return !pthread_mutex_trylock(&lock);
}

bool kfd_queues_lock_within(uint64_t ns)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	uint64_t at = (uint64_t)until.tv_nsec + ns;
	until.tv_sec += (time_t)(at / 1000000000u);
	until.tv_nsec = (long)(at % 1000000000u);
	return !pthread_mutex_timedlock(&lock, &until);
}

static void forget_all(void)
{
	for (uint32_t i = 0; i < file_count; i++)
		ops->close(ops->ctx, files[i].call_fd);
	file_count = 0;
	for (uint32_t i = 0; i < high; i++)
		queues[i].used = false;
	high = 0;
}

void kfd_queues_begin(const struct kfd_ops *kernel, const struct kfd_queues_watch *what)
{
	kfd_queues_lock();
	if (ops)
		forget_all();
	ops = kernel;
	watch = *what;
	full_said = false;
	/* Release: all of the above. Pairs with the acquire in kfd_queues_ioctl(). */
	atomic_store_explicit(&observing, true, memory_order_release);
	kfd_queues_unlock();
}

void kfd_queues_end(void)
{
	atomic_store_explicit(&observing, false, memory_order_relaxed);
	if (ops)
		forget_all();
}

void kfd_queues_fork_child(void)
{
	/* The lock may be held by a thread that the child does not have. */
	atomic_store_explicit(&observing, false, memory_order_relaxed);
}

/* A queue that was found by asking the driver has no descriptor of the runtime: it is one of the process's first context. */
static bool same_file(int a, int b)
{
	return a == b || a < 0 || b < 0;
}

static struct kfd_queue *find(int fd, uint32_t id)
{
	for (uint32_t i = 0; i < high; i++)
		if (queues[i].used && !queues[i].leaving && queues[i].id == id && same_file(queues[i].fd, fd))
			return &queues[i];
	return NULL;
}

struct kfd_queue *kfd_queues_find(uint64_t ring_va)
{
	for (uint32_t i = 0; i < high; i++)
		if (queues[i].used && !queues[i].leaving && queues[i].ring_va == ring_va &&
			queues[i].type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL)
			return &queues[i];
	return NULL;
}

void kfd_queues_each(void (*fn)(struct kfd_queue *q, void *ctx), void *ctx)
{
	for (uint32_t i = 0; i < high; i++)
		if (queues[i].used && !queues[i].leaving)
			fn(&queues[i], ctx);
}

/* Our descriptor for the file behind the runtime's @fd, -1: there is none to be had. */
static int call_fd_of(int fd)
{
	for (uint32_t i = 0; i < file_count; i++)
		if (files[i].fd == fd)
			return files[i].call_fd;
	if (file_count == FILES_MAX)
		return -1;
	int copy = ops->dup(ops->ctx, fd);
	if (copy < 0) {
		log_warning("level 3: no descriptor for the driver: %s", strerror(-copy));
		return -1;
	}
	files[file_count++] = (struct file){fd, copy};
	return copy;
}

int kfd_queues_own_fd(void)
{
	if (file_count)
		return files[0].call_fd;
	int fd = ops->open(ops->ctx);
	/* The runtime's own number of it is not known. */
	if (fd >= 0)
		files[file_count++] = (struct file){-1, fd};
	return fd;
}

static struct kfd_queue *entry_new(void)
{
	for (uint32_t i = 0; i < high; i++)
		if (!queues[i].used)
			return &queues[i];
	if (high < KFD_QUEUES_MAX)
		return &queues[high++];
	if (!full_said)
		log_warning("level 3: more than %u hardware queues; it is not used for the rest", KFD_QUEUES_MAX);
	full_said = true;
	return NULL;
}

static struct kfd_queue *enter(const struct kfd_queue *q)
{
	struct kfd_queue *old = find(q->fd, q->id);
	struct kfd_queue *entry = old ? old : entry_new();

	if (!entry)
		return NULL;
	*entry = *q;
	entry->used = true;
	entry->leaving = false;
	entry->serial = ++serials;
	entry->held = KFD_HELD_NOT;
	entry->owed = 0;
	entry->listed = false;
	entry->cu_bits = 0;
	return entry;
}

struct kfd_queue *kfd_queues_add(const struct kfd_queue *q)
{
	struct kfd_queue copy = *q;

	copy.fd = -1;
	for (uint32_t i = 0; i < file_count; i++)
		if (files[i].call_fd == copy.call_fd)
			copy.fd = files[i].fd;
	return enter(&copy);
}

/* ---- the runtime's calls; errno is what @next left when the result is -1 ---- */

static void created(int fd, const struct kfd_ioctl_create_queue_args *a)
{
	struct kfd_queue q = {
		.fd = fd,
		.call_fd = call_fd_of(fd),
		.id = a->queue_id,
		.gpu_id = a->gpu_id,
		.type = a->queue_type,
		.ring_va = a->ring_base_address,
		.ring_bytes = a->ring_size,
		.percent = a->queue_percentage,
		.priority = a->queue_priority,
		.save_va = a->ctx_save_restore_address,
		.save_bytes = a->ctx_save_restore_address ? a->ctx_save_restore_size : 0,
		.save_known = true,
		.save_in_vram = a->ctx_save_restore_address && a->ctx_save_restore_address >= moved.start &&
			a->ctx_save_restore_address - moved.start < moved.bytes,
	};

	if (q.call_fd >= 0)
		enter(&q);
}

static int create_queue(got_ioctl_fn next, int fd, unsigned long request, void *arg)
{
	/* Not under the lock: no other call can mean this queue yet. */
	int r = next(fd, request, arg);

	if (r)
		return r;
	kfd_queues_lock();
	if (atomic_load_explicit(&observing, memory_order_relaxed))
		created(fd, arg);
	kfd_queues_unlock();
	return r;
}

static int destroy_queue(got_ioctl_fn next, int fd, unsigned long request, void *arg)
{
	const struct kfd_ioctl_destroy_queue_args *a = arg;

	kfd_queues_lock();
	struct kfd_queue *q = find(fd, a->queue_id);
	uint64_t serial = q ? q->serial : 0;
	if (q && q->held)
		watch.destroying(q);
	if (q)
		q->leaving = true;
	kfd_queues_unlock();
	/* Not under the lock: the driver may have to wait until somebody resumes the queue. Its number can be given to another
	 * before we are back. */
	int r = next(fd, request, arg), error = errno;
	if (!q)
		return r;
	kfd_queues_lock();
	if (q->used && q->serial == serial) {
		q->used = !!r;
		q->leaving = false;
	}
	kfd_queues_unlock();
	errno = error;
	return r;
}

static void record(struct kfd_queue *q, const struct kfd_ioctl_update_queue_args *a)
{
	q->ring_va = a->ring_base_address;
	q->ring_bytes = a->ring_size;
	q->percent = a->queue_percentage;
	q->priority = a->queue_priority;
}

static uint32_t share(uint32_t percent)
{
	return percent & 0xff;
}

/* An update while the queue's percentage is 0 by us. */
static int update_held(got_ioctl_fn next, int fd, unsigned long request, struct kfd_ioctl_update_queue_args *a,
	struct kfd_queue *q)
{
	struct kfd_ioctl_update_queue_args stopped = *a;
	bool valid = share(a->queue_percentage) <= KFD_MAX_QUEUE_PERCENTAGE &&
		a->queue_priority <= KFD_MAX_QUEUE_PRIORITY;

	/* The driver would change the list of running queues, to no effect: it is told on resume. */
	if (valid && a->ring_base_address == q->ring_va && a->ring_size == q->ring_bytes) {
		record(q, a);
		return 0;
	}
	if (valid)
		stopped.queue_percentage &= ~0xffu;
	int r = next(fd, request, &stopped);
	if (!r)
		record(q, a);
	return r;
}

static int update_queue(got_ioctl_fn next, int fd, unsigned long request, struct kfd_ioctl_update_queue_args *a)
{
	kfd_queues_lock();
	struct kfd_queue *q = find(fd, a->queue_id);
	bool started = q && !share(q->percent) && share(a->queue_percentage);
	int r = q && q->held == KFD_HELD_PERCENT ? update_held(next, fd, request, a, q) : next(fd, request, a);
	int error = errno;

	if (!r && q && q->held != KFD_HELD_PERCENT) {
		record(q, a);
		q->owed = 0;
	}
	if (!r && started) {
		q->busy_until_ns = ops->now_ns(ops->ctx) + KFD_QUEUES_BUSY_NS;
		if (q->held)
			watch.needed(q);
	}
	kfd_queues_unlock();
	errno = error;
	return r;
}

static int set_cu_mask(got_ioctl_fn next, int fd, unsigned long request, struct kfd_ioctl_set_cu_mask_args *a)
{
	uint32_t bits = a->num_cu_mask, mask[KFD_CU_MASK_BITS / 32];

	if (bits > KFD_CU_MASK_BITS)
		bits = KFD_CU_MASK_BITS;
	/* What the driver would refuse, it refuses. */
	bool valid = bits && bits % 32 == 0 && a->num_cu_mask % 32 == 0;
	kfd_queues_lock();
	struct kfd_queue *q = find(fd, a->queue_id);
	if (!q || q->held != KFD_HELD_PERCENT || !valid ||
		kfd_self_read(mask, (const void *)(uintptr_t)a->cu_mask_ptr, bits / 8)) {
		int r = next(fd, request, a), error = errno;

		if (!r && q)
			q->cu_bits = 0;
		kfd_queues_unlock();
		errno = error;
		return r;
	}
	memcpy(q->cu_mask, mask, bits / 8);
	q->cu_bits = bits;
	kfd_queues_unlock();
	return 0;
}

static int runtime_enable(got_ioctl_fn next, int fd, unsigned long request, void *arg)
{
	/* With a session of ours the driver would let the runtime wait for a debugger that does not exist. */
	kfd_queues_lock();
	watch.runtime_changes();
	kfd_queues_unlock();
	return next(fd, request, arg);
}

static int svm(got_ioctl_fn next, int fd, unsigned long request, const struct kfd_ioctl_svm_args *a)
{
	/* The attributes lie behind the structure, and count in the ioctl's size. */
	size_t room = (_IOC_SIZE(request) - sizeof(*a)) / sizeof(a->attrs[0]);
	int r = next(fd, request, a), error = errno;

	if (r || a->op != KFD_IOCTL_SVM_OP_SET_ATTR)
		return r;
	for (size_t i = 0; i < a->nattr && i < room; i++) {
		if (a->attrs[i].type != KFD_IOCTL_SVM_ATTR_PREFETCH_LOC ||
			a->attrs[i].value == KFD_IOCTL_SVM_LOCATION_SYSMEM)
			continue;
		kfd_queues_lock();
		moved.start = a->start_addr;
		moved.bytes = a->size;
		kfd_queues_unlock();
	}
	errno = error;
	return r;
}

int kfd_queues_ioctl(got_ioctl_fn next, int fd, unsigned long request, void *arg)
{
	/* Acquire: pairs with kfd_queues_begin(). */
	if (_IOC_TYPE(request) != AMDKFD_IOCTL_BASE || !arg ||
		!atomic_load_explicit(&observing, memory_order_acquire))
		return next(fd, request, arg);
	switch (_IOC_NR(request)) {
	case _IOC_NR(AMDKFD_IOC_CREATE_QUEUE):
		if (_IOC_SIZE(request) >= CREATE_BYTES)
			return create_queue(next, fd, request, arg);
		break;
	case _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE):
		if (_IOC_SIZE(request) >= sizeof(struct kfd_ioctl_destroy_queue_args))
			return destroy_queue(next, fd, request, arg);
		break;
	case _IOC_NR(AMDKFD_IOC_UPDATE_QUEUE):
		if (_IOC_SIZE(request) == sizeof(struct kfd_ioctl_update_queue_args))
			return update_queue(next, fd, request, arg);
		break;
	case _IOC_NR(AMDKFD_IOC_SET_CU_MASK):
		if (_IOC_SIZE(request) >= sizeof(struct kfd_ioctl_set_cu_mask_args))
			return set_cu_mask(next, fd, request, arg);
		break;
	case _IOC_NR(AMDKFD_IOC_SVM):
		if (_IOC_SIZE(request) >= sizeof(struct kfd_ioctl_svm_args))
			return svm(next, fd, request, arg);
		break;
	case _IOC_NR(AMDKFD_IOC_RUNTIME_ENABLE):
		return runtime_enable(next, fd, request, arg);
	default:
		break;
	}
	return next(fd, request, arg);
}
