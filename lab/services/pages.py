# SPDX-License-Identifier: Apache-2.0
"""Pages as a browser meets them, served by the host's nginx under /r/: style sheets, scripts, pictures that load when they come into
sight, parts from other sites, and a script that reports and polls. For programs/chromium.py; TLS there speaks HTTP/2."""

from __future__ import annotations

import random
import struct
import zlib

from lab.services.service import Service
from lab.topology import Host, Network

PAGES = 16
_PICTURES, _SHEETS, _SCRIPTS = 60, 4, 6


def partners(network: Network) -> list[str]:
    """Names of sites from which pages take scripts and pictures: advertisements, fonts, statistics; the first addresses of hosts with many."""
    hosts = [h for h in network.serving("pages") if h.aliases]
    return [f"{h.name}{n}.{network.domain}" for h in hosts for n in range(1, min(8, h.aliases * 3 // 4) + 1)]


def picture(chance: random.Random, size: int) -> bytes:
    """A PNG of noise, of about so many bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    width = 96
    height = max(1, size // (width + 1))
    rows = b"".join(b"\0" + chance.randbytes(width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def _script_text(chance: random.Random) -> str:
    """Reports once, polls for news, now and then fetches more when the page is moved."""
    poll_ms = chance.choice((2500, 5000, 10000))
    wait_s = chance.choice((0, 0, 2, 6))
    return f"""
const filler = "{"x" * chance.randint(500, 60000)}";
fetch("/app/api/telemetry", {{method: "POST", body: JSON.stringify({{page: location.pathname, pad: filler.slice(0, {chance.randint(20, 900)})}})}}).catch(() => 0);
async function news() {{
  try {{ await (await fetch("/app/poll?wait={wait_s}&size={chance.randint(20, 4000)}&at=" + Date.now())).text(); }} catch (e) {{}}
  setTimeout(news, {poll_ms});
}}
setTimeout(news, 1500);
let more = {chance.randint(0, 10)};
addEventListener("scroll", () => {{
  if (more-- > 0) {{ const i = new Image(); i.src = "/r/i/" + Math.floor(Math.random() * {_PICTURES}) + ".png?" + more; document.body.append(i); }}
}});
"""


def _page(number: int, chance: random.Random, others: list[str], port: int) -> str:
    sheets = "".join(
        f'<link rel="stylesheet" href="/r/c/{n}.css">'
        for n in chance.sample(range(_SHEETS), chance.randint(1, _SHEETS))
    )
    scripts = "".join(
        f'<script src="/r/s/{n}.js" {chance.choice(("defer", "async"))}></script>'
        for n in chance.sample(range(_SCRIPTS), chance.randint(1, 4))
    )
    for site in chance.sample(others, min(len(others), chance.randint(0, 5))):
        base = f"https://{site}:{port}/r"
        scripts += f'<script src="{base}/s/lib{chance.randrange(_SCRIPTS)}.js" async></script>'
        scripts += f'<img src="{base}/i/{chance.randrange(_PICTURES)}.png">' * chance.randint(0, 3)
    parts = []
    for _ in range(chance.randint(6, 40)):
        lazy = 'loading="lazy"' if chance.random() < 0.6 else ""
        parts.append(f'<img {lazy} width=300 height=200 src="/r/i/{chance.randrange(_PICTURES)}.png">')
        parts.append(f"<p>{'words ' * chance.randint(5, 300)}</p>")
        if chance.random() < 0.3:
            parts.append(f'<a href="/r/{chance.randrange(PAGES)}.html">more</a>')
    return (
        f"<!doctype html><html><head><title>{number}</title>{sheets}</head>"
        f'<body>{scripts}<a href="/r/{(number + 1) % PAGES}.html">next</a>{"".join(parts)}</body></html>'
    )


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    chance = random.Random(f"pages/{host.name}")
    others = partners(network)
    files: dict[str, str | bytes] = {
        f"srv/www/r/i/{n}.png": picture(chance, min(int(chance.lognormvariate(9.2, 1.2)) + 300, 500_000))
        for n in range(_PICTURES)
    }
    for n in range(_SHEETS):
        files[f"srv/www/r/c/{n}.css"] = f"p {{ max-width: {40 + n}em }}\n" + f".c{n} {{ color: #123 }}\n" * (
            chance.randint(20, 2000)
        )
    for n in range(_SCRIPTS):
        files[f"srv/www/r/s/{n}.js"] = _script_text(chance)
        files[f"srv/www/r/s/lib{n}.js"] = f"/* {'library ' * chance.randint(100, 20000)} */\n"
    for n in range(PAGES):
        files[f"srv/www/r/{n}.html"] = _page(n, chance, others, network.tls_port)
    return files


# nginx, which must stand before it in a host's services, serves the files.
SERVICE = Service("pages", _files, lambda network, host: "true\n")
