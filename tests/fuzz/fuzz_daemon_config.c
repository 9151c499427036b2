/* SPDX-License-Identifier: MIT */
/* The daemon's configuration file with arbitrary content. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/daemon/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void report(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)file;
	(void)line;
	/* A sentence, with something in it. */
	if (!strchr(text, ' '))
		abort();
	++*(unsigned *)ctx;
}

static void verify(const struct settings *s)
{
	char error[320];

	/* Whatever was given, what is set could have been given. */
	if (s->metrics_interval_s < 1 || s->metrics_interval_s > 86400 || s->stall_ms < 10 || s->window_us < 1 || s->max_clients < 1 ||
		s->user_priority < -255 || s->user_priority > 255 || s->message_rate < 100 || s->log_level > 3)
		abort();
	struct settings copy = *s;
	if (settings_set(&copy, (unsigned)settings_find("policy"), s->policy, error, sizeof(error)) ||
		settings_set(&copy, (unsigned)settings_find("socket"), s->socket, error, sizeof(error)))
		abort();
}

static void read_file(const char *head, const uint8_t *data, size_t size)
{
	struct settings s, before;
	unsigned reports = 0;
	size_t length = strlen(head);
	char *text = malloc(length + size + 1);

	if (!text)
		return;
	memcpy(text, head, length);
	memcpy(text + length, data, size);
	FILE *file = fmemopen(text, length + size + !(length + size), "r");
	settings_default(&s);
	before = s;
	if (file) {
		int rc = settings_read(&s, file, "file", report, &reports);

		if ((rc != 0) != (reports != 0) || (rc && memcmp(&s, &before, sizeof(s))))
			abort();
		fclose(file);
	}
	verify(&s);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const heads[] = {"", "[xschedd]\n", "[xschedd]\npolicy = ", "[xschedd]\nwindow-us = ", "[xschedd]\nsocket = /"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		read_file(heads[i], data, size);
	return 0;
}
