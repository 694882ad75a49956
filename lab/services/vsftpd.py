# SPDX-License-Identifier: Apache-2.0
"""vsftpd: files of the lab's people, passive mode, both IP versions."""

from __future__ import annotations

from lab.services.service import Service, in_background
from lab.topology import Host, Network

PORT = 21


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    return {
        "srv/vsftpd.conf": """
listen=NO
listen_ipv6=YES
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
seccomp_sandbox=NO
secure_chroot_dir=/run/vsftpd-empty
pam_service_name=vsftpd
pasv_min_port=40000
pasv_max_port=40400
max_login_fails=4
""",
        "etc/pam.d/vsftpd": "auth required pam_unix.so\naccount required pam_unix.so\nsession required pam_permit.so\n",
    }


def _script(network: Network, host: Host) -> str:
    return "mkdir -p /run/vsftpd-empty\n" + in_background("vsftpd /srv/vsftpd.conf", "vsftpd")


SERVICE = Service("vsftpd", _files, _script, lambda network, host: (PORT,), "vsftpd", ("vsftpd", "-v", "0>&1"))
