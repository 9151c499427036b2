/* SPDX-License-Identifier: MIT */
/*
 * Suspending a queue while its kernel runs, from inside the process, by AMDKFD_IOC_UPDATE_QUEUE with
 * percentage 0 and by AMDKFD_IOC_DBG_TRAP: the kernel stands still and later goes on where it was.
 * Right on any GPU whose driver saves waves.
 */
#include "tests/int/hsa/hsa_common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <hsa/amd_hsa_signal.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "kfd_ioctl.h"

#define GROUPS 16u
#define LANES  (GROUPS * 64)

static char object_path[PATH_MAX];
static int kfd = -1;
static uint32_t gpu_id; /* the driver's */
static uint64_t generate, wait_clock; /* kernel objects */

struct arguments {
	_Atomic uint32_t *progress;
	uint32_t *out;
	uint32_t rounds;
	uint8_t hidden[256]; /* of the language; the kernel uses none of them */
};

/* Of wait_clock(); written by it, in ticks of the reference clock. */
struct clock_record {
	_Atomic uint64_t begun;
	uint64_t ended, gap;
};

struct clock_arguments {
	struct clock_record *record;
	uint64_t ticks;
	uint8_t hidden[256];
};

/* A queue and its number in the driver, which is the one that appeared there. */
struct queue {
	hsa_queue_t *q;
	uint32_t id;
};

static unsigned queue_ids(bool *set)
{
	char path[64];
	unsigned count = 0;
	struct dirent *e;

	memset(set, 0, 1024);
	snprintf(path, sizeof(path), "/sys/class/kfd/kfd/proc/%d/queues", getpid());
	DIR *d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		char *end;
		unsigned long id = strtoul(e->d_name, &end, 10);
		if (*end || end == e->d_name || id >= 1024)
			continue;
		set[id] = true;
		count++;
	}
	closedir(d);
	return count;
}

static struct queue queue_new(void)
{
	bool before[1024], after[1024];
	struct queue f = {0};

	queue_ids(before);
	OK(hsa_queue_create(
		dev.gpu, 256, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &f.q));
	if (!queue_ids(after)) {
		print_message("the driver does not list this process's queues in sysfs\n");
		skip();
	}
	while (f.id < 1024 && (before[f.id] || !after[f.id]))
		f.id++;
	assert_true(f.id < 1024);
	return f;
}

static void update(const struct queue *f, uint32_t percent)
{
	struct kfd_ioctl_update_queue_args a = {
		.ring_base_address = (uintptr_t)f->q->base_address,
		.queue_id = f->id,
		.ring_size = f->q->size * 64,
		.queue_percentage = percent,
		.queue_priority = 7,
	};
	int r;

	do
		r = ioctl(kfd, AMDKFD_IOC_UPDATE_QUEUE, &a);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	if (r < 0)
		fail_msg("UPDATE_QUEUE of queue %u: %s", f->id, strerror(errno));
}

static int trap(uint32_t op, struct kfd_ioctl_dbg_trap_args *a)
{
	int r;

	a->pid = (uint32_t)getpid();
	a->op = op;
	do
		r = ioctl(kfd, AMDKFD_IOC_DBG_TRAP, a);
	while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r;
}

static int suspend(uint32_t *ids, uint32_t count)
{
	struct kfd_ioctl_dbg_trap_args a = {
		.suspend_queues = {.queue_array_ptr = (uintptr_t)ids, .num_queues = count}};

	return trap(KFD_IOC_DBG_TRAP_SUSPEND_QUEUES, &a);
}

static int resume(uint32_t *ids, uint32_t count)
{
	struct kfd_ioctl_dbg_trap_args a = {
		.resume_queues = {.queue_array_ptr = (uintptr_t)ids, .num_queues = count}};

	return trap(KFD_IOC_DBG_TRAP_RESUME_QUEUES, &a);
}

static void nap_ms(long ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static uint32_t driver_gpu_id(void)
{
	uint32_t node, id = 0;
	char path[96];

	OK(hsa_agent_get_info(
		dev.gpu, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_DRIVER_NODE_ID, &node));
	snprintf(path, sizeof(path), "/sys/class/kfd/kfd/topology/nodes/%u/gpu_id", node);
	FILE *f = fopen(path, "r");
	if (!f || fscanf(f, "%u", &id) != 1)
		fail_msg("%s: %s", path, strerror(errno));
	fclose(f);
	return id;
}

static uint64_t kernel_find(hsa_executable_t executable, const char *name, size_t arguments)
{
	hsa_executable_symbol_t symbol;
	uint32_t bytes;
	uint64_t object;

	OK(hsa_executable_get_symbol_by_name(executable, name, &dev.gpu, &symbol));
	OK(hsa_executable_symbol_get_info(
		symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &object));
	OK(hsa_executable_symbol_get_info(
		symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_KERNARG_SEGMENT_SIZE, &bytes));
	assert_true(bytes <= arguments);
	return object;
}

static int setup(void **state)
{
	hsa_code_object_reader_t reader;
	hsa_executable_t executable;

	if (gpu_setup(state))
		return -1;
	gpu_id = driver_gpu_id();
	kfd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	assert_true(kfd >= 0);
	/* ROCr does so itself from 6.0 on; later, with queues, it is too late. */
	struct kfd_ioctl_runtime_enable_args runtime = {
		.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK};
	if (ioctl(kfd, AMDKFD_IOC_RUNTIME_ENABLE, &runtime) && errno != EBUSY && errno != ENOTTY)
		fail_msg("RUNTIME_ENABLE: %s", strerror(errno));
	int file = open(object_path, O_RDONLY);
	if (file < 0) {
		perror(object_path);
		return -1;
	}
	OK(hsa_code_object_reader_create_from_file(file, &reader));
	OK(hsa_executable_create_alt(
		HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, NULL, &executable));
	OK(hsa_executable_load_agent_code_object(executable, dev.gpu, reader, NULL, NULL));
	OK(hsa_executable_freeze(executable, NULL));
	generate = kernel_find(executable, "generate.kd", sizeof(struct arguments));
	wait_clock = kernel_find(executable, "wait_clock.kd", sizeof(struct clock_arguments));
	close(file);
	return 0;
}

static struct arguments *arguments_new(uint32_t rounds)
{
	struct arguments *a = gpu_alloc(dev.kernarg, sizeof(*a));

	memset(a, 0, sizeof(*a));
	a->progress = gpu_alloc(dev.system, 4096);
	a->out = gpu_alloc(dev.system, LANES * 4);
	memset((void *)a->progress, 0, 4);
	memset(a->out, 0, LANES * 4);
	/* Some 100 ms for the simulated GPU, some 30 ms for a real one. */
	const char *hardware = getenv("XSCHED_TEST_HARDWARE");
	a->rounds = hardware && !strcmp(hardware, "1") ? rounds * 100 : rounds;
	return a;
}

static void arguments_free(struct arguments *a)
{
	OK(hsa_amd_memory_pool_free((void *)a->progress));
	OK(hsa_amd_memory_pool_free(a->out));
	OK(hsa_amd_memory_pool_free(a));
}

static void dispatch(
	const struct queue *f, uint64_t kernel, uint32_t lanes, void *arguments, hsa_signal_t done)
{
	uint64_t index;
	hsa_kernel_dispatch_packet_t *p = packet_reserve(f->q, &index);

	p->setup = 1;
	p->workgroup_size_x = 64;
	p->workgroup_size_y = p->workgroup_size_z = 1;
	p->grid_size_x = lanes;
	p->grid_size_y = p->grid_size_z = 1;
	p->kernel_object = kernel;
	p->kernarg_address = arguments;
	p->completion_signal = done;
	packet_publish(f->q, index, p, HSA_PACKET_TYPE_KERNEL_DISPATCH, true);
}

static void start(const struct queue *f, struct arguments *a, hsa_signal_t done)
{
	dispatch(f, generate, LANES, a, done);
}

static void check(const struct arguments *a)
{
	/* Exactly the work that was asked for: nothing was lost, nothing was done twice. */
	assert_int_equal(atomic_load(a->progress), a->rounds * GROUPS);
	for (uint32_t i = 0; i < LANES; i++) {
		uint32_t x = i + 1;
		for (uint32_t k = 0; k < a->rounds * 64; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
		}
		assert_int_equal(a->out[i], x);
	}
}

static void a_kernel_stands_still_and_goes_on_where_it_was(void **state)
{
	struct queue f = queue_new();
	struct arguments *a = arguments_new(3000);
	hsa_signal_t s = signal_new(1);
	unsigned still = 0;

	start(&f, a, s);
	while (!atomic_load(a->progress))
		;
	for (int i = 0; i < 50 && hsa_signal_load_scacquire(s); i++) {
		update(&f, 0);
		uint32_t at = atomic_load(a->progress);
		nap_ms(1);
		assert_int_equal(atomic_load(a->progress), at);
		still += at < a->rounds * GROUPS;
		update(&f, 100);
	}
	assert_true(still > 0); /* it was stopped in the middle at least once */
	signal_wait_below(s, 1);
	check(a);
	hsa_signal_destroy(s);
	arguments_free(a);
	OK(hsa_queue_destroy(f.q));
}

static void another_queue_runs_meanwhile(void **state)
{
	struct queue f = queue_new(), g = queue_new();
	struct arguments *a = arguments_new(300), *b = arguments_new(20);
	hsa_signal_t s = signal_new(1), t = signal_new(1);

	start(&f, a, s);
	while (!atomic_load(a->progress))
		;
	update(&f, 0);
	uint32_t at = atomic_load(a->progress);
	start(&g, b, t);
	signal_wait_below(t, 1);
	check(b);
	assert_int_equal(atomic_load(a->progress), at);
	update(&f, 100);
	signal_wait_below(s, 1);
	check(a);
	hsa_signal_destroy(s);
	hsa_signal_destroy(t);
	arguments_free(a);
	arguments_free(b);
	OK(hsa_queue_destroy(f.q));
	OK(hsa_queue_destroy(g.q));
}

static void packets_of_a_suspended_queue_run_when_it_is_resumed(void **state)
{
	struct queue f = queue_new();
	struct arguments *a = arguments_new(5);
	hsa_signal_t s = signal_new(11);

	update(&f, 0);
	start(&f, a, s);
	for (int i = 0; i < 10; i++)
		barrier_put(f.q, HSA_PACKET_TYPE_BARRIER_AND, no_signal, no_signal, s);
	nap_ms(20);
	assert_int_equal(hsa_signal_load_scacquire(s), 11);
	assert_int_equal(atomic_load(a->progress), 0);
	update(&f, 100); /* no further doorbell */
	signal_wait_below(s, 1);
	check(a);
	hsa_signal_destroy(s);
	arguments_free(a);
	OK(hsa_queue_destroy(f.q));
}

/* The clock that wait_clock() reads. */
static uint64_t gpu_ticks(void)
{
	struct kfd_ioctl_get_clock_counters_args a = {.gpu_id = gpu_id};

	assert_int_equal(ioctl(kfd, AMDKFD_IOC_GET_CLOCK_COUNTERS, &a), 0);
	return a.gpu_clock_counter;
}

/* Suspend a kernel that waits for @ticks, and resume it when they have passed. Return: whether it
 * was suspended early enough to say anything. */
static bool suspend_until_its_time_is_over(
	const struct queue *f, struct clock_arguments *a, uint64_t ticks)
{
	struct clock_record *r = a->record;
	hsa_signal_t s = signal_new(1);
	const amd_signal_t *times = (const amd_signal_t *)(uintptr_t)s.handle;

	memset(r, 0, sizeof(*r));
	a->ticks = ticks;
	dispatch(f, wait_clock, 64, a, s);
	while (!atomic_load(&r->begun))
		;
	update(f, 0);
	uint64_t suspended = gpu_ticks();
	bool early = suspended - r->begun < ticks / 2;
	if (early) {
		assert_int_equal(r->ended, 0);
		while (gpu_ticks() - r->begun <= ticks)
			nap_ms(1);
		assert_int_equal(r->ended, 0);
		assert_int_equal(hsa_signal_load_scacquire(s), 1);
	}
	uint64_t resumed = gpu_ticks();
	update(f, 100);
	signal_wait_below(s, 1);
	assert_true(r->ended - r->begun >= ticks);
	/* The timestamps are of the same clock. */
	assert_true(times->start_ts <= r->begun);
	assert_true(times->end_ts >= r->ended);
	/* It stood still between two looks. */
	if (early)
		assert_true(r->gap >= resumed - suspended);
	hsa_signal_destroy(s);
	return early;
}

/* A kernel that waits for a time ends when it has passed, were it suspended for most of it. */
static void the_clock_of_a_suspended_kernel_goes_on(void **state)
{
	struct queue f = queue_new();
	struct clock_arguments *a = gpu_alloc(dev.kernarg, sizeof(*a));
	bool early = false;

	OK(hsa_amd_profiling_set_profiler_enabled(f.q, 1));
	memset(a, 0, sizeof(*a));
	a->record = gpu_alloc(dev.system, 4096);
	/* From 2 ms on, longer where the host is too slow to suspend it in time. */
	for (uint64_t ticks = 200000; !early && ticks <= 200000 << 10; ticks *= 2)
		early = suspend_until_its_time_is_over(&f, a, ticks);
	assert_true(early);
	OK(hsa_amd_memory_pool_free(a->record));
	OK(hsa_amd_memory_pool_free(a));
	OK(hsa_queue_destroy(f.q));
}

static void a_suspended_queue_can_be_destroyed(void **state)
{
	struct queue f = queue_new();
	struct arguments *a = arguments_new(3000);
	hsa_signal_t s = signal_new(1);

	start(&f, a, s);
	while (!atomic_load(a->progress))
		;
	update(&f, 0);
	OK(hsa_queue_destroy(f.q));
	uint32_t at = atomic_load(a->progress);
	nap_ms(5);
	assert_int_equal(atomic_load(a->progress), at);
	assert_int_equal(hsa_signal_load_scacquire(s), 1);
	hsa_signal_destroy(s);
	arguments_free(a);
}

static void a_debugger_suspends_queues_together_and_percentages_do_not_matter(void **state)
{
	struct kfd_queue_snapshot_entry entries[16];
	struct kfd_runtime_info info;
	struct kfd_ioctl_dbg_trap_args session = {.enable = {.rinfo_ptr = (uintptr_t)&info,
							  .rinfo_size = sizeof(info),
							  .dbg_fd = (uint32_t)kfd}};
	struct kfd_ioctl_dbg_trap_args list = {
		.queue_snapshot = {.exception_mask = KFD_EC_MASK(EC_QUEUE_NEW),
			.snapshot_buf_ptr = (uintptr_t)entries,
			.num_queues = 16,
			.entry_size = sizeof(entries[0])}};
	struct kfd_ioctl_dbg_trap_args end = {0};
	struct queue f = queue_new(), g = queue_new();
	struct arguments *a = arguments_new(300), *b = arguments_new(300);
	hsa_signal_t s = signal_new(1), t = signal_new(1);
	uint32_t ids[] = {f.id, g.id};
	unsigned found = 0;

	if (trap(KFD_IOC_DBG_TRAP_ENABLE, &session)) {
		print_message("this driver has no debug interface: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(info.runtime_state, DEBUG_RUNTIME_STATE_ENABLED);
	assert_int_equal(suspend(ids, 2), 0); /* both are new to it */
	ids[0] = f.id;
	ids[1] = g.id;
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_GET_QUEUE_SNAPSHOT, &list), 0);
	for (uint32_t i = 0; i < list.queue_snapshot.num_queues && i < 16; i++)
		found += (entries[i].queue_id == f.id &&
				 entries[i].ring_base_address == (uintptr_t)f.q->base_address) ||
			 (entries[i].queue_id == g.id &&
				 entries[i].ring_base_address == (uintptr_t)g.q->base_address);
	assert_int_equal(found, 2);
	start(&f, a, s);
	start(&g, b, t);
	while (!atomic_load(a->progress) || !atomic_load(b->progress))
		;
	for (int i = 0; i < 10 && hsa_signal_load_scacquire(s); i++) {
		assert_int_equal(suspend(ids, 2), 2);
		uint32_t at = atomic_load(a->progress), bt = atomic_load(b->progress);
		update(&f, 100);
		nap_ms(1);
		assert_int_equal(atomic_load(a->progress), at);
		assert_int_equal(atomic_load(b->progress), bt);
		assert_int_equal(resume(ids, 2), 2);
	}
	/* The end of the session resumes what is suspended. */
	assert_int_equal(suspend(ids, 2), 2);
	assert_int_equal(trap(KFD_IOC_DBG_TRAP_DISABLE, &end), 0);
	signal_wait_below(s, 1);
	signal_wait_below(t, 1);
	check(a);
	check(b);
	hsa_signal_destroy(s);
	hsa_signal_destroy(t);
	arguments_free(a);
	arguments_free(b);
	OK(hsa_queue_destroy(f.q));
	OK(hsa_queue_destroy(g.q));
}

static void a_thousand_cycles_lose_nothing(void **state)
{
	struct queue f = queue_new();
	struct arguments *a = arguments_new(10);
	hsa_signal_t s = signal_new(1);

	for (int i = 0; i < 1000; i++) {
		if (i % 50 == 0) {
			hsa_signal_store_relaxed(s, 1);
			atomic_store(a->progress, 0);
			start(&f, a, s);
		}
		update(&f, 0);
		update(&f, 100);
		if (i % 50 == 49) {
			signal_wait_below(s, 1);
			check(a);
		}
	}
	hsa_signal_destroy(s);
	arguments_free(a);
	OK(hsa_queue_destroy(f.q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_stands_still_and_goes_on_where_it_was),
		cmocka_unit_test(another_queue_runs_meanwhile),
		cmocka_unit_test(packets_of_a_suspended_queue_run_when_it_is_resumed),
		cmocka_unit_test(the_clock_of_a_suspended_kernel_goes_on),
		cmocka_unit_test(a_suspended_queue_can_be_destroyed),
		cmocka_unit_test(a_debugger_suspends_queues_together_and_percentages_do_not_matter),
		cmocka_unit_test(a_thousand_cycles_lose_nothing),
	};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0) {
		perror("readlink /proc/self/exe");
		return 1;
	}
	self[n] = '\0';
	snprintf(object_path, sizeof(object_path), "%s/suspend_kernels.hsaco", dirname(self));
	return cmocka_run_group_tests(tests, setup, gpu_teardown);
}
