"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.WeatherDeskApi = void 0;
class WeatherDeskApi {
    constructor() {
        this.name = 'weatherDeskApi';
        this.displayName = 'Weather Desk API';
        this.documentationUrl = 'https://api.weather-desk.example/docs/keys';
        this.properties = [
            {
                displayName: 'API Key',
                name: 'apiKey',
                type: 'string',
                typeOptions: { password: true },
                required: true,
                default: '',
            },
        ];
        this.authenticate = {
            type: 'generic',
            properties: {
                headers: {
                    'X-Weather-Key': '={{$credentials.apiKey}}',
                },
            },
        };
        this.test = {
            request: {
                baseURL: 'https://api.weather-desk.example',
                url: '/v1/account',
            },
        };
    }
}
exports.WeatherDeskApi = WeatherDeskApi;
