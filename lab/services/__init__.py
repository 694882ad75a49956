# SPDX-License-Identifier: Apache-2.0
"""The servers of the lab, one module each. A new one: a module with SERVICE, and a line in ALL."""

from __future__ import annotations

from lab.services import (
    iodined,
    mail,
    misc,
    mosquitto,
    nginx,
    nsd,
    ntp,
    pages,
    postgres,
    redis,
    samba,
    sink,
    sip,
    snmpd,
    sshd,
    unbound,
    vsftpd,
    webapp,
)
from lab.services.service import Service

ALL: dict[str, Service] = {
    m.SERVICE.name: m.SERVICE
    for m in (
        iodined,
        mail,
        misc,
        mosquitto,
        nginx,
        nsd,
        ntp,
        pages,
        postgres,
        redis,
        samba,
        sink,
        sip,
        snmpd,
        sshd,
        unbound,
        vsftpd,
        webapp,
    )
}
