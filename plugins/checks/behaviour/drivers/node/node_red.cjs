// Use Node-RED nodes as the runtime would: register their types, make a node of each, send it a message, close it.
"use strict";

const { EventEmitter } = require("events");
const values = require("./values.cjs");

const EACH = 1500;

function runtime(types) {
    const router = () => new Proxy(function () {}, { get: (_, key) => (key === "then" ? undefined : () => {}), apply: () => undefined });
    const createNode = (node, config) => {
        const emitter = new EventEmitter();
        for (const name of ["on", "once", "emit", "removeListener", "removeAllListeners", "off"]) node[name] = emitter[name].bind(emitter);
        const context = { get: () => undefined, set() {}, keys: () => [] };
        Object.assign(node, {
            id: "1", type: config.type, name: "node", credentials: values.anything(), status() {}, send() {}, log() {}, warn() {},
            error() {}, debug() {}, trace() {}, metric: () => false, receive: (message) => emitter.emit("input", message),
            context: () => ({ ...context, flow: context, global: context }),
        });
    };
    return new Proxy(
        {
            nodes: new Proxy(
                {
                    createNode,
                    registerType: (type, maker) => types.push([type, maker]),
                    getNode: () => values.anything({ credentials: values.anything(), on() {}, register() {}, deregister() {}, connect() {} }),
                    eachNode() {},
                    getCredentials: () => values.anything(),
                },
                { get: (target, key) => target[key] ?? (() => undefined) },
            ),
            settings: values.anything({ userDir: values.FOLDER, functionGlobalContext: {} }),
            util: {
                cloneMessage: (message) => ({ ...message }), generateId: () => "1", evaluateNodeProperty: (value, _type, _node, _message, done) => (done ? done(null, value) : value),
                getMessageProperty: (message, name) => message[name], setMessageProperty() {}, ensureString: String, ensureBuffer: (value) => Buffer.from(String(value)),
                prepareJSONataExpression: () => ({}), evaluateJSONataExpression: (_expression, _message, done) => (done ? done(null, "") : ""), encodeObject: (value) => value,
                parseContextStore: (key) => ({ key }), normalisePropertyExpression: (value) => [value],
            },
            events: new EventEmitter(),
            hooks: { add() {}, remove() {} },
            auth: { needsPermission: () => () => {} },
            log: { info() {}, warn() {}, error() {}, debug() {}, trace() {}, metric: () => false, audit() {} },
            comms: { publish() {} },
            httpAdmin: router(),
            httpNode: router(),
            plugins: { registerPlugin() {}, get() {}, getByType: () => [] },
            library: { register() {} },
            server: new EventEmitter(),
            version: () => "4.0.0",
            _: (text) => text,
        },
        { get: (target, key) => target[key] ?? (typeof key === "symbol" || key === "then" ? undefined : () => undefined) },
    );
}

async function use(loaded, _plan, report, within) {
    for (const [entry, exports] of loaded) {
        const start = typeof exports === "function" ? exports : exports && exports.default;
        if (typeof start !== "function") continue;
        const types = [];
        const run = async (name, call) => {
            try {
                await within(EACH, Promise.resolve().then(call));
                report("used", { entry, name });
            } catch (error) {
                report("used", { entry, name, text: String((error && error.message) || error).slice(0, 200) });
            }
        };
        await run("register", () => start(runtime(types)));
        for (const [type, Maker] of types.slice(0, 40)) {
            await run(type, async () => {
                const config = values.anything({ id: "1", type, z: "1", wires: [[]], rules: [], outputs: 1 });
                const node = new Maker(config);
                const message = { _msgid: "1", payload: "configured", topic: "configured", url: values.URL, filename: `${values.FOLDER}/configured`, req: {}, res: {} };
                if (typeof node.emit === "function") {
                    await new Promise((resolve) => {
                        node.emit("input", message, () => resolve(), () => resolve());
                        setTimeout(resolve, 400);
                    });
                    node.emit("close", true, () => {});
                }
            });
        }
    }
}

module.exports = { use };
