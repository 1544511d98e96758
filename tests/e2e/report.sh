#!/bin/sh
# report.sh BUILD - a small break-in, investigated; its report read as a stranger would.
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/../.." || exit 1
akashi=$build/src/cli/akashi
root=$(mktemp -d) || exit 1
trap 'rm -rf "$root"' EXIT
passed=0 failed=0
check() # SENTENCE COMMAND...
{
    sentence=$1
    shift
    if "$@" >"$root/said" 2>&1; then
        passed=$((passed + 1))
        echo "ok   $sentence"
    else
        failed=$((failed + 1))
        echo "FAIL $sentence"
        sed 's/^/     /' "$root/said" | tail -n 10
    fi
}

# A password guessed until it worked, an account made, and hostile names.
mkdir -p "$root/evidence/var/log"
python3 - "$root/evidence" <<'PY'
import os, sys
root = sys.argv[1]
lines = ["2026-01-30T02:%02d:%02d+09:00 web01 sshd[%d]: Failed password for root from 192.0.2.77 port %d ssh2"
         % (10 + i // 60, i % 60, 900 + i, 40000 + i) for i in range(90)]
lines.append("2026-01-30T02:20:00+09:00 web01 sshd[2000]: Accepted password for 髙﨑 from 192.0.2.77 port 44000 ssh2")
lines.append("2026-01-30T02:21:00+09:00 web01 useradd[2001]: new user: name=<b>x</b>, UID=1007, GID=1007, home=/home/x, shell=/bin/sh")
open(root + "/var/log/auth.log", "w", encoding="utf-8").write("\n".join(lines) + "\n")
hostile = os.fsencode(root) + b"/invoice_\xe2\x80\xaefdp.exe<img src=x onerror=alert(1)>\".evtx"
open(hostile, "wb").write(b"ElfFile\0" + b"\0" * 4000)
open(os.fsencode(root) + b"/bad\xff\x1b[31m.bin", "wb").write(os.urandom(500))
PY

"$akashi" investigate "$root/evidence" -o "$root/case" --tz Asia/Tokyo --lang ja --json >"$root/summary.json" 2>"$root/screen"
status=$?
check "the investigation ends well" [ "$status" -eq 0 ]

cat >"$root/read.py" <<'PY'
"""Read report.html as a strict reader: nesting, ids, links, what it would fetch or run."""
import hashlib, base64, html.parser, re, sys

VOID = {"meta", "input", "col", "br", "hr", "wbr", "img", "link", "rect", "line"}


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.bad, self.tags, self.text, self.policy = [], set(), [], [], set(), [], ""
        self.levels, self.bare_tables = [], 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.add(tag)
        if len(given) != len(attrs):
            self.bad.append("an attribute twice: %s" % attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in given:
            if given["id"] in self.ids:
                self.bad.append("an id twice: " + given["id"])
            self.ids.add(given["id"])
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.bad.append("attribute " + name)
            if name in ("src", "srcset", "data", "action", "background", "poster", "xlink:href"):
                self.bad.append("would fetch %s" % value)
        if "href" in given:
            self.links.append(given["href"])
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "th" and "scope" not in given:
            self.bad.append("a table head without scope")

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append("</%s> closes something else" % tag)

    def handle_data(self, data):
        self.text.append(data)


source = open(sys.argv[1], encoding="utf-8").read()
r = Reader()
r.feed(source)
r.close()
what = sys.argv[2]
problems = []
if what == "well-formed":
    problems = r.bad + (["left open: %s" % r.open] if r.open else [])
elif what == "links":
    problems = [x for x in r.links if not x.startswith("#") or x[1:] not in r.ids]
    if len(r.links) < 40:
        problems.append("hardly any links: %d" % len(r.links))
elif what == "closed":
    style = re.search(r"<style>(.*?)</style>", source, re.S).group(1)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    problems = sorted(r.tags & {"script", "img", "iframe", "object", "embed", "link", "form", "base", "video", "audio"})
    if "default-src 'none'" not in r.policy or digest not in r.policy or "unsafe" in r.policy:
        problems.append("policy: " + r.policy)
    if re.search(r"https?://|url\(|@import", style):
        problems.append("the style sheet fetches")
elif what == "headings":
    problems = ["from h%d to h%d" % (a, b) for a, b in zip(r.levels, r.levels[1:]) if b > a + 1 and not (a == 2 and b == 4)]
    problems += [] if r.levels.count(1) == 2 else ["not one h1 a language"]
elif what == "hostile":
    problems = [repr(c) for c in source if c in "\u202e\u200b\ufeff\x1b\x00" or 0xD800 <= ord(c) < 0xE000]
    text = "".join(r.text)
    for needed in ("invoice_〈U+202E〉fdp.exe<img src=x onerror=alert(1)>\"", "<b>x</b>", "〈FF〉〈U+001B〉[31m"):
        if needed not in text:
            problems.append("not to be read: " + needed)
print("\n".join(map(str, problems)))
sys.exit(1 if problems else 0)
PY
reads() { python3 "$root/read.py" "$root/case/report.html" "$1"; }
check "report.html is well formed: tags closed, ids once, heads with scope" reads well-formed
check "every link of it leads to a place in it" reads links
check "it fetches and runs nothing, and its policy says so with the style sheet's hash" reads closed
check "its headings do not skip a level, and each language has one title" reads headings
check "hostile names are readable text, not markup and not control characters" reads hostile

both() { grep -q 'lang="ja"' "$root/case/report.html" && grep -q 'lang="en"' "$root/case/report.html" && grep -q 'id="pick-ja" checked' "$root/case/report.html"; }
check "it holds both languages, and shows the reader's first" both
only() { "$akashi" report "$root/case" --lang en -o "$root/en.html" && ! grep -q 'lang="ja"' "$root/en.html" && grep -q 'highly likely' "$root/en.html"; }
check "akashi report --lang en gives English alone" only

pdftotext "$root/case/report.pdf" "$root/report.txt"
flat() { tr -d '\n\f ' <"$root/report.txt" >"$root/flat.txt" && grep -q "$1" "$root/flat.txt"; }
check "the PDF holds the Japanese sentences, as text that can be searched" flat 'パスワードが推測されたか、既に知られていた可能性が高いと判断しております'
check "and the names with their own characters" flat 'アカウント「髙﨑」'
fonts() { pdffonts "$root/case/report.pdf" | awk 'NR > 2 { n++; if ($0 !~ /NotoSans/ || $(NF-4) != "yes") bad = 1 } END { exit bad || !n }'; }
check "every font of the PDF is Noto Sans and embedded" fonts
outline() { pdfinfo "$root/case/report.pdf" | grep -q 'Title: .*フォレンジック調査報告書' && pdfinfo -dests "$root/case/report.pdf" | grep -q '"s13"'; }
check "the PDF has its title and its sections as named places" outline
same() { "$akashi" report "$root/case" --lang ja -o "$root/again.pdf" && "$akashi" report "$root/case" --lang ja -o "$root/more.pdf" && cmp "$root/again.pdf" "$root/more.pdf" && cmp "$root/again.pdf" "$root/case/report.pdf"; }
check "the same case gives the same PDF, byte by byte" same

summary() { python3 -c "
import json, sys
s = json.load(open('$root/summary.json', encoding='utf-8'))
assert s['counts']['events'] == $("$akashi" timeline "$root/case" 2>/dev/null | wc -l), s['counts']
assert [a['address'] for a in s['addresses']] == ['192.0.2.77']
assert s['window']['last'].startswith('2026-01-29T17:20:00')
assert any(c['field'] == 'credential_abuse' and c['level'] == 'L4' for c in s['claims']['entry'])
assert s['exfil_level'] == 'L2'
assert s == json.load(open('$root/case/summary.json', encoding='utf-8'))
"; }
check "--json prints summary.json, with counts, address, window and level" summary
screen() { [ "$(wc -l <"$root/screen")" -le 24 ] && grep -q '可能性が高い' "$root/screen" && ! grep -q "$(printf '\033')" "$root/screen"; }
check "the screen has at most 24 lines, and no colours where nobody asked" screen
quiet() { "$akashi" report "$root/case" --quiet >"$root/out" 2>"$root/err" && [ ! -s "$root/out" ] && [ ! -s "$root/err" ]; }
check "--quiet says nothing" quiet
refuses() { ! "$akashi" report "$root/case" --edition press && ! "$akashi" report "$root/case" -o "$root/en.html" --lang en; }
check "an unknown edition and an existing file are refused" refuses

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
