# SPDX-License-Identifier: Apache-2.0
"""Drawing a plan: a pure function of network, seed and pace."""

from __future__ import annotations

from random import Random

from lab.plan import (
    GRACE_S,
    GUARD_AFTER_S,
    GUARD_BEFORE_S,
    LONGEST_LIMIT_S,
    Episode,
    Errand,
    Pace,
    Plan,
    collides,
    overlap,
    within,
)
from lab.scenarios import attack, normal
from lab.scenarios.normal.personas import PERSONAS
from lab.scenarios.scenario import Attack, AttackDraft, Leg, Scene
from lab.topology import Host, LabError, Network

_TRIES = 30


def make_plan(network: Network, seed: int, pace: Pace) -> Plan:
    episodes = _episodes(network, Random(f"{seed}/{network.name}/episodes"), pace)
    errands = [e for host in network.hosts for e in _errands(network, host, seed, pace)]
    errands = [e for e in errands if not any(_in_the_way(network, e, episode) for episode in episodes)]
    return Plan(tuple(sorted(errands, key=lambda e: e.start_s)), tuple(episodes))


# ---- normal life -------------------------------------------------------------------------------------------------------------


def _errands(network: Network, host: Host, seed: int, pace: Pace) -> list[Errand]:
    errands = []
    for kind, a_minute in PERSONAS.get(host.persona, {}).items():
        chance = Random(f"{seed}/{network.name}/{host.name}/{kind}")
        rate = a_minute * pace.activity * chance.lognormvariate(0, 0.35) / 60
        now = chance.uniform(0, 1.2) * chance.expovariate(rate)
        while now < pace.seconds - 5:
            draft = normal.ALL[kind].draw(Scene(network, host, pace.gentle), chance)
            if draft is None:
                break
            limit = int(min(draft.limit_s, LONGEST_LIMIT_S, pace.seconds - now))
            errands.append(Errand(kind, host.name, now, limit, draft.script, draft.touches))
            now += chance.expovariate(rate)
    return errands


def _in_the_way(network: Network, errand: Errand, episode: Episode) -> bool:
    if (
        errand.start_s > episode.end_s + GUARD_AFTER_S
        or errand.start_s + errand.limit_s < episode.start_s - GUARD_BEFORE_S
    ):
        return False
    own = (network.address4(errand.host), network.address6(errand.host))
    for leg in episode.draft.legs:
        # Most hosts have nothing to do with an episode: ask that before every single touch.
        near = [a for a in own if within(a, leg.attacker) or within(a, leg.victim)]
        if any(collides(address, touch, leg) for address in near for touch in errand.touches):
            return True
    return False


# ---- attacks -----------------------------------------------------------------------------------------------------------------


def _episodes(network: Network, chance: Random, pace: Pace) -> list[Episode]:
    wanted = int((pace.seconds - pace.quiet_s) / 60 * pace.episodes_per_minute)
    if wanted <= 0:
        return []
    episodes: list[Episode] = []
    _add_campaigns(network, chance, pace, episodes)
    for name in _deck(chance, pace, wanted):
        if len(episodes) < wanted:
            _add(network, chance, pace, episodes, attack.ALL[name])
    episodes.sort(key=lambda e: e.start_s)
    return [
        Episode(f"e{n:03d}", e.campaign_id or f"e{n:03d}", e.name, e.host, e.start_s, e.draft)
        for n, e in enumerate(episodes, 1)
    ]


def _deck(chance: Random, pace: Pace, wanted: int) -> list[str]:
    """Names of attacks, each class in turn, so that a short recording holds every class too."""
    names = pace.only or tuple(attack.ALL)
    for name in names:
        if name not in attack.ALL:
            raise LabError(f"no attack is called {name!r}; `python3 -m lab list` names them")
    if pace.only:
        return [names[n % len(names)] for n in range(wanted)]
    by_class: dict[str, list[str]] = {}
    for name in names:
        by_class.setdefault(_group(name), []).append(name)
    deck: list[str] = []
    while len(deck) < 2 * wanted:
        groups = [*by_class, "scan", "brute_force", "flood"]  # the classes with the most ways come twice as often
        chance.shuffle(groups)
        deck += [chance.choices(by_class[g], [attack.ALL[n].weight for n in by_class[g]])[0] for g in groups]
    return deck


def _group(name: str) -> str:
    module = attack.ALL[name].draw.__module__.rsplit(".", 1)[1]
    return attack.ALL[name].group or ("scan" if module == "sweep" else module)


def _add(
    network: Network,
    chance: Random,
    pace: Pace,
    episodes: list[Episode],
    kind: Attack,
    actor: Host | None = None,
    campaign: str = "",
    earliest: float = 0.0,
) -> Episode | None:
    """Draws actor, time and parameters until they share nothing with the episodes so far; None when that never happens."""
    for _ in range(_TRIES):
        host = actor or _actor(network, chance, kind)
        draft = kind.draw(Scene(network, host, pace.gentle), chance)
        latest = pace.seconds - GRACE_S - (draft.limit_s if draft else 0)
        first = max(pace.quiet_s, earliest)
        if draft is None or latest <= first or _out_of_sight(network, draft):
            continue
        start = chance.uniform(first, min(latest, first + 25) if campaign else latest)
        episode = Episode("", campaign, kind.name, host.name, start, draft)
        if not any(_too_near(episode, other) for other in episodes):
            episodes.append(episode)
            return episode
    return None


def _out_of_sight(network: Network, draft: AttackDraft) -> bool:
    """Whether all of it stays between machines beyond one tunnel: the sensor would see nothing."""
    nets = [str(g.network) for s in network.tunnelled() for g in (s.gateway4, s.gateway6)]
    return any(all(overlap(leg.attacker, net) and overlap(leg.victim, net) for leg in draft.legs) for net in nets)


def _actor(network: Network, chance: Random, kind: Attack) -> Host:
    """An attacker; for attacks from inside any host with a normal life in the network, or an attacker there."""
    if kind.inside:
        return chance.choice([h for h in network.hosts if h.segment != "out" and h.persona and network.seen(h)])
    return chance.choice(network.attackers())


def _too_near(one: Episode, other: Episode) -> bool:
    if one.start_s > other.end_s + GUARD_AFTER_S or other.start_s > one.end_s + GUARD_AFTER_S:
        return False
    if one.name == other.name == "dns-tunnel":
        return True  # the leg from the resolver to the far end is shared
    return any(_legs_meet(a, b) for a in one.draft.legs for b in other.draft.legs)


def _legs_meet(a: Leg, b: Leg) -> bool:
    if a.protocol != b.protocol or (a.port_of and b.port_of and a.attacker != b.attacker):
        return False
    ports = a.victim_port is None or b.victim_port is None or a.victim_port == b.victim_port
    same = ports and overlap(a.attacker, b.attacker) and overlap(a.victim, b.victim)
    crossed = overlap(a.attacker, b.victim) and overlap(a.victim, b.attacker)
    return same or crossed


_STORIES = (
    ("nmap-syn", "hydra-ssh", "exfiltrate-scp"),
    ("nmap-sweep", "nmap-versions", "sqlmap"),
    ("nmap-one-port", "hydra-ftp", "exfiltrate-nc"),
)


def _add_campaigns(network: Network, chance: Random, pace: Pace, episodes: list[Episode]) -> None:
    """Stories of one actor, one step after the other; only in recordings that are long enough for them."""
    if pace.only or pace.seconds - pace.quiet_s < 300:
        return
    for number, story in enumerate(chance.sample(_STORIES, 2), 1):
        actor = chance.choice([h for h in network.attackers() if h.segment != "out"] or network.attackers())
        earliest = 0.0
        for step in story:
            episode = _add(network, chance, pace, episodes, attack.ALL[step], actor, f"c{number:02d}", earliest)
            earliest = episode.end_s if episode else earliest
