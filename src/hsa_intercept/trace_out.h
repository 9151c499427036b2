/* SPDX-License-Identifier: MIT */
/*
 * The stream of a trace: JSON text into a descriptor, through a buffer. Used by one thread, in which signals are blocked: a pipe that
 * nobody reads any more and a full disk are errors, and nothing else.
 */
#ifndef TRACE_OUT_H
#define TRACE_OUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_OUT_BYTES 65536u

struct trace_out {
	int fd;             /* borrowed */
	int error;          /* the first, negative; nothing is written from then on */
	bool is_file;       /* takes any length without waiting for a reader */
	bool is_socket;
	const _Atomic bool *hurry; /* do not wait long for a reader any more */
	size_t used;
	char buffer[TRACE_OUT_BYTES];
};

/** trace_out_init() - write to @fd, which stays the caller's; a file is emptied. @hurry: see there */
void trace_out_init(struct trace_out *o, int fd, const _Atomic bool *hurry);
/** trace_out_text() - as it is, at most some hundred bytes */
void trace_out_text(struct trace_out *o, const char *text);
/** trace_out_string() - a JSON string: quoted, what JSON does not allow escaped, what is not UTF-8 replaced by U+FFFD */
void trace_out_string(struct trace_out *o, const char *text);
void trace_out_number(struct trace_out *o, uint64_t value);
/** trace_out_us() - nanoseconds as microseconds with three decimals */
void trace_out_us(struct trace_out *o, uint64_t ns);
/**
 * trace_out_flush() - write what is buffered; waits for who reads
 * Return: 0; negative errno, also of an error before; -ETIMEDOUT: nobody read for a second, in a hurry.
 */
int trace_out_flush(struct trace_out *o);

#endif
