#!/bin/bash
# Indicators, YARA rules and known files over evidence: in the sandbox, in folders and in
# archives, the same for any number of workers.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
ev=$work/ev
mkdir -p "$ev/www" "$ev/logs"
printf '<?php eval($_POST["c"]);' >"$ev/www/up.php"
printf 'MZ nothing to see' >"$ev/tool.exe"
printf 'MZ EVILTOOL' >"$ev/bad.exe"
printf 'EVILTOOL in a note' >"$ev/note.txt"
printf '203.0.113.7 - - [10/Oct/2025:13:55:36 +0000] "GET /a.php HTTP/1.1" 200 12 "http://www.evil.example/x" "curl/8"\n198.51.100.1 - - [10/Oct/2025:13:55:37 +0000] "GET /b HTTP/1.1" 200 12 "-" "Mozilla"\n' >"$ev/logs/access.log"
find "$ev" -type f -exec touch -d 2025-11-01T00:00:00Z {} +
cat >"$work/rules.yar" <<'Y'
import "pe"
import "hash"
rule webshell { meta: description = "one-line web shell" strings: $a = "eval($_POST" condition: $a and hash.md5(0, filesize) != "" }
rule tool : apt { strings: $a = "EVILTOOL" condition: $a and not pe.is_pe }
Y
printf 'rule broken {' >"$work/broken.yar"
printf 'include "/etc/passwd"\n' >"$work/include.yar"
printf 'evil[.]example # APT0\n203.0.113.0/24\nwhat is this\n' >"$work/list.txt"
printf '{"type":"bundle","objects":[{"type":"indicator","name":"shell","pattern_type":"stix","pattern":"[file:name = '"'UP.PHP'"']"}]}' >"$work/stix.json"
feeds=(--ioc "$work/list.txt" --ioc "$work/stix.json" --yara "$work/rules.yar" --yara "$work/broken.yar" --yara "$work/include.yar")

found() { "$akashi" timeline "$1" | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["data_type"] == "yara:match":
        print("yara", e["yara_match"], e["file.path"].split("/")[-1])
    if e["data_type"] == "indicator:match":
        print("ioc", e["indicator.kind"], e["indicator.value"], e["indicator.field"])' | sort -u; }

gives 0 "the investigation ends well" "$akashi" investigate "$ev" -o "$work/one" --no-rules --jobs 1 "${feeds[@]}"
cp "$work/gives.err" "$work/told"
expected='ioc domain evil.example http.request.referrer
ioc file_name up.php file.path
ioc network 203.0.113.0/24 source.ip
yara tool bad.exe
yara webshell up.php'
is "what was looked for is found, and nothing else" "$expected" "$(found "$work/one")"
check "a line that is no indicator is told" grep -q "list.txt:3: its form" "$work/told"
check "so is a rule that does not compile" grep -q "broken.yar:[0-9]*: YARA cannot compile it" "$work/told"
check "and one that would read another file" grep -q "include.yar:1: YARA cannot compile it" "$work/told"
check "the custody log says what was compared" grep -q '"feeds.used","indicators":3,' "$work/one/custody.jsonl"

gives 0 "with four workers" "$akashi" investigate "$ev" -o "$work/four" --no-rules --jobs 4 "${feeds[@]}"
is "the timeline is the same" "$("$akashi" timeline "$work/one" | sha256sum)" "$("$akashi" timeline "$work/four" | sha256sum)"

(cd "$ev" && tar cf "$work/ev.tar" .)
gives 0 "an archive" "$akashi" investigate "$work/ev.tar" -o "$work/tar" --no-rules "${feeds[@]}"
is "holds the same" "$expected" "$(found "$work/tar")"

gives 0 "every file" "$akashi" investigate "$ev" -o "$work/all" --no-rules --yara "$work/rules.yar" --yara-all
is "is looked at with --yara-all" "yara tool bad.exe
yara tool note.txt
yara webshell up.php" "$(found "$work/all")"

sha256sum "$ev/bad.exe" >"$work/known.txt"
gives 0 "with a list of known files" "$akashi" investigate "$ev" -o "$work/known" --no-rules --yara "$work/rules.yar" --known "$work/known.txt"
is "a known file is left out" "yara webshell up.php" "$(found "$work/known")"
python3 - "$work/nsrl.db" "$(sha256sum <"$ev/www/up.php" | cut -c1-64)" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE FILE (sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, file_name VARCHAR, file_size INTEGER, package_id INTEGER)")
db.execute("INSERT INTO FILE VALUES (?, '', '', 'up.php', 1, 1)", (sys.argv[2].upper(),))
db.commit()
P
gives 0 "with an NSRL database" "$akashi" investigate "$ev" -o "$work/nsrl" --no-rules --yara "$work/rules.yar" --known "$work/known.txt" --known "$work/nsrl.db"
is "what it knows is left out, too" "" "$(found "$work/nsrl")"

gives 0 "with hashes of the files in an archive" "$akashi" investigate "$work/ev.tar" -o "$work/hashed" --no-rules --hash-files --known "$work/known.txt"
is "a known file is marked in the timeline" "bad.exe" "$("$akashi" timeline "$work/hashed" | grep '"file.known":true' | grep -o '"file.path":"[^"]*"' | cut -d'"' -f4 | sed 's|.*/||' | sort -u)"

gives 0 "the same again" "$akashi" investigate "$ev" -o "$work/one" --no-rules "${feeds[@]}"
check "says nothing new" test -z "$(grep 'new case' "$work/gives.err")"
gives 0 "other rules on a case that was read before" "$akashi" investigate "$ev" -o "$work/one" --no-rules --yara "$work/rules.yar"
check "are said not to be compared with it" grep -q "use a new case" "$work/gives.err"

gives 1 "a list without hashes is refused" "$akashi" investigate "$ev" -o "$work/bad" --known "$ev/tool.exe"
gives 1 "so are rules that are not there" "$akashi" investigate "$ev" -o "$work/bad" --yara "$work/nothing"
check "and no case is made" test ! -e "$work/bad/case.db"
finish
