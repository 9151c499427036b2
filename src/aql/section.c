/* SPDX-License-Identifier: MIT */
/* Producer sections; see section.h. The slots are static: a mover may look at any of them at any time. */
#include "src/aql/section.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "src/common/barrier.h"

static struct section_slot slots[SECTION_SLOTS];
/* Highest slot ever claimed, plus one; written by section_claim() with a maximum, read by movers. */
static _Atomic uint32_t slots_used;
/* A key's destructor gives the slot back when its thread ends. */
static pthread_key_t thread_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_result;
/* The key exists and membarrier works; written once under `once`, read by every thread that has no slot yet. */
static _Atomic bool available;

_Thread_local struct section_slot *section_self __attribute__((tls_model("initial-exec")));

static void section_slot_uncache(struct section_slot *slot)
{
	atomic_store_explicit(&slot->cached_queue, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->cached_doorbell, 0, memory_order_relaxed);
}

static void thread_exit(void *arg)
{
	struct section_slot *slot = arg;

	section_self = NULL;
	slot->reserved_gate = 0;
	section_slot_uncache(slot);
	/* Release: the next owner sees the slot as this thread left it. Pairs with the exchange in section_claim(). */
	atomic_store_explicit(&slot->taken, false, memory_order_release);
}

static int membarrier(int command)
{
	return (int)syscall(SYS_membarrier, command, 0, 0);
}

static void init_once(void)
{
	init_result = -pthread_key_create(&thread_key, thread_exit);
	if (init_result)
		return;
	if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) {
		init_result = -errno;
		return;
	}
	/* Release: the key is valid for whoever sees the flag. Pairs with the acquire in section_claim(). */
	atomic_store_explicit(&available, true, memory_order_release);
}

int section_init(void)
{
	pthread_once(&once, init_once);
	return init_result;
}

struct section_slot *section_claim(void)
{
	if (!atomic_load_explicit(&available, memory_order_acquire))
		return NULL;
	for (uint32_t i = 0; i < SECTION_SLOTS; i++) {
		struct section_slot *slot = &slots[i];

		if (atomic_load_explicit(&slot->taken, memory_order_relaxed))
			continue;
		/* Acquire: pairs with the release of the thread that had the slot before. */
		if (atomic_exchange_explicit(&slot->taken, true, memory_order_acquire))
			continue;
		if (pthread_setspecific(thread_key, slot)) {
			atomic_store_explicit(&slot->taken, false, memory_order_release);
			return NULL;
		}
		uint32_t used = atomic_load_explicit(&slots_used, memory_order_relaxed);
		/* Sequentially consistent, once per thread: a mover that does not see the larger count made its mode
		 * visible before, so that this thread's first section sees it. */
		while (used < i + 1 && !atomic_compare_exchange_weak(&slots_used, &used, i + 1))
			;
		atomic_thread_fence(memory_order_seq_cst);
		section_self = slot;
		return slot;
	}
	return NULL;
}

void section_note(struct section_slot *self, uint64_t id, uint64_t from, uint64_t count)
{
	if (self->reserved_gate != id || self->reserved_to != from) {
		self->reserved_gate = id;
		self->reserved_from = from;
	}
	self->reserved_to = from + count;
}

uint64_t section_note_and_leave(struct section_slot *self, uint64_t id, uint64_t from, uint64_t count)
{
	section_note(self, id, from, count);
	section_leave(self);
	return from;
}

void section_fence(void)
{
	/* Registration succeeded or no thread has a slot; then producers use the gate's counter and this fence is enough. */
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&available, memory_order_acquire))
		membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}

void section_wait(const struct gate *g)
{
	uint32_t used = atomic_load(&slots_used);

	for (uint32_t i = 0; i < used; i++) {
		/* Acquire: what the producer did inside its section is visible. Pairs with the release in gate_leave(). */
		for (unsigned turn = 64; atomic_load_explicit(&slots[i].busy, memory_order_acquire) == g; turn++)
			section_pause(turn);
	}
}

void section_forget(const struct gate *g)
{
	uint32_t used = atomic_load(&slots_used);

	for (uint32_t i = 0; i < used; i++)
		if (atomic_load_explicit(&slots[i].cached_gate, memory_order_relaxed) == g)
			section_slot_uncache(&slots[i]);
}

void section_fork_child(void)
{
	uint32_t used = atomic_load_explicit(&slots_used, memory_order_relaxed);

	for (uint32_t i = 0; i < used; i++) {
		if (&slots[i] == section_self)
			continue;
		atomic_store_explicit(&slots[i].busy, NULL, memory_order_relaxed);
		atomic_store_explicit(&slots[i].taken, false, memory_order_relaxed);
	}
	/* membarrier registration belongs to the memory map, which fork copied; register the copy all the same. */
	if (atomic_load_explicit(&available, memory_order_relaxed))
		membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

void section_pause(unsigned turn)
{
	const struct timespec nap = {.tv_nsec = 20000};

	/* Most waits take less than a microsecond; then the other one may share this CPU. A thread under a real-time policy that only
	 * yielded would keep the CPU from one that is not, or not as urgent, for ever. */
	if (turn < 64)
		spin_pause();
	else if (turn < 512)
		sched_yield();
	else
		/* As it is, no point where a thread of the program can be cancelled. */
		syscall(SYS_nanosleep, &nap, NULL);
}
