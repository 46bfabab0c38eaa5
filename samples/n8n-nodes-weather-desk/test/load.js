'use strict';
// Load and stability: items through execute(), with answers that take no time, so that what is measured is the node itself.
// The heap is read after a collection, so growth from round to round would be a leak.
const { context } = require('./stand-in');
const { WeatherDesk } = require('../dist/nodes/WeatherDesk/WeatherDesk.node.js');

const ITEMS = 50000;
const ROUNDS = 10;
const items = Array.from({ length: ITEMS }, () => ({ json: { operation: 'current', place: 'Lisbon, PT', units: 'metric' } }));
const answer = (options) => ({ place: options.qs.place, temperature: 20 });

(async () => {
    for (let round = 1; round <= ROUNDS; round++) {
        const began = performance.now();
        const [results] = await new WeatherDesk().execute.call(context(items, answer));
        const seconds = (performance.now() - began) / 1000;
        globalThis.gc();
        const heap = Math.round(process.memoryUsage().heapUsed / 1024 / 1024);
        console.log(`| ${round} | ${results.length} | ${Math.round(results.length / seconds)} | ${heap} |`);
    }
})();
