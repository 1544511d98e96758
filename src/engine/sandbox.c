/* sandbox.c - see sandbox.h: seccomp-bpf, Landlock and rlimits on Linux. */
#include "engine/sandbox.h"

#ifdef __clang__ /* SCMP_A0(SCMP_CMP_EQ, x) leaves the second datum to be zero */
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
#endif

#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Everything a worker may ask of the kernel.  What is missing here kills it. */
static const int ALLOWED[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(ftruncate),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield),
    SCMP_SYS(poll),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(time),
};

static bool limit(__rlimit_resource_t what, rlim_t n)
{
    return setrlimit(what, &(struct rlimit){ n, n }) == 0;
}

/* newfstatat takes a path; Landlock or not, only the descriptor form is let
 * through: glibc's fstat() passes AT_EMPTY_PATH (0x1000). */
static int allow_fstatat(scmp_filter_ctx ctx)
{
    return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                            SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000, 0x1000));
}

static bool load_filter(void)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!ctx)
        return false;
    int bad = 0;
    for (size_t i = 0; i < sizeof(ALLOWED) / sizeof(ALLOWED[0]); i++)
        bad |= ALLOWED[i] == SCMP_SYS(newfstatat)
                   ? allow_fstatat(ctx)
                   : seccomp_rule_add(ctx, SCMP_ACT_ALLOW, ALLOWED[i], 0);
    /* Signals to itself (abort() does so), not to the supervisor or other workers. */
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                            SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    /* Memory, but none that can be run. */
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    bad |= seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* Libraries probe for files and terminals; they are told no. */
    static const int REFUSED[] = { SCMP_SYS(open),    SCMP_SYS(openat), SCMP_SYS(stat),
                                   SCMP_SYS(access),  SCMP_SYS(ioctl),  SCMP_SYS(readlink),
                                   SCMP_SYS(fcntl),   SCMP_SYS(getcwd), SCMP_SYS(prlimit64),
                                   SCMP_SYS(sysinfo), SCMP_SYS(uname),  SCMP_SYS(getuid),
                                   SCMP_SYS(umask),   SCMP_SYS(geteuid) };
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++)
        bad |= seccomp_rule_add(ctx, SCMP_ACT_ERRNO(13), REFUSED[i], 0); /* EACCES */
    bad |= seccomp_load(ctx);
    seccomp_release(ctx);
    return bad == 0;
}

/* A Landlock domain without rules: no path can be opened, made or removed, even
 * where seccomp had a hole.  Optional: kernels before 5.13 lack it. */
static bool enter_landlock(void)
{
    struct landlock_ruleset_attr attr = { .handled_access_fs = (1ULL << 13) - 1 };
    long fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    if (fd < 0)
        return false;
    bool ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close((int)fd);
    return ok;
}

enum ak_status ak_sandbox_enter(const struct ak_sandbox_limits *limits,
                                const char **out_protections)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return AK_ERR_UNSUPPORTED;
#ifdef AK_SANITIZED
    /* Sanitizers need terabytes of address space and open /proc: tests under
     * them run without the cage, and say so. */
    (void)limits;
    *out_protections = "none (sanitizer build)";
    (void)load_filter;
    (void)enter_landlock;
    (void)limit;
    return AK_OK;
#else
    bool ok = limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, limits->n_files) &&
              limit(RLIMIT_DATA, limits->memory) && limit(RLIMIT_NPROC, 0);
    bool landlock = enter_landlock();
    if (!ok || !load_filter())
        return AK_ERR_UNSUPPORTED;
    *out_protections = landlock ? "seccomp, Landlock, rlimits" : "seccomp, rlimits";
    return AK_OK;
#endif
}
