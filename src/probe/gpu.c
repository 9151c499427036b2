/* SPDX-License-Identifier: MIT */
/* Probing of GPUs; see gpu.h. */
#include "src/probe/gpu.h"

#include <errno.h>
#include <fcntl.h>
#include <hsa/hsa.h>
#include <hsa/hsa_ext_amd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "src/cwsr/gpu.h"
#include "src/cwsr/probe.h"
#include "src/probe/running.h"

#define QUEUE_PACKETS 64u

static hsa_agent_t agents[PROBE_GPUS_MAX];
static int agent_count;

static hsa_status_t add_gpu(hsa_agent_t agent, void *ctx)
{
	hsa_device_type_t type;

	if (hsa_agent_get_info(agent, HSA_AGENT_INFO_DEVICE, &type) == HSA_STATUS_SUCCESS && type == HSA_DEVICE_TYPE_GPU &&
		agent_count < (int)PROBE_GPUS_MAX)
		agents[agent_count++] = agent;
	return HSA_STATUS_SUCCESS;
}

/* ---- the private queue ---- */

struct own_queue {
	struct cwsr_test_queue test;
	hsa_queue_t *queue;
	hsa_signal_t done, gate;
};

static void put_barrier(struct own_queue *o, hsa_signal_t wait_for)
{
	uint64_t index = hsa_queue_add_write_index_scacq_screl(o->queue, 1);
	hsa_barrier_and_packet_t *p = (hsa_barrier_and_packet_t *)o->queue->base_address + index % o->queue->size;
	uint16_t header = HSA_PACKET_TYPE_BARRIER_AND << HSA_PACKET_HEADER_TYPE | 1 << HSA_PACKET_HEADER_BARRIER |
		HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE;

	memset((char *)p + sizeof(p->header), 0, sizeof(*p) - sizeof(p->header));
	p->dep_signal[0] = wait_for;
	p->completion_signal = o->done;
	/* The body first; its partner is the packet processor. */
	__atomic_store_n(&p->header, header, __ATOMIC_RELEASE);
	hsa_signal_store_screlease(o->queue->doorbell_signal, (hsa_signal_value_t)index);
}

static void submit(void *ctx, struct cwsr_test_queue *t)
{
	struct own_queue *o = t->data;

	hsa_signal_store_screlease(o->done, 1);
	put_barrier(o, (hsa_signal_t){0});
}

static bool is_done(void *ctx, struct cwsr_test_queue *t)
{
	const struct own_queue *o = t->data;

	return hsa_signal_load_scacquire(o->done) < 1;
}

static int own_open(hsa_agent_t agent, struct own_queue *o)
{
	if (hsa_signal_create(1, 0, NULL, &o->done) || hsa_signal_create(1, 0, NULL, &o->gate))
		return -ENOMEM;
	if (hsa_queue_create(agent, QUEUE_PACKETS, HSA_QUEUE_TYPE_MULTI, NULL, NULL, UINT32_MAX, UINT32_MAX, &o->queue))
		return -ENODEV;
	o->test = (struct cwsr_test_queue){o->queue->base_address, o->queue->size * sizeof(hsa_barrier_and_packet_t), o};
	return 0;
}

static void own_close(struct own_queue *o)
{
	if (o->queue)
		hsa_queue_destroy(o->queue);
	if (o->done.handle)
		hsa_signal_destroy(o->done);
	if (o->gate.handle)
		hsa_signal_destroy(o->gate);
}

/* ---- what is measured ---- */

static bool never(void)
{
	return false;
}

static const struct cwsr_ops ops = {.test_submit = submit, .test_done = is_done};

/* The queue's first packet waits for a signal while the queue is suspended and resumed. */
static int measure_blocked(struct cwsr_gpu *g, struct own_queue *o, uint32_t cycles, struct probe_mechanism *m)
{
	hsa_signal_store_screlease(o->gate, 1);
	hsa_signal_store_screlease(o->done, 1);
	put_barrier(o, o->gate);
	int r = cwsr_measure(g, &o->test, cycles, never, &m->suspend_blocked, &m->resume_blocked);
	hsa_signal_store_screlease(o->gate, 0);
	while (hsa_signal_wait_scacquire(o->done, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, HSA_WAIT_STATE_BLOCKED) >= 1)
		;
	return r;
}

/* How long waves run between two cycles, so that they are on the GPU and have been for a moment. */
#define RUN_NS 200000

static struct {
	struct running kernel;
	struct own_queue *own;
	uint32_t cus;
} running;

/* Before each cycle: there is always one that runs and one behind it. */
static bool keep_running(void)
{
	const struct timespec moment = {.tv_nsec = RUN_NS};

	for (hsa_signal_value_t left = hsa_signal_load_scacquire(running.own->done); left < 2; left++) {
		hsa_signal_add_screlease(running.own->done, 1);
		running_put(&running.kernel, running.own->queue, running.cus, running.own->done);
	}
	nanosleep(&moment, NULL);
	return false;
}

static int measure_running(struct cwsr_gpu *g, struct own_queue *o, const struct probe_gpu *p, hsa_agent_t agent, uint32_t cycles,
	struct probe_mechanism *m)
{
	int r = running_load(agent, p->agent, &running.kernel);

	if (r == -ENOENT)
		snprintf(m->why_not_running, sizeof(m->why_not_running), "no kernel for %s", p->agent);
	else if (r)
		snprintf(m->why_not_running, sizeof(m->why_not_running), "the runtime does not load the kernel");
	if (r || hsa_agent_get_info(agent, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_COMPUTE_UNIT_COUNT, &running.cus))
		return 0;
	running.own = o;
	hsa_signal_store_screlease(o->done, 0);
	r = cwsr_measure(g, &o->test, cycles, keep_running, &m->suspend_running, &m->resume_running);
	while (hsa_signal_wait_scacquire(o->done, HSA_SIGNAL_CONDITION_LT, 1, UINT64_MAX, HSA_WAIT_STATE_BLOCKED) >= 1)
		;
	running_unload(&running.kernel);
	return r;
}

static void measure(struct cwsr_gpu *g, struct own_queue *o, bool debug, uint32_t cycles, const struct probe_gpu *p, hsa_agent_t agent,
	struct probe_mechanism *m)
{
	int r = 0;

	if (!cwsr_gpu_usable(g)) {
		snprintf(m->why, sizeof(m->why), "%s", g->why);
		return;
	}
	if (debug && !cwsr_gpu_uses_debug(g)) {
		snprintf(m->why, sizeof(m->why), "%s", g->no_debug);
		return;
	}
	r = cwsr_selftest(g, &ops, &o->test, cycles, never);
	m->suspend_idle = g->suspend_test;
	m->resume_idle = g->resume_test;
	if (!r)
		r = measure_blocked(g, o, cycles, m);
	if (!r)
		r = measure_running(g, o, p, agent, cycles, m);
	m->works = !r && cwsr_gpu_usable(g) && cwsr_gpu_uses_debug(g) == debug;
	if (!m->works)
		snprintf(m->why, sizeof(m->why), "%s", g->why[0] ? g->why : g->no_debug[0] ? g->no_debug : strerror(-r));
}

static long parameter(const char *name)
{
	char path[96], text[32], *end;

	snprintf(path, sizeof(path), "/sys/module/amdgpu/parameters/%s", name);
	if (kfd_ops_kernel.read_text(NULL, path, text, sizeof(text)) < 0)
		return -1;
	long value = strtol(text, &end, 10);
	return end == text ? -1 : value;
}

static void describe(const struct kfd_queue *q, const struct cwsr_gpu *g, struct probe_gpu *p)
{
	p->gpu_id = g->gpu_id;
	p->target = g->target;
	p->kfd_minor = g->kfd_minor;
	p->render_minor = g->render_minor;
	p->save_bytes = q->save_bytes;
	p->save_in_vram = q->save_in_vram;
}

/* Start level 3 with that mechanism, and try it. */
static void probe_mechanism(const struct probe_settings *s, hsa_agent_t agent, bool debug, struct probe_gpu *p)
{
	const struct cwsr_config c = {.mechanism = debug ? CWSR_MECHANISM_DEBUG : CWSR_MECHANISM_UPDATE,
		.any_target = s->any_target, .manual = true};
	struct probe_mechanism *m = debug ? &p->debug : &p->update;
	struct own_queue own = {0};
	struct cwsr_gpu *g = NULL;
	struct kfd_queue *q;
	int r = cwsr_start(&c, &ops);

	if (!r || r == -ENOENT)
		r = own_open(agent, &own);
	if (r) {
		snprintf(m->why, sizeof(m->why), "no queue can be made: %s", strerror(-r));
	} else {
		kfd_queues_lock();
		r = cwsr_queue_lookup(own.test.ring_base, own.test.ring_bytes, &q);
		if (!r)
			g = cwsr_gpu_get(q->gpu_id, q->call_fd);
		if (g)
			describe(q, g, p);
		kfd_queues_unlock();
		if (g && !p->save_bytes)
			snprintf(m->why, sizeof(m->why), "queues have no save area for waves");
		else if (g)
			measure(g, &own, debug, s->cycles, p, agent, m);
		else
			snprintf(m->why, sizeof(m->why), "the queue is not found in the driver: %s", strerror(-r));
	}
	own_close(&own);
	cwsr_stop();
}

static void probe_gpu(const struct probe_settings *s, hsa_agent_t agent, struct probe_gpu *p)
{
	memset(p, 0, sizeof(*p));
	hsa_agent_get_info(agent, HSA_AGENT_INFO_NAME, p->agent);
	hsa_agent_get_info(agent, (hsa_agent_info_t)HSA_AMD_AGENT_INFO_PRODUCT_NAME, p->product);
	p->agent[sizeof(p->agent) - 1] = p->product[sizeof(p->product) - 1] = 0;
	p->cwsr_enable = parameter("cwsr_enable");
	p->sched_policy = parameter("sched_policy");
	probe_mechanism(s, agent, false, p);
	probe_mechanism(s, agent, true, p);
	probe_drm_read(p->render_minor, &p->drm);
}

/* ROCr does so from 6.0 on, before it makes queues; for an older one the debug interface can be tried all the same. */
static void runtime_enable(void)
{
	int fd = kfd_ops_kernel.open(NULL);
	struct kfd_ioctl_runtime_enable_args a = {.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK};

	if (fd < 0)
		return;
	/* Where it fails, the session's state says so. */
	if (ioctl(fd, AMDKFD_IOC_RUNTIME_ENABLE, &a))
		errno = 0;
	close(fd);
}

int probe_run(const struct probe_settings *s, struct probe_gpu *gpus, const char **why_p)
{
	hsa_status_t status = hsa_init();

	if (status != HSA_STATUS_SUCCESS) {
		if (hsa_status_string(status, why_p) != HSA_STATUS_SUCCESS)
			*why_p = "unknown error";
		return -1;
	}
	runtime_enable();
	hsa_iterate_agents(add_gpu, NULL);
	for (int i = 0; i < agent_count; i++)
		probe_gpu(s, agents[i], &gpus[i]);
	hsa_shut_down();
	return agent_count;
}
