/* SPDX-License-Identifier: MIT */
/*
 * The order contract over the whole tool library without a runtime: programs' threads submit to several queues through the patched
 * tables, the library holds, limits and schedules them at random, and a thread that plays the packet processor runs what becomes visible.
 * Each way to wait of HIP is here as the packets that it is made of. Meant for the sanitizers, which cannot run under the real runtime.
 *
 * usage: order_race [ROUNDS [SEED]]
 */
#include <hsa/amd_hsa_queue.h>
#include <hsa/amd_hsa_signal.h>
#include <hsa/hsa.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "src/common/barrier.h"
#include "src/hsa_intercept/hsa_slots.h"
#include "src/hsa_intercept/next.h"
#include "src/hsa_intercept/vqueue.h"

#define RING_PKTS 128u
#define QUEUES    4u
#define KERNELS   50u
/* How many looks of the packet processor a kernel lasts, and how much of its clock. */
#define LOOKS 3u
#define TICKS 1000u

bool OnLoad(struct hsa_root_table *table, uint64_t runtime_version, uint64_t failed_tool_count,
	const char *const *failed_tool_names);
void OnUnload(void);

/* What a kernel does; its address is the kernel object. Marks count up by one in the order of the stream. */
enum kernel { MARK, COUNT, KERNEL_KINDS };
static char kernels[KERNEL_KINDS][64] __attribute__((aligned(64)));

/* Arguments of both: MARK raises marks[stream] from @serial, COUNT stores marks[stream] in @result. */
struct kernarg {
	unsigned stream, serial;
	_Atomic unsigned result;
};

/* What the runtime allocates for a queue; the packet processor's own state of it last. */
struct runtime_queue {
	amd_queue_t q;
	amd_signal_t doorbell;
	_Atomic uint64_t rung; /* 1 + the value; writer: whoever rings */
	_Atomic bool present;
	unsigned looks;        /* at the packet that runs */
	uint64_t start_ts;
	struct aql_packet slots[RING_PKTS];
};

static uint64_t core_words[HSA_CORE_TABLE_BYTES / 8], amd_words[744 / 8];
static struct hsa_table *const core = (struct hsa_table *)core_words, *const amd = (struct hsa_table *)amd_words;
static struct hsa_root_table root = {.version = {.major = 3}};
static struct runtime_queue queues[QUEUES];
static unsigned created;
static _Atomic unsigned marks[QUEUES]; /* writer: the packet processor */
static _Atomic uint64_t ticks = 1;     /* its clock */
static _Atomic uint64_t looked;        /* times it looked at all queues */
static _Atomic bool stop, stop_moving;
static _Atomic bool failed;
static _Atomic uint64_t holds;

#define EXPECT(what, got, wanted)                                                                                      \
	do {                                                                                                           \
		unsigned long got_ = (unsigned long)(got), wanted_ = (unsigned long)(wanted);                          \
		if (got_ != wanted_) {                                                                                 \
			printf("FAILED: %s: expected %lu, got %lu\n", what, wanted_, got_);                            \
			failed = true;                                                                                 \
		}                                                                                                      \
	} while (0)

static uint64_t random_next(uint64_t *state)
{
	/* xorshift64 of Marsaglia. */
	*state ^= *state << 13;
	*state ^= *state >> 7;
	return *state ^= *state << 17;
}

/* ---- the runtime ---- */

static hsa_status_t rt_queue_create(hsa_agent_t agent, uint32_t size, hsa_queue_type32_t type, queue_error_fn callback,
	void *data, uint32_t private_segment_size, uint32_t group_segment_size, hsa_queue_t **queue)
{
	struct runtime_queue *r = &queues[created++];

	memset((void *)r, 0, sizeof(*r));
	r->q.hsa_queue.type = type;
	r->q.hsa_queue.size = RING_PKTS;
	r->q.hsa_queue.id = created;
	r->q.hsa_queue.base_address = r->slots;
	r->q.hsa_queue.doorbell_signal.handle = (uint64_t)(uintptr_t)&r->doorbell;
	r->doorbell.kind = AMD_SIGNAL_KIND_DOORBELL;
	r->doorbell.queue_ptr = (void *)&r->q;
	for (unsigned i = 0; i < RING_PKTS; i++)
		r->slots[i].header = AQL_PACKET_INVALID;
	*queue = &r->q.hsa_queue;
	atomic_store(&r->present, true);
	return HSA_STATUS_SUCCESS;
}

/* When it returns, the packet processor is not in the middle of a packet of @queue. */
/*
 * Between two looks at what another thread is to change. Yielding the processor would cost a time slice of every other
 * program each time, and all those here take turns.
 */
static void pass(unsigned *times)
{
	const struct timespec while_ns = {.tv_nsec = 1000};

	if (++*times % 64)
		spin_pause();
	else
		nanosleep(&while_ns, NULL);
}

static hsa_status_t rt_queue_destroy(hsa_queue_t *queue)
{
	unsigned times = 0;
	uint64_t seen = atomic_load(&looked);

	atomic_store(&((struct runtime_queue *)queue)->present, false);
	while (atomic_load(&looked) < seen + 2)
		pass(&times);
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_agent_get_info(hsa_agent_t agent, hsa_agent_info_t attribute, void *value)
{
	*(uint32_t *)value = 1;
	return HSA_STATUS_SUCCESS;
}

static _Atomic uint64_t *write_index(const hsa_queue_t *queue)
{
	return (_Atomic uint64_t *)&((amd_queue_t *)queue)->write_dispatch_id;
}

static _Atomic uint64_t *read_index(const hsa_queue_t *queue)
{
	return (_Atomic uint64_t *)&((amd_queue_t *)queue)->read_dispatch_id;
}

static uint64_t rt_add(const hsa_queue_t *queue, uint64_t value)
{
	return atomic_fetch_add(write_index(queue), value);
}

static void rt_store(const hsa_queue_t *queue, uint64_t value)
{
	atomic_store_explicit(write_index(queue), value, memory_order_release);
}

static _Atomic int64_t *value_of(hsa_signal_t signal)
{
	return (_Atomic int64_t *)&((amd_signal_t *)(uintptr_t)signal.handle)->value;
}

static void rt_signal_store(hsa_signal_t signal, hsa_signal_value_t value)
{
	amd_signal_t *s = (amd_signal_t *)(uintptr_t)signal.handle;

	if (s->kind != AMD_SIGNAL_KIND_DOORBELL) {
		atomic_store_explicit(value_of(signal), value, memory_order_release);
		return;
	}
	struct runtime_queue *r = (struct runtime_queue *)s->queue_ptr;
	if ((uint64_t)value >= atomic_load(write_index(&r->q.hsa_queue))) {
		printf("FAILED: the doorbell of queue %lu rang beyond its write index\n", (unsigned long)r->q.hsa_queue.id);
		failed = true;
	}
	atomic_store_explicit(&r->rung, (uint64_t)value + 1, memory_order_release);
}

static hsa_signal_t signal_new(int64_t value)
{
	amd_signal_t *s = aligned_alloc(64, sizeof(*s));

	memset((void *)s, 0, sizeof(*s));
	s->kind = AMD_SIGNAL_KIND_USER;
	s->value = value;
	return (hsa_signal_t){(uint64_t)(uintptr_t)s};
}

static hsa_status_t rt_signal_create(hsa_signal_value_t initial_value, uint32_t num_consumers, const hsa_agent_t *consumers,
	uint64_t attributes, hsa_signal_t *signal)
{
	*signal = signal_new(initial_value);
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_signal_destroy(hsa_signal_t signal)
{
	free((void *)(uintptr_t)signal.handle);
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_queue_set_priority(hsa_queue_t *queue, hsa_amd_queue_priority_t priority)
{
	return HSA_STATUS_SUCCESS;
}

static hsa_status_t rt_set_profiler_enabled(hsa_queue_t *queue, int enable)
{
	return HSA_STATUS_SUCCESS;
}

static void **amd_slot(enum hsa_amd_entry entry)
{
	return &amd->slot[hsa_amd_slot(entry, hsa_amd_layout_of(&amd->version), &amd->version) - 1];
}

static bool runtime_starts(void)
{
	core->version = (struct hsa_table_version){.major = 2, .minor = HSA_CORE_TABLE_BYTES};
	amd->version = (struct hsa_table_version){.major = 2, .minor = sizeof(amd_words)};
	core->slot[CORE_hsa_agent_get_info - 1] = (void *)rt_agent_get_info;
	core->slot[CORE_hsa_queue_create - 1] = (void *)rt_queue_create;
	core->slot[CORE_hsa_queue_destroy - 1] = (void *)rt_queue_destroy;
	core->slot[CORE_hsa_signal_destroy - 1] = (void *)rt_signal_destroy;
	core->slot[CORE_hsa_queue_add_write_index_screlease - 1] = (void *)rt_add;
	core->slot[CORE_hsa_queue_store_write_index_screlease - 1] = (void *)rt_store;
	core->slot[CORE_hsa_signal_store_screlease - 1] = (void *)rt_signal_store;
	*amd_slot(AMD_hsa_amd_signal_create) = (void *)rt_signal_create;
	*amd_slot(AMD_hsa_amd_queue_set_priority) = (void *)rt_queue_set_priority;
	*amd_slot(AMD_hsa_amd_profiling_set_profiler_enabled) = (void *)rt_set_profiler_enabled;
	root.core = core;
	root.amd_ext = amd;
	return OnLoad(&root, 1, 0, NULL);
}

/* ---- the packet processor ---- */

static void run_kernel(const hsa_kernel_dispatch_packet_t *p)
{
	struct kernarg *a = p->kernarg_address;

	if (p->kernel_object == (uint64_t)(uintptr_t)kernels[MARK]) {
		EXPECT("a kernel's predecessors", atomic_load(&marks[a->stream]), a->serial);
		atomic_store(&marks[a->stream], a->serial + 1);
	} else if (p->kernel_object == (uint64_t)(uintptr_t)kernels[COUNT]) {
		atomic_store_explicit(&a->result, atomic_load(&marks[a->stream]), memory_order_release);
	} else {
		printf("FAILED: a packet of another lap was run\n");
		failed = true;
	}
}

/* One look at the head of @r. Return: whether anything went on. */
static bool process(struct runtime_queue *r)
{
	uint64_t read = atomic_load_explicit(read_index(&r->q.hsa_queue), memory_order_relaxed);

	if (!atomic_load_explicit(&r->present, memory_order_acquire) ||
		atomic_load_explicit(&r->rung, memory_order_acquire) <= read ||
		atomic_load_explicit(write_index(&r->q.hsa_queue), memory_order_acquire) <= read)
		return false;
	struct aql_packet *slot = &r->slots[read % RING_PKTS];
	_Atomic uint16_t *header = (_Atomic uint16_t *)&slot->header;
	enum aql_packet_type type = AQL_HEADER_TYPE(atomic_load_explicit(header, memory_order_acquire));

	if (type == AQL_PACKET_INVALID)
		return false;
	if (!r->looks)
		r->start_ts = atomic_load(&ticks);
	if (type == AQL_PACKET_BARRIER_AND) {
		const hsa_barrier_and_packet_t *b = (const hsa_barrier_and_packet_t *)slot;

		for (int i = 0; i < 5; i++)
			if (b->dep_signal[i].handle &&
				atomic_load_explicit(value_of(b->dep_signal[i]), memory_order_acquire) > 0)
				return false;
	} else if (r->looks++ < LOOKS) {
		return true;
	} else {
		atomic_fetch_add(&ticks, TICKS);
		run_kernel((const hsa_kernel_dispatch_packet_t *)slot);
	}
	r->looks = 0;
	amd_signal_t *s = (amd_signal_t *)(uintptr_t)slot->completion_signal;
	if (s) {
		s->start_ts = r->start_ts;
		s->end_ts = atomic_load(&ticks);
	}
	atomic_store_explicit(header, AQL_PACKET_INVALID, memory_order_release);
	if (s)
		atomic_fetch_sub_explicit((_Atomic int64_t *)&s->value, 1, memory_order_release);
	atomic_store_explicit(read_index(&r->q.hsa_queue), read + 1, memory_order_release);
	return true;
}

static void *processor(void *arg)
{
	unsigned times = 0;

	while (!atomic_load(&stop)) {
		bool any = false;

		for (unsigned i = 0; i < QUEUES; i++)
			any |= process(&queues[i]);
		atomic_fetch_add(&looked, 1);
		if (!any)
			pass(&times);
	}
	return NULL;
}

/* ---- the program ---- */

/* One stream: a queue, and what it has queued in this round. */
struct stream {
	unsigned number;
	hsa_queue_t *queue;
	struct kernarg args[KERNELS];
	struct kernarg count;
	hsa_signal_t start, done, other, ran;
};

/* @packet: 64 bytes, aligned to 8 */
static void submit(struct stream *s, const void *packet, uint16_t header)
{
	hsa_queue_t *q = s->queue;
	uint64_t index = ((add_index_fn)core->slot[CORE_hsa_queue_add_write_index_screlease - 1])(q, 1);
	struct aql_packet *slot = (struct aql_packet *)q->base_address + index % q->size;
	unsigned times = 0;

	while (index - atomic_load_explicit(read_index(q), memory_order_acquire) >= q->size)
		pass(&times);
	/* In words, and the first one by halves: the library looks at packets that may be written anew meanwhile. */
	for (unsigned i = 1; i < 8; i++)
		__atomic_store_n((uint64_t *)slot + i, ((const uint64_t *)packet)[i], __ATOMIC_RELAXED);
	__atomic_store_n((uint32_t *)slot + 1, ((const uint32_t *)packet)[1], __ATOMIC_RELAXED);
	__atomic_store_n((uint16_t *)slot + 1, ((const uint16_t *)packet)[1], __ATOMIC_RELAXED);
	atomic_store_explicit((_Atomic uint16_t *)&slot->header, header, memory_order_release);
	((signal_store_fn)core->slot[CORE_hsa_signal_store_screlease - 1])(q->doorbell_signal, (hsa_signal_value_t)index);
}

static void kernel(struct stream *s, enum kernel kind, struct kernarg *arg, hsa_signal_t completion)
{
	const hsa_kernel_dispatch_packet_t p = {.setup = 1, .kernel_object = (uint64_t)(uintptr_t)kernels[kind], .kernarg_address = arg,
		.completion_signal = completion};

	submit(s, &p, AQL_PACKET_DISPATCH | 1 << HSA_PACKET_HEADER_BARRIER);
}

static void barrier(struct stream *s, hsa_signal_t first, hsa_signal_t second, hsa_signal_t completion)
{
	const hsa_barrier_and_packet_t p = {.dep_signal = {first, second}, .completion_signal = completion};

	submit(s, &p, AQL_PACKET_BARRIER_AND | 1 << HSA_PACKET_HEADER_BARRIER);
}

static const hsa_signal_t none;

static void wait_for(hsa_signal_t signal)
{
	unsigned times = 0;

	while (atomic_load_explicit(value_of(signal), memory_order_acquire) > 0)
		pass(&times);
}

static void arm(hsa_signal_t signal)
{
	atomic_store_explicit(value_of(signal), 1, memory_order_relaxed);
}

/* @signals: every how many kernels one carries a signal of the program, 0: none does, as without profiling. */
static void fill(struct stream *s, unsigned signals)
{
	atomic_store(&marks[s->number], 0);
	for (unsigned i = 0; i < KERNELS; i++) {
		s->args[i] = (struct kernarg){.stream = s->number, .serial = i};
		/* Nobody waits for it, so that it may go below 0. */
		kernel(s, MARK, &s->args[i], signals && i % signals == 0 ? s->other : none);
	}
}

static void stream_synchronize(struct stream *s, struct stream *other)
{
	barrier(s, none, none, s->done);
	wait_for(s->done);
	EXPECT("marks when the stream is synchronized", atomic_load(&marks[s->number]), KERNELS);
}

static void event_synchronize(struct stream *s, struct stream *other)
{
	s->count = (struct kernarg){.stream = s->number};
	kernel(s, COUNT, &s->count, s->done);
	wait_for(s->done);
	EXPECT("marks when the last kernel's signal is 0", atomic_load(&s->count.result), KERNELS);
}

static void stream_wait_event(struct stream *s, struct stream *other)
{
	barrier(s, none, none, s->done);
	s->count = (struct kernarg){.stream = s->number};
	barrier(other, s->done, none, none);
	kernel(other, COUNT, &s->count, s->ran);
	wait_for(s->ran);
	EXPECT("marks seen by the stream that waits", atomic_load(&s->count.result), KERNELS);
}

/* A copy engine waits for the signal before it, and what follows in the queue waits for the copy's. */
static void *copy(void *arg)
{
	struct stream *s = arg;

	wait_for(s->done);
	EXPECT("marks copied", atomic_load(&marks[s->number]), KERNELS);
	rt_signal_store(s->ran, 0);
	return NULL;
}

static void host_function(struct stream *s, struct stream *other)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, copy, s)) {
		failed = true;
		return;
	}
	barrier(s, none, none, s->done);
	barrier(s, s->ran, none, none);
	s->count = (struct kernarg){.stream = s->number};
	arm(s->start);
	kernel(s, COUNT, &s->count, s->start);
	wait_for(s->start);
	EXPECT("the host function is done before what follows", atomic_load(value_of(s->ran)), 0);
	pthread_join(thread, NULL);
}

/* Two branches, one on the other stream's queue, that join. */
static void graph(struct stream *s, struct stream *other)
{
	struct kernarg branch = {.stream = s->number};

	s->count = branch;
	barrier(s, none, none, s->done);
	barrier(other, s->done, none, none);
	kernel(other, COUNT, &branch, s->ran);
	kernel(s, COUNT, &s->count, none);
	arm(s->start);
	barrier(s, s->ran, none, s->start);
	wait_for(s->start);
	EXPECT("marks seen by a branch on another queue", atomic_load(&branch.result), KERNELS);
	EXPECT("marks seen by a branch on the same queue", atomic_load(&s->count.result), KERNELS);
}

static void elapsed_time(struct stream *s, struct stream *other)
{
	const amd_signal_t *start = (const amd_signal_t *)(uintptr_t)s->start.handle,
			   *done = (const amd_signal_t *)(uintptr_t)s->done.handle;

	barrier(s, none, none, s->done);
	wait_for(s->done);
	wait_for(s->start);
	EXPECT("the time covers every kernel", done->end_ts - start->end_ts >= (uint64_t)KERNELS * TICKS, true);
	EXPECT("marks when the time is read", atomic_load(&marks[s->number]), KERNELS);
}

static void (*const ways[])(struct stream *s, struct stream *other) = {stream_synchronize, event_synchronize, stream_wait_event,
	host_function, graph, elapsed_time};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

struct program {
	unsigned first, rounds; /* number of its two queues' first */
	uint64_t seed;
	bool prioritize;
};

/* Two streams; one is filled and waited for, in every way, each round. */
static void *program(void *arg)
{
	const struct program *p = arg;
	struct stream s[2];
	uint64_t r = p->seed;

	for (unsigned i = 0; i < 2; i++) {
		s[i] = (struct stream){.number = p->first + i, .queue = &queues[p->first + i].q.hsa_queue, .start = signal_new(1),
			.done = signal_new(1), .other = signal_new(1), .ran = signal_new(1)};
	}
	for (unsigned round = 0; round < p->rounds && !failed; round++) {
		for (unsigned i = 0; i < WAYS && !failed; i++) {
			unsigned which = random_next(&r) % 2, way = random_next(&r) % WAYS;
			struct stream *one = &s[which];

			arm(one->start);
			arm(one->done);
			arm(one->ran);
			if (p->prioritize && random_next(&r) % 4 == 0)
				((queue_set_priority_fn)*amd_slot(AMD_hsa_amd_queue_set_priority))(
					one->queue, (hsa_amd_queue_priority_t)(random_next(&r) % 3));
			/* Every way in every round; the order is another one each time. */
			way = (way + i) % WAYS;
			if (ways[way] == elapsed_time)
				barrier(one, none, none, one->start);
			fill(one, (unsigned[]){0, 0, 1, 7}[random_next(&r) % 4]);
			ways[way](one, &s[!which]);
		}
		/* Nothing of this round is left in the queues when the streams' memory is written anew. */
		for (unsigned i = 0; i < 2; i++) {
			arm(s[i].done);
			barrier(&s[i], none, none, s[i].done);
			wait_for(s[i].done);
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		rt_signal_destroy(s[i].start);
		rt_signal_destroy(s[i].done);
		rt_signal_destroy(s[i].other);
		rt_signal_destroy(s[i].ran);
	}
	return NULL;
}

/* ---- the hand on the gates ---- */

struct mover {
	uint64_t seed;
	bool may_bypass, may_limit;
};

static void move_one(struct vqueue *vq, void *ctx)
{
	struct mover *m = ctx;
	uint64_t r = random_next(&m->seed);

	switch (r % 8) {
	case 0:
	case 1:
	case 2:
		if (r & 256)
			gate_close(&vq->gate);
		else
			gate_close_soon(&vq->gate);
		atomic_fetch_add(&holds, 1);
		break;
	case 3:
		if (m->may_bypass)
			gate_bypass(&vq->gate);
		break;
	case 4:
		if (m->may_limit)
			gate_limit(&vq->gate, 1 + (r >> 8) % 8, TRACK_UNLIMITED, 0, 0);
		gate_open(&vq->gate);
		break;
	case 5:
		if (m->may_limit)
			gate_limit(&vq->gate, 0, 1 + (r >> 8) % 100000, 0, 0);
		if (m->may_limit && r & 128)
			gate_brake(&vq->gate, (r >> 8) % 2 * (r >> 9) % 3000, 20000);
		gate_open(&vq->gate);
		break;
	default:
		if (m->may_bypass)
			gate_engage(&vq->gate);
		gate_open(&vq->gate);
		break;
	}
}

static void *mover(void *arg)
{
	struct mover *m = arg;
	unsigned times = 0;

	while (!atomic_load(&stop_moving)) {
		vqueue_for_each(move_one, m);
		for (uint64_t i = random_next(&m->seed) % 2000; i; i--)
			pass(&times);
	}
	return NULL;
}

/* ---- one setting, in a process of its own: the library reads its settings once ---- */

static int contract(unsigned rounds, uint64_t seed)
{
	bool policy = getenv("XSCHED_HSA_POLICY"), window = getenv("XSCHED_HSA_WINDOW") || getenv("XSCHED_HSA_WINDOW_US");
	struct mover m = {.seed = seed * 3 + 1, .may_bypass = !policy && !window, .may_limit = policy || window};
	struct program programs[QUEUES / 2];
	pthread_t threads[QUEUES / 2], cp, mv;
	hsa_queue_t *q[QUEUES];
	unsigned times = 0;

	/* A lost packet, or a dead-lock, shows as a round that never ends. */
	alarm(60 + rounds);
	if (!runtime_starts())
		return 1;
	for (unsigned i = 0; i < QUEUES; i++)
		((queue_create_fn)core->slot[CORE_hsa_queue_create - 1])(
			(hsa_agent_t){1}, RING_PKTS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, 0, 0, &q[i]);
	if (pthread_create(&cp, NULL, processor, NULL) || pthread_create(&mv, NULL, mover, &m))
		return 1;
	while (!atomic_load(&holds))
		pass(&times);
	for (unsigned i = 0; i < QUEUES / 2; i++) {
		programs[i] = (struct program){.first = 2 * i, .rounds = rounds, .seed = seed + 1000 * i, .prioritize = policy};
		if (pthread_create(&threads[i], NULL, program, &programs[i]))
			return 1;
	}
	for (unsigned i = 0; i < QUEUES / 2; i++)
		pthread_join(threads[i], NULL);
	stop_moving = true;
	pthread_join(mv, NULL);
	for (unsigned i = 0; i < QUEUES; i++)
		((queue_fn)core->slot[CORE_hsa_queue_destroy - 1])(q[i]);
	stop = true;
	pthread_join(cp, NULL);
	OnUnload();
	return failed;
}

static unsigned rounds_all = 40;
static uint64_t first_seed = 1;
static const char *self;

/* Run all rounds with @settings ("NAME=value", NULL-terminated). */
static void runs_with(const char *const *settings)
{
	char rounds[32], seed[32];
	int status;

	snprintf(rounds, sizeof(rounds), "%u", rounds_all);
	snprintf(seed, sizeof(seed), "%lu", (unsigned long)first_seed);
	fflush(NULL);
	pid_t child = fork();
	assert_true(child >= 0);
	if (!child) {
		for (; *settings; settings++)
			putenv((char *)*settings);
		execl(self, self, "--contract", rounds, seed, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define SETTING(name, ...)                                                                                             \
	static void order_holds_##name##_race(void **state)                                                            \
	{                                                                                                              \
		runs_with((const char *const[]){"XSCHED_HSA_LOG=error", __VA_ARGS__, NULL});                           \
	}
SETTING(without_limits, "XSCHED_HSA_DRAIN_MS=1000")
SETTING(with_a_window_of_packets, "XSCHED_HSA_WINDOW=3")
SETTING(with_a_window_of_time, "XSCHED_HSA_WINDOW_US=50")
SETTING(under_hpf, "XSCHED_HSA_POLICY=hpf", "XSCHED_HSA_WINDOW=4")
SETTING(under_up, "XSCHED_HSA_POLICY=up", "XSCHED_HSA_WINDOW_US=100", "XSCHED_HSA_TIMESLICE_US=200")

int main(int argc, char **argv)
{
	static char path[4096];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_holds_without_limits_race),
		cmocka_unit_test(order_holds_with_a_window_of_packets_race),
		cmocka_unit_test(order_holds_with_a_window_of_time_race),
		cmocka_unit_test(order_holds_under_hpf_race),
		cmocka_unit_test(order_holds_under_up_race),
	};

	if (argc == 4 && !strcmp(argv[1], "--contract"))
		return contract((unsigned)strtoul(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
	rounds_all = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : rounds_all;
	first_seed = argc > 2 ? strtoull(argv[2], NULL, 0) : first_seed;
	if (!rounds_all || !first_seed || readlink("/proc/self/exe", path, sizeof(path) - 1) < 0) {
		fprintf(stderr, "usage: %s [ROUNDS (from 1) [SEED (from 1)]]\n", argv[0]);
		return 2;
	}
	self = path;
	return cmocka_run_group_tests_name("order_race", tests, NULL, NULL);
}
