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
    # One name for each alias of a server: the many sites of the world.
    for host in network.hosts:
        if "nginx" in host.services or "misc" in host.services:
            pairs = zip(network.aliases4(host), network.aliases6(host), strict=True)
            for n, (four, six) in enumerate(pairs, 1):
                lines += [f"{host.name}{n} {5 + n % 50} IN A {four}"] + (
                    [f"{host.name}{n} 30 IN AAAA {six}"] if n % 3 else []
                )
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
    own = network.aliases4(host)
    for n in range(network.zones):
        # One in twelve is served by a machine that is gone.
        where = own[n % len(own)] if n % 12 != 7 else network.dead4(host.segment)
        middle += f"z{n}.{top}. 300 IN NS ns.z{n}.{top}.\nns.z{n}.{top}. 300 IN A {where}\n"
    zone = soa.format(f"{top}.") + _records(network)
    # Bound one by one: an answer must come from the address that was asked.
    addresses = "".join(f"  ip-address: {a}\n" for a in (address4, address6, *(own if network.zones else ())))
    config = (
        f"""
server:
{addresses}"""
        + """
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
    )
    names = {".": "root.zone", top: "top.zone", network.domain: "own.zone"}
    files: dict[str, str | bytes] = {f"srv/z{n}.zone": _leaf(n, top, own) for n in range(network.zones)}
    names |= {f"z{n}.{top}": f"z{n}.zone" for n in range(network.zones)}
    if network.zones:
        checks = checking_zones(top)
        files |= {f"srv/{name}.zone": text for name, text in checks.items()}
        names |= {name: f"{name}.zone" for name in checks}
        for name in checks:
            middle += f"{name}. 300 IN NS ns.{top}.\n" if name.endswith(f".{top}") else ""
        root += f"in-addr.arpa. 300 IN NS ns.{top}.\n"
    config += "".join(f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in names.items())
    return files | {"srv/nsd.conf": config, "srv/root.zone": root, "srv/top.zone": middle, "srv/own.zone": zone}


def _leaf(number: int, top: str, addresses: list[str]) -> str:
    """A small zone with a wildcard."""
    name, own = f"z{number}.{top}.", addresses[number % len(addresses)]
    return (
        f"$TTL {5 + number % 40}\n@ IN SOA ns.{name} root.{name} 1 3600 600 86400 10\n@ IN NS ns.{name}\n"
        f'ns IN A {own}\n* IN A {own}\n* IN AAAA 2001:db8:77::{number + 1:x}\n* IN TXT "{"t" * (number * 5 % 180)}"\n'
        f'@ IN MX 10 mail\n@ IN A {own}\n@ IN TXT "v=spf1{" include:_spf.example" * (number % 10 + 1)} -all"\n'
        f'@ IN TXT "site-verification={"k" * (number * 7 % 60 + 10)}"\n_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:d@{name}"\n'
        f'*._domainkey IN TXT "v=DKIM1; k=rsa; p={"M" * 200}" "{"Q" * (number * 11 % 190 + 20)}"\n'
    )


def checking_zones(top: str) -> dict[str, str]:
    """Lists of bad addresses (bl0...), reputation by hash (rep0...) and reversed addresses: mostly "no such name"."""
    zones = {}
    for n in range(6):
        name = f"bl{n}.{top}"
        listed = "".join(
            f'*.{8 * k} IN A 127.0.0.{n + 2}\n*.{8 * k} IN TXT "listed: see http://{name}/why?{"r" * (k * 9 % 120)}"\n'
            for k in range(1, 28)
        )
        zones[name] = _top_of(name, top, 5 + n * 10) + listed
    for n in range(3):
        name = f"rep{n}.{top}"
        known = "".join(
            f'*.a{k} IN A 127.1.{k}.1\n*.a{k} IN TXT "{"v=1 s=0.2 " * (k + 1)}"\n*.b{k} IN TXT "{"x" * (40 * k + 10)}"\n'
            for k in range(6)
        )
        zones[name] = _top_of(name, top, 20) + known
    backwards = "".join(f"*.{k} IN PTR host.pool{k}.customers.z{k % 9}.{top}.\n" for k in range(1, 224) if k % 3)
    zones["in-addr.arpa"] = _top_of("in-addr.arpa", top, 60) + backwards
    return zones


def _top_of(name: str, top: str, ttl: int) -> str:
    return f"$TTL {ttl}\n@ IN SOA ns.{top}. root.{top}. 1 3600 600 86400 {ttl}\n@ IN NS ns.{top}.\n"


SERVICE = Service(
    "nsd", _files, lambda network, host: "nsd -c /srv/nsd.conf\n", lambda network, host: (53,), "nsd", ("nsd", "-v")
)
