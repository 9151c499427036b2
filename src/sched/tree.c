/* SPDX-License-Identifier: MIT */
/*
 * The ordered set of tree.h. Source: Seidel and Aragon, "Randomized Search Trees", Algorithmica 16
 * (1996). Only the scheduler core, under its caller's lock, writes and reads the nodes.
 */
#include "src/sched/tree.h"

void tree_init(struct tree *t, bool (*before)(const struct tree_node *, const struct tree_node *),
	uint64_t *steps)
{
	*t = (struct tree){.before = before, .steps = steps, .random = 2463534242u};
}

/* Xorshift; Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). */
static uint32_t next_weight(struct tree *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

/* The link that points to @node. */
static struct tree_node **link_to(struct tree *t, struct tree_node *node)
{
	if (!node->up)
		return &t->root;
	return node->up->left == node ? &node->up->left : &node->up->right;
}

/* Moves @node above its parent. */
static void rotate_up(struct tree *t, struct tree_node *node)
{
	struct tree_node *parent = node->up;
	struct tree_node **link = link_to(t, parent);
	struct tree_node *moved;

	++*t->steps;
	if (parent->left == node) {
		moved = node->right;
		parent->left = moved;
		node->right = parent;
	} else {
		moved = node->left;
		parent->right = moved;
		node->left = parent;
	}
	if (moved)
		moved->up = parent;
	node->up = parent->up;
	parent->up = node;
	*link = node;
}

void tree_insert(struct tree *t, struct tree_node *node)
{
	struct tree_node **link = &t->root;
	struct tree_node *up = NULL;

	while (*link) {
		up = *link;
		++*t->steps;
		link = t->before(node, up) ? &up->left : &up->right;
	}
	*node = (struct tree_node){.up = up, .weight = next_weight(t)};
	*link = node;
	t->count++;
	while (node->up && node->up->weight < node->weight)
		rotate_up(t, node);
}

void tree_remove(struct tree *t, struct tree_node *node)
{
	while (node->left && node->right)
		rotate_up(t, node->left->weight > node->right->weight ? node->left : node->right);
	struct tree_node *child = node->left ? node->left : node->right;
	*link_to(t, node) = child;
	if (child)
		child->up = node->up;
	*node = (struct tree_node){0};
	t->count--;
}

struct tree_node *tree_first(const struct tree *t)
{
	struct tree_node *node = t->root;

	while (node && node->left) {
		++*t->steps;
		node = node->left;
	}
	return node;
}

struct tree_node *tree_last(const struct tree *t)
{
	struct tree_node *node = t->root;

	while (node && node->right) {
		++*t->steps;
		node = node->right;
	}
	return node;
}

struct tree_node *tree_next(const struct tree *t, const struct tree_node *node)
{
	++*t->steps;
	if (node->right) {
		struct tree_node *next = node->right;
		while (next->left) {
			++*t->steps;
			next = next->left;
		}
		return next;
	}
	while (node->up && node->up->right == node) {
		++*t->steps;
		node = node->up;
	}
	return node->up;
}

struct tree_node *tree_prev(const struct tree *t, const struct tree_node *node)
{
	++*t->steps;
	if (node->left) {
		struct tree_node *prev = node->left;
		while (prev->right) {
			++*t->steps;
			prev = prev->right;
		}
		return prev;
	}
	while (node->up && node->up->left == node) {
		++*t->steps;
		node = node->up;
	}
	return node->up;
}
