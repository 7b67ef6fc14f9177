/* clock -- preloaded into a daemon: the host's clock as a test sets it.
 *
 *   WF_CLOCK=file   so many milliseconds are added to what the clock shows, as the file says now; it is replaced whole
 *
 * Only the time of day is moved: a host that is set, or wakes from a suspend, has the same effect. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long offset_ms(void)
{
    const char *path = getenv("WF_CLOCK");
    char text[32] = "";
    int fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0) abort();
    ssize_t n = read(fd, text, sizeof text - 1);
    (void) close(fd);
    if (n <= 0) abort();
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t which, struct timespec *t)
{
    long rc = syscall(SYS_clock_gettime, which, t);

    if (rc == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
        long long ms = offset_ms(), ns = (long long) t->tv_nsec + ms % 1000 * 1000000;
        t->tv_sec += (time_t) (ms / 1000 + (ns < 0 ? -1 : ns >= 1000000000 ? 1 : 0));
        t->tv_nsec = (long) ((ns + 1000000000) % 1000000000);
    }
    return (int) rc;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
    struct timespec s;

    (void) zone;
    (void) clock_gettime(CLOCK_REALTIME, &s);
    *t = (struct timeval) { s.tv_sec, s.tv_nsec / 1000 };
    return 0;
}

time_t time(time_t *ret)
{
    struct timespec s;

    (void) clock_gettime(CLOCK_REALTIME, &s);
    if (ret != NULL) *ret = s.tv_sec;
    return s.tv_sec;
}
