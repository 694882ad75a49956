# SPDX-License-Identifier: Apache-2.0
"""Samba's file server: one share, the lab's people. No NFS: its servers and clients live in the kernel, outside of namespaces."""

from __future__ import annotations

from lab import accounts
from lab.services.service import Service, in_background
from lab.topology import Host, Network

PORT = 445
SHARE = "team"

_CONFIG = f"""
[global]
  server role = standalone server
  smb ports = {PORT}
  disable netbios = yes
  load printers = no
  printing = bsd
  map to guest = never
  private dir = /srv/samba
  state directory = /srv/samba
  cache directory = /srv/samba
  lock directory = /run/samba
  pid directory = /run/samba
  log file = /var/log/samba-own.log
[{SHARE}]
  path = /srv/team
  read only = no
  force user = root
"""


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    return {"srv/smb.conf": _CONFIG}


def _script(network: Network, host: Host) -> str:
    users = "".join(
        f"printf '%s\\n%s\\n' '{password}' '{password}' | smbpasswd -c /srv/smb.conf -s -a {user} >/dev/null\n"
        for user, password in accounts.PEOPLE
    )
    files = "for n in $(seq 12); do head -c $((n * n * 9000)) /dev/urandom > /srv/team/plan$n.dat; done\n"
    return (
        f"mkdir -p /srv/samba /run/samba /srv/team\n{files}{users}"
        f"{in_background('smbd -F --no-process-group -s /srv/smb.conf', 'smbd')}"
    )


SERVICE = Service("samba", _files, _script, lambda network, host: (PORT,), "smbd", ("smbd", "--version"))
