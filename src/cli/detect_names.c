/* detect_names.c - see detect_names.h. */
#include "cli/detect_names.h"

struct pair {
    const char *from, *to;
};

/* Short names as hayabusa's users know them. */
static const struct pair CHANNELS[] = {
    { "Application", "App" },
    { "DNS Server", "DNS-Svr" },
    { "Key Management Service", "KeyMgtSvc" },
    { "Microsoft-ServiceBus-Client", "SvcBusCli" },
    { "Microsoft-Windows-AppLocker/EXE and DLL", "AppLocker" },
    { "Microsoft-Windows-AppLocker/MSI and Script", "AppLocker" },
    { "Microsoft-Windows-AppLocker/Packaged app-Deployment", "AppLocker" },
    { "Microsoft-Windows-AppLocker/Packaged app-Execution", "AppLocker" },
    { "Microsoft-Windows-Application-Experience/Program-Inventory", "ProgInv" },
    { "Microsoft-Windows-AppxDeploymentServer/Operational", "AppxDep" },
    { "Microsoft-Windows-Bits-Client/Operational", "BitsCli" },
    { "Microsoft-Windows-CodeIntegrity/Operational", "CodeInteg" },
    { "Microsoft-Windows-DHCP-Server/Operational", "DHCP-Svr" },
    { "Microsoft-Windows-DNS-Client/Operational", "DNS-Cli" },
    { "Microsoft-Windows-DriverFrameworks-UserMode/Operational", "DvrFmwk" },
    { "Microsoft-Windows-NTLM/Operational", "NTLM" },
    { "Microsoft-Windows-PowerShell/Operational", "PwSh" },
    { "Microsoft-Windows-PrintService/Admin", "PrintAdm" },
    { "Microsoft-Windows-PrintService/Operational", "PrintOp" },
    { "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational", "RDP-CoreTS" },
    { "Microsoft-Windows-SMBServer/Security", "SmbSvrSec" },
    { "Microsoft-Windows-Security-Mitigations/KernelMode", "SecMitig" },
    { "Microsoft-Windows-Security-Mitigations/UserMode", "SecMitig" },
    { "Microsoft-Windows-SmbClient/Security", "SmbCliSec" },
    { "Microsoft-Windows-Sysmon/Operational", "Sysmon" },
    { "Microsoft-Windows-TaskScheduler/Operational", "TaskSch" },
    { "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "RDS-LSM" },
    { "Microsoft-Windows-TerminalServices-RDPClient/Operational", "RDP-Client" },
    { "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "RDS-RCM" },
    { "Microsoft-Windows-WMI-Activity/Operational", "WMI" },
    { "Microsoft-Windows-WinRM/Operational", "WinRM" },
    { "Microsoft-Windows-Windows Defender/Operational", "Defender" },
    { "Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "Firewall" },
    { "MSExchange Management", "Exchange" },
    { "OpenSSH/Operational", "OpenSSH" },
    { "PowerShellCore/Operational", "PwShCore" },
    { "Security", "Sec" },
    { "System", "Sys" },
    { "Windows PowerShell", "PwShClassic" },
};

/* Tactics of ATT&CK, in the order of an intrusion. */
static const struct pair TACTICS[] = {
    { "attack.reconnaissance", "Recon" },
    { "attack.resource-development", "ResDev" },
    { "attack.initial-access", "InitAccess" },
    { "attack.execution", "Exec" },
    { "attack.persistence", "Persis" },
    { "attack.privilege-escalation", "PrivEsc" },
    { "attack.defense-evasion", "Evas" },
    { "attack.stealth", "Stealth" },
    { "attack.defense-impairment", "DefImpair" },
    { "attack.credential-access", "CredAccess" },
    { "attack.discovery", "Disc" },
    { "attack.lateral-movement", "LatMov" },
    { "attack.collection", "Collect" },
    { "attack.command-and-control", "C2" },
    { "attack.exfiltration", "Exfil" },
    { "attack.impact", "Impact" },
};

static const struct pair LEVELS[] = {
    { "critical", "crit" }, { "high", "high" },          { "medium", "med" },
    { "low", "low" },       { "informational", "info" }, { "undefined", "undef" },
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

static const char *find(const struct pair *pairs, size_t n, struct ak_str from)
{
    for (size_t i = 0; i < n; i++)
        if (ak_str_eq_fold(from, ak_str_of(pairs[i].from)))
            return pairs[i].to;
    return NULL;
}

/* Tactics are written with '-' or, in older rules, with '_'. */
static const char *find_tactic(struct ak_str tag)
{
    char name[64];
    if (tag.n >= sizeof(name))
        return NULL;
    for (size_t i = 0; i < tag.n; i++)
        name[i] = tag.at[i] == '_' ? '-' : tag.at[i];
    return find(TACTICS, N(TACTICS), (struct ak_str){ name, tag.n });
}

const char *ak_level_short(struct ak_str level)
{
    const char *found = find(LEVELS, N(LEVELS), level);
    return found ? found : "undef";
}

struct ak_str ak_channel_short(struct ak_str channel)
{
    const char *found = find(CHANNELS, N(CHANNELS), channel);
    return found ? ak_str_of(found) : channel;
}

bool ak_tag_next(struct ak_str *rest, struct ak_str *out)
{
    const char *open = rest->n ? memchr(rest->at, '"', rest->n) : NULL;
    if (!open)
        return false;
    size_t from = (size_t)(open - rest->at) + 1, to = from;
    while (to < rest->n && rest->at[to] != '"')
        to += rest->at[to] == '\\' ? 2u : 1u;
    if (to >= rest->n)
        return false;
    *out = (struct ak_str){ rest->at + from, to - from };
    *rest = (struct ak_str){ rest->at + to + 1, rest->n - to - 1 };
    return true;
}

/* "attack.t1059.001", also of groups and software: one letter and digits. */
static bool is_technique(struct ak_str tag)
{
    return ak_str_starts(tag, AK_STR("attack.")) && tag.n > 8 && memchr("tgsTGS", tag.at[7], 6) &&
           tag.at[8] >= '0' && tag.at[8] <= '9';
}

enum ak_tag_kind ak_tag_kind_of(struct ak_str tag)
{
    if (find_tactic(tag))
        return AK_TAG_TACTIC;
    return is_technique(tag) ? AK_TAG_TECHNIQUE : AK_TAG_OTHER;
}

void ak_tag_put(struct ak_buf *out, struct ak_str tag)
{
    const char *tactic = find_tactic(tag);
    if (tactic) {
        ak_buf_text(out, tactic);
        return;
    }
    if (!is_technique(tag)) {
        ak_buf_str(out, tag);
        return;
    }
    char letter = tag.at[7];
    ak_buf_u8(out, (uint8_t)(letter >= 'a' ? letter - 'a' + 'A' : letter));
    ak_buf_put(out, tag.at + 8, tag.n - 8);
}

bool ak_tag_listed(struct ak_str tag, struct ak_str list)
{
    while (list.n) {
        const char *comma = memchr(list.at, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.at) : list.n;
        if (n && n <= tag.n &&
            ak_str_eq_fold((struct ak_str){ list.at, n }, (struct ak_str){ tag.at, n }) &&
            (n == tag.n || tag.at[n] == '.'))
            return true;
        size_t step = comma ? n + 1 : n;
        list = (struct ak_str){ list.at + step, list.n - step };
    }
    return false;
}
