/* No item is met twice under one filter: what a list stands for are texts that differ, so any two of the plain
 * filters of a filter have different texts in some level, and of these a name has one at most there. A name takes
 * one way to a node only, as at each level a node is left by the text, by + or by #. */
#include "mqtt/index_inside.h"

#include "base/die.h"

#include <stdlib.h>

struct index *index_new(void)
{
	struct index *x = xcalloc(1, sizeof *x);
	index_nodes_init(x);
	return x;
}

void index_free(struct index *x)
{
	if (!x)
		return;
	index_nodes_clear(x);
	free(x);
}

struct change {
	struct index *x;
	void *item;
};

static bool add_plain(void *context, struct str plain)
{
	const struct change *c = context;
	struct index_node *node = c->x->root;
	while (plain.at)
		node = index_find_or_add(c->x, node, str_cut(&plain, '/'));
	index_add_item(c->x, node, c->item);
	return true;
}

static bool remove_plain(void *context, struct str plain)
{
	const struct change *c = context;
	struct index_node *node = c->x->root;
	while (plain.at) {
		struct str level = str_cut(&plain, '/');
		node = index_find(c->x, node, level, index_hash(c->x, level));
		check(node);
	}
	index_take_item(c->x, node, c->item);
	return true;
}

void index_add(struct index *x, struct str filter, void *item)
{
	struct change c = {x, item};
	(void)topic_expand(filter, add_plain, &c);
}

void index_remove(struct index *x, struct str filter, void *item)
{
	struct change c = {x, item};
	(void)topic_expand(filter, remove_plain, &c);
}

/* ---- looking ---- */

struct walk {
	const struct index *x;
	unsigned levels;
	bool is_hidden;                          /* begins with $ */
	bool any_longer;                         /* what is below the last level counts as well */
	void (*each)(void *context, void *item); /* NULL: the first item ends the walk */
	void *context;
	struct str level[TOPIC_LEVELS_MAX];
	uint64_t hash[TOPIC_LEVELS_MAX];
};

static void begin_walk(struct walk *w, const struct index *x, struct str name)
{
	w->x = x;
	w->levels = 0;
	w->any_longer = false;
	w->is_hidden = name.len && name.at[0] == '$';
	w->each = NULL;
	w->context = NULL;
	while (name.at) {
		check(w->levels < TOPIC_LEVELS_MAX);
		w->level[w->levels] = str_cut(&name, '/');
		w->hash[w->levels] = index_hash(x, w->level[w->levels]);
		w->levels++;
	}
}

/* True: the walk ends. */
static bool meet(const struct walk *w, const struct index_node *node)
{
	void *const *items = index_items(node);
	if (!w->each)
		return node->item_count;
	for (uint32_t i = 0; i < node->item_count; i++)
		w->each(w->context, items[i]);
	return false;
}

/* `node` stands for the first `depth` levels of the name. */
static bool walk(const struct walk *w, const struct index_node *node, unsigned depth)
{
	const struct index *x = w->x;
	const struct index_node *child;
	bool may_be_wild = depth || !w->is_hidden;
	if (node->has_rest && may_be_wild &&
		meet(w, index_find(x, node, (struct str)STR("#"), x->rest)))
		return true;
	if (depth == w->levels)
		return w->any_longer || meet(w, node);
	if (node->has_plus && may_be_wild &&
		walk(w, index_find(x, node, (struct str)STR("+"), x->plus), depth + 1))
		return true;
	child = node->children ? index_find(x, node, w->level[depth], w->hash[depth]) : NULL;
	return child && walk(w, child, depth + 1);
}

void index_match(const struct index *x, struct str name, void (*each)(void *context, void *item),
	void *context)
{
	struct walk w;
	begin_walk(&w, x, name);
	w.each = each;
	w.context = context;
	(void)walk(&w, x->root, 0);
}

bool index_any(const struct index *x, struct str name)
{
	struct walk w;
	begin_walk(&w, x, name);
	return walk(&w, x->root, 0);
}

bool index_any_below(const struct index *x, struct str levels)
{
	struct walk w;
	begin_walk(&w, x, levels);
	w.any_longer = true;
	return walk(&w, x->root, 0);
}

size_t index_bytes(const struct index *x)
{
	return sizeof *x + x->bucket_room * sizeof *x->buckets + x->bytes;
}
