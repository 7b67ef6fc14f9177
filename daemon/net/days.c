#include "net/days.h"
#include "core/calendar.h"
#include "net/clock.h"
#include "net/log.h"

void wf_days_open(wf_days *d, wf_engine *en, bool manual)
{
    *d = (wf_days) { .engine = en, .manual = manual, .target = wf_engine_today(en), .jump = WF_DAY_OPEN, .back = WF_DAY_OPEN };
}

void wf_days_look(wf_days *d, wf_instant now)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    wf_day today = wf_engine_today(d->engine), host = wf_day_london(now);
    if (d->manual || wf_days_behind(d))
        return;
    if (host.n < today.n) {
        if (d->back.n != host.n)
            wf_log(CLOCK_BACK, wf_day_text(host, a), wf_day_text(today, b));
        d->back = host;
        d->jump = WF_DAY_OPEN;
        return;
    }
    d->back = WF_DAY_OPEN;
    if (host.n - today.n > WF_DAYS_JUMP) {
        if (d->jump.n != host.n)
            wf_log(CLOCK_JUMP, wf_day_text(host, a), host.n - today.n, wf_day_text(today, b));
        d->jump = host;
        return;
    }
    d->jump = WF_DAY_OPEN;
    d->target = host;
}

wf_instant wf_days_arrival(const wf_days *d, wf_instant now)
{
    wf_day today = wf_engine_today(d->engine);
    wf_instant begins = wf_day_end_london((wf_day) { today.n - 1 });
    return d->manual ? wf_day_end_london(today) : now.ms < begins.ms ? begins : now;
}

uint64_t wf_days_wait_ms(const wf_days *d, wf_instant now, uint64_t most)
{
    int64_t left = wf_day_end_london(wf_day_london(now)).ms - now.ms;
    return d->manual || left > (int64_t) most ? most : (uint64_t) left;
}

wf_rc wf_days_step(wf_days *d, wf_instant now, uint64_t budget_us, wf_err *e)
{
    uint64_t until = wf_monotonic_us() + budget_us;
    if (!wf_days_behind(d))
        return WF_OK;
    wf_group g = { .engine = d->engine, .arrival = wf_days_arrival(d, now) };
    WF_TRY(wf_group_need(&g, e));
    wf_rc rc;
    do {
        rc = wf_engine_tick(d->engine, e);
        d->ticks++;
    } while (rc == WF_OK && wf_days_behind(d) && wf_monotonic_us() < until);
    if (rc != WF_OK) {
        wf_engine_abandon(d->engine);
        return rc;
    }
    WF_TRY(wf_group_commit(&g, e));
    if (!wf_days_behind(d)) {
        char a[WF_DAY_TEXT];
        wf_log(DAY_ENDED, d->ticks - d->told, wf_day_text(wf_engine_today(d->engine), a));
        d->told = d->ticks;
    }
    return WF_OK;
}

wf_rc wf_days_advance(wf_days *d, wf_day to, wf_err *e)
{
    char a[WF_DAY_TEXT], b[WF_DAY_TEXT];
    wf_day today = wf_engine_today(d->engine);
    if (!d->manual)
        return wf_fail(e, WF_CONFIG, "the clock is the host's: days end at midnight in London");
    if (to.n < today.n)
        return wf_fail(e, WF_RANGE, "%s is before today (%s): a day that ended is never taken back", wf_day_text(to, a), wf_day_text(today, b));
    if (to.n > WF_DAYS_LAST.n)
        return wf_fail(e, WF_RANGE, "the calendar ends on %s", wf_day_text(WF_DAYS_LAST, a));
    d->target = to;
    return WF_OK;
}

wf_rc wf_days_accept(wf_days *d, wf_err *e)
{
    char a[WF_DAY_TEXT];
    if (d->jump.n == WF_DAY_OPEN.n)
        return wf_fail(e, WF_ABSENT, "no jump of the host's clock waits to be accepted");
    d->target = d->jump;
    d->jump = WF_DAY_OPEN;
    wf_log(CLOCK_ACCEPTED, wf_day_text(d->target, a));
    return WF_OK;
}
