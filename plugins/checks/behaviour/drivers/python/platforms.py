"""Use what was loaded as its platform would: configurations, hooks, set-up functions. Errors are reported, never fatal."""

import asyncio
import inspect
import threading

import stubs
import values

EACH = 4.0


def use(loaded, plan, report):
    """Call the entry points of a format; of a plain package there are none but its modules."""
    for name, module in loaded:
        for what, call in found(name, module, plan["format"]):
            run(f"{name}:{what}", call, report)


def run(name, call, report):
    """Call something with a time limit; what does not return is left behind."""
    outcome = {}

    def work():
        try:
            value = call()
            if inspect.isawaitable(value):
                asyncio.run(asyncio.wait_for(value, EACH))
        except BaseException as error:  # noqa: BLE001 - a stranger's code
            outcome["text"] = f"{type(error).__name__}: {error}"[:200]

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(EACH)
    if thread.is_alive():
        outcome["text"] = "It did not return in time."
    report("used", entry=name, **outcome)


def found(name, module, kind):
    """The calls a platform makes, as name and function."""
    own = [(key, value) for key, value in list(vars(module).items()) if getattr(value, "__module__", None) == name]
    if kind == "airflow-provider" and callable(getattr(module, "get_provider_info", None)):
        yield "get_provider_info", module.get_provider_info
    if kind in {"netbox-plugin", "nautobot-app", "django-app", "baserow-plugin"}:
        for key, value in own:
            if inspect.isclass(value) and "ready" in vars(value):
                yield f"{key}.ready", lambda value=value: value.ready(value.__new__(value))
    if kind == "home-assistant-integration":
        yield from home_assistant(module)
    if kind == "airflow-provider":
        for key, value in own:
            if inspect.isclass(value) and key.endswith("Hook"):
                for method in ("get_conn", "test_connection"):
                    if method in vars(value):
                        yield f"{key}.{method}", lambda value=value, method=method: getattr(value(), method)()


def home_assistant(module):
    """What Home Assistant calls when an integration is set up. Source: its developer documentation, "Config entries"."""
    hass = stubs.Stub()
    hass.data = values.Anything()
    hass.config_entries = stubs.Stub()
    hass.async_add_executor_job = lambda call, *args: later(call, *args)
    entry = stubs.Stub()
    entry.data, entry.options, entry.entry_id = values.Anything(), values.Anything(), "1"
    for name, args in (
        ("setup", (hass, values.Anything())),
        ("async_setup", (hass, values.Anything())),
        ("async_setup_entry", (hass, entry)),
        ("setup_platform", (hass, values.Anything(), lambda *_a, **_k: None)),
        ("async_setup_platform", (hass, values.Anything(), lambda *_a, **_k: None)),
    ):
        call = getattr(module, name, None)
        if callable(call):
            yield name, lambda call=call, args=args: call(*args)


async def later(call, *args):
    """Run a blocking call as an executor would."""
    return call(*args)
