#include "visitor.h"

#include "live/client.h"
#include "live/session.h"

enum { FOR_A_WHILE = 3600 };

struct session *visitor_session(struct live *l, const struct token *token, const char *client_id)
{
	struct session *s = session_new(l, token, str_of(client_id));
	s->expiry_s = FOR_A_WHILE;
	return s;
}

struct visitor *visitor_come(struct live *l, struct session *s, int version)
{
	struct visitor *v = calloc(1, sizeof *v);
	assert_non_null(v);
	v->client = (struct client){
		.live = l,
		.version = (uint8_t)version,
		.window = WINDOW_MAX,
		.packet_max = UINT32_MAX,
		.transport = {.fd = -1},
	};
	buf_init(&v->client.in, PACKET_MAX);
	buf_init(&v->client.out, OUT_MAX);
	caller_init(&v->caller, version);
	session_attach(s, &v->client);
	return v;
}

void visitor_go(struct visitor *v)
{
	struct client **at = &v->client.live->written;
	if (v->client.session)
		session_detach(v->client.live, v->client.session, true);
	while (*at && *at != &v->client)
		at = &(*at)->next_written;
	if (*at)
		*at = v->client.next_written;
	buf_clear(&v->client.out);
	caller_clear(&v->caller);
	free(v);
}

bool visitor_next(struct visitor *v)
{
	assert_true(buf_add_str(&v->caller.in, buf_str(&v->client.out)));
	buf_drop(&v->client.out, v->client.out.len);
	return caller_take(&v->caller);
}

void visitor_gets(struct visitor *v, const char *payload)
{
	assert_true(visitor_next(v));
	assert_int_equal(v->caller.type, MQTT_PUBLISH);
	assert_str(v->caller.publish.payload, payload);
}

void visitor_gets_no_more(struct visitor *v)
{
	assert_false(visitor_next(v));
	assert_int_equal(v->caller.in.len, 0);
}
