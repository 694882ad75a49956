# SPDX-License-Identifier: Apache-2.0
"""Look-ups of machines that check what comes in: block lists by reversed address, reputation by hash, a mail's policies, names of
a delivery network, on behalf of many; from one kept socket or fresh ports, steady or in bursts. Normal, and much like a tunnel."""

from __future__ import annotations

import collections
import select
import socket
import time

from common import Pace, arguments
from tunneler import question

Question = tuple[str, str]
HOLD = 200  # fresh sockets that wait for their answers


class Asker:
    def __init__(self, options, pace: Pace) -> None:  # noqa: ANN001
        self.o, self.chance = options, pace.chance
        self.known = [self.reversed() for _ in range(30)]

    def reversed(self) -> str:
        return ".".join(str(self.chance.randint(1, 223)) for _ in range(4))

    def domain(self) -> str:
        return f"z{min(int(self.chance.paretovariate(0.6)) - 1, self.o.zones - 1)}.{self.o.top}"

    def blocklists(self) -> list[Question]:
        """One address under several lists; the reason is asked where it may be listed."""
        chance, asked = self.chance, []
        address = chance.choice(self.known) if chance.random() < 0.3 else self.reversed()
        for number in chance.sample(range(6), chance.randint(1, 6)):
            asked.append((f"{address}.bl{number}.{self.o.top}", "A"))
            if int(address.rsplit(".", 1)[1]) % 8 == 0 or chance.random() < 0.15:
                asked.append((f"{address}.bl{number}.{self.o.top}", "TXT"))
        return asked

    def reputation(self) -> list[Question]:
        """A file's or a link's hash in a label: 32 to 63 hex characters."""
        chance = self.chance
        kind = chance.choice(("A", "TXT", "TXT"))
        width = chance.choice((32, 32, 40, 56, 62))
        return [
            (
                f"{chance.randbytes(width // 2).hex()}.{chance.choice(('a', 'b', 'f'))}{chance.randrange(6)}.rep{chance.randrange(3)}.{self.o.top}",
                kind,
            )
            for _ in range(chance.randint(1, 4))
        ]

    def policy(self) -> list[Question]:
        chance, domain = self.chance, self.domain()
        asked = [(domain, "MX"), (domain, "TXT"), (f"_dmarc.{domain}", "TXT"), (f"mail.{domain}", "A")]
        if chance.random() < 0.6:
            asked.append((f"s{chance.randrange(1, 2000)}._domainkey.{domain}", "TXT"))
        asked += [(f"_spf{n}.{domain}", "TXT") for n in range(chance.randint(0, 3))]
        return chance.sample(asked, chance.randint(1, len(asked)))

    def backwards(self) -> list[Question]:
        return [(f"{self.reversed()}.in-addr.arpa", "PTR")]

    def web(self) -> list[Question]:
        """Names as long and odd as delivery networks and telemetry make them."""
        chance = self.chance
        name = f"{chance.choice(('e', 'd', 'x'))}{chance.randrange(90000)}.{chance.choice(('dsc', 'g', 'r'))}{chance.randrange(30)}.{chance.choice(('edge', 'cdn-img', 'akam'))}"
        if chance.random() < 0.3:
            name = f"{chance.randbytes(chance.randint(6, 16)).hex()}-{chance.randrange(99)}.{name}"
        if chance.random() < 0.1:
            return [(f"{chance.randbytes(5).hex()}.nowhere.{self.o.top}", "A")]
        name = f"{name}.{self.domain()}"
        return [(name, "A"), (name, "AAAA")] if chance.random() < 0.6 else [(name, "A")]

    def message(self) -> list[Question]:
        """All that one incoming mail causes."""
        asked = [*self.backwards(), *self.blocklists(), *self.policy()]
        for _ in range(self.chance.randint(0, 4)):
            asked += self.chance.choice((self.reputation, self.web))()
        return asked

    def next(self) -> list[Question]:
        if self.o.way == "forward":
            return self.chance.choices((self.web, self.policy, self.backwards, self.reputation), (8, 1, 1, 1))[0]()
        return getattr(self, self.o.way)()


def main() -> None:
    parser = arguments(__doc__, count=3000, seconds=100)
    parser.add_argument("way", choices=("blocklists", "reputation", "policy", "web", "message", "forward"))
    parser.add_argument("resolver")
    parser.add_argument("top", help="the zone above z0, bl0, rep0, ...")
    parser.add_argument("--zones", type=int, default=40)
    parser.add_argument("--fresh", type=float, default=0.5, help="share of questions from a port of their own")
    parser.add_argument("--burst", type=int, default=1, help="so many subjects at once")
    parser.add_argument("--gap", type=float, default=0.003, help="seconds between two questions of a burst")
    options = parser.parse_args()
    pace = Pace(options)
    asker, chance = Asker(options, pace), pace.chance
    where = (options.resolver, 53)
    kept = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(chance.choice((1, 1, 3)))]
    held: collections.deque[socket.socket] = collections.deque()
    while pace.left > 0 and pace.remaining_s() > 0.1:
        for name, kind in [asked for _ in range(chance.randint(1, options.burst)) for asked in asker.next()]:
            pace.left -= 1
            if chance.random() < options.fresh:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                held.append(sock)
                if len(held) > HOLD:
                    held.popleft().close()
            else:
                sock = chance.choice(kept)
            sock.sendto(question(name, chance, kind), where)
            if options.gap:
                time.sleep(options.gap * chance.uniform(0, 2))
        until = time.monotonic() + pace.wait_s()
        while True:
            for sock in select.select([*kept, *held], [], [], max(0.0, until - time.monotonic()))[0]:
                sock.recv(4000)
                if sock not in kept:
                    held.remove(sock)
                    sock.close()
            if time.monotonic() >= until:
                break


if __name__ == "__main__":
    main()
