/* allow: who may come in: lists of idents and of networks, compiled once for a change of the
 * channel. A look-up is one binary search, however many masks and networks there are (masks with a
 * '*' that is not at the end are tried one by one). Pure; a list is never changed after it was
 * made, so any thread may ask. */
#ifndef GATE_ALLOW_H
#define GATE_ALLOW_H

#include "base/error.h"
#include "base/str.h"
#include "store/record.h"

enum { IDENT_DIGITS = 20 };

/* The digits that an ident must begin with, or all of it. */
struct ident_mask {
	char digits[IDENT_DIGITS]; /* behind `len` zero bytes */
	uint8_t len;
};

struct ident_list {
	struct ident_mask *exact, *prefixes; /* sorted; no prefix begins with another one */
	struct str *others;                  /* views into `text` */
	size_t exact_count, prefix_count, other_count;
	char *text;
};

enum { NETWORK_KEY = 17 };

struct prefix {
	uint8_t key[NETWORK_KEY]; /* family (4, 6), address; what is the host's is zero */
	uint8_t bits;             /* of the key */
};

struct network_list {
	struct prefix *networks; /* sorted; none lies in another one */
	size_t count;
};

/* "8681*,12345": digits and '*', blanks around an entry are allowed. False with a sentence; then
 * there is nothing to clear. */
MUST_USE bool ident_list_parse(struct ident_list *l, struct str text, struct error *e);
void ident_list_clear(struct ident_list *l);
bool ident_list_is_empty(const struct ident_list *l);
bool ident_list_has(const struct ident_list *l, uint64_t ident);

/* "10.0.0.0/8,2001:db8::/32,192.0.2.1". The same. */
MUST_USE bool network_list_parse(struct network_list *l, struct str text, struct error *e);
void network_list_clear(struct network_list *l);
bool network_list_has(const struct network_list *l, const struct peer *peer);

/* What a channel says about both. An empty list of allowed ones allows all; what is blocked stays
 * out also when it is allowed. */
struct allow {
	struct ident_list allowed_idents, blocked_idents;
	struct network_list allowed_networks, blocked_networks;
};

bool allow_ident(const struct allow *a, uint64_t ident);
bool allow_peer(const struct allow *a, const struct peer *peer);

/* Are there no lists at all? */
bool allow_is_open(const struct allow *a);

void allow_clear(struct allow *a);

#endif
