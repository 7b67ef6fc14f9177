/* access -- which endpoints may be opened and by whom they are reached; makes and binds every socket.
 *
 * Loopback and ipc only: whoever can reach an endpoint may use it, so reach is the file mode and group of its socket. */
#pragma once
#include <workforce/types.h>

#define WF_ENDPOINTS(X) X(INTAKE, "intake") X(FEED, "feed") X(STREAM, "stream") X(QUERY, "query") X(ADMIN, "admin")

typedef enum wf_endpoint {
#define X(name, wire) WF_EP_##name,
    WF_ENDPOINTS(X)
#undef X
    WF_EP_COUNT
} wf_endpoint;

const char *wf_endpoint_name(wf_endpoint which);
bool wf_endpoint_named(const char *name, wf_endpoint *ret);

#define WF_ENDPOINT_TEXT 128

typedef struct wf_endpoint_setting {
    const char *at;             /* "ipc:///run/workforced/intake", "tcp://127.0.0.1:7101"; empty: not opened */
    const char *group;          /* an ipc socket's file is 0660 and this group's; empty: 0666 (admin: 0660) */
    int queue;                  /* messages that wait for one peer; 0: as the socket's kind needs */
} wf_endpoint_setting;

/* ipc:// with a path that fits a socket address, or tcp:// on 127.x.x.x or [::1] with a port (or `*`, any free one);
 * `admin` on ipc only. WF_CONFIG with the reason. Looks at nothing outside the text. */
WF_NODISCARD wf_rc wf_access_check(wf_endpoint which, const char *at, wf_err *e);

/* Makes a socket of `type` in `context` with all its limits, and binds it. A socket file that nobody listens on any more
 * is removed first; one that somebody listens on is WF_BUSY. `bound` gets the endpoint as bound.
 * WF_CONFIG, WF_SYSTEM, WF_BUSY; the caller closes *ret with wf_access_close. */
WF_NODISCARD wf_rc wf_access_bind(void *context, int type, wf_endpoint which, const wf_endpoint_setting *setting,
                                  void **ret, char bound[WF_ENDPOINT_TEXT], wf_err *e);

/* Closes and removes the socket's file. Accepts NULL inside. */
void wf_access_close(void **socket, const char *bound);
