/* tiles: the address of a server of map tiles, "https://tiles.example/{z}/{x}/{y}.png". */
#ifndef BASE_TILES_H
#define BASE_TILES_H

#include "base/error.h"
#include "base/str.h"

/* Finds "https://tiles.example", from where the pictures come: letters, digits and ".-:[]" behind
 * the scheme. False with a sentence. */
MUST_USE bool tiles_origin(struct str url, struct str *origin, struct error *e);

#endif
