/* listing: the commands of a device for people. */
#ifndef CLIENT_LISTING_H
#define CLIENT_LISTING_H

#include "client/offer.h"

#include <stdio.h>

/* A line for each: name, properties, what it does. */
void listing_print(FILE *out, const json_t *commands);

/* All about one. */
void listing_detail(FILE *out, const json_t *command);

#endif
