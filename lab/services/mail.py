# SPDX-License-Identifier: Apache-2.0
"""Mail as an office has it: aiosmtpd takes it from the world (25), Dovecot from people (587, over TLS with log-in) and gives it out
(143 and 993); one mailbox a person. No packaged mail server for 25: each conflicts with the one that the machine itself may run."""

from __future__ import annotations

from pathlib import Path

from lab import accounts
from lab.services.service import PYTHON, Service, in_background
from lab.topology import Host, Network

SMTP, SUBMISSION, IMAP, IMAPS = 25, 587, 143, 993
_PROGRAM = Path(__file__).with_name("mail_server.py")


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    dovecot = f"""
protocols = imap submission
hostname = {host.name}.{network.domain}
submission_relay_host = 127.0.0.1
submission_relay_port = {SMTP}
listen = *, ::
base_dir = /run/dovecot
state_dir = /srv/dovecot
log_path = /var/log/dovecot-own.log
ssl = yes
ssl_cert = </srv/mail.crt
ssl_key = </srv/mail.key
disable_plaintext_auth = no
auth_failure_delay = 1 secs
mail_location = maildir:~/Maildir
passdb {{
  driver = passwd-file
  args = /srv/mail.users
}}
userdb {{
  driver = passwd
}}
service imap-login {{
  inet_listener imap {{
    port = {IMAP}
  }}
  inet_listener imaps {{
    port = {IMAPS}
    ssl = yes
  }}
}}
service submission-login {{
  inet_listener submission {{
    port = {SUBMISSION}
  }}
}}
"""
    users = "".join(f"{user}:{{PLAIN}}{password}\n" for user, password in accounts.PEOPLE)
    return {"srv/mail_server.py": _PROGRAM.read_text(), "srv/dovecot.conf": dovecot, "srv/mail.users": users}


def _script(network: Network, host: Host) -> str:
    return f"""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN={host.name}.{network.domain} \
  -keyout /srv/mail.key -out /srv/mail.crt 2>/dev/null
chmod 600 /srv/mail.key
mkdir -p /srv/dovecot /run/dovecot
{in_background(f"{PYTHON} /srv/mail_server.py {SMTP} {network.domain} /srv/mail.crt /srv/mail.key", "smtpd")}
{in_background("dovecot -F -c /srv/dovecot.conf", "dovecot")}"""


SERVICE = Service(
    "mail",
    _files,
    _script,
    lambda network, host: (SMTP, SUBMISSION, IMAP, IMAPS),
    "dovecot",
    ("dovecot", "--version"),
)
