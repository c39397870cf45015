#include "gate/allow.h"

#include "base/die.h"
#include "base/log.h"
#include "model/networks.h"

#include <stdlib.h>

/* ---- both ---- */

static size_t count_entries(struct str text)
{
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == ',';
	return count;
}

/* How many of `count` sorted items of `size` bytes sort before `key` or with it. */
static size_t not_behind(const void *items, size_t count, size_t size, const void *key, size_t len)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (memcmp((const char *)items + middle * size, key, len) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ---- idents ---- */

static int by_digits(const void *a, const void *b)
{
	return memcmp(a, b, IDENT_DIGITS);
}

static bool begins_with(const char digits[IDENT_DIGITS], const struct ident_mask *prefix)
{
	return memcmp(digits, prefix->digits, prefix->len) == 0;
}

static bool is_mask(struct str entry)
{
	for (size_t i = 0; i < entry.len; i++)
		if (!is_digit(entry.at[i]) && entry.at[i] != '*')
			return false;
	return entry.len != 0;
}

/* An ident has no leading zeros, however the trackers write it. */
static void add_digits(struct ident_mask *masks, size_t *count, struct str digits, bool is_prefix)
{
	size_t zeros = 0;
	while (zeros < digits.len && digits.at[zeros] == '0')
		zeros++;
	digits = str_from(digits, zeros);
	if (digits.len > IDENT_DIGITS || (digits.len == 0 && (zeros || !is_prefix)))
		return; /* no ident is like that */
	struct ident_mask *mask = &masks[(*count)++];
	*mask = (struct ident_mask){.len = (uint8_t)digits.len};
	memcpy(mask->digits, digits.at, digits.len);
}

static void add_mask(struct ident_list *l, struct str entry)
{
	const char *star = memchr(entry.at, '*', entry.len);
	if (!star)
		add_digits(l->exact, &l->exact_count, entry, false);
	else if (star == entry.at + entry.len - 1)
		add_digits(l->prefixes, &l->prefix_count, str_upto(entry, entry.len - 1), true);
	else
		l->others[l->other_count++] = entry;
}

/* Drops prefixes that begin with another one: then the one to try is the last that is not behind
 * the ident. */
static void tidy_prefixes(struct ident_list *l)
{
	size_t kept = 0;
	qsort(l->prefixes, l->prefix_count, sizeof *l->prefixes, by_digits);
	for (size_t i = 0; i < l->prefix_count; i++)
		if (!kept || !begins_with(l->prefixes[i].digits, &l->prefixes[kept - 1]))
			l->prefixes[kept++] = l->prefixes[i];
	l->prefix_count = kept;
}

bool ident_list_parse(struct ident_list *l, struct str text, struct error *e)
{
	*l = (struct ident_list){0};
	if (str_trim(text).len == 0)
		return true;
	size_t room = count_entries(text);
	l->exact = xmalloc(room * sizeof *l->exact);
	l->prefixes = xmalloc(room * sizeof *l->prefixes);
	l->others = xmalloc(room * sizeof *l->others);
	l->text = xmalloc(text.len);
	memcpy(l->text, text.at, text.len);
	struct str rest = {l->text, text.len};
	while (rest.at) {
		struct str entry = str_trim(str_cut(&rest, ','));
		char shown[64];
		if (!is_mask(entry)) {
			fail(e, "'%s' is no mask of idents: digits and *, such as 8681*",
				escape_bytes(entry, shown, sizeof shown));
			ident_list_clear(l);
			return false;
		}
		add_mask(l, entry);
	}
	qsort(l->exact, l->exact_count, sizeof *l->exact, by_digits);
	tidy_prefixes(l);
	return true;
}

void ident_list_clear(struct ident_list *l)
{
	free(l->exact);
	free(l->prefixes);
	free(l->others);
	free(l->text);
	*l = (struct ident_list){0};
}

bool ident_list_is_empty(const struct ident_list *l)
{
	return !l->text; /* a list of masks that no ident can match is not empty */
}

bool ident_list_has(const struct ident_list *l, uint64_t ident)
{
	if (ident_list_is_empty(l))
		return false;
	char digits[IDENT_DIGITS + 1] = {0};
	size_t at = IDENT_DIGITS, len;
	for (; ident; ident /= 10)
		digits[--at] = (char)('0' + ident % 10);
	len = IDENT_DIGITS - at;
	memmove(digits, digits + at, len);
	memset(digits + len, 0, IDENT_DIGITS - len);
	size_t n = not_behind(l->exact, l->exact_count, sizeof *l->exact, digits, IDENT_DIGITS);
	if (n && memcmp(l->exact[n - 1].digits, digits, IDENT_DIGITS) == 0)
		return true;
	n = not_behind(l->prefixes, l->prefix_count, sizeof *l->prefixes, digits, IDENT_DIGITS);
	if (n && begins_with(digits, &l->prefixes[n - 1]))
		return true;
	for (size_t i = 0; i < l->other_count; i++)
		if (str_matches((struct str){digits, len}, l->others[i]))
			return true;
	return false;
}

/* ---- networks ---- */

/* Zeroes what lies behind the first `bits` bits. */
static void cut_host(uint8_t key[NETWORK_KEY], unsigned bits)
{
	for (unsigned i = bits / 8; i < NETWORK_KEY; i++)
		key[i] &= i == bits / 8 ? (uint8_t)(0xff00 >> bits % 8) : 0;
}

static bool contains(const struct prefix *n, const uint8_t key[NETWORK_KEY])
{
	uint8_t cut[NETWORK_KEY];
	memcpy(cut, key, sizeof cut);
	cut_host(cut, n->bits);
	return memcmp(cut, n->key, sizeof cut) == 0;
}

static bool parse_network(struct str entry, struct prefix *out)
{
	struct network n;
	if (!network_parse(entry, &n))
		return false;
	*out = (struct prefix){.key = {n.bytes == 4 ? 4 : 6}, .bits = (uint8_t)(8 + n.bits)};
	memcpy(out->key + 1, n.address, n.bytes);
	cut_host(out->key, out->bits);
	return true;
}

/* The wider one first. */
static int by_address(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;
	int order = memcmp(x->key, y->key, sizeof x->key);
	return order ? order : (int)x->bits - (int)y->bits;
}

static void tidy_networks(struct network_list *l)
{
	size_t kept = 0;
	qsort(l->networks, l->count, sizeof *l->networks, by_address);
	for (size_t i = 0; i < l->count; i++)
		if (!kept || !contains(&l->networks[kept - 1], l->networks[i].key))
			l->networks[kept++] = l->networks[i];
	l->count = kept;
}

bool network_list_parse(struct network_list *l, struct str text, struct error *e)
{
	*l = (struct network_list){0};
	if (str_trim(text).len == 0)
		return true;
	l->networks = xmalloc(count_entries(text) * sizeof *l->networks);
	while (text.at) {
		struct str entry = str_trim(str_cut(&text, ','));
		char shown[64];
		if (!parse_network(entry, &l->networks[l->count++])) {
			network_list_clear(l);
			return fail(e,
				"'%s' is no network: an address, or one with its bits, such as "
				"10.0.0.0/8 or 2001:db8::/32",
				escape_bytes(entry, shown, sizeof shown));
		}
	}
	tidy_networks(l);
	return true;
}

void network_list_clear(struct network_list *l)
{
	free(l->networks);
	*l = (struct network_list){0};
}

bool network_list_has(const struct network_list *l, const struct peer *peer)
{
	uint8_t key[NETWORK_KEY] = {peer->family};
	memcpy(key + 1, peer->addr, peer->family == 4 ? 4 : 16);
	size_t n = not_behind(l->networks, l->count, sizeof *l->networks, key, sizeof key);
	return n && contains(&l->networks[n - 1], key);
}

/* ---- a channel ---- */

bool allow_ident(const struct allow *a, uint64_t ident)
{
	return !ident_list_has(&a->blocked_idents, ident) &&
	       (ident_list_is_empty(&a->allowed_idents) ||
		       ident_list_has(&a->allowed_idents, ident));
}

bool allow_peer(const struct allow *a, const struct peer *peer)
{
	return !network_list_has(&a->blocked_networks, peer) &&
	       (!a->allowed_networks.count || network_list_has(&a->allowed_networks, peer));
}

bool allow_is_open(const struct allow *a)
{
	return ident_list_is_empty(&a->allowed_idents) && ident_list_is_empty(&a->blocked_idents) &&
	       !a->allowed_networks.count && !a->blocked_networks.count;
}

void allow_clear(struct allow *a)
{
	ident_list_clear(&a->allowed_idents);
	ident_list_clear(&a->blocked_idents);
	network_list_clear(&a->allowed_networks);
	network_list_clear(&a->blocked_networks);
}
