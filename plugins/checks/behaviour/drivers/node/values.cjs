// Plausible values for what a user would have typed in. The hosts in them are ours, and known as such by the check.
"use strict";

const DOMAIN = "plugwarden-canary.example";
const HOST = `configured.${DOMAIN}`;
const URL_ = `https://${HOST}`;
const FOLDER = "/tmp/configured"; // made before the phase begins, with a file of that name in it

function byName(name) {
    const lowered = String(name).toLowerCase();
    if (/port$/.test(lowered)) return 443;
    if (/(url|uri|endpoint|address|link|webhook|instance|site)/.test(lowered)) return URL_;
    if (/(host|server|domain|broker|region)/.test(lowered)) return HOST;
    if (/(email|mail|from|to$|recipient)/.test(lowered)) return `someone@${DOMAIN}`;
    if (/^(command|cmd|program|executable|binary)$/.test(lowered)) return "true";
    if (/(args|arguments|params)\d*$/.test(lowered)) return [];
    if (/(dir|folder|directory)$|^(start|root|cwd)$/.test(lowered)) return FOLDER;
    if (/(path|file)/.test(lowered)) return `${FOLDER}/configured`;
    if (/(limit|count|number|timeout|interval|size|max|min)/.test(lowered)) return 1;
    if (/^(is|has|use|return|enable|allow|ignore|simple)/.test(lowered)) return true;
    if (/(json|body|query)/.test(lowered)) return "{}";
    if (/(date|time)/.test(lowered)) return "2026-01-01T00:00:00Z";
    return "configured";
}

function byProperty(property) {
    const value = property.default;
    if (value !== undefined && value !== "" && value !== null && !(typeof value === "object" && !Object.keys(value).length)) return value;
    switch (property.type) {
        case "options":
            return ((property.options || [])[0] || {}).value ?? "configured";
        case "multiOptions":
            return (property.options || []).slice(0, 2).map((option) => option.value);
        case "number":
            return 1;
        case "boolean":
            return true;
        case "collection":
        case "fixedCollection":
            return {};
        case "json":
            return "{}";
        case "resourceLocator":
            return { __rl: true, mode: "id", value: "1" };
        case "dateTime":
            return "2026-01-01T00:00:00Z";
        default: {
            const named = byName(property.name);
            return Array.isArray(named) ? "configured" : named;
        }
    }
}

// An object that has every field.
const anything = (fixed = {}) =>
    new Proxy(fixed, {
        get: (target, key) => (key in target || typeof key === "symbol" || key === "then" || key === "toJSON" ? target[key] : byName(key)),
        has: () => true,
    });

module.exports = { DOMAIN, FOLDER, HOST, URL: URL_, anything, byName, byProperty };
