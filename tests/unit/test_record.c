#include "test.h"

#include "store/record.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static void peers_have_a_text(void **state)
{
	(void)state;
	static const struct {
		const char *address, *text;
		uint8_t family;
	} rows[] = {
		{"::1", "[::1]:40112", 6},
		{"::ffff:10.0.0.255", "10.0.0.255:40112", 4},
		{"2001:db8:1111:2222:3333:4444:5555:6666",
			"[2001:db8:1111:2222:3333:4444:5555:6666]:40112", 6},
	};
	char room[PEER_TEXT_MAX];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(40112)};
		assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
		struct peer peer = peer_of((const struct sockaddr *)&in6);
		assert_int_equal(peer.family, rows[i].family);
		assert_str(peer_text(&peer, room), rows[i].text);
	}
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(65535)};
	in.sin_addr.s_addr = htonl(0xffffffff);
	struct peer peer = peer_of((const struct sockaddr *)&in);
	assert_str(peer_text(&peer, room), "255.255.255.255:65535");
	peer = peer_of(&(struct sockaddr){.sa_family = AF_UNIX});
	assert_int_equal(peer.family, 0);
	assert_str(peer_text(&peer, room), "");
}

static void make(struct record *r, char *body)
{
	struct message m;
	struct origin origin = {.ident = 865205030330012,
		.channel = 3,
		.device = 7,
		.peer = {4, {127, 0, 0, 1}, 40112},
		.vendor = {'H', 'Q'}};
	message_clear(&m);
	message_number(&m, PARAM_IDENT, 865205030330012);
	message_text(&m, PARAM_MESSAGE_TYPE, str_of("V3"));
	message_number(&m, PARAM_TIMESTAMP, 1500000000000000);
	message_number(&m, PARAM_SERVER_TIMESTAMP, 1500000001250000);
	message_text(&m, PARAM_VENDOR_CODE, str_of("HQ"));
	message_number(&m, PARAM_GSM_LAC, 1);
	message_more(&m, PARAM_GSM_LAC, 1, 2);
	record_make(r, &m, &origin, body);
}

static void assert_json(const struct message *m, const char *text)
{
	struct buf b;
	buf_init(&b, 4096);
	assert_true(message_json(m, NULL, &b));
	assert_buf(b, text);
	buf_clear(&b);
}

static void messages_come_back(void **state)
{
	(void)state;
	char body[MESSAGE_PACK_MAX], room[PEER_TEXT_MAX];
	struct record r;
	struct message m;
	make(&r, body);
	assert_int_equal(r.time_us, 1500000000000000);
	assert_int_equal(r.received_us, 1500000001250000);
	assert_true(record_message(&r, NULL, 0, room, &m));
	assert_json(&m,
		"{\"channel.id\":3,\"gsm.lac\":1,\"gsm.lac.1\":2,\"ident\":\"865205030330012\","
		"\"message.type\":\"V3\",\"peer\":\"127.0.0.1:40112\",\"protocol.id\":441,"
		"\"server.timestamp\":1500000001.25,\"timestamp\":1500000000,"
		"\"vendor.code\":\"HQ\"}");
	struct str name = STR("Car");
	assert_true(record_message(&r, &name, 1, room, &m));
	assert_json(&m,
		"{\"channel.id\":3,\"device.id\":7,\"device.name\":\"Car\",\"device.type.id\":1,"
		"\"gsm.lac\":1,\"gsm.lac.1\":2,\"ident\":\"865205030330012\","
		"\"message.type\":\"V3\",\"peer\":\"127.0.0.1:40112\",\"protocol.id\":441,"
		"\"server.timestamp\":1500000001.25,\"timestamp\":1500000000,"
		"\"vendor.code\":\"HQ\"}");
	r.body.len--;
	assert_false(record_message(&r, NULL, 0, room, &m));
}

static void the_servers_time_stands_in(void **state)
{
	(void)state;
	char body[MESSAGE_PACK_MAX];
	struct record r;
	struct message m;
	struct origin origin = {.ident = 1};
	message_clear(&m);
	message_number(&m, PARAM_SERVER_TIMESTAMP, 42);
	record_make(&r, &m, &origin, body);
	assert_int_equal(r.time_us, 42);
	assert_int_equal(r.received_us, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_have_a_text),
		cmocka_unit_test(messages_come_back),
		cmocka_unit_test(the_servers_time_stands_in),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
