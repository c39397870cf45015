/* news: what came in through the inbox becomes publications. Inside live/ only. */
#ifndef LIVE_NEWS_H
#define LIVE_NEWS_H

#include "live/door.h"

/* A slice of the records that were committed. True: there are more. */
bool news_records(struct live *l);

/* Gives back what was taken from the hub and not published. */
void news_clear(struct live *l);

/* An event of the logs: its line, and the state that it changed. */
void news_event(struct live *l, const struct news *n);

/* A tracker's connection came, became known, or ended. */
void news_presence(struct live *l, const struct connection *c, bool is_open);

/* records.c */
void record_publish(struct live *l, const struct record *r);

#endif
