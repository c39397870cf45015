/* Packets of MQTT that must be refused, with the reason; and that nothing is read beyond a cut packet. */
#include "mqtt_bytes.h"

enum { MALFORMED = MQTT_MALFORMED, PROTOCOL = MQTT_PROTOCOL_ERROR };

struct row {
	const char *bytes;
	int why;
};

static void check_rows(const struct row *rows, size_t count, int version)
{
	union packet p;
	for (size_t i = 0; i < count; i++) {
		int why = packet_read(rows[i].bytes, version, &p);
		if (why != rows[i].why)
			FAIL("%s: 0x%02x instead of 0x%02x\n", rows[i].bytes, (unsigned)why,
				(unsigned)rows[i].why);
	}
}

#define REFUSED(rows, version) check_rows(rows, sizeof rows / sizeof *rows, version)

static void headers(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"00 00", /* no such type */
		"11 00", /* flags that CONNECT does not have; and so on */
		"22 00",
		"44 00",
		"58 00",
		"60 02 0001", /* PUBREL without its bit */
		"63 02 0001",
		"72 00",
		"80 00",
		"83 00",
		"92 00",
		"a0 00",
		"aa 00",
		"b2 00",
		"c1 00",
		"d8 00",
		"e2 00",
		"f2 00",
		"30 80808080", /* a fifth byte would follow */
		"30 ffffffff7f",
		"c0 8000", /* 0 in two bytes */
		"30 ff808000",
		"c0 01 00",
		"d0 01 00",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mqtt_header h;
		enum mqtt_reason why;
		if (mqtt_header_read(bytes_of(rows[i]), 100, &h, &why) != MQTT_REFUSED ||
			why != MQTT_MALFORMED)
			FAIL("%s is not malformed\n", rows[i]);
	}
}

static void texts(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"30 01 00", MALFORMED}, /* half a length */
		{"30 03 0002 'a'", MALFORMED},
		{"30 03 0001 00", MALFORMED},
		{"30 05 0003 'a' 00 'b'", MALFORMED},
		{"30 03 0001 80", MALFORMED},
		{"30 03 0001 ff", MALFORMED},
		{"30 03 0001 c3", MALFORMED},
		{"30 04 0001 c3 a4", MALFORMED}, /* the text ends within a character */
		{"30 04 0002 c0 80", MALFORMED}, /* overlong */
		{"30 04 0002 c1 bf", MALFORMED},
		{"30 05 0003 e0 80 af", MALFORMED},
		{"30 05 0003 ed a0 80", MALFORMED}, /* surrogates */
		{"30 05 0003 ed bf bf", MALFORMED},
		{"30 06 0004 f0 82 82 ac", MALFORMED},
		{"30 06 0004 f4 90 80 80", MALFORMED}, /* beyond U+10FFFF */
		{"30 06 0004 f5 80 80 80", MALFORMED},
	};
	REFUSED(rows, MQTT_311);
	/* What is text, and is neither refused nor changed: U+FEFF, U+FFFF, controls. */
	union packet p = packet_of("30 09 0007 ef bb bf ef bf bf 01", MQTT_311);
	assert_bytes(p.publish.topic, "ef bb bf ef bf bf 01");
}

static void connect_heads(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		int why;
		uint8_t version;
	} rows[] = {
		{"10 00", MALFORMED, 0}, {"10 06 0004 'MQTT'", MALFORMED, 0},
		{"10 0e 0006 'MQIsdp' 03 02 003c 0000", MQTT_BAD_VERSION, 0},
		{"10 0e 0006 'MQIsdp' 04 02 003c 0000", MQTT_BAD_VERSION, 0},
		{"10 0c 0004 'MQTt' 04 02 003c 0000", MQTT_BAD_VERSION, 0},
		{"10 08 0000 04 02 003c 0000", MQTT_BAD_VERSION, 0},
		{"10 0c 0004 'MQT' ff 04 02 003c 0000", MALFORMED, 0},
		{"10 0c 0004 'MQTT' 03 02 003c 0000", MQTT_BAD_VERSION, 3},
		{"10 0c 0004 'MQTT' 06 02 003c 0000", MQTT_BAD_VERSION, 6},
		{"10 0c 0004 'MQTT' 84 02 003c 0000", MQTT_BAD_VERSION, 0x84},
		{"10 07 0004 'MQTT' 05", MALFORMED, 5},
		{"10 0a 0004 'MQTT' 04 02 003c", MALFORMED, 4},
		{"10 0c 0004 'MQTT' 05 02 003c 0000", MALFORMED, 5}, /* no client id */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		union packet p;
		assert_int_equal(packet_read(rows[i].bytes, 0, &p), rows[i].why);
		assert_int_equal(p.connect.version, rows[i].version);
	}
}

static void connects(void **state)
{
	(void)state;
	static const struct row rows[] = {
		/* connect flags */
		{"10 0c 0004 'MQTT' 04 03 003c 0000", MALFORMED},
		{"10 0d 0004 'MQTT' 05 03 003c 00 0000", MALFORMED},
		{"10 0c 0004 'MQTT' 04 08 003c 0000", MALFORMED},
		{"10 0c 0004 'MQTT' 04 10 003c 0000", MALFORMED},
		{"10 0d 0004 'MQTT' 05 20 003c 00 0000", MALFORMED},
		{"10 10 0004 'MQTT' 04 1c 003c 0000 0000 0000", MALFORMED},
		{"10 12 0004 'MQTT' 05 1c 003c 00 0000 00 0000 0000", MALFORMED},
		{"10 0e 0004 'MQTT' 04 40 003c 0000 0000", MALFORMED},
		/* fields that are not there, or more than there may be */
		{"10 0b 0004 'MQTT' 04 02 003c 00", MALFORMED},
		{"10 0d 0004 'MQTT' 04 02 003c 0002 'i'", MALFORMED},
		{"10 0d 0004 'MQTT' 04 02 003c 0000 00", MALFORMED},
		{"10 0e 0004 'MQTT' 05 02 003c 00 0000 00", MALFORMED},
		{"10 0c 0004 'MQTT' 04 82 003c 0000", MALFORMED},
		{"10 0e 0004 'MQTT' 04 c2 003c 0000 0000", MALFORMED},
		{"10 0e 0004 'MQTT' 04 06 003c 0000 0000", MALFORMED},
		{"10 0c 0004 'MQTT' 04 06 003c 0000", MALFORMED},
		{"10 11 0004 'MQTT' 05 06 003c 00 0000 0000 0000", MALFORMED},
		/* texts that are none; a will's payload and a password may be any bytes */
		{"10 0d 0004 'MQTT' 04 02 003c 0001 ff", MALFORMED},
		{"10 11 0004 'MQTT' 04 06 003c 0000 0001 00 0000", MALFORMED},
		{"10 0f 0004 'MQTT' 04 82 003c 0000 0001 80", MALFORMED},
		/* properties */
		{"10 0d 0004 'MQTT' 05 02 003c 02 0000", MALFORMED},
		{"10 14 0004 'MQTT' 05 02 003c 07 16 0001 'd' 21 000a 0000", PROTOCOL},
		{"10 12 0004 'MQTT' 05 02 003c 05 18 00000001 0000", MALFORMED},
		{"10 17 0004 'MQTT' 05 06 003c 00 0000 05 11 00000001 0000 0000", MALFORMED},
		{"10 16 0004 'MQTT' 05 06 003c 00 0000 04 01 00 01 00 0000 0000", PROTOCOL},
		{"10 14 0004 'MQTT' 05 06 003c 00 0000 02 01 02 0000 0000", PROTOCOL},
	};
	REFUSED(rows, 0);
}

static void properties(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"30 03 0001 't'", MALFORMED}, /* no length of properties */
		{"30 04 0001 't' 01", MALFORMED},
		{"30 05 0001 't' 80 00", MALFORMED},
		{"30 08 0001 't' ffffffff 7f", MALFORMED},
		{"30 05 0001 't' 01 80", MALFORMED},
		/* no such property, or written in two bytes */
		{"30 06 0001 't' 02 00 00", MALFORMED},
		{"30 06 0001 't' 02 04 00", MALFORMED},
		{"30 06 0001 't' 02 2b 00", MALFORMED},
		{"30 06 0001 't' 02 7f 00", MALFORMED},
		{"30 07 0001 't' 03 8100 01", MALFORMED},
		{"30 07 0001 't' 03 8101 01", MALFORMED},
		/* values that end too late */
		{"30 05 0001 't' 01 01", MALFORMED},
		{"30 06 0001 't' 02 23 00", MALFORMED},
		{"30 08 0001 't' 04 02 000000", MALFORMED},
		{"30 08 0001 't' 04 03 0002 'a'", MALFORMED},
		{"30 07 0001 't' 03 09 0001", MALFORMED},
		{"30 09 0001 't' 05 26 0000 0001", MALFORMED},
		{"30 07 0001 't' 03 26 0000", MALFORMED},
		{"30 0a 0001 't' 06 26 0001 00 0000", MALFORMED},
		{"30 0a 0001 't' 06 26 0000 0001 ff", MALFORMED},
		{"30 08 0001 't' 04 03 0001 ff", MALFORMED},
		{"30 08 0001 't' 04 1f 0001 'a'", MALFORMED}, /* not in PUBLISH */
		{"30 09 0001 't' 05 0b 80808000", MALFORMED},
		{"30 0a 0001 't' 06 0b ffffffff 01", MALFORMED},
		/* out of range */
		{"30 06 0001 't' 02 01 02", PROTOCOL},
		{"30 06 0001 't' 02 0b 00", PROTOCOL},
		{"30 08 0001 't' 04 0b 01 0b 00", PROTOCOL},
		{"30 07 0001 't' 03 23 0000", MQTT_BAD_ALIAS},
		/* twice */
		{"30 08 0001 't' 04 01 01 01 01", PROTOCOL},
		{"30 0e 0001 't' 0a 02 00000001 02 00000001", PROTOCOL},
		{"30 0a 0001 't' 06 23 0001 23 0001", PROTOCOL},
		{"30 0a 0001 't' 06 09 0000 09 0000", PROTOCOL},
	};
	REFUSED(rows, MQTT_5);
}

/* In CONNECT and CONNACK: those that have limits. */
static void limits_of_a_connection(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"10 10 0004 'MQTT' 05 02 003c 03 21 0000 0000", PROTOCOL},
		{"10 12 0004 'MQTT' 05 02 003c 05 27 00000000 0000", PROTOCOL},
		{"10 0f 0004 'MQTT' 05 02 003c 02 17 02 0000", PROTOCOL},
		{"10 0f 0004 'MQTT' 05 02 003c 02 19 ff 0000", PROTOCOL},
		{"10 13 0004 'MQTT' 05 02 003c 06 22 0000 22 0000 0000", PROTOCOL},
		{"20 06 00 00 03 21 0000", PROTOCOL},
		{"20 08 00 00 05 27 00000000", PROTOCOL},
		{"20 05 00 00 02 24 02", PROTOCOL},
		{"20 05 00 00 02 25 02", PROTOCOL},
		{"20 05 00 00 02 28 02", PROTOCOL},
		{"20 05 00 00 02 29 02", PROTOCOL},
		{"20 05 00 00 02 2a 02", PROTOCOL},
	};
	REFUSED(rows, MQTT_5);
}

/* Packets around their properties: what stands before and behind. */
static const struct home {
	char letter;
	enum mqtt_type type;
	const char *before, *behind;
} homes[] = {
	{'C', MQTT_CONNECT, "0004 'MQTT' 05 00 0000", "0000"},
	{'c', MQTT_CONNACK, "00 00", ""},
	{'P', MQTT_PUBLISH, "0001 't'", ""},
	{'W', MQTT_CONNECT, "0004 'MQTT' 05 04 0000 00 0000", "0000 0000"},
	{'a', MQTT_PUBACK, "0001 00", ""},
	{'a', MQTT_PUBREC, "0001 00", ""},
	{'a', MQTT_PUBREL, "0001 00", ""},
	{'a', MQTT_PUBCOMP, "0001 00", ""},
	{'S', MQTT_SUBSCRIBE, "0001", "0000 00"},
	{'s', MQTT_SUBACK, "0001", "00"},
	{'U', MQTT_UNSUBSCRIBE, "0001", "0000"},
	{'u', MQTT_UNSUBACK, "0001", "00"},
	{'D', MQTT_DISCONNECT, "00", ""},
	{'A', MQTT_AUTH, "00", ""},
};

static bool read_at_home(const struct home *home, struct str properties, enum mqtt_reason *why)
{
	char before[40], behind[10], body[100], *at = body;
	const struct str parts[] = {bytes_into(home->before, before, sizeof before),
		{(const char[]){(char)properties.len}, 1}, properties,
		bytes_into(home->behind, behind, sizeof behind)};
	for (size_t i = 0; i < 4; i++) {
		memcpy(at, parts[i].at, parts[i].len);
		at += parts[i].len;
	}
	struct mqtt_header h = {.type = home->type};
	union packet p;
	return body_read(&h, guarded((struct str){body, (size_t)(at - body)}), MQTT_5, &p, why);
}

static void properties_stay_in_their_packets(void **state)
{
	(void)state;
	enum kind { BYTE, TWO, FOUR, VARINT, TEXT, BYTES, USER };
	static const char *const values[] = {
		"01", "0001", "00000001", "01", "0000", "0000", "0000 0000"};
	static const struct {
		enum mqtt_property property;
		char number;
		enum kind kind;
		const char *packets;
	} rows[] = {
#define PROPERTY(name, number, kind, packets) {MQTT_PROPERTY_##name, number, kind, packets},
#include "mqtt/properties.def"
#undef PROPERTY
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
			char properties[20] = {rows[r].number};
			size_t len = 1 + bytes_into(values[rows[r].kind], properties + 1, 10).len;
			/* AUTH must have a method; data must have one in CONNECT. */
			bool method = rows[r].property != MQTT_PROPERTY_AUTH_METHOD &&
				      (homes[i].letter == 'A' ||
					      rows[r].property == MQTT_PROPERTY_AUTH_DATA);
			if (method)
				len += bytes_into("15 0000", properties + len, 3).len;
			enum mqtt_reason why = MQTT_SUCCESS;
			bool may = strchr(rows[r].packets, homes[i].letter);
			bool read = read_at_home(&homes[i], (struct str){properties, len}, &why);
			if (read != may || (!may && why != MQTT_MALFORMED))
				FAIL("property %d in packet %d: 0x%02x\n", rows[r].number,
					(int)homes[i].type, (unsigned)why);
		}
}

static void publishes(void **state)
{
	(void)state;
	static const struct row rows_311[] = {
		{"36 05 0001 't' 0001", MALFORMED}, /* QoS 3 */
		{"38 03 0001 't'", MALFORMED},      /* DUP with QoS 0 */
		{"30 00", MALFORMED},
		{"32 03 0001 't'", MALFORMED}, /* no id */
		{"32 04 0001 't' 00", MALFORMED},
		{"32 05 0001 't' 0000", PROTOCOL},
		{"30 02 0000", MALFORMED},
	};
	static const struct row rows_5[] = {
		{"36 06 0001 't' 0001 00", MALFORMED},
		{"39 04 0001 't' 00", MALFORMED},
		{"34 06 0001 't' 0000 00", PROTOCOL},
		{"34 05 0001 't' 0001", MALFORMED},
		{"30 03 0000 00", PROTOCOL},
	};
	REFUSED(rows_311, MQTT_311);
	REFUSED(rows_5, MQTT_5);
}

static void acks(void **state)
{
	(void)state;
	static const struct row rows_311[] = {
		{"40 00", MALFORMED}, {"40 01 00", MALFORMED}, {"40 02 0000", PROTOCOL},
		{"50 03 0001 00", MALFORMED}, {"62 02 0000", PROTOCOL},
		{"70 04 0001 00 00", MALFORMED}, {"e0 01 00", MALFORMED},
		{"f0 00", MALFORMED}, /* AUTH is of 5.0 */
	};
	static const struct row rows_5[] = {
		{"40 00", MALFORMED},
		{"40 02 0000", PROTOCOL},
		{"40 03 0001 92", PROTOCOL}, /* a reason of PUBREL */
		{"40 03 0001 01", PROTOCOL},
		{"50 03 0001 81", PROTOCOL},
		{"62 03 0001 10", PROTOCOL},
		{"70 03 0001 80", PROTOCOL},
		{"40 05 0001 00 00 00", MALFORMED},
		{"40 05 0001 00 02 1f", MALFORMED},
		{"40 0a 0001 00 06 1f 0000 1f 0000", PROTOCOL},
		{"e0 01 01", PROTOCOL},
		{"e0 01 18", PROTOCOL},
		{"e0 01 84", PROTOCOL}, /* of CONNACK alone */
		{"e0 01 ff", PROTOCOL},
		{"e0 03 00 00 00", MALFORMED},
		{"e0 0c 00 0a 11 00000001 11 00000001", PROTOCOL},
		{"f0 01 18", MALFORMED},   /* the length of the properties is missing */
		{"f0 02 18 00", PROTOCOL}, /* the method is */
		{"f0 05 18 03 16 0000", PROTOCOL},
		{"f0 05 01 03 15 0000", PROTOCOL},
		{"f0 06 18 03 15 0000 00", MALFORMED},
	};
	REFUSED(rows_311, MQTT_311);
	REFUSED(rows_5, MQTT_5);
}

static void connacks(void **state)
{
	(void)state;
	static const struct row rows_311[] = {
		{"20 00", MALFORMED},
		{"20 01 00", MALFORMED},
		{"20 02 02 00", MALFORMED},
		{"20 02 00 06", PROTOCOL},
		{"20 02 01 05", PROTOCOL},
		{"20 03 00 00 00", MALFORMED},
	};
	static const struct row rows_5[] = {
		{"20 02 00 00", MALFORMED},
		{"20 03 80 00 00", MALFORMED},
		{"20 03 00 01 00", PROTOCOL},
		{"20 03 00 8e 00", PROTOCOL},
		{"20 03 01 87 00", PROTOCOL},
		{"20 04 00 00 00 00", MALFORMED},
	};
	REFUSED(rows_311, MQTT_311);
	REFUSED(rows_5, MQTT_5);
}

static void subscriptions(void **state)
{
	(void)state;
	static const struct row rows_311[] = {
		{"82 02 0001", PROTOCOL}, /* of nothing */
		{"a2 02 0001", PROTOCOL},
		{"82 01 00", MALFORMED},
		{"82 06 0000 0001 'a' 00", PROTOCOL},
		{"82 05 0001 0001 'a'", MALFORMED}, /* no options */
		{"82 06 0001 0001 'a' 03", MALFORMED},
		{"82 06 0001 0001 'a' 04", MALFORMED},
		{"82 06 0001 0001 'a' 80", MALFORMED},
		{"82 07 0001 0001 'a' 00 00", MALFORMED},
		{"82 06 0001 0001 00 00", MALFORMED},
		{"82 0a 0001 0001 'a' 00 0001 ff 00", MALFORMED},
		{"a2 04 0001 0001", MALFORMED},
		{"a2 06 0001 0001 'a' 00", MALFORMED},
		{"a2 05 0000 0001 'a'", PROTOCOL},
	};
	static const struct row rows_5[] = {
		{"82 03 0001 00", PROTOCOL},
		{"a2 03 0001 00", PROTOCOL},
		{"82 07 0000 00 0001 'a' 00", PROTOCOL},
		{"82 07 0001 00 0001 'a' 03", PROTOCOL},
		{"82 07 0001 00 0001 'a' 30", PROTOCOL}, /* retain handling 3 */
		{"82 07 0001 00 0001 'a' 40", MALFORMED},
		{"82 07 0001 00 0001 'a' 83", MALFORMED},
		{"82 0b 0001 00 0001 'a' 00 0001 'b' 30", PROTOCOL},
		{"82 09 0001 02 0b 00 0001 'a' 00", PROTOCOL},
		{"82 0b 0001 04 0b 01 0b 02 0001 'a' 00", PROTOCOL},
		{"a2 08 0001 02 0b 01 0001 'a'", MALFORMED},
		{"a2 07 0001 00 0001 'a' 00", MALFORMED},
	};
	REFUSED(rows_311, MQTT_311);
	REFUSED(rows_5, MQTT_5);
}

static void subacks(void **state)
{
	(void)state;
	static const struct row rows_311[] = {
		{"90 02 0001", PROTOCOL},
		{"90 03 0001 03", PROTOCOL},
		{"90 03 0001 87", PROTOCOL},
		{"90 03 0000 00", PROTOCOL},
		{"90 01 00", MALFORMED},
		{"b0 03 0001 00", MALFORMED},
	};
	static const struct row rows_5[] = {
		{"90 03 0001 00", PROTOCOL},
		{"b0 03 0001 00", PROTOCOL},
		{"90 02 0001", MALFORMED},
		{"90 04 0001 00 11", PROTOCOL},
		{"90 05 0001 00 00 81", PROTOCOL},
		{"b0 04 0001 00 01", PROTOCOL},
		{"b0 04 0001 00 97", PROTOCOL},
	};
	REFUSED(rows_311, MQTT_311);
	REFUSED(rows_5, MQTT_5);
}

/* The columns of the table of reason codes (5.0, 2.4): what each packet may say. */
static void reasons(void **state)
{
	(void)state;
	static const struct {
		enum mqtt_type type;
		const char *before, *behind, *may;
	} rows[] = {
		{MQTT_CONNACK, "00", "00",
			"00 80 81 82 83 84 85 86 87 88 89 8a 8c 90 95 97 99 9a 9b 9c 9d 9f"},
		{MQTT_PUBACK, "0001", "", "00 10 80 83 87 90 91 97 99"},
		{MQTT_PUBREC, "0001", "", "00 10 80 83 87 90 91 97 99"},
		{MQTT_PUBREL, "0001", "", "00 92"},
		{MQTT_PUBCOMP, "0001", "", "00 92"},
		{MQTT_SUBACK, "0001 00", "", "00 01 02 80 83 87 8f 91 97 9e a1 a2"},
		{MQTT_UNSUBACK, "0001 00", "", "00 11 80 83 87 8f 91"},
		{MQTT_DISCONNECT, "", "",
			"00 04 80 81 82 83 87 89 8b 8c 8d 8e 8f 90 93 94 95 96 97 98 99 9a 9b 9c "
			"9d 9e 9f a0 a1 a2"},
		{MQTT_AUTH, "", "03 15 0000", "00 18 19"},
	};
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		for (unsigned reason = 0; reason < 256; reason++) {
			char code[4], body[32];
			snprintf(code, sizeof code, "%02x", reason);
			snprintf(body, sizeof body, "%s%s%s", rows[r].before, code, rows[r].behind);
			struct mqtt_header h = {.type = rows[r].type};
			enum mqtt_reason why = MQTT_SUCCESS;
			union packet p;
			bool may = strstr(rows[r].may, code);
			if (body_read(&h, bytes_of(body), MQTT_5, &p, &why) != may ||
				(!may && why != MQTT_PROTOCOL_ERROR))
				FAIL("reason %s in packet %d\n", code, (int)h.type);
		}
}

/* ---- cut packets ---- */

/* One of each, as full as they can be: `least` is how many bytes of the body make a body of their own,
 * such as a PUBLISH with less payload, and `step` how many more each time; 0: only all of them. */
static const struct {
	int version;
	const char *bytes;
	size_t least, step;
} whole[] = {
	{MQTT_311,
		"10 20 0004 'MQTT' 04 f6 000a 0002 'id' 0002 'w/' 0003 00ff80 0001 'u' 0004 'pass'",
		0, 0},
	{MQTT_5,
		"10 38 0004 'MQTT' 05 ce 000a 08 11 0000000a 21 0001 0002 'id' "
		"13 18 00000005 03 0001 'x' 26 0002 'ab' 0003 c3a4 'z' 0001 'w' 0002 'ok' 0001 'u' "
		"0001 'p'",
		0, 0},
	{MQTT_311, "20 02 01 00", 0, 0},
	{MQTT_5, "20 0d 00 00 0a 24 00 26 0001 'k' 0002 'vw'", 0, 0},
	{MQTT_311, "34 09 0003 'a/b' 000a 'hi'", 7, 1},
	{MQTT_5, "32 13 0003 'a/b' 000a 09 01 01 23 0001 09 0001 ff 'hi'", 17, 1},
	{MQTT_311, "40 02 1234", 0, 0},
	{MQTT_311, "82 0e 000a 0003 'a/b' 01 0003 'c/d' 02", 8, 6},
	{MQTT_5, "82 12 0001 03 0b 8001 0003 'a/b' 2e 0003 'c/d' 00", 12, 6},
	{MQTT_311, "a2 0c 000a 0003 'a/b' 0003 'c/d'", 7, 5},
	{MQTT_5, "a2 10 000a 07 26 0001 'n' 0001 'v' 0001 'a' 0001 'b'", 13, 3},
	{MQTT_311, "90 04 000a 00 80", 3, 1},
	{MQTT_5, "90 08 000a 03 1f 0000 00 8f", 7, 1},
	{MQTT_5, "b0 05 000a 00 00 11", 4, 1},
	{MQTT_311, "b0 02 000a", 0, 0},
	{MQTT_5, "f0 09 18 07 15 0001 'm' 16 0000", 0, 9},
};

/* A body that ends where it may end is read, any other is refused; the guard page stands behind. */
static void check_cuts(size_t row)
{
	char room[200];
	struct str packet = bytes_into(whole[row].bytes, room, sizeof room);
	struct mqtt_header h;
	enum mqtt_reason why;
	union packet p;
	for (size_t cut = 0; cut < packet.len; cut++) {
		enum mqtt_read read =
			mqtt_header_read(guarded(str_upto(packet, cut)), SIZE_MAX, &h, &why);
		assert_int_equal(read, cut < 2 ? MQTT_PARTIAL : MQTT_READ);
		assert_true(read == MQTT_PARTIAL || cut < h.head + h.body);
	}
	assert_int_equal(mqtt_header_read(guarded(packet), packet.len, &h, &why), MQTT_READ);
	assert_int_equal(h.head + h.body, packet.len);
	for (size_t cut = 0; cut <= h.body; cut++) {
		size_t least = whole[row].least, step = whole[row].step;
		bool may = cut == h.body || (step && cut >= least && (cut - least) % step == 0);
		struct str body = guarded(str_upto(str_from(packet, h.head), cut));
		if (body_read(&h, body, whole[row].version, &p, &why) != may)
			FAIL("%s cut at %zu\n", whole[row].bytes, cut);
		if (!may)
			assert_true(why == MQTT_MALFORMED || why == MQTT_PROTOCOL_ERROR);
	}
}

static void nothing_is_read_beyond_a_cut(void **state)
{
	(void)state;
	for (size_t row = 0; row < sizeof whole / sizeof *whole; row++)
		check_cuts(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(texts),
		cmocka_unit_test(connect_heads),
		cmocka_unit_test(connects),
		cmocka_unit_test(properties),
		cmocka_unit_test(limits_of_a_connection),
		cmocka_unit_test(properties_stay_in_their_packets),
		cmocka_unit_test(publishes),
		cmocka_unit_test(acks),
		cmocka_unit_test(connacks),
		cmocka_unit_test(subscriptions),
		cmocka_unit_test(subacks),
		cmocka_unit_test(reasons),
		cmocka_unit_test(nothing_is_read_beyond_a_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
