/* SPDX-License-Identifier: MIT */
/* The shared state of a simulated machine: joining it, leaving it by dying, and its tables; see
 * share.h. */
#include "sim/share/share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sim/common/log.h"
#include "sim/common/sys.h"
#include "sim/kfd/event.h"
#include "sim/share/arbiter.h"

struct file_id {
	dev_t device;
	ino_t inode;
};

/* Of this process. Written under join_lock; share_get()'s result tells readers that the rest is
 * there. */
static struct {
	_Atomic(struct share *) share;
	struct share *map; /* the same, from the beginning of join() on */
	uint32_t index;
	int fd, wake;
	struct file_id fd_id, wake_id; /* a program may close what it did not open, and open something else */
	const char *name; /* of the machine; NULL: alone */
} self = {.fd = -1, .wake = -1};
static pthread_mutex_t join_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---------------------------------------------------------------- life and death of processes */

/* Byte @index of the memory's file is locked while the process with that index lives. */
static struct flock life_lock(uint32_t index)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = index, .l_len = 1};
}

static struct file_id file_id(int fd)
{
	struct stat st;

	return sys_fstat(fd, &st) ? (struct file_id){0} : (struct file_id){st.st_dev, st.st_ino};
}

static bool is_file(int fd, struct file_id id)
{
	struct file_id now = file_id(fd);

	return fd >= 0 && id.inode && now.inode == id.inode && now.device == id.device;
}

/* Without our descriptor nobody is known to be dead; others will notice. */
static bool is_dead(uint32_t index)
{
	struct flock l = life_lock(index);

	return index != self.index && fcntl(self.fd, F_OFD_GETLK, &l) == 0 && l.l_type == F_UNLCK && is_file(self.fd, self.fd_id);
}

/* Return: the start time of a process as in its stat, and in *@state_p its state; 0: it cannot be read. */
static uint64_t process_look(int32_t pid, char *state_p)
{
	char path[64], text[1024];

	snprintf(path, sizeof(path), pid ? "/proc/%d/stat" : "/proc/self/stat", (int)pid);
	int fd = sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	uint64_t ticks = 0;

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = 0;
	/* The name, in parentheses, may hold anything; 19 fields lie between it and the start time
	 * (proc(5)), the first of which is the state. */
	char *at = strrchr(text, ')');
	*state_p = at && at[1] ? at[2] : 0;
	for (int i = 0; at && i < 20; i++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at + 1, NULL, 10);
	return ticks;
}

static uint64_t start_time(void)
{
	char state;

	return process_look(0, &state);
}

static void mutex_init(pthread_mutex_t *m)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(m, &a);
	pthread_mutexattr_destroy(&a);
}

/* In zeroed memory, or in what somebody left who died here. */
static void init(struct share *s)
{
	const struct sim_machine *m = sim_machine_get();

	mutex_init(&s->lock);
	for (uint32_t i = 0; i < m->gpu_count; i++) {
		for (uint32_t n = 0; n < SHARE_LOCKS; n++)
			mutex_init(&s->gpu[i].locks[n]);
		if (cu_pool_init(&s->gpu[i].pool, m->gpu[i].device))
			sim_log(SIM_LOG_ERROR, "device %s: its compute units cannot be modelled",
				m->gpu[i].device->name);
		arbiter_init(&s->gpu[i], m->gpu[i].device);
	}
	s->ready = true;
}

/* Return: 0; EOWNERDEAD, as pthread_mutex_lock(); ETIMEDOUT after SHARE_PATIENCE_NS. Who waits looks again after that: the wake-up
 * of an unlock may have gone to a process that is stopped. */
static int mutex_wait(pthread_mutex_t *m)
{
	struct timespec until;
	int r = pthread_mutex_trylock(m);

	if (r != EBUSY)
		return r;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += SHARE_PATIENCE_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &until);
}

static void table_lock(struct share *s)
{
	int r;

	do
		r = mutex_wait(&s->lock);
	while (r == ETIMEDOUT);
	/* Whoever died here left an entry half written: it is not used, or its owner is dead. */
	if (r == EOWNERDEAD)
		pthread_mutex_consistent(&s->lock);
}

static uint64_t shader_cycles(uint32_t gpu, uint64_t ns)
{
	return ns / 1000 * sim_machine_get()->gpu[gpu].device->shader_mhz;
}

static void gpu_drop(struct share *s, uint32_t gpu, uint32_t index, uint64_t now_ns)
{
	uint64_t vram = 0;
	struct share_gpu *g = &s->gpu[gpu];

	share_gpu_lock(g);
	s->process[index].vram[gpu] = 0;
	for (uint32_t i = 0; i < SHARE_PROCESSES; i++)
		vram += s->process[i].vram[gpu];
	atomic_store(&g->vram_used, vram);
	if (g->debugged == index + 1)
		g->debugged = 0;
	for (uint32_t i = 0; i < g->queue_end; i++)
		if (g->queue[i].owner == index + 1)
			memset(&g->queue[i], 0, sizeof(g->queue[i]));
	cu_pool_repair(&g->pool, index, shader_cycles(gpu, now_ns));
	arbiter_slots(s, gpu, now_ns);
	atomic_fetch_add(&g->changes, 1);
	share_gpu_unlock(g);
}

/* Must hold the table's lock. */
static void process_drop(struct share *s, uint32_t index, uint64_t now_ns)
{
	const struct sim_machine *m = sim_machine_get();

	for (uint32_t i = 0; i < m->gpu_count; i++)
		gpu_drop(s, i, index, now_ns);
	memset(&s->process[index], 0, sizeof(s->process[index]));
}

static void sweep_locked(struct share *s, uint64_t now_ns)
{
	for (uint32_t i = 0; i < SHARE_PROCESSES; i++)
		if (s->process[i].used && is_dead(i))
			process_drop(s, i, now_ns);
}

void share_sweep(struct share *s)
{
	bool any = false;

	for (uint32_t i = 0; i < SHARE_PROCESSES && !any; i++)
		any = s->process[i].used && is_dead(i);
	if (!any)
		return;
	uint64_t now = kfd_clock_ns();
	table_lock(s);
	sweep_locked(s, now);
	pthread_mutex_unlock(&s->lock);
}

static int join(int fd)
{
	struct share *s = sys_mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint32_t index = 0;

	if (s == MAP_FAILED)
		return -ENOMEM;
	if (!s->ready)
		init(s);
	self.map = s;
	self.fd = fd;
	self.fd_id = file_id(fd);
	self.index = SHARE_PROCESSES;
	uint64_t now = kfd_clock_ns();
	table_lock(s);
	sweep_locked(s, now);
	while (index < SHARE_PROCESSES && s->process[index].used)
		index++;
	struct flock l = life_lock(index);
	if (index == SHARE_PROCESSES || fcntl(fd, F_OFD_SETLK, &l)) {
		pthread_mutex_unlock(&s->lock);
		sys_munmap(s, sizeof(*s));
		return -EUSERS;
	}
	self.index = index;
	s->process[index] = (struct share_process){
		.used = true, .pid = getpid(), .fd = fd, .start_time = start_time(), .asleep = 1};
	pthread_mutex_unlock(&s->lock);
	/* Release: what was set up is visible to whoever finds the pointer. Pairs with share_get().
	 */
	atomic_store_explicit(&self.share, s, memory_order_release);
	return fd;
}

struct share *share_get(void)
{
	/* Acquire: pairs with join(). */
	struct share *s = atomic_load_explicit(&self.share, memory_order_acquire);

	if (s)
		return s;
	pthread_mutex_lock(&join_lock);
	s = atomic_load_explicit(&self.share, memory_order_acquire);
	if (s)
		goto unlock;
	self.name = sim_machine_get()->name;
	int r = share_meet(self.name, sizeof(*s), join, &self.wake);
	if (r < 0 && self.name) {
		sim_log(SIM_LOG_WARNING,
			"the machine \"%s\" cannot be joined (%s): this process has its GPUs to "
			"itself",
			self.name, strerror(-r));
		self.name = NULL;
		r = share_meet(NULL, sizeof(*s), join, &self.wake);
	}
	if (r < 0)
		sim_log(SIM_LOG_ERROR, "no memory for the state of the simulated machine: %s",
			strerror(-r));
	self.wake_id = file_id(self.wake);
	s = atomic_load_explicit(&self.share, memory_order_acquire);
unlock:
	pthread_mutex_unlock(&join_lock);
	return s;
}

uint32_t share_self(void)
{
	return self.index;
}

void share_fork_child(void)
{
	struct share *s = atomic_load(&self.share);

	pthread_mutex_init(&join_lock, NULL);
	if (s)
		sys_munmap(s, sizeof(*s));
	if (is_file(self.fd, self.fd_id))
		sys_close(self.fd);
	if (is_file(self.wake, self.wake_id))
		sys_close(self.wake);
	self.fd = self.wake = -1;
	atomic_store(&self.share, NULL);
}

/* ---------------------------------------------------------------- wake-ups */

int share_wake_fd(void)
{
	return self.wake;
}

void share_woken(void)
{
	char bytes[64];

	while (is_file(self.wake, self.wake_id) && recv(self.wake, bytes, sizeof(bytes), MSG_DONTWAIT) >= 0)
		;
}

void share_wake(struct share *s, uint32_t index, uint64_t now_ns)
{
	struct share_process *p = &s->process[index];

	/* Sequentially consistent, as is the sleeper's store: either it sees what was changed
	 * before this call, or it is seen asleep here. */
	if (index == self.index || !atomic_exchange(&p->asleep, 0))
		return;
	atomic_store_explicit(&p->beat_ns, now_ns, memory_order_relaxed);
	share_meet_wake(self.wake, self.name, p->pid, p->fd);
}

bool share_responds(const struct share *s, uint32_t index, uint64_t now_ns)
{
	const struct share_process *p = &s->process[index];

	/* Relaxed: a sign of life, ordered with nothing. */
	return index == self.index || atomic_load_explicit(&p->asleep, memory_order_relaxed) ||
	       now_ns < atomic_load_explicit(&p->beat_ns, memory_order_relaxed) + SHARE_PATIENCE_NS;
}

/* ---------------------------------------------------------------- GPUs */

/* Of a share_gpu.lock. */
static uint32_t lock_index(uint64_t lock)
{
	return lock & 0xff;
}

static uint32_t lock_owner(uint64_t lock)
{
	return lock >> 8 & 0xff;
}

static uint64_t lock_next(uint64_t lock, uint32_t owner, uint32_t index)
{
	return ((lock >> 16) + 1) << 16 | owner << 8 | index;
}

_Static_assert(SHARE_PROCESSES < 0xff && SHARE_LOCKS <= 0xff, "eight bits each");

/* What share_gpu.lock was set to by this thread, which has that lock. */
static __thread uint64_t held_lock;

static bool is_stopped(const struct share *s, uint32_t index)
{
	const struct share_process *p = &s->process[index];
	char state;

	return p->used && index != self.index && process_look(p->pid, &state) == p->start_time && (state == 'T' || state == 't');
}

static void mutex_give(pthread_mutex_t *m, int how_taken)
{
	if (how_taken == EOWNERDEAD)
		pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);
}

/* Make another mutex the GPU's lock, if who has had it since it was @lock is stopped and may be robbed. */
static void gpu_rob(struct share_gpu *g, uint64_t lock)
{
	if (!lock_owner(lock) || !is_stopped(self.map, lock_owner(lock) - 1))
		return;
	for (uint32_t i = 0; i < SHARE_LOCKS; i++) {
		int r = i == lock_index(lock) ? EBUSY : pthread_mutex_trylock(&g->locks[i]);

		if (r == EBUSY)
			continue;
		/* Fails if it gave the lock back meanwhile. */
		atomic_compare_exchange_strong(&g->lock, &lock, lock_next(lock, 0, i));
		mutex_give(&g->locks[i], r);
		return;
	}
}

static void gpu_lock(struct share_gpu *g, uint32_t owner)
{
	for (;;) {
		uint64_t lock = atomic_load(&g->lock);
		pthread_mutex_t *m = &g->locks[lock_index(lock)];
		int r = mutex_wait(m);

		if (r == ETIMEDOUT) {
			gpu_rob(g, lock);
			continue;
		}
		uint64_t now = atomic_load(&g->lock);
		held_lock = lock_next(now, owner, lock_index(now));
		if (lock_index(now) != lock_index(lock) || !atomic_compare_exchange_strong(&g->lock, &now, held_lock)) {
			mutex_give(m, r);
			continue;
		}
		if (r == EOWNERDEAD) {
			/* What the dead process was changing is its own; it is given back when the process
			 * is swept. */
			cu_pool_repair(&g->pool, SHARE_PROCESSES, 0);
			pthread_mutex_consistent(m);
		}
		return;
	}
}

void share_gpu_lock(struct share_gpu *g)
{
	gpu_lock(g, 0);
}

void share_gpu_lock_places(struct share_gpu *g)
{
	gpu_lock(g, self.index + 1);
}

/* Take back what process @index occupies on a GPU; under the lock. */
static void evict(struct share_gpu *g, uint32_t index, uint64_t cycles)
{
	for (uint32_t n = 0; n < g->queue_end; n++)
		if (g->queue[n].owner == index + 1)
			g->queue[n].units = g->queue[n].resident_bytes = 0;
	cu_pool_repair(&g->pool, index, cycles);
	g->evictions[index]++;
	atomic_fetch_add(&g->changes, 1);
}

void share_gpu_unlock(struct share_gpu *g)
{
	uint64_t mine = held_lock;
	bool robbed = !atomic_compare_exchange_strong(&g->lock, &mine, lock_next(held_lock, 0, lock_index(held_lock)));
	uint32_t gpu = (uint32_t)(g - self.map->gpu);

	pthread_mutex_unlock(&g->locks[lock_index(held_lock)]);
	if (!robbed)
		return;
	share_gpu_lock(g);
	evict(g, self.index, shader_cycles(gpu, kfd_clock_ns()));
	share_gpu_unlock(g);
}

static bool occupies(const struct share_gpu *g, uint32_t index)
{
	for (uint32_t n = 0; n < g->queue_end; n++)
		if (g->queue[n].owner == index + 1 && g->queue[n].units)
			return true;
	return false;
}

void share_evict_stopped(struct share *s, uint32_t gpu, uint64_t now_ns, uint64_t cycles)
{
	struct share_gpu *g = &s->gpu[gpu];

	for (uint32_t i = 0; i < SHARE_PROCESSES; i++) {
		/* It may have been asleep when it was stopped. */
		if (now_ns < atomic_load_explicit(&s->process[i].beat_ns, memory_order_relaxed) + SHARE_PATIENCE_NS || !is_stopped(s, i))
			continue;
		share_gpu_lock(g);
		if (occupies(g, i))
			evict(g, i, cycles);
		share_gpu_unlock(g);
	}
}

struct share_queue *share_queue_new(
	struct share *s, uint32_t gpu, uint32_t id, enum share_queue_type type, uint32_t ring_bytes)
{
	struct share_gpu *g = &s->gpu[gpu];
	struct share_queue *q = NULL;
	uint32_t i = 0;

	share_sweep(s);
	share_gpu_lock(g);
	while (i < g->queue_end && g->queue[i].owner)
		i++;
	if (i < SHARE_GPU_QUEUES) {
		if (i == g->queue_end)
			g->queue_end++;
		q = &g->queue[i];
		*q = (struct share_queue){.owner = self.index + 1,
			.id = id,
			.type = type,
			.ring_bytes = ring_bytes,
			.slot = true,
			.weight = 1,
			.had = g->had};
	}
	share_gpu_unlock(g);
	return q;
}

void share_queue_free(struct share *s, uint32_t gpu, struct share_queue *q)
{
	struct share_gpu *g = &s->gpu[gpu];
	uint64_t now = kfd_clock_ns();

	share_gpu_lock(g);
	memset(q, 0, sizeof(*q));
	while (g->queue_end && !g->queue[g->queue_end - 1].owner)
		g->queue_end--;
	arbiter_slots(s, gpu, now);
	atomic_fetch_add(&g->changes, 1);
	share_gpu_unlock(g);
}

int share_debug_take(uint32_t gpu)
{
	struct share *s = share_get();
	int r = 0;

	if (!s)
		return -ENOMEM;
	share_sweep(s);
	share_gpu_lock(&s->gpu[gpu]);
	uint32_t *by = &s->gpu[gpu].debugged;
	if (*by && *by != self.index + 1)
		r = -EBUSY;
	else
		*by = self.index + 1;
	share_gpu_unlock(&s->gpu[gpu]);
	return r;
}

void share_debug_give(uint32_t gpu)
{
	struct share *s = share_get();

	if (!s)
		return;
	share_gpu_lock(&s->gpu[gpu]);
	if (s->gpu[gpu].debugged == self.index + 1)
		s->gpu[gpu].debugged = 0;
	share_gpu_unlock(&s->gpu[gpu]);
}

int share_vram_take(uint32_t gpu, uint64_t bytes, uint64_t limit)
{
	struct share *s = share_get();
	int r = 0;

	if (!s)
		return -ENOMEM;
	struct share_gpu *g = &s->gpu[gpu];
	if (atomic_load(&g->vram_used) + bytes > limit)
		share_sweep(s);
	share_gpu_lock(g);
	uint64_t used = atomic_load(&g->vram_used);
	if (bytes > limit || used > limit - bytes) {
		r = -ENOMEM;
	} else {
		/* Counted for the process first: what a process that dies in between took is then
		 * known. */
		s->process[self.index].vram[gpu] += bytes;
		atomic_store(&g->vram_used, used + bytes);
	}
	share_gpu_unlock(g);
	return r;
}

void share_vram_give(uint32_t gpu, uint64_t bytes)
{
	struct share *s = share_get();

	if (!s)
		return;
	share_gpu_lock(&s->gpu[gpu]);
	atomic_fetch_sub(&s->gpu[gpu].vram_used, bytes);
	s->process[self.index].vram[gpu] -= bytes;
	share_gpu_unlock(&s->gpu[gpu]);
}

uint64_t share_vram_used(uint32_t gpu)
{
	struct share *s = share_get();

	if (!s)
		return 0;
	share_sweep(s);
	return atomic_load(&s->gpu[gpu].vram_used);
}
