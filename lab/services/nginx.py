# SPDX-License-Identifier: Apache-2.0
"""nginx: a static site of pages with objects, the dynamic application behind it, the same over TLS."""

from __future__ import annotations

import random

from lab.services.service import Service
from lab.topology import Host, Network

PAGES = 24
OBJECTS = 90
DOWNLOADS_KB = (300, 900, 2000, 4000)


def _site(host: Host) -> dict[str, str | bytes]:
    chance = random.Random(f"site/{host.name}")
    objects = {
        f"srv/www/o/{n}.bin": chance.randbytes(min(int(chance.lognormvariate(9.0, 1.4)) + 120, 400_000))
        for n in range(OBJECTS)
    }
    pages = {}
    for n in range(PAGES):
        links = "".join(f'<img src="/o/{chance.randrange(OBJECTS)}.bin">' for _ in range(chance.randint(2, 25)))
        pages[f"srv/www/p/{n}.html"] = (
            f"<html><body><h1>{host.name} {n}</h1>{links}{'text ' * chance.randint(50, 4000)}</body></html>"
        )
    downloads = {f"srv/www/d/{kb}.iso": chance.randbytes(kb * 1024) for kb in DOWNLOADS_KB}
    return {
        **objects,
        **pages,
        **downloads,
        "srv/www/index.html": pages["srv/www/p/0.html"],
        "srv/www/admin/index.html": "admin\n",
    }


def _files(network: Network, host: Host) -> dict[str, str | bytes]:
    proxy = ""
    if "webapp" in host.services:
        proxy = f"""
    location /app/ {{ proxy_pass http://127.0.0.1:{network.app_port}/; proxy_http_version 1.1; proxy_set_header Connection ""; }}"""
    body = f"""
    root /srv/www;
    index index.html;
    location /admin/ {{ auth_basic "staff"; auth_basic_user_file /srv/htpasswd; }}{proxy}
"""
    modern = "pages" in host.services
    types = "  include /etc/nginx/mime.types;\n" if modern else ""
    http2 = " http2" if modern else ""
    config = f"""
user root;
worker_processes 1;
error_log /var/log/nginx-error.log;
pid /run/nginx.pid;
events {{ worker_connections 1024; }}
http {{
{types}  access_log off;
  keepalive_timeout 20s;
  client_body_temp_path /tmp/nginx-body; proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-f; uwsgi_temp_path /tmp/nginx-u; scgi_temp_path /tmp/nginx-s;
  client_max_body_size 32m;
  server {{ listen {network.web_port}; listen [::]:{network.web_port};{body}  }}
  server {{ listen {network.tls_port} ssl{http2}; listen [::]:{network.tls_port} ssl{http2};
    ssl_certificate /srv/tls.crt; ssl_certificate_key /srv/tls.key;{body}  }}
}}
"""
    return {**_site(host), "srv/nginx.conf": config}


def _script(network: Network, host: Host) -> str:
    return f"""
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN={host.name}.{network.domain} \
  -keyout /srv/tls.key -out /srv/tls.crt 2>/dev/null
echo "admin:$(openssl passwd -apr1 -salt weirlab dragon)" > /srv/htpasswd
nginx -c /srv/nginx.conf
"""


SERVICE = Service(
    "nginx", _files, _script, lambda network, host: (network.web_port, network.tls_port), "nginx", ("nginx", "-v")
)
