/* SPDX-License-Identifier: MIT */
/* The table of the driver's errors; see errors.h. */
#include "src/cwsr/errors.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "src/common/log.h"

#define OPEN   (1u << CWSR_CALL_OPEN)
#define SESSION (1u << CWSR_CALL_DBG_ENABLE)
#define DEBUG                                                                                                          \
	(SESSION | 1u << CWSR_CALL_DBG_SUSPEND | 1u << CWSR_CALL_DBG_RESUME | 1u << CWSR_CALL_DBG_SNAPSHOT |           \
		1u << CWSR_CALL_DBG_DISABLE)
#define UPDATE (1u << CWSR_CALL_UPDATE_QUEUE)
#define MASK   (1u << CWSR_CALL_SET_CU_MASK)
#define EXTRA  (1u << CWSR_CALL_VRAM_LOST)
#define ALL    ((1u << CWSR_CALL_COUNT) - 1)

/* The first row that fits counts. */
static const struct cwsr_error table[] = {
	{ALL & ~(OPEN | EXTRA), EINTR, CWSR_RETRY, "interrupted again and again"},
	{ALL & ~(OPEN | EXTRA), EAGAIN, CWSR_RETRY, "the driver is busy, again and again"},
	{OPEN, ENOENT, CWSR_PROCESS, "there is no amdgpu driver"},
	{OPEN, ENODEV, CWSR_PROCESS, "there is no amdgpu driver"},
	{OPEN, EACCES, CWSR_PROCESS, "this user may not use /dev/kfd: the group is render or video"},
	{OPEN, EPERM, CWSR_PROCESS, "the driver takes no 32-bit processes"},
	{OPEN, EINVAL, CWSR_PROCESS, "the driver has no GPU, or is locked by a reset"},
	{EXTRA, 0, CWSR_IGNORE, "resets of the GPU cannot be seen by its counter"},
	{ALL, EBADF, CWSR_PROCESS, "the descriptor belongs to another process"},
	{MASK, 0, CWSR_IGNORE, "a CU mask that the program set while its queue was suspended has no effect"},
	{DEBUG, ENOTTY, CWSR_UPDATE, "the driver has no debug interface"},
	{DEBUG, EINVAL, CWSR_UPDATE, "the debug session does not exist, or the driver schedules without hardware"},
	{DEBUG, ESRCH, CWSR_UPDATE, "the driver does not find this process"},
	{DEBUG, EPERM, CWSR_UPDATE, "ROCr has not enabled debugging"},
	{DEBUG, EACCES, CWSR_UPDATE, "ROCr has not enabled debugging"},
	{DEBUG, EALREADY, CWSR_UPDATE, "a debugger or a core dump holds the debug session"},
	{DEBUG, EBUSY, CWSR_UPDATE, "a cooperative queue excludes the debug interface"},
	{DEBUG, EOPNOTSUPP, CWSR_UPDATE, "secondary contexts have no debug interface"},
	{DEBUG, ENODEV, CWSR_UPDATE, "the GPU has no debug interface"},
	{DEBUG & ~SESSION, EIO, CWSR_GPU, "the GPU is being reset"},
	{DEBUG & ~SESSION, ETIME, CWSR_GPU, "the GPU could not preempt and is being reset"},
	{DEBUG, 0, CWSR_UPDATE, "the debug interface failed"},
	{UPDATE, EFAULT, CWSR_QUEUE, "the driver does not know the queue, or its ring is another"},
	{UPDATE, EINVAL, CWSR_QUEUE, "the driver does not accept the queue's properties"},
	{UPDATE, EACCES, CWSR_GPU, "a queue of this process was reset on that GPU"},
	{UPDATE, EIO, CWSR_GPU, "the GPU is being reset"},
	{UPDATE, ETIME, CWSR_GPU, "the GPU could not preempt and is being reset"},
	{UPDATE, ENODEV, CWSR_GPU, "the driver has the process not on that GPU"},
	{UPDATE, 0, CWSR_GPU, "the driver failed"},
	{ALL, 0, CWSR_PROCESS, "the driver failed"},
};
#define ROWS (sizeof(table) / sizeof(table[0]))

/* A bit of each call for which a row was said; writers: under the lock of kfd_queues.h. */
static uint32_t said[ROWS];

void cwsr_errors_begin(void)
{
	memset(said, 0, sizeof(said));
}

const struct cwsr_error *cwsr_error_find(enum cwsr_call call, int error)
{
	size_t i = 0;

	while (!(table[i].calls & 1u << call) || (table[i].error && table[i].error != error))
		i++;
	return &table[i];
}

const char *cwsr_call_name(enum cwsr_call call)
{
	static const char *const names[CWSR_CALL_COUNT] = {
		[CWSR_CALL_OPEN] = "opening /dev/kfd",
		[CWSR_CALL_GET_VERSION] = "GET_VERSION",
		[CWSR_CALL_UPDATE_QUEUE] = "UPDATE_QUEUE",
		[CWSR_CALL_SET_CU_MASK] = "SET_CU_MASK",
		[CWSR_CALL_DBG_ENABLE] = "DBG_TRAP ENABLE",
		[CWSR_CALL_DBG_SUSPEND] = "DBG_TRAP SUSPEND_QUEUES",
		[CWSR_CALL_DBG_RESUME] = "DBG_TRAP RESUME_QUEUES",
		[CWSR_CALL_DBG_SNAPSHOT] = "DBG_TRAP GET_QUEUE_SNAPSHOT",
		[CWSR_CALL_DBG_DISABLE] = "DBG_TRAP DISABLE",
		[CWSR_CALL_VRAM_LOST] = "AMDGPU_INFO VRAM_LOST_COUNTER",
	};

	return names[call];
}

void cwsr_error_say(const struct cwsr_error *row, enum cwsr_call call, int error, uint32_t gpu_id)
{
	static const char *const instead[] = {
		[CWSR_RETRY] = "level 3 is off for this GPU",
		[CWSR_QUEUE] = "level 3 is not used for this queue",
		[CWSR_UPDATE] = "queues are suspended by UPDATE_QUEUE instead",
		[CWSR_GPU] = "level 3 is off for this GPU",
		[CWSR_PROCESS] = "level 3 is off",
		[CWSR_IGNORE] = "level 3 goes on without",
	};
	size_t i = (size_t)(row - table);
	char gpu[32] = "";

	if (said[i] & 1u << call)
		return;
	said[i] |= 1u << call;
	if (gpu_id)
		snprintf(gpu, sizeof(gpu), "GPU %u: ", gpu_id);
	log_warning("level 3: %s%s: %s (%s); %s", gpu, cwsr_call_name(call), strerror(error), row->meaning,
		instead[row->reaction]);
}
