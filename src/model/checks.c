#include "model/checks.h"

#include "base/log.h"
#include "model/networks.h"

#include <stdio.h>

enum { IDENT_DIGITS_MAX = 16, SHOWN_MAX = 64 };

static bool all_of(struct str text, bool may_be_mask)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.at[i]) && !(may_be_mask && text.at[i] == '*'))
			return false;
	return text.len != 0;
}

bool check_ident_mask(struct str *text, struct error *e)
{
	char shown[SHOWN_MAX];
	bool is_mask = text->len && memchr(text->at, '*', text->len);
	while (!is_mask && text->len > 1 && text->at[0] == '0')
		*text = str_from(*text, 1);
	(void)escape_bytes(*text, shown, sizeof shown);
	if (!all_of(*text, true) || text->len > IDENT_DIGITS_MAX)
		return fail(e, "'%s' is neither an ident of 1..%d digits nor a mask with '*'",
			shown, (int)IDENT_DIGITS_MAX);
	if (text->at[0] == '0')
		return fail(e, "'%s' fits no ident: idents have no leading zeros", shown);
	return true;
}

bool check_network(struct str *text, struct error *e)
{
	struct network network;
	char shown[SHOWN_MAX];
	return network_parse(*text, &network) ||
	       fail(e, "'%s' is no network such as 10.0.0.0/8 or 2001:db8::/32",
		       escape_bytes(*text, shown, sizeof shown));
}

bool check_address(struct str *text, struct error *e)
{
	char shown[SHOWN_MAX];
	struct network network;
	*text = str_trim(*text);
	bool is_one = network_parse(*text, &network) && !memchr(text->at, '/', text->len);
	return is_one || fail(e, "'%s' is no numeric address such as 0.0.0.0 or ::",
				 escape_bytes(*text, shown, sizeof shown));
}

bool check_cut_speed(struct str *text, struct error *e)
{
	char shown[SHOWN_MAX];
	if (text->len && !all_of(*text, false))
		return fail(e, "'%s' is no speed of 0..999 km/h",
			escape_bytes(*text, shown, sizeof shown));
	while (text->len > 1 && text->at[0] == '0')
		*text = str_from(*text, 1);
	return true;
}

bool check_polling(struct str *text, struct error *e)
{
	static const char *const words[] = {"never", "once", "daily", "weekly", "monthly"};
	char shown[SHOWN_MAX];
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_is(*text, words[i]))
			return true;
	return fail(e, "'%s' is none of never, once, daily, weekly, monthly",
		escape_bytes(*text, shown, sizeof shown));
}
