#include "core/folds.h"

#include "base/die.h"

#include <stdlib.h>
#define uthash_fatal(message) die("out of memory: %s", message)
#include <uthash.h>
#include <utlist.h>

struct fold_key {
	uint64_t origin, text; /* text: its hash; 0: all texts */
	uint32_t code, is_any; /* whatever the text: where those go that find no place */
};

struct fold_slot {
	struct fold_key key;
	struct fold_slot *prev, *next; /* in order of their beginning */
	UT_hash_handle hh;
	int64_t began_us;
	uint64_t count;
	int64_t time_us; /* of the newest, as are its */
	char *members;
	size_t len;
};

struct folds {
	struct fold_slot *table, *list;
	size_t counts[2]; /* without and with is_any */
	size_t bytes;
	size_t beyond; /* that found no place, in the minute that began at: */
	int64_t beyond_us;
};

struct folds *folds_new(void)
{
	return xcalloc(1, sizeof(struct folds));
}

static void drop(struct folds *f, struct fold_slot *slot)
{
	DL_DELETE(f->list, slot);
	HASH_DEL(f->table, slot);
	f->counts[slot->key.is_any]--;
	f->bytes -= slot->len;
	free(slot->members);
	free(slot);
}

void folds_free(struct folds *f)
{
	while (f->list)
		drop(f, f->list);
	free(f);
}

/* FNV-1a; a collision miscounts, no more. */
static uint64_t hash_of(struct str text)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (uint8_t)text.at[i]) * UINT64_C(1099511628211);
	return hash;
}

static struct fold_slot *find(struct folds *f, const struct fold_key *key)
{
	struct fold_slot *slot;
	HASH_FIND(hh, f->table, key, sizeof *key, slot);
	return slot;
}

static bool begin(struct folds *f, const struct fold_key *key, int64_t now_us)
{
	if (f->counts[key->is_any] == FOLDS_MAX)
		return false;
	struct fold_slot *slot = xcalloc(1, sizeof *slot);
	slot->key = *key;
	slot->began_us = now_us;
	HASH_ADD(hh, f->table, key, sizeof slot->key, slot);
	DL_APPEND(f->list, slot);
	f->counts[key->is_any]++;
	return true;
}

static void count(struct folds *f, struct fold_slot *slot, const struct event *event)
{
	size_t len = event->members.len;
	slot->count++;
	slot->time_us = event->time_us;
	if (f->bytes - slot->len + len > FOLDS_BYTES_MAX)
		return;
	f->bytes += len - slot->len;
	slot->members = xrealloc(slot->members, len + 1);
	slot->len = len;
	if (len)
		memcpy(slot->members, event->members.at, len);
}

/* A whole fleet may come back at once: that is news, but it has an end. */
static bool is_let_through(struct folds *f, int64_t now_us)
{
	if (now_us - f->beyond_us >= FOLD_US) {
		f->beyond_us = now_us;
		f->beyond = 0;
	}
	return f->beyond++ < FOLDS_BEYOND;
}

enum fold folds_add(struct folds *f, const struct event *event, int64_t now_us)
{
	struct fold_key key = {.origin = event_key(event->origin_type, event->origin_id),
		.text = hash_of(event->fold),
		.code = event->code};
	for (int any = 0; any < 2; any++) {
		struct fold_slot *slot = find(f, &key);
		if (slot) {
			count(f, slot, event);
			return FOLD_DONE;
		}
		if (begin(f, &key, now_us))
			return FOLD_NONE;
		key.text = 0;
		key.is_any = 1;
	}
	return is_let_through(f, now_us) ? FOLD_NONE : FOLD_FULL;
}

bool folds_take(struct folds *f, int64_t now_us, struct folded *out)
{
	struct fold_slot *slot;
	while ((slot = f->list) && (now_us == INT64_MAX || now_us - slot->began_us >= FOLD_US)) {
		bool any = slot->count != 0;
		if (any) {
			*out = (struct folded){.count = slot->count, .members = slot->members};
			out->event = (struct event){.code = (enum event_code)slot->key.code,
				.origin_type = (enum origin_type)(slot->key.origin >> 32),
				.origin_id = (uint32_t)slot->key.origin,
				.time_us = slot->time_us,
				.members = {slot->members ? slot->members : "", slot->len}};
			f->bytes -= slot->len;
			slot->members = NULL;
			slot->len = slot->count = 0;
		}
		if (any && now_us != INT64_MAX) {
			slot->began_us = now_us;
			DL_DELETE(f->list, slot);
			DL_APPEND(f->list, slot);
		} else {
			drop(f, slot);
		}
		if (any)
			return true;
	}
	return false;
}
