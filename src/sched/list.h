/* SPDX-License-Identifier: MIT */
/*
 * Intrusive circular lists of the scheduler core: a member stands in at most one place per node.
 * Whoever owns the scheduler (its lock, or its only thread) writes and reads them.
 */
#ifndef SCHED_LIST_H
#define SCHED_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

#define list_entry(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))
/* The body may remove the current member, and no other. */
#define list_for_each(node, head)                                                                  \
	for (struct list *node = (head)->next, *node##_next = node->next; node != (head);          \
		node = node##_next, node##_next = node->next)

/** list_init() - make @head an empty list, or a node that stands in no list */
static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}

/** list_empty() - whether @head has no members (or, for a node, whether it stands in no list) */
static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

/** list_append() - put @node, which stands in no list, at the end of @head */
static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/** list_remove() - take @node out of its list, if it stands in one */
static inline void list_remove(struct list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	list_init(node);
}

#endif
