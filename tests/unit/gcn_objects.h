/* SPDX-License-Identifier: MIT */
/*
 * The code objects that gcn_compile made from gcn_kernels.cl, one for each ISA and optimisation level, and what tests of their
 * kernels share. Used by one test thread.
 */
#ifndef TESTS_GCN_OBJECTS_H
#define TESTS_GCN_OBJECTS_H

#include "gcn_rig.h"

typedef void (*kernel_test_fn)(struct rig *r, const char *where);

/** objects_exist() - whether there was a compiler when the tests were built */
bool objects_exist(void);
/** on_every_object() - run @test with each code object loaded into a rig of its own; fails if one was not built */
void on_every_object(kernel_test_fn test);
/** launch() - rig_run(), and fail if it does not end well */
void launch(struct rig *r, const char *where, const struct rig_launch *l);
/** random32(), random_float() - the same sequence for every object; floats between -128 and 128 */
uint32_t random32(void);
float random_float(void);
/** expect_words(), expect_longs() - fail with the first difference */
void expect_words(const char *where, const uint32_t *got, const uint32_t *want, size_t count);
void expect_longs(const char *where, const uint64_t *got, const uint64_t *want, size_t count);

#endif
