#!/bin/bash
# Commands, their mistakes and their formats, on small evidence made here.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
ev=$work/ev case=$work/case
export LC_ALL=C.UTF-8
"$here/make_evidence" "$ev" 1

for c in investigate detect dump ls cat timeline show claims verify list; do
    gives 0 "$c --help" "$akashi" $c --help
    gives 0 "$c --help in Japanese" "$akashi" $c --lang ja --help
    gives 2 "$c refuses an unknown option" "$akashi" $c --no-such-option
    gives 2 "$c without arguments is a mistake of usage" "$akashi" $c
done
gives 2 "no command" "$akashi"
gives 2 "an unknown command" "$akashi" nothing
gives 0 "--version" "$akashi" --version
gives 2 "investigate needs a case" "$akashi" investigate "$ev"
for n in abc -1 0 1x ""; do gives 2 "--jobs '$n' is refused" "$akashi" investigate "$ev" -o "$work/none" --jobs "$n"; done
gives 2 "an unknown zone is refused" "$akashi" investigate "$ev" -o "$work/none" --tz Mars/Olympus
check "and no case is made of a mistake" test ! -e "$work/none"

# Evidence is not to be touched.
state() { (cd "$1" && find . -print0 | sort -z | xargs -0 stat -c '%n %s %Y %Z %a' && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum; }
before=$(state "$ev")
gives 1 "missing evidence is told, the rest goes on" "$akashi" investigate "$work/missing" "$ev" -o "$case" --jobs 2
check "with its name" grep -q missing "$work/gives.err"
check "and the rest is in the case" test "$(sql "$case" 'select sum(events) from sources')" -gt 1000
is "evidence stays as it was" "$before" "$(state "$ev")"
is "every item ended" "" "$(sql "$case" "select id from sources where state not in ('done','failed')")"
check "Japanese names are kept" test "$(sql "$case" "select count(*) from sources where path='with space/証拠 access.log'")" = 1
check "names with newlines are kept" test "$(sql "$case" "select count(*) from sources where path='new'||char(10)||'line/syslog'")" = 1
check "names that are no UTF-8 are kept byte for byte" test "$(sql "$case" "select count(*) from sources where path=x'626164fffe6e616d652f6d65737361676573'")" = 1
check "a cut gzip gives what stands before the cut, and says so" test "$(sql "$case" "select count(*) from damage where path like 'cut%'")" -ge 1

gives 0 "timeline" "$akashi" timeline "$case"
cp "$work/gives.out" "$work/all.jsonl"
check "every line is JSON with the keys that are promised, in the order of time" python3 - "$work/all.jsonl" <<'P'
import json, sys
last = None
n = 0
for line in open(sys.argv[1], encoding="utf-8"):
    e = json.loads(line)
    for key in "datetime timestamp timestamp_desc data_type message evidence path offset id".split():
        assert key in e, (key, line)
    t = e["timestamp"]
    assert last is None or t is None or t >= last, line
    last = t if t is not None else last
    n += 1
assert n > 1000
P
gives 0 "csv" "$akashi" timeline "$case" --format csv
check "csv has ten columns, as many rows, and no cell a spreadsheet would run" python3 - "$work/gives.out" "$work/all.jsonl" <<'P'
import csv, sys
csv.field_size_limit(1 << 30)
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8", errors="strict")))
assert all(len(r) == 10 for r in rows), [r for r in rows if len(r) != 10][0]
assert len(rows) == 1 + sum(1 for _ in open(sys.argv[2]))
assert not [c for r in rows for c in r if c[:1] and c[0] in "=+-@\t\r"]
P
gives 0 "timesketch" "$akashi" timeline "$case" --format timesketch
check "timesketch has its mandatory columns and microseconds" python3 - "$work/gives.out" <<'P'
import csv, sys, datetime
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
assert {"message", "timestamp", "datetime", "timestamp_desc"} <= set(rows[0])
for r in rows:
    t = datetime.datetime.fromisoformat(r["datetime"].replace("Z", "+00:00")) if len(r["datetime"]) <= 27 else None
    assert t is None or abs(t.timestamp() * 1e6 - int(r["timestamp"])) < 2, r
    assert r["message"], r
P
gives 0 "bodyfile" "$akashi" timeline "$case" --format bodyfile
check "bodyfile has eleven fields, the last seven numbers" python3 - "$work/gives.out" <<'P'
import sys
n = 0
for line in open(sys.argv[1], encoding="utf-8", errors="surrogateescape", newline="\n"):
    f = line.rstrip("\n").split("|")
    assert len(f) == 11, line
    [int(x) for x in f[3:]] if f[3] != "0" else [int(x) for x in f[6:]]
    n += 1
assert n > 1000
P
gives 2 "an unknown format" "$akashi" timeline "$case" --format pdf
gives 2 "a time that is none" "$akashi" timeline "$case" --from yesterday
gives 2 "a query that is none" "$akashi" timeline "$case" --query "source.port>x"
gives 1 "no case there" "$akashi" timeline "$work/missing"
gives 0 "only --to" "$akashi" timeline "$case" --to 2026-01-28T15:01:00Z
is "gives what is before it" "$(python3 -c "
import json
print(sum(1 for l in open('$work/all.jsonl') if (json.loads(l)['timestamp'] or 1<<62) < 1769612460000000))")" "$(wc -l <"$work/gives.out")"
gives 0 "only --from" "$akashi" timeline "$case" --from 2026-01-28T15:01:00Z
is "gives what is at it and behind" "$(python3 -c "
import json
print(sum(1 for l in open('$work/all.jsonl') if (json.loads(l)['timestamp'] or 0) >= 1769612460000000))")" "$(wc -l <"$work/gives.out")"
gives 0 "a query" "$akashi" timeline "$case" --query "user.name:user3 OR user.name:user4 -192.0.2.3"
check "gives only what it holds for" python3 -c "
import json,sys
rows=[json.loads(l) for l in open('$work/gives.out')]
assert rows and all(r['user.name'] in ('user3','user4') and '192.0.2.3' not in r['message'] for r in rows)"

gives 0 "-o writes a file" "$akashi" timeline "$case" -o "$work/t.jsonl"
is "the same as on standard output" "$(sha256sum <"$work/all.jsonl")" "$(sha256sum <"$work/t.jsonl")"
gives 1 "a file is not overwritten" "$akashi" timeline "$case" --query nothing-at-all -o "$work/t.jsonl"
is "and stays" "$(sha256sum <"$work/all.jsonl")" "$(sha256sum <"$work/t.jsonl")"
gives 0 "but with --force" "$akashi" timeline "$case" --query nothing-at-all -o "$work/t.jsonl" --force
check "it is" test ! -s "$work/t.jsonl"

gives 0 "dump" "$akashi" dump "$ev/auth.log"
is "dump gives an event a line" 300 "$(wc -l <"$work/gives.out")"
gives 1 "dump of what is missing goes on with the rest" "$akashi" dump "$work/missing" "$ev/auth.log"
is "which is there" 300 "$(wc -l <"$work/gives.out")"
gives 1 "dump --as an unknown parser" "$akashi" dump --as no.such "$ev/auth.log"
gives 0 "ls" "$akashi" ls "$ev/backup.zip"
check "ls names the entries" grep -q var/log/auth.log "$work/gives.out"
gives 0 "ls as JSON" "$akashi" ls "$ev/backup.zip" --format jsonl
check "ls as JSON is JSON" python3 -c "
import json
[json.loads(l) for l in open('$work/gives.out')]"
gives 0 "cat" "$akashi" cat "$ev/backup.zip" var/log/auth.log
is "cat gives the bytes" "$(python3 -c "
import zipfile,hashlib
print(hashlib.sha256(zipfile.ZipFile('$ev/backup.zip').read('var/log/auth.log')).hexdigest())")" "$(sha256sum <"$work/gives.out" | cut -d' ' -f1)"
gives 1 "cat of what is not there" "$akashi" cat "$ev/backup.zip" no/such
id=$(python3 -c "
import json
print(json.loads(open('$work/all.jsonl').readline())['id'])")
gives 0 "show an event" "$akashi" show "$case" "$id"
check "show says something of it" test -s "$work/gives.out"
gives 1 "show an event that is not there" "$akashi" show "$case" 99.1:1
for id in "1.1:" ":1" "1.1:99999999999999999999" "'; drop table t_item" ""; do gives 1 "show '$id' finds nothing" "$akashi" show "$case" "$id"; done
gives 0 "claims" "$akashi" claims "$case"
gives 0 "claims as JSON" "$akashi" claims "$case" --json
check "claims as JSON is JSON" python3 -c "
import json
[json.loads(l) for l in open('$work/gives.out')]"
for what in artefacts containers filesystems; do gives 0 "list $what" "$akashi" list $what; check "list $what is not empty" test -s "$work/gives.out"; done
gives 0 "verify" "$akashi" verify "$case"

# Odd things in a folder.
odd=$work/odd
mkdir -p "$odd/sub"
mkfifo "$odd/fifo"
ln -s /etc/passwd "$odd/link"
ln -s .. "$odd/sub/loop"
: >"$odd/empty"
cp "$ev/auth.log" "$odd/auth.log"
truncate -s 5G "$odd/sparse.bin"
deep=$odd
for i in $(seq 300); do deep=$deep/d; done
mkdir -p "$deep" && cp "$ev/auth.log" "$deep/auth.log"
timeout 120 "$akashi" investigate "$odd" -o "$work/oddcase" --jobs 1 >/dev/null 2>"$work/odd.err" &
pid=$! peak=0
while kill -0 $pid 2>/dev/null; do
    for p in $(pgrep -P $pid) $(pgrep -P "$(pgrep -P $pid | head -1)" 2>/dev/null); do
        rss=$(awk '/RssAnon/ { print $2 }' "/proc/$p/status" 2>/dev/null); [ "${rss:-0}" -gt $peak ] && peak=$rss
    done
    sleep 0.1
done
wait $pid
is "pipes, links, an endless tree and 5 GB of nothing are investigated" 0 $?
most=300000
grep -q __asan_init "$akashi" && most=900000 # the sanitizer's own
check "in little memory (${peak} KB)" test $peak -lt $most
is "links are not followed, pipes not opened, both counted" "folder.links_not_followed|2,folder.special_files_not_opened|1,folder.too_deep|1" \
    "$(sql "$work/oddcase" "select name, value from t_fact where name like 'folder.%' order by name" | paste -sd,)"
is "what can be read is" 301 "$(sql "$work/oddcase" "select events from sources where path='auth.log'")"
# Volumes that are not read are named: bare, in a partition, and in an archive.
mkdir "$work/locked"
python3 - "$work/locked" <<'P'
import lzma, struct, sys
def volume(*marks, n=256 << 10):
    b = bytearray(n)
    for at, mark in marks:
        b[at:at + len(mark)] = mark
    return bytes(b)
locker = volume((0, b"\xeb\x58\x90-FVE-FS-"), (11, struct.pack("<H", 512)), (510, b"\x55\xaa"))
mbr = bytearray(512)
mbr[446:462] = struct.pack("<B3sB3sII", 0, b"\0\2\0", 7, b"\0\3\0", 8, len(locker) // 512)
mbr[510:] = b"\x55\xaa"
files = {"disk.raw": bytes(mbr) + bytes(7 * 512) + locker, "luks.img": volume((0, b"LUKS\xba\xbe\0\2")),
         "xfs.img": volume((0, b"XFSB" + struct.pack(">I", 4096))), "btrfs.img.xz": lzma.compress(volume((65600, b"_BHRfS_M"))),
         "refs.img": volume((0, b"\0\0\0ReFS\0\0"), (16, b"FSRS"))}
for name, content in files.items():
    open(f"{sys.argv[1]}/{name}", "wb").write(content)
P
gives 0 "volumes nobody here can read are investigated" "$akashi" investigate "$work/locked" -o "$work/lockedcase" --lang en
check "the screen says how many and which" grep -q '^Not read .*5 volume.*BitLocker.*LUKS2.*ReFS.*XFS.*btrfs' "$work/gives.out" "$work/gives.err"
is "each is named in the case, as found and not read" "BitLocker|0,LUKS2|0,ReFS|0,XFS|0,btrfs|0" \
    "$(sql "$work/lockedcase" "select filesystem, readable from volumes where allocated and filesystem<>'xz' order by filesystem" | paste -sd,)"
is "each is damage, so that the report names it" 5 "$(sql "$work/lockedcase" "select count(*) from damage where what like 'a volume of this kind is not read%'")"
check "and the report does" python3 -c "
text = open('$work/lockedcase/report.html', encoding='utf-8').read()
assert all(name in text for name in ('BitLocker', 'LUKS2', 'ReFS', 'XFS', 'btrfs'))"
mkdir "$work/nothing"
gives 0 "an empty folder" "$akashi" investigate "$work/nothing" -o "$work/emptycase"
gives 0 "the timeline of nothing" "$akashi" timeline "$work/emptycase"
mkfifo "$work/pipe"
gives 1 "a pipe is no evidence" timeout 20 "$akashi" investigate "$work/pipe" -o "$work/pipecase"
finish
