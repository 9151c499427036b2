/* SPDX-License-Identifier: MIT */
/*
 * An intrusive ordered set: a treap whose node weights come from a generator in the tree, so that
 * equal calls build equal trees. The scheduler core writes and reads it; every comparison and step
 * is counted, for tests.
 */
#ifndef SCHED_TREE_H
#define SCHED_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
	struct tree_node *up, *left, *right;
	uint32_t weight;
};

struct tree {
	struct tree_node *root;
	bool (*before)(const struct tree_node *a, const struct tree_node *b);
	uint64_t *steps;
	uint32_t count;
	uint32_t random;
};

#define tree_entry(node, type, member)                                                             \
	((node) ? (type *)(void *)((char *)(node)-offsetof(type, member)) : NULL)

/**
 * tree_init() - make an empty set
 * @t:      the set
 * @before: the order; elements of which neither is before the other keep the order of insertion
 * @steps:  counts comparisons and steps of this set; not NULL
 */
void tree_init(struct tree *t, bool (*before)(const struct tree_node *, const struct tree_node *),
	uint64_t *steps);
/** tree_insert() - add @node, which must stand in no tree; expected O(log n) */
void tree_insert(struct tree *t, struct tree_node *node);
/** tree_remove() - take out @node, which must stand in @t; expected O(log n) */
void tree_remove(struct tree *t, struct tree_node *node);
/** tree_first() - the least element, or NULL; expected O(log n), as are the next three */
struct tree_node *tree_first(const struct tree *t);
/** tree_last() - the greatest element, or NULL */
struct tree_node *tree_last(const struct tree *t);
/** tree_next() - the element after @node, or NULL */
struct tree_node *tree_next(const struct tree *t, const struct tree_node *node);
/** tree_prev() - the element before @node, or NULL */
struct tree_node *tree_prev(const struct tree *t, const struct tree_node *node);

#endif
