/* html_style.h - the style sheet of report.html. */
#ifndef AK_REPORT_HTML_STYLE_H
#define AK_REPORT_HTML_STYLE_H
extern const char ak_html_style[];
#endif
