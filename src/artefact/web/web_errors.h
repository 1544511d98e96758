/* web_errors.h - lines of Apache's and nginx's error logs. */
#ifndef AK_ARTEFACT_WEB_ERRORS_H
#define AK_ARTEFACT_WEB_ERRORS_H

#include "artefact/web/web_record.h"

enum ak_web_error_field {
    ERR_LEVEL,
    ERR_MODULE,
    ERR_PID,
    ERR_TID,
    ERR_CONNECTION,
    ERR_SOURCE_IP,
    ERR_SOURCE_ADDRESS,
    ERR_SOURCE_PORT,
    ERR_USER,
    ERR_METHOD,
    ERR_URL,
    ERR_PATH,
    ERR_QUERY,
    ERR_VERSION,
    ERR_DOMAIN,
    ERR_DESTINATION_IP,
    ERR_DESTINATION_PORT,
    ERR_REFERRER,
    ERR_UPSTREAM,
    ERR_CODE,
    ERR_RULE_ID,
    ERR_RULE_DESCRIPTION,
    ERR_MESSAGE,
    ERR_FIELDS,
};

extern const struct ak_shape ak_web_apache_error_shape, ak_web_nginx_error_shape;

struct ak_web_error {
    const struct ak_shape *shape;
    struct ak_stamp when;
    struct ak_value v[ERR_FIELDS]; /* all but ERR_MESSAGE */
    struct ak_str message;         /* from behind the head to the end of the line */
    bool with_port;                /* Apache 2.4, whose levels name a module, writes the port */
    bool two_clients;              /* the line names more than one client: one is made up */
};

/* "[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 1:tid 2] [client A:P] text".
 * `rec` is cleared for this line; false when the line is none. */
bool ak_web_read_apache_error(struct ak_web_record *rec, struct ak_str line,
                              struct ak_web_error *out);

/* "2019/01/01 00:00:00 [error] 12#12: *3 text, client: A, server: ..." */
bool ak_web_read_nginx_error(struct ak_web_record *rec, struct ak_str line,
                             struct ak_web_error *out);

#endif
