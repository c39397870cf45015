#include "line.h"

#include "live/publish.h"
#include "live/session.h"

enum { QUEUE_BYTES = 40000000 };

/* This file stands in for base/clock.c. */
int64_t now_us;

int64_t clock_now_us(void)
{
	return now_us;
}

int64_t clock_monotonic_us(void)
{
	return now_us;
}

int line_begin(void **state)
{
	struct line *q = calloc(1, sizeof *q);
	struct token token;
	now_us = INT64_C(1700000000000000);
	token_init(&token);
	q->live = live_new(&(struct live_options){.queue_bytes = QUEUE_BYTES});
	q->session = visitor_session(q->live, &token, "c");
	q->visitor = visitor_come(q->live, q->session, MQTT_5);
	*state = q;
	return 0;
}

int line_end(void **state)
{
	struct line *q = *state;
	if (q->visitor)
		visitor_go(q->visitor);
	if (q->session)
		session_end(q->live, q->session);
	assert_int_equal(q->live->entry_bytes, 0);
	assert_int_equal(q->live->publication_bytes, 0);
	assert_int_equal(q->live->session_count, 0);
	assert_null(q->live->holders);
	live_free(q->live);
	free(q);
	return 0;
}

/* ---- giving and taking ---- */

void give_until(struct line *q, const char *payload, uint8_t qos, int64_t expires_us)
{
	struct draft draft = {.topic = str_of("t"),
		.payload = str_of(payload),
		.time_us = now_us,
		.qos = qos,
		.expires_us = expires_us};
	struct publication *p = publication_new(q->live, &draft);
	session_deliver(q->live, q->session, p, qos, false, NULL, 0);
	publication_release(q->live, p);
}

void give(struct line *q, uint8_t qos, const char *payload)
{
	give_until(q, payload, qos, 0);
}

void give_number(struct line *q, uint8_t qos, unsigned number)
{
	char text[16];
	snprintf(text, sizeof text, "%u", number);
	give(q, qos, text);
}

bool acknowledge(struct line *q, uint16_t id)
{
	bool was_there = session_acknowledge(q->live, q->session, id);
	session_pump(q->live, q->session);
	return was_there;
}

bool next(struct line *q)
{
	bool found = visitor_next(q->visitor);
	session_pump(q->live, q->session);
	return found;
}

unsigned number_of(const struct visitor *v)
{
	uint64_t number;
	struct str text = v->caller.publish.payload;
	assert_true(str_to_u64(str_from(text, text.len > 9 ? text.len - 9 : 0), &number));
	return (unsigned)number;
}

const char *taken(struct line *q)
{
	static char text[4096];
	size_t len = 0;
	text[0] = '\0';
	while (next(q)) {
		const struct mqtt_publish *p = &q->visitor->caller.publish;
		assert_int_equal(q->visitor->caller.type, MQTT_PUBLISH);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%u%s=%.*s",
			len ? " " : "", p->id, p->duplicate ? "+" : "", STR_PRINT(p->payload));
	}
	return text;
}

void away(struct line *q)
{
	visitor_go(q->visitor);
	q->visitor = NULL;
}

void back(struct line *q, int version, uint16_t window)
{
	q->visitor = visitor_come(q->live, q->session, version);
	q->visitor->client.window = window;
	session_pump(q->live, q->session);
}
