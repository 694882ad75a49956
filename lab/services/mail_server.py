# SPDX-License-Identifier: Apache-2.0
"""Takes mail by SMTP (aiosmtpd), with STARTTLS for who wants it, for people who have a home here, into their Maildir.

mail_server.py PORT DOMAIN CERTIFICATE KEY
"""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import ssl
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP

_SERIAL = itertools.count()


class Post:
    """What the SMTP server asks about each letter."""

    def __init__(self, domain: str) -> None:
        self.domain = domain

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: ANN001, N802 - aiosmtpd calls it so
        user, _, domain = address.partition("@")
        if domain.lower() != self.domain or not Path("/home", user).is_dir():
            return "550 nobody here has that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ANN001, N802
        for address in envelope.rcpt_tos:
            store(address.partition("@")[0], envelope.content)
        return "250 taken"


def store(user: str, letter: bytes) -> None:
    """As Maildir wants it: written in tmp, then moved to new."""
    owner = pwd.getpwnam(user)
    box = Path(owner.pw_dir, "Maildir")
    for folder in (box, box / "tmp", box / "new", box / "cur"):
        folder.mkdir(mode=0o700, exist_ok=True)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    name = f"{time.time():.6f}.{next(_SERIAL)}.post"
    (box / "tmp" / name).write_bytes(letter)
    shutil.chown(box / "tmp" / name, owner.pw_uid, owner.pw_gid)
    (box / "tmp" / name).rename(box / "new" / name)


async def main(port: int, domain: str, certificate: str, key: str) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()

    def connection() -> SMTP:
        return SMTP(Post(domain), hostname=f"post.{domain}", tls_context=tls, data_size_limit=32 << 20, timeout=60)

    servers = [await loop.create_server(connection, address, port) for address in ("0.0.0.0", "::")]  # noqa: S104 - a namespace of the lab
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:]))
