/* SPDX-License-Identifier: MIT */
/*
 * Replays of an inference: iterations of some hundred kernels in one queue, each iteration waited for. Compares settings of the
 * library with none, in alternating runs. bench/overhead and bench/window say which settings and kernels.
 */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

/* A setting; the first of a table is native. */
struct replay_row {
	const char *name;
	const char *settings; /* NULL: without the library */
};

/* What an iteration is: @count kernels, from @least_us to @most_us long; the logarithms are spread evenly, in an order that is always the same. */
struct replay_load {
	const char *name;
	unsigned count, least_us, most_us;
};

/**
 * replay_main() - the program
 * @rows, @loads: terminated by a name of NULL
 * Return: the exit status.
 */
int replay_main(int argc, char **argv, const char *doc, const struct replay_row *rows, const struct replay_load *loads);

#endif
