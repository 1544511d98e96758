#!/bin/bash
# What sign-ins alone tell: networks never used before, and the graph of logons.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8

# auth NAME DAYS SOURCE-PATTERN LAST: fourteen or so quiet days, then one more sign-in.
auth() {
    mkdir -p "$work/$1"
    for d in $(seq -w "$2"); do
        printf '2026-01-%02dT09:11:00+09:00 vpn1 sshd[%d]: Accepted password for tanaka from %s port 50%02d ssh2\n' \
            "$((10#$d))" "$((100 + 10#$d))" "${3/N/$((10#$d))}" "$((10#$d))"
    done >"$work/$1/auth.log"
    echo "2026-01-20T03:12:00+09:00 vpn1 sshd[999]: Accepted password for tanaka from $4 port 5999 ssh2" >>"$work/$1/auth.log"
    "$akashi" investigate "$work/$1/auth.log" -o "$work/$1/case" --quiet
}
new() { sql "$work/$1/case" "SELECT count(*) FROM claims WHERE field='credential_abuse' AND text_en LIKE '%for the first time%'"; }

auth abroad 14 198.51.100.N 203.0.113.9
is "after two weeks from one network, a sign-in from another one is told" 1 "$(new abroad)"
is "with the network and the days before it" "203.0.113.0/24|14" \
    "$(sql "$work/abroad/case" "SELECT json_extract(value,'\$.network'), json_extract(value,'\$.days') FROM claims WHERE field='credential_abuse'")"
auth same 14 198.51.100.N 198.51.100.77
is "another address of the same network is not" 0 "$(new same)"
auth few 2 198.51.100.N 203.0.113.9
is "an account without a history is not: everything is new there" 0 "$(new few)"
auth inside 14 10.0.0.N 203.0.113.9
is "sign-ins from inside are no history of networks outside" 0 "$(new inside)"
auth lan 14 198.51.100.N 10.9.8.7
is "an address inside is no network of the internet" 0 "$(new lan)"
auth six 14 2001:db8:1::N 2001:db8:2::5
is "IPv6 goes by the first 48 bits" "2001:db8:2::/48" \
    "$(sql "$work/six/case" "SELECT json_extract(value,'\$.network') FROM claims WHERE field='credential_abuse'")"
is "the graph has one edge a source and machine" 15 "$(sql "$work/abroad/case" "SELECT count(*) FROM logons WHERE host='vpn1'")"
is "whose roles are told" "external" "$(sql "$work/abroad/case" "SELECT DISTINCT role FROM logons")"
check "and the picture says how many addresses were like it" grep -q "その他の外部アドレス 15件" "$work/abroad/case/report.html"
finish
