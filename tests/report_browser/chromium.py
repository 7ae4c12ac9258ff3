"""A headless Chromium that is driven through its DevTools pipe: no port, no package, no network."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run",
         "--disable-default-apps", "--host-resolver-rules=MAP * ~NOTFOUND")  # fmt: skip


class Chromium:
    """One page of a browser.

    Attributes
    ----------
    events : list of dict
        All that the browser reported, such as requests and messages of the console.
    """

    def __init__(self, program: str = "chromium"):
        self.events: list[dict[str, Any]] = []
        self._number, self._session, self._rest = 0, None, b""
        to_child, self._write = os.pipe()
        self._read, from_child = os.pipe()
        self._profile = tempfile.TemporaryDirectory()
        # The child finds the pipe as files 3 and 4.
        shell = f'exec "$0" "$@" 3<&{to_child} 4>&{from_child}'
        command = [
            "/bin/bash",
            "-c",
            shell,
            program,
            *FLAGS,
            f"--user-data-dir={self._profile.name}",
            "about:blank",
        ]
        self._process = subprocess.Popen(command, pass_fds=(to_child, from_child), stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Chromium:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._write)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        self._profile.cleanup()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._write, data) :]
        while True:
            answer = self._next()
            if answer.get("id") != message["id"]:
                self.events.append(answer)
            elif "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']}")
            else:
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = os.read(self._read, 1 << 20)
            if not read:
                raise RuntimeError("the browser ended")
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path, seconds: float = 120) -> None:
        """Open a file and wait until it is loaded."""
        before = len(self.events)
        self.call("Page.navigate", url=path.resolve().as_uri())
        until = time.monotonic() + seconds
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events[before:]):
            if time.monotonic() > until:
                raise RuntimeError(f"{path} was not loaded within {seconds} s")
            self.call("Runtime.evaluate", expression="1")

    def run(self, script: str) -> Any:
        """The value of a script in the page; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(
                answer["exceptionDetails"]["exception"].get("description", "the script failed")
            )
        return answer["result"].get("value")

    def window(self, width: int, height: int, dark: bool = False) -> None:
        """Set the size of the window, and whether the reader prefers dark pages."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.call("Emulation.setEmulatedMedia", features=[scheme, still])

    def picture(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def paper(self, path: Path) -> int:
        """Write the page as PDF; returns its bytes."""
        data = base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])
        path.write_bytes(data)
        return len(data)
