"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.WeatherDesk = void 0;
const n8n_workflow_1 = require("n8n-workflow");
const WeatherDesk_description_1 = require("./WeatherDesk.description");
const BASE_URL = 'https://api.weather-desk.example';
const TIMEOUT_MS = 10000;
class WeatherDesk {
    constructor() {
        this.description = WeatherDesk_description_1.description;
    }
    async execute() {
        const items = this.getInputData();
        const results = [];
        for (let index = 0; index < items.length; index++) {
            try {
                const answer = await this.helpers.httpRequestWithAuthentication.call(this, 'weatherDeskApi', requestFor(this, index));
                results.push({ json: readAnswer(answer), pairedItem: { item: index } });
            }
            catch (error) {
                if (!this.continueOnFail()) {
                    throw new n8n_workflow_1.NodeOperationError(this.getNode(), error, { itemIndex: index });
                }
                results.push({ json: { error: error.message }, pairedItem: { item: index } });
            }
        }
        return [results];
    }
}
exports.WeatherDesk = WeatherDesk;
function requestFor(context, index) {
    const operation = context.getNodeParameter('operation', index);
    const query = {
        place: context.getNodeParameter('place', index),
        units: context.getNodeParameter('units', index),
    };
    if (operation === 'forecast') {
        query.days = context.getNodeParameter('days', index);
    }
    return {
        method: 'GET',
        url: `${BASE_URL}/v1/${operation === 'forecast' ? 'forecast' : 'current'}`,
        qs: query,
        json: true,
        timeout: TIMEOUT_MS,
    };
}
function readAnswer(answer) {
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) {
        throw new Error('Weather Desk gave an answer that is no object');
    }
    const { place, observed_at: observedAt, temperature, conditions, days } = answer;
    if (typeof place !== 'string') {
        throw new Error('Weather Desk gave an answer without a place');
    }
    return { place, observedAt, temperature, conditions, days };
}
