#!/bin/sh
# demo.sh BUILD - the demonstration's incident, investigated: what an examiner
# should find in it, and what he should not.
set -u
build=$(cd "${1:-build}" && pwd)
akashi=$build/src/cli/akashi
passed=0
failed=0
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# check SENTENCE COMMAND...: ok when the command succeeds.
check() {
    sentence=$1
    shift
    if "$@" >/dev/null 2>&1; then
        echo "ok   $sentence"
        passed=$((passed + 1))
    else
        echo "FAIL $sentence"
        failed=$((failed + 1))
    fi
}

PATH=$PATH:/usr/sbin:/sbin
if ! command -v mke2fs >/dev/null || ! command -v debugfs >/dev/null; then
    echo "skip no e2fsprogs: the evidence cannot be made"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi

E1=$T/one
E2=$T/two
check "the evidence is made" "$build/tests/support/akashi-demo" "$E1"
sleep 1 # so that a clock that leaks in is seen
check "the evidence is made again" "$build/tests/support/akashi-demo" "$E2"
check "both times it has the same bytes" diff -r "$E1" "$E2"
before=$(sha256sum "$E1"/*)
check "it is investigated" "$akashi" investigate "$E1/web01.E01" "$E1/FS01.img" -o "$T/case" --tz Asia/Tokyo --quiet
"$akashi" claims "$T/case" --json >"$T/claims.jsonl"
"$akashi" timeline "$T/case" >"$T/timeline.jsonl"
check "the evidence is as it was" test "$before" = "$(sha256sum "$E1"/*)"
check "the report is written" test -s "$T/case/report.html"
check "its custody log and hashes hold" "$akashi" verify "$T/case"
"$akashi" ls "$E1/web01.E01" >"$T/web01.ls" 2>&1
"$akashi" ls "$E1/FS01.img" >"$T/FS01.ls" 2>&1

# claim FIELD LEVEL TEXT...: a claim of this field and level holds all texts.
claim() {
    python3 - "$T/claims.jsonl" "$@" <<'P'
import json, sys
claims = [json.loads(line) for line in open(sys.argv[1])]
field, level, texts = sys.argv[2], sys.argv[3], sys.argv[4:]
def holds(c):
    said = c["text_en"] + json.dumps(c["value"], ensure_ascii=False) + str(c["subject"])
    return c["field"] == field and c["level"] == level and all(t in said for t in texts)
sys.exit(not any(map(holds, claims)))
P
}

# no_claim TEXT...: no claim holds all texts.
no_claim() {
    python3 - "$T/claims.jsonl" "$@" <<'P'
import json, sys
texts = sys.argv[2:]
said = [json.dumps(json.loads(line), ensure_ascii=False) for line in open(sys.argv[1])]
sys.exit(any(all(t in s for t in texts) for s in said))
P
}

# count N FIELD [TEXT]: so many claims of a field (holding the text), signs of rules aside.
count() {
    python3 - "$T/claims.jsonl" "$@" <<'P'
import json, sys
n, field, text = int(sys.argv[2]), sys.argv[3], "".join(sys.argv[4:5])
claims = [json.loads(line) for line in open(sys.argv[1])]
found = [c for c in claims if c["field"] == field and text in c["text_en"] and c["producer"] != "rules"]
sys.exit(len(found) != n)
P
}

# event TEXT...: one line of the timeline holds all texts.
event() {
    python3 - "$T/timeline.jsonl" "$@" <<'P'
import sys
sys.exit(not any(all(t in line for t in sys.argv[2:]) for line in open(sys.argv[1], encoding="utf-8")))
P
}

listed() { # listed WHICH TEXT
    grep -F -q -- "$2" "$T/$1.ls"
}

# ---- what should be found ----
check "the intruder's address" claim entry_source L4 "203.0.113.66" "attributed to the intruder"
check "its first and last moment" claim attack_active_windows L4 "2026-01-29T12:52:08" "2026-01-30T18:27:44"
check "that all of it lay outside office hours" claim attack_active_windows L4 "100.0%"
check "the mass access" claim entry_source L5 "Mass access" "203.0.113.66"
check "the web shell, with the file it is" claim malware L4 "/uploads/2026/img_0129.php" "var/www/html/uploads/2026/img_0129.php"
check "when the web shell was written" claim malware L4 "2026-01-29T13:41:37"
check "the guessed SSH password, each attempt once" claim credential_abuse L4 "203.0.113.66, 38 sign-ins" "deploy"
check "the way from web01 to FS01" claim credential_abuse L4 "10.0.20.5, 24 sign-ins" "svc-backup"
check "that the intruder went on from web01" claim lateral_methods L4 "10.0.20.5"
check "that deploy was abused" claim accounts_abused L4 "deploy" "web01" "ssh"
check "each of its sign-ins once, though three logs tell of them" claim accounts_abused L4 "deploy" "(ssh): 3 sign-ins"
check "the sign-in of the deleted day, from the journal" event '"data_type":"systemd:journal' "Accepted password for deploy" "2026-01-30T14:05:31"
check "that svc-backup was abused, by remote desktop too" claim accounts_abused L4 "svc-backup" "rdp"
check "webadmin's changed password" claim account_changes L5 "password of webadmin was changed"
check "root's changed password" claim account_changes L5 "password of root was changed"
check "the new account" claim persistence L5 "helpdesk2 was created" "2026-01-30T15:41:03"
check "who became an administrator" claim privilege_escalation L5 "helpdesk2 was added to the group Administrators"
check "the service, with its program" claim persistence L5 "svchelp.exe"
check "that Security was cleared" claim log_clearing L5 "Security" "2026-01-30T17:46:10"
check "that Application was cleared, as System tells" claim log_clearing L5 "Application" "2026-01-30T17:46:31"
check "the hole in auth.log" claim log_source L5 "var/log/auth.log" "2026-01-29T15:51:20" "2026-01-30T15:17:01"
check "the hole in syslog" claim log_source L5 "var/log/syslog"
check "72 encrypted files and when" claim encryption_window L4 "72 files" "akyrox" "2026-01-30T17:05:11" "2026-01-30T17:30:02"
check "the Japanese extortion note" claim ransom_note L4 "README_復元方法.txt" '"n": 8'
check "the English one" claim ransom_note L4 "README_RESTORE.txt"
check "the archive that left" claim egress L5 "/uploads/2026/bk.tar.gz" "203.0.113.66" "2026-01-29T15:36:12"
check "that data left" claim exfil_level L5 "Data left"
check "Defender switched off" event '"event.code":"5001"'
check "the deleted shadow copies, from a recovered record" event "vssadmin.exe delete shadows" '"recovered":true'
check "the remote desktop session the intruder forgot" event '"event.code":"21"' "10.0.20.5"
check "what the intruder typed" event "tar czf /var/www/html/uploads/2026/bk.tar.gz /srv/customer"
check "when the tar was removed" event "bk.tar.gz" "2026-01-29T15:39:51"
check "the recycled price list" event "old-pricelist.xlsx"
check "the removed archive in the file system" listed web01 "bk.tar.gz"
check "the removed tool" listed FS01 "lock.exe"
check "where the tool was downloaded from" listed FS01 "nettool.exe:Zone.Identifier"

size=$(python3 - "$T/claims.jsonl" <<'P'
import json, sys
print(next(c["value"]["bytes"] for c in map(json.loads, open(sys.argv[1])) if c["field"] == "egress"))
P
)
"$akashi" cat "$E1/web01.E01" var/www/html/uploads/2026/bk.tar.gz >"$T/bk.tar.gz" 2>/dev/null
check "the removed archive comes back whole, as long as what was sent" test "$(wc -c <"$T/bk.tar.gz")" = "$size"
check "and holds the customers' list" sh -c "tar xzOf '$T/bk.tar.gz' srv/customer/customers_2025.csv | grep -q example.jp"

# Given as one folder, the two machines stay two.
check "the folder of both images is investigated" "$akashi" investigate "$E1" -o "$T/folder" --tz Asia/Tokyo --quiet --jobs 1
# machines: of file events, which machine each image's are said to be of
"$akashi" timeline "$T/folder" | python3 -c '
import json, sys
found = set()
for line in sys.stdin:
    e = json.loads(line)
    if e["data_type"].startswith("fs:stat") and e["path"].startswith(("web01.E01", "FS01.img")):
        found.add((e["path"].split("/")[0], e.get("host.name")))
print(sorted(found))' >"$T/machines"
check "each image's files are of its own machine" grep -qxF "[('FS01.img', 'FS01.akashi.example'), ('web01.E01', 'web01')]" "$T/machines"

# Rules of our own see the same incident.
check "a rule saw the guessed password" claim credential_abuse L3 "SSH sign-in succeeded after many refusals"
check "a rule saw the web shell" claim malware L3 "Command of the operating system in a web parameter"
check "a rule saw the deleted shadow copies" claim vss_deleted L3 "Shadow copies deleted"
check "a rule saw the protection go" claim security_disabled L3 "Microsoft Defender switched off"
check "a rule saw the log cleared" claim log_clearing L3 "Security log cleared"
check "the report shows detections by tactic" grep -q "検知の時系列" "$T/case/report.html"

# Indicators and YARA rules that the examiner brings are detections, too.
printf '# from the police\n203.0.113[.]66\nimg_0129.php\n' >"$T/ioc.txt"
cat >"$T/made_up.yar" <<'Y'
rule upload_php_standin { strings: $a = "stand-in for a web shell" condition: $a }
Y
check "it is investigated with indicators and YARA" "$akashi" investigate "$E1/web01.E01" -o "$T/feeds" --tz Asia/Tokyo --quiet \
    --ioc "$T/ioc.txt" --yara "$T/made_up.yar"
# detected RULE_ID: the rule is among the detections of that case.
detected() {
    python3 - "$T/feeds/case.db" "$1" <<'P'
import sqlite3, sys
sys.exit(not sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM detections WHERE rule_id = ? AND event <> ''", sys.argv[2:]).fetchone()[0])
P
}
check "the address is detected, though it was written defanged" detected indicator:203.0.113.66
check "the file's name is detected" detected indicator:img_0129.php
check "YARA found the web shell inside the image" detected yara:upload_php_standin

# edge SOURCE NAME HOST: the graph of logons leads from this address, of this name, to the host.
edge() {
    python3 - "$T/case/case.db" "$@" <<'P'
import sqlite3, sys
found = sqlite3.connect(sys.argv[1]).execute("SELECT coalesce(source_name, ''), host FROM logons WHERE source = ?", sys.argv[2:3])
sys.exit(tuple(sys.argv[3:5]) not in found.fetchall())
P
}
check "the intruder signed in to web01" edge 203.0.113.66 "" web01
check "from web01, known by its hosts file, to FS01" edge 10.0.20.5 web01 FS01.akashi.example
check "and the report draws it" grep -q "サインインの関係図" "$T/case/report.html"

# ---- what should not ----
check "no other address from outside is attributed" count 1 entry_source "attributed to the intruder"
check "what else left cannot be excluded" claim exfil_level L2 "cannot be excluded"
check "no other script is a web shell" count 1 malware
check "no visitor is said to have guessed a password" count 2 credential_abuse "at 2026"
check "no password is said to be changed twice" count 2 account_changes "password of"
check "no other log has a hole" count 2 log_source
check "System is not said to be cleared" count 2 log_clearing
check "staff are not said to be abused" no_claim '"accounts_abused"' "10.0.10."
check "no visitor's download is called exfiltration" count 1 egress
check "no ordinary file is called encrypted" count 1 encryption_window
check "nothing of the evidence is called damaged" test 0 = "$(python3 - "$T/case/case.db" <<'P'
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM t_damage").fetchone()[0])
P
)"

echo "$passed passed, $failed failed"
test "$failed" -eq 0
