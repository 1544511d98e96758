#!/bin/bash
# akashi show: events, claims and detections, each with what it rests on; and texts
# of evidence that would steer the terminal.
. "$(dirname "$0")/lib.sh"
export LC_ALL=C.UTF-8
mkdir -p "$work/ev" "$work/rules"
{
    for i in $(seq 10 39); do
        echo "2026-01-20T03:12:$i+09:00 srv1 sshd[9$i]: Failed password for root from 203.0.113.9 port 50$i ssh2"
    done
    echo "2026-01-20T03:13:00+09:00 srv1 sshd[999]: Accepted password for root from 203.0.113.9 port 5999 ssh2"
    printf '2026-01-20T03:14:00+09:00 srv1 app[1]: hostile \033]0;owned\007 \033[31mred and \342\200\256 turned\n'
} >"$work/ev/auth.log"
cat >"$work/rules/r.yml" <<'Y'
title: A made-up rule
title_ja: 試験用のルール
id: 11111111-2222-4333-8444-555555555555
logsource: {product: linux}
detection:
    keywords: ['hostile']
    condition: keywords
level: high
tags: [attack.execution, attack.t1059.004]
Y
check "it is investigated" "$akashi" investigate "$work/ev/auth.log" -o "$work/case" -r "$work/rules" --quiet
id=$(sql "$work/case" "SELECT id FROM claims WHERE field='credential_abuse' AND level='L4'")
"$akashi" show "$work/case" "$id" >"$work/claim"
check "a claim is shown with its sentence" grep -q "sign-ins to srv1 failed" "$work/claim"
check "with its limits" grep -q "^limit " "$work/claim"
check "and the events it rests on, by id and in words" grep -Eq "^  1\.1:30 .*Accepted password for root" "$work/claim"
check "in Japanese, too" sh -c "'$akashi' show '$work/case' $id --lang ja | grep -q '^根拠'"
d=$(sql "$work/case" "SELECT id FROM detections WHERE rule_name='A made-up rule'")
"$akashi" show "$work/case" "D$d" >"$work/detection"
check "a detection is shown with its rule" grep -q "A made-up rule" "$work/detection"
check "and its event" grep -q "^  1.1:31 " "$work/detection"
is "its number alone is enough" "$(cat "$work/detection")" "$("$akashi" show "$work/case" "$d")"
check "with the rule's Japanese name" sh -c "'$akashi' show '$work/case' D$d --lang ja | grep -q 試験用のルール"
"$akashi" show "$work/case" 1.1:31 >"$work/event"
check "an event is shown down to its bytes" grep -q "^0000" "$work/event"
for what in claim detection event; do
    is "what is printed of a $what holds no control characters" 0 "$(LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177]')" "$work/$what")"
done
is "nor does the list of claims" 0 "$("$akashi" claims "$work/case" | LC_ALL=C grep -c "$(printf '[\001-\010\013-\037\177]')")"
check "the escape is told instead" grep -q "U+001B" "$work/event"
gives 1 "a claim that is not there is said not to be" "$akashi" show "$work/case" C999
gives 1 "nor a detection" "$akashi" show "$work/case" D99999
gives 1 "nor an event" "$akashi" show "$work/case" 1.1:99999
gives 1 "nor nonsense" "$akashi" show "$work/case" "x'; DROP TABLE t_claim; --"
finish
