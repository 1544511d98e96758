/* cmd_show.c - akashi show CASE ID: one event, down to the bytes it rests on; claims
 * and detections are shown by show_rows.c. */
#include "cli/show.h"
#include "event/jsonl.h"
#include "event/message.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEX_MAX = 4096, HEX_ROW = 16 };

static void print_fields(const struct ak_stored *e, const char *id, enum ak_lang lang)
{
    struct ak_buf b = { 0 };
    char iso[AK_STAMP_TEXT];
    size_t n = ak_stamp_iso(e->event.when, iso);
    ak_message(&b, &e->event, lang);
    printf("%-14s %s\n", "id", id);
    if (n)
        printf("%-14s %.*s  (%.*s)\n", "datetime", (int)n, iso, (int)e->event.shape->time_desc.n,
               e->event.shape->time_desc.at);
    printf("%-14s %.*s\n", "data_type", (int)e->event.shape->data_type.n,
           e->event.shape->data_type.at);
    printf("%-14s ", "message");
    ak_print_seen(ak_buf_view(&b));
    putchar('\n');
    for (size_t i = 0; i < e->event.shape->n; i++) {
        if (e->event.values[i].type == AK_TYPE_NONE)
            continue;
        b.n = 0;
        ak_jsonl_value(&b, &e->event.values[i]);
        printf("  %.*s = %.*s\n", (int)e->event.shape->names[i].n, e->event.shape->names[i].at,
               (int)b.n, b.at);
    }
    printf("%-14s ", "evidence");
    ak_print_seen(e->item->evidence_name);
    printf("\n%-14s ", "path");
    ak_print_seen(e->item->path);
    printf("\n%-14s %llu, %llu bytes\n%-14s %.*s\n", "offset", (unsigned long long)e->event.offset,
           (unsigned long long)e->event.length, "parser", (int)e->item->parser.n,
           e->item->parser.at);
    ak_buf_free(&b);
}

static void print_hex(const uint8_t *at, size_t n, uint64_t offset)
{
    for (size_t row = 0; row < n; row += HEX_ROW) {
        size_t k = n - row < HEX_ROW ? n - row : HEX_ROW;
        printf("%010llx ", (unsigned long long)(offset + row));
        for (size_t i = 0; i < HEX_ROW; i++)
            printf(i < k ? " %02x" : "   ", i < k ? at[row + i] : 0u);
        printf("  |");
        for (size_t i = 0; i < k; i++)
            putchar(at[row + i] >= 0x20 && at[row + i] < 0x7F ? at[row + i] : '.');
        printf("|\n");
    }
}

/* The file an event of the top level was read from; into buf. */
static bool evidence_path(struct ak_store *store, const struct ak_item_info *item, char *buf,
                          size_t n)
{
    sqlite3_stmt *q;
    bool ok = false;
    if (sqlite3_prepare_v2(ak_store_db(store), "SELECT path, kind FROM t_evidence WHERE id=?1", -1,
                           &q, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(q, 1, item->evidence);
        if (sqlite3_step(q) == SQLITE_ROW) {
            bool folder = strcmp((const char *)sqlite3_column_text(q, 1), "folder") == 0;
            snprintf(buf, n, folder ? "%s/%.*s" : "%s", sqlite3_column_text(q, 0),
                     (int)item->found_path.n, item->found_path.at);
            ok = true;
        }
    }
    sqlite3_finalize(q);
    return ok;
}

static void print_bytes(struct ak_store *store, const struct ak_stored *e, enum ak_lang lang,
                        unsigned dots)
{
    char path[4096];
    static uint8_t buf[HEX_MAX];
    if (e->event.length == 0)
        return;
    if (dots > 1 || !evidence_path(store, e->item, path, sizeof(path))) {
        printf("%s\n",
               ak_word(lang,
                       "The bytes are inside a container: akashi cat shows the file they are in."));
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t want = e->event.length < HEX_MAX ? (size_t)e->event.length : HEX_MAX;
    ssize_t got = fd >= 0 ? pread(fd, buf, want, (off_t)e->event.offset) : -1;
    if (fd >= 0)
        close(fd);
    if (got > 0)
        print_hex(buf, (size_t)got, e->event.offset);
    else
        ak_complain(lang, path, "the evidence is not there: its bytes cannot be shown");
}

/* An event's id taken apart: "1.345.2:17". */
struct event_name {
    const struct ak_item_info *item; /* NULL: no such item, or no id */
    uint64_t seq;
    unsigned dots; /* containers around the item, and one */
};

static struct event_name read_event_name(const struct ak_reading *reading, const char *id)
{
    struct event_name name = { 0 };
    const char *colon = strrchr(id, ':');
    char *end = NULL;
    if (!colon || colon[1] < '0' || colon[1] > '9')
        return name;
    name.seq = strtoul(colon + 1, &end, 10);
    for (const char *p = id; p < colon; p++)
        name.dots += *p == '.';
    if (*end == '\0')
        name.item = ak_reading_item_by_key(reading, (struct ak_str){ id, (size_t)(colon - id) });
    return name;
}

/* Leave the scan at the event; false when the item has none of this number. */
static bool find_event(struct ak_scan *scan, uint64_t seq, struct ak_stored *out)
{
    bool more = false;
    while (ak_scan_next(scan, out, &more) == AK_OK && more)
        if (out->event.seq == seq)
            return true;
    return false;
}

bool ak_find_event(struct ak_reading *reading, const char *id, struct ak_found_event *out)
{
    struct event_name name = read_event_name(reading, id);
    struct ak_window window = { .item = name.item ? name.item->id : 0 };
    *out = (struct ak_found_event){ .dots = name.item && name.item->parent && name.item->path.n
                                                ? name.dots
                                                : 1 };
    return name.item && ak_scan_open(reading, &window, &out->scan) == AK_OK &&
           find_event(out->scan, name.seq, &out->event);
}

void ak_found_event_close(struct ak_found_event *found) { ak_scan_close(found->scan); }

static bool show_event(const struct ak_args *args, struct ak_store *store,
                       struct ak_reading *reading, const char *id)
{
    struct ak_found_event found;
    bool any = ak_find_event(reading, id, &found);
    if (any) {
        print_fields(&found.event, id, args->lang);
        print_bytes(store, &found.event, args->lang, found.dots);
    }
    ak_found_event_close(&found);
    return any;
}

static int show(const struct ak_args *args, struct ak_store *store, struct ak_reading *reading,
                const char *id)
{
    if (strchr(id, ':') ? show_event(args, store, reading, id)
                        : ak_show_row(store, reading, id, args->lang))
        return AK_EXIT_DONE;
    ak_complain(args->lang, id,
                strchr(id, ':') ? "there is no event of this id in the case"
                                : "there is no claim or detection of this id in the case");
    return AK_EXIT_FAILED;
}

static int run(const struct ak_command *self, int argc, char **argv)
{
    struct ak_args args;
    int code = ak_args_parse(self, argc, argv, &args);
    if (code < 0 && args.n_rest != 2) {
        ak_complain(args.lang, NULL, "name the case and an id");
        code = AK_EXIT_USAGE;
    }
    if (code < 0) {
        struct ak_store *store;
        struct ak_reading *reading = ak_open_reading(&args, &store);
        code = reading ? show(&args, store, reading, args.rest[1]) : AK_EXIT_FAILED;
        ak_reading_close(reading);
        ak_store_close(store);
    }
    free(args.rest);
    return code;
}

const struct ak_command ak_cmd_show = {
    .name = "show",
    .usage = "CASE ID",
    .summary = "show one event, claim or detection with what it rests on, down to the bytes",
    .text = "ID is that of an event (1.345.2:17), a claim (C013) or a detection (D17, or its "
            "number alone).",
    .run = run,
};
