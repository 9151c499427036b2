/* SPDX-License-Identifier: MIT */
/*
 * The environment in which ROCr loads the tool library into a program, whatever ROCr and the program's frameworks do about it.
 * `run` applies it and `doctor` compares a process's environment with it.
 */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define LAUNCH_LIBRARY	 "libxsched_hsa.so"
#define LAUNCH_VARIABLES 32

/** typedef launch_getenv_fn - value of a variable or NULL; @ctx is the caller's */
typedef const char *(*launch_getenv_fn)(void *ctx, const char *name);

/**
 * struct launch_variable - a change of the environment
 * @name:  static
 * @value: own heap
 */
struct launch_variable {
	const char *name;
	char *value;
};

/* Changes in the order of the table; what the user set himself and need not change is not among them. */
struct launch_plan {
	struct launch_variable variables[LAUNCH_VARIABLES];
	size_t count;
};

/**
 * launch_plan_library() - what loads @library into a program
 * @plan:    empty
 * @library: absolute path of the tool library
 * @get:     the environment as it is
 * @error:   on failure: what is wrong and what would be right
 *
 * Lists keep what is in them: in HSA_TOOLS_LIB the library comes last, which puts it next to the program; in LD_PRELOAD it
 * comes first. Other variables are added only where the user has not set them.
 * Return: 0; -EINVAL for a path that the lists cannot hold; -ENOMEM.
 */
int launch_plan_library(struct launch_plan *plan, const char *library, launch_getenv_fn get, void *ctx, char *error, size_t size);
/** launch_plan_set() - add a variable with a value that replaces what is there. Return: 0, -ENOMEM, -ENOSPC. */
int launch_plan_set(struct launch_plan *plan, const char *name, const char *value);
void launch_plan_fini(struct launch_plan *plan);

/**
 * launch_tools_next() - the next library in the text of HSA_TOOLS_LIB, as ROCr reads it
 * @text: where to read; a space separates, " quotes, \ escapes
 * @path: the name
 *
 * Return: what follows it, or NULL when there was none. Names of more than PATH_MAX - 1 bytes are cut.
 * Source: runtime.cpp of ROCr 5.2.3, parse_tool_names().
 */
const char *launch_tools_next(const char *text, char path[PATH_MAX]);
/** launch_preload_next() - the next library in the text of LD_PRELOAD, separated by spaces or colons; see ld.so(8) */
const char *launch_preload_next(const char *text, char path[PATH_MAX]);
/** launch_is_library() - whether a path names the tool library, wherever it lies */
bool launch_is_library(const char *path);

/**
 * launch_find_library() - where the tool library is
 * @given: --library; NULL: $XSCHEDCTL_LIBRARY, else beside a program that was not installed, else the configured folder
 * @path:  absolute
 *
 * Return: 0; -ENOENT or -EACCES with a sentence in @error.
 */
int launch_find_library(const char *given, char path[PATH_MAX], char *error, size_t size);

#endif
