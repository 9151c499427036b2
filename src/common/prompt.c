/* SPDX-License-Identifier: MIT */
/* Short slices; see prompt.h. */
#include "src/common/prompt.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the user may have it. */
#define NICE -10
/* The least that the kernel takes. */
#define SLICE_NS   100000u
/* Without it timers may come 50 us late, which is as long as a kernel. */
#define TIMER_SLACK_NS 1000u

/* Source: include/uapi/linux/sched/types.h, SCHED_ATTR_SIZE_VER0; glibc has it since 2.41. */
struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

int prompt_create(pthread_t *thread_p, void *(*run)(void *arg), void *arg)
{
	struct sched_param param;
	pthread_attr_t attr;
	/* Not pthread_getschedparam(), which may tell what was so before. */
	int policy = sched_getscheduler(0), error = sched_getparam(0, &param);

	if (policy > 0)
		policy &= ~SCHED_RESET_ON_FORK;
	if (error || policy != SCHED_FIFO)
		return -pthread_create(thread_p, NULL, run, arg);
	param.sched_priority++;
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, policy);
	error = pthread_attr_setschedparam(&attr, &param);
	if (!error)
		error = pthread_create(thread_p, &attr, run, arg);
	pthread_attr_destroy(&attr);
	/* Not allowed, or there is none above. */
	if (error == EPERM || error == EINVAL)
		error = pthread_create(thread_p, NULL, run, arg);
	return -error;
}

void prompt_thread(void)
{
	struct attributes a = {.size = sizeof(a)};

	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	if (syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0) || a.policy != SCHED_OTHER)
		return;
	int32_t nice = a.nice;

	a.size = sizeof(a);
	a.runtime = SLICE_NS;
	a.nice = nice < NICE ? nice : NICE;
	if (!syscall(SYS_sched_setattr, 0, &a, 0))
		return;
	a.nice = nice;
	syscall(SYS_sched_setattr, 0, &a, 0);
}
