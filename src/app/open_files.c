#include "app/open_files.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>

enum { FEW_FILES = 10000 };

/* Each connection takes a descriptor. */
void open_files_raise(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("serve", "open_files", "reason=%s", log_quote(strerror(errno)));
	if (limit.rlim_cur < FEW_FILES)
		log_warning("serve", "few_open_files", "limit=%" PRIu64 " reason=%s",
			(uint64_t)limit.rlim_cur,
			log_quote("no more connections than that are possible"));
}

size_t open_files_most(void)
{
	struct rlimit limit;
	bool is_known = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
	return is_known ? (size_t)limit.rlim_cur : 0;
}
