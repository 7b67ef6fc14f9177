/* looks -- colours, numbers, tables and sparklines. */
#include "consumers/workforcectl/ctl.h"
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- terminal --------------------------------------------------------------------------------------------------- */

static bool coloured(void)
{
    static int known = -1;
    if (known < 0) {
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
        known = isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
    }
    return known != 0;
}

const char *ctl_in(ctl_colour c)
{
    static const char *const sequence[] = {
        [CTL_PLAIN] = "\033[0m", [CTL_BOLD] = "\033[1m", [CTL_DIM] = "\033[2m",
        [CTL_GREEN] = "\033[32m", [CTL_YELLOW] = "\033[33m", [CTL_RED] = "\033[1;31m",
    };
    return coloured() ? sequence[c] : "";
}

ctl_colour ctl_colour_of(wf_level level)
{
    static const ctl_colour colour[] = { [WF_UNKNOWN] = CTL_PLAIN, [WF_OKAY] = CTL_GREEN, [WF_AMBER] = CTL_YELLOW, [WF_RED] = CTL_RED };
    return colour[level];
}

bool ctl_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

int ctl_width(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20)
        return w.ws_col > 400 ? 400 : w.ws_col;
    return 80;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static int64_t unit_of(wf_measured m)
{
    return m == WF_FTE_MILLIONTHS || m == WF_POSTS_FTE || m == WF_DAYS_MILLIONTHS ? WF_FTE_ONE : 1;
}

/* An integer with `places` decimal places. */
static void decimal(int64_t v, int places, char buf[CTL_VALUE_TEXT])
{
    uint64_t step = 1, all = v < 0 ? (uint64_t) 0 - (uint64_t) v : (uint64_t) v;
    for (int i = 0; i < places; i++)
        step *= 10;
    if (places == 0)
        snprintf(buf, CTL_VALUE_TEXT, "%s%llu", v < 0 ? "-" : "", (unsigned long long) all);
    else
        snprintf(buf, CTL_VALUE_TEXT, "%s%llu.%0*llu", v < 0 ? "-" : "", (unsigned long long) (all / step), places,
                 (unsigned long long) (all % step));
}

static bool percent(const wf_figure *f) { return wf_str_eq(f->unit_of_value, WF_STR("percent")); }

const char *ctl_digits(const wf_figure *f, char buf[CTL_VALUE_TEXT])
{
    static const char *const symbol[] = {
#define X(name, wire, mark, text) [name] = mark,
        WF_FIGURE_STATUSES(X)
#undef X
    };
    int places = f->decimals < 0 ? 0 : f->decimals > 6 ? 6 : f->decimals;
    if (f->status != WF_FIGURE_OK) {
        snprintf(buf, CTL_VALUE_TEXT, "%s", symbol[f->status]);
        return buf;
    }
    __int128 n = f->numerator, d = f->has_denominator ? f->denominator : 1;
    n *= percent(f) ? 100 : 1;
    n *= f->has_denominator ? unit_of(f->denominator_of) : 1;
    for (int i = 0; i < places; i++)
        n *= 10;
    d *= unit_of(f->numerator_of);
    bool negative = (n < 0) != (d < 0);
    n = n < 0 ? -n : n;
    d = d < 0 ? -d : d;
    __int128 q = d == 0 ? 0 : (2 * n + d) / (2 * d);      /* half up, once, from the exact fraction */
    q = q > INT64_MAX ? INT64_MAX : q;
    decimal(negative ? -(int64_t) q : (int64_t) q, places, buf);
    return buf;
}

const char *ctl_value(const wf_figure *f, char buf[CTL_VALUE_TEXT])
{
    char digits[CTL_VALUE_TEXT], day[WF_DAY_TEXT];
    if (f->status == WF_FIGURE_X) {
        if (f->no_data_until.n == WF_DAY_OPEN.n)
            snprintf(buf, CTL_VALUE_TEXT, "no data");
        else
            snprintf(buf, CTL_VALUE_TEXT, "no data until %s", wf_day_text(f->no_data_until, day));
        return buf;
    }
    ctl_digits(f, digits);
    if (f->status != WF_FIGURE_OK || wf_str_eq(f->unit_of_value, WF_STR("count")))
        snprintf(buf, CTL_VALUE_TEXT, "%.30s", digits);
    else if (percent(f))
        snprintf(buf, CTL_VALUE_TEXT, "%.30s %%", digits);
    else
        snprintf(buf, CTL_VALUE_TEXT, "%.30s %.*s", digits, f->unit_of_value.n < 32 ? (int) f->unit_of_value.n : 32, f->unit_of_value.p);
    return buf;
}

const char *ctl_fraction(const wf_figure *f, char buf[CTL_VALUE_TEXT])
{
    char n[WF_MILLIONTHS_TEXT], d[WF_MILLIONTHS_TEXT];
    buf[0] = '\0';
    if (!f->has_denominator || f->status == WF_FIGURE_X || f->status == WF_FIGURE_C)
        return buf;
    int64_t tenth = WF_FTE_ONE / 10;
    /* To one decimal, as the official tables show FTE; the rate itself is not worked out from these. */
    int64_t a = unit_of(f->numerator_of) == 1 ? f->numerator * WF_FTE_ONE : (f->numerator + tenth / 2) / tenth * tenth;
    int64_t b = unit_of(f->denominator_of) == 1 ? f->denominator * WF_FTE_ONE : (f->denominator + tenth / 2) / tenth * tenth;
    if (llabs(f->numerator) < INT64_MAX / WF_FTE_ONE && llabs(f->denominator) < INT64_MAX / 2)
        snprintf(buf, CTL_VALUE_TEXT, "%.24s of %.24s", wf_millionths_text(a, n), wf_millionths_text(b, d));
    return buf;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

typedef struct cell { char *text; ctl_colour colour; } cell;
struct ctl_table {
    int columns;
    const char *const *headings;
    uint32_t to_the_right;
    cell *cells;
    size_t n, cap;
};

ctl_table *ctl_table_new(int columns, const char *const *headings, uint32_t to_the_right)
{
    ctl_table *t = calloc(1, sizeof *t);
    WF_ASSERT(t != NULL && columns > 0);
    t->columns = columns;
    t->headings = headings;
    t->to_the_right = to_the_right;
    return t;
}

void ctl_table_cell(ctl_table *t, ctl_colour colour, const char *format, ...)
{
    va_list values;
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 256 : 2 * t->cap;
        t->cells = realloc(t->cells, t->cap * sizeof *t->cells);
        WF_ASSERT(t->cells != NULL);
    }
    cell *c = &t->cells[t->n++];
    va_start(values, format);
    int n = vasprintf(&c->text, format, values);
    va_end(values);
    WF_ASSERT(n >= 0);
    /* What comes over the wire may not move the cursor. */
    for (char *p = c->text; *p != '\0'; p++)
        if ((unsigned char) *p < ' ' || *p == 127)
            *p = '?';
    c->colour = colour;
}

size_t ctl_table_rows(const ctl_table *t) { return t->n / (size_t) t->columns; }

/* Characters, not bytes. */
static int width_of(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += ((unsigned char) *text & 0xc0) != 0x80;
    return n;
}

/* A row, or without one the headings. */
static void print_row(const ctl_table *t, FILE *to, const int *width, const cell *row)
{
    for (int c = 0; c < t->columns; c++) {
        const char *text = row == NULL ? t->headings[c] : row[c].text;
        ctl_colour colour = row == NULL ? CTL_BOLD : row[c].colour;
        int room = width[c] - width_of(text);
        bool right = (t->to_the_right >> c & 1) != 0, last = c + 1 == t->columns;
        fprintf(to, "%*s%s%s%s%*s", right ? room : 0, "", colour != CTL_PLAIN ? ctl_in(colour) : "", text,
                colour != CTL_PLAIN ? ctl_in(CTL_PLAIN) : "", last ? 0 : (right ? 0 : room) + 2, "");
    }
    fputc('\n', to);
}

void ctl_table_print(const ctl_table *t, FILE *to)
{
    int width[32] = { 0 };
    WF_ASSERT(t->columns <= 32);
    for (int c = 0; c < t->columns; c++)
        width[c] = width_of(t->headings[c]);
    for (size_t i = 0; i < t->n; i++) {
        int w = width_of(t->cells[i].text), c = (int) (i % (size_t) t->columns);
        width[c] = w > width[c] ? w : width[c];
    }
    print_row(t, to, width, NULL);
    for (size_t r = 0; r < ctl_table_rows(t); r++)
        print_row(t, to, width, &t->cells[r * (size_t) t->columns]);
}

void ctl_table_free(ctl_table **p)
{
    if (*p == NULL)
        return;
    for (size_t i = 0; i < (*p)->n; i++)
        free((*p)->cells[i].text);
    free((*p)->cells);
    free(*p);
    *p = NULL;
}

/* ---- sparkline, JSON -------------------------------------------------------------------------------------------- */

void ctl_spark(const int64_t *values, size_t n, int width, bool utf8, char *out)
{
    static const char *const block[] = { "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
    static const char *const plain[] = { "_", ".", "-", "~", "=", "+", "*", "#" };
    int64_t low = INT64_MAX, high = INT64_MIN;
    size_t marks = n < (size_t) width ? n : (size_t) width;
    for (size_t i = 0; i < n; i++)
        if (values[i] != INT64_MIN) {
            low = values[i] < low ? values[i] : low;
            high = values[i] > high ? values[i] : high;
        }
    for (size_t m = 0; m < marks; m++) {
        int64_t v = INT64_MIN;
        for (size_t i = m * n / marks; i < (m + 1) * n / marks; i++)
            v = values[i] != INT64_MIN ? values[i] : v;
        const char *mark = " ";
        if (v != INT64_MIN) {
            int step = high == low ? 3 : (int) ((__int128) 7 * (v - low) / (high - low));
            mark = (utf8 ? block : plain)[step];
        }
        size_t k = strlen(mark);
        memcpy(out, mark, k);
        out += k;
    }
    *out = '\0';
}

/* Length of the UTF-8 character that begins here, 0 if there is none. */
static size_t character(const unsigned char *p, size_t n)
{
    size_t k = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < k; i++)
        if (i >= n || (p[i] & 0xc0) != 0x80)
            return 0;
    return k <= n ? k : 0;
}

void ctl_json_text(FILE *to, wf_str s)
{
    fputc('"', to);
    for (size_t i = 0; i < s.n;) {
        const unsigned char *p = (const unsigned char *) s.p + i;
        size_t k = character(p, s.n - i);
        if (k == 0)
            fputc('?', to);
        else if (*p == '"' || *p == '\\')
            fprintf(to, "\\%c", *p);
        else if (*p < ' ' || *p == 127)
            fprintf(to, "\\u%04x", *p);
        else
            fwrite(p, 1, k, to);
        i += k == 0 ? 1 : k;
    }
    fputc('"', to);
}
