// The same for `import`: what cannot be resolved becomes a module made of a stand-in, with the names its importer asks for.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

let prefix = "plugwarden-stub:";

export async function initialize(data) {
    prefix = data.prefix;
}

function wanted(specifier, parent) {
    let source = "";
    try {
        source = readFileSync(fileURLToPath(parent), "utf8");
    } catch {
        return [];
    }
    const escaped = specifier.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const clauses = source.matchAll(new RegExp(`(?:import|export)\\s*(?:[\\w$]+\\s*,\\s*)?\\{([^}]*)\\}\\s*from\\s*["']${escaped}["']`, "g"));
    const names = new Set();
    for (const [, clause] of clauses) {
        for (const part of clause.split(",")) {
            const name = part.trim().split(/\s+as\s+/)[0];
            if (/^[\w$]+$/.test(name) && name !== "default") names.add(name);
        }
    }
    return [...names];
}

export async function resolve(specifier, context, next) {
    try {
        return await next(specifier, context);
    } catch (error) {
        if (/^[./]|^node:|^file:/.test(specifier)) throw error;
        const names = wanted(specifier, context.parentURL || "");
        return { url: `${prefix}${encodeURIComponent(specifier)}?${names.join(",")}`, shortCircuit: true, format: "module" };
    }
}

export async function load(url, context, next) {
    if (!url.startsWith(prefix)) return next(url, context);
    const [name, names] = url.slice(prefix.length).split("?");
    const lines = [`const it = globalThis.__plugwardenStandIn(${JSON.stringify(decodeURIComponent(name))});`, "export default it;"];
    for (const one of (names || "").split(",").filter(Boolean)) lines.push(`export const ${one} = it[${JSON.stringify(one)}];`);
    return { format: "module", source: lines.join("\n"), shortCircuit: true };
}
