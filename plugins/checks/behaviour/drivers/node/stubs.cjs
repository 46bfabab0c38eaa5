// Stand-ins for what is not there: any missing package becomes something that can be called, constructed, extended,
// iterated and awaited, so that a plugin can be loaded without a network. Clients of HTTP really ask, so that the sink sees
// whom; drivers of databases and queues really connect; helpers for files and programs really act. Once the plugin is in
// use, functions that it hands to what is not there are called, as the real thing would call them.
"use strict";

const fs = require("fs");
const Module = require("module");
const net = require("net");
const path = require("path");
const { pathToFileURL } = require("url");
const files = require("./files.cjs");
const http = require("./http.cjs");
const values = require("./values.cjs");

const PORTS = {
    pg: 5432, "pg-promise": 5432, postgres: 5432, mysql: 3306, mysql2: 3306, "mysql2/promise": 3306, mariadb: 3306,
    mssql: 1433, tedious: 1433, oracledb: 1521, mongodb: 27017, mongoose: 27017, redis: 6379, ioredis: 6379,
    amqplib: 5672, mqtt: 1883, kafkajs: 9092, nodemailer: 587, "ssh2-sftp-client": 22, ssh2: 22, "basic-ftp": 21,
    imapflow: 993, "@elastic/elasticsearch": 9200, ldapjs: 389, ws: 443, "socket.io-client": 443,
};

function reach(args, port) {
    for (const value of args) {
        const given = typeof value === "string" ? { url: value } : value && typeof value === "object" ? value : {};
        let host = given.host || given.hostname || given.server;
        let where = Number(given.port) || port;
        const text = given.connectionString || given.uri || given.url || given.node || (given.brokers || [])[0];
        if (!host && typeof text === "string") {
            try {
                const url = new URL(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `tcp://${text}`);
                host = url.hostname;
                where = Number(url.port) || port;
            } catch {
                continue;
            }
        }
        if (typeof host === "string" && host) {
            net.connect(where, host).on("error", () => {}).setTimeout(1000, function () { this.destroy(); });
            return;
        }
    }
}

const MOST_CALLS = 300;
let calls = 0;

// From now on functions handed over are called.
function inUse() {
    calls = MOST_CALLS;
}

function callBack(args) {
    const inside = (value) => (value && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype ? Object.values(value) : []);
    for (const direct of args) {
        for (const [given, call] of [[[null, stub("answer")], direct], ...inside(direct).map((one) => [[values.anything(), values.anything()], one])]) {
            if (typeof call !== "function" || calls-- <= 0) continue;
            setImmediate(() => {
                try {
                    const value = call.apply(stub("this"), given);
                    if (value && typeof value.catch === "function") value.catch(() => {});
                } catch {
                    // what it made of our answer is its own affair
                }
            });
        }
    }
}

function stub(name, port) {
    const children = new Map();
    const target = function () {};
    const used = (args) => port && reach(args, port);
    const self = new Proxy(target, {
        get(_, key) {
            if (key === "prototype") return target.prototype;
            if (key === "then") return undefined;
            if (key === "__esModule") return true;
            if (key === Symbol.toPrimitive || key === "toString" || key === "toJSON" || key === "valueOf") return () => name;
            if (key === Symbol.iterator) return function* () {};
            if (key === Symbol.asyncIterator) return async function* () {};
            if (key === Symbol.hasInstance) return () => false;
            if (typeof key === "symbol") return undefined;
            if (key === "length") return 0;
            if (key === "name") return name;
            if (!children.has(key)) children.set(key, stub(`${name}.${String(key)}`, port));
            return children.get(key);
        },
        set(_, key, value) {
            children.set(key, value);
            return true;
        },
        has: () => true,
        apply(_, __, args) {
            used(args);
            const last = args[args.length - 1];
            if (port && typeof last === "function") setImmediate(last, null, self);
            else callBack(args);
            return stub(`${name}()`, port);
        },
        construct(_, args, made) {
            used(args);
            callBack(args);
            return made === self ? stub(`new ${name}`, port) : Reflect.construct(target, [], made);
        },
    });
    return self;
}

const made = new Map();
function standIn(name) {
    const known = http.clients[name] || files.clients[name];
    if (!made.has(name)) made.set(name, known ? known() : stub(name, PORTS[name]));
    return made.get(name);
}

const PREFIX = "plugwarden-stub:";
const bare = (request) => !/^[./]|^node:|^[a-z]+:\/\//.test(request);

function install(plan, said) {
    const resolve = Module._resolveFilename;
    const loadModule = Module._load;
    const tell = (name) => {
        if (!made.has(name)) said(name);
        return PREFIX + name;
    };
    Module._resolveFilename = function (request, ...rest) {
        if (request.startsWith(PREFIX)) return request;
        try {
            return resolve.call(this, request, ...rest);
        } catch (error) {
            if (error.code !== "MODULE_NOT_FOUND" && error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error;
            if (bare(request)) return tell(request);
            throw error;
        }
    };
    Module._load = function (request, parent, isMain) {
        const found = request.startsWith(PREFIX) ? request : bare(request) ? Module._resolveFilename(request, parent, isMain) : "";
        return found.startsWith(PREFIX) ? standIn(found.slice(PREFIX.length)) : loadModule.call(this, request, parent, isMain);
    };
    globalThis.__plugwardenStandIn = standIn;
    if (Module.register) Module.register(pathToFileURL(path.join(__dirname, "hooks.mjs")).href, { data: { prefix: PREFIX } });
}

module.exports = { inUse, install, standIn, stub };
