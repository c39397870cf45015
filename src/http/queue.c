#include "http/queue.h"

#include "http/range.h"

static void init(void *object)
{
	*(struct queue_data *)object =
		(struct queue_data){.curr_key = KEY_NONE, .delete_key = KEY_NONE};
}

/* clang-format off */
#define ROW(member, path, kind, min, max, text) FIELD(struct queue_data, member, path, kind, FIELD_INPUT, min, max, text)
static const struct field fields[] = {
	ROW(from_us, "from", FIELD_TIME, 0, RANGE_TIME_MAX_US, "First server.timestamp, seconds since 1970, inclusive; 0: open"),
	ROW(to_us, "to", FIELD_TIME, 0, RANGE_TIME_MAX_US, "Last server.timestamp, seconds since 1970, inclusive; 0: open"),
	ROW(count, "count", FIELD_NUMBER, 0, INT64_MAX, "Most messages; 0: all"),
	ROW(reverse, "reverse", FIELD_BOOLEAN, 0, 1, "Newest first"),
	ROW(fields, "fields", FIELD_TEXT, 0, 4095, "Names and masks of parameters, separated by commas"),
	ROW(filter, "filter", FIELD_TEXT, 0, 4095, "Expression that a message must satisfy"),
	ROW(curr_key, "curr_key", FIELD_NUMBER, 0, INT64_MAX, "Key of the first message: next_key of the answer before"),
	ROW(limit_count, "limit_count", FIELD_NUMBER, 0, INT64_MAX, "Most messages; 0: all"),
	ROW(limit_size, "limit_size", FIELD_NUMBER, 0, INT64_MAX, "Most bytes of messages, but one message at least; 0: no limit"),
	ROW(timeout_s, "timeout", FIELD_NUMBER, 0, QUEUE_TIMEOUT_MAX_S, "Seconds to wait for the first message when there is none"),
	ROW(frees, "delete", FIELD_BOOLEAN, 0, 1, "Free the messages below curr_key"),
};

static const struct field delete_fields[] = {
	ROW(delete_key, "delete_key", FIELD_NUMBER, 0, INT64_MAX, "Messages with a key below go; not given: all that are there"),
};
/* clang-format on */

const struct resource queue_resource = {"data object", fields, sizeof fields / sizeof *fields,
	sizeof(struct queue_data), init, false};
const struct resource queue_delete_resource = {"data object", delete_fields,
	sizeof delete_fields / sizeof *delete_fields, sizeof(struct queue_data), init, false};

static bool refuse(struct refusal *refusal, const char *member, const char *with)
{
	return refuse_member(refusal, member, "%s makes no sense together with %s", member, with);
}

bool queue_parse(const struct request *r, struct queue_data *out, struct refusal *refusal)
{
	if (!data_parse(r, &queue_resource, out, refusal))
		return false;
	const char *by_key = out->curr_key != KEY_NONE ? "curr_key"
			     : out->frees              ? "delete"
			     : out->timeout_s          ? "timeout"
						       : NULL;
	if (by_key && out->from_us)
		return refuse(refusal, "from", by_key);
	if (by_key && out->to_us)
		return refuse(refusal, "to", by_key);
	if (by_key && out->reverse)
		return refuse(refusal, "reverse", by_key);
	if (out->frees && out->curr_key == KEY_NONE) {
		return refuse_member(refusal, "delete",
			"delete needs curr_key: the messages below it are freed");
	}
	return true;
}
