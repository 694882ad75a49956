# SPDX-License-Identifier: Apache-2.0
"""nsd: the lab's own root zone and the zones below it, with glue, so that a resolver can walk down from the root."""

from __future__ import annotations

from lab.services.service import Service
from lab.topology import Host, Network

TUNNEL_ZONE = "t"  # below the network's own domain, served by the tunnel's far end


def _records(network: Network) -> str:
    lines = []
    sites = network.serving("nginx")
    for host in network.hosts:
        lines.append(f"{host.name} 60 IN A {network.address4(host)}")
        lines.append(f"{host.name} 60 IN AAAA {network.address6(host)}")
        lines.append(f"www.{host.name} 20 IN CNAME {host.name}")
    lines += [f"cdn{n} {5 * n + 5} IN A {network.address4(sites[n % len(sites)])}" for n in range(40)]
    lines.append('@ 300 IN TXT "v=spf1 -all"')
    for far in network.serving("iodined"):
        lines += [f"{TUNNEL_ZONE} 300 IN NS tns", f"tns 300 IN A {network.address4(far)}"]
    return "\n".join(lines) + "\n"


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    address4, address6 = network.address4(host), network.address6(host)
    top = network.domain.rsplit(".", 1)[1]
    soa = "$TTL 300\n@ IN SOA ns.{0} root.{0} 1 3600 600 86400 30\n@ IN NS ns.{0}\n"
    glue = f"A {address4}\n{{0}} 300 IN AAAA {address6}\n"
    root = soa.format(f"{top}.") + f"{top}. 300 IN NS ns.{top}.\nns.{top}. 300 IN {glue.format(f'ns.{top}.')}"
    middle = soa.format(f"{top}.") + f"ns 300 IN {glue.format('ns')}{network.domain}. 300 IN NS ns.{top}.\n"
    zone = soa.format(f"{top}.") + _records(network)
    config = """
server:
  ip-address: 0.0.0.0
  ip-address: ::0
  username: ""
  chroot: ""
  zonesdir: "/srv"
  pidfile: "/run/nsd.pid"
  xfrdfile: "/tmp/xfrd"
  zonelistfile: "/tmp/zone.list"
  database: ""
  server-count: 1
remote-control:
  control-enable: no
"""
    names = {".": "root.zone", top: "top.zone", network.domain: "own.zone"}
    config += "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in names.items())
    return {"srv/nsd.conf": config, "srv/root.zone": root, "srv/top.zone": middle, "srv/own.zone": zone}


SERVICE = Service(
    "nsd", _files, lambda network, host: "nsd -c /srv/nsd.conf\n", lambda network, host: (53,), "nsd", ("nsd", "-v")
)
