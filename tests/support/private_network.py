"""A network as companies have them, in front of one plain HTTP server: a proxy, and TLS under a CA that nobody knows.

    python private_network.py HOST:PORT FOLDER

Says on one line of JSON where the proxy and the TLS server listen and where the CA's certificate lies. Whatever name a client
asks the proxy for, it meets HOST:PORT there, behind TLS for CONNECT. Each request is a line of FOLDER/requests: `CONNECT
name:port`, `FORWARD url`, `TLS`. Ends when standard input closes.
"""

import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
from pathlib import Path

import supervise

NAMES = ["localhost", "*.amazonaws.com", "*.us-west-2.amazonaws.com", "*.us-west-2.api.aws"]
CHUNK_BYTES = 65536


def make_certificates(folder: Path) -> None:
    """A CA in `ca.pem`, and a certificate of its for every name in `server.pem`."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=private CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    names = ",".join(f"DNS:{name}" for name in NAMES)
    (folder / "names").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"]
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed)


class Network:
    """The proxy and the TLS server, before `upstream`."""

    def __init__(self, upstream: tuple[str, int], folder: Path):
        self.upstream, self.requests = upstream, folder / "requests"
        self.requests.touch()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def note(self, line: str) -> None:
        with self.requests.open("a") as file:
            file.write(line + "\n")

    async def proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection to the proxy: a tunnel for CONNECT, else requests passed on."""
        line = await reader.readline()
        method, target, _ = line.decode().split(" ")
        if method != "CONNECT":
            self.note(f"FORWARD {target}")
            # asked for by its whole URL, answered to its path alone
            origin = target.encode().split(b"/", 3)
            whole = b" " + b"/".join(origin[:3]) + b"/"
            return await self.join(reader, writer, line, whole)
        self.note(f"CONNECT {target}")
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await writer.drain()
        await writer.start_tls(self.context)
        await self.join(reader, writer)

    async def tls(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.note("TLS")
        await self.join(reader, writer)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begun=b"", whole=b"") -> None:
        """Passes bytes both ways until either side ends; `whole` is the beginning of URLs that is left out."""
        there, back = await asyncio.open_connection(*self.upstream)
        back.write(begun.replace(whole, b" /") if whole else begun)
        ways = [asyncio.ensure_future(_copy(reader, back, whole)), asyncio.ensure_future(_copy(there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        back.close()
        writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, whole=b"") -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk.replace(whole, b" /") if whole else chunk)
            await writer.drain()


async def main() -> None:
    host, port = sys.argv[1].split(":")
    folder = Path(sys.argv[2])
    make_certificates(folder)
    network = Network((host, int(port)), folder)
    done, loop = asyncio.Event(), asyncio.get_running_loop()
    supervise.when_stdin_closes(lambda: loop.call_soon_threadsafe(done.set))
    proxy = await asyncio.start_server(network.proxy, "127.0.0.1", 0)
    tls = await asyncio.start_server(network.tls, "127.0.0.1", 0, ssl=network.context)
    ports = [server.sockets[0].getsockname()[1] for server in (proxy, tls)]
    print(json.dumps({"proxy": ports[0], "tls": ports[1]}), flush=True)
    await done.wait()


if __name__ == "__main__":
    asyncio.run(main())
