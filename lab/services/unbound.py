# SPDX-License-Identifier: Apache-2.0
"""unbound: the resolver that clients ask; it walks down from the lab's own root."""

from __future__ import annotations

from lab.services.service import Service, in_background
from lab.topology import Host, Network


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    root = network.serving("nsd")[0]
    top = network.domain.rsplit(".", 1)[1]
    hints = f". 3600 NS ns.{top}.\nns.{top}. 3600 A {network.address4(root)}\nns.{top}. 3600 AAAA {network.address6(root)}\n"
    return {
        "srv/root.hints": hints,
        "srv/unbound.conf": """
server:
  interface: 0.0.0.0
  interface: ::0
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  chroot: ""
  username: ""
  directory: "/srv"
  pidfile: "/run/unbound.pid"
  root-hints: "/srv/root.hints"
  module-config: "iterator"
  use-syslog: no
  logfile: "/var/log/unbound-own.log"
  cache-max-ttl: 60
  local-zone: "test." nodefault
  local-zone: "example." nodefault
remote-control:
  control-enable: no
""",
    }


SERVICE = Service(
    "unbound",
    _files,
    lambda network, host: in_background("unbound -d -c /srv/unbound.conf", "unbound"),
    lambda network, host: (53,),
    "unbound",
    ("unbound", "-V"),
)
