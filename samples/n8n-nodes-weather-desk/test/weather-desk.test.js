'use strict';
const assert = require('node:assert/strict');
const { describe, test } = require('node:test');
const { context } = require('./stand-in');
const { WeatherDesk } = require('../dist/nodes/WeatherDesk/WeatherDesk.node.js');
const { WeatherDeskApi } = require('../dist/credentials/WeatherDeskApi.credentials.js');

const ITEM = { json: { operation: 'current', place: 'Lisbon, PT', units: 'metric' } };
const GOOD = { place: 'Lisbon', observed_at: '2026-09-01T12:00:00Z', temperature: 24, conditions: 'clear', surplus: 1 };
const run = (ctx) => new WeatherDesk().execute.call(ctx);

describe('weather desk', () => {
    test('current weather asks the declared host only, with the stored credential', async () => {
        let seen;
        await run(context([ITEM], (options, credential) => { seen = { options, credential }; return GOOD; }));
        assert.equal(seen.credential, 'weatherDeskApi');
        assert.equal(seen.options.url, 'https://api.weather-desk.example/v1/current');
        assert.deepEqual(seen.options.qs, { place: 'Lisbon, PT', units: 'metric' });
    });

    test('a forecast sends the number of days', async () => {
        let seen;
        const item = { json: { ...ITEM.json, operation: 'forecast', days: 5 } };
        await run(context([item], (options) => { seen = options; return GOOD; }));
        assert.equal(seen.url, 'https://api.weather-desk.example/v1/forecast');
        assert.equal(seen.qs.days, 5);
    });

    test('only the documented fields of an answer are passed on', async () => {
        const [[result]] = await run(context([ITEM], () => GOOD));
        assert.deepEqual(Object.keys(result.json), ['place', 'observedAt', 'temperature', 'conditions', 'days']);
        assert.deepEqual(result.pairedItem, { item: 0 });
    });

    for (const [name, answer] of [['null', null], ['a list', []], ['text', 'oops'], ['no place', {}]]) {
        test(`nonsense (${name}) stops the item with a clear error`, async () => {
            await assert.rejects(run(context([ITEM], () => answer)), /Weather Desk gave an answer/);
        });
    }

    test('with continue-on-fail one bad item does not lose the others', async () => {
        let call = 0;
        const answer = () => { if (call++ === 0) { throw new Error('timeout of 10000ms exceeded'); } return GOOD; };
        const [results] = await run(context([ITEM, ITEM], answer, { keepGoing: true }));
        assert.equal(results[0].json.error, 'timeout of 10000ms exceeded');
        assert.equal(results[1].json.place, 'Lisbon');
    });

    test('the key is a password field and goes into a header, never into an address', () => {
        const credential = new WeatherDeskApi();
        assert.equal(credential.properties[0].typeOptions.password, true);
        assert.deepEqual(Object.keys(credential.authenticate.properties), ['headers']);
    });
});
