/* plain: texts of others on a terminal. */
#ifndef CLIENT_PLAIN_H
#define CLIENT_PLAIN_H

#include <stdio.h>

/* Writes UTF-8 text. Line ends and tabs become blanks, other control characters dots: what a tracker
 * answers shall not move the cursor. */
void plain_print(FILE *out, const char *text);

#endif
