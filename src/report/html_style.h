/* html_style.h - the style sheet of report.html. */
#ifndef AK_REPORT_HTML_STYLE_H
#define AK_REPORT_HTML_STYLE_H
/* Parts, one behind the other; NULL at the end. */
extern const char *const ak_html_style[];
#endif
