#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void connection_init(struct connection *connection) {
    connection->fd = -1;
    connection->output_length = 0;
    lines_reset(&connection->input);
}

bool connection_is_open(const struct connection *connection) {
    return connection->fd >= 0;
}

void connection_close(struct connection *connection) {
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    connection->fd = -1;
    connection->output_length = 0;
}

bool connection_open(struct connection *connection, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat file;
    if (stat(path, &file) != 0) {
        return false;
    }
    strncpy(address.sun_path, path, sizeof address.sun_path - 1); /* options.c has checked the length */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    /* On a Unix socket connect is done or fails at once; a full backlog is EAGAIN: tried again like any other failure. */
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return false;
    }
    connection_init(connection);
    connection->fd = fd;
    connection->device = file.st_dev; /* read before connect: if the file was exchanged since, the gate looks again */
    connection->inode = file.st_ino;
    return true;
}

void connection_flush(struct connection *connection) {
    size_t sent = 0;
    while (connection->fd >= 0 && sent < connection->output_length) {
        ssize_t count =
            send(connection->fd, connection->output + sent, connection->output_length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count >= 0) {
            sent += (size_t)count;
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* The peer has gone. What it said before may still be in the input: receive finds the end of it. */
            sent = connection->output_length;
            break;
        }
    }
    if (connection->fd >= 0) {
        memmove(connection->output, connection->output + sent, connection->output_length - sent);
        connection->output_length -= sent;
    }
}

void connection_send(struct connection *connection, const char *bytes, size_t length) {
    if (connection->fd < 0) {
        return;
    }
    if (length > OUTPUT_CAPACITY - connection->output_length) {
        connection_close(connection);
        return;
    }
    memcpy(connection->output + connection->output_length, bytes, length);
    connection->output_length += length;
    connection_flush(connection);
}

void connection_receive(struct connection *connection) {
    size_t room;
    char *space = lines_space(&connection->input, &room);
    ssize_t count = recv(connection->fd, space, room, MSG_DONTWAIT);
    if (count > 0) {
        lines_received(&connection->input, (size_t)count);
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        connection_close(connection);
    }
}

bool connection_all_read(const struct connection *connection) {
    int unread;
    struct pollfd end = {.fd = connection->fd, .events = POLLRDHUP};
    if (connection->fd < 0 || connection->output_length > 0 || ioctl(connection->fd, TIOCOUTQ, &unread) != 0 ||
        unread != 0) {
        return false;
    }
    /* A peer that closes throws away what it has not read, so an empty queue counts only if it is open afterwards. */
    return poll(&end, 1, 0) == 0;
}
