#!/bin/bash
# What a program's file says, for events that only name it: docs/design/007-pe-of-processes.md
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
windows=$build/tests/support/akashi-windows
mkdir -p "$work/rules" "$work/ev"
cat >"$work/rules/psexec.yml" <<'Y'
title: Renamed remote execution
id: 22222222-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
detection:
  sel: {OriginalFileName: psexec.c}
  not_named: {Image|endswith: '\psexec.exe'}
  condition: sel and not not_named
level: high
---
title: Maker by hash
id: 22222222-0000-4000-8000-000000000002
logsource: {product: windows, category: process_creation}
detection: {sel: {Hashes|contains: 'SHA256=@HASH@'}, condition: sel}
level: medium
---
title: Report by somebody else
id: 22222222-0000-4000-8000-000000000003
logsource: {product: windows, category: process_creation}
detection:
  sel: {Image|endswith: '\report.exe'}
  maker: {Company: Akashi Shoten}
  condition: sel and not maker
level: low
---
title: Nothing said of itself
id: 22222222-0000-4000-8000-000000000004
logsource: {product: windows, category: process_creation}
detection: {sel: {OriginalFileName: '-', Company: '-', FileVersion: '-'}, condition: sel}
level: low
Y
tab() { printf '%s\t' "$@" | sed 's/\t$//'; echo; }
pc1() {
    tab program 'Users/mio/AppData/report.exe' psexec.c Sysinternals PsExec 'Execute processes remotely' 2.43
    tab deleted 'Users/mio/gone.exe' psexec.c Sysinternals PsExec x 2.43
    tab bare 'Tools/bare.exe'
    tab plain 'Tools/text.exe'
    tab process 'C:\Users\mio\AppData\report.exe' 'report.exe \\fs01 cmd'
    tab process '\Device\HarddiskVolume3\Users\mio\GONE.exe' gone
    tab process 'C:\Tools\bare.exe' bare
    tab process 'C:\Tools\text.exe' text
    tab process 'C:\Tools\nowhere.exe' nowhere
    tab process '\\fs01\share\Users\mio\AppData\report.exe' 'from a share'
    tab sysmon 'C:\Users\mio\AppData\report.exe' 'report.exe \\fs01 cmd'
    tab other PC2.example.test 'C:\Tools\bare.exe' 'forwarded from the other machine'
}
pc2() { # a program of the same name by somebody else; and one that only the other machine has
    tab program 'Users/mio/AppData/report.exe' report.exe 'Akashi Shoten' Report 'Makes reports' 1.0
    tab process 'C:\Users\mio\AppData\report.exe' 'report.exe'
    tab process 'C:\Users\mio\gone.exe' gone
}
pc1 | check "the disk of PC1 is made" "$windows" "$work/ev/pc1.img" PC1.example.test
pc2 | check "the disk of PC2 is made" "$windows" "$work/ev/pc2.img" PC2.example.test
pc1 | check "the log of PC1 alone is made" "$windows" "$work/pc1.evtx" PC1.example.test
found() { sql "$1" "SELECT substr(r.id,36), replace(coalesce(json_extract(d.fields,'\$.ProgramFile'),''), rtrim(d.event,'0123456789'),''), d.host,
  d.source FROM t_detection d JOIN t_rule r ON r.number=d.rule ORDER BY 1,3,2,4"; }
investigate() { "$akashi" investigate "$@" -r "$work/rules" --quiet --no-hash; }

# ---- the hash of the file, as anybody computes it ----
check "the program is in the image" sh -c "'$akashi' cat '$work/ev/pc1.img' Users/mio/AppData/report.exe >'$work/report.exe'"
sed -i "s/@HASH@/$(sha256sum <"$work/report.exe" | cut -c1-64)/" "$work/rules/psexec.yml"

# ---- both machines ----
gives 0 "an investigation of both" investigate "$work/ev/pc1.img" "$work/ev/pc2.img" -o "$work/both"
sql "$work/both" "SELECT r.title, d.host, d.source, d.details FROM t_detection d JOIN t_rule r ON r.number=d.rule ORDER BY d.id" >"$work/both.txt"
n() { sql "$1" "SELECT count(*) FROM t_detection d JOIN t_rule r ON r.number=d.rule WHERE r.title='$2' $3"; }
is "the renamed program is found: in the audit, as deleted file, by old Sysmon" 3 "$(n "$work/both" 'Renamed remote execution' '')"
is "and on the machine that has it only" 3 "$(n "$work/both" 'Renamed remote execution' "AND d.host LIKE 'PC1%'")"
is "the file is named" 1 "$(n "$work/both" 'Renamed remote execution' "AND d.source='Security' AND d.details LIKE '%ProgramFile: 1.1.% Users/mio/AppData/report.exe%'")"
is "a deleted one is said to be that" 1 "$(n "$work/both" 'Renamed remote execution' "AND d.details LIKE '%gone.exe (deleted)%'")"
is "its hash is that of the file; what Sysmon wrote itself is left alone" "1" "$(n "$work/both" 'Maker by hash' '')"
is "a rule that excludes by what the file says does so where it says it, and not elsewhere" "PC1.example.test|PC1.example.test|PC1.example.test" \
    "$(sql "$work/both" "SELECT group_concat(d.host,'|') FROM t_detection d JOIN t_rule r ON r.number=d.rule WHERE r.title='Report by somebody else'")"
is "a program that says nothing of itself is told as Sysmon would, on its own machine" "1" "$(n "$work/both" 'Nothing said of itself' '')"
is "the rule is applicable" "Security 4688 with its program" \
    "$(sql "$work/both" "SELECT c.name FROM event_classes c WHERE c.name='Security 4688 with its program' AND c.events=4")"
check "the custody log says with what" grep -q '"programs.used".*"programs":4,"unclear":0' "$work/both/custody.jsonl"
check "and is whole" "$akashi" verify "$work/both"

is "its claim says that the file may be another by now" 1 "$(sql "$work/both" "SELECT count(*) FROM claims WHERE producer='rules'
  AND text_en LIKE '%Renamed remote%' AND limits LIKE '%may have been replaced since it ran%' AND limits LIKE '%置き換えられた%'")"

# ---- the same for any number of workers, and again ----
gives 0 "with four workers" investigate "$work/ev/pc1.img" "$work/ev/pc2.img" -o "$work/four" -j 4
sql "$work/four" "SELECT r.title, d.host, d.source, d.details FROM t_detection d JOIN t_rule r ON r.number=d.rule ORDER BY d.id" >"$work/four.txt"
check "the same is found" cmp "$work/both.txt" "$work/four.txt"
gives 0 "an investigation of the case again" investigate -o "$work/both"
sql "$work/both" "SELECT r.title, d.host, d.source, d.details FROM t_detection d JOIN t_rule r ON r.number=d.rule ORDER BY d.id" >"$work/again.txt"
check "finds the same" cmp "$work/both.txt" "$work/again.txt"

# ---- akashi detect ----
gives 0 "akashi detect over both" "$akashi" detect -r "$work/rules" "$work/ev/pc1.img" "$work/ev/pc2.img"
is "finds the same" "$(wc -l <"$work/both.txt")" "$(grep -c 22222222-0000 "$work/gives.out")"
is "with the file named" 3 "$(grep 'Renamed remote' "$work/gives.out" | grep -c 'ProgramFile: 1.1')"
gives 0 "akashi detect over the log alone" "$akashi" detect -r "$work/rules" "$work/pc1.evtx"
is "finds nothing of what only the file says" 0 "$(grep -c 'Renamed remote' "$work/gives.out")"

# ---- without the file ----
gives 0 "an investigation of the log alone" investigate "$work/pc1.evtx" -o "$work/alone"
is "nothing is found of what only the file says" 0 "$(n "$work/alone" 'Renamed remote execution' '')"
is "such rules are not applicable" 0 "$(sql "$work/alone" "SELECT events FROM event_classes WHERE name='Security 4688 with its program'")"
is "and an exclusion that cannot be decided excludes nothing" 2 "$(n "$work/alone" 'Report by somebody else' '')"
gives 0 "the image is added" investigate "$work/ev/pc1.img" -o "$work/alone"
is "the log that was there before is looked at again with its files" 5 "$(n "$work/alone" 'Renamed remote execution' '')"
finish
