/* SPDX-License-Identifier: MIT */
/* Copies between the simulated driver and pointers that an application passed: a wrong pointer is an error, not a crash. */
#ifndef SIM_USERCOPY_H
#define SIM_USERCOPY_H

#include <stddef.h>
#include <stdint.h>

/** user_read() - copy from the application. Return: 0; -EFAULT. */
int user_read(void *to, uint64_t from, size_t bytes);
/** user_write() - copy to the application. Return: 0; -EFAULT. */
int user_write(uint64_t to, const void *from, size_t bytes);
/** user_range_ok() - whether an address range lies in user space at all (nothing is touched) */
int user_range_ok(uint64_t addr, uint64_t bytes);
/**
 * user_populate() - what pinning user pages does: fault them in, and learn whether they can be used
 * Return: 0; -EFAULT when a page is not mapped or not accessible so.
 */
int user_populate(uint64_t addr, uint64_t bytes, int writable);

#endif
