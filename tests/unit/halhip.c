/* SPDX-License-Identifier: MIT */
/* libhalhip with fakes of the tool library and of HIP (client_tool.c, client_hip.c), which the program loads and unloads. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "include/xsched-compat/xsched/hip/hal.h"
#include "include/xsched-compat/xsched/xqueue.h"
#include "tests/unit/client_fake.h"

static char hip_path[] = "/tmp/xsched-hsa-test-XXXXXX/libamdhip64.so.9";
static struct fake_tool *tool;
static void *hip_handle;
static int queue, stream, synchronized;

static struct fake_hip *load_hip(void)
{
	hip_handle = dlopen(hip_path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(hip_handle);
	return dlsym(hip_handle, "fake_hip");
}

static void unload_hip(void)
{
	assert_int_equal(dlclose(hip_handle), 0);
}

static bool hip_is_loaded(void)
{
	void *handle = dlopen(hip_path, RTLD_NOW | RTLD_NOLOAD);

	if (handle)
		dlclose(handle);
	return handle;
}

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
	struct fake_hip *hip = load_hip();
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
	unload_hip();
	assert_false(hip_is_loaded());
	/* Without one nothing can be waited for. */
	assert_int_equal(XQueueWaitAll(xq), kXSchedErrorHardware);
	load_hip()->submit = unload_hip;
	assert_int_equal(XQueueWaitAll(xq), kXSchedSuccess);
	assert_false(hip_is_loaded());
}

/* The file name is what a HIP is known by. */
static int setup(void **state)
{
	char *slash = hip_path + sizeof("/tmp/xsched-hsa-test-XXXXXX") - 1;
	void *handle = dlopen(LIBRARIES "libxsched_hsa_fake.so", RTLD_NOW | RTLD_LOCAL);

	tool = handle ? dlsym(handle, "fake_tool") : NULL;
	*slash = 0;
	if (!tool || !mkdtemp(hip_path))
		return -1;
	*slash = '/';
	return symlink(LIBRARIES "libfake_hip.so", hip_path);
}

static int teardown(void **state)
{
	unlink(hip_path);
	hip_path[sizeof("/tmp/xsched-hsa-test-XXXXXX") - 1] = 0;
	return rmdir(hip_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hip_can_be_unloaded_and_stays_while_it_is_called),
	};

	return cmocka_run_group_tests_name("halhip", tests, setup, teardown);
}
