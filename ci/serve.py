#!/usr/bin/env python3
"""Serve the built guide on this machine, on 127.0.0.1 alone."""

import argparse
import functools
import http.server
import pathlib
import sys
import threading
import webbrowser

SITE = pathlib.Path(__file__).resolve().parent.parent / "target" / "site"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are sent apart: without this the body waits for the browser to acknowledge the head.
    disable_nagle_algorithm = True
    # Ours win over the system's table, which is the registry on Windows and may say anything.
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, **TYPES}

    def send_error(self, code, message=None, explain=None):
        page = pathlib.Path(self.directory) / "404.html"
        if code != 404 or not page.is_file():
            return super().send_error(code, message, explain)
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", TYPES[".html"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def list_directory(self, path):
        self.send_error(404)

    def end_headers(self):
        # A page that was built again shows on the next reload.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    # On Windows this flag would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"

    def handle_error(self, request, client_address):
        # A browser that leaves a page drops its connections: no reason for a traceback.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def listen(site, port):
    handler = functools.partial(Handler, directory=str(site))
    for candidate in [port] if port else range(8000, 8100):
        try:
            return Server(("127.0.0.1", candidate), handler)
        except OSError as error:
            reason = error.strerror
    sys.exit(f"serve: port {port or '8000 to 8099'} of 127.0.0.1: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", nargs="?", type=int, help="the default is 8000, or the next free one")
    parser.add_argument("--site", type=pathlib.Path, default=SITE, help="the folder of the built site")
    parser.add_argument("--no-open", action="store_true", help="leave the browser alone")
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        sys.exit(f"serve: {options.site} holds no site; `ci/just build` makes it")
    server = listen(options.site, options.port)
    url = f"http://127.0.0.1:{server.server_port}/"
    print(f"The guide is at {url} (Ctrl-C ends)", flush=True)
    if not options.no_open:
        threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
