#!/bin/sh
# install.sh BUILD - install into a scratch folder, move it, and use what is there.
build=$(realpath "${1:-build}")
cd "$(dirname "$0")/../.." || exit 1
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

check "everything can be installed below another root" meson install -C "$build" --no-rebuild --quiet --destdir "$root/tree"
akashi=$(find "$root/tree" -path '*/bin/akashi')
prefix=${akashi%/bin/akashi}
mv "$prefix" "$root/moved" 2>/dev/null
akashi=$root/moved/bin/akashi
printf 'Mar  1 09:00:00 web sshd[7]: Accepted password for taro from 203.0.113.5 port 4711 ssh2\n' >"$root/auth.log"

version() { [ "$("$akashi" --version)" = "akashi $1" ]; }
dumps() { "$akashi" dump --as linux.syslog "$root/auth.log" | grep -q '"source.ip":"203.0.113.5"'; }
investigates()
{
    "$akashi" investigate "$root/auth.log" -o "$root/case" --lang en &&
        "$akashi" timeline "$root/case" | grep -q '"user.name":"taro"' && "$akashi" verify "$root/case"
}
manual() # FILE: a page that names every command
{
    for command in $("$akashi" --help --lang en | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
        grep -q "^.SS akashi $command" "$1" || { echo "$command is missing"; return 1; }
    done
    ! grep -n '^\.' "$1" | grep -v ':\.\(TH\|SH\|SS\|PP\|TP\|TQ\|B\|BI\|I\|IR\|br\) \?'
}
only_ours() { ! find "$root/moved" -type f | grep -v 'bin/akashi$\|libexec/akashi/\|/man1/akashi\.1$\|completions/akashi$\|share/akashi/rules/'; }
finds_rules() { "$akashi" list rules --lang en | grep -q "^loaded.*$root/moved/share/akashi/rules/"; }

check "the installed akashi says its version" version "$(sed -n "s/^project('akashi', 'c', version: '\([^']*\)'.*/\1/p" meson.build)"
check "it finds its worker although the tree was moved" dumps
check "it makes a case, reads it and verifies it" investigates
check "and its rules" finds_rules
check "the manual names every command" manual "$root/moved/share/man/man1/akashi.1"
check "the Japanese manual does, too" manual "$root/moved/share/man/ja/man1/akashi.1"
check "bash accepts the completion" bash -n "$root/moved/share/bash-completion/completions/akashi"
check "nothing else is installed" only_ours
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
