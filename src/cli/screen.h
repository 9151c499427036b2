/* SPDX-License-Identifier: MIT */
/* A terminal's screen for top, by ncurses; nothing else in xschedctl knows of it. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include <stdbool.h>

/* What screen_wait() returns besides characters. */
#define SCREEN_TIMEOUT 0
#define SCREEN_RESIZED (-1)
#define SCREEN_LEFT    (-2)
#define SCREEN_RIGHT   (-3)

/** screen_open() - take over the terminal; false, with a message, if it cannot be driven */
bool screen_open(void);
/** screen_close() - give it back as it was */
void screen_close(void);
/** screen_width() - columns */
unsigned screen_width(void);
/** screen_clear() - begin a new picture */
void screen_clear(void);
/** screen_line() - the next line; lines below the last row are not shown. @marked: stands out */
void screen_line(const char *text, bool marked);
/** screen_show() - show the picture */
void screen_show(void);
/** screen_wait() - wait for a key. Return: its character, or SCREEN_* */
int screen_wait(int timeout_ms);

#endif
