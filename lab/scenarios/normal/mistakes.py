# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on every network: closed ports, hosts that are gone; and ping to find out."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import ICMP4, ICMP6, TCP, Draft, Habit, Scene, Touch


def closed_port(scene: Scene, chance: Random) -> Draft:
    host = chance.choice([h for h in scene.network.hosts if h is not scene.host])
    port = chance.choice((81, 3000, 3306, 5000, 8081, 8888, 9200))
    tries = " ; ".join(
        f"nc -z -w 3 {chance.choice(('-4', '-6'))} {scene.name(host)} {port}; sleep {chance.uniform(0.3, 3):.1f}"
        for _ in range(chance.randint(1, 4))
    )
    return Draft(tries, 40, scene.touch(host, port))


def dead_host(scene: Scene, chance: Random) -> Draft:
    segment = chance.choice(scene.network.segments)
    address = str(
        segment.gateway4.network.network_address + segment.gateway4.network.num_addresses - 3 - chance.randrange(3)
    )
    port = chance.choice((scene.network.web_port, scene.network.ssh_port, 445))
    return Draft(
        f"curl -s -o /dev/null --connect-timeout {chance.randint(2, 6)} http://{address}:{port}/",
        20,
        (Touch(address, TCP, port), *(Touch(str(s.gateway4.ip), ICMP4) for s in scene.network.segments)),
    )


def ping(scene: Scene, chance: Random) -> Draft:
    host = chance.choice([h for h in scene.network.hosts if h is not scene.host])
    version = chance.choice((4, 6))
    return Draft(
        f"ping -{version} -c {chance.randint(2, 12)} -s {chance.choice((56, 56, 56, 120, 1000))} {scene.name(host)}",
        30,
        scene.touch(host, None, ICMP6 if version == 6 else ICMP4),
    )


HABITS = (Habit("closed-port", closed_port), Habit("dead-host", dead_host), Habit("ping", ping))
