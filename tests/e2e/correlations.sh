#!/bin/bash
# All seven types of Sigma correlations, filters in both readings and placeholders, in real runs
# over logs made for it; each expectation is counted by hand from the lines below.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
python3 - "$work" <<'P2'
import os, sys
d = sys.argv[1]
os.makedirs(d + "/ev")
with open(d + "/ev/auth.log", "w") as f:
    # .9: 12 refusals in 44 s, then a sign-in; .10: 6 accounts, one refusal each; .11: sign-in first, then 3 refusals
    for i in range(12):
        f.write("Jan 10 10:00:%02d web01 sshd[100]: Failed password for root from 203.0.113.9 port %d ssh2\n" % (i * 4, 1000 + i))
    f.write("Jan 10 10:01:00 web01 sshd[100]: Accepted password for root from 203.0.113.9 port 1999 ssh2\n")
    for i in range(6):
        f.write("Jan 10 11:00:%02d web01 sshd[101]: Failed password for user%d from 203.0.113.10 port %d ssh2\n" % (i, i, 2000 + i))
    f.write("Jan 10 12:00:00 web01 sshd[102]: Accepted password for bob from 203.0.113.11 port 3000 ssh2\n")
    for i in range(3):
        f.write("Jan 10 12:00:%02d web01 sshd[103]: Failed password for bob from 203.0.113.11 port %d ssh2\n" % (10 + i, 3001 + i))
with open(d + "/ev/access.log", "w") as f:
    # .20: 3 x 1,000,000 bytes; .21: 3 x 10 bytes; .22: 9 x 100 and 1 x 50,000
    for ip, sizes in ((20, [1000000] * 3), (21, [10] * 3), (22, [100] * 9 + [50000])):
        for i, size in enumerate(sizes):
            f.write('203.0.113.%d - - [10/Jan/2026:13:00:%02d +0000] "GET /f%d HTTP/1.1" 200 %d "-" "x"\n' % (ip, i, i, size))
P2
cat >"$work/base.yml" <<'Y'
title: refused
name: refused
id: 44444444-0000-4000-8000-000000000001
logsource: {product: linux, service: sshd}
detection: {s: {event.action: ssh_login_failed}, condition: s}
---
title: accepted
name: accepted
id: 44444444-0000-4000-8000-000000000002
logsource: {product: linux, service: sshd}
detection: {s: {event.action: ssh_login}, condition: s}
---
title: sent
name: sent
id: 44444444-0000-4000-8000-000000000003
logsource: {category: webserver}
detection: {s: {cs-method: GET}, condition: s}
Y
# alerts CORRELATION-YAML: what detect says of it, as "address value", and how many detections of
# rules it does not follow stand beside it (21 refused, 2 accepted, 16 sent in all)
alerts() {
    { cat "$work/base.yml"; printf -- '---\ntitle: C\nid: 44444444-0000-4000-8000-000000000009\ncorrelation: %s\n' "$1"; } >"$work/rule.yml"
    "$akashi" detect -q -t jsonl -r "$work/rule.yml" "$work/ev" 2>"$work/alerts.err" | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
out = []
for r in rows:
    if r["rule.name"] == "C":
        assert len(r["events"]) == min(r["event.count"], len(r["events"])) and r["event.first"] <= r["event.last"] == r["datetime"]
        who = r.get("source.ip") or r.get("c-ip") or r.get("ip") or "-"
        out.append("%s %s" % (who.replace("203.0.113", ""), r["count"]))
print("; ".join(sorted(out)) + ("" if len(out) == len(rows) else " + %d others" % (len(rows) - len(out))))'
}
is "event_count" ".9 12 + 18 others" "$(alerts '{type: event_count, rules: [refused], group-by: [source.ip], timespan: 10m, condition: {gte: 10}}')"
is "event_count with a range" ".10 6 + 18 others" "$(alerts '{type: event_count, rules: [refused], group-by: [source.ip], timespan: 10m, condition: {gte: 4, lt: 10}}')"
is "event_count of a timespan that is too short" " + 18 others" "$(alerts '{type: event_count, rules: [refused], group-by: [source.ip], timespan: 10s, condition: {gte: 10}}')"
is "event_count without group-by" "- 21 + 18 others" "$(alerts '{type: event_count, rules: [refused], timespan: 1d, condition: {gte: 21}}')"
is "value_count" ".10 6 + 18 others" "$(alerts '{type: value_count, rules: [refused], group-by: [source.ip], timespan: 10m, condition: {field: user.name, gte: 5}}')"
is "temporal, whatever the order" ".11 2; .9 2 + 16 others" "$(alerts '{type: temporal, rules: [refused, accepted], group-by: [source.ip], timespan: 5m}')"
is "temporal_ordered" ".9 2 + 16 others" "$(alerts '{type: temporal_ordered, rules: [refused, accepted], group-by: [source.ip], timespan: 5m}')"
is "value_sum" ".20 3000000 + 23 others" "$(alerts '{type: value_sum, rules: [sent], group-by: [c-ip], timespan: 10m, condition: {field: sc-bytes, gt: 2500000}}')"
is "value_avg" ".21 10 + 23 others" "$(alerts '{type: value_avg, rules: [sent], group-by: [c-ip], timespan: 10m, condition: {field: sc-bytes, lt: 50}}')"
check "value_percentile" test -n "$(alerts '{type: value_percentile, rules: [sent], group-by: [c-ip], timespan: 10m, condition: {field: sc-bytes, percentile: 50, lte: 100}}' | grep '\.22 ')"
is "generate shows what it counts, too" ".9 12 + 39 others" "$(alerts '{type: event_count, rules: [refused], group-by: [source.ip], timespan: 10m, condition: {gte: 10}, generate: true}')"
is "aliases: one address by two names" ".9 2 + 16 others" "$(alerts '{type: temporal_ordered, rules: [refused, accepted], aliases: {ip: {refused: source.ip, accepted: source.ip}}, group-by: [ip], timespan: 5m}')"
cat >"$work/chain.yml" <<'Y'
---
title: guessing
name: guessing
id: 44444444-0000-4000-8000-000000000010
correlation: {type: event_count, rules: [refused], group-by: [source.ip], timespan: 10m, condition: {gte: 10}}
---
title: chained
id: 44444444-0000-4000-8000-000000000011
correlation: {type: temporal_ordered, rules: [guessing, accepted], group-by: [source.ip], timespan: 1h}
level: critical
Y
cat "$work/base.yml" "$work/chain.yml" >"$work/chained.yml"
is "a correlation upon a correlation" "chained 203.0.113.9" "$("$akashi" detect -q -t jsonl -r "$work/chained.yml" "$work/ev" | python3 -c '
import json, sys
print("; ".join("%s %s" % (r["rule.name"], r.get("source.ip")) for r in map(json.loads, sys.stdin) if r["rule.name"] not in ("sent", "accepted", "refused")))')"
"$akashi" investigate "$work/ev" -o "$work/case" -r "$work/chained.yml" >/dev/null 2>&1
is "and in a case" "critical|1" "$(sql "$work/case" "select level, count(*) from detections where level = 'critical' group by 1")"

# ---- filters and placeholders ----
cat "$work/base.yml" - >"$work/filter.yml" <<'Y'
---
title: not the guesser
id: 44444444-0000-4000-8000-000000000020
logsource: {product: linux, service: sshd}
filter:
  rules: [refused]
  s: {source.ip: 203.0.113.9}
  condition: s
Y
refused() { "$akashi" detect -q -t jsonl -r "$work/filter.yml" "$work/ev" "$@" | grep -c '"rule.name":"refused"'; }
is "a filter suppresses what it matches" 9 "$(refused)"
is "by name, too" 9 "$(refused --filters suppress)"
is "as pySigma reads it, it keeps only that" 12 "$(refused --filters keep)"
gives 2 "there is no third reading" "$akashi" detect -q -r "$work/filter.yml" "$work/ev" --filters maybe
gives 0 "list rules counts the filter" "$akashi" list rules -r "$work/filter.yml"
check "as one" grep -q "3 loaded · 1 filters applied" "$work/gives.err"
cat >"$work/expand.yml" <<'Y'
title: somebody of ours
id: 44444444-0000-4000-8000-000000000030
logsource: {product: linux, service: sshd}
detection: {s: {user.name|expand: '%ours%'}, condition: s}
Y
printf 'ours: [bob, user3]\n' >"$work/ours.yml"
printf 'ours: [bob\n' >"$work/half.yml"
is "values from a file" 5 "$("$akashi" detect -q -r "$work/expand.yml" --placeholders "$work/ours.yml" "$work/ev" | tail -n +2 | wc -l)"
gives 0 "a rule without its values is refused" "$akashi" list rules -r "$work/expand.yml"
check "with its line" grep -q "no values were given: ours.*expand.yml:4" "$work/gives.out"
gives 0 "a file of values that is no YAML is a problem with its place" "$akashi" list rules -r "$work/expand.yml" --placeholders "$work/half.yml"
check "by name and line" grep -q "half.yml:1" "$work/gives.out"
gives 1 "one that is not there is named" "$akashi" list rules -r "$work/expand.yml" --placeholders "$work/none.yml"
check "so" grep -q "none.yml" "$work/gives.err"
finish
