/* SPDX-License-Identifier: MIT */
/* See nodes.h. */
#include "sim/preload/nodes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct node *add(struct nodes *n, const char *path, enum tree_kind kind)
{
	if (n->count == n->room) {
		size_t room = n->room ? n->room * 2 : 64;
		struct node *grown = realloc(n->node, room * sizeof(*grown));

		if (!grown) {
			n->failed = true;
			return NULL;
		}
		n->node = grown;
		n->room = room;
	}
	struct node *e = &n->node[n->count];
	memset(e, 0, sizeof(*e));
	e->path = strdup(path);
	e->kind = kind;
	if (!e->path) {
		n->failed = true;
		return NULL;
	}
	n->count++;
	return e;
}

void nodes_add_file(struct nodes *n, const char *path, const char *format, ...)
{
	struct node *e = add(n, path, TREE_FILE);
	va_list args;

	if (!e)
		return;
	va_start(args, format);
	if (vasprintf(&e->text, format, args) < 0) {
		e->text = NULL;
		n->failed = true;
	}
	va_end(args);
}

void nodes_add_link(struct nodes *n, const char *path, const char *target)
{
	struct node *e = add(n, path, TREE_LINK);

	if (!e)
		return;
	e->text = strdup(target);
	n->failed |= !e->text;
}

void nodes_add_dir(struct nodes *n, const char *path)
{
	add(n, path, TREE_DIR);
}

void nodes_add_device(struct nodes *n, const char *path, enum devfile_kind device, uint32_t gpu)
{
	struct node *e = add(n, path, TREE_DEVICE);

	if (!e)
		return;
	e->device = device;
	e->gpu = gpu;
}

void nodes_free(struct nodes *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->node[i].path);
		free(n->node[i].text);
	}
	free(n->node);
	memset(n, 0, sizeof(*n));
}
