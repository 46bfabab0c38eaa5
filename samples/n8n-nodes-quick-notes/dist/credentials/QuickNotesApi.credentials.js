"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.QuickNotesApi = void 0;
class QuickNotesApi {
    constructor() {
        this.name = 'quickNotesApi';
        this.displayName = 'Quick Notes API';
        this.properties = [
            { displayName: 'Token', name: 'token', type: 'string', typeOptions: { password: true }, default: '' },
        ];
        this.authenticate = {
            type: 'generic',
            properties: { headers: { Authorization: '=Bearer {{$credentials.token}}' } },
        };
    }
}
exports.QuickNotesApi = QuickNotesApi;
