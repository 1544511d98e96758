/* write.c - the report's files in the case folder. */
#include "base/fd.h"
#include "report/compose.h"
#include "report/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static enum ak_status print_html(struct ak_report *r, const struct ak_report_options *o,
                                 struct ak_buf *out)
{
    struct ak_doc docs[2];
    if (o->one_language) {
        enum ak_status st = ak_compose(r, o->lang, &docs[0]);
        if (st == AK_OK)
            ak_report_html(out, docs, 1, 0);
        return st;
    }
    enum ak_status st = ak_compose(r, AK_LANG_JA, &docs[0]);
    if (st == AK_OK)
        st = ak_compose(r, AK_LANG_EN, &docs[1]);
    if (st == AK_OK)
        ak_report_html(out, docs, 2, o->lang == AK_LANG_JA ? 0 : 1);
    return st;
}

static enum ak_status print_pdf(struct ak_report *r, const struct ak_report_options *o,
                                struct ak_buf *out)
{
    struct ak_doc doc;
    enum ak_status st = ak_compose(r, o->lang, &doc);
    return st == AK_OK ? ak_report_pdf(out, &doc) : st;
}

enum ak_status ak_report_print(struct ak_report *r, enum ak_report_format format,
                               const struct ak_report_options *o, struct ak_buf *out)
{
    enum ak_status st = AK_OK;
    if (format == AK_REPORT_HTML)
        st = print_html(r, o, out);
    else if (format == AK_REPORT_PDF)
        st = print_pdf(r, o, out);
    else
        ak_report_json(out, r);
    return st == AK_OK && out->failed ? AK_ERR_NOMEM : st;
}

/* Beside the old one, then in its place: a reader never sees half a report. */
static enum ak_status replace(const char *folder, const char *name, const struct ak_buf *b)
{
    char path[4096], part[4096];
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
        snprintf(part, sizeof(part), "%s/.%s.part", folder, name) >= (int)sizeof(part))
        return AK_ERR_IO;
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return AK_ERR_IO;
    bool ok = ak_write_all(fd, b->at, b->n);
    ok = close(fd) == 0 && ok && rename(part, path) == 0;
    return ok ? AK_OK : AK_ERR_IO;
}

enum ak_status ak_report_write(struct ak_store *store, const char *folder,
                               const struct ak_report_options *o)
{
    static const struct {
        enum ak_report_format format;
        const char *name;
    } FILES[] = { { AK_REPORT_JSON, "summary.json" },
                  { AK_REPORT_HTML, "report.html" },
                  { AK_REPORT_PDF, "report.pdf" } };
    struct ak_report *r;
    enum ak_status st = ak_report_read(store, folder, &r);
    if (st != AK_OK)
        return st;
    for (size_t i = 0; st == AK_OK && i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        struct ak_buf b = { 0 };
        if (!(o->formats & FILES[i].format))
            continue;
        st = ak_report_print(r, FILES[i].format, o, &b);
        if (st == AK_OK)
            st = replace(folder, FILES[i].name, &b);
        ak_buf_free(&b);
    }
    ak_report_free(r);
    return st;
}
