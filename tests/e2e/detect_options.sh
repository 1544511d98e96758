#!/bin/bash
# akashi detect as an analyst used to hayabusa types it: each option, right and wrong.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
mkdir -p "$work/ev/sub" "$work/rules"
python3 - "$work" <<'P2'
import sys
with open(sys.argv[1] + "/ev/auth.log", "w") as f:
    for i in range(10):
        f.write("Jan %d 10:00:00 web01 sshd[100]: Failed password for root from 203.0.113.9 port 22 ssh2\n" % (10 + i))
with open(sys.argv[1] + "/ev/sub/auth.log", "w") as f:
    f.write("Jan 10 10:00:00 web01 sshd[100]: Accepted password for root from 203.0.113.9 port 22 ssh2\n")
P2
year=$("$build/src/cli/akashi" dump "$work/ev/auth.log" | head -1 | cut -c14-17)
cat >"$work/rules/r.yml" <<'Y'
title: Refused
title_ja: 拒否
id: 66666666-0000-4000-8000-000000000001
author: A. Uthor
date: 2026-01-02
modified: 2026-01-03
status: stable
tags: [attack.credential-access, attack.t1110.001, cve.2020-1, car.2013-01-001]
logsource: {product: linux, service: sshd}
detection: {s: {event.action: ssh_login_failed}, condition: s}
level: high
---
title: Accepted
id: 66666666-0000-4000-8000-000000000002
logsource: {product: linux, service: sshd}
detection: {s: {event.action: ssh_login}, condition: s}
level: low
Y
rows() { "$akashi" detect -q -r "$work/rules" "$@" 2>"$work/rows.err" | tail -n +2 | wc -l; }

# ---- where to look ----
is "-d a folder, with what is below it" 11 "$(rows -d "$work/ev")"
is "-f a file" 10 "$(rows -f "$work/ev/auth.log")"
is "both" 21 "$(rows -d "$work/ev" -f "$work/ev/auth.log")"
is "and neither: as operands" 11 "$(rows "$work/ev")"
is "--directory=, --file and the long forms" 10 "$(rows --file "$work/ev/auth.log")"
# ---- what to report ----
is "-m high" 10 "$(rows -m high "$work/ev")"
is "-m HIGH and its short form" 10 "$(rows -m HIGH "$work/ev")"
is "-m med" 10 "$(rows -m med "$work/ev")"
is "--tags of a technique takes its sub-techniques" 10 "$(rows --tags attack.t1110 "$work/ev")"
is "--tags that no rule has find nothing" 0 "$(rows --tags attack.t9999 "$work/ev")"
check "and it is said" grep -q "attack.t9999: no rule in use has one of these tags" "$work/rows.err"
for t in "$year-01-12" "$year-01-12T00:00:00Z" "$year-01-12 00:00:00 +00:00" "$year-01-12 09:00:00 +09:00" "$year-01-12 00:00:00"; do
    is "--timeline-start '$t'" 8 "$(rows --timeline-start "$t" "$work/ev/auth.log")"
    is "--timeline-end '$t'" 2 "$(rows --timeline-end "$t" "$work/ev/auth.log")"
    gives 2 "--from and --to '$t' hold nothing" "$akashi" detect -r "$work/rules" --from "$t" --to "$t" "$work/ev/auth.log"
done
printf '66666666-0000-4000-8000-000000000001\nno such rule\n' >"$work/mute"
is "--exclude" 1 "$(rows --exclude "$work/mute" "$work/ev")"
"$akashi" detect -r "$work/rules" --exclude "$work/mute" "$work/ev" >/dev/null 2>"$work/err"
check "its lines that mean nothing are counted" grep -q "lines that name no rule in use: 1" "$work/err"
printf 'id,new_level\n66666666-0000-4000-8000-000000000002,critical\n' >"$work/tune"
is "--level-tuning" 1 "$(rows --level-tuning "$work/tune" -m critical "$work/ev")"
# ---- how to write it ----
for o in "-t csv" "-t jsonl" "--json" "--format jsonl" "-p super-verbose" "-p timesketch-verbose"; do
    "$akashi" detect -q -r "$work/rules" $o "$work/ev" -j 1 >"$work/1"
    for j in 2 4; do
        "$akashi" detect -q -r "$work/rules" $o "$work/ev" -j $j >"$work/2"
        check "$o: $j workers write the same bytes as one" cmp "$work/1" "$work/2"
    done
done
check "the columns of each profile are hayabusa's, in its order" python3 - "$akashi" "$work" <<'P2'
import csv, io, subprocess, sys
MINIMAL = "Timestamp RuleTitle Level Computer Channel EventID RecordID Details"
VERBOSE = "Timestamp RuleTitle Level Computer Channel EventID MitreTactics MitreTags OtherTags RecordID Details ExtraFieldInfo RuleFile RuleID EvtxFile"
SKETCH = "datetime timestamp_desc message Level Computer Channel EventID MitreTactics MitreTags OtherTags RecordID Details %sRuleFile RuleID EvtxFile"
WANT = {"minimal": MINIMAL, "standard": MINIMAL + " ExtraFieldInfo RuleID", "verbose": VERBOSE,
        "all-field-info": MINIMAL.replace("Details", "AllFieldInfo") + " RuleID",
        "all-field-info-verbose": VERBOSE.replace("Details ExtraFieldInfo", "AllFieldInfo"),
        "timesketch-minimal": SKETCH % "", "timesketch-verbose": SKETCH % "ExtraFieldInfo "}
for profile, want in WANT.items():
    out = subprocess.run([sys.argv[1], "detect", "-q", "-r", sys.argv[2] + "/rules", "-p", profile, sys.argv[2] + "/ev/auth.log"], capture_output=True, text=True).stdout
    rows = list(csv.reader(io.StringIO(out, newline="")))
    assert rows[0] == want.split(), (profile, rows[0])
    assert len(rows) == 11 and all(len(r) == len(rows[0]) for r in rows)
    row = dict(zip(rows[0], rows[1]))
    assert row["Level"] == "high" and row["Computer"] == "web01", row
    if "MitreTags" in row:
        assert row["MitreTactics"] == "CredAccess" and row["MitreTags"] == "T1110.001" and "cve.2020-1" in row["OtherTags"].lower(), row
    if profile.startswith("timesketch"):
        assert row["message"] == "Refused" and row["timestamp_desc"]
out = subprocess.run([sys.argv[1], "detect", "-q", "-r", sys.argv[2] + "/rules", "-p", "super-verbose", sys.argv[2] + "/ev/auth.log"], capture_output=True, text=True).stdout
row = list(csv.DictReader(io.StringIO(out, newline="")))[0]
assert (row["RuleAuthor"], row["RuleModifiedDate"], row["Status"], row["RuleCreationDate"]) == ("A. Uthor", "2026-01-03", "stable", "2026-01-02"), row
P2
check "times: UTC, a zone, UTC in spite of the zone, ISO 8601" test "$(for o in '' '-z Asia/Tokyo' '-z Asia/Tokyo -U' '-O' '-z Asia/Tokyo -O'; do
    "$akashi" detect -q -r "$work/rules" "$work/ev/sub" $o | sed -n '2s/,.*//p'; done | tr '\n' '|')" = \
    "$year-01-10 10:00:00.000 +00:00|$year-01-10 10:00:00.000 +09:00|$year-01-10 01:00:00.000 +00:00|$year-01-10T10:00:00.000000Z|$year-01-10T10:00:00.000000+09:00|"
check "titles are in the language that is asked for" bash -c "'$akashi' detect -q --lang ja -r '$work/rules' '$work/ev' | grep -q ',拒否,'"
"$akashi" detect -q -r "$work/rules" "$work/ev" -o "$work/o.csv"
gives 1 "-o a file that is there" "$akashi" detect -q -r "$work/rules" "$work/ev" -o "$work/o.csv"
gives 0 "with --force" "$akashi" detect -q -r "$work/rules" "$work/ev" -o "$work/o.csv" --force
gives 1 "-o a folder" "$akashi" detect -q -r "$work/rules" "$work/ev" -o "$work" --force
cp -r "$work/ev/sub" "$work/ev/copy"
is "a copied log counts twice" 12 "$(rows "$work/ev")"
is "-X counts it once" 11 "$(rows -X "$work/ev")"
is "-q says nothing" "" "$(cat "$work/rows.err")"
# ---- used wrongly: 2; could not: 1 ----
for bad in "-m severe" "-t xml" "-p everything" "--from yesterday" "--from 2026-13-01" "--from 2026-02-01 --to 2026-01-01" "-z Nowhere/City" "-j 0" "-j many" "--lang fr" "--filters maybe" "--nosuch" "-m"; do
    gives 2 "$bad is used wrongly" "$akashi" detect -r "$work/rules" "$work/ev" $bad
    check "and told in one line or two" test "$(wc -l <"$work/gives.err")" -ge 1 -a "$(wc -l <"$work/gives.err")" -le 2
done
for bad in "--exclude /nonexistent" "--level-tuning /nonexistent" "--placeholders /nonexistent" "-o /nonexistent/x"; do
    gives 1 "$bad cannot be done" "$akashi" detect -q -r "$work/rules" "$work/ev" $bad
    check "and names it" grep -q /nonexistent "$work/gives.err"
done
gives 1 "a path that is not there is told by the status" "$akashi" detect -q -r "$work/rules" "$work/ev" /nonexistent
is "but the rest is looked at" 13 "$(wc -l <"$work/gives.out")"
# ---- help ----
"$akashi" detect --help >"$work/en"
"$akashi" detect --help --lang ja >"$work/ja"
check "each option has its line in both languages" python3 - "$work/en" "$work/ja" <<'P2'
import re, sys
en, ja = ({m[1]: m[2] for m in re.finditer(r"(?m)^ +(?:-\w, )?(--[\w-]+) ?(?:[A-Z|a-z]+ )?(.*)$", open(n, encoding="utf-8").read())} for n in sys.argv[1:])
assert en.keys() == ja.keys() and len(en) > 25, en.keys() ^ ja.keys()
assert all(re.search("[\u3040-\u30ff\u4e00-\u9fff]", t) for t in ja.values()), [o for o, t in ja.items() if not re.search("[\u3040-\u30ff\u4e00-\u9fff]", t)]
P2
finish
