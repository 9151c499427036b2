/* SPDX-License-Identifier: MIT */
/* Text of clients, which goes to terminals and files of others. */
#ifndef DAEMON_TEXT_H
#define DAEMON_TEXT_H

#include <stddef.h>

/**
 * text_take() - copy @text into @array, cut to its @size
 *
 * What is left is UTF-8 without control characters: each byte of anything else is replaced by a question mark.
 */
void text_take(char *array, size_t size, const char *text);

#endif
