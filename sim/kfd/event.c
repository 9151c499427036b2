/* SPDX-License-Identifier: MIT */
/*
 * Events of the simulated driver: created and waited for by the application's ioctls, set by them and by the engine's
 * interrupts. One mutex guards all of it and is held for a few instructions; sleeping waiters hold nothing.
 *
 * Source of the semantics: Linux 6.12, amdkfd/kfd_events.c.
 */
#include "sim/kfd/event.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim/common/futex.h"
#include "sim/common/log.h"
#include "sim/common/stats.h"
#include "sim/fault/fault.h"
#include "sim/fault/later.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/exception.h"
#include "sim/kfd/gpuvm.h"
#include "sim/kfd/process.h"
#include "sim/kfd/usercopy.h"

#define UNSIGNALED_SLOT UINT64_MAX
#define EVENT_PAGE_BYTES (KFD_SIGNAL_EVENT_LIMIT * 8u)
#define TIMEOUT_INFINITE 0xffffffffu
/* Offset that tells user space "map the slots from /dev/kfd"; non-zero in every reply for a signal event. */
#define EVENT_PAGE_OFFSET (UINT64_C(2) << 62)

struct waiter {
	struct event *event;  /* NULL once it was destroyed */
	bool activated;
	bool failed;          /* the event was destroyed before it was set */
	bool age_enabled;
	struct waiter *next;  /* of the same event */
	_Atomic uint32_t *wake; /* the waiting thread sleeps on it */
};

struct event {
	uint32_t id, type;
	bool auto_reset, signaled;
	uint64_t age;
	struct waiter *waiters;
	struct kfd_hsa_memory_exception_data memory;
	struct kfd_hsa_hw_exception_data hw;
};

/* All of it is guarded by the mutex. Signal events have ids below KFD_SIGNAL_EVENT_LIMIT, which index the slots. */
static struct {
	pthread_mutex_t mutex;
	struct event *signal[KFD_SIGNAL_EVENT_LIMIT];
	uint32_t signal_count;
	struct event **other; /* id - KFD_SIGNAL_EVENT_LIMIT */
	uint32_t other_size;
	_Atomic uint64_t *slots; /* in memory that the engine writes ids to; NULL before the first signal event */
} ev = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void lock(void)
{
	pthread_mutex_lock(&ev.mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&ev.mutex);
}

/* Must hold the mutex, as do all below it that take a struct event. */
static struct event *event_find(uint32_t id)
{
	if (id < KFD_SIGNAL_EVENT_LIMIT)
		return ev.signal[id];
	id -= KFD_SIGNAL_EVENT_LIMIT;
	return id < ev.other_size ? ev.other[id] : NULL;
}

static void waiter_wake(struct waiter *w)
{
	/* Relaxed: the waiter takes the mutex before it looks; the word only keeps it from sleeping. */
	atomic_fetch_add_explicit(w->wake, 1, memory_order_relaxed);
	futex_wake(w->wake, 1);
}

static void event_set(struct event *e)
{
	bool consumed = false;

	/* Every thread that still waits is activated. One that was already, but has not run since, no longer waits:
	 * what it would consume must stay for its next call. */
	for (struct waiter *w = e->waiters; w; w = w->next) {
		if (w->activated)
			continue;
		w->activated = true;
		consumed = true;
		waiter_wake(w);
	}
	e->signaled = !e->auto_reset || !consumed;
	if (++e->age == 0) /* 0 means "no age" in WAIT_EVENTS */
		e->age = 2;
}

static void slot_write(uint32_t id, uint64_t value)
{
	/* Release: a thread that finds the slot free sees what the event's handler did. */
	atomic_store_explicit(&ev.slots[id], value, memory_order_release);
}

static uint64_t slot_read(uint32_t id)
{
	/* Acquire: pairs with the engine's write of the id, after the signal's value. */
	return atomic_load_explicit(&ev.slots[id], memory_order_acquire);
}

static void event_interrupt(struct event *e)
{
	if (e->type != KFD_IOC_EVENT_SIGNAL && e->type != KFD_IOC_EVENT_DEBUG_EVENT)
		return;
	slot_write(e->id, UNSIGNALED_SLOT);
	event_set(e);
}

static void interrupt(uint32_t event_id)
{
	lock();
	if (!ev.slots)
		goto out;
	if (event_id < KFD_SIGNAL_EVENT_LIMIT && ev.signal[event_id] &&
		slot_read(event_id) != UNSIGNALED_SLOT) {
		event_interrupt(ev.signal[event_id]);
		goto out;
	}
	/* The id leads nowhere: as the driver, look for whatever else was signalled. */
	for (uint32_t i = 0, seen = 0; i < KFD_SIGNAL_EVENT_LIMIT && seen < ev.signal_count; i++) {
		if (!ev.signal[i])
			continue;
		seen++;
		if (slot_read(i) != UNSIGNALED_SLOT)
			event_interrupt(ev.signal[i]);
	}
out:
	unlock();
}

void kfd_event_raise(uint32_t event_id)
{
	lock();
	if (event_id < KFD_SIGNAL_EVENT_LIMIT && ev.signal[event_id])
		event_set(ev.signal[event_id]);
	unlock();
}

void kfd_interrupt(uint32_t event_id)
{
	uint64_t delay_ns;

	sim_count(&sim_stats.interrupts, 1);
	switch (fault_event(&delay_ns)) {
	case FAULT_EVENT_DROP:
		return;
	case FAULT_EVENT_LATE:
		later(delay_ns, interrupt, event_id);
		return;
	case FAULT_EVENT_TWICE:
		interrupt(event_id);
		kfd_event_raise(event_id); /* once more, though the slot says that it was seen to */
		return;
	default:
		interrupt(event_id);
	}
}

/* Raise the process's memory exception events. */
static void memory_exception(const struct kfd_hsa_memory_exception_data *data)
{
	bool told = false;

	lock();
	for (uint32_t i = 0; i < ev.other_size; i++) {
		struct event *e = ev.other[i];

		if (!e || e->type != KFD_IOC_EVENT_MEMORY)
			continue;
		e->memory = *data;
		event_set(e);
		told = true;
	}
	unlock();
	if (!told)
		sim_log(SIM_LOG_WARNING, "the process has no memory exception event: nobody learns of the fault");
}

void kfd_memory_exception_signal(uint32_t gpu)
{
	struct kfd_hsa_memory_exception_data data = {.gpu_id = sim_machine_get()->gpu[gpu].gpu_id};

	kfd_gpu_memory_exception(gpu, &data, false);
	memory_exception(&data);
}

void kfd_vm_fault(uint32_t gpu, uint64_t va, bool write)
{
	bool present = gpuvm_page(gpu, va, false) != NULL;
	struct kfd_hsa_memory_exception_data data = {.gpu_id = sim_machine_get()->gpu[gpu].gpu_id,
		.va = va & ~(uint64_t)(GPUVM_PAGE_BYTES - 1),
		.failure = {.NotPresent = !present, .ReadOnly = present && write}};

	sim_count(&sim_stats.errors_vm_fault, 1);
	sim_log(SIM_LOG_WARNING, "GPU %u: memory access fault, %s of 0x%llx: page %s", gpu,
		write ? "write" : "read", (unsigned long long)va, present ? "is read-only" : "not mapped");
	if (!kfd_gpu_exception(gpu, KFD_EC_MASK(EC_DEVICE_MEMORY_VIOLATION), &data))
		memory_exception(&data);
}

void kfd_hw_exception(uint32_t gpu, bool memory_lost)
{
	uint32_t gpu_id = sim_machine_get()->gpu[gpu].gpu_id;

	lock();
	for (uint32_t i = 0; i < ev.other_size; i++) {
		struct event *e = ev.other[i];

		if (e && e->type == KFD_IOC_EVENT_HW_EXCEPTION) {
			memset(&e->hw, 0, sizeof(e->hw));
			e->hw.gpu_id = gpu_id;
			e->hw.reset_type = KFD_HW_EXCEPTION_WHOLE_GPU_RESET;
			e->hw.reset_cause = KFD_HW_EXCEPTION_GPU_HANG;
			e->hw.memory_lost = memory_lost;
			event_set(e);
		} else if (e && e->type == KFD_IOC_EVENT_MEMORY) {
			memset(&e->memory, 0, sizeof(e->memory));
			e->memory.gpu_id = gpu_id;
			e->memory.ErrorType = KFD_MEM_ERR_GPU_HANG;
			e->memory.failure.imprecise = 1;
			event_set(e);
		}
	}
	unlock();
}

static void slots_use(void *page)
{
	memset(page, 0xff, EVENT_PAGE_BYTES); /* UNSIGNALED_SLOT everywhere */
	ev.slots = page;
}

int kfd_event_page_set(const struct kfd_bo *bo)
{
	int r = 0;

	if (bo->bytes < EVENT_PAGE_BYTES || !bo->host)
		return -EINVAL;
	lock();
	if (ev.slots)
		r = -EBUSY;
	else
		slots_use(bo->host);
	unlock();
	return r;
}

/* Must hold the mutex. Return: the id, or -errno. */
static int signal_id_new(struct event *e)
{
	if (!ev.slots) {
		void *page = devfile_map(DEVFILE_KFD, 0, DEVFILE_KFD_EVENTS, EVENT_PAGE_BYTES);

		if (!page)
			return -ENOMEM;
		slots_use(page);
	}
	for (uint32_t i = 0; i < KFD_SIGNAL_EVENT_LIMIT; i++)
		if (!ev.signal[i]) {
			ev.signal[i] = e;
			ev.signal_count++;
			slot_write(i, UNSIGNALED_SLOT);
			return (int)i;
		}
	return -ENOSPC;
}

static int other_id_new(struct event *e)
{
	uint32_t i = 0;

	while (i < ev.other_size && ev.other[i])
		i++;
	if (i == ev.other_size) {
		uint32_t size = ev.other_size ? ev.other_size * 2 : 16;
		struct event **grown = realloc(ev.other, size * sizeof(struct event *));

		if (!grown)
			return -ENOMEM;
		memset(grown + i, 0, (size - i) * sizeof(struct event *));
		ev.other = grown;
		ev.other_size = size;
	}
	ev.other[i] = e;
	return (int)(KFD_SIGNAL_EVENT_LIMIT + i);
}

int kfd_op_create_event(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_create_event_args *a = data;

	if (a->event_page_offset) {
		struct kfd_bo *bo;
		int r;

		/* The slots are a buffer of user space, named by its handle. */
		pthread_mutex_lock(&p->mutex);
		if (p->event_page_handle) {
			r = -EINVAL;
		} else {
			bo = kfd_bo_find(p, a->event_page_offset);
			r = bo ? kfd_event_page_set(bo) : -EINVAL;
			if (!r)
				p->event_page_handle = a->event_page_offset;
		}
		pthread_mutex_unlock(&p->mutex);
		if (r)
			return r;
	}
	struct event *e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->type = a->event_type;
	e->auto_reset = a->auto_reset != 0;
	e->age = 1;
	bool slot = e->type == KFD_IOC_EVENT_SIGNAL || e->type == KFD_IOC_EVENT_DEBUG_EVENT;
	lock();
	int id = slot ? signal_id_new(e) : other_id_new(e);
	if (id >= 0)
		e->id = (uint32_t)id;
	unlock();
	if (id < 0) {
		free(e);
		return id;
	}
	a->event_id = e->id;
	if (slot) {
		a->event_page_offset = EVENT_PAGE_OFFSET;
		a->event_slot_index = e->id;
		a->event_trigger_data = e->id;
	}
	return 0;
}

int kfd_op_destroy_event(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_destroy_event_args *a = data;

	lock();
	struct event *e = event_find(a->event_id);
	if (!e) {
		unlock();
		return -EINVAL;
	}
	for (struct waiter *w = e->waiters; w; w = w->next) {
		w->failed = !w->activated;
		w->event = NULL;
		waiter_wake(w);
	}
	if (e->id < KFD_SIGNAL_EVENT_LIMIT) {
		ev.signal[e->id] = NULL;
		ev.signal_count--;
	} else {
		ev.other[e->id - KFD_SIGNAL_EVENT_LIMIT] = NULL;
	}
	unlock();
	free(e);
	return 0;
}

static int signal_event_change(uint32_t id, bool set)
{
	int r = -EINVAL;

	lock();
	struct event *e = event_find(id);
	if (e && e->type == KFD_IOC_EVENT_SIGNAL) {
		if (set)
			event_set(e);
		else
			e->signaled = false;
		r = 0;
	}
	unlock();
	return r;
}

int kfd_op_set_event(struct kfd_process *p, void *data)
{
	return signal_event_change(((struct kfd_ioctl_set_event_args *)data)->event_id, true);
}

int kfd_op_reset_event(struct kfd_process *p, void *data)
{
	return signal_event_change(((struct kfd_ioctl_reset_event_args *)data)->event_id, false);
}

/* ---- waiting ---- */

static int waiter_init(struct waiter *w, const struct kfd_event_data *d, _Atomic uint32_t *wake)
{
	struct event *e = event_find(d->event_id);

	if (!e)
		return -EINVAL;
	w->event = e;
	w->wake = wake;
	w->activated = e->signaled;
	if (e->auto_reset)
		e->signaled = false;
	/* Event ages came with KFD 1.14; 0 is user space that does not know them. */
	if (sim_machine_get()->kfd_minor >= 14 && e->type == KFD_IOC_EVENT_SIGNAL &&
		d->signal_event_data.last_event_age) {
		w->age_enabled = true;
		if (e->age != d->signal_event_data.last_event_age)
			w->activated = true;
	}
	w->next = e->waiters;
	e->waiters = w;
	return 0;
}

static void waiters_remove(struct waiter *w, uint32_t count, bool undo_auto_reset)
{
	for (uint32_t i = 0; i < count; i++) {
		struct event *e = w[i].event;

		if (!e)
			continue;
		struct waiter **at = &e->waiters;
		while (*at != &w[i])
			at = &(*at)->next;
		*at = w[i].next;
	}
	for (uint32_t i = 0; undo_auto_reset && i < count; i++)
		if (w[i].event && w[i].activated && w[i].event->auto_reset)
			event_set(w[i].event);
}

static uint32_t wait_test(const struct waiter *w, uint32_t count, bool all)
{
	uint32_t activated = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (w[i].failed)
			return KFD_IOC_WAIT_RESULT_FAIL;
		if (w[i].activated) {
			if (!all)
				return KFD_IOC_WAIT_RESULT_COMPLETE;
			activated++;
		}
	}
	return activated == count ? KFD_IOC_WAIT_RESULT_COMPLETE : KFD_IOC_WAIT_RESULT_TIMEOUT;
}

static void event_data_fill(const struct waiter *w, uint32_t count, struct kfd_event_data *d)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!w[i].event || !w[i].activated)
			continue;
		if (w[i].event->type == KFD_IOC_EVENT_MEMORY)
			d[i].memory_exception_data = w[i].event->memory;
		else if (w[i].event->type == KFD_IOC_EVENT_HW_EXCEPTION)
			d[i].hw_exception_data = w[i].event->hw;
		else if (w[i].age_enabled)
			d[i].signal_event_data.last_event_age = w[i].event->age;
	}
}

/* Sleep until *@wake leaves @seen or the deadline passes; 0, -ETIMEDOUT or -EINTR. */
static int wait_sleep(_Atomic uint32_t *wake, uint32_t seen, const struct timespec *deadline)
{
	int r = futex_wait_until(wake, seen, deadline);

	return r == -EAGAIN ? 0 : r;
}

static void deadline_in(uint32_t ms, struct timespec *t)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_sec += ms / 1000;
	t->tv_nsec += (long)(ms % 1000) * 1000000;
	if (t->tv_nsec >= 1000000000) {
		t->tv_nsec -= 1000000000;
		t->tv_sec++;
	}
}

int kfd_op_wait_events(struct kfd_process *p, void *data)
{
	struct kfd_ioctl_wait_events_args *a = data;
	_Atomic uint32_t wake = 0;
	struct timespec deadline;
	uint32_t made = 0;
	int r = 0;

	a->wait_result = KFD_IOC_WAIT_RESULT_FAIL;
	/* The driver's own limit is what one kernel allocation holds. */
	if (a->num_events > (4u << 20) / sizeof(struct waiter))
		return -ENOMEM;
	size_t bytes = a->num_events * sizeof(struct kfd_event_data);
	struct kfd_event_data *d = malloc(bytes ? bytes : 1);
	struct waiter *w = calloc(a->num_events ? a->num_events : 1, sizeof(*w));
	if (!d || !w) {
		r = -ENOMEM;
		goto free_both;
	}
	r = user_read(d, a->events_ptr, bytes);
	if (r)
		goto free_both;
	if (a->timeout != TIMEOUT_INFINITE)
		deadline_in(a->timeout, &deadline);

	lock();
	while (!r && made < a->num_events) {
		r = waiter_init(&w[made], &d[made], &wake);
		if (!r)
			made++;
	}
	uint32_t result = KFD_IOC_WAIT_RESULT_FAIL;
	bool expired = a->timeout == 0;
	while (!r) {
		/* Under the mutex, so that no set_event() falls between the test and the sleep unseen. */
		uint32_t seen = atomic_load_explicit(&wake, memory_order_relaxed);

		result = wait_test(w, made, a->wait_for_all != 0);
		if (result != KFD_IOC_WAIT_RESULT_TIMEOUT || expired)
			break;
		unlock();
		r = wait_sleep(&wake, seen, a->timeout == TIMEOUT_INFINITE ? NULL : &deadline);
		lock();
		if (r == -ETIMEDOUT) {
			expired = true;
			r = 0;
		}
	}
	if (!r && result == KFD_IOC_WAIT_RESULT_COMPLETE)
		event_data_fill(w, made, d);
	waiters_remove(w, made, r == -EINTR);
	unlock();
	if (!r && result == KFD_IOC_WAIT_RESULT_FAIL)
		r = -EIO;
	if (!r && result == KFD_IOC_WAIT_RESULT_COMPLETE)
		r = user_write(a->events_ptr, d, bytes);
	a->wait_result = r ? KFD_IOC_WAIT_RESULT_FAIL : result;
free_both:
	free(d);
	free(w);
	return r;
}

void kfd_events_fork_child(void)
{
	/* What the parent's threads left half done stays behind; nothing of it is reachable. */
	pthread_mutex_init(&ev.mutex, NULL);
	memset(ev.signal, 0, sizeof(ev.signal));
	ev.signal_count = 0;
	ev.other = NULL;
	ev.other_size = 0;
	ev.slots = NULL;
}
