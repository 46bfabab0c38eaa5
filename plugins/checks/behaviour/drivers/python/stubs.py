"""Stand-ins for what is not there: any missing module becomes something that can be called, subclassed, used as a decorator
or a context manager, iterated and awaited, so that a plugin can be imported without a network. Clients of HTTP really
ask, so that the sink sees whom; drivers of databases really connect.
"""

import abc
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import socket
import sys
import types
import urllib.parse

import clients

PORTS = {
    "psycopg": 5432, "psycopg2": 5432, "asyncpg": 5432, "pymysql": 3306, "MySQLdb": 3306, "aiomysql": 3306, "pymssql": 1433,
    "oracledb": 1521, "cx_Oracle": 1521, "pymongo": 27017, "motor": 27017, "redis": 6379, "aioredis": 6379, "pika": 5672,
    "paho": 1883, "kafka": 9092, "confluent_kafka": 9092, "paramiko": 22, "elasticsearch": 9200, "ldap3": 389,
    "websocket": 443, "websockets": 443, "snowflake": 443, "pysnmp": 161,
}  # fmt: skip


def reach(module, args, kwargs):
    """Connect to whom a driver would, as far as its arguments tell."""
    port = PORTS.get(module.partition(".")[0])
    if not port:
        return
    host = kwargs.get("host") or kwargs.get("hostname") or kwargs.get("server")
    texts = [
        value for value in (*args, kwargs.get("dsn"), kwargs.get("url"), kwargs.get("uri")) if isinstance(value, str)
    ]
    where = kwargs.get("port") or next((value for value in args if isinstance(value, int)), port)
    for text in texts if not host else ():
        if "://" in text:
            parts = urllib.parse.urlsplit(text)
            host, where = parts.hostname, parts.port or port
        elif "host=" in text:
            host = text.split("host=", 1)[1].split()[0].strip("'\"")
        elif text and " " not in text:
            host = text
        if host:
            break
    if isinstance(host, str):
        with contextlib.suppress(OSError, ValueError, TypeError, OverflowError):
            socket.create_connection((host, int(where)), 1).close()


class Kind(abc.ABCMeta):
    """The class of stand-in classes: what is asked of them is another one."""

    def __new__(mcs, name, bases, space, **_more):
        for value in space.values():
            code = getattr(value, "__code__", None)
            if code is not None and "__class__" in code.co_freevars:  # it uses super(), which asks no __getattr__
                mcs.inherit(code.co_names)
        return super().__new__(mcs, name, bases, space)

    @staticmethod
    def inherit(names):
        for name in names:
            if not name.startswith("__") and not hasattr(object, name) and name not in vars(Stub):
                setattr(Stub, name, Stub())

    def __init__(cls, name, bases, space, **_more):
        super().__init__(name, bases, space)

    def __getattr__(cls, name):
        if name.startswith("__") and name.endswith("__") or name.startswith("_abc_"):
            raise AttributeError(name)
        return make(f"{cls.__name__}.{name}", cls.__dict__.get("_stub_module") or cls.__module__)

    def __call__(cls, *args, **kwargs):
        if "_stub_module" in cls.__dict__:
            if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
                return args[0]  # it was used as a decorator
            reach(cls._stub_module, args, kwargs)
        try:
            return super().__call__(*args, **kwargs)
        except TypeError:
            return super().__call__()

    def __iter__(cls):
        return iter(())

    def __getitem__(cls, _key):
        return cls

    def __or__(cls, _other):
        return cls

    __ror__ = __and__ = __rand__ = __add__ = __radd__ = __or__

    def __instancecheck__(cls, instance):
        return "_stub_module" not in cls.__dict__ and type.__instancecheck__(cls, instance)

    def __subclasscheck__(cls, subclass):
        return type.__subclasscheck__(cls, subclass)

    def __len__(cls):
        return 0

    def __bool__(cls):
        return True

    def __contains__(cls, _item):
        return False

    def __hash__(cls):
        return id(cls)


class Stub(metaclass=Kind):
    """An instance of what is not there."""

    def __init__(self, *_args, **_kwargs):
        pass

    def __init_subclass__(cls, **_more):
        pass

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return make(name, type(self).__dict__.get("_stub_module", ""))

    def __call__(self, *args, **kwargs):
        if len(args) == 1 and not kwargs and isinstance(args[0], (types.FunctionType, type)):
            return args[0]
        return Stub()

    def __iter__(self):
        return iter(())

    def __aiter__(self):
        return self

    async def __anext__(self):
        raise StopAsyncIteration

    def __await__(self):
        return self
        yield

    def __enter__(self):
        return self

    async def __aenter__(self):
        return self

    def __exit__(self, *_error):
        return False

    async def __aexit__(self, *_error):
        return False

    def __getitem__(self, _key):
        return Stub()

    def __setitem__(self, _key, _value):
        pass

    def __delitem__(self, _key):
        pass

    def __contains__(self, _item):
        return False

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __str__(self):
        return "configured"

    def __fspath__(self):
        return "/tmp/configured"

    def __int__(self):
        return 1

    __index__ = __int__

    def __float__(self):
        return 1.0

    def __mro_entries__(self, _bases):
        return (Stub,)

    def _self(self, *_other):
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __mod__ = __or__ = __ror__ = _self
    __and__ = __rand__ = __xor__ = __invert__ = __neg__ = __rshift__ = __lshift__ = _self

    def __lt__(self, _other):
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __set_name__(self, _owner, _name):
        pass


def make(name, module):
    """A new stand-in class."""
    return Kind(name.rpartition(".")[2] or "Stub", (Stub,), {"_stub_module": module, "__module__": module or "stub"})


class Module(types.ModuleType):
    """A module that is not there; every name in it is a stand-in, but for the modules its folder really holds."""

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        # `from folder import module` asks here first, and imports the module only where this does not answer
        whole = f"{self.__name__}.{name}"
        if importlib.machinery.PathFinder.find_spec(whole, self.__dict__.get("__path__", ())):
            return importlib.import_module(whole)
        if self.__name__.split(".")[-1] == "exceptions" or name.endswith(("Error", "Exception", "Warning")):
            value = type(name, (Exception,), {"__module__": self.__name__})
        else:
            value = clients.special(self.__name__, name) or make(name, self.__name__)
        setattr(self, name, value)
        return value


class Namespaces(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Folders without `__init__.py`, such as the `airflow` of a provider: what the platform would add is made up."""

    def find_spec(self, name, path=None, _target=None):
        found = importlib.machinery.PathFinder.find_spec(name, path)
        if found is None or found.loader is not None or not found.submodule_search_locations:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, is_package=True)
        spec.submodule_search_locations = list(found.submodule_search_locations)
        return spec

    def create_module(self, spec):
        module = Module(spec.name)
        module.__version__ = "9999.0.0"  # newer than any plugin asks for
        return module

    def exec_module(self, module):
        pass


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Asked last of all: whatever nobody else knows is made up."""

    def __init__(self, said):
        self.said = said

    def find_spec(self, name, _path=None, _target=None):
        top = name.partition(".")[0]
        parent = sys.modules.get(name.rpartition(".")[0])
        if top in sys.stdlib_module_names or (name != top and not isinstance(parent, Module)):
            return None  # a missing part of something that is there is an error, as everywhere
        if name == top:
            self.said(top)
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = Module(spec.name)
        module.__path__ = []
        module.__all__ = []
        return module

    def exec_module(self, module):
        pass


def install(said):
    """Make up what is missing from now on; `said` is told each package's name once."""
    sys.meta_path.insert(sys.meta_path.index(importlib.machinery.PathFinder), Namespaces())
    sys.meta_path.append(Finder(said))
