/* cantrack serve: builds the house from the ground up, waits for a signal, takes it down again.
 * The only file that knows all the parts. */
#include "app/app.h"
#include "app/config.h"
#include "app/datadir.h"
#include "app/first_channel.h"
#include "app/greet.h"
#include "app/journals.h"
#include "app/mqtt.h"
#include "app/notify.h"
#include "app/open_files.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "core/auto_devices.h"
#include "core/commands.h"
#include "core/poster.h"
#include "core/retention.h"
#include "core/tls.h"
#include "gate/gate.h"
#include "http/server.h"
#include "http/waiting.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(
	(int)TOKEN_CHARS == (int)DATADIR_TOKEN_CHARS, "the token of REST is the one kept here");

enum { PATIENCE_MS = 3000 }; /* for the last commit when the store fails */

/* NULL: not started (yet). */
struct house {
	struct config config;
	char token[TOKEN_CHARS + 1];
	int64_t token_made_us;
	bool is_new_token;
	struct store *store;
	struct journals journals;
	struct registry *registry;
	struct tokens *tokens;
	struct writer *writer;
	struct poster *poster;
	struct waiting *waiting;
	struct commands *commands;
	struct retainer *retainer;
	struct gate *gate;
	struct tls *tls;
	struct http *http;
	struct live *live;
	uint32_t channel;
	struct auto_devices auto_devices;
};

/* ---- starting ---- */

static const int64_t day_us = INT64_C(86400) * 1000000;

static bool start_commands(struct house *h, struct error *e)
{
	struct commands_options options = {
		.store = h->store,
		.registry = h->registry,
		.events = h->journals.events,
		.timeout_s = (int)h->config.command_timeout,
		.cut_max_speed = (int)h->config.fuel_cut_max_speed,
		.keep_us = h->config.commands_days * day_us,
		.keep_most = (uint64_t)h->config.commands_most,
	};
	h->commands = commands_open(&options, e);
	if (h->commands)
		writer_follow(h->writer, commands_committed, h->commands);
	return h->commands != NULL;
}

static bool start_store(struct house *h, struct error *e)
{
	struct store_options store = {
		.directory = h->config.data.at,
		.tail_bytes = (size_t)h->config.settle_bytes,
		.settle_seconds = (int)h->config.settle_seconds,
	};
	h->store = store_open(&store, e);
	if (!h->store || !journals_open(&h->journals, &h->config, e))
		return false;
	h->registry = registry_open(h->store, e);
	if (!h->registry || !first_channel(h->store, h->registry, &h->config, &h->channel, e))
		return false;
	h->writer = writer_start(h->store, h->config.commit_interval_us);
	h->auto_devices =
		(struct auto_devices){.registry = h->registry, .events = h->journals.events};
	writer_before(h->writer, auto_devices, &h->auto_devices);
	h->poster = poster_new(h->writer, 0);
	h->waiting = waiting_new();
	writer_follow(h->writer, waiting_committed, h->waiting);
	store_limit_reads(h->store, retention_limit, h->registry);
	h->retainer = retention_start(h->store, h->registry, (int)h->config.retention_seconds);
	if (!start_commands(h, e))
		return false;
	struct live_options live = {
		.store = h->store,
		.registry = h->registry,
		.events = h->journals.events,
		.commands = h->commands,
	};
	mqtt_limits(&h->config, &live);
	h->live = live_new(&live);
	writer_follow(h->writer, live_committed, h->live);
	return true;
}

static void tell_expired(void *context, const struct token *t)
{
	struct buf members;
	buf_init(&members, 8 * TOKEN_INFO_MAX);
	const struct event event = {
		.code = EVENT_TOKEN_EXPIRED,
		.origin_type = ORIGIN_TOKEN,
		.origin_id = t->id,
		.members =
			buf_add(&members, "\"info\":", 7) && json_string(&members, str_of(t->info))
				? buf_str(&members)
				: (struct str)STR(""),
	};
	events_post(context, &event);
	buf_clear(&members);
}

static bool start_tokens(struct house *h, struct error *e)
{
	struct tokens_options options = {
		.store = h->store,
		.admin_key = h->token,
		.admin_created_us = h->token_made_us,
		.expired = tell_expired,
		.context = h->journals.events,
	};
	h->tokens = tokens_open(&options, e);
	if (h->tokens)
		tokens_start(h->tokens);
	return h->tokens != NULL;
}

static void tell_certificate(struct house *h, const char *event)
{
	char print[TLS_PRINT_BYTES];
	log_info("serve", event, "sha256=%s", tls_print(h->tls, print));
}

static bool start_tls(struct house *h, struct error *e)
{
	if (!*h->config.https.host && !*h->config.mqtts.host)
		return (!*h->config.https_cert.at && !*h->config.https_key.at) ||
		       fail(e, "https-cert and https-key are for --https and --mqtts, which are "
			       "missing");
	struct tls_options options = {
		.cert = h->config.https_cert.at,
		.key = h->config.https_key.at,
		.directory = h->config.data.at,
		.address = *h->config.https.host ? h->config.https.host : h->config.mqtts.host,
	};
	h->tls = tls_open(&options, e);
	if (h->tls)
		tell_certificate(h, "certificate");
	return h->tls != NULL;
}

static bool start_http(struct house *h, struct error *e)
{
	struct http_options http = {
		.address = h->config.http.host,
		.port = h->config.http.port,
		.https_address = h->config.https.host,
		.https_port = h->config.https.port,
		.threads = (int)h->config.http_threads,
		.context =
			{
				.store = h->store,
				.registry = h->registry,
				.writer = h->writer,
				.poster = h->poster,
				.waiting = h->waiting,
				.events = h->journals.events,
				.event_journal = h->journals.event_journal,
				.packets = h->journals.packets,
				.connections = gate_connections(h->gate),
				.tokens = h->tokens,
				.commands = h->commands,
				.live = live_view(h->live),
				.no_confirm = h->config.no_confirm,
				.auto_devices = h->config.auto_devices,
				.web_tiles = h->config.web_tiles.at,
				.web_attribution = h->config.web_attribution.at,
			},
	};
	h->http = http_start(&http, e);
	return h->http != NULL;
}

static bool start_doors(struct house *h, struct error *e)
{
	struct gate_options gate = {
		.registry = h->registry,
		.writer = h->writer,
		.workers = (int)h->config.workers,
		.events = h->journals.events,
		.packets = h->journals.packets,
		.commands = h->commands,
		.presence = live_presence(h->live),
		.needed = h->channel,
	};
	h->gate = gate_start(&gate, e);
	if (!h->gate)
		return false;
	commands_run(h->commands, gate_connections(h->gate));
	if (!start_tls(h, e) || !mqtt_open(h->live, &h->config, e))
		return false;
	live_run(h->live, h->tokens, gate_connections(h->gate));
	return start_http(h, e);
}

static bool start(struct house *h, struct error *e)
{
	log_info("serve", "starting", "version=%s data=%s", CANTRACK_VERSION,
		log_quote(h->config.data.at));
	/* the store comes before the token: it takes the directory's lock */
	return datadir_make(h->config.data.at, e) && start_store(h, e) &&
	       datadir_token(h->config.data.at, h->token, &h->token_made_us, &h->is_new_token, e) &&
	       start_tokens(h, e) && start_doors(h, e);
}

static void tell_person(struct house *h)
{
	const struct greeting greeting = {
		.config = &h->config,
		.http_port = http_port(h->http),
		.https_port = http_https_port(h->http),
		.token = h->token,
		.is_new_token = h->is_new_token,
		.tls = h->tls,
	};
	greet(&greeting, isatty(STDOUT_FILENO) == 1, stdout);
}

static void tell_ready(struct house *h)
{
	tell_person(h);
	struct channel ch;
	char http[80], https[96] = "", mqtt[MQTT_TEXT_BYTES];
	if (h->tls && *h->config.https.host)
		snprintf(https, sizeof https, " https=https://%s",
			address_text(&h->config.https, http_https_port(h->http), http));
	const char *listens = registry_channel(h->registry, h->channel, &ch) ? ch.uri : "";
	log_info("serve", "ready", "listen=%s http=http://%s data=%s%s%s",
		*listens ? listens : "none",
		address_text(&h->config.http, http_port(h->http), http),
		log_quote(h->config.data.at), https, mqtt_text(h->live, &h->config, mqtt));
	notify("READY=1");
}

/* ---- stopping ---- */

/* In the order that loses nothing: no more input, commit, answer, then the rest. False: some
 * messages could not be stored. */
static bool stop(struct house *h)
{
	struct error e = {""};
	size_t left = 0;
	bool stored = true;
	if (h->gate)
		gate_quiesce(h->gate);
	if (h->poster)
		poster_close(h->poster);
	commands_stop(h->commands);
	if (h->writer && !writer_stop(h->writer, PATIENCE_MS, &left, &e)) {
		stored = false;
		log_error("serve", "not_stored", "records=%zu reason=%s", left, log_quote(e.text));
	}
	if (h->gate)
		gate_stop(h->gate);
	live_stop(h->live);
	if (h->http)
		http_stop(h->http);
	poster_free(h->poster);
	if (h->gate)
		gate_free(h->gate);
	commands_free(h->commands);
	tls_close(h->tls);
	tokens_close(h->tokens);
	retention_stop(h->retainer);
	if (h->writer)
		writer_free(h->writer);
	waiting_free(h->waiting);
	if (h->registry)
		registry_close(h->registry);
	journals_close(&h->journals);
	live_free(h->live);
	if (h->store)
		store_close(h->store);
	return stored;
}

static int64_t asked_us; /* when the first signal came */

/* Who asks twice does not want to wait. Within a second it is one request in two copies: make, a
 * shell and `timeout` pass a signal on to a process that the terminal has told already. */
static void end_at_once(int number)
{
	(void)number;
	if (clock_monotonic_us() - asked_us > 1000000)
		_exit(1);
}

/* Threads inherit the mask: signals wait for the main thread. */
static void block_signals(sigset_t *ends)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a full disk, not our end */
	sigemptyset(ends);
	sigaddset(ends, SIGTERM);
	sigaddset(ends, SIGINT);
	sigaddset(ends, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ends, NULL);
}

/* The certificate of HTTPS is all that can be read again while running. */
static void reload(struct house *h)
{
	struct error e;
	if (!h->tls)
		log_info("serve", "hup_ignored", "reason=%s", log_quote("there is no https"));
	else if (tls_reload(h->tls, &e))
		tell_certificate(h, "certificate_reloaded");
	else
		log_error("serve", "certificate_kept", "reason=%s", log_quote(e.text));
}

static void wait_for_signal(struct house *h, const sigset_t *ends)
{
	int number = 0;
	while (sigwait(ends, &number) != 0 || number == SIGHUP)
		if (number == SIGHUP)
			reload(h);
	signal(SIGHUP, SIG_IGN);
	asked_us = clock_monotonic_us();
	signal(SIGTERM, end_at_once);
	signal(SIGINT, end_at_once);
	pthread_sigmask(SIG_UNBLOCK, ends, NULL);
	log_info("serve", "stopping", "signal=%s", number == SIGINT ? "INT" : "TERM");
	notify("STOPPING=1");
}

int serve_main(int argc, char **argv)
{
	static struct house h;
	struct error e = {""};
	sigset_t ends;
	if (!config_parse(&h.config, argc, argv, &e)) {
		fprintf(stderr, "cantrack serve: %s\n(see cantrack serve --help)\n", e.text);
		return 2;
	}
	if (h.config.help) {
		config_help(stdout);
		return 0;
	}
	log_set_level(h.config.log_level);
	umask(077); /* what lies in the data directory is nobody else's business */
	block_signals(&ends);
	open_files_raise();
	if (!start(&h, &e)) {
		log_error("serve", "cannot_start", "reason=%s", log_quote(e.text));
		(void)stop(&h);
		return 1;
	}
	tell_ready(&h);
	wait_for_signal(&h, &ends);
	bool stored = stop(&h);
	log_info("serve", "stopped", "stored=%s", stored ? "all" : "not_all");
	return stored ? 0 : 1;
}
