/* SPDX-License-Identifier: MIT */
/* Tables that fit a width; see table.h. */
#include "src/cli/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* Columns of the character at @text, its bytes in @bytes_p; -1: nothing that may be printed. */
static int character(const char *text, size_t *bytes_p)
{
	mbstate_t state = {0};
	wchar_t wide;
	size_t n = mbrtowc(&wide, text, strlen(text), &state);

	if (n == (size_t)-1 || n == (size_t)-2 || !n) {
		*bytes_p = 1;
		return -1;
	}
	*bytes_p = n;
	return wcwidth(wide);
}

void table_text_clean(char *text)
{
	char *to = text;
	size_t bytes;

	for (; *text; text += bytes) {
		if (character(text, &bytes) < 0) {
			*to++ = '?';
			continue;
		}
		memmove(to, text, bytes);
		to += bytes;
	}
	*to = 0;
}

size_t table_text_width(const char *text)
{
	size_t width = 0, bytes;

	for (; *text; text += bytes) {
		int columns = character(text, &bytes);

		width += columns < 0 ? 1 : (size_t)columns;
	}
	return width;
}

/* Bytes of @text that fill at most @width columns. */
static size_t text_cut(const char *text, size_t width)
{
	const char *p = text;
	size_t used = 0, bytes;

	for (; *p; p += bytes) {
		int columns = character(p, &bytes);

		used += columns < 0 ? 1 : (size_t)columns;
		if (used > width)
			break;
	}
	return (size_t)(p - text);
}

void table_init(struct table *t, const struct table_column *columns)
{
	*t = (struct table){.columns = columns};
	while (columns[t->column_count].title)
		t->column_count++;
}

void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){0};
}

void table_add(struct table *t, const char *format, ...)
{
	char *cell = NULL, **more;
	va_list args;

	va_start(args, format);
	int r = vasprintf(&cell, format, args);
	va_end(args);
	if (r < 0) {
		t->failed = true;
		return;
	}
	/* Room doubles at counts that are powers of two. */
	if (!(t->cell_count & (t->cell_count - 1))) {
		more = reallocarray(t->cells, t->cell_count ? 2 * t->cell_count : 1, sizeof(*more));
		if (!more) {
			free(cell);
			t->failed = true;
			return;
		}
		t->cells = more;
	}
	table_text_clean(cell);
	t->cells[t->cell_count++] = cell;
	t->row_count = t->cell_count / t->column_count;
}

struct layout {
	size_t widths[TABLE_COLUMNS]; /* 0: not shown */
};

static size_t layout_total(const struct table *t, const struct layout *l)
{
	size_t total = 0, shown = 0;

	for (size_t c = 0; c < t->column_count; c++) {
		total += l->widths[c];
		shown += l->widths[c] > 0;
	}
	return total + (shown ? shown - 1 : 0);
}

static size_t least_width(const struct table *t, size_t c)
{
	size_t title = table_text_width(t->columns[c].title);

	return t->columns[c].least > title ? t->columns[c].least : title;
}

/* Cut the widest texts first, until everything fits or nothing can be cut. */
static void layout_cut(const struct table *t, struct layout *l, unsigned width)
{
	while (layout_total(t, l) > width) {
		size_t widest = t->column_count;

		for (size_t c = 0; c < t->column_count; c++)
			if (t->columns[c].least && l->widths[c] > least_width(t, c) &&
				(widest == t->column_count || l->widths[c] > l->widths[widest]))
				widest = c;
		if (widest == t->column_count)
			return;
		l->widths[widest]--;
	}
}

/* With every text cut as far as it may be. */
static size_t layout_least(const struct table *t, const struct layout *l)
{
	struct layout cut = *l;

	layout_cut(t, &cut, 0);
	return layout_total(t, &cut);
}

static struct layout layout_make(const struct table *t, unsigned width)
{
	struct layout l = {0};

	for (size_t c = 0; c < t->column_count; c++) {
		l.widths[c] = table_text_width(t->columns[c].title);
		for (size_t r = 0; r < t->row_count; r++) {
			size_t cell = table_text_width(t->cells[r * t->column_count + c]);

			if (cell > l.widths[c])
				l.widths[c] = cell;
		}
	}
	if (!width)
		return l;
	while (layout_least(t, &l) > width) {
		size_t last = t->column_count;

		for (size_t c = 0; c < t->column_count; c++)
			if (l.widths[c] && t->columns[c].rank &&
				(last == t->column_count || t->columns[c].rank >= t->columns[last].rank))
				last = c;
		if (last == t->column_count)
			break;
		l.widths[last] = 0;
	}
	layout_cut(t, &l, width);
	return l;
}

static void put_blanks(FILE *out, size_t count)
{
	fprintf(out, "%*s", (int)count, "");
}

static void put_cell(FILE *out, const struct table_column *column, const char *text, size_t width)
{
	size_t bytes = text_cut(text, width);
	char cut[1024];

	snprintf(cut, sizeof(cut), "%.*s", (int)bytes, text);
	size_t blanks = width - table_text_width(cut);
	if (column->right)
		put_blanks(out, blanks);
	fputs(cut, out);
	if (!column->right)
		put_blanks(out, blanks);
}

/* Row SIZE_MAX is the titles. */
static int put_line(const struct table *t, const struct layout *l, size_t row, void (*each)(void *, const char *), void *ctx)
{
	char *line = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&line, &bytes);
	bool first = true;

	if (!out)
		return -ENOMEM;
	for (size_t c = 0; c < t->column_count; c++) {
		if (!l->widths[c])
			continue;
		if (!first)
			fputc(' ', out);
		first = false;
		put_cell(out, &t->columns[c], row == SIZE_MAX ? t->columns[c].title : t->cells[row * t->column_count + c],
			l->widths[c]);
	}
	if (fclose(out)) {
		free(line);
		return -ENOMEM;
	}
	while (bytes && line[bytes - 1] == ' ')
		line[--bytes] = 0;
	each(ctx, line);
	free(line);
	return 0;
}

int table_lines(const struct table *t, unsigned width, void (*each)(void *ctx, const char *line), void *ctx)
{
	if (t->failed)
		return -ENOMEM;
	struct layout l = layout_make(t, width);
	int r = put_line(t, &l, SIZE_MAX, each, ctx);
	for (size_t row = 0; row < t->row_count && !r; row++)
		r = put_line(t, &l, row, each, ctx);
	return r;
}

static void print_line(void *ctx, const char *line)
{
	fprintf(ctx, "%s\n", line);
}

int table_print(const struct table *t, unsigned width, FILE *out)
{
	return table_lines(t, width, print_line, out);
}

unsigned table_width(FILE *out)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");

	if (fileno(out) >= 0 && isatty(fileno(out)) && !ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return columns ? (unsigned)strtoul(columns, NULL, 10) : 0;
}

void table_time(uint64_t ns, char *text, size_t size)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}};

	if (ns == UINT64_MAX) {
		snprintf(text, size, "-");
		return;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if ((double)ns >= units[i].ns) {
			double value = (double)ns / units[i].ns;

			snprintf(text, size, value < 1000 ? "%.1f %s" : "%.0f %s", value, units[i].name);
			return;
		}
	snprintf(text, size, "%" PRIu64 " ns", ns);
}
