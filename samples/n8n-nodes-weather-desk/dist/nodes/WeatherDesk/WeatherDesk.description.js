"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.description = void 0;
exports.description = {
    displayName: 'Weather Desk',
    name: 'weatherDesk',
    icon: 'file:weather-desk.svg',
    group: ['input'],
    version: 1,
    subtitle: '={{$parameter["operation"]}}',
    description: 'Get current weather and forecasts from Weather Desk',
    defaults: { name: 'Weather Desk' },
    inputs: ['main'],
    outputs: ['main'],
    usableAsTool: true,
    credentials: [{ name: 'weatherDeskApi', required: true }],
    properties: [
        {
            displayName: 'Operation',
            name: 'operation',
            type: 'options',
            noDataExpression: true,
            default: 'current',
            options: [
                { name: 'Get Current Weather', value: 'current', action: 'Get current weather' },
                { name: 'Get Forecast', value: 'forecast', action: 'Get a forecast' },
            ],
        },
        {
            displayName: 'Place',
            name: 'place',
            type: 'string',
            required: true,
            default: '',
            placeholder: 'Lisbon, PT',
            description: 'Town and country, or a postal code with a country',
        },
        {
            displayName: 'Units',
            name: 'units',
            type: 'options',
            default: 'metric',
            options: [
                { name: 'Imperial', value: 'imperial' },
                { name: 'Metric', value: 'metric' },
            ],
        },
        {
            displayName: 'Days',
            name: 'days',
            type: 'number',
            typeOptions: { minValue: 1, maxValue: 10 },
            default: 3,
            description: 'How many days to look ahead',
            displayOptions: { show: { operation: ['forecast'] } },
        },
    ],
};
