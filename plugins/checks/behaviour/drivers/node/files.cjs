// Libraries that read and write files or start programs, as far as plugins use them: every call really does it, through the
// runtime's own modules, so that it is seen.
"use strict";

const childProcess = require("child_process");
const fs = require("fs");
const { Readable } = require("stream");

const quiet = (call) => {
    try {
        const value = call();
        if (value && typeof value.catch === "function") return value.catch(() => []);
        return value;
    } catch {
        return [];
    }
};

// `readdirp`, `glob` and their like: whatever is asked for, the folder is read.
function listing() {
    const folder = (first, second) => {
        const options = [first, second].find((one) => one && typeof one === "object" && !Array.isArray(one)) || {};
        const named = typeof first === "string" ? first : Array.isArray(first) ? first[0] : undefined;
        return String(options.root || options.cwd || (named && named.replace(/[^/]*[*?{[].*$/, "")) || named || ".");
    };
    const read = (first, second) =>
        quiet(() => fs.readdirSync(folder(first, second), { withFileTypes: true })).map((entry) => ({
            name: entry.name, path: entry.name, basename: entry.name, fullPath: `${folder(first, second)}/${entry.name}`, stat: {}, stats: {},
        }));
    const client = (first, second, third) => {
        const found = read(first, second);
        const done = [second, third].find((one) => typeof one === "function");
        if (done) setImmediate(done, null, found);
        const stream = Readable.from(found);
        stream.then = (resolve, reject) => Promise.resolve(found).then(resolve, reject);
        return stream;
    };
    client.sync = client.globSync = client.readdirpSync = read;
    client.promise = client.glob = client.async = async (first, second) => read(first, second);
    client.default = client.stream = client.globby = client.readdirp = client;
    return client;
}

// `execa`, `cross-spawn`, `shelljs`: the program is started.
function starting() {
    const client = (program, args, options) => {
        const child = quiet(() => childProcess.spawn(String(program), Array.isArray(args) ? args.map(String) : [], { timeout: 2000, ...options }));
        if (child && typeof child.on === "function") {
            child.on("error", () => {});
            const ended = new Promise((resolve) => child.on("close", (code) => resolve({ stdout: "", stderr: "", code, exitCode: code })));
            child.then = ended.then.bind(ended);
            child.catch = ended.catch.bind(ended);
        }
        return child;
    };
    const shell = (line, ...rest) => {
        const done = rest.find((one) => typeof one === "function");
        quiet(() => childProcess.execSync(String(line), { timeout: 2000, stdio: "ignore" }));
        if (done) done(0, "", "");
        return { code: 0, stdout: "", stderr: "", toString: () => "" };
    };
    client.sync = client.execaSync = (program, args) => quiet(() => childProcess.spawnSync(String(program), Array.isArray(args) ? args.map(String) : [], { timeout: 2000 }));
    client.command = client.execaCommand = client.exec = shell;
    client.cat = client.ls = (path) => quiet(() => fs.readFileSync(String(path), "utf8"));
    client.rm = (...paths) => quiet(() => fs.rmSync(String(paths.at(-1)), { recursive: true, force: true }));
    client.which = () => "/usr/bin/true";
    client.default = client.execa = client.spawn = client;
    return client;
}

// `fs-extra`, `graceful-fs`: the runtime's own functions, giving promises where no callback is given, and a few more.
function extended() {
    const promised = (name) => (...args) =>
        typeof args.at(-1) === "function" || name.endsWith("Sync") || !fs.promises[name] ? fs[name](...args) : fs.promises[name](...args);
    const client = Object.fromEntries(Object.keys(fs).map((name) => [name, typeof fs[name] === "function" ? promised(name) : fs[name]]));
    const made = (path) => fs.mkdirSync(String(path), { recursive: true });
    Object.assign(client, {
        promises: fs.promises, remove: async (path) => fs.rmSync(path, { recursive: true, force: true }), removeSync: (path) => fs.rmSync(path, { recursive: true, force: true }),
        ensureDir: async (path) => made(path), ensureDirSync: made, mkdirp: async (path) => made(path), mkdirpSync: made, mkdirs: async (path) => made(path),
        outputFile: async (path, data) => fs.writeFileSync(path, String(data)), outputFileSync: (path, data) => fs.writeFileSync(path, String(data)),
        copy: async (from, to) => fs.cpSync(from, to, { recursive: true }), copySync: (from, to) => fs.cpSync(from, to, { recursive: true }),
        move: async (from, to) => fs.renameSync(from, to), pathExists: async (path) => fs.existsSync(path), pathExistsSync: fs.existsSync,
        readJson: async (path) => JSON.parse(fs.readFileSync(path, "utf8")), readJsonSync: (path) => JSON.parse(fs.readFileSync(path, "utf8")),
        writeJson: async (path, value) => fs.writeFileSync(path, JSON.stringify(value)), writeJsonSync: (path, value) => fs.writeFileSync(path, JSON.stringify(value)),
    });
    client.default = client;
    return client;
}

function acting(act) {
    const client = (path, ...rest) => {
        quiet(() => act(String(path)));
        const done = rest.find((one) => typeof one === "function");
        if (done) setImmediate(done, null);
        return Promise.resolve();
    };
    client.sync = (path) => quiet(() => act(String(path)));
    client.default = client.rimraf = client.mkdirp = client.manual = client.native = client;
    return client;
}

const removing = () => acting((path) => fs.rmSync(path, { recursive: true, force: true }));
const making = () => acting((path) => fs.mkdirSync(path, { recursive: true }));

const clients = {
    readdirp: listing, glob: listing, globby: listing, "fast-glob": listing, "tiny-glob": listing, klaw: listing, "recursive-readdir": listing,
    execa: starting, "cross-spawn": starting, shelljs: starting, "child-process-promise": starting,
    "fs-extra": extended, "graceful-fs": extended, rimraf: removing, del: removing, mkdirp: making,
};

module.exports = { clients };
