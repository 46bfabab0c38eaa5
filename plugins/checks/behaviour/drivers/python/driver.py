"""Runs inside the watched sandbox: loads a plugin's modules and, in the phase "entry-points", uses them as its platform
would. What it reports is only how far it came; what the plugin did is for the observer outside to say.

Started as `python -I -S driver.py PLAN`, so that nothing but the standard library and the plugin is there.
"""

import importlib
import json
import os
import sys
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import platforms  # noqa: E402 - beside this file, found by the line above
import stubs  # noqa: E402

sys.path.remove(HERE)


class Reporter:
    """Lines that begin with a mark, on the standard output as it was when we started."""

    def __init__(self, mark):
        self.mark, self.out, self.lock = mark, os.dup(1), threading.Lock()

    def __call__(self, kind, **what):
        with self.lock:
            os.write(self.out, f"\n{self.mark} {json.dumps({'kind': kind, **what})}\n".encode())


def sentence(error):
    return f"{type(error).__name__}: {error}"[:300]


def load(module, report):
    """Import one module; a plugin may end the interpreter, which ends nothing here."""
    try:
        found = importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit and worse: it is a stranger's code
        report("failed", entry=module, text=sentence(error))
        return None
    report("loaded", entry=module)
    return found


def modules(plan, report):
    end = time.monotonic() + plan["total"]
    loaded = []
    for module in plan["entries"]:
        if time.monotonic() > end:
            report("error", text="The time for loading modules is over.")
            break
        loaded.append((module, load(module, report)))
    return [(name, module) for name, module in loaded if module is not None]


def execute(path, report, name="__main__"):
    """Run a file as a program, as installers do with setup.py."""
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec")
        sys.argv = [path, "install"]
        exec(code, {"__name__": name, "__file__": path})  # noqa: S102 - this is what the sandbox is for
    except BaseException as error:  # noqa: BLE001 - ditto
        report("failed", entry=os.path.basename(path), text=sentence(error))
    else:
        report("loaded", entry=os.path.basename(path))


def path_files(paths, report):
    """Run the lines of `.pth` files that begin with `import`, as `site` does at every start. Source: docs of `site`."""
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(("import ", "import\t")):
                    try:
                        exec(line, {})  # noqa: S102 - this is what the sandbox is for
                    except BaseException as error:  # noqa: BLE001 - ditto
                        report("failed", entry=os.path.basename(path), text=sentence(error))
        report("loaded", entry=os.path.basename(path))


def main():
    plan = json.loads(sys.argv[1])
    sys.argv = ["python"]
    report = Reporter(plan["mark"])
    stubs.install(lambda name: report("stub", name=name[:200]))
    sys.path[:0] = plan["roots"]
    try:
        if plan["task"] == "setup":
            execute(plan["file"], report)
        elif plan["task"] == "pth":
            path_files(plan["files"], report)
        else:
            loaded = modules(plan, report)
            if plan["task"] == "use":
                platforms.use(loaded, plan, report)
    except BaseException:  # noqa: BLE001 - the end is said in any case
        report("error", text=traceback.format_exc()[-300:])
    time.sleep(plan["linger"])
    report("end")
    os._exit(0)  # threads that a plugin left running end here


if __name__ == "__main__":
    main()
