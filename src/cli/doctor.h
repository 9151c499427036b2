/* SPDX-License-Identifier: MIT */
/*
 * The checks of doctor: a table in which each row looks at one reason why a program is not scheduled, and says what it found
 * and what to do. Rows read the machine through struct system and write one finding each.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <jansson.h>
#include <stdio.h>
#include <sys/types.h>

#include "src/cli/launch.h"
#include "src/cli/system.h"

#define DOCTOR_TEXT 1024

/* DOCTOR_NONE: the row does not apply, and is not shown. */
enum doctor_verdict { DOCTOR_NONE, DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM };

/**
 * struct doctor_finding - what a row has to say
 * @found:  one line
 * @advice: what to do; "" with DOCTOR_OK
 */
struct doctor_finding {
	enum doctor_verdict verdict;
	char found[DOCTOR_TEXT], advice[DOCTOR_TEXT];
};

/**
 * struct doctor - what is looked at
 * @pid:     of a running process; 0: none
 * @program: path of a program that is to be run; "": none
 * @library: path of the tool library; "": none was found, and @library_error says why
 * @environ: of the process, names and values, each ended by a zero byte; NULL: no process, or it may not be read
 * @maps:    of the process, text of /proc/PID/maps; NULL likewise
 * @maps_error: positive errno: why @maps is NULL
 * @socket:  where a daemon is looked for
 * @socket_by_process: the same, as the process sees it (below /proc/PID/root)
 * @answer:  what the daemon said
 */
struct doctor {
	const struct system *system;
	pid_t pid;
	char program[PATH_MAX];
	char library[PATH_MAX];
	char library_error[2 * PATH_MAX];
	char *environ;
	size_t environ_size;
	char *maps;
	int maps_error;
	char socket[PATH_MAX], socket_by_process[PATH_MAX];
	struct system_daemon answer;
};

struct doctor_check {
	const char *name;
	void (*run)(const struct doctor *d, struct doctor_finding *f);
};

/* Ends in a row without a name. */
extern const struct doctor_check doctor_checks[];

/**
 * doctor_init() - read what the checks look at
 * @system:  borrowed
 * @pid:     0: none
 * @program: NULL: none
 * @socket:  --socket, or NULL
 * @error:   on failure, one sentence
 *
 * @d->library and @d->library_error are the caller's to fill in.
 * Return: 0; -ESRCH when there is no such process; -ENOENT when there is no such program. doctor_fini() is due on success.
 */
int doctor_init(struct doctor *d, const struct system *system, pid_t pid, const char *program, const char *socket, char *error,
	size_t size);
void doctor_fini(struct doctor *d);

/** doctor_run() - one row */
void doctor_run(const struct doctor *d, const struct doctor_check *check, struct doctor_finding *f);
/** doctor_verdict_name() - "ok", "warning", "problem" */
const char *doctor_verdict_name(enum doctor_verdict verdict);

/** doctor_env() - a variable of the process's environment at its start, or of ours where there is no process; or NULL */
const char *doctor_env(const struct doctor *d, const char *name);
/**
 * doctor_mapped() - a file that is mapped into the process
 * @prefix: of its name, without folders
 * @path:   out: the first one whole, with " (deleted)" if that is what the kernel says
 *
 * Return: how many different files fit.
 */
unsigned doctor_mapped(const struct doctor *d, const char *prefix, char path[PATH_MAX]);
/** doctor_in_container() - whether xschedctl itself is in one, as far as can be told */
bool doctor_in_container(const struct doctor *d);
/** doctor_simulated() - whether kfdsim takes the GPU's place */
bool doctor_simulated(const struct doctor *d);

/* For rows. */
void doctor_ok(struct doctor_finding *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void doctor_bad(struct doctor_finding *f, enum doctor_verdict verdict, const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

void doctor_library(const struct doctor *d, struct doctor_finding *f);
void doctor_program(const struct doctor *d, struct doctor_finding *f);
void doctor_secure(const struct doctor *d, struct doctor_finding *f);
void doctor_switch(const struct doctor *d, struct doctor_finding *f);
void doctor_tools(const struct doctor *d, struct doctor_finding *f);
void doctor_preload(const struct doctor *d, struct doctor_finding *f);
void doctor_register(const struct doctor *d, struct doctor_finding *f);
void doctor_rocr(const struct doctor *d, struct doctor_finding *f);
void doctor_loaded(const struct doctor *d, struct doctor_finding *f);
void doctor_kfd(const struct doctor *d, struct doctor_finding *f);
void doctor_render(const struct doctor *d, struct doctor_finding *f);
void doctor_driver(const struct doctor *d, struct doctor_finding *f);
void doctor_cwsr(const struct doctor *d, struct doctor_finding *f);
void doctor_socket(const struct doctor *d, struct doctor_finding *f);
void doctor_daemon(const struct doctor *d, struct doctor_finding *f);
void doctor_policy(const struct doctor *d, struct doctor_finding *f);
void doctor_client(const struct doctor *d, struct doctor_finding *f);

#endif
