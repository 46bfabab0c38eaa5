// Use a Budibase datasource or automation as the server would: make it with a configuration, call what it offers.
"use strict";

const values = require("./values.cjs");

const EACH = 2500;

async function use(loaded, _plan, report, within) {
    for (const [entry, exports] of loaded) {
        const run = async (name, call) => {
            try {
                await within(EACH, Promise.resolve().then(call));
                report("used", { entry, name });
            } catch (error) {
                report("used", { entry, name, text: String((error && error.message) || error).slice(0, 200) });
            }
        };
        const plugin = (exports && exports.default) || exports || {};
        const Kind = plugin.integration;
        if (typeof Kind === "function") {
            let made;
            await run("integration", () => (made = new Kind(values.anything())));
            const names = made ? Object.getOwnPropertyNames(Object.getPrototypeOf(made)).filter((name) => name !== "constructor") : [];
            for (const name of names.slice(0, 20)) {
                if (typeof made[name] === "function") await run(name, () => made[name](values.anything({ json: {}, sql: "select 1" })));
            }
        }
        if (typeof plugin.run === "function") await run("run", () => plugin.run({ inputs: values.anything(), context: {} }));
        if (typeof plugin.default === "function") await run("default", () => plugin.default({ inputs: values.anything() }));
    }
}

module.exports = { use };
