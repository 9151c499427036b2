/* SPDX-License-Identifier: MIT */
/* The screen of top; see screen.h. */
#include "src/cli/screen.h"

#include <curses.h>
#include <stdlib.h>

#include "src/cli/command.h"

static int row;

bool screen_open(void)
{
	const char *term = getenv("TERM");

	/* initscr() would end the program. */
	if (!newterm(NULL, stdout, stdin)) {
		cli_error("top: TERM=%s: no such terminal is known; give --plain", term ? term : "");
		return false;
	}
	/* A message would go with the picture. */
	cli_error_before(screen_close);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	return true;
}

void screen_close(void)
{
	cli_error_before(NULL);
	endwin();
}

unsigned screen_width(void)
{
	return (unsigned)COLS;
}

void screen_clear(void)
{
	erase();
	row = 0;
}

void screen_line(const char *text, bool marked)
{
	if (row >= LINES)
		return;
	if (marked)
		attron(A_REVERSE);
	mvaddnstr(row++, 0, text, -1);
	if (marked)
		attroff(A_REVERSE);
}

void screen_show(void)
{
	refresh();
}

int screen_wait(int timeout_ms)
{
	timeout(timeout_ms);
	int key = getch();

	switch (key) {
	case ERR:
		return SCREEN_TIMEOUT;
	case KEY_RESIZE:
		return SCREEN_RESIZED;
	case KEY_LEFT:
		return SCREEN_LEFT;
	case KEY_RIGHT:
		return SCREEN_RIGHT;
	default:
		return key > 0 && key < 256 ? key : SCREEN_TIMEOUT;
	}
}
