/* index_inside: the nodes of an index: a tree with a node for each level of a plain filter, in which + and # are
 * levels like others. */
#ifndef MQTT_INDEX_INSIDE_H
#define MQTT_INDEX_INSIDE_H

#include "mqtt/index.h"

/* Lives as long as there is an item in it or below. */
struct index_node {
	struct index_node *next; /* in the bucket */
	struct index_node *parent;
	union {
		void *one;   /* of one item */
		void **many; /* room for the next power of two */
	} items;
	uint32_t item_count, children, hash;
	uint16_t len;
	bool has_plus, has_rest; /* children + and # */
	char level[];
};

struct index {
	struct index_node *root, **buckets;
	size_t bucket_count, bucket_room, nodes; /* without the root */
	size_t mask;  /* the least power of two that is not below bucket_count, less 1 */
	size_t bytes; /* of nodes and their items */
	uint64_t secret[2];
	uint64_t plus, rest; /* hashes of these levels */
};

void index_nodes_init(struct index *x);
void index_nodes_clear(struct index *x);

uint64_t index_hash(const struct index *x, struct str level);

/* A child of `parent`, or NULL; `hash` is index_hash() of the level. */
struct index_node *index_find(
	const struct index *x, const struct index_node *parent, struct str level, uint64_t hash);
struct index_node *index_find_or_add(struct index *x, struct index_node *parent, struct str level);

/* The item must be there. Frees the node, and those above it, when nothing is left in it and below. */
void index_take_item(struct index *x, struct index_node *node, const void *item);
void index_add_item(struct index *x, struct index_node *node, void *item);

static inline void *const *index_items(const struct index_node *node)
{
	return node->item_count > 1 ? node->items.many : &node->items.one;
}

#endif
