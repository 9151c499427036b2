/* SPDX-License-Identifier: MIT */
/* File names that settings give; see path.h. */
#include "src/common/path.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *path_expand(const char *path)
{
	const char *mark = strstr(path, "%p");
	char *expanded = NULL;

	if (!mark)
		return strdup(path);
	if (asprintf(&expanded, "%.*s%d%s", (int)(mark - path), path, (int)getpid(), mark + 2) < 0)
		return NULL;
	return expanded;
}
