/* regex_speed.c - how fast are regular expressions, the hostile ones too?
 *
 * regex_speed [FILE]: FILE has a pattern a line; without it, and after it, ones
 * that make backtracking engines stand still, on a text of 1 MB. */
#include "detect/regex.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINES = 5000, BUDGET = 16 << 20, BIG = 1 << 20, PATTERNS_MAX = 2000 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A command line of about 200 bytes; no two are the same. */
static size_t command_line(char *to, size_t room, unsigned i)
{
    int n = snprintf(
        to, room,
        "\"C:\\Windows\\System32\\cmd.exe\" /d /c powershell -NoProfile -ExecutionPolicy Bypass "
        "-File C:\\ProgramData\\Agent\\task-%u.ps1 --id %08x --server https://10.%u.%u.7:8443/api "
        "--user svc_backup --log \"C:\\Logs\\agent %u.log\" --quiet",
        i, i * 2654435761u, i % 250, i / 250 % 250, i % 97);
    return (size_t)n;
}

/* MB/s of all patterns, one after the other on each line, as a detector asks. */
static void ordinary(const struct ak_regex **regexes, size_t n)
{
    struct ak_regex_memory *memory = ak_regex_memory_new(BUDGET);
    static char line[1024];
    size_t bytes = 0, hits = 0;
    double began = now_s();
    for (unsigned i = 0; memory && i < LINES; i++) {
        struct ak_str text = { line, command_line(line, sizeof(line), i) };
        for (size_t k = 0; k < n; k++) {
            hits += ak_regex_search(regexes[k], memory, text);
            bytes += text.n;
        }
    }
    double took = now_s() - began;
    printf("%zu regexes x %d lines: %.0f MB/s, %.0f ns a search, %zu matches\n", n, LINES,
           (double)bytes / 1e6 / took, took * 1e9 / (double)n / LINES, hits);
    ak_regex_memory_free(memory);
}

static void hostile(struct ak_arena *arena, const char *pattern, const char *text_of)
{
    struct ak_regex_memory *memory = ak_regex_memory_new(BUDGET);
    const struct ak_regex *re;
    const char *why = NULL;
    char *text = malloc(BIG);
    size_t n = strlen(text_of);
    if (!memory || !text || ak_regex_compile(arena, ak_str_of(pattern), 0, &re, &why) != AK_OK) {
        printf("%-32s %s\n", pattern, why ? why : "no memory");
    } else {
        double took[2];
        bool found = false;
        uint32_t dice = 1;
        for (size_t i = 0; i < BIG; i++)
            text[i] = text_of[((dice = dice * 1664525 + 1013904223) >> 16) % n];
        text[BIG - 1] = '!';
        for (int i = 0; i < 2; i++) {
            double began = now_s();
            found =
                ak_regex_search(re, memory, (struct ak_str){ text + (size_t)i * BIG / 2, BIG / 2 });
            took[i] = now_s() - began;
        }
        printf("%-32s 2 x 0.5 MB in %.1f and %.1f ms: %s\n", pattern, took[0] * 1e3, took[1] * 1e3,
               found ? "match" : "no match");
    }
    free(text);
    ak_regex_memory_free(memory);
}

static size_t read_patterns(struct ak_arena *arena, const char *path, const struct ak_regex **out)
{
    static char line[1 << 16];
    FILE *f = fopen(path, "r");
    size_t n = 0;
    const char *why;
    double began = now_s();
    while (f && n < PATTERNS_MAX && fgets(line, sizeof(line), f)) {
        line[strcspn(line, "\n")] = '\0';
        if (ak_regex_compile(arena, ak_str_of(line), 0, &out[n], &why) == AK_OK)
            n++;
        else
            printf("%s: %s\n", line, why);
    }
    printf("%zu regexes compiled in %.1f ms\n", n, (now_s() - began) * 1e3);
    if (f)
        fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    static const struct ak_regex *regexes[PATTERNS_MAX];
    static const char *const HOSTILE[][2] = {
        { "(a+)+$", "a" },
        { "(.*a){20}b", "a" },
        { "(a|a)*c", "a" },
        { "(a|aa)+$", "a" },
        { "(x+x+)+y", "x" },
        { "^(([a-z])+.)+[A-Z]([a-z])+$", "a" },
        { "a.{1000}b", "aab" },
        { "a.{1000}[xy]", "aab" },
        { "a(.?.?[ab]){1,1000}x", "ab" },
        { "(a|b)*a(a|b){16}c", "ab" },
        { "a.{0,500}.{0,500}b", "aac" },
        { "c(?:(a?){1000}){9}b", "aaaaaaac" },
        { "c(a?){1000}a{1000}c", "aaaaaaaaaaaaaaaaaaaaaaac" },
        { "[ab]*a[ab]{200}c", "abbab" },
        { "((a{1,30}){1,25}){1,25}b", "a" },
        { "(a{1000}){1000}", "a" },
        { "\\b(\\w+\\s?)+!{3}", "ab cde f" },
    };
    struct ak_arena *arena = ak_arena_new(256 << 20);
    size_t n = arena && argc > 1 ? read_patterns(arena, argv[1], regexes) : 0;
    if (n)
        ordinary(regexes, n);
    for (size_t i = 0; arena && i < sizeof(HOSTILE) / sizeof(HOSTILE[0]); i++)
        hostile(arena, HOSTILE[i][0], HOSTILE[i][1]);
    ak_arena_free(arena);
    return 0;
}
