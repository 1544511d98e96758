/* web_names.c - what nginx variables, JSON keys, IIS columns and Apache
 * directives mean.  Sources: docs/formats/web.access.md */
#include "artefact/web/web_record.h"

#include <stdlib.h>

/* Sorted by name (ASCII, small letters); '-' in a name is looked up as '_'. */
static const struct name {
    const char *name;
    enum ak_web_sense sense;
} NAMES[] = {
    { "@timestamp", SENSE_TIME },
    { "agent", SENSE_AGENT },
    { "args", SENSE_QUERY },
    { "body_bytes_sent", SENSE_BODY_BYTES },
    { "bytes", SENSE_BODY_BYTES },
    { "bytes_received", SENSE_REQUEST_BYTES },
    { "bytes_sent", SENSE_RESPONSE_BYTES },
    { "c_ip", SENSE_CLIENT },
    { "c_port", SENSE_CLIENT_PORT },
    { "client", SENSE_CLIENT },
    { "client.ip", SENSE_CLIENT },
    { "client_address", SENSE_CLIENT },
    { "client_ip", SENSE_CLIENT },
    { "client_port", SENSE_CLIENT_PORT },
    { "clientip", SENSE_CLIENT },
    { "clientport", SENSE_CLIENT_PORT },
    { "cs(host)", SENSE_HOST },
    { "cs(referer)", SENSE_REFERRER },
    { "cs(referrer)", SENSE_REFERRER },
    { "cs(user_agent)", SENSE_AGENT },
    { "cs(x_forwarded_for)", SENSE_FORWARDED },
    { "cs_bytes", SENSE_REQUEST_BYTES },
    { "cs_host", SENSE_HOST },
    { "cs_method", SENSE_METHOD },
    { "cs_uri", SENSE_TARGET },
    { "cs_uri_query", SENSE_QUERY },
    { "cs_uri_stem", SENSE_PATH },
    { "cs_username", SENSE_USER },
    { "cs_version", SENSE_VERSION },
    { "date", SENSE_DATE },
    { "datetime", SENSE_TIME },
    { "duration", SENSE_SECONDS },
    { "host", SENSE_HOST },
    { "host_name", SENSE_COMPUTER },
    { "http_host", SENSE_HOST },
    { "http_method", SENSE_METHOD },
    { "http_referer", SENSE_REFERRER },
    { "http_referrer", SENSE_REFERRER },
    { "http_user_agent", SENSE_AGENT },
    { "http_version", SENSE_VERSION },
    { "http_x_forwarded_for", SENSE_FORWARDED },
    { "method", SENSE_METHOD },
    { "msec", SENSE_TIME },
    { "path", SENSE_PATH },
    { "pid", SENSE_PID },
    { "proto", SENSE_VERSION },
    { "protocol", SENSE_VERSION },
    { "proxy_add_x_forwarded_for", SENSE_FORWARDED },
    { "query", SENSE_QUERY },
    { "query_string", SENSE_QUERY },
    { "realip_remote_addr", SENSE_NONE },
    { "referer", SENSE_REFERRER },
    { "referrer", SENSE_REFERRER },
    { "remote_addr", SENSE_CLIENT },
    { "remote_host", SENSE_CLIENT },
    { "remote_ip", SENSE_CLIENT },
    { "remote_port", SENSE_CLIENT_PORT },
    { "remote_user", SENSE_USER },
    { "remoteip", SENSE_CLIENT },
    { "request", SENSE_REQUEST },
    { "request_id", SENSE_REQUEST_ID },
    { "request_length", SENSE_REQUEST_BYTES },
    { "request_method", SENSE_METHOD },
    { "request_time", SENSE_SECONDS },
    { "request_uri", SENSE_TARGET },
    { "requestmethod", SENSE_METHOD },
    { "requesturl", SENSE_TARGET },
    { "response", SENSE_STATUS },
    { "response_code", SENSE_STATUS },
    { "response_status", SENSE_STATUS },
    { "s_computername", SENSE_COMPUTER },
    { "s_ip", SENSE_SERVER_IP },
    { "s_port", SENSE_SERVER_PORT },
    { "sc_bytes", SENSE_RESPONSE_BYTES },
    { "sc_status", SENSE_STATUS },
    { "scheme", SENSE_SCHEME },
    { "server_addr", SENSE_SERVER_IP },
    { "server_name", SENSE_HOST },
    { "server_port", SENSE_SERVER_PORT },
    { "server_protocol", SENSE_VERSION },
    { "size", SENSE_BODY_BYTES },
    { "ssl_cipher", SENSE_TLS_CIPHER },
    { "ssl_protocol", SENSE_TLS_VERSION },
    { "started_at", SENSE_TIME },
    { "status", SENSE_STATUS },
    { "status_code", SENSE_STATUS },
    { "time", SENSE_TIME },
    { "time_iso8601", SENSE_TIME },
    { "time_local", SENSE_TIME },
    { "time_taken", SENSE_MILLISECONDS },
    { "timestamp", SENSE_TIME },
    { "ts", SENSE_TIME },
    { "uri", SENSE_TARGET },
    { "url", SENSE_TARGET },
    { "user", SENSE_USER },
    { "user_agent", SENSE_AGENT },
    { "user_id", SENSE_USER },
    { "useragent", SENSE_AGENT },
    { "verb", SENSE_METHOD },
    { "vhost", SENSE_HOST },
    { "x_forwarded_for", SENSE_FORWARDED },
    { "x_request_id", SENSE_REQUEST_ID },
    { "xff", SENSE_FORWARDED },
};

enum { NAME_MAX = 32 };

static int by_name(const void *key, const void *row)
{
    return strcmp(key, ((const struct name *)row)->name);
}

enum ak_web_sense ak_web_sense_of(struct ak_str name)
{
    char key[NAME_MAX];
    if (name.n == 0 || name.n >= sizeof(key))
        return SENSE_NONE;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        key[i] = (char)(c == '-' ? '_' : c);
    }
    key[name.n] = 0;
    const struct name *row =
        bsearch(key, NAMES, sizeof(NAMES) / sizeof(NAMES[0]), sizeof(NAMES[0]), by_name);
    return row ? row->sense : SENSE_NONE;
}

/* Apache's directives; those with an argument that changes their meaning have a
 * row per argument, before the row without. */
static const struct directive {
    char letter;
    enum ak_web_sense sense;
    const char *argument;
} DIRECTIVES[] = {
    { 'a', SENSE_CLIENT, "c" },          { 'a', SENSE_CLIENT, NULL },
    { 'A', SENSE_SERVER_IP, NULL },      { 'b', SENSE_BODY_BYTES, NULL },
    { 'B', SENSE_BODY_BYTES, NULL },     { 'D', SENSE_MICROSECONDS, NULL },
    { 'f', SENSE_FILE, NULL },           { 'h', SENSE_CLIENT, NULL },
    { 'H', SENSE_VERSION, NULL },        { 'I', SENSE_REQUEST_BYTES, NULL },
    { 'l', SENSE_IDENT, NULL },          { 'm', SENSE_METHOD, NULL },
    { 'O', SENSE_RESPONSE_BYTES, NULL }, { 'p', SENSE_CLIENT_PORT, "remote" },
    { 'p', SENSE_SERVER_PORT, NULL },    { 'P', SENSE_NONE, "tid" },
    { 'P', SENSE_NONE, "hextid" },       { 'P', SENSE_PID, NULL },
    { 'q', SENSE_QUERY, NULL },          { 'r', SENSE_REQUEST, NULL },
    { 's', SENSE_STATUS, NULL },         { 't', SENSE_TIME, NULL },
    { 'T', SENSE_MILLISECONDS, "ms" },   { 'T', SENSE_MICROSECONDS, "us" },
    { 'T', SENSE_SECONDS, NULL },        { 'u', SENSE_USER, NULL },
    { 'U', SENSE_PATH, NULL },           { 'v', SENSE_HOST, NULL },
    { 'V', SENSE_HOST, NULL },
};

/* Headers and variables of the environment that %{...}i, %{...}x, %{...}e name. */
static const struct name HEADERS[] = {
    { "Referer", SENSE_REFERRER },
    { "User-Agent", SENSE_AGENT },
    { "User-agent", SENSE_AGENT },
    { "X-Forwarded-For", SENSE_FORWARDED },
    { "Host", SENSE_HOST },
    { "X-Request-Id", SENSE_REQUEST_ID },
    { "SSL_PROTOCOL", SENSE_TLS_VERSION },
    { "SSL_CIPHER", SENSE_TLS_CIPHER },
    { "UNIQUE_ID", SENSE_REQUEST_ID },
};

enum ak_web_sense ak_web_sense_of_apache(char letter, struct ak_str argument)
{
    if (letter == 'i' || letter == 'x' || letter == 'e') {
        for (size_t i = 0; i < sizeof(HEADERS) / sizeof(HEADERS[0]); i++)
            if (ak_str_eq_fold(argument, ak_str_of(HEADERS[i].name)))
                return HEADERS[i].sense;
        return SENSE_NONE;
    }
    for (size_t i = 0; i < sizeof(DIRECTIVES) / sizeof(DIRECTIVES[0]); i++)
        if (DIRECTIVES[i].letter == letter &&
            (!DIRECTIVES[i].argument || ak_str_eq(argument, ak_str_of(DIRECTIVES[i].argument))))
            return DIRECTIVES[i].sense;
    return SENSE_NONE;
}
