/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this folder share: level 3 on ROCr without the tool library, kernels on every GPU, and how to wait for an
 * answer. Header only: one program each.
 *
 *   XS_LV3=debug    suspend through the debug interface
 */
#ifndef TESTS_INT_LV3_H
#define TESTS_INT_LV3_H

#include "tests/int/hsa/hsa_common.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/common/log.h"
#include "src/cwsr/cwsr.h"
#include "kfd_ioctl.h"

#define GROUPS 4u
#define LANES  (GROUPS * 64)
#define GPUS   4u

struct arguments {
	_Atomic uint32_t *progress;
	_Atomic uint32_t *out;
	uint32_t rounds;
	uint8_t hidden[256]; /* of the language; the kernels use none of them */
};

static struct {
	hsa_agent_t agent;
	uint64_t generate, endless, occupy;
} gpus[GPUS];
static unsigned gpu_count;
static bool by_debug;

/* A hardware queue and what is known of it. @answer is a futex, written by the control thread. */
struct lane {
	hsa_queue_t *q;
	struct cwsr_queue *cwsr;
	unsigned gpu;
	_Atomic uint32_t answers;
	_Atomic int suspended, error;
};

static inline void lane_done(void *ctx, void *owner, bool suspended, int error)
{
	struct lane *l = owner;

	atomic_store(&l->suspended, suspended);
	atomic_store(&l->error, error);
	atomic_fetch_add(&l->answers, 1);
	syscall(SYS_futex, &l->answers, FUTEX_WAKE_PRIVATE, INT_MAX);
}

static inline void lane_wait(struct lane *l, uint32_t seen)
{
	while (atomic_load(&l->answers) == seen)
		syscall(SYS_futex, &l->answers, FUTEX_WAIT_PRIVATE, seen, NULL);
}

/* Ask, and wait for the answer. Return: its error. */
static inline int lane_ask(struct lane *l, bool suspend)
{
	uint32_t seen = atomic_load(&l->answers);
	int r = cwsr_request(l->cwsr, suspend);

	if (r)
		return r;
	lane_wait(l, seen);
	return atomic_load(&l->error);
}

static inline int test_open(void *ctx, void *owner, struct cwsr_test_queue *t_p)
{
	const struct lane *l = owner;
	hsa_queue_t *q;

	if (hsa_queue_create(gpus[l->gpu].agent, 64, HSA_QUEUE_TYPE_SINGLE, NULL, NULL, UINT32_MAX, UINT32_MAX, &q))
		return -ENOMEM;
	*t_p = (struct cwsr_test_queue){q->base_address, q->size * 64, q};
	return 0;
}

static hsa_signal_t test_signal;

static inline void test_submit(void *ctx, struct cwsr_test_queue *t)
{
	test_signal = signal_new(1);
	barrier_put(t->data, HSA_PACKET_TYPE_BARRIER_AND, no_signal, no_signal, test_signal);
}

static inline bool test_done(void *ctx, struct cwsr_test_queue *t)
{
	return hsa_signal_load_scacquire(test_signal) < 1;
}

static inline void test_close(void *ctx, struct cwsr_test_queue *t)
{
	hsa_queue_destroy(t->data);
	if (test_signal.handle)
		hsa_signal_destroy(test_signal);
	test_signal.handle = 0;
}

static inline hsa_status_t gpu_add(hsa_agent_t agent, void *data)
{
	hsa_device_type_t type;

	OK(hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type));
	if (type == HSA_DEVICE_TYPE_GPU && gpu_count < GPUS)
		gpus[gpu_count++].agent = agent;
	return HSA_STATUS_SUCCESS;
}

static inline uint64_t kernel_find(hsa_executable_t executable, const char *name, hsa_agent_t agent)
{
	hsa_executable_symbol_t symbol;
	uint64_t object;

	OK(hsa_executable_get_symbol_by_name(executable, name, &agent, &symbol));
	OK(hsa_executable_symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &object));
	return object;
}

static inline void kernels_load(unsigned gpu, const char *path)
{
	hsa_code_object_reader_t reader;
	hsa_executable_t executable;
	int file = open(path, O_RDONLY);

	if (file < 0)
		fail_msg("%s: %s", path, strerror(errno));
	OK(hsa_code_object_reader_create_from_file(file, &reader));
	OK(hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, NULL, &executable));
	OK(hsa_executable_load_agent_code_object(executable, gpus[gpu].agent, reader, NULL, NULL));
	OK(hsa_executable_freeze(executable, NULL));
	gpus[gpu].generate = kernel_find(executable, "generate.kd", gpus[gpu].agent);
	gpus[gpu].endless = kernel_find(executable, "endless.kd", gpus[gpu].agent);
	gpus[gpu].occupy = kernel_find(executable, "occupy.kd", gpus[gpu].agent);
	close(file);
}

/* ROCr does so itself from 6.0 on; without, there is nothing for a debug session to suspend. */
static inline void runtime_enable(void)
{
	int fd = open("/dev/kfd", O_RDWR | O_CLOEXEC);
	struct kfd_ioctl_runtime_enable_args a = {.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK};

	assert_true(fd >= 0);
	if (ioctl(fd, AMDKFD_IOC_RUNTIME_ENABLE, &a) && errno != EBUSY && errno != ENOTTY)
		fail_msg("RUNTIME_ENABLE: %s", strerror(errno));
	close(fd);
}

static inline const struct cwsr_config *lv3_config(void)
{
	static struct cwsr_config c;
	const char *mechanism = getenv("XS_LV3");

	by_debug = mechanism && !strcmp(mechanism, "debug");
	c = (struct cwsr_config){.mechanism = by_debug ? CWSR_MECHANISM_DEBUG : CWSR_MECHANISM_UPDATE};
	return &c;
}

/* The code object beside the program. */
static inline int kernels_path(char path[PATH_MAX])
{
	char self[PATH_MAX - 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return -1;
	self[n] = '\0';
	snprintf(path, PATH_MAX, "%s/lv3_kernels.hsaco", dirname(self));
	return 0;
}

static inline int lv3_setup(const struct cwsr_ops *ops)
{
	char path[PATH_MAX];

	if (kernels_path(path) || gpu_setup(NULL))
		return -1;
	if (by_debug)
		runtime_enable();
	/* Where a tool would be loaded: the runtime is there, and has no queue. */
	assert_int_equal(cwsr_start(lv3_config(), ops), 0);
	OK(hsa_iterate_agents(gpu_add, NULL));
	for (unsigned i = 0; i < gpu_count; i++)
		kernels_load(i, path);
	return 0;
}

static inline void lane_open(struct lane *l, unsigned gpu)
{
	*l = (struct lane){.gpu = gpu};
	OK(hsa_queue_create(gpus[gpu].agent, 256, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &l->q));
	l->cwsr = cwsr_queue_track(l->q->base_address, l->q->size * 64, l);
}

static inline void lane_close(struct lane *l)
{
	cwsr_queue_forget(l->cwsr);
	OK(hsa_queue_destroy(l->q));
}

/* Memory that the host and all GPUs reach. */
static inline void *shared_alloc(hsa_amd_memory_pool_t pool, size_t bytes)
{
	hsa_agent_t agents[GPUS + 1] = {dev.cpu};
	void *p;

	for (unsigned i = 0; i < gpu_count; i++)
		agents[i + 1] = gpus[i].agent;
	OK(hsa_amd_memory_pool_allocate(pool, bytes, 0, &p));
	OK(hsa_amd_agents_allow_access(gpu_count + 1, agents, NULL, p));
	memset(p, 0, bytes);
	return p;
}

static inline struct arguments *arguments_new(uint32_t rounds)
{
	struct arguments *a = shared_alloc(dev.kernarg, sizeof(*a));
	const char *hardware = getenv("XSCHED_TEST_HARDWARE");

	a->progress = shared_alloc(dev.system, 4096);
	a->out = shared_alloc(dev.system, LANES * 4);
	/* Real GPUs are faster. */
	a->rounds = hardware && !strcmp(hardware, "1") ? rounds * 100 : rounds;
	return a;
}

static inline void arguments_free(struct arguments *a)
{
	OK(hsa_amd_memory_pool_free((void *)a->progress));
	OK(hsa_amd_memory_pool_free((void *)a->out));
	OK(hsa_amd_memory_pool_free(a));
}

static inline void lane_start(struct lane *l, uint64_t kernel, struct arguments *a, hsa_signal_t done)
{
	uint64_t index;
	hsa_kernel_dispatch_packet_t *p = packet_reserve(l->q, &index);

	p->setup = 1;
	p->workgroup_size_x = 64;
	p->workgroup_size_y = p->workgroup_size_z = 1;
	p->grid_size_x = kernel == gpus[l->gpu].endless ? 64 : LANES;
	p->grid_size_y = p->grid_size_z = 1;
	p->kernel_object = kernel;
	p->kernarg_address = a;
	p->completion_signal = done;
	packet_publish(l->q, index, p, HSA_PACKET_TYPE_KERNEL_DISPATCH, true);
}

static inline void wait_progress(const struct arguments *a)
{
	while (!atomic_load(a->progress))
		;
}

/* Whether exactly the work was done that was asked for @times: nothing was lost, nothing was done twice. */
static inline bool generated_right(const struct arguments *a, uint32_t times)
{
	bool right = atomic_load(a->progress) == a->rounds * GROUPS * times;

	for (uint32_t i = 0; times && i < LANES; i++) {
		uint32_t x = i + 1;

		for (uint32_t k = 0; k < a->rounds * 64; k++) {
			x ^= x << 13;
			x ^= x >> 17;
			x ^= x << 5;
		}
		right = right && atomic_load(&a->out[i]) == x;
	}
	return right;
}

static inline void check_generated(const struct arguments *a, uint32_t times)
{
	assert_int_equal(atomic_load(a->progress), a->rounds * GROUPS * times);
	assert_true(generated_right(a, times));
}

#endif
