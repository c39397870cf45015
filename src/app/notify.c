#include "app/notify.h"

#include "base/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	if (len == 0)
		return;
	if (len >= sizeof to.sun_path || (*path != '/' && *path != '@')) {
		log_warning("notify", "bad_socket", "path=%s", log_quote(path));
		return;
	}
	memcpy(to.sun_path, path, len);
	if (*path == '@') /* Linux: a name that is no file */
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (fd < 0 || sendto(fd, state, strlen(state), 0, (struct sockaddr *)&to, bytes) < 0)
		log_warning("notify", "not_sent", "reason=%s", log_quote(strerror(errno)));
	if (fd >= 0)
		close(fd);
}
