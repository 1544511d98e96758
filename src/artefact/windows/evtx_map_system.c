/* evtx_map_system.c - events of the machine itself: start and stop, clock,
 * services, devices, storage, installations, user profiles, networks.
 *
 * Older programs give their values no names; they are called param1, param2 …
 * in the order written, as winlogbeat does.
 *
 * Facts and their sources: docs/formats/windows.evtx_map.md */
#include "artefact/windows/evtx_map_table.h"

// clang-format off
/* one alias list, one row a line */
static const struct ak_evtx_alias SHUTDOWN[] = { USER("param7") };
static const struct ak_evtx_alias TIME_CHANGED[] = {
    NUMBER("process.pid", "ProcessID"), COPY("process.executable", "ProcessName"),
};
static const struct ak_evtx_alias SERVICE[] = { COPY("service.name", "param1") };
static const struct ak_evtx_alias SERVICE_TIMEOUT[] = { COPY("service.name", "param2") };
static const struct ak_evtx_alias SERVICE_STATE[] = {
    COPY("service.name", "param1"), COPY("service.state", "param2"),
};
static const struct ak_evtx_alias SERVICE_INSTALLED[] = { COPY("service.name", "ServiceName") };
static const struct ak_evtx_alias COM_REFUSED[] = {
    COPY("user.domain", "param6"), COPY("user.name", "param7"), COPY("user.id", "param8"),
};
static const struct ak_evtx_alias DEVICE_DRIVER[] = { COPY("device.id", "DeviceInstanceID") };
static const struct ak_evtx_alias DEVICE_SERVICE[] = {
    COPY("device.id", "DeviceInstanceID"), COPY("service.name", "ServiceName"),
    COPY("file.path", "DriverFileName"),
};
static const struct ak_evtx_alias PNP_DEVICE[] = { COPY("device.id", "DeviceInstanceId") };
static const struct ak_evtx_alias PARTITION[] = {
    COPY("device.manufacturer", "Manufacturer"), COPY("device.model.name", "Model"),
    COPY("device.serial_number", "SerialNumber"), COPY("device.id", "ParentId"),
};
static const struct ak_evtx_alias SESSION_USER[] = { COPY("user.id", "UserSid") };
static const struct ak_evtx_alias HIVE_LOADED[] = {
    COPY("file.path", "File"), COPY("registry.key", "Key"),
};
static const struct ak_evtx_alias PROFILE_LOADED[] = { COPY("file.path", "LocalPath") };
static const struct ak_evtx_alias PACKAGE[] = {
    COPY("package.name", "param1"), COPY("package.version", "param2"),
};
static const struct ak_evtx_alias PACKAGE_FILE[] = {
    COPY("file.path", "param1"), NUMBER("process.pid", "param2"),
};
static const struct ak_evtx_alias CRASHED[] = {
    COPY("process.name", "param1"), COPY("process.executable", "param11"),
};
static const struct ak_evtx_alias HUNG[] = {
    COPY("process.name", "param1"), COPY("process.executable", "param6"),
};
static const struct ak_evtx_alias DATABASE[] = {
    COPY("process.name", "param1"), COPY("file.path", "param5"),
};
static const struct ak_evtx_alias DATABASE_MOVED[] = {
    COPY("process.name", "param1"), COPY("file.path", "param4"),
};
static const struct ak_evtx_alias UPDATE[] = { COPY("package.name", "updateTitle") };
static const struct ak_evtx_alias AUTOSTART[] = { COPY("process.command_line", "Command") };
static const struct ak_evtx_alias AUTOSTART_DONE[] = {
    COPY("process.command_line", "Command"), NUMBER("process.pid", "PID"),
};

#define EVENTLOG_CLASSIC(id, action, outcome) AK_EVTX_BARE("EventLog", id, action, outcome)
#define SCM(id, action, outcome, list) AK_EVTX_ROW("Service Control Manager", id, action, outcome, list)
#define GENERAL(id, action) AK_EVTX_BARE("Microsoft-Windows-Kernel-General", id, action, "")
#define POWER(id, action, outcome) AK_EVTX_BARE("Microsoft-Windows-Kernel-Power", id, action, outcome)
#define PNP(id, action, outcome) AK_EVTX_ROW("Microsoft-Windows-Kernel-PnP", id, action, outcome, PNP_DEVICE)
#define MSI(id, action, outcome, list) AK_EVTX_ROW("MsiInstaller", id, action, outcome, list)
#define ESENT(id, action, outcome, list) AK_EVTX_ROW("ESENT", id, action, outcome, list)
#define UPDATES(id, action, outcome) AK_EVTX_ROW("Microsoft-Windows-WindowsUpdateClient", id, action, outcome, UPDATE)
#define PROFILES "Microsoft-Windows-User Profiles Service"

static const struct ak_evtx_map ROWS[] = {
    EVENTLOG_CLASSIC(6000, "event-log-corrupt", "failure"),
    EVENTLOG_CLASSIC(6005, "event-log-started", "success"),
    EVENTLOG_CLASSIC(6006, "event-log-stopped", "success"),
    EVENTLOG_CLASSIC(6008, "unexpected-shutdown", "failure"),
    EVENTLOG_CLASSIC(6009, "windows-started", "success"),
    EVENTLOG_CLASSIC(6011, "computer-renamed", "success"),
    EVENTLOG_CLASSIC(6013, "uptime", ""),

    AK_EVTX_ROW("User32", 1074, "shutdown-initiated", "success", SHUTDOWN),
    AK_EVTX_BARE("User32", 1076, "shutdown-reason-given", ""),
    AK_EVTX_ROW("Microsoft-Windows-Kernel-General", 1, "system-time-changed", "success", TIME_CHANGED),
    GENERAL(12, "windows-started"),
    GENERAL(13, "windows-stopped"),
    GENERAL(16, "registry-hive-history-cleared"),
    AK_EVTX_BARE("Microsoft-Windows-Kernel-Boot", 20, "boot-state", ""),
    AK_EVTX_BARE("Microsoft-Windows-Kernel-Boot", 27, "boot-type", ""),
    POWER(41, "unexpected-shutdown", "failure"),
    POWER(42, "entered-sleep", "success"),
    POWER(107, "resumed-from-sleep", "success"),
    POWER(109, "shutdown-by-kernel", "success"),
    AK_EVTX_BARE("Microsoft-Windows-Power-Troubleshooter", 1, "resumed-from-sleep", "success"),
    AK_EVTX_BARE("Microsoft-Windows-WER-SystemErrorReporting", 1001, "bugcheck", "failure"),

    SCM(7000, "service-start-failed", "failure", SERVICE),
    SCM(7009, "service-start-timeout", "failure", SERVICE_TIMEOUT),
    SCM(7023, "service-terminated", "failure", SERVICE),
    SCM(7031, "service-terminated-unexpectedly", "failure", SERVICE),
    SCM(7034, "service-terminated-unexpectedly", "failure", SERVICE),
    SCM(7035, "service-control-sent", "success", SERVICE),
    SCM(7036, "service-state-changed", "success", SERVICE_STATE),
    SCM(7040, "service-start-type-changed", "success", SERVICE),
    SCM(7045, "service-installed", "success", SERVICE_INSTALLED),
    AK_EVTX_ROW("Microsoft-Windows-DistributedCOM", 10016, "com-permission-denied", "failure", COM_REFUSED),
    AK_EVTX_ROW("DCOM", 10016, "com-permission-denied", "failure", COM_REFUSED),

    AK_EVTX_ROW("Microsoft-Windows-UserPnp", 20001, "device-driver-installed", "", DEVICE_DRIVER),
    AK_EVTX_ROW("Microsoft-Windows-UserPnp", 20003, "device-service-added", "", DEVICE_SERVICE),
    PNP(400, "device-configured", "success"),
    PNP(410, "device-started", "success"),
    PNP(411, "device-start-failed", "failure"),
    PNP(420, "device-deleted", "success"),
    PNP(430, "device-requires-installation", ""),
    AK_EVTX_ROW("Microsoft-Windows-Partition", 1006, "disk-attached-or-removed", "", PARTITION),

    AK_EVTX_ROW("Microsoft-Windows-Winlogon", 7001, "logged-in", "success", SESSION_USER),
    AK_EVTX_ROW("Microsoft-Windows-Winlogon", 7002, "logged-out", "success", SESSION_USER),
    AK_EVTX_BARE(PROFILES, 1, "profile-logon-received", "success"),
    AK_EVTX_BARE(PROFILES, 2, "profile-logon-finished", "success"),
    AK_EVTX_BARE(PROFILES, 3, "profile-logoff-received", "success"),
    AK_EVTX_BARE(PROFILES, 4, "profile-logoff-finished", "success"),
    AK_EVTX_ROW(PROFILES, 5, "registry-hive-loaded", "success", HIVE_LOADED),
    AK_EVTX_ROW(PROFILES, 67, "profile-loaded", "success", PROFILE_LOADED),
    AK_EVTX_ROW("Microsoft-Windows-Shell-Core", 9707, "autostart-started", "", AUTOSTART),
    AK_EVTX_ROW("Microsoft-Windows-Shell-Core", 9708, "autostart-finished", "", AUTOSTART_DONE),

    MSI(1033, "package-installed", "", PACKAGE),
    MSI(1034, "package-removed", "", PACKAGE),
    MSI(1040, "installer-transaction-started", "", PACKAGE_FILE),
    MSI(1042, "installer-transaction-ended", "", PACKAGE_FILE),
    AK_EVTX_BARE("MsiInstaller", 11707, "package-installed", "success"),
    AK_EVTX_BARE("MsiInstaller", 11708, "package-installed", "failure"),
    AK_EVTX_BARE("MsiInstaller", 11724, "package-removed", "success"),
    UPDATES(19, "update-installed", "success"),
    UPDATES(20, "update-failed", "failure"),
    UPDATES(43, "update-started", ""),
    AK_EVTX_ROW("Application Error", 1000, "application-crashed", "failure", CRASHED),
    AK_EVTX_ROW("Application Hang", 1002, "application-hung", "failure", HUNG),
    AK_EVTX_BARE("Windows Error Reporting", 1001, "error-reported", ""),

    ESENT(216, "database-location-changed", "success", DATABASE_MOVED),
    ESENT(325, "database-created", "success", DATABASE),
    ESENT(326, "database-attached", "success", DATABASE),
    ESENT(327, "database-detached", "success", DATABASE),
    AK_EVTX_BARE("VSS", 8193, "shadow-copy-error", "failure"),
    AK_EVTX_BARE("VSS", 8224, "shadow-copy-service-stopped", "success"),
    AK_EVTX_BARE("volsnap", 25, "shadow-copies-deleted", "success"),
    AK_EVTX_BARE("volsnap", 27, "shadow-copies-aborted", "failure"),
    AK_EVTX_BARE("volsnap", 33, "shadow-copy-deleted", "success"),
    AK_EVTX_BARE("volsnap", 36, "shadow-copies-aborted", "failure"),

    AK_EVTX_BARE("Microsoft-Windows-NetworkProfile", 10000, "network-connected", "success"),
    AK_EVTX_BARE("Microsoft-Windows-NetworkProfile", 10001, "network-disconnected", "success"),
    AK_EVTX_BARE("Microsoft-Windows-Dhcp-Client", 50036, "dhcp-client-started", "success"),
    AK_EVTX_BARE("Microsoft-Windows-Dhcp-Client", 50037, "dhcp-client-stopped", "success"),
};
// clang-format on

const struct ak_evtx_map_table ak_evtx_map_system = { ROWS, sizeof(ROWS) / sizeof(*ROWS) };
