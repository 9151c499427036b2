/* SPDX-License-Identifier: MIT */
/*
 * Kernels whose duration is declared (--kernel-time, --kernel-times). Written by people, checked by the launcher, handed to
 * the command processor when /dev/kfd is first opened.
 */
#ifndef SIM_FAULT_KERNEL_TIME_H
#define SIM_FAULT_KERNEL_TIME_H

#include <stddef.h>
#include <stdint.h>

/* One declaration each line. */
#define SIM_ENV_KERNEL_TIMES "KFDSIM_KERNEL_TIMES"

struct kernel_time {
	char pattern[512]; /* the kernel's name in its code object, or a glob(7) of it */
	uint64_t ns;
	uint32_t cus;      /* 0: all */
};

/**
 * kernel_time_parse() - read one declaration, "NAME=DURATION[:CUS]"
 * Return: 0; -EINVAL, with what is wrong and what would be right in @error.
 */
int kernel_time_parse(const char *text, struct kernel_time *t, char *error, size_t error_bytes);
/**
 * kernel_times_read() - the declarations in a file, one a line; lines that are empty or begin with # do not count
 * @list: they are appended to it, each followed by a newline
 * Return: 0; -errno; -EINVAL for a wrong line, -E2BIG when there is no room. Then @error says more.
 */
int kernel_times_read(const char *path, char *list, size_t list_bytes, char *error, size_t error_bytes);
/** kernel_times_begin() - declare those in the environment; the first call counts */
void kernel_times_begin(void);

#endif
