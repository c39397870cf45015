/* api_logs: what happened to devices, channels, tokens and sessions, in the order of time over all that are chosen. */
#include "base/die.h"
#include "http/entries.h"
#include "http/routes.h"

static bool take_event(void *context, const struct journal_entry *entry)
{
	struct entries *e = context;
	size_t start = e->page.len;
	if (!event_json(entry, &e->page))
		e->page.len = start;
	return entries_take(e, entry->no);
}

static bool read_events(struct entries *e, const struct journal_query *range, struct error *why)
{
	return journal_read(e->context->event_journal, range, take_event, e, why);
}

static void get_logs(const struct request *r, struct answer *a, const struct collection *c,
	enum origin_type type)
{
	struct chosen chosen;
	struct entries *e = entries_of(r, a, c, &chosen);
	if (!e)
		return;
	if (chosen.count > ENTRIES_KEYS_MAX) {
		answer_error(a, 400,
			"%zu items are selected, logs of at most %d can be read at once",
			chosen.count, (int)ENTRIES_KEYS_MAX);
	} else if (r->context->event_journal) {
		e->keys = xmalloc((chosen.count + 1) * sizeof *e->keys);
		for (size_t i = 0; i < chosen.count; i++)
			e->keys[e->key_count++] = event_key(type, chosen.ids[i]);
	}
	e->read = read_events;
	entries_answer(e, a);
	chosen_clear(&chosen);
}

void get_device_logs(const struct request *r, struct answer *a)
{
	get_logs(r, a, &devices, ORIGIN_DEVICE);
}

void get_channel_logs(const struct request *r, struct answer *a)
{
	get_logs(r, a, &channels, ORIGIN_CHANNEL);
}

void get_mqtt_logs(const struct request *r, struct answer *a)
{
	struct entries *e = entries_new(r, a, &entries_resource);
	if (!e)
		return;
	if (r->context->event_journal) {
		e->keys = xmalloc(sizeof *e->keys);
		e->keys[e->key_count++] = event_key(ORIGIN_MQTT, 0);
	}
	e->read = read_events;
	entries_answer(e, a);
}

/* What happened to tokens, also to those that are gone: ids above the last one known are of tokens
 * that went before the gateway started. */
void get_customer_logs(const struct request *r, struct answer *a)
{
	enum { GONE = 1000 };
	struct entries *e = entries_new(r, a, &account_entries_resource);
	if (!e)
		return;
	size_t last = r->context->tokens ? tokens_last_id(r->context->tokens) : 0;
	size_t first = last + GONE > ENTRIES_KEYS_MAX ? last + GONE - ENTRIES_KEYS_MAX : 0;
	bool wants_tokens = !e->data.item_type || e->data.item_type == ORIGIN_TOKEN;
	if (r->context->event_journal && wants_tokens) {
		e->keys = xmalloc((last + GONE - first) * sizeof *e->keys);
		while (first < last + GONE)
			e->keys[e->key_count++] = event_key(ORIGIN_TOKEN, (uint32_t)++first);
	}
	e->read = read_events;
	entries_answer(e, a);
}

/* "origin=gw/devices/7" -> the key of what happened to it. */
static bool origin_key(struct str text, uint64_t *key)
{
	static const struct {
		const char *before;
		enum origin_type type;
	} origins[] = {
		{"origin=gw/channels/", ORIGIN_CHANNEL}, {"origin=gw/devices/", ORIGIN_DEVICE}};
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
		uint64_t id;
		if (!str_starts(text, origins[i].before))
			continue;
		if (!str_to_u64(str_from(text, strlen(origins[i].before)), &id) || !id ||
			id > UINT32_MAX)
			return false;
		*key = event_key(origins[i].type, (uint32_t)id);
		return true;
	}
	return false;
}

/* Of items that are gone nothing is known but their events: whether there was one is not asked. */
void get_deleted_logs(const struct request *r, struct answer *a)
{
	uint64_t key;
	if (!origin_key(r->segment[0], &key)) {
		answer_error(a, 400,
			"which item is said by origin=gw/devices/NUMBER or "
			"origin=gw/channels/NUMBER");
		return;
	}
	struct entries *e = entries_new(r, a, &entries_resource);
	if (!e)
		return;
	if (r->context->event_journal) {
		e->keys = xmalloc(sizeof *e->keys);
		e->keys[e->key_count++] = key;
	}
	e->read = read_events;
	entries_answer(e, a);
}
