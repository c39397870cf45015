/* checks: what an entry of a list or a text must look like; for the rows of the field tables. Each
 * may shorten the text, and fails with a sentence that shows it. */
#ifndef MODEL_CHECKS_H
#define MODEL_CHECKS_H

#include "base/error.h"
#include "base/str.h"

/* An ident or a mask of idents: digits and '*'. A whole ident loses its leading zeros. */
bool check_ident_mask(struct str *text, struct error *e);

/* "10.0.0.0/8", "192.0.2.7", "2001:db8::/32". */
bool check_network(struct str *text, struct error *e);

/* A numeric address. */
bool check_address(struct str *text, struct error *e);

/* 0..999, without leading zeros, or nothing. */
bool check_cut_speed(struct str *text, struct error *e);

/* never, once, daily, weekly, monthly. */
bool check_polling(struct str *text, struct error *e);

#endif
