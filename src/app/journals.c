#include "app/journals.h"

static const int64_t day_us = INT64_C(86400) * 1000000;

bool journals_open(struct journals *j, const struct config *c, struct error *e)
{
	struct journal_options events = {
		.directory = c->data.at,
		.file = "events.db",
		.keep_us = c->logs_days * day_us,
		.max_bytes = (uint64_t)c->logs_bytes,
	};
	j->event_journal = journal_open(&events, e);
	if (!j->event_journal)
		return false;
	j->events = events_new(j->event_journal);
	if (!c->packets_bytes)
		return true;
	struct journal_options packets = {
		.directory = c->data.at,
		.file = "packets.db",
		.keep_us = c->packets_days * day_us,
		.max_bytes = (uint64_t)c->packets_bytes,
	};
	j->packet_journal = journal_open(&packets, e);
	if (j->packet_journal)
		j->packets = packets_new(j->packet_journal);
	return j->packets != NULL;
}

void journals_close(struct journals *j)
{
	events_free(j->events);
	packets_free(j->packets);
	journal_close(j->event_journal);
	journal_close(j->packet_journal);
	*j = (struct journals){0};
}
