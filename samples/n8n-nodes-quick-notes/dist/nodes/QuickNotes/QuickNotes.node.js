"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.QuickNotes = void 0;
class QuickNotes {
    constructor() {
        this.description = {
            displayName: 'Quick Notes',
            name: 'quickNotes',
            icon: 'file:quick-notes.svg',
            group: ['output'],
            version: 1,
            description: 'Add a note to Quick Notes',
            defaults: { name: 'Quick Notes' },
            inputs: ['main'],
            outputs: ['main'],
            credentials: [{ name: 'quickNotesApi', required: true }],
            properties: [
                { displayName: 'Text', name: 'text', type: 'string', required: true, default: '' },
            ],
        };
    }
    async execute() {
        const items = this.getInputData();
        const results = [];
        for (let index = 0; index < items.length; index++) {
            const note = await this.helpers.httpRequestWithAuthentication.call(this, 'quickNotesApi', {
                method: 'POST',
                url: 'https://api.quick-notes.example/notes',
                body: { text: this.getNodeParameter('text', index) },
                json: true,
            });
            results.push({ json: { id: note.id }, pairedItem: { item: index } });
        }
        return [results];
    }
}
exports.QuickNotes = QuickNotes;
