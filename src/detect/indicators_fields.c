/* indicators_fields.c - see indicators_fields.h.
 *
 * A field that is not listed is free text: an indicator may turn up in places
 * nobody thought of (param1 of a service, a script block).  Listed are fields
 * whose values are one thing, which is surer and quicker, and fields that name
 * the machine, its users and the record itself, which are left out. */
#include "detect/indicators_fields.h"

#define HOST AK_LOOK_HOST
#define URL AK_LOOK_URL
#define PATH AK_LOOK_PATH
#define COMMAND (AK_LOOK_COMMAND | AK_LOOK_FREE)
#define OBJECT (AK_LOOK_PATH | AK_LOOK_REGISTRY | AK_LOOK_MUTEX | AK_LOOK_PIPE)

struct field_looks {
    const char *name; /* the whole name, or what stands behind event_data. and user_data.x. */
    unsigned looks;
};

/* Names of our own and of ECS. */
static const struct field_looks WHOLE[] = {
    { "source.ip", HOST },
    { "destination.ip", HOST },
    { "client.ip", HOST },
    { "server.ip", HOST },
    { "source.address", HOST },
    { "destination.address", HOST },
    { "network.forwarded_ip", HOST },
    { "source.domain", HOST },
    { "destination.domain", HOST },
    { "url.domain", HOST },
    { "dns.question.name", HOST },
    { "url.original", URL },
    { "url.full", URL },
    { "url.path", URL },
    { "http.request.referrer", URL },
    { "url.query", AK_LOOK_FREE },
    { "user_agent.original", AK_LOOK_AGENT | AK_LOOK_FREE },
    { "file.path", PATH },
    { "file.name", PATH },
    { "file.target_path", PATH },
    { "process.executable", PATH },
    { "process.name", PATH },
    { "process.parent.executable", PATH },
    { "process.parent.name", PATH },
    { "dll.path", PATH },
    { "file.pe.original_file_name", PATH },
    { "process.command_line", COMMAND },
    { "process.parent.command_line", COMMAND },
    { "registry.path", AK_LOOK_REGISTRY },
    { "registry.key", AK_LOOK_REGISTRY },
    /* of the machine, the record, its accounts */
    { "event.action", 0 },
    { "event.code", 0 },
    { "event.outcome", 0 },
    { "event.provider", 0 },
    { "event.category", 0 },
    { "event.reason", 0 },
    { "host.name", 0 },
    { "host.hostname", 0 },
    { "host.id", 0 },
    { "host.boot.id", 0 },
    { "log.level", 0 },
    { "user.id", 0 },
    { "user.name", 0 },
    { "user.domain", 0 },
    { "group.name", 0 },
    { "winlog.channel", 0 },
    { "winlog.computer_name", 0 },
    { "winlog.provider_name", 0 },
    { "winlog.provider_guid", 0 },
    { "winlog.event_source_name", 0 },
    { "winlog.user.identifier", 0 },
    { "winlog.activity_id", 0 },
    { "winlog.related_activity_id", 0 },
    { "winlog.keywords", 0 },
    { "http.request.method", 0 },
    { "http.version", 0 },
    { "log.syslog.facility.name", 0 },
    { "log.syslog.severity.name", 0 },
    { "file.type", 0 },
    { "file.mode", 0 },
    { "tls.version", 0 },
    { "tls.cipher", 0 },
    { "systemd.transport", 0 },
};

/* What Windows calls the fields of its events. */
static const struct field_looks LEAVES[] = {
    { "Image", PATH },
    { "ParentImage", PATH },
    { "SourceImage", PATH },
    { "TargetImage", PATH },
    { "ImageLoaded", PATH },
    { "TargetFilename", PATH },
    { "NewProcessName", PATH },
    { "ParentProcessName", PATH },
    { "ProcessName", PATH },
    { "CallerProcessName", PATH },
    { "Application", PATH },
    { "FilePath", PATH },
    { "FileName", PATH },
    { "OriginalFileName", PATH },
    { "RelativeTargetName", PATH },
    { "Process Name", PATH },
    { "ImageName", PATH },
    { "ImagePath", PATH | COMMAND },
    { "ServiceFileName", PATH | COMMAND },
    { "Path", PATH | AK_LOOK_FREE },
    { "CommandLine", COMMAND },
    { "ParentCommandLine", COMMAND },
    { "ProcessCommandLine", COMMAND },
    { "IpAddress", HOST },
    { "SourceIp", HOST },
    { "DestinationIp", HOST },
    { "SourceAddress", HOST },
    { "DestAddress", HOST },
    { "ClientIP", HOST },
    { "ClientAddress", HOST },
    { "RemoteAddress", HOST },
    { "Address", HOST },
    { "DestinationHostname", HOST },
    { "SourceHostname", HOST },
    { "QueryName", HOST },
    { "TargetServerName", HOST },
    { "WorkstationName", HOST },
    { "Workstation", HOST },
    { "RemoteName", URL | AK_LOOK_FREE },
    { "url", URL | AK_LOOK_FREE },
    { "TargetObject", AK_LOOK_REGISTRY },
    { "ObjectName", OBJECT },
    { "PipeName", AK_LOOK_PIPE },
    { "MutexName", AK_LOOK_MUTEX },
    { "SubjectUserSid", 0 },
    { "SubjectUserName", 0 },
    { "SubjectDomainName", 0 },
    { "SubjectLogonId", 0 },
    { "TargetUserSid", 0 },
    { "TargetUserName", 0 },
    { "TargetDomainName", 0 },
    { "TargetLogonId", 0 },
    { "User", 0 },
    { "LogonGuid", 0 },
    { "ProcessGuid", 0 },
    { "ParentProcessGuid", 0 },
    { "SourceProcessGUID", 0 },
    { "TargetProcessGUID", 0 },
    { "UtcTime", 0 },
    { "CreationUtcTime", 0 },
    { "PreviousCreationUtcTime", 0 },
    { "LogonProcessName", 0 },
    { "AuthenticationPackageName", 0 },
    { "LmPackageName", 0 },
    { "PrivilegeList", 0 },
    { "TransmittedServices", 0 },
    { "ProcessId", 0 },
    { "LogonType", 0 },
    { "Status", 0 },
    { "SubStatus", 0 },
    { "FailureReason", 0 },
    { "CallTrace", PATH | AK_LOOK_FREE },
    { "GrantedAccess", 0 },
    { "AccessList", 0 },
    { "AccessMask", 0 },
    { "HandleId", 0 },
    { "ObjectServer", 0 },
    { "ObjectType", 0 },
    { "IntegrityLevel", 0 },
    { "MandatoryLabel", 0 },
    { "TokenElevationType", 0 },
    { "RuleName", 0 },
};

static const struct field_looks *in_table(const struct field_looks *table, size_t n,
                                          struct ak_str name)
{
    for (size_t i = 0; i < n; i++)
        if (ak_str_eq_fold(name, ak_str_of(table[i].name)))
            return &table[i];
    return NULL;
}

unsigned ak_indicator_looks(struct ak_str field)
{
    const struct field_looks *found = in_table(WHOLE, sizeof(WHOLE) / sizeof(WHOLE[0]), field);
    if (!found && (ak_str_starts(field, AK_STR("winlog.event_data.")) ||
                   ak_str_starts(field, AK_STR("winlog.user_data.")))) {
        const char *dot = memrchr(field.at, '.', field.n);
        size_t head = (size_t)(dot + 1 - field.at);
        found = in_table(LEAVES, sizeof(LEAVES) / sizeof(LEAVES[0]),
                         (struct ak_str){ field.at + head, field.n - head });
    }
    return found ? found->looks : AK_LOOK_FREE;
}
