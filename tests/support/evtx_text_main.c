/* evtx_text_main.c - akashi-evtx-text: event logs from lines of text on standard
 * input to an .evtx file on standard output.  For the cases of tests/rules.
 *
 *     @ CHANNEL NUMBER YEAR-MM-DDTHH:MM:SSZ
 *     !computer WS01          !provider, !task, !level, !userdata ELEMENT [NAMESPACE]
 *     Name: text              Name#: number   Name$: number shown as 0x…   Name@: SID
 */
#include "base/arena.h"
#include "tests/support/evtx_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS_MAX = 40, LINE_MAX_BYTES = 32768 };

#define SECONDS_1601_TO_1970 INT64_C(11644473600)

struct one {
    bool any;
    struct evtx_record record;
    struct evtx_pair pairs[PAIRS_MAX];
    char *channel; /* owned, like every text a pair or the record points at: freed at exit */
};

static const char *const PROVIDERS[][2] = {
    { "Security", "Microsoft-Windows-Security-Auditing" },
    { "System", "Service Control Manager" },
    { "Windows PowerShell", "PowerShell" },
};

static _Noreturn void die(const char *why, const char *line)
{
    fprintf(stderr, "akashi-evtx-text: %s: %s\n", why, line);
    exit(1);
}

static struct ak_arena *texts; /* of all events: they are few */

static char *copy(const char *text, size_t n)
{
    char *out = AK_NEW_N(texts, char, n + 1);
    if (!out)
        die("no memory", "");
    memcpy(out, text, n);
    out[n] = 0;
    return out;
}

/* The provider that writes to a channel unless the text says another. */
static const char *provider_of(const char *channel)
{
    for (size_t i = 0; i < sizeof(PROVIDERS) / sizeof(PROVIDERS[0]); i++)
        if (strcmp(channel, PROVIDERS[i][0]) == 0)
            return PROVIDERS[i][1];
    const char *slash = strrchr(channel, '/');
    return slash ? copy(channel, (size_t)(slash - channel)) : channel;
}

/* Days since 1970 of a day of the proleptic Gregorian calendar. */
static int64_t days_of(int year, int month, int day)
{
    static const int BEFORE[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int past = month > 2 ? year : year - 1;
    return (int64_t)(year - 1970) * 365 + (past / 4 - past / 100 + past / 400) - 477 +
           BEFORE[month - 1] + day - 1;
}

static void begin(struct one *e, const char *line)
{
    *e = (struct one){ .any = true };
    const char *end = strrchr(line, ' ');
    const char *number = end;
    while (number && number > line + 2 && number[-1] != ' ')
        number--;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    if (!end || sscanf(end, " %d-%d-%dT%d:%d:%dZ", &y, &mo, &d, &h, &mi, &s) != 6 || mo < 1 ||
        mo > 12) // NOLINT
        die("no time", line);
    number = end - 1;
    while (number > line + 2 && *number != ' ')
        number--;
    e->channel = copy(line + 2, (size_t)(number - line - 2));
    int64_t at = days_of(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
    e->record = (struct evtx_record){
        .filetime = (uint64_t)(at + SECONDS_1601_TO_1970) * 10000000,
        .provider = provider_of(e->channel),
        .event_id = (uint32_t)strtoul(number, NULL, 10),
        .channel = e->channel,
        .computer = "FS01.akashi.example",
        .level = 4,
        .keywords = 0x8020000000000000,
        .pid = 712,
        .tid = 2400,
    };
}

static void setting(struct one *e, const char *line)
{
    const char *blank = strchr(line, ' ');
    if (!blank)
        die("no value", line);
    char *value = copy(blank + 1, strlen(blank + 1));
    size_t n = (size_t)(blank - line);
    if (n == 9 && memcmp(line, "!computer", n) == 0)
        e->record.computer = value;
    else if (n == 9 && memcmp(line, "!provider", n) == 0)
        e->record.provider = value;
    else if (n == 5 && memcmp(line, "!task", n) == 0)
        e->record.task = (uint16_t)strtoul(value, NULL, 0);
    else if (n == 6 && memcmp(line, "!level", n) == 0)
        e->record.level = (uint8_t)strtoul(value, NULL, 0);
    else if (n == 9 && memcmp(line, "!userdata", n) == 0) {
        char *space = strchr(value, ' ');
        if (space)
            *space = 0;
        e->record.user_data = value;
        e->record.user_data_ns = space ? space + 1 : NULL;
    } else
        die("no such setting", line);
}

static void pair(struct one *e, const char *line)
{
    const char *colon = strchr(line, ':');
    if (!colon || colon == line || e->record.n_pairs == PAIRS_MAX)
        die("no pair", line);
    char kind = colon[-1];
    size_t n = (size_t)(colon - line) - (strchr("#$@", kind) ? 1 : 0);
    const char *name = copy(line, n);
    const char *from = colon[1] == ' ' ? colon + 2 : colon + 1;
    char *value = copy(from, strlen(from));
    struct evtx_pair *p = &e->pairs[e->record.n_pairs++];
    if (kind == '#')
        *p = evtx_u32(name, (uint32_t)strtoul(value, NULL, 0));
    else if (kind == '$')
        *p = evtx_hex64(name, strtoull(value, NULL, 0));
    else if (kind == '@')
        *p = evtx_sid(name, value);
    else
        *p = evtx_str(name, value);
}

static void finish(struct evtx_writer *w, struct one *e)
{
    if (!e->any)
        return;
    e->record.pairs = e->pairs;
    if (!evtx_record(w, &e->record))
        die("an event is too large", e->channel);
    e->any = false;
}

static void take(struct evtx_writer *w, struct one *e, const char *line)
{
    if (line[0] == '@' && line[1] == ' ') {
        finish(w, e);
        begin(e, line);
    } else if (!e->any)
        die("no event begun", line);
    else if (line[0] == '!')
        setting(e, line);
    else
        pair(e, line);
}

int main(void)
{
    static struct one e;
    static char line[LINE_MAX_BYTES];
    texts = ak_arena_new((size_t)64 << 20);
    struct evtx_writer *w = evtx_begin(&(struct evtx_options){ 0 });
    if (!w || !texts)
        die("no memory", "");
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] && !(line[0] == '#' && line[1] == ' '))
            take(w, &e, line);
    }
    finish(w, &e);
    struct ak_bytes file = evtx_end(w);
    bool ok = fwrite(file.at, 1, file.n, stdout) == file.n && fflush(stdout) == 0;
    evtx_free(w);
    ak_arena_free(texts);
    return ok ? 0 : 1;
}
