# SPDX-License-Identifier: Apache-2.0
"""Someone at a browser: Chromium without a window opens pages, reads, scrolls and follows links, and is ended.

Driven by its own protocol over a pipe, so that it opens no port. Everything that it would do in the background is off.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from common import Pace, arguments

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--no-zygote",
    "--mute-audio",
    "--password-store=basic",
    "--metrics-recording-only",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-features=MediaRouter,OptimizationHints,AutofillServerCommunication,CertificateTransparencyComponentUpdater,Translate",
    "--ignore-certificate-errors",
    "--renderer-process-limit=2",
    "--window-size=1280,900",
    "--remote-debugging-pipe",
)
_HIGH = 20  # descriptors from here on, so that 3 and 4 are free for the browser's ends


def _high_pipe() -> tuple[int, int]:
    """A pipe whose ends keep clear of the numbers that the browser wants for its own."""
    low = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _HIGH) for end in low)
    for end in low:
        os.close(end)
    return read, write


class Browser:
    """One Chromium, from its start to its end; speaks by messages that end in a zero byte."""

    def __init__(self, program: str, domain: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="chromium-")
        theirs_in, self.out = _high_pipe()
        self.into, theirs_out = _high_pipe()
        command = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out} {theirs_in}<&- {theirs_out}>&-'
        # No name outside of the lab's domain is even asked for.
        names = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE *.{domain}" if domain else ""
        flags = [*_FLAGS, f"--user-data-dir={self.folder}", *([names] if names else [])]
        self.process = subprocess.Popen(
            ["bash", "-c", command, "chromium", program, *flags, "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs_in, theirs_out),
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.number = 0
        self.session = ""
        self.rest = b""

    def tell(self, method: str, **parameters: object) -> int:
        self.number += 1
        message: dict[str, object] = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        return self.number

    def messages(self, until: float):  # noqa: ANN201 - a generator of dictionaries
        """What it says, until then; TimeoutError afterwards, EOFError when it has ended."""
        while True:
            while b"\0" in self.rest:
                one, self.rest = self.rest.split(b"\0", 1)
                yield json.loads(one)
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.into], [], [], left)[0]:
                raise TimeoutError("the browser said nothing more")
            part = os.read(self.into, 1 << 16)
            if not part:
                raise EOFError("the browser ended")
            self.rest += part

    def ask(self, method: str, wait_s: float, **parameters: object) -> dict:
        number = self.tell(method, **parameters)
        return next(m for m in self.messages(time.monotonic() + wait_s) if m.get("id") == number).get("result", {})

    def open_page(self, wait_s: float) -> None:
        target = self.ask("Target.createTarget", wait_s, url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", wait_s, targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable", wait_s)

    def await_load(self, wait_s: float) -> bool:
        """Whether the page had everything in time; a slow one is read as far as it came."""
        try:
            return any(m.get("method") == "Page.loadEventFired" for m in self.messages(time.monotonic() + wait_s))
        except TimeoutError:
            return False

    def end(self) -> None:
        """Its end, asked for politely first; its children end with it."""
        try:
            self.session = ""
            self.tell("Browser.close")
            self.process.wait(3)
        except (OSError, subprocess.TimeoutExpired):
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def visit(browser: Browser, pace: Pace, sites: list[str], patience_s: float) -> int:
    """Opens pages, of one site after the other; how many came whole."""
    whole = 0
    chance, site = pace.chance, sites[0]
    follow = False
    while pace.go_on():
        if follow:
            browser.tell(
                "Runtime.evaluate",
                expression=f"(l => l[{chance.randrange(99)} % l.length].click())(document.links)",
            )
        else:
            site = chance.choice(sites)
            browser.tell("Page.navigate", url=f"{site}/r/{chance.randrange(16)}.html")
        whole += browser.await_load(min(patience_s, pace.remaining_s()))
        for _ in range(chance.randint(0, 6)):
            time.sleep(min(chance.uniform(0.3, 2.5), pace.remaining_s()))
            browser.tell("Runtime.evaluate", expression=f"scrollBy(0, {chance.randint(200, 1500)})")
        time.sleep(min(chance.expovariate(1 / max(pace.pause_s, 0.1)), pace.remaining_s()))
        follow = whole > 0 and chance.random() < 0.6
    return whole


def main() -> int:
    parser = arguments(__doc__, count=6, seconds=80)
    parser.add_argument("sites", help="http(s)://name:port, separated by commas")
    parser.add_argument("--program", default="/usr/bin/chromium")
    parser.add_argument("--domain", default="", help="the only one whose names it looks up")
    parser.add_argument("--patience", type=float, default=15.0, help="seconds to wait for a page")
    options = parser.parse_args()
    pace = Pace(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    browser = Browser(options.program, options.domain)
    whole = 0
    try:
        browser.open_page(min(options.patience + 5, pace.remaining_s()))
        whole = visit(browser, pace, options.sites.split(","), options.patience)
    except (TimeoutError, EOFError, BrokenPipeError, KeyError) as error:
        print(f"chromium: {error!r}", file=sys.stderr)
    finally:
        browser.end()
    print(f"{whole} pages", flush=True)
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
