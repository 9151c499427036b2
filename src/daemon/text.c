/* SPDX-License-Identifier: MIT */
/* Cleaning text; see text.h. */
#include "src/daemon/text.h"

#include <stdbool.h>
#include <stdint.h>

#include "src/ipc/codec.h"

/* Bytes of the character at @text, which ends in 0; 0: it is none, or a control character. Source: the Unicode Standard, table 3-7. */
static size_t character(const unsigned char *text)
{
	size_t bytes = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;
	uint32_t c = bytes > 1 ? text[0] & (0x7f >> bytes) : text[0];

	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3f);
	}
	bool overlong = (bytes == 3 && c < 0x800) || (bytes == 4 && c < 0x10000);
	bool control = c < ' ' || (c >= 0x7f && c < 0xa0);

	return overlong || control || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff ? 0 : bytes;
}

void text_take(char *array, size_t size, const char *text)
{
	size_t bytes;

	ipc_text_set(array, size, text);
	for (char *at = array; *at; at += bytes) {
		bytes = character((const unsigned char *)at);
		if (!bytes) {
			*at = '?';
			bytes = 1;
		}
	}
}
