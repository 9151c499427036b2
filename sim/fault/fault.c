/* SPDX-License-Identifier: MIT */
/* The plan and its counters; see fault.h. Read from the environment once; counters are written by any thread. */
#include "sim/fault/fault.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/common/log.h"
#include "sim/device/device.h"
#include "sim/fault/later.h"
#include "sim/kfd/kfd.h"

#define FAULTS_MAX 64

static struct fault {
	struct fault_spec spec;
	_Atomic uint64_t seen; /* occasions so far */
} faults[FAULTS_MAX];

/* Release: the entries below are complete. Pairs with the acquire in fault_next(). */
static _Atomic uint32_t fault_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static bool begun; /* guarded by the mutex */

static void reset_gpu(uint32_t gpu)
{
	kfd_gpu_reset(gpu == FAULT_ANY ? 0 : gpu);
}

static void add(const char *text, uint32_t *count)
{
	char error[256];

	if (*count == FAULTS_MAX) {
		sim_log(SIM_LOG_ERROR, "more than %d faults: %s is left out", FAULTS_MAX, text);
		return;
	}
	struct fault *f = &faults[*count];
	if (fault_parse(text, kfd_ioctl_name, &f->spec, error, sizeof(error))) {
		sim_log(SIM_LOG_ERROR, SIM_ENV_FAULTS ": %s", error);
		return;
	}
	++*count;
	/* On a time instead of an occasion. */
	if (f->spec.kind == FAULT_GPU_RESET && f->spec.after_ns)
		later(f->spec.after_ns, reset_gpu, f->spec.gpu);
}

void fault_begin(void)
{
	const char *plan = getenv(SIM_ENV_FAULTS);
	char *copy, *rest, *text;
	uint32_t count = 0;

	pthread_mutex_lock(&mutex);
	if (!begun && plan && (copy = strdup(plan))) {
		rest = copy;
		while ((text = strsep(&rest, " ")))
			if (*text)
				add(text, &count);
		free(copy);
		atomic_store_explicit(&fault_count, count, memory_order_release);
	}
	begun = true;
	pthread_mutex_unlock(&mutex);
}

/* The faults of one kind, one after the other; @at is 0 at first. */
static struct fault *fault_next(enum fault_kind kind, uint32_t *at)
{
	uint32_t count = atomic_load_explicit(&fault_count, memory_order_acquire);

	while (*at < count) {
		struct fault *f = &faults[(*at)++];

		if (f->spec.kind == kind)
			return f;
	}
	return NULL;
}

/* Another occasion: does it fire? */
static bool fires(struct fault *f)
{
	/* Relaxed: occasions are counted, ordered with nothing. */
	uint64_t seen = atomic_fetch_add_explicit(&f->seen, 1, memory_order_relaxed);

	return seen >= f->spec.after && seen - f->spec.after < f->spec.count;
}

static bool concerns(const struct fault *f, uint32_t gpu, uint32_t queue)
{
	return (f->spec.gpu == FAULT_ANY || f->spec.gpu == gpu) &&
		(f->spec.queue == FAULT_ANY || f->spec.queue == queue);
}

/* Whether one of a kind fires for a queue. Each counts, so that several of a kind can follow each other. */
static bool any_fires(enum fault_kind kind, uint32_t gpu, uint32_t queue)
{
	struct fault *f;
	uint32_t at = 0;
	bool any = false;

	while ((f = fault_next(kind, &at)))
		any |= concerns(f, gpu, queue) && fires(f);
	return any;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &t, &t) == EINTR)
		;
}

int fault_ioctl(uint32_t nr)
{
	struct fault *f;
	uint32_t at = 0;
	int r = 0;

	while ((f = fault_next(FAULT_IOCTL_DELAY, &at)))
		if (f->spec.ioctl == nr && fires(f))
			sleep_ns(f->spec.delay_ns);
	at = 0;
	while ((f = fault_next(FAULT_IOCTL_ERRNO, &at))) {
		if (f->spec.ioctl != nr || !fires(f) || r)
			continue;
		sleep_ns(f->spec.delay_ns);
		r = -f->spec.error;
		sim_log(SIM_LOG_INFO, "fault: ioctl %s fails", kfd_ioctl_name(nr));
	}
	return r;
}

enum fault_kind fault_event(uint64_t *delay_ns_p)
{
	enum fault_kind kind = FAULT_NONE;
	struct fault *f;

	for (enum fault_kind k = FAULT_EVENT_DROP; k <= FAULT_EVENT_TWICE; k++) {
		uint32_t at = 0;

		while ((f = fault_next(k, &at))) {
			if (!fires(f) || kind)
				continue;
			kind = k;
			*delay_ns_p = f->spec.delay_ns;
		}
	}
	if (kind)
		sim_log(SIM_LOG_INFO, "fault: an event is %s", kind == FAULT_EVENT_DROP ? "lost" :
			kind == FAULT_EVENT_LATE ? "late" : "doubled");
	return kind;
}

bool fault_dispatch(uint32_t gpu, uint32_t queue)
{
	struct fault *f;
	uint32_t at = 0;

	while ((f = fault_next(FAULT_GPU_RESET, &at)))
		if (!f->spec.after_ns && concerns(f, gpu, queue) && fires(f))
			later(0, kfd_gpu_reset, gpu);
	if (any_fires(FAULT_QUEUE_RESET, gpu, queue))
		later(0, kfd_queue_reset, queue);
	if (!any_fires(FAULT_PACKET_HANG, gpu, queue))
		return false;
	sim_log(SIM_LOG_INFO, "fault: a kernel of queue %u hangs", queue);
	return true;
}

bool fault_doorbells_planned(void)
{
	uint32_t at = 0;

	return fault_next(FAULT_DOORBELL_DROP, &at) != NULL;
}

bool fault_doorbell(uint32_t gpu, uint32_t queue)
{
	if (!any_fires(FAULT_DOORBELL_DROP, gpu, queue))
		return false;
	sim_log(SIM_LOG_INFO, "fault: a doorbell of queue %u is lost", queue);
	return true;
}

bool fault_vm(uint32_t gpu, uint64_t va)
{
	struct fault *f;
	uint32_t at = 0;

	while ((f = fault_next(FAULT_VM, &at)))
		if (concerns(f, gpu, FAULT_ANY) && va - f->spec.va < f->spec.bytes)
			return true;
	return false;
}

void fault_forget(void)
{
	begun = false;
	for (uint32_t i = 0; i < FAULTS_MAX; i++)
		atomic_store_explicit(&faults[i].seen, 0, memory_order_relaxed);
	atomic_store_explicit(&fault_count, 0, memory_order_relaxed);
}

void fault_fork_child(void)
{
	pthread_mutex_init(&mutex, NULL);
	fault_forget();
	later_fork_child();
}
