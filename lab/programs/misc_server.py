# SPDX-License-Identifier: Apache-2.0
"""Small servers of the lab in one process: mail (smtp, pop3, imap) and telnet log-ins that refuse everyone but take mail,
push and chat, peers, SNMP-like answers, media, and collectors that never answer. Answers from the address that was asked."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
import threading
import time

GREETINGS = {25: b"220 mail ready\r\n", 110: b"+OK ready\r\n", 143: b"* OK ready\r\n", 23: b"login: "}
PUSH, PEERS = (5228, 5222), (6881, 6882, 51413)
ANSWERING, SILENT, MEDIA = (161, 6881, 6882, 51413, 3702), (514, 2055, 8125), (5004, 3478)
BURSTS = (4433,)
_PKTINFO = getattr(socket, "IP_PKTINFO", 8)


async def lines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    port = writer.get_extra_info("sockname")[1]
    wrong, in_data = 0, False
    writer.write(GREETINGS[port])
    try:
        while line := await asyncio.wait_for(reader.readline(), 40):
            word = line.strip().upper()
            if in_data:
                in_data = word != b"."
                if not in_data:
                    writer.write(b"250 taken\r\n")
                continue
            if port == 25:
                in_data = word == b"DATA"
                refuse = word.startswith(b"AUTH")
                writer.write(b"535 no\r\n" if refuse else b"354 go on\r\n" if in_data else b"250 OK\r\n")
            elif port == 110:
                refuse = word.startswith(b"PASS")
                writer.write(b"-ERR no\r\n" if refuse else b"+OK\r\n")
            elif port == 143:
                tag, refuse = line.split(b" ")[0], b"LOGIN" in word and b"MIRA" not in word
                writer.write(tag + (b" NO wrong\r\n" if refuse else b" OK done\r\n"))
            else:
                refuse = wrong % 2 == 1
                writer.write(b"Login incorrect\r\nlogin: " if refuse else b"Password: ")
                wrong += not refuse
            if refuse:
                await writer.drain()
                await asyncio.sleep(0.05)
                wrong += 1
            if word.startswith((b"QUIT", b"Z LOGOUT")) or wrong > 8:
                break
    except (OSError, TimeoutError, ValueError):
        pass
    writer.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await asyncio.wait_for(reader.read(4000), 150):
            writer.write(os.urandom(min(len(data), random.choice((6, 30, 200, 1200)))))
    except (OSError, TimeoutError):
        pass
    writer.close()


def udp(port: int) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, _PKTINFO, 1)
    sock.bind(("0.0.0.0", port))  # noqa: S104 - a namespace of the lab
    while True:
        data, extra, _, client = sock.recvmsg(4000, 64)
        if port in SILENT:
            continue
        if port in BURSTS:
            threading.Thread(target=burst, args=(sock, data, extra, client), daemon=True).start()
            continue
        size = len(data) if port in MEDIA else random.choice((60, 100, 290, 480, 900))
        try:
            sock.sendmsg([os.urandom(size)], answer_from(extra), 0, client)
        except OSError:
            pass


def answer_from(extra: list) -> list:
    """The kernel's in_pktinfo: interface, local address, destination; the answer leaves from the destination."""
    asked = next((d[8:12] for level, kind, d in extra if level == socket.IPPROTO_IP and kind == _PKTINFO), b"")
    return [(socket.IPPROTO_IP, _PKTINFO, b"\0\0\0\0" + asked + b"\0\0\0\0")] if asked else []


def burst(sock: socket.socket, data: bytes, extra: list, client: tuple) -> None:
    """As many datagrams as the request asks for, paced; acknowledgements are short and ask for none."""
    if len(data) < 50:
        return
    for number in range(min(struct.unpack_from(">H", data)[0], 400)):
        try:
            sock.sendmsg([os.urandom(1250)], answer_from(extra), 0, client)
        except OSError:
            return
        if number % 10 == 9:
            time.sleep(0.004)


async def main() -> None:
    for port in (*ANSWERING, *SILENT, *MEDIA, *BURSTS):
        threading.Thread(target=udp, args=(port,), daemon=True).start()
    servers = []
    for ports, act in ((GREETINGS, lines), (PUSH, echo), (PEERS, echo)):
        for port in ports:
            servers.append(await asyncio.start_server(act, "0.0.0.0", port, limit=1 << 20))  # noqa: S104
            servers.append(await asyncio.start_server(act, "::", port, limit=1 << 20))
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
