/* SPDX-License-Identifier: MIT */
/* The stream of a trace; see trace_out.h. */
#include "src/hsa_intercept/trace_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS   50
#define HURRY_MS  1000

void trace_out_init(struct trace_out *o, int fd, const _Atomic bool *hurry)
{
	struct stat s;
	bool known = !fstat(fd, &s);

	o->fd = fd;
	o->is_file = known && S_ISREG(s.st_mode);
	o->is_socket = known && S_ISSOCK(s.st_mode);
	o->error = o->is_file && ftruncate(fd, 0) ? -errno : 0;
	o->hurry = hurry;
	o->used = 0;
}

/* Wait until a write will not block. Return: 0 or a negative errno. */
static int wait_writable(const struct trace_out *o)
{
	struct pollfd p = {.fd = o->fd, .events = POLLOUT};

	for (int waited = 0;; waited += atomic_load(o->hurry) ? WAIT_MS : 0) {
		int ready = poll(&p, 1, WAIT_MS);

		/* What is wrong with the descriptor, the write will tell. */
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
		if (waited >= HURRY_MS)
			return -ETIMEDOUT;
	}
}

int trace_out_flush(struct trace_out *o)
{
	size_t done = 0;

	while (!o->error && done < o->used) {
		size_t size = o->used - done;

		o->error = o->is_file ? 0 : wait_writable(o);
		if (o->error)
			break;
		/* A pipe that can be written takes so much at once. */
		if (!o->is_file && size > PIPE_BUF)
			size = PIPE_BUF;
		ssize_t n = o->is_socket ? send(o->fd, o->buffer + done, size, MSG_DONTWAIT | MSG_NOSIGNAL)
					 : write(o->fd, o->buffer + done, size);
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			o->error = -EIO;
		else if (errno != EINTR && errno != EAGAIN)
			o->error = -errno;
	}
	o->used = 0;
	return o->error;
}

static char *room(struct trace_out *o, size_t bytes)
{
	if (sizeof(o->buffer) - o->used < bytes)
		trace_out_flush(o);
	return o->buffer + o->used;
}

void trace_out_text(struct trace_out *o, const char *text)
{
	size_t length = strlen(text);

	memcpy(room(o, length), text, length);
	o->used += length;
}

/* Bytes of the UTF-8 sequence that @s begins with, 0 when it is none (RFC 3629, section 4). */
static unsigned utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	unsigned n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	/* The second byte excludes overlong forms, surrogates and what is beyond Unicode. */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (unsigned i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

void trace_out_string(struct trace_out *o, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	*room(o, 1) = '"';
	o->used++;
	while (*s) {
		/* No step writes more. */
		char *to = room(o, 8);
		unsigned n = utf8_length(s);

		if (!n || *s < 0x20) {
			o->used += (size_t)sprintf(to, "\\u%04x", n ? *s : 0xfffd);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\') {
			*to++ = '\\';
			o->used++;
		}
		memcpy(to, s, n);
		o->used += n;
		s += n;
	}
	*room(o, 1) = '"';
	o->used++;
}

void trace_out_number(struct trace_out *o, uint64_t value)
{
	char digits[20], *to = room(o, sizeof(digits));
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	o->used += n;
	while (n)
		*to++ = digits[--n];
}

void trace_out_us(struct trace_out *o, uint64_t ns)
{
	trace_out_number(o, ns / 1000);
	char *to = room(o, 4);

	to[0] = '.';
	to[1] = (char)('0' + ns / 100 % 10);
	to[2] = (char)('0' + ns / 10 % 10);
	to[3] = (char)('0' + ns % 10);
	o->used += 4;
}
