#include "live/spare.h"

void spare_take(struct live *l, struct buf *out)
{
	if (out->at || !l->spare_count)
		return;
	*out = l->spares[--l->spare_count];
	l->spare_bytes -= out->room;
}

void spare_give(struct live *l, struct buf *out)
{
	if (!out->at)
		return;
	if (l->spare_count == SPARES_MAX || l->spare_bytes + out->room > SPARE_BYTES) {
		buf_clear(out);
		return;
	}
	l->spare_bytes += out->room;
	l->spares[l->spare_count++] = *out;
	buf_init(out, out->max);
}

void spares_free(struct live *l)
{
	while (l->spare_count)
		buf_clear(&l->spares[--l->spare_count]);
}
