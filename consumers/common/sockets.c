/* sockets -- see sockets.h. */
#include "consumers/common/sockets.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *wf_sockets_folder(const char *given)
{
    const char *variable = getenv(WF_SOCKETS_VARIABLE);
    return given != NULL ? given : variable != NULL && *variable != '\0' ? variable : WF_SOCKETS_DEFAULT;
}

wf_rc wf_sockets_endpoint(const char *folder, const char *name, char ret[WF_SOCKETS_TEXT], wf_err *e)
{
    int n;
    if (strstr(folder, "://") != NULL)
        n = snprintf(ret, WF_SOCKETS_TEXT, "%s", folder);
    else
        n = snprintf(ret, WF_SOCKETS_TEXT, "ipc://%s/%s", folder, name);
    return n > 0 && n < 108 ? WF_OK : wf_fail(e, WF_CONFIG, "%s: longer than the path of a socket can be", folder);
}

wf_rc wf_sockets_there(const char *folder, const char *name, wf_err *e)
{
    char path[WF_SOCKETS_TEXT];
    struct stat st;
    if (strstr(folder, "://") != NULL)
        return WF_OK;
    WF_TRY(wf_sockets_endpoint(folder, name, path, e));
    if (stat(path + strlen("ipc://"), &st) == 0 && S_ISSOCK(st.st_mode))
        return WF_OK;
    if (errno == EACCES)
        return wf_fail(e, WF_BUSY, "%s: this user may not reach the daemon's sockets", folder);
    return wf_fail(e, WF_BUSY, "%s: no daemon has its socket \"%s\" here", folder, name);
}
