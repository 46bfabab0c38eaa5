"""Clients of HTTP and what installers offer, as far as plugins use them. Every call really asks."""

import contextlib
import json
import types
import urllib.parse
import urllib.request

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
HTTP = {"requests", "httpx", "aiohttp", "urllib3", "requests_html", "httplib2"}
PATIENCE = 3


class Response:
    """An answer that is empty, and well."""

    status = status_code = 200
    ok = is_success = True
    reason = reason_phrase = "OK"
    text, content, data, encoding, url = "{}", b"{}", b"{}", "utf-8", ""

    def __init__(self):
        self.headers, self.cookies, self.history = {}, {}, []

    def json(self, **_options):
        return {}

    def read(self, *_size):
        return b"{}"

    def raise_for_status(self):
        return self

    def close(self):
        pass

    def iter_content(self, *_size):
        return iter((b"{}",))

    def iter_lines(self, *_size):
        return iter((b"{}",))

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False

    def __iter__(self):
        return iter(())

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_args, **_kwargs: None


def ask(method, url, base="", **options):
    """Send a request as the clients would; whatever goes wrong, there is an answer."""
    with contextlib.suppress(Exception):
        url = urllib.parse.urljoin(str(base), str(url))
        if params := options.get("params"):
            url += ("&" if "?" in url else "?") + urllib.parse.urlencode(params, doseq=True)
        body = options.get("data") or options.get("content") or options.get("body") or options.get("fields")
        if options.get("json") is not None:
            body = json.dumps(options["json"], default=str)
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
        raw = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else None
        headers = {str(key): str(value) for key, value in dict(options.get("headers") or {}).items()}
        request = urllib.request.Request(url, raw, headers, method=str(method).upper())
        urllib.request.urlopen(request, timeout=PATIENCE).read(65536)
    return Response()


class Session:
    """`requests.Session`, `httpx.Client` and their like."""

    def __init__(self, *_args, base_url="", **_options):
        self.base, self.headers, self.auth, self.verify, self.cookies, self.params = base_url, {}, None, True, {}, {}
        for method in METHODS:
            setattr(
                self, method, lambda url, *args, _method=method, **options: self.request(_method, url, *args, **options)
            )

    def request(self, method, url="", *_args, **options):
        return ask(
            method,
            url,
            self.base,
            headers={**dict(self.headers or {}), **dict(options.pop("headers", None) or {})},
            **options,
        )

    def mount(self, *_args):
        pass

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        return False


class Awaitable:
    """What an asynchronous client gives: to be awaited, or entered."""

    def __init__(self, call):
        self.call = call

    def __await__(self):
        return Later(self.call())
        yield

    async def __aenter__(self):
        return Later(self.call())

    async def __aexit__(self, *_error):
        return False


class Later(Response):
    """An answer whose parts have to be awaited, or not."""

    def __init__(self, _answer=None):
        super().__init__()

    def json(self, **_options):
        return Ready({})

    def text(self, *_args):
        return Ready("{}")

    def read(self, *_size):
        return Ready(b"{}")


class Ready(dict):
    """A value that may be awaited."""

    def __init__(self, value):
        super().__init__(value if isinstance(value, dict) else {})
        self.value = value

    def __await__(self):
        return self.value
        yield


class AsyncSession(Session):
    """`aiohttp.ClientSession`, `httpx.AsyncClient`."""

    def request(self, method, url="", *args, **options):
        return Awaitable(lambda: Session.request(self, method, url, *args, **options))

    async def close(self):
        pass

    aclose = close

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        return False


def setup(**options):
    """`setuptools.setup`: run the commands a package brings itself, which is where hooks hide."""
    for kind in dict(options.get("cmdclass") or {}).values():
        with contextlib.suppress(Exception):
            kind.run(kind.__new__(kind))


def special(module, name):
    """What a name in a module that is not there really does; None where it is nothing in particular."""
    top = module.partition(".")[0]
    if top in {"setuptools", "distutils"}:
        return {"setup": setup, "find_packages": lambda *_a, **_k: []}.get(name)
    if top not in HTTP:
        return None
    if name in METHODS:
        if top == "httpx" or top != "aiohttp":
            return types.FunctionType(
                (lambda url, **options: ask(METHOD, url, **options)).__code__, {"ask": ask, "METHOD": name}
            )
        return None
    if name == "request":
        return lambda method, url, **options: ask(method, url, **options)
    if name in {"Session", "session", "Client", "PoolManager", "HTTPSession"}:
        return Session
    if name in {"AsyncClient", "ClientSession"}:
        return AsyncSession
    return None
