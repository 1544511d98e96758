#!/bin/bash
# A case over its life: the same whatever the number of workers, whatever
# interrupts it, and whatever is done to its evidence in between.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
ev=$work/ev
export LC_ALL=C.UTF-8
"$here/make_evidence" "$ev" 60

timeline() { "$akashi" timeline "$1" | sha256sum; }
investigate() { "$akashi" investigate "$ev" -o "$1" "${@:2}" >/dev/null 2>"$work/err"; }

claims() { "$akashi" claims "$1" --json | sed 's/"as_of":"[^"]*"//' | sha256sum; } # but for the moment they were made
investigate "$work/one" --jobs 1
whole=$(timeline "$work/one")
n=$("$akashi" timeline "$work/one" | wc -l)
check "there is something to compare ($n events)" test "$n" -gt 50000
for jobs in 2 4; do
    investigate "$work/jobs$jobs" --jobs $jobs
    is "--jobs $jobs gives the timeline of --jobs 1" "$whole" "$(timeline "$work/jobs$jobs")"
    is "and the same claims" "$(claims "$work/one")" "$(claims "$work/jobs$jobs")"
done
investigate "$work/one"
is "a second run changes nothing" "$whole" "$(timeline "$work/one")"

# kill -9 at random moments; what was done stays done.
RANDOM=7
lost=0
for i in $(seq 12); do
    "$akashi" investigate "$ev" -o "$work/killed" --jobs 2 >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
    [ "$i" -eq 12 ] && sleep 1.1
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
    [ -e "$work/killed/case.db" ] || continue
    done_now=$(sql "$work/killed" "select count(*) from sources where state='done'" 2>/dev/null || echo 0)
    [ "${done_now:-0}" -lt "${done_before:-0}" ] && lost=1
    done_before=${done_now:-0}
done
is "no kill lost what was done before" 0 $lost
gives 0 "after twelve kills the case is finished" "$akashi" investigate "$ev" -o "$work/killed" --jobs 2
is "and has the timeline of an uninterrupted run" "$whole" "$(timeline "$work/killed")"
gives 0 "its custody log holds" "$akashi" verify "$work/killed"
is "no worker is left" "" "$(pgrep -f "$work" | grep -v $$ || true)"

# The same with disk images: what the image states of itself, its media's hash, the machine's name.
"$build/tests/support/akashi-demo" "$work/images" >/dev/null
"$akashi" investigate "$work/images/web01.E01" "$work/images/FS01.img" -o "$work/images-whole" --jobs 2 >/dev/null 2>&1
told() { sql "$1" "select evidence, path, name, value from t_fact union all select id, name, host, media_sha256 from evidence order by 1, 2, 3"; }
for i in $(seq 8); do
    "$akashi" investigate "$work/images/web01.E01" "$work/images/FS01.img" -o "$work/images-killed" --jobs 2 >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 6))$((RANDOM % 10))"
    kill -9 $pid 2>/dev/null
    wait $pid 2>/dev/null
done
gives 0 "after eight kills images are finished" "$akashi" investigate "$work/images/web01.E01" "$work/images/FS01.img" -o "$work/images-killed" --jobs 2
is "with the timeline of an uninterrupted run" "$(timeline "$work/images-whole")" "$(timeline "$work/images-killed")"
is "and all that was told of images and machines" "$(told "$work/images-whole")" "$(told "$work/images-killed")"
"$akashi" investigate "$work/images" -o "$work/images-folder" >/dev/null 2>&1
is "files of two images in one folder are not taken for one another's" "FS01.akashi.example,web01" "$("$akashi" timeline "$work/images-folder" --format csv |
    python3 -c "
import csv, sys
rows = [r for r in csv.DictReader(sys.stdin) if r.get('data_type') == 'fs:stat']
print(','.join(sorted({r['host'] for r in rows if r['host']})))")"
check "a machine is named by its event logs" grep -q 'FS01.akashi.example' <<<"$(told "$work/images-killed")"

"$akashi" investigate "$ev" -o "$work/int" --jobs 2 >/dev/null 2>&1 &
pid=$!
sleep 0.4
kill -INT $pid
wait $pid 2>/dev/null
gives 0 "after an interrupt the case can be read" "$akashi" timeline "$work/int"
gives 0 "and finished" "$akashi" investigate "$ev" -o "$work/int"
is "to the same timeline" "$whole" "$(timeline "$work/int")"

# A new file.
"$akashi" timeline "$work/one" >"$work/before.jsonl"
printf '2026-01-29T03:00:00+09:00 new sshd[1]: Accepted password for root from 192.0.2.1 port 1 ssh2\n' >"$ev/aaa first.log"
investigate "$work/one"
"$akashi" timeline "$work/one" >"$work/after.jsonl"
is "a new file adds its events and changes no id" "2|0" "$(python3 -c "
a=set(open('$work/before.jsonl')); b=set(open('$work/after.jsonl'))
print('%d|%d' % (len(b-a), len(a-b)))")"
is "only it was read" 1 "$(grep -c '"evidence.hashed".*aaa first' "$work/one/custody.jsonl")"

# Evidence given twice, and inside out.
"$akashi" investigate "$ev" "$ev" "$ev/." -o "$work/twice" >/dev/null 2>&1
is "evidence named three times is read once" "$(wc -l <"$work/after.jsonl")" "$("$akashi" timeline "$work/twice" | wc -l)"
mkdir "$work/small" && cp "$ev/auth.log" "$work/small/"
"$akashi" investigate "$work/small" -o "$work/small/case" >/dev/null 2>&1
"$akashi" investigate "$work/small" -o "$work/small/case" >/dev/null 2>&1
is "a case inside its evidence is no evidence" "auth.log" "$(sql "$work/small/case" "select path from sources")"

# Evidence that changes.
cp -r "$work/small" "$work/changing" && rm -rf "$work/changing/case"
python3 - "$work/changing" 9 <<'P'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/a.zip", "w") as z:
    for i in range(int(sys.argv[2])):
        t = zipfile.ZipInfo("var/log/auth.log.%d" % i, (2026, 1, 29, 12, 0, 0))
        z.writestr(t, "2026-01-29T03:00:0%d+09:00 old sshd[1]: Accepted password for root from 192.0.2.1 port 1 ssh2\n" % i)
P
for hash in "" --no-hash; do
    c=$work/changed$hash
    "$akashi" investigate "$work/changing" -o "$c" $hash >/dev/null 2>&1
done
python3 - "$work/changing" 5 <<'P'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/a.zip", "w") as z:
    for i in range(int(sys.argv[2])):
        t = zipfile.ZipInfo("var/log/auth.log.%d" % i, (2026, 1, 29, 12, 0, 0))
        z.writestr(t, "2026-01-29T03:00:0%d+09:00 new sshd[1]: Accepted password for root from 192.0.2.1 port 1 ssh2\n" % i)
P
gives 1 "verify finds evidence that changed" "$akashi" verify "$work/changed"
for hash in "" --no-hash; do
    c=$work/changed$hash
    "$akashi" investigate "$work/changing" -o "$c" $hash >/dev/null 2>"$work/err"
    check "a change is said $hash" grep -q "a.zip" "$work/err"
    check "and kept in the custody log $hash" grep -q '"evidence.changed".*a.zip' "$c/custody.jsonl"
    is "nothing of the old archive is left, all of the new one is there $hash" "0|5" "$(
        "$akashi" timeline "$c" | python3 -c "
import sys,json
h=[json.loads(l).get('host.name') for l in sys.stdin]
print('%d|%d' % (h.count('old'), h.count('new')))")"
done
gives 0 "and verify holds again" "$akashi" verify "$work/changed"

printf X | dd of="$work/changing/auth.log" bs=1 seek=1000 conv=notrunc 2>/dev/null
touch -d @1769698200 "$work/changing/auth.log"
gives 1 "verify finds one byte" "$akashi" verify "$work/changed"
check "and names the file" grep -q "CHANGED.*auth.log" "$work/gives.out"
# Which event the second line is depends on when the kills came: any digit will do.
sed -i '2s/[0-9]/x/9' "$work/killed/custody.jsonl"
gives 1 "verify finds an altered line of the custody log" "$akashi" verify "$work/killed"
check "and names it" grep -q ": 2$" "$work/gives.out"
gives 1 "a case with a broken custody log is not written to" "$akashi" investigate "$ev" -o "$work/killed"

# Bombs.
python3 - "$work/bombs" <<'P'
import bz2, gzip, io, lzma, os, sys, zipfile
root = sys.argv[1]
os.mkdir(root)
zeros = b"A" * (1 << 20)
def chunks(n):
    for _ in range(n):
        yield zeros
with gzip.open(root + "/bomb.log.gz", "wb", 9) as f:
    for c in chunks(1500): f.write(c)
with zipfile.ZipFile(root + "/bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
    with z.open("var/log/auth.log", "w") as f:
        for c in chunks(1500): f.write(c)
inner = b"2026-01-29T03:00:00+09:00 in sshd[1]: Accepted password for root from 192.0.2.1 port 1 ssh2\n"
for depth in range(30):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("auth.log" if depth == 0 else "in.zip", inner)
    inner = out.getvalue()
open(root + "/nested.zip", "wb").write(inner)
# forty copies in each of four layers: 2.5 million files
inner = b"2026-01-29T03:00:00+09:00 in sshd[1]: Accepted password for root from 192.0.2.1 port 1 ssh2\n"
for depth in range(3):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for i in range(12):
            z.writestr("%d.%s" % (i, "log" if depth == 0 else "zip"), inner)
    inner = out.getvalue()
open(root + "/many.zip", "wb").write(inner)
P
start=$SECONDS
gives 0 "bombs are investigated" timeout 300 "$akashi" investigate "$work/bombs" -o "$work/bombcase" --jobs 2
echo "     bombs took $((SECONDS - start)) s; case $(du -sm "$work/bombcase" | cut -f1) MB"
check "the case stays small" test "$(du -sm "$work/bombcase" | cut -f1)" -lt 200
# Deflate stays below the ratio that counts as a bomb: tests/cross/archives has those that do not.
check "nesting ends at the limit, and says so" test "$(sql "$work/bombcase" "select count(*) from damage where what like 'nested too deep%'")" -ge 1
is "every item ended" "" "$(sql "$work/bombcase" "select id from sources where state not in ('done','failed')")"

# An ordinary user.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    mkdir -m 777 "$work/nobody"
    chmod -R a+rX "$work/small"
    install -d -m 755 "$work/bin" && install -m 755 "$akashi" "$build/src/engine/akashi-worker" "$work/bin/"
    as() { setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }
    gives 0 "an ordinary user investigates" as "$work/bin/akashi" investigate "$work/small/auth.log" -o "$work/nobody/case"
    check "the case is theirs alone" test "$(stat -c %a "$work/nobody/case/case.db")$(stat -c %a "$work/nobody/case")" != 644755
    gives 0 "and reads it" as "$work/bin/akashi" timeline "$work/nobody/case"
    is "with all its events" "$("$akashi" timeline "$work/small/case" | grep -c sshd)" "$(grep -c sshd "$work/gives.out")"
    gives 1 "a case that is not theirs is refused" as "$work/bin/akashi" timeline "$work/one"
else
    skip "not root: cannot become another user"
fi
finish
