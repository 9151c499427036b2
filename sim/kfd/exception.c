/* SPDX-License-Identifier: MIT */
/* What was raised, and the debugger's descriptor; see exception.h. */
#include "sim/kfd/exception.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>

#include "kfd_ioctl.h"
#include "sim/kfd/devfile.h"
#include "sim/kfd/process.h"

/* Guarded by the mutex. */
static struct {
	pthread_mutex_t mutex;
	bool enabled;
	int fd;
	uint64_t subscribed;
	uint64_t process, gpu[SIM_MAX_GPUS], queue[KFD_PROCESS_QUEUES];
	bool faulted[SIM_MAX_GPUS];
	struct kfd_hsa_memory_exception_data fault[SIM_MAX_GPUS];
} ex = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

static void lock(void)
{
	pthread_mutex_lock(&ex.mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&ex.mutex);
}

/* Must hold the mutex. Without blocking: a pipe that nobody reads has its notice already. */
static bool notify(uint64_t mask)
{
	struct iovec dot = {".", 1};
	struct devfile f;

	if (!(ex.subscribed & mask))
		return false;
	/* Writing to a device file is an error in the driver; here it would change what lies in it. */
	if (!devfile_identify_any(ex.fd, &f)) {
		int saved = errno;

		if (pwritev2(ex.fd, &dot, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP)
			(void)!pwritev2(ex.fd, &dot, 1, -1, 0);
		errno = saved;
	}
	return true;
}

static bool raise_in(uint64_t *status, uint64_t mask)
{
	lock();
	bool taken = false;
	if (ex.enabled) {
		*status |= mask;
		taken = notify(mask);
	}
	unlock();
	return taken;
}

bool kfd_queue_exception(uint32_t queue_id, uint64_t mask)
{
	return queue_id < KFD_PROCESS_QUEUES && raise_in(&ex.queue[queue_id], mask);
}

bool kfd_gpu_exception(uint32_t gpu, uint64_t mask, const struct kfd_hsa_memory_exception_data *data)
{
	lock();
	if (ex.enabled && data && !ex.faulted[gpu]) {
		ex.fault[gpu] = *data;
		ex.faulted[gpu] = true;
	}
	unlock();
	return raise_in(&ex.gpu[gpu], mask);
}

bool kfd_process_exception(uint64_t mask)
{
	return raise_in(&ex.process, mask);
}

void kfd_exceptions_enable(int fd, uint64_t mask)
{
	lock();
	ex.enabled = true;
	ex.fd = fd;
	ex.subscribed = mask;
	unlock();
}

void kfd_exceptions_disable(void)
{
	lock();
	ex.enabled = false;
	ex.fd = -1;
	ex.subscribed = 0;
	ex.process = 0;
	memset(ex.gpu, 0, sizeof(ex.gpu));
	memset(ex.queue, 0, sizeof(ex.queue));
	memset(ex.faulted, 0, sizeof(ex.faulted));
	unlock();
}

void kfd_exceptions_subscribe(uint64_t mask)
{
	uint64_t found;

	lock();
	found = ex.process;
	for (uint32_t i = 0; i < SIM_MAX_GPUS; i++)
		found |= ex.gpu[i];
	for (uint32_t i = 0; i < KFD_PROCESS_QUEUES; i++)
		found |= ex.queue[i];
	ex.subscribed = mask;
	notify(found);
	unlock();
}

void kfd_queue_exceptions_set(uint32_t queue_id, uint64_t mask)
{
	lock();
	ex.queue[queue_id] = mask;
	if (ex.enabled)
		notify(mask);
	unlock();
}

static uint64_t take(uint64_t *status, uint64_t clear)
{
	lock();
	uint64_t raised = *status;
	*status &= ~clear;
	unlock();
	return raised;
}

uint64_t kfd_queue_exceptions(uint32_t queue_id, uint64_t clear)
{
	return take(&ex.queue[queue_id], clear);
}

uint64_t kfd_gpu_exceptions(uint32_t gpu, uint64_t clear)
{
	return take(&ex.gpu[gpu], clear);
}

uint64_t kfd_process_exceptions(uint64_t clear)
{
	return take(&ex.process, clear);
}

uint64_t kfd_exceptions_subscribed(void)
{
	lock();
	uint64_t mask = ex.subscribed;
	unlock();
	return mask;
}

bool kfd_gpu_memory_exception(uint32_t gpu, struct kfd_hsa_memory_exception_data *data, bool clear)
{
	lock();
	bool there = ex.faulted[gpu];
	if (there)
		*data = ex.fault[gpu];
	if (clear)
		ex.faulted[gpu] = false;
	unlock();
	return there;
}

void kfd_exceptions_fork_child(void)
{
	pthread_mutex_init(&ex.mutex, NULL);
	kfd_exceptions_disable();
}
