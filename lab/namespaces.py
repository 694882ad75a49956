# SPDX-License-Identifier: Apache-2.0
"""Bringing a network up out of namespaces, and down again, also after a crash.

Nothing leads out: no device in the root namespace, no default route anywhere, only routes to the lab's own ranges.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from lab import accounts
from lab.machine import PREFIX, STATE, Machine
from lab.shell import run
from lab.topology import VXLAN_PORT, Host, LabError, Network, Segment

ROUTER = "router"
_PROGRAMS = Path(__file__).parent / "programs"
# What belongs to no connection (a FIN, NULL or Xmas probe) would leave with its inner address, which no label names.
_MASQUERADE = """
table inet hide {
  chain through { type filter hook forward priority 0; ct state invalid drop; }
  chain after { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
}
"""
_OFFLOADS = ("tso", "gso", "gro", "tx", "rx", "sg")


class LiveNetwork:
    """A network that is up. Made by bring_up(); ended by take_down()."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.router = Machine(network.name, ROUTER)
        self.machines = {h.name: Machine(network.name, h.name) for h in network.hosts}

    def port(self, host: Host) -> str:
        """The device that leads to a host, on the switch of its segment."""
        return f"p-{host.name}"[:15]

    def gateway(self, segment: Segment) -> Machine:
        """The router, or the host behind which the segment hides."""
        return self.machines[segment.behind] if segment.behind else self.router

    def switch(self, segment: Segment) -> Machine:
        """Where the segment's machines are plugged in: the far end of its tunnel, or its gateway."""
        return self.machines[segment.tunnel] if segment.tunnel else self.gateway(segment)

    def router_addresses(self) -> list[str]:
        return [str(g.ip) for s in self.network.routed() for g in (s.gateway4, s.gateway6)]


def bring_up(network: Network, lifetime_s: int) -> LiveNetwork:
    """Builds namespaces, links, addresses and routes. The caller takes it down, also when this raises."""
    live = LiveNetwork(network)
    state = STATE / network.name
    state.mkdir(parents=True, exist_ok=True)
    # In memory: twenty copies of /etc and the servers' data on a busy disk took longer than everything else.
    run("mount", "-t", "tmpfs", "-o", "mode=755,size=2g", "weir-lab", str(state))
    shadow, key = accounts.shadow_lines(), accounts.fleet_key()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda machine: machine.start(lifetime_s, shadow, key), (live.router, *live.machines.values())))
    _settings(live.router, forwarding=True)
    for segment in network.segments:
        live.gateway(segment).run(
            "ip",
            "-batch",
            "-",
            stdin=f"""
link add br-{segment.name} type bridge mcast_snooping 0
link set br-{segment.name} mtu {segment.mtu} up
addr add {segment.gateway4} dev br-{segment.name}
addr add {segment.gateway6} dev br-{segment.name} nodad
""",
        )
        if segment.tunnel:
            bridge = f"link add br-{segment.name} type bridge mcast_snooping 0\nlink set br-{segment.name} mtu {segment.mtu} up\n"
            live.switch(segment).run("ip", "-batch", "-", stdin=bridge)
    live.router.run("ip", "link", "set", "lo", "up")
    _plug_in(live)
    for host in network.hosts:
        _configure(live, host)
    for segment in network.tunnelled():
        _stretch(live, segment)
    return live


def _stretch(live: LiveNetwork, segment: Segment) -> None:
    """A VXLAN between the segment's bridge on the router and the one on the tunnel's far end."""
    box = live.network.host(segment.tunnel)
    near, far = str(live.network.segment(box.segment).gateway4.ip), live.network.inner4(box)
    device = f"vx-{segment.name}"[:15]
    for machine, local, remote in ((live.router, near, far), (live.switch(segment), far, near)):
        machine.run(
            "ip",
            "-batch",
            "-",
            stdin=f"""
link add {device} type vxlan id {segment.vni} local {local} remote {remote} dstport {VXLAN_PORT}
link set {device} mtu {segment.mtu} master br-{segment.name} up
""",
        )
        _whole_packets(machine, device)


def _plug_in(live: LiveNetwork) -> None:
    wires = []
    for host in live.network.hosts:
        ends = {
            "host_namespace": live.machines[host.name].namespace,
            "host_device": "eth0",
            "router_namespace": live.switch(live.network.segment(host.segment)).namespace,
            "router_device": live.port(host),
        }
        if host.wire:
            wires.append(ends | vars(host.wire))
        else:
            run(
                "ip",
                "-n",
                ends["router_namespace"],
                "link",
                "add",
                live.port(host),
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "netns",
                ends["host_namespace"],
            )
    # In the router's PID namespace, so that it ends with the router; in the root mount namespace, which sees /run/netns.
    argv = ["nsenter", "-t", str(live.router.keeper), "-p", "--", sys.executable, "-m", "lab.wire"]
    wire = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parent.parent,
    )
    assert wire.stdin is not None and wire.stdout is not None
    wire.stdin.write(json.dumps(wires))
    wire.stdin.close()
    if wire.stdout.readline().strip() != "ready":
        raise LabError("the wires did not come up: is /dev/net/tun there?")


def _settings(machine: Machine, forwarding: bool) -> None:
    on = int(forwarding)
    machine.run(
        "sysctl",
        "-q",
        "-w",
        f"net.ipv4.ip_forward={on}",
        f"net.ipv6.conf.all.forwarding={on}",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
        "net.ipv6.conf.default.accept_ra=0",
        "net.ipv6.conf.default.router_solicitations=0",
        "net.ipv6.conf.default.accept_dad=0",
        "net.ipv4.ping_group_range=0 2147483647",
    )


def _configure(live: LiveNetwork, host: Host) -> None:
    network, machine, segment = live.network, live.machines[host.name], live.network.segment(host.segment)
    switch = live.switch(segment)
    hides = any(s.behind == host.name for s in network.segments)
    _settings(machine, forwarding=hides)
    if hides:
        machine.run("nft", "-f", "-", stdin=_MASQUERADE)
    port = live.port(host)
    switch.run(
        "ip", "-batch", "-", stdin=f"link set {port} mtu {segment.mtu} master br-{segment.name}\nlink set {port} up\n"
    )
    if not host.wire:
        for side, device in ((switch, port), (machine, "eth0")):
            _whole_packets(side, device)
    bits4, bits6 = segment.gateway4.network.prefixlen, segment.gateway6.network.prefixlen
    routes = "".join(
        f"route add {net} via {via}\n"
        for other in network.segments
        if other is not segment and other.behind != host.name
        for net, via in (
            (other.gateway4.network, segment.gateway4.ip),
            (other.gateway6.network, segment.gateway6.ip),
        )
    )
    # Deprecated IPv6 aliases: the kernel speaks from the host's own address unless a program asks for another.
    machine.run(
        "ip",
        "-batch",
        "-",
        stdin=f"""link set lo up
link set eth0 mtu {segment.mtu} up
addr add {network.inner4(host)}/{bits4} brd + dev eth0
addr add {network.inner6(host)}/{bits6} dev eth0 nodad
{"".join(f"addr add {a}/{bits4} dev eth0{chr(10)}" for a in network.aliases4(host))}\
{"".join(f"addr add {a}/{bits6} dev eth0 nodad preferred_lft 0{chr(10)}" for a in network.aliases6(host))}\
route add 224.0.0.0/4 dev eth0
{routes}""",
    )
    shutil.copytree(_PROGRAMS, machine.files / "srv/programs", ignore=shutil.ignore_patterns("__pycache__"))
    (machine.files / "etc/hostname").write_text(host.name + "\n")
    resolvers = "".join(f"nameserver {network.address4(r)}\n" for r in network.serving("unbound"))
    _replace(machine.files / "etc/resolv.conf", f"search {network.domain}\n{resolvers}")
    _replace(machine.files / "etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")


def _whole_packets(machine: Machine, device: str) -> None:
    """No offloads: what passes has the sizes and checksums that it would have on a cable."""
    machine.run("ethtool", "-K", device, *(word for name in _OFFLOADS for word in (name, "off")))


def _replace(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)  # it may be a link to a file of the real machine
    path.write_text(text)


def need_root() -> None:
    if os.geteuid() != 0:
        raise LabError("the lab makes network namespaces: run it as root")


@contextmanager
def alone(network: str) -> Iterator[None]:
    """Holds a network's name for one process: two recordings of one network would take each other down."""
    need_root()
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / f"{network}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"network {network} is being recorded by another process: wait for it to end") from None
        yield


def leftovers(network: str = "") -> list[str]:
    """Names of the lab's namespaces that exist now (of one network, or of all)."""
    folder = Path("/run/netns")
    start = f"{PREFIX}{network}-" if network else PREFIX
    return sorted(p.name for p in folder.iterdir() if p.name.startswith(start)) if folder.exists() else []


@contextmanager
def uninterrupted() -> Iterator[None]:
    """For taking down: whoever asks a second time to end would otherwise stop just that."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def left_networks() -> list[str]:
    """Names of the networks of which something exists now."""
    folders = {p.name for p in STATE.iterdir() if p.is_dir()} if STATE.exists() else set()
    return sorted(folders | {name.removeprefix(PREFIX).split("-")[0] for name in leftovers()})


def processes_in(names: list[str]) -> list[int]:
    """Processes in these namespaces, in one walk through /proc (`ip netns pids` walks once for each)."""
    wanted = {Path("/run/netns", name).stat().st_ino for name in names}
    found = []
    for process in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            if process.stat().st_ino in wanted:
                found.append(int(process.parts[2]))
        except OSError:
            pass  # it has ended meanwhile
    return found


def take_down(network: str = "") -> int:
    """Ends every process in the lab's namespaces and removes them; how many there were. Safe to call at any time."""
    names = leftovers(network)
    for attempt in range(40):
        pids = processes_in(names)
        for pid in pids:
            try:
                os.kill(pid, signal.SIGTERM if attempt == 0 else signal.SIGKILL)
            except ProcessLookupError:
                pass
        if not pids:
            break
        time.sleep(0.25)
    for name in names:
        run("ip", "netns", "del", name, check=False)
    for folder in STATE.iterdir() if STATE.exists() else ():
        if folder.is_dir() and network in ("", folder.name):
            run("umount", "-l", str(folder), check=False)
            shutil.rmtree(folder, ignore_errors=True)
    return len(names)
