/* api_mqtt: publishes messages for who has no session. A body is read whole before anything of it is
 * published. */
#include "base/die.h"
#include "http/access.h"
#include "http/items.h"
#include "http/routes.h"

#include <jansson.h>
#include <stdlib.h>

enum { MESSAGES_MAX = 1000 };

struct posted {
	const json_t *name; /* of the body, as are: */
	struct str topic, payload;
	bool retain, is_done;
};

static bool read_text(const json_t *value, struct str *out)
{
	*out = (struct str){json_string_value(value), json_string_length(value)};
	return json_is_string(value);
}

/* False: refused, with the member at fault. */
static bool read_message(const json_t *json, struct posted *out, struct refusal *refusal)
{
	const char *key;
	json_t *value;
	*out = (struct posted){.topic = STR(""), .payload = STR("")};
	if (!json_is_object(json))
		return refuse_member(refusal, "", "a message must be an object");
	json_object_foreach((json_t *)(uintptr_t)json, key, value)
	{
		bool is_topic = strcmp(key, "topic") == 0;
		if (is_topic)
			out->name = value;
		if (is_topic || strcmp(key, "payload") == 0) {
			if (!read_text(value, is_topic ? &out->topic : &out->payload))
				return refuse_member(refusal, key, "%s must be a string", key);
		} else if (strcmp(key, "retain") == 0) {
			if (!json_is_boolean(value))
				return refuse_member(refusal, key, "retain must be true or false");
			out->retain = json_is_true(value);
		} else {
			return refuse_member(refusal, key, "unknown property %s", key);
		}
	}
	return out->topic.len || refuse_member(refusal, "topic", "topic is missing");
}

/* Reads all or refuses all. NULL: answered already. */
static struct posted *read_all(const json_t *body, struct answer *a, size_t *count)
{
	*count = json_is_array(body) ? json_array_size(body) : 1;
	if (*count > MESSAGES_MAX) {
		answer_error(a, 400, "%zu messages are too many at once, the limit is %d", *count,
			(int)MESSAGES_MAX);
		return NULL;
	}
	struct posted *all = xcalloc(*count + 1, sizeof *all);
	for (size_t i = 0; i < *count; i++) {
		struct refusal refusal;
		if (!read_message(json_is_array(body) ? json_array_get(body, i) : body, &all[i],
			    &refusal))
			answer_item_error(
				a, 400, i, refusal.member, "message %zu: %s", i, refusal.why.text);
	}
	if (!a->errors.len)
		return all;
	free(all);
	return NULL;
}

/* ---- the answer ---- */

struct list {
	json_t *body;
	struct posted *all;
	size_t count, next;
};

static enum item next_published(void *producer, struct buf *out, struct error *e)
{
	struct list *l = producer;
	while (l->next < l->count && !l->all[l->next].is_done)
		l->next++;
	if (l->next == l->count)
		return ITEM_END;
	if (buf_add(out, "{\"topic\":", 9) && json_compact(l->all[l->next++].name, out) &&
		buf_add_char(out, '}'))
		return ITEM_PUT;
	fail(e, "the list of topics exceeds the answer");
	return ITEM_FAILED;
}

static void release(void *producer)
{
	struct list *l = producer;
	json_decref(l->body);
	free(l->all);
	free(l);
}

static void publish(const struct request *r, struct list *l, struct answer *a)
{
	const struct live_view *live = r->context->live;
	bool any = false;
	for (size_t i = 0; i < l->count; i++) {
		struct posted *p = &l->all[i];
		struct error e;
		bool may = access_publishes(r, p->topic) ||
			   fail(&e, "the token does not grant to publish to this topic");
		p->is_done =
			may && live->publish(live->context, p->topic, p->payload, p->retain, &e);
		if (!p->is_done)
			answer_item_error(
				a, may ? 400 : 403, i, "topic", "message %zu: %s", i, e.text);
		any |= p->is_done;
	}
	if (any)
		a->status = 200; /* what was published is answered, the errors stand beside */
	a->next = next_published;
}

void post_mqtt_messages(const struct request *r, struct answer *a)
{
	struct error e;
	struct list *l = xcalloc(1, sizeof *l);
	a->producer = l;
	a->release = release;
	l->body = resource_json(r->body, &e);
	if (!r->context->live)
		answer_error(a, 403, "MQTT is not served here");
	else if (!l->body)
		answer_error(a, 400, "%s", e.text);
	else if ((l->all = read_all(l->body, a, &l->count)))
		publish(r, l, a);
}
