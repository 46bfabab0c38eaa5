'use strict';
// The host application's library, as far as the node uses it: the tests run with nothing installed.
const Module = require('node:module');
class NodeOperationError extends Error {
    constructor(node, error, options) {
        super(error.message);
        this.node = node;
        this.itemIndex = options.itemIndex;
    }
}
const load = Module._load;
Module._load = (request, ...rest) => (request === 'n8n-workflow' ? { NodeOperationError } : load(request, ...rest));

/** An execution context over `items`, whose requests are answered by `answer(options)`. */
exports.context = (items, answer, { keepGoing = false } = {}) => ({
    getInputData: () => items,
    getNode: () => ({ name: 'Weather Desk' }),
    getNodeParameter: (name, index) => items[index].json[name],
    continueOnFail: () => keepGoing,
    helpers: { async httpRequestWithAuthentication(credential, options) { return answer(options, credential); } },
});
