/* The lists of who may come in, against trying every entry. */
#include "test.h"

#include "gate/allow.h"

#include <arpa/inet.h>
#include <inttypes.h>

static struct ident_list idents(const char *text)
{
	struct ident_list l;
	assert_true(ident_list_parse(&l, str_of(text), NULL));
	return l;
}

static struct network_list networks(const char *text)
{
	struct network_list l;
	assert_true(network_list_parse(&l, str_of(text), NULL));
	return l;
}

static bool has_ident(const char *text, uint64_t ident)
{
	struct ident_list l = idents(text);
	bool has = ident_list_has(&l, ident);
	ident_list_clear(&l);
	return has;
}

static struct peer peer(const char *address)
{
	struct peer p = {.family = strchr(address, ':') ? 6 : 4, .port = 1};
	assert_int_equal(inet_pton(p.family == 6 ? AF_INET6 : AF_INET, address, p.addr), 1);
	return p;
}

static bool has_peer(const char *text, const char *address)
{
	struct network_list l = networks(text);
	struct peer p = peer(address);
	bool has = network_list_has(&l, &p);
	network_list_clear(&l);
	return has;
}

static void masks_of_idents(void **state)
{
	(void)state;
	assert_false(has_ident("", 1));
	assert_false(has_ident("  ", 1));
	assert_true(has_ident("*", 1));
	assert_true(has_ident("8681*", 8681));
	assert_true(has_ident("8681*", 868123));
	assert_false(has_ident("8681*", 868));
	assert_false(has_ident("8681*", 8680));
	assert_false(has_ident("8681*", 8682));
	assert_true(has_ident(" 5 , 8681* ", 5));
	assert_false(has_ident("5,8681*", 55));
	assert_true(has_ident("*99", 12399));
	assert_true(has_ident("1*9", 19));
	assert_false(has_ident("1*9", 29));
	assert_true(has_ident("0012345678", 12345678));
	assert_true(has_ident("0012*", 129));
	assert_false(has_ident("0*", 1));
	assert_true(has_ident("86*,8681*,868199*", 8699));
	assert_true(has_ident("86*,861*", 862)); /* the narrower one must not hide the wider */
	assert_true(has_ident("18446744073709551615", UINT64_MAX));
	assert_true(has_ident("1844*", UINT64_MAX));
	assert_false(has_ident("184467440737095516150", UINT64_MAX));
}

static void networks_of_both_families(void **state)
{
	(void)state;
	assert_false(has_peer("", "10.1.2.3"));
	assert_true(has_peer("10.0.0.0/8", "10.1.2.3"));
	assert_false(has_peer("10.0.0.0/8", "11.0.0.0"));
	assert_false(has_peer("10.0.0.0/8", "9.255.255.255"));
	assert_true(has_peer("10.99.0.0/8", "10.1.2.3")); /* what is the host's is ignored */
	assert_true(has_peer("192.0.2.1", "192.0.2.1"));
	assert_false(has_peer("192.0.2.1", "192.0.2.2"));
	assert_true(has_peer("192.0.2.0/31", "192.0.2.1"));
	assert_true(has_peer("0.0.0.0/0", "1.2.3.4"));
	assert_false(has_peer("0.0.0.0/0", "2001:db8::1"));
	assert_false(has_peer("::/0", "1.2.3.4"));
	assert_true(has_peer("::/0", "2001:db8::1"));
	assert_true(has_peer("2001:db8::/32, 10.0.0.0/8", "2001:db8:ffff::1"));
	assert_false(has_peer("2001:db8::/32", "2001:db9::"));
	assert_true(has_peer("2001:db8::/33", "2001:db8:7fff::"));
	assert_false(has_peer("2001:db8::/33", "2001:db8:8000::"));
	assert_true(has_peer("10.0.0.0/8,10.5.0.0/16", "10.6.0.0"));
}

static void what_is_no_list_is_refused_by_name(void **state)
{
	(void)state;
	static const char *const masks[] = {"a", "1,,2", "1,", ",", "86 81", "-1", "86?"};
	static const char *const nets[] = {"10.0.0/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "x",
		"10.0.0.0/8,", "10.0.0.0/-1", "localhost",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"};
	struct ident_list l;
	struct network_list n;
	struct error e;
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		assert_false(ident_list_parse(&l, str_of(masks[i]), &e));
	for (size_t i = 0; i < sizeof nets / sizeof *nets; i++)
		assert_false(network_list_parse(&n, str_of(nets[i]), &e));
	assert_false(ident_list_parse(&l, str_of("1,86x1,2"), &e));
	assert_non_null(strstr(e.text, "'86x1'"));
	assert_false(network_list_parse(&n, str_of("10.0.0.0/8,10.0.0.0/40"), &e));
	assert_non_null(strstr(e.text, "'10.0.0.0/40'"));
}

static void blocked_goes_before_allowed(void **state)
{
	(void)state;
	struct allow a = {0};
	struct peer near = peer("10.0.0.1"), far = peer("192.0.2.1");
	assert_true(allow_is_open(&a));
	assert_true(allow_ident(&a, 1));
	assert_true(allow_peer(&a, &far));
	a.allowed_idents = idents("86*");
	a.blocked_idents = idents("8681");
	a.blocked_networks = networks("10.0.0.0/8");
	assert_false(allow_is_open(&a));
	assert_true(allow_ident(&a, 868));
	assert_false(allow_ident(&a, 8681));
	assert_false(allow_ident(&a, 1));
	assert_false(allow_peer(&a, &near));
	assert_true(allow_peer(&a, &far));
	a.allowed_networks = networks("10.0.0.1");
	assert_false(allow_peer(&a, &near));
	assert_false(allow_peer(&a, &far));
	allow_clear(&a);
	a.allowed_idents = idents("0*"); /* a list that no ident is on is a list */
	assert_false(allow_ident(&a, 1));
	allow_clear(&a);
}

/* ---- many entries ---- */

enum { MANY = 10000 };

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void many_masks_are_one_search(void **state)
{
	(void)state;
	static char entries[MANY][24];
	struct buf text;
	uint32_t seed = 7;
	buf_init(&text, MANY * 24);
	for (int i = 0; i < MANY; i++) {
		uint32_t n = next_random(&seed) % 10000000;
		snprintf(entries[i], sizeof entries[i], i % 3 ? "%" PRIu32 "*" : "%" PRIu32, n + 1);
		assert_true(buf_printf(&text, "%s%s", i ? "," : "", entries[i]));
	}
	struct ident_list l;
	assert_true(ident_list_parse(&l, buf_str(&text), NULL));
	for (int i = 0; i < 2000; i++) {
		char digits[24];
		uint64_t ident = next_random(&seed) % 100000000 + 1;
		snprintf(digits, sizeof digits, "%" PRIu64, ident);
		bool is_in = false;
		for (int k = 0; k < MANY && !is_in; k++)
			is_in = str_matches(str_of(digits), str_of(entries[k]));
		assert_int_equal(ident_list_has(&l, ident), is_in);
	}
	ident_list_clear(&l);
	buf_clear(&text);
}

static void many_networks_are_one_search(void **state)
{
	(void)state;
	static uint32_t addresses[MANY], bits[MANY];
	struct buf text;
	uint32_t seed = 11;
	buf_init(&text, MANY * 24);
	for (int i = 0; i < MANY; i++) {
		addresses[i] = next_random(&seed) << 8;
		bits[i] = 12 + next_random(&seed) % 21;
		assert_true(buf_printf(&text, "%s%u.%u.%u.%u/%u", i ? "," : "", addresses[i] >> 24,
			addresses[i] >> 16 & 255, addresses[i] >> 8 & 255, addresses[i] & 255,
			bits[i]));
	}
	struct network_list l;
	assert_true(network_list_parse(&l, buf_str(&text), NULL));
	size_t found = 0;
	for (int i = 0; i < 2000; i++) {
		uint32_t a = next_random(&seed) << 8 | (uint32_t)i % 256;
		struct peer p = {4,
			{(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a}, 1};
		bool is_in = false;
		for (int k = 0; k < MANY && !is_in; k++)
			is_in = (a ^ addresses[k]) >> (32 - bits[k]) == 0;
		found += is_in;
		assert_int_equal(network_list_has(&l, &p), is_in);
	}
	assert_in_range(found, 100, 1900);
	network_list_clear(&l);
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_of_idents),
		cmocka_unit_test(networks_of_both_families),
		cmocka_unit_test(what_is_no_list_is_refused_by_name),
		cmocka_unit_test(blocked_goes_before_allowed),
		cmocka_unit_test(many_masks_are_one_search),
		cmocka_unit_test(many_networks_are_one_search),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
