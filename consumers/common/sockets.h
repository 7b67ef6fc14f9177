/* sockets -- where a daemon's sockets are: a folder with one ipc socket of each name. */
#pragma once
#include <workforce/types.h>

#define WF_SOCKETS_DEFAULT "/run/workforced"
#define WF_SOCKETS_VARIABLE "WORKFORCE_SOCKETS"
#define WF_SOCKETS_TEXT 160

/* `given` (an option; may be NULL), else the variable, else the default. */
const char *wf_sockets_folder(const char *given);

/* "ipc:///run/workforced/query". A folder that is an endpoint itself (it holds "://") is taken as it is, so that a socket
 * on loopback TCP can be asked too. WF_CONFIG: longer than a socket's path can be. */
WF_NODISCARD wf_rc wf_sockets_endpoint(const char *folder, const char *name, char ret[WF_SOCKETS_TEXT], wf_err *e);

/* WF_BUSY when the folder holds no such socket: then nobody listens and waiting would be in vain. */
WF_NODISCARD wf_rc wf_sockets_there(const char *folder, const char *name, wf_err *e);
