/* api_absent: parts of the API that a cantrack gateway has nothing of, so that clients which ask for
 * them go on: lists are empty, what would change something is refused with a sentence. */
#include "http/items.h"

#include "http/routes.h"

/* ---- of items that exist ---- */

/* An empty list, when the items are there. */
static void none_of(const struct request *r, struct answer *a, const struct collection *c)
{
	struct chosen chosen;
	if (choose(r, a, c, r->segment[0], &chosen))
		chosen_clear(&chosen);
}

static void refuse_of(
	const struct request *r, struct answer *a, const struct collection *c, const char *sentence)
{
	struct chosen chosen;
	if (!choose(r, a, c, r->segment[0], &chosen))
		return;
	chosen_clear(&chosen);
	answer_error(a, 400, "%s", sentence);
	a->status = 400;
}

void get_device_nothing(const struct request *r, struct answer *a)
{
	none_of(r, a, &devices);
}

void put_settings(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &devices, "a cantrack device has no settings that could be changed");
}

void post_commands(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &devices, "commands cannot be sent yet: there is no command queue");
}

void put_channel_cid(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &channels, "there is one account, number 1: nothing can be moved");
}

void put_device_cid(const struct request *r, struct answer *a)
{
	refuse_of(r, a, &devices, "there is one account, number 1: nothing can be moved");
}

/* ---- kinds of items of which there is none ---- */

static size_t no_ids(const struct context *c, uint32_t **out)
{
	(void)c;
	*out = NULL;
	return 0;
}

static bool no_item(const struct context *c, uint32_t id, union object *out)
{
	(void)c;
	(void)id;
	(void)out;
	return false;
}

/* The names that a selector may ask for. */
static const struct field nothing_fields[] = {
	FIELD_OF_LITERAL("id", FIELD_SHOWN, "0", "Number of the item"),
	FIELD_OF_LITERAL("name", FIELD_SHOWN, "\"\"", "Name for people"),
	FIELD_OF_LITERAL("protocol_id", FIELD_SHOWN, "0", "Number of its protocol"),
};
static const struct resource nothing_resource = {
	"item", nothing_fields, sizeof nothing_fields / sizeof *nothing_fields, 1, NULL, true};
static const struct collection nothing = {&nothing_resource, no_ids, no_item, NULL};

void get_nothing(const struct request *r, struct answer *a)
{
	none_of(r, a, &nothing);
}

void post_streams(const struct request *r, struct answer *a)
{
	(void)r;
	answer_error(a, 400, "streams cannot be created yet: this gateway forwards nothing");
}
