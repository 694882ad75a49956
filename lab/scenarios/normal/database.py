# SPDX-License-Identifier: Apache-2.0
"""Queries over a connection that stays open for a while (PostgreSQL), and a cache (redis)."""

from __future__ import annotations

from random import Random

from lab.scenarios.scenario import Draft, Habit, Scene
from lab.services import postgres, redis

_QUERIES = (
    "select count(*) from orders",
    "select * from orders where id = {n}",
    "select * from orders order by at desc limit {m}",
    "select customer, sum(total) from orders group by 1",
    "insert into orders(customer, total, note) values (''c{m}'', {n}, ''new'')",
    "update orders set note = ''seen'' where id = {n}",
    "select note from orders where id between {n} and {n} + {m}",
)


def queries(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("postgres")
    if not servers:
        return None
    server = chance.choice(servers)
    words = []
    for _ in range(chance.randint(1, 12)):
        query = (
            chance.choice(_QUERIES).format(n=chance.randint(1, 19000), m=chance.randint(1, 400)).replace("''", "\\x27")
        )
        words.append(f"printf '{query};\\n'; sleep {min(chance.expovariate(1.2), 8):.2f}")
    url = f"postgresql://{postgres.URL_USER}:{postgres.URL_PASSWORD}@{scene.name(server)}/{postgres.DATABASE}"
    return Draft(f"({'; '.join(words)}) | psql -q -X {url}", 60, scene.touch(server, postgres.PORT))


def cache(scene: Scene, chance: Random) -> Draft | None:
    servers = scene.others("redis")
    if not servers:
        return None
    server = chance.choice(servers)
    words = []
    for _ in range(chance.randint(2, 40)):
        key = chance.randrange(200)
        words.append(
            chance.choice((f"echo get k{key}", f"echo set k{key} {'v' * chance.randint(1, 900)}", f"echo incr n{key}"))
        )
        if chance.random() < 0.3:
            words.append(f"sleep {min(chance.expovariate(1.5), 6):.2f}")
    return Draft(
        f"({'; '.join(words)}) | redis-cli --no-auth-warning -a {redis.PASSWORD} -h {scene.name(server)} -p {redis.PORT}",
        60,
        scene.touch(server, redis.PORT),
    )


HABITS = (Habit("database", queries), Habit("cache", cache))
