#include "link.h"

#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

/* Pause between tries while nobody listens; the protocol promises at most 200 ms. */
static const int64_t TRY_NS = 150 * NS_PER_MS;

/* The slow look at the socket's file: a net under inotify (10 s), or in its place where the node has none left (1 s). */
static const int64_t LOOK_NS = 10 * NS_PER_S;
static const int64_t LOOK_WITHOUT_INOTIFY_NS = 1 * NS_PER_S;

static void watch(struct link *link) {
    if (link->inotify >= 0 && !link->watching) {
        link->watching =
            inotify_add_watch(link->inotify, link->folder, IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR) >= 0;
    }
}

void link_init(struct link *link, const char *path) {
    memset(link, 0, sizeof *link);
    link->path = path;
    strncpy(link->folder, path, sizeof link->folder - 1);
    char *slash = strrchr(link->folder, '/');
    slash[slash == link->folder ? 1 : 0] = '\0';
    connection_init(&link->slots[0]);
    connection_init(&link->slots[1]);
    link->obeyed = &link->slots[0];
    link->candidate = &link->slots[1];
    link->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    watch(link);
}

/* True when another file than the one it was connected through stands at the path now. */
static bool replaced(const struct link *link, const struct connection *connection) {
    struct stat file;
    return stat(link->path, &file) == 0 &&
           (file.st_ino != connection->inode || file.st_dev != connection->device);
}

struct connection *link_connect(struct link *link, int64_t now_ns) {
    bool nobody = !connection_is_open(link->obeyed) && !connection_is_open(link->candidate);
    if (nobody && link->next_try_ns == INT64_MAX) {
        link->next_try_ns = now_ns; /* a connection that had been quiet for a while has ended */
    }
    if (now_ns < link->next_try_ns && now_ns < link->next_look_ns) {
        return NULL;
    }
    if (now_ns >= link->next_look_ns) {
        watch(link); /* the folder may not have been there before */
        link->next_look_ns = now_ns + (link->watching ? LOOK_NS : LOOK_WITHOUT_INOTIFY_NS);
    }
    if (connection_is_open(link->candidate) && replaced(link, link->candidate)) {
        connection_close(link->candidate); /* silent so far, and no longer the newest */
    }
    bool wanted = !connection_is_open(link->candidate) &&
                  (!connection_is_open(link->obeyed) || replaced(link, link->obeyed));
    link->next_try_ns = wanted ? now_ns + TRY_NS : INT64_MAX; /* else until the folder changes or a connection ends */
    return wanted && connection_open(link->candidate, link->path) ? link->candidate : NULL;
}

int64_t link_next_time(const struct link *link) {
    return link->next_try_ns < link->next_look_ns ? link->next_try_ns : link->next_look_ns;
}

void link_folder_changed(struct link *link) {
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(link->inotify, events, sizeof events) > 0) {
        /* which file it was does not matter: link_connect looks */
    }
    link->next_try_ns = 0;
}

bool link_hello(struct link *link, struct connection *from, const struct command *hello) {
    if (hello->version != PROTOCOL_VERSION || (link->heard && hello->sidecar < link->highest_sidecar)) {
        connection_close(from);
        return false;
    }
    link->heard = true;
    link->highest_sidecar = hello->sidecar;
    memcpy(link->lock, hello->lock, sizeof link->lock);
    if (from == link->candidate) {
        connection_close(link->obeyed); /* unread */
        link->candidate = link->obeyed;
        link->obeyed = from;
    }
    return true;
}
