#!/bin/bash
# Rules and evidence of strangers, through detect, investigate and list rules: each bad thing gets
# a line with its file and place, the rest runs, time and memory stay bounded, and nothing of it
# commands the terminal.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
python3 - "$work" <<'P2'
import io, os, sys, zipfile
d = sys.argv[1] + "/rules/"
os.makedirs(d)
os.makedirs(sys.argv[1] + "/ev")
wanted = open(sys.argv[1] + "/wanted", "w")          # file TAB line TAB part of the reason
N = [0]


def write(name, content, line=None, why=None):
    with open(d + name, "wb") as f:
        f.write(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    if why:
        wanted.write("%s\t%s\t%s\n" % (name, line, why))


def rule(title, rest):
    N[0] += 1
    return "title: %s\nid: 55555555-0000-4000-8000-%012d\nlogsource: {product: linux, service: auth}\n%s" % (title, N[0], rest)


def sel(test, condition="sel"):
    return "detection:\n  sel:\n    %s\n  condition: %s\n" % (test, condition)


# ---- what must go on running ----
write("good.yml", rule("Good", "detection: {sel: [Failed], condition: sel}\nlevel: low\n"))
write("formula.yml", rule("'=HYPERLINK(\"http://x\")'", "detection: {sel: [Failed], condition: sel}\n"))
write("regex.yml", rule("Catastrophe", "detection:\n  a: {message|re: '(a+)+$'}\n  b: {message|re: '(a|aa)+b(.*)*c'}\n  c: {message|re: '([a-zA-Z]+)*[0-9]{100}'}\n  condition: 1 of them\n"))
write("nested_counts.yml", rule("Counts", sel("message|re: '((x{1,1000}){1,1000}){1,1000}$'")))
write("wild.yml", rule("Wild", sel("message: '%s'" % ("*a" * 16))))
write("hundred_thousand.yml", rule("Lines", "detection:\n  sel:\n    message|contains:\n" + "".join("      - value %d!\n" % i for i in range(100000)) + "  condition: sel\n"))
# ---- YAML ----
write("tab.yml", "title: x\n\tlogsource: {}\n", 2, "tab")
write("flow.yml", "a: [1, 2\nb: }\n", 2, "YAML")
write("open_quote.yml", "title: \"never closed\nlogsource: {product: linux}\n", 2, "YAML")
write("no_anchor.yml", "title: *nowhere\n", 1, "without its anchor")
write("key_twice.yml", rule("Twice", "detection:\n  sel: [a]\n  sel: [b]\n  condition: sel\n"), 6, "given before")
write("merge.yml", "x: &a {b: c}\n<<: *a\n", 2, "merge key")
write("tag.yml", "title: !!python/object/apply:os.system ['id']\n", 1, "tag")
write("scalar.yml", "just a text\n", 1, "no map")
write("list.yml", "- a\n- b\n", 1, "no map")
write("latin1.yml", b"title: caf\xe9\n", 1, "UTF-8")
write("laughs.yml", "a: &a ['l','l','l','l','l','l','l','l','l']\n" + "".join("%s: &%s [%s]\n" % (b, b, ",".join(["*" + a] * 9)) for a, b in zip("abcdefgh", "bcdefghi")), 7, "limit")
write("deep.yml", "title: x\na: " + "[" * 50000 + "]" * 50000 + "\n", 2, "nested deeper")
write("binary.yml", os.urandom(4) + b"\x00\x01\x02" * 70000, 1, "YAML")
write("elf.yml", open("/proc/self/exe", "rb").read(200000), 1, "YAML")
write("nul.yml", b"title: a\0b\n", 1, "control characters")
# ---- Sigma ----
write("modifier.yml", rule("M", sel("message|containz: a")), 6, "containz")
write("unknown_name.yml", rule("M", sel("message: a", "sel and other")), 7, "other")
write("no_such_of.yml", rule("M", sel("message: a", "sel and 1 of other*")), 7, "other*")
write("pipe.yml", rule("M", sel("message: a", "sel | count() > 5")), 7, "aggregation")
write("deep_condition.yml", rule("M", sel("message: a", "(" * 50000 + "sel" + ")" * 50000)), 7, "nested deeper")
write("nots.yml", rule("M", sel("message: a", "not " * 50000 + "sel")), 7, "nested deeper")
write("look_ahead.yml", rule("M", sel("message|re: '(?=a)b'")), 6, "look-around")
write("back.yml", rule("M", sel("message|re: '(a)\\1'")), 6, "back-references")
write("many_regexes.yml", rule("M", "detection:\n  sel:\n    message|re:\n" + "".join("      - 'v%d.*x+'\n" % i for i in range(100000)) + "  condition: sel\n"), 6, "limit")
write("wilder.yml", rule("M", sel("message: '%s'" % ("*a" * 5000))), 6, "more wildcards")
write("level.yml", rule("M", "detection: {sel: [a], condition: sel}\nlevel: severe\n"), 5, "severe")
write("no_source.yml", "title: M\ndetection: {sel: [a], condition: sel}\n", 1, "no log source")
write("network.yml", rule("M", sel("message|cidr: 10.0.0.0/99")), 6, "10.0.0.0/99")
write("expand.yml", rule("M", sel("message|expand: '%who%'")), 6, "who")
write("same_id_1.yml", "title: One\nid: 55555555-0000-4000-8000-aaaaaaaaaaaa\nlogsource: {product: linux, service: auth}\ndetection: {sel: [zzz], condition: sel}\n")
write("same_id_2.yml", "title: Two\nid: 55555555-0000-4000-8000-aaaaaaaaaaaa\nlogsource: {product: linux, service: auth}\ndetection: {sel: [zzz], condition: sel}\n", 1, "another rule has this id")
# ---- references ----
write("itself.yml", "title: S\nname: itself\ncorrelation: {type: event_count, rules: [itself], timespan: 1m, condition: {gte: 1}}\n", 3, "itself -> itself")
write("circle.yml", "title: A\nname: ca\ncorrelation: {type: temporal, rules: [cb, cc], timespan: 1m}\n---\ntitle: B\nname: cb\ncorrelation: {type: temporal, rules: [ca], timespan: 1m}\n", 7, "ca -> cb -> ca")
write("nobody.yml", "title: N\ncorrelation: {type: event_count, rules: [no_such_rule], timespan: 1m, condition: {gte: 1}}\n", 2, "no_such_rule")
write("kind.yml", "title: K\ncorrelation: {type: eventcount, rules: [x], timespan: 1m, condition: {gte: 1}}\n", 2, "eventcount")
write("filter.yml", "title: F\nlogsource: {product: linux, service: auth}\nfilter: {rules: [nope], sel: {a: b}, condition: sel}\n", 3, "nope")
write("ansi.yml", "title: \"\\e[31mred \\u202egnp\"\nlogsource: {product: linux}\ndetection: {sel: [a], condition: sel}\nlevel: \"\\e[5mhigh\"\n", 4, "a level")
# ---- archives of them, named one by one ----
with zipfile.ZipFile(sys.argv[1] + "/bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for i in range(20):
        z.writestr("b%d.yml" % i, b"x" * (50 << 20))
with zipfile.ZipFile(sys.argv[1] + "/paths.zip", "w") as z:
    z.writestr("../../up.yml", rule("Up", "detection: {sel: [Failed], condition: sel}\n"))
# ---- evidence ----
with open(sys.argv[1] + "/ev/auth.log", "wb") as f:
    head = b"Jan 10 10:00:%02d web01 sshd[100]: "
    for i in range(50):
        f.write(head % i + b"Failed password for root from 203.0.113.9 port 22 ssh2\n")
    f.write(head % 51 + b"Failed password for \x1b[31mroot\x07\x1b]0;x\x07 \xc2\x9b2J =cmd|' /C calc'!A0 from 203.0.113.9 port 22 ssh2\n")
    f.write(head % 52 + b"Failed " + b"a" * 1000000 + b"!\n")
    f.write(head % 53 + b"Failed \xed\xa0\x80 lone \xff\xfe\n")
    f.write(head % 54 + b"Failed nul\0nul\n")
    f.write(head % 55 + b"=HYPERLINK Failed " + b"b" * 10000000 + b"\n")
P2

# ---- every refusal has its file, its line and its reason ----
gives 0 "list rules over all of it" "$akashi" list rules --json -r "$work/rules"
cp "$work/gives.out" "$work/list.json"
check "each bad rule is told with file, line and reason" python3 - "$work/list.json" "$work/wanted" <<'P2'
import json, os, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
bad = [(os.path.basename(r["file"]), r["line"], r["why"]) for r in rows if r["state"] == "refused"]
missing = []
for line in open(sys.argv[2], encoding="utf-8"):
    name, at, why = line.rstrip("\n").split("\t")
    if not any(b[0] == name and b[1] == int(at) and why in b[2] for b in bad):
        missing.append((name, at, why, [b for b in bad if b[0] == name]))
assert not missing, missing
good = {os.path.basename(r["file"]) for r in rows if r["state"] == "loaded"}
assert good == {"good.yml", "formula.yml", "regex.yml", "nested_counts.yml", "wild.yml", "hundred_thousand.yml", "same_id_1.yml"}, good
P2
check "nothing is skipped silently: one line for each document, two for each circle" python3 - "$work/list.json" "$work/rules" <<'P2'
import json, os, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
files = {os.path.basename(r["file"]) for r in rows}
assert files == set(os.listdir(sys.argv[2])), set(os.listdir(sys.argv[2])) ^ files
P2

# ---- the rest runs, within bounds ----
run() { # run WHAT SECONDS MEGABYTES COMMAND...
    what=$1 most=$2 room=$3; shift 3
    began=$(date +%s)
    gives 0 "$what" timeout 300 python3 -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
open(sys.argv[1], "w").write("%d %.1f" % (resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])))
sys.exit(code)' "$work/used" "$@"
    read -r mb seconds <"$work/used"
    check "in $most s of processor and $room MB (took $seconds s, $mb MB)" python3 -c "assert $mb <= $room and $seconds <= $most"
}
run "detect with all of it" 60 600 "$akashi" detect -r "$work/rules" -r "$work/bomb.zip" -r "$work/paths.zip" "$work/ev"
cp "$work/gives.out" "$work/out.csv"
cp "$work/gives.err" "$work/err"
check "good rules found what is there, also on hostile lines" python3 - "$work/out.csv" <<'P2'
import collections, csv, sys
csv.field_size_limit(1 << 30)
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
n = collections.Counter(r["RuleTitle"] for r in rows)
assert n["Good"] == n["'=HYPERLINK(\"http://x\")"] >= 51 and n["Up"] == n["Good"], n
for r in rows:
    for cell in r.values():
        assert not cell or cell[0] not in "=+-@\t\r", cell[:80]
P2
check "some refused rules are named on the screen, the number of the others, too" grep -Eq "^ +$work/.*: .+" "$work/err"
check "with where to read on" grep -q "more: akashi list rules" "$work/err"
check "nothing of it commands a terminal" python3 -c "
import re, sys
for name in ('out.csv', 'err', 'list.json'):
    text = open('$work/' + name, encoding='utf-8', newline='').read()
    found = re.search('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]', text)
    assert not found, (name, text[max(0, found.start() - 60):found.end() + 20])"
gives 0 "the bomb is a problem of its own" "$akashi" list rules -r "$work/bomb.zip" -r "$work/rules/good.yml"
check "by name" grep -q "more than the limit.*bomb.zip" "$work/gives.out"
check "beside what is good" grep -q "^loaded.*Good" "$work/gives.out"
gives 0 "JSON lines of hostile events" "$akashi" detect -q -t jsonl -r "$work/rules/good.yml" "$work/ev"
check "are JSON" python3 -c "
import json
for line in open('$work/gives.out', encoding='utf-8', errors='strict'):
    json.loads(line)"
run "investigate with all of it" 90 600 "$akashi" investigate "$work/ev" -o "$work/case" -r "$work/rules" -r "$work/bomb.zip"
check "the case has what detect found" test "$(sql "$work/case" "select count(*) from detections where rule_name = 'Good'")" -ge 51
check "and every refusal" test "$(sql "$work/case" "select count(*) from rule_problems where file like '%/rules/%'")" -ge 35
check "on the screen of investigate nothing of it commands the terminal" python3 -c "
import re
assert not re.search('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]', open('$work/gives.err', encoding='utf-8', newline='').read())"
finish
