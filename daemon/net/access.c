#include "net/access.h"
#include "net/log.h"
#include "frame.h"
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <zmq.h>

static const char *const names[WF_EP_COUNT] = {
#define X(id, wire) wire,
    WF_ENDPOINTS(X)
#undef X
};

const char *wf_endpoint_name(wf_endpoint which) { return names[which]; }

bool wf_endpoint_named(const char *name, wf_endpoint *ret)
{
    for (int i = 0; i < WF_EP_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret = (wf_endpoint) i;
            return true;
        }
    return false;
}

/* ---- what may be opened ---------------------------------------------------------------------------------------- */

static const char *path_of(const char *at)
{
    return strncmp(at, "ipc://", 6) == 0 ? at + 6 : NULL;
}

static wf_rc check_path(const char *name, const char *path, wf_err *e)
{
    size_t room = sizeof ((struct sockaddr_un *) NULL)->sun_path;
    if (path[0] == '@')
        return wf_fail(e, WF_CONFIG, "endpoint %s: ipc://%s has no file, so no mode could guard it", name, path);
    if (path[0] == '\0' || path[0] == '*')
        return wf_fail(e, WF_CONFIG, "endpoint %s: ipc:// needs the path of a socket file", name);
    if (strlen(path) >= room)
        return wf_fail(e, WF_CONFIG, "endpoint %s: the path is %zu bytes long, a socket's file may have %zu", name, strlen(path),
                       room - 1);
    return WF_OK;
}

static bool is_port(const char *text)
{
    if (strcmp(text, "*") == 0)
        return true;
    unsigned port = 0;
    size_t n = 0;
    for (; text[n] >= '0' && text[n] <= '9' && n < 6; n++)
        port = port * 10 + (unsigned) (text[n] - '0');
    return n > 0 && text[n] == '\0' && port > 0 && port <= 65535;
}

/* 127.0.0.0/8 as four numbers, or [::1]; no names, which something else could resolve. Returns what follows, or NULL. */
static const char *after_loopback(const char *host)
{
    if (strncmp(host, "[::1]", 5) == 0)
        return host + 5;
    if (strncmp(host, "127.", 4) != 0)
        return NULL;
    host += 4;
    for (int part = 0; part < 3; part++) {
        unsigned v = 0;
        int digits = 0;
        for (; *host >= '0' && *host <= '9' && digits < 4; host++, digits++)
            v = v * 10 + (unsigned) (*host - '0');
        if (digits == 0 || digits > 3 || v > 255 || (part < 2 && *host++ != '.'))
            return NULL;
    }
    return host;
}

wf_rc wf_access_check(wf_endpoint which, const char *at, wf_err *e)
{
    const char *name = names[which], *path = path_of(at);
    if (path)
        return check_path(name, path, e);
    if (strncmp(at, "tcp://", 6) != 0)
        return wf_fail(e, WF_CONFIG, "endpoint %s: %s is neither ipc:// nor tcp://", name, at);
    if (which == WF_EP_ADMIN)
        return wf_fail(e, WF_CONFIG, "endpoint admin: %s: admin is on ipc:// only", at);
    const char *rest = after_loopback(at + 6);
    if (!rest)
        return wf_fail(e, WF_CONFIG, "endpoint %s: %s is not on loopback (127.x.x.x or [::1])", name, at);
    if (rest[0] != ':' || !is_port(rest + 1))
        return wf_fail(e, WF_CONFIG, "endpoint %s: %s has no port from 1 to 65535", name, at);
    return WF_OK;
}

/* ---- making and binding ---------------------------------------------------------------------------------------- */

/* A file that a dead daemon left behind goes; a living one's stays. */
static wf_rc clear_path(const char *name, const char *path, wf_err *e)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? WF_OK : wf_fail(e, WF_SYSTEM, "endpoint %s: %s: %s", name, path, strerror(errno));
    if (!S_ISSOCK(st.st_mode))
        return wf_fail(e, WF_CONFIG, "endpoint %s: %s is there and is no socket", name, path);

    struct sockaddr_un to = { .sun_family = AF_UNIX };
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: %s", name, strerror(errno));
    int rc = connect(fd, (struct sockaddr *) &to, sizeof to), why = errno;
    close(fd);
    if (rc == 0 || why == EAGAIN)
        return wf_fail(e, WF_BUSY, "endpoint %s: another process listens on %s", name, path);
    if (why != ECONNREFUSED)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: %s: %s", name, path, strerror(why));
    if (unlink(path) != 0 && errno != ENOENT)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: cannot remove %s: %s", name, path, strerror(errno));
    return WF_OK;
}

/* The directory of the file, one level deep, as a service's RuntimeDirectory= would make it. */
static wf_rc make_directory(const char *name, const char *path, wf_err *e)
{
    char dir[WF_ENDPOINT_TEXT];
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return WF_OK;
    snprintf(dir, sizeof dir, "%.*s", (int) (slash - path), path);
    if (mkdir(dir, 0755) == 0)
        return chmod(dir, 0755) == 0 ? WF_OK : wf_fail(e, WF_SYSTEM, "endpoint %s: %s: %s", name, dir, strerror(errno));
    return errno == EEXIST ? WF_OK : wf_fail(e, WF_SYSTEM, "endpoint %s: cannot make %s: %s", name, dir, strerror(errno));
}

/* A group that is not there closes the socket to all but the daemon's own user; that is said and is no failure. */
static wf_rc give(wf_endpoint which, const char *group, const char *path, wf_err *e)
{
    struct group entry, *found = NULL;
    char text[4096];
    bool named = group && group[0] != '\0';
    if (named) {
        int rc = getgrnam_r(group, &entry, text, sizeof text, &found);
        if (!found || chown(path, (uid_t) -1, found->gr_gid) != 0)
            wf_log(GROUP_UNKNOWN, names[which], group, found ? strerror(errno) : rc != 0 ? strerror(rc) : "no such group");
    }
    mode_t mode = named || which == WF_EP_ADMIN ? 0660 : 0666;
    if (chmod(path, mode) != 0)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: mode %o of %s: %s", names[which], (unsigned) mode, path, strerror(errno));
    return WF_OK;
}

/* Nothing is left to libzmq's defaults: without end, without limit, in silence. */
static wf_rc set_options(void *socket, int type, int queue, wf_err *e)
{
    bool router = type == ZMQ_ROUTER;
    const struct { int option, value; bool set; } options[] = {
        { ZMQ_LINGER, 200, true },                      /* replies of the last commit may still leave */
        { ZMQ_SNDHWM, queue, true },
        { ZMQ_RCVHWM, type == ZMQ_SUB ? queue : 64, true },
        { ZMQ_HANDSHAKE_IVL, 2000, true },
        { ZMQ_BACKLOG, 4096, true },
        { ZMQ_HEARTBEAT_IVL, 2000, true },
        { ZMQ_HEARTBEAT_TIMEOUT, 6000, true },
        { ZMQ_HEARTBEAT_TTL, 6000, true },
        { ZMQ_IPV6, 1, true },
        { ZMQ_ROUTER_MANDATORY, 1, router },
        { ZMQ_ROUTER_HANDOVER, 0, router },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].set && zmq_setsockopt(socket, options[i].option, &options[i].value, sizeof options[i].value) != 0)
            return wf_fail(e, WF_SYSTEM, "socket option %d: %s", options[i].option, zmq_strerror(errno));
    int64_t most = WF_MESSAGE_BYTES_MAX;
    if (zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most) != 0)
        return wf_fail(e, WF_SYSTEM, "socket option MAXMSGSIZE: %s", zmq_strerror(errno));
    if (type == ZMQ_SUB && zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0) != 0)
        return wf_fail(e, WF_SYSTEM, "subscription: %s", zmq_strerror(errno));
    return WF_OK;
}

static wf_rc bind_it(void *socket, wf_endpoint which, const wf_endpoint_setting *s, char bound[WF_ENDPOINT_TEXT], wf_err *e)
{
    const char *name = names[which], *path = path_of(s->at);
    if (path) {
        WF_TRY(make_directory(name, path, e));
        WF_TRY(clear_path(name, path, e));
    }
    /* Nobody else gets in between bind and chmod. */
    mode_t before = umask(0177);
    int rc = zmq_bind(socket, s->at), why = errno;
    umask(before);
    if (rc != 0)
        return wf_fail(e, why == EADDRINUSE ? WF_BUSY : WF_SYSTEM, "endpoint %s: %s: %s", name, s->at, zmq_strerror(why));
    size_t n = WF_ENDPOINT_TEXT;
    if (zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, bound, &n) != 0)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: %s", name, zmq_strerror(errno));
    return path ? give(which, s->group, path, e) : WF_OK;
}

wf_rc wf_access_bind(void *context, int type, wf_endpoint which, const wf_endpoint_setting *setting, void **ret,
                     char bound[WF_ENDPOINT_TEXT], wf_err *e)
{
    WF_TRY(wf_access_check(which, setting->at, e));
    void *socket = zmq_socket(context, type);
    if (!socket)
        return wf_fail(e, WF_SYSTEM, "endpoint %s: %s", names[which], zmq_strerror(errno));
    wf_rc rc = set_options(socket, type, setting->queue > 0 ? setting->queue : 256, e);
    if (rc == WF_OK)
        rc = bind_it(socket, which, setting, bound, e);
    if (rc != WF_OK) {
        zmq_close(socket);
        return rc;
    }
    wf_log(LISTENING, names[which], bound);
    *ret = socket;
    return WF_OK;
}

void wf_access_close(void **socket, const char *bound)
{
    if (!*socket)
        return;
    const char *path = path_of(bound);
    zmq_close(*socket);
    *socket = NULL;
    if (path)
        (void) unlink(path);
}
