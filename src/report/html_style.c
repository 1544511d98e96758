/* html_style.c - see html_style.h.
 *
 * Light and dark by the reader's setting, always light on paper.  Colours of
 * text have a contrast of at least 4.5 to 1 on their ground. */
#include "report/html_style.h"

#include <stddef.h>

const char *const ak_html_style[] = {
    /* colours, page, contents */
    ":root{color-scheme:light dark;--paper:#fff;--ink:#1c2530;--muted:#566270;--line:#d3d9df;--soft:#f3f5f8;--accent:#1d3f66;"
    "--window:#f6d9c9;--have:#35608f;--span:#cfdae6;--gap:#e0a33a;--cleared:#b3261e;--absent:#8a5a00;--level:#1d3f66;"
    "--k0:#35608f;--k1:#79a6b8;--k2:#9a8c5c;--k3:#7d6a91;--k4:#5c8a6b;--k5:#a9b0b8}"
    "@media screen and (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e4e8ec;--muted:#a3adb8;--line:#37414c;--soft:#1d242c;"
    "--accent:#9cc0e8;--window:#54392c;--have:#6f9fd0;--span:#31404f;--gap:#d29a37;--cleared:#ff8a80;--absent:#e0b15c;--level:#9cc0e8;"
    "--k0:#6f9fd0;--k1:#4f8296;--k2:#b9a972;--k3:#a58fbd;--k4:#77ab88;--k5:#7b858f}}"
    "*{box-sizing:border-box}"
    "html{background:var(--paper);color:var(--ink);font:16px/1.75 \"Noto Sans JP\",\"Noto Sans CJK JP\",\"Hiragino Kaku Gothic ProN\","
    "\"Yu Gothic\",Meiryo,sans-serif;-webkit-text-size-adjust:100%}"
    "body{margin:0 auto;padding:0 1.5rem 4rem;max-width:62rem}"
    "a{color:var(--accent);text-underline-offset:.2em}"
    ".pick{position:absolute;opacity:0;pointer-events:none}"
    ".bar{position:sticky;top:0;z-index:1;display:flex;gap:.25rem;justify-content:flex-end;padding:.5rem 0;background:var(--paper);"
    "border-bottom:1px solid var(--line)}"
    ".bar label{padding:.1rem .8rem;border:1px solid var(--line);border-radius:2px;font-size:.85rem;cursor:pointer}"
    "#pick-ja:checked~.bar label[for=pick-ja],#pick-en:checked~.bar label[for=pick-en]{background:var(--accent);color:var(--paper);"
    "border-color:var(--accent)}"
    "#pick-ja:focus-visible~.bar label[for=pick-ja],#pick-en:focus-visible~.bar label[for=pick-en]{outline:2px solid var(--accent);"
    "outline-offset:2px}"
    "#pick-ja:checked~.doc-en,#pick-en:checked~.doc-ja{display:none}"
    "header.front{padding:3rem 0 1rem;border-bottom:3px solid var(--accent)}"
    "h1{margin:0;font-size:1.9rem;line-height:1.35;font-weight:600;letter-spacing:.02em}"
    ".front p{margin:.5rem 0 0;color:var(--muted)}"
    "h2{margin:3.2rem 0 1rem;padding-bottom:.35rem;border-bottom:1px solid var(--accent);font-size:1.3rem;line-height:1.4;font-weight:600;"
    "color:var(--accent)}"
    "h3{margin:2rem 0 .6rem;font-size:1.05rem;font-weight:600}"
    "h2,h3,.claim,.event{scroll-margin-top:3.5rem}"
    "p{margin:.7rem 0;overflow-wrap:anywhere}"
    "[lang=ja]{line-break:strict;word-break:auto-phrase}"
    ".lead{margin:0;padding:.5rem 1.3rem;background:var(--soft);border-left:4px solid var(--accent);font-size:1.05rem}"
    "h2+.lead{padding-top:1rem}.lead+p:not(.lead){margin-top:1.2rem}"
    ".note,.more{font-size:.85rem;color:var(--muted)}"
    "nav ol{margin:0;padding:0;list-style:none;columns:2;column-gap:2.5rem;font-size:.95rem}"
    "nav li{break-inside:avoid}nav a{text-decoration:none}nav a:hover{text-decoration:underline}",
    /* tables, claims, charts */
    ".scroll{overflow-x:auto;margin:.8rem 0}"
    "table{width:100%;border-collapse:collapse;font-size:.82rem;line-height:1.5;table-layout:fixed}"
    "th,td{padding:.35rem .5rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere;"
    "unicode-bidi:isolate}"
    "thead th{border-bottom:2px solid var(--muted);font-weight:600;color:var(--muted)}"
    "tbody th{font-weight:600}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}.t{font-variant-numeric:tabular-nums}"
    ".m,pre{font-family:\"Noto Sans Mono CJK JP\",\"SFMono-Regular\",Consolas,\"Courier New\",monospace;font-size:.92em}"
    ".claim{display:grid;grid-template-columns:8.5rem 1fr;gap:.2rem 1.2rem;margin:1rem 0;padding:.9rem 0 .7rem;border-top:1px solid "
    "var(--line)}"
    ".claim:target,.event:target{background:var(--soft)}"
    ".badge{align-self:start;padding:.3rem .5rem;border:1px solid var(--accent);border-radius:2px;text-align:center;font-size:.8rem;"
    "line-height:1.35;color:var(--accent)}"
    ".badge b{display:block;font-size:1.05rem}"
    ".strong{background:var(--accent);color:var(--paper)}"
    ".claim .body>p:first-child{margin-top:0}"
    ".claim ul{margin:.3rem 0;padding-left:1.2rem;font-size:.88rem;color:var(--muted)}"
    ".basis{font-size:.8rem;color:var(--muted)}.basis a{margin-right:.2rem}"
    "figure{margin:1rem 0}svg{display:block;width:100%;height:auto}figcaption{font-size:.82rem;color:var(--muted)}"
    ".event{margin:1.4rem 0;padding-top:.6rem;border-top:1px solid var(--line)}"
    ".event h4{margin:0 0 .3rem;font-size:.9rem}"
    ".event th{width:16%;color:var(--muted);font-weight:400}"
    "pre{margin:.5rem 0 0;padding:.6rem .8rem;overflow-x:auto;background:var(--soft);line-height:1.45;font-size:.72rem}"
    ".f-ink{fill:var(--ink)}.f-muted{fill:var(--muted)}.f-grid{fill:var(--line)}.f-window{fill:var(--window)}.f-have{fill:var(--have)}"
    ".f-span{fill:var(--span)}.f-gap{fill:var(--gap)}.f-cleared{fill:var(--cleared)}.f-absent{fill:var(--absent)}.f-level{fill:var(--level)}"
    ".f-paper{fill:var(--paper)}.f-k0{fill:var(--k0)}.f-k1{fill:var(--k1)}.f-k2{fill:var(--k2)}.f-k3{fill:var(--k3)}.f-k4{fill:var(--k4)}"
    ".f-k5{fill:var(--k5)}.s-grid{stroke:var(--line)}.s-muted{stroke:var(--muted)}.s-absent{stroke:var(--absent)}.s-cleared{stroke:var(--cleared)}rect[class^=s-]{fill:none}",
    /* narrow screens and paper */
    "@media(max-width:46rem){nav ol{columns:1}.claim{grid-template-columns:1fr}.badge{justify-self:start}.badge b{display:inline}"
    "table{min-width:44rem}.event table,.facts{min-width:0}svg{min-width:40rem}figure{overflow-x:auto}}"
    "@page{size:A4;margin:22mm 18mm 20mm;@bottom-right{content:counter(page) \" / \" counter(pages);font:8pt sans-serif;color:#566270}}"
    "@media print{html{font-size:10pt;line-height:1.6}body{max-width:none;padding:0}.bar,.pick{display:none}"
    "a{color:inherit;text-decoration:none}header.front{padding-top:0}h1{font-size:20pt}h2{margin-top:1.6rem;break-after:avoid}"
    "h3,h4{break-after:avoid}.claim,figure,tr,.lead{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}"
    "table{font-size:7.6pt}.event{break-inside:avoid-page}pre{font-size:6.6pt;white-space:pre-wrap}.lead,pre,.badge,svg *{"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}}",
    NULL,
};
