/* SPDX-License-Identifier: MIT */
/*
 * Joins traces of several processes of one machine. Reads Chrome trace event JSON, one event at a time, and writes the same;
 * times are CLOCK_MONOTONIC in all of them and stay as they are.
 */
#ifndef CLI_TRACE_MERGE_H
#define CLI_TRACE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Processes of one file. */
#define TRACE_PIDS 256

/**
 * struct trace_input - what came from a file
 * @name:   borrowed
 * @events: taken over
 * @cut:    it ended within the list, as that of a process that was killed does
 * @pids:   those in it, and what they are in the output
 */
struct trace_input {
	const char *name;
	uint64_t events;
	bool cut;
	struct {
		int64_t in, out;
	} pids[TRACE_PIDS];
	size_t pid_count;
};

/**
 * struct trace_output - the joint trace
 * @error:    0; -errno of the first write that failed
 * @next_pid: a number for the next process whose own is taken
 */
struct trace_output {
	FILE *out;
	int error;
	uint64_t events;
	int64_t next_pid;
	struct trace_input **inputs; /* those before, borrowed: their numbers are taken */
	size_t input_count;
};

/** trace_merge_begin() - write what comes before the first event; @inputs has room for every file */
void trace_merge_begin(struct trace_output *o, FILE *out, struct trace_input **inputs);
/**
 * trace_merge_file() - add the events of a file
 * @in:    at its beginning: an array of events, or an object with an array "traceEvents"; either may end anywhere
 * @input: @name is set; the rest is filled in. It must live as long as @o.
 * @error: on failure: a sentence without the file's name
 *
 * Two processes with the same number in different files (of containers, or of a number that was used again) are kept apart: the
 * later one gets another number, and a label with its own. Spans of two processes are, too, whatever they are numbered.
 * Return: 0; -EINVAL for what is no trace; -ENOSPC for too many processes; -ENOMEM; -EIO when @in cannot be read; @o->error.
 */
int trace_merge_file(struct trace_output *o, FILE *in, struct trace_input *input, char *error, size_t size);
/** trace_merge_end() - write what comes behind the last event. Return: 0, or @o->error: all was written, or why not. */
int trace_merge_end(struct trace_output *o);

#endif
