/* SPDX-License-Identifier: MIT */
/*
 * Text tables that fit a width: where cutting texts as far as they may be cut is not enough, the columns that matter least are
 * left out. Cells come from other processes too, so what would move a terminal's cursor is replaced.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS 24

/**
 * struct table_column - a column
 * @title: NULL: ends the list
 * @right: numbers stand at the right
 * @rank:  0: always shown; of the others, the greatest goes first when the width is too small
 * @least: a text may be cut to this many columns; 0: it may not be cut
 */
struct table_column {
	const char *title;
	bool right;
	unsigned rank, least;
};

/* Cells by row; own heap. */
struct table {
	const struct table_column *columns;
	size_t column_count, row_count, cell_count;
	char **cells;
	bool failed; /* without memory for a cell */
};

/** table_init() - an empty table of at most TABLE_COLUMNS columns; @columns is borrowed */
void table_init(struct table *t, const struct table_column *columns);
void table_fini(struct table *t);
/** table_add() - the next cell, row by row. Failures are remembered for table_print(). */
void table_add(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * table_lines() - the table as lines, titles first
 * @width: of a line in columns; 0: no limit
 * @each:  told of every line, which has no trailing blanks
 *
 * No line is wider than @width, unless titles and uncut cells of the columns of rank 0 are.
 * Return: 0; -ENOMEM.
 */
int table_lines(const struct table *t, unsigned width, void (*each)(void *ctx, const char *line), void *ctx);
/** table_print() - the same into @out. Return: 0, -ENOMEM. */
int table_print(const struct table *t, unsigned width, FILE *out);

/** table_text_clean() - replace control characters and what is not printable in this locale by '?', in place */
void table_text_clean(char *text);
/** table_text_width() - columns that a clean text takes on a terminal */
size_t table_text_width(const char *text);

/** table_width() - of the terminal on @out; else COLUMNS; else 0, no limit */
unsigned table_width(FILE *out);

/** table_time() - nanoseconds as "12.3 ms"; UINT64_MAX: "-". At most 8 columns below 11 days. */
void table_time(uint64_t ns, char *text, size_t size);

#endif
