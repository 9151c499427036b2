/* SPDX-License-Identifier: MIT */
/* Settings from an arbitrary environment: each line of the input is one "NAME=value". */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "src/common/config.h"

#define LINES_MAX 64

static char *block[LINES_MAX + 1];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *get(const char *name)
{
	size_t length = strlen(name);

	for (char **line = block; *line; line++)
		if (!strncmp(*line, name, length) && (*line)[length] == '=')
			return *line + length + 1;
	return NULL;
}

static void report(void *ctx, const char *text)
{
	/* A sentence, with something in it. */
	if (!strchr(text, ' '))
		abort();
	++*(unsigned *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct config c;
	unsigned lines = 0, reports = 0;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	for (char *line = strtok(text, "\n"); line && lines < LINES_MAX; line = strtok(NULL, "\n"))
		block[lines++] = line;
	block[lines] = NULL;
	config_load(&c, get, block, report, &reports);
	/* Whatever was given, what is set is in range. */
	if (c.log_level < 0 || c.log_level > 3 || c.drain_ms > 60000 || !memchr(c.stats, 0, sizeof(c.stats)))
		abort();
	if (reports > lines + config_option_count)
		abort();

	/* The same text as the value of each setting. */
	memcpy(text, data, size);
	for (size_t i = 0; i < config_option_count; i++)
		config_parse(&config_options[i], text, &c);
	free(text);
	return 0;
}
