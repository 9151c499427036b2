/* SPDX-License-Identifier: MIT */
/*
 * What windows cost: the time of an iteration of kernels against native, for windows of packets and for the time budget,
 * which is the one that adapts to the kernels. See replay.h.
 */
#include "bench/replay.h"

#include <stddef.h>

static const struct replay_row rows[] = {
	{"native", NULL},
	{"1", "XSCHED_HSA_WINDOW=1"},
	{"2", "XSCHED_HSA_WINDOW=2"},
	{"4", "XSCHED_HSA_WINDOW=4"},
	{"8", "XSCHED_HSA_WINDOW=8"},
	{"16", "XSCHED_HSA_WINDOW=16"},
	{"adaptive", "XSCHED_HSA_WINDOW_US=200"},
	{NULL, NULL},
};

static const struct replay_load loads[] = {
	{"10 us", 300, 10, 10},
	{"100 us", 200, 100, 100},
	{"1000 us", 40, 1000, 1000},
	{NULL, 0, 0, 0},
};

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "Measures what windows cost. Without a GPU: kfdsim -- window", rows, loads);
}
