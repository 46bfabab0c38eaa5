// Runs inside the watched sandbox: loads a plugin's entry points and, in the phase "entry-points", uses them as their
// platform would. What it reports is only how far it came; what the plugin did is for the observer outside to say.
"use strict";

const fs = require("fs");
const path = require("path");
const { pathToFileURL } = require("url");

const plan = JSON.parse(process.argv[2]);
process.argv.splice(2);

const write = process.stdout.write.bind(process.stdout);
const report = (kind, what) => write(`\n${plan.mark} ${JSON.stringify({ kind, ...what })}\n`);
const sentence = (error) => String((error && error.message) || error).slice(0, 300);

const stubs = require("./stubs.cjs");
stubs.install(plan, (name) => report("stub", { name: String(name).slice(0, 200) }));
const platforms = { "n8n-node": "./n8n.cjs", "node-red-node": "./node_red.cjs", "budibase-plugin": "./budibase.cjs" };

// A plugin's own errors are no reason to stop looking at the rest of it.
process.on("uncaughtException", (error) => report("error", { text: sentence(error) }));
process.on("unhandledRejection", (error) => report("error", { text: sentence(error) }));

// Whether Node takes a file for a module of the newer kind: by its name, or by the package.json next to or above it.
function isModule(file) {
    if (file.endsWith(".mjs")) return true;
    if (file.endsWith(".cjs")) return false;
    for (let folder = path.dirname(file); folder.startsWith(plan.root); folder = path.dirname(folder)) {
        try {
            return JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8")).type === "module";
        } catch {
            continue;
        }
    }
    return false;
}

async function load(entry) {
    const file = path.join(plan.root, entry);
    if (isModule(file)) return import(pathToFileURL(file).href);
    try {
        return require(file);
    } catch (error) {
        const newer = error && ["ERR_REQUIRE_ESM", "ERR_REQUIRE_ASYNC_MODULE", "ERR_MODULE_NOT_FOUND"].includes(error.code);
        if (newer || (error instanceof SyntaxError && /import|export|await/.test(error.message))) {
            return import(pathToFileURL(file).href);
        }
        throw error;
    }
}

const within = (milliseconds, promise) =>
    Promise.race([promise, new Promise((_, reject) => setTimeout(reject, milliseconds, new Error("took too long")).unref())]);

async function main() {
    const loaded = [];
    for (const entry of plan.entries) {
        try {
            loaded.push([entry, await within(plan.patience, load(entry))]);
            report("loaded", { entry });
        } catch (error) {
            report("failed", { entry, text: sentence(error) });
        }
    }
    if (plan.phase === "entry-points" && platforms[plan.format]) {
        const platform = require(platforms[plan.format]);
        stubs.inUse();
        await within(plan.total, platform.use(loaded, plan, report, within)).catch((error) =>
            report("error", { text: sentence(error) }),
        );
    }
    await new Promise((resolve) => setTimeout(resolve, plan.linger));
    report("end", {});
    process.exit(0);
}

main();
