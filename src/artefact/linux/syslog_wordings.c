/* syslog_wordings.c - how programs word what they log: the table behind
 * syslog_meaning.h.
 *
 * Captures: %u user, %e effective (target) user, %g group, %U and %G their
 * numbers, %i source host or address, %p its port, %m method, %k " ssh2:" and a
 * key, %c command (to the first place), %C command (to the last place), %t
 * terminal, %b who opened a session, %d folder, %s and %S service, %r and %R reason, %n count, %D
 * host name, %w a word, %a anything, %x the rest; the last three are not kept.
 *
 * Sources of the wordings: docs/formats/linux.syslog.md */
#include "artefact/lines.h"
#include "artefact/linux/syslog_meaning.h"

#define N(list) (sizeof(list) / sizeof((list)[0]))

static const char OK[] = "success", BAD[] = "failure";

static const struct ak_wording SSHD[] = {
    { "Accepted %m for %u from %i port %p%k", "ssh_login", OK, AK_TYPE_SSH_LOGIN },
    { "Failed %m for invalid user %u from %i port %p%k", "ssh_login_failed", BAD,
      AK_TYPE_SSH_FAILED },
    { "Failed %m for illegal user %u from %i port %p%k", "ssh_login_failed", BAD,
      AK_TYPE_SSH_FAILED },
    { "Failed %m for %u from %i port %p%k", "ssh_login_failed", BAD, AK_TYPE_SSH_FAILED },
    { "Failed to %x", "ssh_error", BAD, AK_TYPE_LINE },
    { "Invalid user %u from %i port %p", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "Invalid user %u from %i", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "Invalid user from %i port %p", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "Illegal user %u from %i", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "input_userauth_request: invalid user %u", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "input_userauth_request: illegal user %u", "ssh_invalid_user", BAD, AK_TYPE_LINE },
    { "Connection closed by authenticating user %u %i port %p", "ssh_connection_closed", NULL, 0 },
    { "Connection closed by invalid user %u %i port %p", "ssh_connection_closed", NULL, 0 },
    { "Connection closed by invalid user %i port %p", "ssh_connection_closed", NULL, 0 },
    { "Connection closed by %i port %p", "ssh_connection_closed", NULL, 0 },
    { "Connection closed by %i", "ssh_connection_closed", NULL, 0 },
    { "Connection reset by authenticating user %u %i port %p", "ssh_connection_reset", NULL, 0 },
    { "Connection reset by invalid user %u %i port %p", "ssh_connection_reset", NULL, 0 },
    { "Connection reset by %i port %p", "ssh_connection_reset", NULL, 0 },
    { "Connection reset by %i", "ssh_connection_reset", NULL, 0 },
    { "Closing connection to %i port %p", "ssh_connection_closed", NULL, 0 },
    { "Closing connection to %i", "ssh_connection_closed", NULL, 0 },
    { "Disconnected from authenticating user %u %i port %p", "ssh_disconnected", NULL, 0 },
    { "Disconnected from invalid user %u %i port %p", "ssh_disconnected", NULL, 0 },
    { "Disconnected from user %u %i port %p", "ssh_disconnected", NULL, 0 },
    { "Disconnected from %i port %p", "ssh_disconnected", NULL, 0 },
    { "Disconnected from %i", "ssh_disconnected", NULL, 0 },
    { "Disconnecting: Too many authentication failures for invalid user %u",
      "ssh_max_auth_attempts", BAD, 0 },
    { "Disconnecting: Too many authentication failures for %u", "ssh_max_auth_attempts", BAD, 0 },
    { "Disconnecting authenticating user %u %i port %p: %r", "ssh_disconnected", NULL, 0 },
    { "Disconnecting invalid user %u %i port %p: %r", "ssh_disconnected", NULL, 0 },
    { "Disconnecting %i port %p: %r", "ssh_disconnected", NULL, 0 },
    { "Disconnecting: %r", "ssh_disconnected", NULL, 0 },
    { "Received disconnect from %i port %p:%w %r", "ssh_disconnect_received", NULL, 0 },
    { "Received disconnect from %i: %w: %r", "ssh_disconnect_received", NULL, 0 },
    { "error: Received disconnect from %i port %p:%w %r", "ssh_disconnect_received", NULL, 0 },
    { "error: Received disconnect from %i: %w: %r", "ssh_disconnect_received", NULL, 0 },
    { "Connection from %i port %p on %w port %w", "ssh_connection", NULL, AK_TYPE_SSH_OPENED },
    { "Connection from %i port %p on %w port %w rdomain %x", "ssh_connection", NULL,
      AK_TYPE_SSH_OPENED },
    { "Connection from %i port %p", "ssh_connection", NULL, AK_TYPE_SSH_OPENED },
    { "error: maximum authentication attempts exceeded for invalid user %u from %i port %p%k",
      "ssh_max_auth_attempts", BAD, 0 },
    { "error: maximum authentication attempts exceeded for %u from %i port %p%k",
      "ssh_max_auth_attempts", BAD, 0 },
    { "maximum authentication attempts exceeded for invalid user %u from %i port %p%k",
      "ssh_max_auth_attempts", BAD, 0 },
    { "maximum authentication attempts exceeded for %u from %i port %p%k", "ssh_max_auth_attempts",
      BAD, 0 },
    { "error: PAM: %R for illegal user %u from %i", "ssh_login_failed", BAD, 0 },
    { "error: PAM: %R for %u from %i", "ssh_login_failed", BAD, 0 },
    { "User %u from %i not allowed because %r", "ssh_user_not_allowed", BAD, 0 },
    { "ROOT LOGIN REFUSED FROM %i port %p", "ssh_root_login_refused", BAD, 0 },
    { "ROOT LOGIN REFUSED FROM %i", "ssh_root_login_refused", BAD, 0 },
    { "Authentication refused: %r", "ssh_auth_refused", BAD, 0 },
    { "Did not receive identification string from %i port %p", "ssh_no_identification", NULL, 0 },
    { "Did not receive identification string from %i", "ssh_no_identification", NULL, 0 },
    { "Bad protocol version identification '%a' from %i port %p", "ssh_protocol_error", NULL, 0 },
    { "Bad protocol version identification '%a' from %i", "ssh_protocol_error", NULL, 0 },
    { "Unable to negotiate with %i port %p: %r", "ssh_negotiation_failed", BAD, 0 },
    { "Unable to negotiate with %i: %r", "ssh_negotiation_failed", BAD, 0 },
    { "fatal: Unable to negotiate with %i port %p: %r", "ssh_negotiation_failed", BAD, 0 },
    { "banner exchange: Connection from %i port %p: %r", "ssh_protocol_error", NULL, 0 },
    { "ssh_dispatch_run_fatal: Connection from %i port %p: %r", "ssh_protocol_error", NULL, 0 },
    { "error: kex_exchange_identification: %r", "ssh_protocol_error", NULL, 0 },
    { "kex_exchange_identification: %r", "ssh_protocol_error", NULL, 0 },
    { "fatal: Timeout before authentication for %i port %p", "ssh_auth_timeout", BAD, 0 },
    { "fatal: Timeout before authentication for %i", "ssh_auth_timeout", BAD, 0 },
    { "Timeout before authentication for %i port %p", "ssh_auth_timeout", BAD, 0 },
    { "Timeout, client not responding from user %u %i port %p", "ssh_disconnected", NULL, 0 },
    { "Postponed %m for invalid user %u from %i port %p%x", "ssh_auth_postponed", NULL, 0 },
    { "Postponed %m for %u from %i port %p%x", "ssh_auth_postponed", NULL, 0 },
    { "Partial %m for %u from %i port %p%k", "ssh_auth_partial", NULL, 0 },
    { "Accepted key %S found at %C", "ssh_key_accepted", NULL, 0 },
    { "Starting session: %c for %u from %i port %p id %w", "ssh_session_started", NULL, 0 },
    { "Starting session: %c for %u from %i port %p", "ssh_session_started", NULL, 0 },
    { "Close session: user %u from %i port %p id %w", "ssh_session_closed", NULL, 0 },
    { "subsystem request for %S by user %u", "ssh_subsystem", NULL, 0 },
    { "subsystem request for %s", "ssh_subsystem", NULL, 0 },
    { "reverse mapping checking getaddrinfo for %D [%i] failed%x", "ssh_reverse_dns_mismatch", NULL,
      0 },
    { "reverse mapping checking getaddrinfo for %D failed%x", "ssh_reverse_dns_mismatch", NULL, 0 },
    { "Address %i maps to %D but this does not map back%x", "ssh_reverse_dns_mismatch", NULL, 0 },
    { "Server listening on %w port %w", "ssh_server_started", NULL, 0 },
    { "Received signal %w terminating.", "ssh_server_stopped", NULL, 0 },
    { "refused connect from %i (%w)", "ssh_connection_refused", BAD, 0 },
    { "session opened for local user %u from [%i]", "session_opened", OK, 0 },
    { "session closed for local user %u from [%i]", "session_closed", NULL, 0 },
    { "message authentication failure; %x", "auth_failed", BAD, 0 },
};

static const struct ak_wording DROPBEAR[] = {
    { "Password auth succeeded for '%u' from %i:%p", "ssh_login", OK, AK_TYPE_SSH_LOGIN },
    { "Pubkey auth succeeded for '%u' with %a from %i:%p", "ssh_login", OK, AK_TYPE_SSH_LOGIN },
    { "Bad password attempt for '%u' from %i:%p", "ssh_login_failed", BAD, AK_TYPE_SSH_FAILED },
    { "Bad PAM password attempt for '%u' from %i:%p", "ssh_login_failed", BAD, AK_TYPE_SSH_FAILED },
    { "Login attempt for nonexistent user from %i:%p", "ssh_invalid_user", BAD, 0 },
    { "Login attempt for nonexistent user '%u' from %i:%p", "ssh_invalid_user", BAD, 0 },
    { "login attempt for nonexistent user from %i:%p", "ssh_invalid_user", BAD, 0 },
    { "Child connection from %i:%p", "ssh_connection", NULL, AK_TYPE_SSH_OPENED },
    { "Exit (%u): %r", "ssh_disconnected", NULL, 0 },
    { "Exit before auth%a: %r", "ssh_disconnected", NULL, 0 },
};

static const struct ak_wording PAM[] = {
    { "session opened for user %u by %b(uid=%w", "session_opened", OK, 0 },
    { "session opened for user %u by (uid=%w", "session_opened", OK, 0 },
    { "session opened for user %u by %b", "session_opened", OK, 0 },
    { "session opened for user %u", "session_opened", OK, 0 },
    { "session closed for user %u", "session_closed", NULL, 0 },
    { "check pass; user unknown", "auth_failed", BAD, 0 },
    { "User unknown", "auth_failed", BAD, 0 },
    { "bad username [%u]", "auth_failed", BAD, 0 },
    { "password changed for %u", "password_changed", OK, 0 },
    { "Consecutive login failures for user %u account temporarily locked", "account_locked", NULL,
      0 },
    { "user %u (%U) tally %w deny %w", "account_locked", BAD, 0 },
    { "account %u has expired%x", "account_expired", BAD, 0 },
    { "user '%u' granted access", "account_access_granted", OK, 0 },
    { "access denied for user `%u' from `%i'", "account_access_denied", BAD, 0 },
    { "access denied for user %u: %r", "account_access_denied", BAD, 0 },
    { "new password not acceptable%x", "password_change_failed", BAD, 0 },
};

static const struct ak_wording SU[] = {
    { "Successful su for %e by %u", "su", OK, 0 },
    { "FAILED su for %e by %u", "su", BAD, 0 },
    { "(to %e) %u on %t", "su", OK, 0 },
    { "FAILED SU (to %e) %u on %t", "su", BAD, 0 },
    { "FAILED SU %a (to %e) %u on %t", "su", BAD, 0 },
    { "+ %t %V:%e", "su", OK, 0 },
    { "- %t %V:%e", "su", BAD, 0 },
    { "+ %t %V-%e", "su", OK, 0 },
    { "- %t %V-%e", "su", BAD, 0 },
    { "BAD SU %u to %e on %t", "su", BAD, 0 },
    { "%u to %e on %t", "su", OK, 0 },
};

static const struct ak_wording LOGIN[] = {
    { "ROOT LOGIN ON %t FROM %i", "login", OK, 0 },
    { "ROOT LOGIN ON %t", "login", OK, 0 },
    { "ROOT LOGIN  on '%t' from '%i'", "login", OK, 0 },
    { "ROOT LOGIN  on '%t'", "login", OK, 0 },
    { "LOGIN ON %t BY %u FROM %i", "login", OK, 0 },
    { "LOGIN ON %t BY %u", "login", OK, 0 },
    { "FAILED LOGIN %w FROM %i FOR %u, %r", "login_failed", BAD, 0 },
    { "FAILED LOGIN %w FROM (null) FOR %u, %r", "login_failed", BAD, 0 },
    { "FAILED LOGIN (%w on '%t' FOR '%u', %r", "login_failed", BAD, 0 },
    { "FAILED LOGIN (%w on '%t' from '%i' FOR '%u', %r", "login_failed", BAD, 0 },
    { "FAILED LOGIN SESSION FROM %i FOR %u, %r", "login_failed", BAD, 0 },
    { "TOO MANY LOGIN TRIES (%w FROM %i FOR %u, %r", "login_failed", BAD, 0 },
    { "Authentication failure %x", "auth_failed", BAD, 0 },
};

static const struct ak_wording ACCOUNTS[] = {
    { "new user: name=%u, UID=%U, GID=%G, home=%a, shell=%x", "user_added", OK, 0 },
    { "new user: name=%u, uid=%U, gid=%G, home=%a, shell=%x", "user_added", OK, 0 },
    { "new account added - account=%u, uid=%U, gid=%G, %x", "user_added", OK, 0 },
    { "failed adding user '%u', %r", "user_added", BAD, 0 },
    { "failed adding user `%u', %r", "user_added", BAD, 0 },
    { "new group: name=%g, GID=%G", "group_added", OK, 0 },
    { "new group: name=%g, gid=%G", "group_added", OK, 0 },
    { "group added to %w name=%g, GID=%G", "group_added", OK, 0 },
    { "group added to %w name=%g", "group_added", OK, 0 },
    { "group removed from %w name=%g", "group_deleted", OK, 0 },
    { "group '%g' removed%x", "group_deleted", OK, 0 },
    { "removed group '%g' owned by '%u'", "group_deleted", OK, 0 },
    { "removed shadow group '%g' owned by '%u'", "group_deleted", OK, 0 },
    { "remove group '%g'%x", "group_deleted", OK, 0 },
    { "delete user '%u'", "user_deleted", OK, 0 },
    { "delete user `%u'", "user_deleted", OK, 0 },
    { "user '%u' removed", "user_deleted", OK, 0 },
    { "add '%u' to group '%g'", "group_member_added", OK, 0 },
    { "add '%u' to shadow group '%g'", "group_member_added", OK, 0 },
    { "add `%u' to group `%g'", "group_member_added", OK, 0 },
    { "add `%u' to shadow group `%g'", "group_member_added", OK, 0 },
    { "user %u added by %w to group %g", "group_member_added", OK, 0 },
    { "delete '%u' from group '%g'", "group_member_removed", OK, 0 },
    { "delete '%u' from shadow group '%g'", "group_member_removed", OK, 0 },
    { "user %u removed by %w from group %g", "group_member_removed", OK, 0 },
    { "members of group %g set by %u to %x", "group_members_set", OK, 0 },
    { "change user '%u' password", "password_changed", OK, 0 },
    { "change user `%u' password", "password_changed", OK, 0 },
    { "password for '%u' changed by '%e'", "password_changed", OK, 0 },
    { "password for %u changed by %e", "password_changed", OK, 0 },
    { "changed password for %u", "password_changed", OK, 0 },
    { "changed password expiry for %u", "password_expiry_changed", OK, 0 },
    { "can't change %R for `%u'", "password_change_failed", BAD, 0 },
    { "lock user '%u' password", "user_locked", OK, 0 },
    { "unlock user '%u' password", "user_unlocked", OK, 0 },
    { "change user '%u' %x", "user_changed", OK, 0 },
    { "change user `%u' %x", "user_changed", OK, 0 },
    { "change user name '%a' to '%u'", "user_changed", OK, 0 },
    { "changed user '%u' shell to '%x", "user_changed", OK, 0 },
    { "changed user '%u' information", "user_changed", OK, 0 },
};

static const struct ak_wording CRON[] = {
    { "(%u) CMD (%C)", "cron_job", NULL, AK_TYPE_CRON_RUN },
    { "(%u) CMDEND (%C)", "cron_job_ended", NULL, 0 },
    { "(%u) CMDOUT (%x", "cron_job_output", NULL, 0 },
    { "(%u) BEGIN EDIT (%e)", "crontab_edit_started", NULL, 0 },
    { "(%u) END EDIT (%e)", "crontab_edit_ended", NULL, 0 },
    { "(%u) REPLACE (%e)", "crontab_replaced", NULL, 0 },
    { "(%u) DELETE (%e)", "crontab_deleted", NULL, 0 },
    { "(%u) LIST (%e)", "crontab_listed", NULL, 0 },
    { "(%u) RELOAD (%x", "crontab_reloaded", NULL, 0 },
    { "(%u) AUTH (%r", "crontab_denied", BAD, 0 },
    { "(%u) MAIL (%x", "cron_mail", NULL, 0 },
    { "(%u) ERROR (%r", "cron_error", BAD, 0 },
    { "`%c' started", "cron_job", NULL, 0 },
    { "`%c' terminated%x", "cron_job_ended", NULL, 0 },
};

static const struct ak_wording SYSTEMD[] = {
    { "Started %s.", "service_started", OK, 0 },
    { "Finished %s.", "service_finished", OK, 0 },
    { "Starting %s...", "service_starting", NULL, 0 },
    { "Stopping %s...", "service_stopping", NULL, 0 },
    { "Stopped %s.", "service_stopped", OK, 0 },
    { "Reloaded %s.", "service_reloaded", OK, 0 },
    { "Reloading %s...", "service_reloading", NULL, 0 },
    { "Failed to start %s.", "service_failed", BAD, 0 },
    { "%S: Failed with result '%r", "service_failed", BAD, 0 },
    { "%S: Unit entered failed state.", "service_failed", BAD, 0 },
    { "Unit %s entered failed state.", "service_failed", BAD, 0 },
    { "%S: Main process exited, %r", "service_process_exited", NULL, 0 },
    { "%S: main process exited, %r", "service_process_exited", NULL, 0 },
    { "%S: Scheduled restart job, restart counter is at %w", "service_restarting", NULL, 0 },
    { "%S: Deactivated successfully.", "service_stopped", OK, 0 },
    { "%S: Succeeded.", "service_stopped", OK, 0 },
};

static const struct ak_wording LOGIND[] = {
    { "New session %w of user %u.", "session_started", OK, 0 },
    { "New session '%w of user '%u' with %x", "session_started", OK, 0 },
    { "Removed session %x", "session_ended", NULL, 0 },
    { "Session %w logged out. %x", "session_ended", NULL, 0 },
    { "System is powering down%x", "host_shutdown", NULL, 0 },
    { "System is rebooting%x", "host_reboot", NULL, 0 },
    { "Power key pressed%x", "host_power_key", NULL, 0 },
};

static const struct ak_wording KERNEL[] = {
    { "Linux version %x", "host_boot", NULL, 0 },
    { "%S: New USB device found, %r", "usb_device_connected", NULL, 0 },
    { "%S: USB Mass Storage device detected", "usb_storage_connected", NULL, 0 },
    { "%S: USB disconnect, %r", "usb_device_disconnected", NULL, 0 },
    { "%S: SerialNumber: %r", "usb_device_serial", NULL, 0 },
    { "%S: Product: %r", "usb_device_product", NULL, 0 },
    { "%S: Manufacturer: %r", "usb_device_manufacturer", NULL, 0 },
    { "device %s entered promiscuous mode", "promiscuous_mode_on", NULL, 0 },
    { "device %s left promiscuous mode", "promiscuous_mode_off", NULL, 0 },
    { "%S: entered promiscuous mode", "promiscuous_mode_on", NULL, 0 },
    { "%S: left promiscuous mode", "promiscuous_mode_off", NULL, 0 },
    { "Out of memory: Kill%w process %w (%S) %r", "oom_kill", NULL, 0 },
    { "Out of Memory: Kill%w process %w (%S)%r", "oom_kill", NULL, 0 },
    { "Memory cgroup out of memory: Kill%w process %w (%S) %r", "oom_kill", NULL, 0 },
    { "%S invoked oom-killer: %r", "oom_kill_invoked", NULL, 0 },
    { "%S segfault at %r", "process_crashed", NULL, 0 },
    { "traps: %S general protection%r", "process_crashed", NULL, 0 },
    { "traps: %S trap %r", "process_crashed", NULL, 0 },
    { "%S: module verification failed: %r", "module_unsigned", NULL, 0 },
    { "%S: loading out-of-tree module taints kernel.", "module_unsigned", NULL, 0 },
};

static const struct ak_wording FTP[] = {
    { "CONNECT: Client \"%i\"", "ftp_connection", NULL, 0 },
    { "[%u] OK LOGIN: Client \"%i\"%x", "ftp_login", OK, 0 },
    { "[%u] FAIL LOGIN: Client \"%i\"", "ftp_login_failed", BAD, 0 },
    { "[%u] OK UPLOAD: Client \"%i\", %r", "ftp_upload", OK, 0 },
    { "[%u] FAIL UPLOAD: Client \"%i\", %r", "ftp_upload", BAD, 0 },
    { "[%u] OK DOWNLOAD: Client \"%i\", %r", "ftp_download", OK, 0 },
    { "[%u] FAIL DOWNLOAD: Client \"%i\", %r", "ftp_download", BAD, 0 },
    { "connection from %i (%D) at %x", "ftp_connection", NULL, 0 },
    { "connection from %i () at %x", "ftp_connection", NULL, 0 },
    { "FTP LOGIN FROM %i, %u", "ftp_login", OK, 0 },
    { "FTP LOGIN FAILED FROM %i, %u", "ftp_login_failed", BAD, 0 },
    { "ANONYMOUS FTP LOGIN FROM %i, %x", "ftp_login", OK, 0 },
};

static const struct ak_wording DHCP[] = {
    { "bound to %w -- renewal in %w seconds.", "dhcp_bound", OK, 0 },
    { "DHCPACK from %i%x", "dhcp_ack", NULL, 0 },
    { "DHCPACK of %w from %i%x", "dhcp_ack", NULL, 0 },
    { "DHCPREQUEST %x", "dhcp_request", NULL, 0 },
    { "DHCPDISCOVER %x", "dhcp_discover", NULL, 0 },
};

static const struct ak_wording LOGGER[] = {
    { "exiting on signal %x", "logging_stopped", NULL, 0 },
    { "Kernel logging (proc) stopped.", "logging_stopped", NULL, 0 },
    { "Kernel log daemon terminating.", "logging_stopped", NULL, 0 },
    { "%w restart%x", "logging_started", NULL, 0 },
    { "restart%x", "logging_started", NULL, 0 },
    { "[origin %a] start", "logging_started", NULL, 0 },
    { "[origin %a] exiting on signal %x", "logging_stopped", NULL, 0 },
    { "[origin %a] rsyslogd was HUPed%x", "logging_rotated", NULL, 0 },
    { "Journal stopped", "logging_stopped", NULL, 0 },
    { "Journal started", "logging_started", NULL, 0 },
};

static const struct ak_wording PKEXEC[] = {
    { "%u: Executing command [USER=%E] [TTY=%t] [CWD=%d] [COMMAND=%C]", "pkexec_command", OK, 0 },
    { "%u: Error executing command as another user: %R [USER=%E] [TTY=%t] [CWD=%d] [COMMAND=%C]",
      "pkexec_command", BAD, 0 },
};

static const struct ak_wording XINETD[] = {
    { "START: %S pid=%w from=%i", "inetd_connection", NULL, 0 },
};

/* The value of " KEY=" up to a blank, as netfilter writes it. */
static struct ak_str key_value(struct ak_str s, const char *key)
{
    size_t n = strlen(key);
    const char *at = memmem(s.at, s.n, key, n);
    if (!at)
        return AK_STR("");
    struct ak_str rest = ak_skip(s, (size_t)(at - s.at) + n);
    return ak_cut(&rest, ' ');
}

/* "[UFW BLOCK] IN=eth0 OUT= MAC=… SRC=… DST=… PROTO=TCP SPT=… DPT=…" */
static bool netfilter(struct ak_str body, struct ak_meaning *out)
{
    if (!memmem(body.at, body.n, "IN=", 3))
        return false;
    struct ak_str from = key_value(body, " SRC="), to = key_value(body, " DST=");
    if (!from.n || !to.n)
        return false;
    uint64_t port;
    ak_said_host(out, from);
    out->values[SAID_DESTINATION_IP] = ak_val_str(to);
    if (ak_digits(key_value(body, " SPT="), &port))
        out->values[SAID_PORT] = ak_val_u64(port);
    if (ak_digits(key_value(body, " DPT="), &port))
        out->values[SAID_DESTINATION_PORT] = ak_val_u64(port);
    ak_said_action(out, "firewall_packet", NULL);
    return true;
}

/* What stands between "tty=" and "ruser=", and so on: the keys are in a fixed
 * order, but users choose ruser and user and may put keys into them.  So rhost
 * is the first that has nothing or "user=" behind it. */
static bool pam_hosts(struct ak_str s, struct ak_meaning *out)
{
    static const struct ak_str RHOST = AK_STR_INIT(" rhost="), USER = AK_STR_INIT("user=");
    const char *ruser = memmem(s.at, s.n, " ruser=", 7);
    if (!ruser)
        return false;
    struct ak_str rest = ak_skip(s, (size_t)(ruser - s.at));
    const char *at;
    while (rest.n && (at = memmem(rest.at, rest.n, RHOST.at, RHOST.n))) {
        rest = ak_skip(rest, (size_t)(at - rest.at) + RHOST.n);
        struct ak_str tail = rest, host = ak_cut(&tail, ' ');
        tail = ak_trim_left(tail);
        if (tail.n && !ak_str_starts(tail, USER))
            continue;
        struct ak_str remote = { ruser + 7,
                                 (size_t)(at - ruser) > 7 ? (size_t)(at - ruser) - 7 : 0 };
        if (host.n)
            ak_said_host(out, host);
        out->values[SAID_USER] = ak_val_str(tail.n ? ak_skip(tail, USER.n) : ak_trim(remote));
        return true;
    }
    return false;
}

/* "authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=… user=…"
 * and the same behind "2 more authentication failures; ". */
static bool pam_failure(struct ak_str body, struct ak_meaning *out)
{
    const char *end = body.n ? memchr(body.at, ';', body.n) : NULL;
    if (!end)
        return false;
    struct ak_str head = { body.at, (size_t)(end - body.at) };
    bool good = ak_str_eq(head, AK_STR("authentication success"));
    if (!good && !ak_str_ends(head, AK_STR("authentication failure")) &&
        !ak_str_ends(head, AK_STR("authentication failures")))
        return false;
    out->values[SAID_TTY] = ak_val_str(key_value(body, " tty="));
    (void)pam_hosts(body, out);
    ak_said_action(out, good ? "auth_succeeded" : "auth_failed", good ? OK : BAD);
    return true;
}

/* sshd itself counts further failures: "PAM 2 more authentication failures; …" */
static bool sshd_special(struct ak_str body, struct ak_meaning *out)
{
    return ak_str_starts(body, AK_STR("PAM ")) && pam_failure(body, out);
}

static const struct sudo_key {
    const char *key;
    enum ak_said to;
} SUDO_KEYS[] = {
    { "TTY=", SAID_TTY },     { "PWD=", SAID_FOLDER },      { "USER=", SAID_EFFECTIVE },
    { "GROUP=", SAID_GROUP }, { "COMMAND=", SAID_COMMAND },
};

/* One "KEY=value" between " ; "; the command takes all that follows.  False
 * when it is no key: then it is the reason of a refusal. */
static bool sudo_part(struct ak_str part, struct ak_str whole, struct ak_meaning *out)
{
    for (size_t i = 0; i < N(SUDO_KEYS); i++) {
        struct ak_str key = ak_str_of(SUDO_KEYS[i].key);
        if (!ak_str_starts(part, key))
            continue;
        bool last = SUDO_KEYS[i].to == SAID_COMMAND;
        out->values[SUDO_KEYS[i].to] = ak_val_str(ak_skip(last ? whole : part, key.n));
        return true;
    }
    return false;
}

/* "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls -l" and
 * "alice : 3 incorrect password attempts ; TTY=… ; …" */
static bool sudo_special(struct ak_str body, struct ak_meaning *out)
{
    const char *colon = body.n ? memmem(body.at, body.n, " : ", 3) : NULL;
    if (!colon || !memmem(body.at, body.n, "TTY=", 4))
        return ak_str_starts(body, AK_STR("pam_")) && pam_failure(body, out);
    struct ak_str user = { body.at, (size_t)(colon - body.at) };
    struct ak_str rest = ak_skip(body, user.n + 3);
    bool refused = false;
    while (rest.n) {
        const char *sep = memmem(rest.at, rest.n, " ; ", 3);
        struct ak_str part = { rest.at, sep ? (size_t)(sep - rest.at) : rest.n };
        part = ak_trim(part);
        bool known = sudo_part(part, ak_trim_left(rest), out);
        if (!known && !refused && !memchr(part.at, '=', part.n)) {
            out->values[SAID_REASON] = ak_val_str(part);
            refused = true;
        }
        if (ak_str_starts(part, AK_STR("COMMAND=")))
            break;
        rest = ak_skip(rest, sep ? (size_t)(sep - rest.at) + 3 : rest.n);
    }
    out->values[SAID_USER] = ak_val_str(ak_trim(user));
    ak_said_action(out, "sudo_command", refused ? BAD : OK);
    return true;
}

const struct ak_wordings ak_wordings_pam = { "", PAM, N(PAM), pam_failure };

const struct ak_wordings ak_wordings[] = {
    { "sshd sshd-session sshd-auth sftp-server internal-sftp", SSHD, N(SSHD), sshd_special },
    { "dropbear", DROPBEAR, N(DROPBEAR), NULL },
    { "kernel", KERNEL, N(KERNEL), netfilter },
    { "CRON CROND cron crond crontab anacron fcron Job", CRON, N(CRON), NULL },
    { "systemd", SYSTEMD, N(SYSTEMD), NULL },
    { "systemd-logind", LOGIND, N(LOGIND), NULL },
    { "sudo", NULL, 0, sudo_special },
    { "su", SU, N(SU), NULL },
    { "login", LOGIN, N(LOGIN), NULL },
    { "useradd userdel usermod adduser deluser groupadd groupdel groupmod gpasswd passwd chpasswd "
      "chage chfn chsh newusers",
      ACCOUNTS, N(ACCOUNTS), NULL },
    { "vsftpd ftpd proftpd pure-ftpd", FTP, N(FTP), NULL },
    { "dhclient NetworkManager dhcpcd", DHCP, N(DHCP), NULL },
    { "rsyslogd syslogd syslog-ng systemd-journald klogd syslog", LOGGER, N(LOGGER), NULL },
    { "pkexec", PKEXEC, N(PKEXEC), NULL },
    { "xinetd", XINETD, N(XINETD), NULL },
};

const size_t ak_n_wordings = N(ak_wordings);
