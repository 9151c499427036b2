/* SPDX-License-Identifier: MIT */
/* Stand-ins around the command processor; see cp_fake.h. */
#include "tests/unit/cp_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sim/common/stats.h"
#include "sim/cp/engine.h"
#include "sim/device/device.h"
#include "sim/fault/fault.h"
#include "sim/kfd/event.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/gpuvm.h"

#define ARENA_BYTES (64u << 20)

struct sim_stats sim_stats;

_Atomic uint32_t fake_order;
_Atomic uint32_t fake_interrupts[64], fake_raised[64];
_Atomic uint32_t fake_faults, fake_doorbells_lost, fake_hangs;
_Atomic uint32_t fake_invalidated;
_Atomic uint64_t fake_fault_va;

static uint8_t *arena;
static _Atomic size_t arena_used;
static _Atomic uint64_t *doorbells;
static unsigned doorbell_next;
static struct fake_queue *clock_queue; /* for fake_rounds() */

/* ---------------------------------------------------------------- device and driver */

static struct sim_device device = {
	.name = "fake",
	.isa = GCN_ISA_GFX90A,
	.xcc_count = 1,
	.simd_count = 8, /* two CUs */
	.simd_per_cu = 4,
	.waves_per_simd = 2,
	.lds_kib = 64,
	.vgprs_per_simd = 512,
	.shader_mhz = 1000, /* a cycle is a nanosecond */
	.counter_khz = 100000,
	.cp_queues = 24,
	.cp_processes = 8,
	.quantum_ms = 10,
	.save_vram_mb_s = 1000000,
	.save_host_mb_s = 1000000,
	.priority_bias = 2,
};
static struct sim_machine machine = {.gpu_count = 1, .gpu = {{.device = &device}}};

struct sim_device *const fake_device = &device;

void fake_machine_name(const char *name)
{
	machine.name = name;
}

const struct sim_machine *sim_machine_get(void)
{
	return &machine;
}

static bool in_arena(uint64_t va, size_t bytes)
{
	return va >= (uintptr_t)arena && va + bytes <= (uintptr_t)arena + ARENA_BYTES;
}

uint8_t *gpuvm_page(uint32_t gpu, uint64_t va, bool write)
{
	va &= ~(uint64_t)(GCN_PAGE_BYTES - 1);
	return in_arena(va, GCN_PAGE_BYTES) ? (uint8_t *)(uintptr_t)va : NULL;
}

void *gpuvm_host(uint32_t gpu, uint64_t va, size_t bytes, bool write)
{
	return in_arena(va, bytes) ? (void *)(uintptr_t)va : NULL;
}

const _Atomic uint32_t *gpuvm_generation(uint32_t gpu)
{
	static _Atomic uint32_t generation;

	return &generation;
}

void kfd_interrupt(uint32_t event_id)
{
	atomic_fetch_add(&fake_interrupts[event_id % 64], 1);
}

void kfd_event_raise(uint32_t event_id)
{
	atomic_fetch_add(&fake_raised[event_id % 64], 1);
}

bool kfd_queue_exception(uint32_t queue_id, uint64_t mask)
{
	return false;
}

bool fault_doorbells_planned(void)
{
	return atomic_load(&fake_doorbells_lost);
}

bool fault_doorbell(uint32_t gpu, uint32_t queue)
{
	return atomic_load(&fake_doorbells_lost) && atomic_fetch_sub(&fake_doorbells_lost, 1);
}

bool fault_dispatch(uint32_t gpu, uint32_t queue)
{
	return atomic_load(&fake_hangs) && atomic_fetch_sub(&fake_hangs, 1);
}

void kfd_vm_fault(uint32_t gpu, uint64_t va, bool write)
{
	atomic_store(&fake_fault_va, va);
	atomic_fetch_add(&fake_faults, 1);
}

uint64_t (*fake_clock)(void);

uint64_t kfd_clock_ns(void)
{
	struct timespec t;

	if (fake_clock)
		return fake_clock();
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t kfd_gpu_counter(uint32_t gpu, uint64_t clock_ns)
{
	return clock_ns / 10;
}

/* ---------------------------------------------------------------- compute units */

struct gcn_group {
	const struct gcn_dispatch *d;
	struct fake_kernel *k;
	uint64_t cycles, steps, limit;
};

int gcn_dispatch_init(struct gcn_dispatch *d, struct gcn_fault *fault)
{
	struct fake_kernel *k = (struct fake_kernel *)(uintptr_t)d->kernel_object;

	if (!in_arena(d->kernel_object, sizeof(*k))) {
		fault->va = d->kernel_object;
		return -EFAULT;
	}
	d->waves_per_group = k->waves ? k->waves : 1;
	d->vgprs = k->vgprs ? k->vgprs : 32;
	return 0;
}

void gcn_code_invalidate(const struct gcn_machine *m)
{
	atomic_fetch_add(&fake_invalidated, 1);
}

struct gcn_group *gcn_group_new(const struct gcn_dispatch *d, const uint32_t group_id[3],
	uint32_t scratch_slot, uint64_t start_cycles)
{
	struct gcn_group *g = calloc(1, sizeof(*g));
	uint32_t first = 0;

	g->d = d;
	g->k = (struct fake_kernel *)(uintptr_t)d->kernel_object;
	g->cycles = start_cycles;
	if (group_id[0] < 64)
		g->k->slots[group_id[0]] = scratch_slot;
	atomic_compare_exchange_strong(
		&g->k->first_order, &first, atomic_fetch_add(&fake_order, 1) + 1);
	uint64_t none = 0;
	atomic_compare_exchange_strong(&g->k->start_cycles, &none, start_cycles);
	atomic_fetch_add(&g->k->groups_started, 1);
	return g;
}

size_t gcn_group_save_bytes(const struct gcn_group *g)
{
	return 64;
}

/* The number of steps stands for the registers. */
void gcn_group_save(const struct gcn_group *g, void *to)
{
	memset(to, 0, 64);
	memcpy(to, &g->steps, sizeof(g->steps));
}

void gcn_group_free(struct gcn_group *g)
{
	free(g);
}

enum gcn_stop gcn_group_run(struct gcn_group *g, uint32_t budget, struct gcn_fault *fault)
{
	if (g->k->stay) {
		atomic_fetch_add(&g->k->stays, 1);
		while (!atomic_load(g->k->stay))
			sched_yield();
		atomic_fetch_add(&g->k->left, 1);
	}
	for (uint32_t i = 0; i < budget && g->cycles <= g->limit; i++) {
		g->cycles += g->k->cycles;
		g->steps++;
		atomic_fetch_add(&g->k->stepped, 1);
		if (g->steps < g->k->steps || (g->k->until && !atomic_load(g->k->until)))
			continue;
		if (g->k->fault) {
			fault->kind = g->k->fault;
			fault->va = 0xdead000;
			strcpy(fault->text, "v_fake_b32");
			return GCN_STOP_FAULT;
		}
		atomic_store(&g->k->last_order, atomic_fetch_add(&fake_order, 1) + 1);
		if (g->cycles > atomic_load(&g->k->end_cycles))
			atomic_store(&g->k->end_cycles, g->cycles);
		atomic_fetch_add(&g->k->groups_ended, 1);
		return GCN_STOP_DONE;
	}
	return GCN_STOP_SLICE;
}

void gcn_group_limit(struct gcn_group *g, uint64_t cycles)
{
	g->limit = cycles;
}

uint64_t gcn_group_cycles(const struct gcn_group *g)
{
	return g->cycles;
}

void gcn_group_add_cycles(struct gcn_group *g, uint64_t cycles)
{
	g->cycles += cycles;
}

uint64_t gcn_group_instructions(const struct gcn_group *g)
{
	return g->steps;
}

/* ---------------------------------------------------------------- what a runtime does */

void *fake_alloc(size_t bytes)
{
	size_t at = atomic_fetch_add(&arena_used, (bytes + 63) & ~(size_t)63);

	assert_true(at + bytes <= ARENA_BYTES);
	return arena + at;
}

amd_signal_t *fake_signal(int64_t value)
{
	amd_signal_t *s = fake_alloc(sizeof(*s));

	s->kind = AMD_SIGNAL_KIND_USER;
	s->value = value;
	return s;
}

uint64_t fake_handle(const amd_signal_t *s)
{
	return (uintptr_t)s;
}

static struct fake_queue *queue_new(enum cp_queue_type type, unsigned packets)
{
	struct fake_queue *f = fake_alloc(sizeof(*f));
	static uint32_t ids;

	f->aq.hsa_queue.base_address = f->ring;
	f->aq.hsa_queue.size = packets;
	f->aq.queue_inactive_signal.handle = fake_handle(&f->inactive);
	for (unsigned i = 0; type == CP_QUEUE_AQL && i < packets; i++)
		f->ring[i * 64] = HSA_PACKET_TYPE_INVALID;
	f->doorbell = &doorbells[doorbell_next++ % 512];
	f->save = fake_alloc(FAKE_SAVE_BYTES);
	struct cp_queue_args args = {
		.queue_id = ids++,
		.type = type,
		.ring_va = (uintptr_t)f->ring,
		.ring_bytes = type == CP_QUEUE_AQL ? packets * 64 : sizeof(f->ring),
		.rptr_va = type == CP_QUEUE_AQL ? (uintptr_t)&f->aq.read_dispatch_id
						: (uintptr_t)&f->sdma_read,
		.wptr_va = type == CP_QUEUE_AQL ? (uintptr_t)&f->aq.write_dispatch_id
						: (uintptr_t)&f->sdma_write,
		.doorbell = (uint64_t *)f->doorbell,
		.doorbell_offset = (uint32_t)((char *)f->doorbell - (char *)doorbells),
		.percent = 100,
		.priority = 7,
		.save_va = type == CP_QUEUE_AQL ? (uintptr_t)f->save : 0,
		.save_bytes = FAKE_SAVE_BYTES,
		.ctl_stack_bytes = FAKE_CTL_STACK_BYTES,
	};
	assert_int_equal(cp_queue_create(&args, &f->q), 0);
	return f;
}

struct fake_queue *fake_queue_new(unsigned packets)
{
	return queue_new(CP_QUEUE_AQL, packets);
}

struct fake_queue *fake_sdma_new(void)
{
	return queue_new(CP_QUEUE_SDMA, 64);
}

void fake_queue_free(struct fake_queue *f)
{
	cp_queue_destroy(f->q);
}

static void *slot(struct fake_queue *f, uint64_t index)
{
	return f->ring + index % f->aq.hsa_queue.size * 64;
}

hsa_kernel_dispatch_packet_t *fake_dispatch(struct fake_queue *f, uint64_t index,
	struct fake_kernel *k, uint32_t groups, amd_signal_t *done)
{
	hsa_kernel_dispatch_packet_t *p = slot(f, index);

	memset((char *)p + 2, 0, 62);
	p->setup = 1;
	p->workgroup_size_x = 64;
	p->workgroup_size_y = p->workgroup_size_z = 1;
	p->grid_size_x = groups * 64;
	p->grid_size_y = p->grid_size_z = 1;
	p->kernel_object = (uintptr_t)k;
	p->completion_signal.handle = fake_handle(done);
	return p;
}

hsa_barrier_and_packet_t *fake_barrier(struct fake_queue *f, uint64_t index, amd_signal_t *done)
{
	hsa_barrier_and_packet_t *p = slot(f, index);

	memset((char *)p + 2, 0, 62);
	p->completion_signal.handle = fake_handle(done);
	return p;
}

void fake_publish(struct fake_queue *f, uint64_t index, unsigned type, bool barrier_bit)
{
	_Atomic uint16_t *header = slot(f, index);

	/* Release: the packet's body first, as the HSA specification asks of producers. */
	atomic_store_explicit(header,
		(uint16_t)(type << HSA_PACKET_HEADER_TYPE | (unsigned)barrier_bit
								    << HSA_PACKET_HEADER_BARRIER),
		memory_order_release);
}

void fake_ring(struct fake_queue *f, uint64_t write)
{
	atomic_store((_Atomic uint64_t *)&f->aq.write_dispatch_id, write);
	atomic_store(f->doorbell, write - 1);
}

static bool expired(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - from->tv_sec > 20;
}

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		struct timespec from;                                                              \
		clock_gettime(CLOCK_MONOTONIC, &from);                                             \
		for (unsigned spins = 0; !(condition); spins++) {                                  \
			if (spins > 1000)                                                          \
				usleep(20);                                                        \
			if (expired(&from))                                                        \
				fail_msg("waited 20 s for " #condition);                           \
		}                                                                                  \
	} while (0)

void fake_wait(const amd_signal_t *s, int64_t value)
{
	WAIT_FOR(atomic_load((_Atomic int64_t *)&s->value) == value);
}

void fake_wait_u32(_Atomic uint32_t *at, uint32_t at_least)
{
	WAIT_FOR(atomic_load(at) >= at_least);
}

void fake_wait_u64(_Atomic uint64_t *at, uint64_t at_least)
{
	WAIT_FOR(atomic_load(at) >= at_least);
}

uint64_t fake_read_index(struct fake_queue *f)
{
	return atomic_load((_Atomic uint64_t *)&f->aq.read_dispatch_id);
}

void fake_wait_read(struct fake_queue *f, uint64_t at_least)
{
	WAIT_FOR(fake_read_index(f) >= at_least);
}

void fake_rounds(void)
{
	/* Each barrier takes at least one round; the engine serves every queue in each. */
	for (int i = 0; i < 20; i++) {
		uint64_t index = fake_read_index(clock_queue);
		fake_barrier(clock_queue, index, NULL);
		fake_publish(clock_queue, index, HSA_PACKET_TYPE_BARRIER_AND, true);
		fake_ring(clock_queue, index + 1);
		fake_wait_read(clock_queue, index + 1);
		/* A ring that was seen as it came rings once more when its value is there. */
		WAIT_FOR(atomic_load(clock_queue->doorbell) == CP_DOORBELL_IDLE);
	}
}

int fake_setup(void **state)
{
	int fd = memfd_create("doorbells", 0);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	doorbells = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	assert_ptr_not_equal(doorbells, MAP_FAILED);
	arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(arena, MAP_FAILED);
	assert_int_equal(cp_doorbells_watch((void *)doorbells, 4096, 0), 0);
	clock_queue = fake_queue_new(64);
	return 0;
}

int fake_teardown(void **state)
{
	fake_queue_free(clock_queue);
	cp_doorbells_forget((void *)doorbells);
	munmap((void *)doorbells, 4096);
	munmap(arena, ARENA_BYTES);
	return 0;
}
