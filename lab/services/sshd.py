# SPDX-License-Identifier: Apache-2.0
"""OpenSSH's server with passwords for the lab's people."""

from __future__ import annotations

from lab.services.service import Service
from lab.topology import Host, Network


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    return {
        "srv/sshd_config": f"""
Port {network.ssh_port}
HostKey /srv/ssh_host_key
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
LoginGraceTime 30
MaxStartups 30:30:100
Subsystem sftp internal-sftp
PidFile /run/sshd.pid
"""
    }


def _script(network: Network, host: Host) -> str:
    return """
ssh-keygen -q -t ed25519 -N '' -f /srv/ssh_host_key
mkdir -p /run/sshd
/usr/sbin/sshd -f /srv/sshd_config -E /var/log/sshd.log
"""


SERVICE = Service("sshd", _files, _script, lambda network, host: (network.ssh_port,), "sshd", ("ssh", "-V"))
