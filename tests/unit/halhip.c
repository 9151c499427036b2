/* SPDX-License-Identifier: MIT */
/* libhalhip with fakes of the tool library and of HIP (client_tool.c, client_hip.c), which the program loads and unloads. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "include/xsched-compat/xsched/hip/hal.h"
#include "include/xsched-compat/xsched/xqueue.h"
#include "tests/unit/client_load.h"

static struct fake_tool *tool;
static int queue, stream, synchronized;

static void submit(void)
{
	tool->submitted = &queue;
}

static void count(void)
{
	synchronized++;
}

static void hip_can_be_unloaded_and_stays_while_it_is_called(void **state)
{
	struct fake_hip *hip = hip_load();
	HwQueueHandle hwq;
	XQueueHandle xq;
	XQueueState now;

	hip->submit = submit;
	assert_int_equal(HipQueueCreate(&hwq, (hipStream_t)&stream), kXSchedSuccess);
	assert_int_equal(XQueueCreate(&xq, hwq, kPreemptLevelBlock, kQueueCreateFlagNone), kXSchedSuccess);
	hip->submit = count;
	assert_int_equal(XQueueWaitAll(xq), kXSchedSuccess);
	assert_int_equal(XQueueQuery(xq, &now), kXSchedSuccess);
	assert_int_equal(synchronized, 2);
	hip_unload();
	assert_false(hip_is_loaded());
	/* Without one nothing can be waited for. */
	assert_int_equal(XQueueWaitAll(xq), kXSchedErrorHardware);
	hip_load()->submit = hip_unload;
	assert_int_equal(XQueueWaitAll(xq), kXSchedSuccess);
	assert_false(hip_is_loaded());
}

static int setup(void **state)
{
	tool = dlsym(load_or_end(LIBRARIES "libxsched_hsa_fake.so"), "fake_tool");
	return hip_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hip_can_be_unloaded_and_stays_while_it_is_called),
	};

	return cmocka_run_group_tests_name("halhip", tests, setup, hip_teardown);
}
