/* evtx_map_security.c - the events of the Security log.
 *
 * Who is user.*: whoever the event is about for logons (Target), whoever acted
 * for everything else (Subject); the account acted on is then user.target.*,
 * the group group.*, the account acted as user.effective.*.  So does
 * winlogbeat, and so are its words in event.action.  Where the outcome is
 * empty it is taken from the event's keywords (audit success or failure).
 *
 * Facts and their sources: docs/formats/windows.evtx_map.md */
#include "artefact/windows/evtx_map_table.h"

// clang-format off
/* one alias list, one row a line */
#define USER_IS_SUBJECT                                                                            \
    COPY("user.id", "SubjectUserSid"), COPY("user.name", "SubjectUserName"),                       \
        COPY("user.domain", "SubjectDomainName"), COPY("winlog.logon.id", "SubjectLogonId")
#define USER_IS_TARGET                                                                             \
    COPY("user.id", "TargetUserSid"), COPY("user.name", "TargetUserName"),                         \
        COPY("user.domain", "TargetDomainName")
#define TARGET_ACCOUNT                                                                             \
    COPY("user.target.id", "TargetSid"), COPY("user.target.name", "TargetUserName"),               \
        COPY("user.target.domain", "TargetDomainName")
#define TARGET_GROUP                                                                               \
    COPY("group.id", "TargetSid"), COPY("group.name", "TargetUserName"),                           \
        COPY("group.domain", "TargetDomainName")
#define EFFECTIVE_TARGET                                                                           \
    COPY("user.effective.name", "TargetUserName"), COPY("user.effective.domain", "TargetDomainName")
#define PROCESS NUMBER("process.pid", "ProcessId"), COPY("process.executable", "ProcessName")
#define SOURCE_IP_PORT ADDRESS("source.ip", "IpAddress"), NUMBER("source.port", "IpPort")

static const struct ak_evtx_alias LOGON[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"), COPY("winlog.logon.type", "LogonType"),
    SOURCE_IP_PORT, COPY("source.domain", "WorkstationName"), PROCESS,
};
static const struct ak_evtx_alias LOGON_FAILED[] = {
    USER_IS_TARGET, COPY("winlog.logon.type", "LogonType"),
    SOURCE_IP_PORT, COPY("source.domain", "WorkstationName"), PROCESS,
};
static const struct ak_evtx_alias LOGOFF[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"), COPY("winlog.logon.type", "LogonType"),
};
static const struct ak_evtx_alias LOGOFF_BY_USER[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"),
};
static const struct ak_evtx_alias LOGON_EXPLICIT[] = {
    USER_IS_SUBJECT, EFFECTIVE_TARGET, COPY("destination.domain", "TargetServerName"),
    SOURCE_IP_PORT, PROCESS,
};
static const struct ak_evtx_alias GROUPS_OF_LOGON[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"), COPY("winlog.logon.type", "LogonType"),
};
static const struct ak_evtx_alias SUBJECT[] = { USER_IS_SUBJECT };
static const struct ak_evtx_alias SUBJECT_PROCESS[] = { USER_IS_SUBJECT, PROCESS };
static const struct ak_evtx_alias REGISTRY_VALUE[] = {
    USER_IS_SUBJECT, PROCESS,
    COPY("registry.path", "ObjectName"), COPY("registry.value", "ObjectValueName"),
    COPY("registry.data.strings", "NewValue"),
};
static const struct ak_evtx_alias PROCESS_CREATED[] = {
    USER_IS_SUBJECT, COPY("user.effective.id", "TargetUserSid"), EFFECTIVE_TARGET,
    NUMBER("process.pid", "NewProcessId"), COPY("process.executable", "NewProcessName"),
    COPY("process.command_line", "CommandLine"), NUMBER("process.parent.pid", "ProcessId"),
    COPY("process.parent.executable", "ParentProcessName"),
};
static const struct ak_evtx_alias TOKEN_ASSIGNED[] = {
    USER_IS_SUBJECT, COPY("user.effective.id", "TargetUserSid"), EFFECTIVE_TARGET,
    NUMBER("process.pid", "TargetProcessId"), COPY("process.executable", "TargetProcessName"),
    NUMBER("process.parent.pid", "ProcessId"), COPY("process.parent.executable", "ProcessName"),
};
static const struct ak_evtx_alias RIGHTS_ADJUSTED[] = {
    USER_IS_SUBJECT, COPY("user.target.id", "TargetUserSid"),
    COPY("user.target.name", "TargetUserName"), COPY("user.target.domain", "TargetDomainName"), PROCESS,
};
static const struct ak_evtx_alias RIGHTS_OF_ACCOUNT[] = {
    USER_IS_SUBJECT, COPY("user.target.id", "TargetSid"),
};
static const struct ak_evtx_alias SERVICE_INSTALLED[] = {
    USER_IS_SUBJECT, COPY("service.name", "ServiceName"),
};
static const struct ak_evtx_alias ACCOUNT[] = { USER_IS_SUBJECT, TARGET_ACCOUNT };
static const struct ak_evtx_alias ACCOUNT_LOCKED[] = {
    USER_IS_SUBJECT, COPY("user.target.id", "TargetSid"), COPY("user.target.name", "TargetUserName"),
    COPY("source.domain", "TargetDomainName"), /* here it names the computer that tried */
};
static const struct ak_evtx_alias ACCOUNT_RENAMED[] = {
    USER_IS_SUBJECT, COPY("user.target.id", "TargetSid"), COPY("user.target.name", "OldTargetUserName"),
    COPY("user.target.domain", "TargetDomainName"), COPY("user.changes.name", "NewTargetUserName"),
};
static const struct ak_evtx_alias GROUP[] = { USER_IS_SUBJECT, TARGET_GROUP };
static const struct ak_evtx_alias GROUP_MEMBER[] = {
    USER_IS_SUBJECT, TARGET_GROUP, COPY("user.target.id", "MemberSid"),
    COPY("user.target.full_name", "MemberName"),
};
static const struct ak_evtx_alias TICKET_GRANTING[] = {
    COPY("user.id", "TargetSid"), COPY("user.name", "TargetUserName"),
    COPY("user.domain", "TargetDomainName"), COPY("service.name", "ServiceName"), SOURCE_IP_PORT,
};
static const struct ak_evtx_alias TICKET_SERVICE[] = {
    COPY("user.name", "TargetUserName"), COPY("user.domain", "TargetDomainName"),
    COPY("service.name", "ServiceName"), SOURCE_IP_PORT,
};
static const struct ak_evtx_alias TICKET_REFUSED[] = {
    COPY("user.id", "TargetSid"), COPY("user.name", "TargetUserName"),
    COPY("service.name", "ServiceName"), SOURCE_IP_PORT,
};
static const struct ak_evtx_alias NTLM_VALIDATED[] = {
    COPY("user.name", "TargetUserName"), COPY("source.domain", "Workstation"),
};
static const struct ak_evtx_alias SESSION[] = {
    COPY("user.name", "AccountName"), COPY("user.domain", "AccountDomain"),
    COPY("winlog.logon.id", "LogonID"), ADDRESS("source.ip", "ClientAddress"),
    COPY("source.domain", "ClientName"),
};
static const struct ak_evtx_alias RDP_DENIED[] = {
    COPY("user.name", "AccountName"), COPY("user.domain", "AccountDomain"),
    COPY("winlog.logon.id", "LogonID"), ADDRESS("source.ip", "ClientAddress"),
};
static const struct ak_evtx_alias DSRM_PASSWORD[] = {
    USER_IS_SUBJECT, COPY("source.domain", "Workstation"),
};
static const struct ak_evtx_alias MEMBERS_LISTED[] = {
    USER_IS_SUBJECT, TARGET_ACCOUNT,
    NUMBER("process.pid", "CallerProcessId"), COPY("process.executable", "CallerProcessName"),
};
static const struct ak_evtx_alias GROUP_LISTED[] = {
    USER_IS_SUBJECT, TARGET_GROUP,
    NUMBER("process.pid", "CallerProcessId"), COPY("process.executable", "CallerProcessName"),
};
static const struct ak_evtx_alias BLANK_PASSWORD[] = {
    USER_IS_SUBJECT, COPY("user.target.name", "TargetUserName"),
    COPY("user.target.domain", "TargetDomainName"), COPY("source.domain", "Workstation"),
};
static const struct ak_evtx_alias WORKSTATION[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"),
};
static const struct ak_evtx_alias CERTIFICATE[] = { USER("Requester") };
static const struct ak_evtx_alias FIREWALL_RULE[] = {
    COPY("rule.id", "RuleId"), COPY("rule.name", "RuleName"),
};
static const struct ak_evtx_alias FIREWALL_APPLICATION[] = {
    COPY("process.executable", "Application"),
};
static const struct ak_evtx_alias SHARE_USED[] = { USER_IS_SUBJECT, SOURCE_IP_PORT };
static const struct ak_evtx_alias SHARE_FILE[] = {
    USER_IS_SUBJECT, SOURCE_IP_PORT, COPY("file.path", "RelativeTargetName"),
};
static const struct ak_evtx_alias SHARE_CHANGED[] = { USER_IS_SUBJECT, COPY("file.path", "ShareLocalPath") };
#define ENDPOINTS                                                                                  \
    COPY("process.executable", "Application"), ADDRESS("source.ip", "SourceAddress"),              \
        NUMBER("source.port", "SourcePort"), ADDRESS("destination.ip", "DestAddress"),             \
        NUMBER("destination.port", "DestPort"), COPY("network.iana_number", "Protocol")
static const struct ak_evtx_alias PACKET[] = { NUMBER("process.pid", "ProcessId"), ENDPOINTS };
static const struct ak_evtx_alias CONNECTION[] = { NUMBER("process.pid", "ProcessID"), ENDPOINTS };
static const struct ak_evtx_alias LISTEN[] = {
    NUMBER("process.pid", "ProcessId"), COPY("process.executable", "Application"),
    ADDRESS("source.ip", "SourceAddress"), NUMBER("source.port", "SourcePort"),
    COPY("network.iana_number", "Protocol"),
};
static const struct ak_evtx_alias CREDENTIALS_READ[] = {
    USER_IS_SUBJECT, NUMBER("process.pid", "ClientProcessId"),
};
static const struct ak_evtx_alias KEY_FILE[] = {
    USER_IS_SUBJECT, NUMBER("process.pid", "ClientProcessId"), COPY("file.path", "KeyFilePath"),
};
static const struct ak_evtx_alias DEVICE[] = {
    USER_IS_SUBJECT, COPY("device.id", "DeviceId"), COPY("device.model.name", "DeviceDescription"),
};
static const struct ak_evtx_alias SPECIAL_LOGON[] = {
    USER_IS_TARGET, COPY("winlog.logon.id", "TargetLogonId"),
};
static const struct ak_evtx_alias CLEARED_BY_NAME[] = {
    COPY("user.name", "SubjectUserName"), COPY("user.domain", "SubjectDomainName"),
};
static const struct ak_evtx_alias CHANNEL_ARCHIVED[] = { COPY("file.path", "BackupPath") };

#define SECURITY(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-Security-Auditing", id, action, outcome, list)
#define SECURITY_BARE(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-Security-Auditing", id, action, outcome)
#define EVENTLOG(id, action, outcome, list) AK_EVTX_ROW("Microsoft-Windows-Eventlog", id, action, outcome, list)
#define EVENTLOG_BARE(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-Eventlog", id, action, outcome)

static const struct ak_evtx_map ROWS[] = {
    SECURITY_BARE(4608, "windows-started", "success"),
    SECURITY(4616, "system-time-changed", "success", SUBJECT_PROCESS),
    SECURITY(4624, "logged-in", "success", LOGON),
    SECURITY(4625, "logon-failed", "failure", LOGON_FAILED),
    SECURITY(4627, "logon-groups-listed", "success", GROUPS_OF_LOGON),
    SECURITY(4634, "logged-out", "success", LOGOFF),
    SECURITY(4647, "logged-out", "success", LOGOFF_BY_USER),
    SECURITY(4648, "logged-in-explicit", "", LOGON_EXPLICIT),
    SECURITY(4656, "object-handle-requested", "", SUBJECT_PROCESS),
    SECURITY(4657, "registry-value-modified", "success", REGISTRY_VALUE),
    SECURITY(4660, "object-deleted", "success", SUBJECT_PROCESS),
    SECURITY(4661, "object-handle-requested", "", SUBJECT_PROCESS),
    SECURITY(4662, "object-operation-performed", "", SUBJECT),
    SECURITY(4663, "object-accessed", "success", SUBJECT_PROCESS),
    SECURITY(4670, "permissions-changed", "success", SUBJECT_PROCESS),
    SECURITY(4672, "logged-in-special", "success", SUBJECT),
    SECURITY(4673, "privileged-service-called", "", SUBJECT_PROCESS),
    SECURITY(4674, "privileged-operation", "", SUBJECT_PROCESS),
    SECURITY(4688, "created-process", "success", PROCESS_CREATED),
    SECURITY(4689, "exited-process", "success", SUBJECT_PROCESS),
    SECURITY(4696, "assigned-primary-token", "success", TOKEN_ASSIGNED),
    SECURITY(4697, "service-installed", "success", SERVICE_INSTALLED),
    SECURITY(4698, "scheduled-task-created", "success", SUBJECT),
    SECURITY(4699, "scheduled-task-deleted", "success", SUBJECT),
    SECURITY(4700, "scheduled-task-enabled", "success", SUBJECT),
    SECURITY(4701, "scheduled-task-disabled", "success", SUBJECT),
    SECURITY(4702, "scheduled-task-updated", "success", SUBJECT),
    SECURITY(4703, "token-right-adjusted", "", RIGHTS_ADJUSTED),
    SECURITY(4704, "user-right-assigned", "success", RIGHTS_OF_ACCOUNT),
    SECURITY(4705, "user-right-removed", "success", RIGHTS_OF_ACCOUNT),
    SECURITY(4706, "domain-trust-added", "success", SUBJECT),
    SECURITY(4717, "system-security-access-granted", "success", RIGHTS_OF_ACCOUNT),
    SECURITY(4718, "system-security-access-removed", "success", RIGHTS_OF_ACCOUNT),
    SECURITY(4719, "changed-audit-config", "success", SUBJECT),
    SECURITY(4720, "added-user-account", "success", ACCOUNT),
    SECURITY(4722, "enabled-user-account", "success", ACCOUNT),
    SECURITY(4723, "changed-password", "", ACCOUNT),
    SECURITY(4724, "reset-password", "", ACCOUNT),
    SECURITY(4725, "disabled-user-account", "success", ACCOUNT),
    SECURITY(4726, "deleted-user-account", "success", ACCOUNT),
    SECURITY(4727, "added-group-account", "success", GROUP),
    SECURITY(4728, "added-member-to-group", "success", GROUP_MEMBER),
    SECURITY(4729, "removed-member-from-group", "success", GROUP_MEMBER),
    SECURITY(4730, "deleted-group-account", "success", GROUP),
    SECURITY(4731, "added-group-account", "success", GROUP),
    SECURITY(4732, "added-member-to-group", "success", GROUP_MEMBER),
    SECURITY(4733, "removed-member-from-group", "success", GROUP_MEMBER),
    SECURITY(4734, "deleted-group-account", "success", GROUP),
    SECURITY(4735, "modified-group-account", "success", GROUP),
    SECURITY(4737, "modified-group-account", "success", GROUP),
    SECURITY(4738, "modified-user-account", "success", ACCOUNT),
    SECURITY(4739, "domain-policy-changed", "success", SUBJECT),
    SECURITY(4740, "locked-out-user-account", "success", ACCOUNT_LOCKED),
    SECURITY(4741, "added-computer-account", "success", ACCOUNT),
    SECURITY(4742, "changed-computer-account", "success", ACCOUNT),
    SECURITY(4743, "deleted-computer-account", "success", ACCOUNT),
    SECURITY(4754, "added-group-account", "success", GROUP),
    SECURITY(4755, "modified-group-account", "success", GROUP),
    SECURITY(4756, "added-member-to-group", "success", GROUP_MEMBER),
    SECURITY(4757, "removed-member-from-group", "success", GROUP_MEMBER),
    SECURITY(4758, "deleted-group-account", "success", GROUP),
    SECURITY(4765, "added-sid-history", "success", ACCOUNT),
    SECURITY(4767, "unlocked-user-account", "success", ACCOUNT),
    SECURITY(4768, "kerberos-authentication-ticket-requested", "", TICKET_GRANTING),
    SECURITY(4769, "kerberos-service-ticket-requested", "", TICKET_SERVICE),
    SECURITY(4770, "kerberos-service-ticket-renewed", "success", TICKET_SERVICE),
    SECURITY(4771, "kerberos-preauth-failed", "failure", TICKET_REFUSED),
    SECURITY(4776, "credential-validated", "", NTLM_VALIDATED),
    SECURITY(4778, "session-reconnected", "success", SESSION),
    SECURITY(4779, "session-disconnected", "success", SESSION),
    SECURITY(4781, "renamed-user-account", "success", ACCOUNT_RENAMED),
    SECURITY(4794, "set-dsrm-password", "", DSRM_PASSWORD),
    SECURITY(4797, "query-existence-of-blank-password", "success", BLANK_PASSWORD),
    SECURITY(4798, "group-membership-enumerated", "success", MEMBERS_LISTED),
    SECURITY(4799, "user-member-enumerated", "success", GROUP_LISTED),
    SECURITY(4800, "workstation-locked", "success", WORKSTATION),
    SECURITY(4801, "workstation-unlocked", "success", WORKSTATION),
    SECURITY(4825, "remote-desktop-denied", "failure", RDP_DENIED),
    SECURITY(4886, "certificate-requested", "success", CERTIFICATE),
    SECURITY(4887, "certificate-issued", "success", CERTIFICATE),
    SECURITY(4904, "security-event-source-added", "success", SUBJECT_PROCESS),
    SECURITY(4905, "security-event-source-removed", "success", SUBJECT_PROCESS),
    SECURITY(4907, "audit-setting-changed", "success", SUBJECT_PROCESS),
    SECURITY(4946, "windows-firewall-rule-added", "success", FIREWALL_RULE),
    SECURITY(4947, "windows-firewall-rule-modified", "success", FIREWALL_RULE),
    SECURITY(4948, "windows-firewall-rule-deleted", "success", FIREWALL_RULE),
    SECURITY_BARE(4950, "windows-firewall-setting-changed", "success"),
    SECURITY(4964, "logged-in-special", "success", SPECIAL_LOGON),
    SECURITY_BARE(5024, "windows-firewall-service-started", "success"),
    SECURITY_BARE(5025, "windows-firewall-service-stopped", "success"),
    SECURITY(5031, "windows-firewall-blocked-application", "failure", FIREWALL_APPLICATION),
    SECURITY(5058, "key-file-operation", "", KEY_FILE),
    SECURITY(5136, "directory-service-object-modified", "success", SUBJECT),
    SECURITY(5137, "directory-service-object-created", "success", SUBJECT),
    SECURITY(5140, "network-share-object-accessed", "", SHARE_USED),
    SECURITY(5141, "directory-service-object-deleted", "success", SUBJECT),
    SECURITY(5142, "network-share-object-added", "success", SHARE_CHANGED),
    SECURITY(5143, "network-share-object-modified", "success", SHARE_CHANGED),
    SECURITY(5144, "network-share-object-deleted", "success", SHARE_CHANGED),
    SECURITY(5145, "network-share-object-access-checked", "", SHARE_FILE),
    SECURITY(5152, "windows-firewall-packet-block", "failure", PACKET),
    SECURITY(5154, "windows-firewall-allowed-listen", "success", LISTEN),
    SECURITY(5156, "windows-firewall-connection", "success", CONNECTION),
    SECURITY(5157, "windows-firewall-connection-block", "failure", CONNECTION),
    SECURITY(5158, "windows-firewall-local-port-bind", "success", LISTEN),
    SECURITY(5379, "credential-manager-credentials-were-read", "", CREDENTIALS_READ),
    SECURITY(6416, "new-external-device", "success", DEVICE),

    EVENTLOG(104, "event-log-cleared", "success", CLEARED_BY_NAME),
    EVENTLOG(105, "event-log-archived", "success", CHANNEL_ARCHIVED),
    EVENTLOG_BARE(1100, "logging-service-shutdown", "success"),
    EVENTLOG_BARE(1101, "audit-events-dropped", "failure"),
    EVENTLOG(1102, "audit-log-cleared", "success", SUBJECT),
    EVENTLOG_BARE(1104, "logging-full", "failure"),
    EVENTLOG(1105, "auditlog-archieved", "success", CHANNEL_ARCHIVED), /* their spelling */
    EVENTLOG_BARE(1108, "logging-processing-error", "failure"),
};
// clang-format on

const struct ak_evtx_map_table ak_evtx_map_security = { ROWS, sizeof(ROWS) / sizeof(*ROWS) };
