/* All nodes stand in one hash table, by parent and level, so that a node with one child costs no table of its own.
 * The table grows and shrinks by one bucket at a time (linear hashing): no change waits for all the others to be
 * moved. Levels come from strangers, hence the secret. */
#include "mqtt/index_inside.h"

#include "base/die.h"

#include <stdlib.h>
#include <sys/random.h>

enum { BUCKETS_MIN = 16 }; /* a power of two */

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t index_hash(const struct index *x, struct str level)
{
	uint64_t hash = x->secret[0] ^ level.len, word;
	for (; level.len > sizeof word; level = str_from(level, sizeof word)) {
		memcpy(&word, level.at, sizeof word);
		hash = fold(hash ^ word, x->secret[1]);
	}
	word = 0;
	if (level.len)
		memcpy(&word, level.at, level.len);
	return fold(hash ^ word, x->secret[1]);
}

static uint32_t hash_child(const struct index *x, const struct index_node *parent, uint64_t level)
{
	return (uint32_t)fold(level ^ (uintptr_t)parent, x->secret[1]);
}

static struct index_node **bucket_of(const struct index *x, uint32_t hash)
{
	size_t i = hash & x->mask;
	return &x->buckets[i < x->bucket_count ? i : i & x->mask >> 1];
}

struct index_node *index_find(const struct index *x, const struct index_node *parent,
	struct str level, uint64_t level_hash)
{
	uint32_t hash = hash_child(x, parent, level_hash);
	struct index_node *node = *bucket_of(x, hash);
	while (node && (node->hash != hash || node->parent != parent || node->len != level.len ||
			       memcmp(node->level, level.at, level.len) != 0))
		node = node->next;
	return node;
}

/* ---- buckets ---- */

static void set_bucket_room(struct index *x, size_t room)
{
	x->buckets = xrealloc(x->buckets, room * sizeof *x->buckets);
	x->bucket_room = room;
}

/* Adds a bucket and moves what belongs there out of the one that has had it. */
static void split_bucket(struct index *x)
{
	size_t fresh = x->bucket_count;
	if (fresh == x->bucket_room)
		set_bucket_room(x, x->bucket_room * 2);
	if (fresh > x->mask)
		x->mask = x->mask * 2 + 1;
	struct index_node **from = &x->buckets[fresh & x->mask >> 1], **to = &x->buckets[fresh];
	*to = NULL;
	x->bucket_count++;
	while (*from) {
		struct index_node *node = *from;
		if ((node->hash & x->mask) == fresh) {
			*from = node->next;
			node->next = *to;
			*to = node;
		} else {
			from = &node->next;
		}
	}
}

static void merge_bucket(struct index *x)
{
	size_t last = x->bucket_count - 1;
	struct index_node **into = &x->buckets[last & x->mask >> 1];
	while (*into)
		into = &(*into)->next;
	*into = x->buckets[last];
	x->bucket_count = last;
	if (last == (x->mask >> 1) + 1)
		x->mask >>= 1;
	if (last <= x->bucket_room / 4)
		set_bucket_room(x, x->bucket_room / 2);
}

/* ---- nodes ---- */

/* With what an allocator adds, about. */
static size_t node_bytes(const struct index_node *node)
{
	return (sizeof *node + node->len + 8 + 15) / 16 * 16;
}

static struct index_node *new_node(struct index *x, struct index_node *parent, struct str level)
{
	struct index_node *node = xcalloc(1, sizeof *node + level.len);
	node->parent = parent;
	node->len = (uint16_t)level.len;
	if (level.len)
		memcpy(node->level, level.at, level.len);
	x->bytes += node_bytes(node);
	return node;
}

/* `parent` gets the child that it has not, or loses it. */
static void mark(struct index_node *parent, struct str level, bool has)
{
	parent->children += has ? 1 : UINT32_MAX;
	if (str_is(level, "+"))
		parent->has_plus = has;
	if (str_is(level, "#"))
		parent->has_rest = has;
}

struct index_node *index_find_or_add(struct index *x, struct index_node *parent, struct str level)
{
	uint64_t level_hash = index_hash(x, level);
	struct index_node *node = index_find(x, parent, level, level_hash);
	if (node)
		return node;
	if (x->nodes >= x->bucket_count)
		split_bucket(x);
	node = new_node(x, parent, level);
	node->hash = hash_child(x, parent, level_hash);
	struct index_node **bucket = bucket_of(x, node->hash);
	node->next = *bucket;
	*bucket = node;
	x->nodes++;
	mark(parent, level, true);
	return node;
}

static void remove_node(struct index *x, struct index_node *node)
{
	struct index_node **link = bucket_of(x, node->hash);
	while (*link != node)
		link = &(*link)->next;
	*link = node->next;
	mark(node->parent, (struct str){node->level, node->len}, false);
	x->nodes--;
	x->bytes -= node_bytes(node);
	free(node);
	while (x->bucket_count > BUCKETS_MIN && x->nodes < x->bucket_count / 2)
		merge_bucket(x);
}

/* ---- items ---- */

static bool is_power(uint32_t count)
{
	return (count & (count - 1)) == 0;
}

static void set_item_room(struct index *x, struct index_node *node, uint32_t from, uint32_t to)
{
	node->items.many = xrealloc(from ? node->items.many : NULL, to * sizeof(void *));
	x->bytes += (to - (size_t)from) * sizeof(void *);
}

void index_add_item(struct index *x, struct index_node *node, void *item)
{
	uint32_t count = node->item_count++;
	if (!count) {
		node->items.one = item;
		return;
	}
	if (count == 1) {
		void *first = node->items.one;
		set_item_room(x, node, 0, 2);
		node->items.many[0] = first;
	} else if (is_power(count)) {
		set_item_room(x, node, count, count * 2);
	}
	node->items.many[count] = item;
}

static void remove_item(struct index *x, struct index_node *node, const void *item)
{
	uint32_t i = 0, left = node->item_count - 1;
	void *const *items = index_items(node);
	while (i <= left && items[i] != item)
		i++;
	check(i <= left);
	if (left)
		node->items.many[i] = items[left];
	node->item_count = left;
	if (left == 1) {
		void *last = items[0];
		free(node->items.many);
		x->bytes -= 2 * sizeof(void *);
		node->items.one = last;
	} else if (left && is_power(left)) {
		set_item_room(x, node, left * 2, left);
	}
}

void index_nodes_init(struct index *x)
{
	check(getrandom(x->secret, sizeof x->secret, 0) == (ssize_t)sizeof x->secret);
	x->secret[1] |= 1;
	x->plus = index_hash(x, (struct str)STR("+"));
	x->rest = index_hash(x, (struct str)STR("#"));
	set_bucket_room(x, BUCKETS_MIN);
	memset(x->buckets, 0, BUCKETS_MIN * sizeof *x->buckets);
	x->bucket_count = BUCKETS_MIN;
	x->mask = BUCKETS_MIN - 1;
	x->root = new_node(x, NULL, (struct str){"", 0});
}

void index_nodes_clear(struct index *x)
{
	for (size_t i = 0; i < x->bucket_count; i++) {
		struct index_node *node = x->buckets[i];
		while (node) {
			struct index_node *next = node->next;
			if (node->item_count > 1)
				free(node->items.many);
			free(node);
			node = next;
		}
	}
	free(x->buckets);
	free(x->root);
}

void index_take_item(struct index *x, struct index_node *node, const void *item)
{
	remove_item(x, node, item);
	while (node->parent && !node->item_count && !node->children) {
		struct index_node *parent = node->parent;
		remove_node(x, node);
		node = parent;
	}
}
