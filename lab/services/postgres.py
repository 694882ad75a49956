# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL with a small shop in it."""

from __future__ import annotations

from lab.services.service import Service
from lab.topology import Host, Network

PORT = 5432
URL_USER, URL_PASSWORD, DATABASE = "clerk", "inkwell", "shop"

_SCHEMA = """
create role clerk login password 'inkwell';
create database shop owner clerk;
\\c shop
set role clerk;
create table orders(id serial primary key, customer text, total numeric, note text, at timestamptz default now());
insert into orders(customer, total, note) select 'c' || n % 97, n * 1.5, repeat('x', n % 300) from generate_series(1, 20000) n;
"""


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    return {"srv/schema.sql": _SCHEMA}


def _script(network: Network, host: Host) -> str:
    return """
bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
as="setpriv --reuid postgres --regid postgres --clear-groups"
install -d -o postgres -g postgres /srv/pg /run/postgresql
cd /
$as $bin/initdb -D /srv/pg -A scram-sha-256 --auth-local=trust --no-sync >/dev/null
printf "listen_addresses='*'\\nfsync=off\\nmax_connections=40\\nshared_buffers=16MB\\n" >> /srv/pg/postgresql.conf
printf "host all all 198.18.0.0/15 scram-sha-256\\nhost all all ::/0 scram-sha-256\\n" >> /srv/pg/pg_hba.conf
$as $bin/pg_ctl -D /srv/pg -w -l /srv/pg/log start >/dev/null
$as psql -q -h /run/postgresql postgres -f /srv/schema.sql
"""


SERVICE = Service("postgres", _files, _script, lambda network, host: (PORT,), "psql", ("psql", "--version"))
