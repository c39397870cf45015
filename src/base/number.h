/* number: decimal text to floating point, the same in every locale. For what people and clients
 * write; messages hold scaled integers. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/str.h"

/* True when s is a number as JSON has it (leading zeros are let through) and not too large for a
 * double; *out is set then only. Up to 15 digits are exact, 17 digits give back the double that
 * was printed with them. */
bool str_to_double(struct str s, double *out);

#endif
