/* SPDX-License-Identifier: MIT */
/* The fake HIP as a file that is loaded and unloaded; see client_load.h. */
#include "tests/unit/client_load.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "/tmp/xsched-hsa-test-XXXXXX"
/* What HIP is known by. */
#define NAME "/libamdhip64.so.9"

static char hip_path[] = FOLDER NAME;
static void *hip_handle;

void *load_or_end(const char *path)
{
	void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!handle)
		print_error("%s\n", dlerror());
	assert_non_null(handle);
	return handle;
}

int hip_setup(void **state)
{
	char *slash = hip_path + sizeof(FOLDER) - 1;

	*slash = 0;
	if (!mkdtemp(hip_path))
		return -1;
	*slash = '/';
	return symlink(LIBRARIES "libfake_hip.so", hip_path);
}

int hip_teardown(void **state)
{
	unlink(hip_path);
	hip_path[sizeof(FOLDER) - 1] = 0;
	return rmdir(hip_path);
}

struct fake_hip *hip_load(void)
{
	hip_handle = load_or_end(hip_path);
	return dlsym(hip_handle, "fake_hip");
}

void hip_unload(void)
{
	assert_int_equal(dlclose(hip_handle), 0);
}

bool hip_is_loaded(void)
{
	void *handle = dlopen(hip_path, RTLD_NOW | RTLD_NOLOAD);

	if (handle)
		dlclose(handle);
	return handle;
}
