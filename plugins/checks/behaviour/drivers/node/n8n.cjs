// Use n8n's nodes and credentials as n8n would: every operation of a node, with a context that asks the network for real.
"use strict";

const { ask } = require("./http.cjs");
const values = require("./values.cjs");

const MOST_OPERATIONS = 8;
const EACH = 3000;

const classes = (exports) =>
    Object.values(exports && typeof exports === "object" ? exports : { exports }).filter((value) => typeof value === "function");

function make(Kind) {
    try {
        const made = new Kind();
        return made && typeof made === "object" ? made : null;
    } catch {
        return null;
    }
}

// `={{$credentials.url}}/v1` with our values in place of the expression.
function resolved(text) {
    return String(text || "")
        .replace(/^=/, "")
        .replace(/\{\{[^}]*\}\}/g, (expression) => (/url|host|domain|server|endpoint|site/i.test(expression) ? values.URL : "configured"))
        .replace(/^https?:\/\/(https?:\/\/)/, "$1");
}

function context(node, chosen) {
    const properties = Object.fromEntries((node.description?.properties || []).map((property) => [property.name, property]));
    const http = (options) => ask(options.url || options.uri || "", options).then((answer) => (options.returnFullResponse || options.resolveWithFullResponse ? answer : answer.body));
    const authenticated = function (_name, options) {
        return http(options || {});
    };
    const helpers = {
        httpRequest: http,
        request: (first, second) => (typeof first === "string" ? http({ url: first, ...second }) : http(first || {})),
        httpRequestWithAuthentication: authenticated,
        requestWithAuthentication: authenticated,
        requestOAuth1: authenticated,
        requestOAuth2: authenticated,
        requestWithAuthenticationPaginated: (options) => http(options).then((body) => [{ body }]),
        returnJsonArray: (data) => [].concat(data).map((json) => ({ json })),
        constructExecutionMetaData: (data) => data,
        normalizeItems: (data) => data,
        prepareBinaryData: async () => ({ data: "", mimeType: "text/plain" }),
        getBinaryDataBuffer: async () => Buffer.from("configured"),
        assertBinaryData: () => ({ data: "", mimeType: "text/plain", fileName: "configured.txt" }),
        getBinaryStream: async () => require("stream").Readable.from(["configured"]),
    };
    const fixed = {
        helpers: new Proxy(helpers, { get: (target, key) => target[key] ?? (async () => ({})) }),
        logger: { info() {}, warn() {}, error() {}, debug() {} },
        getInputData: () => [{ json: values.anything(), binary: {}, pairedItem: { item: 0 } }],
        getNodeParameter: (name, _index, fallback) => {
            const [first, ...rest] = String(name).split(".");
            if (name in chosen) return chosen[name];
            let value = first in properties ? values.byProperty(properties[first]) : (fallback ?? values.byName(name));
            for (const key of rest) value = value && typeof value === "object" && key in value ? value[key] : (fallback ?? values.byName(key));
            return value;
        },
        getCredentials: async () => values.anything({ oauthTokenData: values.anything() }),
        getNode: () => ({ id: "1", name: node.description?.displayName || "node", type: "node", typeVersion: 1, parameters: {}, credentials: {} }),
        getWorkflow: () => ({ id: "1", name: "workflow", active: true }),
        getWorkflowStaticData: () => ({}),
        getExecutionId: () => "1",
        getMode: () => "manual",
        getTimezone: () => "UTC",
        getInstanceBaseUrl: () => values.URL,
        getRestApiUrl: () => values.URL,
        getNodeWebhookUrl: () => `${values.URL}/webhook`,
        getWebhookName: () => "default",
        getBodyData: () => values.anything(),
        getHeaderData: () => ({}),
        getQueryData: () => values.anything(),
        getParamsData: () => ({}),
        getRequestObject: () => values.anything({ headers: {}, body: {}, query: {} }),
        getResponseObject: () => values.anything({ status: () => ({ send() {}, json() {}, end() {} }), send() {}, end() {} }),
        getCurrentNodeParameter: (name) => (name in properties ? values.byProperty(properties[name]) : values.byName(name)),
        getCurrentNodeParameters: () => ({}),
        evaluateExpression: () => "configured",
        continueOnFail: () => true,
        emit() {},
        emitError() {},
        sendMessageToUI() {},
    };
    return new Proxy(fixed, { get: (target, key) => target[key] ?? (typeof key === "symbol" || key === "then" ? undefined : () => undefined) });
}

// One choice for each operation a node offers, within reason; nodes without operations are run once.
function choices(node) {
    const properties = node.description?.properties || [];
    const shown = (property, resource) => {
        const only = property.displayOptions?.show?.resource;
        return !only || !resource || only.includes(resource);
    };
    const options = (property) => (Array.isArray(property?.options) ? property.options.map((option) => option.value) : []);
    const resources = options(properties.find((property) => property.name === "resource"));
    const found = [];
    for (const resource of resources.length ? resources : [undefined]) {
        const operations = properties.filter((property) => property.name === "operation" && shown(property, resource)).flatMap(options);
        for (const operation of operations.length ? operations : [undefined]) {
            found.push({ ...(resource !== undefined && { resource }), ...(operation !== undefined && { operation }) });
        }
    }
    const step = Math.max(1, Math.ceil(found.length / MOST_OPERATIONS));
    return found.filter((_, number) => number % step === 0);
}

async function declarative(node) {
    const base = resolved(node.description?.requestDefaults?.baseURL);
    const urls = new Set();
    const look = (value, depth) => {
        if (!value || typeof value !== "object" || depth > 6) return;
        if (value.routing?.request) urls.add(resolved(value.routing.request.baseURL || base) + resolved(value.routing.request.url));
        for (const inner of Array.isArray(value) ? value : Object.values(value)) look(inner, depth + 1);
    };
    look(node.description?.properties, 0);
    if (!urls.size && base) urls.add(base);
    for (const url of [...urls].slice(0, MOST_OPERATIONS)) await ask(url.startsWith("http") ? url : values.URL + url, {});
}

async function use(loaded, _plan, report, within) {
    for (const [entry, exports] of loaded) {
        for (const Kind of classes(exports)) {
            const made = make(Kind);
            if (!made) continue;
            const run = async (name, call) => {
                try {
                    await within(EACH, Promise.resolve().then(call));
                    report("used", { entry, name });
                } catch (error) {
                    report("used", { entry, name, text: String((error && error.message) || error).slice(0, 200) });
                }
            };
            const test = made.test?.request;
            if (test) await run("test", () => ask(resolved(test.baseURL) + resolved(test.url), { method: test.method }));
            if (typeof made.authenticate === "function") {
                await run("authenticate", () => made.authenticate(values.anything(), { headers: {}, url: values.URL }));
            }
            if (typeof made.preAuthentication === "function") await run("preAuthentication", () => made.preAuthentication.call(context(made, {}), values.anything()));
            if (!made.description) continue;
            if (made.description.requestDefaults) await run("requests", () => declarative(made));
            for (const name of ["execute", "poll", "trigger", "webhook", "supplyData"]) {
                if (typeof made[name] !== "function") continue;
                for (const chosen of choices(made)) await run(name, () => made[name].call(context(made, chosen), 0));
            }
            for (const group of Object.values(made.methods || {})) {
                for (const [name, method] of Object.entries(group || {}).slice(0, MOST_OPERATIONS)) {
                    if (typeof method === "function") await run(name, () => method.call(context(made, {})));
                }
            }
            for (const hooks of Object.values(made.webhookMethods || {})) {
                for (const [name, method] of Object.entries(hooks || {})) {
                    if (typeof method === "function") await run(name, () => method.call(context(made, {})));
                }
            }
        }
    }
}

module.exports = { use };
