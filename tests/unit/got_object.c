/* SPDX-License-Identifier: MIT */
/* Stands for ROCr and its thunk in tests/unit/cwsr_got.c: an object that calls ioctl(). */
#include <sys/ioctl.h>

int got_object_call(int fd, int *out);

__attribute__((visibility("default"))) int got_object_call(int fd, int *out)
{
	return ioctl(fd, FIONREAD, out);
}
