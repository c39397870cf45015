#include "live/retained.h"

#include <stdlib.h>

static struct retained *find(const struct live *l, struct str topic)
{
	struct retained *found = NULL;
	HASH_FIND(hh, l->retained, topic.at, topic.len, found);
	return found;
}

static void forget(struct live *l, struct retained *r)
{
	l->retained_bytes -= publication_bytes(r->publication);
	l->retained_count--;
	HASH_DEL(l->retained, r);
	publication_release(l, r->publication);
	free(r);
}

static void add(struct live *l, struct publication *p)
{
	struct retained *new = xcalloc(1, sizeof *new);
	struct str topic = publication_topic(p);
	new->publication = p;
	new->serial = ++l->retained_serial;
	HASH_ADD_KEYPTR(hh, l->retained, topic.at, topic.len, new);
	l->retained_bytes += publication_bytes(p);
	l->retained_count++;
}

static bool is_room(const struct live *l, const struct draft *draft, const struct retained *old)
{
	size_t bytes = l->retained_bytes + draft->topic.len + draft->properties.len +
		       draft->payload.len + 256;
	if (old)
		bytes -= publication_bytes(old->publication);
	return bytes <= RETAINED_BYTES && (old || l->retained_count < RETAINED_MAX);
}

bool retained_set(struct live *l, const struct draft *draft)
{
	struct retained *old = find(l, draft->topic);
	if (draft->payload.len && !is_room(l, draft, old))
		return false;
	if (old)
		forget(l, old);
	if (!draft->payload.len)
		return true;
	add(l, publication_new(l, draft));
	return true;
}

bool retained_restore(struct live *l, struct publication *p)
{
	bool fits = l->retained_bytes + publication_bytes(p) <= RETAINED_BYTES &&
		    l->retained_count < RETAINED_MAX && !find(l, publication_topic(p));
	if (fits)
		add(l, p);
	return fits;
}

void retained_tick(struct live *l)
{
	struct retained *r, *next;
	int64_t now_us = clock_now_us();
	HASH_ITER(hh, l->retained, r, next)
	{
		if (r->publication->expires_us && r->publication->expires_us <= now_us)
			forget(l, r);
	}
}

void retained_clear(struct live *l)
{
	while (l->retained)
		forget(l, l->retained);
}
