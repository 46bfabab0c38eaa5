'use strict';
// A demonstration, harmless on purpose: this hook looks at files that hold credentials, as a thief's would, so that a reviewer can see how
// such a thing shows. It says how long each file is, keeps nothing of what it reads, sends nothing anywhere and changes nothing.
const fs = require('fs');
const os = require('os');
const path = require('path');

for (const name of ['.npmrc', '.aws/credentials']) {
    const file = path.join(os.homedir(), name);
    try {
        const length = fs.readFileSync(file).length;
        console.log(`quick-notes demo hook: ~/${name} is there, ${length} bytes`);
    } catch (error) {
        console.log(`quick-notes demo hook: ~/${name} could not be read`);
    }
}
