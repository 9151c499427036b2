/* SPDX-License-Identifier: MIT */
/*
 * XSched's interface over ours: results, handles, commands, suspension flags. compat.sh runs it with the tool library, and with the argument
 * "absent" without.
 */
extern "C" {
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
}

#include <hip/hip_runtime.h>
#include <xsched/hip/hal.h>
#include <xsched/xsched.h>

static __global__ void add_one(volatile uint32_t *count)
{
	*count = *count + 1;
}

static hipStream_t stream;
static HwQueueHandle hwq;
static XQueueHandle xq;
static volatile uint32_t *count;

static XResult launch(HwQueueHandle, void *data)
{
	add_one<<<1, 1, 0, *(hipStream_t *)data>>>(count);
	return hipGetLastError() == hipSuccess ? kXSchedSuccess : kXSchedErrorHardware;
}

static XResult refuse(HwQueueHandle, void *)
{
	return kXSchedErrorHardware;
}

static int setup(void **state)
{
	(void)state;
	if (hipStreamCreateWithFlags(&stream, hipStreamNonBlocking) != hipSuccess ||
		hipHostMalloc((void **)&count, 4096, hipHostMallocCoherent) != hipSuccess)
		return -1;
	*count = 0;
	return 0;
}

static void handles_name_streams(void **state)
{
	HwQueueHandle again, by_default;
	XQueueHandle same;
	(void)state;

	assert_int_equal(HipQueueCreate(nullptr, stream), kXSchedErrorInvalidValue);
	assert_int_equal(HipQueueCreate(&hwq, stream), kXSchedSuccess);
	assert_int_equal(HipQueueCreate(&again, stream), kXSchedSuccess);
	assert_int_equal(again, hwq);
	/* Which XSched does not do. */
	assert_int_equal(HipQueueCreate(&by_default, nullptr), kXSchedSuccess);
	assert_int_not_equal(by_default, hwq);
	assert_int_equal(HwQueueDestroy(by_default), kXSchedSuccess);
	assert_int_equal(HwQueueDestroy(by_default), kXSchedErrorNotFound);

	assert_int_equal(XQueueGet(&same, hwq), kXSchedErrorNotFound);
	assert_int_equal(XHintPriority(hwq, 1), kXSchedErrorNotFound);
	assert_int_equal(XQueueCreate(&xq, 12345, kPreemptLevelBlock, kQueueCreateFlagNone), kXSchedErrorNotFound);
	assert_int_equal(XQueueCreate(&xq, hwq, 4, kQueueCreateFlagNone), kXSchedErrorInvalidValue);
	assert_int_equal(
		XQueueCreate(&xq, hwq, kPreemptLevelBlock, kQueueCreateFlagBlockingSubmit), kXSchedErrorNotSupported);
	assert_int_equal(XQueueCreate(&xq, hwq, kPreemptLevelBlock, kQueueCreateFlagNone), kXSchedSuccess);
	assert_int_equal(XQueueCreate(&same, hwq, kPreemptLevelBlock, kQueueCreateFlagNone), kXSchedSuccess);
	assert_int_equal(same, xq);
	assert_int_equal(XQueueGet(&same, hwq), kXSchedSuccess);
	assert_int_equal(same, xq);
	assert_int_equal(HwQueueDestroy(hwq), kXSchedErrorNotAllowed);
}

static void hints_are_checked(void **state)
{
	(void)state;
	assert_int_equal(XHintPriority(xq, PRIORITY_MAX), kXSchedSuccess);
	assert_int_equal(XHintPriority(xq, PRIORITY_MAX + 1), kXSchedErrorInvalidValue);
	assert_int_equal(XHintUtilization(xq, UTILIZATION_MAX), kXSchedSuccess);
	assert_int_equal(XHintUtilization(xq, -1), kXSchedErrorInvalidValue);
	assert_int_equal(XHintTimeslice(TIMESLICE_MIN), kXSchedSuccess);
	assert_int_equal(XHintTimeslice(TIMESLICE_MIN - 1), kXSchedErrorInvalidValue);
	assert_int_equal(XHintLaxity(xq, 1000, PRIORITY_MIN, PRIORITY_MAX), kXSchedSuccess);
	assert_int_equal(XHintLaxity(xq, NO_LAXITY, 0, 0), kXSchedSuccess);
	assert_int_equal(XHintDeadline(xq, 1000), kXSchedSuccess);
	assert_int_equal(XHintDeadline(xq, NO_DEADLINE), kXSchedSuccess);
	assert_int_equal(XHintKDeadline(2), kXSchedSuccess);
	assert_int_equal(XHintKDeadline(0), kXSchedErrorInvalidValue);
	assert_int_equal(XHintKDeadline((size_t)-1), kXSchedErrorInvalidValue);
	assert_int_equal(XQueueSetPreemptLevel(xq, kPreemptLevelInterrupt), kXSchedSuccess);
	assert_int_equal(XQueueSetPreemptLevel(xq, kPreemptLevelMax), kXSchedErrorInvalidValue);
	assert_int_equal(XQueueSetLaunchConfig(xq, 8, 4), kXSchedSuccess);
	assert_int_equal(XQueueSetLaunchConfig(xq, 4, 8), kXSchedErrorInvalidValue);
	assert_int_equal(XQueueSetLaunchConfig(xq, -1, 0), kXSchedSuccess);
}

static void policies_that_are_not_there_are_not_supported(void **state)
{
	const XPolicyType there[] = {kPolicyHighestPriorityFirst, kPolicyUtilizationPartition,
		kPolicyProcessUtilizationPartition, kPolicyKEarliestDeadlineFirst, kPolicyLaxity, kPolicyCompletelyFairScheduler,
		kPolicyMultiLevelFeedbackQueue};
	const XPolicyType not_there[] = {kPolicyUnknown, kPolicyHeterogeneousHighestPriorityFirst,
		kPolicyCPUHighestPriorityFirst, kPolicyStrictProcessUtilizationPartition, kPolicyActiveWindowFirst, kPolicyMax};
	(void)state;

	for (XPolicyType policy : there)
		assert_int_equal(XHintSetScheduler(kSchedulerLocal, policy), kXSchedSuccess);
	for (XPolicyType policy : not_there)
		assert_int_equal(XHintSetScheduler(kSchedulerLocal, policy), kXSchedErrorNotSupported);
	assert_int_equal(XHintSetScheduler(kSchedulerGlobal, kPolicyUnknown), kXSchedSuccess);
	assert_int_equal(XHintSetScheduler(kSchedulerUnknown, kPolicyUnknown), kXSchedErrorInvalidValue);
	assert_int_equal(XHintSetScheduler(kSchedulerAppManaged, kPolicyUnknown), kXSchedSuccess);
}

static void commands_are_launched_and_waited_for(void **state)
{
	HwCommandHandle command, refused;
	int64_t before, after;
	(void)state;

	*count = 0;
	assert_int_equal(XQueueProfileHwCommandCount(xq, &before), kXSchedSuccess);
	assert_int_equal(HwCommandCreateCallback(&command, nullptr, &stream), kXSchedErrorInvalidValue);
	assert_int_equal(HwCommandCreateCallback(&command, launch, &stream), kXSchedSuccess);
	assert_int_equal(HwQueueLaunch(hwq, command), kXSchedErrorNotSupported);
	assert_int_equal(XQueueSubmit(xq, command), kXSchedSuccess);
	assert_int_equal(XQueueSubmit(xq, command), kXSchedErrorNotFound);
	assert_int_equal(HwCommandDestroy(command), kXSchedErrorNotFound);
	assert_int_equal(XQueueWait(xq, command), kXSchedSuccess);
	assert_int_equal(*count, 1);
	assert_int_equal(XQueueProfileHwCommandCount(xq, &after), kXSchedSuccess);
	assert_true(after > before);
	assert_int_equal(XQueueWait(xq, command + 1), kXSchedErrorNotFound);

	assert_int_equal(HwCommandCreateCallback(&refused, refuse, nullptr), kXSchedSuccess);
	assert_int_equal(XQueueSubmit(xq, refused), kXSchedErrorHardware);
	assert_int_equal(HwCommandCreateCallback(&refused, refuse, nullptr), kXSchedSuccess);
	assert_int_equal(HwCommandDestroy(refused), kXSchedSuccess);
	assert_int_equal(XQueueSubmit(xq, refused), kXSchedErrorNotFound);
}

static void a_suspended_queue_is_ready_and_runs_nothing(void **state)
{
	XQueueState queue_state;
	(void)state;

	*count = 0;
	assert_int_equal(XQueueWaitAll(xq), kXSchedSuccess);
	assert_int_equal(XQueueQuery(xq, &queue_state), kXSchedSuccess);
	assert_int_equal(queue_state, kQueueStateIdle);
	assert_int_equal(XQueueSuspend(xq, 0x100), kXSchedErrorInvalidValue);
	assert_int_equal(XQueueSuspend(xq, kQueueSuspendFlagWaitAll | kQueueSuspendFlagSyncHwQueue), kXSchedSuccess);
	launch(hwq, &stream);
	assert_int_equal(HwQueueSynchronize(hwq), kXSchedSuccess);
	assert_int_equal(XQueueQuery(xq, &queue_state), kXSchedSuccess);
	assert_int_equal(queue_state, kQueueStateReady);
	assert_int_equal(*count, 0);
	assert_int_equal(XQueueSuspend(xq, kQueueSuspendFlagNone), kXSchedSuccess);
	assert_int_equal(XQueueResume(xq, kQueueResumeFlagDropCommands), kXSchedErrorNotSupported);
	assert_int_equal(XQueueResume(xq, kQueueResumeFlagNone), kXSchedSuccess);
	assert_int_equal(XQueueWaitAll(xq), kXSchedSuccess);
	assert_int_equal(*count, 1);
}

static void destroying_a_suspended_queue_lets_it_run(void **state)
{
	XQueueState queue_state;
	(void)state;

	*count = 0;
	assert_int_equal(XQueueSuspend(xq, kQueueSuspendFlagNone), kXSchedSuccess);
	launch(hwq, &stream);
	assert_int_equal(XQueueDestroy(xq), kXSchedSuccess);
	assert_int_equal(*count, 1);
	assert_int_equal(XQueueDestroy(xq), kXSchedErrorNotFound);
	assert_int_equal(XQueueQuery(xq, &queue_state), kXSchedErrorNotFound);
	assert_int_equal(XQueueResume(xq, kQueueResumeFlagNone), kXSchedErrorNotFound);
	assert_int_equal(HwQueueDestroy(hwq), kXSchedSuccess);
}

static void the_program_goes_on_without_the_library(void **state)
{
	(void)state;
	assert_int_equal(HipQueueCreate(&hwq, stream), kXSchedErrorNotSupported);
	assert_int_equal(XHintSetScheduler(kSchedulerLocal, kPolicyHighestPriorityFirst), kXSchedErrorNotSupported);
	assert_int_equal(XHintTimeslice(TIMESLICE_DEFAULT), kXSchedErrorNotSupported);
	assert_int_equal(launch(0, &stream), kXSchedSuccess);
	assert_int_equal(hipStreamSynchronize(stream), hipSuccess);
	assert_int_equal(*count, 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest with[] = {
		cmocka_unit_test(handles_name_streams),
		cmocka_unit_test(hints_are_checked),
		cmocka_unit_test(policies_that_are_not_there_are_not_supported),
		cmocka_unit_test(commands_are_launched_and_waited_for),
		cmocka_unit_test(a_suspended_queue_is_ready_and_runs_nothing),
		cmocka_unit_test(destroying_a_suspended_queue_lets_it_run),
	};
	const struct CMUnitTest without[] = {cmocka_unit_test(the_program_goes_on_without_the_library)};

	if (argc > 1 && !strcmp(argv[1], "absent"))
		return cmocka_run_group_tests_name("absent", without, setup, NULL);
	return cmocka_run_group_tests_name("compat", with, setup, NULL);
}
