/* api_service: what machines ask about the gateway itself, without a token: nothing here names a
 * device, an ident or an address. */
#include "http/routes.h"

#include "core/commands.h"
#include "core/metrics.h"

#include <inttypes.h>

static bool is_failing(const struct request *r)
{
	return r->context->writer && writer_is_failing(r->context->writer);
}

void get_health(const struct request *r, struct answer *a)
{
	bool failing = is_failing(r);
	a->status = failing ? 503 : 200;
	a->begun = a->ended = buf_printf(&a->body, "%s\n",
		failing ? "{\"status\":\"failing\",\"reason\":\"messages cannot be written to "
			  "disk\"}"
			: "{\"status\":\"ok\"}");
}

/* Longer than 40 lines: a table. */
static bool figures_text(const struct request *r, struct buf *out)
{
	struct store_figures f;
	struct journal_figures events = {0}, packets;
	store_figures(r->context->store, &f);
	if (r->context->event_journal)
		journal_figures(r->context->event_journal, &events);
	packets_figures(r->context->packets, &packets);
	struct commands_figures commands;
	commands_figures(r->context->commands, &commands);
	const struct {
		const char *name, *kind, *help;
		uint64_t value;
	} rows[] = {
		{"store_appended_total", "counter", "Messages appended since the start",
			f.appended},
		{"store_commits_total", "counter", "Group commits since the start", f.commits},
		{"store_commit_microseconds_total", "counter", "Time spent in group commits",
			f.commit_us},
		{"store_settled_total", "counter", "Messages settled since the start", f.settled},
		{"store_tail_messages", "gauge", "Messages not settled yet", f.tail_records},
		{"store_tail_bytes", "gauge", "Bytes not settled yet", f.tail_bytes},
		{"store_disk_bytes", "gauge", "Bytes of all files of the store", f.disk_bytes},
		{"store_idents_dropped_total", "counter", "Idents above the limit, not remembered",
			f.idents_dropped},
		{"commands_waiting", "gauge", "Commands that have not ended", commands.waiting},
		{"commands_under_way", "gauge", "Commands that were sent and not answered yet",
			commands.under_way},
		{"events_disk_bytes", "gauge", "Bytes of the file of the logs", events.disk_bytes},
		{"packets_disk_bytes", "gauge", "Bytes of the file of recorded traffic",
			packets.disk_bytes},
		{"journal_chunks_damaged_total", "counter",
			"Parts of the logs and of the recorded traffic that could not be read",
			events.damaged + packets.damaged},
		{"writer_failing", "gauge", "1 while messages cannot be written to disk",
			is_failing(r)},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!buf_printf(out,
			    "# HELP cantrack_%s %s\n# TYPE cantrack_%s %s\ncantrack_%s %" PRIu64
			    "\n",
			    rows[i].name, rows[i].help, rows[i].name, rows[i].kind, rows[i].name,
			    rows[i].value))
			return false;
	return true;
}

void get_metrics(const struct request *r, struct answer *a)
{
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	a->begun = a->ended = metrics_text(&a->body) && figures_text(r, &a->body);
}
