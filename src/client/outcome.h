/* outcome: how a command ended, in words. */
#ifndef CLIENT_OUTCOME_H
#define CLIENT_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

bool outcome_is_done(const json_t *result);

void outcome_print(const json_t *result, FILE *out);

#endif
