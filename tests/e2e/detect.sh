#!/bin/bash
# Rules over the demonstration's evidence: akashi detect, list rules, and rules in a case.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin
if ! command -v mke2fs >/dev/null || ! command -v debugfs >/dev/null; then
    skip "no e2fsprogs: the evidence cannot be made"
    finish
fi
ev=$work/ev rules=$work/rules
check "the evidence is made" "$build/tests/support/akashi-demo" "$ev"
mkdir -p "$rules/sub" "$work/tmp"
export TMPDIR=$work/tmp
cat >"$rules/failed.yml" <<'Y'
title: Failed sign-in
name: failed_signin
id: 11111111-0000-4000-8000-000000000001
status: test
logsource: {product: windows, service: security}
detection: {sel: {EventID: 4625}, condition: sel}
level: low
tags: [attack.credential-access, attack.t1110]
---
title: Many failed sign-ins
id: 11111111-0000-4000-8000-000000000002
correlation:
  type: event_count
  rules: [failed_signin]
  group-by: [IpAddress]
  timespan: 10m
  condition: {gte: 10}
  generate: true
level: critical
Y
cat >"$rules/sub/cleared.yml" <<'Y'
title: =Log "cleared", and more
id: 11111111-0000-4000-8000-000000000003
logsource: {product: windows, service: security}
detection: {sel: {EventID: 1102}, condition: sel}
level: high
Y
cat >"$rules/sub/azure.yaml" <<'Y'
title: Something of a cloud
id: 11111111-0000-4000-8000-000000000004
logsource: {product: azure, service: auditlogs}
detection: {sel: {properties.message: x}, condition: sel}
level: medium
Y
cat >"$rules/sub/sysmon.yml" <<'Y'
title: A pipe
id: 11111111-0000-4000-8000-000000000005
logsource: {product: windows, category: pipe_created}
detection: {sel: {PipeName|contains: mojo}, condition: sel}
level: medium
Y
printf 'title: No condition\nlogsource: {product: windows}\ndetection: {sel: {a: b}}\n' >"$rules/sub/bad.yml"
printf 'a: [\n' >"$rules/sub/broken.yml"
printf 'not a rule' >"$rules/sub/README.md"

# ---- mistakes ----
gives 2 "detect without a path" "$akashi" detect -r "$rules"
gives 2 "an unknown level" "$akashi" detect -r "$rules" -m severe "$ev"
gives 2 "an unknown profile" "$akashi" detect -r "$rules" -p everything "$ev"
gives 2 "an unknown type" "$akashi" detect -r "$rules" -t xml "$ev"
gives 1 "rules that are not there" "$akashi" detect -r "$work/none" "$ev"
check "are named" grep -q "$work/none" "$work/gives.err"
gives 1 "a folder without rules" "$akashi" detect -r "$work/tmp" "$ev"
gives 1 "evidence that is not there" "$akashi" detect -r "$rules" "$work/none"
gives 0 "help in Japanese" "$akashi" detect --lang ja --help
check "is Japanese" grep -q ルール "$work/gives.out"

# ---- CSV ----
gives 0 "detect" "$akashi" detect -r "$rules" "$ev"
cp "$work/gives.out" "$work/one.csv"
cp "$work/gives.err" "$work/one.err"
check "the rows are what is in the evidence, in the order of time, and no cell a spreadsheet would run" python3 - "$work/one.csv" <<'P'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))
assert rows[0] == "Timestamp RuleTitle Level Computer Channel EventID RecordID Details ExtraFieldInfo RuleID".split(), rows[0]
rows = rows[1:]
assert len(rows) == 31, len(rows)
assert [r[0] for r in rows] == sorted(r[0] for r in rows)
by = {}
for r in rows: by.setdefault(r[1], []).append(r)
assert len(by["Failed sign-in"]) == 29 and len(by["Many failed sign-ins"]) == 1, {k: len(v) for k, v in by.items()}
assert all(r[2] == "low" and r[4] == "Sec" and r[5] == "4625" for r in by["Failed sign-in"])
assert "EventID: 4625 \xa6 IpAddress: " in by["Failed sign-in"][0][7] and "TargetUserName: " in by["Failed sign-in"][0][8]
many = by["Many failed sign-ins"][0]
assert many[2] == "crit" and many[3] == "FS01.akashi.example" and "count: 24" in many[7], many
assert len(by["'=Log \"cleared\", and more"]) == 1
P
check "the summary counts rules, events and levels" python3 - "$work/one.err" <<'P'
import sys
text = open(sys.argv[1], encoding="utf-8").read()
for part in ("7 rules: 2 applicable, 1 correlations; 1 without events here, 1 of sources akashi does not read, 2 refused",
             "events with hits / all events: 30 / ", "critical", "Failed sign-in (29)", "FS01.akashi.example (31)", "31 rows"):
    assert part in text, (part, text)
assert "\033" not in text
P
for jobs in 1 4; do
    "$akashi" detect -q -r "$rules" "$ev" -j $jobs >"$work/jobs.csv" 2>"$work/jobs.err"
    check "$jobs workers give the same bytes" cmp "$work/one.csv" "$work/jobs.csv"
    check "and nothing but them with -q" test ! -s "$work/jobs.err"
done
"$akashi" detect -q -d "$ev" -r "$rules/failed.yml" -r "$rules/sub" -r "$rules" -o "$work/out.csv"
check "-d, -o and rules named twice" cmp "$work/one.csv" "$work/out.csv"
gives 1 "an output that is there is left alone" "$akashi" detect -q -r "$rules" "$ev" -o "$work/out.csv"
gives 0 "but with --force" "$akashi" detect -q -r "$rules" "$ev" -o "$work/out.csv" --force
is "-m high leaves two" 2 "$("$akashi" detect -q -r "$rules" "$ev" -m high | tail -n +2 | wc -l)"
is "--tags leaves what is tagged so" 29 "$("$akashi" detect -q -r "$rules" "$ev" --tags attack.t1110 | tail -n +2 | wc -l)"
is "--status leaves rules in that state" 29 "$("$akashi" detect -q -r "$rules" "$ev" --status stable,test | tail -n +2 | wc -l)"
printf '# not now\nFailed sign-in\n' >"$work/exclude"
is "--exclude mutes a rule, correlations still follow it" 2 "$("$akashi" detect -q -r "$rules" "$ev" --exclude "$work/exclude" | tail -n +2 | wc -l)"
printf 'id,new_level\n11111111-0000-4000-8000-000000000001,critical\n' >"$work/tuning"
is "--level-tuning" 30 "$("$akashi" detect -q -r "$rules" "$ev" --level-tuning "$work/tuning" -m crit | tail -n +2 | wc -l)"
gives 1 "a tuning list with a mistake is refused" "$akashi" detect -q -r "$rules" "$ev" --level-tuning "$work/exclude"
is "--from and --to" 24 "$("$akashi" detect -q -r "$rules" "$ev" --timeline-start 2026-01-30 --timeline-end 2026-01-30T15:00:00Z | tail -n +2 | grep -c Failed)"
check "-z gives times in a zone, -U in UTC, -O in ISO 8601" test "$(
    for o in '-z Asia/Tokyo' '-z Asia/Tokyo -U' '-O'; do "$akashi" detect -q -r "$rules" "$ev" $o | sed -n '2s/,.*//p'; done | tr '\n' '|')" = \
    "2026-01-27 08:49:51.056 +09:00|2026-01-26 23:49:51.056 +00:00|2026-01-26T23:49:51.056100Z|"
for p in minimal standard verbose all-field-info all-field-info-verbose super-verbose timesketch-minimal timesketch-verbose; do
    "$akashi" detect -q -r "$rules" "$ev" -p $p >"$work/p.csv"
    check "profile $p has as many cells in each row" python3 -c "
import csv, sys
rows = list(csv.reader(open('$work/p.csv', newline='', encoding='utf-8')))
assert len(rows) == 32 and len({len(r) for r in rows}) == 1
if '$p'.startswith('timesketch'): assert rows[0][:3] == ['datetime', 'timestamp_desc', 'message']
if '$p' == 'verbose': assert any('CredAccess' in r and 'T1110' in r for r in rows)"
done
mkdir "$work/twice" && cp "$ev/FS01.img" "$work/twice/a.img" && cp "$ev/FS01.img" "$work/twice/b.img"
is "the same log twice" 59 "$("$akashi" detect -q -r "$rules/failed.yml" "$work/twice" | tail -n +2 | wc -l)"
is "-X leaves out what was found twice" 30 "$("$akashi" detect -q -X -r "$rules/failed.yml" "$work/twice" | tail -n +2 | wc -l)"

# ---- JSON lines ----
gives 0 "jsonl" "$akashi" detect -q -t jsonl -r "$rules" "$ev"
check "every line is JSON with the keys that are promised and the rule's fields" python3 - "$work/gives.out" <<'P'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert len(rows) == 31
for r in rows:
    for key in "datetime timestamp rule.id rule.name rule.level rule.tags host.name event".split():
        assert key in r, (key, r)
one = [r for r in rows if r["rule.name"] == "Failed sign-in"]
assert all(r["EventID"] == "4625" and r["IpAddress"] and r["rule.tags"][1] == "attack.t1110" for r in one)
many = [r for r in rows if r["rule.name"] == "Many failed sign-ins"][0]
assert many["event.count"] == 24 and len(many["events"]) == 24 and many["event"] == many["events"][-1], many
assert many["event.first"] < many["event.last"] == many["datetime"]
assert set(many["events"]) <= {r["event"] for r in one}
P

# ---- nothing is left, whatever happens ----
is "no temporary folder is left" "" "$(ls -A "$TMPDIR")"
"$akashi" detect -q -r "$rules" "$ev" >"$work/cut.csv" 2>&1 &
pid=$!
sleep 0.05
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
is "nor after a signal" "" "$(ls -A "$TMPDIR")"
check "an output that breaks off is a failure" bash -c "! '$akashi' detect -q -r '$rules' '$ev' >/dev/full 2>/dev/null"

# ---- rules in an archive, hostile rules ----
(cd "$rules" && python3 -c "
import os, zipfile
with zipfile.ZipFile('$work/rules.zip', 'w', zipfile.ZIP_DEFLATED) as z:
    for d, _, names in os.walk('.'):
        for n in sorted(names): z.write(os.path.join(d, n))")
"$akashi" detect -q -r "$work/rules.zip" "$ev" >"$work/zip.csv"
check "rules in a zip do the same" cmp "$work/one.csv" "$work/zip.csv"
printf 'PK\003\004 no zip' >"$work/bad.zip"
gives 0 "an archive that is none is refused as one problem" "$akashi" list rules -r "$work/bad.zip"
check "with its name" grep -q bad.zip "$work/gives.out"
mkdir "$work/hostile"
python3 - "$work/hostile" <<'P'
import sys
d = sys.argv[1] + "/"
open(d + "deep.yml", "w").write("a: " + "[" * 100000)
open(d + "aliases.yml", "w").write("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join("%s: &%s [%s]\n" % (b, b, ",".join(["*" + a] * 9)) for a, b in zip("abcdefgh", "bcdefghi")))
open(d + "big.yml", "w").write("x" * (17 << 20))
open(d + "nul.yml", "wb").write(b"title: a\0b\n\xff\xfe")
open(d + "names.yml", "w").write("title: \"\\e[31m\\u202e\"\nlogsource: {}\ndetection: {s: {a: b}, condition: s and}\n")
P
gives 0 "hostile rules are refused one by one" "$akashi" list rules -r "$work/hostile" -r "$rules"
check "each by its name" test "$(grep -c "$work/hostile" "$work/gives.out")" -ge 5
check "and the others are loaded" grep -q "Failed sign-in" "$work/gives.out"
check "and nothing of them moves the cursor" python3 -c "
import re, sys
sys.exit(bool(re.search('[\x00-\x08\x0b-\x1f\u202e]', open('$work/gives.out', encoding='utf-8').read())))"

# ---- list rules ----
gives 0 "list rules" "$akashi" list rules -r "$rules" --json
check "a rule is loaded, a correlation, not applicable or refused with its place" python3 - "$work/gives.out" <<'P'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
state = {r.get("title"): r["state"] for r in rows}
assert state["Failed sign-in"] == "loaded" and state["Many failed sign-ins"] == "correlation", state
assert state["Something of a cloud"] == "no_source" and state["No condition"] == "refused", state
bad = [r for r in rows if r["state"] == "refused"]
assert len(bad) == 2 and all(r["why"] and r["file"].endswith(".yml") and r["line"] for r in bad), bad
P

# ---- in a case ----
case=$work/case
gives 0 "investigate with rules" "$akashi" investigate "$ev" -o "$case" -r "$rules"
check "the screen tells of detections" grep -q "31" "$work/gives.err"
is "the case has the same detections" 31 "$(sql "$case" 'select count(*) from detections')"
is "with levels" "critical|1 high|1 low|29" "$(sql "$case" 'select level, count(*) from detections group by level order by 1' | tr '\n' ' ' | sed 's/ $//')"
is "each names an event that is there" 0 "$(sql "$case" "select event from detections" | while read -r id; do "$akashi" show "$case" "$id" >/dev/null 2>&1 || echo x; done | wc -l)"
is "a correlation names its events" 24 "$(sql "$case" "select json_array_length(events) from detections where n_events > 1")"
gives 0 "list rules of the case" "$akashi" list rules -r "$rules" --case "$case" --json
check "says which apply" python3 - "$work/gives.out" <<'P'
import json, sys
rows = {r.get("title"): r for r in map(json.loads, open(sys.argv[1], encoding="utf-8"))}
assert rows["Failed sign-in"]["state"] == "applicable" and rows["Failed sign-in"]["events"] > 100
assert rows["A pipe"]["state"] == "not_in_evidence" and rows["A pipe"]["events"] == 0
P
check "custody tells which rules" grep -q '"rules.used".*"sha256"' "$case/custody.jsonl"
"$akashi" investigate "$ev" -o "$work/case4" -r "$rules" -j 4 >/dev/null 2>&1
columns="rule_id, datetime, host, event, details, n_events, events"
is "four workers find the same" "$(sql "$case" "select $columns from detections order by id")" "$(sql "$work/case4" "select $columns from detections order by id")"
"$akashi" investigate "$ev" -o "$work/none" --no-rules >/dev/null 2>&1
is "--no-rules finds none" 0 "$(sql "$work/none" 'select count(*) from detections')"

# Other rules over the same case: stored events are looked at again, the evidence is not.
mv "$ev" "$work/away"
before=$("$akashi" timeline "$case" | sha256sum)
gives 0 "other rules, without the evidence" "$akashi" investigate "$case" -r "$rules/sub"
is "what the old rules found is gone" "'1'" "'$(sql "$case" 'select count(*) from detections')'"
is "and what the new ones find is there" "=Log \"cleared\", and more" "$(sql "$case" 'select rule_name from detections')"
gives 0 "and back" "$akashi" investigate "$case" -r "$rules"
is "gives what reading the evidence gave" "$(sql "$work/case4" "select $columns from detections order by id")" "$(sql "$case" "select $columns from detections order by id")"
is "the events stay as they are" "$before" "$("$akashi" timeline "$case" | sha256sum)"
gives 0 "a case made without rules gets some" "$akashi" investigate "$work/none" -r "$rules"
is "and finds the same" "$(sql "$case" "select $columns from detections order by id")" "$(sql "$work/none" "select $columns from detections order by id")"
is "events of classes are known as if it had been read with them" "$(sql "$work/case4" 'select * from event_classes')" "$(sql "$work/none" 'select * from event_classes')"
setsid "$akashi" investigate "$case" -r "$rules/sub" >/dev/null 2>&1 &
pid=$!
sleep 0.1
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
gives 0 "killed between two sets of rules, it is taken up again" "$akashi" investigate "$case" -r "$rules"
is "and finds the same once more" "$(sql "$work/case4" "select $columns from detections order by id")" "$(sql "$case" "select $columns from detections order by id")"
gives 2 "a folder that is no case is no evidence of one" "$akashi" investigate "$work/tmp" -r "$rules"
mv "$work/away" "$ev"

# Killed at any moment and taken up again, the case is the same.
for ms in 0.05 0.1 0.2; do
    setsid "$akashi" investigate "$ev" -o "$work/killed" -r "$rules" >/dev/null 2>&1 &
    pid=$!
    sleep $ms
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
gives 0 "a killed run is taken up again" "$akashi" investigate "$ev" -o "$work/killed" -r "$rules"
is "and finds the same" "$(sql "$case" "select $columns from detections order by id")" "$(sql "$work/killed" "select $columns from detections order by id")"
finish
