#include "core/latest.h"

static void take(void *context, const struct telemetry_item *item)
{
	struct latest *l = context;
	enum param p = item->param;
	if (item->index) {
		message_more(&l->message, p, item->index, item->value.number);
		return;
	}
	if (params[p].kind != KIND_TEXT) {
		message_number(&l->message, p, item->value.number);
		return;
	}
	struct str text = item->value.text;
	if (text.len > sizeof l->texts - l->used)
		return;
	char *kept = l->texts + l->used;
	if (text.len)
		memcpy(kept, text.at, text.len);
	l->used += text.len;
	message_text(&l->message, p, (struct str){kept, text.len});
}

void latest_get(struct store *store, uint32_t device, struct latest *out)
{
	message_clear(&out->message);
	out->used = 0;
	(void)store_telemetry(store, device, take, out);
}
