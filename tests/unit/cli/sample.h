/* SPDX-License-Identifier: MIT */
/* A daemon's list for tests: two GPUs, a job of two processes, one process alone, and one of another user. Tests may change it. */
#ifndef TESTS_CLI_SAMPLE_H
#define TESTS_CLI_SAMPLE_H

#include "src/cli/snapshot.h"

/* Clients by number, with pid and, for 1 and 2, job "serve". Queues: 1 has ids 3 (GPU 0) and 4 (GPU 1), 2 has 3 (GPU 0), 5 has 0. */
enum { SAMPLE_SERVE = 1, SAMPLE_SERVE_RANK = 2, SAMPLE_TRAIN = 5, SAMPLE_OTHERS = 9 };

/** sample_make() - the list; snapshot_fini() is the caller's */
void sample_make(struct snapshot *s);

#endif
