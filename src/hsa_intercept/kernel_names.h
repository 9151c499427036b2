/* SPDX-License-Identifier: MIT */
/*
 * Names of kernels by the address of their kernel object. Executables are remembered when the program freezes them, and asked for
 * their kernels only when a trace meets one that it does not know; the trace's writer reads.
 */
#ifndef KERNEL_NAMES_H
#define KERNEL_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/** kernel_names_use() - whether names are wanted; false forgets those that are known */
void kernel_names_use(bool wanted);
/**
 * kernel_name() - the name of a kernel as the code object has it (mangled), without its suffix ".kd"
 * Context: one thread, between kernel_names_use(true) and (false); calls the HSA runtime. Hold no lock.
 * Return: valid until the next call of kernel_names_use(); NULL: not known.
 */
const char *kernel_name(uint64_t kernel_object);
/** kernel_names_fork_child() - the child has no runtime to ask */
void kernel_names_fork_child(void);

#endif
