/* SPDX-License-Identifier: MIT */
/*
 * What the library costs a program that is alone: the time of an iteration of kernels against native, and the CPU time of the
 * library's own threads, busy and idle. See replay.h.
 */
#include "bench/replay.h"

#include <stddef.h>

static const struct replay_row rows[] = {
	{"native", NULL},
	{"bypass", "XSCHED_HSA_LOG=warning"},
	/* A report counts every packet, so the gate is engaged from the start. */
	{"open gate", "XSCHED_HSA_STATS=/dev/null"},
	{"policy hpf", "XSCHED_HSA_POLICY=hpf"},
	{"window 200 us", "XSCHED_HSA_WINDOW_US=200"},
	{"the same, level 1", "XSCHED_HSA_WINDOW_US=200 XSCHED_HSA_LEVEL=1"},
	{"window 8", "XSCHED_HSA_WINDOW=8"},
	{NULL, NULL},
};

/* Kernels of an inference: most are short, some take half a millisecond. */
static const struct replay_load loads[] = {
	{"5..500 us", 300, 5, 500},
	{"10 us", 300, 10, 10},
	{"100 us", 200, 100, 100},
	{"500 us", 60, 500, 500},
	{NULL, 0, 0, 0},
};

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "Measures what the library costs a program that is alone. Without a GPU: kfdsim -- overhead", rows,
		loads);
}
