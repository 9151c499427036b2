/* SPDX-License-Identifier: MIT */
/* Loading and unloading the fake HIP as a program would. LIBRARIES, the folder of the fakes with its last slash, comes from the build. */
#ifndef CLIENT_LOAD_H
#define CLIENT_LOAD_H

#include <stdbool.h>

#include "tests/unit/client_fake.h"

/** load_or_end() - a library, of the caller's own scope; the test fails without it. Return: its handle. */
void *load_or_end(const char *path);
/** hip_setup(), hip_teardown() - for cmocka: the fake HIP has a file name that HIP is known by; not loaded yet */
int hip_setup(void **state);
int hip_teardown(void **state);
/** hip_load() - as load_or_end(), once at a time */
struct fake_hip *hip_load(void);
void hip_unload(void);
bool hip_is_loaded(void);

#endif
