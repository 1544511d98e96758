/* evtx_map_activity.c - events of the logs kept per component: Sysmon,
 * PowerShell, remote desktop, Defender, tasks, WMI, BITS, SMB, NTLM, WinRM,
 * firewall, AppLocker, code integrity, printing, OpenSSH.
 *
 * Many of these record an account as DOMAIN\name in one value: USER() gives
 * both parts.
 *
 * Facts and their sources: docs/formats/windows.evtx_map.md */
#include "artefact/windows/evtx_map_table.h"

// clang-format off
/* one alias list, one row a line */
/* ---- Sysmon ---- */
#define IMAGE                                                                                      \
    COPY("process.entity_id", "ProcessGuid"), NUMBER("process.pid", "ProcessId"),                  \
        COPY("process.executable", "Image"), USER("User")
static const struct ak_evtx_alias SYSMON_PROCESS[] = {
    IMAGE, COPY("process.command_line", "CommandLine"),
    COPY("process.working_directory", "CurrentDirectory"),
    COPY("process.parent.entity_id", "ParentProcessGuid"),
    NUMBER("process.parent.pid", "ParentProcessId"),
    COPY("process.parent.executable", "ParentImage"),
    COPY("process.parent.command_line", "ParentCommandLine"),
    COPY("process.pe.original_file_name", "OriginalFileName"), COPY("winlog.logon.id", "LogonId"),
};
static const struct ak_evtx_alias SYSMON_IMAGE[] = { IMAGE };
static const struct ak_evtx_alias SYSMON_FILE[] = { IMAGE, COPY("file.path", "TargetFilename") };
static const struct ak_evtx_alias SYSMON_CONNECTION[] = {
    IMAGE, ADDRESS("source.ip", "SourceIp"), NUMBER("source.port", "SourcePort"),
    COPY("source.domain", "SourceHostname"), ADDRESS("destination.ip", "DestinationIp"),
    NUMBER("destination.port", "DestinationPort"), COPY("destination.domain", "DestinationHostname"),
    COPY("network.transport", "Protocol"),
};
static const struct ak_evtx_alias SYSMON_DRIVER[] = { COPY("file.path", "ImageLoaded") };
static const struct ak_evtx_alias SYSMON_LIBRARY[] = { IMAGE, COPY("file.path", "ImageLoaded") };
static const struct ak_evtx_alias SYSMON_THREAD[] = {
    COPY("process.entity_id", "SourceProcessGuid"), NUMBER("process.pid", "SourceProcessId"),
    COPY("process.executable", "SourceImage"), USER("SourceUser"),
};
static const struct ak_evtx_alias SYSMON_ACCESS[] = {
    COPY("process.entity_id", "SourceProcessGUID"), NUMBER("process.pid", "SourceProcessId"),
    COPY("process.executable", "SourceImage"), USER("SourceUser"),
};
static const struct ak_evtx_alias SYSMON_REGISTRY[] = { IMAGE, COPY("registry.path", "TargetObject") };
static const struct ak_evtx_alias SYSMON_REGISTRY_VALUE[] = {
    IMAGE, COPY("registry.path", "TargetObject"), COPY("registry.data.strings", "Details"),
};
static const struct ak_evtx_alias SYSMON_PIPE[] = { IMAGE, COPY("file.name", "PipeName") };
static const struct ak_evtx_alias SYSMON_USER[] = { USER("User") };
static const struct ak_evtx_alias SYSMON_DNS[] = { IMAGE, COPY("dns.question.name", "QueryName") };

/* ---- PowerShell ---- */
static const struct ak_evtx_alias SCRIPT_BLOCK[] = {
    COPY("file.path", "Path"), COPY("powershell.file.script_block_id", "ScriptBlockId"),
    NUMBER("powershell.sequence", "MessageNumber"), NUMBER("powershell.total", "MessageTotal"),
};
static const struct ak_evtx_alias SCRIPT_BLOCK_RUN[] = {
    COPY("powershell.file.script_block_id", "ScriptBlockId"),
    COPY("powershell.runspace_id", "RunspaceId"),
};
static const struct ak_evtx_alias ENGINE[] = {
    COPY("powershell.engine.new_state", "param1"), COPY("powershell.engine.previous_state", "param2"),
};
static const struct ak_evtx_alias PROVIDER_STATE[] = {
    COPY("powershell.provider.name", "param1"), COPY("powershell.provider.new_state", "param2"),
};

/* ---- remote desktop ---- */
static const struct ak_evtx_alias RDP_SESSION[] = {
    USER("User"), ADDRESS("source.ip", "Address"),
};
static const struct ak_evtx_alias RDP_USER[] = { USER("User") };
static const struct ak_evtx_alias RDP_AUTHENTICATED[] = {
    COPY("user.name", "Param1"), COPY("user.domain", "Param2"), ADDRESS("source.ip", "Param3"),
};
static const struct ak_evtx_alias RDP_ACCEPTED[] = {
    COPY("source.address", "ClientIP"), /* with its port */
    ADDRESS("source.ip", "ClientIP"), COPY("network.transport", "ConnType"),
};
static const struct ak_evtx_alias RDP_BAD_PASSWORD[] = { ADDRESS("source.ip", "IPString") };
static const struct ak_evtx_alias RDP_TO_SERVER[] = { COPY("destination.address", "Value") };

/* ---- Defender ---- */
static const struct ak_evtx_alias SCAN[] = {
    COPY("user.domain", "Domain"), COPY("user.name", "User"), COPY("user.id", "SID"),
};
static const struct ak_evtx_alias MALWARE[] = {
    USER("Detection User"), COPY("process.executable", "Process Name"),
    COPY("rule.name", "Threat Name"),
};
static const struct ak_evtx_alias MALWARE_ACTION[] = {
    COPY("user.domain", "Domain"), COPY("user.name", "User"), COPY("user.id", "SID"),
    COPY("rule.name", "Threat Name"),
};
static const struct ak_evtx_alias BEHAVIOUR_BLOCKED[] = {
    USER("User"), COPY("process.executable", "Process Name"), COPY("rule.id", "ID"),
    COPY("file.path", "Path"),
};

/* ---- tasks, WMI, transfers ---- */
static const struct ak_evtx_alias TASK_CONTEXT[] = { USER("UserContext") };
static const struct ak_evtx_alias TASK_USER[] = { USER("UserName") };
static const struct ak_evtx_alias TASK_PROCESS[] = {
    NUMBER("process.pid", "ProcessID"), COPY("process.executable", "Path"),
};
static const struct ak_evtx_alias WMI_PROVIDER[] = {
    NUMBER("process.pid", "ProcessID"), COPY("process.name", "HostProcess"),
    COPY("file.path", "ProviderPath"),
};
static const struct ak_evtx_alias WMI_FAILED[] = {
    USER("User"), NUMBER("process.pid", "ClientProcessId"),
    COPY("source.domain", "ClientMachine"),
};
static const struct ak_evtx_alias WMI_QUERY[] = {
    USER("User"), NUMBER("process.pid", "Processid"),
};
static const struct ak_evtx_alias WMI_TEMPORARY[] = {
    USER("User"), NUMBER("process.pid", "Processid"),
    COPY("source.domain", "ClientMachine"),
};
static const struct ak_evtx_alias BITS_CREATED[] = {
    USER("jobOwner"), USER("string2"), /* the second until Windows 7 */
    COPY("process.executable", "processPath"), NUMBER("process.pid", "processId"),
};
static const struct ak_evtx_alias BITS_COMPLETE[] = {
    USER("User"), NUMBER("network.bytes", "bytesTransferred"),
};
static const struct ak_evtx_alias BITS_CANCELLED[] = { USER("User") };
static const struct ak_evtx_alias BITS_TRANSFER[] = {
    COPY("url.original", "url"), NUMBER("network.bytes", "bytesTransferred"),
};
static const struct ak_evtx_alias BITS_FILE[] = {
    USER("User"), COPY("url.original", "RemoteName"), COPY("file.path", "LocalName"),
    NUMBER("process.pid", "processId"),
};

/* ---- SMB, NTLM, WinRM ---- */
static const struct ak_evtx_alias SMB_REFUSED[] = {
    USER("UserName"), COPY("source.address", "ClientName"),
};
static const struct ak_evtx_alias SMB_CLIENT_NAME[] = { COPY("source.address", "ClientName") };
static const struct ak_evtx_alias SMB_TO_SERVER[] = { COPY("destination.address", "ServerName") };
static const struct ak_evtx_alias SMB_LOGON_FAILED[] = {
    USER("UserName"), COPY("destination.address", "ServerName"),
};
static const struct ak_evtx_alias NTLM_OUT[] = {
    COPY("user.name", "ClientUserName"), COPY("user.domain", "ClientDomainName"),
    COPY("user.effective.name", "UserName"), COPY("user.effective.domain", "DomainName"),
    COPY("destination.address", "TargetName"), NUMBER("process.pid", "CallerPID"),
    COPY("process.executable", "ProcessName"),
};
static const struct ak_evtx_alias NTLM_LOCAL[] = {
    COPY("user.name", "ClientUserName"), COPY("user.domain", "ClientDomainName"),
    NUMBER("process.pid", "CallerPID"), COPY("process.executable", "ProcessName"),
};
static const struct ak_evtx_alias NTLM_IN[] = {
    COPY("user.name", "UserName"), COPY("user.domain", "DomainName"),
    COPY("source.domain", "Workstation"), NUMBER("process.pid", "CallerPID"),
    COPY("process.executable", "ProcessName"), COPY("winlog.logon.type", "LogonType"),
};
static const struct ak_evtx_alias NTLM_DOMAIN[] = {
    COPY("user.name", "UserName"), COPY("user.domain", "DomainName"),
    COPY("source.domain", "WorkstationName"), COPY("destination.domain", "SChannelName"),
};
static const struct ak_evtx_alias WINRM_CONNECT[] = { COPY("destination.address", "connection") };
static const struct ak_evtx_alias WINRM_USER[] = { USER("username") };

/* ---- firewall, application control, printing, OpenSSH ---- */
static const struct ak_evtx_alias FIREWALL_RULE[] = {
    COPY("rule.id", "RuleId"), COPY("rule.name", "RuleName"),
    COPY("process.executable", "ModifyingApplication"), COPY("user.id", "ModifyingUser"),
};
static const struct ak_evtx_alias FIREWALL_ALL[] = {
    COPY("process.executable", "ModifyingApplication"), COPY("user.id", "ModifyingUser"),
};
static const struct ak_evtx_alias APPLOCKER[] = {
    COPY("user.id", "TargetUser"), NUMBER("process.pid", "TargetProcessId"),
    COPY("file.path", "FullFilePath"), COPY("file.path", "FilePath"), /* the first is newer */
    COPY("rule.id", "RuleId"), COPY("rule.name", "RuleName"),
};
static const struct ak_evtx_alias CODE_REFUSED[] = {
    COPY("file.path", "FileNameBuffer"), COPY("process.executable", "ProcessNameBuffer"),
};
static const struct ak_evtx_alias CODE_BLOCKED[] = {
    COPY("file.path", "File Name"), COPY("process.executable", "Process Name"),
};
static const struct ak_evtx_alias PRINTED[] = {
    COPY("user.name", "Param3"), COPY("source.address", "Param4"), COPY("file.name", "Param2"),
    NUMBER("file.size", "Param7"),
};
static const struct ak_evtx_alias PRINT_PLUGIN[] = { COPY("file.path", "PluginDllName") };
static const struct ak_evtx_alias SSH_LINE[] = { COPY("process.name", "process") };

#define SYSMON(id, action, list) AK_EVTX_ROW("Microsoft-Windows-Sysmon", id, action, "", list)
#define SYSMON_BARE(id, action) AK_EVTX_BARE("Microsoft-Windows-Sysmon", id, action, "")
#define POWERSHELL(id, action, list) AK_EVTX_ROW("Microsoft-Windows-PowerShell", id, action, "", list)
#define POWERSHELL_7(id, action, list) AK_EVTX_ROW("PowerShellCore", id, action, "", list)
#define POWERSHELL_CLASSIC(id, action, list) AK_EVTX_ROW("PowerShell", id, action, "", list)
#define LSM(id, action, list) AK_EVTX_ROW("Microsoft-Windows-TerminalServices-LocalSessionManager", id, action, "success", list)
#define LSM_BARE(id, action) AK_EVTX_BARE("Microsoft-Windows-TerminalServices-LocalSessionManager", id, action, "success")
#define RCM "Microsoft-Windows-TerminalServices-RemoteConnectionManager"
#define RDP_CORE "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS"
#define RDP_CLIENT "Microsoft-Windows-TerminalServices-ClientActiveXCore"
#define DEFENDER(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-Windows Defender", id, action, outcome, list)
#define DEFENDER_BARE(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-Windows Defender", id, action, outcome)
#define TASK(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-TaskScheduler", id, action, outcome, list)
#define TASK_BARE(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-TaskScheduler", id, action, outcome)
#define WMI(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-WMI-Activity", id, action, outcome, list)
#define BITS(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-Bits-Client", id, action, outcome, list)
#define SMB_SERVER "Microsoft-Windows-SMBServer"
#define SMB_CLIENT(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-SMBClient", id, action, outcome, list)
#define NTLM(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-NTLM", id, action, outcome, list)
#define WINRM(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-WinRM", id, action, outcome, list)
#define WINRM_BARE(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-WinRM", id, action, outcome)
#define FIREWALL(id, action, list) AK_EVTX_ROW("Microsoft-Windows-Windows Firewall With Advanced Security", id, action, "success", list)
#define LOCKER(id, action, outcome) AK_EVTX_ROW("Microsoft-Windows-AppLocker", id, action, outcome, APPLOCKER)
#define INTEGRITY "Microsoft-Windows-CodeIntegrity"
#define PRINT "Microsoft-Windows-PrintService"

static const struct ak_evtx_map ROWS[] = {
    SYSMON(1, "created-process", SYSMON_PROCESS),
    SYSMON(2, "changed-file-time", SYSMON_FILE),
    SYSMON(3, "connected-network", SYSMON_CONNECTION),
    SYSMON_BARE(4, "sysmon-state-changed"),
    SYSMON(5, "exited-process", SYSMON_IMAGE),
    SYSMON(6, "loaded-driver", SYSMON_DRIVER),
    SYSMON(7, "loaded-image", SYSMON_LIBRARY),
    SYSMON(8, "created-remote-thread", SYSMON_THREAD),
    SYSMON(9, "read-raw-disk", SYSMON_IMAGE),
    SYSMON(10, "accessed-process", SYSMON_ACCESS),
    SYSMON(11, "created-file", SYSMON_FILE),
    SYSMON(12, "changed-registry-key", SYSMON_REGISTRY),
    SYSMON(13, "registry-value-modified", SYSMON_REGISTRY_VALUE),
    SYSMON(14, "renamed-registry-key", SYSMON_REGISTRY),
    SYSMON(15, "created-file-stream", SYSMON_FILE),
    SYSMON_BARE(16, "sysmon-config-changed"),
    SYSMON(17, "created-pipe", SYSMON_PIPE),
    SYSMON(18, "connected-pipe", SYSMON_PIPE),
    SYSMON(19, "wmi-filter-changed", SYSMON_USER),
    SYSMON(20, "wmi-consumer-changed", SYSMON_USER),
    SYSMON(21, "wmi-binding-changed", SYSMON_USER),
    SYSMON(22, "queried-dns", SYSMON_DNS),
    SYSMON(23, "deleted-file", SYSMON_FILE),
    SYSMON(24, "changed-clipboard", SYSMON_IMAGE),
    SYSMON(25, "tampered-process", SYSMON_IMAGE),
    SYSMON(26, "deleted-file", SYSMON_FILE),
    SYSMON(27, "blocked-executable", SYSMON_FILE),
    SYSMON(28, "blocked-shredding", SYSMON_FILE),
    SYSMON(29, "created-executable", SYSMON_FILE),
    SYSMON_BARE(255, "sysmon-error"),

    AK_EVTX_BARE("Microsoft-Windows-PowerShell", 4103, "executed-command", ""),
    POWERSHELL(4104, "executed-script-block", SCRIPT_BLOCK),
    POWERSHELL(4105, "started-script-block", SCRIPT_BLOCK_RUN),
    POWERSHELL(4106, "finished-script-block", SCRIPT_BLOCK_RUN),
    AK_EVTX_BARE("PowerShellCore", 4103, "executed-command", ""),
    POWERSHELL_7(4104, "executed-script-block", SCRIPT_BLOCK),
    POWERSHELL_CLASSIC(400, "started-powershell", ENGINE),
    POWERSHELL_CLASSIC(403, "stopped-powershell", ENGINE),
    AK_EVTX_BARE("PowerShell", 500, "started-command", ""),
    AK_EVTX_BARE("PowerShell", 501, "finished-command", ""),
    POWERSHELL_CLASSIC(600, "started-provider", PROVIDER_STATE),
    AK_EVTX_BARE("PowerShell", 800, "executed-pipeline", ""),

    LSM(21, "session-logged-in", RDP_SESSION),
    LSM(22, "session-shell-started", RDP_SESSION),
    LSM(23, "session-logged-out", RDP_USER),
    LSM(24, "session-disconnected", RDP_SESSION),
    LSM(25, "session-reconnected", RDP_SESSION),
    LSM_BARE(39, "session-disconnected-by-session"),
    LSM_BARE(40, "session-disconnected"),
    LSM(41, "session-arbitration-started", RDP_USER),
    LSM(42, "session-arbitration-finished", RDP_USER),
    AK_EVTX_BARE(RCM, 261, "rdp-connection-received", ""),
    AK_EVTX_ROW(RCM, 1149, "rdp-authenticated", "success", RDP_AUTHENTICATED),
    AK_EVTX_BARE(RDP_CORE, 98, "rdp-connected", "success"),
    AK_EVTX_ROW(RDP_CORE, 131, "rdp-connection-accepted", "", RDP_ACCEPTED),
    AK_EVTX_ROW(RDP_CORE, 140, "logon-failed", "failure", RDP_BAD_PASSWORD),
    AK_EVTX_ROW(RDP_CLIENT, 1024, "rdp-client-connecting", "", RDP_TO_SERVER),
    AK_EVTX_BARE(RDP_CLIENT, 1029, "rdp-client-user", ""),
    AK_EVTX_ROW(RDP_CLIENT, 1102, "rdp-client-connecting", "", RDP_TO_SERVER),

    DEFENDER(1000, "scan-started", "", SCAN),
    DEFENDER(1001, "scan-finished", "success", SCAN),
    DEFENDER(1002, "scan-stopped", "failure", SCAN),
    DEFENDER(1003, "scan-paused", "", SCAN),
    DEFENDER(1004, "scan-resumed", "", SCAN),
    DEFENDER(1005, "scan-failed", "failure", SCAN),
    DEFENDER(1006, "malware-detected", "", MALWARE_ACTION),
    DEFENDER(1007, "malware-action-taken", "success", MALWARE_ACTION),
    DEFENDER(1008, "malware-action-failed", "failure", MALWARE_ACTION),
    DEFENDER(1009, "quarantine-restored", "success", MALWARE_ACTION),
    DEFENDER(1010, "quarantine-restore-failed", "failure", MALWARE_ACTION),
    DEFENDER(1011, "quarantine-deleted", "success", MALWARE_ACTION),
    DEFENDER(1012, "quarantine-delete-failed", "failure", MALWARE_ACTION),
    DEFENDER(1013, "defender-history-deleted", "success", SCAN),
    DEFENDER(1015, "suspicious-behaviour-detected", "", MALWARE_ACTION),
    DEFENDER(1116, "malware-detected", "", MALWARE),
    DEFENDER(1117, "malware-action-taken", "success", MALWARE),
    DEFENDER(1118, "malware-action-failed", "failure", MALWARE),
    DEFENDER(1119, "malware-action-failed", "failure", MALWARE),
    DEFENDER_BARE(1120, "threat-hashes-reported", ""),
    DEFENDER(1121, "attack-surface-rule-blocked", "success", BEHAVIOUR_BLOCKED),
    DEFENDER(1122, "attack-surface-rule-audited", "", BEHAVIOUR_BLOCKED),
    DEFENDER(2001, "definitions-update-failed", "failure", SCAN),
    DEFENDER_BARE(5001, "real-time-protection-disabled", "success"),
    DEFENDER_BARE(5004, "real-time-protection-changed", "success"),
    DEFENDER_BARE(5007, "defender-config-changed", "success"),
    DEFENDER_BARE(5010, "antispyware-scanning-disabled", "success"),
    DEFENDER_BARE(5012, "antivirus-scanning-disabled", "success"),
    DEFENDER_BARE(5013, "tampering-blocked", "success"),

    TASK(100, "scheduled-task-started", "success", TASK_CONTEXT),
    TASK(101, "scheduled-task-start-failed", "failure", TASK_CONTEXT),
    TASK(102, "scheduled-task-finished", "success", TASK_CONTEXT),
    TASK(106, "scheduled-task-created", "success", TASK_CONTEXT),
    TASK_BARE(107, "scheduled-task-triggered", ""),
    TASK(110, "scheduled-task-triggered", "", TASK_CONTEXT),
    TASK_BARE(118, "scheduled-task-triggered", ""),
    TASK(119, "scheduled-task-triggered", "", TASK_USER),
    TASK(129, "scheduled-task-process-created", "success", TASK_PROCESS),
    TASK(140, "scheduled-task-updated", "success", TASK_USER),
    TASK(141, "scheduled-task-deleted", "success", TASK_USER),
    TASK(142, "scheduled-task-disabled", "success", TASK_USER),
    TASK_BARE(200, "scheduled-task-action-started", "success"),
    TASK_BARE(201, "scheduled-task-action-finished", ""),
    TASK_BARE(325, "scheduled-task-queued", ""),

    WMI(5857, "wmi-provider-started", "", WMI_PROVIDER),
    WMI(5858, "wmi-operation-failed", "failure", WMI_FAILED),
    WMI(5859, "wmi-event-filter-registered", "success", WMI_QUERY),
    WMI(5860, "wmi-temporary-consumer-registered", "success", WMI_TEMPORARY),
    AK_EVTX_BARE("Microsoft-Windows-WMI-Activity", 5861, "wmi-permanent-consumer-registered", "success"),

    BITS(3, "bits-job-created", "success", BITS_CREATED),
    BITS(4, "bits-job-finished", "success", BITS_COMPLETE),
    BITS(5, "bits-job-cancelled", "", BITS_CANCELLED),
    BITS(59, "bits-transfer-started", "", BITS_TRANSFER),
    BITS(60, "bits-transfer-stopped", "", BITS_TRANSFER),
    BITS(61, "bits-transfer-failed", "failure", BITS_TRANSFER),
    BITS(16403, "bits-file-added", "success", BITS_FILE),

    AK_EVTX_ROW(SMB_SERVER, 551, "smb-authentication-failed", "failure", SMB_REFUSED),
    AK_EVTX_ROW(SMB_SERVER, 1009, "smb-anonymous-access-denied", "failure", SMB_CLIENT_NAME),
    SMB_CLIENT(30803, "smb-connection-failed", "failure", SMB_TO_SERVER),
    SMB_CLIENT(30804, "smb-connection-lost", "failure", SMB_TO_SERVER),
    SMB_CLIENT(30805, "smb-session-lost", "failure", SMB_TO_SERVER),
    SMB_CLIENT(30806, "smb-session-restored", "success", SMB_TO_SERVER),
    SMB_CLIENT(30807, "smb-share-connection-lost", "failure", SMB_TO_SERVER),
    SMB_CLIENT(31001, "smb-authentication-failed", "failure", SMB_LOGON_FAILED),

    NTLM(8001, "ntlm-outgoing-audited", "", NTLM_OUT),
    NTLM(8002, "ntlm-incoming-audited", "", NTLM_LOCAL),
    NTLM(8003, "ntlm-incoming-audited", "", NTLM_IN),
    NTLM(8004, "ntlm-domain-authentication-audited", "", NTLM_DOMAIN),

    WINRM(6, "winrm-session-creating", "", WINRM_CONNECT),
    WINRM_BARE(8, "winrm-session-closing", ""),
    WINRM_BARE(15, "winrm-command-closing", ""),
    WINRM_BARE(16, "winrm-shell-closing", ""),
    WINRM_BARE(33, "winrm-session-closed", "success"),
    WINRM_BARE(91, "winrm-shell-created", "success"),
    WINRM_BARE(142, "winrm-operation-failed", "failure"),
    WINRM_BARE(161, "winrm-authentication-failed", "failure"),
    WINRM_BARE(162, "winrm-authenticating", ""),
    WINRM_BARE(168, "winrm-authenticating", ""),
    WINRM(169, "winrm-authenticated", "success", WINRM_USER),

    FIREWALL(2004, "windows-firewall-rule-added", FIREWALL_RULE),
    FIREWALL(2005, "windows-firewall-rule-modified", FIREWALL_RULE),
    FIREWALL(2006, "windows-firewall-rule-deleted", FIREWALL_RULE),
    FIREWALL(2033, "windows-firewall-rules-all-deleted", FIREWALL_ALL),
    FIREWALL(2097, "windows-firewall-rule-added", FIREWALL_RULE),

    LOCKER(8002, "application-allowed", "success"),
    LOCKER(8003, "application-audited", ""),
    LOCKER(8004, "application-blocked", "failure"),
    LOCKER(8005, "script-allowed", "success"),
    LOCKER(8006, "script-audited", ""),
    LOCKER(8007, "script-blocked", "failure"),
    AK_EVTX_ROW(INTEGRITY, 3033, "image-refused", "failure", CODE_REFUSED),
    AK_EVTX_ROW(INTEGRITY, 3077, "image-blocked", "failure", CODE_BLOCKED),

    AK_EVTX_ROW(PRINT, 307, "document-printed", "success", PRINTED),
    AK_EVTX_BARE(PRINT, 316, "printer-driver-added", "success"),
    AK_EVTX_ROW(PRINT, 808, "print-plugin-failed", "failure", PRINT_PLUGIN),

    AK_EVTX_ROW("OpenSSH", 4, "ssh-log", "", SSH_LINE),
};
// clang-format on

const struct ak_evtx_map_table ak_evtx_map_activity = { ROWS, sizeof(ROWS) / sizeof(*ROWS) };
